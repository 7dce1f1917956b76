/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hardware for the tests of the front ends: a walker with a TLB and a walk cache
 * that keep whatever a flush did not cover. It walks table memory with the
 * format's functions and nothing of ptforge, from the root that the driver was
 * told. Before a flush takes effect it caches all that it can still reach.
 *
 * What is wrong is said in front_hw.why, once.
 */
#ifndef PTF_KUNIT_FRONT_HW_H
#define PTF_KUNIT_FRONT_HW_H

#include <kunit/test.h>
#include <linux/io.h>
#include "front_format.h"
#include "suite/mem.h"

#define FRONT_LEVELS 6
#define FRONT_TLB_LG2 11
#define FRONT_CACHE_LG2 7
#define FRONT_NONE (~0ULL)
#define FRONT_NULL (~1ULL)

/**
 * struct front_entry - something cached
 * @valid: it is
 * @level: level of the table that it was in
 * @size_lg2: of what it covers
 * @shape: shape of @table
 * @va: first VA that it covers
 * @oa: first OA of a leaf, encryption bit included; FRONT_NULL for a null leaf
 * @item: the item
 * @table: what a table entry points to
 */
struct front_entry {
	bool valid;
	u8 level;
	u8 size_lg2;
	u8 shape;
	u64 va;
	u64 oa;
	u64 item;
	void *table;
};

/**
 * struct front_model - what should be mapped: OA by page, FRONT_NONE for nothing,
 * FRONT_NULL for a page without OA
 * @va: first VA
 * @page_lg2: smallest leaf
 * @pages: how many
 * @oa: by page
 */
struct front_model {
	u64 va;
	unsigned int page_lg2;
	unsigned int pages;
	u64 *oa;
};

/**
 * struct front_hw - the hardware
 * @format: of the tables
 * @shapes: geometry of its tables
 * @mem: table memory
 * @pt: page table, for its widths
 * @model: a window that is cached as a whole before a flush; may be NULL
 * @root: root table
 * @root_shape: its shape
 * @lock: held by who walks without caches while tables may go
 * @tlb: leaves, by page
 * @cache: table entries, by level
 * @looks: how often a window was looked at
 * @flushes: how many flushes there were
 * @flush: the last one
 * @bounded: flushes must lie within the bound
 * @first: first VA of the bound
 * @last: and last
 * @why: what went wrong first
 * @why_va: and where
 */
struct front_hw {
	const struct front_format *format;
	struct front_shape shapes[PTF_MAX_SHAPES];
	struct test_mem *mem;
	const struct ptf_pt *pt;
	const struct front_model *model;
	void *root;
	unsigned int root_shape;
	spinlock_t lock;		/* of such walks */
	struct front_entry tlb[1 << FRONT_TLB_LG2];
	struct front_entry cache[FRONT_LEVELS][1 << FRONT_CACHE_LG2];
	unsigned int looks;
	unsigned int flushes;
	struct ptf_flush flush;
	bool bounded;
	u64 first;
	u64 last;
	const char *why;
	u64 why_va;
};

static u64 front_low(unsigned int lg2)
{
	return lg2 > 63 ? ~0ULL : BIT_ULL(lg2) - 1;
}

static u64 front_page(const struct ptf_pt *pt)
{
	return pt->sizes & -pt->sizes;
}

static void front_wrong(struct front_hw *hw, const char *why, u64 va)
{
	if (hw->why)
		return;
	hw->why = why;
	hw->why_va = va;
}

static struct front_entry *front_tlb(struct front_hw *hw, u64 va)
{
	return &hw->tlb[(va >> __ffs64(hw->pt->sizes)) & ((1 << FRONT_TLB_LG2) - 1)];
}

static struct front_entry *front_cache(struct front_hw *hw, const struct front_shape *s, u64 va)
{
	return &hw->cache[s->level][(va >> s->va_lg2) & ((1 << FRONT_CACHE_LG2) - 1)];
}

static bool front_covers(const struct front_entry *e, u64 va)
{
	return e->valid && !((va ^ e->va) & ~front_low(e->size_lg2));
}

/* One item of a table, as the walker sees it */
static u64 front_read(struct front_hw *hw, void *table, const struct front_shape *s, u64 va)
{
	unsigned int index = (va >> s->va_lg2) & (BIT(s->index_lg2) - 1);
	struct test_table *t = mem_find(hw->mem, table);
	const void *p = table;

	if (!t && !hw->mem->elsewhere) {
		front_wrong(hw, "the walker reads a table that was freed", va);
		return 0;
	}
	if (hw->mem->shadowed)
		p = t->shadow;
	if (s->item_lg2 == 2)
		return READ_ONCE(((const u32 *)p)[index]);
	return READ_ONCE(((const u64 *)p)[index]);
}

