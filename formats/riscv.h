/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RISC-V page tables: CPUs, and the RISC-V IOMMU.
 *
 * Sources: The RISC-V Instruction Set Manual, Volume II: Privileged
 * Architecture, Sv39, Sv48 and Sv57 (sections 12.4 to 12.6), the chapters
 * "Svnapot" and "Svpbmt", and two-stage address translation in the chapter
 * "Hypervisor"; the RISC-V IOMMU Architecture Specification.
 *
 * RISCV_STAGE is 1 or 2. Levels of 512 items of 8 bytes with leaves at each; the
 * root is at level 2, 3 or 4. The first stage sign-extends VAs. The second does
 * not; its root has two more index bits, and all of its pages are user pages.
 * Accessed is always set, and dirty too unless the instance tracks it: where
 * hardware does not set them it faults.
 *
 * Some hardware lacks Svnapot (no IOMMU does) or Svpbmt. Drivers then leave 64K
 * out of their page sizes, and ask for no memory type.
 */

#define PTF_FMT_MAX_OA_LG2 56
#define PTF_FMT_IMPLIED PTF_READ	/* writing without reading is reserved */
/*
 * Live replacement: until the fence the old entry or the new one is used (section "Supervisor
 * Memory-Management Fence Instruction").
 */
#define PTF_FMT_LIVE PTF_LIVE_HITLESS
#define PTF_FMT_SYNCED BIT_ULL(8)	/* for software, in table entries too */

#if RISCV_STAGE == 1
#define PTF_FMT_SHAPES 5
#define PTF_FMT_MIN_TOP 2
#define PTF_FMT_FEATURES (PTF_FEAT_SIGN_EXTEND | PTF_FEAT_DIRTY)
#define PTF_FMT_ALWAYS PTF_FEAT_SIGN_EXTEND
#define RISCV_PAGE_FLAGS (PTF_READ | PTF_WRITE | PTF_NOEXEC | PTF_PRIV | PTF_GLOBAL)
#else
#define PTF_FMT_SHAPES 7
#define PTF_FMT_MIN_TOP 4
#define PTF_FMT_FEATURES PTF_FEAT_DIRTY
#define RISCV_PAGE_FLAGS (PTF_READ | PTF_WRITE | PTF_NOEXEC)
#endif

#define RISCV_SHAPE(n, index, contig)						\
	{ .level = n, .va_lg2 = 12 + 9 * (n), .index_lg2 = index, .item_lg2 = 3,	\
	  .children = BIT(n) >> 1, .leaf_sizes = BIT_ULL(12 + 9 * (n)) | (contig) }

static const struct ptf_shape F(shapes)[] = {
	RISCV_SHAPE(0, 9, BIT_ULL(16)),		/* Svnapot */
	RISCV_SHAPE(1, 9, 0),
	RISCV_SHAPE(2, 9, 0),
	RISCV_SHAPE(3, 9, 0),
#if RISCV_STAGE == 1
	RISCV_SHAPE(4, 9, 0),
#else			/* roots of Sv39x4, Sv48x4, Sv57x4 */
	RISCV_SHAPE(2, 11, 0),
	RISCV_SHAPE(3, 11, 0),
	RISCV_SHAPE(4, 11, 0),
#endif
};

#define RISCV_V		BIT_ULL(0)		/* 12.4.1, figure of the Sv39 PTE */
#define RISCV_R		BIT_ULL(1)
#define RISCV_W		BIT_ULL(2)
#define RISCV_X		BIT_ULL(3)
#define RISCV_U		BIT_ULL(4)
#define RISCV_G		BIT_ULL(5)
#define RISCV_A		BIT_ULL(6)
#define RISCV_D		BIT_ULL(7)
#define RISCV_RSW	GENMASK_ULL(9, 8)	/* for software */
#define RISCV_PPN	GENMASK_ULL(53, 10)
#define RISCV_PBMT_NC	BIT_ULL(61)		/* Svpbmt: non-cacheable, idempotent */
#define RISCV_PBMT_IO	BIT_ULL(62)		/* Svpbmt: non-cacheable, strongly ordered */
#define RISCV_N		BIT_ULL(63)		/* Svnapot */

