// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of an imaginary IOMMU on the format amdv1: what Documentation/iommu.rst
 * talks about, complete but for probing. Registers are as simple as they can be.
 */
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <ptforge/iommu.h>

#define MY_DEVICE(n)	(0x1000 + 16 * (n))	/* root | levels - 1 | valid */
#define MY_INV_FIRST	0x0
#define MY_INV_LAST	0x8
#define MY_INV_GO	0x10
#define MY_INV_BUSY	BIT(0)
#define MY_INV_TABLES	BIT(1)			/* forget pointers to tables, too */
#define MY_DEVICES	64

/* names the format: declares ptf_iommu_amdv1_init() and the rest */
PTF_IOMMU_FORMAT(amdv1);

struct my_iommu {
	struct iommu_device core;
	void __iomem *regs;
	spinlock_t lock;		/* serialises invalidations and the device table */
	bool coherent_walk;
	struct iommu_domain *attached[MY_DEVICES];
};

/* struct ptf_iommu contains the iommu_domain */
struct my_domain {
	struct ptf_iommu pt;
	struct my_iommu *hw;
};

static struct my_domain *my_domain_of(struct ptf_iommu *pt)
{
	return container_of(pt, struct my_domain, pt);
}

static void my_invalidate(struct my_iommu *hw, u64 start, u64 last, bool tables)
{
	unsigned long flags;
	u32 busy;

	spin_lock_irqsave(&hw->lock, flags);
	writeq(start, hw->regs + MY_INV_FIRST);
	writeq(last, hw->regs + MY_INV_LAST);
	writel(MY_INV_BUSY | (tables ? MY_INV_TABLES : 0), hw->regs + MY_INV_GO);
	readl_poll_timeout_atomic(hw->regs + MY_INV_GO, busy, !(busy & MY_INV_BUSY), 0, 100000);
	spin_unlock_irqrestore(&hw->lock, flags);
}

/* The mandatory op: start and last are inclusive. */
static void my_flush(struct ptf_iommu *pt, const struct ptf_flush *flush)
{
	my_invalidate(my_domain_of(pt)->hw, flush->start, flush->last, flush->table_levels);
}

static void my_set_device(struct my_iommu *hw, u32 id, phys_addr_t top, unsigned int levels)
{
	/* Root and number of levels change in one store. */
	writeq(top | (levels - 1) << 1 | 1, hw->regs + MY_DEVICE(id));
}

/* The root grew: called under pt->lock, so no sleeping here. */
static int my_set_top(struct ptf_iommu *pt, phys_addr_t top, unsigned int levels)
{
	struct my_iommu *hw = my_domain_of(pt)->hw;
	unsigned long flags;
	u32 id;

	spin_lock_irqsave(&hw->lock, flags);
	for (id = 0; id < MY_DEVICES; id++)
		if (hw->attached[id] == &pt->domain)
			my_set_device(hw, id, top, levels);
	spin_unlock_irqrestore(&hw->lock, flags);
	my_invalidate(hw, 0, ~0ULL, true);
	return 0;
}

static const struct ptf_iommu_ops my_pt_ops = {
	.flush = my_flush,
	.set_top = my_set_top,
};

static int my_attach_dev(struct iommu_domain *domain, struct device *dev,
			 struct iommu_domain *old)
{
	struct ptf_iommu *pt = ptf_iommu_of(domain);
	struct my_iommu *hw = dev_iommu_priv_get(dev);
	u32 id = dev_iommu_fwspec_get(dev)->ids[0];
	struct ptf_hw_info info;
	unsigned long flags;

	/* Under pt->lock the root that is read here cannot grow before it is known. */
	spin_lock_irqsave(&pt->lock, flags);
	spin_lock(&hw->lock);
	ptf_iommu_amdv1_hw_info(pt, &info);
	hw->attached[id] = domain;
	my_set_device(hw, id, info.top, info.levels);
	spin_unlock(&hw->lock);
	spin_unlock_irqrestore(&pt->lock, flags);
	my_invalidate(hw, 0, ~0ULL, true);
	return 0;
}

static void my_domain_free(struct iommu_domain *domain)
{
	struct ptf_iommu *pt = ptf_iommu_of(domain);

	my_invalidate(my_domain_of(pt)->hw, 0, ~0ULL, true);
	ptf_iommu_amdv1_deinit(pt);
	kfree(my_domain_of(pt));
}

static int my_set_dirty_tracking(struct iommu_domain *domain, bool enabled)
{
	return 0;			/* this hardware always tracks */
}

static const struct iommu_dirty_ops my_dirty_ops = {
	PTF_IOMMU_DIRTY_OPS(amdv1),
	.set_dirty_tracking = my_set_dirty_tracking,
};

static const struct iommu_domain_ops my_domain_ops = {
	PTF_IOMMU_DOMAIN_OPS(amdv1),
	.enforce_cache_coherency = ptf_iommu_amdv1_enforce_cache_coherency,
	.attach_dev = my_attach_dev,
	.free = my_domain_free,
};

static struct iommu_domain *my_domain_alloc_paging(struct device *dev)
{
	struct my_iommu *hw = dev_iommu_priv_get(dev);
	struct ptf_config cfg = {
		.va_lg2 = 64,
		.oa_lg2 = 48,
		.features = PTF_FEAT_DYNAMIC_TOP | PTF_FEAT_DIRTY,
		.dma_dev = hw->core.dev,
	};
	struct my_domain *domain;
	int rc;

	if (!hw->coherent_walk)
		cfg.features |= PTF_FEAT_INCOHERENT;
	domain = kzalloc(sizeof(*domain), GFP_KERNEL);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	domain->hw = hw;
	domain->pt.domain.dirty_ops = &my_dirty_ops;
	rc = ptf_iommu_amdv1_init(&domain->pt, &cfg, &my_pt_ops);
	if (rc) {
		kfree(domain);
		return ERR_PTR(rc);
	}
	return &domain->pt.domain;
}

static bool my_capable(struct device *dev, enum iommu_cap cap)
{
	switch (cap) {
	case IOMMU_CAP_CACHE_COHERENCY:
	case IOMMU_CAP_DEFERRED_FLUSH:	/* lets dma-iommu queue its flushes */
	case IOMMU_CAP_DIRTY_TRACKING:
		return true;
	default:
		return false;
	}
}

const struct iommu_ops my_iommu_ops = {
	.capable = my_capable,
	.domain_alloc_paging = my_domain_alloc_paging,
	.default_domain_ops = &my_domain_ops,
	.owner = THIS_MODULE,
};

MODULE_DESCRIPTION("Example of an IOMMU driver on ptforge");
MODULE_LICENSE("GPL");
