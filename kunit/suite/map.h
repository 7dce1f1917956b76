/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps: every size everywhere, the choice of sizes, boundaries, overlap. */
#ifndef PTF_SUITE_MAP_H
#define PTF_SUITE_MAP_H

/* Places for a leaf, where tables begin and end; returns false if it is not in the space. */
static bool map_place(const struct world *w, unsigned int place, u64 size, u64 *va)
{
	unsigned int half = place / 6;
	u64 first = world_first(w, half), last = world_last(w, half);

	if (size - 1 > last - first)
		return false;
	switch (place % 6) {
	case 0:
		*va = first;
		break;
	case 1:
		*va = first + size;
		break;
	case 2:
		*va = last & -size;
		break;
	case 3:
		*va = first + (0x5555555555555000ULL & -size & (world_last(w, 0) >> 1));
		break;
	case 4:
		*va = first + (0x2aaaaaaaaaaaa000ULL & -size & (world_last(w, 0) >> 1));
		break;
	default:
		*va = (first + (world_last(w, 0) >> 1) + 1) & -size;
		break;
	}
	return *va >= first && *va <= last && size - 1 <= last - *va;
}

static void map_sizes_at(struct world *w, unsigned int size_lg2, unsigned int place)
{
	struct kunit *test = w->test;
	u64 size = 1ULL << size_lg2, va, last;
	u64 oa = place & 1 ? 0 : ptf_low(w->pt.oa_lg2) & -size;
	struct ptf_mapping found;

	if (!map_place(w, place, size, &va))
		return;
	last = va + size - 1;
	MUST(w, world_map(w, va, last, oa));
	MUST(w, F(pt_lookup)(&w->pt, last, &found));
	KUNIT_ASSERT_EQ(test, found.size_lg2, size_lg2);
	KUNIT_ASSERT_EQ(test, found.va, va);
	KUNIT_ASSERT_EQ(test, found.oa, oa);
	WORLD_ASSERT(w, world_translates(w, va, last, oa));
	WORLD_ASSERT(w, world_audit(w));
	if (va > world_first(w, place / 6))
		WORLD_ASSERT(w, world_hole(w, va - 1));
	if (last < world_last(w, place / 6))
		WORLD_ASSERT(w, world_hole(w, last + 1));
	MUST(w, world_unmap(w, va, last));
	KUNIT_ASSERT_EQ(test, w->end, last);
	WORLD_ASSERT(w, world_hole(w, va));
	MUST(w, world_clear(w));
	WORLD_ASSERT(w, world_is_empty(w));
}

/* One leaf of each size, and back */
static void map_sizes_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int size_lg2, place;

	while (world_next(w, false)) {
		for (size_lg2 = 3; size_lg2 < 63; size_lg2++) {
			if (!(w->pt.sizes >> size_lg2 & 1) || !world_tries(w, size_lg2))
				continue;
			/* No tables of the size before */
			WORLD_ASSERT(w, world_down(w));
			MUST(w, world_up(w, &w->cfg));
			world_grow(w, world_last(w, 0));
			for (place = 0; place < 6 * world_halves(w); place++)
				map_sizes_at(w, size_lg2, place);
		}
	}
}

/* Room for one model, and for what a map is predicted to make */
struct map_room {
	struct model model;
	struct model_leaf leaf[512];
};

/* An extent of few leaves: VA and OA agree up to some power of two, and are odd above it. */
static bool map_random_extent(struct world *w, u64 *state, u64 *va, u64 *last, u64 *oa,
			      struct map_room *room)
{
	u64 half = rnd_below(state, world_halves(w)), low, bits, picked_va = ~0ULL;
	unsigned int agree = rnd_below(state, w->pt.va_lg2 + 1), i, nr, picked = 0;
	struct ptf_attrs attrs = world_attrs();
	u64 encrypt, length;

