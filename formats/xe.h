/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Intel GPUs from Gen12 to Xe2: the page tables of a GPU address space (PPGTT).
 *
 * Sources: the register definitions in Linux' xe/regs/xe_gtt_defs.h, and for which
 * entries they are of, xe_pt.c and xe_vm.c beside it.
 *
 * Levels of 512 items of 8 bytes; the root is at level 3 (48 bits of VA) or 4 (57
 * bits; also for a device that walks five levels for 48). Leaves of 4K, 2M and 1G,
 * and of 64K: 16 items of the lowest table, each with its own address. A null leaf
 * has one of these sizes too; reads of it return 0, writes are dropped.
 *
 * Left out: compact tables of 64K pages (PDE_64K), tables of which every 16th item
 * is read (IPS_64K). Tables themselves are read with PAT index 0.
 */

#define PTF_FMT_SHAPES 5
#define PTF_FMT_MIN_TOP 3
/* Live replacement: nothing published says that it may be. */
#define PTF_FMT_LIVE PTF_LIVE_BRACKET
#define PTF_FMT_IMPLIED PTF_READ	/* there is no write-only page */

static const struct ptf_shape xe_shapes[] = {
	{ .level = 0, .va_lg2 = 12, .index_lg2 = 9, .item_lg2 = 3,
	  .leaf_sizes = BIT_ULL(12) | BIT_ULL(16) },
	{ .level = 1, .va_lg2 = 21, .index_lg2 = 9, .item_lg2 = 3, .leaf_sizes = BIT_ULL(21),
	  .children = BIT(0) },
	{ .level = 2, .va_lg2 = 30, .index_lg2 = 9, .item_lg2 = 3, .leaf_sizes = BIT_ULL(30),
	  .children = BIT(1) },
	{ .level = 3, .va_lg2 = 39, .index_lg2 = 9, .item_lg2 = 3, .children = BIT(2) },
	{ .level = 4, .va_lg2 = 48, .index_lg2 = 9, .item_lg2 = 3, .children = BIT(3) },
};

#define XE_PRESENT	BIT_ULL(0)		/* XE_PAGE_PRESENT */
#define XE_RW		BIT_ULL(1)		/* XE_PAGE_RW */
#define XE_PAT0		BIT_ULL(3)		/* XE_PPGTT_PTE_PAT0 */
#define XE_PAT1		BIT_ULL(4)		/* XE_PPGTT_PTE_PAT1 */
#define XE_PAT2		BIT_ULL(7)		/* 4K item: XE_PPGTT_PTE_PAT2 */
#define XE_PS		BIT_ULL(7)		/* larger leaf: XE_PDE_PS_2M, XE_PDPE_PS_1G */
#define XE_PS64		BIT_ULL(8)		/* XE_PTE_PS64 */
#define XE_NULL		BIT_ULL(9)		/* XE_PTE_NULL */
#define XE_AE		BIT_ULL(10)		/* XE_USM_PPGTT_PTE_AE: atomics */
#define XE_DM		BIT_ULL(11)		/* XE_PPGTT_PTE_DM: memory of the device */
#define XE_PAT2_LARGE	BIT_ULL(12)		/* larger leaf: XE_PPGTT_PDE_PDPE_PAT2 */
#define XE_ADDR		GENMASK_ULL(51, 12)	/* xelp_pte_encode_bo(), xelp_pde_encode_bo() */
#define XE_PAT4		BIT_ULL(61)		/* XE2_PPGTT_PTE_PAT4 */
#define XE_PAT3		BIT_ULL(62)		/* XELPG_PPGTT_PTE_PAT3 */
#define XE_RAW		(XE_AE | XE_DM)

static inline enum ptf_kind xe_kind(unsigned int shape, u64 entry)
{
	if (!(entry & XE_PRESENT))
		return PTF_EMPTY;
	if (shape && !(entry & XE_PS))
		return PTF_TABLE;
	return entry & XE_NULL ? PTF_NULL : PTF_LEAF;
}

/* Attribute bits are those of a 4K item; in a larger leaf PAT2 moves away for PS. */
static inline u64 xe_leaf(unsigned int shape, u64 oa, unsigned int size_lg2, u64 bits)
{
	if (shape == 0)
		return oa | bits | (size_lg2 == 16 ? XE_PS64 : 0);
	return oa | (bits & ~XE_PAT2) | XE_PS | (bits & XE_PAT2 ? XE_PAT2_LARGE : 0);
}

static inline u64 xe_leaf_bits(unsigned int shape, u64 entry)
{
	u64 bits = entry & ~(XE_ADDR | XE_PAT2 | XE_PS64);

	return bits | (entry & (shape ? XE_PAT2_LARGE : XE_PAT2) ? XE_PAT2 : 0);
}

static inline unsigned int xe_leaf_size(unsigned int shape, u64 entry)
{
	if (shape == 0)
		return entry & XE_PS64 ? 16 : 12;
	return xe_shapes[shape].va_lg2;
}

static inline u64 xe_leaf_oa(unsigned int shape, u64 entry)
{
	return entry & XE_ADDR & ~(shape ? XE_PAT2_LARGE : 0);
}

#define PTF_HAVE_NULL 1
static inline u64 xe_null(unsigned int shape, unsigned int size_lg2)
{
	return xe_leaf(shape, 0, size_lg2, XE_PRESENT | XE_RW | XE_NULL);
}

static inline u64 xe_table(unsigned int shape, unsigned int child, u64 pa)
{
	return pa | XE_PRESENT | XE_RW;
}

static inline u64 xe_table_pa(unsigned int shape, u64 entry)
{
	return entry & XE_ADDR;
}

/* What a PAT index means is the driver's to say; so there is no memory type but the index. */
static inline int xe_encode_attrs(u32 features, const struct ptf_attrs *attrs, u64 *bits)
{
	unsigned int index = attrs->mem_index;

	if (attrs->mem == PTF_MEM_DEFAULT)
		index = 0;
	else if (attrs->mem != PTF_MEM_INDEX)
		return -EOPNOTSUPP;
	if (!(attrs->flags & PTF_READ) || attrs->flags & ~(PTF_READ | PTF_WRITE) ||
	    attrs->share || attrs->raw & ~XE_RAW)
		return -EOPNOTSUPP;
	if (index > 31)
		return -EINVAL;
	*bits = XE_PRESENT | attrs->raw | (attrs->flags & PTF_WRITE ? XE_RW : 0) |
		(index & 1 ? XE_PAT0 : 0) | (index & 2 ? XE_PAT1 : 0) |
		(index & 4 ? XE_PAT2 : 0) | (index & 8 ? XE_PAT3 : 0) |
		(index & 16 ? XE_PAT4 : 0);
	return 0;
}

static inline void xe_decode_attrs(u32 features, u64 bits, struct ptf_attrs *attrs)
{
	attrs->flags = PTF_READ | (bits & XE_RW ? PTF_WRITE : 0);
	attrs->mem = PTF_MEM_INDEX;
	attrs->mem_index = (bits & XE_PAT0 ? 1 : 0) | (bits & XE_PAT1 ? 2 : 0) |
			   (bits & XE_PAT2 ? 4 : 0) | (bits & XE_PAT3 ? 8 : 0) |
			   (bits & XE_PAT4 ? 16 : 0);
	attrs->raw = bits & XE_RAW;
}
