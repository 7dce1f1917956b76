/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walking: geometry of shapes, the way from an entry to its table, and the
 * stamp that turns one body per operation into one function per shape.
 *
 * An operation is a struct of its state and an __always_inline body
 *
 *	int ptf_<op>_body(struct ptf_<op> *op, unsigned int shape, void *table)
 *
 * that handles op->va up to the end of @table or of the operation, and goes
 * down by F(<op>)(op, child_shape, child). In each stamped copy the shape is a
 * constant, so that geometry and encoders fold away, and where a shape has one
 * kind of child the switch of F(<op>) folds into a direct call. Bodies return
 *
 *	PTF_MORE	this table is done, the operation is not
 *	PTF_DONE	the operation is done
 *	-errno		it stopped before op->va
 */
#ifndef PTF_WALK_H
#define PTF_WALK_H

#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include "contract.h"
#include "range.h"
#include "spares.h"
#include "store.h"

enum { PTF_MORE = 0, PTF_DONE = 1 };

#ifdef CONFIG_PTF_DEBUG
#define PTF_ASSERT(cond) WARN_ON_ONCE(!(cond))
#else
#define PTF_ASSERT(cond) ((void)sizeof(cond))
#endif

/* Stamping */

#define PTF_SHAPES_1(X, ...) X(0, __VA_ARGS__)
#define PTF_SHAPES_2(X, ...) PTF_SHAPES_1(X, __VA_ARGS__) X(1, __VA_ARGS__)
#define PTF_SHAPES_3(X, ...) PTF_SHAPES_2(X, __VA_ARGS__) X(2, __VA_ARGS__)
#define PTF_SHAPES_4(X, ...) PTF_SHAPES_3(X, __VA_ARGS__) X(3, __VA_ARGS__)
#define PTF_SHAPES_5(X, ...) PTF_SHAPES_4(X, __VA_ARGS__) X(4, __VA_ARGS__)
#define PTF_SHAPES_6(X, ...) PTF_SHAPES_5(X, __VA_ARGS__) X(5, __VA_ARGS__)
#define PTF_SHAPES_7(X, ...) PTF_SHAPES_6(X, __VA_ARGS__) X(6, __VA_ARGS__)
#define PTF_SHAPES_8(X, ...) PTF_SHAPES_7(X, __VA_ARGS__) X(7, __VA_ARGS__)
#define PTF_SHAPES_9(X, ...) PTF_SHAPES_8(X, __VA_ARGS__) X(8, __VA_ARGS__)
#define PTF_SHAPES_10(X, ...) PTF_SHAPES_9(X, __VA_ARGS__) X(9, __VA_ARGS__)
#define PTF_SHAPES_11(X, ...) PTF_SHAPES_10(X, __VA_ARGS__) X(10, __VA_ARGS__)
#define PTF_SHAPES_12(X, ...) PTF_SHAPES_11(X, __VA_ARGS__) X(11, __VA_ARGS__)
#define PTF_SHAPES_13(X, ...) PTF_SHAPES_12(X, __VA_ARGS__) X(12, __VA_ARGS__)
#define PTF_SHAPES_14(X, ...) PTF_SHAPES_13(X, __VA_ARGS__) X(13, __VA_ARGS__)
#define PTF_SHAPES_15(X, ...) PTF_SHAPES_14(X, __VA_ARGS__) X(14, __VA_ARGS__)
#define PTF_SHAPES_16(X, ...) PTF_SHAPES_15(X, __VA_ARGS__) X(15, __VA_ARGS__)

/* X(shape, ...) for each shape of the format, lowest first */
#define PTF_EACH_SHAPE(X, ...) PTF_PASTE(PTF_SHAPES_, PTF_FMT_SHAPES)(X, __VA_ARGS__)

