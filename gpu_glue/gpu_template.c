// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GPU front end of one format. Kbuild stamps out a file that names the
 * format and includes this one. What the verbs do is said in ptforge/gpu.h.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <ptforge/gpu.h>
#include "pt_common/ptf.h"

#define GPU(name) PTF_PASTE(PTF_PASTE(ptf_gpu_, PTF_FMT), _##name)

PTF_GPU_FORMAT(PTF_FMT);

/**
 * struct gpu_map - a map that is fed by a source
 * @map: the map
 * @source: extents to come
 * @encrypt: bits to OR into OA
 */
struct gpu_map {
	struct ptf_map map;
	struct ptf_source source;
	u64 encrypt;
};

static int GPU(next_extent)(struct ptf_map *map)
{
	struct gpu_map *gpu_map = container_of(map, struct gpu_map, map);
	struct ptf_extent extent;
	u64 last;

	if (!ptf_source_pull(&gpu_map->source, &extent))
		return -EINVAL;
	/* The bit is not the driver's to set. */
	if (extent.oa & ptf_encrypt_mask(map->pt))
		return -ERANGE;
	last = map->va + extent.size - 1;
	return ptf_map_extent(map, extent.oa | gpu_map->encrypt, last < map->va ? ~0ULL : last);
}

static int GPU(begin_map)(struct gpu_map *gpu_map, struct ptf_gpu_update *update, u64 va, u64 size,
			  const struct ptf_source *source)
{
	*gpu_map = (struct gpu_map){
		.map = { .pt = &update->gpu->pt, .va = va, .last = va + size - 1,
			 .next = GPU(next_extent), .change = &update->change,
			 .supply = { .reserved = update->reserve.tables,
				     .left = update->reserve.left } },
		.source = *source,
	};
	if (!size)
		return -EINVAL;
	return ptf_check_aligned(&update->gpu->pt, va, va + size - 1);
}

static int GPU(check_attrs)(struct ptf_gpu *gpu, const struct ptf_attrs *attrs)
{
	u64 bits, encrypt;

	return F(encode)(&gpu->pt, attrs, &bits, &encrypt);
}

static int GPU(reserve_map)(struct ptf_gpu_update *update, u64 va, u64 size,
			    const struct ptf_source *source, gfp_t gfp)
{
	unsigned int need[PTF_FMT_SHAPES] = {};
	struct gpu_map count;
	int rc = GPU(begin_map)(&count, update, va, size, source);

	if (rc)
		return rc;
	count.map.need = need;
	return GPU(next_extent)(&count.map) ?: F(pt_count)(&count.map, update->exact) ?:
	       F(reserve)(&update->gpu->pt, &update->reserve, need, gfp);
}

static int GPU(reserve_unmap)(struct ptf_gpu_update *update, u64 va, u64 size, gfp_t gfp)
{
	struct ptf_pt *pt = &update->gpu->pt;
	unsigned int need[PTF_FMT_SHAPES] = {};
	int rc = size ? ptf_check_aligned(pt, va, va + size - 1) : -EINVAL;

	if (rc)
		return rc;
	F(unmap_need)(pt, va, va + size - 1, update->exact, need);
	return F(reserve)(pt, &update->reserve, need, gfp);
}

static int GPU(map)(struct ptf_gpu_update *update, u64 va, u64 size,
		    const struct ptf_source *source, const struct ptf_attrs *attrs)
{
	struct ptf_pt *pt = &update->gpu->pt;
	struct ptf_unmap undo = { .pt = pt, .va = va, .change = &update->change };
	struct gpu_map gpu_map;
	int rc;

	rc = GPU(begin_map)(&gpu_map, update, va, size, source) ?:
	     F(encode)(pt, attrs, &gpu_map.map.bits, &gpu_map.encrypt) ?:
	     GPU(next_extent)(&gpu_map.map);
	if (rc)
		return rc;
	rc = F(pt_map)(&gpu_map.map);
	if (rc && gpu_map.map.va != va) {
		undo.last = gpu_map.map.va - 1;
		F(pt_unmap_exact)(&undo);
	}
	return rc;
}

/* Report the extent that waits. */
static void GPU(report)(struct ptf_gpu_update *update)
{
	if (update->pending.size)
		update->removed(update->ctx, update->pending_va, update->pending.oa,
				update->pending.size);
	update->pending.size = 0;
}

