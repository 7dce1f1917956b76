// SPDX-License-Identifier: GPL-2.0-only
/* What every page table shares, whatever its format: the account of its tables. */
#include <linux/export.h>
#include <linux/io.h>
#include <linux/module.h>
#include <ptforge/pt.h>
#include "mirror.h"
#include "spares.h"

static int init_hook(struct ptf_pt *pt, void *table, size_t bytes)
{
	u64 addr;

	if (!pt->hooks || !pt->hooks->init)
		return 0;
	addr = pt->device ? ptf_mirror_of(table)->device.addr : virt_to_phys(table);
	return pt->hooks->init(pt->mem_ctx, table, addr, bytes);
}

static void account(struct ptf_pt *pt, long bytes)
{
	if (pt->hooks && pt->hooks->account)
		pt->hooks->account(pt->mem_ctx, bytes);
}

static void *table_alloc(struct ptf_pt *pt, size_t bytes, unsigned int children, gfp_t gfp)
{
	void *table;

	if (pt->device)
		table = ptf_mirror_alloc(pt, bytes, children, gfp);
	else
		table = pt->mem->alloc(pt, bytes, gfp);
	if (table && init_hook(pt, table, bytes)) {
		pt->mem->free(pt, table);
		table = NULL;
	}
	return table;
}

/* What the allocator has at once; none if the hook refuses one */
static unsigned int tables_at_once(struct ptf_pt *pt, size_t bytes, gfp_t gfp, unsigned int count,
				   void **tables)
{
	unsigned int got, i;

	if (count < 2 || pt->device || !pt->mem->alloc_many)
		return 0;
	got = pt->mem->alloc_many(pt, bytes, gfp, count, tables);
	for (i = 0; i < got; i++)
		if (init_hook(pt, tables[i], bytes))
			break;
	if (i == got)
		return got;
	while (got)
		pt->mem->free(pt, tables[--got]);
	return 0;
}

/**
 * ptf_tables_alloc() - allocate tables of one size and count them
 * @pt: page table that they are for
 * @bytes: size, a power of two
 * @children: how many tables the items of each may point to
 * @gfp: may sleep if this allows it
 * @count: how many
 * @tables: get the tables, zeroed memory
 *
 * Return: how many there were, at most @count.
 */
unsigned int ptf_tables_alloc(struct ptf_pt *pt, size_t bytes, unsigned int children, gfp_t gfp,
			      unsigned int count, void **tables)
{
	unsigned int got = tables_at_once(pt, bytes, gfp, count, tables);
	long total, peak;

	for (; got < count; got++) {
		tables[got] = table_alloc(pt, bytes, children, gfp);
		if (!tables[got])
			break;
	}
	if (!got)
		return 0;
	account(pt, bytes * got);
	atomic_long_add(got, &pt->tables);
	total = atomic_long_add_return(bytes * got, &pt->table_bytes);
	peak = atomic_long_read(&pt->peak_bytes);
	while (peak < total && !atomic_long_try_cmpxchg(&pt->peak_bytes, &peak, total))
		;
	return got;
}
EXPORT_SYMBOL_GPL(ptf_tables_alloc);

static void tables_gone(struct ptf_pt *pt, unsigned int count, size_t bytes)
{
	account(pt, -(long)bytes);
	atomic_long_sub(bytes, &pt->table_bytes);
	atomic_long_sub(count, &pt->tables);
}

/**
 * ptf_table_free() - return a table that no hardware can reach to its allocator
 * @pt: page table that it was for
 * @table: from ptf_tables_alloc()
 */
void ptf_table_free(struct ptf_pt *pt, void *table)
{
	tables_gone(pt, 1, pt->mem->free(pt, table));
}
EXPORT_SYMBOL_GPL(ptf_table_free);

static void free_now(struct ptf_pt *pt, void *tables)
{
	unsigned int count = 0;
	size_t bytes = 0;
	void *next;

	if (tables && ptf_spares_lock(pt)) {
		while (tables && ptf_spare_give(pt, &tables, true))
			;
		ptf_spares_unlock(pt);
	}
	if (!tables)
		return;
	if (pt->mem->free_many) {
		bytes = pt->mem->free_many(pt, tables, &count);
	} else {
		for (; tables; tables = next, count++) {
			next = ptf_side(pt, tables)->next;
			bytes += pt->mem->free(pt, tables);
		}
	}
	tables_gone(pt, count, bytes);
}

void ptf_spares_free(struct ptf_pt *pt)
{
	unsigned int shape;

	for (shape = 0; shape < PTF_MAX_SHAPES; shape++) {
		free_now(pt, pt->spares.tables[shape]);
		pt->spares.tables[shape] = NULL;
		pt->spares.count[shape] = 0;
	}
}
EXPORT_SYMBOL_GPL(ptf_spares_free);

/* No reader is in the tables that waited any more; those that came meanwhile are next. */
static void grace_ended(struct rcu_head *rcu)
{
	struct ptf_pt *pt = container_of(rcu, struct ptf_pt, grace.rcu);
	struct ptf_grace *grace = &pt->grace;
	unsigned long flags;
	bool again;

	free_now(pt, grace->waiting);
	spin_lock_irqsave(&grace->lock, flags);
	grace->waiting = grace->pending;
	grace->pending = NULL;
	again = grace->waiting;
	grace->busy = again;
	spin_unlock_irqrestore(&grace->lock, flags);
	if (again)
		call_rcu(&grace->rcu, grace_ended);
}

static void free_later(struct ptf_pt *pt, void *tables)
{
	struct ptf_grace *grace = &pt->grace;
	void *table, *end = NULL;
	unsigned long flags;
	bool begin;

	for (table = tables; table; table = ptf_side(pt, table)->next) {
		/* No plan has to do with it from now on. */
		if (pt->device)
			list_del_init(&ptf_mirror_of(table)->staged);
		end = table;
	}
	if (!end)
		return;
	spin_lock_irqsave(&grace->lock, flags);
	begin = !grace->busy;
	if (begin) {
		grace->waiting = tables;
		grace->busy = true;
	} else {
		ptf_side(pt, end)->next = grace->pending;
		grace->pending = tables;
	}
	spin_unlock_irqrestore(&grace->lock, flags);
	if (begin)
		call_rcu(&grace->rcu, grace_ended);
}

void ptf_free_tables(struct ptf_pt *pt, void *tables)
{
	if (pt->features & PTF_FEAT_RCU)
		free_later(pt, tables);
	else
		free_now(pt, tables);
}
EXPORT_SYMBOL_GPL(ptf_free_tables);

static bool grace_busy(struct ptf_grace *grace)
{
	unsigned long flags;
	bool busy;

	spin_lock_irqsave(&grace->lock, flags);
	busy = grace->busy;
	spin_unlock_irqrestore(&grace->lock, flags);
	return busy;
}

void ptf_grace_wait(struct ptf_pt *pt)
{
	/* Once more than needed: what ends the last period has then returned. */
	do
		rcu_barrier();
	while (grace_busy(&pt->grace));
}
EXPORT_SYMBOL_GPL(ptf_grace_wait);

MODULE_DESCRIPTION("ptforge: hardware page tables");
MODULE_LICENSE("GPL");
