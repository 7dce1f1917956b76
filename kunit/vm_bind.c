// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reference driver, see vm_bind.h. A request has three parts:
 *
 *	in the ioctl	locks the buffers, asks drm_gpuvm what to do, reserves tables,
 *			changes the list of mappings, hands out a fence
 *	in a worker	applies all of it to the page table, then signals the fence;
 *			between these two nothing may be allocated
 *	afterwards	frees what is left
 *
 * Memory that moves takes its mappings out of the page table at once: a buffer
 * when it is evicted, memory of a process when the MMU notifier says so. Before
 * the GPU uses the address space again, bind_validate() puts them back.
 */
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include "vm_bind.h"
#define PTF_COMPAT_DRM
#include "pt_common/compat.h"

/**
 * struct bind_job - one request on its way
 * @fence: signalled when the page table has changed
 * @fence_lock: its lock
 * @work: runs it
 * @vm: address space
 * @update: of the page table
 * @ops: what drm_gpuvm made of the request; NULL if the job only restores
 * @va: first VA of what goes, if no map takes its place
 * @size: bytes of that
 * @restores: length of @restore
 * @restore: what is mapped again
 */
struct bind_job {
	struct dma_fence fence;
	spinlock_t fence_lock;	/* of the fence */
	struct work_struct work;
	struct bind_vm *vm;
	struct ptf_gpu_update update;
	struct drm_gpuva_ops *ops;
	u64 va;
	u64 size;
	unsigned int restores;
	struct bind_restore {
		struct drm_gpuva_op op;
		struct bind_vma *vma;
		unsigned long seq;
	} restore[];
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

