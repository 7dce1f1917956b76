/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between kernel versions: the one place that knows them. */
#ifndef PTF_COMPAT_H
#define PTF_COMPAT_H

#include <linux/version.h>

/* Where iova_bitmap_set() lives if IOMMUFD_DRIVER is set; a string since 6.13. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define PTF_IMPORT_IOMMUFD MODULE_IMPORT_NS("IOMMUFD")
#else
#define PTF_IMPORT_IOMMUFD MODULE_IMPORT_NS(IOMMUFD)
#endif

/*
 * drm_gpuvm's entry points take a request since 6.18. For who includes
 * <drm/drm_gpuvm.h> before.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define ptf_compat_sm_map_ops_create(vm, va_start, size, bo, bo_offset)		\
	drm_gpuvm_sm_map_ops_create(vm, &(struct drm_gpuvm_map_req){		\
		.map.va.addr = (va_start), .map.va.range = (size),		\
		.map.gem.obj = (bo), .map.gem.offset = (bo_offset) })
#else
#define ptf_compat_sm_map_ops_create(vm, va_start, size, bo, bo_offset)		\
	drm_gpuvm_sm_map_ops_create(vm, va_start, size, bo, bo_offset)
#endif

/* iommu_domain_ops.attach_dev is told the old domain since 6.19. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define PTF_COMPAT_ATTACH_DEV(name)						\
	int name(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
#else
#define PTF_COMPAT_ATTACH_DEV(name)						\
	int name(struct iommu_domain *domain, struct device *dev)
#endif

#endif /* PTF_COMPAT_H */
