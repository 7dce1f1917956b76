/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mali-400 and Mali-450 (Utgard) GPUs.
 *
 * Source: LIMA_VM_FLAG_* in Linux' lima_regs.h, and lima_vm.c for the way that
 * an address is split.
 *
 * Two levels of 1024 items of 4 bytes: 32 bits of VA and OA, 4K pages only.
 */

#define PTF_FMT_SHAPES 2
#define PTF_FMT_MIN_TOP 1
#define PTF_FMT_MAX_OA_LG2 32

static const struct ptf_shape lima_shapes[] = {
	{ .level = 0, .va_lg2 = 12, .index_lg2 = 10, .item_lg2 = 2, .leaf_sizes = BIT_ULL(12) },
	{ .level = 1, .va_lg2 = 22, .index_lg2 = 10, .item_lg2 = 2, .children = BIT(0) },
};

#define LIMA_PRESENT	BIT_ULL(0)		/* page and directory entry */
#define LIMA_READ	BIT_ULL(1)		/* page entry, and all below */
#define LIMA_WRITE	BIT_ULL(2)
#define LIMA_OVERRIDE	BIT_ULL(3)		/* what follows counts, not the request */
#define LIMA_W_CACHE	BIT_ULL(4)
#define LIMA_W_BUFFER	BIT_ULL(6)
#define LIMA_R_CACHE	BIT_ULL(7)
#define LIMA_R_ALLOC	BIT_ULL(8)
#define LIMA_ADDR	GENMASK_ULL(31, 12)

#define LIMA_CACHED	(LIMA_OVERRIDE | LIMA_W_CACHE | LIMA_W_BUFFER | LIMA_R_CACHE | \
			 LIMA_R_ALLOC)

static inline enum ptf_kind lima_kind(unsigned int shape, u64 entry)
{
	if (!(entry & LIMA_PRESENT))
		return PTF_EMPTY;
	return shape ? PTF_TABLE : PTF_LEAF;
}

static inline u64 lima_leaf(unsigned int shape, u64 oa, unsigned int size_lg2, u64 bits)
{
	return oa | bits;
}

static inline unsigned int lima_leaf_size(unsigned int shape, u64 entry)
{
	return 12;
}

static inline u64 lima_leaf_oa(unsigned int shape, u64 entry)
{
	return entry & LIMA_ADDR;
}

static inline u64 lima_leaf_bits(unsigned int shape, u64 entry)
{
	return entry & ~LIMA_ADDR;
}

static inline u64 lima_table(unsigned int shape, unsigned int child, u64 pa)
{
	return pa | LIMA_PRESENT;
}

static inline u64 lima_table_pa(unsigned int shape, u64 entry)
{
	return entry & LIMA_ADDR;
}

/* Two memory types: what Linux' driver uses for all, and no bit at all. */
static inline int lima_encode_attrs(u32 features, const struct ptf_attrs *attrs, u64 *bits)
{
	if (attrs->flags & ~(PTF_READ | PTF_WRITE) || attrs->share || attrs->raw ||
	    (attrs->mem != PTF_MEM_DEFAULT && attrs->mem != PTF_MEM_WB &&
	     attrs->mem != PTF_MEM_NC))
		return -EOPNOTSUPP;
	*bits = LIMA_PRESENT | (attrs->flags & PTF_READ ? LIMA_READ : 0) |
		(attrs->flags & PTF_WRITE ? LIMA_WRITE : 0) |
		(attrs->mem == PTF_MEM_NC ? 0 : LIMA_CACHED);
	return 0;
}

static inline void lima_decode_attrs(u32 features, u64 bits, struct ptf_attrs *attrs)
{
	attrs->flags = (bits & LIMA_READ ? PTF_READ : 0) | (bits & LIMA_WRITE ? PTF_WRITE : 0);
	attrs->mem = bits & LIMA_OVERRIDE ? PTF_MEM_WB : PTF_MEM_NC;
}
