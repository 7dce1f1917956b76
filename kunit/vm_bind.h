/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference driver: VM_BIND of a GPU on drm_gpuvm and ptforge, all but the
 * ioctls around it. Documentation/gpu.rst walks through it, a KUnit test drives it.
 */
#ifndef PTF_KUNIT_VM_BIND_H
#define PTF_KUNIT_VM_BIND_H

#include <drm/drm_exec.h>
#include <drm/drm_gem.h>
#include <linux/dma-fence.h>
#include <linux/workqueue.h>
#include <ptforge/gpuvm.h>

/**
 * struct bind_bo - a buffer
 * @base: the GEM object
 * @oa: by page, where it is; NULL while it is evicted
 * @place: finds a place for it again, and sets @oa
 * @user: memory of a process, which may move at any time (userptr)
 */
struct bind_bo {
	struct drm_gem_object base;
	const dma_addr_t *oa;
	int (*place)(struct bind_bo *bo);
	bool user;
};

/**
 * struct bind_vma - a mapping
 * @base: the drm_gpuva
 * @invalid: the page table lacks some of it; protected by &bind_vm.pt_lock
 * @seq: how often it became so; likewise
 */
struct bind_vma {
	struct drm_gpuva base;
	bool invalid;
	unsigned long seq;
};

/**
 * struct bind_vm - an address space of the GPU
 * @base: the drm_gpuvm
 * @pt: its page table
 * @lock: held by requests; the list of mappings is theirs
 * @pt_lock: held by who changes the page table: one updater at a time, and some are
 *	called from reclaim
 * @queue: runs one job after the other
 * @dummy: page behind sparse bindings
 * @page: bytes of a page
 * @fence_context: of the jobs' fences
 * @seqno: of the last job
 */
struct bind_vm {
	struct drm_gpuvm base;
	struct ptf_gpu pt;
	struct mutex lock;	/* of requests */
	spinlock_t pt_lock;	/* of the page table */
	struct workqueue_struct *queue;
	u64 dummy;
	u64 page;
	u64 fence_context;
	u64 seqno;
};

int bind_vm_init(struct bind_vm *vm, struct drm_device *drm, u64 size, u64 page, u64 dummy);
void bind_vm_fini(struct bind_vm *vm);
void bind_bo_init(struct bind_bo *bo, struct drm_device *drm, u64 size);
struct dma_fence *bind_map(struct bind_vm *vm, u64 va, u64 size, struct bind_bo *bo, u64 offset);
struct dma_fence *bind_unmap(struct bind_vm *vm, u64 va, u64 size);
int bind_validate(struct bind_vm *vm);
void bind_bo_evict(struct bind_bo *bo);
void bind_user_invalidate(struct bind_vm *vm, u64 va, u64 size);
void bind_dump(struct bind_vm *vm, u64 va, char *text, size_t bytes);

#endif /* PTF_KUNIT_VM_BIND_H */
