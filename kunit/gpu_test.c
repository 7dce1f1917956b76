// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the GPU front end, for any format. The suites are in
 * gpu_test_template.c. A test runs for each configuration that it applies to.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include "gpu_env.h"

static const struct ptf_gpu_ops no_flush;

/* Init must fail with @want and leave nothing behind. */
static noinline void refuse(struct env *env, const char *what, struct ptf_config cfg,
			    const struct ptf_gpu_ops *ops, int want)
{
	int rc;

	cfg.mem = &test_mem_ops;
	cfg.mem_ctx = env->mem;
	env->config.name = what;
	rc = env->format->init(&env->gpu, &cfg, ops);
	WANT(env, rc, want);
	WANT(env, mem_live(env->mem), 0);
	memset(&env->gpu, 0, sizeof(env->gpu));
}

void gpu_test_init_errors(struct kunit *test)
{
	struct env *env = env_alloc(test);
	struct front_config c;
	struct ptf_config cfg;

	front_config(env->format->front, FRONT_DEFAULT, 0, &c);
	refuse(env, "no ops", c.cfg, NULL, -EINVAL);
	refuse(env, "no flush", c.cfg, &no_flush, -EINVAL);
	cfg = c.cfg;
	cfg.features = PTF_FEAT_DYNAMIC_TOP;
	refuse(env, "dynamic top", cfg, &env_ops, -EOPNOTSUPP);
	cfg = c.cfg;
	cfg.va_lg2 = 65;
	refuse(env, "VA 65", cfg, &env_ops, -EINVAL);
	cfg = c.cfg;
	cfg.oa_lg2 = env->format->front->max_oa_lg2 + 1;
	refuse(env, "OA too wide", cfg, &env_ops, -ERANGE);
	cfg = c.cfg;
	cfg.page_sizes = BIT_ULL(11);
	refuse(env, "no such page size", cfg, &env_ops, -EINVAL);
	env->mem->fail_at = 0;
	refuse(env, "no memory", c.cfg, &env_ops, -ENOMEM);
	env_free(env);
}

/* Map a source; the model gets the OA of @oa by page. */
static noinline int map_source(struct env *env, u64 va, u64 size, const struct ptf_source *source,
			       const dma_addr_t *oa)
{
	struct ptf_gpu_update update;
	u64 i;
	int rc;

	env_begin(env, &update, false);
	rc = ptf_gpu_reserve_map(&update, va, size, source, GFP_KERNEL);
	if (!rc) {
		env_may_flush(env, va, size);
		env_atomic(env);
		rc = ptf_gpu_map(&update, va, size, source, &gpu_attrs);
		for (i = 0; !rc && i < size; i += env->page)
			front_set(env->model, va + i, oa[i / env->page], env->page);
		env_finish(env, &update);
		env_atomic_end(env);
	} else {
		env_finish(env, &update);
	}
	env_verify(env);
	GOOD(env);
	return rc;
}

#define SG_ENTS 6

/* Uneven elements, some adjacent in OA: in @sgt, and by page in @oa. Returns the pages. */
static unsigned int make_sg(struct env *env, struct sg_table *sgt, dma_addr_t *oa)
{
	static const u16 pages[SG_ENTS] = { 3, 13, 16, 1, 512, 7 };
	static const u16 at[SG_ENTS] = { 13, 0, 16, 700, 1024, 1536 };
	struct scatterlist *sg;
	unsigned int i, j, n = 0;

	KUNIT_ASSERT_EQ(env->test, 0, sg_alloc_table(sgt, SG_ENTS, GFP_KERNEL));
	for_each_sg(sgt->sgl, sg, SG_ENTS, i) {
		sg_dma_address(sg) = BIT_ULL(30) + at[i] * env->page;
		sg_dma_len(sg) = pages[i] * env->page;
		for (j = 0; j < pages[i]; j++)
			oa[n++] = sg_dma_address(sg) + j * env->page;
	}
	return n;
}

void gpu_test_sources(struct kunit *test)
{
	dma_addr_t *oa = kunit_kcalloc(test, GPU_PAGES, sizeof(*oa), GFP_KERNEL);
	struct ptf_mapping m = {};
	struct ptf_source source;
	unsigned int pages, i;
	struct sg_table sgt;
	struct env *env;

	KUNIT_ASSERT_NOT_NULL(test, oa);
	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va = env->model->va;

		pages = make_sg(env, &sgt, oa);
		/* All of the list, and a piece of it that begins within an element */
		ptf_source_sg(&source, &sgt, 0, pages * page);
		WANT(env, map_source(env, va, pages * page, &source, oa), 0);
		env_unmap(env, va, pages * page, true);
		env_verify(env);
		ptf_source_sg(&source, &sgt, 5 * page, 30 * page);
		WANT(env, map_source(env, va + 5 * page, 30 * page, &source, oa + 5), 0);
		env_unmap(env, va, 64 * page, true);
		env_verify(env);
		/* Too short, by a page, and nothing at all */
		ptf_source_sg(&source, &sgt, page, pages * page);
		WANT(env, map_source(env, va, pages * page, &source, oa), -EINVAL);
		ptf_source_sg(&source, &sgt, pages * page, page);
		WANT(env, map_source(env, va, page, &source, oa), -EINVAL);
		sg_free_table(&sgt);

		/* Single pages: adjacent ones make a larger leaf. */
		for (i = 0; i < 1024; i++)
			oa[i] = BIT_ULL(31) + (i < 1000 ? i : 3000 - i) * page;
		ptf_source_dma(&source, oa, 1024, page);
		WANT(env, map_source(env, va, 1024 * page, &source, oa), 0);
		WANT(env, ptf_gpu_lookup(&env->gpu, va, &m), 0);
		/* A table of the smallest pages may be left from before. */
		if (env->gpu.pt.sizes & ~page & front_low(ilog2(1000 * page)) &&
		    !env->format->front->picks_size)
			WANT(env, m.size_lg2 > __ffs64(page) && m.oa == BIT_ULL(31), true);
		env_unmap(env, va, 1024 * page, true);
		ptf_source_dma(&source, oa, 7, page);
		WANT(env, map_source(env, va, 8 * page, &source, oa), -EINVAL);
		/* Longer than asked for is no error. */
		WANT(env, map_source(env, va, 6 * page, &source, oa), 0);
		env_unmap(env, va, 6 * page, false);

		ptf_source_contig(&source, oa[0], 16 * page);
		WANT(env, map_source(env, va, 16 * page, &source, oa), 0);
		WANT(env, map_source(env, va + 16 * page, 17 * page, &source, oa), -EINVAL);
		env_unmap(env, va, 16 * page, true);
		env_verify(env);
		GOOD(env);
	}
}

