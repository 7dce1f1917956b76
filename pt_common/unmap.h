/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unmapping, of two minds:
 *
 *	strict	(IOMMU) what is asked for must be mapped: it stops at a hole, and
 *		before a leaf that starts earlier. A leaf that ends later goes as a
 *		whole, and counts.
 *	exact	(GPU) holes are passed over, and leaves that are only partly in the
 *		range are cut: what stays mapped never misses its translation.
 *
 * A table whose whole range was unmapped is unlinked and waits for the flush.
 */
#ifndef PTF_UNMAP_H
#define PTF_UNMAP_H

#include "lookup.h"
#include "map.h"

/**
 * struct ptf_unmap - state of an unmap
 * @pt: page table
 * @va: first VA not handled yet
 * @last: last VA of the operation
 * @end: last VA that was handled; with strict it may lie behind @last
 * @supply: where tables for cut leaves come from; only a reservation will do
 * @change: gets what became stale
 * @removed: called for each extent that was unmapped; NULL if nobody asks, and
 *	then tables that the range covers are dropped without reading leaves
 * @ctx: for @removed
 */
struct ptf_unmap {
	struct ptf_pt *pt;
	u64 va;
	u64 last;
	u64 end;
	struct ptf_supply supply;
	struct ptf_change *change;
	void (*removed)(void *ctx, u64 va, u64 oa, u64 size);
	void *ctx;
};

PTF_DECLARE_OP(unmap, struct ptf_unmap)
PTF_DECLARE_OP(unmap_exact, struct ptf_unmap)

static __always_inline int ptf_unmap_advance(struct ptf_unmap *unmap, u64 last)
{
	unmap->end = last;
	if (last >= unmap->last)
		return PTF_DONE;
	unmap->va = last + 1;
	return PTF_MORE;
}

/**
 * struct ptf_cut - a leaf that stays mapped but for a hole in it
 * @map: the replace, or its count
 * @leaf_va: first VA of the leaf
 * @oa: first OA of the leaf
 * @hole: first VA of the hole
 * @hole_last: last VA of the hole
 */
struct ptf_cut {
	struct ptf_map map;
	u64 leaf_va;
	u64 oa;
	u64 hole;
	u64 hole_last;
};

static int F(cut_next)(struct ptf_map *map)
{
	struct ptf_cut *cut = container_of(map, struct ptf_cut, map);
	u64 va = map->va;

	if (va == cut->hole) {
		ptf_map_hole(map, cut->hole_last);
		return 0;
	}
	return ptf_map_extent(map, cut->oa + (va - cut->leaf_va),
			      va < cut->hole ? cut->hole - 1 : map->last);
}

/* Prepare to cut [first, last] out of the leaf of 2^@size_lg2 at @va and @oa. */
static void F(cut_init)(struct ptf_cut *cut, struct ptf_pt *pt, u64 va, u64 oa,
			unsigned int size_lg2, u64 first, u64 last)
{
	*cut = (struct ptf_cut){
		.map = { .pt = pt, .va = va & ~ptf_low(size_lg2), .last = va | ptf_low(size_lg2),
			 .next = F(cut_next) },
		.leaf_va = va & ~ptf_low(size_lg2),
		.oa = oa,
	};
	cut->hole = max(first, cut->leaf_va);
	cut->hole_last = min(last, cut->map.last);
	F(cut_next)(&cut->map);
}

/* The leaf at unmap->va is only partly in the range. Nothing changes on error. */
static noinline int F(unmap_cut)(struct ptf_unmap *unmap, unsigned int shape, void *table)
{
	u64 entry = ptf_entry(shape, table, ptf_index(shape, unmap->va));
	unsigned int need[PTF_FMT_SHAPES] = {}, size_lg2 = F(leaf_size)(shape, entry), i;
	u64 oa = ptf_leaf_oa(shape, entry);
	struct ptf_cut cut;

	F(cut_init)(&cut, unmap->pt, unmap->va, oa, size_lg2, unmap->va, unmap->last);
	cut.map.need = need;
	F(count)(&cut.map, shape, NULL);
	for (i = 0; i < PTF_FMT_SHAPES; i++)
		if (need[i] && (!unmap->supply.reserved || need[i] > unmap->supply.left[i]))
			return -ENOMEM;

	F(cut_init)(&cut, unmap->pt, unmap->va, oa, size_lg2, unmap->va, unmap->last);
	/* What stays is dirty if hardware has written through any item of the group. */
	for (i = ptf_index(shape, cut.leaf_va); i <= ptf_index(shape, cut.map.last); i++)
		if (F(dirty)(shape, ptf_entry(shape, table, i)))
			entry = ptf_entry(shape, table, i);
	cut.map.bits = F(leaf_bits)(shape, entry);
	cut.map.supply = unmap->supply;
	F(replace)(&cut.map, shape, table);
	ptf_changed_leaves(unmap->change, shape, cut.leaf_va, cut.map.last, size_lg2);
	if (unmap->removed)
		unmap->removed(unmap->ctx, cut.hole,
			       (oa + (cut.hole - cut.leaf_va)) & ~ptf_encrypt_mask(unmap->pt),
			       cut.hole_last - cut.hole + 1);
	return ptf_unmap_advance(unmap, cut.hole_last);
}

