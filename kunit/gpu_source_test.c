// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the GPU front end's sources: offsets, joining across elements, and
 * attributes by extent. A source knows no format, so this is one suite of its own;
 * what a page table makes of extents is in gpu_test_sources() and
 * gpu_test_extent_attrs().
 */
#include <linux/hmm.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#define PTF_COMPAT_DRM
#include "pt_common/compat.h"
#include <ptforge/source_drm.h>
#include "gpu_env.h"

static const struct ptf_attrs vram = { .flags = PTF_READ, .mem = PTF_MEM_NC };
static const struct ptf_attrs peer = { .flags = PTF_READ, .mem = PTF_MEM_DEVICE };

/* The source must give just @extents, twice: verbs work on copies. */
static void want_extents(struct kunit *test, const struct ptf_source *source,
			 const struct ptf_extent *extents, unsigned int n)
{
	struct ptf_extent got = {};
	struct ptf_source copy;
	unsigned int again, i;

	for (again = 0; again < 2; again++) {
		copy = *source;
		for (i = 0; i < n; i++) {
			KUNIT_ASSERT_TRUE(test, ptf_source_pull(&copy, &got));
			KUNIT_EXPECT_EQ_MSG(test, got.oa, extents[i].oa, "extent %u", i);
			KUNIT_EXPECT_EQ_MSG(test, got.size, extents[i].size, "extent %u", i);
			KUNIT_EXPECT_PTR_EQ_MSG(test, got.attrs, extents[i].attrs, "extent %u", i);
		}
		KUNIT_EXPECT_FALSE(test, ptf_source_pull(&copy, &got));
	}
}

#define WANT_EXTENTS(test, source, ...)						\
({										\
	static const struct ptf_extent __extents[] = { __VA_ARGS__ };		\
										\
	want_extents(test, source, __extents, ARRAY_SIZE(__extents));		\
})

/* Blocks as the allocator would give them; it may not be in this kernel. */
static void source_buddy(struct kunit *test)
{
	static const struct { u64 offset; unsigned int order; } at[] = {
		{ SZ_1M, 4 }, { SZ_1M | SZ_64K, 0 }, { SZ_8M, 9 }, { SZ_4K, 0 }, { SZ_8K, 1 },
	};
	struct gpu_buddy mm = { .chunk_size = SZ_4K };
	struct gpu_buddy_block block[ARRAY_SIZE(at)] = {};
	struct ptf_source source;
	LIST_HEAD(blocks);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		block[i].header = at[i].offset | at[i].order | 1 << 10;	/* allocated */
		list_add_tail(&block[i].link, &blocks);
	}
	/* Two of them continue each other, and the last two. */
	ptf_source_buddy(&source, &mm, &blocks, SZ_1G, 0, SZ_2M | SZ_64K | SZ_16K, &vram);
	WANT_EXTENTS(test, &source, { SZ_1G + SZ_1M, SZ_64K + SZ_4K, &vram },
		     { SZ_1G + SZ_8M, SZ_2M, &vram }, { SZ_1G + SZ_4K, SZ_4K + SZ_8K, &vram });
	/* A piece that begins and ends within blocks */
	ptf_source_buddy(&source, &mm, &blocks, 0, SZ_64K, SZ_64K, NULL);
	WANT_EXTENTS(test, &source, { SZ_1M + SZ_64K, SZ_4K, NULL },
		     { SZ_8M, SZ_64K - SZ_4K, NULL });
	/* Behind two blocks, and past the end of the list */
	ptf_source_buddy(&source, &mm, &blocks, 0, SZ_2M | SZ_64K, SZ_1G, NULL);
	WANT_EXTENTS(test, &source, { SZ_8M + SZ_2M - SZ_4K, SZ_4K, NULL },
		     { SZ_4K, SZ_4K + SZ_8K, NULL });
	ptf_source_buddy(&source, &mm, &blocks, 0, SZ_1G, SZ_4K, NULL);
	want_extents(test, &source, NULL, 0);
}

