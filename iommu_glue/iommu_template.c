// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IOMMU front end of one format. Kbuild stamps out a file that names the
 * format and includes this one.
 *
 * Tables that an unmap took out go back to their allocator after the flush that
 * covers them: at once in strict mode, where the unmap itself then flushes, and
 * after flush_iotlb_all where the core queues flushes.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <ptforge/iommu.h>
#include "pt_common/ptf.h"

#define IOMMU(name) PTF_PASTE(PTF_PASTE(ptf_iommu_, PTF_FMT), _##name)

PTF_IOMMU_FORMAT(PTF_FMT);

/* Where a part of a table cannot change without the rest, operations exclude each other. */
static __always_inline unsigned long lock_tables(struct ptf_iommu *iommu)
{
	unsigned long flags = 0;

	if (PTF_FMT_PICKS_SIZE)
		spin_lock_irqsave(&iommu->lock, flags);
	return flags;
}

static __always_inline void unlock_tables(struct ptf_iommu *iommu, unsigned long flags)
{
	if (PTF_FMT_PICKS_SIZE)
		spin_unlock_irqrestore(&iommu->lock, flags);
}

static void IOMMU(flush_and_free)(struct ptf_iommu *iommu, struct ptf_change *change)
{
	iommu->ops->flush(iommu, &change->flush);
	ptf_free_tables(&iommu->pt, change->freed);
	*change = (struct ptf_change){};
}

/*
 * Protection bits of the IOMMU core. IOMMU_NOEXEC has to be kept or refused;
 * IOMMU_CACHE, IOMMU_MMIO and IOMMU_PRIV are hints, which a format that says
 * nothing of them in PTF_FMT_HINTS ignores, as its twins in the kernel do.
 */
static int IOMMU(encode_prot)(const struct ptf_iommu *iommu, int prot, u64 *bits)
{
	struct ptf_attrs attrs = {
		.flags = (prot & IOMMU_READ ? PTF_READ : 0) |
			 (prot & IOMMU_WRITE ? PTF_WRITE | PTF_FMT_IMPLIED : 0) |
			 (prot & IOMMU_NOEXEC ? PTF_NOEXEC : 0) |
			 (PTF_FMT_HINTS & PTF_HINT_PRIV && prot & IOMMU_PRIV ? PTF_PRIV : 0) |
			 (iommu->enforce_coherent ? PTF_COHERENT : 0),
	};
	u64 encrypt;

	if (PTF_FMT_HINTS & PTF_HINT_MEM)
		attrs.mem = prot & IOMMU_MMIO ? PTF_MEM_DEVICE :
			    prot & IOMMU_CACHE ? PTF_MEM_WB : PTF_MEM_NC;
	return F(encode)(&iommu->pt, &attrs, bits, &encrypt);
}

/* All protections, encoded once so that a map just looks them up */
static void IOMMU(encode_prots)(struct ptf_iommu *iommu)
{
	int prot;

	for (prot = 0; prot < PTF_IOMMU_PROTS; prot++)
		if (IOMMU(encode_prot)(iommu, prot, &iommu->bits[prot]))
			iommu->bits[prot] = 0;
}

/*
 * ptf_iommu_<fmt>_init() - set up a domain's page table
 * @iommu: zeroed but for what the IOMMU core and the driver set in the domain
 * @cfg: what the hardware can do and the driver wants
 * @ops: the driver's part
 *
 * Sets the domain's page sizes and geometry.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL for a configuration that makes no sense or a missing op,
 * -ERANGE for addresses wider than the format's, -EOPNOTSUPP for a feature that
 * the format has not, -ENOMEM.
 */
int IOMMU(init)(struct ptf_iommu *iommu, const struct ptf_config *cfg,
		const struct ptf_iommu_ops *ops)
{
	int rc;

	if (!ops || !ops->flush || (cfg->features & PTF_FEAT_DYNAMIC_TOP && !ops->set_top))
		return -EINVAL;
	rc = F(pt_init)(&iommu->pt, cfg);
	if (rc)
		return rc;
	iommu->ops = ops;
	spin_lock_init(&iommu->lock);
	iommu->lazy = NULL;
	iommu->enforce_coherent = false;
	IOMMU(encode_prots)(iommu);
	iommu->domain.pgsize_bitmap = iommu->pt.sizes;
	iommu->domain.geometry = (struct iommu_domain_geometry){
		.aperture_end = iommu->pt.va_last,
		.force_aperture = true,
	};
	return 0;
}
EXPORT_SYMBOL_GPL(IOMMU(init));

