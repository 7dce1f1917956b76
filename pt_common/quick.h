/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short cuts for what IOMMU drivers do most: map and unmap leaves of one size
 * within one table that is there. They need no state in memory. What is anything
 * else they leave as it is, for the operation itself.
 */
#ifndef PTF_QUICK_H
#define PTF_QUICK_H

#include "map.h"
#include "unmap.h"

/**
 * struct ptf_descent - state of a descent to where the tables end
 * @pt: page table
 * @va: address
 * @table: the last table on the way to it
 * @shape: its shape
 */
struct ptf_descent {
	struct ptf_pt *pt;
	u64 va;
	void *table;
	unsigned int shape;
};

PTF_DECLARE_OP(descent, struct ptf_descent)

static __always_inline int ptf_descent_body(struct ptf_descent *descent, unsigned int shape,
					    void *table)
{
	unsigned int index = ptf_index(shape, descent->va);
	u64 entry;

	if (ptf_shape(shape)->children) {
		entry = ptf_entry(shape, table, index);
		if (F(kind)(shape, entry) == PTF_TABLE)
			return F(descent)(descent, F(child)(shape, entry),
					  ptf_child(descent->pt, shape, table, index, entry));
	}
	descent->table = table;
	descent->shape = shape;
	return PTF_DONE;
}

PTF_DEFINE_OP(descent, struct ptf_descent, ptf_descent_body)

/* The last table on the way to @descent->va; false if more is to be done than to store. */
static __always_inline bool F(quick_table)(struct ptf_descent *descent)
{
	struct ptf_pt *pt = descent->pt;
	unsigned long top = READ_ONCE(pt->top);

	if (PTF_FMT_PICKS_SIZE || pt->features & PTF_FEAT_INCOHERENT || ptf_counted(pt) ||
	    ptf_mirrored(pt))
		return false;
	/* Beyond a root that may grow nothing is there; its index would wrap. */
	if (PTF_FMT_FEATURES & PTF_FEAT_DYNAMIC_TOP &&
	    unlikely(descent->va & ~ptf_low(ptf_reach_lg2(ptf_top_shape(top)))))
		return false;
	PTF_WALK(descent, descent, top);
	return true;
}

/*
 * Whether [va, last] is within one table of @shape, and all of @all is a multiple of
 * 2^@lg2. What is not one of the smallest leaf was refused before.
 */
static __always_inline bool ptf_quick_fits(unsigned int shape, u64 va, u64 last, u64 all,
					   unsigned int lg2)
{
	return !((va ^ last) & ~ptf_low(ptf_reach_lg2(shape))) &&
	       (lg2 == ptf_shape(0)->va_lg2 || !(all & ptf_low(lg2)));
}

/* With leaves of one item, or if @groups, of the largest size that all is a multiple of */
static __always_inline bool ptf_quick_map(struct ptf_pt *pt, unsigned int shape, void *table,
					  u64 va, u64 last, u64 oa, u64 bits, bool groups)
{
	const struct ptf_shape *s = ptf_shape(shape);
	u64 sizes = pt->sizes & s->leaf_sizes, all = va | oa | (last + 1), larger;
	unsigned int index = ptf_index(shape, va), items = ((last - va) >> s->va_lg2) + 1;
	unsigned int size_lg2 = s->va_lg2;

	if (groups)
		sizes &= (all ^ (all - 1)) & ~ptf_low(s->va_lg2 + 1);
	else
		sizes &= 1ULL << s->va_lg2;
	if (!sizes)
		return false;
	if (groups)
		size_lg2 = fls64(sizes) - 1;
	if (!ptf_quick_fits(shape, va, last, all, size_lg2))
		return false;
	/* Some of it may be for the next larger one. */
	larger = pt->sizes & ~ptf_low(size_lg2 + 1);
	larger = (larger & -larger) - 1;
	if (last - va >= larger && !((va ^ oa) & larger))
		return false;
	if ((oa ^ (oa + (last - va))) & ~ptf_low(F(linear_lg2)(shape)) ||
	    !ptf_run_is(table, s->item_lg2, index, items, F(empty)(shape)))
		return false;
	ptf_leaves(pt, shape, table, index, items, size_lg2, oa, bits);
	return true;
}