/* Tables that the page table keeps; what it says of them has to be true. */
static unsigned int kept_spares(struct env *env, const struct ptf_gpu *gpu)
{
	unsigned int n = 0, count, shape;
	void *table;

	for (shape = 0; shape < PTF_MAX_SHAPES; shape++) {
		count = 0;
		for (table = gpu->pt.spares.tables[shape]; table && count <= PTF_SPARES; count++) {
			WANT(env, ptf_mem_pages.side(table)->shape, shape);
			table = ptf_mem_pages.side(table)->next;
		}
		WANT(env, gpu->pt.spares.count[shape], count);
		WANT(env, count <= gpu->pt.spares.most, true);
		n += count;
	}
	return n;
}

static long in_use(struct env *env, const struct ptf_gpu *gpu)
{
	return atomic_long_read(&gpu->pt.tables) - kept_spares(env, gpu);
}

/* Tables of the usual memory, many at once; and those that are tables a second time */
void gpu_test_default_memory(struct kunit *test)
{
	static const struct ptf_gpu_ops ops = {
		.flush = ptf_gpu_flush_none, .live = PTF_LIVE_HITLESS,
	};
	struct ptf_gpu *gpu = kunit_kzalloc(test, sizeof(*gpu), GFP_KERNEL);
	struct ptf_gpu_update update;
	struct ptf_source source;
	struct ptf_config cfg;
	unsigned int kept, tried = 0;
	struct ptf_mapping m;
	struct env *env;
	long tables;
	u64 i, end;

	KUNIT_ASSERT_NOT_NULL(test, gpu);
	for (env = env_first(test); env; env = env_next(env)) {
		/* Pages so far apart that most have a table each */
		u64 page = env->page, far = page << 9, va = 2 * far, size = 70 * far;

		cfg = env->config.cfg;
		if (cfg.features & PTF_FEAT_INCOHERENT || va + size - 1 > env->gpu.pt.va_last ||
		    size > env->gpu.pt.oa_last)
			continue;
		tried++;
		cfg.mem = NULL;
		cfg.mem_ctx = NULL;
		WANT(env, env->format->init(gpu, &cfg, &ops), 0);
		tables = atomic_long_read(&gpu->pt.tables);
		ptf_gpu_update_init(&update, gpu);
		for (i = 0; i < 70; i++) {
			ptf_source_contig(&source, i * page, page);
			WANT(env, ptf_gpu_reserve_map(&update, va + i * far, page, &source,
						      GFP_KERNEL), 0);
		}
		WANT(env, atomic_long_read(&gpu->pt.tables), tables + update.reserve.total);
		for (i = 0; i < 70; i++) {
			ptf_source_contig(&source, i * page, page);
			WANT(env, ptf_gpu_map(&update, va + i * far, page, &source, &gpu_attrs), 0);
		}
		ptf_gpu_finish(&update);
		WANT(env, in_use(env, gpu), tables + update.used);
		for (i = 0; i < 70; i++) {
			memset(&m, 0, sizeof(m));
			WANT(env, ptf_gpu_lookup(gpu, va + i * far, &m), 0);
			WANT(env, m.oa, i * page);
			WANT(env, ptf_gpu_lookup(gpu, va + i * far + page, &m), -ENOENT);
		}

		/* Full tables that are dropped, and come back empty */
		ptf_gpu_update_init(&update, gpu);
		ptf_source_contig(&source, page, size);
		WANT(env, ptf_gpu_reserve_unmap(&update, va, size, GFP_KERNEL), 0);
		WANT(env, ptf_gpu_unmap(&update, va, size), 0);
		WANT(env, ptf_gpu_reserve_map(&update, va, size, &source, GFP_KERNEL), 0);
		WANT(env, ptf_gpu_map(&update, va, size, &source, &gpu_attrs), 0);
		WANT(env, ptf_gpu_unmap(&update, va, size), 0);
		ptf_gpu_finish(&update);
		kept = kept_spares(env, gpu);
		ptf_gpu_update_init(&update, gpu);
		ptf_source_contig(&source, page, 4 * far);
		WANT(env, ptf_gpu_reserve_map(&update, va, 4 * far, &source, GFP_KERNEL), 0);
		/* Some of them are what was kept. */
		if (kept)
			WANT(env, kept_spares(env, gpu) < kept, true);
		ptf_source_contig(&source, 0, page);
		WANT(env, ptf_gpu_map(&update, va + far, page, &source, &gpu_attrs), 0);
		WANT(env, ptf_gpu_query(gpu, va + far + page, va + size - 1, &m, &end), -ENOENT);
		WANT(env, end, va + size - 1);
		WANT(env, ptf_gpu_query(gpu, va, va + size - 1, &m, &end), -ENOENT);
		WANT(env, end, va + far - 1);
		/* Counted, they go as soon as they are empty. */
		WANT(env, ptf_gpu_unmap(&update, va + far, page), 0);
		ptf_gpu_finish(&update);
		if (!(cfg.features & PTF_FEAT_PARALLEL))
			WANT(env, in_use(env, gpu), tables);

		/* A reservation for all of it that is given back */
		ptf_gpu_update_init(&update, gpu);
		ptf_source_contig(&source, page, size);
		WANT(env, ptf_gpu_reserve_map(&update, va, size, &source, GFP_KERNEL), 0);
		ptf_gpu_finish(&update);
		WANT(env, update.used, 0);
		WANT(env, update.returned > 0, true);
		WANT(env, gpu->pt.spares.count[0], gpu->pt.spares.most);

		/* All of one shape is there, and yet a page that needs all shapes meets none. */
		for (i = 0; i < 3; i++) {
			ptf_gpu_update_init(&update, gpu);
			ptf_source_contig(&source, page, page);
			tables = atomic_long_read(&gpu->pt.tables);
			WANT(env, ptf_gpu_reserve_map(&update, va, page, &source, GFP_KERNEL), 0);
			if (i && gpu->pt.spares.most)
				WANT(env, atomic_long_read(&gpu->pt.tables), tables);
			WANT(env, ptf_gpu_map(&update, va, page, &source, &gpu_attrs), 0);
			WANT(env, ptf_gpu_reserve_unmap(&update, va, page, GFP_KERNEL), 0);
			WANT(env, ptf_gpu_unmap(&update, va, page), 0);
			ptf_gpu_finish(&update);
		}
		ptf_gpu_deinit(gpu);
		WANT(env, kept_spares(env, gpu), 0);
		WANT(env, atomic_long_read(&gpu->pt.tables), 0);
		WANT(env, atomic_long_read(&gpu->pt.table_bytes), 0);
	}
	KUNIT_EXPECT_GT(test, tried, 0U);
}