static void source_device_pages(struct kunit *test)
{
	/* The middle two are of the device, and continue each other. */
	static const struct drm_pagemap_addr addrs[] = {
		{ .addr = SZ_1G, .order = 0 },
		{ .addr = SZ_1G | PAGE_SIZE, .order = 2 },
		{ .addr = SZ_1G + 5 * PAGE_SIZE, .proto = 1, .order = 0 },
		{ .addr = SZ_1G + 6 * PAGE_SIZE, .proto = 1, .order = 1 },
		{ .addr = SZ_1G + 8 * PAGE_SIZE, .proto = 2, .order = 0 },
	};
	static const struct ptf_attrs *const by_proto[] = { NULL, &vram, &peer };
	struct ptf_source source;

	ptf_source_device_pages(&source, addrs, 0, 9 * PAGE_SIZE, by_proto, 3);
	WANT_EXTENTS(test, &source, { SZ_1G, 5 * PAGE_SIZE, NULL },
		     { SZ_1G + 5 * PAGE_SIZE, 3 * PAGE_SIZE, &vram },
		     { SZ_1G + 8 * PAGE_SIZE, PAGE_SIZE, &peer });
	/* From within the second to within the fourth */
	ptf_source_device_pages(&source, addrs, 2 * PAGE_SIZE, 5 * PAGE_SIZE, by_proto, 3);
	WANT_EXTENTS(test, &source, { SZ_1G + 2 * PAGE_SIZE, 3 * PAGE_SIZE, NULL },
		     { SZ_1G + 5 * PAGE_SIZE, 2 * PAGE_SIZE, &vram });
	/* A kind of memory that the driver does not know */
	ptf_source_device_pages(&source, addrs, 0, 9 * PAGE_SIZE, by_proto, 2);
	WANT_EXTENTS(test, &source, { SZ_1G, 5 * PAGE_SIZE, NULL },
		     { SZ_1G + 5 * PAGE_SIZE, 3 * PAGE_SIZE, &vram });
}

/* Pages 0 to 3 of a block, 6, 5, 4, and 7 */
static void source_hmm(struct kunit *test)
{
	static const u8 order[] = { 0, 1, 2, 3, 6, 5, 4, 7 };
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);
	unsigned long pfns[ARRAY_SIZE(order)];
	struct ptf_extent want[6];
	struct ptf_source source;
	unsigned int i;
	u64 oa;

	KUNIT_ASSERT_NOT_NULL(test, page);
	oa = page_to_phys(page);
	for (i = 0; i < ARRAY_SIZE(order); i++)
		pfns[i] = page_to_pfn(page + order[i]) | HMM_PFN_VALID | HMM_PFN_WRITE;
	/* As for a mapping of that size in the CPU's tables */
	pfns[0] |= 2UL << HMM_PFN_ORDER_SHIFT;
	ptf_source_hmm(&source, pfns, 8, NULL);
	want[0] = (struct ptf_extent){ oa, 4 * PAGE_SIZE };
	want[1] = (struct ptf_extent){ oa + 6 * PAGE_SIZE, PAGE_SIZE };
	want[2] = (struct ptf_extent){ oa + 5 * PAGE_SIZE, PAGE_SIZE };
	want[3] = (struct ptf_extent){ oa + 4 * PAGE_SIZE, PAGE_SIZE };
	want[4] = (struct ptf_extent){ oa + 7 * PAGE_SIZE, PAGE_SIZE };
	want_extents(test, &source, want, 5);

	/* Pages that the CPU may not write are for reading, if that makes a difference. */
	pfns[2] &= ~HMM_PFN_WRITE;
	want_extents(test, &source, want, 5);
	ptf_source_hmm(&source, pfns, 4, &vram);
	want[0].size = 2 * PAGE_SIZE;
	want[1] = (struct ptf_extent){ oa + 2 * PAGE_SIZE, PAGE_SIZE, &vram };
	want[2] = (struct ptf_extent){ oa + 3 * PAGE_SIZE, PAGE_SIZE };
	want_extents(test, &source, want, 3);
	/* It ends at what is not there, or broken. */
	pfns[1] = 0;
	want[0].size = PAGE_SIZE;
	want_extents(test, &source, want, 1);
	pfns[1] = HMM_PFN_ERROR;
	want_extents(test, &source, want, 1);
	__free_pages(page, 3);
}

