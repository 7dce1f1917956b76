// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the IOMMU front end, for any format, through the kernel's IOMMU core
 * and the software IOMMU of iommu_driver.c. The suites are in
 * iommu_test_template.c. A test runs for each configuration that it applies to.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include "iommu_env.h"

static const struct ptf_iommu_ops no_flush = { .set_top = env_set_top };
static const struct ptf_iommu_ops no_top = { .flush = env_flush };

/* Init must fail with @want and leave nothing behind. */
static noinline void refuse(struct env *env, const char *what, struct ptf_config cfg,
			    const struct ptf_iommu_ops *ops, int want)
{
	int rc;

	cfg.mem = cfg.mem ?: &test_mem_ops;
	cfg.mem_ctx = env->mem;
	env->config.name = what;
	rc = env->format->init(&env->iommu, &cfg, ops);
	WANT(env, rc, want);
	env->format->deinit(&env->iommu);
	WANT(env, mem_live(env->mem), 0);
	memset(&env->iommu, 0, sizeof(env->iommu));
}

void iommu_test_init_errors(struct kunit *test)
{
	struct env *env = env_alloc(test);
	const struct front_format *f = env->format->front;
	struct front_config c;
	struct ptf_config cfg;

	front_config(f, FRONT_DEFAULT, 0, &c);
	refuse(env, "no ops", c.cfg, NULL, -EINVAL);
	refuse(env, "no flush", c.cfg, &no_flush, -EINVAL);
	cfg = c.cfg;
	cfg.features = PTF_FEAT_DYNAMIC_TOP;
	refuse(env, "no set_top", cfg, &no_top, -EINVAL);
	if (!(f->features & PTF_FEAT_DYNAMIC_TOP))
		refuse(env, "dynamic top", cfg, &env_ops, -EOPNOTSUPP);
	cfg.features = BIT(31);
	refuse(env, "no such feature", cfg, &env_ops, -EOPNOTSUPP);
	if (!(f->features & PTF_FEAT_DIRTY)) {
		cfg.features = PTF_FEAT_DIRTY;
		refuse(env, "dirty", cfg, &env_ops, -EOPNOTSUPP);
	}
	cfg.features = PTF_FEAT_ENCRYPT;
	refuse(env, "no mask", cfg, &env_ops,
	       f->features & PTF_FEAT_ENCRYPT ? -EINVAL : -EOPNOTSUPP);
	if (f->features & PTF_FEAT_ENCRYPT) {
		cfg.encrypt_mask = BIT_ULL(30);
		refuse(env, "mask within OA", cfg, &env_ops, -EINVAL);
		cfg.oa_lg2 = 40;
		cfg.encrypt_mask = BIT_ULL(41) | BIT_ULL(42);
		refuse(env, "two bits of mask", cfg, &env_ops, -EINVAL);
	}
	cfg = c.cfg;
	cfg.encrypt_mask = BIT_ULL(40);
	refuse(env, "mask without feature", cfg, &env_ops, -EINVAL);
	cfg = c.cfg;
	cfg.va_lg2 = 0;
	refuse(env, "VA 0", cfg, &env_ops, -EINVAL);
	cfg.va_lg2 = 65;
	refuse(env, "VA 65", cfg, &env_ops, -EINVAL);
	cfg.va_lg2 = c.cfg.va_lg2 + 1;
	refuse(env, "VA too wide", cfg, &env_ops, cfg.va_lg2 > 64 ? -EINVAL : -ERANGE);
	cfg = c.cfg;
	cfg.oa_lg2 = 0;
	refuse(env, "OA 0", cfg, &env_ops, -EINVAL);
	cfg.oa_lg2 = f->max_oa_lg2 + 1;
	refuse(env, "OA too wide", cfg, &env_ops, -ERANGE);
	cfg = c.cfg;
	cfg.page_sizes = BIT_ULL(11);
	refuse(env, "no such page size", cfg, &env_ops, -EINVAL);
	cfg = c.cfg;
	cfg.features = PTF_FEAT_INCOHERENT;
	cfg.mem = &ptf_mem_pages;
	refuse(env, "no device", cfg, &env_ops, -EINVAL);
	env->mem->fail_at = 0;
	refuse(env, "no memory", c.cfg, &env_ops, -ENOMEM);
	env->config.name = "done";
	env_free(env);
}

/* First and last page of a range, and that there is nothing beyond it */
static void edges(struct env *env, u64 first, u64 last)
{
	struct iommu_domain *domain = &env->iommu.domain;
	struct ptf_mapping m;
	u64 page = env->page;

	WANT(env, iommu_map(domain, first, 0, page, IOMMU_RW, GFP_KERNEL), 0);
	if (first == env->model->va)
		front_set(env->model, first, 0, page);
	WANT(env, iommu_map(domain, last - page + 1, page, page, IOMMU_RW, GFP_KERNEL), 0);
	WANT(env, front_translate(env->hw, first), 0);
	WANT(env, front_translate(env->hw, last), page + page - 1);
	WANT(env, iommu_iova_to_phys(domain, last), page + page - 1);
	WANT(env, env->format->lookup(&env->iommu, first, &m), 0);
	WANT(env, env->format->lookup(&env->iommu, first + page, &m), -ENOENT);
	WANT(env, env->format->lookup(&env->iommu, last - page, &m), -ENOENT);
	WANT(env, iommu_unmap(domain, last - page + 1, page), page);
	WANT(env, iommu_unmap(domain, first, page), page);
	if (first == env->model->va)
		front_set(env->model, first, FRONT_NONE, page);
	WANT(env, front_translate(env->hw, first), FRONT_NONE);
	WANT(env, front_translate(env->hw, last), FRONT_NONE);
}

