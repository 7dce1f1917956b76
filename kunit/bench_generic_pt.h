/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's generic_pt as the twin of a format, from 6.19 on. It has no
 * map_pages: the IOMMU core calls map_range and unmap_range through its ops, and
 * so do these loops.
 */

/* The twin's name, and the option that says whether this kernel has it */
#define GENERIC_x86_64		x86_64
#define GENERIC_amdv1		amdv1
#define GENERIC_vtdss		vtdss
#define GENERIC_riscv64		riscv_64
#define GENERIC_FMT		PTF_PASTE(GENERIC_, PTF_FMT)
#define GENERIC_HAVE_x86_64	IS_ENABLED(CONFIG_IOMMU_PT_X86_64)
#define GENERIC_HAVE_amdv1	IS_ENABLED(CONFIG_IOMMU_PT_AMDV1)
#define GENERIC_HAVE_vtdss	IS_ENABLED(CONFIG_IOMMU_PT_VTDSS)
#define GENERIC_HAVE_riscv64	IS_ENABLED(CONFIG_IOMMU_PT_RISCV64)

#define BENCH_MISSING		"generic_pt"

#if PTF_PASTE(GENERIC_HAVE_, PTF_FMT)

#include <linux/generic_pt/iommu.h>

#define GENERIC(name) PTF_PASTE(PTF_PASTE(pt_iommu_, GENERIC_FMT), _##name)
#define TWIN(name) PTF_PASTE(PTF_PASTE(generic_pt_, GENERIC_FMT), _##name)
#define GENERIC_DOMAIN_OPS(fmt) IOMMU_PT_DOMAIN_OPS(fmt)
#define GENERIC_DIRTY_OPS(fmt) IOMMU_PT_DIRTY_OPS(fmt)
#define GENERIC_TABLE PTF_PASTE(pt_iommu_, GENERIC_FMT)

/* What each format's twin insists on, and what ours is set up with as well */
static const struct PTF_PASTE(GENERIC_TABLE, _cfg) generic_cfgs = {
	.common = {
		.hw_max_oasz_lg2 = BENCH_OA_LG2,
#define GENERIC_CFG_x86_64							\
		.features = BIT(PT_FEAT_FLUSH_RANGE) | BIT(PT_FEAT_SIGN_EXTEND),	\
		.hw_max_vasz_lg2 = BENCH_VA_LG2 }, .top_level = 3
#define GENERIC_CFG_amdv1							\
		.features = BIT(PT_FEAT_FLUSH_RANGE) | BIT(PT_FEAT_DYNAMIC_TOP) |	\
			    BIT(PT_FEAT_AMDV1_ENCRYPT_TABLES) |			\
			    BIT(PT_FEAT_AMDV1_FORCE_COHERENCE),			\
		.hw_max_vasz_lg2 = 64 }, .starting_level = 2
#define GENERIC_CFG_vtdss							\
		.features = BIT(PT_FEAT_FLUSH_RANGE),				\
		.hw_max_vasz_lg2 = BENCH_VA_LG2 }, .top_level = 3
#define GENERIC_CFG_riscv64							\
		.features = BIT(PT_FEAT_FLUSH_RANGE) | BIT(PT_FEAT_DETAILED_GATHER) |	\
			    BIT(PT_FEAT_RISCV_SVNAPOT_64K),			\
		.hw_max_vasz_lg2 = BENCH_VA_LG2 }
	PTF_PASTE(GENERIC_CFG_, PTF_FMT)
};

/**
 * struct generic_table - a page table of the twin
 * @domain: for the IOMMU core
 * @pt: the same, as generic_pt sees it
 * @lock: what it takes for a new root
 */
struct generic_table {
	union {
		struct iommu_domain domain;
		struct GENERIC_TABLE pt;
	};
	spinlock_t lock;	/* protects the root */
};

/* Declared in drivers/iommu/iommu-pages.h; every driver with generic_pt calls it. */
void iommu_put_pages_list(struct iommu_pages_list *list);

PT_IOMMU_CHECK_DOMAIN(struct generic_table, pt.iommu, domain);

static void generic_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	iommu_put_pages_list(&gather->freelist);
}

static const struct iommu_domain_ops generic_domain_ops = {
	GENERIC_DOMAIN_OPS(GENERIC_FMT),
	.iotlb_sync = generic_sync,
};

static const struct iommu_dirty_ops generic_dirty_ops = {
	GENERIC_DIRTY_OPS(GENERIC_FMT),
};

static void generic_change_top(struct pt_iommu *pt, phys_addr_t top, unsigned int level)
{
}

