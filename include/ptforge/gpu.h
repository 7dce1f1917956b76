/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The GPU front end: the page table below drm_gpuvm for a VM_BIND driver.
 *
 * An update has three phases. Reserve, in the ioctl, takes the tables that the
 * planned verbs can need; it may sleep and fail. Apply, where fences depend on
 * it, runs the verbs; it allocates nothing and never sleeps. Finish flushes
 * once, frees tables, and returns what was not used. Documentation/gpu.rst
 * walks through it.
 */
#ifndef PTFORGE_GPU_H
#define PTFORGE_GPU_H

#include <ptforge/pt.h>
#include <ptforge/source.h>

struct ptf_gpu;
struct ptf_gpu_update;

/**
 * struct ptf_gpu_ops - what the driver does for its page tables
 * @flush: invalidates what became stale in the GPU, and waits for it. Called
 *	once per finished update that changed anything, in the context of
 *	ptf_gpu_finish(). Mandatory; ptf_gpu_flush_none() if nothing is cached.
 */
struct ptf_gpu_ops {
	void (*flush)(struct ptf_gpu *gpu, const struct ptf_flush *flush);
};

/**
 * struct ptf_gpu_format - a format's verbs
 * @check_attrs: see ptf_gpu_check_attrs()
 * @reserve_map: see ptf_gpu_reserve_map()
 * @reserve_unmap: see ptf_gpu_reserve_unmap()
 * @map: see ptf_gpu_map()
 * @unmap: see ptf_gpu_unmap()
 * @finish: see ptf_gpu_finish()
 * @lookup: see ptf_gpu_lookup()
 * @for_each: see ptf_gpu_for_each()
 * @hw_info: see ptf_gpu_hw_info()
 * @deinit: see ptf_gpu_deinit()
 */
struct ptf_gpu_format {
	int (*check_attrs)(struct ptf_gpu *gpu, const struct ptf_attrs *attrs);
	int (*reserve_map)(struct ptf_gpu_update *update, u64 va, u64 size,
			   const struct ptf_source *source, gfp_t gfp);
	int (*reserve_unmap)(struct ptf_gpu_update *update, u64 va, u64 size, gfp_t gfp);
	int (*map)(struct ptf_gpu_update *update, u64 va, u64 size,
		   const struct ptf_source *source, const struct ptf_attrs *attrs);
	int (*unmap)(struct ptf_gpu_update *update, u64 va, u64 size);
	void (*finish)(struct ptf_gpu_update *update);
	int (*lookup)(struct ptf_gpu *gpu, u64 va, struct ptf_mapping *mapping);
	int (*for_each)(struct ptf_gpu *gpu, u64 va, u64 last,
			int (*leaf)(void *ctx, const struct ptf_mapping *mapping), void *ctx);
	void (*hw_info)(struct ptf_gpu *gpu, struct ptf_hw_info *info);
	void (*deinit)(struct ptf_gpu *gpu);
};

/**
 * struct ptf_gpu - a GPU address space
 * @pt: the page table
 * @format: its format's verbs
 * @ops: the driver's part
 */
struct ptf_gpu {
	struct ptf_pt pt;
	const struct ptf_gpu_format *format;
	const struct ptf_gpu_ops *ops;
};

/**
 * struct ptf_gpu_update - one update of an address space
 * @gpu: address space
 * @exact: reserve for the table as it is now, because the update is applied
 *	before anything else changes it; may be set before reserving
 * @removed: called for each extent that an unmap removed, in order, contiguous
 *	ones joined; NULL if nobody asks, which is much faster. May not sleep. May
 *	be set before applying
 * @ctx: for @removed
 * @reserve: tables reserved and not used yet
 * @change: what is to be flushed
 * @used: set by finish: tables taken from the reservation
 * @returned: set by finish: tables given back
 * @flushed: set by finish: the flush op was called
 * @pending: extent to be reported to @removed
 * @pending_va: VA of @pending
 */
struct ptf_gpu_update {
	struct ptf_gpu *gpu;
	bool exact;
	void (*removed)(void *ctx, u64 va, u64 oa, u64 size);
	void *ctx;
	struct ptf_reserve reserve;
	struct ptf_change change;
	unsigned int used;
	unsigned int returned;
	bool flushed;
	struct ptf_extent pending;
	u64 pending_va;
};

/**
 * ptf_gpu_flush_none() - flush op of hardware that caches no translation
 * @gpu: address space
 * @flush: ignored
 */
static inline void ptf_gpu_flush_none(struct ptf_gpu *gpu, const struct ptf_flush *flush)
{
}

/* Declares the one function of a format that is called by name; the rest are verbs. */
#define PTF_GPU_FORMAT(fmt) PTF_GPU_FORMAT_(fmt)
#define PTF_GPU_FORMAT_(fmt)								\
	int ptf_gpu_##fmt##_init(struct ptf_gpu *gpu, const struct ptf_config *cfg,	\
				 const struct ptf_gpu_ops *ops)

/**
 * ptf_gpu_deinit() - free an address space's tables
 * @gpu: address space that no hardware uses any more, without updates in flight
 */
static inline void ptf_gpu_deinit(struct ptf_gpu *gpu)
{
	gpu->format->deinit(gpu);
}

/**
 * ptf_gpu_hw_info() - what to program into the hardware
 * @gpu: address space
 * @info: filled in
 */
static inline void ptf_gpu_hw_info(struct ptf_gpu *gpu, struct ptf_hw_info *info)
{
	gpu->format->hw_info(gpu, info);
}

