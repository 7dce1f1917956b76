/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Table memory under test: pages from ptf_mem_pages, each table known while it is
 * allocated, counted, failing on request or forbidden, and on request with a
 * shadow of what a walker that does not snoop the CPU sees of it. A shadow starts
 * as noise and changes only by clean().
 */
#ifndef PTF_SUITE_MEM_H
#define PTF_SUITE_MEM_H

#include <linux/slab.h>
#include <ptforge/pt.h>

#define MEM_BUCKETS 256
#define MEM_NOISE 0xa5

/**
 * struct test_table - a table that is allocated
 * @next: in its bucket
 * @table: the table, where the walker knows it
 * @side: what the page table keeps of it
 * @shadow: what an incoherent walker sees of it
 * @size: bytes
 * @audit: number of the last audit that saw it
 * @links: items that point to it, as seen then
 * @live: items of it that are in use, as seen then
 */
struct test_table {
	struct test_table *next;
	void *table;
	struct ptf_side *side;
	void *shadow;
	size_t size;
	unsigned int audit;
	unsigned int links;
	unsigned int live;
};

/**
 * struct test_mem - what a page table under test gets its tables from
 * @pages: page table for which ptf_mem_pages allocates
 * @lock: of what follows, to @forbidden
 * @buckets: the live tables, by address
 * @live: how many
 * @allocs: allocations that were tried
 * @fail_at: so many more allocations, then one that fails; never if negative
 * @forbid: an allocation is an error of whoever is tested
 * @forbidden: how many there were
 * @shadowed: tables get a shadow
 * @elsewhere: the page table has its tables elsewhere, and they are not known here
 * @cleaned: bytes cleaned, or stored into device memory
 * @accounted: bytes that the page table accounted for
 * @refuse_at: so many more tables are initialised, then one is refused; never if
 *	negative
 * @audits: how many audits there were
 * @on_alloc: called before each allocation
 * @on_free: called before a table is freed
 * @ctx: for both
 * @on_clean: called after each clean, that is after each run of stores; and after
 *	each run that is stored into device memory
 * @on_store: called for a run instead of storing it into device memory
 * @store_ctx: for both
 */
struct test_mem {
	struct ptf_pt pages;
	spinlock_t lock;	/* of what follows, to forbidden */
	struct test_table *buckets[MEM_BUCKETS];
	atomic_long_t live;
	long allocs;
	long fail_at;
	bool forbid;
	long forbidden;
	bool shadowed;
	bool elsewhere;
	atomic_long_t cleaned;
	atomic_long_t accounted;
	long refuse_at;
	unsigned int audits;
	void (*on_alloc)(void *ctx);
	void (*on_free)(void *ctx, void *table);
	void *ctx;
	void (*on_clean)(void *ctx);
	void (*on_store)(void *ctx, struct test_table *t, const struct ptf_run *run);
	void *store_ctx;
};

/*
 * Callbacks of RCU free tables, and page tables may allocate them where interrupts are
 * off. To turn those off here would cost a user-mode kernel system calls each time.
 */
static bool mem_lock(struct test_mem *mem)
	__acquires(&mem->lock)
{
	bool bh = !irqs_disabled();

	if (bh)
		local_bh_disable();
	spin_lock(&mem->lock);
	return bh;
}

static void mem_unlock(struct test_mem *mem, bool bh)
	__releases(&mem->lock)
{
	spin_unlock(&mem->lock);
	if (bh)
		local_bh_enable();
}

static long mem_live(const struct test_mem *mem)
{
	return atomic_long_read(&mem->live);
}

static struct test_table **mem_bucket(struct test_mem *mem, void *table)
{
	u64 key = (u64)(unsigned long)table >> 3;

	key ^= key >> 9;
	return &mem->buckets[(key ^ key >> 17) % MEM_BUCKETS];
}

static bool mem_admit(struct test_mem *mem)
{
	bool bh, admit;

	if (mem->on_alloc)
		mem->on_alloc(mem->ctx);
	bh = mem_lock(mem);
	mem->allocs++;
	mem->forbidden += mem->forbid;
	admit = !mem->forbid && (mem->fail_at < 0 || mem->fail_at--);
	mem_unlock(mem, bh);
	return admit;
}

