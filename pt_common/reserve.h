/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables set aside, by shape, for an operation that may not allocate. */
#ifndef PTF_RESERVE_H
#define PTF_RESERVE_H

#include "walk.h"

/* Take spares as far as they go; @added counts, by shape. Returns whether that is all. */
static bool F(reserve_spares)(struct ptf_pt *pt, struct ptf_reserve *reserve,
			      const unsigned int *need, unsigned int *added)
{
	unsigned int shape, short_of = 0, i;
	struct ptf_side *side;
	bool dirty = false;
	void *table;

	if (!ptf_spares_lock(pt))
		return false;
	for (shape = 0; shape < PTF_FMT_SHAPES; shape++) {
		for (i = need[shape]; i; i--) {
			side = ptf_spare_take(pt, shape, &reserve->tables[shape]);
			if (!side)
				break;
			dirty |= side->dirty;
		}
		short_of += i;
		added[shape] = need[shape] - i;
		reserve->left[shape] += added[shape];
		reserve->total += added[shape];
	}
	ptf_spares_unlock(pt);
	for (shape = 0; dirty && shape < PTF_FMT_SHAPES; shape++) {
		table = reserve->tables[shape];
		for (i = 0; i < added[shape]; i++, table = ptf_side(pt, table)->next)
			if (ptf_side(pt, table)->dirty)
				F(spare_clear)(pt, shape, table);
	}
	return !short_of;
}

/*
 * F(reserve)() - set tables aside for later
 * @pt: page table
 * @reserve: gets them
 * @need: by shape, how many
 * @full: by shape, how many of them will be made to be shared; NULL for none
 * @gfp: how to allocate
 *
 * Context: may sleep if @gfp allows it.
 * Return: 0, or -ENOMEM or -ERANGE with @reserve as it was.
 */
static int __maybe_unused F(reserve)(struct ptf_pt *pt, struct ptf_reserve *reserve,
				     const unsigned int *need, const unsigned int *full, gfp_t gfp)
{
	struct ptf_supply supply = { .reserve = reserve };
	unsigned int added[PTF_FMT_SHAPES] = {}, shape, count, i;
	void *tables[32];
	int rc;

	if (F(reserve_spares)(pt, reserve, need, added))
		goto reserved;
	for (shape = 0; shape < PTF_FMT_SHAPES; shape++) {
		while (added[shape] < need[shape]) {
			count = min_t(unsigned int, need[shape] - added[shape], ARRAY_SIZE(tables));
			rc = F(tables_alloc)(pt, shape, gfp, count, tables);
			if (rc)
				goto undo;
			for (i = 0; i < count; i++)
				ptf_table_put(pt, &supply, shape, tables[i]);
			added[shape] += count;
			reserve->total += count;
		}
	}
reserved:
	for (shape = 0; full && shape < PTF_FMT_SHAPES; shape++) {
		reserve->full[shape] += full[shape];
		atomic_add(full[shape], &pt->full[shape]);
	}
	return 0;

undo:
	for (shape = 0; shape < PTF_FMT_SHAPES; shape++) {
		for (; added[shape]; added[shape]--) {
			ptf_table_free(pt, ptf_reserve_pop(pt, reserve, shape));
			reserve->total--;
		}
	}
	return rc;
}

/*
 * F(unreserve)() - give the tables back that were not used
 * @pt: page table
 * @reserve: is empty afterwards
 *
 * Context: any.
 * Return: how many there were.
 */
static unsigned int __maybe_unused F(unreserve)(struct ptf_pt *pt, struct ptf_reserve *reserve)
{
	bool keep = reserve->total && ptf_spares_lock(pt), rest = false;
	unsigned int shape, count = 0;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++) {
		count += reserve->left[shape];
		reserve->left[shape] = 0;
		while (keep && reserve->tables[shape] &&
		       ptf_spare_give(pt, &reserve->tables[shape], false))
			;
		rest |= !!reserve->tables[shape];
		if (!reserve->full[shape])
			continue;
		atomic_sub(reserve->full[shape], &pt->full[shape]);
		reserve->full[shape] = 0;
	}
	if (keep)
		ptf_spares_unlock(pt);
	for (shape = 0; rest && shape < PTF_FMT_SHAPES; shape++) {
		ptf_free_tables(pt, reserve->tables[shape]);
		reserve->tables[shape] = NULL;
	}
	return count;
}

#endif /* PTF_RESERVE_H */