/**
 * ptf_gpu_update_init() - begin an update
 * @update: initialised; ends with ptf_gpu_finish(), applied or not
 * @gpu: address space
 */
static inline void ptf_gpu_update_init(struct ptf_gpu_update *update, struct ptf_gpu *gpu)
{
	*update = (struct ptf_gpu_update){ .gpu = gpu };
}

/**
 * ptf_gpu_check_attrs() - whether a map can have these attributes
 * @gpu: address space
 * @attrs: what for
 *
 * For the ioctl, so that a map does not fail for them later.
 *
 * Return: 0, -EINVAL without any permission or for a value out of its range,
 * -EOPNOTSUPP for what the format cannot express.
 */
static inline int ptf_gpu_check_attrs(struct ptf_gpu *gpu, const struct ptf_attrs *attrs)
{
	return gpu->format->check_attrs(gpu, attrs);
}

/**
 * ptf_gpu_reserve_map() - reserve what a map can need
 * @update: update; reservations add up
 * @va: first VA
 * @size: bytes
 * @source: the extents that will be mapped
 * @gfp: how to allocate
 *
 * The bound holds whatever other updates do to the table before this one is
 * applied. It is reached by a map into an empty address space.
 *
 * Context: may sleep if @gfp allows it.
 * Return: 0; -EINVAL for what is not aligned to the smallest page or a source
 * that is too short, -ERANGE beyond the widths of VA or OA, -ENOMEM; with
 * &ptf_gpu_update.exact also -EADDRINUSE. On error nothing was reserved.
 */
static inline int ptf_gpu_reserve_map(struct ptf_gpu_update *update, u64 va, u64 size,
				      const struct ptf_source *source, gfp_t gfp)
{
	return update->gpu->format->reserve_map(update, va, size, source, gfp);
}

/**
 * ptf_gpu_reserve_unmap() - reserve what an unmap can need to cut leaves
 * @update: update; reservations add up
 * @va: first VA
 * @size: bytes
 * @gfp: how to allocate
 *
 * Context: may sleep if @gfp allows it.
 * Return: 0, -EINVAL, -ERANGE, -ENOMEM; on error nothing was reserved.
 */
static inline int ptf_gpu_reserve_unmap(struct ptf_gpu_update *update, u64 va, u64 size,
					gfp_t gfp)
{
	return update->gpu->format->reserve_unmap(update, va, size, gfp);
}

/**
 * ptf_gpu_map() - map a source
 * @update: update with a reservation for this
 * @va: first VA
 * @size: bytes
 * @source: extents; what is longer than @size is ignored
 * @attrs: what for
 *
 * Context: the caller is the only one who changes this range. Never sleeps.
 * Return: 0; errors as ptf_gpu_reserve_map(), -EADDRINUSE where something is
 * mapped, errors of ptf_gpu_check_attrs(), -ENOMEM if the reservation was for
 * less. On error all that it had mapped is unmapped again.
 */
static inline int ptf_gpu_map(struct ptf_gpu_update *update, u64 va, u64 size,
			      const struct ptf_source *source, const struct ptf_attrs *attrs)
{
	return update->gpu->format->map(update, va, size, source, attrs);
}

/**
 * ptf_gpu_unmap() - unmap a range, holes or not
 * @update: update with a reservation for this
 * @va: first VA
 * @size: bytes
 *
 * A leaf that is only partly in the range is cut, from reserved tables.
 *
 * Context: the caller is the only one who changes this range. Never sleeps.
 * Return: 0; -EINVAL, -ERANGE; -ENOMEM if the reservation was for less, with
 * what lies before the leaf to be cut unmapped.
 */
static inline int ptf_gpu_unmap(struct ptf_gpu_update *update, u64 va, u64 size)
{
	return update->gpu->format->unmap(update, va, size);
}

/**
 * ptf_gpu_finish() - end an update, applied or not
 * @update: update
 *
 * Flushes once if anything changed, then frees the tables that fell out, and
 * those of the reservation that were not used.
 *
 * Context: that of the driver's flush op; does not sleep by itself.
 */
static inline void ptf_gpu_finish(struct ptf_gpu_update *update)
{
	update->gpu->format->finish(update);
}

/**
 * ptf_gpu_lookup() - what is mapped at a VA
 * @gpu: address space
 * @va: address
 * @mapping: filled in
 *
 * Context: the caller keeps @va from being unmapped meanwhile.
 * Return: 0, -ENOENT if nothing is, -ERANGE.
 */
static inline int ptf_gpu_lookup(struct ptf_gpu *gpu, u64 va, struct ptf_mapping *mapping)
{
	return gpu->format->lookup(gpu, va, mapping);
}

/**
 * ptf_gpu_for_each() - call a function for each leaf in a range
 * @gpu: address space
 * @va: first VA
 * @last: last VA
 * @leaf: the function; a negative result ends the walk
 * @ctx: its first argument
 *
 * Context: the caller keeps the range from being unmapped meanwhile.
 * Return: 0, -EINVAL, -ERANGE, or what @leaf returned below 0.
 */
static inline int ptf_gpu_for_each(struct ptf_gpu *gpu, u64 va, u64 last,
				   int (*leaf)(void *ctx, const struct ptf_mapping *mapping),
				   void *ctx)
{
	return gpu->format->for_each(gpu, va, last, leaf, ctx);
}

#endif /* PTFORGE_GPU_H */
