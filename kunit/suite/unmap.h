/* SPDX-License-Identifier: GPL-2.0-only */
/* Unmaps, strict and exact; tables that become empty; counts of tables. */
#ifndef PTF_SUITE_UNMAP_H
#define PTF_SUITE_UNMAP_H

/* Strict: not from mid-entry, not across holes; a larger last leaf goes as a whole. */
static void unmap_strict_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int a;
	u64 g, big, va;

	while (world_next(w, false)) {
		g = world_granule(w);
		for (a = 0; a < min_t(unsigned int, w->pt.va_lg2 - 2, w->pt.oa_lg2 + 1); a++) {
			big = 1ULL << a;
			if (!(w->pt.sizes & big) || !world_tries(w, a) ||
			    4 * big - 1 > world_last(w, 0))
				continue;
			va = 2 * big;
			MUST(w, world_map(w, va, va + big - 1, 0));
			if (big > g) {
				GIVES(w, -EINVAL, world_unmap(w, va + big - g, va + big - 1));
				KUNIT_EXPECT_EQ(test, w->pos, va + big - g);
				KUNIT_EXPECT_TRUE(test, ptf_change_empty(&w->change));
				WORLD_ASSERT(w, world_translates(w, va, va + big - 1, 0));
			}
			/* The hole behind it, and the one before */
			GIVES(w, -ENOENT, world_unmap(w, va - g, va + big - 1));
			KUNIT_EXPECT_EQ(test, w->pos, va - g);
			WORLD_ASSERT(w, world_translates(w, va, va + big - 1, 0));
			GIVES(w, -ENOENT, world_unmap(w, va, va + big + g - 1));
			KUNIT_EXPECT_EQ(test, w->pos, va + big);
			KUNIT_EXPECT_EQ(test, w->change.flush.start, va);
			WORLD_ASSERT(w, world_hole(w, va));
			/* Asked for one granule, told of all */
			MUST(w, world_map(w, va, va + big - 1, 0));
			tlb_fill(&w->tlb, va + big - 1);
			GIVES(w, 0, world_unmap(w, va, va + g - 1));
			KUNIT_EXPECT_EQ(test, w->end, va + big - 1);
			KUNIT_EXPECT_EQ(test, w->change.flush.start, va);
			KUNIT_EXPECT_EQ(test, w->change.flush.last, va + big - 1);
			KUNIT_EXPECT_EQ(test, w->change.flush.min_size_lg2, a);
			KUNIT_EXPECT_TRUE_MSG(test, tlb_check(&w->tlb), "%s", w->tlb.why);
			WORLD_ASSERT(w, world_hole(w, va + big - g));
			MUST(w, world_clear(w));
			WORLD_ASSERT(w, world_is_empty(w));
			if (test->status == KUNIT_FAILURE)
				return;
		}
	}
}

/* A hole of one granule is found wherever it is among items that are looked at together. */
static void unmap_hole_test(struct kunit *test)
{
	struct world *w = world_new(test);
	u64 g, va, last, hole;

	while (world_next(w, false)) {
		g = world_granule(w);
		va = 16 * g;
		last = va + 12 * g - 1;
		if (last > world_last(w, 0))
			continue;
		for (hole = va + g; hole < last; hole += g) {
			/* OA is odd, so that granules are all that fits */
			MUST(w, world_map(w, va, hole - 1, va + g));
			if (hole + g <= last)
				MUST(w, world_map(w, hole + g, last, hole + 2 * g));
			GIVES(w, -ENOENT, world_unmap(w, va, last));
			KUNIT_EXPECT_EQ(test, w->pos, hole);
			WORLD_ASSERT(w, world_hole(w, hole - g));
			if (hole + g <= last)
				WORLD_ASSERT(w, world_translates(w, hole + g, last, hole + 2 * g));
			WORLD_ASSERT(w, world_audit(w));
			MUST(w, world_clear(w));
		}
		if (test->status == KUNIT_FAILURE)
			return;
	}
}

/* How often the OA that is told of a removed extent is not its VA and @away */
struct unmap_told {
	u64 away;
	unsigned int wrong;
};

static void unmap_told(void *ctx, u64 va, u64 oa, u64 size)
{
	struct unmap_told *told = ctx;

	told->wrong += oa != va + told->away;
}

