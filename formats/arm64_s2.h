/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ARMv8-A VMSAv8-64, stage 2: intermediate physical addresses of virtual
 * machines, in CPUs and SMMUs.
 *
 * Source: Arm Architecture Reference Manual (DDI 0487), chapter D8: concatenated
 * tables D8.2.2, descriptor formats D8.3, stage 2 permissions D8.4.2.1, dirty
 * state D8.5.2, memory types without FEAT_S2FWB D8.6.5, shareability D8.6.7.
 * Geometry is in arm64_descriptor.h.
 *
 * VA is IPA here. Where up to 16 tables in a row spare a level, they are the root:
 * 4K granule: two levels up to 34 bits of VA, three up to 43, four up to 48;
 * 16K: two up to 40, three up to 48; 64K: two up to 46, three up to 52. This is
 * always permitted, and required where the hardware's PA is too small for the
 * higher level. The hardware learns it from T0SZ and SL0.
 */

#define PTF_FMT_FEATURES PTF_FEAT_DIRTY
#define PTF_FMT_HINTS PTF_HINT_MEM

/* Ordinary tables, then the roots, of which none is less than a table */
#if ARM64_GRANULE_LG2 == 12
#define PTF_FMT_SHAPES 6
#define PTF_FMT_MIN_TOP 3
#define ARM64_SHAPES								\
	ARM64_SHAPE(0, 9), ARM64_SHAPE(1, 9), ARM64_SHAPE(2, 9),		\
	ARM64_ROOT(1, 13, 9), ARM64_ROOT(2, 13, 9), ARM64_SHAPE(3, 9)
#elif ARM64_GRANULE_LG2 == 14
#define PTF_FMT_SHAPES 4
#define PTF_FMT_MIN_TOP 2
#define ARM64_SHAPES								\
	ARM64_SHAPE(0, 11), ARM64_SHAPE(1, 11),					\
	ARM64_ROOT(1, 15, 11), ARM64_ROOT(2, 12, 11)
#elif ARM64_GRANULE_LG2 == 16
#define PTF_FMT_SHAPES 4
#define PTF_FMT_MIN_TOP 2
#define ARM64_SHAPES								\
	ARM64_SHAPE(0, 13), ARM64_SHAPE(1, 13),					\
	ARM64_ROOT(1, 17, 13), ARM64_SHAPE(2, 10)
#endif

#include "arm64_descriptor.h"

#define ARM64_MEM_ATTR	GENMASK_ULL(5, 2)
#define ARM64_S2AP_READ	BIT_ULL(6)
#define ARM64_S2AP_WRITE BIT_ULL(7)
#define ARM64_S2_XN	BIT_ULL(54)		/* XN[1]; XN[0] clear means at any EL */

/* MemAttr: outer and inner attribute, or a kind of device (table D8-96) */
#define ARM64_MEM_DEV	0x1	/* nGnRE */
#define ARM64_MEM_NC	0x5
#define ARM64_MEM_WT	0xa
#define ARM64_MEM_WB	0xf

/* Below a root of any kind are ordinary tables, whose shape is their level. */
#define PTF_HAVE_CHILD
static inline unsigned int F(child)(unsigned int shape, u64 entry)
{
	return shape ? F(shapes)[shape].level - 1 : 0;
}

static inline unsigned int F(child_for)(unsigned int shape, unsigned int size_lg2)
{
	return F(child)(shape, 0);
}

/* D8.5.2: hardware makes a writable-clean leaf writable by setting S2AP[1]. */
#define PTF_HAVE_DIRTY
static inline bool F(dirty)(unsigned int shape, u64 entry)
{
	return entry & ARM64_DBM && entry & ARM64_S2AP_WRITE;
}

static inline u64 F(clean)(unsigned int shape, u64 entry)
{
	return entry & ~ARM64_S2AP_WRITE;
}

static inline int F(encode_attrs)(u32 features, const struct ptf_attrs *attrs, u64 *bits)
{
	static const u8 mem_of[] = {
		[PTF_MEM_DEFAULT] = ARM64_MEM_WB, [PTF_MEM_WB] = ARM64_MEM_WB,
		[PTF_MEM_WT] = ARM64_MEM_WT, [PTF_MEM_NC] = ARM64_MEM_NC,
		[PTF_MEM_DEVICE] = ARM64_MEM_DEV,
	};
	bool cached = attrs->mem != PTF_MEM_NC && attrs->mem != PTF_MEM_DEVICE;
	bool index = attrs->mem == PTF_MEM_INDEX;
	unsigned int mem = index ? attrs->mem_index : mem_of[attrs->mem];

	if (attrs->flags & ~(PTF_READ | PTF_WRITE | PTF_NOEXEC) || attrs->raw & ~ARM64_SOFT)
		return -EOPNOTSUPP;
	/* 4, 8 and 12 are reserved. */
	if (mem > 15 || (mem && !(mem & 3)))
		return -EINVAL;
	*bits = ARM64_VALID | (u64)mem << 2 | F(share_bits)(attrs->share, cached) |
		ARM64_AF | attrs->raw |
		(attrs->flags & PTF_READ ? ARM64_S2AP_READ : 0) |
		(!(attrs->flags & PTF_WRITE) ? 0 :
		 features & PTF_FEAT_DIRTY ? ARM64_DBM : ARM64_S2AP_WRITE) |
		(attrs->flags & PTF_NOEXEC ? ARM64_S2_XN : 0);
	return 0;
}

static inline void F(decode_attrs)(u32 features, u64 bits, struct ptf_attrs *attrs)
{
	attrs->flags = (bits & ARM64_S2AP_READ ? PTF_READ : 0) |
		       (bits & (ARM64_S2AP_WRITE | ARM64_DBM) ? PTF_WRITE : 0) |
		       (bits & ARM64_S2_XN ? PTF_NOEXEC : 0);
	attrs->mem = PTF_MEM_INDEX;
	attrs->mem_index = (bits & ARM64_MEM_ATTR) >> 2;
	attrs->share = F(share)(bits);
	attrs->raw = bits & ARM64_SOFT;
}
