/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One page table of one format: what a front end includes, with PTF_FMT and
 * PTF_FMT_HEADER defined, to get all operations as static functions.
 */
#ifndef PTF_PTF_H
#define PTF_PTF_H

#include "dirty.h"
#include "free.h"
#include "lookup.h"
#include "map.h"
#include "protect.h"
#include "quick.h"
#include "reserve.h"
#include "stage.h"
#include "unmap.h"
#include "zap.h"

/* Leaf sizes of all shapes that can be reached from @top */
static u64 F(all_sizes)(unsigned int top)
{
	u64 sizes = 0, shapes = BIT(top);
	int shape;

	/* Children have lower numbers than their parents. */
	for (shape = top; shape >= 0; shape--) {
		if (!(shapes & BIT(shape)))
			continue;
		sizes |= ptf_shape(shape)->leaf_sizes;
		shapes |= ptf_shape(shape)->children;
	}
	return sizes;
}

/*
 * F(pt_init)() - set up an empty page table
 * @pt: to be initialised
 * @cfg: what the hardware can do and the driver wants
 *
 * Context: may sleep.
 * Return: 0; -EINVAL for a configuration that makes no sense, -ERANGE for
 * addresses wider than the format's, -EOPNOTSUPP for a feature that it has not,
 * -ENOMEM.
 */
static int __maybe_unused F(pt_init)(struct ptf_pt *pt, const struct ptf_config *cfg)
{
	u32 features = cfg->features | PTF_FMT_ALWAYS;
	int top = F(root)(features, cfg->va_lg2);
	unsigned int i;
	void *table;

	if (!cfg->va_lg2 || cfg->va_lg2 > 64 || !cfg->oa_lg2 ||
	    (features & PTF_FEAT_SIGN_EXTEND && cfg->va_lg2 > 63))
		return -EINVAL;
	if (features & ~(PTF_FMT_FEATURES | PTF_FEAT_INCOHERENT |
			 (PTF_FOR_GPU ? PTF_FEAT_PARALLEL | PTF_FEAT_RCU : 0) |
			 (cfg->device ? PTF_FEAT_STAGED : 0)))
		return -EOPNOTSUPP;
	/* Roots that grow are for domains, which are not counted. */
	if (PTF_FOR_GPU && features & PTF_FEAT_DYNAMIC_TOP && !(features & PTF_FEAT_PARALLEL))
		return -EOPNOTSUPP;
	/* What is in the device's tables is known to the updater alone. */
	if (cfg->device && (!PTF_FOR_GPU || cfg->mem ||
			    features & (PTF_FEAT_PARALLEL | PTF_FEAT_INCOHERENT | PTF_FEAT_DIRTY)))
		return -EOPNOTSUPP;
	if (top < 0)
		return top;
	if (cfg->oa_lg2 > PTF_FMT_MAX_OA_LG2)
		return -ERANGE;
	if (!!(features & PTF_FEAT_ENCRYPT) != !!cfg->encrypt_mask ||
	    cfg->encrypt_mask & (cfg->encrypt_mask - 1) ||
	    cfg->encrypt_mask & ptf_low(cfg->oa_lg2) ||
	    cfg->encrypt_mask & ~ptf_low(PTF_FMT_MAX_OA_LG2))
		return -EINVAL;

	*pt = (struct ptf_pt){
		.sizes = F(all_sizes)(top) & ptf_low(cfg->oa_lg2 + 1) &
			 ptf_low(cfg->va_lg2 + !(features & PTF_FEAT_SIGN_EXTEND)),
		.encrypt_mask = cfg->encrypt_mask,
		.features = features,
		.va_last = ptf_low(cfg->va_lg2 - !!(features & PTF_FEAT_SIGN_EXTEND)),
		.oa_last = ptf_low(cfg->oa_lg2),
		.va_lg2 = cfg->va_lg2,
		.oa_lg2 = cfg->oa_lg2,
		.table_lg2 = min_t(u8, cfg->oa_lg2, PTF_FMT_MAX_TABLE_LG2),
		.mem = cfg->device ? &ptf_mem_mirror : cfg->mem ?: &ptf_mem_pages,
		.mem_ctx = cfg->mem_ctx,
		.hooks = cfg->hooks,
		.dma_dev = cfg->dma_dev,
		.device = cfg->device,
	};
	pt->sizes &= F(usable_sizes)(pt->oa_lg2);
	if (cfg->page_sizes)
		pt->sizes &= cfg->page_sizes;
	if (!pt->sizes)
		return -EINVAL;
	pt->page_mask = (pt->sizes & -pt->sizes) - 1;
	if (features & PTF_FEAT_INCOHERENT &&
	    (!pt->mem->clean || (pt->mem == &ptf_mem_pages && !pt->dma_dev)))
		return -EINVAL;
	if (features & PTF_FEAT_DYNAMIC_TOP)
		top = PTF_FMT_MIN_TOP;

	ptf_range_init(pt);
	spin_lock_init(&pt->pack_lock);
	INIT_LIST_HEAD(&pt->stage.tables);
	spin_lock_init(&pt->grace.lock);
	for (i = 0; i < ARRAY_SIZE(pt->packs); i++)
		INIT_LIST_HEAD(&pt->packs[i]);
	/* There may be many domains, with few changes of tables. */
	pt->spares.most = PTF_FOR_GPU ? pt->mem->spares : pt->mem->spares / 4;
	if (ptf_table_lg2(pt, 0) > PAGE_SHIFT)
		pt->spares.most = max(pt->spares.most >> (ptf_table_lg2(pt, 0) - PAGE_SHIFT),
				      min(pt->spares.most, 1U));
	table = F(table_alloc)(pt, top, GFP_KERNEL);
	if (IS_ERR(table))
		return PTR_ERR(table);
	ptf_table_new(pt, top, table);
	if (features & PTF_FEAT_STAGED)
		ptf_stage_commit(pt);
	pt->top = (unsigned long)table | top;
	return 0;
}

