/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dirty tracking. Hardware is played by whatever single bit makes a leaf dirty
 * and is undone by the format's clean(); it may hit any item of a group.
 */
#ifndef PTF_SUITE_DIRTY_H
#define PTF_SUITE_DIRTY_H

/* Hardware writes through the item at @va; returns false if it cannot. */
static bool dirty_write(struct world *w, u64 va)
{
	struct seen seen = walker_at(&w->pt, va, 0);
	struct ptf_attrs attrs = {};
	unsigned int bit, index;
	u64 entry, dirty;

	if (seen.kind != PTF_LEAF)
		return false;
	F(decode_attrs)(w->pt.features, seen.bits, &attrs);
	if (!(attrs.flags & PTF_WRITE))
		return false;
	index = va >> F(shapes)[seen.shape].va_lg2 & ptf_low(F(shapes)[seen.shape].index_lg2);
	entry = item_read(seen.table, seen.shape, index);
	for (bit = 0; bit < 64 && !F(dirty)(seen.shape, entry); bit++) {
		dirty = entry ^ BIT_ULL(bit);
		if (F(kind)(seen.shape, dirty) == PTF_LEAF && F(dirty)(seen.shape, dirty) &&
		    F(clean)(seen.shape, dirty) == entry) {
			item_write(seen.table, seen.shape, index, dirty);
			mem_clean(&w->pt, seen.table + (index << F(shapes)[seen.shape].item_lg2),
				  1 << F(shapes)[seen.shape].item_lg2);
			return true;
		}
	}
	return bit < 64;
}

struct dirty_list {
	unsigned int nr;
	u64 va[64];
	u64 last[64];
};

static void dirty_found(void *ctx, u64 va, u64 last)
{
	struct dirty_list *list = ctx;

	if (list->nr < ARRAY_SIZE(list->va)) {
		list->va[list->nr] = va;
		list->last[list->nr] = last;
	}
	list->nr++;
}

/* Read the dirty leaves of a range, and clear them if @clear. */
static int dirty_read(struct world *w, u64 va, u64 last, bool clear, struct dirty_list *list)
{
	struct ptf_change change = {};
	struct ptf_dirty dirty = {
		.pt = &w->pt, .va = va, .last = last, .clear = clear, .change = &change,
		.found = dirty_found, .ctx = list,
	};
	int rc;

	list->nr = 0;
	rc = F(pt_dirty)(&dirty);
	world_settle(w, &change);
	return rc;
}

/* Each size: clean, dirty by any of its items, read, cleared and flushed, clean again. */
static void dirty_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct dirty_list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);
	unsigned int size_lg2, i;
	u64 size, va, at, item;

	KUNIT_ASSERT_NOT_NULL(test, list);
	while (world_next(w, false)) {
		if (!(w->pt.features & PTF_FEAT_DIRTY)) {
			GIVES(w, -EOPNOTSUPP, dirty_read(w, 0, world_granule(w) - 1, true, list));
			continue;
		}
		for (size_lg2 = 0; size_lg2 < w->pt.va_lg2 - 2; size_lg2++) {
			size = 1ULL << size_lg2;
			if (!(w->pt.sizes & size) || size_lg2 > w->pt.oa_lg2 ||
			    4 * size - 1 > world_last(w, 0))
				continue;
			va = 2 * size;
			MUST(w, world_map(w, va, va + size - 1, 0));
			item = 1ULL << F(shapes)[walker_at(&w->pt, va, 0).shape].va_lg2;
			for (i = 0; i < 3; i++) {
				at = va + (i == 0 ? 0 : i == 1 ? size / 2 : size - item);
				at &= -item;
				MUST(w, dirty_read(w, 0, 4 * size - 1, false, list));
				KUNIT_ASSERT_EQ(test, list->nr, 0U);
				KUNIT_ASSERT_TRUE(test, dirty_write(w, at));
				tlb_fill(&w->tlb, va);
				/* Not in the range; read; read again and cleared; gone */
				MUST(w, dirty_read(w, 0, va - 1, true, list));
				KUNIT_ASSERT_EQ(test, list->nr, 0U);
				MUST(w, dirty_read(w, 0, 4 * size - 1, false, list));
				KUNIT_ASSERT_EQ(test, list->nr, 1U);
				KUNIT_ASSERT_TRUE(test, ptf_change_empty(&w->change));
				MUST(w, dirty_read(w, va + size - 1, va + size - 1, true, list));
				KUNIT_ASSERT_EQ(test, list->nr, 1U);
				KUNIT_ASSERT_EQ(test, list->va[0], va);
				KUNIT_ASSERT_EQ(test, list->last[0], va + size - 1);
				KUNIT_ASSERT_EQ(test, w->change.flush.start, va);
				KUNIT_ASSERT_EQ(test, w->change.flush.last, va + size - 1);
				KUNIT_EXPECT_TRUE_MSG(test, tlb_check(&w->tlb), "%s", w->tlb.why);
				WORLD_ASSERT(w, world_translates(w, va, va + size - 1, 0));
				WORLD_ASSERT(w, world_audit(w));
			}
			MUST(w, world_clear(w));
		}
	}
}

/* A cut leaf does not forget that it was written, whichever item knew. */
static void dirty_cut_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct dirty_list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);
	unsigned int size_lg2, i;
	u64 g, size, va, at, item, first;

	KUNIT_ASSERT_NOT_NULL(test, list);
	while (world_next(w, false)) {
		g = world_granule(w);
		for (size_lg2 = 0; size_lg2 < w->pt.va_lg2 - 2; size_lg2++) {
			size = 1ULL << size_lg2;
			if (!(w->pt.features & PTF_FEAT_DIRTY) || !(w->pt.sizes & size) ||
			    size_lg2 > w->pt.oa_lg2 || 4 * size - 1 > world_last(w, 0) || size == g)
				continue;
			va = 2 * size;
			for (i = 0; i < 3; i++) {
				MUST(w, world_map(w, va, va + size - 1, 0));
				item = 1ULL << F(shapes)[walker_at(&w->pt, va, 0).shape].va_lg2;
				at = va + (i == 0 ? 0 : i == 1 ? size / 2 : size - item);
				at &= -item;
				KUNIT_ASSERT_TRUE(test, dirty_write(w, at));
				first = i == 2 ? va : va + size - g;
				memset(w->need, 0, sizeof(w->need));
				F(cut_need)(&w->pt, first, first + g - 1, false, true, w->need);
				if (world_needed(w) <= 12) {
					MUST(w,
					     world_unmap_exact(w, first, first + g - 1, false, 0));
					MUST(w, dirty_read(w, va, va + size - 1, false, list));
					KUNIT_EXPECT_NE(test, list->nr, 0U);
				}
				MUST(w, world_clear(w));
				if (test->status == KUNIT_FAILURE)
					return;
			}
		}
	}
}

#endif /* PTF_SUITE_DIRTY_H */
