/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page table that both front ends build on, and the memory of its tables.
 */
#ifndef PTFORGE_PT_H
#define PTFORGE_PT_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <asm/page.h>
#include <ptforge/types.h>

struct ptf_pt;

/**
 * struct ptf_mem_ops - where tables come from
 * @alloc: returns @size bytes (a power of two) of zeroed memory, aligned to
 *	their size, whose virt_to_phys() the walker can read and has no more than
 *	&ptf_pt.table_lg2 bits; NULL if there are none. May sleep if @gfp allows it.
 * @free: takes a table back and returns the @size it was allocated with. Any
 *	context.
 * @link: returns one word beside the table that links it into lists while it
 *	is reserved or waits for a flush. It must not lie in the table: hardware
 *	may still read that. Any context.
 * @clean: writes the CPU's cached copy of @bytes at @p back to memory; needed
 *	with PTF_FEAT_INCOHERENT only. Any context.
 */
struct ptf_mem_ops {
	void *(*alloc)(struct ptf_pt *pt, size_t size, gfp_t gfp);
	size_t (*free)(struct ptf_pt *pt, void *table);
	void **(*link)(void *table);
	void (*clean)(struct ptf_pt *pt, void *p, size_t bytes);
};

/* Pages, or slots of a page for tables smaller than that; accounted to the system. */
extern const struct ptf_mem_ops ptf_mem_pages;

#ifdef CONFIG_PTF_DEBUG
struct ptf_range {
	struct ptf_range *next;
	u64 start, last;
	bool write;
	unsigned int nr_entries;
	unsigned long entries[16];
};
#endif

/**
 * struct ptf_pt - one page table
 * @top: root table, and its shape in the low bits: one word, read once
 * @sizes: leaf sizes in use, bit n for 2^n bytes
 * @page_mask: the smallest of them, less one
 * @next_mask: the next larger of them, less one; all ones if there is none
 * @va_last: last VA, of the lower half if there are two
 * @oa_last: last OA
 * @encrypt_mask: address bit of encrypted memory, or 0
 * @features: PTF_FEAT_*
 * @va_lg2: bits of VA that the table translates, or may grow to
 * @oa_lg2: bits of OA
 * @table_lg2: bits of a table's address
 * @mem: where tables come from
 * @mem_ctx: for @mem
 * @dma_dev: device to clean caches for
 * @pack_lock: protects @packs; taken in any context
 * @packs: by log2 of the size, pages with free slots for small tables
 * @table_bytes: bytes of tables in use
 * @tables: tables in use
 * @peak_bytes: highest value that @table_bytes had
 * @range_lock: protects @ranges (with PTF_DEBUG)
 * @ranges: ranges of the operations in flight (with PTF_DEBUG)
 * @range_violations: times that two of them overlapped (with PTF_DEBUG)
 *
 * Drivers read it; only ptforge writes it.
 */
struct ptf_pt {
	unsigned long top;
	u64 sizes;
	u64 page_mask;
	u64 next_mask;
	u64 va_last;
	u64 oa_last;
	u64 encrypt_mask;
	u32 features;
	u8 va_lg2;
	u8 oa_lg2;
	u8 table_lg2;
	const struct ptf_mem_ops *mem;
	void *mem_ctx;
	struct device *dma_dev;
	spinlock_t pack_lock;	/* protects packs */
	struct list_head packs[PAGE_SHIFT];
	atomic_long_t table_bytes;
	atomic_long_t tables;
	atomic_long_t peak_bytes;
#ifdef CONFIG_PTF_DEBUG
	spinlock_t range_lock;	/* protects ranges */
	struct ptf_range *ranges;
	unsigned int range_violations;
#endif
};

/**
 * ptf_top_table() - root table of a page table
 * @top: value of &ptf_pt.top, read once
 *
 * Return: the root table's address.
 */
static inline void *ptf_top_table(unsigned long top)
{
	return (void *)(top & ~(PTF_MAX_SHAPES - 1UL));
}

/**
 * ptf_top_shape() - shape of the root table
 * @top: value of &ptf_pt.top, read once
 *
 * Return: the root table's shape.
 */
static inline unsigned int ptf_top_shape(unsigned long top)
{
	return top & (PTF_MAX_SHAPES - 1);
}

/**
 * struct ptf_change - what an operation made stale, gathered until its flush
 * @flush: what the driver will be told; nothing changed while its levels are 0
 * @freed: list of tables to return to their allocator after that flush
 */
struct ptf_change {
	struct ptf_flush flush;
	void *freed;
};

static inline bool ptf_change_empty(const struct ptf_change *change)
{
	return !(change->flush.leaf_levels | change->flush.table_levels);
}

/**
 * struct ptf_reserve - tables set aside for an operation that may not allocate
 * @tables: by shape, lists of empty tables
 * @left: by shape, the length of @tables
 * @total: tables that were ever put in
 */
struct ptf_reserve {
	void *tables[PTF_MAX_SHAPES];
	unsigned int left[PTF_MAX_SHAPES];
	unsigned int total;
};

/* Tables are counted while they are allocated, in use or not. */
void *ptf_table_alloc(struct ptf_pt *pt, size_t bytes, gfp_t gfp);
void ptf_table_free(struct ptf_pt *pt, void *table);

/**
 * ptf_free_tables() - return a list of tables to their allocator
 * @pt: page table that they came from
 * @tables: first table of a list linked by &ptf_mem_ops.link; may be NULL
 *
 * Tables that were in use wait for the flush that covers them before they come
 * here. Any context.
 */
void ptf_free_tables(struct ptf_pt *pt, void *tables);

/* Push @table in front of the list @tables. */
static inline void *ptf_link_table(struct ptf_pt *pt, void *table, void *tables)
{
	*pt->mem->link(table) = tables;
	return table;
}

#endif /* PTFORGE_PT_H */
