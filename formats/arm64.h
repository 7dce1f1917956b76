/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ARMv8-A VMSAv8-64, stage 1: CPUs, SMMUs, Mali GPUs in AArch64 mode.
 *
 * Source: Arm Architecture Reference Manual (DDI 0487), chapter D8: descriptor
 * formats D8.3, memory attributes and permissions D8.4 and D8.5, the
 * Contiguous bit D8.7.1, hardware management of dirty state D8.4.6.
 *
 * ARM64_GRANULE_LG2 is 12, 14 or 16: a table is one granule of 8-byte items.
 * Shape n is the Arm level 3 - n. With the 64K granule, OA[51:48] is at 15:12.
 * Software must break before make where it changes the size of a live mapping
 * (D8.16.1), unless the hardware has FEAT_BBM.
 */

#define PTF_FMT_MIN_TOP 1
#define PTF_FMT_FEATURES (PTF_FEAT_DIRTY | PTF_FEAT_ENCRYPT)
#define PTF_FMT_IMPLIED PTF_READ	/* stage 1 has no write-only page */
#define PTF_FMT_HINTS (PTF_HINT_MEM | PTF_HINT_PRIV)
#define PTF_FMT_SYNCED BIT_ULL(55)	/* ignored by hardware in a table descriptor */

/* Leaf sizes of a block or page, and of the group that the Contiguous bit makes of them */
#define ARM64_SHAPE(n, index, contig)						\
	{ .level = n, .va_lg2 = ARM64_GRANULE_LG2 + n * (ARM64_GRANULE_LG2 - 3),	\
	  .index_lg2 = index, .item_lg2 = 3, .children = n ? BIT(n) >> 1 : 0,	\
	  .leaf_sizes = contig }

#if ARM64_GRANULE_LG2 == 12
#define PTF_FMT_SHAPES 4
#define PTF_FMT_MAX_OA_LG2 48
#define ARM64_SHAPES								\
	ARM64_SHAPE(0, 9, BIT_ULL(12) | BIT_ULL(16)),				\
	ARM64_SHAPE(1, 9, BIT_ULL(21) | BIT_ULL(25)),				\
	ARM64_SHAPE(2, 9, BIT_ULL(30) | BIT_ULL(34)),				\
	ARM64_SHAPE(3, 9, 0)
#elif ARM64_GRANULE_LG2 == 14
#define PTF_FMT_SHAPES 4
#define PTF_FMT_MAX_OA_LG2 48
#define ARM64_SHAPES								\
	ARM64_SHAPE(0, 11, BIT_ULL(14) | BIT_ULL(21)),				\
	ARM64_SHAPE(1, 11, BIT_ULL(25) | BIT_ULL(30)),				\
	ARM64_SHAPE(2, 11, 0),							\
	ARM64_SHAPE(3, 1, 0)
#elif ARM64_GRANULE_LG2 == 16
#define PTF_FMT_SHAPES 3
#define PTF_FMT_MAX_OA_LG2 52
#define ARM64_SHAPES								\
	ARM64_SHAPE(0, 13, BIT_ULL(16) | BIT_ULL(21)),				\
	ARM64_SHAPE(1, 13, BIT_ULL(29) | BIT_ULL(34)),				\
	ARM64_SHAPE(2, 10, BIT_ULL(42))
#endif

static const struct ptf_shape F(shapes)[] = { ARM64_SHAPES };

#define ARM64_VALID	BIT_ULL(0)		/* D8.3 */
#define ARM64_TABLE	BIT_ULL(1)		/* table, or page at the lowest level */
#define ARM64_ATTR_INDEX GENMASK_ULL(4, 2)	/* into MAIR */
#define ARM64_NS	BIT_ULL(5)
#define ARM64_AP_EL0	BIT_ULL(6)		/* AP[1] */
#define ARM64_AP_RDONLY	BIT_ULL(7)		/* AP[2] */
#define ARM64_SH	GENMASK_ULL(9, 8)
#define ARM64_AF	BIT_ULL(10)
#define ARM64_NG	BIT_ULL(11)
#define ARM64_ADDR	GENMASK_ULL(47, ARM64_GRANULE_LG2)
#define ARM64_ADDR_HIGH	(ARM64_GRANULE_LG2 == 16 ? GENMASK_ULL(15, 12) : 0)	/* OA 51:48 */
#define ARM64_DBM	BIT_ULL(51)		/* with AP[2]: writable, clean */
#define ARM64_CONT	BIT_ULL(52)
#define ARM64_XN	GENMASK_ULL(54, 53)	/* PXN and UXN */
#define ARM64_SOFT	GENMASK_ULL(58, 55)	/* ignored by hardware */

/* Indices of MAIR 0x..f404ff44, the attributes that io-pgtable-arm programs too */
#define ARM64_INDEX_NC	0	/* 0x44 */
#define ARM64_INDEX_WB	1	/* 0xff */
#define ARM64_INDEX_DEV	2	/* 0x04 */

static inline u64 F(addr_bits)(u64 addr)
{
	return (addr & ARM64_ADDR) | (addr >> 36 & ARM64_ADDR_HIGH);
}

static inline u64 F(addr)(u64 entry)
{
	return (entry & ARM64_ADDR) | (entry & ARM64_ADDR_HIGH) << 36;
}