void iommu_test_geometry(struct kunit *test)
{
	struct env *env;

	for (env = env_first(test); env; env = env_next(env)) {
		const struct ptf_config *cfg = &env->config.cfg;
		bool sign = (cfg->features | env->format->front->always) & PTF_FEAT_SIGN_EXTEND;
		struct iommu_domain *domain = &env->iommu.domain;
		u64 sizes = front_leaf_sizes(env->format->front);
		u64 last = front_low(cfg->va_lg2 - sign);
		struct ptf_hw_info info;

		WANT(env, domain->geometry.aperture_start, 0);
		WANT(env, domain->geometry.aperture_end, last);
		WANT(env, domain->geometry.force_aperture, true);
		/* All that the format has, was asked for, and fits into both spaces */
		if (cfg->page_sizes)
			sizes &= cfg->page_sizes;
		WANT(env, domain->pgsize_bitmap & ~sizes, 0);
		WANT(env, front_page(&env->iommu.pt), sizes & -sizes);
		WANT(env, !!(domain->pgsize_bitmap & ~front_low(cfg->va_lg2 + !sign)), false);
		WANT(env, !!(domain->pgsize_bitmap & ~front_low(cfg->oa_lg2 + 1)), false);
		if (cfg->va_lg2 > 31 && cfg->oa_lg2 > 48)
			WANT(env, domain->pgsize_bitmap & front_low(31), sizes & front_low(31));

		env->format->hw_info(&env->iommu, &info);
		WANT(env, info.upper_start, sign ? ~front_low(cfg->va_lg2 - 1) : 0);
		WANT(env, info.top, virt_to_phys(env->hw->root));
		WANT(env, info.levels, env->format->front->shape(env->hw->root_shape).level + 1);
		WANT(env, info.lock_lg2 >= __ffs64(env->iommu.pt.sizes), true);

		edges(env, 0, last);
		if (sign)
			edges(env, info.upper_start, ~0ULL);
		if (last != ~0ULL) {
			WANT(env, !iommu_map(domain, last + 1, 0, env->page, IOMMU_RW, GFP_KERNEL),
			     false);
			WANT(env, !iommu_map(domain, last - env->page + 1, 0, 2 * env->page,
					     IOMMU_RW, GFP_KERNEL), false);
			WANT(env, iommu_iova_to_phys(domain, last + 1), 0);
			WANT(env, iommu_unmap(domain, last + 1, env->page), 0);
		}
		WANT(env, front_translate(env->hw, last), FRONT_NONE);
		if (cfg->oa_lg2 < 52)
			WANT(env, iommu_map(domain, 0, BIT_ULL(cfg->oa_lg2), env->page, IOMMU_RW,
					    GFP_KERNEL), -ERANGE);
		WANT(env, iommu_map(domain, 0, BIT_ULL(cfg->oa_lg2) - env->page, env->page,
				    IOMMU_RW, GFP_KERNEL), 0);
		WANT(env, front_translate(env->hw, 0), BIT_ULL(cfg->oa_lg2) - env->page);
	}
}

/* Pages of [va, va + size) by iova_to_phys and by the hardware; not all of very many */
static void verify_range(struct env *env, u64 va, u64 oa, u64 size)
{
	u64 pages = size / env->page, step = pages > 2048 ? pages / 1021 : 1, i;

	for (i = 0; i < pages; i += i + step < pages || i + 1 == pages ? step : pages - 1 - i) {
		u64 at = i * env->page;

		if (!WANT(env, iommu_iova_to_phys(&env->iommu.domain, va + at + 5), oa + at + 5) ||
		    !WANT(env, front_translate(env->hw, va + at), oa + at))
			return;
	}
}

/* For each leaf size: one leaf of it with a page on either side, in one call */
void iommu_test_mixed(struct kunit *test)
{
	struct env *env;
	unsigned int lg2;

	for (env = env_first(test); env; env = env_next(env)) {
		struct iommu_domain *domain = &env->iommu.domain;

		for (lg2 = 0; lg2 < 62; lg2++) {
			u64 size = BIT_ULL(lg2), va = size - env->page, all = size + 2 * env->page;
			unsigned int flushes = env->hw->flushes;
			struct ptf_mapping m = {};

			if (!(domain->pgsize_bitmap & size) || size == env->page ||
			    va + all > env_span(env) ||
			    va + all > BIT_ULL(env->config.cfg.oa_lg2))
				continue;
			WANT(env, iommu_map(domain, va, va, all, IOMMU_RW, GFP_KERNEL), 0);
			/* It may take the place of tables that smaller ones left empty. */
			if (env->hw->flushes > flushes)
				WANT(env, env->hw->flush.leaf_levels, 0);
			verify_range(env, va, va, all);
			WANT(env, iommu_iova_to_phys(domain, va - 1), 0);
			WANT(env, iommu_iova_to_phys(domain, va + all), 0);
			WANT(env, env->format->lookup(&env->iommu, size, &m), 0);
			/* The pages on its sides may have a say in it. */
			if (!env->format->front->picks_size)
				WANT(env, m.size_lg2, lg2);
			WANT(env, iommu_unmap(domain, va, all), all);
			WANT(env, front_translate(env->hw, va), FRONT_NONE);
			WANT(env, front_translate(env->hw, size), FRONT_NONE);
			WANT(env, front_translate(env->hw, va + all - 1), FRONT_NONE);
			/* OA that is odd to VA by a page: smallest leaves only */
			if (all / env->page > 20000 ||
			    va + all + env->page > BIT_ULL(env->config.cfg.oa_lg2))
				continue;
			WANT(env, iommu_map(domain, va, va + env->page, all, IOMMU_RW, GFP_KERNEL),
			     0);
			verify_range(env, va, va + env->page, all);
			WANT(env, iommu_unmap(domain, va, all), all);
		}
		GOOD(env);
	}
}

#define SG_ENTS 5

