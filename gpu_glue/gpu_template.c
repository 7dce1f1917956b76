// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GPU front end of one format. Kbuild stamps out a file that names the
 * format and includes this one. What the verbs do is said in ptforge/gpu.h.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <ptforge/gpu.h>
#define PTF_FOR_GPU 1
#include "pt_common/ptf.h"

#define GPU(name) PTF_PASTE(PTF_PASTE(ptf_gpu_, PTF_FMT), _##name)

PTF_GPU_FORMAT(PTF_FMT);

/**
 * struct gpu_map - a map that is fed by a source
 * @map: the map
 * @source: extents to come
 * @attrs: what for, unless the extent says; NULL to count
 * @encoded: the attributes that map.bits are of
 * @encrypt: bits to OR into OA
 */
struct gpu_map {
	struct ptf_map map;
	struct ptf_source source;
	const struct ptf_attrs *attrs;
	const struct ptf_attrs *encoded;
	u64 encrypt;
};

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

static int GPU(check_range)(struct ptf_gpu *gpu, u64 va, u64 size)
{
	return size ? ptf_check_aligned(&gpu->pt, va, va + size - 1) : -EINVAL;
}

static int GPU(next_extent)(struct ptf_map *map)
{
	struct gpu_map *gpu_map = container_of(map, struct gpu_map, map);
	struct ptf_extent extent = {};
	const struct ptf_attrs *attrs;
	u64 last;
	int rc;

	if (!ptf_source_pull(&gpu_map->source, &extent))
		return -EINVAL;
	/* The bit is not the driver's to set. */
	if (extent.oa & ptf_encrypt_mask(map->pt))
		return -ERANGE;
	attrs = extent.attrs ?: gpu_map->attrs;
	if (attrs && attrs != gpu_map->encoded) {
		rc = F(encode)(map->pt, attrs, &map->bits, &gpu_map->encrypt);
		if (rc)
			return rc;
		gpu_map->encoded = attrs;
	}
	last = map->va + extent.size - 1;
	return ptf_map_extent(map, extent.oa | gpu_map->encrypt, last < map->va ? ~0ULL : last);
}

static unsigned int GPU(pages)(struct ptf_map *map, u64 *oa, unsigned int count)
{
	struct gpu_map *gpu_map = container_of(map, struct gpu_map, map);
	u64 never = map->pt->page_mask | ~map->pt->oa_last | ptf_encrypt_mask(map->pt);
	unsigned int i;

	if (gpu_map->encoded != gpu_map->attrs)
		return 0;
	count = gpu_map->source.pages(&gpu_map->source, oa, count, map->pt->page_mask + 1, never);
	for (i = 0; gpu_map->encrypt && i < count; i++)
		oa[i] |= gpu_map->encrypt;
	return count;
}

static struct ptf_gone GPU(gone)(struct ptf_gpu_update *update)
{
	return (struct ptf_gone){
		.pt = &update->gpu->pt, .change = &update->change, .ctx = update,
		.removed = update->removed ? GPU(removed_extent) : NULL,
	};
}

/* What was unmapped is made to be forgotten before a map may come in its place. */
static void GPU(settle)(struct ptf_gpu_update *update)
{
	struct ptf_gpu *gpu = update->gpu;

	if (!gpu->pt.refuse_live || ptf_change_empty(&update->change))
		return;
	gpu->ops->flush(gpu, &update->change.flush);
	update->change.flush = (struct ptf_flush){};
	update->settled = true;
}

static void GPU(settle_map)(struct ptf_map *map)
{
	GPU(settle)(map->gone.ctx);
}

/* A map of [va, va + size), of whatever */
static int GPU(begin_map)(struct ptf_map *map, struct ptf_gpu_update *update, u64 va, u64 size)
{
	*map = (struct ptf_map){
		.pt = &update->gpu->pt, .va = va, .last = va + size - 1,
		.change = &update->change, .supply.reserve = &update->reserve,
		.gone = GPU(gone)(update),
		.flush = update->gpu->pt.refuse_live ? GPU(settle_map) : NULL,
	};
	return GPU(check_range)(update->gpu, va, size);
}