/*
 * F(pt_free)() - free all tables; no hardware may walk them any more
 * @pt: page table
 *
 * Context: any that the memory operations allow; may sleep with PTF_FEAT_RCU.
 */
static void __maybe_unused F(pt_free)(struct ptf_pt *pt)
{
	struct ptf_collect collect = { .pt = pt };

	F(collect)(&collect, ptf_top_shape(pt->top), ptf_top_table(pt->top));
	pt->top = 0;
	pt->spares.most = 0;
	ptf_free_tables(pt, collect.tables);
	if (pt->features & PTF_FEAT_RCU)
		ptf_grace_wait(pt);
	ptf_spares_free(pt);
}

/* Last VA, in the half of @va, that the root table reaches */
static __always_inline u64 F(top_last)(unsigned long top, u64 va)
{
	return PTF_FMT_FEATURES & PTF_FEAT_DYNAMIC_TOP ?
	       ptf_low(ptf_reach_lg2(ptf_top_shape(top))) : ~0ULL;
}

/*
 * F(pt_grow)() - make the root table reach an address
 * @pt: page table with PTF_FEAT_DYNAMIC_TOP
 * @last: address within the page table's width
 * @gfp: how to allocate
 * @publish: tells the hardware of a new root, whose first item leads to the old
 * @ctx: for @publish
 *
 * The hardware knows a root before anything is mapped by it that the old one
 * did not reach.
 *
 * Context: the caller excludes other calls for this page table, not other
 * operations.
 * Return: 0, -ENOMEM, or what @publish returned, which leaves the old root.
 */
