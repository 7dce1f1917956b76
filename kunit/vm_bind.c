// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reference driver, see vm_bind.h. A request has three parts:
 *
 *	in the ioctl	locks the buffers, asks drm_gpuvm what to do, reserves tables,
 *			changes the list of mappings, hands out a fence
 *	in a worker	waits for the fences that were passed in, applies all of it to
 *			the page table, then signals the fence; between handing it out
 *			and this nothing may be allocated
 *	afterwards	frees what is left
 *
 * Memory that moves takes its mappings out of the page table at once: a buffer
 * when it is evicted, memory of a process when the MMU notifier says so. Before
 * the GPU uses the address space again, bind_validate() puts them back.
 *
 * Locks, from the outermost: bind_vm.lock, mmap_lock, buffers, what reclaim and MMU
 * notifiers take, bind_vm.pt_lock.
 */
#include <linux/dma-resv.h>
#include <linux/hmm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "vm_bind.h"
#define PTF_COMPAT_DRM
#include "pt_common/compat.h"

/**
 * struct bind_job - one request on its way
 * @fence: signalled when the page table has changed
 * @fence_lock: its lock
 * @work: runs it
 * @cleanup: frees what is left
 * @vm: address space
 * @in: fences to wait for before
 * @update: of the page table
 * @ops: what drm_gpuvm made of the request; NULL if the job only restores
 * @va: first VA of what goes, if no map takes its place
 * @size: bytes of that
 * @restores: what is mapped again, each a struct bind_restore
 * @moved: what of that moved meanwhile
 */
struct bind_job {
	struct dma_fence fence;
	spinlock_t fence_lock;	/* of the fence */
	struct work_struct work;
	struct work_struct cleanup;
	struct bind_vm *vm;
	struct xarray in;
	struct ptf_gpu_update update;
	struct drm_gpuva_ops *ops;
	u64 va;
	u64 size;
	struct drm_gpuva_ops restores;
	struct list_head moved;
};

/**
 * struct bind_restore - a mapping that is mapped again
 * @op: a map of all of it
 * @vma: the mapping
 * @seq: of the notifier, when the pages were looked up
 * @pfns: pages of a process' memory
 */
struct bind_restore {
	struct drm_gpuva_op op;
	struct bind_vma *vma;
	unsigned long seq;
	unsigned long pfns[];
};

static struct bind_bo *to_bind_bo(struct drm_gem_object *obj)
{
	return container_of(obj, struct bind_bo, base);
}

static struct bind_vma *to_bind_vma(struct drm_gpuva *va)
{
	return container_of(va, struct bind_vma, base);
}

/* What only the driver knows: where memory is, and what it is for. No buffer: sparse. */
static int bind_source(void *priv, const struct drm_gpuva_op_map *map, struct ptf_source *source,
		       struct ptf_attrs *attrs)
{
	struct bind_vm *vm = priv;
	struct bind_bo *bo;

	*attrs = (struct ptf_attrs){ .flags = PTF_READ | PTF_WRITE };
	if (!map->gem.obj) {
		ptf_source_contig(source, vm->dummy, vm->page);
		return PTF_GPUVM_SPARSE;
	}
	bo = to_bind_bo(map->gem.obj);
	if (bo->vm)	/* This GPU uses physical addresses; behind an IOMMU, DMA-map the pages. */
		ptf_source_hmm(source, container_of(map, struct bind_restore, op.map)->pfns,
			       map->va.range / vm->page, NULL);
	else
		ptf_source_dma(source, bo->oa + map->gem.offset / vm->page,
			       map->va.range / vm->page, vm->page);
	return 0;
}

static const struct ptf_gpuvm_ops bind_ops = { .source = bind_source };

/* Fences */

static const char *bind_fence_name(struct dma_fence *fence)
{
	return "ptf-vm-bind";
}

static const struct dma_fence_ops bind_fence_ops = {
	.get_driver_name = bind_fence_name,
	.get_timeline_name = bind_fence_name,
};

/* @fence, of which the caller passes its reference on, comes before the job. */
static int bind_wait_for(struct bind_job *job, struct dma_fence *fence)
{
	u32 id;
	int rc;

	if (!fence)
		return 0;
	rc = xa_alloc(&job->in, &id, fence, xa_limit_32b, GFP_KERNEL);
	if (rc)
		dma_fence_put(fence);
	return rc;
}