	agree = max_t(unsigned int, agree, __ffs64(w->pt.sizes));
	*va = (rnd(state) & (world_last(w, half) - world_first(w, half))) + world_first(w, half);
	*va &= -world_granule(w);
	if (rnd(state) & 1)
		*va &= ~ptf_low(agree) | ~world_last(w, 0);
	low = ptf_low(min_t(unsigned int, agree, w->pt.oa_lg2));
	*oa = ((rnd(state) & ~low) | (*va & low)) & ptf_low(w->pt.oa_lg2);
	length = 1ULL << rnd_below(state, 64);
	for (i = 0; i < 64; i++, length >>= 1) {
		length = (length | (rnd(state) & (length - 1))) & -world_granule(w);
		if (!length)
			length = world_granule(w);
		*last = *va + length - 1;
		if (*last < *va || *last > world_last(w, half) ||
		    *oa + length - 1 > ptf_low(w->pt.oa_lg2) || *oa + length - 1 < *oa)
			continue;
		if (F(encode)(&w->pt, &attrs, &bits, &encrypt))
			return false;
		world_grow(w, *last);
		nr = model_predict(&w->pt, *va, *last, *oa, bits, room->leaf,
				   ARRAY_SIZE(room->leaf), &picked_va, &picked);
		picked = 0;
		picked_va = ~0ULL;
		if (!nr)
			continue;
		room->model.nr = nr;
		memcpy(room->model.leaf, room->leaf, nr * sizeof(room->leaf[0]));
		return true;
	}
	return false;
}

/* Sizes are the best there are, by trying all of them; and one map is one extent. */
static void map_best_size_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct map_room *room = kvcalloc(1, sizeof(*room), GFP_KERNEL);
	u64 va, last, oa, state = 7;
	bool ok = true, empty;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, room);
	while (world_next(w, false)) {
		for (i = 0; i < 12 && ok; i++) {
			if (!map_random_extent(w, &state, &va, &last, &oa, room))
				continue;
			empty = atomic_long_read(&w->pt.tables) == 1 + (long)w->grown;
			ok = WORLD_CHECK(w, !world_map(w, va, last, oa), "[%#llx, %#llx] at %#llx",
					 va, last, oa) &&
			     model_compare_all(&room->model, w) && world_audit(w) &&
			     world_translates(w, va, last, oa) &&
			     WORLD_CHECK(w, ptf_change_empty(&w->change) || !empty,
					 "a map was flushed") &&
			     WORLD_CHECK(w, !world_unmap(w, va, last), "unmap") &&
			     WORLD_CHECK(w, w->end == last, "unmap ended at %#llx", w->end);
			ok = ok && WORLD_CHECK(w, !world_clear(w), "clear") && world_is_empty(w);
		}
		if (!ok)
			break;
	}
	kvfree(room);
	WORLD_ASSERT(w, ok);
}

/* First and last bytes of VA and OA; one beyond is refused. */
static void map_boundaries_test(struct kunit *test)
{
	struct world *w = world_new(test);
	u64 g, first, last, oa_last;
	struct ptf_mapping found;
	unsigned int half;

	while (world_next(w, false)) {
		g = world_granule(w);
		oa_last = ptf_low(w->pt.oa_lg2);
		for (half = 0; half < world_halves(w); half++) {
			first = world_first(w, half);
			last = world_last(w, half);
			MUST(w, world_map(w, first, first + g - 1, 0));
			if (last - first == g - 1)
				goto unmap;
			MUST(w, world_map(w, last - g + 1, last, oa_last - g + 1));
			/* PA 0 is something; a hole is not. */
			GIVES(w, 0, F(pt_lookup)(&w->pt, first, &found));
			KUNIT_EXPECT_EQ(test, found.oa, 0ULL);
			GIVES(w, 0, F(pt_lookup)(&w->pt, last, &found));
			KUNIT_EXPECT_EQ(test, found.oa, oa_last - g + 1);
			if (last - first > 2 * g)
				WORLD_ASSERT(w, world_hole(w, first + g));
			GIVES(w, 0, world_unmap(w, last - g + 1, last));
			KUNIT_EXPECT_EQ(test, w->end, last);
			/* Max OA and one more page; and one that wraps */
			GIVES(w, -ERANGE, world_map(w, last - 2 * g + 1, last, oa_last - g + 1));
			if (oa_last + 1 != w->pt.encrypt_mask)
				GIVES(w, -ERANGE, world_map(w, last - g + 1, last, oa_last + 1));
			GIVES(w, -ERANGE, world_map(w, last - 2 * g + 1, last, -g));
unmap:
			GIVES(w, 0, world_unmap(w, first, first + g - 1));
			GIVES(w, -ENOENT, world_unmap(w, first, first + g - 1));
			/* Nothing, and less than nothing */
			if (last - first > 2 * g) {
				GIVES(w, -EINVAL, world_map(w, first + g, first + g - 1, 0));
				GIVES(w, -EINVAL, world_unmap(w, first + 2 * g, first + g - 1));
			}
			/* Not aligned, at either end and in OA */
			GIVES(w, -EINVAL, world_map(w, first + 1, first + g - 1, 0));
			GIVES(w, -EINVAL, world_map(w, first, first + g - 2, 0));
			GIVES(w, -EINVAL, world_map(w, first, first + g, 0));
			GIVES(w, -EINVAL, world_map(w, first, first + g - 1, g / 2));
			GIVES(w, -EINVAL, world_unmap(w, first, first + g / 2 - 1));
			GIVES(w, -EINVAL, world_unmap(w, first + g / 2, first + g - 1));
			/* Beyond this half */
			if (last != ~0ULL) {
				GIVES(w, -ERANGE, world_map(w, last + 1, last + g, 0));
				GIVES(w, -ERANGE, world_map(w, last - g + 1, last + g, 0));
				GIVES(w, -ERANGE, world_unmap(w, last + 1, last + g));
				GIVES(w, -ERANGE, F(pt_lookup)(&w->pt, last + 1, &found));
			}
			if (half) {
				GIVES(w, -ERANGE, world_map(w, first - g, first - 1, 0));
				GIVES(w, -ERANGE, world_map(w, 0, ~0ULL, 0));
				GIVES(w, -ERANGE, F(pt_lookup)(&w->pt, first - 1, &found));
			}
		}
		WORLD_ASSERT(w, world_audit(w));
		/* The whole space, where OA is as wide; never a leaf that is not there */
		if (w->pt.sizes >> (w->pt.va_lg2 - world_halves(w)) & 1 &&
		    w->pt.oa_lg2 >= w->pt.va_lg2) {
			last = world_last(w, 0);
			GIVES(w, 0, world_map(w, 0, last, 0));
			WORLD_ASSERT(w, world_translates(w, 0, last, 0));
		}
		if (test->status == KUNIT_FAILURE)
			return;
	}
}

