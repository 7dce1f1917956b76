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

#include <linux/bitops.h>
#include <ptforge/pt.h>
#include <ptforge/source.h>

struct ptf_gpu;
struct ptf_gpu_update;

/**
 * struct ptf_gpu_ops - what the driver does for its page tables
 * @flush: invalidates what became stale in the GPU, and waits for it. Called
 *	once per finished update that changed anything, in the context of
 *	ptf_gpu_finish(); with PTF_LIVE_REFUSE also before a map that follows an
 *	unmap in the same update. Mandatory; ptf_gpu_flush_none() if nothing is cached.
 * @begin: holds back translations in a range, because the table is about to change
 *	there; called by each verb that is applied, in its context. The range is
 *	what was asked for, widened by leaves that are only partly in it (zap: by all that
 *	goes with it). But for PTF_LIVE_BRACKET optional
 * @end: lets go of what @begin held back; called once by ptf_gpu_finish(), after
 *	@flush, if @begin was called. Together with @begin
 * @live: whether the hardware takes a valid entry in the place of a valid one,
 *	&enum ptf_live
 */
struct ptf_gpu_ops {
	void (*flush)(struct ptf_gpu *gpu, const struct ptf_flush *flush);
	void (*begin)(struct ptf_gpu *gpu, u64 va, u64 last);
	void (*end)(struct ptf_gpu *gpu);
	enum ptf_live live;
};

/**
 * struct ptf_gpu_format - a format's verbs
 * @name: of the format
 * @check_attrs: see ptf_gpu_check_attrs()
 * @reserve_map: see ptf_gpu_reserve_map()
 * @reserve_unmap: see ptf_gpu_reserve_unmap()
 * @map: see ptf_gpu_map()
 * @unmap: see ptf_gpu_unmap()
 * @reserve_repeat: see ptf_gpu_reserve_repeat()
 * @repeat: see ptf_gpu_repeat()
 * @reserve_null: see ptf_gpu_reserve_null()
 * @null: see ptf_gpu_null()
 * @reserve_remap: see ptf_gpu_reserve_remap()
 * @remap: see ptf_gpu_remap()
 * @reserve_protect: see ptf_gpu_reserve_protect()
 * @protect: see ptf_gpu_protect()
 * @zap: see ptf_gpu_zap()
 * @abort: see ptf_gpu_abort()
 * @finish: see ptf_gpu_finish()
 * @lookup: see ptf_gpu_lookup()
 * @path: see ptf_gpu_path()
 * @for_each: see ptf_gpu_for_each(); @same, which may be NULL, as &ptf_visit.same
 * @raw: see ptf_gpu_dump()
 * @hw_info: see ptf_gpu_hw_info()
 * @deinit: see ptf_gpu_deinit()
 */