/* Likewise, of a source; @attrs may be NULL to count */
static int GPU(begin_source)(struct gpu_map *gpu_map, struct ptf_gpu_update *update, u64 va,
			     u64 size, const struct ptf_source *source,
			     const struct ptf_attrs *attrs)
{
	int rc = GPU(begin_map)(&gpu_map->map, update, va, size);

	gpu_map->source = *source;
	gpu_map->attrs = attrs;
	gpu_map->encoded = NULL;
	gpu_map->encrypt = 0;
	gpu_map->map.next = GPU(next_extent);
	gpu_map->map.pages = source->pages ? GPU(pages) : NULL;
	return rc ?: GPU(next_extent)(&gpu_map->map);
}

/* Likewise, of an extent that is repeated */
static int GPU(begin_repeat)(struct ptf_map *map, struct ptf_gpu_update *update, u64 va, u64 size,
			     const struct ptf_extent *extent, const struct ptf_attrs *attrs)
{
	u64 encrypt = 0;
	int rc = GPU(begin_map)(map, update, va, size) ?:
		 attrs ? F(encode)(map->pt, attrs, &map->bits, &encrypt) : 0;

	if (rc)
		return rc;
	if (!extent->size || extent->size & (extent->size - 1) || extent->oa & (extent->size - 1))
		return -EINVAL;
	if (extent->oa & ptf_encrypt_mask(map->pt))
		return -ERANGE;
	map->repeat_lg2 = __ffs64(extent->size);
	map->repeat_oa = extent->oa | encrypt;
	return ptf_check_extent(map->pt, 0, extent->size - 1, map->repeat_oa);
}

/*
 * Whether all of [va, va + size), no more than a lowest table reaches, is one extent, which
 * can be mapped there. What is wrong with it otherwise, GPU(begin_source)() finds out.
 */
static bool GPU(one_extent)(struct ptf_gpu *gpu, u64 va, u64 size,
			    const struct ptf_source *source, struct ptf_extent *extent)
{
	struct ptf_source from;

	if (PTF_FMT_PICKS_SIZE || size - 1 > ptf_low(ptf_reach_lg2(0)))
		return false;
	from = *source;
	*extent = (struct ptf_extent){};
	return ptf_source_pull(&from, extent) && extent->size >= size &&
	       !(extent->oa & ptf_encrypt_mask(&gpu->pt)) && !GPU(check_range)(gpu, va, size) &&
	       !ptf_check_extent(&gpu->pt, va, va + size - 1, extent->oa);
}

/* Widen a range by what of leaves, or of tables whose page size changes, is beyond its ends. */
static void GPU(widen)(struct ptf_gpu *gpu, u64 *first, u64 *last)
{
	struct ptf_mapping m;
	unsigned int i;

	if (!F(pt_lookup)(&gpu->pt, *first, &m))
		*first = m.va;
	if (!F(pt_lookup)(&gpu->pt, *last, &m))
		*last = m.va | ptf_low(m.size_lg2);
	for (i = 0; i < PTF_FMT_SHAPES; i++) {
		if (!ptf_shape(i)->picks_size)
			continue;
		*first &= ~ptf_low(ptf_shape(i)->va_lg2);
		*last = ptf_item_last(i, *last);
	}
}

/* A verb is about to change [va, va + size). */
static int GPU(bracket)(struct ptf_gpu_update *update, u64 va, u64 size)
{
	struct ptf_gpu *gpu = update->gpu;
	u64 last = va + size - 1;
	int rc = ptf_stage_open(&gpu->pt, &update->change);

	if (rc || !gpu->ops->begin)
		return rc;
	GPU(widen)(gpu, &va, &last);
	gpu->ops->begin(gpu, va, last);
	update->begun = true;
	return 0;
}