/* What no verb accepts */
void gpu_test_arguments(struct kunit *test)
{
	const struct ptf_attrs none = {}, coherent = { .flags = PTF_READ | PTF_COHERENT };
	struct ptf_gpu_update update;
	struct ptf_source source;
	struct ptf_mapping m;
	struct env *env;
	u64 bits;

	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va = env->model->va, odd = page / 2;
		u64 beyond = va + (u64)env->model->pages * page;
		u64 wide = BIT_ULL(env->config.cfg.oa_lg2);

		env_begin(env, &update, false);
		ptf_source_contig(&source, 0, 64 * page);
		WANT(env, ptf_gpu_reserve_map(&update, va + odd, page, &source, GFP_KERNEL),
		     -EINVAL);
		WANT(env, ptf_gpu_reserve_map(&update, va, odd, &source, GFP_KERNEL), -EINVAL);
		WANT(env, ptf_gpu_reserve_map(&update, va, 0, &source, GFP_KERNEL), -EINVAL);
		WANT(env, ptf_gpu_reserve_map(&update, -page, 2 * page, &source, GFP_KERNEL),
		     -EINVAL);
		WANT(env, ptf_gpu_reserve_unmap(&update, va + odd, page, GFP_KERNEL), -EINVAL);
		WANT(env, ptf_gpu_reserve_unmap(&update, va, 0, GFP_KERNEL), -EINVAL);
		WANT(env, ptf_gpu_map(&update, va, odd, &source, &gpu_attrs), -EINVAL);
		WANT(env, ptf_gpu_map(&update, va, 0, &source, &gpu_attrs), -EINVAL);
		WANT(env, ptf_gpu_map(&update, va, page, &source, &none), -EINVAL);
		if (env->format->front->encode(env->config.cfg.features, &coherent, &bits))
			WANT(env, ptf_gpu_map(&update, va, page, &source, &coherent), -EOPNOTSUPP);
		WANT(env, ptf_gpu_unmap(&update, va, odd), -EINVAL);
		WANT(env, ptf_gpu_unmap(&update, va, 0), -EINVAL);
		if (env->config.cfg.va_lg2 < 64) {
			WANT(env, ptf_gpu_reserve_map(&update, beyond, page, &source, GFP_KERNEL),
			     -ERANGE);
			WANT(env, ptf_gpu_reserve_unmap(&update, beyond, page, GFP_KERNEL),
			     -ERANGE);
			WANT(env, ptf_gpu_map(&update, beyond, page, &source, &gpu_attrs), -ERANGE);
			WANT(env, ptf_gpu_unmap(&update, beyond, page), -ERANGE);
			WANT(env, ptf_gpu_lookup(&env->gpu, beyond, &m), -ERANGE);
		}
		ptf_source_contig(&source, wide - page, 2 * page);
		WANT(env, ptf_gpu_reserve_map(&update, va, 2 * page, &source, GFP_KERNEL), -ERANGE);
		ptf_source_contig(&source, wide, page);
		WANT(env, ptf_gpu_reserve_map(&update, va, page, &source, GFP_KERNEL), -ERANGE);
		ptf_source_contig(&source, odd, page);
		WANT(env, ptf_gpu_reserve_map(&update, va, page, &source, GFP_KERNEL), -EINVAL);
		WANT(env, ptf_gpu_lookup(&env->gpu, va, &m), -ENOENT);
		env_finish(env, &update);
		WANT(env, update.used, 0);
		WANT(env, update.returned, 0);
		WANT(env, env->hw->flushes, 0);
		WANT(env, mem_live(env->mem), 1);
	}
}

/* Tables reserved for a map of [va, va + size), for nothing */
static unsigned int reserved_for(struct env *env, u64 va, u64 oa, u64 size, bool unmap)
{
	struct ptf_gpu_update update;
	long live = mem_live(env->mem);
	struct ptf_source source;

	env_begin(env, &update, false);
	ptf_source_contig(&source, oa, size);
	WANT(env, unmap ? ptf_gpu_reserve_unmap(&update, va, size, GFP_KERNEL) :
		  ptf_gpu_reserve_map(&update, va, size, &source, GFP_KERNEL), 0);
	WANT(env, mem_live(env->mem), live + update.reserve.total);
	env_finish(env, &update);
	WANT(env, update.used, 0);
	WANT(env, mem_live(env->mem), live);
	WANT(env, env->hw->flushes, 0);
	return update.returned;
}

static const struct {
	u16 start, pages, oa;
} ranges[] = {
	{ 0, 1, 0 }, { 0, 512, 512 }, { 1, 512, 513 }, { 3, 800, 0 }, { 512, 512, 1024 },
	{ 511, 2, 7 }, { 1023, 1, 0 }, { 16, 1000, 16 }, { 256, 768, 1 },
};

/* The bound does not depend on the table, and an empty one takes all of it. */
void gpu_test_reservation(struct kunit *test)
{
	unsigned int map[ARRAY_SIZE(ranges)], unmap[ARRAY_SIZE(ranges)], n, i;
	struct ptf_gpu_update update;
	struct ptf_source source;
	struct env *env;

	for (n = 0; n < FRONT_NR_CONFIGS; n++) {
		for (i = 0; i < ARRAY_SIZE(ranges); i++) {
			u64 va, oa, size;

			env = env_start(test, n);
			if (!env)
				break;
			va = env->model->va + ranges[i].start * env->page;
			oa = ranges[i].oa * env->page;
			size = ranges[i].pages * env->page;
			map[i] = reserved_for(env, va, oa, size, false);
			unmap[i] = reserved_for(env, va, 0, size, true);
			env_begin(env, &update, false);
			ptf_source_contig(&source, oa, size);
			WANT(env, ptf_gpu_reserve_map(&update, va, size, &source, GFP_KERNEL), 0);
			env_atomic(env);
			WANT(env, ptf_gpu_map(&update, va, size, &source, &gpu_attrs), 0);
			env_finish(env, &update);
			env_atomic_end(env);
			WANT(env, update.used, map[i]);
			WANT(env, update.returned, 0);
			WANT(env, mem_live(env->mem), 1 + update.used);
			/* One that is there already makes no difference. */
			WANT(env, reserved_for(env, va, oa, size, false), map[i]);
			WANT(env, reserved_for(env, va, 0, size, true), unmap[i]);
			env_stop(env);
		}
	}
}