/*
 * ptf_iommu_<fmt>_deinit() - free a domain's tables
 * @iommu: domain that no device is attached to any more
 *
 * Context: any that freeing memory allows.
 */
void IOMMU(deinit)(struct ptf_iommu *iommu)
{
	if (!iommu->pt.top)
		return;
	ptf_free_tables(&iommu->pt, iommu->lazy);
	iommu->lazy = NULL;
	F(pt_free)(&iommu->pt);
}
EXPORT_SYMBOL_GPL(IOMMU(deinit));

/*
 * ptf_iommu_<fmt>_hw_info() - what to program into the hardware
 * @iommu: domain
 * @info: filled in
 */
void IOMMU(hw_info)(struct ptf_iommu *iommu, struct ptf_hw_info *info)
{
	F(pt_hw_info)(&iommu->pt, info);
	info->lock_lg2 = __ffs64(iommu->pt.sizes);	/* the rest is done by @iommu's own lock */
}
EXPORT_SYMBOL_GPL(IOMMU(hw_info));

static void IOMMU(map_flush)(struct ptf_map *map)
{
	IOMMU(flush_and_free)(container_of(map->pt, struct ptf_iommu, pt), map->change);
}

static int IOMMU(publish_top)(void *ctx, void *table, unsigned int level)
{
	struct ptf_iommu *iommu = ctx;

	return iommu->ops->set_top(iommu, virt_to_phys(table), level + 1);
}

static noinline int IOMMU(grow)(struct ptf_iommu *iommu, u64 last)
{
	unsigned long flags;
	int rc;

	spin_lock_irqsave(&iommu->lock, flags);
	rc = F(pt_grow)(&iommu->pt, last, GFP_ATOMIC, IOMMU(publish_top), iommu);
	spin_unlock_irqrestore(&iommu->lock, flags);
	return rc;
}

/* Map with the lock held, so from tables that are allocated before. */
static noinline int IOMMU(map_locked)(struct ptf_iommu *iommu, struct ptf_map *map, gfp_t gfp)
{
	unsigned int need[PTF_FMT_SHAPES] = {};
	struct ptf_reserve reserve = {};
	struct ptf_map count = *map;
	unsigned long flags;
	int rc;

	count.need = need;
	rc = F(pt_count)(&count, false) ?: F(reserve)(&iommu->pt, &reserve, need, NULL, gfp);
	if (rc)
		return rc;
	map->supply.reserve = &reserve;
	spin_lock_irqsave(&iommu->lock, flags);
	rc = F(pt_map)(map);
	spin_unlock_irqrestore(&iommu->lock, flags);
	F(unreserve)(&iommu->pt, &reserve);
	return rc;
}

/* What F(quick_map)() left to do */
static noinline int IOMMU(map_walk)(struct ptf_iommu *iommu, u64 iova, u64 oa, u64 last, u64 bits,
				    gfp_t gfp, u64 *mapped)
{
	struct ptf_pt *pt = &iommu->pt;
	struct ptf_change change = {};
	struct ptf_map map = {
		.pt = pt, .va = iova, .last = last, .bits = bits, .supply = { .gfp = gfp },
		.change = &change, .flush = IOMMU(map_flush),
	};
	int rc = ptf_map_extent(&map, oa, last);

	if (rc)
		return rc;
	if (PTF_FMT_FEATURES & PTF_FEAT_DYNAMIC_TOP &&
	    unlikely(last > F(top_last)(READ_ONCE(pt->top), last))) {
		rc = IOMMU(grow)(iommu, last);
		if (rc)
			return rc;
	}
	rc = PTF_FMT_PICKS_SIZE ? IOMMU(map_locked)(iommu, &map, gfp) : F(pt_map)(&map);
	*mapped = rc ? map.va - iova : last - iova + 1;
	if (!ptf_change_empty(&change))
		IOMMU(flush_and_free)(iommu, &change);
	return rc;
}