static int __maybe_unused F(pt_grow)(struct ptf_pt *pt, u64 last, gfp_t gfp,
				     int (*publish)(void *ctx, void *table, unsigned int level),
				     void *ctx)
{
	unsigned int shape;
	void *table;
	int rc;

	while (last > F(top_last)(pt->top, last)) {
		shape = ptf_top_shape(pt->top) + 1;
		table = F(table_alloc)(pt, shape, gfp);
		if (IS_ERR(table))
			return PTR_ERR(table);
		ptf_store_table(pt, table, ptf_shape(shape)->item_lg2, 0,
				ptf_table_entry(pt, shape, table, 0, shape - 1,
						ptf_top_table(pt->top)));
		rc = publish(ctx, table, ptf_shape(shape)->level);
		if (rc) {
			ptf_table_free(pt, table);
			return rc;
		}
		/* Walks that find the new root find its first item, too. */
		smp_store_release(&pt->top, (unsigned long)table | shape);
	}
	return 0;
}

/**
 * ptf_check_range() - whether a page table translates a range at all
 * @pt: page table
 * @va: first address
 * @last: last address
 *
 * Return: 0, -EINVAL for an empty range, -ERANGE.
 */
static __always_inline int ptf_check_range(const struct ptf_pt *pt, u64 va, u64 last)
{
	if (unlikely(last < va))
		return -EINVAL;
	if (likely(last <= pt->va_last))
		return 0;
	if (PTF_FMT_FEATURES & PTF_FEAT_SIGN_EXTEND && pt->features & PTF_FEAT_SIGN_EXTEND &&
	    va >= ~pt->va_last)
		return 0;
	return -ERANGE;
}

/* Like ptf_check_range(), and -EINVAL if an end is not aligned to the smallest leaf size. */
static __always_inline int ptf_check_aligned(const struct ptf_pt *pt, u64 va, u64 last)
{
	if (unlikely((va | (last + 1)) & pt->page_mask))
		return -EINVAL;
	return ptf_check_range(pt, va, last);
}

/*
 * F(encode)() - attributes in the words of the format
 * @pt: page table
 * @attrs: what is asked for
 * @bits: the encoded attributes
 * @encrypt: bits to OR into OA
 *
 * Return: 0, -EINVAL without any permission and for what is no attribute at all,
 * -EOPNOTSUPP for what the format cannot express.
 */
static __always_inline int F(encode)(const struct ptf_pt *pt, const struct ptf_attrs *attrs,
				     u64 *bits, u64 *encrypt)
{
	struct ptf_attrs rest = *attrs;

	*bits = 0;
	*encrypt = 0;
	if (!(rest.flags & (PTF_READ | PTF_WRITE)) || rest.flags & ~PTF_FLAGS ||
	    rest.mem > PTF_MEM_INDEX || rest.share > PTF_SHARE_OUTER)
		return -EINVAL;
	if (rest.flags & PTF_ENCRYPT) {
		if (!ptf_encrypt_mask(pt))
			return -EOPNOTSUPP;
		*encrypt = ptf_encrypt_mask(pt);
		rest.flags &= ~PTF_ENCRYPT;
	}
	return F(encode_attrs)(pt->features, &rest, bits);
}

/* An operation that changes [va, last] begins: where there is one at a time, it owns all. */
static __always_inline void ptf_begin(struct ptf_pt *pt, struct ptf_range *range, u64 va, u64 last)
{
	if (ptf_counted(pt))
		ptf_range_begin(pt, range, 0, ~0ULL, true);
	else
		ptf_range_begin(pt, range, va, last, true);
}

/* A walk begins that updates may run beside, if this returns true. */
static __always_inline bool ptf_read_begin(const struct ptf_pt *pt)
{
	if (!PTF_FOR_GPU || !(pt->features & PTF_FEAT_RCU))
		return false;
	rcu_read_lock();
	/* Sparse sees no end of what may have begun. */
	__release(RCU);
	return true;
}

static __always_inline void ptf_read_end(const struct ptf_pt *pt)
{
	if (!PTF_FOR_GPU || !(pt->features & PTF_FEAT_RCU))
		return;
	__acquire(RCU);
	rcu_read_unlock();
}

