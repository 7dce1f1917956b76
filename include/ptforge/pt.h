/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page table that both front ends build on, and the memory of its tables.
 */
#ifndef PTFORGE_PT_H
#define PTFORGE_PT_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <asm/page.h>
#include <ptforge/types.h>

struct ptf_pt;

/**
 * struct ptf_side - what is known of a table, beside it
 * @next: links the table into lists while it is reserved, waits for a flush, or is kept
 * @refs: items that point to it, less one
 * @live: items that are not empty
 * @full: was made to be shared, or is below one that was
 * @dirty: a spare that is not all empty; @refs, @live and @full say nothing then
 * @shape: of the table
 *
 * @refs, @live and @full are kept where one updater at a time changes the page
 * table, that is for GPUs without PTF_FEAT_PARALLEL.
 */
struct ptf_side {
	void *next;
	u32 refs;
	u32 live:26;
	u32 full:1;
	u32 dirty:1;
	u32 shape:4;
};

/**
 * struct ptf_mem_ops - where tables come from
 * @alloc: returns @size bytes (a power of two) of zeroed memory, aligned to
 *	their size, whose virt_to_phys() the walker can read and has no more than
 *	&ptf_pt.table_lg2 bits; NULL if there are none. May sleep if @gfp allows it.
 * @free: takes a table back and returns the @size it was allocated with. Any
 *	context.
 * @side: returns what is kept beside the table; zeroed when it is allocated. It
 *	must not lie in the table: hardware may still read that. Any context.
 * @clean: writes the CPU's cached copy of @bytes at @p back to memory; needed
 *	with PTF_FEAT_INCOHERENT only. Any context.
 * @alloc_many: as @alloc, of @count tables at once, as many as is quick; returns how
 *	many it put into @tables, which may be none. Optional
 * @free_many: as @free, of a list that @side links; increases @count by their number,
 *	and returns the sum of their sizes. Optional
 * @spares: tables of each shape that the page table of a GPU may keep for later instead
 *	of freeing them, fewer if they are larger than a page, and that of an IOMMU domain
 *	a quarter of it. They stay accounted for, and are not initialised again
 */
struct ptf_mem_ops {
	void *(*alloc)(struct ptf_pt *pt, size_t size, gfp_t gfp);
	size_t (*free)(struct ptf_pt *pt, void *table);
	struct ptf_side *(*side)(void *table);
	void (*clean)(struct ptf_pt *pt, void *p, size_t bytes);
	unsigned int (*alloc_many)(struct ptf_pt *pt, size_t size, gfp_t gfp, unsigned int count,
				   void **tables);
	size_t (*free_many)(struct ptf_pt *pt, void *tables, unsigned int *count);
	unsigned int spares;
};

/* &ptf_mem_ops.spares of ptforge's own; none where use after free is looked for */
#ifdef CONFIG_KASAN
#define PTF_SPARES 0
#else
#define PTF_SPARES 8
#endif

/* Pages, or slots of a page for tables smaller than that; accounted to the system. */
extern const struct ptf_mem_ops ptf_mem_pages;

/*
 * kmalloc(): for coherent walkers, not below 4G; slower, but charged as @gfp says, as long
 * as the page table has them.
 */
extern const struct ptf_mem_ops ptf_mem_slab;

/**
 * struct ptf_table_hooks - what else happens to tables, wherever they come from
 * @init: looks at a table that was just allocated, of @bytes at @addr as the
 *	hardware knows it: whether it can reach that, say. @table is the CPU's mapping,
 *	zeroed, or the copy of a mirrored table. An error refuses the table, which
 *	counts as -ENOMEM. What has to be undone later is done by the alloc and free ops
 *	of &struct ptf_mem_ops. Context of the allocation. Optional
 * @account: @bytes of tables more are allocated, or less if negative; for statistics
 *	or to charge somebody. Any context. Optional
 */
struct ptf_table_hooks {
	int (*init)(void *ctx, void *table, u64 addr, size_t bytes);
	void (*account)(void *ctx, long bytes);
};

/**
 * struct ptf_run - entries that are stored into a table
 * @index: first item
 * @count: entries
 * @first: value of the first
 * @step: what each is more than the one before
 * @repeat_lg2: each is stored 2^@repeat_lg2 times in a row
 * @item_lg2: log2 of an item's bytes
 */
struct ptf_run {
	u32 index;
	u32 count;
	u64 first;
	u64 step;
	u8 repeat_lg2;
	u8 item_lg2;
};

/**
 * struct ptf_device_table - a table where the CPU does not read it
 * @addr: what entries that point to it hold
 * @size: bytes
 * @priv: the driver's
 */
struct ptf_device_table {
	u64 addr;
	size_t size;
	void *priv;
};

/**
 * struct ptf_device_ops - tables in device memory, or written by the device
 * @alloc: sets addr, aligned to the table's size, and priv of a table of @size
 *	bytes. Returns 0 or -errno; may sleep if @gfp allows it
 * @free: takes it back. Any context
 * @store: makes the table's items what @run says: by writes of the CPU
 *	(ptf_run_to_memory(), ptf_run_to_io()), or by a job. Runs are to be executed
 *	in the order of the calls: what a table entry points to is complete before.
 *	Any context
 *
 * The page table keeps a copy of each table for itself, so that the device's
 * is never read. With PTF_FEAT_STAGED, an update changes the copies alone until it
 * is committed; @store is called then.
 */
struct ptf_device_ops {
	int (*alloc)(struct ptf_pt *pt, struct ptf_device_table *table, gfp_t gfp);
	void (*free)(struct ptf_pt *pt, struct ptf_device_table *table);
	void (*store)(struct ptf_pt *pt, const struct ptf_device_table *table,
		      const struct ptf_run *run);
};