/* Likewise what still copies a buffer, which is locked, to where it is now */
static int bind_wait_for_move(struct bind_job *job, struct bind_bo *bo)
{
	struct dma_fence *fence;

	return dma_resv_get_singleton(bo->base.resv, DMA_RESV_USAGE_KERNEL, &fence) ?:
	       bind_wait_for(job, fence);
}

/* In the worker */

/* What moved again since the job was made stays out: its pages are not the right ones. */
static int bind_restore(struct bind_job *job)
{
	struct bind_restore *r, *next;
	struct bind_bo *bo;
	int rc;

	list_for_each_entry_safe(r, next, &job->restores.list, op.entry) {
		bo = to_bind_bo(r->op.map.gem.obj);
		if (bo->vm && mmu_interval_read_retry(&bo->notifier, r->seq))
			list_move(&r->op.entry, &job->moved);
	}
	rc = ptf_gpuvm_apply_ops(&job->update, &job->restores, &bind_ops, job->vm);
	if (rc)
		return rc;
	list_for_each_entry(r, &job->restores.list, op.entry)
		r->vma->invalid = false;
	return list_empty(&job->moved) ? 0 : -EAGAIN;
}

/* The mapping that an operation takes away; NULL if none */
static struct bind_vma *bind_old_vma(const struct drm_gpuva_op *op)
{
	switch (op->op) {
	case DRM_GPUVA_OP_UNMAP:
		return to_bind_vma(op->unmap.va);
	case DRM_GPUVA_OP_REMAP:
		return to_bind_vma(op->remap.unmap->va);
	default:
		return NULL;
	}
}

static void bind_run(struct work_struct *work)
{
	struct bind_job *job = container_of(work, struct bind_job, work);
	struct bind_vm *vm = job->vm;
	bool cookie = dma_fence_begin_signalling();
	struct drm_gpuva_op *op;
	struct dma_fence *in;
	unsigned long i;
	int rc = 0;

	/*
	 * The queue is ordered, so jobs after this one wait too; no lock is held, so nobody
	 * else does. An error of a fence is not ours: drm_gpuvm's list has changed, and the
	 * page table has to follow.
	 */
	xa_for_each(&job->in, i, in)
		dma_fence_wait(in, false);

	spin_lock(&vm->pt_lock);
	vm->ran = job->fence.seqno;
	if (job->size)
		rc = ptf_gpu_unmap(&job->update, job->va, job->size);
	else if (job->ops)
		rc = ptf_gpuvm_apply_ops(&job->update, job->ops, &bind_ops, vm);
	else
		rc = bind_restore(job);
	ptf_gpu_finish(&job->update);
	if (job->ops)
		drm_gpuva_for_each_op(op, job->ops)
			if (bind_old_vma(op))
				list_del_init(&bind_old_vma(op)->user);
	spin_unlock(&vm->pt_lock);
	if (rc)
		dma_fence_set_error(&job->fence, rc);
	dma_fence_signal(&job->fence);
	dma_fence_end_signalling(cookie);
	queue_work(vm->cleanup, &job->cleanup);
}

/* Afterwards */

static void bind_job_clear(struct bind_job *job)
{
	struct bind_restore *r, *next;
	struct dma_fence *in;
	unsigned long i;

	if (job->ops)
		drm_gpuva_ops_free(&job->vm->base, job->ops);
	list_splice(&job->moved, &job->restores.list);
	list_for_each_entry_safe(r, next, &job->restores.list, op.entry)
		kvfree(r);
	xa_for_each(&job->in, i, in)
		dma_fence_put(in);
	xa_destroy(&job->in);
}

/*
 * The last reference to a buffer may go here, and with it a notifier: that waits for other
 * notifiers of the process, which may wait for fences. So the queue does not wait for it.
 */
static void bind_cleanup(struct work_struct *work)
{
	struct bind_job *job = container_of(work, struct bind_job, cleanup);
	struct drm_gpuva_op *op;
	struct bind_vma *vma;

	if (job->ops) {
		drm_gpuva_for_each_op(op, job->ops) {
			vma = bind_old_vma(op);
			if (vma && vma->base.gem.obj)
				drm_gem_object_put(vma->base.gem.obj);
			kfree(vma);
		}
	}
	bind_job_clear(job);
	dma_fence_put(&job->fence);
}