/*
 * [iova, last] gets the OA from @oa on, by the short cut if @quick and it can be;
 * @mapped is what was mapped, also on error.
 */
static __always_inline int map_checked(struct ptf_iommu *iommu, u64 iova, u64 oa, u64 last,
				       u64 bits, gfp_t gfp, u64 *mapped, bool quick)
{
	int rc;

	*mapped = 0;
	rc = ptf_check_range(&iommu->pt, iova, last) ?:
	     ptf_check_extent(&iommu->pt, iova, last, oa);
	if (unlikely(rc))
		return rc;
	if (quick && F(pt_quick_map)(&iommu->pt, iova, last, oa, bits)) {
		*mapped = last - iova + 1;
		return 0;
	}
	return IOMMU(map_walk)(iommu, iova, oa, last, bits, gfp, mapped);
}

/*
 * ptf_iommu_<fmt>_map_range() - map a range with all that ptforge can say
 * @iommu: domain
 * @iova: first IOVA
 * @oa: OA of @iova
 * @last: last IOVA
 * @attrs: what for
 * @gfp: how to allocate tables
 * @mapped: bytes from @iova on that were mapped; exact also on error. 0 on
 *	success means all of 2^64.
 *
 * Leaf sizes are chosen from all of the domain's across the whole range.
 *
 * Context: the caller holds a range lock; sleeps if @gfp allows it.
 * Return: 0; -EINVAL for what is not aligned to the smallest page or has no
 * permission, -ERANGE beyond the widths of IOVA or OA, -EADDRINUSE where
 * something is mapped already, -EOPNOTSUPP for attributes that the format has
 * not, -ENOMEM.
 */
int IOMMU(map_range)(struct ptf_iommu *iommu, u64 iova, u64 oa, u64 last,
		     const struct ptf_attrs *attrs, gfp_t gfp, u64 *mapped)
{
	u64 bits, encrypt;
	int rc = F(encode)(&iommu->pt, attrs, &bits, &encrypt);

	*mapped = 0;
	/* The bit is not the caller's to set. */
	if (!rc && oa & ptf_encrypt_mask(&iommu->pt))
		rc = -ERANGE;
	return rc ?: map_checked(iommu, iova, oa | encrypt, last, bits, gfp, mapped, false);
}
EXPORT_SYMBOL_GPL(IOMMU(map_range));

/*
 * ptf_iommu_<fmt>_map_pages() - iommu_domain_ops.map_pages
 * @domain: in a struct ptf_iommu
 * @iova: first IOVA
 * @paddr: OA of @iova
 * @pgsize: with @pgcount, the length; leaf sizes are chosen across all of it
 * @pgcount: see @pgsize
 * @prot: IOMMU_READ, ...
 * @gfp: how to allocate tables
 * @mapped: increased by the bytes mapped, also on error
 *
 * Context: as ptf_iommu_<fmt>_map_range().
 * Return: as ptf_iommu_<fmt>_map_range().
 */
int IOMMU(map_pages)(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr,
		     size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	struct ptf_iommu *iommu = ptf_iommu_of(domain);
	u64 bits = iommu->bits[prot & (PTF_IOMMU_PROTS - 1)], oa = paddr, done;
	int rc;

	if (unlikely(!bits)) {
		rc = IOMMU(encode_prot)(iommu, prot, &bits);
		if (rc)
			return rc;
	}
	if (unlikely(!pgcount))
		return -EINVAL;
	/* All memory but MMIO is encrypted if any is. The bit is not the caller's to set. */
	if (unlikely(paddr & ptf_encrypt_mask(&iommu->pt)))
		return -ERANGE;
	if (PTF_FMT_FEATURES & PTF_FEAT_ENCRYPT && !(prot & IOMMU_MMIO))
		oa |= iommu->pt.encrypt_mask;
	rc = map_checked(iommu, iova, oa, iova + pgsize * pgcount - 1, bits, gfp, &done,
			 true);
	*mapped += done;
	return rc;
}
EXPORT_SYMBOL_GPL(IOMMU(map_pages));

