/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface between the hardware check (hwcheck.c, compiled once per format) and
 * the oracles: machines that nobody here wrote, whose IOMMU or MMU walks our tables.
 *
 * An oracle is one file, oracle_<name>.c. It knows a machine, and no format: it is
 * told where the root is and how many levels there are, translates probes, and
 * invalidates what a flush reports, no more. It lists the configurations ("cases")
 * that it can judge. HW_ORACLE() makes it known; nothing else has to be edited.
 *
 * The order of calls: start, then attach; then any of translate, invalidate and
 * set_root; then stop. The table given to attach may be full already.
 */
#ifndef HW_ORACLE_H
#define HW_ORACLE_H

#include <ptforge/types.h>

/* An access: one of the first three, and as whom. DMA is HW_USER, but for first stages. */
#define HW_READ		BIT(0)
#define HW_WRITE	BIT(1)
#define HW_EXEC		BIT(2)
#define HW_USER		BIT(3)	/* not privileged */

/* It landed in RAM or in a device, which did not tell: the check looks for HW_MARK in RAM. */
#define HW_OA_SILENT	(~0ULL)
/* What a write writes: 4 bytes, little-endian */
#define HW_MARK		0x5a

/**
 * struct hw_probe - one access, and what the hardware made of it
 * @va: address of what is accessed: 4 bytes, aligned
 * @access: HW_*
 * @fault: it was refused; positively so, not for want of an answer
 * @oa: where it landed, exact to the byte; without @fault; or HW_OA_SILENT
 * @mem: memory type, enum ptf_mem_type; 0 if the hardware does not tell, then
 *	@mem_index and @share are not looked at
 * @mem_index: the format's index of it
 * @share: enum ptf_share; 0 if it says nothing of what was asked
 */
struct hw_probe {
	u64 va;
	u8 access;
	bool fault;
	u64 oa;
	u8 mem;
	u8 mem_index;
	u8 share;
};

/* Of no use above 16G. What holds no mark is zero. */
static inline u32 hw_mark_of(u64 oa)
{
	return (oa >> 2) + 1;
}

static inline u64 hw_oa_of(u32 mark)
{
	return mark ? (u64)(mark - 1) << 2 : HW_OA_SILENT;
}

/**
 * struct hw_table - what is programmed into the hardware
 * @root: physical address of the root table
 * @levels: levels of tables, the root included
 * @root_bytes: size of the root table
 * @va_lg2: bits of VA
 * @oa_lg2: bits of OA
 * @features: PTF_FEAT_* of the table
 */
struct hw_table {
	u64 root;
	unsigned int levels;
	u64 root_bytes;
	u8 va_lg2;
	u8 oa_lg2;
	u32 features;
};

/**
 * struct hw_case - a configuration that an oracle judges
 * @format: name of the format
 * @name: of the configuration, unique among those of a format and an oracle
 * @cfg: how to make the page table: va_lg2, oa_lg2, features, page_sizes
 * @access: accesses that the oracle can do, a list that ends with 0
 * @oa_in_ram: OAs must lie in RAM, where each word that is going to be read holds
 *	hw_mark_of() its address, so that the oracle can tell where it read; otherwise
 *	few lie in RAM, and these are only written to
 * @exec_word: for HW_EXEC, the 4 bytes of an instruction that the oracle recognizes when
 *	it is executed; it is where the access shall land, and the oracle says HW_OA_SILENT
 *	if it was what was executed. 0: an oracle that knows the OA without executing
 * @sets_dirty: hardware marks a leaf that is written through; with PTF_FEAT_DIRTY
 * @no_flags: PTF_* flags that are not asked for, because the hardware as it is set
 *	up has no such thing
 * @no_mem: nor are memory types, likewise
 * @no_raw: nor are these raw bits
 * @keep_va: first VA of a range that @keep_attrs maps to @keep_oa all the time, for
 *	what the oracle itself needs to be translated; random operations avoid it
 * @keep_bytes: length of that range; 0 for none
 * @keep_oa: where it leads
 * @keep_attrs: how it is mapped
 * @variant: for the oracle
 */
