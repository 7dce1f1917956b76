// SPDX-License-Identifier: GPL-2.0-only
/*
 * drm_gpuvm operations, applied to the page table. A remap unmaps what lies
 * between the pieces that stay; the page table cuts leaves by itself, so that
 * nothing is widened or mapped again. A map takes the place of what is there in
 * one pass, so that what drm_gpuvm unmaps for it needs no step of its own.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <ptforge/gpuvm.h>

/**
 * struct gpuvm_map - what to map
 * @va: first VA
 * @size: bytes
 * @source: of the mapping
 * @attrs: what for
 * @dummy: what to repeat; its size is 0 if there is none
 * @sparse: no memory, or @dummy again and again
 */
struct gpuvm_map {
	u64 va;
	u64 size;
	struct ptf_source source;
	struct ptf_attrs attrs;
	struct ptf_extent dummy;
	bool sparse;
};

static int gpuvm_map_init(struct gpuvm_map *map, const struct drm_gpuva_op_map *op,
			  const struct ptf_gpuvm_ops *ops, void *priv)
{
	int rc;

	*map = (struct gpuvm_map){ .va = op->va.addr, .size = op->va.range };
	rc = ops->source(priv, op, &map->source, &map->attrs);
	if (rc < 0)
		return rc;
	map->sparse = rc == PTF_GPUVM_SPARSE;
	if (map->sparse && map->source.next)
		ptf_source_pull(&map->source, &map->dummy);
	return 0;
}

/* Whether what is in the way has to be unmapped before */
static bool unmap_first(const struct gpuvm_map *map, const struct ptf_gpu_update *update)
{
	return map->sparse || update->gpu->pt.refuse_live;
}

/* @over: something else may be mapped there, which falls out */
static int gpuvm_map_reserve(struct gpuvm_map *map, struct ptf_gpu_update *update, bool over,
			     gfp_t gfp)
{
	int rc;

	/* A null entry needs no attributes. */
	if (!map->sparse || map->dummy.size) {
		rc = ptf_gpu_check_attrs(update->gpu, &map->attrs);
		if (rc)
			return rc;
	}
	if (over && !unmap_first(map, update))
		return ptf_gpu_reserve_remap(update, map->va, map->size, &map->source, gfp);
	rc = over ? ptf_gpu_reserve_unmap(update, map->va, map->size, gfp) : 0;
	if (rc)
		return rc;
	if (map->sparse)
		return ptf_gpu_reserve_null(update, map->va, map->size,
					    map->dummy.size ? &map->dummy : NULL, gfp);
	return ptf_gpu_reserve_map(update, map->va, map->size, &map->source, gfp);
}

static int gpuvm_map_apply(struct gpuvm_map *map, struct ptf_gpu_update *update, bool over)
{
	int rc;

	if (over && !unmap_first(map, update))
		return ptf_gpu_remap(update, map->va, map->size, &map->source, &map->attrs);
	rc = over ? ptf_gpu_unmap(update, map->va, map->size) : 0;
	if (rc)
		return rc;
	if (map->sparse)
		return ptf_gpu_null(update, map->va, map->size,
				    map->dummy.size ? &map->dummy : NULL, &map->attrs);
	return ptf_gpu_map(update, map->va, map->size, &map->source, &map->attrs);
}

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

/* Whether a map takes the place of [va, va + size) */
static bool map_covers(const struct drm_gpuva_op_map *map, u64 va, u64 size)
{
	return va >= map->va.addr && va + size <= map->va.addr + map->va.range;
}

/* Whether a map of the list takes the place of what @op unmaps: the last one, or the next */
static bool is_replaced(const struct drm_gpuva_op *op, const struct drm_gpuva_ops *list)
{
	const struct drm_gpuva_op *map[] = {
		list_next_entry(op, entry),
		list_last_entry(&list->list, struct drm_gpuva_op, entry),
	};
	unsigned int i;
	u64 va, size;

	if (!unmap_range(op, &va, &size) || list_is_last(&op->entry, &list->list))
		return false;
	for (i = 0; i < ARRAY_SIZE(map); i++)
		if (map[i]->op == DRM_GPUVA_OP_MAP && map_covers(&map[i]->map, va, size))
			return true;
	return false;
}

