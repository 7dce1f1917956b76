/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One domain of the software IOMMU under test: the page table, its memory, the
 * hardware that walks it, and a window of it with a model of what is mapped.
 */
#ifndef PTF_KUNIT_IOMMU_ENV_H
#define PTF_KUNIT_IOMMU_ENV_H

#include "front_hw.h"
#include "iommu_test.h"

#define IOMMU_PAGES 2048
#define IOMMU_RW (IOMMU_READ | IOMMU_WRITE)

/**
 * struct env - a domain under test
 * @iommu: the domain
 * @test: who reports
 * @format: format
 * @config: configuration
 * @n: its number
 * @mem: table memory
 * @hw: hardware
 * @model: the window; its address may be changed while nothing is mapped
 * @refuse_top: set_top fails
 * @tops: calls of set_top
 * @page: smallest page
 * @seed: for random numbers
 */
struct env {
	struct ptf_iommu iommu;
	struct kunit *test;
	const struct iommu_format *format;
	struct front_config config;
	unsigned int n;
	struct test_mem *mem;
	struct front_hw *hw;
	struct front_model *model;
	bool refuse_top;
	unsigned int tops;
	u64 page;
	u64 seed;
};

static struct ptf_pt *env_pt(struct env *env)
{
	return &env->iommu.pt;
}

#include "front_env.h"

static struct env *env_of(struct ptf_iommu *iommu)
{
	return container_of(iommu, struct env, iommu);
}

static void env_flush(struct ptf_iommu *iommu, const struct ptf_flush *flush)
{
	front_flush(env_of(iommu)->hw, flush);
}

/* The new root must lead to all that the old one did, and to nothing else. */
static int env_set_top(struct ptf_iommu *iommu, phys_addr_t top, unsigned int levels)
{
	struct env *env = env_of(iommu);
	struct front_hw *hw = env->hw;
	struct front_shape old = env->format->front->shape(hw->root_shape), new;
	struct front_entry leaf;
	unsigned int i;
	u64 want;

	env->tops++;
	if (env->refuse_top)
		return -EIO;
	front_root(hw, top, levels);
	new = env->format->front->shape(hw->root_shape);
	if (new.level != old.level + 1)
		front_wrong(hw, "the root grew by more than one level", 0);
	for (i = 0; i < env->model->pages; i++) {
		u64 va = env->model->va + (u64)i * env->page;
		bool mapped = !front_walk(hw, va, false, &leaf), want_mapped;

		want = env->model->oa[i];
		want_mapped = want != FRONT_NONE;
		if (mapped != want_mapped ||
		    (mapped && (leaf.oa & ~hw->pt->encrypt_mask) + (va - leaf.va) != want))
			front_wrong(hw, "the new root does not lead to what the old one did", va);
	}
	for (i = 1; i < 1U << new.index_lg2; i++)
		if (!front_walk(hw, (u64)i << new.va_lg2, false, &leaf))
			front_wrong(hw, "mapped before the hardware knows the root",
				    (u64)i << new.va_lg2);
	return 0;
}

static const struct ptf_iommu_ops env_ops = {
	.flush = env_flush,
	.set_top = env_set_top,
};

/* For iommu_paging_domain_alloc() */
static struct iommu_domain *env_domain(void *ctx)
{
	struct env *env = ctx;
	int rc = env->format->init(&env->iommu, &env->config.cfg, &env_ops);

	if (rc)
		return ERR_PTR(rc);
	env->iommu.domain.ops = env->format->domain_ops;
	env->iommu.domain.dirty_ops = env->format->dirty_ops;
	return &env->iommu.domain;
}

/* Bytes from 0 on that the domain translates, as far as 64 bits can say it */
static u64 env_span(struct env *env)
{
	u64 last = env->iommu.domain.geometry.aperture_end;

	return last == ~0ULL ? BIT_ULL(63) : last + 1;
}