/* Tables that wait for flush_iotlb_all */
static noinline void IOMMU(queue_tables)(struct ptf_iommu *iommu, void *tables)
{
	void *last = tables, *head = READ_ONCE(iommu->lazy), *next;

	while ((next = ptf_side(&iommu->pt, last)->next))
		last = next;
	for (;;) {
		ptf_side(&iommu->pt, last)->next = head;
		next = cmpxchg(&iommu->lazy, head, tables);
		if (next == head)
			return;
		head = next;
	}
}

static __always_inline void gather_leaves(struct ptf_iommu *iommu,
					  struct iommu_iotlb_gather *gather, u64 start, u64 last,
					  unsigned int size_lg2)
{
	size_t pgsize = 1UL << size_lg2;

	if (!iommu_iotlb_gather_queued(gather) &&
	    iommu_iotlb_gather_is_disjoint(gather, start, last - start + 1))
		iommu_iotlb_sync(&iommu->domain, gather);
	if (!gather->pgsize || gather->pgsize > pgsize)
		gather->pgsize = pgsize;
	iommu_iotlb_gather_add_range(gather, start, last - start + 1);
}

/* What F(quick_unmap)() left to do */
static noinline size_t IOMMU(unmap_walk)(struct ptf_iommu *iommu, u64 iova, u64 last,
					 struct iommu_iotlb_gather *gather)
{
	struct ptf_change change = {};
	struct ptf_unmap unmap = {
		.pt = &iommu->pt, .va = iova, .last = last, .change = &change,
	};
	unsigned long flags;
	int rc;

	/* Nothing is mapped beyond the root's reach. */
	if (PTF_FMT_FEATURES & PTF_FEAT_DYNAMIC_TOP) {
		unmap.last = min(last, F(top_last)(READ_ONCE(iommu->pt.top), last));
		if (iova > unmap.last)
			return 0;
	}
	flags = lock_tables(iommu);
	rc = F(pt_unmap)(&unmap);
	unlock_tables(iommu, flags);
	if (ptf_change_empty(&change))
		return 0;
	if (!gather || (change.flush.table_levels && !iommu_iotlb_gather_queued(gather))) {
		IOMMU(flush_and_free)(iommu, &change);
	} else {
		if (change.freed)
			IOMMU(queue_tables)(iommu, change.freed);
		gather_leaves(iommu, gather, change.flush.start, change.flush.last,
			      change.flush.min_size_lg2);
	}
	return (rc ? unmap.va : unmap.end + 1) - iova;
}

/*
 * ptf_iommu_<fmt>_unmap_pages() - iommu_domain_ops.unmap_pages
 * @domain: in a struct ptf_iommu
 * @iova: first IOVA
 * @pgsize: with @pgcount, the length
 * @pgcount: see @pgsize
 * @gather: gets what is to be flushed; NULL to flush at once
 *
 * Stops at the first hole, and at a leaf that begins before @iova. A leaf that
 * ends behind the range goes as a whole.
 *
 * Context: the caller holds a range lock. Never sleeps.
 * Return: bytes unmapped from @iova on.
 */
size_t IOMMU(unmap_pages)(struct iommu_domain *domain, unsigned long iova, size_t pgsize,
			  size_t pgcount, struct iommu_iotlb_gather *gather)
{
	struct ptf_iommu *iommu = ptf_iommu_of(domain);
	u64 last = iova + pgsize * pgcount - 1;
	unsigned int size_lg2, shape;

	if (unlikely(!pgcount || ptf_check_aligned(&iommu->pt, iova, last)))
		return 0;
	size_lg2 = gather ? F(pt_quick_unmap)(&iommu->pt, iova, last, &shape) : 0;
	if (size_lg2) {
		gather_leaves(iommu, gather, iova, last, size_lg2);
		return last - iova + 1;
	}
	return IOMMU(unmap_walk)(iommu, iova, last, gather);
}
EXPORT_SYMBOL_GPL(IOMMU(unmap_pages));