static int op_reserve(struct ptf_gpu_update *update, const struct drm_gpuva_op *op,
		      const struct ptf_gpuvm_ops *ops, void *priv, bool over, gfp_t gfp)
{
	struct gpuvm_map map;
	u64 va, size;

	if (unmap_range(op, &va, &size))
		return ptf_gpu_reserve_unmap(update, va, size, gfp);
	if (op->op != DRM_GPUVA_OP_MAP)
		return 0;
	return gpuvm_map_init(&map, &op->map, ops, priv) ?:
	       gpuvm_map_reserve(&map, update, over, gfp);
}

static int op_apply(struct ptf_gpu_update *update, const struct drm_gpuva_op *op,
		    const struct ptf_gpuvm_ops *ops, void *priv, bool over)
{
	struct gpuvm_map map;
	u64 va, size;

	if (unmap_range(op, &va, &size))
		return ptf_gpu_unmap(update, va, size);
	if (op->op != DRM_GPUVA_OP_MAP)
		return 0;
	return gpuvm_map_init(&map, &op->map, ops, priv) ?:
	       gpuvm_map_apply(&map, update, over);
}

/**
 * ptf_gpuvm_reserve() - reserve what an operation can need by itself
 * @update: update
 * @op: of a drm_gpuva_ops list
 * @ops: the driver's part
 * @priv: for @ops
 * @gfp: how to allocate
 *
 * Context: may sleep if @gfp allows it.
 * Return: 0, what ops->source() returned, or as ptf_gpu_check_attrs(),
 * ptf_gpu_reserve_map(), ptf_gpu_reserve_null() and ptf_gpu_reserve_unmap(); on
 * error nothing that counts was reserved for @op, and finish returns it.
 */
int ptf_gpuvm_reserve(struct ptf_gpu_update *update, const struct drm_gpuva_op *op,
		      const struct ptf_gpuvm_ops *ops, void *priv, gfp_t gfp)
{
	return op_reserve(update, op, ops, priv, false, gfp);
}
EXPORT_SYMBOL_GPL(ptf_gpuvm_reserve);

/**
 * ptf_gpuvm_apply() - apply an operation to the page table by itself
 * @update: update with a reservation for @op
 * @op: of a drm_gpuva_ops list
 * @ops: the driver's part
 * @priv: for @ops
 *
 * Context: as ptf_gpu_map(); never sleeps. The list of drm_gpuva is the
 * driver's business (drm_gpuva_map() and so on).
 * Return: 0, what ops->source() returned, or as ptf_gpu_map(), ptf_gpu_null() and
 * ptf_gpu_unmap().
 */
int ptf_gpuvm_apply(struct ptf_gpu_update *update, const struct drm_gpuva_op *op,
		    const struct ptf_gpuvm_ops *ops, void *priv)
{
	return op_apply(update, op, ops, priv, false);
}
EXPORT_SYMBOL_GPL(ptf_gpuvm_apply);

/**
 * ptf_gpuvm_reserve_ops() - reserve what a list of operations can need
 * @update: update
 * @list: from drm_gpuvm_sm_map_ops_create() and the like, newer ones too
 * @ops: the driver's part
 * @priv: for @ops
 * @gfp: how to allocate
 *
 * Context: may sleep if @gfp allows it.
 * Return: as ptf_gpuvm_reserve(); what was reserved before the error is returned
 * by finish.
 */
