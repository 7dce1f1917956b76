/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drm_gpuvm on top of the GPU front end: the operations that drm_gpuvm makes of
 * a map or unmap request, reserved for and applied to the page table.
 */
#ifndef PTFORGE_GPUVM_H
#define PTFORGE_GPUVM_H

#include <drm/drm_gpuvm.h>
#include <ptforge/gpu.h>

/**
 * struct ptf_gpuvm_ops - what only the driver knows about a mapping
 * @source: sets the extents of @map, from map->gem.offset on, and what they are
 *	for. The extents stay valid until the update is applied. Returns 0 or an
 *	error that ends the reservation or the application. May not sleep.
 */
struct ptf_gpuvm_ops {
	int (*source)(void *priv, const struct drm_gpuva_op_map *map, struct ptf_source *source,
		      struct ptf_attrs *attrs);
};

int ptf_gpuvm_reserve(struct ptf_gpu_update *update, const struct drm_gpuva_op *op,
		      const struct ptf_gpuvm_ops *ops, void *priv, gfp_t gfp);
int ptf_gpuvm_apply(struct ptf_gpu_update *update, const struct drm_gpuva_op *op,
		    const struct ptf_gpuvm_ops *ops, void *priv);

#endif /* PTFORGE_GPUVM_H */
