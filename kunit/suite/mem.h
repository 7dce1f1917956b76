/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Table memory under test: pages from ptf_mem_pages, counted, failing on
 * request, and on request with a shadow of what a walker that does not snoop the
 * CPU sees of them. A shadow starts as noise and changes only by clean().
 *
 * Or the same pages as device memory, of which the page table has a mirror: they
 * start as noise and change only by store(). That is what the walker sees.
 */
#ifndef PTF_SUITE_MEM_H
#define PTF_SUITE_MEM_H

#include <linux/slab.h>

#define MEM_BUCKETS 256
#define MEM_NOISE 0xa5

/**
 * struct test_table - a table that is allocated
 * @next: in its bucket
 * @table: the table, where the walker knows it
 * @side: what the page table keeps of it
 * @shadow: what an incoherent walker sees of it
 * @size: bytes
 * @audit: number of the last audit that saw it
 * @links: items that point to it, as seen then
 * @live: items of it that are in use, as seen then
 */
struct test_table {
	struct test_table *next;
	void *table;
	struct ptf_side *side;
	void *shadow;
	size_t size;
	unsigned int audit;
	unsigned int links;
	unsigned int live;
};

/**
 * struct test_mem - what a page table under test gets its tables from
 * @pages: page table for which ptf_mem_pages allocates
 * @lock: of @buckets
 * @buckets: the live tables, by address
 * @live: how many
 * @allocs: allocations that were tried
 * @fail_at: so many more allocations, then one that fails; never if negative
 * @shadowed: tables get a shadow
 * @cleaned: bytes cleaned, or stored into device memory
 * @accounted: bytes that the page table accounted for
 * @refuse_at: so many more tables are initialised, then one is refused; never if
 *	negative
 * @on_alloc: called before each allocation
 * @on_clean: called after each clean, that is after each run of stores; and after
 *	each run that is stored into device memory
 * @on_free: called before a table is freed
 * @audits: how many audits there were
 * @ctx: for all three
 * @on_store: called for a run instead of storing it into device memory
 * @store_ctx: for @on_store
 */
struct test_mem {
	struct ptf_pt pages;
	spinlock_t lock;	/* of buckets; RCU's callbacks free */
	struct test_table *buckets[MEM_BUCKETS];
	atomic_long_t live;
	atomic_long_t allocs;
	long fail_at;
	bool shadowed;
	atomic_long_t cleaned;
	atomic_long_t accounted;
	long refuse_at;
	void (*on_alloc)(void *ctx);
	void (*on_clean)(void *ctx);
	void (*on_free)(void *ctx, void *table);
	unsigned int audits;
	void *ctx;
	void (*on_store)(void *ctx, struct test_table *t, const struct ptf_run *run);
	void *store_ctx;
};

static struct test_table **mem_bucket(struct test_mem *mem, void *table)
{
	u64 key = (u64)(unsigned long)table >> 3;

	key ^= key >> 9;
	return &mem->buckets[(key ^ key >> 17) % MEM_BUCKETS];
}

static struct test_table *mem_new(struct test_mem *mem, size_t size, gfp_t gfp)
{
	struct test_table *t, **bucket;

	if (mem->on_alloc)
		mem->on_alloc(mem->ctx);
	atomic_long_inc(&mem->allocs);
	if (mem->fail_at >= 0 && !mem->fail_at--)
		return NULL;
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return NULL;
	t->table = ptf_mem_pages.alloc(&mem->pages, size, gfp);
	if (mem->shadowed)
		t->shadow = kmalloc(size, GFP_KERNEL);
	if (!t->table || (mem->shadowed && !t->shadow)) {
		if (t->table)
			ptf_mem_pages.free(&mem->pages, t->table);
		kfree(t->shadow);
		kfree(t);
		return NULL;
	}
	if (t->shadow)
		memset(t->shadow, MEM_NOISE, size);
	t->size = size;
	t->side = ptf_mem_pages.side(t->table);
	bucket = mem_bucket(mem, t->table);
	spin_lock_bh(&mem->lock);
	t->next = *bucket;
	*bucket = t;
	spin_unlock_bh(&mem->lock);
	atomic_long_inc(&mem->live);
	return t;
}

static void *mem_alloc(struct ptf_pt *pt, size_t size, gfp_t gfp)
{
	struct test_table *t = mem_new(pt->mem_ctx, size, gfp);

	return t ? t->table : NULL;
}

/* The live table that starts at @table, NULL if there is none */
static struct test_table *mem_find(struct test_mem *mem, void *table)
{
	struct test_table *t;

