/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared tables: where the same small extent is repeated over a wide range, the
 * items of a table, and of several tables, point to one and the same lower table
 * (map.h). Every item of such a table is in use. Who changes a part of what it
 * maps first gives the item on its way a copy of its own.
 */
#ifndef PTF_SHARE_H
#define PTF_SHARE_H

#include "free.h"

/* Whether tables are shared, or will be by what was reserved for before */
static bool __maybe_unused F(may_share)(struct ptf_pt *pt)
{
	unsigned int shape;

	for (shape = 0; ptf_counted(pt) && shape < PTF_FMT_SHAPES; shape++)
		if (atomic_read(&pt->full[shape]))
			return true;
	return false;
}

/* The new table is one that items share, or may share once what leads to it was copied. */
static __always_inline void F(count_full)(struct ptf_pt *pt, struct ptf_supply *supply,
					  unsigned int shape, void *table)
{
	ptf_side(pt, table)->full = true;
	/* Whoever reserved it has counted it. */
	if (supply->reserve && supply->reserve->full[shape])
		supply->reserve->full[shape]--;
	else
		atomic_add(1, &pt->full[shape]);
}

/* The new table is made for items to share; none points there yet. */
static __always_inline void F(to_share)(struct ptf_pt *pt, struct ptf_supply *supply,
					unsigned int shape, void *table)
{
	ptf_side(pt, table)->refs = -1;
	F(count_full)(pt, supply, shape, table);
}

/* Make the empty table @to the same as @from, by as few runs as its entries allow. */
static noinline void F(copy)(struct ptf_pt *pt, unsigned int shape, void *to, void *from)
{
	unsigned int items = ptf_items(pt, shape), i, count;
	u64 first, step;
	void *lower;

	for (i = 0; i < items; i += count) {
		first = ptf_entry(shape, from, i);
		step = i + 1 < items ? ptf_entry(shape, from, i + 1) - first : 0;
		for (count = 1; i + count < items; count++)
			if (ptf_entry(shape, from, i + count) != first + count * step)
				break;
		ptf_run(pt, shape, to, i, count, first, step, 0);
	}
	for (i = 0; ptf_shape(shape)->children && i < items; i++) {
		first = ptf_entry(shape, from, i);
		if (F(kind)(shape, first) != PTF_TABLE)
			continue;
		lower = ptf_child(pt, shape, from, i, first);
		ptf_ref(pt, lower, 1);
		ptf_table_entry(pt, shape, to, i, F(child)(shape, first), lower);
	}
	ptf_live(pt, to, ptf_side(pt, from)->live);
}

/*
 * F(unshare)() - let an item point to a table of its own
 * @pt: page table
 * @supply: where the table comes from
 * @change: gets the changed table entry
 * @shape: of @table
 * @table: whose item points to a shared table
 * @va: first VA, under the item, that is about to change
 * @last: last VA; what is beyond the item does not matter
 *
 * Translations stay what they are. Whoever caches the way to another VA may go
 * on to use the shared table.
 *
 * Return: 0 or what ptf_table_get() returned, with nothing changed.
 */
static noinline int F(unshare)(struct ptf_pt *pt, struct ptf_supply *supply,
			       struct ptf_change *change, unsigned int shape, void *table,
			       u64 va, u64 last)
{
	unsigned int index = ptf_index(shape, va), child;
	u64 entry = ptf_entry(shape, table, index);
	void *shared = ptf_child(pt, shape, table, index, entry), *own;

	child = F(child)(shape, entry);
	own = ptf_table_get(pt, supply, child);
	if (IS_ERR(own))
		return PTR_ERR(own);
	F(copy)(pt, child, own, shared);
	entry = ptf_table_entry(pt, shape, table, index, child, own);
	ptf_store_table(pt, table, ptf_shape(shape)->item_lg2, index, entry);
	F(unlink)(pt, change, shape, va, min(last, ptf_item_last(shape, va)), child, shared);
	return 0;
}

#endif /* PTF_SHARE_H */
