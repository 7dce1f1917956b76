// SPDX-License-Identifier: GPL-2.0-only
/*
 * A software IOMMU: as much of a driver as the IOMMU core wants to see, with one
 * platform device behind it. Its domains come from the test that runs.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include "iommu_test.h"

struct iommu_driver iommu_driver;
struct iommu_domain *(*iommu_driver_alloc)(void *ctx);
void *iommu_driver_ctx;

PTF_COMPAT_ATTACH_DEV(iommu_driver_attach)
{
	iommu_driver.attached = domain;
	return 0;
}

int iommu_driver_dirty_tracking(struct iommu_domain *domain, bool enabled)
{
	return 0;
}

/* The test that provided a domain takes it down. */
void iommu_driver_free(struct iommu_domain *domain)
{
}

static const struct iommu_domain_ops static_domain_ops = {
	.attach_dev = iommu_driver_attach,
};

static struct iommu_domain identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &static_domain_ops,
};

static struct iommu_domain blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &static_domain_ops,
};

static struct iommu_device *probe_device(struct device *dev)
{
	if (!iommu_driver.device || dev != &iommu_driver.device->dev)
		return ERR_PTR(-ENODEV);
	return &iommu_driver.iommu;
}

static int def_domain_type(struct device *dev)
{
	return IOMMU_DOMAIN_IDENTITY;
}

static struct iommu_domain *domain_alloc_paging(struct device *dev)
{
	return iommu_driver_alloc ? iommu_driver_alloc(iommu_driver_ctx) : NULL;
}

static const struct iommu_ops iommu_ops = {
	.owner = THIS_MODULE,
	.identity_domain = &identity_domain,
	.blocked_domain = &blocked_domain,
	.probe_device = probe_device,
	.device_group = generic_device_group,
	.def_domain_type = def_domain_type,
	.domain_alloc_paging = domain_alloc_paging,
};

int iommu_driver_start(struct kunit_suite *suite)
{
	struct platform_device *device;
	int rc;

	device = platform_device_register_simple("ptf-kunit", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	iommu_driver.device = device;
	rc = dma_coerce_mask_and_coherent(&device->dev, DMA_BIT_MASK(64));
	if (rc)
		goto no_iommu;
	rc = iommu_device_sysfs_add(&iommu_driver.iommu, NULL, NULL, "ptf-kunit-iommu");
	if (rc)
		goto no_iommu;
	rc = iommu_device_register(&iommu_driver.iommu, &iommu_ops, NULL);
	if (!rc)
		return 0;
	iommu_device_sysfs_remove(&iommu_driver.iommu);
no_iommu:
	platform_device_unregister(device);
	iommu_driver.device = NULL;
	return rc;
}

void iommu_driver_stop(struct kunit_suite *suite)
{
	/* Not called without a successful start, but in kernels where it is. */
	if (!iommu_driver.device)
		return;
	iommu_device_unregister(&iommu_driver.iommu);
	iommu_device_sysfs_remove(&iommu_driver.iommu);
	platform_device_unregister(iommu_driver.device);
	iommu_driver = (struct iommu_driver){};
}
