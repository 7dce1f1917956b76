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

/* Tables that hold nothing but leaves are not read. */
static __always_inline int ptf_collect_body(struct ptf_collect *collect, unsigned int shape,
					    void *table)
{
	unsigned int i;
	u64 entry;

	for (i = 0; ptf_shape(shape)->children && i < ptf_items(shape); i++) {
		entry = ptf_entry(shape, table, i);
		if (F(kind)(shape, entry) != PTF_TABLE)
			continue;
		collect->levels |= BIT(ptf_shape(shape)->level);
		F(collect)(collect, F(child)(shape, entry), ptf_child(collect->pt, shape, entry));
	}
	collect->tables = ptf_link_table(collect->pt, table, collect->tables);
	return PTF_MORE;
}

PTF_DEFINE_OP(collect, struct ptf_collect, ptf_collect_body)

/*
 * The table that @entry, of a table of @shape, pointed to is unlinked: it and
 * all below it wait for the flush. @va is any VA of that entry.
 */
static noinline void F(unlink)(struct ptf_pt *pt, struct ptf_change *change, unsigned int shape,
			       u64 va, u64 entry)
{
	struct ptf_collect collect = { .pt = pt, .tables = change->freed };

	F(collect)(&collect, F(child)(shape, entry), ptf_child(pt, shape, entry));
	change->freed = collect.tables;
	ptf_changed(change, va & ~ptf_low(ptf_shape(shape)->va_lg2), ptf_item_last(shape, va));
	change->flush.table_levels |= BIT(ptf_shape(shape)->level) | collect.levels;
	change->flush.min_size_lg2 = min(change->flush.min_size_lg2, ptf_shape(shape)->va_lg2);
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

	for (i = 0; i < ptf_items(shape); i++) {
		entry = ptf_entry(shape, table, i);
		switch (F(kind)(shape, entry)) {
		case PTF_EMPTY:
			break;
		case PTF_LEAF:
		case PTF_NULL:
			return PTF_DONE;
		case PTF_TABLE:
			if (F(probe)(probe, F(child)(shape, entry),
				     ptf_child(probe->pt, shape, entry)))
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

	return !F(probe)(&probe, shape, table);
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
 * Return: 0 or what ptf_table_get() returned, with nothing changed.
 */
static noinline int F(refine)(struct ptf_pt *pt, struct ptf_supply *supply,
			      struct ptf_change *change, unsigned int shape, void *table,
			      u64 va, unsigned int size_lg2)
{
	unsigned int index = ptf_index(shape, va), child = F(child_for)(shape, size_lg2), i;
	u64 old = ptf_entry(shape, table, index), entry, zero, oa;
	unsigned int old_child = F(child)(shape, old);
	unsigned int split_lg2 = ptf_only_size(old_child) - size_lg2;
	void *lower = ptf_table_get(pt, supply, child), *from = ptf_child(pt, shape, old);

	if (IS_ERR(lower))
		return PTR_ERR(lower);
	zero = F(leaf)(child, 0, size_lg2, 0);
	for (i = 0; i < ptf_items(old_child); i++) {
		entry = ptf_entry(old_child, from, i);
		if (F(kind)(old_child, entry) == PTF_EMPTY)
			continue;
		oa = ptf_leaf_oa(old_child, entry);
		ptf_run(pt, child, lower, i << split_lg2, 1U << split_lg2,
			F(leaf)(child, oa, size_lg2, F(leaf_bits)(old_child, entry)),
			F(leaf)(child, 1ULL << size_lg2, size_lg2, 0) - zero, 0);
	}
	ptf_store_table(pt, table, ptf_shape(shape)->item_lg2, index,
			ptf_table_entry(pt, shape, child, lower));
	F(unlink)(pt, change, shape, va, old);
	return 0;
}

#endif /* PTF_FREE_H */
