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

#include "cut.h"

/**
 * struct ptf_unmap - state of an unmap
 * @pt: page table
 * @va: first VA not handled yet
 * @last: last VA of the operation
 * @end: last VA that was handled; with strict it may lie behind @last
 * @supply: where tables for cut leaves come from; only a reservation will do
 * @change: gets what became stale
 * @gone: who is told what was unmapped (exact)
 */
struct ptf_unmap {
	struct ptf_pt *pt;
	u64 va;
	u64 last;
	u64 end;
	struct ptf_supply supply;
	struct ptf_change *change;
	struct ptf_gone gone;
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

/* The leaf at unmap->va is only partly in the range. Nothing changes on error. */
static noinline int F(unmap_cut)(struct ptf_unmap *unmap, unsigned int shape, void *table)
{
	u64 va = unmap->va, entry = ptf_entry(shape, table, ptf_index(shape, va));
	u64 last = min(unmap->last, va | ptf_low(F(leaf_size)(shape, entry)));
	int rc;

	rc = F(cut)(unmap->pt, &unmap->supply, unmap->change, shape, table, va, va, last, false);
	if (rc)
		return rc;
	ptf_gone_tell(&unmap->gone, shape, entry, va, last - va + 1);
	return ptf_unmap_advance(unmap, last);
}

/* Whether @entry is an item of a leaf of this kind and size */
static __always_inline bool ptf_unmap_like(unsigned int shape, u64 entry, enum ptf_kind kind,
					   unsigned int size_lg2)
{
	return F(kind)(shape, entry) == kind &&
	       (!ptf_has_groups(shape) || F(leaf_size)(shape, entry) == size_lg2);
}

/* log2 of the size of the leaf that @entry is an item of */
static __always_inline unsigned int ptf_unmap_size(unsigned int shape, u64 entry)
{
	return ptf_has_groups(shape) ? F(leaf_size)(shape, entry) : ptf_shape(shape)->va_lg2;
}

/*
 * Bits of a leaf that fills one item that its OA sets. Leaves that differ in no other
 * are of one kind and size (suite: attrs_oa_test).
 */
static __always_inline u64 ptf_oa_bits(unsigned int shape)
{
	unsigned int lg2 = ptf_shape(shape)->va_lg2;
	u64 oa = ptf_low(PTF_FMT_MAX_OA_LG2) & ~ptf_low(lg2);

	return F(leaf)(shape, oa, lg2, 0) ^ F(leaf)(shape, 0, lg2, 0);
}

/*
 * How many items from @index on, at most @limit, are of leaves like the first, which
 * is; of those that fill a group, one is looked at. If leaves fill @one item, four are
 * looked at together, for the processor to overlap them, and compared with the one
 * before, which most are like in all but OA.
 */
static __always_inline unsigned int ptf_unmap_alike(unsigned int shape, void *table,
						    unsigned int index, unsigned int limit,
						    enum ptf_kind kind, unsigned int size_lg2,
						    bool one)
{
	unsigned int group = 1U << (size_lg2 - ptf_shape(shape)->va_lg2), items = group;
	u64 like, other = kind == PTF_LEAF ? ~ptf_oa_bits(shape) : ~0ULL, a, b, c, d;
	unsigned int item_lg2 = ptf_shape(shape)->item_lg2;
	void *p = ptf_item(table, item_lg2, index);

	if (one) {
		like = ptf_load(p, item_lg2, 0);
		p += 1 << item_lg2;
		for (; limit - items >= 4; items += 4, p += 4 << item_lg2) {
			a = ptf_load(p, item_lg2, 0);
			b = ptf_load(p, item_lg2, 1);
			c = ptf_load(p, item_lg2, 2);
			d = ptf_load(p, item_lg2, 3);
			if (((a ^ like) | (b ^ like) | (c ^ like) | (d ^ like)) & other) {
				if (!ptf_unmap_like(shape, a, kind, size_lg2) ||
				    !ptf_unmap_like(shape, b, kind, size_lg2) ||
				    !ptf_unmap_like(shape, c, kind, size_lg2) ||
				    !ptf_unmap_like(shape, d, kind, size_lg2))
					break;
				like = d;
			}
		}
	}
	while (items < limit &&
	       ptf_unmap_like(shape, ptf_entry(shape, table, index + items), kind, size_lg2))
		items += group;
	return items;
}

/* Remove the leaves that come next and have the size of the first, @entry. */
static __always_inline int ptf_unmap_leaves(struct ptf_unmap *unmap, unsigned int shape,
					    void *table, u64 entry, bool exact)
{
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int size_lg2 = ptf_unmap_size(shape, entry);
	unsigned int index = ptf_index(shape, unmap->va), items, limit, i;
	unsigned int group = 1U << (size_lg2 - s->va_lg2);
	u64 first = unmap->va, last = unmap->va + ptf_low(size_lg2);
	enum ptf_kind kind = F(kind)(shape, entry);

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

	/* Most leaves fill one item; that is quick to see, four at a time. */
	if (group == 1)
		items = ptf_unmap_alike(shape, table, index, limit, kind, s->va_lg2, true);
	else
		items = ptf_unmap_alike(shape, table, index, limit, kind, size_lg2, false);
	if (exact && unmap->gone.removed)
		for (i = 0; i < items; i += group)
			ptf_gone_tell(&unmap->gone, shape, ptf_entry(shape, table, index + i),
				      first + ((u64)i << s->va_lg2), 1ULL << size_lg2);
	ptf_clear(unmap->pt, shape, table, index, items);
	ptf_live(unmap->pt, table, -(int)items);
	last = first + ((u64)items << s->va_lg2) - 1;
	ptf_changed_leaves(unmap->change, shape, first, last, size_lg2);
	return ptf_unmap_advance(unmap, last);
}

/* A part of what is below the item at unmap->va goes: prepare it for that. */
static __always_inline int F(unmap_enter)(struct ptf_unmap *unmap, unsigned int shape, void *table)
{
	unsigned int index = ptf_index(shape, unmap->va);
	u64 entry;
	int rc;

	if (ptf_shape(shape)->picks_size) {
		rc = F(cut_refine)(unmap->pt, &unmap->supply, unmap->change, shape, table,
				   unmap->va, unmap->last);
		if (rc)
			return rc;
	}
	entry = ptf_entry(shape, table, index);
	if (!ptf_is_shared(unmap->pt, ptf_child(unmap->pt, shape, table, index, entry)))
		return 0;
	return F(unshare)(unmap->pt, &unmap->supply, unmap->change, shape, table, unmap->va,
			  unmap->last);
}

static __always_inline int ptf_unmap_below(struct ptf_unmap *unmap, unsigned int shape,
					   void *table, u64 entry, bool exact)
{
	unsigned int index = ptf_index(shape, unmap->va), child = F(child)(shape, entry);
	void *lower = ptf_child(unmap->pt, shape, table, index, entry);
	u64 va = unmap->va, last = ptf_item_last(shape, va);
	bool covered = !(va & ptf_low(ptf_shape(shape)->va_lg2)) && last <= unmap->last;
	int rc;

	if (exact && covered) {
		ptf_clear(unmap->pt, shape, table, index, 1);
		ptf_live(unmap->pt, table, -1);
		F(gone_table)(&unmap->gone, shape, va, child, lower);
		return ptf_unmap_advance(unmap, last);
	}
	if (exact) {
		rc = F(unmap_enter)(unmap, shape, table);
		if (rc)
			return rc;
		entry = ptf_entry(shape, table, index);
		child = F(child)(shape, entry);
		lower = ptf_child(unmap->pt, shape, table, index, entry);
	}
	rc = exact ? F(unmap_exact)(unmap, child, lower) : F(unmap)(unmap, child, lower);
	if ((rc >= 0 && covered) || (exact && ptf_unused(unmap->pt, lower))) {
		ptf_clear(unmap->pt, shape, table, index, 1);
		ptf_live(unmap->pt, table, -1);
		F(unlink)(unmap->pt, unmap->change, shape, va, min(last, unmap->last), child,
			  lower);
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

PTF_DEFINE_OP(unmap, struct ptf_unmap, ptf_unmap_body, false)
PTF_DEFINE_OP(unmap_exact, struct ptf_unmap, ptf_unmap_body, true)

#endif /* PTF_UNMAP_H */
