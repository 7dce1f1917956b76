/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going back to the last commit (PTF_FEAT_STAGED): each table that the planned
 * update touched gets back what it was, tables that fell out are linked again by
 * that, and those that came are set aside again. The device has seen nothing.
 */
#ifndef PTF_STAGE_H
#define PTF_STAGE_H

#include "free.h"

/* A table gets back what it was. */
static noinline void F(stage_restore)(struct ptf_mirror *mirror)
{
	unsigned int shape = mirror->shape, item_lg2 = mirror->item_lg2, i;
	void *table = mirror + 1;
	u64 entry;

	for (i = 0; i < mirror->items; i++) {
		entry = ptf_load(mirror->was, item_lg2, i);
		if (entry == ptf_load(table, item_lg2, i))
			continue;
		/* Where there was no table, a reader may still be on its way to the new one. */
		if (F(kind)(shape, entry) == PTF_TABLE)
			WRITE_ONCE(mirror->child[i], mirror->child_was[i]);
		/* Pairs with the barrier of ptf_lower(). */
		smp_wmb();
		ptf_store_item(ptf_item(table, item_lg2, i), item_lg2, 0, entry);
	}
	mirror->side = mirror->side_was;
}

/* A table that came goes back to the reservation, as it was there. */
static void F(stage_unused)(struct ptf_pt *pt, struct ptf_reserve *reserve,
			    struct ptf_mirror *mirror)
{
	struct ptf_supply supply = { .reserve = reserve };
	unsigned int shape = mirror->shape;
	void *table = mirror + 1;

	ptf_store_items(table, mirror->item_lg2, mirror->items, F(empty)(shape), 0, 0);
	if (mirror->side.full)
		reserve->full[shape]++;
	mirror->side = (struct ptf_side){};
	mirror->fresh = false;
	ptf_table_put(pt, &supply, shape, table);
}

/*
 * F(stage_abort)() - forget what is planned
 * @pt: page table; &ptf_stage.change is as it was, too
 * @reserve: gets the tables that were taken from it; but with PTF_FEAT_RCU, where
 *	readers may be in them, they are freed
 *
 * Context: any.
 */
static void __maybe_unused F(stage_abort)(struct ptf_pt *pt, struct ptf_reserve *reserve)
{
	struct ptf_stage *stage = &pt->stage;
	struct ptf_mirror *mirror, *next;
	void *table, *freed = NULL;

	if (!stage->change)
		return;
	/* What fell out is there again; what also came is among the changed ones. */
	for (table = stage->change->freed; table != stage->was.freed;
	     table = stage->change->freed) {
		mirror = ptf_mirror_of(table);
		stage->change->freed = mirror->side.next;
		mirror->side.next = NULL;
		mirror->gone = false;
		if (mirror->side.full)
			atomic_add(1, &pt->full[mirror->shape]);
	}
	list_for_each_entry_safe(mirror, next, &stage->tables, staged) {
		list_del_init(&mirror->staged);
		if (!mirror->fresh) {
			F(stage_restore)(mirror);
		} else if (pt->features & PTF_FEAT_RCU) {
			if (mirror->side.full)
				atomic_dec(&pt->full[mirror->shape]);
			freed = ptf_link_table(pt, mirror + 1, freed);
		} else {
			F(stage_unused)(pt, reserve, mirror);
		}
	}
	pt->shares = stage->shares;
	*stage->change = stage->was;
	stage->change = NULL;
	ptf_free_tables(pt, freed);
}

#endif /* PTF_STAGE_H */
