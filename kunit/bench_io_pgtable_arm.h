/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's io-pgtable-arm as the twin of arm64_4k, below a domain like the
 * SMMU driver's. It maps leaves of one size in one table a call: what a driver
 * has to do around that is done here, with the page size picked as panthor does.
 */
#include <linux/io-pgtable.h>

#define BENCH_MISSING "io-pgtable-arm"
#define TWIN(name) io_pgtable_arm_##name

/* The device wrote: it cleared AP[2], because DBM allowed it. */
static u64 arm_written(u64 entry)
{
	return entry & ~BIT_ULL(7);
}

#define BENCH_WRITTEN arm_written

#if IS_ENABLED(CONFIG_IOMMU_IO_PGTABLE_LPAE)

/**
 * struct arm_table - a page table of the twin
 * @domain: for the IOMMU core
 * @ops: the twin's functions
 */
struct arm_table {
	struct iommu_domain domain;
	struct io_pgtable_ops *ops;
};

static struct io_pgtable_ops *arm_ops(struct iommu_domain *domain)
{
	return container_of(domain, struct arm_table, domain)->ops;
}

static int arm_map_pages(struct iommu_domain *domain, unsigned long va, phys_addr_t oa,
			 size_t pgsize, size_t count, int prot, gfp_t gfp, size_t *mapped)
{
	struct io_pgtable_ops *ops = arm_ops(domain);

	return ops->map_pages(ops, va, oa, pgsize, count, prot, gfp, mapped);
}

static size_t arm_unmap_pages(struct iommu_domain *domain, unsigned long va, size_t pgsize,
			      size_t count, struct iommu_iotlb_gather *gather)
{
	struct io_pgtable_ops *ops = arm_ops(domain);

	return ops->unmap_pages(ops, va, pgsize, count, gather);
}

static phys_addr_t arm_iova_to_phys(struct iommu_domain *domain, dma_addr_t va)
{
	struct io_pgtable_ops *ops = arm_ops(domain);

	return ops->iova_to_phys(ops, va);
}

static int arm_dirty(struct iommu_domain *domain, unsigned long va, size_t size,
		     unsigned long flags, struct iommu_dirty_bitmap *dirty)
{
	struct io_pgtable_ops *ops = arm_ops(domain);

	return ops->read_and_clear_dirty(ops, va, size, flags, dirty);
}

static void arm_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
}

static const struct iommu_domain_ops arm_domain_ops = {
	.map_pages = arm_map_pages,
	.unmap_pages = arm_unmap_pages,
	.iova_to_phys = arm_iova_to_phys,
	.iotlb_sync = arm_sync,
};

static const struct iommu_dirty_ops arm_dirty_ops = {
	.read_and_clear_dirty = arm_dirty,
};

static void arm_flush_all(void *cookie)
{
}

static void arm_flush_walk(unsigned long va, size_t size, size_t granule, void *cookie)
{
}

/* As the SMMUv3 driver's */
static void arm_add_page(struct iommu_iotlb_gather *gather, unsigned long va, size_t granule,
			 void *cookie)
{
	iommu_iotlb_gather_add_page(cookie, gather, va, granule);
}

static const struct iommu_flush_ops arm_flush_ops = {
	.tlb_flush_all = arm_flush_all,
	.tlb_flush_walk = arm_flush_walk,
	.tlb_add_page = arm_add_page,
};

/* A conflict is an error, not a bug of the driver, where the kernel tells them apart. */
#ifdef IO_PGTABLE_QUIRK_NO_WARN
#define ARM_QUIRKS IO_PGTABLE_QUIRK_NO_WARN
#else
#define ARM_QUIRKS 0
#endif

static struct iommu_domain *arm_create(const struct bench_config *bench)
{
	struct arm_table *table = kzalloc(sizeof(*table), GFP_KERNEL);
	struct io_pgtable_cfg cfg = {
		.quirks = ARM_QUIRKS | (bench->dirty ? IO_PGTABLE_QUIRK_ARM_HD : 0),
		.pgsize_bitmap = bench->sizes & (SZ_4K | SZ_2M | SZ_1G),
		.ias = BENCH_VA_LG2,
		.oas = BENCH_OA_LG2,
		.coherent_walk = true,
		.tlb = &arm_flush_ops,
		.iommu_dev = ptf_bench_device(),
	};

