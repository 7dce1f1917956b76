/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spares: tables that a page table keeps for later, by shape. Those that were
 * reserved and not used are as they were; those that fell out are dirty, and
 * cleared when they are taken. Who finds them busy goes to the allocator, so that
 * no context has to wait, and none has to hold back interrupts.
 */
#ifndef PTF_SPARES_H
#define PTF_SPARES_H

#include <linux/bitops.h>
#include <linux/compiler.h>
#include "side.h"

static inline bool ptf_spares_lock(struct ptf_pt *pt)
{
	return pt->spares.most && !test_and_set_bit_lock(0, &pt->spares.busy);
}

static inline void ptf_spares_unlock(struct ptf_pt *pt)
{
	/* The others only set the bit that is set. */
	__clear_bit_unlock(0, &pt->spares.busy);
}

/* Move one to @list, under the lock; returns what is known of it, NULL if there is none. */
static inline struct ptf_side *ptf_spare_take(struct ptf_pt *pt, unsigned int shape, void **list)
{
	void *table = pt->spares.tables[shape];
	struct ptf_side *side;

	if (!table)
		return NULL;
	side = ptf_side(pt, table);
	WRITE_ONCE(pt->spares.tables[shape], side->next);
	pt->spares.count[shape]--;
	side->next = *list;
	*list = table;
	return side;
}

/* Keep the first table of a list, under the lock; returns whether there was room. */
static inline bool ptf_spare_give(struct ptf_pt *pt, void **list, bool dirty)
{
	void *table = *list;
	struct ptf_side *side = ptf_side(pt, table);
	unsigned int shape = side->shape;

	if (pt->spares.count[shape] >= pt->spares.most)
		return false;
	*list = side->next;
	side->dirty = dirty;
	side->next = pt->spares.tables[shape];
	WRITE_ONCE(pt->spares.tables[shape], table);
	pt->spares.count[shape]++;
	return true;
}

#endif /* PTF_SPARES_H */
