/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ARMv8-A VMSAv8-64, stage 1: CPUs, SMMUs, Mali GPUs in AArch64 mode.
 *
 * Source: Arm Architecture Reference Manual (DDI 0487), chapter D8: descriptor
 * formats D8.3, permissions D8.4.1, dirty state D8.5.2, memory attributes D8.6.
 * Geometry is in arm64_descriptor.h.
 */

#define PTF_FMT_MIN_TOP 1
#define PTF_FMT_FEATURES (PTF_FEAT_DIRTY | PTF_FEAT_ENCRYPT)
#define PTF_FMT_IMPLIED PTF_READ	/* stage 1 has no write-only page */
#define PTF_FMT_HINTS (PTF_HINT_MEM | PTF_HINT_PRIV)

#if ARM64_GRANULE_LG2 == 12
#define PTF_FMT_SHAPES 4
#define ARM64_SHAPES								\
	ARM64_SHAPE(0, 9), ARM64_SHAPE(1, 9), ARM64_SHAPE(2, 9), ARM64_SHAPE(3, 9)
#elif ARM64_GRANULE_LG2 == 14
#define PTF_FMT_SHAPES 4
#define ARM64_SHAPES								\
	ARM64_SHAPE(0, 11), ARM64_SHAPE(1, 11), ARM64_SHAPE(2, 11), ARM64_SHAPE(3, 1)
#elif ARM64_GRANULE_LG2 == 16
#define PTF_FMT_SHAPES 3
#define ARM64_SHAPES								\
	ARM64_SHAPE(0, 13), ARM64_SHAPE(1, 13), ARM64_SHAPE(2, 10)
#endif

#include "arm64_descriptor.h"

#define ARM64_ATTR_INDEX GENMASK_ULL(4, 2)	/* into MAIR */
#define ARM64_NS	BIT_ULL(5)
#define ARM64_AP_EL0	BIT_ULL(6)		/* AP[1] */
#define ARM64_AP_RDONLY	BIT_ULL(7)		/* AP[2] */
#define ARM64_NG	BIT_ULL(11)
#define ARM64_PXN	BIT_ULL(53)
#define ARM64_UXN	BIT_ULL(54)		/* EL0 fetches what it may not read, too */

/* Indices of MAIR 0x..f404ff44, the attributes that io-pgtable-arm programs too */
#define ARM64_INDEX_NC	0	/* 0x44 */
#define ARM64_INDEX_WB	1	/* 0xff */
#define ARM64_INDEX_DEV	2	/* 0x04 */

/* D8.5.2: hardware makes a writable-clean leaf writable by clearing AP[2]. */
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
	bool cached = attrs->mem != PTF_MEM_NC && attrs->mem != PTF_MEM_DEVICE;
	bool track = features & PTF_FEAT_DIRTY && attrs->flags & PTF_WRITE;
	unsigned int index = attrs->mem_index;

	if (!(attrs->flags & PTF_READ) || attrs->flags & PTF_COHERENT ||
	    attrs->mem == PTF_MEM_WT || attrs->raw & ~(ARM64_SOFT | ARM64_NS))
		return -EOPNOTSUPP;
	if (attrs->mem != PTF_MEM_INDEX)
		index = attrs->mem == PTF_MEM_NC ? ARM64_INDEX_NC :
			attrs->mem == PTF_MEM_DEVICE ? ARM64_INDEX_DEV : ARM64_INDEX_WB;
	if (index > 7)
		return -EINVAL;
	*bits = ARM64_VALID | (u64)index << 2 | F(share_bits)(attrs->share, cached) |
		ARM64_AF | attrs->raw |
		(attrs->flags & PTF_PRIV ? 0 : ARM64_AP_EL0) |
		(attrs->flags & PTF_WRITE && !track ? 0 : ARM64_AP_RDONLY) |
		(track ? ARM64_DBM : 0) |
		(attrs->flags & PTF_GLOBAL ? 0 : ARM64_NG) |
		(attrs->flags & PTF_NOEXEC ? ARM64_PXN : 0) |
		(attrs->flags & (PTF_NOEXEC | PTF_PRIV) ? ARM64_UXN : 0);
	return 0;
}

static inline void F(decode_attrs)(u32 features, u64 bits, struct ptf_attrs *attrs)
{
	attrs->flags = PTF_READ |
		       (bits & ARM64_AP_RDONLY && !(bits & ARM64_DBM) ? 0 : PTF_WRITE) |
		       (bits & ARM64_AP_EL0 ? 0 : PTF_PRIV) |
		       (bits & ARM64_NG ? 0 : PTF_GLOBAL) | (bits & ARM64_PXN ? PTF_NOEXEC : 0);
	attrs->mem = PTF_MEM_INDEX;
	attrs->mem_index = (bits & ARM64_ATTR_INDEX) >> 2;
	attrs->share = F(share)(bits);
	attrs->raw = bits & (ARM64_SOFT | ARM64_NS);
}