static void source_folios(struct kunit *test)
{
	static const unsigned int orders[] = { 2, 0, 3 };
	struct folio *folios[ARRAY_SIZE(orders)];
	u64 oa[ARRAY_SIZE(orders)], size;
	struct ptf_extent want[3];
	struct ptf_source source;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		folios[i] = folio_alloc(GFP_KERNEL, orders[i]);
		KUNIT_ASSERT_NOT_NULL(test, folios[i]);
		oa[i] = PFN_PHYS(folio_pfn(folios[i]));
	}
	/* From the second page of the first to the second of the last; are two adjacent? */
	size = 3 * PAGE_SIZE + PAGE_SIZE + 2 * PAGE_SIZE;
	want[0] = (struct ptf_extent){ oa[0] + PAGE_SIZE, 3 * PAGE_SIZE };
	want[1] = (struct ptf_extent){ oa[1], PAGE_SIZE };
	want[2] = (struct ptf_extent){ oa[2], 2 * PAGE_SIZE };
	ptf_source_folios(&source, folios, 3, PAGE_SIZE, size);
	if (oa[0] + 4 * PAGE_SIZE != oa[1] && oa[1] + PAGE_SIZE != oa[2])
		want_extents(test, &source, want, 3);
	/* The first alone, and then nothing */
	ptf_source_folios(&source, folios, 1, PAGE_SIZE, size);
	want_extents(test, &source, want, 1);
	ptf_source_folios(&source, folios, 3, 13 * PAGE_SIZE, size);
	want_extents(test, &source, NULL, 0);
	/* The same twice is two extents. */
	folios[1] = folios[0];
	ptf_source_folios(&source, folios, 2, 0, 8 * PAGE_SIZE);
	want[0] = (struct ptf_extent){ oa[0], 4 * PAGE_SIZE };
	want[1] = want[0];
	want_extents(test, &source, want, 2);
	folios[1] = pfn_folio(oa[1] >> PAGE_SHIFT);
	for (i = 0; i < ARRAY_SIZE(orders); i++)
		folio_put(folios[i]);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(source_buddy),
	KUNIT_CASE(source_device_pages),
	KUNIT_CASE(source_hmm),
	KUNIT_CASE(source_folios),
	{}
};

static struct kunit_suite suite = {
	.name = "ptf_gpu_sources",
	.test_cases = cases,
};

kunit_test_suite(suite);

/*
 * A map of extents that differ in what they are for: three of each kind in turn,
 * all of it contiguous, so that only the attributes part them.
 */
static bool striped_next(struct ptf_source *source, struct ptf_extent *extent)
{
	static const struct ptf_attrs read_only = { .flags = PTF_READ };
	u64 page = source->page_bytes, done = source->base - source->left;

	if (!source->left)
		return false;
	extent->oa = BIT_ULL(31) + done;
	extent->size = page;
	if (done / page % 6 >= 3)
		extent->attrs = &read_only;
	source->left -= page;
	return true;
}

void gpu_test_extent_attrs(struct kunit *test)
{
	static const struct ptf_attrs none = {};
	struct ptf_gpu_update update;
	struct ptf_mapping m;
	struct env *env;
	unsigned int i;

	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va = env->model->va, size = 64 * page;
		struct ptf_source source = {
			.next = striped_next, .base = size, .left = size, .page_bytes = page,
		};

		WANT(env, env_map_source(env, va, size, &source), 0);
		front_set(env->model, va, BIT_ULL(31), size);
		env_verify(env);
		for (i = 0; i < 64; i++) {
			memset(&m, 0, sizeof(m));
			WANT(env, ptf_gpu_lookup(&env->gpu, va + i * page, &m), 0);
			WANT(env, !!(m.attrs.flags & PTF_WRITE), i % 6 < 3);
		}
		env_unmap(env, va, size, true);

		/* Those that are none are refused before anything is applied. */
		for (i = 1; i < 64; i = 63 * i) {
			ptf_source_contig(&source, BIT_ULL(31), i * page);
			source.ahead.attrs = &none;
			ptf_gpu_update_init(&update, &env->gpu);
			WANT(env, ptf_gpu_reserve_map(&update, va, i * page, &source, GFP_KERNEL),
			     -EINVAL);
			ptf_gpu_finish(&update);
			WANT(env, update.returned, 0);
		}
		GOOD(env);
	}
}

#define LIST_PAGES 700

/* Pages anywhere in OA; one in four continues the one before. */
static void make_pages(struct env *env, dma_addr_t *oa)
{
	u64 all = BIT_ULL(min(env->config.cfg.oa_lg2, 40)) / env->page;
	unsigned int i;

	for (i = 0; i < LIST_PAGES; i++) {
		oa[i] = front_below(&env->seed, all - 1) * env->page;
		if (i && !front_below(&env->seed, 4))
			oa[i] = oa[i - 1] + env->page;
	}
}

