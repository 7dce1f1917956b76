/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Table memory under test: pages from ptf_mem_pages, counted, failing on
 * request, and on request with a shadow of what a walker that does not snoop the
 * CPU sees of them. A shadow starts as noise and changes only by clean().
 */
#ifndef PTF_SUITE_MEM_H
#define PTF_SUITE_MEM_H

#include <linux/slab.h>

#define MEM_BUCKETS 256
#define MEM_NOISE 0xa5

struct test_table {
	struct test_table *next;
	void *table;
	void *shadow;
	size_t size;
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
 * @cleaned: bytes cleaned
 * @on_alloc: called before each allocation
 * @on_clean: called after each clean, that is after each run of stores
 * @on_free: called before a table is freed
 * @ctx: for all three
 */
struct test_mem {
	struct ptf_pt pages;
	spinlock_t lock;	/* of buckets */
	struct test_table *buckets[MEM_BUCKETS];
	atomic_long_t live;
	atomic_long_t allocs;
	long fail_at;
	bool shadowed;
	atomic_long_t cleaned;
	void (*on_alloc)(void *ctx);
	void (*on_clean)(void *ctx);
	void (*on_free)(void *ctx, void *table);
	void *ctx;
};

static struct test_table **mem_bucket(struct test_mem *mem, void *table)
{
	u64 key = (u64)(unsigned long)table >> 3;

	key ^= key >> 9;
	return &mem->buckets[(key ^ key >> 17) % MEM_BUCKETS];
}

static void *mem_alloc(struct ptf_pt *pt, size_t size, gfp_t gfp)
{
	struct test_mem *mem = pt->mem_ctx;
	struct test_table *t, **bucket;
	unsigned long flags;

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
	bucket = mem_bucket(mem, t->table);
	spin_lock_irqsave(&mem->lock, flags);
	t->next = *bucket;
	*bucket = t;
	spin_unlock_irqrestore(&mem->lock, flags);
	atomic_long_inc(&mem->live);
	return t->table;
}

/* The live table that starts at @table, NULL if there is none */
static struct test_table *mem_find(struct test_mem *mem, void *table)
{
	struct test_table *t;
	unsigned long flags;

	spin_lock_irqsave(&mem->lock, flags);
	for (t = *mem_bucket(mem, table); t && t->table != table; t = t->next)
		;
	spin_unlock_irqrestore(&mem->lock, flags);
	return t;
}

static size_t mem_free(struct ptf_pt *pt, void *table)
{
	struct test_mem *mem = pt->mem_ctx;
	struct test_table *t, **p;
	unsigned long flags;

	if (mem->on_free)
		mem->on_free(mem->ctx, table);
	spin_lock_irqsave(&mem->lock, flags);
	for (p = mem_bucket(mem, table); *p && (*p)->table != table; p = &(*p)->next)
		;
	t = *p;
	if (t)
		*p = t->next;
	spin_unlock_irqrestore(&mem->lock, flags);
	if (WARN_ON_ONCE(!t))
		return 0;
	/* Whoever still looks at it shall notice. */
	memset(table, MEM_NOISE, t->size);
	kfree(t->shadow);
	kfree(t);
	atomic_long_dec(&mem->live);
	return ptf_mem_pages.free(&mem->pages, table);
}

static void **mem_link(void *table)
{
	return ptf_mem_pages.link(table);
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
	.link = mem_link,
	.clean = mem_clean,
};

/* What a walker sees of a table */
static const void *mem_view(struct test_mem *mem, void *table)
{
	struct test_table *t = mem->shadowed ? mem_find(mem, table) : NULL;

	return t ? t->shadow : table;
}

#endif /* PTF_SUITE_MEM_H */
