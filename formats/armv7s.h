/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ARMv7-A short descriptors: CPUs, and the IOMMUs that took them over.
 *
 * Source: Arm Architecture Reference Manual, ARMv7-A and ARMv7-R edition (DDI
 * 0406), B3.5.1 descriptors, B3.7.1 access permissions, B3.8.2 memory types.
 *
 * Two levels of 4-byte items: a root of 1M sections and tables of 4K pages, whose
 * 1K share a page of memory. The value of a 64K large page and of a 16M
 * supersection stands unchanged in all 16 items that it covers.
 *
 * 32 bits of VA and OA: with TTBCR.N = 32 - VA width, at most 7, the root has
 * 16K >> N bytes. OA 39:32, which a supersection can hold, is not used: a page or
 * section of the same memory could not be mapped. Domain is 0, and so are NS, PXN
 * and the implementation-defined bits.
 *
 * AP[0] is always set: it is the access flag where SCTLR.AFE is set, and where
 * it is not, AP[2:1] then means the same.
 */

/* Live replacement: not without a break (B3.10.1). */
#define PTF_FMT_LIVE PTF_LIVE_BRACKET
#define PTF_FMT_SHAPES 2
#define PTF_FMT_MIN_TOP 1
#define PTF_FMT_MAX_OA_LG2 32
#define PTF_FMT_IMPLIED PTF_READ	/* there is no write-only page */
#define PTF_FMT_HINTS (PTF_HINT_MEM | PTF_HINT_PRIV)

static const struct ptf_shape armv7s_shapes[] = {
	{ .level = 0, .va_lg2 = 12, .index_lg2 = 8, .item_lg2 = 2,
	  .leaf_sizes = BIT_ULL(12) | BIT_ULL(16) },
	{ .level = 1, .va_lg2 = 20, .index_lg2 = 12, .min_index_lg2 = 5, .item_lg2 = 2,
	  .leaf_sizes = BIT_ULL(20) | BIT_ULL(24), .children = BIT(0) },
};

/* Bits 1:0, the type. Small page and section use bit 1; bit 0 is then XN or PXN. */
#define ARMV7S_TYPE	GENMASK_ULL(1, 0)
#define ARMV7S_TABLE	BIT_ULL(0)		/* first level */
#define ARMV7S_LARGE	BIT_ULL(0)		/* second level: large page */
#define ARMV7S_LEAF	BIT_ULL(1)		/* small page, section or supersection */

/* A small page: attributes are kept in this form. */
#define ARMV7S_XN	BIT_ULL(0)
#define ARMV7S_B	BIT_ULL(2)
#define ARMV7S_C	BIT_ULL(3)
#define ARMV7S_AF	BIT_ULL(4)		/* AP[0] */
#define ARMV7S_AP_USER	BIT_ULL(5)		/* AP[1] */
#define ARMV7S_TEX	GENMASK_ULL(8, 6)
#define ARMV7S_AP_RDONLY BIT_ULL(9)		/* AP[2] */
#define ARMV7S_S	BIT_ULL(10)
#define ARMV7S_NG	BIT_ULL(11)

/* A large page has TEX six bits higher, a section all from nG to AP[0]. */
#define ARMV7S_LARGE_XN	BIT_ULL(15)
#define ARMV7S_SECTION_XN BIT_ULL(4)
#define ARMV7S_UP	GENMASK_ULL(11, 4)
#define ARMV7S_SUPER	BIT_ULL(18)

/* TEX[2:0], C, B without TEX remap; io-pgtable-arm-v7s remaps all but WT to the same */
#define ARMV7S_MEM_DEV	0x01	/* shareable device */
#define ARMV7S_MEM_WT	0x02
#define ARMV7S_MEM_NC	0x04
#define ARMV7S_MEM_WB	0x07	/* write-allocate */

static inline enum ptf_kind armv7s_kind(unsigned int shape, u64 entry)
{
	if (!(entry & ARMV7S_TYPE))
		return PTF_EMPTY;
	return shape && (entry & ARMV7S_TYPE) == ARMV7S_TABLE ? PTF_TABLE : PTF_LEAF;
}

