/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mirrored tables: those that the CPU does not read where the hardware does,
 * because they are in device memory, or written by jobs of the device
 * (struct ptf_device_ops). Operations work on a copy in memory. Each run that is
 * stored there goes to the device as well, and beside the copy are the device's
 * address and the copies of the tables that it points to.
 *
 * With PTF_FEAT_STAGED the copies are ahead of the device: an update is planned in
 * them, and each table that it touches keeps what it was. Commit stores the
 * difference, abort (stage.h) goes back.
 *
 * Only page tables for GPUs have them: who includes ptf.h with PTF_FOR_GPU set.
 */
#ifndef PTF_MIRROR_H
#define PTF_MIRROR_H

#include <linux/errno.h>
#include <linux/list.h>
#include <ptforge/pt.h>

#ifndef PTF_FOR_GPU
#define PTF_FOR_GPU 0
#endif

/**
 * struct ptf_mirror - lies before the copy of a table
 * @side: what is kept of any table
 * @device: the table
 * @child: by item, the copy of the table that it points to, or points to no more
 * @items: of the table
 * @shape: of the table
 * @item_lg2: log2 of an item's bytes
 * @fresh: the device has nothing in it yet (PTF_FEAT_STAGED, as all that follows)
 * @gone: the planned update took it out
 * @staged: in &ptf_stage.tables while it is changed
 * @side_was: @side at the last commit
 * @was: the copy at the last commit
 * @child_was: @child at the last commit; NULL if there is none
 * @rcu: to free it where nobody may sleep
 */
struct ptf_mirror {
	struct ptf_side side;
	struct ptf_device_table device;
	void **child;
	u32 items;
	u8 shape;
	u8 item_lg2;
	bool fresh;
	bool gone;
	struct list_head staged;
	struct ptf_side side_was;
	void *was;
	void **child_was;
	struct rcu_head rcu;
} __aligned(PTF_MAX_SHAPES);

void *ptf_mirror_alloc(struct ptf_pt *pt, size_t size, unsigned int children, gfp_t gfp);
void ptf_mirror_stored(struct ptf_pt *pt, void *table, const struct ptf_run *run);
extern const struct ptf_mem_ops ptf_mem_mirror;

unsigned int ptf_stage_runs(struct ptf_pt *pt);
void ptf_stage_commit(struct ptf_pt *pt);

static __always_inline bool ptf_mirrored(const struct ptf_pt *pt)
{
	return PTF_FOR_GPU && unlikely(pt->device);
}

static inline struct ptf_mirror *ptf_mirror_of(void *table)
{
	return (struct ptf_mirror *)table - 1;
}

/* What is known of @table changes. */
static inline void ptf_mirror_touch(struct ptf_pt *pt, void *table)
{
	struct ptf_mirror *mirror = ptf_mirror_of(table);

	if (pt->features & PTF_FEAT_STAGED && list_empty(&mirror->staged))
		list_add_tail(&mirror->staged, &pt->stage.tables);
}

/* @change is about to gather what is planned; -EBUSY if another one does. */
static inline int ptf_stage_open(struct ptf_pt *pt, struct ptf_change *change)
{
	struct ptf_stage *stage = &pt->stage;

	if (!(pt->features & PTF_FEAT_STAGED) || stage->change == change)
		return 0;
	if (stage->change)
		return -EBUSY;
	stage->change = change;
	stage->was = *change;
	stage->shares = pt->shares;
	return 0;
}

#endif /* PTF_MIRROR_H */
