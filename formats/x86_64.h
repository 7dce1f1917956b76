/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86-64 page tables: CPUs, Intel VT-d first stage, AMD IOMMU v2.
 *
 * Sources: Intel SDM (325462) volume 3 section 4.5, tables 4-15 to 4-20; Intel
 * VT-d specification (D51397) section 9.7; AMD IOMMU specification (48882)
 * section 2.2.6.
 *
 * Levels of 512 items of 8 bytes; the root is at level 3 (48 bits of VA) or 4
 * (57 bits). Leaves of 4K, 2M and 1G. Accessed is always set, and dirty too
 * unless the instance tracks it, so that hardware has no reason to write.
 */

#define PTF_FMT_SHAPES 5
#define PTF_FMT_MIN_TOP 3
/* Live replacement: until the invalidation either size may be used (SDM vol. 3 4.10.2.3). */
#define PTF_FMT_LIVE PTF_LIVE_HITLESS
#define PTF_FMT_FEATURES (PTF_FEAT_SIGN_EXTEND | PTF_FEAT_DIRTY | PTF_FEAT_ENCRYPT)
#define PTF_FMT_IMPLIED PTF_READ	/* there is no write-only page */
#define PTF_FMT_SYNCED BIT_ULL(9)	/* ignored by hardware */

static const struct ptf_shape x86_64_shapes[] = {
	{ .level = 0, .va_lg2 = 12, .index_lg2 = 9, .item_lg2 = 3, .leaf_sizes = BIT_ULL(12) },
	{ .level = 1, .va_lg2 = 21, .index_lg2 = 9, .item_lg2 = 3, .leaf_sizes = BIT_ULL(21),
	  .children = BIT(0) },
	{ .level = 2, .va_lg2 = 30, .index_lg2 = 9, .item_lg2 = 3, .leaf_sizes = BIT_ULL(30),
	  .children = BIT(1) },
	{ .level = 3, .va_lg2 = 39, .index_lg2 = 9, .item_lg2 = 3, .children = BIT(2) },
	{ .level = 4, .va_lg2 = 48, .index_lg2 = 9, .item_lg2 = 3, .children = BIT(3) },
};

/* Bits that all entries share: SDM table 4-15 and following */
#define X86_64_P	BIT_ULL(0)
#define X86_64_RW	BIT_ULL(1)
#define X86_64_US	BIT_ULL(2)
#define X86_64_PWT	BIT_ULL(3)
#define X86_64_PCD	BIT_ULL(4)
#define X86_64_A	BIT_ULL(5)
#define X86_64_D	BIT_ULL(6)
#define X86_64_PAT	BIT_ULL(7)		/* 4K leaf: table 4-20 */
#define X86_64_PS	BIT_ULL(7)		/* larger leaf: tables 4-16, 4-18 */
#define X86_64_G	BIT_ULL(8)
#define X86_64_SOFT	GENMASK_ULL(11, 9)	/* ignored by hardware */
#define X86_64_PAT_LARGE BIT_ULL(12)		/* larger leaf */
#define X86_64_ADDR	GENMASK_ULL(51, 12)
#define X86_64_XD	BIT_ULL(63)

static inline enum ptf_kind x86_64_kind(unsigned int shape, u64 entry)
{
	if (!(entry & X86_64_P))
		return PTF_EMPTY;
	return shape == 0 || entry & X86_64_PS ? PTF_LEAF : PTF_TABLE;
}

/* Attribute bits are those of a 4K leaf; in a larger one PAT moves away for PS. */
static inline u64 x86_64_leaf(unsigned int shape, u64 oa, unsigned int size_lg2, u64 bits)
{
	if (shape == 0)
		return oa | bits;
	return oa | (bits & ~X86_64_PAT) | X86_64_PS | (bits & X86_64_PAT ? X86_64_PAT_LARGE : 0);
}

static inline u64 x86_64_leaf_bits(unsigned int shape, u64 entry)
{
	u64 bits = entry & ~(X86_64_ADDR | X86_64_PAT);

	return bits | (entry & (shape ? X86_64_PAT_LARGE : X86_64_PAT) ? X86_64_PAT : 0);
}

static inline unsigned int x86_64_leaf_size(unsigned int shape, u64 entry)
{
	return x86_64_shapes[shape].va_lg2;
}

static inline u64 x86_64_leaf_oa(unsigned int shape, u64 entry)
{
	return entry & X86_64_ADDR & ~(shape ? X86_64_PAT_LARGE : 0);
}

static inline u64 x86_64_table(unsigned int shape, unsigned int child, u64 pa)
{
	return pa | X86_64_P | X86_64_RW | X86_64_US | X86_64_A;
}

static inline u64 x86_64_table_pa(unsigned int shape, u64 entry)
{
	return entry & X86_64_ADDR;
}

#define PTF_HAVE_DIRTY
static inline bool x86_64_dirty(unsigned int shape, u64 entry)
{
	return entry & X86_64_D;
}

static inline u64 x86_64_clean(unsigned int shape, u64 entry)
{
	return entry & ~X86_64_D;
}

/* Memory types by the PAT's reset value: WB, WT, UC-, UC (SDM table 11-12). */
static inline int x86_64_encode_attrs(u32 features, const struct ptf_attrs *attrs, u64 *bits)
{
	static const u8 index_of[] = {
		[PTF_MEM_DEFAULT] = 0, [PTF_MEM_WB] = 0, [PTF_MEM_WT] = 1, [PTF_MEM_NC] = 2,
		[PTF_MEM_DEVICE] = 3,
	};
	unsigned int index = attrs->mem_index;

	if (!(attrs->flags & PTF_READ) || attrs->flags & PTF_COHERENT || attrs->share ||
	    attrs->raw & ~X86_64_SOFT)
		return -EOPNOTSUPP;
	if (attrs->mem != PTF_MEM_INDEX)
		index = index_of[attrs->mem];
	if (index > 7)
		return -EINVAL;
	*bits = X86_64_P | X86_64_A | attrs->raw |
		(attrs->flags & PTF_WRITE ? X86_64_RW : 0) |
		(attrs->flags & PTF_WRITE && !(features & PTF_FEAT_DIRTY) ? X86_64_D : 0) |
		(attrs->flags & PTF_PRIV ? 0 : X86_64_US) |
		(attrs->flags & PTF_GLOBAL ? X86_64_G : 0) |
		(attrs->flags & PTF_NOEXEC ? X86_64_XD : 0) |
		(index & 1 ? X86_64_PWT : 0) | (index & 2 ? X86_64_PCD : 0) |
		(index & 4 ? X86_64_PAT : 0);
	return 0;
}

static inline void x86_64_decode_attrs(u32 features, u64 bits, struct ptf_attrs *attrs)
{
	attrs->flags = PTF_READ | (bits & X86_64_RW ? PTF_WRITE : 0) |
		       (bits & X86_64_US ? 0 : PTF_PRIV) | (bits & X86_64_G ? PTF_GLOBAL : 0) |
		       (bits & X86_64_XD ? PTF_NOEXEC : 0);
	attrs->mem = PTF_MEM_INDEX;
	attrs->mem_index = (bits & X86_64_PWT ? 1 : 0) | (bits & X86_64_PCD ? 2 : 0) |
			   (bits & X86_64_PAT ? 4 : 0);
	attrs->raw = bits & X86_64_SOFT;
}