/* Exact: holes do not matter; leaves are cut, and their neighbours stay. */
static void unmap_exact_test(struct kunit *test)
{
	struct world *w = world_new(test);
	u64 g, big, smaller, va, first, last, need, oa;
	unsigned int bound[PTF_FMT_SHAPES], most, a, k;
	struct unmap_told told;

	while (world_next(w, false)) {
		g = world_granule(w);
		most = min(w->pt.va_lg2 - 2, w->pt.oa_lg2);
		for (a = 0; a < most; a++) {
			big = 1ULL << a;
			if (!(w->pt.sizes & big) || !world_tries(w, a) || big == g ||
			    4 * big - 1 > world_last(w, 0))
				continue;
			/* To count what a huge leaf is cut into takes too long. */
			smaller = 1ULL << (fls64(w->pt.sizes & (big - 1)) - 1);
			if (big / smaller > BIT_ULL(18))
				continue;
			va = 2 * big;
			oa = big;
			told = (struct unmap_told){ .away = oa - va };
			w->removed = unmap_told;
			w->removed_ctx = &told;
			for (k = 0; k < 9; k++) {
				/* beginning, end, middle, one page; and from holes around */
				first = va + (k & 1 ? g : k & 2 ? big / 2 : 0);
				last = va + (k & 4 ? big - g : big / 2 + g) - 1;
				if (k == 0)
					first = va - g;
				if (k == 7)
					last = va + big + g - 1;
				if (k == 8) {
					first = va + big / 2 + g;
					last = first + g - 1;
				}
				if (last < first || first >= va + big || (last + 1) & (g - 1))
					continue;
				MUST(w, world_map(w, va, va + big - 1, oa));
				tlb_fill(&w->tlb, va);
				memset(w->need, 0, sizeof(w->need));
				F(cut_need)(&w->pt, first, last, false, true, w->need);
				need = world_needed(w);
				/* That is the bound, too, where no leaf is larger. */
				if (!(w->pt.sizes & ~ptf_low(a + 1)) && first >= va &&
				    last < va + big) {
					memset(bound, 0, sizeof(bound));
					F(cut_need)(&w->pt, first, last, false, false, bound);
					KUNIT_EXPECT_FALSE(test, memcmp(bound, w->need,
									sizeof(bound)));
				}
				if (need > 12)
					goto next;
				/* One table short: nothing happens. */
				if (need) {
					GIVES(w, -ENOMEM,
					      world_unmap_exact(w, first, last, true, 1));
					KUNIT_EXPECT_GE(test, w->pos, first);
					KUNIT_EXPECT_LE(test, w->pos, max(first, va));
					WORLD_ASSERT(w, world_translates(w, va, va + big - 1, oa));
				}
				MUST(w, world_unmap_exact(w, first, last, true, 0));
				KUNIT_EXPECT_EQ(test, w->used, need);
				KUNIT_EXPECT_EQ(test, told.wrong, 0U);
				KUNIT_EXPECT_EQ(test, w->removed_bytes,
						min(last, va + big - 1) - max(first, va) + 1);
				KUNIT_EXPECT_TRUE_MSG(test, tlb_check(&w->tlb), "%s", w->tlb.why);
				WORLD_ASSERT(w, world_audit(w));
				WORLD_ASSERT(w, world_hole(w, max(first, va)));
				WORLD_ASSERT(w, world_hole(w, min(last, va + big - 1)));
				if (first > va)
					WORLD_ASSERT(w, world_translates(w, va, first - 1, oa));
				if (last < va + big - 1)
					WORLD_ASSERT(w, world_translates(w, last + 1, va + big - 1,
									 oa + last + 1 - va));
				WORLD_ASSERT(w, !w->fault[0]);
next:
				MUST(w, world_clear(w));
				WORLD_ASSERT(w, world_is_empty(w));
				if (test->status == KUNIT_FAILURE)
					return;
			}
		}
	}
}

