/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page table of Broadcom's V3D: one table of 4-byte entries, pages of 4K, 64K
 * and 1M, a larger page filling all its items, each with its own address.
 */
#ifndef PTF_FORMATS_V3D_H
#define PTF_FORMATS_V3D_H

#define PTF_FMT_SHAPES 1
#define PTF_FMT_MAX_OA_LG2 36

static const struct ptf_shape v3d_shapes[] = {
	{ .va_lg2 = 12, .index_lg2 = 20, .item_lg2 = 2,
	  .leaf_sizes = BIT_ULL(12) | BIT_ULL(16) | BIT_ULL(20) },
};

#define V3D_PFN		GENMASK_ULL(23, 0)
#define V3D_VALID	BIT_ULL(28)
#define V3D_WRITE	BIT_ULL(29)
#define V3D_BIG		BIT_ULL(30)	/* 64K */
#define V3D_SUPER	BIT_ULL(31)	/* 1M */

static inline enum ptf_kind v3d_kind(unsigned int shape, u64 entry)
{ return entry & V3D_VALID ? PTF_LEAF : PTF_EMPTY; }

static inline u64 v3d_leaf(unsigned int shape, u64 oa, unsigned int size_lg2, u64 bits)
{ return oa >> 12 | bits | (size_lg2 == 16 ? V3D_BIG : size_lg2 == 20 ? V3D_SUPER : 0); }

static inline unsigned int v3d_leaf_size(unsigned int shape, u64 entry)
{ return entry & V3D_SUPER ? 20 : entry & V3D_BIG ? 16 : 12; }

static inline u64 v3d_leaf_oa(unsigned int shape, u64 entry)
{ return (entry & V3D_PFN) << 12; }

static inline u64 v3d_leaf_bits(unsigned int shape, u64 entry)
{ return entry & (V3D_VALID | V3D_WRITE); }

static inline u64 v3d_table(unsigned int shape, unsigned int child, u64 pa)
{ return 0; }	/* there is no lower table */

static inline u64 v3d_table_pa(unsigned int shape, u64 entry)
{ return 0; }

static inline int v3d_encode_attrs(u32 features, const struct ptf_attrs *attrs, u64 *bits)
{
	if (!(attrs->flags & PTF_READ) || attrs->flags & ~(PTF_READ | PTF_WRITE) ||
	    attrs->mem || attrs->share || attrs->raw)
		return -EOPNOTSUPP;
	*bits = V3D_VALID | (attrs->flags & PTF_WRITE ? V3D_WRITE : 0);
	return 0;
}

static inline void v3d_decode_attrs(u32 features, u64 bits, struct ptf_attrs *attrs)
{ attrs->flags = PTF_READ | (bits & V3D_WRITE ? PTF_WRITE : 0); }

#endif /* PTF_FORMATS_V3D_H */
