/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page table under test with its memory and its walker's caches, and the
 * operations on it as a front end does them: check, encode, grow, operate,
 * flush, free. What an operation left behind stays readable until the next.
 */
#ifndef PTF_SUITE_WORLD_H
#define PTF_SUITE_WORLD_H

#define RW (PTF_READ | PTF_WRITE)

/* One extent of a map: up to @last, from @oa on */
struct extent {
	u64 last;
	u64 oa;
	struct ptf_attrs attrs;
};

/**
 * struct world - one page table and its surroundings
 * @test: the test
 * @cfg: how @pt was made
 * @pt: the page table
 * @config: number of the next configuration
 * @up: @pt is there
 * @mem: its memory
 * @tlb: its walker's caches
 * @pos: where the last operation stopped
 * @end: last VA that it handled
 * @change: what it changed; its tables are freed already
 * @flushes: times that map->flush was called
 * @need: tables that were reserved
 * @used: how many of them were used
 * @removed_bytes: told to the removed callback
 * @removed: what else to do with what it is told
 * @removed_ctx: for @removed
 * @map_flush: let maps flush before they replace tables
 * @quick: try the short cuts first, as IOMMU drivers do
 * @spares: page tables keep tables for later
 * @with: features that all configurations have
 * @quicks: times that one was taken
 * @grown: new roots that were published
 * @no_flags: attributes that random maps do not ask for
 * @no_mem: they ask for no memory type
 * @choose_oa: changes the OA of a random map of @length bytes at @va; or NULL
 * @on_flush: called for each flush, after the software walker's caches; or NULL
 * @on_root: called with each new root; or NULL
 * @fault: first thing that went wrong
 */
struct world {
	struct kunit *test;
	struct ptf_config cfg;
	struct ptf_pt pt;
	unsigned int config;
	bool up;
	struct test_mem mem;
	struct tlb tlb;
	u64 pos;
	u64 end;
	struct ptf_change change;
	unsigned int flushes;
	unsigned int need[PTF_FMT_SHAPES];
	unsigned int used;
	u64 removed_bytes;
	void (*removed)(void *ctx, u64 va, u64 oa, u64 size);
	void *removed_ctx;
	bool map_flush;
	bool quick;
	bool spares;
	u32 with;
	unsigned int quicks;
	unsigned int grown;
	u16 no_flags;
	bool no_mem;
	u64 (*choose_oa)(struct world *w, u64 *state, u64 va, u64 length, u64 oa);
	void (*on_flush)(struct world *w, const struct ptf_flush *flush);
	void (*on_root)(struct world *w, void *table, unsigned int level);
	char fault[160];
};

