/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cutting leaves: where an end of a range lies within a leaf, smaller leaves take
 * its place, by lower tables that are complete when they do. What stays mapped
 * never misses its translation.
 */
#ifndef PTF_CUT_H
#define PTF_CUT_H

#include "lookup.h"
#include "map.h"

/**
 * struct ptf_cut - a leaf that is cut
 * @map: the replace, or its count
 * @leaf_va: first VA of the leaf
 * @oa: first OA of the leaf
 * @part: first VA of the part that lies in the range
 * @part_last: last VA of that part
 * @keep: the part stays mapped as well
 */
struct ptf_cut {
	struct ptf_map map;
	u64 leaf_va;
	u64 oa;
	u64 part;
	u64 part_last;
	bool keep;
};

static int F(cut_next)(struct ptf_map *map)
{
	struct ptf_cut *cut = container_of(map, struct ptf_cut, map);
	u64 va = map->va, last = va < cut->part ? cut->part - 1 :
				va == cut->part ? cut->part_last : map->last;

	if (va == cut->part && !cut->keep) {
		ptf_map_hole(map, last);
		return 0;
	}
	if (!map->null)
		return ptf_map_extent(map, cut->oa + (va - cut->leaf_va), last);
	ptf_map_null(map, last);
	return 0;
}

/* Prepare to cut the leaf of 2^@size_lg2 at @va and @oa where [first, last] ends. */
static void F(cut_init)(struct ptf_cut *cut, struct ptf_pt *pt, u64 va, u64 oa,
			unsigned int size_lg2, u64 first, u64 last, bool keep)
{
	*cut = (struct ptf_cut){
		.map = { .pt = pt, .va = va & ~ptf_low(size_lg2), .last = va | ptf_low(size_lg2),
			 .next = F(cut_next) },
		.leaf_va = va & ~ptf_low(size_lg2),
		.oa = oa,
	};
	cut->part = max(first, cut->leaf_va);
	cut->part_last = min(last, cut->map.last);
	cut->keep = keep;
	F(cut_next)(&cut->map);
}

/*
 * F(cut)() - cut the leaf at @va where a range ends
 * @pt: page table
 * @supply: where tables come from; only a reservation will do
 * @change: gets the leaf that changed
 * @shape: of @table
 * @table: that holds the leaf
 * @va: any VA of the leaf
 * @first: first VA of the range
 * @last: last VA of the range
 * @keep: what lies in the range stays mapped as well
 *
 * Return: 0, or -ENOMEM or -EBUSY with nothing changed.
 */
static noinline int F(cut)(struct ptf_pt *pt, struct ptf_supply *supply,
			   struct ptf_change *change, unsigned int shape, void *table, u64 va,
			   u64 first, u64 last, bool keep)
{
	u64 entry = ptf_entry(shape, table, ptf_index(shape, va));
	unsigned int need[PTF_FMT_SHAPES] = {}, size_lg2 = F(leaf_size)(shape, entry), i;
	/* The OA of a null leaf is none, and may be beyond the width. */
	u64 oa = F(kind)(shape, entry) == PTF_NULL ? 0 : ptf_leaf_oa(shape, entry);
	struct ptf_cut cut;

	if (PTF_FOR_GPU && pt->refuse_live)
		return -EBUSY;
	F(cut_init)(&cut, pt, va, oa, size_lg2, first, last, keep);
	cut.map.need = need;
	F(count)(&cut.map, shape, NULL);
	for (i = 0; i < PTF_FMT_SHAPES; i++)
		if (need[i] && (!supply->reserve || need[i] > supply->reserve->left[i]))
			return -ENOMEM;

	F(cut_init)(&cut, pt, va, oa, size_lg2, first, last, keep);
	/* What stays is dirty if hardware has written through any item of the group. */
	for (i = ptf_index(shape, cut.leaf_va); i <= ptf_index(shape, cut.map.last); i++)
		if (F(dirty)(shape, ptf_entry(shape, table, i)))
			entry = ptf_entry(shape, table, i);
	cut.map.bits = F(leaf_bits)(shape, entry);
	cut.map.null = F(kind)(shape, entry) == PTF_NULL;
	F(cut_next)(&cut.map);
	cut.map.supply = *supply;
	cut.map.known = table;
	F(replace)(&cut.map, shape, table);
	ptf_changed_leaves(change, shape, cut.leaf_va, cut.map.last, size_lg2);
	return 0;
}

/* Where an item picks the page size below it: the largest that no end of the range crosses */
static unsigned int F(cut_pick)(const struct ptf_pt *pt, unsigned int shape, u64 first, u64 last)
{
	u64 edges = max(first, last & ~ptf_low(ptf_shape(shape)->va_lg2)) |
		    (min(last, ptf_item_last(shape, first)) + 1) |
		    1ULL << ptf_shape(shape)->va_lg2;

	return fls64(pt->sizes & (edges ^ (edges - 1))) - 1;
}