static struct test_table *mem_new(struct test_mem *mem, size_t size, gfp_t gfp)
{
	struct test_table *t, **bucket;
	bool bh;

	if (!mem_admit(mem))
		return NULL;
	t = kzalloc(sizeof(*t), gfp);
	if (!t)
		return NULL;
	t->table = ptf_mem_pages.alloc(&mem->pages, size, gfp);
	if (mem->shadowed)
		t->shadow = kmalloc(size, gfp);
	if (!t->table || (mem->shadowed && !t->shadow)) {
		if (t->table)
			ptf_mem_pages.free(&mem->pages, t->table);
		kfree(t->shadow);
		kfree(t);
		return NULL;
	}
	if (t->shadow)
		memset(t->shadow, MEM_NOISE, size);
	t->size = size;
	t->side = ptf_mem_pages.side(t->table);
	bucket = mem_bucket(mem, t->table);
	bh = mem_lock(mem);
	t->next = *bucket;
	*bucket = t;
	atomic_long_inc(&mem->live);
	mem_unlock(mem, bh);
	return t;
}

static void *mem_alloc(struct ptf_pt *pt, size_t size, gfp_t gfp)
{
	struct test_table *t = mem_new(pt->mem_ctx, size, gfp);

	return t ? t->table : NULL;
}

/* The live table that starts at @table, NULL if there is none */
static struct test_table *mem_find(struct test_mem *mem, void *table)
{
	bool bh = mem_lock(mem);
	struct test_table *t;

	for (t = *mem_bucket(mem, table); t && t->table != table; t = t->next)
		;
	mem_unlock(mem, bh);
	return t;
}

static size_t mem_free(struct ptf_pt *pt, void *table)
{
	struct test_mem *mem = pt->mem_ctx;
	struct test_table *t, **p;
	bool bh;

	if (mem->on_free)
		mem->on_free(mem->ctx, table);
	bh = mem_lock(mem);
	for (p = mem_bucket(mem, table); *p && (*p)->table != table; p = &(*p)->next)
		;
	t = *p;
	if (t) {
		*p = t->next;
		atomic_long_dec(&mem->live);
	}
	mem_unlock(mem, bh);
	if (WARN_ON_ONCE(!t))
		return 0;
	/* Whoever still looks at it shall notice. */
	memset(table, MEM_NOISE, t->size);
	kfree(t->shadow);
	kfree(t);
	return ptf_mem_pages.free(&mem->pages, table);
}

static struct ptf_side *mem_side(void *table)
{
	return ptf_mem_pages.side(table);
}

static void mem_clean(struct ptf_pt *pt, void *p, size_t bytes)
{
	struct test_mem *mem = pt->mem_ctx;
	struct test_table *t = NULL;
	unsigned int lg2, i;
	u32 *to;

	atomic_long_add(bytes, &mem->cleaned);
	for (lg2 = 3; lg2 <= 20 && mem->shadowed && !t; lg2++) {
		t = mem_find(mem, (void *)((unsigned long)p & ~(BIT(lg2) - 1)));
		if (t && p + bytes > t->table + t->size)
			t = NULL;
	}
	/* Others may be storing to their items of the table. */
	for (i = 0; t && i < bytes / 4; i++) {
		to = t->shadow + (p - t->table);
		WRITE_ONCE(to[i], READ_ONCE(((u32 *)p)[i]));
	}
	if (mem->on_clean)
		mem->on_clean(mem->store_ctx);
}

static const struct ptf_mem_ops test_mem_ops = {
	.alloc = mem_alloc,
	.free = mem_free,
	.side = mem_side,
	.clean = mem_clean,
};

/* Likewise, for page tables that keep some tables for later */
static const struct ptf_mem_ops __maybe_unused test_spare_ops = {
	.alloc = mem_alloc,
	.free = mem_free,
	.side = mem_side,
	.clean = mem_clean,
	.spares = 3,
};

static void mem_setup(struct test_mem *mem)
{
	unsigned int i;

	*mem = (struct test_mem){ .fail_at = -1, .refuse_at = -1 };
	spin_lock_init(&mem->lock);
	spin_lock_init(&mem->pages.pack_lock);
	for (i = 0; i < ARRAY_SIZE(mem->pages.packs); i++)
		INIT_LIST_HEAD(&mem->pages.packs[i]);
}

#endif /* PTF_SUITE_MEM_H */