void iommu_test_map_sg(struct kunit *test)
{
	static const u8 pages[SG_ENTS] = { 1, 3, 16, 2, 7 };
	struct env *env;
	unsigned int i;

	for (env = env_first(test); env; env = env_next(env)) {
		unsigned int order = get_order(env->page * 16);
		struct page *page[SG_ENTS];
		struct scatterlist sg[SG_ENTS];
		u64 total = 0, at = 0;

		env_window(env, 1);
		sg_init_table(sg, SG_ENTS);
		for (i = 0; i < SG_ENTS; i++) {
			page[i] = alloc_pages(GFP_KERNEL, order);
			KUNIT_ASSERT_NOT_NULL(test, page[i]);
			sg_set_page(&sg[i], page[i], env->page * pages[i], 0);
			total += env->page * pages[i];
		}
		WANT(env, iommu_map_sg(&env->iommu.domain, env->model->va, sg, SG_ENTS, IOMMU_RW,
				       GFP_KERNEL), total);
		for (i = 0; i < SG_ENTS; i++) {
			verify_range(env, env->model->va + at, page_to_phys(page[i]), sg[i].length);
			at += sg[i].length;
		}
		WANT(env, iommu_iova_to_phys(&env->iommu.domain, env->model->va + total), 0);
		WANT(env, iommu_unmap(&env->iommu.domain, env->model->va, total), total);
		front_verify(env->hw, env->model);
		GOOD(env);
		for (i = 0; i < SG_ENTS; i++)
			__free_pages(page[i], order);
	}
}

/* map_pages by itself; checks that what it says was mapped is what is mapped. */
static int map_exact(struct env *env, u64 va, u64 oa, u64 size, u64 *mapped)
{
	size_t done = 0;
	int rc;

	rc = env->format->domain_ops->map_pages(&env->iommu.domain, va, oa, env->page,
						size / env->page, IOMMU_RW, GFP_KERNEL, &done);
	*mapped = done;
	WANT(env, done <= size, true);
	if (!rc)
		WANT(env, done, size);
	front_set(env->model, va, oa, done);
	front_verify(env->hw, env->model);
	GOOD(env);
	return rc;
}

void iommu_test_overlap(struct kunit *test)
{
	struct env *env;
	u64 mapped;

	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va, size;
		unsigned int middle;
		long live;

		env_window(env, 2);
		va = env->model->va;
		size = (u64)env->model->pages * page;
		WANT(env, env_map(env, va + 7 * page, 0, page), 0);
		/* The core undoes, and nothing of it is left. */
		WANT(env, env_map(env, va, size, size), -EADDRINUSE);
		front_verify(env->hw, env->model);
		WANT(env, env_map(env, va + 7 * page, 0, page), -EADDRINUSE);
		WANT(env, env_map(env, va + 7 * page, page, page), -EADDRINUSE);
		WANT(env, env_map(env, va + 8 * page, 8 * page, page), 0);
		front_verify(env->hw, env->model);
		GOOD(env);
		/* At the page itself it says exactly how far it came. */
		WANT(env, map_exact(env, va, 64 * page, size, &mapped), -EADDRINUSE);
		WANT(env, mapped <= 7 * page, true);
		env_unmap(env, va, 9 * page);
		front_verify(env->hw, env->model);
		GOOD(env);

		middle = env->model->pages / 2 + 1;
		live = mem_live(env->mem);
		WANT(env, env_map(env, va + middle * page, 0, page), 0);
		WANT(env, map_exact(env, va, va & front_low(env->config.cfg.oa_lg2 - 1), size,
				    &mapped), -EADDRINUSE);
		WANT(env, mapped <= middle * page, true);
		env_unmap(env, va, size);
		front_verify(env->hw, env->model);
		GOOD(env);
		WANT(env, mem_live(env->mem) <= live + 3, true);
	}
}

/* Let each allocation fail in turn. */
void iommu_test_alloc_failure(struct kunit *test)
{
	struct env *env;
	unsigned int at;
	u64 mapped;

	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va, size = 1200 * page, oa;
		int rc = -ENOMEM;

		env_window(env, 1);
		va = env->model->va + 3 * page;
		size = min(size, (u64)(env->model->pages - 8) * page);
		oa = va & front_low(env->config.cfg.oa_lg2 - 2);
		for (at = 0; rc && at < 100; at++) {
			bool direct = at & 1;
			long live = mem_live(env->mem);

			env->mem->fail_at = at / 2;
			if (direct)
				rc = map_exact(env, va, oa, size, &mapped);
			else
				rc = env_map(env, va, oa, size);
			if (env->mem->fail_at >= 0)
				WANT(env, rc, 0);
			env->mem->fail_at = -1;
			if (rc)
				WANT(env, rc, -ENOMEM);
			if (rc && direct && mapped)
				WANT(env, env_unmap(env, va, mapped), mapped);
			front_verify(env->hw, env->model);
			GOOD(env);
			WANT(env, mem_live(env->mem) <= live + at / 2 + !rc, true);
			/* The next failure is to find the tables gone. */
			if (!rc && !direct) {
				WANT(env, env_unmap(env, va, size), size);
				rc = -ENOMEM;
			}
		}
		WANT(env, rc, 0);
		WANT(env, env_unmap(env, va, size), size);
		front_verify(env->hw, env->model);
		GOOD(env);
	}
}

void iommu_test_unmap_strict(struct kunit *test)
{
	struct env *env;
	unsigned int lg2;

	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va, at;
		unsigned int flushes;

		env_window(env, 2);
		va = env->model->va;
		WANT(env, env_unmap(env, va, page), 0);
		WANT(env, env_map(env, va, page, 3 * page), 0);
		WANT(env, env_map(env, va + 4 * page, page, page), 0);
		/* Up to the hole, and from a hole nothing */
		WANT(env, env_unmap(env, va + page, 4 * page), 2 * page);
		WANT(env, env_unmap(env, va + 3 * page, 2 * page), 0);
		WANT(env, env_unmap(env, va, 8 * page), page);
		WANT(env, env_unmap(env, va + 4 * page, page), page);
		front_verify(env->hw, env->model);
		GOOD(env);
		/* A larger leaf goes as a whole, and not at all from its middle. */
		for (at = va + SZ_2M, lg2 = __ffs64(page) + 1; lg2 < 40; lg2++) {
			u64 size = BIT_ULL(lg2), step = max_t(u64, size, SZ_2M);
			u64 leaf = (at + step - 1) & ~(step - 1);

			if (!(env->iommu.pt.sizes & size) || leaf < va ||
			    leaf - va + size > (u64)env->model->pages * page)
				continue;
			at = leaf + size;
			WANT(env, env_map(env, leaf, size, size), 0);
			flushes = env->hw->flushes;
			WANT(env, env_unmap(env, leaf + page, page), 0);
			WANT(env, env->hw->flushes, flushes);
			WANT(env, env_unmap(env, leaf, page), size);
			WANT(env, env->hw->flushes > flushes, true);
			front_verify(env->hw, env->model);
			GOOD(env);
		}
	}
}