#define WORLD_CHECK(w, cond, fmt, ...)						\
	((cond) || world_fault(w, "line %d: " fmt, __LINE__, ##__VA_ARGS__))

#define WORLD_ASSERT(w, cond)							\
	do {									\
		struct world *__w = (w);					\
										\
		KUNIT_ASSERT_TRUE_MSG(__w->test, cond, "%s", __w->fault);	\
	} while (0)

/* What a call must return: 0, or else the test ends; or just that */
#define MUST(w, call) KUNIT_ASSERT_EQ((w)->test, call, 0)
#define GIVES(w, rc, call) KUNIT_EXPECT_EQ((w)->test, call, rc)

/* Returns false, for return. */
static bool __printf(2, 3) world_fault(struct world *w, const char *fmt, ...)
{
	va_list args;

	if (!w->fault[0]) {
		va_start(args, fmt);
		vsnprintf(w->fault, sizeof(w->fault), fmt, args);
		va_end(args);
	}
	return false;
}

static void world_on_free(void *ctx, void *table)
{
	struct world *w = ctx;

	tlb_table_freed(&w->tlb, table);
}

static struct world *world_new(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	test->priv = w;
	w->test = test;
	mem_setup(&w->mem);
	w->tlb.pt = &w->pt;
	w->mem.ctx = w;
	w->mem.on_free = world_on_free;
	return w;
}

/* Set up the page table; returns F(pt_init)()'s result. */
static int world_up(struct world *w, const struct ptf_config *cfg)
{
	int rc;

	if (cfg != &w->cfg)
		w->cfg = *cfg;
	w->cfg.mem = w->cfg.device ? NULL : w->spares ? &test_spare_ops : &test_mem_ops;
	w->cfg.mem_ctx = &w->mem;
	w->cfg.hooks = &test_hooks;
	w->grown = 0;
	memset(w->tlb.leaf, 0, sizeof(w->tlb.leaf));
	memset(w->tlb.walk, 0, sizeof(w->tlb.walk));
	w->mem.shadowed = cfg->features & PTF_FEAT_INCOHERENT;
	rc = F(pt_init)(&w->pt, &w->cfg);
	w->up = !rc;
	return rc;
}

/* Free the page table; returns whether nothing leaked. */
static bool world_down(struct world *w)
{
	w->mem.fail_at = -1;
	w->mem.refuse_at = -1;
	memset(w->tlb.walk, 0, sizeof(w->tlb.walk));
	if (w->up)
		F(pt_free)(&w->pt);
	w->up = false;
	return WORLD_CHECK(w, !mem_live(&w->mem), "%ld tables leaked", mem_live(&w->mem)) &&
	       WORLD_CHECK(w, !atomic_long_read(&w->mem.accounted), "%ld bytes accounted",
			   atomic_long_read(&w->mem.accounted)) &&
	       WORLD_CHECK(w, !atomic_long_read(&w->pt.tables) &&
			   !atomic_long_read(&w->pt.table_bytes), "tables still counted");
}

/* After each test, failed or not */
static void world_exit(struct kunit *test)
{
	struct world *w = test->priv;

	if (!w)
		return;
	if (test->status == KUNIT_FAILURE)
		kunit_err(test, "va %u oa %u features %#x sizes %#llx encrypt %#llx%s\n",
			  w->cfg.va_lg2, w->cfg.oa_lg2, w->cfg.features,
			  w->cfg.page_sizes, w->cfg.encrypt_mask,
			  w->cfg.device ? " mirrored" : "");
	world_down(w);
}

/*
 * Set up the next configuration, of all or of the main ones, with an empty page
 * table; what the one before left must free itself. Then those main ones once more
 * that can have mirrored tables. False after the last. Under KASAN main ones are all:
 * the rest would take half an hour there, and userspace has a sanitizer for them.
 */
static bool world_next(struct world *w, bool all)
{
	struct ptf_config cfg;
	unsigned int n;
	bool again;
	int rc;

	if (w->up)
		WORLD_ASSERT(w, world_down(w));
	while (w->config < 2 * config_count()) {
		n = w->config++ % config_count();
		again = w->config > config_count();
		if (!config_make(&cfg, n) || w->with & ~cfg.features ||
		    !((all && !again && !IS_ENABLED(CONFIG_KASAN)) || config_is_main(n)) ||
		    (again && !config_mirror(&cfg)))
			continue;
		rc = world_up(w, &cfg);
		/* A subset of page sizes may be one that the widths rule out. */
		if (rc == -EINVAL && cfg.page_sizes)
			continue;
		MUST(w, rc);
		return true;
	}
	return false;
}

/* Geometry of the space */

static u64 world_granule(const struct world *w)
{
	return w->pt.sizes & -w->pt.sizes;
}

/* Whether to try the @i-th size: under KASAN, of many sizes each configuration takes some. */
static bool world_tries(const struct world *w, unsigned int i)
{
#ifdef CONFIG_KASAN
	return hweight64(w->pt.sizes) <= 8 || (i + w->config) % 6 == 0;
#else
	return true;
#endif
}

static unsigned int world_halves(const struct world *w)
{
	return w->pt.features & PTF_FEAT_SIGN_EXTEND ? 2 : 1;
}

static u64 world_first(const struct world *w, unsigned int half)
{
	return half ? ~ptf_low(w->pt.va_lg2 - 1) : 0;
}

static u64 world_last(const struct world *w, unsigned int half)
{
	return half ? ~0ULL : ptf_low(w->pt.va_lg2 - (world_halves(w) - 1));
}

static struct ptf_attrs world_attrs(void)
{
	return (struct ptf_attrs){ .flags = RW };
}

/* Operations */

/* Whatever the last operation changed: flush, then free. */
static void world_settle(struct world *w, struct ptf_change *change)
{
	if (!ptf_change_empty(change)) {
		tlb_flush(&w->tlb, &change->flush);
		if (w->on_flush)
			w->on_flush(w, &change->flush);
	}
	w->change = *change;
	ptf_free_tables(&w->pt, change->freed);
	*change = (struct ptf_change){};
}

static int world_publish(void *ctx, void *table, unsigned int level)
{
	struct world *w = ctx;

	w->grown++;
	if (w->on_root)
		w->on_root(w, table, level);
	return 0;
}

static int world_grow(struct world *w, u64 last)
{
	if (!(w->pt.features & PTF_FEAT_DYNAMIC_TOP))
		return 0;
	return F(pt_grow)(&w->pt, last, GFP_KERNEL, world_publish, w);
}

/* Last VA, up to @last, that the root reaches */
static u64 world_reach(const struct world *w, u64 last)
{
	if (w->pt.features & PTF_FEAT_DYNAMIC_TOP)
		return min(last, F(top_last)(w->pt.top, last));
	return last;
}

struct extents {
	struct ptf_map map;
	struct world *w;
	const struct extent *ext;
	unsigned int left;
};

static int extents_set(struct extents *x)
{
	u64 encrypt;
	int rc = F(encode)(x->map.pt, &x->ext->attrs, &x->map.bits, &encrypt);

	return rc ?: ptf_map_extent(&x->map, x->ext->oa | encrypt, x->ext->last);
}

static int extents_next(struct ptf_map *map)
{
	struct extents *x = container_of(map, struct extents, map);

	x->ext++;
	if (!--x->left)
		return -ENODATA;
	return extents_set(x);
}

static void extents_flush(struct ptf_map *map)
{
	struct extents *x = container_of(map, struct extents, map);

	x->w->flushes++;
	if (walker_at(map->pt, map->va, 0).kind == PTF_LEAF)
		world_fault(x->w, "%#llx: a leaf took a table's place before the flush", map->va);
	world_settle(x->w, map->change);
}

/* Prepare a map of @nr extents from @va on. */
static int extents_init(struct extents *x, struct world *w, u64 va, const struct extent *ext,
			unsigned int nr, struct ptf_change *change)
{
	int rc;

	*x = (struct extents){
		.map = { .pt = &w->pt, .va = va, .last = ext[nr - 1].last,
			 .next = nr > 1 ? extents_next : NULL, .supply.gfp = GFP_KERNEL,
			 .change = change, .flush = w->map_flush ? extents_flush : NULL },
		.w = w,
		.ext = ext,
		.left = nr,
	};
	rc = ptf_check_aligned(&w->pt, va, x->map.last);
	return rc ?: extents_set(x);
}

/* Map extents one after the other; w->pos is the first VA that was not. */
static int world_map_extents(struct world *w, u64 va, const struct extent *ext,
			     unsigned int nr)
{
	struct ptf_change change = {};
	struct extents x;
	int rc;

	w->pos = va;
	w->change = change;
	rc = extents_init(&x, w, va, ext, nr, &change);
	if (!rc)
		rc = world_grow(w, x.map.last);
	if (rc)
		return rc;
	if (w->quick && nr == 1 &&
	    F(pt_quick_map)(&w->pt, va, x.map.last, x.map.oa, x.map.bits)) {
		w->quicks++;
		w->pos = x.map.last + 1;
		return 0;
	}
	rc = F(pt_map)(&x.map);
	w->pos = rc ? x.map.va : x.map.last + 1;
	if (change.freed || !ptf_change_empty(&change))
		world_settle(w, &change);
	return rc;
}

static int world_map_as(struct world *w, u64 va, u64 last, u64 oa, const struct ptf_attrs *attrs)
{
	struct extent ext = { .last = last, .oa = oa, .attrs = *attrs };

	return world_map_extents(w, va, &ext, 1);
}

static int world_map(struct world *w, u64 va, u64 last, u64 oa)
{
	struct ptf_attrs attrs = world_attrs();

	return world_map_as(w, va, last, oa, &attrs);
}

/* Count the tables that a map needs. */
static int world_count(struct world *w, u64 va, const struct extent *ext, unsigned int nr,
		       bool exact)
{
	struct extents x;
	int rc = extents_init(&x, w, va, ext, nr, NULL);

	memset(w->need, 0, sizeof(w->need));
	x.map.need = w->need;
	return rc ?: F(pt_count)(&x.map, exact);
}

static unsigned int world_needed(const struct world *w)
{
	unsigned int shape, sum = 0;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
		sum += w->need[shape];
	return sum;
}

/* Strict unmap; w->end is the last VA that went. */
static int world_unmap(struct world *w, u64 va, u64 last)
{
	struct ptf_change change = {};
	struct ptf_unmap unmap = { .pt = &w->pt, .va = va, .change = &change };
	int rc = ptf_check_aligned(&w->pt, va, last);
	unsigned int size_lg2, shape;

	w->pos = va;
	w->change = change;
	if (rc)
		return rc;
	size_lg2 = w->quick ? F(pt_quick_unmap)(&w->pt, va, last, &shape) : 0;
	if (size_lg2) {
		w->quicks++;
		ptf_changed_leaves(&change, shape, va, last, size_lg2);
		world_settle(w, &change);
		w->pos = last + 1;
		w->end = last;
		return 0;
	}
	unmap.last = world_reach(w, last);
	if (va > unmap.last)
		return -ENOENT;
	rc = F(pt_unmap)(&unmap);
	world_settle(w, &change);
	w->pos = rc ? unmap.va : unmap.end + 1;
	w->end = unmap.end;
	if (!rc && unmap.last != last && unmap.end < last)
		rc = -ENOENT;
	return rc;
}

static void world_removed(void *ctx, u64 va, u64 oa, u64 size)
{
	struct world *w = ctx;

	w->removed_bytes += size;
	if (w->removed)
		w->removed(w->removed_ctx, va, oa, size);
}

/*
 * Exact unmap, told or not told what goes, with @short_of tables fewer reserved
 * than it needs.
 */
static int world_unmap_exact(struct world *w, u64 va, u64 last, bool told,
			     unsigned int short_of)
{
	struct ptf_change change = {};
	struct ptf_reserve reserve = {};
	struct ptf_unmap unmap = {
		.pt = &w->pt, .va = va, .change = &change,
		.supply.reserve = &reserve,
		.gone = { .pt = &w->pt, .change = &change,
			  .removed = told ? world_removed : NULL, .ctx = w },
	};
	int rc = ptf_check_aligned(&w->pt, va, last);
	unsigned int shape;

	w->pos = va;
	w->change = change;
	w->removed_bytes = 0;
	w->used = 0;
	memset(w->need, 0, sizeof(w->need));
	if (rc)
		return rc;
	unmap.last = world_reach(w, last);
	if (va > unmap.last)
		return 0;
	F(cut_need)(&w->pt, va, unmap.last, false, true, w->need);
	for (shape = 0; shape < PTF_FMT_SHAPES && short_of; shape++) {
		if (w->need[shape]) {
			w->need[shape]--;
			short_of--;
		}
	}
	rc = F(reserve)(&w->pt, &reserve, w->need, NULL, GFP_KERNEL);
	if (rc)
		return rc;
	rc = F(pt_unmap_exact)(&unmap);
	world_settle(w, &change);
	w->used = reserve.total - F(unreserve)(&w->pt, &reserve);
	w->pos = rc ? unmap.va : unmap.end + 1;
	w->end = unmap.end;
	return rc;
}

/* Unmap the whole space; returns 0, or the error. */
static int world_clear(struct world *w)
{
	unsigned int half;
	int rc = 0;

	for (half = 0; half < world_halves(w) && !rc; half++)
		rc = world_unmap_exact(w, world_first(w, half), world_last(w, half), false, 0);
	return rc;
}

static unsigned int world_spares(struct world *w)
{
	unsigned int shape, count = 0;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
		count += w->pt.spares.count[shape];
	return count;
}

/*
 * Everything was unmapped and so all tables are gone; but for the root, however
 * it grew, and, if they are not counted, those that reach beyond the end of the
 * space, so that no range covers them.
 */
static bool world_is_empty(struct world *w)
{
	unsigned int shape = ptf_top_shape(w->pt.top), tables = 1 + w->grown;
	unsigned int space_lg2 = w->pt.va_lg2 - (world_halves(w) - 1);

	while (!ptf_counted(&w->pt) && shape && F(shapes)[shape].children) {
		shape = __ffs64(F(shapes)[shape].children);
		if (ptf_reach_lg2(shape) > space_lg2)
			tables += world_halves(w);
	}
	tables += world_spares(w);
	return WORLD_CHECK(w, atomic_long_read(&w->pt.tables) <= tables,
			   "%ld tables hold nothing", atomic_long_read(&w->pt.tables)) &&
	       WORLD_CHECK(w, atomic_long_read(&w->pt.tables) ==
			   mem_live(&w->mem), "tables leaked") &&
	       WORLD_CHECK(w, atomic_long_read(&w->pt.table_bytes) ==
			   atomic_long_read(&w->mem.accounted), "bytes not accounted");
}

static bool world_audit(struct world *w)
{
	struct audit audit;

	return WORLD_CHECK(w, walker_audit(&w->pt, &audit), "%s, VA %#llx: %lu tables, %ld counted",
			   audit.why, audit.va, audit.tables, atomic_long_read(&w->pt.tables));
}

/* [va, last] translates from @oa on, by the walker and by lookup. */
static bool world_translates(struct world *w, u64 va, u64 last, u64 oa)
{
	struct ptf_mapping found;
	struct seen seen;
	u64 at, seen_last;
	int rc;

	for (at = va;; at = seen_last + 1) {
		seen = walker_at(&w->pt, at, 0);
		if (seen.kind != PTF_LEAF ||
		    (seen_oa(&seen, at) & ~w->pt.encrypt_mask) != oa + (at - va))
			return WORLD_CHECK(w, false, "VA %#llx: kind %u OA %#llx, not %#llx", at,
					   seen.kind, seen_oa(&seen, at), oa + (at - va));
		rc = F(pt_lookup)(&w->pt, at, &found);
		if (rc || found.va != seen.va || found.size_lg2 != seen.size_lg2 ||
		    found.kind != PTF_LEAF || found.oa != (seen.oa & ~w->pt.encrypt_mask))
			return WORLD_CHECK(w, false, "lookup of %#llx: %d, OA %#llx", at, rc,
					   found.oa);
		seen_last = seen.va | ((1ULL << seen.size_lg2) - 1);
		if (seen_last >= last)
			return true;
	}
}

/* Nothing is mapped at @va. */
static bool world_hole(struct world *w, u64 va)
{
	struct ptf_mapping found;

	return WORLD_CHECK(w, walker_at(&w->pt, va, 0).kind == PTF_EMPTY, "%#llx is mapped", va) &&
	       WORLD_CHECK(w, F(pt_lookup)(&w->pt, va, &found) == -ENOENT, "%#llx is found", va);
}

#endif /* PTF_SUITE_WORLD_H */