/* A domain of configuration @n, attached; NULL if the format has no such one */
static inline struct env *env_start(struct kunit *test, unsigned int n)
{
	struct env *env = env_alloc(test);
	struct iommu_domain *domain;
	struct ptf_hw_info info;
	u64 size;

	env->n = n;
	if (!front_config(env->format->front, n, ~0U, &env->config)) {
		env_free(env);
		return NULL;
	}
	env->config.cfg.mem = &test_mem_ops;
	env->config.cfg.mem_ctx = env->mem;
	env->mem->shadowed = env->config.cfg.features & PTF_FEAT_INCOHERENT;
	iommu_driver_alloc = env_domain;
	iommu_driver_ctx = env;
	domain = iommu_paging_domain_alloc(&iommu_driver.device->dev);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(domain), "%s, %s: %pe", env->format->front->name,
			       env->config.name, domain);
	KUNIT_ASSERT_EQ(test, 0, iommu_attach_device(domain, &iommu_driver.device->dev));
	env->format->hw_info(&env->iommu, &info);
	front_root(env->hw, info.top, info.levels);
	env->page = front_page(&env->iommu.pt);
	size = min(env->page * IOMMU_PAGES, env_span(env));
	env->model = front_model(test, &env->iommu.pt, 0, size);
	env->hw->model = env->model;
	return env;
}

/* Everything is given back, whatever is still mapped. */
static void env_stop(struct env *env)
{
	struct device *dev = &iommu_driver.device->dev;

	GOOD(env);
	iommu_detach_device(&env->iommu.domain, dev);
	front_stop(env->hw);
	env->format->deinit(&env->iommu);
	env_want_none(env);
	iommu_domain_free(&env->iommu.domain);
	env_free(env);
}

/* Move the window to the end of the space, or near its middle. */
static void env_window(struct env *env, unsigned int where)
{
	u64 size = (u64)env->model->pages << env->model->page_lg2, span = env_span(env);

	switch (where) {
	case 0:
		env->model->va = 0;
		break;
	case 1:
		env->model->va = span / 2 >= size ? span / 2 - size / 2 : 0;
		break;
	case 2:
		env->model->va = env->iommu.domain.geometry.aperture_end - size + 1;
		break;
	case 3:		/* upper half, where there is one */
		if (env->iommu.pt.features & PTF_FEAT_SIGN_EXTEND)
			env->model->va = -size;
		break;
	}
}

/* Flushes that follow may cover this much; a table whose page size changes goes as a whole. */
static void env_bound(struct env *env, u64 va, u64 size, bool rounded)
{
	u64 low = rounded && env->format->front->picks_size ? BIT_ULL(21) - 1 : 0;

	env->hw->bounded = true;
	env->hw->first = va & ~low;
	env->hw->last = (va + size - 1) | low;
}

static int env_map(struct env *env, u64 va, u64 oa, u64 size)
{
	unsigned int free = front_streak(env->model, va, size, false);
	int rc;

	env_bound(env, va, size, true);
	rc = iommu_map(&env->iommu.domain, va, oa, size, IOMMU_RW, GFP_KERNEL);
	if (free << env->model->page_lg2 < size)
		WANT(env, rc, -EADDRINUSE);
	if (!rc)
		front_set(env->model, va, oa, size);
	env->hw->bounded = false;
	return rc;
}

/* What a strict unmap must return: up to a hole or the middle of a leaf, whole leaves */
static u64 env_expect_unmap(struct env *env, u64 va, u64 size)
{
	struct front_entry leaf;
	u64 done = 0;

	while (done < size && !front_walk(env->hw, va + done, false, &leaf) &&
	       leaf.va == va + done)
		done += BIT_ULL(leaf.size_lg2);
	return done;
}

static u64 env_unmap(struct env *env, u64 va, u64 size)
{
	u64 expect = env_expect_unmap(env, va, size), done;
	unsigned int flushes = env->hw->flushes;

	env_bound(env, va, expect, false);
	front_set(env->model, va, FRONT_NONE, expect);
	done = iommu_unmap(&env->iommu.domain, va, size);
	WANT(env, done, expect);
	if (!expect)
		WANT(env, env->hw->flushes, flushes);
	env->hw->bounded = false;
	return done;
}

#endif /* PTF_KUNIT_IOMMU_ENV_H */
