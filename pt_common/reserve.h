/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables set aside, by shape, for an operation that may not allocate. */
#ifndef PTF_RESERVE_H
#define PTF_RESERVE_H

#include "walk.h"

/*
 * F(reserve)() - allocate tables for later
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
 * F(unreserve)() - free the tables that were not used
 * @pt: page table
 * @reserve: is empty afterwards
 *
 * Context: any.
 * Return: how many there were.
 */
static unsigned int __maybe_unused F(unreserve)(struct ptf_pt *pt, struct ptf_reserve *reserve)
{
	unsigned int shape, count = 0;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++) {
		count += reserve->left[shape];
		ptf_free_tables(pt, reserve->tables[shape]);
		reserve->tables[shape] = NULL;
		reserve->left[shape] = 0;
		atomic_sub(reserve->full[shape], &pt->full[shape]);
		reserve->full[shape] = 0;
	}
	return count;
}

#endif /* PTF_RESERVE_H */