/* A job that was not queued */
static void bind_job_drop(struct bind_job *job)
{
	ptf_gpu_finish(&job->update);
	bind_job_clear(job);
	kfree(job);
}

static struct bind_job *bind_job_alloc(struct bind_vm *vm)
{
	struct bind_job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	if (!job)
		return NULL;
	job->vm = vm;
	INIT_WORK(&job->work, bind_run);
	INIT_WORK(&job->cleanup, bind_cleanup);
	INIT_LIST_HEAD(&job->restores.list);
	INIT_LIST_HEAD(&job->moved);
	xa_init_flags(&job->in, XA_FLAGS_ALLOC);
	spin_lock_init(&job->fence_lock);
	ptf_gpu_update_init(&job->update, &vm->pt);
	return job;
}

/* From here on nothing fails: the fence is out. Buffers are locked. */
static struct dma_fence *bind_queue(struct bind_job *job, struct drm_exec *exec)
{
	struct bind_vm *vm = job->vm;

	dma_fence_init(&job->fence, &bind_fence_ops, &job->fence_lock, vm->fence_context,
		       ++vm->seqno);
	drm_gpuvm_resv_add_fence(&vm->base, exec, &job->fence, DMA_RESV_USAGE_BOOKKEEP,
				 DMA_RESV_USAGE_BOOKKEEP);
	dma_fence_get(&job->fence);
	queue_work(vm->queue, &job->work);
	return &job->fence;
}

/* In the ioctl */

/* Lock the address space, all that is mapped in it, and @bo. */
static int bind_lock(struct bind_vm *vm, struct drm_exec *exec, struct bind_bo *bo)
{
	int rc = 0;

	drm_exec_init(exec, DRM_EXEC_IGNORE_DUPLICATES, 0);
	drm_exec_until_all_locked(exec) {
		rc = drm_gpuvm_prepare_vm(&vm->base, exec, 1);
		drm_exec_retry_on_contention(exec);
		rc = rc ?: drm_gpuvm_prepare_objects(&vm->base, exec, 1);
		drm_exec_retry_on_contention(exec);
		if (bo)
			rc = rc ?: drm_exec_prepare_obj(exec, &bo->base, 1);
		drm_exec_retry_on_contention(exec);
		if (rc)
			break;
	}
	/* What was evicted is placed; bind_validate() maps it. */
	rc = rc ?: drm_gpuvm_validate(&vm->base, exec);
	if (!rc && bo && !bo->vm && !bo->oa)
		rc = bo->place(bo);
	return rc;
}

/* The mappings that a list of operations makes, before anything is changed */
struct bind_new {
	struct bind_vma *vma[3];
	unsigned int vmas;
	struct drm_gpuvm_bo *vm_bo;
};

static void bind_new_free(struct bind_new *new)
{
	while (new->vmas)
		kfree(new->vma[--new->vmas]);
	if (new->vm_bo)
		drm_gpuvm_bo_put(new->vm_bo);
}

/* A map, and what stays before and after what goes */
static int bind_new_alloc(struct bind_new *new, struct bind_vm *vm, struct bind_bo *bo)
{
	while (new->vmas < ARRAY_SIZE(new->vma)) {
		new->vma[new->vmas] = kzalloc(sizeof(*new->vma[0]), GFP_KERNEL);
		if (!new->vma[new->vmas])
			return -ENOMEM;
		new->vmas++;
	}
	if (!bo)
		return 0;
	new->vm_bo = ptf_compat_bo_obtain(&vm->base, &bo->base);
	if (!IS_ERR(new->vm_bo))
		return 0;
	new->vm_bo = NULL;
	return -ENOMEM;
}

/* Context: pt_lock is held until the mapping has its VA, for the notifier */
static struct drm_gpuva *bind_new_vma(struct bind_vm *vm, struct bind_new *new,
				      struct drm_gem_object *obj, bool invalid)
{
	struct bind_vma *vma = new->vma[--new->vmas];

