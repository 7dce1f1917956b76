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
#include <linux/mmu_notifier.h>
#include <linux/workqueue.h>
#include <ptforge/gpuvm.h>

#if !IS_ENABLED(CONFIG_HMM_MIRROR)
#error The tests of the GPU front end need a kernel with CONFIG_HMM_MIRROR, or CONFIG_PTF_KUNIT=n
#endif

/**
 * struct bind_bo - a buffer
 * @base: the GEM object
 * @oa: by page, where it is; NULL while it is evicted
 * @place: finds a place for it again, and sets @oa
 * @vm: for memory of a process, which may move at any time (userptr): the one address
 *	space that maps it, which outlives it; NULL for all others
 * @notifier: of memory of a process: says that it moves
 * @vmas: of memory of a process: the mappings that the page table may have, which are
 *	more than drm_gpuvm has until jobs have run; protected by &bind_vm.pt_lock
 */
struct bind_bo {
	struct drm_gem_object base;
	const dma_addr_t *oa;
	int (*place)(struct bind_bo *bo);
	struct bind_vm *vm;
	struct mmu_interval_notifier notifier;
	struct list_head vmas;
};

/**
 * struct bind_vma - a mapping; it holds a reference to its buffer
 * @base: the drm_gpuva
 * @invalid: the page table lacks some of it; protected by &bind_vm.pt_lock
 * @user: in &bind_bo.vmas; likewise
 * @seqno: of the job that makes room for it, or maps it
 */
struct bind_vma {
	struct drm_gpuva base;
	bool invalid;
	struct list_head user;
	u64 seqno;
};

/**
 * struct bind_vm - an address space of the GPU
 * @base: the drm_gpuvm
 * @pt: its page table
 * @lock: held by requests; the list of mappings is theirs
 * @pt_lock: held by who changes the page table: one updater at a time, and some are
 *	called from reclaim
 * @queue: runs one job after the other
 * @cleanup: frees what jobs leave; no fence waits for that
 * @dummy: page behind sparse bindings
 * @page: bytes of a page
 * @fence_context: of the jobs' fences
 * @seqno: of the last job that was queued; protected by @lock
 * @ran: of the last that has run; protected by @pt_lock
 */
struct bind_vm {
	struct drm_gpuvm base;
	struct ptf_gpu pt;
	struct mutex lock;	/* of requests */
	spinlock_t pt_lock;	/* of the page table */
	struct workqueue_struct *queue;
	struct workqueue_struct *cleanup;
	u64 dummy;
	u64 page;
	u64 fence_context;
	u64 seqno;
	u64 ran;
};

/**
 * struct bind_args - what VM_BIND is asked for
 * @va: first VA
 * @size: bytes
 * @bo: what to map there; NULL for a sparse binding
 * @offset: into @bo
 * @unmap: take out what is there instead
 * @in: what to wait for before the page table changes; NULL is nothing to wait for
 * @ins: how many
 */
struct bind_args {
	u64 va;
	u64 size;
	struct bind_bo *bo;
	u64 offset;
	bool unmap;
	struct dma_fence *const *in;
	unsigned int ins;
};

int bind_vm_init(struct bind_vm *vm, struct drm_device *drm, u64 size, u64 page, u64 dummy);
void bind_vm_fini(struct bind_vm *vm);
void bind_bo_init(struct bind_bo *bo, struct drm_device *drm, u64 size);
int bind_user_init(struct bind_bo *bo, struct bind_vm *vm, unsigned long start, u64 size);
struct dma_fence *vm_bind(struct bind_vm *vm, const struct bind_args *args);
int bind_validate(struct bind_vm *vm);
void bind_bo_evict(struct bind_bo *bo);
void bind_dump(struct bind_vm *vm, u64 va, char *text, size_t bytes);

#endif /* PTF_KUNIT_VM_BIND_H */
