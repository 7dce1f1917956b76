/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PowerVR Rogue GPUs.
 *
 * Source: the tables of page catalogue, directory and table entries in Linux'
 * pvr_rogue_mmu_defs.h (Imagination's register definitions); "PC", "PD" and
 * "PT" below name them.
 *
 * 40 bits of VA and OA. The root (PC) has 4-byte items, the others 8-byte ones.
 * A PD entry says which page size the 2M below it use, and with it how many
 * items its table has: 512 for 4K pages, one for a 2M page.
 */

/* Live replacement: nothing published says that it may be. */
#define PTF_FMT_LIVE PTF_LIVE_BRACKET
#define PTF_FMT_SHAPES 8
#define PTF_FMT_MIN_TOP 7
#define PTF_FMT_MAX_OA_LG2 40
#define PTF_FMT_IMPLIED PTF_READ	/* there is no write-only page */
#define PTF_FMT_PICKS_SIZE 1

#define PVR_PD 6
#define PVR_PC 7

/* A PT's base has bits 39:5 in the PD entry, so no table is closer than 32 bytes. */
static const struct ptf_shape pvr_shapes[] = {
	{ .level = 0, .va_lg2 = 12, .index_lg2 = 9, .item_lg2 = 3, .leaf_sizes = BIT_ULL(12) },
	{ .level = 0, .va_lg2 = 14, .index_lg2 = 7, .item_lg2 = 3, .leaf_sizes = BIT_ULL(14) },
	{ .level = 0, .va_lg2 = 16, .index_lg2 = 5, .item_lg2 = 3, .leaf_sizes = BIT_ULL(16) },
	{ .level = 0, .va_lg2 = 18, .index_lg2 = 3, .item_lg2 = 3, .leaf_sizes = BIT_ULL(18) },
	{ .level = 0, .va_lg2 = 20, .index_lg2 = 1, .item_lg2 = 3, .leaf_sizes = BIT_ULL(20),
	  .align_lg2 = 5 },
	{ .level = 0, .va_lg2 = 21, .index_lg2 = 0, .item_lg2 = 3, .leaf_sizes = BIT_ULL(21),
	  .align_lg2 = 5 },
	{ .level = 1, .va_lg2 = 21, .index_lg2 = 9, .item_lg2 = 3, .picks_size = true,
	  .children = GENMASK(5, 0) },
	{ .level = 2, .va_lg2 = 30, .index_lg2 = 10, .item_lg2 = 2, .children = BIT(PVR_PD) },
};

#define PVR_VALID	BIT_ULL(0)		/* PC, PD, PT */
#define PVR_PC_BASE	GENMASK_ULL(31, 4)	/* PC: PD base 39:12 */
#define PVR_PD_SIZE	GENMASK_ULL(3, 1)	/* PD: page size, in the order of the shapes */
#define PVR_PD_BASE	GENMASK_ULL(39, 5)	/* PD: PT base 39:5 */
#define PVR_READ_ONLY	BIT_ULL(1)		/* PT, and all below */
#define PVR_COHERENT	BIT_ULL(2)
#define PVR_SLC_BYPASS	BIT_ULL(3)
#define PVR_PM_SRC	BIT_ULL(4)
#define PVR_VP_PAGE_LOW	GENMASK_ULL(11, 6)
#define PVR_ADDR	GENMASK_ULL(39, 12)
#define PVR_VP_PAGE_HIGH GENMASK_ULL(61, 40)
#define PVR_PROTECT	BIT_ULL(62)		/* parameter manager and firmware only */
#define PVR_RAW		(PVR_PM_SRC | PVR_VP_PAGE_LOW | PVR_VP_PAGE_HIGH)

static inline enum ptf_kind pvr_kind(unsigned int shape, u64 entry)
{
	if (!(entry & PVR_VALID))
		return PTF_EMPTY;
	return shape >= PVR_PD ? PTF_TABLE : PTF_LEAF;
}

static inline u64 pvr_leaf(unsigned int shape, u64 oa, unsigned int size_lg2, u64 bits)
{
	return oa | bits;
}

static inline unsigned int pvr_leaf_size(unsigned int shape, u64 entry)
{
	return pvr_shapes[shape].va_lg2;
}

static inline u64 pvr_leaf_oa(unsigned int shape, u64 entry)
{
	return entry & PVR_ADDR;
}

static inline u64 pvr_leaf_bits(unsigned int shape, u64 entry)
{
	return entry & ~PVR_ADDR;
}

static inline u64 pvr_table(unsigned int shape, unsigned int child, u64 pa)
{
	if (shape == PVR_PC)
		return pa >> 12 << 4 | PVR_VALID;
	return pa | child << 1 | PVR_VALID;
}

static inline u64 pvr_table_pa(unsigned int shape, u64 entry)
{
	if (shape == PVR_PC)
		return (entry & PVR_PC_BASE) >> 4 << 12;
	return entry & PVR_PD_BASE;
}

#define PTF_HAVE_CHILD
static inline unsigned int pvr_child(unsigned int shape, u64 entry)
{
	return shape == PVR_PC ? PVR_PD : (entry & PVR_PD_SIZE) >> 1;
}

/* 12, 14, 16, 18, 20, 21 */
static inline unsigned int pvr_child_for(unsigned int shape, unsigned int size_lg2)
{
	return shape == PVR_PC ? PVR_PD : (size_lg2 - 11) >> 1;
}

static inline int pvr_encode_attrs(u32 features, const struct ptf_attrs *attrs, u64 *bits)
{
	if (!(attrs->flags & PTF_READ) || attrs->share || attrs->raw & ~PVR_RAW ||
	    attrs->flags & ~(PTF_READ | PTF_WRITE | PTF_PRIV | PTF_COHERENT) ||
	    (attrs->mem != PTF_MEM_DEFAULT && attrs->mem != PTF_MEM_WB &&
	     attrs->mem != PTF_MEM_NC))
		return -EOPNOTSUPP;
	*bits = PVR_VALID | attrs->raw | (attrs->flags & PTF_WRITE ? 0 : PVR_READ_ONLY) |
		(attrs->flags & PTF_COHERENT ? PVR_COHERENT : 0) |
		(attrs->flags & PTF_PRIV ? PVR_PROTECT : 0) |
		(attrs->mem == PTF_MEM_NC ? PVR_SLC_BYPASS : 0);
	return 0;
}

static inline void pvr_decode_attrs(u32 features, u64 bits, struct ptf_attrs *attrs)
{
	attrs->flags = PTF_READ | (bits & PVR_READ_ONLY ? 0 : PTF_WRITE) |
		       (bits & PVR_COHERENT ? PTF_COHERENT : 0) |
		       (bits & PVR_PROTECT ? PTF_PRIV : 0);
	attrs->mem = bits & PVR_SLC_BYPASS ? PTF_MEM_NC : PTF_MEM_WB;
	attrs->raw = bits & PVR_RAW;
}