/* A map that meets something says so, exactly where; undone, nothing changed. */
static void map_overlap_test(struct kunit *test)
{
	struct world *w = world_new(test);
	u64 g, span, at, oa, base, pos;
	unsigned int k;

	while (world_next(w, false)) {
		g = world_granule(w);
		/* A window of many granules, which spans tables, around one mapped granule */
		span = min(g << 11, (world_last(w, 0) >> 2) + 1);
		if (span < 8 * g)
			continue;
		base = span;
		oa = 0x12345ULL * g & ptf_low(w->pt.oa_lg2 - 1);
		for (k = 0; k < 4; k++) {
			at = base + (k < 2 ? k * (span - g) : span / k);
			at &= -g;
			MUST(w, world_map(w, at, at + g - 1, 3 * g));
			GIVES(w, -EADDRINUSE, world_map(w, base, base + span - 1, oa));
			pos = w->pos;
			KUNIT_EXPECT_LE(test, pos, at);
			KUNIT_EXPECT_GE(test, pos, base);
			if (pos > base)
				WORLD_ASSERT(w, world_translates(w, base, pos - 1, oa));
			if (pos < at)
				WORLD_ASSERT(w, world_hole(w, pos));
			WORLD_ASSERT(w, world_translates(w, at, at + g - 1, 3 * g));
			WORLD_ASSERT(w, world_audit(w));
			if (pos > base)
				MUST(w, world_unmap(w, base, pos - 1));
			WORLD_ASSERT(w, world_translates(w, at, at + g - 1, 3 * g));
			/* Exactly itself, too */
			GIVES(w, -EADDRINUSE, world_map(w, at, at + g - 1, 3 * g));
			KUNIT_EXPECT_EQ(test, w->pos, at);
			MUST(w, world_unmap(w, at, at + g - 1));
			MUST(w, world_clear(w));
			WORLD_ASSERT(w, world_is_empty(w));
		}
	}
}

/* All pairs of sizes would take minutes where KASAN watches. */
static bool map_pair_left_out(unsigned int a, unsigned int b)
{
#ifdef CONFIG_KASAN
	return b + 1 != a && (a + b) % 11;
#else
	return false;
#endif
}