static __always_inline void ptf_unmap_report(struct ptf_unmap *unmap, unsigned int shape,
					     u64 entry, unsigned int size_lg2)
{
	if (unmap->removed)
		unmap->removed(unmap->ctx, unmap->va,
			       ptf_leaf_oa(shape, entry) & ~ptf_encrypt_mask(unmap->pt),
			       1ULL << size_lg2);
}

/* Remove the leaves that come next and have the size of the first, @entry. */
static __always_inline int ptf_unmap_leaves(struct ptf_unmap *unmap, unsigned int shape,
					    void *table, u64 entry, bool exact)
{
	const struct ptf_shape *s = ptf_shape(shape);
	bool one_size = !(s->leaf_sizes & (s->leaf_sizes - 1));
	unsigned int size_lg2 = one_size ? s->va_lg2 : F(leaf_size)(shape, entry);
	unsigned int index = ptf_index(shape, unmap->va), items, limit;
	unsigned int group = 1U << (size_lg2 - s->va_lg2);
	u64 first = unmap->va, last = unmap->va + ptf_low(size_lg2);

	if (first & ptf_low(size_lg2))
		return exact ? F(unmap_cut)(unmap, shape, table) : -EINVAL;
	if (last > unmap->last) {
		if (exact)
			return F(unmap_cut)(unmap, shape, table);
		limit = group;
	} else {
		last = min(unmap->last, ptf_table_last(shape, first));
		limit = (last - first + 1) >> s->va_lg2 & -group;
	}

	for (items = 0;;) {
		if (exact && unmap->removed) {
			ptf_unmap_report(unmap, shape, entry, size_lg2);
			unmap->va += 1ULL << size_lg2;
		}
		items += group;
		if (items == limit)
			break;
		entry = ptf_entry(shape, table, index + items);
		if (F(kind)(shape, entry) != PTF_LEAF ||
		    (!one_size && F(leaf_size)(shape, entry) != size_lg2))
			break;
	}
	ptf_clear(unmap->pt, shape, table, index, items);
	last = first + ((u64)items << s->va_lg2) - 1;
	ptf_changed_leaves(unmap->change, shape, first, last, size_lg2);
	return ptf_unmap_advance(unmap, last);
}

/* Where an item picks the page size below it: the largest that no end of the range crosses */
static unsigned int F(unmap_pick)(const struct ptf_pt *pt, unsigned int shape, u64 first,
				  u64 last)
{
	u64 edges = max(first, last & ~ptf_low(ptf_shape(shape)->va_lg2)) |
		    (min(last, ptf_item_last(shape, first)) + 1) |
		    1ULL << ptf_shape(shape)->va_lg2;

	return fls64(pt->sizes & (edges ^ (edges - 1))) - 1;
}

/*
 * An end of the range lies under the item at unmap->va, which picks a page
 * size. If a page crosses that end, all pages there become smaller.
 */
static noinline int F(unmap_refine)(struct ptf_unmap *unmap, unsigned int shape, void *table)
{
	u64 first = unmap->va, last = min(unmap->last, ptf_item_last(shape, first));
	u64 entry = ptf_entry(shape, table, ptf_index(shape, first)), leaf;
	unsigned int child = F(child)(shape, entry), has_lg2 = ptf_only_size(child), i;
	void *lower = ptf_child(unmap->pt, shape, entry);

	for (i = 0; i < 2; i++) {
		leaf = ptf_entry(child, lower, ptf_index(child, i ? last : first));
		if (F(kind)(child, leaf) != PTF_EMPTY &&
		    (i ? last + 1 : first) & ptf_low(has_lg2))
			return F(refine)(unmap->pt, &unmap->supply, unmap->change, shape, table,
					 first, F(unmap_pick)(unmap->pt, shape, first, last));
	}
	return 0;
}