static void random_range(struct env *env, u64 *va, u64 *size, u64 *oa)
{
	struct front_model *m = env->model;
	u64 *seed = &env->seed, page = env->page, mask;

	*size = 1 + front_below(seed, 1ULL << front_below(seed, ilog2(m->pages) + 1));
	if (!front_below(seed, 3))
		*size = rounddown_pow_of_two(*size);
	*va = front_below(seed, m->pages - *size + 1);
	if (front_below(seed, 2))
		*va &= ~(rounddown_pow_of_two(*size) - 1);
	*va = m->va + *va * page;
	*size *= page;
	mask = front_low(front_below(seed, 30)) & ~(page - 1);
	*oa = front_rnd(seed) & front_low(env->config.cfg.oa_lg2 - 1) & ~(page - 1);
	*oa = (*oa & ~mask) | (*va & mask);
}

/* Reserved for the table as it is, and applied at once: nothing is returned. */
void gpu_test_exact(struct kunit *test)
{
	struct ptf_gpu_update update;
	struct ptf_source source;
	u64 va, size, oa;
	struct env *env;
	unsigned int i;
	bool free;
	int rc;

	for (env = env_first(test); env; env = env_next(env)) {
		for (i = 0; i < 40; i++) {
			random_range(env, &va, &size, &oa);
			free = env_free_range(env, va, size);
			env_begin(env, &update, true);
			update.exact = true;
			env_may_flush(env, va, size);
			if (free) {
				ptf_source_contig(&source, oa, size);
				rc = ptf_gpu_reserve_map(&update, va, size, &source, GFP_KERNEL);
				env_atomic(env);
				rc = rc ?: ptf_gpu_map(&update, va, size, &source, &gpu_attrs);
				front_set(env->model, va, oa, size);
			} else {
				rc = ptf_gpu_reserve_unmap(&update, va, size, GFP_KERNEL);
				env_atomic(env);
				rc = rc ?: ptf_gpu_unmap(&update, va, size);
				front_set(env->model, va, FRONT_NONE, size);
			}
			env_finish(env, &update);
			env_atomic_end(env);
			WANT(env, rc, 0);
			WANT(env, update.returned, 0);
			env_verify(env);
			if (!GOOD(env))
				break;
		}
	}
}

#define PLAN 4

/* Reserve all updates of a plan first, then apply or cancel them in their order. */
static void run_plan(struct env *env, unsigned int order, unsigned int applied, u64 seed)
{
	struct ptf_gpu_update *updates = kcalloc(PLAN, sizeof(*updates), GFP_KERNEL);
	struct ptf_source source[PLAN];
	u64 va[PLAN], size[PLAN], oa[PLAN];
	unsigned int i, k;
	bool free;
	int rc;

	if (!WANT(env, !updates, false))
		return;
	env->seed = seed;
	for (i = 0; i < PLAN; i++) {
		random_range(env, &va[i], &size[i], &oa[i]);
		ptf_source_contig(&source[i], oa[i], size[i]);
	}
	for (i = 0; i < PLAN; i++) {
		k = (i * (1 + 2 * (order & 1)) + order / 2) % PLAN;
		env_begin(env, &updates[k], k & 1);
		/* Even ones map, odd ones unmap. */
		WANT(env, k & 1 ? ptf_gpu_reserve_unmap(&updates[k], va[k], size[k], GFP_KERNEL) :
		     ptf_gpu_reserve_map(&updates[k], va[k], size[k], &source[k], GFP_KERNEL), 0);
	}
	for (k = 0; k < PLAN; k++) {
		free = env_free_range(env, va[k], size[k]);
		env->hw->bounded = false;
		env->nr_removed = 0;
		rc = 0;
		env_atomic(env);
		if (applied & BIT(k) && k & 1) {
			rc = ptf_gpu_unmap(&updates[k], va[k], size[k]);
			env_check_removed(env, va[k], size[k]);
			front_set(env->model, va[k], FRONT_NONE, size[k]);
		} else if (applied & BIT(k)) {
			rc = ptf_gpu_map(&updates[k], va[k], size[k], &source[k], &gpu_attrs);
			if (!rc)
				front_set(env->model, va[k], oa[k], size[k]);
		}
		env_finish(env, &updates[k]);
		env_atomic_end(env);
		WANT(env, rc, applied & BIT(k) && !(k & 1) && !free ? -EADDRINUSE : 0);
		if (!(applied & BIT(k)))
			WANT(env, updates[k].used, 0);
		env_verify(env);
	}
	GOOD(env);
	kfree(updates);
}

void gpu_test_in_flight(struct kunit *test)
{
	static const u8 configs[] = { FRONT_TWO_SIZES, FRONT_ALL };
	unsigned int n, order, applied;
	struct env *env;
	u64 seed = 77;

	for (n = 0; n < ARRAY_SIZE(configs); n++) {
		env = env_start(test, configs[n]);
		if (!env)
			continue;
		for (order = 0; order < 2 * PLAN; order++)
			for (applied = 0; applied < 1 << PLAN; applied++) {
				front_rnd(&seed);
				run_plan(env, order, applied, seed);
			}
		env_stop(env);
	}
}

/* The largest leaf that a window has room for */
static unsigned int largest(struct env *env)
{
	return fls64(env->gpu.pt.sizes &
		     front_low(env->model->page_lg2 + ilog2(env->model->pages) + 1)) - 1;
}

/* Cut a leaf without a table for it, if it takes one. */
static void cut_without(struct env *env, u64 va, u64 size)
{
	struct ptf_gpu_update update;
	unsigned int need;

	env_begin(env, &update, false);
	update.exact = true;
	WANT(env, ptf_gpu_reserve_unmap(&update, va, size, GFP_KERNEL), 0);
	need = update.reserve.total;
	env_finish(env, &update);
	/* A group of items is cut in its own table. */
	if (!need)
		return;
	env_begin(env, &update, true);
	env_atomic(env);
	WANT(env, ptf_gpu_unmap(&update, va, size), -ENOMEM);
	env_finish(env, &update);
	env_atomic_end(env);
	WANT(env, env->nr_removed, 0);
	env_verify(env);
	GOOD(env);
}

/* Verbs with less than they need: nothing is half done. */
void gpu_test_short_reservation(struct kunit *test)
{
	struct ptf_gpu_update update;
	struct ptf_source source;
	struct env *env;

	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va = env->model->va, size = 700 * page;
		u64 leaf = BIT_ULL(largest(env));

		env_begin(env, &update, false);
		env->hw->bounded = false;
		ptf_source_contig(&source, page, size);
		env_atomic(env);
		WANT(env, ptf_gpu_map(&update, va + page, size, &source, &gpu_attrs), -ENOMEM);
		env_finish(env, &update);
		env_atomic_end(env);
		WANT(env, mem_live(env->mem), 1);
		env_verify(env);
		if (leaf != page) {
			WANT(env, env_map(env, va, leaf, leaf), 0);
			env_verify(env);
			cut_without(env, va + page, page);
			env_unmap(env, va, leaf, false);
		}
		/* For one page, where more are mapped */
		env_begin(env, &update, false);
		env->hw->bounded = false;
		WANT(env, ptf_gpu_reserve_map(&update, va + page, page, &source, GFP_KERNEL), 0);
		env_atomic(env);
		if (ptf_gpu_map(&update, va + page, size, &source, &gpu_attrs) != -ENOMEM)
			front_set(env->model, va + page, page, size);
		env_finish(env, &update);
		env_atomic_end(env);
		env_verify(env);
		GOOD(env);
		if (front_streak(env->model, va, size, false) != 700)
			env_unmap(env, va, size + page, false);
	}
}