static spinlock_t *generic_top_lock(struct pt_iommu *pt)
{
	return &container_of(pt, struct generic_table, pt.iommu)->lock;
}

static const struct pt_iommu_driver_ops generic_driver_ops = {
	.change_top = generic_change_top,
	.get_top_lock = generic_top_lock,
};

static struct iommu_domain *generic_create(const struct bench_config *bench)
{
	struct generic_table *table = kzalloc(sizeof(*table), GFP_KERNEL);

	if (!table)
		return NULL;
	spin_lock_init(&table->lock);
	table->pt.iommu.nid = NUMA_NO_NODE;
	table->pt.iommu.driver_ops = &generic_driver_ops;
	table->pt.iommu.iommu_device = ptf_bench_device();
	if (GENERIC(init)(&table->pt, &generic_cfgs, GFP_KERNEL)) {
		kfree(table);
		return NULL;
	}
	table->domain.type = IOMMU_DOMAIN_UNMANAGED;
	table->domain.ops = &generic_domain_ops;
	table->domain.dirty_ops = &generic_dirty_ops;
	table->domain.pgsize_bitmap &= bench->sizes;
	return &table->domain;
}

static void generic_destroy(struct iommu_domain *domain)
{
	struct generic_table *table = container_of(domain, struct generic_table, domain);

	pt_iommu_deinit(&table->pt.iommu);
	kfree(table);
}

static __always_inline int TWIN(map)(struct iommu_domain *domain, u64 va, u64 oa, u64 size,
				     u64 pgsize)
{
	struct pt_iommu *pt = iommupt_from_domain(domain);
	size_t mapped = 0;
	int rc = pt->ops->map_range(pt, va, oa, size, BENCH_PROT, GFP_KERNEL, &mapped);

	return rc ?: mapped == size ? 0 : -EIO;
}

static __always_inline u64 TWIN(unmap)(struct iommu_domain *domain, u64 va, u64 size, u64 pgsize)
{
	struct pt_iommu *pt = iommupt_from_domain(domain);
	struct iommu_iotlb_gather gather;
	size_t unmapped;

	iommu_iotlb_gather_init(&gather);
	unmapped = pt->ops->unmap_range(pt, va, size, &gather);
	iommu_iotlb_sync(domain, &gather);
	return unmapped;
}

static __always_inline u64 TWIN(lookup)(struct iommu_domain *domain, u64 va)
{
	return domain->ops->iova_to_phys(domain, va);
}

#undef SUBJECT
#define SUBJECT TWIN
#include "bench_loops.h"

/* What the device's write does to a leaf, in the formats whose twin can tell */
#define GENERIC_DIRTY_amdv1	BIT_ULL(6)
#define GENERIC_DIRTY_vtdss	BIT_ULL(9)
#define GENERIC_DIRTY_x86_64	0
#define GENERIC_DIRTY_riscv64	0
#define GENERIC_DIRTY		PTF_PASTE(GENERIC_DIRTY_, PTF_FMT)

static __maybe_unused u64 generic_written(u64 entry)
{
	return entry | GENERIC_DIRTY;
}

#define BENCH_WRITTEN (GENERIC_DIRTY ? generic_written : NULL)

#define GENERIC_HW_INFO		PTF_PASTE(GENERIC_TABLE, _hw_info)
#define GENERIC_TOP_x86_64	(info.gcr3_pt)
#define GENERIC_TOP_amdv1	(info.host_pt_root)
#define GENERIC_TOP_vtdss	(info.ssptptr)
#define GENERIC_TOP_riscv64	(info.ppn << PAGE_SHIFT)

static void *generic_root(struct iommu_domain *domain, unsigned int *levels)
{
	struct generic_table *table = container_of(domain, struct generic_table, domain);
	struct GENERIC_HW_INFO info;

	GENERIC(hw_info)(&table->pt, &info);
	*levels = 4;		/* with something at BENCH_BASE */
	return phys_to_virt(PTF_PASTE(GENERIC_TOP_, PTF_FMT));
}

static const struct bench_subject generic_pt = {
	.name = "generic_pt",
	.create = generic_create,
	.destroy = generic_destroy,
	.direct = SUBJECT_LOOPS,
	.root = generic_root,
	.written = BENCH_WRITTEN,
};

#define BENCH_TWIN (&generic_pt)
MODULE_IMPORT_NS("GENERIC_PT_IOMMU");

#else

#define BENCH_TWIN NULL
#define BENCH_WRITTEN NULL

#endif