static void GPU(removed_extent)(void *ctx, u64 va, u64 oa, u64 size)
{
	struct ptf_gpu_update *update = ctx;
	struct ptf_extent *pending = &update->pending;

	if (pending->size && update->pending_va + pending->size == va &&
	    pending->oa + pending->size == oa) {
		pending->size += size;
		return;
	}
	GPU(report)(update);
	*pending = (struct ptf_extent){ .oa = oa, .size = size };
	update->pending_va = va;
}

static int GPU(unmap)(struct ptf_gpu_update *update, u64 va, u64 size)
{
	struct ptf_pt *pt = &update->gpu->pt;
	struct ptf_unmap unmap = {
		.pt = pt, .va = va, .last = va + size - 1, .change = &update->change,
		.supply = { .reserved = update->reserve.tables, .left = update->reserve.left },
		.removed = update->removed ? GPU(removed_extent) : NULL, .ctx = update,
	};
	int rc = size ? ptf_check_aligned(pt, va, unmap.last) : -EINVAL;

	if (rc)
		return rc;
	rc = F(pt_unmap_exact)(&unmap);
	GPU(report)(update);
	return rc;
}

static void GPU(finish)(struct ptf_gpu_update *update)
{
	struct ptf_gpu *gpu = update->gpu;

	update->flushed = !ptf_change_empty(&update->change);
	if (update->flushed)
		gpu->ops->flush(gpu, &update->change.flush);
	ptf_free_tables(&gpu->pt, update->change.freed);
	update->change = (struct ptf_change){};
	update->returned = F(unreserve)(&gpu->pt, &update->reserve);
	update->used = update->reserve.total - update->returned;
}

static int GPU(lookup)(struct ptf_gpu *gpu, u64 va, struct ptf_mapping *mapping)
{
	return F(pt_lookup)(&gpu->pt, va, mapping);
}

static int GPU(for_each)(struct ptf_gpu *gpu, u64 va, u64 last,
			 int (*leaf)(void *ctx, const struct ptf_mapping *mapping), void *ctx)
{
	struct ptf_visit visit = {
		.pt = &gpu->pt, .va = va, .last = last, .leaf = leaf, .ctx = ctx,
	};

	return F(pt_for_each)(&visit);
}

static void GPU(hw_info)(struct ptf_gpu *gpu, struct ptf_hw_info *info)
{
	F(pt_hw_info)(&gpu->pt, info);
}

static void GPU(deinit)(struct ptf_gpu *gpu)
{
	if (gpu->pt.top)
		F(pt_free)(&gpu->pt);
}

static const struct ptf_gpu_format GPU(format) = {
	.check_attrs = GPU(check_attrs),
	.reserve_map = GPU(reserve_map),
	.reserve_unmap = GPU(reserve_unmap),
	.map = GPU(map),
	.unmap = GPU(unmap),
	.finish = GPU(finish),
	.lookup = GPU(lookup),
	.for_each = GPU(for_each),
	.hw_info = GPU(hw_info),
	.deinit = GPU(deinit),
};

/*
 * ptf_gpu_<fmt>_init() - set up an address space
 * @gpu: to be initialised
 * @cfg: what the hardware can do and the driver wants; the root cannot grow
 * @ops: the driver's part
 *
 * Context: may sleep.
 * Return: 0; -EINVAL for a configuration that makes no sense or a missing op,
 * -ERANGE for addresses wider than the format's, -EOPNOTSUPP for a feature that
 * the format or a GPU has not, -ENOMEM.
 */
int GPU(init)(struct ptf_gpu *gpu, const struct ptf_config *cfg, const struct ptf_gpu_ops *ops)
{
	if (!ops || !ops->flush)
		return -EINVAL;
	if (cfg->features & PTF_FEAT_DYNAMIC_TOP)
		return -EOPNOTSUPP;
	gpu->format = &GPU(format);
	gpu->ops = ops;
	return F(pt_init)(&gpu->pt, cfg);
}
EXPORT_SYMBOL_GPL(GPU(init));

MODULE_DESCRIPTION("ptforge: " PTF_STRING(PTF_FMT) " page tables for GPU drivers");
MODULE_LICENSE("GPL");
