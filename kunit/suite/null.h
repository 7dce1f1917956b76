/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Leaves without OA: they have the largest sizes that VA allows, what is left of one
 * that is cut too, and nobody is told that they go. Tables that are full of them are
 * shared. Beside all else: verbs.h.
 */
#ifndef PTF_SUITE_NULL_H
#define PTF_SUITE_NULL_H

static int null_map(struct world *w, u64 va, u64 last)
{
	unsigned int full[PTF_FMT_SHAPES] = {};
	struct ptf_change change = {};
	struct ptf_map map = {
		.pt = &w->pt, .va = va, .last = last, .change = &change, .null = true,
		.supply.gfp = GFP_KERNEL, .need = w->need,
	};
	int rc;

	memset(w->need, 0, sizeof(w->need));
	rc = F(repeat_need)(&map, false, full);
	if (rc)
		return rc;
	map.va = va;
	rc = F(pt_repeat)(&map);
	world_settle(w, &change);
	return rc;
}

struct null_walk {
	struct world *w;
	u64 va;
	u64 last;
};

static int null_leaf(void *ctx, const struct ptf_mapping *got)
{
	struct null_walk *walk = ctx;
	unsigned int best = model_best(model_sizes(&walk->w->pt), walk->va, walk->va, walk->last);

	if (!WORLD_CHECK(walk->w, got->kind == PTF_NULL && got->va == walk->va,
			 "%#llx: kind %u, leaf at %#llx", walk->va, got->kind, got->va) ||
	    !WORLD_CHECK(walk->w, got->size_lg2 == best, "%#llx: 2^%u, not 2^%u", walk->va,
			 got->size_lg2, best))
		return -EINVAL;
	walk->va += 1ULL << best;
	return 0;
}

/* All of [va, last] is null, in the largest leaves. */
static bool null_all(struct world *w, u64 va, u64 last)
{
	struct null_walk walk = { .w = w, .va = va, .last = last };
	struct ptf_visit visit = {
		.pt = &w->pt, .va = va, .last = last, .leaf = null_leaf, .ctx = &walk,
	};

	return !F(pt_for_each)(&visit) &&
	       WORLD_CHECK(w, walk.va == last + 1, "%#llx is not mapped", walk.va);
}

/* A leaf of @size between two of the smallest, and a hole of one page in its middle */
static void null_size(struct world *w, u64 size)
{
	u64 g = world_granule(w), va = size - g, last = 2 * size + g - 1, hole = size + size / 2;
	unsigned long tables = atomic_long_read(&w->pt.tables);

	MUST(w, null_map(w, va, last));
	/* Tables above may be there still, unless they are counted. */
	if (ptf_counted(&w->pt))
		KUNIT_EXPECT_EQ(w->test, atomic_long_read(&w->pt.tables) - tables,
				world_needed(w));
	WORLD_ASSERT(w, null_all(w, va, last));
	GIVES(w, -EADDRINUSE, world_map(w, hole, hole + g - 1, 0));
	MUST(w, world_unmap_exact(w, hole, hole + g - 1, true, 0));
	KUNIT_EXPECT_EQ(w->test, w->removed_bytes, 0ULL);
	WORLD_ASSERT(w, world_hole(w, hole));
	WORLD_ASSERT(w, null_all(w, va, hole - 1));
	WORLD_ASSERT(w, null_all(w, hole + g, last));
	MUST(w, world_map(w, hole, hole + g - 1, g));
	WORLD_ASSERT(w, world_translates(w, hole, hole + g - 1, g));
	WORLD_ASSERT(w, world_audit(w));
	MUST(w, world_unmap_exact(w, va, last, true, 0));
	KUNIT_EXPECT_EQ(w->test, w->removed_bytes, g);
	MUST(w, world_clear(w));
	WORLD_ASSERT(w, world_is_empty(w));
}

/* The whole space takes a table per level, and a hole in it as many again if no leaf is cut. */
static void null_space(struct world *w)
{
	unsigned int levels = F(shapes)[ptf_top_shape(w->pt.top)].level + 1;
	u64 g = world_granule(w), last = world_last(w, 0), hole = (last / 2 + 1) | 3 * g;

	MUST(w, null_map(w, 0, last));
	KUNIT_EXPECT_EQ(w->test, atomic_long_read(&w->pt.tables) - 1, world_needed(w));
	KUNIT_EXPECT_LE(w->test, atomic_long_read(&w->pt.tables), (long)levels);
	MUST(w, world_unmap_exact(w, hole, hole + g - 1, true, 0));
	KUNIT_EXPECT_EQ(w->test, w->removed_bytes, 0ULL);
	if (hweight64(w->pt.sizes) == 1)
		KUNIT_EXPECT_LE(w->test, atomic_long_read(&w->pt.tables), 2L * levels);
	WORLD_ASSERT(w, world_hole(w, hole));
	WORLD_ASSERT(w, null_all(w, hole - g, hole - 1));
	WORLD_ASSERT(w, null_all(w, hole + g, hole + 3 * g - 1));
	KUNIT_EXPECT_EQ(w->test, walker_at(&w->pt, 0, 0).kind, PTF_NULL);
	KUNIT_EXPECT_EQ(w->test, walker_at(&w->pt, last, 0).kind, PTF_NULL);
	WORLD_ASSERT(w, world_audit(w));
	MUST(w, world_clear(w));
	WORLD_ASSERT(w, world_is_empty(w));
}

static void null_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int lg2;
	u64 size;

	while (PTF_HAVE_NULL && world_next(w, true)) {
		if (ptf_counted(&w->pt) && w->pt.va_lg2 > __ffs64(w->pt.sizes) + 4)
			null_space(w);
		for (lg2 = __ffs64(w->pt.sizes) + 1; lg2 < 62; lg2++) {
			size = 1ULL << lg2;
			if (w->pt.sizes & size && 2 * size + world_granule(w) - 1 <= w->pt.va_last)
				null_size(w, size);
			if (test->status == KUNIT_FAILURE)
				return;
		}
	}
}

#endif /* PTF_SUITE_NULL_H */