/* Start at the root, or at the lowest table that is cached for @va. */
static void front_start(struct front_hw *hw, u64 va, bool cached, void **table,
			unsigned int *shape)
{
	unsigned int i;

	*table = hw->root;
	*shape = hw->root_shape;
	for (i = 0; cached && i < hw->format->shapes; i++) {
		struct front_entry *e = front_cache(hw, &hw->shapes[i], va);

		/* The lowest tables hold no table entries. */
		if (!hw->shapes[i].level || !front_covers(e, va))
			continue;
		*table = e->table;
		*shape = e->shape;
		return;
	}
}

/* Walk to @va. Returns 0 with the leaf in @leaf, or -ENOENT. */
static int front_walk(struct front_hw *hw, u64 va, bool cached, struct front_entry *leaf)
{
	const struct front_format *f = hw->format;
	const struct front_shape *s = &hw->shapes[hw->root_shape];
	unsigned int shape;
	enum ptf_kind kind;
	void *table;
	u64 item;

	if (hw->pt->features & PTF_FEAT_DYNAMIC_TOP && va & ~front_low(s->va_lg2 + s->index_lg2))
		return -ENOENT;
	for (front_start(hw, va, cached, &table, &shape);;) {
		s = &hw->shapes[shape];
		item = front_read(hw, table, s, va);
		kind = f->kind(shape, item);
		if (kind == PTF_EMPTY)
			return -ENOENT;
		*leaf = (struct front_entry){
			.valid = true, .level = s->level, .size_lg2 = s->va_lg2, .item = item,
		};
		if (kind != PTF_TABLE)
			break;
		table = phys_to_virt(f->table_pa(shape, item) & ~hw->pt->encrypt_mask);
		if ((f->table_pa(shape, item) & hw->pt->encrypt_mask) != hw->pt->encrypt_mask)
			front_wrong(hw, "a table entry lacks the encryption bit", va);
		shape = f->child(shape, item);
		leaf->va = va & ~front_low(s->va_lg2);
		leaf->table = table;
		leaf->shape = shape;
		if (cached)
			*front_cache(hw, s, va) = *leaf;
	}
	leaf->size_lg2 = f->leaf_size(shape, item);
	leaf->shape = shape;
	leaf->va = va & ~front_low(leaf->size_lg2);
	leaf->oa = kind == PTF_NULL ? FRONT_NULL :
		   f->leaf_oa(shape, item) & ~front_low(leaf->size_lg2);
	if (cached)
		*front_tlb(hw, va) = *leaf;
	return 0;
}

/* OA that a device gets to at @va; FRONT_NONE for a fault, FRONT_NULL for nowhere */
static u64 front_translate(struct front_hw *hw, u64 va)
{
	struct front_entry *e = front_tlb(hw, va), leaf;

	if (!front_covers(e, va)) {
		if (front_walk(hw, va, true, &leaf))
			return FRONT_NONE;
		e = &leaf;
	}
	if (e->oa == FRONT_NULL)
		return FRONT_NULL;
	return (e->oa & ~hw->pt->encrypt_mask) + (va - e->va);
}

/* Each entry of the walk cache, 0 to FRONT_CACHES - 1 */
#define FRONT_CACHES (FRONT_LEVELS << FRONT_CACHE_LG2)
static struct front_entry *front_cached(struct front_hw *hw, unsigned int i)
{
	return &hw->cache[i >> FRONT_CACHE_LG2][i & ((1 << FRONT_CACHE_LG2) - 1)];
}

/* Whether a flush by steps of its smallest leaf meets [va, va + 2^size_lg2) */
static bool front_meets(const struct ptf_flush *flush, u64 va, unsigned int size_lg2)
{
	u64 last = va | front_low(size_lg2), first = max(va, flush->start), steps;

	if (last < flush->start || va > flush->last)
		return false;
	if (!flush->leaf_levels || flush->min_size_lg2 > 63)
		return true;
	/* The first step that is not before the entry */
	steps = (first - flush->start + front_low(flush->min_size_lg2)) >> flush->min_size_lg2;
	first = flush->start + (steps << flush->min_size_lg2);
	return first <= min(last, flush->last) && first >= flush->start;
}