/*
 * F(pt_map)() - lay the extents of @map over its range
 * @map: with the first extent set; map->va is then the first VA not mapped,
 *	unless all were
 *
 * Context: the caller holds a range lock over the range, rounded to
 * F(lock_lg2)(). Sleeps if the supply's gfp allows it.
 * Return: 0, -EADDRINUSE, -ENOMEM, -ERANGE for a table beyond the OA width, or
 * what map->next() returned.
 */
static __always_inline int F(pt_map)(struct ptf_map *map)
{
	unsigned long top = READ_ONCE(map->pt->top);
	struct ptf_range range;
	int rc;

	ptf_begin(map->pt, &range, map->va, map->last);
	rc = PTF_WALK(map, map, top);
	ptf_range_end(map->pt, &range);
	return min(rc, 0);
}

/*
 * F(pt_count)() - count the tables that F(pt_map)() would take
 * @map: as for F(pt_map)(), and map->need
 * @exact: with the table as it is; else with an empty one, which is the most
 *	that it can be
 *
 * Context: as F(pt_map)().
 * Return: 0, what map->next() returned or, with @exact, -EADDRINUSE for a leaf in
 * the way of a table. Where leaves would go it does not look: F(pt_map)() does.
 */
static __always_inline int F(pt_count)(struct ptf_map *map, bool exact)
{
	unsigned long top = READ_ONCE(map->pt->top);

	return min(F(count)(map, ptf_top_shape(top), exact ? ptf_top_table(top) : NULL), 0);
}

/*
 * F(pt_unmap)() - strict unmap
 * @unmap: state; on error unmap->va is the first VA that is still as it was
 *
 * Context: as F(pt_map)(), and never sleeps.
 * Return: 0, -ENOENT at a hole, -EINVAL at a leaf that starts before unmap->va.
 */
static __always_inline int F(pt_unmap)(struct ptf_unmap *unmap)
{
	unsigned long top = READ_ONCE(unmap->pt->top);
	struct ptf_range range;
	int rc;

	ptf_begin(unmap->pt, &range, unmap->va, unmap->last);
	rc = PTF_WALK(unmap, unmap, top);
	ptf_range_end(unmap->pt, &range);
	return min(rc, 0);
}

/*
 * F(pt_unmap_exact)() - exact unmap
 * @unmap: state; on error unmap->va is the first VA that is still as it was
 *
 * Context: as F(pt_map)(), and never sleeps.
 * Return: 0, or -ENOMEM if the reservation is short of a table to cut a leaf.
 */
static __always_inline int F(pt_unmap_exact)(struct ptf_unmap *unmap)
{
	unsigned long top = READ_ONCE(unmap->pt->top);
	struct ptf_range range;
	int rc;

	ptf_begin(unmap->pt, &range, unmap->va, unmap->last);
	rc = PTF_WALK(unmap_exact, unmap, top);
	ptf_range_end(unmap->pt, &range);
	return min(rc, 0);
}

/*
 * F(pt_repeat)() - lay one extent over a range again and again
 * @map: as for F(pt_map)(), with map->repeat_oa and map->repeat_lg2, the size of
 *	the extent; the range may begin anywhere in it. At va, the OA is that of va
 *	modulo the size. Or with map->null alone, for leaves without OA
 *
 * Where they can, tables that are all alike are one.
 *
 * Context: as F(pt_map)(), and never sleeps.
 * Return: as F(pt_map)().
 */
static int __maybe_unused F(pt_repeat)(struct ptf_map *map)
{
	void *full[PTF_FMT_SHAPES] = {};
	int rc;

	map->next = F(map_repetition);
	/* Hardware would record writes for all that share a leaf. */
	map->full = ptf_counted(map->pt) && !(map->pt->features & PTF_FEAT_DIRTY) ? full : NULL;
	rc = F(map_repetition)(map) ?: F(pt_map)(map);
	map->full = NULL;
	return rc;
}