struct ptf_gpu_format {
	const char *name;
	int (*check_attrs)(struct ptf_gpu *gpu, const struct ptf_attrs *attrs);
	int (*reserve_map)(struct ptf_gpu_update *update, u64 va, u64 size,
			   const struct ptf_source *source, gfp_t gfp);
	int (*reserve_unmap)(struct ptf_gpu_update *update, u64 va, u64 size, gfp_t gfp);
	int (*map)(struct ptf_gpu_update *update, u64 va, u64 size,
		   const struct ptf_source *source, const struct ptf_attrs *attrs);
	int (*unmap)(struct ptf_gpu_update *update, u64 va, u64 size);
	int (*reserve_repeat)(struct ptf_gpu_update *update, u64 va, u64 size,
			      const struct ptf_extent *extent, gfp_t gfp);
	int (*repeat)(struct ptf_gpu_update *update, u64 va, u64 size,
		      const struct ptf_extent *extent, const struct ptf_attrs *attrs);
	int (*reserve_null)(struct ptf_gpu_update *update, u64 va, u64 size,
			    const struct ptf_extent *dummy, gfp_t gfp);
	int (*null)(struct ptf_gpu_update *update, u64 va, u64 size,
		    const struct ptf_extent *dummy, const struct ptf_attrs *attrs);
	int (*reserve_remap)(struct ptf_gpu_update *update, u64 va, u64 size,
			     const struct ptf_source *source, gfp_t gfp);
	int (*remap)(struct ptf_gpu_update *update, u64 va, u64 size,
		     const struct ptf_source *source, const struct ptf_attrs *attrs);
	int (*reserve_protect)(struct ptf_gpu_update *update, u64 va, u64 size, gfp_t gfp);
	int (*protect)(struct ptf_gpu_update *update, u64 va, u64 size,
		       const struct ptf_attrs *attrs);
	int (*zap)(struct ptf_gpu_update *update, u64 *va, u64 *size);
	void (*abort)(struct ptf_gpu_update *update);
	void (*finish)(struct ptf_gpu_update *update);
	int (*lookup)(struct ptf_gpu *gpu, u64 va, struct ptf_mapping *mapping);
	int (*path)(struct ptf_gpu *gpu, u64 va, struct ptf_path *path);
	int (*for_each)(struct ptf_gpu *gpu, u64 va, u64 last,
			int (*leaf)(void *ctx, const struct ptf_mapping *mapping),
			bool (*same)(void *ctx, u64 va, u64 last), void *ctx);
	int (*raw)(struct ptf_gpu *gpu, u64 va, u64 last,
		   void (*piece)(void *ctx, const struct ptf_piece *piece), void *ctx);
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
 * @hold: tables that fell out are not freed by finish but by ptf_gpu_retire(); for
 *	drivers whose flush op only begins the invalidation. May be set before finish
 * @begun: the begin op was called
 * @settled: the flush op was called before finish (PTF_LIVE_REFUSE)
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
	bool hold;
	bool begun;
	bool settled;
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
 * The bound holds whatever updates that were reserved for before do to the table,
 * so updates are applied in the order of their reservations. It is reached by a map
 * into an empty address space.
 *
 * Context: may sleep if @gfp allows it.
 * Return: 0; -EINVAL for what is not aligned to the smallest page or a source
 * that is too short, -ERANGE beyond the widths of VA or OA, -ENOMEM; with
 * &ptf_gpu_update.exact also -EADDRINUSE for a leaf in the way of a table. On
 * error nothing was reserved.
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
 * Return: 0, -EINVAL, -ERANGE, -ENOMEM; with &ptf_gpu_update.exact also -EBUSY as
 * ptf_gpu_unmap(). On error nothing was reserved.
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
 * less, -EBUSY with PTF_LIVE_REFUSE where a parent entry would have to pick smaller
 * pages for what is mapped; as all verbs, -EBUSY while another update is planned
 * (PTF_FEAT_STAGED). On error all that it had mapped is unmapped again.
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
 * Return: 0; -EINVAL, -ERANGE; -EBUSY with PTF_LIVE_REFUSE and a leaf to be cut, with
 * nothing changed; -ENOMEM if the reservation was for less, with what lies before the
 * leaf to be cut unmapped.
 */
static inline int ptf_gpu_unmap(struct ptf_gpu_update *update, u64 va, u64 size)
{
	return update->gpu->format->unmap(update, va, size);
}

/**
 * ptf_gpu_reserve_repeat() - reserve what ptf_gpu_repeat() can need
 * @update: update; reservations add up
 * @va: first VA
 * @size: bytes
 * @extent: what will be repeated
 * @gfp: how to allocate
 *
 * Context: may sleep if @gfp allows it.
 * Return: as ptf_gpu_reserve_map().
 */
static inline int ptf_gpu_reserve_repeat(struct ptf_gpu_update *update, u64 va, u64 size,
					 const struct ptf_extent *extent, gfp_t gfp)
{
	return update->gpu->format->reserve_repeat(update, va, size, extent, gfp);
}

/**
 * ptf_gpu_repeat() - map one extent again and again
 * @update: update with a reservation for this
 * @va: first VA
 * @size: bytes
 * @extent: what is repeated; its size is a power of two, and its OA aligned to it.
 *	A VA translates to the byte of the extent at VA modulo the size
 * @attrs: what for
 *
 * Lower tables that are all alike are one table that all items point to, so that
 * a range of any length takes a few tables per level; but not with
 * PTF_FEAT_PARALLEL or PTF_FEAT_DIRTY. All verbs work on any part of it: they
 * give a path a table of its own where it begins to differ.
 *
 * Context: as ptf_gpu_map().
 * Return: as ptf_gpu_map(); -EINVAL also for an extent that is not as said.
 */
static inline int ptf_gpu_repeat(struct ptf_gpu_update *update, u64 va, u64 size,
				 const struct ptf_extent *extent, const struct ptf_attrs *attrs)
{
	return update->gpu->format->repeat(update, va, size, extent, attrs);
}

/**
 * ptf_gpu_reserve_null() - reserve what ptf_gpu_null() can need
 * @update: update; reservations add up
 * @va: first VA
 * @size: bytes
 * @dummy: as for ptf_gpu_null()
 * @gfp: how to allocate
 *
 * Context: may sleep if @gfp allows it.
 * Return: as ptf_gpu_reserve_map(), and -EOPNOTSUPP as ptf_gpu_null().
 */
static inline int ptf_gpu_reserve_null(struct ptf_gpu_update *update, u64 va, u64 size,
				       const struct ptf_extent *dummy, gfp_t gfp)
{
	return update->gpu->format->reserve_null(update, va, size, dummy, gfp);
}

/**
 * ptf_gpu_null() - make a range valid without memory (sparse, PRT)
 * @update: update with a reservation for this
 * @va: first VA
 * @size: bytes
 * @dummy: what ptf_gpu_repeat() maps where the format has no such entry; may be
 *	NULL
 * @attrs: what for; used with @dummy alone
 *
 * Leaves without OA are of the largest sizes that VA allows. Like those of a dummy,
 * lower tables that are all alike are one, and a part of them may be changed by any
 * verb; but that they go is not told to &ptf_gpu_update.removed.
 *
 * Context: as ptf_gpu_map().
 * Return: as ptf_gpu_repeat(); -EOPNOTSUPP if the format has no null entry and
 * there is no @dummy.
 */
static inline int ptf_gpu_null(struct ptf_gpu_update *update, u64 va, u64 size,
			       const struct ptf_extent *dummy, const struct ptf_attrs *attrs)
{
	return update->gpu->format->null(update, va, size, dummy, attrs);
}

/**
 * ptf_gpu_reserve_remap() - reserve what ptf_gpu_remap() can need
 * @update: update; reservations add up
 * @va: first VA
 * @size: bytes
 * @source: the extents that will be mapped
 * @gfp: how to allocate
 *
 * Context: may sleep if @gfp allows it.
 * Return: as ptf_gpu_reserve_map(), but never -EADDRINUSE.
 */
static inline int ptf_gpu_reserve_remap(struct ptf_gpu_update *update, u64 va, u64 size,
					const struct ptf_source *source, gfp_t gfp)
{
	return update->gpu->format->reserve_remap(update, va, size, source, gfp);
}

/**
 * ptf_gpu_remap() - map a source over whatever is there
 * @update: update with a reservation for this
 * @va: first VA
 * @size: bytes
 * @source: extents
 * @attrs: what for
 *
 * What is mapped in the range and stays mapped by other OA has no hole meanwhile:
 * a leaf takes the place of a leaf or of a table, a complete table that of a
 * leaf. Where the hardware does not allow that live, the driver's begin op holds
 * translations back. What falls out is told to &ptf_gpu_update.removed.
 *
 * Context: as ptf_gpu_map().
 * Return: as ptf_gpu_map(), but never -EADDRINUSE. With -ENOMEM, because the
 * reservation was for less, and for attributes of a later extent, a part may be done;
 * other errors change nothing.
 * -EOPNOTSUPP with PTF_LIVE_REFUSE, in reserve already.
 */
static inline int ptf_gpu_remap(struct ptf_gpu_update *update, u64 va, u64 size,
				const struct ptf_source *source, const struct ptf_attrs *attrs)
{
	return update->gpu->format->remap(update, va, size, source, attrs);
}

/**
 * ptf_gpu_reserve_protect() - reserve what ptf_gpu_protect() can need
 * @update: update; reservations add up
 * @va: first VA
 * @size: bytes
 * @gfp: how to allocate
 *
 * Beside tables to cut leaves that the ends cross, as for an unmap, one for each
 * table of repeated mappings that may be shared in the range by then.
 *
 * Context: may sleep if @gfp allows it.
 * Return: as ptf_gpu_reserve_unmap(); -EOPNOTSUPP as ptf_gpu_protect().
 */
static inline int ptf_gpu_reserve_protect(struct ptf_gpu_update *update, u64 va, u64 size,
					  gfp_t gfp)
{
	return update->gpu->format->reserve_protect(update, va, size, gfp);
}

/**
 * ptf_gpu_protect() - give all that is mapped in a range other attributes
 * @update: update with a reservation for this
 * @va: first VA
 * @size: bytes
 * @attrs: what for
 *
 * Holes stay holes, and OA what they are. Leaves that an end of the range crosses
 * are cut.
 *
 * Context: as ptf_gpu_map().
 * Return: 0, -EINVAL, -ERANGE, errors of ptf_gpu_check_attrs(); -EOPNOTSUPP with
 * PTF_FEAT_DIRTY, because what hardware has recorded would be lost, and with
 * PTF_LIVE_REFUSE; -ENOMEM if the
 * reservation was for less, and then a part may be done.
 */
static inline int ptf_gpu_protect(struct ptf_gpu_update *update, u64 va, u64 size,
				  const struct ptf_attrs *attrs)
{
	return update->gpu->format->protect(update, va, size, attrs);
}

/**
 * ptf_gpu_zap() - unmap a range without a reservation, for an mmu notifier
 * @update: update; no reservation is used
 * @va: first VA; set to the first VA that went
 * @size: bytes; set to the bytes from there to the last that went
 *
 * A leaf that is only partly in the range goes as a whole, and so does a table
 * that repeated mappings share; the range is then widened. Tables stay, for what
 * will be mapped there again, until an unmap covers them.
 *
 * Context: the caller is the only one who changes the range as widened. Never
 * sleeps, never allocates.
 * Return: 0, -EINVAL, -ERANGE.
 */
static inline int ptf_gpu_zap(struct ptf_gpu_update *update, u64 *va, u64 *size)
{
	return update->gpu->format->zap(update, va, size);
}

/**
 * ptf_gpu_runs() - how many runs a commit will store
 * @update: update of a page table with PTF_FEAT_STAGED, verbs applied
 *
 * Exact as long as no verb follows; for the size of a batch.
 *
 * Context: as the verbs.
 * Return: calls of &ptf_device_ops.store to come; 0 if nothing is planned.
 */
unsigned int ptf_gpu_runs(struct ptf_gpu_update *update);

/**
 * ptf_gpu_commit() - store what the verbs have planned
 * @update: update of a page table with PTF_FEAT_STAGED
 *
 * Calls &ptf_device_ops.store for each run, with @repeat_lg2 0: tables that nothing
 * leads to yet as a whole, then what is different in the others. If the device
 * executes the runs in this order, each VA translates at every moment to what it did
 * before or to what it will, but for groups of items of which some are stored.
 *
 * Then the next update may be planned, whether the device has executed this one or
 * not; it and all lookups see this one's result. Executed they are in the order of
 * commits. Tables that fell out are the update's, and go by ptf_gpu_retire(): set
 * &ptf_gpu_update.hold, and retire after the device has executed the runs and what
 * it caches was invalidated.
 *
 * Context: as the verbs; does not sleep by itself.
 */
void ptf_gpu_commit(struct ptf_gpu_update *update);

/**
 * ptf_gpu_abort() - forget what the verbs have planned
 * @update: update of a page table with PTF_FEAT_STAGED, not committed since
 *
 * All is as it was before the first verb, so that the verbs can be applied once more,
 * when there is room in a ring for instance; or finish the update. With PTF_FEAT_RCU
 * the tables that were used are freed, because readers may be in them, and the
 * reservation is short of them. What was told to &ptf_gpu_update.removed stays mapped.
 *
 * Context: as the verbs.
 */
static inline void ptf_gpu_abort(struct ptf_gpu_update *update)
{
	update->gpu->format->abort(update);
}

/**
 * ptf_gpu_finish() - end an update, applied or not
 * @update: update
 *
 * Commits what is planned (PTF_FEAT_STAGED), flushes once if anything changed, then
 * frees the tables that fell out (but with &ptf_gpu_update.hold), and those of the
 * reservation that were not used, or keeps them for later.
 *
 * Context: that of the driver's flush op; does not sleep by itself.
 */
static inline void ptf_gpu_finish(struct ptf_gpu_update *update)
{
	update->gpu->format->finish(update);
}

/**
 * ptf_gpu_retire() - free the tables that a finished update with hold took out
 * @update: update; nothing the hardware does may lead to these tables any more
 *
 * Context: any.
 */
static inline void ptf_gpu_retire(struct ptf_gpu_update *update)
{
	if (update->change.freed)
		ptf_free_tables(&update->gpu->pt, update->change.freed);
	update->change.freed = NULL;
}

/**
 * ptf_gpu_region() - the smallest aligned power of two that holds a range
 * @va: first VA
 * @last: last VA
 * @size_lg2: set to the log2 of its size; 64 for the whole space
 *
 * For hardware that locks or invalidates such regions.
 *
 * Return: first VA of the region.
 */
static inline u64 ptf_gpu_region(u64 va, u64 last, unsigned int *size_lg2)
{
	*size_lg2 = fls64(va ^ last);
	return *size_lg2 > 63 ? 0 : va >> *size_lg2 << *size_lg2;
}

/**
 * ptf_gpu_lookup() - what is mapped at a VA
 * @gpu: address space
 * @va: address
 * @mapping: filled in
 *
 * Context: the caller keeps @va from being unmapped meanwhile; any, with
 * PTF_FEAT_RCU.
 * Return: 0, -ENOENT if nothing is, -ERANGE.
 */
static inline int ptf_gpu_lookup(struct ptf_gpu *gpu, u64 va, struct ptf_mapping *mapping)
{
	return gpu->format->lookup(gpu, va, mapping);
}

/**
 * ptf_gpu_path() - all tables on the way to a VA, for the report of a fault
 * @gpu: address space
 * @va: address
 * @path: filled in, also where nothing is mapped
 *
 * Context: as ptf_gpu_lookup().
 * Return: as ptf_gpu_lookup().
 */
static inline int ptf_gpu_path(struct ptf_gpu *gpu, u64 va, struct ptf_path *path)
{
	return gpu->format->path(gpu, va, path);
}

/**
 * ptf_gpu_for_each() - call a function for each leaf in a range
 * @gpu: address space
 * @va: first VA
 * @last: last VA
 * @leaf: the function; a negative result ends the walk
 * @ctx: its first argument
 *
 * Context: the caller keeps the range from being unmapped meanwhile. With
 * PTF_FEAT_RCU updates may run beside it, and @leaf may not sleep; what they change
 * meanwhile is seen as before or as after.
 * Return: 0, -EINVAL, -ERANGE, or what @leaf returned below 0.
 */
static inline int ptf_gpu_for_each(struct ptf_gpu *gpu, u64 va, u64 last,
				   int (*leaf)(void *ctx, const struct ptf_mapping *mapping),
				   void *ctx)
{
	return gpu->format->for_each(gpu, va, last, leaf, NULL, ctx);
}

/**
 * ptf_gpu_query() - what is mapped here, and how far does it go
 * @gpu: address space
 * @va: address, of a fault for instance
 * @last: last VA of interest
 * @mapping: what is mapped at @va, if something is
 * @end: set to the last VA, up to @last, that is mapped on with the same attributes
 *	and OA that follow; or, where nothing is mapped, of the hole
 *
 * Context: as ptf_gpu_for_each() for the range.
 * Return: 0, -ENOENT for a hole, -EINVAL, -ERANGE.
 */
int ptf_gpu_query(struct ptf_gpu *gpu, u64 va, u64 last, struct ptf_mapping *mapping, u64 *end);

/**
 * ptf_gpu_dump_text() - print what is mapped in a range, for people
 * @gpu: address space
 * @va: first VA
 * @last: last VA
 * @write: gets a line, with its newline
 * @ctx: its first argument
 *
 * A line is for leaves of one size and the same attributes that follow each other:
 * first VA, last VA, OA of the first, size of a leaf, and words. OA go on with the
 * VA, or all are the same (repeated). Where further items lead to a table of repeated
 * mappings that was printed, a line says "as before" of all they map, with their size.
 *
 * Context: as ptf_gpu_for_each(); may sleep between leaves.
 * Return: 0, -EINVAL, -ERANGE.
 */
int ptf_gpu_dump_text(struct ptf_gpu *gpu, u64 va, u64 last,
		      void (*write)(void *ctx, const void *data, size_t bytes), void *ctx);

/**
 * struct ptf_dump_header - how a binary dump begins; little-endian, as all of it
 * @magic: PTF_DUMP_MAGIC
 * @format: name of the format, filled up with zeroes
 * @top: address of the root table
 * @encrypt_mask: address bit of encrypted memory, or 0
 * @levels: levels of tables
 * @va_lg2: bits of VA
 * @oa_lg2: bits of OA
 * @sign_extend: 1 if VA has an upper half
 * @reserved: 0
 */
struct ptf_dump_header {
	char magic[8];
	char format[16];
	__le64 top;
	__le64 encrypt_mask;
	u8 levels;
	u8 va_lg2;
	u8 oa_lg2;
	u8 sign_extend;
	__le32 reserved;
};

#define PTF_DUMP_MAGIC "PTFDUMP1"

/**
 * struct ptf_dump_record - what stands before a piece of a table in a binary dump
 * @addr: the piece's address
 * @bytes: how many follow
 * @level: of the table
 */
struct ptf_dump_record {
	__le64 addr;
	__le32 bytes;
	__le32 level;
};

/**
 * ptf_gpu_dump() - dump the tables themselves, for a devcoredump
 * @gpu: address space
 * @va: first VA
 * @last: last VA
 * @write: gets pieces of the dump, in order
 * @ctx: its first argument
 *
 * All tables on the way to the range, as they are: a &struct ptf_dump_header, then
 * pieces, each behind a &struct ptf_dump_record, and nothing at the end. Made for
 * tools/decode/ptdecode.py. Where updates run beside it (PTF_FEAT_RCU), a table may
 * be older than the one that leads to it.
 *
 * Context: as ptf_gpu_lookup(), for the range. Does not sleep by itself.
 * Return: 0, -EINVAL, -ERANGE.
 */
int ptf_gpu_dump(struct ptf_gpu *gpu, u64 va, u64 last,
		 void (*write)(void *ctx, const void *data, size_t bytes), void *ctx);

#endif /* PTFORGE_GPU_H */