/* Whether hardware that takes no live replacement forbids to unmap just this range */
static int GPU(check_cuts)(struct ptf_gpu *gpu, u64 va, u64 size)
{
	u64 last = va + size - 1;
	struct ptf_mapping m;

	if (!gpu->pt.refuse_live)
		return 0;
	if (!F(pt_lookup)(&gpu->pt, va, &m) && m.va < va)
		return -EBUSY;
	if (!F(pt_lookup)(&gpu->pt, last, &m) && (m.va | ptf_low(m.size_lg2)) > last)
		return -EBUSY;
	return 0;
}

static int GPU(check_live)(struct ptf_gpu *gpu)
{
	return gpu->pt.refuse_live ? -EOPNOTSUPP : 0;
}

static int GPU(check_attrs)(struct ptf_gpu *gpu, const struct ptf_attrs *attrs)
{
	u64 bits, encrypt;

	return F(encode)(&gpu->pt, attrs, &bits, &encrypt);
}

static noinline int GPU(count_source)(struct ptf_gpu_update *update, u64 va, u64 size,
				      const struct ptf_source *source, unsigned int *need)
{
	struct gpu_map count;
	int rc = GPU(begin_source)(&count, update, va, size, source, NULL);

	count.map.need = need;
	return rc ?: F(pt_count)(&count.map, update->exact);
}

static int GPU(reserve_map)(struct ptf_gpu_update *update, u64 va, u64 size,
			    const struct ptf_source *source, gfp_t gfp)
{
	unsigned int need[PTF_FMT_SHAPES] = {};
	struct ptf_extent extent;
	int rc = 0;

	if (update->exact || !GPU(one_extent)(update->gpu, va, size, source, &extent) ||
	    (extent.attrs && GPU(check_attrs)(update->gpu, extent.attrs)) ||
	    !F(count_one)(&update->gpu->pt, va, va + size - 1, extent.oa, need))
		rc = GPU(count_source)(update, va, size, source, need);
	return rc ?: F(reserve)(&update->gpu->pt, &update->reserve, need, NULL, gfp);
}

static int GPU(reserve_unmap)(struct ptf_gpu_update *update, u64 va, u64 size, gfp_t gfp)
{
	unsigned int need[PTF_FMT_SHAPES] = {};
	struct ptf_pt *pt = &update->gpu->pt;
	int rc = GPU(check_range)(update->gpu, va, size);

	if (!rc && update->exact)
		rc = GPU(check_cuts)(update->gpu, va, size);
	if (rc)
		return rc;
	F(cut_need)(pt, va, va + size - 1, false, update->exact, need);
	return F(reserve)(pt, &update->reserve, need, NULL, gfp);
}

static int GPU(reserve_remap)(struct ptf_gpu_update *update, u64 va, u64 size,
			      const struct ptf_source *source, gfp_t gfp)
{
	unsigned int need[PTF_FMT_SHAPES] = {};
	struct ptf_pt *pt = &update->gpu->pt;
	struct gpu_map count;
	int rc = GPU(check_live)(update->gpu) ?:
		 GPU(begin_source)(&count, update, va, size, source, NULL);

	if (rc)
		return rc;
	count.map.need = need;
	rc = F(pt_count)(&count.map, false);
	if (rc)
		return rc;
	F(cut_need)(pt, va, va + size - 1, true, update->exact, need);
	return F(reserve)(pt, &update->reserve, need, NULL, gfp);
}

static int GPU(reserve_protect)(struct ptf_gpu_update *update, u64 va, u64 size, gfp_t gfp)
{
	unsigned int need[PTF_FMT_SHAPES] = {}, full[PTF_FMT_SHAPES] = {};
	struct ptf_pt *pt = &update->gpu->pt;
	int rc = GPU(check_live)(update->gpu) ?: GPU(check_range)(update->gpu, va, size);

	if (!rc && pt->features & PTF_FEAT_DIRTY)
		rc = -EOPNOTSUPP;
	if (rc)
		return rc;
	F(protect_need)(pt, va, va + size - 1, update->exact, need, full);
	return F(reserve)(pt, &update->reserve, need, full, gfp);
}