/*
 * F(repeat_need)() - count the tables that F(pt_repeat)() would take
 * @map: as for F(pt_repeat)(), and map->need
 * @exact: as for F(pt_count)()
 * @full: by shape, added to: those of them that will be shared, or below such
 *
 * Context: as F(pt_count)().
 * Return: as F(pt_count)().
 */
static int __maybe_unused F(repeat_need)(struct ptf_map *map, bool exact, unsigned int *full)
{
	void *made[PTF_FMT_SHAPES] = {};
	int rc;

	map->next = F(map_repetition);
	map->full = ptf_counted(map->pt) && !(map->pt->features & PTF_FEAT_DIRTY) ? made : NULL;
	map->need_full = full;
	rc = F(map_repetition)(map) ?: F(pt_count)(map, exact);
	map->full = NULL;
	return rc;
}

/*
 * F(pt_split)() - cut leaves that an end of a range crosses; all stays mapped
 * @split: state, but for split->va
 *
 * Context: as F(pt_map)(), and never sleeps.
 * Return: 0, or -ENOMEM if the reservation is short of a table.
 */
static int __maybe_unused F(pt_split)(struct ptf_split *split)
{
	unsigned long top = READ_ONCE(split->pt->top);
	int rc;

	split->va = split->first;
	rc = PTF_WALK(split, split, top);
	split->va = split->last;
	return min(rc < 0 ? rc : PTF_WALK(split, split, top), 0);
}

/*
 * F(pt_over)() - lay the extents of @map over its range, whatever is there
 * @map: as for F(pt_map)(), with map->gone
 *
 * Context: as F(pt_map)(), and never sleeps.
 * Return: 0, -ENOMEM if the reservation is short of a table, or what map->next()
 * returned; then map->va is the first VA that is still as it was.
 */
static int __maybe_unused F(pt_over)(struct ptf_map *map)
{
	struct ptf_split split = {
		.pt = map->pt, .first = map->va, .last = map->last, .supply = map->supply,
		.change = map->change,
	};
	unsigned long top = READ_ONCE(map->pt->top);
	struct ptf_range range;
	int rc;

	ptf_begin(map->pt, &range, map->va, map->last);
	rc = F(pt_split)(&split);
	if (!rc)
		rc = PTF_WALK(over, map, top);
	ptf_range_end(map->pt, &range);
	return min(rc, 0);
}

/*
 * F(pt_protect)() - give all that is mapped in a range other attributes
 * @protect: state, but for protect->copied
 *
 * Context: as F(pt_map)(), and never sleeps.
 * Return: 0; -EOPNOTSUPP where hardware records writes, which would be lost;
 * -ENOMEM if the reservation is short of a table, and then protect->va is the
 * first VA that is still as it was.
 */
static int __maybe_unused F(pt_protect)(struct ptf_protect *protect)
{
	struct ptf_split split = {
		.pt = protect->pt, .first = protect->va, .last = protect->last,
		.supply = protect->supply, .change = protect->change,
	};
	unsigned long top = READ_ONCE(protect->pt->top);
	void *copied[PTF_FMT_SHAPES] = {};
	struct ptf_range range;
	int rc;

	if (protect->pt->features & PTF_FEAT_DIRTY)
		return -EOPNOTSUPP;
	ptf_begin(protect->pt, &range, protect->va, protect->last);
	rc = F(pt_split)(&split);
	protect->copied = copied;
	if (!rc)
		rc = PTF_WALK(protect, protect, top);
	F(protect_forget)(protect);
	ptf_range_end(protect->pt, &range);
	return min(rc, 0);
}

/*
 * F(pt_zap)() - clear the leaves of a range, and keep its tables
 * @zap: state; zap->first_gone and zap->last_gone then say what went, which may
 *	be more than the range
 *
 * Context: as F(pt_map)() for all that goes; never sleeps, never fails.
 */
