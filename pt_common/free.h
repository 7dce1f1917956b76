/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables that go away: whole sub-trees, and tables whose page size has to
 * become smaller. What hardware may have reached waits in a ptf_change for the
 * flush.
 */
#ifndef PTF_FREE_H
#define PTF_FREE_H

#include "walk.h"

/**
 * struct ptf_collect - tables of a sub-tree
 * @pt: page table
 * @tables: list of the tables
 * @levels: bit n: tables of level n that point to others
 */
struct ptf_collect {
	struct ptf_pt *pt;
	void *tables;
	u16 levels;
};

PTF_DECLARE_OP(collect, struct ptf_collect)

/* Tables that hold nothing but leaves are not read, and shared ones stay. */
static __always_inline int ptf_collect_body(struct ptf_collect *collect, unsigned int shape,
					    void *table)
{
	struct ptf_side *side;
	unsigned int i;
	void *lower;
	u64 entry;

	for (i = 0; ptf_shape(shape)->children && i < ptf_items(collect->pt, shape); i++) {
		entry = ptf_entry(shape, table, i);
		if (F(kind)(shape, entry) != PTF_TABLE)
			continue;
		collect->levels |= BIT(ptf_shape(shape)->level);
		lower = ptf_child(collect->pt, shape, table, i, entry);
		if (!ptf_unref(collect->pt, lower))
			F(collect)(collect, F(child)(shape, entry), lower);
	}
	side = ptf_side(collect->pt, table);
	if (ptf_counted(collect->pt) && side->full)
		atomic_dec(&collect->pt->full[shape]);
	side->next = collect->tables;
	collect->tables = table;
	return PTF_MORE;
}

PTF_DEFINE_OP(collect, struct ptf_collect, ptf_collect_body)

/* Free a table that nothing leads to yet, with all below it. */
static noinline void __maybe_unused F(discard)(struct ptf_pt *pt, unsigned int shape, void *table)
{
	struct ptf_collect collect = { .pt = pt };

	F(collect)(&collect, shape, table);
	ptf_free_tables(pt, collect.tables);
}

/*
 * An entry of @shape pointed to @lower, of shape @child, and does not any more:
 * that and all below it wait for the flush, but for what is shared. Nothing else
 * than [va, last], of that entry, was mapped by it.
 */
static noinline void F(unlink)(struct ptf_pt *pt, struct ptf_change *change, unsigned int shape,
			       u64 va, u64 last, unsigned int child, void *lower)
{
	struct ptf_collect collect = { .pt = pt, .tables = change->freed };

	ptf_changed(change, va, last);
	change->flush.table_levels |= BIT(ptf_shape(shape)->level);
	change->flush.min_size_lg2 = min(change->flush.min_size_lg2, ptf_shape(shape)->va_lg2);
	if (ptf_unref(pt, lower)) {
		/* Walk caches of this VA may hold any of its table entries. */
		change->flush.table_levels |= GENMASK(ptf_shape(shape)->level, 1);
		return;
	}
	F(collect)(&collect, child, lower);
	change->freed = collect.tables;
	change->flush.table_levels |= collect.levels;
	change->flush.freed_tables = true;
}

/* Whether no leaf is under a table: PTF_DONE if there is one */
struct ptf_probe {
	struct ptf_pt *pt;
};

PTF_DECLARE_OP(probe, struct ptf_probe)

static __always_inline int ptf_probe_body(struct ptf_probe *probe, unsigned int shape,
					  void *table)
{
	unsigned int i;
	u64 entry;

	for (i = 0; i < ptf_items(probe->pt, shape); i++) {
		entry = ptf_entry(shape, table, i);
		switch (F(kind)(shape, entry)) {
		case PTF_EMPTY:
			break;
		case PTF_LEAF:
		case PTF_NULL:
			return PTF_DONE;
		case PTF_TABLE:
			if (F(probe)(probe, F(child)(shape, entry),
				     ptf_child(probe->pt, shape, table, i, entry)))
				return PTF_DONE;
			break;
		}
	}
	return PTF_MORE;
}

PTF_DEFINE_OP(probe, struct ptf_probe, ptf_probe_body)

static __always_inline bool ptf_is_empty(struct ptf_pt *pt, unsigned int shape, void *table)
{
	struct ptf_probe probe = { .pt = pt };

	return ptf_unused(pt, table) || !F(probe)(&probe, shape, table);
}

/* The one leaf size of a table below an entry that picks it */
static __always_inline unsigned int ptf_only_size(unsigned int shape)
{
	return fls64(ptf_shape(shape)->leaf_sizes) - 1;
}

/*
 * The table below the item at @va gets leaves of 2^@size_lg2 instead of larger
 * ones: a new table with the same mappings takes its place. The translations
 * stay, so only walk caches go stale. For shapes that pick a size; the caller
 * owns the whole item.
 *
 * Return: 0, -EBUSY or what ptf_table_get() returned, with nothing changed.
 */
static noinline int F(refine)(struct ptf_pt *pt, struct ptf_supply *supply,
			      struct ptf_change *change, unsigned int shape, void *table,
			      u64 va, unsigned int size_lg2)
{
	unsigned int index = ptf_index(shape, va), child = F(child_for)(shape, size_lg2), i;
	u64 old = ptf_entry(shape, table, index), entry, zero, oa;
	unsigned int old_child = F(child)(shape, old);
	unsigned int split_lg2 = ptf_only_size(old_child) - size_lg2;
	void *from = ptf_child(pt, shape, table, index, old), *lower;

	if (PTF_FOR_GPU && pt->refuse_live && !ptf_is_empty(pt, old_child, from))
		return -EBUSY;
	lower = ptf_table_get(pt, supply, child);
	if (IS_ERR(lower))
		return PTR_ERR(lower);
	zero = F(leaf)(child, 0, size_lg2, 0);
	for (i = 0; i < ptf_items(pt, old_child); i++) {
		entry = ptf_entry(old_child, from, i);
		if (F(kind)(old_child, entry) == PTF_EMPTY)
			continue;
		oa = ptf_leaf_oa(old_child, entry);
		ptf_run(pt, child, lower, i << split_lg2, 1U << split_lg2,
			F(leaf)(child, oa, size_lg2, F(leaf_bits)(old_child, entry)),
			F(leaf)(child, 1ULL << size_lg2, size_lg2, 0) - zero, 0);
		ptf_live(pt, lower, 1 << split_lg2);
	}
	entry = ptf_table_entry(pt, shape, table, index, child, lower);
	ptf_store_table(pt, table, ptf_shape(shape)->item_lg2, index, entry);
	F(unlink)(pt, change, shape, va & ~ptf_low(ptf_shape(shape)->va_lg2),
		  ptf_item_last(shape, va), old_child, from);
	return 0;
}

#endif /* PTF_FREE_H */