/* How many flushes there are, and how wide they are */
void iommu_test_flushes(struct kunit *test)
{
	struct iommu_iotlb_gather gather;
	struct env *env;

	for (env = env_first(test); env; env = env_next(env)) {
		struct iommu_domain *domain = &env->iommu.domain;
		u64 page = env->page, va;

		env_window(env, 1);
		va = env->model->va;
		WANT(env, env_map(env, va, page, 16 * page), 0);
		WANT(env, env_map(env, va + 32 * page, page, 16 * page), 0);
		WANT(env, env->hw->flushes, 0);

		/* An empty gather is nothing to flush. */
		iommu_iotlb_gather_init(&gather);
		iommu_iotlb_sync(domain, &gather);
		iommu_iotlb_gather_init(&gather);
		WANT(env, iommu_unmap_fast(domain, va + 16 * page, page, &gather), 0);
		iommu_iotlb_sync(domain, &gather);
		iommu_iotlb_gather_init(&gather);
		env->format->domain_ops->iotlb_sync(domain, &gather);
		WANT(env, env->hw->flushes, 0);

		/* One range, in two pieces that touch, is one flush of just that. */
		front_verify(env->hw, env->model);
		env_bound(env, va + 2 * page, 2 * page, false);
		WANT(env, iommu_unmap_fast(domain, va + 2 * page, page, &gather), page);
		WANT(env, env->hw->flushes, 0);
		WANT(env, iommu_unmap_fast(domain, va + 3 * page, page, &gather), page);
		WANT(env, env->hw->flushes, 0);
		iommu_iotlb_sync(domain, &gather);
		WANT(env, env->hw->flushes, 1);
		WANT(env, env->hw->flush.start, va + 2 * page);
		WANT(env, env->hw->flush.last, va + 4 * page - 1);
		front_set(env->model, va + 2 * page, FRONT_NONE, 2 * page);
		front_verify(env->hw, env->model);
		GOOD(env);

		/* Pieces apart from each other are not flushed with what is between. */
		env->hw->bounded = false;
		WANT(env, iommu_unmap_fast(domain, va, page, &gather), page);
		WANT(env, iommu_unmap_fast(domain, va + 40 * page, page, &gather), page);
		env_bound(env, va + 40 * page, page, false);
		iommu_iotlb_sync(domain, &gather);
		WANT(env, env->hw->flushes, 3);
		front_set(env->model, va, FRONT_NONE, page);
		front_set(env->model, va + 40 * page, FRONT_NONE, page);
		front_verify(env->hw, env->model);
		GOOD(env);

		/* Without a gather it is flushed before unmap returns. */
		env_bound(env, va + 41 * page, page, false);
		WANT(env, domain->ops->unmap_pages(domain, va + 41 * page, page, 1, NULL), page);
		WANT(env, env->hw->flushes, 4);
		front_set(env->model, va + 41 * page, FRONT_NONE, page);
		front_verify(env->hw, env->model);
		GOOD(env);
	}
}

/* A large leaf takes the place of tables that are empty, which walk caches still know. */
void iommu_test_empty_tables(struct kunit *test)
{
	struct env *env;
	unsigned int lg2;

	for (env = env_first(test); env; env = env_next(env)) {
		struct iommu_domain *domain = &env->iommu.domain;
		u64 page = env->page;

		for (lg2 = __ffs64(page) + 1; lg2 < 48; lg2++) {
			u64 size = BIT_ULL(lg2), va = size, oa = 0;
			struct ptf_mapping m = {};

			if (!(domain->pgsize_bitmap & size) || va + size > env_span(env) ||
			    lg2 >= env->config.cfg.oa_lg2)
				continue;
			WANT(env, iommu_map(domain, va, page, page, IOMMU_RW, GFP_KERNEL), 0);
			WANT(env, front_translate(env->hw, va), page);
			WANT(env, iommu_unmap(domain, va, page), page);
			WANT(env, iommu_map(domain, va, oa, size, IOMMU_RW, GFP_KERNEL), 0);
			WANT(env, env->format->lookup(&env->iommu, va, &m), 0);
			/* A table that picked a page size keeps it. */
			if (!env->format->front->picks_size)
				WANT(env, m.size_lg2, lg2);
			WANT(env, front_translate(env->hw, va), oa);
			WANT(env, front_translate(env->hw, va + page), oa + page);
			WANT(env, iommu_unmap(domain, va, size), size);
			WANT(env, front_translate(env->hw, va), FRONT_NONE);
			GOOD(env);
		}
	}
}

/* Unmap without a flush, as the DMA layer does with a flush queue. */
static u64 unmap_queued(struct env *env, u64 va, u64 size)
{
	u64 expect = env_expect_unmap(env, va, size), done;
	unsigned int flushes = env->hw->flushes;
	struct iommu_iotlb_gather gather;
	long live = mem_live(env->mem);

	iommu_iotlb_gather_init(&gather);
	gather.queued = true;
	done = iommu_unmap_fast(&env->iommu.domain, va, size, &gather);
	WANT(env, done, expect);
	WANT(env, env->hw->flushes, flushes);
	/* No table goes before the flush. */
	WANT(env, mem_live(env->mem), live);
	front_set(env->model, va, FRONT_NONE, done);
	return done;
}

void iommu_test_queued(struct kunit *test)
{
	struct env *env;

	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va, size;
		long live;

		env_window(env, 2);
		va = env->model->va;
		size = (u64)env->model->pages * page;
		WANT(env, env_map(env, va, page, size), 0);
		front_verify(env->hw, env->model);
		live = mem_live(env->mem);
		WANT(env, unmap_queued(env, va, size / 2), size / 2);
		WANT(env, unmap_queued(env, va + size / 2, size / 2), size / 2);
		iommu_flush_iotlb_all(&env->iommu.domain);
		WANT(env, env->hw->flushes, 1);
		/* Both halves take whole tables away, if these are small enough. */
		if (env->model->pages >> env->format->front->shape(0).index_lg2 >= 2)
			WANT(env, mem_live(env->mem) < live, true);
		front_verify(env->hw, env->model);
		GOOD(env);
		/* Tables that still wait are freed with the domain. */
		WANT(env, env_map(env, va, 0, size), 0);
		WANT(env, unmap_queued(env, va, size), size);
	}
}

