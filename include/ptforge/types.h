/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of ptforge: what a driver says about a page table, and what it is
 * told back. Nothing here knows a format or a front end.
 *
 * Addresses are u64: VA is the input address (IOVA, GPU VA), OA the output
 * address (physical, DMA or VRAM). Ranges are inclusive (start, last), so that
 * the last byte of a 64-bit space needs no special case. Sizes that are powers
 * of two are kept as log2 and named _lg2.
 */
#ifndef PTFORGE_TYPES_H
#define PTFORGE_TYPES_H

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/types.h>

/* PTF_MAX_SHAPES - how many kinds of table a format may have. */
#define PTF_MAX_SHAPES 16

/* PTF_MAX_LEVELS - how many tables there are at most on the way to a leaf. */
#define PTF_MAX_LEVELS 8

/**
 * enum ptf_kind - what one item of a table is
 * @PTF_EMPTY: nothing is mapped; the item holds the format's empty value
 * @PTF_TABLE: points to a lower table
 * @PTF_LEAF: yields an OA
 * @PTF_NULL: valid without an OA (sparse, PRT, null PTE)
 */
enum ptf_kind {
	PTF_EMPTY,
	PTF_TABLE,
	PTF_LEAF,
	PTF_NULL,
};

/* Flags of struct ptf_attrs */
#define PTF_READ	BIT(0)	/* the device may read */
#define PTF_WRITE	BIT(1)	/* the device may write */
#define PTF_NOEXEC	BIT(2)	/* the device may not fetch instructions */
#define PTF_PRIV	BIT(3)	/* privileged accesses only */
#define PTF_GLOBAL	BIT(4)	/* the same in every address space */
#define PTF_COHERENT	BIT(5)	/* accesses snoop the CPU's caches */
#define PTF_ENCRYPT	BIT(6)	/* memory encryption address bit set */
#define PTF_FLAGS	GENMASK(6, 0)	/* all of them */

/**
 * enum ptf_mem_type - memory type of a mapping
 * @PTF_MEM_DEFAULT: what the format does when nothing is asked
 * @PTF_MEM_WB: normal memory, write back
 * @PTF_MEM_WT: normal memory, write through
 * @PTF_MEM_NC: normal memory, not cached
 * @PTF_MEM_DEVICE: device memory, strongly ordered
 * @PTF_MEM_INDEX: the format's cache attribute index in
 *	&ptf_attrs.mem_index (PAT index, MAIR AttrIndx)
 */
enum ptf_mem_type {
	PTF_MEM_DEFAULT,
	PTF_MEM_WB,
	PTF_MEM_WT,
	PTF_MEM_NC,
	PTF_MEM_DEVICE,
	PTF_MEM_INDEX,
};

/**
 * enum ptf_share - shareability of a mapping
 * @PTF_SHARE_DEFAULT: what the format pairs with the memory type
 * @PTF_SHARE_NONE: not shareable
 * @PTF_SHARE_INNER: inner shareable
 * @PTF_SHARE_OUTER: outer shareable
 */
enum ptf_share {
	PTF_SHARE_DEFAULT,
	PTF_SHARE_NONE,
	PTF_SHARE_INNER,
	PTF_SHARE_OUTER,
};

/**
 * struct ptf_attrs - what a mapping is for, in words that no format owns
 * @flags: PTF_READ, PTF_WRITE, ... ; at least one of the two
 * @mem: memory type, &enum ptf_mem_type
 * @share: shareability, &enum ptf_share
 * @mem_index: with PTF_MEM_INDEX, the format's cache attribute index
 * @raw: further bits of the format's leaf, for what has no neutral word; each
 *	format names the bits that it lets through
 *
 * A format either expresses all that is asked or refuses with -EOPNOTSUPP.
 */
struct ptf_attrs {
	u16 flags;
	u8 mem;
	u8 share;
	u8 mem_index;
	u64 raw;
};

/**
 * enum ptf_live - whether a valid entry may take the place of a valid one
 * @PTF_LIVE_FORMAT: as the format's specification lets any hardware; each format's
 *	header says which of the others that is
 * @PTF_LIVE_HITLESS: yes: until the flush hardware uses the one or the other
 * @PTF_LIVE_BRACKET: only while nothing walks there: between the driver's begin and
 *	end ops
 * @PTF_LIVE_REFUSE: never. Between an unmap and a map the driver's flush op is
 *	called. What needs a smaller leaf in a larger one's place, so that some of it
 *	stays mapped, is -EBUSY; remap and protect are -EOPNOTSUPP
 *
 * A table in the place of one that maps the very same, entry by entry, is no such
 * change.
 */
enum ptf_live {
	PTF_LIVE_FORMAT,
	PTF_LIVE_HITLESS,
	PTF_LIVE_BRACKET,
	PTF_LIVE_REFUSE,
};

