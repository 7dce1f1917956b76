/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Table memory for the tests of the front ends: pages of ptf_mem_pages, each
 * table known while it is allocated. An allocation can be made to fail, or be
 * forbidden; and tables can have a shadow, what a walker that does not snoop the
 * CPU sees of them, which begins as noise and changes by clean() only.
 */
#ifndef PTF_KUNIT_FRONT_MEM_H
#define PTF_KUNIT_FRONT_MEM_H

#include <linux/hash.h>
#include <linux/slab.h>
#include <ptforge/pt.h>

#define FRONT_BUCKETS_LG2 8
#define FRONT_NOISE 0xa5

struct front_table {
	struct front_table *next;
	void *table;
	void *shadow;
	size_t size;
};

/**
 * struct front_mem - memory of one page table
 * @pages: page table for which ptf_mem_pages allocates
 * @lock: of all below
 * @buckets: tables, by address
 * @live: how many there are
 * @allocs: how many allocations were tried
 * @fail_at: so many more succeed and the next fails; never if negative
 * @forbid: an allocation is an error of whoever is tested
 * @forbidden: how many there were
 * @shadowed: tables have a shadow
 * @elsewhere: the page table has its tables elsewhere, and they are not known here
 * @on_free: called before a table is freed
 * @ctx: for @on_free
 * @on_store: called after each run of stores to tables with a shadow
 * @store_ctx: for @on_store
 */
struct front_mem {
	struct ptf_pt pages;
	spinlock_t lock;	/* of all below */
	struct front_table *buckets[1 << FRONT_BUCKETS_LG2];
	long live;
	long allocs;
	long fail_at;
	bool forbid;
	long forbidden;
	bool shadowed;
	bool elsewhere;
	void (*on_free)(void *ctx, void *table);
	void *ctx;
	void (*on_store)(void *ctx);
	void *store_ctx;
};

static struct front_table **front_bucket(struct front_mem *mem, void *table)
{
	return &mem->buckets[hash_ptr(table, FRONT_BUCKETS_LG2)];
}

static bool front_mem_admit(struct front_mem *mem)
{
	unsigned long flags;
	bool admit;

	spin_lock_irqsave(&mem->lock, flags);
	mem->allocs++;
	mem->forbidden += mem->forbid;
	admit = !mem->forbid && (mem->fail_at < 0 || mem->fail_at--);
	spin_unlock_irqrestore(&mem->lock, flags);
	return admit;
}

static void *front_mem_alloc(struct ptf_pt *pt, size_t size, gfp_t gfp)
{
	struct front_mem *mem = pt->mem_ctx;
	struct front_table *t, **bucket;
	unsigned long flags;

	if (!front_mem_admit(mem))
		return NULL;
	t = kzalloc(sizeof(*t), gfp);
	if (!t)
		return NULL;
	t->size = size;
	t->shadow = mem->shadowed ? kmalloc(size, gfp) : NULL;
	t->table = ptf_mem_pages.alloc(&mem->pages, size, gfp);
	if (!t->table || (mem->shadowed && !t->shadow)) {
		if (t->table)
			ptf_mem_pages.free(&mem->pages, t->table);
		kfree(t->shadow);
		kfree(t);
		return NULL;
	}
	if (t->shadow)
		memset(t->shadow, FRONT_NOISE, size);
	bucket = front_bucket(mem, t->table);
	spin_lock_irqsave(&mem->lock, flags);
	t->next = *bucket;
	*bucket = t;
	mem->live++;
	spin_unlock_irqrestore(&mem->lock, flags);
	return t->table;
}

/* The table that starts at @table, NULL if none is allocated there */
static struct front_table *front_mem_find(struct front_mem *mem, void *table)
{
	struct front_table *t;
	unsigned long flags;

	spin_lock_irqsave(&mem->lock, flags);
	for (t = *front_bucket(mem, table); t && t->table != table; t = t->next)
		;
	spin_unlock_irqrestore(&mem->lock, flags);
	return t;
}

static size_t front_mem_free(struct ptf_pt *pt, void *table)
{
	struct front_mem *mem = pt->mem_ctx;
	struct front_table *t, **p;
	unsigned long flags;
	size_t size;

	if (mem->on_free)
		mem->on_free(mem->ctx, table);
	spin_lock_irqsave(&mem->lock, flags);
	for (p = front_bucket(mem, table); *p && (*p)->table != table; p = &(*p)->next)
		;
	t = *p;
	if (t) {
		*p = t->next;
		mem->live--;
	}
	spin_unlock_irqrestore(&mem->lock, flags);
	if (WARN_ONCE(!t, "freed a table that was not allocated\n"))
		return 0;
	/* Whoever still looks at it shall notice. */
	memset(table, FRONT_NOISE, t->size);
	size = t->size;
	kfree(t->shadow);
	kfree(t);
	ptf_mem_pages.free(&mem->pages, table);
	return size;
}

static struct ptf_side *front_mem_side(void *table)
{
	return ptf_mem_pages.side(table);
}

static void front_mem_clean(struct ptf_pt *pt, void *p, size_t bytes)
{
	struct front_mem *mem = pt->mem_ctx;
	struct front_table *t = NULL;
	unsigned int lg2;

	for (lg2 = 3; lg2 <= 20 && mem->shadowed && !t; lg2++) {
		t = front_mem_find(mem, PTR_ALIGN_DOWN(p, 1UL << lg2));
		if (t && p + bytes > t->table + t->size)
			t = NULL;
	}
	if (t)
		memcpy(t->shadow + (p - t->table), p, bytes);
	if (mem->on_store)
		mem->on_store(mem->store_ctx);
}

static const struct ptf_mem_ops front_mem_ops = {
	.alloc = front_mem_alloc,
	.free = front_mem_free,
	.side = front_mem_side,
	.clean = front_mem_clean,
};

static void front_mem_init(struct front_mem *mem)
{
	unsigned int i;

	*mem = (struct front_mem){ .fail_at = -1 };
	spin_lock_init(&mem->lock);
	spin_lock_init(&mem->pages.pack_lock);
	for (i = 0; i < ARRAY_SIZE(mem->pages.packs); i++)
		INIT_LIST_HEAD(&mem->pages.packs[i]);
}

#endif /* PTF_KUNIT_FRONT_MEM_H */