void iommu_test_dynamic_top(struct kunit *test)
{
	struct env *env = env_start(test, FRONT_DYNAMIC);
	unsigned int lg2, tops, flushes;
	struct ptf_mapping m;
	u64 page, size;

	if (!env)
		return;
	page = env->page;
	size = (u64)env->model->pages * page;
	/* The window holds mappings that every new root must lead to. */
	WANT(env, env_map(env, 0, page, size / 2), 0);
	front_verify(env->hw, env->model);
	for (lg2 = ilog2(size); lg2 < env->config.cfg.va_lg2; lg2++) {
		u64 va = BIT_ULL(lg2);
		struct front_shape s = env->format->front->shape(env->hw->root_shape);
		bool grows = lg2 >= s.va_lg2 + s.index_lg2;

		tops = env->tops;
		flushes = env->hw->flushes;
		WANT(env, iommu_iova_to_phys(&env->iommu.domain, va), 0);
		WANT(env, iommu_unmap(&env->iommu.domain, va, page), 0);
		WANT(env, env->format->lookup(&env->iommu, va, &m), -ENOENT);
		WANT(env, env->tops, tops);
		WANT(env, iommu_map(&env->iommu.domain, va, 5 * page, page, IOMMU_RW, GFP_KERNEL),
		     0);
		WANT(env, env->tops > tops, grows);
		WANT(env, env->hw->flushes, flushes);
		WANT(env, front_translate(env->hw, va), 5 * page);
		WANT(env, env->hw->root == ptf_top_table(env->iommu.pt.top), true);
		front_verify(env->hw, env->model);
		WANT(env, iommu_unmap(&env->iommu.domain, va, page), page);
		WANT(env, front_translate(env->hw, va), FRONT_NONE);
		GOOD(env);
	}
	WANT(env, env->tops, env->format->front->shapes - 1 - env->format->front->min_top);
	env_stop(env);

	/* All levels in one step, and the last byte of the space */
	env = env_start(test, FRONT_DYNAMIC);
	WANT(env, env_map(env, 0, page, page), 0);
	WANT(env, iommu_map(&env->iommu.domain, -page, 0, page, IOMMU_RW, GFP_KERNEL), 0);
	WANT(env, front_translate(env->hw, ~0ULL), page - 1);
	WANT(env, front_translate(env->hw, 0), page);
	env_stop(env);
}

void iommu_test_set_top_fails(struct kunit *test)
{
	struct env *env = env_start(test, FRONT_DYNAMIC);
	struct iommu_domain *domain;
	u64 page, va = BIT_ULL(62);
	unsigned long top;
	size_t done = 0;
	long live;
	int at;

	if (!env)
		return;
	domain = &env->iommu.domain;
	page = env->page;
	WANT(env, env_map(env, 0, page, page), 0);
	top = env->iommu.pt.top;
	live = mem_live(env->mem);
	env->refuse_top = true;
	WANT(env, iommu_map(domain, va, 0, page, IOMMU_RW, GFP_KERNEL), -EIO);
	WANT(env, env->format->domain_ops->map_pages(domain, va, 0, page, 1, IOMMU_RW, GFP_KERNEL,
						     &done), -EIO);
	WANT(env, done, 0);
	WANT(env, env->iommu.pt.top, top);
	WANT(env, mem_live(env->mem), live);
	WANT(env, iommu_iova_to_phys(domain, va), 0);
	front_verify(env->hw, env->model);
	env->refuse_top = false;
	/* Without memory for a root; the levels that it got stay. */
	for (at = 0; at < 20; at++) {
		env->mem->fail_at = at;
		done = iommu_map(domain, va, 0, page, IOMMU_RW, GFP_KERNEL);
		if (env->mem->fail_at >= 0)
			break;
		WANT(env, (int)done, -ENOMEM);
		WANT(env, iommu_iova_to_phys(domain, va), 0);
		front_verify(env->hw, env->model);
	}
	env->mem->fail_at = -1;
	WANT(env, done, 0);
	WANT(env, front_translate(env->hw, va), 0);
	env_stop(env);
}

/* The device writes to @va: the hardware sets the format's dirty state, in one item. */
static bool device_writes(struct env *env, u64 va)
{
	const struct front_format *f = env->format->front;
	unsigned int shape = env->hw->root_shape, bit;
	void *table = env->hw->root, *p;
	struct front_shape s;
	u64 item, dirty;

	for (;;) {
		s = f->shape(shape);
		p = table + (((va >> s.va_lg2) & (BIT(s.index_lg2) - 1)) << s.item_lg2);
		item = READ_ONCE(*(u64 *)p);
		if (f->kind(shape, item) != PTF_TABLE)
			break;
		table = phys_to_virt(f->table_pa(shape, item) & ~env->iommu.pt.encrypt_mask);
		shape = f->child(shape, item);
	}
	for (bit = 0; bit < 64; bit++) {
		dirty = item ^ BIT_ULL(bit);
		if (f->kind(shape, dirty) != PTF_LEAF || !f->dirty(shape, dirty) ||
		    f->clean(shape, dirty) != item)
			continue;
		WRITE_ONCE(*(u64 *)p, dirty);
		return true;
	}
	return false;
}

/* Dirty range in [va, va + size) as the gather knows it; bytes, 0 for none */
static u64 read_dirty(struct env *env, u64 va, u64 size, unsigned long flags, u64 *first)
{
	struct iommu_domain *domain = &env->iommu.domain;
	struct iommu_iotlb_gather gather;
	struct iommu_dirty_bitmap dirty;
	u64 bytes;

	iommu_iotlb_gather_init(&gather);
	iommu_dirty_bitmap_init(&dirty, NULL, &gather);
	WANT(env, domain->dirty_ops->read_and_clear_dirty(domain, va, size, flags, &dirty), 0);
	*first = gather.start;
	bytes = gather.start > gather.end ? 0 : gather.end - gather.start + 1;
	if (!(flags & IOMMU_DIRTY_NO_CLEAR))
		iommu_iotlb_sync(domain, &gather);
	return bytes;
}