static inline enum ptf_kind F(kind)(unsigned int shape, u64 entry)
{
	if (!(entry & RISCV_V))
		return PTF_EMPTY;
	return shape == 0 || entry & (RISCV_R | RISCV_W | RISCV_X) ? PTF_LEAF : PTF_TABLE;
}

/* Svnapot: PPN[3:0] = 1000b says 64K; all 16 items are the same. */
static inline u64 F(leaf)(unsigned int shape, u64 oa, unsigned int size_lg2, u64 bits)
{
	if (size_lg2 == 16)
		return (oa & ~GENMASK_ULL(15, 0)) >> 2 | BIT_ULL(13) | bits | RISCV_N;
	return oa >> 2 | bits;
}

static inline unsigned int F(leaf_size)(unsigned int shape, u64 entry)
{
	return entry & RISCV_N ? 16 : F(shapes)[shape].va_lg2;
}

/* With the size code of Svnapot, which lies within the leaf */
static inline u64 F(leaf_oa)(unsigned int shape, u64 entry)
{
	return (entry & RISCV_PPN) << 2;
}

static inline u64 F(leaf_bits)(unsigned int shape, u64 entry)
{
	return entry & ~(RISCV_PPN | RISCV_N);
}

/* D, A, U, PBMT and N are reserved here; permissions are the leaf's alone. */
static inline u64 F(table)(unsigned int shape, unsigned int child, u64 pa)
{
	return pa >> 2 | RISCV_V;
}

static inline u64 F(table_pa)(unsigned int shape, u64 entry)
{
	return (entry & RISCV_PPN) << 2;
}

#if RISCV_STAGE == 2
/* Below a root as everywhere: shapes 0 to 3 are the levels. */
#define PTF_HAVE_CHILD
static inline unsigned int F(child)(unsigned int shape, u64 entry)
{
	return shape ? F(shapes)[shape].level - 1 : 0;
}

static inline unsigned int F(child_for)(unsigned int shape, unsigned int size_lg2)
{
	return F(child)(shape, 0);
}
#endif

#define PTF_HAVE_DIRTY
static inline bool F(dirty)(unsigned int shape, u64 entry)
{
	return entry & RISCV_D;
}

static inline u64 F(clean)(unsigned int shape, u64 entry)
{
	return entry & ~RISCV_D;
}

/* Write back is what the physical memory attributes of main memory say: PBMT 0. */
static inline int F(encode_attrs)(u32 features, const struct ptf_attrs *attrs, u64 *bits)
{
	if (!(attrs->flags & PTF_READ) || attrs->flags & ~RISCV_PAGE_FLAGS || attrs->share ||
	    attrs->mem == PTF_MEM_WT || attrs->mem == PTF_MEM_INDEX || attrs->raw & ~RISCV_RSW)
		return -EOPNOTSUPP;
	*bits = RISCV_V | RISCV_R | RISCV_A | attrs->raw |
		(attrs->flags & PTF_WRITE ? RISCV_W : 0) |
		(attrs->flags & PTF_WRITE && !(features & PTF_FEAT_DIRTY) ? RISCV_D : 0) |
		(attrs->flags & PTF_NOEXEC ? 0 : RISCV_X) |
		(attrs->flags & PTF_PRIV ? 0 : RISCV_U) |
		(attrs->flags & PTF_GLOBAL ? RISCV_G : 0) |
		(attrs->mem == PTF_MEM_NC ? RISCV_PBMT_NC : 0) |
		(attrs->mem == PTF_MEM_DEVICE ? RISCV_PBMT_IO : 0);
	return 0;
}

static inline void F(decode_attrs)(u32 features, u64 bits, struct ptf_attrs *attrs)
{
	attrs->flags = PTF_READ | (bits & RISCV_W ? PTF_WRITE : 0) |
		       (bits & RISCV_X ? 0 : PTF_NOEXEC) | (bits & RISCV_U ? 0 : PTF_PRIV) |
		       (bits & RISCV_G ? PTF_GLOBAL : 0);
	attrs->mem = bits & RISCV_PBMT_NC ? PTF_MEM_NC :
		     bits & RISCV_PBMT_IO ? PTF_MEM_DEVICE : PTF_MEM_DEFAULT;
	attrs->raw = bits & RISCV_RSW;
}