static inline enum ptf_kind F(kind)(unsigned int shape, u64 entry)
{
	if (!(entry & ARM64_VALID))
		return PTF_EMPTY;
	return shape && entry & ARM64_TABLE ? PTF_TABLE : PTF_LEAF;
}

/* Each item of a contiguous group has its own OA. */
static inline u64 F(leaf)(unsigned int shape, u64 oa, unsigned int size_lg2, u64 bits)
{
	return F(addr_bits)(oa) | bits | (shape ? 0 : ARM64_TABLE) |
	       (size_lg2 == F(shapes)[shape].va_lg2 ? 0 : ARM64_CONT);
}

static inline unsigned int F(leaf_size)(unsigned int shape, u64 entry)
{
	u64 sizes = F(shapes)[shape].leaf_sizes;

	return entry & ARM64_CONT ? fls64(sizes) - 1 : __ffs64(sizes);
}

static inline u64 F(leaf_oa)(unsigned int shape, u64 entry)
{
	return F(addr)(entry);
}

static inline u64 F(leaf_bits)(unsigned int shape, u64 entry)
{
	return entry & ~(ARM64_ADDR | ARM64_ADDR_HIGH | ARM64_TABLE | ARM64_CONT);
}

static inline u64 F(table)(unsigned int shape, unsigned int child, u64 pa)
{
	return F(addr_bits)(pa) | ARM64_VALID | ARM64_TABLE;
}

static inline u64 F(table_pa)(unsigned int shape, u64 entry)
{
	return F(addr)(entry);
}

#if ARM64_GRANULE_LG2 == 16
#define PTF_HAVE_LINEAR
static inline unsigned int F(linear_lg2)(unsigned int shape)
{
	return 48;
}

/* 4T blocks only where OA has 52 bits (D8.3.1.1) */
#define PTF_HAVE_SIZES
static inline u64 F(usable_sizes)(unsigned int oa_lg2)
{
	return oa_lg2 > 48 ? ~0ULL : ~BIT_ULL(42);
}
#endif

/* D8.4.6: hardware makes a writable-clean leaf writable by clearing AP[2]. */
#define PTF_HAVE_DIRTY
static inline bool F(dirty)(unsigned int shape, u64 entry)
{
	return entry & ARM64_DBM && !(entry & ARM64_AP_RDONLY);
}

static inline u64 F(clean)(unsigned int shape, u64 entry)
{
	return entry | ARM64_AP_RDONLY;
}

static inline int F(encode_attrs)(u32 features, const struct ptf_attrs *attrs, u64 *bits)
{
	static const u8 share_of[] = {
		[PTF_SHARE_NONE] = 0, [PTF_SHARE_OUTER] = 2, [PTF_SHARE_INNER] = 3,
	};
	unsigned int index = attrs->mem_index, share;
	bool track = features & PTF_FEAT_DIRTY && attrs->flags & PTF_WRITE;

	if (!(attrs->flags & PTF_READ) || attrs->flags & PTF_COHERENT ||
	    attrs->mem == PTF_MEM_WT || attrs->raw & ~(ARM64_SOFT | ARM64_NS))
		return -EOPNOTSUPP;
	if (attrs->mem != PTF_MEM_INDEX)
		index = attrs->mem == PTF_MEM_NC ? ARM64_INDEX_NC :
			attrs->mem == PTF_MEM_DEVICE ? ARM64_INDEX_DEV : ARM64_INDEX_WB;
	if (index > 7)
		return -EINVAL;
	if (attrs->share)
		share = share_of[attrs->share];
	else	/* what is not cached is coherent for all observers */
		share = attrs->mem == PTF_MEM_NC || attrs->mem == PTF_MEM_DEVICE ? 2 : 3;
	*bits = ARM64_VALID | (u64)index << 2 | (u64)share << 8 | ARM64_AF | attrs->raw |
		(attrs->flags & PTF_PRIV ? 0 : ARM64_AP_EL0) |
		(attrs->flags & PTF_WRITE && !track ? 0 : ARM64_AP_RDONLY) |
		(track ? ARM64_DBM : 0) |
		(attrs->flags & PTF_GLOBAL ? 0 : ARM64_NG) |
		(attrs->flags & PTF_NOEXEC ? ARM64_XN : 0);
	return 0;
}

static inline void F(decode_attrs)(u32 features, u64 bits, struct ptf_attrs *attrs)
{
	static const u8 share_of[] = {
		PTF_SHARE_NONE, PTF_SHARE_DEFAULT, PTF_SHARE_OUTER, PTF_SHARE_INNER,
	};

	attrs->flags = PTF_READ |
		       (bits & ARM64_AP_RDONLY && !(bits & ARM64_DBM) ? 0 : PTF_WRITE) |
		       (bits & ARM64_AP_EL0 ? 0 : PTF_PRIV) |
		       (bits & ARM64_NG ? 0 : PTF_GLOBAL) | (bits & ARM64_XN ? PTF_NOEXEC : 0);
	attrs->mem = PTF_MEM_INDEX;
	attrs->mem_index = (bits & ARM64_ATTR_INDEX) >> 2;
	attrs->share = share_of[(bits & ARM64_SH) >> 8];
	attrs->raw = bits & (ARM64_SOFT | ARM64_NS);
}