void iommu_test_dirty(struct kunit *test)
{
	struct env *env = env_start(test, FRONT_DEFAULT);
	struct iommu_dirty_bitmap dirty;
	unsigned int flushes, lg2, i;
	u64 page, va, size, first;
	struct iommu_domain *domain = &env->iommu.domain;

	iommu_dirty_bitmap_init(&dirty, NULL, NULL);
	WANT(env, domain->dirty_ops->read_and_clear_dirty(domain, 0, env->page, 0, &dirty),
	     -EOPNOTSUPP);
	env_stop(env);
	env = env_start(test, FRONT_DIRTY);
	if (!env)
		return;
	domain = &env->iommu.domain;
	page = env->page;
	env_window(env, 1);
	va = env->model->va;
	WANT(env, env_map(env, va, 3 * page, 64 * page), 0);
	front_verify(env->hw, env->model);
	WANT(env, read_dirty(env, va, 64 * page, 0, &first), 0);
	WANT(env, read_dirty(env, va + 64 * page, 64 * page, 0, &first), 0);
	flushes = env->hw->flushes;
	WANT(env, flushes, 0);
	WANT(env, device_writes(env, va + 5 * page), true);
	WANT(env, device_writes(env, va + 9 * page), true);
	for (i = 0; i < 64; i++)
		WANT(env, read_dirty(env, va + i * page, page, IOMMU_DIRTY_NO_CLEAR, &first),
		     i == 5 || i == 9 ? page : 0);
	WANT(env, read_dirty(env, va, 8 * page, 0, &first), page);
	WANT(env, first, va + 5 * page);
	/* What was made clean must be written through again before it is dirty. */
	WANT(env, env->hw->flushes, flushes + 1);
	WANT(env, front_covers(front_tlb(env->hw, va + 5 * page), va + 5 * page) &&
	     env->format->front->dirty(0, front_tlb(env->hw, va + 5 * page)->item), false);
	WANT(env, read_dirty(env, va, 64 * page, IOMMU_DIRTY_NO_CLEAR, &first), page);
	WANT(env, first, va + 9 * page);
	WANT(env, read_dirty(env, va, 64 * page, 0, &first), page);
	WANT(env, read_dirty(env, va, 64 * page, 0, &first), 0);
	front_verify(env->hw, env->model);
	WANT(env, env_unmap(env, va, 64 * page), 64 * page);
	GOOD(env);

	/* A larger leaf is dirty as a whole, whichever of its items was written. */
	for (lg2 = __ffs64(page) + 1; lg2 < 34; lg2++) {
		size = BIT_ULL(lg2);
		if (!(env->iommu.pt.sizes & size))
			continue;
		WANT(env, iommu_map(domain, size, size, size, IOMMU_RW, GFP_KERNEL), 0);
		WANT(env, read_dirty(env, size, size, 0, &first), 0);
		WANT(env, device_writes(env, 2 * size - page), true);
		WANT(env, read_dirty(env, size, size, IOMMU_DIRTY_NO_CLEAR, &first), size);
		WANT(env, read_dirty(env, size, size, 0, &first), size);
		WANT(env, first, size);
		WANT(env, read_dirty(env, size, size, 0, &first), 0);
		WANT(env, iommu_unmap(domain, size, size), size);
	}
	/* Read-only pages are never dirty. */
	WANT(env, iommu_map(domain, 0, 0, page, IOMMU_READ, GFP_KERNEL), 0);
	WANT(env, read_dirty(env, 0, page, 0, &first), 0);
	env_stop(env);
}

void iommu_test_coherency(struct kunit *test)
{
	struct env *env;

	for (env = env_first(test); env; env = env_next(env)) {
		const struct ptf_attrs attrs = { .flags = PTF_READ | PTF_WRITE | PTF_COHERENT };
		struct iommu_domain *domain = &env->iommu.domain;
		struct ptf_mapping m = {};
		bool can;
		u64 bits;

		can = !env->format->front->encode(env->config.cfg.features, &attrs, &bits);
		WANT(env, env_map(env, 0, 0, env->page), 0);
		WANT(env, env->format->lookup(&env->iommu, 0, &m), 0);
		WANT(env, m.attrs.flags & PTF_COHERENT, 0);
		/* Not while something is mapped without */
		WANT(env, domain->ops->enforce_cache_coherency(domain), false);
		WANT(env, env_unmap(env, 0, env->page), env->page);
		WANT(env, domain->ops->enforce_cache_coherency(domain), can);
		WANT(env, env_map(env, 0, 0, env->page), 0);
		WANT(env, env->format->lookup(&env->iommu, 0, &m), 0);
		WANT(env, m.attrs.flags & PTF_COHERENT, can ? PTF_COHERENT : 0);
	}
}

/* Map with @prot; the leaf must hold what @attrs encodes to, or the map be refused. */
static void protection(struct env *env, int prot, struct ptf_attrs attrs)
{
	const struct front_format *f = env->format->front;
	struct ptf_mapping m = {};
	u64 bits = 0;
	int rc, want = -EINVAL;

	if (attrs.flags & PTF_WRITE)
		attrs.flags |= f->implied;
	if (attrs.flags & (PTF_READ | PTF_WRITE))
		want = f->encode(env->config.cfg.features, &attrs, &bits);
	rc = iommu_map(&env->iommu.domain, 0, 0, env->page, prot, GFP_KERNEL);
	WANT(env, rc, want);
	WANT(env, env->format->lookup(&env->iommu, 0, &m), want ? -ENOENT : 0);
	if (rc)
		return;
	WANT(env, f->leaf_bits(0, m.entry), bits);
	WANT(env, iommu_unmap(&env->iommu.domain, 0, env->page), env->page);
}