static void front_check_flush(struct front_hw *hw, const struct ptf_flush *flush)
{
	if (!(flush->leaf_levels | flush->table_levels))
		front_wrong(hw, "a flush for no change", flush->start);
	if (flush->start > flush->last)
		front_wrong(hw, "a flush whose range is empty", flush->start);
	if (flush->leaf_levels &&
	    (flush->min_size_lg2 > 63 || !(hw->pt->sizes & BIT_ULL(flush->min_size_lg2))))
		front_wrong(hw, "a flush for a leaf size that is not in use", flush->start);
	if (flush->freed_tables && !flush->table_levels)
		front_wrong(hw, "tables go but no table entry is flushed", flush->start);
	if (hw->bounded && (flush->start < hw->first || flush->last > hw->last))
		front_wrong(hw, "a flush wider than the change", flush->start);
}

/* Of what is not mapped, the walker looks at the edges and at some more pages. */
static bool front_looks(struct front_hw *hw, const struct front_model *m, unsigned int i)
{
	return m->oa[i] != FRONT_NONE || !i || i == m->pages - 1 ||
	       m->oa[i - 1] != FRONT_NONE || m->oa[i + 1] != FRONT_NONE ||
	       !((i + hw->looks) % 16);
}

/* Cache of the model's window what can be reached. */
static void front_fill(struct front_hw *hw)
{
	const struct front_model *m = hw->model;
	unsigned int i;

	for (i = 0; m && i < m->pages; i++)
		if (front_looks(hw, m, i))
			front_translate(hw, m->va + ((u64)i << m->page_lg2));
	hw->looks++;
}

static void front_flush(struct front_hw *hw, const struct ptf_flush *flush)
{
	struct front_entry *e;
	unsigned int i;

	hw->flushes++;
	hw->flush = *flush;
	front_check_flush(hw, flush);
	front_fill(hw);
	for (i = 0; i < ARRAY_SIZE(hw->tlb); i++) {
		e = &hw->tlb[i];
		if (flush->leaf_levels & BIT(e->level) && front_meets(flush, e->va, e->size_lg2))
			e->valid = false;
	}
	for (i = 0; i < FRONT_CACHES; i++) {
		e = front_cached(hw, i);
		if (flush->table_levels & BIT(e->level) &&
		    e->va <= flush->last && (e->va | front_low(e->size_lg2)) >= flush->start)
			e->valid = false;
	}
}

/* A table goes back to its allocator: nothing may lead to it. */
static void front_on_free(void *ctx, void *table)
{
	struct front_hw *hw = ctx;
	unsigned int i;

	if (table == hw->root)
		front_wrong(hw, "the root is freed while in use", 0);
	for (i = 0; i < FRONT_CACHES; i++) {
		struct front_entry *e = front_cached(hw, i);

		if (e->valid && e->table == table)
			front_wrong(hw, "a table is freed that a walk cache leads to", e->va);
	}
}

static inline void front_root(struct front_hw *hw, phys_addr_t root, unsigned int levels)
{
	unsigned int shape;

	hw->root = phys_to_virt(root);
	for (shape = 0; shape < hw->format->shapes; shape++)
		if (hw->shapes[shape].level == levels - 1)
			hw->root_shape = shape;
}

static void front_hw_init(struct front_hw *hw, const struct front_format *format,
			  struct test_mem *mem, const struct ptf_pt *pt)
{
	unsigned int shape;

	hw->format = format;
	hw->mem = mem;
	hw->pt = pt;
	for (shape = 0; shape < format->shapes; shape++)
		hw->shapes[shape] = format->shape(shape);
	spin_lock_init(&hw->lock);
	mem->on_free = front_on_free;
	mem->ctx = hw;
}

/* No device uses it any more. */
static void front_stop(struct front_hw *hw)
{
	hw->root = NULL;
	memset(hw->tlb, 0, sizeof(hw->tlb));
	memset(hw->cache, 0, sizeof(hw->cache));
}

/* Model */

static void front_set(struct front_model *m, u64 va, u64 oa, u64 size)
{
	unsigned int i = (va - m->va) >> m->page_lg2, n = size >> m->page_lg2;

	for (; n; n--, i++) {
		m->oa[i] = oa;
		if (oa != FRONT_NONE && oa != FRONT_NULL)
			oa += BIT_ULL(m->page_lg2);
	}
}

/* Whether the hardware finds what it should in the whole window */
static void front_verify(struct front_hw *hw, const struct front_model *m)
{
	unsigned int i;
	u64 va, oa;

	for (i = 0; i < m->pages; i++) {
		va = m->va + ((u64)i << m->page_lg2);
		if (!front_looks(hw, m, i) && !front_covers(front_tlb(hw, va), va))
			continue;
		oa = front_translate(hw, va);
		if (oa == m->oa[i])
			continue;
		front_wrong(hw, oa == FRONT_NONE ? "a mapping is not found" :
			    m->oa[i] == FRONT_NONE ? "a translation is stale" :
			    "a translation is wrong", va);
	}
	hw->looks++;
}

