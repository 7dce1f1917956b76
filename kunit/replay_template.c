// SPDX-License-Identifier: GPL-2.0-only
/*
 * The replay of a recorded trace on one format: what a driver of each front end
 * would do for a map and an unmap. Kbuild stamps out a file that names the
 * format and includes this one; kunit/replay.c does the rest.
 */
#include <linux/module.h>
#include "replay.h"

#define REPLAY_PASTE_(a, b, c) a##_##b##_##c
#define REPLAY_PASTE(a, b, c) REPLAY_PASTE_(a, b, c)
#define IOMMU(name) REPLAY_PASTE(ptf_iommu, PTF_FMT, name)
#define REPLAY(name) REPLAY_PASTE(ptf_replay, PTF_FMT, name)
#define GPU(name) REPLAY_PASTE(ptf_gpu, PTF_FMT, name)
#define REPLAY_DOMAIN_OPS(fmt) PTF_IOMMU_DOMAIN_OPS(fmt)

PTF_IOMMU_FORMAT(PTF_FMT);
PTF_GPU_FORMAT(PTF_FMT);

static const struct iommu_domain_ops domain_ops = {
	REPLAY_DOMAIN_OPS(PTF_FMT),
};

static void REPLAY(iommu_flush)(struct ptf_iommu *iommu, const struct ptf_flush *flush)
{
	ptf_replay_flush(container_of(iommu, struct replay_space, iommu), flush);
}

/* There is no hardware to tell. */
static int REPLAY(iommu_set_top)(struct ptf_iommu *iommu, phys_addr_t top, unsigned int levels)
{
	return 0;
}

static const struct ptf_iommu_ops iommu_ops = {
	.flush = REPLAY(iommu_flush),
	.set_top = REPLAY(iommu_set_top),
};

static struct ptf_pt *REPLAY(iommu_pt)(struct replay_space *space)
{
	return &space->iommu.pt;
}

static int REPLAY(iommu_init)(struct replay_space *space, const struct ptf_config *cfg)
{
	space->iommu.domain.ops = &domain_ops;
	return IOMMU(init)(&space->iommu, cfg, &iommu_ops);
}

static void REPLAY(iommu_deinit)(struct replay_space *space)
{
	IOMMU(deinit)(&space->iommu);
}

static int REPLAY(iommu_map)(struct replay_space *space, u64 iova, u64 paddr, u64 size)
{
	u64 page = space->iommu.pt.sizes & -space->iommu.pt.sizes;
	size_t mapped = 0;
	int rc;

	rc = IOMMU(map_pages)(&space->iommu.domain, iova, paddr, page, size / page,
			      IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE, GFP_KERNEL, &mapped);
	return rc ?: mapped == size ? 0 : -EIO;
}

static u64 REPLAY(iommu_unmap)(struct replay_space *space, u64 iova, u64 size)
{
	u64 page = space->iommu.pt.sizes & -space->iommu.pt.sizes;
	struct iommu_iotlb_gather gather;
	size_t unmapped;

	iommu_iotlb_gather_init(&gather);
	unmapped = IOMMU(unmap_pages)(&space->iommu.domain, iova, page, size / page, &gather);
	iommu_iotlb_sync(&space->iommu.domain, &gather);
	return unmapped;
}

static int REPLAY(iommu_lookup)(struct replay_space *space, u64 iova, struct ptf_mapping *mapping)
{
	return IOMMU(lookup)(&space->iommu, iova, mapping);
}

static u64 REPLAY(iommu_translate)(struct replay_space *space, u64 iova)
{
	return IOMMU(iova_to_phys)(&space->iommu.domain, iova);
}

static int REPLAY(iommu_for_each)(struct replay_space *space, u64 first, u64 last,
				  int (*leaf)(void *ctx, const struct ptf_mapping *m), void *ctx)
{
	return IOMMU(for_each)(&space->iommu, first, last, leaf, ctx);
}