	vma->invalid = invalid;
	vma->seqno = vm->seqno + 1;
	INIT_LIST_HEAD(&vma->user);
	if (obj) {
		drm_gem_object_get(obj);
		if (to_bind_bo(obj)->vm)
			list_add(&vma->user, &to_bind_bo(obj)->vmas);
	}
	return &vma->base;
}

static void bind_replace(struct bind_vm *vm, struct drm_gpuva_op_remap *remap,
			 struct bind_new *new)
{
	struct drm_gpuva *old = remap->unmap->va, *piece[2] = {};
	bool invalid;
	unsigned int i;

	spin_lock(&vm->pt_lock);
	invalid = to_bind_vma(old)->invalid;
	if (remap->prev)
		piece[0] = bind_new_vma(vm, new, old->gem.obj, invalid);
	if (remap->next)
		piece[1] = bind_new_vma(vm, new, old->gem.obj, invalid);
	drm_gpuva_remap(piece[0], piece[1], remap);
	spin_unlock(&vm->pt_lock);
	if (!old->gem.obj)
		return;
	for (i = 0; i < 2; i++)
		if (piece[i])
			drm_gpuva_link(piece[i], old->vm_bo);
	drm_gpuva_unlink(old);
}

/* drm_gpuvm's list of mappings follows. Old ones go with the job. */
static void bind_commit(struct bind_vm *vm, struct drm_gpuva_ops *ops, struct bind_new *new,
			struct bind_bo *bo)
{
	struct drm_gpuva_op *op;
	struct drm_gpuva *va;

	drm_gpuva_for_each_op(op, ops) {
		switch (op->op) {
		case DRM_GPUVA_OP_MAP:
			spin_lock(&vm->pt_lock);
			va = bind_new_vma(vm, new, op->map.gem.obj, bo && bo->vm);
			drm_gpuva_map(&vm->base, va, &op->map);
			spin_unlock(&vm->pt_lock);
			if (bo)
				drm_gpuva_link(va, new->vm_bo);
			break;
		case DRM_GPUVA_OP_REMAP:
			bind_replace(vm, &op->remap, new);
			break;
		case DRM_GPUVA_OP_UNMAP:
			va = op->unmap.va;
			drm_gpuva_unmap(&op->unmap);
			if (va->gem.obj)
				drm_gpuva_unlink(va);
			break;
		default:
			break;
		}
	}
	if (new->vm_bo)
		drm_gpuvm_bo_extobj_add(new->vm_bo);
}

/* The ioctl, with its arguments checked and looked up. Returns a fence to put, or an error. */
struct dma_fence *vm_bind(struct bind_vm *vm, const struct bind_args *args)
{
	struct bind_bo *bo = args->unmap ? NULL : args->bo;
	struct drm_gem_object *obj = bo ? &bo->base : NULL;
	struct dma_fence *fence = NULL;
	struct bind_new new = {};
	struct bind_job *job;
	struct drm_exec exec;
	unsigned int i;
	int rc = 0;

	if (bo && ((bo->vm && bo->vm != vm) || args->offset % vm->page ||
		   args->size > obj->size || args->offset > obj->size - args->size))
		return ERR_PTR(-EINVAL);
	job = bind_job_alloc(vm);
	if (!job)
		return ERR_PTR(-ENOMEM);
	for (i = 0; !rc && i < args->ins; i++)
		rc = bind_wait_for(job, dma_fence_get(args->in[i]));
	if (rc) {
		bind_job_drop(job);
		return ERR_PTR(rc);
	}

	mutex_lock(&vm->lock);
	rc = bind_lock(vm, &exec, bo) ?: bind_new_alloc(&new, vm, bo);
	if (!rc && bo)
		rc = bind_wait_for_move(job, bo);
	if (rc)
		goto unlock;
	job->ops = args->unmap ?
		drm_gpuvm_sm_unmap_ops_create(&vm->base, args->va, args->size) :
		ptf_compat_sm_map_ops_create(&vm->base, args->va, args->size, obj, args->offset);
	if (IS_ERR(job->ops)) {
		rc = PTR_ERR(job->ops);
		job->ops = NULL;
		goto unlock;
	}
	/* Memory of a process is mapped when it is needed: see bind_validate(). */
	if (args->unmap || (bo && bo->vm)) {
		job->va = args->va;
		job->size = args->size;
		rc = ptf_gpu_reserve_unmap(&job->update, job->va, job->size, GFP_KERNEL);
	} else {
		rc = ptf_gpuvm_reserve_ops(&job->update, job->ops, &bind_ops, vm, GFP_KERNEL);
	}
	if (!rc) {
		bind_commit(vm, job->ops, &new, bo);
		fence = bind_queue(job, &exec);
	}
unlock:
	bind_new_free(&new);
	drm_exec_fini(&exec);
	mutex_unlock(&vm->lock);
	if (rc)
		bind_job_drop(job);
	return rc ? ERR_PTR(rc) : fence;
}