int ptf_gpuvm_reserve_ops(struct ptf_gpu_update *update, struct drm_gpuva_ops *list,
			  const struct ptf_gpuvm_ops *ops, void *priv, gfp_t gfp)
{
	struct drm_gpuva_op *op;
	int rc = 0;

	drm_gpuva_for_each_op(op, list) {
		if (!is_replaced(op, list))
			rc = op_reserve(update, op, ops, priv, true, gfp);
		if (rc)
			break;
	}
	return rc;
}
EXPORT_SYMBOL_GPL(ptf_gpuvm_reserve_ops);

/**
 * ptf_gpuvm_apply_ops() - apply a list of operations to the page table
 * @update: update with a reservation for @list
 * @list: as reserved for
 * @ops: the driver's part
 * @priv: for @ops
 *
 * What a map takes the place of is not unmapped before but replaced in one pass, so
 * that VA that stay in use have no hole meanwhile. Sparse bindings are the exception.
 *
 * A list of drm_gpuvm_madvise_ops_create() need not be applied, as it changes no
 * translation. Its maps do not say what was there: ops->source has to know it by VA.
 *
 * Context: as ptf_gpu_map(); never sleeps.
 * Return: as ptf_gpuvm_apply() and ptf_gpu_remap().
 */
int ptf_gpuvm_apply_ops(struct ptf_gpu_update *update, struct drm_gpuva_ops *list,
			const struct ptf_gpuvm_ops *ops, void *priv)
{
	struct drm_gpuva_op *op;
	int rc = 0;

	drm_gpuva_for_each_op(op, list) {
		if (!is_replaced(op, list))
			rc = op_apply(update, op, ops, priv, true);
		if (rc)
			break;
	}
	return rc;
}
EXPORT_SYMBOL_GPL(ptf_gpuvm_apply_ops);

/**
 * ptf_gpuvm_bind_reserve() - reserve for a request whose steps are not known yet
 * @bind: request; &ptf_gpuvm_bind.map is set, or its range 0 for an unmap
 * @va: first VA
 * @size: bytes; with a map, both are those of the map
 * @gfp: how to allocate
 *
 * For drivers that call drm_gpuvm_sm_map() or drm_gpuvm_sm_unmap() when the update is
 * applied (DRM_GPUVM_IMMEDIATE_MODE).
 *
 * Context: may sleep if @gfp allows it.
 * Return: as ptf_gpuvm_reserve().
 */
int ptf_gpuvm_bind_reserve(struct ptf_gpuvm_bind *bind, u64 va, u64 size, gfp_t gfp)
{
	struct gpuvm_map map;

	if (!bind->map.va.range)
		return ptf_gpu_reserve_unmap(bind->update, va, size, gfp);
	return gpuvm_map_init(&map, &bind->map, bind->ops, bind->priv) ?:
	       gpuvm_map_reserve(&map, bind->update, true, gfp);
}
EXPORT_SYMBOL_GPL(ptf_gpuvm_bind_reserve);

/**
 * ptf_gpuvm_step() - the sm_step_map, sm_step_remap and sm_step_unmap of a driver
 * @op: step
 * @priv: the struct ptf_gpuvm_bind
 *
 * Applies the step to the page table, and then calls the driver's done op. As
 * with ptf_gpuvm_apply_ops() a map replaces what is there in one pass.
 *
 * Context: as ptf_gpu_map(); never sleeps by itself.
 * Return: as ptf_gpuvm_apply_ops().
 */
int ptf_gpuvm_step(struct drm_gpuva_op *op, void *priv)
{
	struct ptf_gpuvm_bind *bind = priv;
	u64 va, size;
	int rc = 0;

	if (!unmap_range(op, &va, &size) || !map_covers(&bind->map, va, size))
		rc = op_apply(bind->update, op, bind->ops, bind->priv, true);
	if (!rc && bind->ops->done)
		bind->ops->done(bind->priv, op);
	return rc;
}
EXPORT_SYMBOL_GPL(ptf_gpuvm_step);

MODULE_DESCRIPTION("ptforge: drm_gpuvm glue");
MODULE_LICENSE("GPL");