/* The short cuts of IOMMU drivers end where a table ends, and leave it if they empty it. */
static void unmap_quick_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct ptf_mapping m;
	u64 g, span, va, larger;
	long tables;

	w->quick = true;
	w->with = PTF_FEAT_PARALLEL;
	while (world_next(w, false)) {
		g = world_granule(w);
		span = 1ULL << ptf_reach_lg2(0);
		va = 2 * span;
		if (g >> F(shapes)[0].va_lg2 != 1 || 4 * span - 1 > world_last(w, 0) ||
		    span < 8 * g || span / g > 20000)
			continue;
		/* So that what lies behind the first table is not the second */
		MUST(w, world_map(w, va + span + g, va + span + 2 * g - 1, 0));
		MUST(w, world_map(w, va + g, va + 2 * g - 1, 0));
		/* OA is odd, so that granules are all that fits */
		MUST(w, world_map(w, va + span - 2 * g, va + span + g - 1, g));
		WORLD_ASSERT(w, world_translates(w, va + span - 2 * g, va + span + g - 1, g));
		WORLD_ASSERT(w, world_audit(w));
		/* A leaf of the next size, where it fits, is not for the short cut. */
		larger = w->pt.sizes & ~g;
		larger &= -larger;
		if (F(shapes)[0].leaf_sizes & larger && !PTF_FMT_PICKS_SIZE && larger <= span / 4) {
			MUST(w, world_map(w, va + span / 2, va + span / 2 + larger - 1, 0));
			MUST(w, F(pt_lookup)(&w->pt, va + span / 2, &m));
			KUNIT_EXPECT_EQ(test, 1ULL << m.size_lg2, larger);
		}
		GIVES(w, -EADDRINUSE, world_map(w, va + span - 3 * g, va + span - g - 1, 0));
		if (w->pos > va + span - 3 * g)
			MUST(w, world_unmap(w, va + span - 3 * g, w->pos - 1));
		GIVES(w, -ENOENT, world_unmap(w, va + span - 3 * g, va + span - g - 1));
		MUST(w, world_unmap(w, va + span - g, va + span + g - 1));
		WORLD_ASSERT(w, world_hole(w, va + span - g));
		WORLD_ASSERT(w, world_hole(w, va + span));
		WORLD_ASSERT(w, world_translates(w, va + span - 2 * g, va + span - g - 1, g));
		MUST(w, world_clear(w));
		MUST(w, world_map(w, va, va + span - 1, g));
		tables = atomic_long_read(&w->pt.tables);
		MUST(w, world_unmap(w, va, va + span - 1));
		KUNIT_EXPECT_TRUE(test, w->change.flush.freed_tables);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&w->pt.tables), tables - 1);
		MUST(w, world_clear(w));
	}
}

