/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages of suite/mem.h as device memory, of which the page table has a mirror:
 * they start as noise and change only by store(). That is what the walker sees. And
 * hooks, which may refuse a table.
 */
#ifndef PTF_SUITE_MEM_DEVICE_H
#define PTF_SUITE_MEM_DEVICE_H

#include "kunit/suite/mem.h"

static int mem_device_alloc(struct ptf_pt *pt, struct ptf_device_table *device, gfp_t gfp)
{
	struct test_table *t = mem_new(pt->mem_ctx, device->size, gfp);

	if (!t)
		return -ENOMEM;
	memset(t->table, MEM_NOISE, t->size);
	t->side = &container_of(device, struct ptf_mirror, device)->side;
	device->addr = virt_to_phys(t->table);
	device->priv = t;
	return 0;
}

static void mem_device_free(struct ptf_pt *pt, struct ptf_device_table *device)
{
	struct test_table *t = device->priv;

	mem_free(pt, t->table);
}

static void mem_device_store(struct ptf_pt *pt, const struct ptf_device_table *device,
			     const struct ptf_run *run)
{
	struct test_mem *mem = pt->mem_ctx;
	struct test_table *t = device->priv;
	size_t bytes = (size_t)run->count << (run->repeat_lg2 + run->item_lg2);

	WARN_ON_ONCE(((size_t)run->index << run->item_lg2) + bytes > t->size);
	if (mem->on_store) {
		mem->on_store(mem->store_ctx, t, run);
		return;
	}
	ptf_run_to_memory(t->table, run);
	atomic_long_add(bytes, &mem->cleaned);
	if (mem->on_clean)
		mem->on_clean(mem->store_ctx);
}

static const struct ptf_device_ops test_device_ops = {
	.alloc = mem_device_alloc,
	.free = mem_device_free,
	.store = mem_device_store,
};

static int mem_hook_init(void *ctx, void *table, u64 addr, size_t bytes)
{
	struct test_mem *mem = ctx;

	return mem->refuse_at >= 0 && !mem->refuse_at-- ? -EPERM : 0;
}

static void mem_hook_account(void *ctx, long bytes)
{
	struct test_mem *mem = ctx;

	atomic_long_add(bytes, &mem->accounted);
}

static const struct ptf_table_hooks test_hooks = {
	.init = mem_hook_init,
	.account = mem_hook_account,
};

#endif /* PTF_SUITE_MEM_DEVICE_H */