static inline u64 armv7s_leaf(unsigned int shape, u64 oa, unsigned int size_lg2, u64 bits)
{
	u64 addr = oa & ~((1ULL << size_lg2) - 1);

	if (shape)
		return addr | (bits & ~(ARMV7S_XN | ARMV7S_UP)) | (bits & ARMV7S_UP) << 6 |
		       (bits & ARMV7S_XN ? ARMV7S_SECTION_XN : 0) |
		       (size_lg2 == 24 ? ARMV7S_SUPER : 0);
	if (size_lg2 == 12)
		return addr | bits;
	return addr | (bits & ~(ARMV7S_XN | ARMV7S_LEAF | ARMV7S_TEX)) |
	       (bits & ARMV7S_TEX) << 6 | (bits & ARMV7S_XN ? ARMV7S_LARGE_XN : 0) | ARMV7S_LARGE;
}

static inline unsigned int armv7s_leaf_size(unsigned int shape, u64 entry)
{
	if (shape)
		return entry & ARMV7S_SUPER ? 24 : 20;
	return entry & ARMV7S_LEAF ? 12 : 16;
}

/* Of a large page with TEX and XN in it, which lie within the page */
static inline u64 armv7s_leaf_oa(unsigned int shape, u64 entry)
{
	return entry & (shape ? GENMASK_ULL(31, 20) : GENMASK_ULL(31, 12));
}

static inline u64 armv7s_leaf_bits(unsigned int shape, u64 entry)
{
	u64 cached = entry & (ARMV7S_C | ARMV7S_B);

	if (shape)
		return ARMV7S_LEAF | cached | (entry >> 6 & ARMV7S_UP) |
		       (entry & ARMV7S_SECTION_XN ? ARMV7S_XN : 0);
	if (entry & ARMV7S_LEAF)
		return entry & ~GENMASK_ULL(31, 12);
	return ARMV7S_LEAF | cached | (entry & ARMV7S_UP & ~ARMV7S_TEX) |
	       (entry >> 6 & ARMV7S_TEX) | (entry & ARMV7S_LARGE_XN ? ARMV7S_XN : 0);
}

static inline u64 armv7s_table(unsigned int shape, unsigned int child, u64 pa)
{
	return pa | ARMV7S_TABLE;
}

static inline u64 armv7s_table_pa(unsigned int shape, u64 entry)
{
	return entry & GENMASK_ULL(31, 10);
}

static inline int armv7s_encode_attrs(u32 features, const struct ptf_attrs *attrs, u64 *bits)
{
	static const u8 mem_of[] = {
		[PTF_MEM_DEFAULT] = ARMV7S_MEM_WB, [PTF_MEM_WB] = ARMV7S_MEM_WB,
		[PTF_MEM_WT] = ARMV7S_MEM_WT, [PTF_MEM_NC] = ARMV7S_MEM_NC,
		[PTF_MEM_DEVICE] = ARMV7S_MEM_DEV,
	};
	unsigned int mem = attrs->mem == PTF_MEM_INDEX ? attrs->mem_index : mem_of[attrs->mem];

	if (!(attrs->flags & PTF_READ) || attrs->flags & PTF_COHERENT ||
	    attrs->share == PTF_SHARE_INNER || attrs->raw)
		return -EOPNOTSUPP;
	if (mem > 31)
		return -EINVAL;
	*bits = ARMV7S_LEAF | ARMV7S_AF | (u64)(mem & 3) << 2 | (u64)(mem >> 2) << 6 |
		(attrs->flags & PTF_PRIV ? 0 : ARMV7S_AP_USER) |
		(attrs->flags & PTF_WRITE ? 0 : ARMV7S_AP_RDONLY) |
		(attrs->flags & PTF_GLOBAL ? 0 : ARMV7S_NG) |
		(attrs->flags & PTF_NOEXEC ? ARMV7S_XN : 0) |
		(attrs->share == PTF_SHARE_NONE ? 0 : ARMV7S_S);
	return 0;
}

static inline void armv7s_decode_attrs(u32 features, u64 bits, struct ptf_attrs *attrs)
{
	attrs->flags = PTF_READ | (bits & ARMV7S_AP_RDONLY ? 0 : PTF_WRITE) |
		       (bits & ARMV7S_AP_USER ? 0 : PTF_PRIV) |
		       (bits & ARMV7S_NG ? 0 : PTF_GLOBAL) |
		       (bits & ARMV7S_XN ? PTF_NOEXEC : 0);
	attrs->mem = PTF_MEM_INDEX;
	attrs->mem_index = (bits & (ARMV7S_C | ARMV7S_B)) >> 2 | (bits & ARMV7S_TEX) >> 4;
	attrs->share = bits & ARMV7S_S ? PTF_SHARE_OUTER : PTF_SHARE_NONE;
}