/*
 * ptf_iommu_<fmt>_iova_to_phys() - iommu_domain_ops.iova_to_phys
 * @domain: in a struct ptf_iommu
 * @iova: address
 *
 * Context: the caller keeps @iova from being unmapped meanwhile.
 * Return: the OA, or 0 for nothing, which the interface cannot tell from OA 0;
 * ptf_iommu_<fmt>_lookup() can.
 */
phys_addr_t IOMMU(iova_to_phys)(struct iommu_domain *domain, dma_addr_t iova)
{
	struct ptf_iommu *iommu = ptf_iommu_of(domain);
	struct ptf_find find = { .pt = &iommu->pt, .va = iova };
	unsigned long flags;
	int rc;

	flags = lock_tables(iommu);
	rc = F(pt_find)(&find);
	unlock_tables(iommu, flags);
	if (rc)
		return 0;
	return (ptf_leaf_oa(find.shape, find.entry) & ~ptf_encrypt_mask(find.pt)) |
	       (iova & ptf_low(F(leaf_size)(find.shape, find.entry)));
}
EXPORT_SYMBOL_GPL(IOMMU(iova_to_phys));

/*
 * ptf_iommu_<fmt>_lookup() - what is mapped at an IOVA
 * @iommu: domain
 * @iova: address
 * @mapping: filled in
 *
 * Context: as ptf_iommu_<fmt>_iova_to_phys().
 * Return: 0, -ENOENT if nothing is, -ERANGE.
 */
int IOMMU(lookup)(struct ptf_iommu *iommu, u64 iova, struct ptf_mapping *mapping)
{
	unsigned long flags = lock_tables(iommu);
	int rc = F(pt_lookup)(&iommu->pt, iova, mapping);

	unlock_tables(iommu, flags);
	return rc;
}
EXPORT_SYMBOL_GPL(IOMMU(lookup));

/*
 * ptf_iommu_<fmt>_for_each() - call a function for each leaf in a range
 * @iommu: domain
 * @start: first IOVA
 * @last: last IOVA
 * @leaf: the function; may not sleep; a negative result ends the walk
 * @ctx: its first argument
 *
 * Context: the caller keeps the range from being unmapped meanwhile.
 * Return: 0, -EINVAL, -ERANGE, or what @leaf returned below 0.
 */
int IOMMU(for_each)(struct ptf_iommu *iommu, u64 start, u64 last,
		    int (*leaf)(void *ctx, const struct ptf_mapping *m), void *ctx)
{
	struct ptf_visit visit = {
		.pt = &iommu->pt, .va = start, .last = last, .leaf = leaf, .ctx = ctx,
	};

	unsigned long flags = lock_tables(iommu);
	int rc = F(pt_for_each)(&visit);

	unlock_tables(iommu, flags);
	return rc;
}
EXPORT_SYMBOL_GPL(IOMMU(for_each));

/* Levels that hold leaves of 2^@lg2 bytes or more */
static u16 IOMMU(levels_from)(unsigned int lg2)
{
	unsigned int shape;
	u16 levels = 0;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
		if (ptf_shape(shape)->leaf_sizes & ~ptf_low(lg2))
			levels |= BIT(ptf_shape(shape)->level);
	return levels;
}

/*
 * ptf_iommu_<fmt>_iotlb_sync() - iommu_domain_ops.iotlb_sync
 * @domain: in a struct ptf_iommu
 * @gather: what to flush; nothing if it is empty
 *
 * Context: any.
 */
void IOMMU(iotlb_sync)(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	struct ptf_iommu *iommu = ptf_iommu_of(domain);
	struct ptf_flush flush = { .start = gather->start, .last = gather->end };

	if (gather->start > gather->end)
		return;
	flush.min_size_lg2 = __ffs64(gather->pgsize ?: iommu->pt.sizes);
	flush.leaf_levels = IOMMU(levels_from)(flush.min_size_lg2);
	iommu->ops->flush(iommu, &flush);
}
EXPORT_SYMBOL_GPL(IOMMU(iotlb_sync));

/*
 * ptf_iommu_<fmt>_flush_iotlb_all() - iommu_domain_ops.flush_iotlb_all
 * @domain: in a struct ptf_iommu
 *
 * Context: any.
 */