/*
 * An end of [first, last] lies under the item at @va, which picks a page size. If
 * a page crosses that end, all pages there become smaller.
 */
static noinline int F(cut_refine)(struct ptf_pt *pt, struct ptf_supply *supply,
				  struct ptf_change *change, unsigned int shape, void *table,
				  u64 first, u64 last)
{
	unsigned int index = ptf_index(shape, first), child, has_lg2, i;
	u64 entry = ptf_entry(shape, table, index), leaf;
	void *lower = ptf_child(pt, shape, table, index, entry);

	child = F(child)(shape, entry);
	has_lg2 = ptf_only_size(child);
	last = min(last, ptf_item_last(shape, first));
	for (i = 0; i < 2; i++) {
		leaf = ptf_entry(child, lower, ptf_index(child, i ? last : first));
		if (F(kind)(child, leaf) != PTF_EMPTY &&
		    (i ? last + 1 : first) & ptf_low(has_lg2))
			return F(refine)(pt, supply, change, shape, table, first,
					 F(cut_pick)(pt, shape, first, last));
	}
	return 0;
}

/**
 * struct ptf_split - state of a split
 * @pt: page table
 * @first: first VA of a range; no leaf will cross it
 * @last: last VA; no leaf will cross it either
 * @va: the end at work: @first or @last
 * @supply: where tables come from; only a reservation will do
 * @change: gets leaves that became smaller
 */
struct ptf_split {
	struct ptf_pt *pt;
	u64 first;
	u64 last;
	u64 va;
	struct ptf_supply supply;
	struct ptf_change *change;
};

PTF_DECLARE_ONCE(split, struct ptf_split)

static __always_inline int ptf_split_body(struct ptf_split *split, unsigned int shape, void *table)
{
	/* What must be the start of a leaf; 0 behind the last VA of all */
	u64 va = split->va, edge = va == split->first ? va : va + 1;
	unsigned int index = ptf_index(shape, va), child;
	u64 entry = ptf_entry(shape, table, index);
	void *lower;
	int rc;

	switch (F(kind)(shape, entry)) {
	case PTF_EMPTY:
		return PTF_DONE;
	case PTF_LEAF:
	case PTF_NULL:
		if (!(edge & ptf_low(F(leaf_size)(shape, entry))))
			return PTF_DONE;
		return F(cut)(split->pt, &split->supply, split->change, shape, table, va,
			      split->first, split->last, true) ?: PTF_DONE;
	case PTF_TABLE:
		break;
	}
	if (!(edge & ptf_low(ptf_shape(shape)->va_lg2)))
		return PTF_DONE;
	child = F(child)(shape, entry);
	lower = ptf_child(split->pt, shape, table, index, entry);
	if (ptf_shape(shape)->picks_size) {
		rc = F(cut_refine)(split->pt, &split->supply, split->change, shape, table,
				   max(split->first, va & ~ptf_low(ptf_shape(shape)->va_lg2)),
				   split->last);
		return rc ?: PTF_DONE;
	}
	if (ptf_is_shared(split->pt, lower)) {
		rc = F(unshare)(split->pt, &split->supply, split->change, shape, table, va, va);
		if (rc)
			return rc;
		entry = ptf_entry(shape, table, index);
		lower = ptf_child(split->pt, shape, table, index, entry);
	}
	return F(split)(split, child, lower);
}

PTF_DEFINE_ONCE(split, struct ptf_split, ptf_split_body)

/*
 * Count the shared tables on the way to the end at @va, from the root down to
 * those of shape @lowest, but for those on the way to the end @other too. Any table
 * there may be shared, if some of its shape are or will be.
 */
static void F(path_need)(struct ptf_pt *pt, unsigned int lowest, u64 va, u64 edge, u64 other,
			 bool exact, unsigned int *need)
{
	unsigned long top = READ_ONCE(pt->top);
	unsigned int shape = ptf_top_shape(top), index, child;
	void *table = ptf_top_table(top);
	bool shared = false;
	u64 entry;

	while (shape != lowest && edge & ptf_low(ptf_shape(shape)->va_lg2)) {
		child = F(child_for)(shape, __ffs64(pt->sizes));
		if (exact) {
			index = ptf_index(shape, va);
			entry = ptf_entry(shape, table, index);
			if (F(kind)(shape, entry) != PTF_TABLE)
				return;
			child = F(child)(shape, entry);
			table = ptf_child(pt, shape, table, index, entry);
			shared |= ptf_is_shared(pt, table);
		} else {
			shared = atomic_read(&pt->full[child]);
		}
		if (shared && ((va ^ other) >> ptf_shape(shape)->va_lg2 ||
			       !(other & ptf_low(ptf_shape(shape)->va_lg2))))
			need[child]++;
		shape = child;
	}
}