/* They know every leaf size: alone, several at once, and never over what is there. */
static void unmap_quick_sizes_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int size_lg2, shape, quicks;
	struct ptf_mapping m;
	u64 g, size, reach, va;
	bool quick;

	w->quick = true;
	w->with = PTF_FEAT_PARALLEL;
	while (world_next(w, false)) {
		g = world_granule(w);
		quick = !PTF_FMT_PICKS_SIZE && !(w->pt.features & PTF_FEAT_INCOHERENT);
		for (shape = 0; shape <= ptf_top_shape(w->pt.top); shape++) {
			reach = shape < ptf_top_shape(w->pt.top) ? 1ULL << ptf_reach_lg2(shape) : 0;
			for (size_lg2 = F(shapes)[shape].va_lg2; size_lg2 < 62; size_lg2++) {
				size = 1ULL << size_lg2;
				va = reach + size;
				if (!(w->pt.sizes & F(shapes)[shape].leaf_sizes & size) ||
				    8 * size - 1 > ptf_low(ptf_reach_lg2(shape)) ||
				    reach + 8 * size - 1 > world_last(w, 0) ||
				    4 * size - 1 > w->pt.oa_last)
					continue;
				/* A neighbour, so that the table is there and stays */
				MUST(w, world_map(w, va + 4 * size, va + 5 * size - 1, 0));
				quicks = w->quicks;
				MUST(w, world_map(w, va, va + size - 1, 0));
				GIVES(w, -EADDRINUSE, world_map(w, va, va + size - 1, 0));
				MUST(w, world_map(w, va + size, va + 3 * size - 1, size));
				MUST(w, F(pt_lookup)(&w->pt, va, &m));
				KUNIT_EXPECT_EQ(test, 1ULL << m.size_lg2, size);
				WORLD_ASSERT(w, world_translates(w, va, va + size - 1, 0));
				WORLD_ASSERT(w, world_translates(w, va + size, va + 3 * size - 1,
								 size));
				KUNIT_EXPECT_EQ(test, w->quicks - quicks, quick ? 2 : 0);
				/* Here the size would fit, but for the OA. */
				if (size > g && size / g <= 512) {
					MUST(w, world_map(w, va + 5 * size, va + 6 * size - 1, g));
					WORLD_ASSERT(w, world_translates(w, va + 5 * size,
									 va + 6 * size - 1, g));
				}
				WORLD_ASSERT(w, world_audit(w));

				/* The fourth is not there. */
				GIVES(w, -ENOENT, world_unmap(w, va + 2 * size, va + 4 * size - 1));
				KUNIT_EXPECT_EQ(test, w->pos, va + 3 * size);
				/* A leaf goes as a whole, however many items it fills. */
				MUST(w, world_map(w, va + 2 * size, va + 3 * size - 1, 0));
				MUST(w, world_unmap(w, va + 2 * size, va + 2 * size + g - 1));
				if (!PTF_FMT_PICKS_SIZE)
					KUNIT_EXPECT_EQ(test, w->end, va + 3 * size - 1);
				WORLD_ASSERT(w, world_hole(w, w->end));
				WORLD_ASSERT(w, world_audit(w));
				quicks = w->quicks;
				MUST(w, world_unmap(w, va, va + 2 * size - 1));
				WORLD_ASSERT(w, world_hole(w, va));
				WORLD_ASSERT(w, world_hole(w, va + 2 * size - 1));
				KUNIT_EXPECT_EQ(test, w->quicks - quicks, quick);
				MUST(w, world_clear(w));
				if (test->status == KUNIT_FAILURE)
					return;
			}
		}
	}
}

/* Where tables are counted, they keep the count, and off what is shared. */
static void unmap_quick_counted_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int shape = 0, made = 0;
	u64 g, span, bits, encrypt;

	while (world_next(w, false)) {
		struct ptf_attrs attrs = world_attrs();
		struct ptf_change change = {};
		struct ptf_map map = {
			.pt = &w->pt, .change = &change, .supply.gfp = GFP_KERNEL,
		};

		g = world_granule(w);
		span = 1ULL << ptf_reach_lg2(0);
		if (PTF_FMT_PICKS_SIZE || !ptf_counted(&w->pt) || w->pt.device || span < 8 * g ||
		    w->pt.features & PTF_FEAT_INCOHERENT || 4 * span - 1 > world_last(w, 0))
			continue;
		made++;
		MUST(w, F(encode)(&w->pt, &attrs, &bits, &encrypt));
		MUST(w, world_map(w, 0, g - 1, 0));
		/* It would leave an empty table. */
		KUNIT_EXPECT_EQ(test, F(pt_quick_unmap)(&w->pt, 0, g - 1, &shape), 0U);
		KUNIT_EXPECT_TRUE(test,
				  F(pt_quick_map)(&w->pt, g, 2 * g - 1, g | encrypt, bits));
		WORLD_ASSERT(w, world_audit(w));
		KUNIT_EXPECT_EQ(test, 1ULL << F(pt_quick_unmap)(&w->pt, 0, g - 1, &shape), g);
		KUNIT_EXPECT_TRUE(test, F(shapes)[shape].leaf_sizes & g);
		WORLD_ASSERT(w, world_hole(w, 0));
		WORLD_ASSERT(w, world_audit(w));
		MUST(w, world_unmap_exact(w, g, 2 * g - 1, false, 0));
		WORLD_ASSERT(w, world_is_empty(w));
		if (w->pt.features & PTF_FEAT_DIRTY)
			continue;

		map.last = 4 * span - 1;
		map.repeat_lg2 = __ffs64(g);
		map.repeat_oa = encrypt;
		map.bits = bits;
		MUST(w, F(pt_repeat)(&map));
		if (w->pt.shares) {
			KUNIT_EXPECT_EQ(test, F(pt_quick_unmap)(&w->pt, g, 2 * g - 1, &shape), 0U);
			WORLD_ASSERT(w, world_audit(w));
		}
		world_settle(w, &change);
		MUST(w, world_clear(w));
		WORLD_ASSERT(w, world_is_empty(w));
	}
	KUNIT_EXPECT_EQ(test, made > 0, !PTF_FMT_PICKS_SIZE);
}