	spin_lock_bh(&mem->lock);
	for (t = *mem_bucket(mem, table); t && t->table != table; t = t->next)
		;
	spin_unlock_bh(&mem->lock);
	return t;
}

static size_t mem_free(struct ptf_pt *pt, void *table)
{
	struct test_mem *mem = pt->mem_ctx;
	struct test_table *t, **p;

	if (mem->on_free)
		mem->on_free(mem->ctx, table);
	spin_lock_bh(&mem->lock);
	for (p = mem_bucket(mem, table); *p && (*p)->table != table; p = &(*p)->next)
		;
	t = *p;
	if (t)
		*p = t->next;
	spin_unlock_bh(&mem->lock);
	if (WARN_ON_ONCE(!t))
		return 0;
	/* Whoever still looks at it shall notice. */
	memset(table, MEM_NOISE, t->size);
	kfree(t->shadow);
	kfree(t);
	atomic_long_dec(&mem->live);
	return ptf_mem_pages.free(&mem->pages, table);
}

static struct ptf_side *mem_side(void *table)
{
	return ptf_mem_pages.side(table);
}

static void mem_clean(struct ptf_pt *pt, void *p, size_t bytes)
{
	struct test_mem *mem = pt->mem_ctx;
	struct test_table *t = NULL;
	unsigned int lg2, i;
	u32 *to;

	atomic_long_add(bytes, &mem->cleaned);
	for (lg2 = 3; lg2 <= 20 && mem->shadowed && !t; lg2++) {
		t = mem_find(mem, (void *)((unsigned long)p & ~(BIT(lg2) - 1)));
		if (t && p + bytes > t->table + t->size)
			t = NULL;
	}
	/* Others may be storing to their items of the table. */
	for (i = 0; t && i < bytes / 4; i++) {
		to = t->shadow + (p - t->table);
		WRITE_ONCE(to[i], READ_ONCE(((u32 *)p)[i]));
	}
	if (mem->on_clean)
		mem->on_clean(mem->ctx);
}

static const struct ptf_mem_ops test_mem_ops = {
	.alloc = mem_alloc,
	.free = mem_free,
	.side = mem_side,
	.clean = mem_clean,
};

static int mem_device_alloc(struct ptf_pt *pt, struct ptf_device_table *device, gfp_t gfp)
{
	struct test_table *t = mem_new(pt->mem_ctx, device->size, gfp);

	if (!t)
		return -ENOMEM;
	memset(t->table, MEM_NOISE, t->size);
	t->side = &container_of(device, struct ptf_mirror, device)->side;
	device->addr = virt_to_phys(t->table);
	device->priv = t;
	return 0;
}

static void mem_device_free(struct ptf_pt *pt, struct ptf_device_table *device)
{
	struct test_table *t = device->priv;

	mem_free(pt, t->table);
}

static void mem_device_store(struct ptf_pt *pt, const struct ptf_device_table *device,
			     const struct ptf_run *run)
{
	struct test_mem *mem = pt->mem_ctx;
	struct test_table *t = device->priv;
	size_t bytes = (size_t)run->count << (run->repeat_lg2 + run->item_lg2);

	WARN_ON_ONCE(((size_t)run->index << run->item_lg2) + bytes > t->size);
	if (mem->on_store) {
		mem->on_store(mem->store_ctx, t, run);
		return;
	}
	ptf_run_to_memory(t->table, run);
	atomic_long_add(bytes, &mem->cleaned);
	if (mem->on_clean)
		mem->on_clean(mem->ctx);
}

static const struct ptf_device_ops test_device_ops = {
	.alloc = mem_device_alloc,
	.free = mem_device_free,
	.store = mem_device_store,
};

static int mem_hook_init(void *ctx, void *table, u64 addr, size_t bytes)
{
	struct test_mem *mem = ctx;

	return mem->refuse_at >= 0 && !mem->refuse_at-- ? -EPERM : 0;
}

static void mem_hook_account(void *ctx, long bytes)
{
	struct test_mem *mem = ctx;

	atomic_long_add(bytes, &mem->accounted);
}

static const struct ptf_table_hooks test_hooks = {
	.init = mem_hook_init,
	.account = mem_hook_account,
};

/* What a walker sees of a table */
static const void *mem_view(struct test_mem *mem, void *table)
{
	struct test_table *t = mem->shadowed ? mem_find(mem, table) : NULL;

	return t ? t->shadow : table;
}

#endif /* PTF_SUITE_MEM_H */
