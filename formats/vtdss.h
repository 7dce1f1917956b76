/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Intel VT-d second-stage page tables.
 *
 * Source: Intel Virtualization Technology for Directed I/O, Architecture
 * Specification (D51397), sections 3.7 and 9.8.
 *
 * Levels of 512 items of 8 bytes; the root is at level 2, 3 or 4 for a guest
 * address width of 39, 48 or 57 bits. Leaves of 4K, 2M and 1G, the larger ones
 * where CAP_REG.SSLPS has them; a driver whose hardware has not leaves them out
 * of its page sizes. There is no present bit: an entry that grants neither
 * reading nor writing is not present. Accessed is always set, and dirty too
 * unless the instance tracks it, so that hardware has no reason to write.
 */

#define PTF_FMT_SHAPES 5
#define PTF_FMT_MIN_TOP 2
/* Live replacement: until the invalidation the old entry or the new one is used. */
#define PTF_FMT_LIVE PTF_LIVE_HITLESS
#define PTF_FMT_FEATURES PTF_FEAT_DIRTY
#define PTF_FMT_SYNCED BIT_ULL(10)	/* ignored by hardware */

static const struct ptf_shape vtdss_shapes[] = {
	{ .level = 0, .va_lg2 = 12, .index_lg2 = 9, .item_lg2 = 3, .leaf_sizes = BIT_ULL(12) },
	{ .level = 1, .va_lg2 = 21, .index_lg2 = 9, .item_lg2 = 3, .leaf_sizes = BIT_ULL(21),
	  .children = BIT(0) },
	{ .level = 2, .va_lg2 = 30, .index_lg2 = 9, .item_lg2 = 3, .leaf_sizes = BIT_ULL(30),
	  .children = BIT(1) },
	{ .level = 3, .va_lg2 = 39, .index_lg2 = 9, .item_lg2 = 3, .children = BIT(2) },
	{ .level = 4, .va_lg2 = 48, .index_lg2 = 9, .item_lg2 = 3, .children = BIT(3) },
};

/* Section 9.8: SS-PTE, and where they have the same bit all entries above it */
#define VTDSS_R		BIT_ULL(0)
#define VTDSS_W		BIT_ULL(1)
#define VTDSS_PS	BIT_ULL(7)		/* SS-PDE, SS-PDPE: leaf of 2M, 1G */
#define VTDSS_A		BIT_ULL(8)		/* A and D: ignored where SSADE is clear */
#define VTDSS_D		BIT_ULL(9)		/* leaf */
#define VTDSS_SNP	BIT_ULL(11)		/* leaf; reserved without ECAP_REG.SC */
#define VTDSS_ADDR	GENMASK_ULL(51, 12)
#define VTDSS_SOFT	(BIT_ULL(10) | GENMASK_ULL(60, 52) | BIT_ULL(63)) /* ignored by hardware */

static inline enum ptf_kind vtdss_kind(unsigned int shape, u64 entry)
{
	if (!(entry & (VTDSS_R | VTDSS_W)))
		return PTF_EMPTY;
	return shape == 0 || entry & VTDSS_PS ? PTF_LEAF : PTF_TABLE;
}

static inline u64 vtdss_leaf(unsigned int shape, u64 oa, unsigned int size_lg2, u64 bits)
{
	return oa | bits | (shape ? VTDSS_PS : 0);
}

static inline unsigned int vtdss_leaf_size(unsigned int shape, u64 entry)
{
	return vtdss_shapes[shape].va_lg2;
}

static inline u64 vtdss_leaf_oa(unsigned int shape, u64 entry)
{
	return entry & VTDSS_ADDR;
}

static inline u64 vtdss_leaf_bits(unsigned int shape, u64 entry)
{
	return entry & ~(VTDSS_ADDR | VTDSS_PS);
}

/* Permissions are ANDed along the walk (3.7.1), so tables grant both. */
static inline u64 vtdss_table(unsigned int shape, unsigned int child, u64 pa)
{
	return pa | VTDSS_R | VTDSS_W | VTDSS_A;
}

static inline u64 vtdss_table_pa(unsigned int shape, u64 entry)
{
	return entry & VTDSS_ADDR;
}

#define PTF_HAVE_DIRTY
static inline bool vtdss_dirty(unsigned int shape, u64 entry)
{
	return entry & VTDSS_D;
}

static inline u64 vtdss_clean(unsigned int shape, u64 entry)
{
	return entry & ~VTDSS_D;
}

static inline int vtdss_encode_attrs(u32 features, const struct ptf_attrs *attrs, u64 *bits)
{
	if (attrs->flags & ~(PTF_READ | PTF_WRITE | PTF_COHERENT) || attrs->share ||
	    attrs->raw & ~VTDSS_SOFT ||
	    (attrs->mem != PTF_MEM_DEFAULT && attrs->mem != PTF_MEM_WB))
		return -EOPNOTSUPP;
	*bits = VTDSS_A | attrs->raw |
		(attrs->flags & PTF_READ ? VTDSS_R : 0) |
		(attrs->flags & PTF_WRITE ? VTDSS_W : 0) |
		(attrs->flags & PTF_WRITE && !(features & PTF_FEAT_DIRTY) ? VTDSS_D : 0) |
		(attrs->flags & PTF_COHERENT ? VTDSS_SNP : 0);
	return 0;
}

static inline void vtdss_decode_attrs(u32 features, u64 bits, struct ptf_attrs *attrs)
{
	attrs->flags = (bits & VTDSS_R ? PTF_READ : 0) | (bits & VTDSS_W ? PTF_WRITE : 0) |
		       (bits & VTDSS_SNP ? PTF_COHERENT : 0);
	attrs->raw = bits & VTDSS_SOFT;
}