static __always_inline int ptf_unmap_below(struct ptf_unmap *unmap, unsigned int shape,
					   void *table, u64 entry, bool exact)
{
	unsigned int index = ptf_index(shape, unmap->va), child = F(child)(shape, entry);
	u64 va = unmap->va, last = ptf_item_last(shape, va);
	bool covered = !(va & ptf_low(ptf_shape(shape)->va_lg2)) && last <= unmap->last;
	int rc;

	if (exact && covered && !unmap->removed) {
		ptf_clear(unmap->pt, shape, table, index, 1);
		F(unlink)(unmap->pt, unmap->change, shape, va, entry);
		unmap->change->flush.leaf_levels |= BIT(ptf_shape(shape)->level) - 1;
		unmap->change->flush.min_size_lg2 = __ffs64(unmap->pt->sizes);
		return ptf_unmap_advance(unmap, last);
	}
	if (exact && ptf_shape(shape)->picks_size && !covered) {
		rc = F(unmap_refine)(unmap, shape, table);
		if (rc)
			return rc;
		entry = ptf_entry(shape, table, index);
		child = F(child)(shape, entry);
	}
	rc = exact ? F(unmap_exact)(unmap, child, ptf_child(unmap->pt, shape, entry)) :
		     F(unmap)(unmap, child, ptf_child(unmap->pt, shape, entry));
	if (rc >= 0 && covered) {
		ptf_clear(unmap->pt, shape, table, index, 1);
		F(unlink)(unmap->pt, unmap->change, shape, va, entry);
	}
	return rc;
}

static __always_inline int ptf_unmap_body(struct ptf_unmap *unmap, unsigned int shape,
					  void *table, bool exact)
{
	u64 entry;
	int rc;

	do {
		entry = ptf_entry(shape, table, ptf_index(shape, unmap->va));
		switch (F(kind)(shape, entry)) {
		case PTF_EMPTY:
			if (!exact)
				return -ENOENT;
			rc = ptf_unmap_advance(unmap, ptf_item_last(shape, unmap->va));
			break;
		case PTF_TABLE:
			rc = ptf_unmap_below(unmap, shape, table, entry, exact);
			break;
		case PTF_LEAF:
		case PTF_NULL:
			rc = ptf_unmap_leaves(unmap, shape, table, entry, exact);
			break;
		}
		if (rc)
			return rc;
	} while (unmap->va & ptf_low(ptf_reach_lg2(shape)));
	return PTF_MORE;
}

/*
 * F(unmap_need)() - count the tables that an exact unmap takes
 * @pt: page table
 * @first: first VA
 * @last: last VA
 * @exact: for the table as it is now; else for whatever it may become
 * @need: by shape, added to
 *
 * Only leaves that an end of the range cuts take tables; at worst these are the
 * largest there are.
 */
static void __maybe_unused F(unmap_need)(struct ptf_pt *pt, u64 first, u64 last, bool exact,
					 unsigned int *need)
{
	unsigned int size_lg2 = fls64(pt->sizes) - 1, shape = 0, picks = 0, i;
	unsigned long top = READ_ONCE(pt->top);
	struct ptf_find find = { .pt = pt };
	struct ptf_cut cut;
	u64 va, leaf_last;

	for (i = 0; i < PTF_FMT_SHAPES; i++) {
		if (ptf_shape(i)->leaf_sizes & BIT_ULL(size_lg2))
			shape = i;
		if (ptf_shape(i)->picks_size)
			picks = i;
	}
	for (va = first;; va = last) {
		if (exact) {
			find.va = va;
			if (PTF_WALK(find, &find, top) < 0)
				goto next;
			shape = find.shape;
			size_lg2 = F(leaf_size)(shape, find.entry);
		}
		leaf_last = va | ptf_low(size_lg2);
		if ((va & ~ptf_low(size_lg2)) >= first && leaf_last <= last)
			goto next;
		if (PTF_FMT_PICKS_SIZE) {
			leaf_last = ptf_item_last(picks, va);
			va &= ~ptf_low(ptf_shape(picks)->va_lg2);
			i = F(unmap_pick)(pt, picks, max(first, va), min(last, leaf_last));
			need[F(child_for)(picks, i)]++;
		} else {
			F(cut_init)(&cut, pt, va, 0, size_lg2, first, last);
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

PTF_DEFINE_OP(unmap, struct ptf_unmap, ptf_unmap_body, false)
PTF_DEFINE_OP(unmap_exact, struct ptf_unmap, ptf_unmap_body, true)

#endif /* PTF_UNMAP_H */