/* Pages of the model from @va on that are mapped, or that are not */
static unsigned int front_streak(const struct front_model *m, u64 va, u64 size, bool mapped)
{
	unsigned int i = (va - m->va) >> m->page_lg2, n = 0;

	while (n < size >> m->page_lg2 && (m->oa[i + n] != FRONT_NONE) == mapped)
		n++;
	return n;
}

static struct front_model *front_model(struct kunit *test, const struct ptf_pt *pt, u64 va,
				       u64 size)
{
	struct front_model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->va = va;
	m->page_lg2 = __ffs64(pt->sizes);
	m->pages = size >> m->page_lg2;
	m->oa = kvmalloc_array(m->pages, sizeof(u64), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m->oa);
	front_set(m, va, FRONT_NONE, size);
	return m;
}

/* Random numbers, the same on every machine */
static u64 front_rnd(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * 0x2545f4914f6cdd1dULL;
}

static __maybe_unused u64 front_below(u64 *state, u64 n)
{
	return (front_rnd(state) >> 16) % n;
}

/**
 * struct front_config - a named configuration
 * @name: for messages
 * @cfg: what init gets
 */
struct front_config {
	const char *name;
	struct ptf_config cfg;
};

enum front_configs {
	FRONT_DEFAULT, FRONT_SMALL, FRONT_BASE, FRONT_TWO_SIZES, FRONT_OA, FRONT_INCOHERENT,
	FRONT_SIGNED, FRONT_DYNAMIC, FRONT_DIRTY, FRONT_ENCRYPT, FRONT_ALL, FRONT_NR_CONFIGS
};

static u64 front_leaf_sizes(const struct front_format *f)
{
	unsigned int shape;
	u64 sizes = 0;

	for (shape = 0; shape < f->shapes; shape++)
		sizes |= f->shape(shape).leaf_sizes;
	return sizes;
}

/* Widest VA of a format */
static unsigned int front_max_va(const struct front_format *f)
{
	struct front_shape s = f->shape(f->shapes - 1);

	return min(64, s.va_lg2 + s.index_lg2);
}

/* Configuration @n of a format; false if it has none such. @have: features to choose from */
static bool front_config(const struct front_format *f, unsigned int n, u32 have,
			 struct front_config *c)
{
	static const char * const names[] = {
		"default", "small VA", "one size", "two sizes", "small OA", "incoherent",
		"sign-extended", "dynamic top", "dirty", "encrypted", "all features",
	};
	static const u32 features[FRONT_NR_CONFIGS] = {
		[FRONT_INCOHERENT] = PTF_FEAT_INCOHERENT,
		[FRONT_SIGNED] = PTF_FEAT_SIGN_EXTEND,
		[FRONT_DYNAMIC] = PTF_FEAT_DYNAMIC_TOP,
		[FRONT_DIRTY] = PTF_FEAT_DIRTY,
		[FRONT_ENCRYPT] = PTF_FEAT_ENCRYPT,
	};
	u64 sizes = front_leaf_sizes(f), page = sizes & -sizes, large = sizes & (BIT(21) | BIT(25));

	*c = (struct front_config){
		.name = names[n],
		.cfg = { .va_lg2 = front_max_va(f), .oa_lg2 = f->max_oa_lg2,
			 .features = features[n] },
	};
	have &= f->features | PTF_FEAT_INCOHERENT;
	switch (n) {
	case FRONT_SMALL:
		c->cfg.va_lg2 = __ffs64(page) + 11;
		break;
	case FRONT_BASE:
		c->cfg.page_sizes = page;
		break;
	case FRONT_TWO_SIZES:
		c->cfg.page_sizes = page | (large ?: BIT_ULL(fls64(sizes) - 1));
		break;
	case FRONT_OA:
		c->cfg.oa_lg2 = min(36, f->max_oa_lg2);
		break;
	case FRONT_ALL:
		c->cfg.features = have;
		break;
	}
	if (c->cfg.features & ~have)
		return false;
	if (c->cfg.features & PTF_FEAT_SIGN_EXTEND)
		c->cfg.va_lg2 = min_t(u8, c->cfg.va_lg2, 63);
	if (c->cfg.features & PTF_FEAT_ENCRYPT) {
		c->cfg.oa_lg2 = f->max_oa_lg2 - 1;
		c->cfg.encrypt_mask = BIT_ULL(f->max_oa_lg2 - 1);
	}
	return true;
}

#endif /* PTF_KUNIT_FRONT_HW_H */
