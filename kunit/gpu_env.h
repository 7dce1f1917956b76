/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One GPU address space under test: the page table, its memory, the hardware
 * that walks it, and a window of it with a model of what is mapped.
 *
 * Updates are applied as a driver has to in the fence-signalling path: with an
 * allocator that admits nothing, not preemptible, where sleeping is an error.
 */
#ifndef PTF_KUNIT_GPU_ENV_H
#define PTF_KUNIT_GPU_ENV_H

#include <linux/bitmap.h>
#include <linux/dma-fence.h>
#include <linux/preempt.h>
#include <ptforge/mem_dma.h>
#include "front_hw.h"
#include "gpu_test.h"

/* Where tables are: in memory that the test watches, or in what drivers choose */
enum env_memory { ENV_WATCHED, ENV_SLAB, ENV_DMA, ENV_WRITE_COMBINE };

#define GPU_PAGES 1024
#define GPU_MAX_REMOVED 1024

/**
 * struct env - an address space under test
 * @gpu: the address space
 * @test: who reports
 * @format: format
 * @config: configuration
 * @n: its number
 * @mem: table memory
 * @dma: of the DMA API
 * @hw: hardware
 * @model: the window
 * @removed: extents that were reported
 * @nr_removed: how many
 * @read_only: by page of the window, whether it was protected since it was mapped
 * @begun_first: first VA that the begin op held back since an update began
 * @begun_last: last VA
 * @cookie: of the fence-signalling section
 * @page: smallest page
 * @seed: for random numbers
 */
struct env {
	struct ptf_gpu gpu;
	struct kunit *test;
	const struct gpu_format *format;
	struct front_config config;
	unsigned int n;
	struct test_mem *mem;
	struct ptf_dma dma;
	struct front_hw *hw;
	struct front_model *model;
	struct {
		u64 va, oa, size;
	} removed[GPU_MAX_REMOVED];
	unsigned int nr_removed;
	DECLARE_BITMAP(read_only, GPU_PAGES);
	u64 begun_first;
	u64 begun_last;
	bool cookie;
	u64 page;
	u64 seed;
};

static struct ptf_pt *env_pt(struct env *env)
{
	return &env->gpu.pt;
}

#include "front_env.h"

static const struct ptf_attrs gpu_attrs = { .flags = PTF_READ | PTF_WRITE };

static void env_flush(struct ptf_gpu *gpu, const struct ptf_flush *flush)
{
	struct env *env = container_of(gpu, struct env, gpu);

	front_flush(env->hw, flush);
	if (flush->start < env->begun_first || flush->last > env->begun_last)
		front_wrong(env->hw, "a change beyond what begin was told", flush->start);
	/* Walks that are under way end; new ones start at the root. */
	spin_lock(&env->hw->lock);
	spin_unlock(&env->hw->lock);
}

static void env_held(struct ptf_gpu *gpu, u64 va, u64 last)
{
	struct env *env = container_of(gpu, struct env, gpu);

	env->begun_first = min(env->begun_first, va);
	env->begun_last = max(env->begun_last, last);
}

static void env_let_go(struct ptf_gpu *gpu)
{
}

/* This hardware looks at each entry as it is, whether it is held back or not. */
static const struct ptf_gpu_ops env_ops = {
	.flush = env_flush, .begin = env_held, .end = env_let_go, .live = PTF_LIVE_HITLESS,
};

/* Where @memory is; false if a page table of this configuration cannot have it there */
static bool env_place(struct env *env, enum env_memory memory, struct device *dev)
{
	const u32 watched = PTF_FEAT_PARALLEL | PTF_FEAT_INCOHERENT | PTF_FEAT_DIRTY;
	struct ptf_config *cfg = &env->config.cfg;

	env->mem->elsewhere = memory != ENV_WATCHED;
	switch (memory) {
	case ENV_WATCHED:
		cfg->mem = &test_mem_ops;
		cfg->mem_ctx = env->mem;
		env->mem->shadowed = cfg->features & PTF_FEAT_INCOHERENT;
		return true;
	case ENV_SLAB:
		cfg->mem = &ptf_mem_slab;
		return !(cfg->features & PTF_FEAT_INCOHERENT);
	default:
		cfg->device = &ptf_device_dma;
		cfg->mem_ctx = &env->dma;
		ptf_dma_init(&env->dma, dev,
			     memory == ENV_WRITE_COMBINE ? DMA_ATTR_WRITE_COMBINE : 0);
		return !(cfg->features & watched);
	}
}

