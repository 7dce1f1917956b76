/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drm_gpuvm on top of the GPU front end: the operations that drm_gpuvm makes of
 * a map or unmap request, reserved for and applied to the page table.
 */
#ifndef PTFORGE_GPUVM_H
#define PTFORGE_GPUVM_H

#include <drm/drm_gpuvm.h>
#include <ptforge/gpu.h>

/* What &ptf_gpuvm_ops.source returns for a sparse binding */
#define PTF_GPUVM_SPARSE 1

/**
 * struct ptf_gpuvm_ops - what only the driver knows about a mapping
 * @source: sets the extents of @map, from map->gem.offset on, and what they are
 *	for. The extents stay valid until the update is applied. Returns 0, or
 *	PTF_GPUVM_SPARSE for a binding without memory, with an empty source or with
 *	the dummy to be repeated as its one extent; or an error that ends the
 *	reservation or the application. May not sleep
 * @done: the page table has followed @op: time for drm_gpuva_map() and the like.
 *	Called by ptf_gpuvm_step() alone; NULL if there is nothing to do
 */
struct ptf_gpuvm_ops {
	int (*source)(void *priv, const struct drm_gpuva_op_map *map, struct ptf_source *source,
		      struct ptf_attrs *attrs);
	void (*done)(void *priv, struct drm_gpuva_op *op);
};

/**
 * struct ptf_gpuvm_bind - a request that drm_gpuvm splits into steps when it is applied
 * @update: update
 * @ops: the driver's part
 * @priv: for @ops
 * @map: what is mapped; its va.range is 0 for an unmap
 *
 * Its address is the priv argument of drm_gpuvm_sm_map() and drm_gpuvm_sm_unmap().
 */
struct ptf_gpuvm_bind {
	struct ptf_gpu_update *update;
	const struct ptf_gpuvm_ops *ops;
	void *priv;
	struct drm_gpuva_op_map map;
};

/* The step callbacks of a struct drm_gpuvm_ops */
#define PTF_GPUVM_STEPS								\
	.sm_step_map = ptf_gpuvm_step,						\
	.sm_step_remap = ptf_gpuvm_step,					\
	.sm_step_unmap = ptf_gpuvm_step

int ptf_gpuvm_reserve(struct ptf_gpu_update *update, const struct drm_gpuva_op *op,
		      const struct ptf_gpuvm_ops *ops, void *priv, gfp_t gfp);
int ptf_gpuvm_apply(struct ptf_gpu_update *update, const struct drm_gpuva_op *op,
		    const struct ptf_gpuvm_ops *ops, void *priv);
int ptf_gpuvm_reserve_ops(struct ptf_gpu_update *update, struct drm_gpuva_ops *list,
			  const struct ptf_gpuvm_ops *ops, void *priv, gfp_t gfp);
int ptf_gpuvm_apply_ops(struct ptf_gpu_update *update, struct drm_gpuva_ops *list,
			const struct ptf_gpuvm_ops *ops, void *priv);
int ptf_gpuvm_bind_reserve(struct ptf_gpuvm_bind *bind, u64 va, u64 size, gfp_t gfp);
int ptf_gpuvm_step(struct drm_gpuva_op *op, void *priv);

#endif /* PTFORGE_GPUVM_H */