/* Memory that moves */

/* What of a mapping shows its buffer's bytes [first, last] leaves the page table. */
static void bind_zap(struct bind_vm *vm, struct bind_vma *vma, u64 first, u64 last)
{
	u64 start = vma->base.gem.offset, va, size;
	struct ptf_gpu_update update;

	lockdep_assert_held(&vm->pt_lock);
	/* A leaf goes as a whole, so that other mappings of the buffer may lose some too. */
	vma->invalid = true;
	/* Until its job has run, what is in the page table there is another mapping's. */
	if (vma->seqno > vm->ran)
		return;
	first = max(first, start);
	last = min(last, start + vma->base.va.range - 1);
	if (first > last)
		return;
	va = vma->base.va.addr + first - start;
	size = last - first + 1;
	ptf_gpu_update_init(&update, &vm->pt);
	ptf_gpu_zap(&update, &va, &size);
	ptf_gpu_finish(&update);
}

/*
 * The MMU notifier: memory of a process is about to go. Called from reclaim among
 * others, so it allocates nothing; and it takes nothing but a spinlock, so it also serves
 * callers that may not sleep. This GPU faults on what is missing. For one that cannot, such
 * callers are sent away first of all (mmu_notifier_range_blockable()), and for the others
 * the jobs of the GPU are waited for, whose fences are in the address space's dma_resv.
 */
static bool bind_user_invalidate(struct mmu_interval_notifier *notifier,
				 const struct mmu_notifier_range *range, unsigned long seq)
{
	struct bind_bo *bo = container_of(notifier, struct bind_bo, notifier);
	unsigned long start = notifier->interval_tree.start;
	struct bind_vma *vma;

	spin_lock(&bo->vm->pt_lock);
	mmu_interval_set_seq(notifier, seq);
	list_for_each_entry(vma, &bo->vmas, user)
		bind_zap(bo->vm, vma, max(range->start, start) - start, range->end - 1 - start);
	spin_unlock(&bo->vm->pt_lock);
	return true;
}

static const struct mmu_interval_notifier_ops bind_user_ops = {
	.invalidate = bind_user_invalidate,
};

/*
 * Pages of a process' memory, as they are now; they are not pinned. -EFAULT if there is
 * no memory (any more), -EPERM if it may not be written.
 * Context: no buffer is locked.
 */
static int bind_user_pages(struct bind_restore *r)
{
	struct drm_gpuva *base = &r->vma->base;
	struct mmu_interval_notifier *notifier = &to_bind_bo(base->gem.obj)->notifier;
	unsigned long give_up = jiffies + msecs_to_jiffies(HMM_RANGE_DEFAULT_TIMEOUT);
	struct hmm_range range = {
		.notifier = notifier,
		.start = notifier->interval_tree.start + base->gem.offset,
		.hmm_pfns = r->pfns,
		.default_flags = HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE,
	};
	int rc;

	if (!mmget_not_zero(notifier->mm))
		return -EFAULT;
	range.end = range.start + base->va.range;
	do {
		range.notifier_seq = mmu_interval_read_begin(notifier);
		mmap_read_lock(notifier->mm);
		rc = hmm_range_fault(&range);
		mmap_read_unlock(notifier->mm);
	} while (rc == -EBUSY && time_before(jiffies, give_up));
	mmput(notifier->mm);
	r->seq = range.notifier_seq;
	return rc;
}

