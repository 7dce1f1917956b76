/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sources of what the DRM core knows; they are in the module ptf-gpuvm. Kernels
 * before 6.18 have no struct drm_pagemap_addr, and then nobody has a use for that
 * source.
 */
#ifndef PTFORGE_SOURCE_DRM_H
#define PTFORGE_SOURCE_DRM_H

#include <ptforge/source.h>

struct drm_pagemap_addr;
struct gpu_buddy;

void ptf_source_device_pages(struct ptf_source *source, const struct drm_pagemap_addr *addrs,
			     u64 offset, u64 size, const struct ptf_attrs *const *by_proto,
			     size_t protos);
void ptf_source_buddy(struct ptf_source *source, const struct gpu_buddy *mm,
		      const struct list_head *blocks, u64 base, u64 offset, u64 size,
		      const struct ptf_attrs *attrs);

#endif /* PTFORGE_SOURCE_DRM_H */
