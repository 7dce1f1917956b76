/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zap: clear leaves without allocating and without freeing a table that may be
 * filled again. Leaves that are only partly in the range go as a whole, and so do
 * shared tables.
 */
#ifndef PTF_ZAP_H
#define PTF_ZAP_H

#include "gone.h"

/**
 * struct ptf_zap - state of a zap
 * @pt: page table
 * @va: first VA not handled yet
 * @last: last VA
 * @first_gone: first VA that went, at most the range's first
 * @last_gone: last VA that went, at least the range's last
 * @gone: who is told what went
 */
struct ptf_zap {
	struct ptf_pt *pt;
	u64 va;
	u64 last;
	u64 first_gone;
	u64 last_gone;
	struct ptf_gone gone;
};

PTF_DECLARE_OP(zap, struct ptf_zap)

/* [first, last] went. */
static __always_inline int ptf_zap_advance(struct ptf_zap *zap, u64 first, u64 last)
{
	zap->first_gone = min(zap->first_gone, first);
	zap->last_gone = max(zap->last_gone, last);
	if (last >= zap->last)
		return PTF_DONE;
	zap->va = last + 1;
	return PTF_MORE;
}

/* Clear the leaf at zap->va, and those of the table that follow it. */
static __always_inline int ptf_zap_leaves(struct ptf_zap *zap, unsigned int shape, void *table)
{
	const struct ptf_shape *s = ptf_shape(shape);
	u64 entry = ptf_entry(shape, table, ptf_index(shape, zap->va));
	u64 va = zap->va & ~ptf_low(F(leaf_size)(shape, entry)), first = va;
	unsigned int index = ptf_index(shape, va), items = 0, size_lg2;
	enum ptf_kind kind;

	do {
		size_lg2 = F(leaf_size)(shape, entry);
		ptf_gone_tell(&zap->gone, shape, entry, va, 1ULL << size_lg2);
		ptf_changed_leaves(zap->gone.change, shape, va, va + ptf_low(size_lg2), size_lg2);
		items += 1U << (size_lg2 - s->va_lg2);
		va += 1ULL << size_lg2;
		if (va - 1 >= zap->last || index + items == ptf_items(zap->pt, shape))
			break;
		entry = ptf_entry(shape, table, index + items);
		kind = F(kind)(shape, entry);
	} while (kind == PTF_LEAF || kind == PTF_NULL);
	ptf_clear(zap->pt, shape, table, index, items);
	ptf_live(zap->pt, table, -(int)items);
	return ptf_zap_advance(zap, first, va - 1);
}

static __always_inline int ptf_zap_body(struct ptf_zap *zap, unsigned int shape, void *table)
{
	unsigned int index, child;
	void *lower;
	u64 entry;
	int rc;

	do {
		index = ptf_index(shape, zap->va);
		entry = ptf_entry(shape, table, index);
		switch (F(kind)(shape, entry)) {
		case PTF_EMPTY:
			rc = ptf_zap_advance(zap, zap->va,
					     min(zap->last, ptf_item_last(shape, zap->va)));
			break;
		case PTF_TABLE:
			child = F(child)(shape, entry);
			lower = ptf_child(zap->pt, shape, table, index, entry);
			if (!ptf_is_shared(zap->pt, lower)) {
				rc = F(zap)(zap, child, lower);
				break;
			}
			ptf_clear(zap->pt, shape, table, index, 1);
			ptf_live(zap->pt, table, -1);
			F(gone_table)(&zap->gone, shape, zap->va, child, lower);
			rc = ptf_zap_advance(zap, zap->va & ~ptf_low(ptf_shape(shape)->va_lg2),
					     ptf_item_last(shape, zap->va));
			break;
		case PTF_LEAF:
		case PTF_NULL:
			/* Of a level without leaves there is no size to go on by. */
			rc = ptf_shape(shape)->leaf_sizes ?
			     ptf_zap_leaves(zap, shape, table) : -EINVAL;
			break;
		}
		if (rc)
			return rc;
	} while (zap->va & ptf_low(ptf_reach_lg2(shape)));
	return PTF_MORE;
}

PTF_DEFINE_OP(zap, struct ptf_zap, ptf_zap_body)

/* Widen [*first, *last] to hold what a shared table on the way to @va maps. */
static void __maybe_unused F(zap_widen)(struct ptf_pt *pt, u64 va, u64 *first, u64 *last)
{
	unsigned int shape = ptf_top_shape(pt->top), index;
	void *table = ptf_top_table(pt->top);
	u64 entry;

	for (;; shape = F(child)(shape, entry)) {
		index = ptf_index(shape, va);
		entry = ptf_entry(shape, table, index);
		if (F(kind)(shape, entry) != PTF_TABLE)
			return;
		table = ptf_child(pt, shape, table, index, entry);
		if (ptf_is_shared(pt, table))
			break;
	}
	*first = min(*first, va & ~ptf_low(ptf_shape(shape)->va_lg2));
	*last = max(*last, ptf_item_last(shape, va));
}

#endif /* PTF_ZAP_H */