/* A buffer's memory is needed for something else. */
void bind_bo_evict(struct bind_bo *bo)
{
	struct drm_gpuvm_bo *vm_bo;
	struct drm_gpuva *base;
	struct bind_vm *vm;

	dma_resv_lock(bo->base.resv, NULL);
	/* Jobs that map it, and those of the GPU that use it */
	dma_resv_wait_timeout(bo->base.resv, DMA_RESV_USAGE_BOOKKEEP, false, MAX_SCHEDULE_TIMEOUT);
	drm_gem_for_each_gpuvm_bo(vm_bo, &bo->base) {
		vm = container_of(vm_bo->vm, struct bind_vm, base);
		spin_lock(&vm->pt_lock);
		drm_gpuvm_bo_for_each_va(base, vm_bo)
			bind_zap(vm, to_bind_vma(base), 0, ~0ULL);
		spin_unlock(&vm->pt_lock);
		drm_gpuvm_bo_evict(vm_bo, true);
	}
	bo->oa = NULL;
	dma_resv_unlock(bo->base.resv);
}

/* drm_gpuvm_validate() found a buffer that was evicted. */
static int bind_vm_bo_validate(struct drm_gpuvm_bo *vm_bo, struct drm_exec *exec)
{
	struct bind_bo *bo = to_bind_bo(vm_bo->obj);
	int rc = bo->oa ? 0 : bo->place(bo);

	if (!rc)
		drm_gpuvm_bo_evict(vm_bo, false);
	return rc;
}