/*
 * Count the tables to cut the largest leaves at both ends, where the leaves that stay
 * can have all sizes that items have: one below each item that an end lies in. Returns
 * whether it is so.
 */
static bool F(ends_need)(const struct ptf_pt *pt, unsigned int shape, u64 first, u64 last,
			 unsigned int *need)
{
	unsigned int ends[PTF_FMT_SHAPES] = {}, child, i;
	u64 low, after = last + 1;

	if (PTF_FMT_PICKS_SIZE)
		return false;
	for (;; shape = child) {
		low = ptf_low(ptf_shape(shape)->va_lg2);
		/* Else what stays may take many tables. */
		if (!(pt->sizes & ptf_shape(shape)->leaf_sizes & (low + 1)))
			return false;
		if (!((first | after) & low))
			break;
		child = F(child_for)(shape, 0);
		ends[child] = (first ^ last) & ~low ? !!(first & low) + !!(after & low) : 1;
	}
	for (i = 0; i < PTF_FMT_SHAPES; i++)
		need[i] += ends[i];
	return true;
}

/* The highest shape with leaves of the largest size, and the one that picks a size, if any */
static unsigned int F(cut_shape)(const struct ptf_pt *pt, unsigned int *picks)
{
	unsigned int shape = 0, i;

	*picks = 0;
	for (i = 0; i < PTF_FMT_SHAPES; i++) {
		if (ptf_shape(i)->leaf_sizes >> (fls64(pt->sizes) - 1) & 1)
			shape = i;
		if (ptf_shape(i)->picks_size)
			*picks = i;
	}
	return shape;
}

/* As F(ends_need)(), for anything, end by end; @shares: tables may be shared */
static void F(each_end_need)(struct ptf_pt *pt, u64 first, u64 last, bool keep, bool exact,
			     bool shares, unsigned int *need)
{
	unsigned int size_lg2 = fls64(pt->sizes) - 1, picks, shape = F(cut_shape)(pt, &picks), i;
	unsigned long top = READ_ONCE(pt->top);
	struct ptf_find find = { .pt = pt };
	struct ptf_cut cut;
	u64 va, leaf_last, sizes;

	for (va = first;; va = last) {
		if (exact) {
			find.va = va;
			if (PTF_WALK(find, &find, top) < 0)
				goto next;
			shape = find.shape;
			size_lg2 = F(leaf_size)(shape, find.entry);
		}
		/* A shared table takes a copy even where no page is cut. */
		if (PTF_FMT_PICKS_SIZE && shares)
			size_lg2 = ptf_shape(picks)->va_lg2;
		leaf_last = va | ptf_low(size_lg2);
		if ((va & ~ptf_low(size_lg2)) >= first && leaf_last <= last)
			goto next;
		if (PTF_FMT_PICKS_SIZE) {
			leaf_last = ptf_item_last(picks, va);
			va &= ~ptf_low(ptf_shape(picks)->va_lg2);
			i = F(cut_pick)(pt, picks, max(first, va), min(last, leaf_last));
			/* A shared table of any page size takes one like it. */
			for (sizes = shares ? pt->sizes : BIT_ULL(i); sizes; sizes &= sizes - 1)
				need[F(child_for)(picks, __ffs64(sizes))]++;
		} else {
			F(cut_init)(&cut, pt, va, 0, size_lg2, first, last, keep);
			cut.map.need = need;
			F(count)(&cut.map, shape, NULL);
		}
		if (leaf_last >= last)
			return;
next:
		if (va == last)
			return;
	}
}

/*
 * F(cut_need)() - count the tables that it takes to cut at the ends of a range
 * @pt: page table
 * @first: first VA
 * @last: last VA
 * @keep: what lies between them stays mapped
 * @exact: for the table as it is now; else for whatever it may become
 * @need: by shape, added to
 *
 * At worst the leaves that the ends cut are the largest there are, and all tables
 * above them shared.
 */
static void __maybe_unused F(cut_need)(struct ptf_pt *pt, u64 first, u64 last, bool keep,
				       bool exact, unsigned int *need)
{
	bool shares = exact ? ptf_counted(pt) && pt->shares : F(may_share)(pt);
	unsigned int picks, shape = F(cut_shape)(pt, &picks), lowest;

	if (shares) {
		lowest = PTF_FMT_PICKS_SIZE ? picks : exact ? PTF_FMT_SHAPES : shape;
		F(path_need)(pt, lowest, first, first, ~first, exact, need);
		F(path_need)(pt, lowest, last, last + 1, first, exact, need);
	}
	if (exact || !F(ends_need)(pt, shape, first, last, need))
		F(each_end_need)(pt, first, last, keep, exact, shares, need);
}

#endif /* PTF_CUT_H */