/* Features of a page table: what the hardware does and the driver wants */
#define PTF_FEAT_SIGN_EXTEND	BIT(0)	/* VA is sign-extended: two halves */
#define PTF_FEAT_DYNAMIC_TOP	BIT(1)	/* start small, add top levels in use */
#define PTF_FEAT_DIRTY		BIT(2)	/* hardware records writes */
#define PTF_FEAT_INCOHERENT	BIT(3)	/* the walker does not snoop the CPU */
#define PTF_FEAT_ENCRYPT	BIT(4)	/* &ptf_config.encrypt_mask is in use */
#define PTF_FEAT_PARALLEL	BIT(5)	/* GPU: updates of disjoint ranges run in parallel */
#define PTF_FEAT_STAGED		BIT(6)	/* GPU: updates of mirrored tables are planned first */
#define PTF_FEAT_RCU		BIT(7)	/* GPU: lookups may run beside updates */

/**
 * struct ptf_config - one page table as the hardware at hand wants it
 * @va_lg2: bits of VA
 * @oa_lg2: bits of OA, for leaves as well as for tables
 * @features: PTF_FEAT_*
 * @page_sizes: leaf sizes to use, bit n for 2^n bytes; 0 for all that the
 *	format has
 * @encrypt_mask: with PTF_FEAT_ENCRYPT, the address bit that marks encrypted
 *	memory; tables get it always, leaves on PTF_ENCRYPT
 * @mem: where tables come from; NULL for ptf_mem_pages
 * @mem_ctx: first argument of @mem's functions, by &ptf_pt.mem_ctx, and of @hooks'
 * @hooks: told of each table; may be NULL
 * @dma_dev: the walking device; needed with PTF_FEAT_INCOHERENT and
 *	ptf_mem_pages
 * @device: where tables live that the CPU does not read: device memory, or what
 *	only jobs of the device write. NULL for tables in memory from @mem
 */
struct ptf_config {
	u8 va_lg2;
	u8 oa_lg2;
	u32 features;
	u64 page_sizes;
	u64 encrypt_mask;
	const struct ptf_mem_ops *mem;
	void *mem_ctx;
	const struct ptf_table_hooks *hooks;
	struct device *dma_dev;
	const struct ptf_device_ops *device;
};

/**
 * struct ptf_mapping - one entry of a page table, as lookups report it
 * @va: first VA of the entry
 * @oa: first OA of the entry; for PTF_NULL undefined
 * @size_lg2: size of the entry
 * @level: levels below it, 0 for the lowest table
 * @kind: PTF_LEAF or PTF_NULL
 * @entry: the item as it stands in the table
 * @attrs: decoded attributes
 */
struct ptf_mapping {
	u64 va;
	u64 oa;
	u8 size_lg2;
	u8 level;
	u8 kind;
	u64 entry;
	struct ptf_attrs attrs;
};

/**
 * struct ptf_step - one table on the way to a VA
 * @table: its address, as the hardware knows it
 * @entry: the item that the VA selects
 * @index: of the item
 * @level: levels below it, 0 for the lowest table
 * @kind: what the item is, &enum ptf_kind
 */
struct ptf_step {
	u64 table;
	u64 entry;
	u32 index;
	u8 level;
	u8 kind;
};

/**
 * struct ptf_path - the way to a VA, from the root on
 * @steps: how many tables there are on it; 0 beyond a root that may grow
 * @step: the tables
 * @mapping: what it leads to; valid if the last step's kind is PTF_LEAF or
 *	PTF_NULL
 */
struct ptf_path {
	unsigned int steps;
	struct ptf_step step[PTF_MAX_LEVELS];
	struct ptf_mapping mapping;
};

/**
 * struct ptf_piece - a part of a table, as it is
 * @addr: its address, as the hardware knows it
 * @bytes: how many
 * @level: of the table
 * @data: the items; valid during the call that tells of it
 */
struct ptf_piece {
	u64 addr;
	u32 bytes;
	u8 level;
	const void *data;
};

/**
 * struct ptf_flush - what became stale, for the driver to invalidate
 * @start: first VA
 * @last: last VA, inclusive
 * @leaf_levels: bit n: leaves in tables of level n were removed or changed
 * @table_levels: bit n: entries of tables of level n that pointed to a lower
 *	table were removed or changed, so that walk caches are stale
 * @min_size_lg2: VA size of the smallest of these entries
 * @freed_tables: tables wait for this flush to go back to their allocator
 *
 * @leaf_levels 0 with @table_levels set is a change of tables under which all
 * translations stay what they were: an empty table went, or one got smaller
 * pages. There is never a flush for no change.
 */
struct ptf_flush {
	u64 start;
	u64 last;
	u16 leaf_levels;
	u16 table_levels;
	u8 min_size_lg2;
	bool freed_tables;
};

/**
 * struct ptf_hw_info - what a driver programs into its hardware
 * @top: physical address of the root table
 * @top_lg2: log2 of the root's bytes, to which it is aligned
 * @levels: levels of tables, the root included
 * @upper_start: first VA of the upper half of a sign-extended space, which
 *	struct iommu_domain_geometry cannot express; 0 if there is none
 * @lock_lg2: granule of the caller's range lock: operations may run in parallel
 *	if no two of them touch the same 2^@lock_lg2 bytes of VA
 */
struct ptf_hw_info {
	phys_addr_t top;
	unsigned int top_lg2;
	unsigned int levels;
	u64 upper_start;
	unsigned int lock_lg2;
};

#endif /* PTFORGE_TYPES_H */