static int bind_restore_add(struct bind_job *job, struct bind_vma *vma)
{
	struct bind_bo *bo = to_bind_bo(vma->base.gem.obj);
	struct bind_restore *r;

	r = kvzalloc(struct_size(r, pfns, bo->vm ? vma->base.va.range / PAGE_SIZE : 0),
		     GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	r->vma = vma;
	r->op.op = DRM_GPUVA_OP_MAP;
	r->op.map.va.addr = vma->base.va.addr;
	r->op.map.va.range = vma->base.va.range;
	r->op.map.gem.obj = vma->base.gem.obj;
	r->op.map.gem.offset = vma->base.gem.offset;
	list_add_tail(&r->op.entry, &job->restores.list);
	return bo->vm ? bind_user_pages(r) : bind_wait_for_move(job, bo);
}

/* All mappings, of memory of a process or of other buffers, that the page table lacks */
static int bind_collect(struct bind_job *job, bool user)
{
	struct drm_gpuva *base;
	int rc;

	drm_gpuvm_for_each_va(base, &job->vm->base) {
		if (!READ_ONCE(to_bind_vma(base)->invalid) ||
		    user != !!to_bind_bo(base->gem.obj)->vm)
			continue;
		rc = bind_restore_add(job, to_bind_vma(base));
		if (rc)
			return rc;
	}
	return 0;
}

/*
 * Put back what moved, before the GPU uses the address space. Returns 0 or an error:
 * -EFAULT if a process unmapped memory that is mapped here; all that was missing stays out.
 */
int bind_validate(struct bind_vm *vm)
{
	struct dma_fence *fence;
	struct bind_job *job;
	struct drm_exec exec;
	int rc;

	do {
		fence = NULL;
		job = bind_job_alloc(vm);
		if (!job)
			return -ENOMEM;
		mutex_lock(&vm->lock);
		rc = bind_collect(job, true);
		if (!rc) {
			rc = bind_lock(vm, &exec, NULL) ?: bind_collect(job, false) ?:
			     ptf_gpuvm_reserve_ops(&job->update, &job->restores, &bind_ops, vm,
						   GFP_KERNEL);
			if (!rc && !list_empty(&job->restores.list))
				fence = bind_queue(job, &exec);
			drm_exec_fini(&exec);
		}
		mutex_unlock(&vm->lock);
		if (!fence) {
			bind_job_drop(job);
			return rc;
		}
		dma_fence_wait(fence, false);
		rc = fence->error;
		dma_fence_put(fence);
	} while (rc == -EAGAIN);
	return rc;
}

/* Faults */

struct bind_text {
	char *text;
	size_t bytes;
	size_t used;
};

static int bind_dump_leaf(void *ctx, const struct ptf_mapping *m)
{
	struct bind_text *t = ctx;

	t->used += scnprintf(t->text + t->used, t->bytes - t->used,
			     "  VA %llx OA %llx size 2^%u entry %llx%s\n", m->va, m->oa,
			     m->size_lg2, m->entry, m->attrs.flags & PTF_WRITE ? " W" : "");
	return t->used + 1 < t->bytes ? 0 : -ENOSPC;
}

/* What a fault at @va met: each table on the way, and what is mapped nearby */
void bind_dump(struct bind_vm *vm, u64 va, char *text, size_t bytes)
{
	static const char *const kinds[] = { "empty", "table", "leaf", "null" };
	struct bind_text t = { .text = text, .bytes = bytes };
	u64 near = 8 * vm->page, last;
	struct ptf_path path;
	unsigned int i;

	spin_lock(&vm->pt_lock);
	ptf_gpu_path(&vm->pt, va, &path);
	t.used = scnprintf(text, bytes, "fault at VA %llx\n", va);
	for (i = 0; i < path.steps; i++)
		t.used += scnprintf(text + t.used, bytes - t.used,
				    "level %u table %llx[%u] = %llx %s\n", path.step[i].level,
				    path.step[i].table, path.step[i].index, path.step[i].entry,
				    kinds[path.step[i].kind]);
	va -= va % vm->page;
	last = va > vm->pt.pt.va_last - near ? vm->pt.pt.va_last : va + near - 1;
	ptf_gpu_for_each(&vm->pt, va - min(va, near), last, bind_dump_leaf, &t);
	spin_unlock(&vm->pt_lock);
}

/* Setup */

static void bind_bo_free(struct drm_gem_object *obj)
{
	if (to_bind_bo(obj)->vm)
		mmu_interval_notifier_remove(&to_bind_bo(obj)->notifier);
	drm_gem_object_release(obj);
}

static const struct drm_gem_object_funcs bind_bo_funcs = { .free = bind_bo_free };

/* @bo is part of what the caller frees after the last reference. */
void bind_bo_init(struct bind_bo *bo, struct drm_device *drm, u64 size)
{
	bo->base.funcs = &bind_bo_funcs;
	drm_gem_private_object_init(drm, &bo->base, size);
}

/* Likewise for memory of the calling process, for mappings in @vm alone */
int bind_user_init(struct bind_bo *bo, struct bind_vm *vm, unsigned long start, u64 size)
{
	int rc;

	/* Pages of the CPU are what can be mapped. */
	if (vm->page != PAGE_SIZE || offset_in_page(start | size))
		return -EINVAL;
	bo->vm = vm;
	INIT_LIST_HEAD(&bo->vmas);
	rc = mmu_interval_notifier_insert(&bo->notifier, current->mm, start, size, &bind_user_ops);
	if (!rc)
		bind_bo_init(bo, vm->base.drm, size);
	return rc;
}

static void bind_vm_free(struct drm_gpuvm *vm)
{
}

static const struct drm_gpuvm_ops bind_vm_ops = {
	.vm_free = bind_vm_free,
	.vm_bo_validate = bind_vm_bo_validate,
};

/* vm->pt is there already: ptf_gpu_<format>_init() */
int bind_vm_init(struct bind_vm *vm, struct drm_device *drm, u64 size, u64 page, u64 dummy)
{
	struct drm_gem_object *root = drm_gpuvm_resv_object_alloc(drm);

	if (!root)
		return -ENOMEM;
	vm->queue = alloc_ordered_workqueue("ptf-vm-bind", WQ_MEM_RECLAIM);
	vm->cleanup = alloc_workqueue("ptf-vm-cleanup", WQ_UNBOUND, 0);
	if (!vm->queue || !vm->cleanup) {
		if (vm->queue)
			destroy_workqueue(vm->queue);
		if (vm->cleanup)
			destroy_workqueue(vm->cleanup);
		drm_gem_object_put(root);
		return -ENOMEM;
	}
	vm->page = page;
	vm->dummy = dummy;
	vm->fence_context = dma_fence_context_alloc(1);
	mutex_init(&vm->lock);
	spin_lock_init(&vm->pt_lock);
	drm_gpuvm_init(&vm->base, "ptf-vm-bind", 0, drm, root, 0, size, 0, 0, &bind_vm_ops);
	drm_gem_object_put(root);
	return 0;
}

/* All is unmapped. */
void bind_vm_fini(struct bind_vm *vm)
{
	destroy_workqueue(vm->queue);
	destroy_workqueue(vm->cleanup);
	drm_gpuvm_put(&vm->base);
	mutex_destroy(&vm->lock);
}