/* Let each allocation of a reservation fail in turn. */
void gpu_test_reserve_fails(struct kunit *test)
{
	struct ptf_gpu_update update;
	struct ptf_source source;
	struct env *env;
	unsigned int at;
	int rc;

	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va = env->model->va + page, size = 700 * page;
		unsigned int before;

		env_begin(env, &update, false);
		ptf_source_contig(&source, 0, size);
		WANT(env, ptf_gpu_reserve_unmap(&update, va, page, GFP_KERNEL), 0);
		before = update.reserve.total;
		for (at = 0, rc = -ENOMEM; rc && at < 200; at++) {
			long live = mem_live(env->mem);

			env->mem->fail_at = at;
			rc = ptf_gpu_reserve_map(&update, va, size, &source, GFP_KERNEL);
			env->mem->fail_at = -1;
			if (!rc)
				break;
			WANT(env, rc, -ENOMEM);
			WANT(env, update.reserve.total, before);
			WANT(env, mem_live(env->mem), live);
		}
		WANT(env, rc, 0);
		WANT(env, at, update.reserve.total - before);
		env_atomic(env);
		WANT(env, ptf_gpu_map(&update, va, size, &source, &gpu_attrs), 0);
		front_set(env->model, va, 0, size);
		env_finish(env, &update);
		env_atomic_end(env);
		WANT(env, update.used, at);
		WANT(env, update.returned, before);
		env_verify(env);
	}
}

enum {
	RANDOM_MAP, RANDOM_REPEAT, RANDOM_NULL,		/* into empty VA */
	RANDOM_REMAP, RANDOM_UNMAP, RANDOM_PROTECT, RANDOM_ZAP
};

/* A verb of a random update */
struct random_verb {
	unsigned int verb;
	u64 va, size, oa;
	struct ptf_source source;
	struct ptf_extent extent;
};

static void random_make(struct env *env, struct random_verb *r)
{
	static const u8 verbs[] = {
		RANDOM_MAP, RANDOM_MAP, RANDOM_MAP, RANDOM_MAP, RANDOM_REPEAT, RANDOM_NULL,
		RANDOM_REMAP, RANDOM_UNMAP, RANDOM_UNMAP, RANDOM_PROTECT, RANDOM_ZAP,
	};
	u64 repeated = env->page << front_below(&env->seed, 4);

	random_range(env, &r->va, &r->size, &r->oa);
	r->verb = verbs[front_below(&env->seed, ARRAY_SIZE(verbs))];
	ptf_source_contig(&r->source, r->oa, r->size);
	r->extent = (struct ptf_extent){ .oa = r->oa & ~(repeated - 1), .size = repeated };
}

static int random_reserve(struct ptf_gpu_update *u, struct random_verb *r)
{
	switch (r->verb) {
	case RANDOM_MAP:
		return ptf_gpu_reserve_map(u, r->va, r->size, &r->source, GFP_KERNEL);
	case RANDOM_REPEAT:
		return ptf_gpu_reserve_repeat(u, r->va, r->size, &r->extent, GFP_KERNEL);
	case RANDOM_NULL:
		return ptf_gpu_reserve_null(u, r->va, r->size, &r->extent, GFP_KERNEL);
	case RANDOM_REMAP:
		return ptf_gpu_reserve_remap(u, r->va, r->size, &r->source, GFP_KERNEL);
	case RANDOM_UNMAP:
		return ptf_gpu_reserve_unmap(u, r->va, r->size, GFP_KERNEL);
	case RANDOM_PROTECT:
		return ptf_gpu_reserve_protect(u, r->va, r->size, GFP_KERNEL);
	default:
		return 0;
	}
}

static int random_apply(struct ptf_gpu_update *u, struct random_verb *r)
{
	static const struct ptf_attrs read_only = { .flags = PTF_READ };

	switch (r->verb) {
	case RANDOM_MAP:
		return ptf_gpu_map(u, r->va, r->size, &r->source, &gpu_attrs);
	case RANDOM_REPEAT:
		return ptf_gpu_repeat(u, r->va, r->size, &r->extent, &gpu_attrs);
	case RANDOM_NULL:
		return ptf_gpu_null(u, r->va, r->size, &r->extent, &gpu_attrs);
	case RANDOM_REMAP:
		return ptf_gpu_remap(u, r->va, r->size, &r->source, &gpu_attrs);
	case RANDOM_UNMAP:
		return ptf_gpu_unmap(u, r->va, r->size);
	case RANDOM_PROTECT:
		return ptf_gpu_protect(u, r->va, r->size, &read_only);
	default:
		/* What went with it becomes the range. */
		return ptf_gpu_zap(u, &r->va, &r->size);
	}
}

/* What a verb makes of the model */
static void random_follow(struct env *env, const struct random_verb *r)
{
	unsigned long first = (r->va - env->model->va) / env->page, pages = r->size / env->page;
	u64 at;

	if (r->verb == RANDOM_PROTECT)
		bitmap_set(env->read_only, first, pages);
	else
		bitmap_clear(env->read_only, first, pages);
	switch (r->verb) {
	case RANDOM_MAP:
	case RANDOM_REMAP:
		front_set(env->model, r->va, r->oa, r->size);
		break;
	case RANDOM_NULL:
		if (env->format->front->null) {
			front_set(env->model, r->va, FRONT_NULL, r->size);
			break;
		}
		fallthrough;
	case RANDOM_REPEAT:
		for (at = r->va; at < r->va + r->size; at += env->page)
			front_set(env->model, at, r->extent.oa + (at & (r->extent.size - 1)),
				  env->page);
		break;
	case RANDOM_UNMAP:
	case RANDOM_ZAP:
		front_set(env->model, r->va, FRONT_NONE, r->size);
		break;
	}
}

static int random_want(struct env *env, const struct random_verb *r)
{
	if (r->verb <= RANDOM_NULL)
		return env_free_range(env, r->va, r->size) ? 0 : -EADDRINUSE;
	if (r->verb == RANDOM_PROTECT && env->gpu.pt.features & PTF_FEAT_DIRTY)
		return -EOPNOTSUPP;
	return 0;
}