/* An address space of configuration @n in @memory; NULL if the format has no such one */
static struct env *env_start_in(struct kunit *test, unsigned int n, enum env_memory memory,
				struct device *dev)
{
	struct env *env = env_alloc(test);
	struct ptf_hw_info info;
	u64 span, size;

	env->n = n;
	if (!front_config(env->format->front, n, (u32)~PTF_FEAT_DYNAMIC_TOP, &env->config) ||
	    !env_place(env, memory, dev)) {
		env_free(env);
		return NULL;
	}
	KUNIT_ASSERT_EQ(test, 0, env->format->init(&env->gpu, &env->config.cfg, &env_ops));
	ptf_gpu_hw_info(&env->gpu, &info);
	env->hw->root = phys_to_virt(info.top & ~env->gpu.pt.encrypt_mask);
	env->hw->root_shape = ptf_top_shape(env->gpu.pt.top);
	env->page = front_page(&env->gpu.pt);
	span = BIT_ULL(min(63, env->config.cfg.va_lg2 -
			   !!(env->gpu.pt.features & PTF_FEAT_SIGN_EXTEND)));
	size = min(env->page * GPU_PAGES, span);
	env->model = front_model(test, &env->gpu.pt, span - size, size);
	env->hw->model = env->model;
	return env;
}

static inline struct env *env_start(struct kunit *test, unsigned int n)
{
	return env_start_in(test, n, ENV_WATCHED, NULL);
}

/* Its tables go. */
static void env_down(struct env *env)
{
	GOOD(env);
	front_stop(env->hw);
	ptf_gpu_deinit(&env->gpu);
	env_want_none(env);
}

static void env_stop(struct env *env)
{
	env_down(env);
	env_free(env);
}

/* Updates */

static void env_removed(void *ctx, u64 va, u64 oa, u64 size)
{
	struct env *env = ctx;
	unsigned int i = env->nr_removed++;

	if (i >= GPU_MAX_REMOVED)
		return;
	env->removed[i].va = va;
	env->removed[i].oa = oa;
	env->removed[i].size = size;
}

/* Begin an update; flushes may cover nothing yet. */
static void env_begin(struct env *env, struct ptf_gpu_update *update, bool report)
{
	ptf_gpu_update_init(update, &env->gpu);
	if (report) {
		update->removed = env_removed;
		update->ctx = env;
	}
	env->nr_removed = 0;
	env->begun_first = ~0ULL;
	env->begun_last = 0;
	env->hw->bounded = true;
	env->hw->first = ~0ULL;
	env->hw->last = 0;
}

/* Where no memory may be allocated and nobody may sleep */
static void env_atomic(struct env *env)
{
	env->mem->forbid = true;
	env->cookie = dma_fence_begin_signalling();
	preempt_disable();
	non_block_start();
}

static void env_atomic_end(struct env *env)
{
	non_block_end();
	preempt_enable();
	dma_fence_end_signalling(env->cookie);
	env->mem->forbid = false;
}

/* First or last VA of the leaf at @va, as the hardware sees it; @va if there is none */
static u64 env_leaf_edge(struct env *env, u64 va, bool last)
{
	u64 low = env->format->front->picks_size ? front_low(21) : 0;
	struct front_entry leaf;

	/* Where a table picks the page size, all of it is replaced. */
	if (!front_walk(env->hw, va, false, &leaf))
		low |= front_low(leaf.size_lg2);
	return last ? va | low : va & ~low;
}