static int GPU(reserve_repeat)(struct ptf_gpu_update *update, u64 va, u64 size,
			       const struct ptf_extent *extent, gfp_t gfp)
{
	unsigned int need[PTF_FMT_SHAPES] = {}, full[PTF_FMT_SHAPES] = {};
	struct ptf_map count;
	int rc = GPU(begin_repeat)(&count, update, va, size, extent, NULL);

	count.need = need;
	return rc ?: F(repeat_need)(&count, update->exact, full) ?:
	       F(reserve)(&update->gpu->pt, &update->reserve, need, full, gfp);
}

static int GPU(reserve_null)(struct ptf_gpu_update *update, u64 va, u64 size,
			     const struct ptf_extent *dummy, gfp_t gfp)
{
	unsigned int need[PTF_FMT_SHAPES] = {}, full[PTF_FMT_SHAPES] = {};
	struct ptf_map count;
	int rc;

	if (!PTF_HAVE_NULL)
		return dummy ? GPU(reserve_repeat)(update, va, size, dummy, gfp) : -EOPNOTSUPP;
	rc = GPU(begin_map)(&count, update, va, size);
	count.need = need;
	count.null = true;
	return rc ?: F(repeat_need)(&count, update->exact, full) ?:
	       F(reserve)(&update->gpu->pt, &update->reserve, need, full, gfp);
}

/* A map that began at @va and ended with @rc: on error it undoes what it did. */
static int GPU(end_map)(struct ptf_gpu_update *update, struct ptf_map *map, u64 va, int rc)
{
	struct ptf_unmap undo = {
		.pt = map->pt, .va = va, .last = map->va - 1, .change = &update->change,
		.supply.reserve = &update->reserve,
		.gone = { .pt = map->pt, .change = &update->change },
	};

	if (rc && map->va != va)
		F(pt_unmap_exact)(&undo);
	return rc;
}

/* What F(quick_map)() left to do */
static noinline int GPU(map_walk)(struct ptf_gpu_update *update, u64 va, u64 size,
				  const struct ptf_source *source, const struct ptf_attrs *attrs,
				  bool begun)
{
	struct gpu_map gpu_map;
	int rc = GPU(begin_source)(&gpu_map, update, va, size, source, attrs);

	if (!rc && !begun)
		rc = GPU(bracket)(update, va, size);
	if (rc)
		return rc;
	GPU(settle)(update);
	return GPU(end_map)(update, &gpu_map.map, va, F(pt_map)(&gpu_map.map));
}

static int GPU(map)(struct ptf_gpu_update *update, u64 va, u64 size,
		    const struct ptf_source *source, const struct ptf_attrs *attrs)
{
	struct ptf_pt *pt = &update->gpu->pt;
	struct ptf_extent extent;
	u64 bits, encrypt;
	int rc;

	if (!GPU(one_extent)(update->gpu, va, size, source, &extent))
		return GPU(map_walk)(update, va, size, source, attrs, false);
	rc = F(encode)(pt, extent.attrs ?: attrs, &bits, &encrypt) ?:
	     GPU(bracket)(update, va, size);
	if (rc)
		return rc;
	GPU(settle)(update);
	if (F(pt_quick_map)(pt, va, va + size - 1, extent.oa | encrypt, bits))
		return 0;
	return GPU(map_walk)(update, va, size, source, attrs, true);
}

static int GPU(repeat)(struct ptf_gpu_update *update, u64 va, u64 size,
		       const struct ptf_extent *extent, const struct ptf_attrs *attrs)
{
	struct ptf_map map;
	int rc = GPU(begin_repeat)(&map, update, va, size, extent, attrs);

	rc = rc ?: GPU(bracket)(update, va, size);
	if (rc)
		return rc;
	GPU(settle)(update);
	return GPU(end_map)(update, &map, va, F(pt_repeat)(&map));
}

