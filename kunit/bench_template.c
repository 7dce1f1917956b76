// SPDX-License-Identifier: GPL-2.0-only
/*
 * The speed of one format: ours, and the kernel's twin of it, if this kernel has
 * one. Kbuild stamps out a file that names the format and includes this one;
 * kunit/bench.c takes the time.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <ptforge/iommu.h>
#include "bench.h"

#include "pt_common/contract.h"

#define IOMMU(name) PTF_PASTE(PTF_PASTE(ptf_iommu_, PTF_FMT), _##name)
#define OURS(name) PTF_PASTE(PTF_PASTE(ptf_bench_, PTF_FMT), _##name)
#define BENCH_DOMAIN_OPS(fmt) PTF_IOMMU_DOMAIN_OPS(fmt)
#define BENCH_DIRTY_OPS(fmt) PTF_IOMMU_DIRTY_OPS(fmt)

PTF_IOMMU_FORMAT(PTF_FMT);

static const struct iommu_domain_ops ours_domain_ops = {
	BENCH_DOMAIN_OPS(PTF_FMT),
};

static const struct iommu_dirty_ops ours_dirty_ops = {
	BENCH_DIRTY_OPS(PTF_FMT),
};

static int ours_set_top(struct ptf_iommu *iommu, phys_addr_t top, unsigned int levels)
{
	return 0;
}

static const struct ptf_iommu_ops ours_ops = {
	.flush = ptf_iommu_flush_none,
	.set_top = ours_set_top,
};

static struct iommu_domain *ours_create(const struct bench_config *bench)
{
	const u32 features = PTF_FMT_FEATURES & (PTF_FEAT_SIGN_EXTEND | PTF_FEAT_DYNAMIC_TOP);
	struct ptf_config cfg = {
		.va_lg2 = features & PTF_FEAT_DYNAMIC_TOP ? 64 : BENCH_VA_LG2,
		.oa_lg2 = BENCH_OA_LG2,
		.features = features | (bench->dirty ? PTF_FEAT_DIRTY : 0),
		.page_sizes = bench->sizes,
	};
	struct ptf_iommu *iommu = kzalloc(sizeof(*iommu), GFP_KERNEL);

	if (!iommu)
		return NULL;
	iommu->domain.type = IOMMU_DOMAIN_UNMANAGED;
	iommu->domain.ops = &ours_domain_ops;
	iommu->domain.dirty_ops = &ours_dirty_ops;
	if (!IOMMU(init)(iommu, &cfg, &ours_ops))
		return &iommu->domain;
	kfree(iommu);
	return NULL;
}

static void ours_destroy(struct iommu_domain *domain)
{
	IOMMU(deinit)(ptf_iommu_of(domain));
	kfree(ptf_iommu_of(domain));
}

static void *ours_root(struct iommu_domain *domain, unsigned int *levels)
{
	struct ptf_hw_info info;

	IOMMU(hw_info)(ptf_iommu_of(domain), &info);
	*levels = info.levels;
	return phys_to_virt(info.top);
}

static __always_inline int OURS(map)(struct iommu_domain *domain, u64 va, u64 oa, u64 size,
				     u64 pgsize)
{
	size_t mapped = 0;
	int rc = domain->ops->map_pages(domain, va, oa, SZ_4K, size / SZ_4K, BENCH_PROT, GFP_KERNEL,
					&mapped);

	return rc ?: mapped == size ? 0 : -EIO;
}

static __always_inline u64 OURS(unmap)(struct iommu_domain *domain, u64 va, u64 size, u64 pgsize)
{
	struct iommu_iotlb_gather gather;
	size_t unmapped;

	iommu_iotlb_gather_init(&gather);
	unmapped = domain->ops->unmap_pages(domain, va, SZ_4K, size / SZ_4K, &gather);
	iommu_iotlb_sync(domain, &gather);
	return unmapped;
}

static __always_inline u64 OURS(lookup)(struct iommu_domain *domain, u64 va)
{
	return domain->ops->iova_to_phys(domain, va);
}

#define SUBJECT OURS
#include "bench_loops.h"

/* The twin: what it needs to know of the format, and what it defines */
#define BENCH_TWIN_x86_64	"bench_generic_pt.h"
#define BENCH_TWIN_amdv1	"bench_generic_pt.h"
#define BENCH_TWIN_vtdss	"bench_generic_pt.h"
#define BENCH_TWIN_riscv64	"bench_generic_pt.h"
#define BENCH_TWIN_arm64_4k	"bench_io_pgtable_arm.h"
#include PTF_PASTE(BENCH_TWIN_, PTF_FMT)

static const struct bench_subject ours = {
	.name = "ptforge",
	.create = ours_create,
	.destroy = ours_destroy,
	.direct = {
		.map = OURS(map_loop),
		.unmap = OURS(unmap_loop),
		.lookup = OURS(lookup_loop),
		.replay = OURS(replay_loop),
	},
	.root = ours_root,
	.written = BENCH_WRITTEN,
};

static int __init bench_init(void)
{
	return ptf_bench_run(PTF_STRING(PTF_FMT), &ours, BENCH_TWIN, BENCH_MISSING);
}
module_init(bench_init);

static void __exit bench_exit(void)
{
}
module_exit(bench_exit);

MODULE_DESCRIPTION("ptforge: speed of " PTF_STRING(PTF_FMT) " page tables, compared");
MODULE_LICENSE("GPL");