void ptf_run_to_memory(void *table, const struct ptf_run *run);
void ptf_run_to_io(void __iomem *table, const struct ptf_run *run);

/**
 * struct ptf_change - what an operation made stale, gathered until its flush
 * @flush: what the driver will be told; nothing changed while its levels are 0
 * @freed: list of tables to free after that flush, by ptf_free_tables()
 */
struct ptf_change {
	struct ptf_flush flush;
	void *freed;
};

/**
 * struct ptf_stage - what is planned and not stored yet (PTF_FEAT_STAGED)
 * @tables: mirrors that were changed
 * @change: what the planned update makes stale; NULL if there is none
 * @was: @change when it began
 * @shares: &ptf_pt.shares when it began
 */
struct ptf_stage {
	struct list_head tables;
	struct ptf_change *change;
	struct ptf_change was;
	unsigned long shares;
};

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
 * struct ptf_grace - tables that readers may still be in (PTF_FEAT_RCU)
 * @lock: protects all; taken in any context
 * @pending: tables that wait for a grace period to begin
 * @waiting: tables that are freed when the one at hand ends
 * @busy: there is one at hand
 * @rcu: for its end
 */
struct ptf_grace {
	spinlock_t lock;	/* protects all */
	void *pending;
	void *waiting;
	bool busy;
	struct rcu_head rcu;
};

/**
 * struct ptf_spares - tables that are kept for later
 * @busy: bit 0: somebody takes or gives; others go to the allocator meanwhile
 * @most: how many of a shape there may be
 * @count: by shape, how many there are
 * @tables: by shape, lists of them
 */
struct ptf_spares {
	unsigned long busy;
	unsigned int most;
	unsigned int count[PTF_MAX_SHAPES];
	void *tables[PTF_MAX_SHAPES];
};

/**
 * struct ptf_pt - one page table
 * @top: root table, and its shape in the low bits: one word, read once
 * @sizes: leaf sizes in use, bit n for 2^n bytes
 * @page_mask: the smallest of them, less one
 * @va_last: last VA, of the lower half if there are two
 * @oa_last: last OA
 * @encrypt_mask: address bit of encrypted memory, or 0
 * @features: PTF_FEAT_*
 * @va_lg2: bits of VA that the table translates, or may grow to
 * @oa_lg2: bits of OA
 * @table_lg2: bits of a table's address
 * @refuse_live: no valid entry may take the place of a valid one
 * @mem: where tables come from
 * @mem_ctx: for @mem and @hooks
 * @hooks: told of each table, or NULL
 * @dma_dev: device to clean caches for
 * @device: where tables live, if not in @mem
 * @stage: what is planned, with PTF_FEAT_STAGED
 * @grace: tables that are freed later, with PTF_FEAT_RCU
 * @shares: tables that more than one item points to
 * @full: by shape, tables that are made to be shared, or are going to be
 * @pack_lock: protects @packs; taken in any context
 * @packs: by log2 of the size, pages with free slots for small tables
 * @spares: tables that are kept for later
 * @table_bytes: bytes of tables, spares included
 * @tables: tables, spares included
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
	u64 va_last;
	u64 oa_last;
	u64 encrypt_mask;
	u32 features;
	u8 va_lg2;
	u8 oa_lg2;
	u8 table_lg2;
	bool refuse_live;
	const struct ptf_mem_ops *mem;
	void *mem_ctx;
	const struct ptf_table_hooks *hooks;
	struct device *dma_dev;
	const struct ptf_device_ops *device;
	struct ptf_stage stage;
	struct ptf_grace grace;
	unsigned long shares;
	atomic_t full[PTF_MAX_SHAPES];
	spinlock_t pack_lock;	/* protects packs */
	struct list_head packs[PAGE_SHIFT];
	struct ptf_spares spares;
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

static inline bool ptf_change_empty(const struct ptf_change *change)
{
	return !(change->flush.leaf_levels | change->flush.table_levels);
}

/**
 * struct ptf_reserve - tables set aside for an operation that may not allocate
 * @tables: by shape, lists of empty tables
 * @left: by shape, the length of @tables
 * @full: by shape, how many of them are to be shared
 * @total: tables that were ever put in
 */
struct ptf_reserve {
	void *tables[PTF_MAX_SHAPES];
	unsigned int left[PTF_MAX_SHAPES];
	unsigned int full[PTF_MAX_SHAPES];
	unsigned int total;
};

/* Tables are counted while they are allocated, in use or not. */
unsigned int ptf_tables_alloc(struct ptf_pt *pt, size_t bytes, unsigned int children, gfp_t gfp,
			      unsigned int count, void **tables);
void ptf_table_free(struct ptf_pt *pt, void *table);

/**
 * ptf_free_tables() - return a list of tables to their allocator, or keep them for later
 * @pt: page table that they came from
 * @tables: first table of a list linked by &ptf_side.next; may be NULL
 *
 * Tables that were in use wait for the flush that covers them before they come
 * here. With PTF_FEAT_RCU they go after a grace period. Any context.
 */
void ptf_free_tables(struct ptf_pt *pt, void *tables);

/* Wait until all of them have gone; may sleep. */
void ptf_grace_wait(struct ptf_pt *pt);

/* Free what is kept, after the last operation and with &ptf_spares.most 0. Any context. */
void ptf_spares_free(struct ptf_pt *pt);

/* Push @table in front of the list @tables. */
static inline void *ptf_link_table(struct ptf_pt *pt, void *table, void *tables)
{
	pt->mem->side(table)->next = tables;
	return table;
}

#endif /* PTFORGE_PT_H */