/* As a list of single pages, or of pieces of up to three */
static void make_sg_of_pages(struct env *env, struct sg_table *sgt, const dma_addr_t *oa,
			     unsigned int most)
{
	unsigned int i = 0, n = 0, pages;
	struct scatterlist *sg;

	KUNIT_ASSERT_EQ(env->test, 0, sg_alloc_table(sgt, LIST_PAGES, GFP_KERNEL));
	for (sg = sgt->sgl; i < LIST_PAGES; sg = sg_next(sg), n++) {
		for (pages = 1; pages < most && i + pages < LIST_PAGES; pages++)
			if (oa[i + pages] != oa[i] + pages * env->page)
				break;
		sg_dma_address(sg) = oa[i];
		sg_dma_len(sg) = pages * env->page;
		i += pages;
	}
	sgt->nents = n;
}

static void want_pages(struct env *env, const struct ptf_source *source, const dma_addr_t *oa)
{
	u64 va = env->model->va + 3 * env->page, size = LIST_PAGES * env->page;
	unsigned int i;

	WANT(env, env_map_source(env, va, size, source), 0);
	for (i = 0; i < LIST_PAGES; i++)
		front_set(env->model, va + i * env->page, oa[i], env->page);
	env_verify(env);
	env_unmap(env, va, size, true);
	env_verify(env);
	GOOD(env);
}

/* Reserve for one list, but map another. */
static void want_refused(struct env *env, const dma_addr_t *good, const dma_addr_t *bad, int want)
{
	u64 va = env->model->va + 3 * env->page, size = LIST_PAGES * env->page;
	struct ptf_gpu_update update;
	struct ptf_source source;

	ptf_source_dma(&source, bad, LIST_PAGES, env->page);
	env_begin(env, &update, false);
	WANT(env, ptf_gpu_reserve_map(&update, va, size, &source, GFP_KERNEL), want);
	ptf_source_dma(&source, good, LIST_PAGES, env->page);
	WANT(env, ptf_gpu_reserve_map(&update, va, size, &source, GFP_KERNEL), 0);
	ptf_source_dma(&source, bad, LIST_PAGES, env->page);
	env_may_flush(env, va, size);
	env_atomic(env);
	WANT(env, ptf_gpu_map(&update, va, size, &source, &gpu_attrs), want);
	env_finish(env, &update);
	env_atomic_end(env);
	env_verify(env);
	GOOD(env);
}

/* Lists of pages that follow no rule, and those with one that is wrong */
void gpu_test_page_lists(struct kunit *test)
{
	dma_addr_t *oa = kunit_kcalloc(test, LIST_PAGES, sizeof(*oa), GFP_KERNEL);
	dma_addr_t *bad = kunit_kcalloc(test, LIST_PAGES, sizeof(*bad), GFP_KERNEL);
	static const unsigned int at[] = { 0, 1, 30, 64, LIST_PAGES - 1 };
	struct ptf_source source;
	struct sg_table sgt;
	unsigned int i;
	struct env *env;

	KUNIT_ASSERT_NOT_NULL(test, oa);
	KUNIT_ASSERT_NOT_NULL(test, bad);
	for (env = env_first(test); env; env = env_next(env)) {
		if (env->model->pages < LIST_PAGES + 3)
			continue;
		make_pages(env, oa);
		ptf_source_dma(&source, oa, LIST_PAGES, env->page);
		want_pages(env, &source, oa);
		for (i = 1; i < 4; i += 2) {
			make_sg_of_pages(env, &sgt, oa, i);
			ptf_source_sg(&source, &sgt, 0, LIST_PAGES * env->page);
			want_pages(env, &source, oa);
			sg_free_table(&sgt);
		}
		for (i = 0; i < ARRAY_SIZE(at); i++) {
			memcpy(bad, oa, LIST_PAGES * sizeof(*oa));
			bad[at[i]] |= env->page / 2;
			want_refused(env, oa, bad, -EINVAL);
			if (env->config.cfg.oa_lg2 > 63)
				continue;
			bad[at[i]] = BIT_ULL(env->config.cfg.oa_lg2);
			want_refused(env, oa, bad, -ERANGE);
		}
	}
}
