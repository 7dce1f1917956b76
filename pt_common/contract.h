/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between a format and the common code.
 *
 * A format is a header, formats/<fmt>.h, of constants and of pure functions
 * from value to value. It is included once per translation unit, with PTF_FMT
 * naming it; the common code then says F(kind)(...) for <fmt>_kind(...). This
 * file checks that each function is there and has the right type, and gives
 * the defaults of those that a format may leave out. Documentation/format.rst
 * explains them one by one.
 */
#ifndef PTF_CONTRACT_H
#define PTF_CONTRACT_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <ptforge/types.h>

/**
 * struct ptf_shape - one kind of table
 * @level: tables between it and the lowest, 0 for the lowest
 * @va_lg2: log2 of the VA bytes that one item covers
 * @index_lg2: log2 of the items in a table
 * @min_index_lg2: not 0 for a shape that is only a root and has no more items
 *	than the VA width needs, but so many at least
 * @item_lg2: log2 of the bytes of an item, 2 or 3
 * @align_lg2: log2 of a table's alignment; 0 if that is its size
 * @picks_size: an entry chooses the leaf size of the table below it, so that
 *	all leaves under one item have the same size
 * @children: bit n: entries may point to a table of shape n
 * @leaf_sizes: bit n: the table may hold leaves of 2^n bytes
 */
struct ptf_shape {
	u8 level;
	u8 va_lg2;
	u8 index_lg2;
	u8 min_index_lg2;
	u8 item_lg2;
	u8 align_lg2;
	bool picks_size;
	u16 children;
	u64 leaf_sizes;
};

/* PTF_FMT_HINTS: attributes that a caller of the DMA API implies but does not insist on */
#define PTF_HINT_MEM	BIT(0)	/* memory type: write back if coherent, device, else not cached */
#define PTF_HINT_PRIV	BIT(1)	/* privileged only */

#define PTF_PASTE_(a, b) a##b
#define PTF_PASTE(a, b) PTF_PASTE_(a, b)
#define PTF_STRING_(a) #a
#define PTF_STRING(a) PTF_STRING_(a)

/* F(kind) is <fmt>_kind */
#define F(name) PTF_PASTE(PTF_PASTE(PTF_FMT, _), name)

/* What hot loops call is inlined, whatever the compiler thinks of it. */
static __always_inline enum ptf_kind F(kind)(unsigned int shape, u64 entry);
static __always_inline unsigned int F(leaf_size)(unsigned int shape, u64 entry);

#include PTF_FMT_HEADER

/* Each mandatory function: absent is an undeclared name, mistyped an assertion. */
#define PTF_REQUIRE(name, type...)						\
	static_assert(__builtin_types_compatible_p(typeof(F(name)), type),	\
		      "wrong type: " PTF_STRING(F(name)))

PTF_REQUIRE(kind, enum ptf_kind(unsigned int shape, u64 entry));
PTF_REQUIRE(leaf, u64(unsigned int shape, u64 oa, unsigned int size_lg2, u64 bits));
PTF_REQUIRE(leaf_oa, u64(unsigned int shape, u64 entry));
PTF_REQUIRE(leaf_size, unsigned int(unsigned int shape, u64 entry));
PTF_REQUIRE(leaf_bits, u64(unsigned int shape, u64 entry));
PTF_REQUIRE(table, u64(unsigned int shape, unsigned int child, u64 pa));
PTF_REQUIRE(table_pa, u64(unsigned int shape, u64 entry));
PTF_REQUIRE(encode_attrs, int(u32 features, const struct ptf_attrs *attrs, u64 *bits));
PTF_REQUIRE(decode_attrs, void(u32 features, u64 bits, struct ptf_attrs *attrs));
static_assert(__builtin_types_compatible_p(typeof(F(shapes)[0]), const struct ptf_shape),
	      "wrong type: " PTF_STRING(F(shapes)));

static_assert(sizeof(F(shapes)) / sizeof(F(shapes)[0]) == PTF_FMT_SHAPES,
	      "PTF_FMT_SHAPES is not the length of " PTF_STRING(F(shapes)));

/* What a format may leave out, and what is then assumed. */

#ifndef PTF_FMT_FEATURES	/* PTF_FEAT_* that the format can be asked for */
#define PTF_FMT_FEATURES 0
#endif

#ifndef PTF_FMT_ALWAYS		/* those that every instance has, asked for or not */
#define PTF_FMT_ALWAYS 0
#endif