static void __maybe_unused F(pt_zap)(struct ptf_zap *zap)
{
	unsigned long top = READ_ONCE(zap->pt->top);
	struct ptf_range range;

	zap->first_gone = zap->va;
	zap->last_gone = zap->last;
	ptf_begin(zap->pt, &range, zap->va, zap->last);
	PTF_WALK(zap, zap, top);
	ptf_range_end(zap->pt, &range);
}

/* F(quick_map)() and F(quick_unmap)(), with the range checked like all others */
static __always_inline bool F(pt_quick_map)(struct ptf_pt *pt, u64 va, u64 last, u64 oa,
					    u64 bits)
{
	struct ptf_range range;
	bool done;

	ptf_begin(pt, &range, va, last);
	done = F(quick_map)(pt, va, last, oa, bits);
	ptf_range_end(pt, &range);
	return done;
}

static __always_inline unsigned int F(pt_quick_unmap)(struct ptf_pt *pt, u64 va, u64 last,
						      unsigned int *at)
{
	struct ptf_range range;
	unsigned int size_lg2;

	ptf_begin(pt, &range, va, last);
	size_lg2 = F(quick_unmap)(pt, va, last, at);
	ptf_range_end(pt, &range);
	return size_lg2;
}

/*
 * F(pt_find)() - the leaf that translates a VA
 * @find: state; the leaf is in find->entry and find->shape
 *
 * Context: the caller keeps @find's VA from being unmapped meanwhile; not with
 * PTF_FEAT_RCU.
 * Return: 0, -ENOENT, or -ERANGE.
 */
static __always_inline int F(pt_find)(struct ptf_find *find)
{
	unsigned long top = READ_ONCE(find->pt->top);
	int rc = ptf_check_range(find->pt, find->va, find->va);

	if (unlikely(rc))
		return rc;
	if (PTF_FMT_FEATURES & PTF_FEAT_DYNAMIC_TOP &&
	    unlikely(find->va & ~ptf_low(ptf_reach_lg2(ptf_top_shape(top)))))
		return -ENOENT;
	ptf_read_begin(find->pt);
	rc = PTF_WALK(find, find, top);
	ptf_read_end(find->pt);
	return min(rc, 0);
}

/*
 * F(pt_lookup)() - what is mapped at a VA
 * @pt: page table
 * @va: address
 * @mapping: filled in
 *
 * Context: as F(pt_find)().
 * Return: as F(pt_find)().
 */
static int __maybe_unused F(pt_lookup)(struct ptf_pt *pt, u64 va, struct ptf_mapping *mapping)
{
	struct ptf_find find = { .pt = pt, .va = va };
	int rc = F(pt_find)(&find);

	if (!rc)
		F(describe)(pt, find.shape, va, find.entry, mapping);
	return rc;
}

/*
 * F(pt_path)() - all tables on the way to a VA, and what it leads to
 * @pt: page table
 * @va: address
 * @path: filled in, also where nothing is mapped
 *
 * Context: as F(pt_find)().
 * Return: as F(pt_find)().
 */
static int __maybe_unused F(pt_path)(struct ptf_pt *pt, u64 va, struct ptf_path *path)
{
	struct ptf_trace trace = { .pt = pt, .va = va, .path = path };
	unsigned long top = READ_ONCE(pt->top);
	int rc = ptf_check_range(pt, va, va);

	path->steps = 0;
	if (rc)
		return rc;
	if (PTF_FMT_FEATURES & PTF_FEAT_DYNAMIC_TOP &&
	    va & ~ptf_low(ptf_reach_lg2(ptf_top_shape(top))))
		return -ENOENT;
	ptf_read_begin(pt);
	rc = PTF_WALK(trace, &trace, top);
	ptf_read_end(pt);
	return min(rc, 0);
}

/*
 * F(pt_for_each)() - call a function for each leaf that a range touches
 * @visit: state
 *
 * Context: as F(pt_find)() for the range.
 * Return: 0, -ERANGE, or what visit->leaf() returned below 0.
 */
