/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AMD IOMMU v1 host page tables.
 *
 * Source: AMD I/O Virtualization Technology (IOMMU) Specification (48882),
 * section 2.2.3: tables 14 and 15, figures of PDE and PTE.
 *
 * Up to six levels of 512 items of 8 bytes. An entry says itself, in Next
 * Level, what it is: a table of that mode (shape + 1 here), a leaf of the
 * level's own size (0), or a leaf of any other power of two, whose size is
 * coded in low address bits (7) and which stands in every item that it covers.
 * The root may grow while in use.
 */

#define PTF_FMT_SHAPES 6
#define PTF_FMT_MIN_TOP 2
/* Live replacement: until the invalidation the old entry or the new one is used. */
#define PTF_FMT_LIVE PTF_LIVE_HITLESS
#define PTF_FMT_FEATURES (PTF_FEAT_DYNAMIC_TOP | PTF_FEAT_DIRTY | PTF_FEAT_ENCRYPT)

/*
 * 512G leaves are left out for an erratum. The last table decodes VA 63:57 and holds
 * no leaves; a root is aligned to 4K (table 7, DTE bits 51:12).
 */
static const struct ptf_shape amdv1_shapes[] = {
	{ .level = 0, .va_lg2 = 12, .index_lg2 = 9, .item_lg2 = 3,
	  .leaf_sizes = GENMASK_ULL(20, 12) },
	{ .level = 1, .va_lg2 = 21, .index_lg2 = 9, .item_lg2 = 3,
	  .leaf_sizes = GENMASK_ULL(29, 21), .children = BIT(0) },
	{ .level = 2, .va_lg2 = 30, .index_lg2 = 9, .item_lg2 = 3,
	  .leaf_sizes = GENMASK_ULL(38, 30), .children = BIT(1) },
	{ .level = 3, .va_lg2 = 39, .index_lg2 = 9, .item_lg2 = 3,
	  .leaf_sizes = GENMASK_ULL(47, 40), .children = BIT(2) },
	{ .level = 4, .va_lg2 = 48, .index_lg2 = 9, .item_lg2 = 3,
	  .leaf_sizes = GENMASK_ULL(52, 48), .children = BIT(3) },
	{ .level = 5, .va_lg2 = 57, .index_lg2 = 7, .item_lg2 = 3, .align_lg2 = 12,
	  .children = BIT(4) },
};

#define AMDV1_PR	BIT_ULL(0)		/* present */
#define AMDV1_D		BIT_ULL(6)		/* dirty, section 2.2.7.3 */
#define AMDV1_NEXT	GENMASK_ULL(11, 9)	/* next level */
#define AMDV1_ADDR	GENMASK_ULL(51, 12)
#define AMDV1_FC	BIT_ULL(60)		/* force coherent: snoop */
#define AMDV1_IR	BIT_ULL(61)		/* read */
#define AMDV1_IW	BIT_ULL(62)		/* write */

#define AMDV1_NEXT_LEAF		0ULL		/* of the level's own size */
#define AMDV1_NEXT_SIZED	7ULL		/* size in the address */

static inline u64 amdv1_next(u64 entry)
{
	return (entry & AMDV1_NEXT) >> 9;
}

static inline enum ptf_kind amdv1_kind(unsigned int shape, u64 entry)
{
	u64 next = amdv1_next(entry);

	if (!(entry & AMDV1_PR))
		return PTF_EMPTY;
	/* 0 and 7, as the processor compares them best */
	return (next + 1) & 6 ? PTF_TABLE : PTF_LEAF;
}

/* Table 14: the lowest zero from bit 12 up, at bit p, means 2^(p + 1) bytes. */
static inline u64 amdv1_leaf(unsigned int shape, u64 oa, unsigned int size_lg2, u64 bits)
{
	if (size_lg2 == amdv1_shapes[shape].va_lg2)
		return oa | bits | AMDV1_NEXT_LEAF << 9;
	return (oa & ~((1ULL << size_lg2) - 1)) | (((1ULL << (size_lg2 - 1)) - 1) & AMDV1_ADDR) |
	       bits | AMDV1_NEXT_SIZED << 9;
}

static inline unsigned int amdv1_leaf_size(unsigned int shape, u64 entry)
{
	if (likely(amdv1_next(entry) == AMDV1_NEXT_LEAF))
		return amdv1_shapes[shape].va_lg2;
	return __ffs64(~(entry & AMDV1_ADDR) >> 12) + 12 + 1;
}

/* With the size code in its low bits, which all lie within the leaf */
static inline u64 amdv1_leaf_oa(unsigned int shape, u64 entry)
{
	return entry & AMDV1_ADDR;
}

static inline u64 amdv1_leaf_bits(unsigned int shape, u64 entry)
{
	return entry & ~(AMDV1_ADDR | AMDV1_NEXT);
}

/* Permissions are ANDed along the walk, so tables grant both. */
static inline u64 amdv1_table(unsigned int shape, unsigned int child, u64 pa)
{
	return pa | AMDV1_PR | (u64)shape << 9 | AMDV1_IR | AMDV1_IW;
}

static inline u64 amdv1_table_pa(unsigned int shape, u64 entry)
{
	return entry & AMDV1_ADDR;
}

#define PTF_HAVE_DIRTY
static inline bool amdv1_dirty(unsigned int shape, u64 entry)
{
	return entry & AMDV1_D;
}

static inline u64 amdv1_clean(unsigned int shape, u64 entry)
{
	return entry & ~AMDV1_D;
}

static inline int amdv1_encode_attrs(u32 features, const struct ptf_attrs *attrs, u64 *bits)
{
	if (attrs->flags & ~(PTF_READ | PTF_WRITE | PTF_COHERENT) || attrs->share ||
	    attrs->raw || (attrs->mem != PTF_MEM_DEFAULT && attrs->mem != PTF_MEM_WB))
		return -EOPNOTSUPP;
	*bits = AMDV1_PR | (attrs->flags & PTF_READ ? AMDV1_IR : 0) |
		(attrs->flags & PTF_WRITE ? AMDV1_IW : 0) |
		(attrs->flags & PTF_COHERENT ? AMDV1_FC : 0);
	return 0;
}

static inline void amdv1_decode_attrs(u32 features, u64 bits, struct ptf_attrs *attrs)
{
	attrs->flags = (bits & AMDV1_IR ? PTF_READ : 0) | (bits & AMDV1_IW ? PTF_WRITE : 0) |
		       (bits & AMDV1_FC ? PTF_COHERENT : 0);
}