#ifndef PTF_FMT_MIN_TOP		/* lowest shape that can be the root */
#define PTF_FMT_MIN_TOP 0
#endif

#ifndef PTF_FMT_MAX_OA_LG2	/* widest OA that entries can hold */
#define PTF_FMT_MAX_OA_LG2 52
#endif

#ifndef PTF_FMT_MAX_TABLE_LG2	/* widest address of a table that entries can hold */
#define PTF_FMT_MAX_TABLE_LG2 64
#endif

#ifndef PTF_FMT_IMPLIED		/* permissions that the hardware cannot withhold */
#define PTF_FMT_IMPLIED 0
#endif

#ifndef PTF_FMT_HINTS		/* what else to make of the IOMMU core's protection bits */
#define PTF_FMT_HINTS 0
#endif

#ifndef PTF_FMT_SYNCED		/* software bit of a table entry: was cleaned */
#define PTF_FMT_SYNCED 0
#endif

#ifndef PTF_FMT_LIVE		/* live replacement: what all hardware of the format allows */
#define PTF_FMT_LIVE PTF_LIVE_BRACKET
#endif
static_assert(PTF_FMT_LIVE > PTF_LIVE_FORMAT && PTF_FMT_LIVE <= PTF_LIVE_REFUSE,
	      "PTF_FMT_LIVE is none of enum ptf_live");

#ifndef PTF_FMT_PICKS_SIZE	/* some shape has picks_size */
#define PTF_FMT_PICKS_SIZE 0
#endif

#ifndef PTF_HAVE_EMPTY		/* an item that maps nothing */
static inline u64 F(empty)(unsigned int shape)
{
	return 0;
}
#endif
PTF_REQUIRE(empty, u64(unsigned int shape));

#ifndef PTF_HAVE_NULL		/* a leaf that is valid but has no OA */
#define PTF_HAVE_NULL 0
static inline u64 F(null)(unsigned int shape, unsigned int size_lg2)
{
	return 0;
}
#endif
PTF_REQUIRE(null, u64(unsigned int shape, unsigned int size_lg2));
/* F(refine)() makes leaves with an OA alone. */
static_assert(!(PTF_HAVE_NULL && PTF_FMT_PICKS_SIZE), "null leaves where an entry picks a size");

#ifndef PTF_HAVE_CHILD		/* child shape of a table entry; and for a leaf size */
static inline unsigned int F(child)(unsigned int shape, u64 entry)
{
	return shape ? shape - 1 : 0;
}

static inline unsigned int F(child_for)(unsigned int shape, unsigned int size_lg2)
{
	return shape ? shape - 1 : 0;
}
#endif
PTF_REQUIRE(child, unsigned int(unsigned int shape, u64 entry));
PTF_REQUIRE(child_for, unsigned int(unsigned int shape, unsigned int size_lg2));

#ifndef PTF_HAVE_LINEAR		/* leaf() is linear in OA up to this power of two */
static inline unsigned int F(linear_lg2)(unsigned int shape)
{
	return 64;
}
#endif
PTF_REQUIRE(linear_lg2, unsigned int(unsigned int shape));

#ifndef PTF_HAVE_SIZES		/* leaf sizes that an OA width allows */
static inline u64 F(usable_sizes)(unsigned int oa_lg2)
{
	return ~0ULL;
}
#endif
PTF_REQUIRE(usable_sizes, u64(unsigned int oa_lg2));

#ifndef PTF_HAVE_DIRTY		/* did hardware write through this leaf; forget it */
static inline bool F(dirty)(unsigned int shape, u64 entry)
{
	return false;
}

static inline u64 F(clean)(unsigned int shape, u64 entry)
{
	return entry;
}
#endif
PTF_REQUIRE(dirty, bool(unsigned int shape, u64 entry));
PTF_REQUIRE(clean, u64(unsigned int shape, u64 entry));

#ifndef PTF_HAVE_ROOT		/* root shape for a VA width, or -errno */
static inline int F(root)(u32 features, unsigned int va_lg2)
{
	unsigned int shape;

	for (shape = PTF_FMT_MIN_TOP; shape < PTF_FMT_SHAPES; shape++)
		if (va_lg2 <= F(shapes)[shape].va_lg2 + F(shapes)[shape].index_lg2)
			return shape;
	return -ERANGE;
}
#endif
PTF_REQUIRE(root, int(u32 features, unsigned int va_lg2));

#endif /* PTF_CONTRACT_H */