static int GPU(null)(struct ptf_gpu_update *update, u64 va, u64 size,
		     const struct ptf_extent *dummy, const struct ptf_attrs *attrs)
{
	struct ptf_map map;
	int rc;

	if (!PTF_HAVE_NULL)
		return dummy ? GPU(repeat)(update, va, size, dummy, attrs) : -EOPNOTSUPP;
	rc = GPU(begin_map)(&map, update, va, size) ?: GPU(bracket)(update, va, size);
	if (rc)
		return rc;
	map.null = true;
	GPU(settle)(update);
	return GPU(end_map)(update, &map, va, F(pt_repeat)(&map));
}

static int GPU(remap)(struct ptf_gpu_update *update, u64 va, u64 size,
		      const struct ptf_source *source, const struct ptf_attrs *attrs)
{
	struct gpu_map gpu_map;
	int rc = GPU(check_live)(update->gpu) ?:
		 GPU(begin_source)(&gpu_map, update, va, size, source, attrs);

	rc = rc ?: GPU(bracket)(update, va, size);
	if (rc)
		return rc;
	rc = F(pt_over)(&gpu_map.map);
	GPU(report)(update);
	return rc;
}

static int GPU(unmap)(struct ptf_gpu_update *update, u64 va, u64 size)
{
	struct ptf_unmap unmap = {
		.pt = &update->gpu->pt, .va = va, .last = va + size - 1,
		.change = &update->change, .supply.reserve = &update->reserve,
		.gone = GPU(gone)(update),
	};
	int rc = GPU(check_range)(update->gpu, va, size) ?:
		 GPU(check_cuts)(update->gpu, va, size);
	unsigned int size_lg2, shape;

	rc = rc ?: GPU(bracket)(update, va, size);
	if (rc)
		return rc;
	size_lg2 = update->removed ? 0 : F(pt_quick_unmap)(unmap.pt, va, unmap.last, &shape);
	if (size_lg2) {
		ptf_changed_leaves(&update->change, shape, va, unmap.last, size_lg2);
		return 0;
	}
	rc = F(pt_unmap_exact)(&unmap);
	GPU(report)(update);
	return rc;
}

static int GPU(protect)(struct ptf_gpu_update *update, u64 va, u64 size,
			const struct ptf_attrs *attrs)
{
	struct ptf_protect protect = {
		.pt = &update->gpu->pt, .va = va, .last = va + size - 1,
		.change = &update->change, .supply.reserve = &update->reserve,
	};
	int rc = GPU(check_live)(update->gpu) ?: GPU(check_range)(update->gpu, va, size) ?:
		 F(encode)(protect.pt, attrs, &protect.bits, &protect.encrypt);

	rc = rc ?: GPU(bracket)(update, va, size);
	if (rc)
		return rc;
	return F(pt_protect)(&protect);
}

static int GPU(zap)(struct ptf_gpu_update *update, u64 *va, u64 *size)
{
	struct ptf_zap zap = {
		.pt = &update->gpu->pt, .va = *va, .last = *va + *size - 1,
		.gone = GPU(gone)(update),
	};
	int rc = GPU(check_range)(update->gpu, *va, *size);
	u64 first = zap.va, last = zap.last;

	if (rc)
		return rc;
	if (update->gpu->ops->begin) {
		F(zap_widen)(zap.pt, zap.va, &first, &last);
		F(zap_widen)(zap.pt, zap.last, &first, &last);
	}
	rc = GPU(bracket)(update, first, last - first + 1);
	if (rc)
		return rc;
	F(pt_zap)(&zap);
	GPU(report)(update);
	*va = zap.first_gone;
	*size = zap.last_gone - zap.first_gone + 1;
	return 0;
}

static void GPU(abort)(struct ptf_gpu_update *update)
{
	struct ptf_pt *pt = &update->gpu->pt;

	if (pt->stage.change == &update->change)
		F(stage_abort)(pt, &update->reserve);
}

