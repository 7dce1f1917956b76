/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short cuts for what drivers do most: map and unmap leaves of one size within one
 * table that is there. They need no state in memory. What is anything else they
 * leave as it is, for the operation itself.
 */
#ifndef PTF_QUICK_H
#define PTF_QUICK_H

#include "map.h"
#include "unmap.h"

/*
 * F(descent)() - the last table on the way to @va, and its shape in the low bits, as
 * &ptf_pt.top has it: in a register, which the state of an operation is not
 */
#define PTF_DESCENT_DECLARE(shape, ...)							\
	static unsigned long PTF_PASTE(F(descent_), shape)(struct ptf_pt *pt, u64 va,	\
							   void *table);
#define PTF_DESCENT_CASE(shape, ...)							\
	case shape: return PTF_PASTE(F(descent_), shape)(pt, va, table);
#define PTF_DESCENT_DEFINE(shape, ...)							\
	static unsigned long PTF_PASTE(F(descent_), shape)(struct ptf_pt *pt, u64 va,	\
							   void *table)			\
	{										\
		return ptf_descent(pt, va, shape, table);				\
	}

PTF_EACH_SHAPE(PTF_DESCENT_DECLARE)

static __always_inline unsigned long F(descent)(struct ptf_pt *pt, u64 va, unsigned int shape,
						void *table)
{
	switch (shape) {
	PTF_EACH_SHAPE(PTF_DESCENT_CASE)
	}
	return 0;
}

static __always_inline unsigned long ptf_descent(struct ptf_pt *pt, u64 va, unsigned int shape,
						 void *table)
{
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int index = ptf_index(shape, va);
	u64 entry;

	/* Tables so small have no low bits to spare. */
	if (max(s->index_lg2 + s->item_lg2, s->align_lg2) < ilog2(PTF_MAX_SHAPES))
		return 0;
	if (s->children) {
		entry = ptf_entry(shape, table, index);
		if (F(kind)(shape, entry) == PTF_TABLE)
			return F(descent)(pt, va, F(child)(shape, entry),
					  ptf_child(pt, shape, table, index, entry));
	}
	return (unsigned long)table | shape;
}

PTF_EACH_SHAPE(PTF_DESCENT_DEFINE)

/* Likewise from the root; 0 if more is to be done than to store */
static __always_inline unsigned long F(quick_table)(struct ptf_pt *pt, u64 va)
{
	unsigned long top = READ_ONCE(pt->top);
	unsigned int shape = ptf_top_shape(top);

	if (PTF_FMT_PICKS_SIZE || pt->features & PTF_FEAT_INCOHERENT || ptf_mirrored(pt) ||
	    (ptf_counted(pt) && pt->shares))
		return 0;
	/* Beyond a root that may grow nothing is there; its index would wrap. */
	if (PTF_FMT_FEATURES & PTF_FEAT_DYNAMIC_TOP &&
	    unlikely(va & ~ptf_low(ptf_reach_lg2(shape))))
		return 0;
	/* What the compiler is told of it makes the way shorter. */
	if (shape < PTF_FMT_MIN_TOP || shape >= PTF_FMT_SHAPES)
		return 0;
	return F(descent)(pt, va, shape, ptf_top_table(top));
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
	ptf_live(pt, table, items);
	return true;
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
	unsigned long table = F(quick_table)(pt, va);

	if (!table)
		return false;
	/* Mostly it is the lowest table. */
	switch (__builtin_expect(ptf_top_shape(table), 0)) {
	PTF_EACH_SHAPE(PTF_QUICK_MAP, pt, ptf_top_table(table), va, last, oa, bits)
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
	    items == ptf_items(pt, shape) || ptf_lives(pt, table) == items ||
	    ptf_unmap_alike(shape, table, index, items, PTF_LEAF, size_lg2, !groups) != items)
		return 0;
	ptf_clear(pt, shape, table, index, items);
	ptf_live(pt, table, -(int)items);
	return size_lg2;
}

/* One copy for all shapes */
static noinline unsigned int F(quick_unmap_groups)(struct ptf_pt *pt, unsigned int shape,
						   void *table, u64 va, u64 last)
{
	return ptf_quick_unmap(pt, shape, table, va, last, true);
}

#define PTF_QUICK_UNMAP(shape, at, pt, ...)						\
	case shape:									\
		*(at) = shape;								\
		return ptf_quick_unmap(pt, shape, __VA_ARGS__, false) ?:		\
		       ptf_has_groups(shape) ? F(quick_unmap_groups)(pt, shape, __VA_ARGS__) : 0;

/*
 * F(quick_unmap)() - unmap leaves of one size from one table
 * @pt: page table
 * @va: first VA
 * @last: last VA; the range is one that ptf_check_aligned() lets pass
 * @at: set to the shape of the table, if the result is not 0
 *
 * Context: as F(pt_unmap)().
 * Return: log2 of their size; 0 if something else is mapped, or nothing, or the
 * table would become empty; nothing was changed then.
 */
static __always_inline unsigned int F(quick_unmap)(struct ptf_pt *pt, u64 va, u64 last,
						   unsigned int *at)
{
	unsigned long table = F(quick_table)(pt, va);

	if (!table)
		return 0;
	switch (__builtin_expect(ptf_top_shape(table), 0)) {
	PTF_EACH_SHAPE(PTF_QUICK_UNMAP, at, pt, ptf_top_table(table), va, last)
	}
	return 0;
}

#endif /* PTF_QUICK_H */
