/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short cuts for what IOMMU drivers do most: map and unmap a few leaves of the
 * smallest size within one table that is there. They need no state in memory.
 * What is anything else they leave as it is, for the operation itself.
 */
#ifndef PTF_QUICK_H
#define PTF_QUICK_H

#include "walk.h"

/* Whether an item is a leaf of the smallest size: 0 or 1, so that several can be ANDed */
static __always_inline unsigned int F(quick_leaf)(void *table, unsigned int index)
{
	u64 entry = ptf_entry(0, table, index);

	return F(kind)(0, entry) == PTF_LEAF && F(leaf_size)(0, entry) == ptf_shape(0)->va_lg2;
}

/**
 * struct ptf_lowest - state of a descent to a lowest table
 * @pt: page table
 * @va: address
 * @table: the table of shape 0 that holds its item
 */
struct ptf_lowest {
	struct ptf_pt *pt;
	u64 va;
	void *table;
};

PTF_DECLARE_OP(lowest, struct ptf_lowest)

static __always_inline int ptf_lowest_body(struct ptf_lowest *lowest, unsigned int shape,
					   void *table)
{
	unsigned int index = ptf_index(shape, lowest->va);
	u64 entry;

	if (!shape) {
		lowest->table = table;
		return PTF_DONE;
	}
	entry = ptf_entry(shape, table, index);
	if (F(kind)(shape, entry) != PTF_TABLE)
		return PTF_MORE;
	return F(lowest)(lowest, F(child)(shape, entry),
			 ptf_child(lowest->pt, shape, table, index, entry));
}

PTF_DEFINE_OP(lowest, struct ptf_lowest, ptf_lowest_body)

/* The table of shape 0 that holds [va, last]; NULL if there is none, or more is to be said */
static __always_inline void *F(quick_table)(struct ptf_pt *pt, u64 va, u64 last)
{
	struct ptf_lowest lowest = { .pt = pt, .va = va };
	unsigned long top = READ_ONCE(pt->top);

	if (PTF_FMT_PICKS_SIZE || (va ^ last) & ~ptf_low(ptf_reach_lg2(0)) ||
	    pt->features & PTF_FEAT_INCOHERENT || ptf_counted(pt) || ptf_mirrored(pt))
		return NULL;
	/* Beyond a root that may grow nothing is there; its index would wrap. */
	if (PTF_FMT_FEATURES & PTF_FEAT_DYNAMIC_TOP &&
	    unlikely(va & ~ptf_low(ptf_reach_lg2(ptf_top_shape(top)))))
		return NULL;
	PTF_WALK(lowest, &lowest, top);
	return lowest.table;
}

/*
 * F(quick_map)() - map leaves of the smallest size into one table
 * @pt: page table
 * @va: first VA
 * @last: last VA; the range is one that ptf_check_extent() lets pass
 * @oa: OA of @va
 * @bits: encoded attributes
 *
 * Context: as F(pt_map)(), and never sleeps.
 * Return: false if that cannot be done or is not all; nothing was changed then.
 */
static __always_inline bool F(quick_map)(struct ptf_pt *pt, u64 va, u64 last, u64 oa,
					 u64 bits)
{
	const unsigned int size_lg2 = ptf_shape(0)->va_lg2, item_lg2 = ptf_shape(0)->item_lg2;
	unsigned int index = ptf_index(0, va), count = ((last - va) >> size_lg2) + 1;
	void *table;

	if (F(linear_lg2)(0) < 64 || pt->page_mask != (1ULL << size_lg2) - 1 ||
	    (last - va >= pt->next_mask && !((va ^ oa) & pt->next_mask)))
		return false;
	table = F(quick_table)(pt, va, last);
	if (!table || !ptf_run_is(table, item_lg2, index, count, F(empty)(0)))
		return false;
	ptf_run(pt, 0, table, index, count, F(leaf)(0, oa, size_lg2, bits),
		F(leaf)(0, 1ULL << size_lg2, size_lg2, 0) - F(leaf)(0, 0, size_lg2, 0), 0);
	return true;
}

/*
 * F(quick_unmap)() - unmap leaves of the smallest size from one table
 * @pt: page table
 * @va: first VA
 * @last: last VA; the range is one that ptf_check_aligned() lets pass
 *
 * Context: as F(pt_unmap)().
 * Return: false if something else is mapped, or nothing, or the table would
 * become empty; nothing was changed then.
 */
static __always_inline bool F(quick_unmap)(struct ptf_pt *pt, u64 va, u64 last)
{
	unsigned int index = ptf_index(0, va), i = index;
	unsigned int count = ((last - va) >> ptf_shape(0)->va_lg2) + 1, n;
	void *table = F(quick_table)(pt, va, last);

	if (!table || count == ptf_items(pt, 0))
		return false;
	for (n = count & 3; n; n--, i++)
		if (!F(quick_leaf)(table, i))
			return false;
	for (n = count >> 2; n; n--, i += 4)
		if (!(F(quick_leaf)(table, i) & F(quick_leaf)(table, i + 1) &
		      F(quick_leaf)(table, i + 2) & F(quick_leaf)(table, i + 3)))
			return false;
	ptf_clear(pt, 0, table, index, count);
	return true;
}

#endif /* PTF_QUICK_H */