static void GPU(finish)(struct ptf_gpu_update *update)
{
	struct ptf_gpu *gpu = update->gpu;

	if (gpu->pt.features & PTF_FEAT_STAGED)
		ptf_gpu_commit(update);
	update->flushed = !ptf_change_empty(&update->change) || update->settled;
	if (!ptf_change_empty(&update->change))
		gpu->ops->flush(gpu, &update->change.flush);
	update->settled = false;
	if (update->begun)
		gpu->ops->end(gpu);
	update->begun = false;
	update->change.flush = (struct ptf_flush){};
	update->returned = F(unreserve)(&gpu->pt, &update->reserve);
	update->used = update->reserve.total - update->returned;
	if (!update->hold)
		ptf_gpu_retire(update);
}

static int GPU(lookup)(struct ptf_gpu *gpu, u64 va, struct ptf_mapping *mapping)
{
	return F(pt_lookup)(&gpu->pt, va, mapping);
}

static int GPU(path)(struct ptf_gpu *gpu, u64 va, struct ptf_path *path)
{
	return F(pt_path)(&gpu->pt, va, path);
}

static int GPU(for_each)(struct ptf_gpu *gpu, u64 va, u64 last,
			 int (*leaf)(void *ctx, const struct ptf_mapping *mapping),
			 bool (*same)(void *ctx, u64 va, u64 last), void *ctx)
{
	struct ptf_visit visit = {
		.pt = &gpu->pt, .va = va, .last = last, .leaf = leaf, .same = same, .ctx = ctx,
	};

	return F(pt_for_each)(&visit);
}

static int GPU(raw)(struct ptf_gpu *gpu, u64 va, u64 last,
		    void (*piece)(void *ctx, const struct ptf_piece *piece), void *ctx)
{
	struct ptf_raw raw = {
		.pt = &gpu->pt, .va = va, .last = last, .piece = piece, .ctx = ctx,
	};

	return F(pt_raw)(&raw);
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
	.name = PTF_STRING(PTF_FMT),
	.check_attrs = GPU(check_attrs),
	.reserve_map = GPU(reserve_map),
	.reserve_unmap = GPU(reserve_unmap),
	.map = GPU(map),
	.unmap = GPU(unmap),
	.reserve_repeat = GPU(reserve_repeat),
	.repeat = GPU(repeat),
	.reserve_null = GPU(reserve_null),
	.null = GPU(null),
	.reserve_remap = GPU(reserve_remap),
	.remap = GPU(remap),
	.reserve_protect = GPU(reserve_protect),
	.protect = GPU(protect),
	.zap = GPU(zap),
	.abort = GPU(abort),
	.finish = GPU(finish),
	.lookup = GPU(lookup),
	.path = GPU(path),
	.for_each = GPU(for_each),
	.raw = GPU(raw),
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
 * Return: 0; -EINVAL for a configuration that makes no sense or a missing op (begin
 * and end too where live replacement needs them, see &ptf_gpu_ops.live),
 * -ERANGE for addresses wider than the format's, -EOPNOTSUPP for a feature that
 * the format or a GPU has not, or for PTF_FEAT_STAGED with PTF_LIVE_REFUSE, which
 * flushes in the middle of an update; -ENOMEM.
 */
int GPU(init)(struct ptf_gpu *gpu, const struct ptf_config *cfg, const struct ptf_gpu_ops *ops)
{
	enum ptf_live live;
	int rc;

	if (!ops || !ops->flush || !ops->begin != !ops->end || ops->live > PTF_LIVE_REFUSE)
		return -EINVAL;
	live = ops->live ?: PTF_FMT_LIVE;
	if (live == PTF_LIVE_BRACKET && !ops->begin)
		return -EINVAL;
	if (cfg->features & PTF_FEAT_DYNAMIC_TOP ||
	    (cfg->features & PTF_FEAT_STAGED && live == PTF_LIVE_REFUSE))
		return -EOPNOTSUPP;
	gpu->format = &GPU(format);
	gpu->ops = ops;
	rc = F(pt_init)(&gpu->pt, cfg);
	gpu->pt.refuse_live = live == PTF_LIVE_REFUSE;
	return rc;
}
EXPORT_SYMBOL_GPL(GPU(init));

MODULE_DESCRIPTION("ptforge: " PTF_STRING(PTF_FMT) " page tables for GPU drivers");
MODULE_LICENSE("GPL");