void iommu_test_protection(struct kunit *test)
{
	struct env *env;

	for (env = env_first(test); env; env = env_next(env)) {
		/* PTF_HINT_MEM and PTF_HINT_PRIV */
		bool mem = env->format->front->hints & BIT(0);
		u16 priv = env->format->front->hints & BIT(1) ? PTF_PRIV : 0;
		u8 nc = mem ? PTF_MEM_NC : 0;
		u16 rw = PTF_READ | PTF_WRITE;

		protection(env, 0, (struct ptf_attrs){});
		protection(env, IOMMU_CACHE, (struct ptf_attrs){});
		protection(env, IOMMU_RW, (struct ptf_attrs){ .flags = rw, .mem = nc });
		protection(env, IOMMU_READ, (struct ptf_attrs){ .flags = PTF_READ, .mem = nc });
		/* What has no write-only page reads too. */
		protection(env, IOMMU_WRITE, (struct ptf_attrs){ .flags = PTF_WRITE, .mem = nc });
		protection(env, IOMMU_RW | IOMMU_NOEXEC,
			   (struct ptf_attrs){ .flags = rw | PTF_NOEXEC, .mem = nc });
		protection(env, IOMMU_RW | IOMMU_PRIV,
			   (struct ptf_attrs){ .flags = rw | priv, .mem = nc });
		protection(env, IOMMU_RW | IOMMU_CACHE,
			   (struct ptf_attrs){ .flags = rw, .mem = mem ? PTF_MEM_WB : 0 });
		protection(env, IOMMU_RW | IOMMU_MMIO,
			   (struct ptf_attrs){ .flags = rw, .mem = mem ? PTF_MEM_DEVICE : 0 });
	}
}

void iommu_test_encryption(struct kunit *test)
{
	struct env *env = env_start(test, FRONT_ENCRYPT);
	const struct ptf_attrs attrs = { .flags = PTF_READ | PTF_ENCRYPT };
	struct ptf_mapping m = {};
	u64 page, mask, mapped;

	if (!env) {
		/* Not without the feature */
		env = env_start(test, FRONT_DEFAULT);
		WANT(env, env->format->map_range(&env->iommu, 0, 0, env->page - 1, &attrs,
						 GFP_KERNEL, &mapped), -EOPNOTSUPP);
		WANT(env, mapped, 0);
		env_stop(env);
		return;
	}
	page = env->page;
	mask = env->config.cfg.encrypt_mask;
	WANT(env, env_map(env, 0, 2 * page, 2 * page), 0);
	WANT(env, iommu_map(&env->iommu.domain, 4 * page, 0, page, IOMMU_RW | IOMMU_MMIO,
			    GFP_KERNEL), 0);
	WANT(env, env->format->lookup(&env->iommu, page, &m), 0);
	WANT(env, env->format->front->leaf_oa(0, m.entry) & mask, mask);
	WANT(env, m.attrs.flags & PTF_ENCRYPT, PTF_ENCRYPT);
	WANT(env, m.oa, 3 * page & ~front_low(m.size_lg2));
	WANT(env, iommu_iova_to_phys(&env->iommu.domain, page), 3 * page);
	WANT(env, env->format->lookup(&env->iommu, 4 * page, &m), 0);
	WANT(env, env->format->front->leaf_oa(0, m.entry) & mask, 0);
	WANT(env, m.attrs.flags & PTF_ENCRYPT, 0);
	WANT(env, iommu_unmap(&env->iommu.domain, 4 * page, page), page);
	front_verify(env->hw, env->model);
	GOOD(env);
	env_stop(env);
}

/* Pages of the system, cleaned for a real device */
void iommu_test_real_device(struct kunit *test)
{
	struct env *env = env_alloc(test);
	struct iommu_domain *domain = &env->iommu.domain;
	struct front_config c;
	u64 page, oa = BIT_ULL(22);
	int rc;

	front_config(env->format->front, FRONT_INCOHERENT, ~0U, &c);
	c.cfg.dma_dev = &iommu_driver.device->dev;
	env->config = c;
	rc = env->format->init(&env->iommu, &c.cfg, &env_ops);
	if (!WANT(env, rc, 0))
		goto out;
	domain->ops = env->format->domain_ops;
	domain->type = IOMMU_DOMAIN_UNMANAGED;
	page = front_page(&env->iommu.pt);
	WANT(env, iommu_map(domain, page, oa + page, 700 * page, IOMMU_RW, GFP_KERNEL), 0);
	WANT(env, iommu_iova_to_phys(domain, 700 * page), oa + 700 * page);
	WANT(env, iommu_unmap(domain, page, 700 * page), 700 * page);
	WANT(env, iommu_map(domain, 0, oa, page, IOMMU_RW, GFP_KERNEL), 0);
	env->format->deinit(&env->iommu);
	WANT(env, atomic_long_read(&env->iommu.pt.tables), 0);
	WANT(env, atomic_long_read(&env->iommu.pt.table_bytes), 0);
out:
	env_free(env);
}

static void random_step(struct env *env)
{
	struct front_model *m = env->model;
	u64 *seed = &env->seed, page = env->page, size, va, oa, mask;
	unsigned int n;

	size = 1 + front_below(seed, 1ULL << front_below(seed, ilog2(m->pages) + 1));
	if (!front_below(seed, 3))
		size = rounddown_pow_of_two(size);
	va = front_below(seed, m->pages - size + 1);
	if (front_below(seed, 2))
		va &= ~(rounddown_pow_of_two(size) - 1);
	va = m->va + va * page;
	size *= page;
	switch (front_below(seed, 8)) {
	default:
		oa = front_rnd(seed) & front_low(env->config.cfg.oa_lg2 - 1) & ~(page - 1);
		mask = front_low(front_below(seed, 30));
		oa = (oa & ~mask) | (va & mask & ~(page - 1));
		if (!front_below(seed, 8))
			oa &= mask;
		env_map(env, va, oa, size);
		break;
	case 5:
	case 6:
		env_unmap(env, va, size);
		break;
	case 7:
		for (n = 0; n < 3; n++) {
			unmap_queued(env, va, size);
			va = m->va + front_below(seed, m->pages) * page;
			size = page;
		}
		iommu_flush_iotlb_all(&env->iommu.domain);
		break;
	}
}

