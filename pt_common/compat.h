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

/* Has its short name since 6.14. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#define ptf_compat_alloc_pages_bulk alloc_pages_bulk
#else
#define ptf_compat_alloc_pages_bulk alloc_pages_bulk_array
#endif

/*
 * drm_gpuvm's entry points take a request since 6.18, and there are more of them. For
 * who includes <drm/drm_gpuvm.h> before.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define ptf_compat_sm_map_ops_create(vm, va_start, size, bo, bo_offset)		\
	drm_gpuvm_sm_map_ops_create(vm, &(struct drm_gpuvm_map_req){		\
		.map.va.addr = (va_start), .map.va.range = (size),		\
		.map.gem.obj = (bo), .map.gem.offset = (bo_offset) })
#define ptf_compat_sm_map(vm, priv, va_start, size, bo, bo_offset)		\
	drm_gpuvm_sm_map(vm, priv, &(struct drm_gpuvm_map_req){			\
		.map.va.addr = (va_start), .map.va.range = (size),		\
		.map.gem.obj = (bo), .map.gem.offset = (bo_offset) })
#define PTF_COMPAT_GPUVM_MADVISE
#define PTF_COMPAT_GPUVM_EXEC_LOCK
#else
#define ptf_compat_sm_map drm_gpuvm_sm_map
#define ptf_compat_sm_map_ops_create(vm, va_start, size, bo, bo_offset)		\
	drm_gpuvm_sm_map_ops_create(vm, va_start, size, bo, bo_offset)
#endif

/* What DRM has, for who says that it is wanted */
#ifdef PTF_COMPAT_DRM
/* The buddy allocator left DRM in 7.0, and in long-term kernels too. */
#ifdef PTF_HAVE_GPU_BUDDY		/* by Kbuild: the header is there */
#include <linux/gpu_buddy.h>
#else
#include <drm/drm_buddy.h>
#define gpu_buddy drm_buddy
#define gpu_buddy_block drm_buddy_block
#define gpu_buddy_block_offset drm_buddy_block_offset
#define gpu_buddy_block_order drm_buddy_block_order
#endif

/* All GEM objects have a list of mappings since 6.18. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define PTF_COMPAT_GEM_GPUVA 0
#else
#define PTF_COMPAT_GEM_GPUVA DRIVER_GEM_GPUVA
#endif

/* Has its locking in its name since the list's lock depends on the mode. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define ptf_compat_bo_obtain drm_gpuvm_bo_obtain_locked
#else
#define ptf_compat_bo_obtain drm_gpuvm_bo_obtain
#endif

/* Had another name before 6.18, and none before 6.15. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#include <drm/drm_pagemap.h>
#else
struct drm_pagemap_addr {
	dma_addr_t addr;
	u64 proto : 54;
	u64 order : 8;
	u64 dir : 2;
};
#endif
#endif /* PTF_COMPAT_DRM */

/* iommu_domain_ops.attach_dev is told the old domain since 6.19. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define PTF_COMPAT_ATTACH_DEV(name)						\
	int name(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
#else
#define PTF_COMPAT_ATTACH_DEV(name)						\
	int name(struct iommu_domain *domain, struct device *dev)
#endif

#endif /* PTF_COMPAT_H */
