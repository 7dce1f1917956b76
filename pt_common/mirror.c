// SPDX-License-Identifier: GPL-2.0-only
/* Memory of mirrored tables, see mirror.h. */
#include <linux/export.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "mirror.h"
#include "store.h"

/*
 * One piece of memory: struct ptf_mirror, the copy of @size bytes, the children;
 * and once more the latter two, if updates are staged.
 */
void *ptf_mirror_alloc(struct ptf_pt *pt, size_t size, unsigned int children, gfp_t gfp)
{
	size_t copy = ALIGN(size, sizeof(void *)), all = copy + children * sizeof(void *);
	bool staged = pt->features & PTF_FEAT_STAGED;
	struct ptf_mirror *mirror;

	mirror = kvzalloc(sizeof(*mirror) + (staged ? 2 : 1) * all, gfp);
	if (!mirror)
		return NULL;
	INIT_LIST_HEAD(&mirror->staged);
	mirror->device.size = size;
	mirror->child = (void *)(mirror + 1) + copy;
	if (staged) {
		mirror->was = (void *)(mirror + 1) + all;
		mirror->child_was = children ? mirror->was + copy : NULL;
	}
	if (pt->device->alloc(pt, &mirror->device, gfp)) {
		kvfree(mirror);
		return NULL;
	}
	return mirror + 1;
}
EXPORT_SYMBOL_GPL(ptf_mirror_alloc);

static size_t mirror_free(struct ptf_pt *pt, void *table)
{
	struct ptf_mirror *mirror = ptf_mirror_of(table);
	size_t size = mirror->device.size;

	list_del_init(&mirror->staged);
	pt->device->free(pt, &mirror->device);
	/* vfree() may sleep. */
	if (is_vmalloc_addr(mirror))
		kvfree_rcu(mirror, rcu);
	else
		kfree(mirror);
	return size;
}

static struct ptf_side *mirror_side(void *table)
{
	return &ptf_mirror_of(table)->side;
}

/* ptf_pt.mem of mirrored tables; they are allocated by ptf_mirror_alloc(). */
const struct ptf_mem_ops ptf_mem_mirror = {
	.free = mirror_free,
	.side = mirror_side,
};
EXPORT_SYMBOL_GPL(ptf_mem_mirror);

/* The run that was stored into the copy @table goes to the device, or waits for commit. */
void ptf_mirror_stored(struct ptf_pt *pt, void *table, const struct ptf_run *run)
{
	if (pt->features & PTF_FEAT_STAGED)
		ptf_mirror_touch(pt, table);
	else
		pt->device->store(pt, &ptf_mirror_of(table)->device, run);
}
EXPORT_SYMBOL_GPL(ptf_mirror_stored);

static u64 item_of(const struct ptf_mirror *mirror, const void *copy, u32 index)
{
	return ptf_load((void *)copy, mirror->item_lg2, index);
}

/* Whether the device has something else in an item */
static bool differs(const struct ptf_mirror *mirror, u32 index)
{
	return mirror->fresh || item_of(mirror, mirror + 1, index) !=
				item_of(mirror, mirror->was, index);
}

/* Tell a table's runs, if @tell; returns how many there are. */
static unsigned int table_runs(struct ptf_pt *pt, const struct ptf_mirror *mirror, bool tell)
{
	struct ptf_run run = { .item_lg2 = mirror->item_lg2 };
	unsigned int runs = 0;
	u32 end;

	for (run.index = 0; run.index < mirror->items; run.index = end) {
		end = run.index + 1;
		if (!differs(mirror, run.index))
			continue;
		run.first = item_of(mirror, mirror + 1, run.index);
		run.step = 0;
		if (end < mirror->items)
			run.step = item_of(mirror, mirror + 1, end) - run.first;
		while (end < mirror->items && differs(mirror, end) &&
		       item_of(mirror, mirror + 1, end) ==
		       run.first + (end - run.index) * run.step)
			end++;
		run.count = end - run.index;
		runs++;
		if (tell)
			pt->device->store(pt, &mirror->device, &run);
	}
	return runs;
}

