/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ARMv8-A VMSAv8-64 descriptors: what stage 1 (arm64.h) and stage 2
 * (arm64_s2.h) have in common.
 *
 * Source: Arm Architecture Reference Manual (DDI 0487), chapter D8: descriptor
 * formats D8.3, the Contiguous bit D8.7.1.
 *
 * The includer defines ARM64_GRANULE_LG2, 12, 14 or 16, and ARM64_SHAPES. A
 * table is one granule of 8-byte items.
 * Level n here is the Arm level 3 - n. Shape n is the ordinary table of level n,
 * further ones are roots. With the 64K granule, OA[51:48] is at 15:12.
 */

/*
 * Live replacement: software must break before make where it changes the size or the
 * OA of a live mapping (D8.16.1). With FEAT_BBM level 2 a change of size needs no
 * break: whose hardware has it says PTF_LIVE_HITLESS.
 */
#define PTF_FMT_LIVE PTF_LIVE_BRACKET

#define PTF_FMT_SYNCED BIT_ULL(55)	/* ignored by hardware in a table descriptor */

/* By level, the size of a block or page, and of the group that the Contiguous bit makes */
#if ARM64_GRANULE_LG2 == 12
#define PTF_FMT_MAX_OA_LG2 48
#define ARM64_SIZES_0 (BIT_ULL(12) | BIT_ULL(16))
#define ARM64_SIZES_1 (BIT_ULL(21) | BIT_ULL(25))
#define ARM64_SIZES_2 (BIT_ULL(30) | BIT_ULL(34))
#elif ARM64_GRANULE_LG2 == 14
#define PTF_FMT_MAX_OA_LG2 48
#define ARM64_SIZES_0 (BIT_ULL(14) | BIT_ULL(21))
#define ARM64_SIZES_1 (BIT_ULL(25) | BIT_ULL(30))
#define ARM64_SIZES_2 0
#elif ARM64_GRANULE_LG2 == 16
#define PTF_FMT_MAX_OA_LG2 52
#define ARM64_SIZES_0 (BIT_ULL(16) | BIT_ULL(21))
#define ARM64_SIZES_1 (BIT_ULL(29) | BIT_ULL(34))
#define ARM64_SIZES_2 BIT_ULL(42)
#endif
#define ARM64_SIZES_3 0

#define ARM64_INDEX_LG2 (ARM64_GRANULE_LG2 - 3)

/* A table of level @n with 2^@index items */
#define ARM64_SHAPE(n, index) ARM64_ROOT(n, index, 0)

/* A root that has no more of them than it needs, but 2^@min */
#define ARM64_ROOT(n, index, min)						\
	{ .level = n, .va_lg2 = ARM64_GRANULE_LG2 + n * ARM64_INDEX_LG2,	\
	  .index_lg2 = index, .min_index_lg2 = min, .item_lg2 = 3,		\
	  .children = BIT(n) >> 1, .leaf_sizes = ARM64_SIZES_##n }

static const struct ptf_shape F(shapes)[] = { ARM64_SHAPES };

#define ARM64_VALID	BIT_ULL(0)		/* D8.3 */
#define ARM64_TABLE	BIT_ULL(1)		/* table, or page at the lowest level */
#define ARM64_SH	GENMASK_ULL(9, 8)
#define ARM64_AF	BIT_ULL(10)
#define ARM64_ADDR	GENMASK_ULL(47, ARM64_GRANULE_LG2)
#define ARM64_ADDR_HIGH	(ARM64_GRANULE_LG2 == 16 ? GENMASK_ULL(15, 12) : 0)	/* OA 51:48 */
#define ARM64_DBM	BIT_ULL(51)		/* with a read-only leaf: writable, clean */
#define ARM64_CONT	BIT_ULL(52)
#define ARM64_SOFT	GENMASK_ULL(58, 55)	/* ignored by hardware */

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

/* Shareability as a field; by default all that may be cached is inner shareable. */
static inline u64 F(share_bits)(unsigned int share, bool cached)
{
	static const u8 field[] = {
		[PTF_SHARE_NONE] = 0, [PTF_SHARE_OUTER] = 2, [PTF_SHARE_INNER] = 3,
	};

	/* What is not cached is coherent for all observers. */
	return (u64)(share ? field[share] : cached ? 3 : 2) << 8;
}

static inline unsigned int F(share)(u64 bits)
{
	static const u8 share_of[] = {
		PTF_SHARE_NONE, PTF_SHARE_DEFAULT, PTF_SHARE_OUTER, PTF_SHARE_INNER,
	};

	return share_of[(bits & ARM64_SH) >> 8];
}