struct hw_case {
	const char *format;
	const char *name;
	struct ptf_config cfg;
	const u8 *access;
	bool oa_in_ram;
	u32 exec_word;
	bool sets_dirty;
	u16 no_flags;
	bool no_mem;
	u64 no_raw;
	u64 keep_va;
	u64 keep_bytes;
	u64 keep_oa;
	struct ptf_attrs keep_attrs;
	unsigned int variant;
};

/**
 * struct hw_oracle - a machine that judges
 * @name: as in the matrix, for instance "amd-iommu"
 * @ram: its RAM; see machine.h
 * @cases: what it can judge
 * @nr_cases: how many these are
 * @start: start the machine for a case. Its RAM is there and zero.
 * @attach: program a table; whatever was cached is forgotten
 * @set_root: the root grew: tell the hardware of the new root, and invalidate only
 *	what this change needs. NULL if no case has PTF_FEAT_DYNAMIC_TOP.
 * @translate: do @n accesses in order and fill in @fault and @oa. What the hardware
 *	caches by them must stay cached.
 * @invalidate: forget what @flush reports, as a driver of the hardware would, and as
 *	little else as the hardware's commands allow
 * @stop: undo what start did beyond hw_start(); may be NULL
 */
struct hw_oracle {
	const char *name;
	const struct hw_ram *ram;
	const struct hw_case *cases;
	unsigned int nr_cases;
	void (*start)(const struct hw_case *c);
	void (*attach)(const struct hw_case *c, const struct hw_table *table);
	void (*set_root)(const struct hw_case *c, const struct hw_table *table);
	void (*translate)(struct hw_probe *probes, unsigned int n);
	void (*invalidate)(const struct ptf_flush *flush);
	void (*stop)(void);
};

#define HW_MAX_ORACLES 32

extern const struct hw_oracle *hw_oracles[HW_MAX_ORACLES];
extern unsigned int hw_nr_oracles;

void hw_register(const struct hw_oracle *oracle);

#define HW_ORACLE(oracle)							\
	static void __attribute__((__constructor__)) oracle##_register(void)	\
	{									\
		hw_register(&(oracle));						\
	}									\
	extern int ptf_shim_unused

/* Why the model says that an access is refused: what exceptions choose by. */
#define HW_MAPPED	BIT(0)	/* it is not */
#define HW_HOLE		BIT(1)	/* nothing is mapped there */
#define HW_NO_READ	BIT(2)
#define HW_NO_WRITE	BIT(3)
#define HW_NO_EXEC	BIT(4)
#define HW_PRIV_ONLY	BIT(5)
#define HW_OUTSIDE	BIT(6)	/* beyond the VA width */
#define HW_ANY		(~0U)

/**
 * struct hw_exception - where an emulator is known to be wrong, or blind
 * @oracle: glob of oracles
 * @format: glob of formats
 * @config: glob of case names
 * @name: short name
 * @reason: what it does instead, and where one can see that it does
 * @why: HW_MAPPED, HW_HOLE, ... : expected results that it spoils
 * @access: accesses that it spoils: HW_READ, HW_WRITE, HW_EXEC
 * @sizes: leaf sizes that it spoils, bit n for 2^n bytes; 0 for all, and for holes
 * @flags: PTF_* flags of the leaf, all of which must be there
 * @without: PTF_* flags of which it must have none
 * @privileged: only accesses that are not HW_USER
 * @va: first VA that it spoils
 * @last: last one; 0 for no limit
 *
 * A probe that matches is made, but not judged; it is counted.
 */
struct hw_exception {
	const char *oracle;
	const char *format;
	const char *config;
	const char *name;
	const char *reason;
	u32 why;
	u8 access;
	u64 sizes;
	u16 flags;
	u16 without;
	bool privileged;
	u64 va;
	u64 last;
};

extern const struct hw_exception hw_exceptions[];
extern const unsigned int hw_nr_exceptions;

#endif /* HW_ORACLE_H */