/*
 * All runs of the planned update. First tables that the device does not have yet:
 * nothing leads to them, and those below come before those above. Then the
 * others, from the root on: where a shared table got a copy on one path, that path
 * leads to the copy before the table changes for the other paths.
 */
static unsigned int stage_runs(struct ptf_pt *pt, bool tell)
{
	struct ptf_stage *stage = &pt->stage;
	struct ptf_mirror *mirror;
	unsigned int runs = 0;
	void *table;
	int shape;

	for (table = stage->change ? stage->change->freed : NULL;
	     table && table != stage->was.freed; table = ptf_mirror_of(table)->side.next)
		ptf_mirror_of(table)->gone = true;
	for (shape = 0; shape < PTF_MAX_SHAPES; shape++)
		list_for_each_entry(mirror, &stage->tables, staged)
			if (mirror->fresh && !mirror->gone && mirror->shape == shape)
				runs += table_runs(pt, mirror, tell);
	for (shape = PTF_MAX_SHAPES - 1; shape >= 0; shape--)
		list_for_each_entry(mirror, &stage->tables, staged)
			if (!mirror->fresh && !mirror->gone && mirror->shape == shape)
				runs += table_runs(pt, mirror, tell);
	return runs;
}

/* How many runs ptf_stage_commit() will store */
unsigned int ptf_stage_runs(struct ptf_pt *pt)
{
	return stage_runs(pt, false);
}
EXPORT_SYMBOL_GPL(ptf_stage_runs);

/* What is planned goes to the device; the next update may be planned. */
void ptf_stage_commit(struct ptf_pt *pt)
{
	struct ptf_mirror *mirror, *next;

	stage_runs(pt, true);
	list_for_each_entry_safe(mirror, next, &pt->stage.tables, staged) {
		list_del_init(&mirror->staged);
		if (mirror->gone)
			continue;
		mirror->fresh = false;
		mirror->side_was = mirror->side;
		memcpy(mirror->was, mirror + 1, (size_t)mirror->items << mirror->item_lg2);
		if (mirror->child_was)
			memcpy(mirror->child_was, mirror->child,
			       mirror->items * sizeof(*mirror->child));
	}
	pt->stage.change = NULL;
}
EXPORT_SYMBOL_GPL(ptf_stage_commit);

/**
 * ptf_run_to_memory() - store a run into memory that the CPU can write
 * @table: the table's mapping
 * @run: what to store
 *
 * For ptf_device_ops.store() of drivers whose tables are ordinary memory: from
 * dma_alloc_wc() or the like. Stores are visible after those of earlier runs; where
 * the mapping is write combining, before the driver tells the hardware of the update.
 *
 * Context: any.
 */
void ptf_run_to_memory(void *table, const struct ptf_run *run)
{
	/* What the table points to was written before. */
	wmb();
	ptf_store_items(ptf_item(table, run->item_lg2, run->index), run->item_lg2, run->count,
			run->first, run->step, run->repeat_lg2);
}
EXPORT_SYMBOL_GPL(ptf_run_to_memory);

/**
 * ptf_run_to_io() - store a run into device memory that the CPU can write
 * @table: the table's mapping
 * @run: what to store
 *
 * For ptf_device_ops.store() of drivers whose tables lie behind an io mapping.
 * Writes reach the device in order if the mapping is not write combining; with
 * one that is, the driver flushes it before it tells the hardware of the update.
 *
 * Context: any.
 */
void ptf_run_to_io(void __iomem *table, const struct ptf_run *run)
{
	void __iomem *p = table + ((size_t)run->index << run->item_lg2);
	u64 value = run->first;
	u32 n, r;

	/* What the table points to was written before. */
	wmb();
	for (n = run->count; n; n--, value += run->step) {
		for (r = 1U << run->repeat_lg2; r; r--, p += 1 << run->item_lg2) {
			if (run->item_lg2 == 2)
				writel_relaxed((u32)value, p);
			else
				writeq_relaxed(value, p);
		}
	}
}
EXPORT_SYMBOL_GPL(ptf_run_to_io);
