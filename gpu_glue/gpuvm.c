// SPDX-License-Identifier: GPL-2.0-only
/*
 * drm_gpuvm operations, applied to the page table. A remap unmaps what lies
 * between the pieces that stay; the page table cuts leaves by itself, so that
 * nothing is widened or mapped again.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <ptforge/gpuvm.h>

/* The range that an operation takes away; false if none */
static bool unmap_range(const struct drm_gpuva_op *op, u64 *va, u64 *size)
{
	switch (op->op) {
	case DRM_GPUVA_OP_UNMAP:
		*va = op->unmap.va->va.addr;
		*size = op->unmap.va->va.range;
		return true;
	case DRM_GPUVA_OP_REMAP:
		drm_gpuva_op_remap_to_unmap_range(&op->remap, va, size);
		return true;
	default:
		return false;
	}
}

/**
 * ptf_gpuvm_reserve() - reserve what an operation can need
 * @update: update
 * @op: of a drm_gpuva_ops list, or the argument of a sm_step callback
 * @ops: the driver's part
 * @priv: for @ops
 * @gfp: how to allocate
 *
 * Context: may sleep if @gfp allows it.
 * Return: 0, what ops->source() returned, or as ptf_gpu_check_attrs(),
 * ptf_gpu_reserve_map() and ptf_gpu_reserve_unmap(); on error nothing was
 * reserved for @op.
 */
int ptf_gpuvm_reserve(struct ptf_gpu_update *update, const struct drm_gpuva_op *op,
		      const struct ptf_gpuvm_ops *ops, void *priv, gfp_t gfp)
{
	struct ptf_source source;
	struct ptf_attrs attrs = {};
	u64 va, size;

	if (unmap_range(op, &va, &size))
		return ptf_gpu_reserve_unmap(update, va, size, gfp);
	if (op->op != DRM_GPUVA_OP_MAP)
		return 0;
	return ops->source(priv, &op->map, &source, &attrs) ?:
	       ptf_gpu_check_attrs(update->gpu, &attrs) ?:
	       ptf_gpu_reserve_map(update, op->map.va.addr, op->map.va.range, &source, gfp);
}
EXPORT_SYMBOL_GPL(ptf_gpuvm_reserve);

/**
 * ptf_gpuvm_apply() - apply an operation to the page table
 * @update: update with a reservation for @op
 * @op: of a drm_gpuva_ops list, or the argument of a sm_step callback
 * @ops: the driver's part
 * @priv: for @ops
 *
 * Context: as ptf_gpu_map(); never sleeps. The list of drm_gpuva is the
 * driver's business (drm_gpuva_map() and so on).
 * Return: 0, what ops->source() returned, or as ptf_gpu_map() and
 * ptf_gpu_unmap().
 */
int ptf_gpuvm_apply(struct ptf_gpu_update *update, const struct drm_gpuva_op *op,
		    const struct ptf_gpuvm_ops *ops, void *priv)
{
	struct ptf_source source;
	struct ptf_attrs attrs = {};
	u64 va, size;

	if (unmap_range(op, &va, &size))
		return ptf_gpu_unmap(update, va, size);
	if (op->op != DRM_GPUVA_OP_MAP)
		return 0;
	return ops->source(priv, &op->map, &source, &attrs) ?:
	       ptf_gpu_map(update, op->map.va.addr, op->map.va.range, &source, &attrs);
}
EXPORT_SYMBOL_GPL(ptf_gpuvm_apply);

MODULE_DESCRIPTION("ptforge: drm_gpuvm glue");
MODULE_LICENSE("GPL");