/* Whether leaves of @shape may have more than one size */
static __always_inline bool ptf_has_groups(unsigned int shape)
{
	return ptf_shape(shape)->leaf_sizes & (ptf_shape(shape)->leaf_sizes - 1);
}

/* One copy for all shapes */
static noinline bool F(quick_map_groups)(struct ptf_pt *pt, unsigned int shape, void *table,
					 u64 va, u64 last, u64 oa, u64 bits)
{
	return ptf_quick_map(pt, shape, table, va, last, oa, bits, true);
}

#define PTF_QUICK_MAP(shape, pt, ...)							\
	case shape:									\
		return ptf_quick_map(pt, shape, __VA_ARGS__, false) ||			\
		       (ptf_has_groups(shape) && F(quick_map_groups)(pt, shape, __VA_ARGS__));

/*
 * F(quick_map)() - map leaves of one size into one table
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
	struct ptf_descent descent = { .pt = pt, .va = va };

	if (!F(quick_table)(&descent))
		return false;
	switch (descent.shape) {
	PTF_EACH_SHAPE(PTF_QUICK_MAP, pt, descent.table, va, last, oa, bits)
	}
	return false;
}

/* Leaves of one item, or if @groups, like the first */
static __always_inline unsigned int ptf_quick_unmap(struct ptf_pt *pt, unsigned int shape,
						    void *table, u64 va, u64 last, bool groups)
{
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int index = ptf_index(shape, va), items = ((last - va) >> s->va_lg2) + 1;
	unsigned int size_lg2 = s->va_lg2;
	u64 entry = ptf_entry(shape, table, index);

	if (!s->leaf_sizes || F(kind)(shape, entry) != PTF_LEAF)
		return 0;
	if (groups)
		size_lg2 = F(leaf_size)(shape, entry);
	else if (ptf_has_groups(shape) && F(leaf_size)(shape, entry) != size_lg2)
		return 0;
	if (!ptf_quick_fits(shape, va, last, va | (last + 1), size_lg2) ||
	    items == ptf_items(pt, shape) ||
	    ptf_unmap_alike(shape, table, index, items, PTF_LEAF, size_lg2, !groups) != items)
		return 0;
	ptf_clear(pt, shape, table, index, items);
	return size_lg2;
}

/* One copy for all shapes */
static noinline unsigned int F(quick_unmap_groups)(struct ptf_pt *pt, unsigned int shape,
						   void *table, u64 va, u64 last)
{
	return ptf_quick_unmap(pt, shape, table, va, last, true);
}

#define PTF_QUICK_UNMAP(shape, pt, ...)							\
	case shape:									\
		return ptf_quick_unmap(pt, shape, __VA_ARGS__, false) ?:		\
		       ptf_has_groups(shape) ? F(quick_unmap_groups)(pt, shape, __VA_ARGS__) : 0;

/*
 * F(quick_unmap)() - unmap leaves of one size from one table
 * @pt: page table
 * @va: first VA
 * @last: last VA; the range is one that ptf_check_aligned() lets pass
 *
 * Context: as F(pt_unmap)().
 * Return: log2 of their size; 0 if something else is mapped, or nothing, or the
 * table would become empty; nothing was changed then.
 */
static __always_inline unsigned int F(quick_unmap)(struct ptf_pt *pt, u64 va, u64 last)
{
	struct ptf_descent descent = { .pt = pt, .va = va };

	if (!F(quick_table)(&descent))
		return 0;
	switch (descent.shape) {
	PTF_EACH_SHAPE(PTF_QUICK_UNMAP, pt, descent.table, va, last)
	}
	return 0;
}

#endif /* PTF_QUICK_H */
