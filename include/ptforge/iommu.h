/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IOMMU front end: what is below an iommu_domain of a paging type.
 *
 * A driver embeds struct ptf_iommu in its domain, names the format once with
 * PTF_IOMMU_FORMAT(<fmt>), and puts PTF_IOMMU_DOMAIN_OPS(<fmt>) into its
 * iommu_domain_ops. Documentation/iommu.rst walks through it.
 */
#ifndef PTFORGE_IOMMU_H
#define PTFORGE_IOMMU_H

#include <linux/iommu.h>
#include <ptforge/pt.h>

struct ptf_iommu;

/**
 * struct ptf_iommu_ops - what the driver does for its page tables
 * @flush: invalidates what became stale in the IOMMU, and waits for it.
 *	Mandatory; hardware that caches nothing says so with
 *	ptf_iommu_flush_none(). Any context, also under &ptf_iommu.lock.
 * @set_top: makes the hardware use a new root table that also leads to all that
 *	the old one did; mandatory with PTF_FEAT_DYNAMIC_TOP. Called under
 *	&ptf_iommu.lock, may not sleep. An error leaves the old root in use.
 */
struct ptf_iommu_ops {
	void (*flush)(struct ptf_iommu *iommu, const struct ptf_flush *flush);
	int (*set_top)(struct ptf_iommu *iommu, phys_addr_t top, unsigned int levels);
};

/* Combinations of IOMMU_READ to IOMMU_PRIV */
#define PTF_IOMMU_PROTS 64

/**
 * struct ptf_iommu - a domain's page table
 * @domain: for the IOMMU core
 * @pt: the page table
 * @ops: the driver's part
 * @lock: protects the growth of the top, and whole operations for a format in
 *	which an operation on a part of a table may replace all of it
 * @lazy: list of tables that wait for flush_iotlb_all
 * @enforce_coherent: map all with PTF_COHERENT
 * @bits: protection bits of the IOMMU core, encoded; 0 where that is not all
 */
struct ptf_iommu {
	struct iommu_domain domain;
	struct ptf_pt pt;
	const struct ptf_iommu_ops *ops;
	spinlock_t lock;	/* growth of the top, or whole operations */
	void *lazy;
	bool enforce_coherent;
	u64 bits[PTF_IOMMU_PROTS];
};

static inline struct ptf_iommu *ptf_iommu_of(struct iommu_domain *domain)
{
	return container_of(domain, struct ptf_iommu, domain);
}

/**
 * ptf_iommu_flush_none() - flush op of hardware that caches no translation
 * @iommu: domain
 * @flush: ignored
 */
static inline void ptf_iommu_flush_none(struct ptf_iommu *iommu, const struct ptf_flush *flush)
{
}

/* Declares the functions of a format; its module defines them. */
#define PTF_IOMMU_FORMAT(fmt) PTF_IOMMU_FORMAT_(fmt)
#define PTF_IOMMU_FORMAT_(fmt)								\
	int ptf_iommu_##fmt##_init(struct ptf_iommu *iommu, const struct ptf_config *cfg,	\
				   const struct ptf_iommu_ops *ops);			\
	void ptf_iommu_##fmt##_deinit(struct ptf_iommu *iommu);				\
	void ptf_iommu_##fmt##_hw_info(struct ptf_iommu *iommu, struct ptf_hw_info *info); \
	int ptf_iommu_##fmt##_map_pages(struct iommu_domain *domain, unsigned long iova, \
					phys_addr_t paddr, size_t pgsize, size_t pgcount, \
					int prot, gfp_t gfp, size_t *mapped);		\
	int ptf_iommu_##fmt##_map_range(struct ptf_iommu *iommu, u64 iova, u64 oa, u64 last, \
					const struct ptf_attrs *attrs, gfp_t gfp,	\
					u64 *mapped);					\
	size_t ptf_iommu_##fmt##_unmap_pages(struct iommu_domain *domain, unsigned long iova, \
					     size_t pgsize, size_t pgcount,		\
					     struct iommu_iotlb_gather *gather);	\
	phys_addr_t ptf_iommu_##fmt##_iova_to_phys(struct iommu_domain *domain,		\
						   dma_addr_t iova);			\
	int ptf_iommu_##fmt##_lookup(struct ptf_iommu *iommu, u64 iova,			\
				     struct ptf_mapping *mapping);			\
	int ptf_iommu_##fmt##_for_each(struct ptf_iommu *iommu, u64 start, u64 last,	\
				       int (*leaf)(void *ctx, const struct ptf_mapping *m), \
				       void *ctx);					\
	void ptf_iommu_##fmt##_iotlb_sync(struct iommu_domain *domain,			\
					  struct iommu_iotlb_gather *gather);		\
	void ptf_iommu_##fmt##_flush_iotlb_all(struct iommu_domain *domain);		\
	bool ptf_iommu_##fmt##_enforce_cache_coherency(struct iommu_domain *domain);	\
	int ptf_iommu_##fmt##_read_and_clear_dirty(struct iommu_domain *domain,		\
						   unsigned long iova, size_t size,	\
						   unsigned long flags,			\
						   struct iommu_dirty_bitmap *dirty)

/* Members of an iommu_domain_ops */
#define PTF_IOMMU_DOMAIN_OPS(fmt)						\
	.map_pages = ptf_iommu_##fmt##_map_pages,				\
	.unmap_pages = ptf_iommu_##fmt##_unmap_pages,				\
	.iova_to_phys = ptf_iommu_##fmt##_iova_to_phys,				\
	.iotlb_sync = ptf_iommu_##fmt##_iotlb_sync,				\
	.flush_iotlb_all = ptf_iommu_##fmt##_flush_iotlb_all

/* Member of an iommu_dirty_ops, for a format that has PTF_FEAT_DIRTY */
#define PTF_IOMMU_DIRTY_OPS(fmt)						\
	.read_and_clear_dirty = ptf_iommu_##fmt##_read_and_clear_dirty

#endif /* PTFORGE_IOMMU_H */