/* Flushes may cover what [va, va + size) touches. */
static void env_may_flush(struct env *env, u64 va, u64 size)
{
	env->hw->first = min(env->hw->first, env_leaf_edge(env, va, false));
	env->hw->last = max(env->hw->last, env_leaf_edge(env, va + size - 1, true));
}

/* Compare what was reported with the model, which still has it; null leaves go silently. */
static void env_check_removed(struct env *env, u64 va, u64 size)
{
	const struct front_model *m = env->model;
	unsigned int i = (va - m->va) >> m->page_lg2, end = i + (size >> m->page_lg2), n = 0, run;

	while (i < end) {
		if (m->oa[i] == FRONT_NONE || m->oa[i] == FRONT_NULL) {
			i++;
			continue;
		}
		for (run = 1; i + run < end && m->oa[i + run] == m->oa[i] + run * env->page; run++)
			;
		if (n >= env->nr_removed || n >= GPU_MAX_REMOVED ||
		    env->removed[n].va != m->va + i * env->page ||
		    env->removed[n].oa != m->oa[i] || env->removed[n].size != run * env->page) {
			front_wrong(env->hw, "a removed extent is not what was mapped",
				    m->va + i * env->page);
			return;
		}
		i += run;
		n++;
	}
	if (n != env->nr_removed)
		front_wrong(env->hw, "more extents removed than there were", va);
}

/* Finish, and check the accounts. */
static void env_finish(struct env *env, struct ptf_gpu_update *update)
{
	unsigned int total = update->reserve.total;

	ptf_gpu_finish(update);
	if (update->used + update->returned != total)
		front_wrong(env->hw, "used and returned are not what was reserved", 0);
	env->hw->bounded = false;
}

/* Whether nothing of a range is mapped */
static bool env_free_range(struct env *env, u64 va, u64 size)
{
	return front_streak(env->model, va, size, false) << env->model->page_lg2 == size;
}

/* Map a source in an update of its own, whatever the model is. */
static int env_map_source(struct env *env, u64 va, u64 size, const struct ptf_source *source)
{
	struct ptf_gpu_update update;
	int rc;

	env_begin(env, &update, false);
	rc = ptf_gpu_reserve_map(&update, va, size, source, GFP_KERNEL);
	env_may_flush(env, va, size);
	env_atomic(env);
	rc = rc ?: ptf_gpu_map(&update, va, size, source, &gpu_attrs);
	env_finish(env, &update);
	env_atomic_end(env);
	return rc;
}

/* Likewise one extent. */
static inline int env_do_map(struct env *env, u64 va, u64 oa, u64 size)
{
	struct ptf_source source;

	ptf_source_contig(&source, oa, size);
	return env_map_source(env, va, size, &source);
}

static int env_do_unmap(struct env *env, u64 va, u64 size, bool report)
{
	struct ptf_gpu_update update;
	int rc;

	env_begin(env, &update, report);
	rc = ptf_gpu_reserve_unmap(&update, va, size, GFP_KERNEL);
	env_may_flush(env, va, size);
	env_atomic(env);
	rc = rc ?: ptf_gpu_unmap(&update, va, size);
	env_finish(env, &update);
	env_atomic_end(env);
	return rc;
}

static inline int env_map(struct env *env, u64 va, u64 oa, u64 size)
{
	bool free = env_free_range(env, va, size);
	int rc = env_do_map(env, va, oa, size);

	if (!rc)
		front_set(env->model, va, oa, size);
	WANT(env, rc, free ? 0 : -EADDRINUSE);
	return rc;
}

static inline int env_unmap(struct env *env, u64 va, u64 size, bool report)
{
	int rc = env_do_unmap(env, va, size, report);

	if (report)
		env_check_removed(env, va, size);
	front_set(env->model, va, FRONT_NONE, size);
	WANT(env, rc, 0);
	return rc;
}

static inline void env_verify(struct env *env)
{
	front_verify(env->hw, env->model);
}

#endif /* PTF_KUNIT_GPU_ENV_H */