/*
 * What is read: one item a level and those that are mapped; and of a table that
 * falls out as a whole nothing, unless somebody asks what was in it.
 */
static void unmap_loads_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int shape, levels, told;
	u64 g, span, va;

	while (world_next(w, false)) {
		g = world_granule(w);
		shape = 0;
		while (!(F(shapes)[shape].leaf_sizes & g))
			shape++;
		span = 1ULL << ptf_reach_lg2(shape);
		va = 2 * span;
		if (F(shapes)[shape].children || 4 * span - 1 > world_last(w, 0) ||
		    span / g < 16 || span / g > 20000)
			continue;
		levels = F(shapes)[ptf_top_shape(w->pt.top)].level + 1;
		/* So that no table above is empty then */
		MUST(w, world_map(w, va + span + g, va + span + 2 * g - 1, g));
		for (told = 0; told < 2; told++) {
			/* OA is odd, so that granules are all that fits */
			MUST(w, world_map(w, va, va + span - 1, g));
			loads = 0;
			MUST(w, world_unmap_exact(w, va, va + span - 1, told, 0));
			if (told)
				KUNIT_EXPECT_GE(test, loads, span / g);
			else
				KUNIT_EXPECT_LE(test, loads, 5 * levels);
			WORLD_ASSERT(w, world_hole(w, va));
		}
		MUST(w, world_map(w, va + g, va + 2 * g - 1, g));
		if (PTF_FMT_PICKS_SIZE || w->pt.features & PTF_FEAT_INCOHERENT ||
		    ptf_mirrored(&w->pt))
			continue;
		/* The short cut: the way, and the items of the leaf */
		loads = 0;
		KUNIT_EXPECT_TRUE(test, F(pt_quick_map)(&w->pt, va, va + g - 1, g, 0));
		KUNIT_EXPECT_EQ(test, loads, levels - F(shapes)[shape].level - 1 +
				(g >> F(shapes)[shape].va_lg2));
		MUST(w, world_clear(w));
	}
}

/* No flush and no callback where nothing was */
static void unmap_nothing_test(struct kunit *test)
{
	struct world *w = world_new(test);

	while (world_next(w, false)) {
		GIVES(w, 0, world_unmap_exact(w, 0, world_last(w, 0), true, 0));
		KUNIT_EXPECT_EQ(test, w->removed_bytes, 0ULL);
		KUNIT_EXPECT_TRUE(test, ptf_change_empty(&w->change));
		KUNIT_EXPECT_FALSE(test, w->change.flush.freed_tables);
		GIVES(w, -ENOENT, world_unmap(w, 0, world_last(w, 0)));
		KUNIT_EXPECT_EQ(test, w->pos, 0ULL);
		KUNIT_EXPECT_TRUE(test, ptf_change_empty(&w->change));
	}
}