/* Tables that are, or are going to be, made to be shared */
static long env_full(const struct env *env)
{
	unsigned int shape;
	long full = 0;

	for (shape = 0; shape < PTF_MAX_SHAPES; shape++)
		full += atomic_read(&env->gpu.pt.full[shape]);
	return full;
}

/* Every allocation of every verb's reservation fails once, and leaves nothing. */
void gpu_test_verbs_fail(struct kunit *test)
{
	struct ptf_gpu_update u;
	struct random_verb r;
	struct env *env;
	unsigned int at;
	int rc, want;

	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va = env->model->va;

		/* Something to share, to cut and to replace */
		r = (struct random_verb){
			.verb = RANDOM_REPEAT, .va = va, .size = 1024 * page,
			.extent = { .oa = 0, .size = page },
		};
		ptf_gpu_update_init(&u, &env->gpu);
		WANT(env, random_reserve(&u, &r), 0);
		WANT(env, random_apply(&u, &r), 0);
		random_follow(env, &r);
		ptf_gpu_finish(&u);
		r.va = va + page;
		r.size = 1000 * page;
		ptf_source_contig(&r.source, 0, r.size);
		for (r.verb = RANDOM_MAP; r.verb <= RANDOM_PROTECT; r.verb++) {
			long live = mem_live(env->mem), full = env_full(env);

			want = random_want(env, &r);
			ptf_gpu_update_init(&u, &env->gpu);
			for (at = 0, rc = -ENOMEM; rc == -ENOMEM && at < 2000; at++) {
				env->mem->fail_at = at;
				rc = random_reserve(&u, &r);
				env->mem->fail_at = -1;
				if (rc != -ENOMEM)
					break;
				WANT(env, u.reserve.total, 0);
				WANT(env, mem_live(env->mem), live);
				WANT(env, env_full(env), full);
			}
			WANT(env, rc, want == -EOPNOTSUPP ? want : 0);
			WANT(env, at, u.reserve.total);
			ptf_gpu_finish(&u);
			WANT(env, u.returned, at);
			WANT(env, mem_live(env->mem), live);
			WANT(env, env_full(env), full);
		}
		env_verify(env);
		env_unmap(env, va, 1024 * page, false);
		GOOD(env);
	}
}

void gpu_test_overlap(struct kunit *test)
{
	struct env *env;
	unsigned int i;
	u64 va, size, oa;
	long live;

	for (env = env_first(test); env; env = env_next(env)) {
		env_map(env, env->model->va + 350 * env->page, env->page, 30 * env->page);
		env_map(env, env->model->va + 900 * env->page, 0, env->page);
		for (i = 0; i < 40; i++) {
			random_range(env, &va, &size, &oa);
			if (env_free_range(env, va, size))
				continue;
			live = mem_live(env->mem);
			WANT(env, env_map(env, va, oa, size), -EADDRINUSE);
			env_verify(env);
			/* What it made is taken away again, but for empty tables that it shares. */
			WANT(env, mem_live(env->mem) <= live + 4, true);
			if (!GOOD(env))
				break;
		}
	}
}

/* One flush for an update, whatever its verbs; none for nothing */
void gpu_test_flushes(struct kunit *test)
{
	struct ptf_gpu_update update;
	struct env *env;

	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va = env->model->va;

		env_unmap(env, va, 1024 * page, false);
		WANT(env, env_map(env, va, page, 64 * page), 0);
		env_unmap(env, va + 64 * page, 100 * page, true);
		WANT(env, env->hw->flushes, 0);
		env_verify(env);

		env_begin(env, &update, false);
		WANT(env, ptf_gpu_reserve_unmap(&update, va, 2 * page, GFP_KERNEL), 0);
		WANT(env, ptf_gpu_reserve_unmap(&update, va + 8 * page, page, GFP_KERNEL), 0);
		env_may_flush(env, va, 9 * page);
		env_atomic(env);
		WANT(env, ptf_gpu_unmap(&update, va, 2 * page), 0);
		WANT(env, ptf_gpu_unmap(&update, va + 8 * page, page), 0);
		WANT(env, env->hw->flushes, 0);
		front_set(env->model, va, FRONT_NONE, 2 * page);
		front_set(env->model, va + 8 * page, FRONT_NONE, page);
		env_finish(env, &update);
		env_atomic_end(env);
		WANT(env, env->hw->flushes, 1);
		env_verify(env);
		/* It was finished; again there is nothing to do. */
		ptf_gpu_finish(&update);
		WANT(env, env->hw->flushes, 1);
		GOOD(env);
	}
}

/**
 * struct watch - what stays mapped while a leaf is cut
 * @env: address space
 * @va: first VA of the leaf
 * @size: its size
 * @oa: its OA
 * @hole: first VA of what may be missing
 * @hole_size: bytes of that
 * @seed: for random numbers
 * @looked: how often it was looked at
 * @done: when the thread is at its end
 * @stop: the thread is to end
 * @why: what is wrong
 */
struct watch {
	struct env *env;
	u64 va;
	u64 size;
	u64 oa;
	u64 hole;
	u64 hole_size;
	u64 seed;
	unsigned long looked;
	struct completion done;
	bool stop;
	const char *why;
};

static void watch_page(struct watch *w, u64 at)
{
	struct env *env = w->env;
	struct front_entry leaf;
	u64 va = w->va + at;

	if (!w->size || va - w->hole < w->hole_size)
		return;
	if (front_walk(env->hw, va, false, &leaf))
		w->why = "a neighbour lost its translation";
	else if ((leaf.oa & ~env->gpu.pt.encrypt_mask) + (va - leaf.va) != w->oa + at)
		w->why = "a neighbour got another translation";
	w->looked++;
}

/* After a store: the leaf's edges, those of the hole, and some page */
static void watch_stores(void *ctx)
{
	struct watch *w = ctx;
	u64 page;

	if (!w->size)
		return;
	page = w->env->page;
	watch_page(w, 0);
	watch_page(w, w->size - page);
	if (w->hole > w->va)
		watch_page(w, w->hole - page - w->va);
	if (w->hole + w->hole_size < w->va + w->size)
		watch_page(w, w->hole + w->hole_size - w->va);
	watch_page(w, front_below(&w->seed, w->size / page) * page);
}

