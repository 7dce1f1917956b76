// SPDX-License-Identifier: GPL-2.0-only
/* What every page table shares, whatever its format: the account of its tables. */
#include <linux/export.h>
#include <linux/io.h>
#include <linux/module.h>
#include <ptforge/pt.h>
#include "mirror.h"

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

/**
 * ptf_table_alloc() - allocate a table and count it
 * @pt: page table that it is for
 * @bytes: size, a power of two
 * @children: how many tables its items may point to
 * @gfp: may sleep if this allows it
 *
 * Return: zeroed memory, or NULL.
 */
void *ptf_table_alloc(struct ptf_pt *pt, size_t bytes, unsigned int children, gfp_t gfp)
{
	void *table;
	long total, peak;

	if (pt->device)
		table = ptf_mirror_alloc(pt, bytes, children, gfp);
	else
		table = pt->mem->alloc(pt, bytes, gfp);

	if (!table)
		return NULL;
	if (init_hook(pt, table, bytes)) {
		pt->mem->free(pt, table);
		return NULL;
	}
	account(pt, bytes);
	atomic_long_inc(&pt->tables);
	total = atomic_long_add_return(bytes, &pt->table_bytes);
	peak = atomic_long_read(&pt->peak_bytes);
	while (peak < total && !atomic_long_try_cmpxchg(&pt->peak_bytes, &peak, total))
		;
	return table;
}
EXPORT_SYMBOL_GPL(ptf_table_alloc);

/**
 * ptf_table_free() - return a table that no hardware can reach to its allocator
 * @pt: page table that it was for
 * @table: from ptf_table_alloc()
 */
void ptf_table_free(struct ptf_pt *pt, void *table)
{
	size_t bytes = pt->mem->free(pt, table);

	account(pt, -(long)bytes);
	atomic_long_sub(bytes, &pt->table_bytes);
	atomic_long_dec(&pt->tables);
}
EXPORT_SYMBOL_GPL(ptf_table_free);

static void free_now(struct ptf_pt *pt, void *tables)
{
	void *next;

	for (; tables; tables = next) {
		next = pt->mem->side(tables)->next;
		ptf_table_free(pt, tables);
	}
}

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
	WRITE_ONCE(grace->busy, again);
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

	for (table = tables; table; table = pt->mem->side(table)->next) {
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
		WRITE_ONCE(grace->busy, true);
	} else {
		pt->mem->side(end)->next = grace->pending;
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

void ptf_grace_wait(struct ptf_pt *pt)
{
	/* Once more than needed: what ends the last period has then returned. */
	do
		rcu_barrier();
	while (READ_ONCE(pt->grace.busy));
}
EXPORT_SYMBOL_GPL(ptf_grace_wait);

MODULE_DESCRIPTION("ptforge: hardware page tables");
MODULE_LICENSE("GPL");