/* Small under large, and large under small: never descend into a leaf. */
static void map_under_leaf_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int a, b;
	u64 big, small, va;
	bool table;

	while (world_next(w, false)) {
		for (a = 0; a < min_t(unsigned int, w->pt.va_lg2 - 1, w->pt.oa_lg2 + 1); a++) {
			for (b = 0; b < a; b++) {
				big = 1ULL << a;
				small = 1ULL << b;
				if (!(w->pt.sizes & big) || !(w->pt.sizes & small) ||
				    map_pair_left_out(a, b))
					continue;
				/* at the end of the large one */
				va = 2 * big - small;
				if (2 * big - 1 > world_last(w, 0))
					continue;
				MUST(w, world_map(w, big, 2 * big - 1, 0));
				GIVES(w, -EADDRINUSE, world_map(w, va, va + small - 1, 0));
				KUNIT_EXPECT_EQ(test, w->pos, va);
				WORLD_ASSERT(w, world_translates(w, big, 2 * big - 1, 0));
				MUST(w, world_unmap(w, big, 2 * big - 1));
				MUST(w, world_map(w, va, va + small - 1, 0));
				GIVES(w, -EADDRINUSE, world_map(w, big, 2 * big - 1, 0));
				KUNIT_EXPECT_LE(test, w->pos, va);
				if (w->pos > big)
					MUST(w, world_unmap(w, big, w->pos - 1));
				WORLD_ASSERT(w, world_translates(w, va, va + small - 1, 0));
				/* Empty tables in the way: gone, flushed, and freed only then */
				tlb_fill(&w->tlb, va);
				MUST(w, world_unmap(w, va, va + small - 1));
				tlb_fill(&w->tlb, va);
				w->map_flush = b & 1;
				w->flushes = 0;
				table = walker_at(&w->pt, big, size_level(a)).kind == PTF_TABLE;
				MUST(w, world_map(w, big, 2 * big - 1, 0));
				if (table && !PTF_FMT_PICKS_SIZE)
					KUNIT_EXPECT_EQ(test, w->flushes, b & 1);
				WORLD_ASSERT(w, world_audit(w));
				KUNIT_EXPECT_TRUE_MSG(test, tlb_check(&w->tlb), "%s", w->tlb.why);
				WORLD_ASSERT(w, world_translates(w, big, 2 * big - 1, 0));
				MUST(w, world_clear(w));
				WORLD_ASSERT(w, world_is_empty(w));
			}
		}
	}
}

/* The new root is published before it is used, and a refused one is not. */
static int map_publish_refuse(void *ctx, void *table, unsigned int level)
{
	return -EBUSY;
}

static void map_grow_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int shape;
	unsigned long top;
	u64 g, va;

	while (world_next(w, false)) {
		if (!(w->pt.features & PTF_FEAT_DYNAMIC_TOP))
			continue;
		g = world_granule(w);
		MUST(w, world_map(w, 0, g - 1, 0));
		shape = ptf_top_shape(w->pt.top);
		if (world_last(w, 0) <= ptf_low(ptf_reach_lg2(shape)))
			continue;
		va = ptf_low(ptf_reach_lg2(shape)) + 1;
		GIVES(w, -ENOENT, world_unmap(w, va, va + g - 1));
		WORLD_ASSERT(w, world_hole(w, va));
		top = w->pt.top;
		GIVES(w, -EBUSY, F(pt_grow)(&w->pt, va, GFP_KERNEL, map_publish_refuse, w));
		KUNIT_EXPECT_EQ(test, w->pt.top, top);
		w->mem.fail_at = 0;
		GIVES(w, -ENOMEM, F(pt_grow)(&w->pt, va, GFP_KERNEL, world_publish, w));
		KUNIT_EXPECT_EQ(test, w->pt.top, top);
		KUNIT_EXPECT_EQ(test, w->grown, 0U);
		w->mem.fail_at = -1;
		/* one byte less, no growth; then exactly one root more */
		GIVES(w, 0, world_grow(w, va - 1));
		KUNIT_EXPECT_EQ(test, w->pt.top, top);
		GIVES(w, 0, world_grow(w, va));
		KUNIT_EXPECT_EQ(test, ptf_top_shape(w->pt.top), shape + 1);
		KUNIT_EXPECT_EQ(test, w->grown, 1U);
		WORLD_ASSERT(w, world_translates(w, 0, g - 1, 0));
		MUST(w, world_map(w, va, va + g - 1, g));
		MUST(w, world_map(w, world_last(w, 0) - g + 1, world_last(w, 0), 0));
		WORLD_ASSERT(w, world_translates(w, va, va + g - 1, g));
		WORLD_ASSERT(w, world_translates(w, 0, g - 1, 0));
		WORLD_ASSERT(w, world_audit(w));
	}
}

#endif /* PTF_SUITE_MAP_H */