/* Map a leaf, cut a hole into it while the rest is watched, unmap it. */
static void cut_leaf(struct env *env, struct watch *w, u64 size, u64 hole, u64 bytes)
{
	u64 va = size, oa = 2 * size;
	struct ptf_mapping m = {};
	unsigned int lg2 = ilog2(size);

	WANT(env, env_do_map(env, va, oa, size), 0);
	WANT(env, ptf_gpu_lookup(&env->gpu, va, &m), 0);
	WANT(env, m.size_lg2, lg2);
	front_translate(env->hw, va);
	front_translate(env->hw, va + hole);
	front_translate(env->hw, va + size - env->page);

	spin_lock(&env->hw->lock);
	w->env = env;
	w->va = va;
	w->size = size;
	w->oa = oa;
	w->hole = va + hole;
	w->hole_size = bytes;
	spin_unlock(&env->hw->lock);
	WANT(env, env_do_unmap(env, va + hole, bytes, true), 0);
	watch_stores(w);
	/* What is stale is all of the leaf, which stands in other items now. */
	WANT(env, env->hw->flush.start <= va, true);
	WANT(env, env->hw->flush.last >= va + size - 1, true);
	spin_lock(&env->hw->lock);
	w->size = 0;
	spin_unlock(&env->hw->lock);
	if (w->why)
		KUNIT_FAIL(env->test, "%s, %s: leaf of 2^%u: %s", env->format->front->name,
			   env->config.name, lg2, w->why);
	w->why = NULL;

	WANT(env, env->nr_removed, 1);
	WANT(env, env->removed[0].va, va + hole);
	WANT(env, env->removed[0].oa, oa + hole);
	WANT(env, env->removed[0].size, bytes);
	WANT(env, front_translate(env->hw, va + hole), FRONT_NONE);
	WANT(env, front_translate(env->hw, va + hole + bytes - env->page), FRONT_NONE);
	WANT(env, front_translate(env->hw, va), hole ? oa : FRONT_NONE);
	WANT(env, front_translate(env->hw, va + size - env->page),
	     hole + bytes < size ? oa + size - env->page : FRONT_NONE);
	/* All of what a table may have picked one size for */
	if (env->format->front->picks_size && size < SZ_2M)
		WANT(env, env_do_unmap(env, 0, SZ_2M, false), 0);
	else
		WANT(env, env_do_unmap(env, va, size, false), 0);
	WANT(env, front_translate(env->hw, va), FRONT_NONE);
	WANT(env, mem_live(env->mem) <= 8, true);
	GOOD(env);
}

/* Two leaves that an unmap cuts both, with a reservation that knows the table or not */
static void cut_two(struct env *env, u64 size, bool exact)
{
	u64 va = 2 * size, page = env->page;
	struct ptf_gpu_update update;

	WANT(env, env_do_map(env, va, va, 2 * size), 0);
	front_translate(env->hw, va);
	front_translate(env->hw, va + size);
	env_begin(env, &update, false);
	update.exact = exact;
	WANT(env, ptf_gpu_reserve_unmap(&update, va + page, 2 * size - 2 * page, GFP_KERNEL), 0);
	env_may_flush(env, va + page, 2 * size - 2 * page);
	env_atomic(env);
	WANT(env, ptf_gpu_unmap(&update, va + page, 2 * size - 2 * page), 0);
	env_finish(env, &update);
	env_atomic_end(env);
	if (exact)
		WANT(env, update.returned, 0);
	WANT(env, front_translate(env->hw, va), va);
	WANT(env, front_translate(env->hw, va + page), FRONT_NONE);
	WANT(env, front_translate(env->hw, va + 2 * size - 2 * page), FRONT_NONE);
	WANT(env, front_translate(env->hw, va + 2 * size - page), va + 2 * size - page);
	WANT(env, env_do_unmap(env, va, 2 * size, false), 0);
	if (env->format->front->picks_size)
		WANT(env, env_do_unmap(env, va & -SZ_2M, max_t(u64, 2 * size, SZ_2M), false), 0);
	GOOD(env);
}

/* Holes in leaves of each size */
static void cut_leaves(struct env *env, struct watch *w)
{
	struct front_model *model = env->model;
	u64 page = env->page, size, eighth;
	unsigned int lg2;

	/* Leaves may be larger than any window. */
	env->hw->model = NULL;
	for (lg2 = __ffs64(page) + 1; lg2 < 36; lg2++) {
		size = BIT_ULL(lg2);
		eighth = max(size / 8, page);
		if (!(env->gpu.pt.sizes & size) || env->config.cfg.va_lg2 < lg2 + 3 ||
		    env->config.cfg.oa_lg2 < lg2 + 2)
			continue;
		cut_leaf(env, w, size, size / 2, page);
		cut_leaf(env, w, size, 0, page);
		cut_leaf(env, w, size, size - page, page);
		cut_leaf(env, w, size, 0, size / 2);
		cut_two(env, size, false);
		cut_two(env, size, true);
		if (size < 8 * page)
			continue;
		cut_leaf(env, w, size, 3 * eighth, 4 * eighth);
		cut_leaf(env, w, size, size / 2 - page, 2 * page);
		cut_leaf(env, w, size, page, size - 2 * page);
	}
	env->hw->model = model;
}

/* With a look at the neighbours after each run of stores */
void gpu_test_cut(struct kunit *test)
{
	static const u8 configs[] = { FRONT_DEFAULT, FRONT_INCOHERENT, FRONT_ENCRYPT, FRONT_ALL };
	struct watch *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct env *env;
	unsigned int n;

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->seed = 1;
	for (n = 0; n < ARRAY_SIZE(configs); n++) {
		env = env_start(test, configs[n]);
		if (!env)
			continue;
		env->mem->on_clean = watch_stores;
		env->mem->store_ctx = w;
		cut_leaves(env, w);
		env->mem->on_clean = NULL;
		env_stop(env);
	}
	KUNIT_EXPECT_GT(test, w->looked, 0);
}

static int watch_thread(void *data)
{
	struct watch *w = data;
	struct env *env = w->env;
	unsigned int i;

	while (!READ_ONCE(w->stop)) {
		spin_lock(&env->hw->lock);
		for (i = 0; i < 16 && w->size; i++)
			watch_page(w, front_below(&w->seed, w->size / env->page) * env->page);
		spin_unlock(&env->hw->lock);
		cond_resched();
	}
	complete(&w->done);
	return 0;
}

/* With a thread that walks while leaves are cut */
void gpu_test_cut_watched(struct kunit *test)
{
	struct watch *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct env *env = env_start(test, FRONT_DEFAULT);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->env = env;
	w->seed = 1;
	init_completion(&w->done);
	task = kthread_run(watch_thread, w, "ptf-watch");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	cut_leaves(env, w);
	WRITE_ONCE(w->stop, true);
	wait_for_completion(&w->done);
	KUNIT_EXPECT_GT(test, w->looked, 0);
	env_stop(env);
}

/* What is in the window, by for_each */
struct listed {
	struct env *env;
	unsigned int pages;
	u64 next;
};