#define PTF_STAMP_DECLARE(shape, op, type)						\
	static int PTF_PASTE(F(op##_), shape)(type *op, void *table);
#define PTF_STAMP_CASE(shape, op)							\
	case shape: return PTF_PASTE(F(op##_), shape)(op, table);
#define PTF_STAMP_DEFINE(shape, op, type, body, ...)					\
	static int __maybe_unused PTF_PASTE(F(op##_), shape)(type *op, void *table)	\
	{										\
		return body(op, shape, table, ##__VA_ARGS__);				\
	}

/* Before the body: declares F(op)(state, shape, table), which goes to a shape's copy. */
#define PTF_DECLARE_OP(op, type)							\
	PTF_EACH_SHAPE(PTF_STAMP_DECLARE, op, type)					\
	static __always_inline int F(op)(type *op, unsigned int shape, void *table)	\
	{										\
		switch (shape) {							\
		PTF_EACH_SHAPE(PTF_STAMP_CASE, op)					\
		}									\
		return -EINVAL;								\
	}

/* Likewise, but with one copy for all shapes, where size counts and speed does not. */
#define PTF_DECLARE_ONCE(op, type)							\
	static int F(op)(type *op, unsigned int shape, void *table);
#define PTF_DEFINE_ONCE(op, type, body, ...)						\
	static noinline int __maybe_unused F(op)(type *op, unsigned int shape,		\
						 void *table)				\
	{										\
		return body(op, shape, table, ##__VA_ARGS__);				\
	}

/* From the root, of whose shape the compiler is told just the limits */
#define PTF_WALK(op, state, top)							\
({											\
	unsigned int __shape = ptf_top_shape(top);					\
											\
	__shape >= PTF_FMT_MIN_TOP && __shape < PTF_FMT_SHAPES ?			\
		F(op)(state, __shape, ptf_top_table(top)) : -EINVAL;			\
})

/* After the body: stamps a copy per shape; more arguments follow the body's own. */
#define PTF_DEFINE_OP(op, type, body, ...)						\
	PTF_EACH_SHAPE(PTF_STAMP_DEFINE, op, type, body, ##__VA_ARGS__)

/* Geometry */

static __always_inline const struct ptf_shape *ptf_shape(unsigned int shape)
{
	return &F(shapes)[shape];
}

/* Whether leaves of @shape may have more than one size */
static __always_inline bool ptf_has_groups(unsigned int shape)
{
	return ptf_shape(shape)->leaf_sizes & (ptf_shape(shape)->leaf_sizes - 1);
}

/* Mask of the low @lg2 bits, for 0 to 64 */
static __always_inline u64 ptf_low(unsigned int lg2)
{
	return lg2 > 63 ? ~0ULL : (1ULL << lg2) - 1;
}

/* VA bits that a table decodes, with all below it */
static __always_inline unsigned int ptf_reach_lg2(unsigned int shape)
{
	return ptf_shape(shape)->va_lg2 + ptf_shape(shape)->index_lg2;
}

static __always_inline unsigned int ptf_index(unsigned int shape, u64 va)
{
	return (va >> ptf_shape(shape)->va_lg2) & ptf_low(ptf_shape(shape)->index_lg2);
}

/* Last VA of the item, of the table of @shape, that holds @va */
static __always_inline u64 ptf_item_last(unsigned int shape, u64 va)
{
	return va | ptf_low(ptf_shape(shape)->va_lg2);
}

static __always_inline u64 ptf_table_last(unsigned int shape, u64 va)
{
	return va | ptf_low(ptf_reach_lg2(shape));
}

static __always_inline unsigned int ptf_index_lg2(const struct ptf_pt *pt, unsigned int shape)
{
	const struct ptf_shape *s = ptf_shape(shape);

	if (!s->min_index_lg2)
		return s->index_lg2;
	return clamp_t(int, pt->va_lg2 - s->va_lg2, s->min_index_lg2, s->index_lg2);
}

static __always_inline unsigned int ptf_items(const struct ptf_pt *pt, unsigned int shape)
{
	return 1U << ptf_index_lg2(pt, shape);
}

/* log2 of the bytes of a table, and of its alignment */
static __always_inline unsigned int ptf_table_lg2(const struct ptf_pt *pt, unsigned int shape)
{
	return max_t(unsigned int, ptf_index_lg2(pt, shape) + ptf_shape(shape)->item_lg2,
		     ptf_shape(shape)->align_lg2);
}

/* Leaf sizes of 2^lg2 bytes, as a mask, that start at @va and end by @last */
static __always_inline u64 ptf_fitting(u64 sizes, u64 va, u64 last)
{
	u64 room = last - va + 1;

	sizes &= va ^ (va - 1);
	return room ? sizes & ptf_low(fls64(room)) : sizes;
}

/* Entries */

static __always_inline u64 ptf_entry(unsigned int shape, void *table, unsigned int index)
{
	return ptf_load(table, ptf_shape(shape)->item_lg2, index);
}

static __always_inline u64 ptf_encrypt_mask(const struct ptf_pt *pt)
{
	return PTF_FMT_FEATURES & PTF_FEAT_ENCRYPT ? pt->encrypt_mask : 0;
}

/* OA of the first byte of the leaf that @entry is an item of, encryption bit included */
static __always_inline u64 ptf_leaf_oa(unsigned int shape, u64 entry)
{
	return F(leaf_oa)(shape, entry) & ~ptf_low(F(leaf_size)(shape, entry));
}

/* Where the hardware finds a table */
static __always_inline u64 ptf_table_addr(const struct ptf_pt *pt, void *table)
{
	return ptf_mirrored(pt) ? ptf_mirror_of(table)->device.addr : virt_to_phys(table);
}

/* The table that @entry, item @index of @table, points to */
static __always_inline void *ptf_child(const struct ptf_pt *pt, unsigned int shape,
				       void *table, unsigned int index, u64 entry)
{
	if (ptf_mirrored(pt))
		return READ_ONCE(ptf_mirror_of(table)->child[index]);
	return phys_to_virt(F(table_pa)(shape, entry) & ~ptf_encrypt_mask(pt));
}

/* Likewise, with the shape of that table in @child */
static __always_inline void *ptf_lower(const struct ptf_pt *pt, unsigned int shape, void *table,
				       unsigned int index, u64 entry, unsigned int *child)
{
	void *lower;

	/* Who links a table stores where it is, then the entry. */
	if (ptf_mirrored(pt))
		smp_rmb(); /* pairs with the smp_wmb() before the entry's store */
	lower = ptf_child(pt, shape, table, index, entry);
	/* An updater may be between the store of the child and that of the entry. */
	*child = ptf_mirrored(pt) ? ptf_mirror_of(lower)->shape : F(child)(shape, entry);
	return lower;
}

/* The entry that makes item @index of @table point to @lower */
static __always_inline u64 ptf_table_entry(const struct ptf_pt *pt, unsigned int shape,
					   void *table, unsigned int index, unsigned int child,
					   void *lower)
{
	if (ptf_mirrored(pt))
		WRITE_ONCE(ptf_mirror_of(table)->child[index], lower);
	return F(table)(shape, child, ptf_table_addr(pt, lower) | ptf_encrypt_mask(pt));
}

static __always_inline void ptf_run(struct ptf_pt *pt, unsigned int shape, void *table,
				    unsigned int index, unsigned int count,
				    u64 first, u64 step, unsigned int repeat_lg2)
{
	PTF_ASSERT(index + (count << repeat_lg2) <= ptf_items(pt, shape));
	ptf_store_run(pt, table, ptf_shape(shape)->item_lg2, index, count, first, step,
		      repeat_lg2);
}

static __always_inline void ptf_clear(struct ptf_pt *pt, unsigned int shape, void *table,
				      unsigned int index, unsigned int count)
{
	ptf_run(pt, shape, table, index, count, F(empty)(shape), 0, 0);
}

/* Tables */

/**
 * struct ptf_supply - where an operation gets its tables
 * @gfp: how to allocate
 * @reserve: to take them from instead; NULL to allocate
 */
struct ptf_supply {
	gfp_t gfp;
	struct ptf_reserve *reserve;
};

/* Make a table that was just allocated one of @shape. */
static noinline int F(table_init)(struct ptf_pt *pt, unsigned int shape, void *table)
{
	unsigned int items = ptf_items(pt, shape);

	if ((ptf_table_addr(pt, table) + (1UL << ptf_table_lg2(pt, shape)) - 1) &
	    ~ptf_low(pt->table_lg2))
		return -ERANGE;
	if (ptf_mirrored(pt)) {
		ptf_mirror_of(table)->shape = shape;
		ptf_mirror_of(table)->items = items;
		ptf_mirror_of(table)->item_lg2 = ptf_shape(shape)->item_lg2;
	}
	ptf_side(pt, table)->shape = shape;
	if (F(empty)(shape))
		ptf_store_items(table, ptf_shape(shape)->item_lg2, items, F(empty)(shape), 0, 0);
	/* A mirrored table is stored once it is needed, by ptf_table_new(). */
	if (!ptf_mirrored(pt))
		ptf_stored(pt, table, ptf_shape(shape)->item_lg2, 0, items, F(empty)(shape), 0, 0);
	return 0;
}

/* Tables from the allocator, all empty and not linked; an error, and none, on failure */
static noinline int F(tables_alloc)(struct ptf_pt *pt, unsigned int shape, gfp_t gfp,
				    unsigned int count, void **tables)
{
	unsigned int children = ptf_shape(shape)->children ? ptf_items(pt, shape) : 0, got, i;
	int rc;

	got = ptf_tables_alloc(pt, 1UL << ptf_table_lg2(pt, shape), children, gfp, count, tables);
	rc = got < count ? -ENOMEM : 0;
	for (i = 0; !rc && i < got; i++)
		rc = F(table_init)(pt, shape, tables[i]);
	for (i = 0; rc && i < got; i++)
		ptf_table_free(pt, tables[i]);
	return rc;
}

/* A dirty spare becomes a table again. Its shape is as before, so this does not fail. */
static noinline void F(spare_clear)(struct ptf_pt *pt, unsigned int shape, void *table)
{
	struct ptf_side *side = ptf_side(pt, table);

	ptf_zero_table(table, 1UL << ptf_table_lg2(pt, shape));
	*side = (struct ptf_side){ .next = side->next };
	F(table_init)(pt, shape, table);
}

/* One table, all empty and not linked; or an error */
static noinline void *F(table_alloc)(struct ptf_pt *pt, unsigned int shape, gfp_t gfp)
{
	struct ptf_side *side;
	void *table = NULL;
	int rc;

	if (READ_ONCE(pt->spares.tables[shape]) && ptf_spares_lock(pt)) {
		side = ptf_spare_take(pt, shape, &table);
		ptf_spares_unlock(pt);
		if (side && side->dirty)
			F(spare_clear)(pt, shape, table);
		if (side)
			return table;
	}
	rc = F(tables_alloc)(pt, shape, gfp, 1, &table);
	return rc ? ERR_PTR(rc) : table;
}

/* The empty @table is about to be linked. */
static __always_inline void ptf_table_new(struct ptf_pt *pt, unsigned int shape, void *table)
{
	if (ptf_mirrored(pt)) {
		ptf_mirror_of(table)->fresh = true;
		ptf_stored(pt, table, ptf_shape(shape)->item_lg2, 0, ptf_items(pt, shape),
			   F(empty)(shape), 0, 0);
	}
}

/* A table set aside; NULL if there is none */
static __always_inline void *ptf_reserve_pop(struct ptf_pt *pt, struct ptf_reserve *reserve,
					     unsigned int shape)
{
	void *table = reserve->tables[shape];

	if (table) {
		reserve->tables[shape] = ptf_side(pt, table)->next;
		ptf_side(pt, table)->next = NULL;
		reserve->left[shape]--;
	}
	return table;
}

static __always_inline void *ptf_table_get(struct ptf_pt *pt, struct ptf_supply *supply,
					   unsigned int shape)
{
	void *table;

	if (!supply->reserve) {
		table = F(table_alloc)(pt, shape, supply->gfp);
		if (IS_ERR(table))
			return table;
	} else {
		table = ptf_reserve_pop(pt, supply->reserve, shape);
		if (!table)
			return ERR_PTR(-ENOMEM);
	}
	ptf_table_new(pt, shape, table);
	return table;
}

/*
 * Counted tables: where there is one updater at a time, struct ptf_side says how
 * many items of a table are in use, and how many point to it.
 */

static __always_inline bool ptf_counted(const struct ptf_pt *pt)
{
	return PTF_FOR_GPU && !(pt->features & PTF_FEAT_PARALLEL);
}

/* So many items more of @table are in use. */
static __always_inline void ptf_live(struct ptf_pt *pt, void *table, int items)
{
	if (ptf_counted(pt) && items)
		ptf_side(pt, table)->live += items;
}

/* How many are, if that is counted; else none */
static __always_inline unsigned int ptf_lives(struct ptf_pt *pt, void *table)
{
	return ptf_counted(pt) ? ptf_side(pt, table)->live : 0;
}

/* Whether a table is counted and nothing is in it */
static __always_inline bool ptf_unused(struct ptf_pt *pt, void *table)
{
	return ptf_counted(pt) && !ptf_side(pt, table)->live;
}

/* Whether more than one item points to @table */
static __always_inline bool ptf_is_shared(struct ptf_pt *pt, void *table)
{
	return ptf_counted(pt) && unlikely(pt->shares) && ptf_side(pt, table)->refs;
}

/* So many items more point to @table. */
static __always_inline void ptf_ref(struct ptf_pt *pt, void *table, unsigned int items)
{
	struct ptf_side *side = ptf_side(pt, table);
	u32 before = side->refs + 1;

	if (ptf_mirrored(pt))
		ptf_mirror_touch(pt, table);
	if (before < 2 && before + items > 1)
		pt->shares++;
	side->refs += items;
}

/* One item less points to @table; returns whether another one does. */
static __always_inline bool ptf_unref(struct ptf_pt *pt, void *table)
{
	struct ptf_side *side;

	if (!ptf_is_shared(pt, table))
		return false;
	if (ptf_mirrored(pt))
		ptf_mirror_touch(pt, table);
	side = ptf_side(pt, table);
	if (!--side->refs)
		pt->shares--;
	return true;
}

/* Give back a table that was never linked and is all empty. */
static __always_inline void ptf_table_put(struct ptf_pt *pt, struct ptf_supply *supply,
					  unsigned int shape, void *table)
{
	struct ptf_reserve *reserve = supply->reserve;

	if (!reserve) {
		ptf_table_free(pt, table);
		return;
	}
	reserve->tables[shape] = ptf_link_table(pt, table, reserve->tables[shape]);
	reserve->left[shape]++;
}

/* Changes */

static __always_inline void ptf_changed(struct ptf_change *change, u64 va, u64 last)
{
	if (ptf_change_empty(change)) {
		change->flush.start = va;
		change->flush.last = last;
		change->flush.min_size_lg2 = 64;
	} else {
		change->flush.start = min(change->flush.start, va);
		change->flush.last = max(change->flush.last, last);
	}
}

static __always_inline void ptf_changed_leaves(struct ptf_change *change, unsigned int shape,
					       u64 va, u64 last, unsigned int size_lg2)
{
	ptf_changed(change, va, last);
	change->flush.leaf_levels |= BIT(ptf_shape(shape)->level);
	change->flush.min_size_lg2 = min_t(u8, change->flush.min_size_lg2, size_lg2);
}

#endif /* PTF_WALK_H */