	if (!table)
		return NULL;
	table->ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &cfg, &table->domain);
	if (!table->ops) {
		kfree(table);
		return NULL;
	}
	table->domain.type = IOMMU_DOMAIN_UNMANAGED;
	table->domain.ops = &arm_domain_ops;
	table->domain.dirty_ops = &arm_dirty_ops;
	table->domain.pgsize_bitmap = cfg.pgsize_bitmap;
	return &table->domain;
}

static void arm_destroy(struct iommu_domain *domain)
{
	struct arm_table *table = container_of(domain, struct arm_table, domain);

	free_io_pgtable_ops(table->ops);
	kfree(table);
}

static void *arm_root(struct iommu_domain *domain, unsigned int *levels)
{
	struct io_pgtable *pgtable = io_pgtable_ops_to_pgtable(arm_ops(domain));

	*levels = 4;
	return phys_to_virt(pgtable->cfg.arm_lpae_s1_cfg.ttbr);
}

/* Leaf size for what comes next, and how many there are up to where it may be a larger one */
static __always_inline u64 arm_pick(u64 both, u64 size, size_t *count)
{
	u64 room = -both & (SZ_2M - 1);

	if (room || size < SZ_2M) {
		*count = (room && room < size ? room : size) / SZ_4K;
		return SZ_4K;
	}
	room = -both & (SZ_1G - 1);
	if (room || size < SZ_1G) {
		*count = (room && room < size ? room : size) / SZ_2M;
		return SZ_2M;
	}
	*count = size / SZ_1G;
	return SZ_1G;
}

static __always_inline int TWIN(map)(struct iommu_domain *domain, u64 va, u64 oa, u64 size,
				     u64 pgsize)
{
	struct io_pgtable_ops *ops = arm_ops(domain);
	u64 done = 0, page;
	size_t count, mapped;
	int rc;

	if (pgsize == SZ_64K)
		pgsize = SZ_4K;		/* no contiguous leaves */
	do {
		page = pgsize;
		if (page)
			count = (size - done) >> __ffs64(page);
		else
			page = arm_pick((va + done) | (oa + done), size - done, &count);
		mapped = 0;
		rc = ops->map_pages(ops, va + done, oa + done, page, count, BENCH_PROT, GFP_KERNEL,
				    &mapped);
		done += mapped;
	} while (!rc && done < size);
	return rc;
}

static __always_inline u64 TWIN(unmap)(struct iommu_domain *domain, u64 va, u64 size, u64 pgsize)
{
	struct io_pgtable_ops *ops = arm_ops(domain);
	struct iommu_iotlb_gather gather;
	u64 done = 0, page;
	size_t count, unmapped;

	if (pgsize == SZ_64K)
		pgsize = SZ_4K;
	iommu_iotlb_gather_init(&gather);
	do {
		page = pgsize;
		if (page)
			count = (size - done) >> __ffs64(page);
		else
			page = arm_pick(va + done, size - done, &count);
		unmapped = ops->unmap_pages(ops, va + done, page, count, &gather);
		done += unmapped;
	} while (unmapped && done < size);
	iommu_iotlb_sync(domain, &gather);
	return done;
}

static __always_inline u64 TWIN(lookup)(struct iommu_domain *domain, u64 va)
{
	struct io_pgtable_ops *ops = arm_ops(domain);

	return ops->iova_to_phys(ops, va);
}

#undef SUBJECT
#define SUBJECT TWIN
#include "bench_loops.h"

static const struct bench_subject io_pgtable_arm = {
	.name = "io-pgtable-arm",
	.create = arm_create,
	.destroy = arm_destroy,
	.direct = SUBJECT_LOOPS,
	.root = arm_root,
	.written = arm_written,
};

#define BENCH_TWIN (&io_pgtable_arm)

#else

#define BENCH_TWIN NULL

#endif