static const struct replay_front iommu_front = {
	.format = __stringify(PTF_FMT),
	.front = "iommu",
	.pt = REPLAY(iommu_pt),
	.init = REPLAY(iommu_init),
	.deinit = REPLAY(iommu_deinit),
	.map = REPLAY(iommu_map),
	.unmap = REPLAY(iommu_unmap),
	.lookup = REPLAY(iommu_lookup),
	.translate = REPLAY(iommu_translate),
	.for_each = REPLAY(iommu_for_each),
};

static void REPLAY(gpu_flush)(struct ptf_gpu *gpu, const struct ptf_flush *flush)
{
	ptf_replay_flush(container_of(gpu, struct replay_space, gpu), flush);
}

static const struct ptf_gpu_ops gpu_ops = {
	.flush = REPLAY(gpu_flush), .live = PTF_LIVE_HITLESS,
};

static struct ptf_pt *REPLAY(gpu_pt)(struct replay_space *space)
{
	return &space->gpu.pt;
}

static int REPLAY(gpu_init)(struct replay_space *space, const struct ptf_config *cfg)
{
	return GPU(init)(&space->gpu, cfg, &gpu_ops);
}

static void REPLAY(gpu_deinit)(struct replay_space *space)
{
	ptf_gpu_deinit(&space->gpu);
}

static int REPLAY(gpu_map)(struct replay_space *space, u64 iova, u64 paddr, u64 size)
{
	const struct ptf_attrs attrs = { .flags = PTF_READ | PTF_WRITE };
	struct ptf_gpu_update update;
	struct ptf_source source;
	int rc;

	ptf_source_contig(&source, paddr, size);
	ptf_gpu_update_init(&update, &space->gpu);
	rc = ptf_gpu_reserve_map(&update, iova, size, &source, GFP_KERNEL) ?:
	     ptf_gpu_map(&update, iova, size, &source, &attrs);
	ptf_gpu_finish(&update);
	return rc;
}

static u64 REPLAY(gpu_unmap)(struct replay_space *space, u64 iova, u64 size)
{
	struct ptf_gpu_update update;
	int rc;

	ptf_gpu_update_init(&update, &space->gpu);
	rc = ptf_gpu_reserve_unmap(&update, iova, size, GFP_KERNEL) ?:
	     ptf_gpu_unmap(&update, iova, size);
	ptf_gpu_finish(&update);
	return rc ? 0 : size;
}

static int REPLAY(gpu_lookup)(struct replay_space *space, u64 iova, struct ptf_mapping *mapping)
{
	return ptf_gpu_lookup(&space->gpu, iova, mapping);
}

static unsigned int REPLAY(gpu_lock_lg2)(struct replay_space *space)
{
	struct ptf_hw_info info;

	ptf_gpu_hw_info(&space->gpu, &info);
	return info.lock_lg2;
}

static int REPLAY(gpu_for_each)(struct replay_space *space, u64 first, u64 last,
				int (*leaf)(void *ctx, const struct ptf_mapping *m), void *ctx)
{
	return ptf_gpu_for_each(&space->gpu, first, last, leaf, ctx);
}

static const struct replay_front gpu_front = {
	.format = __stringify(PTF_FMT),
	.front = "gpu",
	.cuts = true,
	.pt = REPLAY(gpu_pt),
	.init = REPLAY(gpu_init),
	.deinit = REPLAY(gpu_deinit),
	.map = REPLAY(gpu_map),
	.unmap = REPLAY(gpu_unmap),
	.lookup = REPLAY(gpu_lookup),
	.lock_lg2 = REPLAY(gpu_lock_lg2),
	.for_each = REPLAY(gpu_for_each),
};

static int __init replay_init(void)
{
	ptf_replay_run(&iommu_front);
	ptf_replay_run(&gpu_front);
	return 0;
}
module_init(replay_init);

static void __exit replay_exit(void)
{
}
module_exit(replay_exit);

MODULE_DESCRIPTION("ptforge: replay of DMA traces on " __stringify(PTF_FMT));
MODULE_LICENSE("GPL");
