/* SPDX-License-Identifier: GPL-2.0-only */
/* Dirty: which leaves hardware has written through, and forgetting it. */
#ifndef PTF_DIRTY_H
#define PTF_DIRTY_H

#include "walk.h"

/**
 * struct ptf_dirty - state of a dirty scan
 * @pt: page table
 * @va: first VA not handled yet
 * @last: last VA
 * @clear: also make the leaves clean; @change then says what to flush
 * @change: gets the leaves that were made clean
 * @found: called for each dirty leaf with its range
 * @ctx: for @found
 */
struct ptf_dirty {
	struct ptf_pt *pt;
	u64 va;
	u64 last;
	bool clear;
	struct ptf_change *change;
	void (*found)(void *ctx, u64 va, u64 last);
	void *ctx;
};

PTF_DECLARE_OP(dirty_scan, struct ptf_dirty)

/* Hardware may set the bit of any item of a group; it can write at any moment. */
static __always_inline bool ptf_dirty_leaf(struct ptf_dirty *dirty, unsigned int shape,
					   void *table, unsigned int index, unsigned int items)
{
	unsigned int item_lg2 = ptf_shape(shape)->item_lg2;
	bool found = false;
	u64 old, entry;

	for (; items; items--, index++) {
		entry = ptf_load(table, item_lg2, index);
		while (F(dirty)(shape, entry)) {
			found = true;
			if (!dirty->clear)
				return true;
			old = entry;
			entry = ptf_exchange(dirty->pt, table, item_lg2, index, old,
					     F(clean)(shape, old));
			if (entry == old)
				break;
		}
	}
	return found;
}

static __always_inline int ptf_dirty_body(struct ptf_dirty *dirty, unsigned int shape,
					  void *table)
{
	unsigned int size_lg2, index;
	u64 entry, last, va;
	int rc;

	do {
		va = dirty->va;
		index = ptf_index(shape, va);
		entry = ptf_entry(shape, table, index);
		last = ptf_item_last(shape, va);
		switch (F(kind)(shape, entry)) {
		case PTF_EMPTY:
		case PTF_NULL:
			break;
		case PTF_TABLE:
			rc = F(dirty_scan)(dirty, F(child)(shape, entry),
					   ptf_child(dirty->pt, shape, table, index, entry));
			if (rc)
				return rc;
			continue;
		case PTF_LEAF:
			size_lg2 = F(leaf_size)(shape, entry);
			va &= ~ptf_low(size_lg2);
			last = va | ptf_low(size_lg2);
			if (!ptf_dirty_leaf(dirty, shape, table, ptf_index(shape, va),
					    1U << (size_lg2 - ptf_shape(shape)->va_lg2)))
				break;
			dirty->found(dirty->ctx, va, last);
			if (dirty->clear)
				ptf_changed_leaves(dirty->change, shape, va, last, size_lg2);
			break;
		}
		if (last >= dirty->last)
			return PTF_DONE;
		dirty->va = last + 1;
	} while (dirty->va & ptf_low(ptf_reach_lg2(shape)));
	return PTF_MORE;
}

PTF_DEFINE_OP(dirty_scan, struct ptf_dirty, ptf_dirty_body)

#endif /* PTF_DIRTY_H */