static int __maybe_unused F(pt_for_each)(struct ptf_visit *visit)
{
	unsigned long top = READ_ONCE(visit->pt->top);
	int rc = ptf_check_range(visit->pt, visit->va, visit->last);
	struct ptf_range range;

	if (rc)
		return rc;
	visit->last = min(visit->last, F(top_last)(top, visit->va));
	if (visit->va > visit->last)
		return 0;
	if (ptf_read_begin(visit->pt)) {
		rc = PTF_WALK(visit, visit, top);
		ptf_read_end(visit->pt);
		return min(rc, 0);
	}
	ptf_range_begin(visit->pt, &range, visit->va, visit->last, false);
	rc = PTF_WALK(visit, visit, top);
	ptf_range_end(visit->pt, &range);
	return min(rc, 0);
}

/*
 * F(pt_raw)() - all tables on the way to a range, as they are
 * @raw: state
 *
 * Context: as F(pt_find)() for the range.
 * Return: 0, -EINVAL, -ERANGE.
 */
static int __maybe_unused F(pt_raw)(struct ptf_raw *raw)
{
	unsigned long top = READ_ONCE(raw->pt->top);
	int rc = ptf_check_range(raw->pt, raw->va, raw->last);

	if (rc)
		return rc;
	ptf_read_begin(raw->pt);
	rc = PTF_WALK(raw, raw, top);
	ptf_read_end(raw->pt);
	return min(rc, 0);
}

/*
 * F(pt_dirty)() - find the leaves that hardware wrote through
 * @dirty: state
 *
 * Context: the caller holds a range lock over the range.
 * Return: 0, -EOPNOTSUPP without PTF_FEAT_DIRTY, -ERANGE.
 */
static int __maybe_unused F(pt_dirty)(struct ptf_dirty *dirty)
{
	unsigned long top = READ_ONCE(dirty->pt->top);
	int rc = ptf_check_range(dirty->pt, dirty->va, dirty->last);
	struct ptf_range range;

	if (!(dirty->pt->features & PTF_FEAT_DIRTY))
		return -EOPNOTSUPP;
	if (rc)
		return rc;
	dirty->last = min(dirty->last, F(top_last)(top, dirty->va));
	if (dirty->va > dirty->last)
		return 0;
	ptf_range_begin(dirty->pt, &range, dirty->va, dirty->last, dirty->clear);
	rc = PTF_WALK(dirty_scan, dirty, top);
	ptf_range_end(dirty->pt, &range);
	return min(rc, 0);
}

/*
 * F(lock_lg2)() - granule of the caller's range lock
 * @pt: page table
 *
 * Operations may run in parallel if no two of them touch the same granule. It
 * is the smallest leaf, except where an entry picks the page size of the whole
 * table below it, so that an operation on a part may replace all; and the whole
 * space, where tables are counted.
 *
 * Return: log2 of bytes.
 */
static unsigned int __maybe_unused F(lock_lg2)(const struct ptf_pt *pt)
{
	unsigned int shape;

	if (ptf_counted(pt))
		return 64;
	for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
		if (ptf_shape(shape)->picks_size && pt->sizes & (pt->sizes - 1))
			return ptf_shape(shape)->va_lg2;
	return __ffs64(pt->sizes);
}

/*
 * F(pt_hw_info)() - what to program into the hardware
 * @pt: page table
 * @info: filled in
 */
static void __maybe_unused F(pt_hw_info)(const struct ptf_pt *pt, struct ptf_hw_info *info)
{
	unsigned long top = READ_ONCE(pt->top);

	*info = (struct ptf_hw_info){
		.top = ptf_table_addr(pt, ptf_top_table(top)),
		.top_lg2 = ptf_table_lg2(pt, ptf_top_shape(top)),
		.levels = ptf_shape(ptf_top_shape(top))->level + 1,
		.lock_lg2 = F(lock_lg2)(pt),
	};
	if (pt->features & PTF_FEAT_SIGN_EXTEND)
		info->upper_start = ~pt->va_last;
}

#endif /* PTF_PTF_H */