	*attrs = (struct ptf_attrs){ .flags = PTF_READ | PTF_WRITE };
	if (!map->gem.obj) {
		ptf_source_contig(source, vm->dummy, vm->page);
		return PTF_GPUVM_SPARSE;
	}
	ptf_source_dma(source, to_bind_bo(map->gem.obj)->oa + map->gem.offset / vm->page,
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

/* In the worker */

/* What moved again since the job was made stays out: its pages are not the right ones. */
static int bind_restore(struct bind_job *job)
{
	struct drm_gpuva_ops list = { .list = LIST_HEAD_INIT(list.list) };
	struct bind_restore *r;
	int rc;

	for (r = job->restore; r < job->restore + job->restores; r++)
		if (r->seq == r->vma->seq)
			list_add_tail(&r->op.entry, &list.list);
	rc = ptf_gpuvm_apply_ops(&job->update, &list, &bind_ops, job->vm);
	if (rc)
		return rc;
	for (r = job->restore; r < job->restore + job->restores; r++) {
		if (r->seq == r->vma->seq)
			r->vma->invalid = false;
		else
			rc = -EAGAIN;
	}
	return rc;
}

static void bind_run(struct work_struct *work)
{
	struct bind_job *job = container_of(work, struct bind_job, work);
	struct bind_vm *vm = job->vm;
	bool cookie = dma_fence_begin_signalling();
	struct drm_gpuva_op *op;
	int rc = 0;

	spin_lock(&vm->pt_lock);
	if (job->size)
		rc = ptf_gpu_unmap(&job->update, job->va, job->size);
	else if (job->ops)
		rc = ptf_gpuvm_apply_ops(&job->update, job->ops, &bind_ops, vm);
	else
		rc = bind_restore(job);
	ptf_gpu_finish(&job->update);
	spin_unlock(&vm->pt_lock);
	if (rc)
		dma_fence_set_error(&job->fence, rc);
	dma_fence_signal(&job->fence);
	dma_fence_end_signalling(cookie);

	if (job->ops) {
		/* The mappings that the request took away */
		drm_gpuva_for_each_op(op, job->ops) {
			if (op->op == DRM_GPUVA_OP_UNMAP)
				kfree(to_bind_vma(op->unmap.va));
			else if (op->op == DRM_GPUVA_OP_REMAP)
				kfree(to_bind_vma(op->remap.unmap->va));
		}
		drm_gpuva_ops_free(&vm->base, job->ops);
	}
	dma_fence_put(&job->fence);
}

static struct bind_job *bind_job_alloc(struct bind_vm *vm, unsigned int restores)
{
	struct bind_job *job = kzalloc(struct_size(job, restore, restores), GFP_KERNEL);

	if (!job)
		return NULL;
	job->vm = vm;
	INIT_WORK(&job->work, bind_run);
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
	if (!rc && bo && !bo->oa)
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

static struct drm_gpuva *bind_new_vma(struct bind_new *new, const struct bind_vma *like)
{
	struct bind_vma *vma = new->vma[--new->vmas];

	if (like)
		vma->invalid = like->invalid;
	return &vma->base;
}

/* Whatever of a mapping is in [va, last] leaves the page table. Context: reclaim. */
static void bind_zap(struct bind_vm *vm, struct bind_vma *vma, u64 va, u64 last)
{
	struct drm_gpuva *base = &vma->base;
	struct ptf_gpu_update update;
	u64 size;

	lockdep_assert_held(&vm->pt_lock);
	va = max(va, base->va.addr);
	size = min(last, base->va.addr + base->va.range - 1) - va + 1;
	ptf_gpu_update_init(&update, &vm->pt);
	/* A large leaf goes as a whole, and is part of this mapping like all of it. */
	ptf_gpu_zap(&update, &va, &size);
	ptf_gpu_finish(&update);
	vma->invalid = true;
	vma->seq++;
}

/*
 * The notifier will not find a mapping of a process' memory that has left drm_gpuvm's
 * list, so it leaves the page table now, rather than when the job runs.
 */
static void bind_forget(struct bind_vm *vm, struct drm_gpuva *old)
{
	if (old->gem.obj && to_bind_bo(old->gem.obj)->user)
		bind_zap(vm, to_bind_vma(old), 0, ~0ULL);
}

static void bind_replace(struct bind_vm *vm, struct drm_gpuva_op_remap *remap,
			 struct bind_new *new)
{
	struct drm_gpuva *old = remap->unmap->va, *piece[2] = {};
	unsigned int i;

	spin_lock(&vm->pt_lock);
	bind_forget(vm, old);
	if (remap->prev)
		piece[0] = bind_new_vma(new, to_bind_vma(old));
	if (remap->next)
		piece[1] = bind_new_vma(new, to_bind_vma(old));
	drm_gpuva_remap(piece[0], piece[1], remap);
	spin_unlock(&vm->pt_lock);
	if (!old->gem.obj)
		return;
	for (i = 0; i < 2; i++)
		if (piece[i])
			drm_gpuva_link(piece[i], old->vm_bo);
	drm_gpuva_unlink(old);
}

/* drm_gpuvm's list of mappings follows; notifiers look at it too. Old ones go with the job. */
static void bind_commit(struct bind_vm *vm, struct drm_gpuva_ops *ops, struct bind_new *new,
			struct bind_bo *bo)
{
	struct drm_gpuva_op *op;
	struct drm_gpuva *va;

	drm_gpuva_for_each_op(op, ops) {
		switch (op->op) {
		case DRM_GPUVA_OP_MAP:
			va = bind_new_vma(new, NULL);
			to_bind_vma(va)->invalid = bo && bo->user;
			spin_lock(&vm->pt_lock);
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
			spin_lock(&vm->pt_lock);
			bind_forget(vm, va);
			drm_gpuva_unmap(&op->unmap);
			spin_unlock(&vm->pt_lock);
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

static struct dma_fence *bind_request(struct bind_vm *vm, u64 va, u64 size, struct bind_bo *bo,
				      u64 offset, bool map)
{
	struct drm_gem_object *obj = bo ? &bo->base : NULL;
	struct dma_fence *fence = ERR_PTR(-ENOMEM);
	struct bind_job *job = bind_job_alloc(vm, 0);
	struct bind_new new = {};
	struct drm_exec exec;
	int rc;

	if (!job)
		return fence;
	mutex_lock(&vm->lock);
	rc = bind_lock(vm, &exec, bo) ?: bind_new_alloc(&new, vm, bo);
	if (rc)
		goto undo;
	job->ops = map ? ptf_compat_sm_map_ops_create(&vm->base, va, size, obj, offset) :
			 drm_gpuvm_sm_unmap_ops_create(&vm->base, va, size);
	if (IS_ERR(job->ops)) {
		rc = PTR_ERR(job->ops);
		job->ops = NULL;
		goto undo;
	}
	/* Memory of a process is mapped when it is needed: see bind_validate(). */
	if (!map || (bo && bo->user)) {
		job->va = va;
		job->size = size;
		rc = ptf_gpu_reserve_unmap(&job->update, va, size, GFP_KERNEL);
	} else {
		rc = ptf_gpuvm_reserve_ops(&job->update, job->ops, &bind_ops, vm, GFP_KERNEL);
	}
	if (rc)
		goto undo;
	bind_commit(vm, job->ops, &new, bo);
	fence = bind_queue(job, &exec);
	goto unlock;

undo:
	ptf_gpu_finish(&job->update);
	if (job->ops)
		drm_gpuva_ops_free(&vm->base, job->ops);
	kfree(job);
	fence = ERR_PTR(rc);
unlock:
	bind_new_free(&new);
	drm_exec_fini(&exec);
	mutex_unlock(&vm->lock);
	return fence;
}

/* Map @bo from @offset on, or without @bo sparsely; returns a fence to put, or an error. */
struct dma_fence *bind_map(struct bind_vm *vm, u64 va, u64 size, struct bind_bo *bo, u64 offset)
{
	return bind_request(vm, va, size, bo, offset, true);
}

struct dma_fence *bind_unmap(struct bind_vm *vm, u64 va, u64 size)
{
	return bind_request(vm, va, size, NULL, 0, false);
}

/* Memory that moves */

/*
 * The invalidate op of an mmu_interval_notifier: memory of a process is about to go.
 * It may not wait for a fence that waits for reclaim, nor allocate.
 */
void bind_user_invalidate(struct bind_vm *vm, u64 va, u64 size)
{
	struct drm_gpuva *base;

	spin_lock(&vm->pt_lock);
	drm_gpuvm_for_each_va_range(base, &vm->base, va, va + size)
		if (base->gem.obj && to_bind_bo(base->gem.obj)->user)
			bind_zap(vm, to_bind_vma(base), va, va + size - 1);
	spin_unlock(&vm->pt_lock);
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
		vm_bo->evicted = false;
	return rc;
}

/* All mappings that are not in the page table, in a job; NULL if there are none */
static struct bind_job *bind_collect(struct bind_vm *vm)
{
	struct bind_restore *r;
	struct drm_gpuva *base;
	struct bind_job *job;
	unsigned int n = 0;

	drm_gpuvm_for_each_va(base, &vm->base)
		n += READ_ONCE(to_bind_vma(base)->invalid);
	if (!n)
		return NULL;
	job = bind_job_alloc(vm, n);
	if (!job)
		return ERR_PTR(-ENOMEM);
	spin_lock(&vm->pt_lock);
	drm_gpuvm_for_each_va(base, &vm->base) {
		if (!to_bind_vma(base)->invalid || job->restores == n)
			continue;
		r = &job->restore[job->restores++];
		r->vma = to_bind_vma(base);
		r->seq = r->vma->seq;
		r->op.op = DRM_GPUVA_OP_MAP;
		r->op.map.va.addr = base->va.addr;
		r->op.map.va.range = base->va.range;
		r->op.map.gem.obj = base->gem.obj;
		r->op.map.gem.offset = base->gem.offset;
	}
	spin_unlock(&vm->pt_lock);
	return job;
}

/* Put back what moved, before the GPU uses the address space. Returns 0 or an error. */
int bind_validate(struct bind_vm *vm)
{
	struct dma_fence *fence;
	struct bind_job *job;
	struct drm_exec exec;
	unsigned int i;
	int rc;

	do {
		fence = NULL;
		job = NULL;
		mutex_lock(&vm->lock);
		rc = bind_lock(vm, &exec, NULL);
		if (!rc)
			job = bind_collect(vm);
		if (IS_ERR(job))
			rc = PTR_ERR(job);
		for (i = 0; !rc && job && i < job->restores; i++) {
			struct drm_gpuva_ops list = { .list = LIST_HEAD_INIT(list.list) };

			list_add(&job->restore[i].op.entry, &list.list);
			rc = ptf_gpuvm_reserve_ops(&job->update, &list, &bind_ops, vm, GFP_KERNEL);
		}
		if (!rc && job) {
			fence = bind_queue(job, &exec);
		} else if (!IS_ERR_OR_NULL(job)) {
			ptf_gpu_finish(&job->update);
			kfree(job);
		}
		drm_exec_fini(&exec);
		mutex_unlock(&vm->lock);
		if (fence) {
			dma_fence_wait(fence, false);
			rc = fence->error;
			dma_fence_put(fence);
		}
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
	u64 near = 8 * vm->page;
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
	va -= min(va, near) + va % vm->page;
	ptf_gpu_for_each(&vm->pt, va, va + 2 * near - 1, bind_dump_leaf, &t);
	spin_unlock(&vm->pt_lock);
}

/* Setup */

static void bind_bo_free(struct drm_gem_object *obj)
{
	drm_gem_object_release(obj);
}

static const struct drm_gem_object_funcs bind_bo_funcs = { .free = bind_bo_free };

/* @bo is part of what the caller frees after the last reference. */
void bind_bo_init(struct bind_bo *bo, struct drm_device *drm, u64 size)
{
	bo->base.funcs = &bind_bo_funcs;
	drm_gem_private_object_init(drm, &bo->base, size);
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
	if (!vm->queue) {
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
	drm_gpuvm_put(&vm->base);
	mutex_destroy(&vm->lock);
}