/* Random operations; after each, the hardware finds what the model says and no more. */
void iommu_test_random(struct kunit *test)
{
	struct front_entry leaf;
	struct env *env;
	unsigned int i;
	u64 va, seed;

	for (env = env_first(test); env; env = env_next(env)) {
		env->seed += env->n;
		env_window(env, env->n % 4);
		for (i = 0; i < 100; i++) {
			seed = env->seed;
			random_step(env);
			front_verify(env->hw, env->model);
			if (!GOOD(env)) {
				kunit_info(test, "step %u, seed 0x%llx", i, seed);
				break;
			}
		}
		for (i = 0; i < env->model->pages; i++) {
			va = env->model->va + i * env->page;
			WANT(env, iommu_iova_to_phys(&env->iommu.domain, va),
			     env->model->oa[i] == FRONT_NONE ? 0 : env->model->oa[i]);
		}
		/* Empty it, leaf by leaf. */
		for (va = env->model->va, i = 0; i < env->model->pages;) {
			u64 size = env->page;

			if (!front_walk(env->hw, va, false, &leaf))
				size = env_unmap(env, va, env->page);
			i += size / env->page;
			va += size;
			if (!size)
				break;
		}
		front_verify(env->hw, env->model);
		GOOD(env);
	}
}

#define THREADS 3
#define ROUNDS 24

/**
 * struct worker - a thread that maps and unmaps what no other does
 * @env: domain
 * @done: when it is at its end
 * @index: which one it is
 * @granule: bytes of the ranges that threads take turns with
 * @stride: bytes from one round's place to the next
 * @why: what went wrong
 * @round: and when
 */
struct worker {
	struct env *env;
	struct completion done;
	unsigned int index;
	u64 granule;
	u64 stride;
	const char *why;
	unsigned int round;
};

static u64 worker_va(struct worker *w, unsigned int round, unsigned int i)
{
	return round * w->stride + (i * THREADS + w->index) * w->granule;
}

static void worker_round(struct worker *w, unsigned int round)
{
	struct iommu_domain *domain = &w->env->iommu.domain;
	unsigned int i;
	u64 va;

	for (i = 0; i < 8; i++) {
		va = worker_va(w, round, i);
		if (iommu_map(domain, va, (u64)i * w->granule, w->granule, IOMMU_RW, GFP_KERNEL))
			w->why = "map failed";
	}
	for (i = 0; i < 8; i++) {
		va = worker_va(w, round, i);
		if (iommu_iova_to_phys(domain, va + 8) != (u64)i * w->granule + 8)
			w->why = "wrong translation";
		if (i & 1 && iommu_unmap(domain, va, w->granule) != w->granule)
			w->why = "unmap failed";
	}
	for (i = 0; i < 8; i++) {
		va = worker_va(w, round, i);
		if ((iommu_iova_to_phys(domain, va + 8) == 0) != (i & 1))
			w->why = "wrong translation after unmap";
	}
	for (i = 0; i < 8; i += 2)
		if (iommu_unmap(domain, worker_va(w, round, i), w->granule) != w->granule)
			w->why = "second unmap failed";
}

static int worker_thread(void *data)
{
	struct worker *w = data;
	unsigned int round;

	for (round = 0; round < ROUNDS && !w->why; round++) {
		w->round = round;
		worker_round(w, round);
	}
	complete(&w->done);
	return 0;
}

static atomic_t quiet_flushes;

static void quiet_flush(struct ptf_iommu *iommu, const struct ptf_flush *flush)
{
	atomic_inc(&quiet_flushes);
}

static int quiet_set_top(struct ptf_iommu *iommu, phys_addr_t top, unsigned int levels)
{
	struct env *env = env_of(iommu);

	lockdep_assert_held(&iommu->lock);
	env->tops++;
	return 0;
}

static const struct ptf_iommu_ops quiet_ops = {
	.flush = quiet_flush,
	.set_top = quiet_set_top,
};

static noinline void run_workers(struct kunit *test, struct env *env)
{
	struct worker *workers = kunit_kcalloc(test, THREADS, sizeof(*workers), GFP_KERNEL);
	struct ptf_hw_info info;
	struct task_struct *task;
	unsigned int i, started = 0;
	u64 space;

	KUNIT_ASSERT_NOT_NULL(test, workers);
	env->format->hw_info(&env->iommu, &info);
	space = env_span(env);
	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){
			.env = env, .index = i, .granule = BIT_ULL(info.lock_lg2),
			/* So that later rounds need new tables, and higher roots */
			.stride = rounddown_pow_of_two(space / (ROUNDS + 1)),
		};
		init_completion(&workers[i].done);
		task = kthread_run(worker_thread, &workers[i], "ptf-worker/%u", i);
		if (IS_ERR(task))
			break;
		started++;
	}
	WANT(env, started, THREADS);
	for (i = 0; i < started; i++) {
		wait_for_completion(&workers[i].done);
		if (workers[i].why)
			KUNIT_FAIL(test, "%s, %s: thread %u, round %u: %s",
				   env->format->front->name, env->config.name, i,
				   workers[i].round, workers[i].why);
	}
}

/* Threads on disjoint ranges share tables, race to install them, and to grow the root. */
void iommu_test_threads(struct kunit *test)
{
	static const u8 configs[] = { FRONT_DEFAULT, FRONT_BASE, FRONT_INCOHERENT, FRONT_DYNAMIC };
	struct env *env;
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(configs); n++) {
		env = env_start(test, configs[n]);
		if (!env)
			continue;
		env->iommu.ops = &quiet_ops;
		env->mem->on_free = NULL;
		atomic_set(&quiet_flushes, 0);
		run_workers(test, env);
		WANT(env, atomic_read(&quiet_flushes) > 0, true);
		WANT(env, env->tops, configs[n] == FRONT_DYNAMIC ?
		     env->format->front->shapes - 1 - env->format->front->min_top : 0);
#ifdef CONFIG_PTF_DEBUG
		WANT(env, env->iommu.pt.range_violations, 0);
#endif
		env_stop(env);
	}
}

MODULE_DESCRIPTION("ptforge: tests of the IOMMU front end");
MODULE_LICENSE("GPL");
