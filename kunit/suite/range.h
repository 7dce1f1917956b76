/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The range-lock checker: it reports operations in flight that overlap, and no
 * others. A map is in flight while it asks for its next extent.
 */
#ifndef PTF_SUITE_RANGE_H
#define PTF_SUITE_RANGE_H

#ifdef CONFIG_PTF_DEBUG

struct range_nest {
	struct ptf_map map;
	struct world *w;
	u64 first;
	u64 last;
};

/* Another operation while this one is in flight: it finds nothing to unmap. */
static int range_next(struct ptf_map *map)
{
	struct range_nest *nest = container_of(map, struct range_nest, map);

	world_unmap_exact(nest->w, nest->first, nest->last, false, 0);
	return ptf_map_extent(map, 0, map->last);
}

static unsigned int range_nested(struct world *w, u64 first, u64 last)
{
	struct range_nest nest = { .w = w, .first = first, .last = last };
	unsigned int before = w->pt.range_violations;
	struct ptf_change change = {};
	struct ptf_attrs attrs = world_attrs();
	u64 g = world_granule(w), encrypt;

	nest.map = (struct ptf_map){
		.pt = &w->pt, .va = 16 * g, .last = 24 * g - 1, .next = range_next,
		.supply.gfp = GFP_KERNEL, .change = &change,
	};
	F(encode)(&w->pt, &attrs, &nest.map.bits, &encrypt);
	KUNIT_EXPECT_EQ(w->test, ptf_map_extent(&nest.map, 0, 20 * g - 1), 0);
	KUNIT_EXPECT_EQ(w->test, F(pt_map)(&nest.map), 0);
	world_settle(w, &change);
	KUNIT_EXPECT_EQ(w->test, world_unmap_exact(w, 16 * g, 24 * g - 1, false, 0), 0);
	return w->pt.range_violations - before;
}

static void range_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct ptf_config cfg = {};
	struct ptf_range a, b;
	u64 g;

	config_make(&cfg, 0);
	cfg.features |= PTF_FEAT_PARALLEL;
	MUST(w, world_up(w, &cfg));
	g = world_granule(w);
	KUNIT_EXPECT_EQ(test, w->pt.range_violations, 0U);
	kunit_info(test, "the overlaps that follow are meant to be reported\n");
	KUNIT_EXPECT_EQ(test, range_nested(w, 22 * g, 23 * g - 1), 1U);
	KUNIT_EXPECT_EQ(test, range_nested(w, 23 * g, 25 * g - 1), 1U);
	KUNIT_EXPECT_EQ(test, range_nested(w, 0, 15 * g - 1), 0U);
	KUNIT_EXPECT_EQ(test, range_nested(w, 15 * g, 16 * g - 1), 0U);
	KUNIT_EXPECT_EQ(test, range_nested(w, 24 * g, 25 * g - 1), 0U);
	/* Readers do not disturb each other; a reader and a writer do. */
	w->pt.range_violations = 0;
	ptf_range_begin(&w->pt, &a, 0, g, false);
	ptf_range_begin(&w->pt, &b, g, 2 * g, false);
	KUNIT_EXPECT_EQ(test, w->pt.range_violations, 0U);
	ptf_range_end(&w->pt, &a);
	ptf_range_begin(&w->pt, &a, 2 * g, ~0ULL, true);
	KUNIT_EXPECT_EQ(test, w->pt.range_violations, 1U);
	ptf_range_end(&w->pt, &b);
	ptf_range_begin(&w->pt, &b, 0, 2 * g - 1, true);
	KUNIT_EXPECT_EQ(test, w->pt.range_violations, 1U);
	ptf_range_end(&w->pt, &b);
	ptf_range_begin(&w->pt, &b, 0, 2 * g, true);
	KUNIT_EXPECT_EQ(test, w->pt.range_violations, 2U);
	ptf_range_end(&w->pt, &a);
	ptf_range_end(&w->pt, &b);
	ptf_range_begin(&w->pt, &a, 0, ~0ULL, true);
	KUNIT_EXPECT_EQ(test, w->pt.range_violations, 2U);
	ptf_range_end(&w->pt, &a);
}

#else

/* Without it, there is nothing in its place. */
static void range_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct ptf_range), 0UL);
}

#endif

#endif /* PTF_SUITE_RANGE_H */