/* Whether a leaf says of @va what the model does */
static bool leaf_is_right(struct env *env, const struct ptf_mapping *m, u64 va)
{
	const struct front_model *model = env->model;
	unsigned int i = (va - model->va) / env->page;

	if (m->kind == PTF_NULL)
		return model->oa[i] == FRONT_NULL;
	return model->oa[i] == m->oa + (va - m->va) &&
	       test_bit(i, env->read_only) == !(m->attrs.flags & PTF_WRITE);
}

static int list_leaf(void *ctx, const struct ptf_mapping *m)
{
	struct listed *l = ctx;
	u64 at;

	if (m->kind < PTF_LEAF || m->va < l->next || m->va < l->env->model->va) {
		front_wrong(l->env->hw, "for_each shows a leaf that should not be", m->va);
		return 0;
	}
	for (at = 0; at < BIT_ULL(m->size_lg2); at += l->env->page, l->pages++)
		if (!leaf_is_right(l->env, m, m->va + at))
			front_wrong(l->env->hw, "for_each shows a wrong leaf", m->va);
	l->next = m->va + BIT_ULL(m->size_lg2);
	return 0;
}

static void list_all(struct env *env)
{
	struct front_model *m = env->model;
	struct listed l = { .env = env };
	struct ptf_mapping mapping;
	unsigned int i, pages = 0;
	int rc;

	WANT(env, ptf_gpu_for_each(&env->gpu, m->va, m->va + (u64)m->pages * env->page - 1,
				   list_leaf, &l), 0);
	for (i = 0; i < m->pages; i++) {
		u64 va = m->va + i * env->page;

		pages += m->oa[i] != FRONT_NONE;
		if (i % 7)
			continue;
		rc = ptf_gpu_lookup(&env->gpu, va, &mapping);
		if (rc != (m->oa[i] == FRONT_NONE ? -ENOENT : 0) ||
		    (!rc && !leaf_is_right(env, &mapping, va)))
			front_wrong(env->hw, "lookup is wrong", va);
	}
	WANT(env, l.pages, pages);
	GOOD(env);
}

/* Random updates of up to three verbs */
static void random_update(struct env *env)
{
	unsigned int verbs = 1 + front_below(&env->seed, 3), i;
	struct ptf_gpu_update update;
	struct random_verb r[3];
	int rc, want;

	env_begin(env, &update, false);
	for (i = 0; i < verbs; i++) {
		random_make(env, &r[i]);
		rc = random_reserve(&update, &r[i]);
		WANT(env, rc, rc == -EOPNOTSUPP ? random_want(env, &r[i]) : 0);
		/* Removed extents are asked for at times only: that is another path. */
		update.removed = front_below(&env->seed, 2) ? env_removed : NULL;
		update.ctx = env;
	}
	for (i = 0; i < verbs; i++) {
		want = random_want(env, &r[i]);
		env_may_flush(env, r[i].va, r[i].size);
		env->nr_removed = 0;
		env_atomic(env);
		rc = random_apply(&update, &r[i]);
		env_atomic_end(env);
		WANT(env, rc, want);
		if (r[i].verb == RANDOM_ZAP) {
			env->hw->first = min(env->hw->first, r[i].va);
			env->hw->last = max(env->hw->last, r[i].va + r[i].size - 1);
		}
		if (update.removed && r[i].verb > RANDOM_NULL) {
			if (r[i].verb != RANDOM_PROTECT)
				env_check_removed(env, r[i].va, r[i].size);
			else
				WANT(env, env->nr_removed, 0);
		}
		if (!rc)
			random_follow(env, &r[i]);
	}
	env_atomic(env);
	env_finish(env, &update);
	env_atomic_end(env);
}

/* As many random updates, then an unmap of all */
static void random_updates(struct env *env, unsigned int count)
{
	unsigned int i;
	u64 seed;

	env->seed += env->n;
	for (i = 0; i < count; i++) {
		seed = env->seed;
		random_update(env);
		env_verify(env);
		if (!GOOD(env)) {
			kunit_info(env->test, "update %u, seed 0x%llx", i, seed);
			break;
		}
	}
	list_all(env);
	env_unmap(env, env->model->va, (u64)env->model->pages * env->page, true);
	env_verify(env);
	list_all(env);
	GOOD(env);
}

void gpu_test_random(struct kunit *test)
{
	struct env *env;

	for (env = env_first(test); env; env = env_next(env))
		random_updates(env, 50);
}

/* Many tables that go leave memory behind, but the next allocation frees most of it. */
static void dma_leaves_little(struct env *env)
{
	unsigned int many = 4 * PTF_DMA_EMPTIES, i;
	struct ptf_gpu_update update;
	struct ptf_source source;
	u64 page = env->page;

	ptf_source_contig(&source, 0, page);
	for (i = 0; i < 2; i++) {
		ptf_gpu_update_init(&update, &env->gpu);
		while (update.reserve.total < (i ? 1 : many))
			WANT(env, ptf_gpu_reserve_map(&update, 0, page, &source, GFP_KERNEL), 0);
		ptf_gpu_finish(&update);
	}
	/* What that one returned comes on top. */
	WANT(env, env->dma.empties > PTF_DMA_EMPTIES + update.reserve.total, false);
}

/* The same where drivers may have their tables */
void gpu_test_memory(struct kunit *test)
{
	struct platform_device *device;
	enum env_memory memory;
	unsigned int n, made, i;
	struct env *env;

	device = platform_device_register_simple("ptf-kunit-dma", PLATFORM_DEVID_NONE, NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(device));
	for (memory = ENV_SLAB; memory <= ENV_WRITE_COMBINE; memory++) {
		made = 0;
		for (n = 0; n < FRONT_NR_CONFIGS; n++) {
			env = env_start_in(test, n, memory, &device->dev);
			if (!env)
				continue;
			made++;
			random_updates(env, 20);
			if (memory != ENV_SLAB)
				dma_leaves_little(env);
			/* All chunks are empty once the tables are gone. */
			env_down(env);
			if (memory != ENV_SLAB) {
				WANT(env, env->dma.empties > 0, true);
				ptf_dma_fini(&env->dma);
				WANT(env, env->dma.empties, 0);
				WANT(env, list_empty(&env->dma.empty), true);
				for (i = 0; i < ARRAY_SIZE(env->dma.chunks); i++)
					WANT(env, list_empty(&env->dma.chunks[i]), true);
			}
			env_free(env);
		}
		KUNIT_EXPECT_GT(test, made, 0U);
	}
	platform_device_unregister(device);
}

MODULE_DESCRIPTION("ptforge: tests of the GPU front end");
MODULE_LICENSE("GPL");