/* Tables that a covering unmap emptied go, with both kinds of it; others stay. */
static void unmap_frees_tables_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int exact, shape;
	u64 g, span, va;
	long tables;
	int rc;

	while (world_next(w, false)) {
		g = world_granule(w);
		for (shape = 0; shape < ptf_top_shape(w->pt.top); shape++) {
			/* Exactly the range of one table of this shape */
			span = 1ULL << ptf_reach_lg2(shape);
			va = span;
			if (!(F(shapes)[shape].leaf_sizes & g) || 2 * span - 1 > world_last(w, 0) ||
			    span > ptf_low(w->pt.oa_lg2) >> 1 || span < 2 * g ||
			    span / g > 20000)
				continue;
			tables = atomic_long_read(&w->pt.tables);
			for (exact = 0; exact < 3; exact++) {
				/* OA is odd, so that granules are all that fits */
				MUST(w, world_map(w, va, va + span - 1, g));
				KUNIT_ASSERT_GT(test, atomic_long_read(&w->pt.tables), tables);
				tlb_fill(&w->tlb, va + span - 1);
				rc = exact ? world_unmap_exact(w, va, va + span - 1, exact > 1, 0) :
				     world_unmap(w, va, va + span - 1);
				KUNIT_ASSERT_EQ(test, rc, 0);
				KUNIT_EXPECT_TRUE(test, w->change.flush.freed_tables);
				KUNIT_EXPECT_NE(test, w->change.flush.table_levels, 0);
				KUNIT_EXPECT_EQ(test, w->change.flush.start, va);
				KUNIT_EXPECT_EQ(test, w->change.flush.last, va + span - 1);
				KUNIT_EXPECT_TRUE_MSG(test, tlb_check(&w->tlb), "%s", w->tlb.why);
				/* Only tables above it may be left */
				KUNIT_EXPECT_LE(test, atomic_long_read(&w->pt.tables),
						tables + PTF_FMT_SHAPES - 2);
				WORLD_ASSERT(w, world_audit(w));
				/* In pieces, the table stays */
				MUST(w, world_map(w, va, va + span - 1, g));
				tables = atomic_long_read(&w->pt.tables);
				MUST(w, world_unmap(w, va, va + g - 1));
				MUST(w, world_unmap(w, va + g, va + span - 1));
				KUNIT_EXPECT_FALSE(test, w->change.flush.freed_tables);
				KUNIT_EXPECT_EQ(test, w->change.flush.table_levels, 0);
				KUNIT_EXPECT_EQ(test, atomic_long_read(&w->pt.tables), tables);
				MUST(w, world_clear(w));
				WORLD_ASSERT(w, world_is_empty(w));
				tables = atomic_long_read(&w->pt.tables);
			}
		}
		if (test->status == KUNIT_FAILURE)
			return;
	}
}

/* Counted is what is used: exactly with the table as it is, or as if it were empty. */
static bool count_one(struct world *w, struct map_room *room, u64 *state, bool empty,
		      unsigned int *ones)
{
	struct extent ext = { .attrs = world_attrs() };
	unsigned int one[PTF_FMT_SHAPES] = {}, bound, exact;
	long used;
	u64 va;

	if (!map_random_extent(w, state, &va, &ext.last, &ext.oa, room))
		return true;
	world_grow(w, ext.last);
	if (world_count(w, va, &ext, 1, false))
		return WORLD_CHECK(w, false, "count");
	bound = world_needed(w);
	/* There may be a shorter way to it. */
	if (F(count_one)(&w->pt, va, ext.last, ext.oa, one)) {
		++*ones;
		if (memcmp(one, w->need, sizeof(one)))
			return WORLD_CHECK(w, false, "count in one table");
	}
	if (world_count(w, va, &ext, 1, true))
		return WORLD_CHECK(w, false, "exact count");
	exact = world_needed(w);
	used = w->mem.allocs;
	if (world_map(w, va, ext.last, ext.oa))
		return WORLD_CHECK(w, false, "map");
	used = w->mem.allocs - used;
	return WORLD_CHECK(w, used == exact, "[%#llx, %#llx]: exact count %u, used %ld", va,
			   ext.last, exact, used) &&
	       WORLD_CHECK(w, empty ? used == bound : used <= bound,
			   "[%#llx, %#llx]: bound %u, used %ld", va, ext.last, bound, used) &&
	       WORLD_CHECK(w, !world_unmap(w, va, ext.last), "unmap");
}

static void count_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct map_room *room = kvcalloc(1, sizeof(*room), GFP_KERNEL);
	u64 state = 11;
	bool ok = true, empty;
	unsigned int i, ones = 0;

	KUNIT_ASSERT_NOT_NULL(test, room);
	while (world_next(w, false)) {
		for (i = 0; i < 16 && ok; i++) {
			/* Every fourth time without tables that others left */
			if (i % 4 == 0)
				world_clear(w);
			empty = atomic_long_read(&w->pt.tables) == 1 + (long)w->grown;
			ok = count_one(w, room, &state, empty, &ones);
		}
		if (!ok)
			break;
	}
	kvfree(room);
	WORLD_ASSERT(w, ok);
	KUNIT_EXPECT_EQ(test, ones > 0, !PTF_FMT_PICKS_SIZE);
}

#endif /* PTF_SUITE_UNMAP_H */