void IOMMU(flush_iotlb_all)(struct iommu_domain *domain)
{
	struct ptf_iommu *iommu = ptf_iommu_of(domain);
	unsigned int top = ptf_top_shape(READ_ONCE(iommu->pt.top));
	void *tables = xchg(&iommu->lazy, NULL);
	struct ptf_flush flush = {
		.last = ~0ULL,
		.leaf_levels = IOMMU(levels_from)(0),
		.table_levels = BIT(ptf_shape(top)->level + 1) - 2,
		.min_size_lg2 = __ffs64(iommu->pt.sizes),
		.freed_tables = tables,
	};

	iommu->ops->flush(iommu, &flush);
	ptf_free_tables(&iommu->pt, tables);
}
EXPORT_SYMBOL_GPL(IOMMU(flush_iotlb_all));

/*
 * ptf_iommu_<fmt>_enforce_cache_coherency() - iommu_domain_ops.enforce_cache_coherency
 * @domain: in a struct ptf_iommu
 *
 * From now on all is mapped with PTF_COHERENT. For drivers whose hardware can.
 *
 * Return: false if the format has no such bit, or something is mapped already.
 */
bool IOMMU(enforce_cache_coherency)(struct iommu_domain *domain)
{
	struct ptf_iommu *iommu = ptf_iommu_of(domain);
	struct ptf_attrs attrs = { .flags = PTF_READ | PTF_WRITE | PTF_COHERENT };
	unsigned long top = READ_ONCE(iommu->pt.top);
	u64 bits, encrypt;

	if (F(encode)(&iommu->pt, &attrs, &bits, &encrypt) ||
	    !ptf_is_empty(&iommu->pt, ptf_top_shape(top), ptf_top_table(top)))
		return false;
	iommu->enforce_coherent = true;
	IOMMU(encode_prots)(iommu);
	return true;
}
EXPORT_SYMBOL_GPL(IOMMU(enforce_cache_coherency));

/**
 * struct dirty_record - where dirty leaves go
 * @dirty: the core's bitmap
 * @start: first IOVA that it asked for
 * @last: last IOVA
 */
struct dirty_record {
	struct iommu_dirty_bitmap *dirty;
	u64 start;
	u64 last;
};

/* The bitmap has bits for the range only, but all of the leaf is to be flushed. */
static void IOMMU(record_dirty)(void *ctx, u64 va, u64 last)
{
	struct dirty_record *record = ctx;
	u64 start = max(va, record->start);

	iommu_dirty_bitmap_record(record->dirty, start, min(last, record->last) - start + 1);
	if (record->dirty->gather)
		iommu_iotlb_gather_add_range(record->dirty->gather, va, last - va + 1);
}

/*
 * ptf_iommu_<fmt>_read_and_clear_dirty() - iommu_dirty_ops.read_and_clear_dirty
 * @domain: in a struct ptf_iommu
 * @iova: first IOVA
 * @size: bytes
 * @flags: IOMMU_DIRTY_NO_CLEAR to read only
 * @dirty: gets what was written, and its gather what is to be flushed
 *
 * Context: the caller holds a range lock.
 * Return: 0, -EOPNOTSUPP without PTF_FEAT_DIRTY, -ERANGE, -EINVAL.
 */
int IOMMU(read_and_clear_dirty)(struct iommu_domain *domain, unsigned long iova, size_t size,
				unsigned long flags, struct iommu_dirty_bitmap *dirty)
{
	struct dirty_record record = { .dirty = dirty, .start = iova, .last = iova + size - 1 };
	struct ptf_change change = {};
	struct ptf_dirty scan = {
		.pt = &ptf_iommu_of(domain)->pt,
		.va = iova,
		.last = iova + size - 1,
		.clear = !(flags & IOMMU_DIRTY_NO_CLEAR),
		.change = &change,
		.found = IOMMU(record_dirty),
		.ctx = &record,
	};

	return size ? F(pt_dirty)(&scan) : -EINVAL;
}
EXPORT_SYMBOL_GPL(IOMMU(read_and_clear_dirty));

MODULE_DESCRIPTION("ptforge: " PTF_STRING(PTF_FMT) " page tables for IOMMU drivers");
MODULE_LICENSE("GPL");
PTF_IMPORT_IOMMUFD;
