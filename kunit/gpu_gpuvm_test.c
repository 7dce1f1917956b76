// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the GPU front end below the kernel's drm_gpuvm: it decides what to
 * map, to unmap and to split, and the page table follows through ptf_gpuvm.
 */
#include <drm/drm_drv.h>
#include <drm/drm_exec.h>
#include <drm/drm_gem.h>
#include <drm/drm_gpuvm.h>
#include <linux/dma-resv.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <ptforge/gpuvm.h>
#include "gpu_env.h"
#define PTF_COMPAT_DRM
#include "pt_common/compat.h"

enum { CONTIG, SG, DMA, OBJECTS };

/* How drm_gpuvm's operations are applied: one by one, as a list, as it makes them */
enum { ONE_BY_ONE, LIST, STEPS, WAYS };

/**
 * struct vm - a drm_gpuvm and the address space below it
 * @base: the drm_gpuvm
 * @env: the address space
 * @device: parent of @drm
 * @drm: a DRM device
 * @objects: buffers, one of each kind of source
 * @oa: by kind and page, OA of the buffer
 * @sgt: the scatter list of the second
 * @contig: OA of the first buffer, which is as large as any leaf
 * @way: how operations are applied
 * @steps: how many there were
 */
struct vm {
	struct drm_gpuvm base;
	struct env *env;
	struct platform_device *device;
	struct drm_device *drm;
	struct drm_gem_object *objects[OBJECTS];
	dma_addr_t *oa[OBJECTS];
	struct sg_table sgt;
	u64 contig;
	unsigned int way;
	unsigned int steps;
};

static const struct drm_driver drm_driver = {
	.driver_features = DRIVER_GEM | PTF_COMPAT_GEM_GPUVA,
	.name = "ptf-kunit",
	.desc = "tests of page tables",
	.major = 1,
};

/* It is part of a larger structure, which its owner frees. */
static void vm_free(struct drm_gpuvm *vm)
{
}

static const struct drm_gpuvm_ops vm_ops = { .vm_free = vm_free, PTF_GPUVM_STEPS };

/* What the hardware finds where no buffer is mapped */
static u64 vm_sparse(const struct vm *vm)
{
	return vm->env->format->front->null ? FRONT_NULL : vm->contig;
}

/* What the driver knows: where the pages of a buffer are */
static int vm_source(void *priv, const struct drm_gpuva_op_map *map, struct ptf_source *source,
		     struct ptf_attrs *attrs)
{
	struct vm *vm = priv;
	u64 offset = map->gem.offset, page = vm->env->page;

	if (!map->gem.obj) {
		/* Sparse: null, or the first buffer's first page */
		if (vm->env->format->front->null)
			return PTF_GPUVM_SPARSE;
		ptf_source_contig(source, vm->contig, page);
		*attrs = gpu_attrs;
		return PTF_GPUVM_SPARSE;
	}
	if (map->gem.obj == vm->objects[CONTIG])
		ptf_source_contig(source, vm->contig + offset, map->va.range);
	else if (map->gem.obj == vm->objects[SG])
		ptf_source_sg(source, &vm->sgt, offset, map->va.range);
	else if (map->gem.obj == vm->objects[DMA])
		ptf_source_dma(source, vm->oa[DMA] + offset / page, map->va.range / page, page);
	else
		return -ENOENT;
	*attrs = gpu_attrs;
	return 0;
}

/* The list of what drm_gpuvm knows to be mapped follows. */
static void vm_done(void *priv, struct drm_gpuva_op *op)
{
	struct drm_gpuva *va, *prev, *next;
	struct vm *vm = priv;

	vm->steps++;
	switch (op->op) {
	case DRM_GPUVA_OP_MAP:
		va = kzalloc(sizeof(*va), GFP_KERNEL | __GFP_NOFAIL);
		drm_gpuva_map(&vm->base, va, &op->map);
		break;
	case DRM_GPUVA_OP_REMAP:
		va = op->remap.unmap->va;
		prev = op->remap.prev ? kzalloc(sizeof(*prev), GFP_KERNEL | __GFP_NOFAIL) : NULL;
		next = op->remap.next ? kzalloc(sizeof(*next), GFP_KERNEL | __GFP_NOFAIL) : NULL;
		drm_gpuva_remap(prev, next, &op->remap);
		kfree(va);
		break;
	case DRM_GPUVA_OP_UNMAP:
		va = op->unmap.va;
		drm_gpuva_unmap(&op->unmap);
		kfree(va);
		break;
	default:
		break;
	}
}

static const struct ptf_gpuvm_ops ptf_ops = { .source = vm_source, .done = vm_done };

/* Pieces of 1 to 40 pages, two in three of them continuing the one before */
static void fill_pages(struct vm *vm, unsigned int kind, u64 seed)
{
	u64 page = vm->env->page, at = BIT_ULL(28);
	struct scatterlist *sg;
	unsigned int i, n = 0, len;

	for_each_sg(vm->sgt.sgl, sg, vm->sgt.nents, i) {
		len = min_t(u64, 1 + front_below(&seed, 40), GPU_PAGES - n);
		if (!front_below(&seed, 3))
			at += front_below(&seed, 600) * page;
		if (kind == SG) {
			sg_dma_address(sg) = at;
			sg_dma_len(sg) = len * page;
		}
		for (; len; len--, at += page)
			vm->oa[kind][n++] = at;
	}
	while (kind == DMA && n < GPU_PAGES) {
		vm->oa[kind][n++] = at;
		at += page;
	}
}

static struct vm *vm_start(struct kunit *test, unsigned int n)
{
	struct env *env = env_start(test, n);
	struct drm_gem_object *root;
	unsigned int i;
	struct vm *vm;

	if (!env)
		return NULL;
	vm = kunit_kzalloc(test, sizeof(*vm), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vm);
	vm->env = env;
	vm->device = platform_device_register_simple("ptf-kunit-gpu", PLATFORM_DEVID_NONE, NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(vm->device));
	vm->drm = drm_dev_alloc(&drm_driver, &vm->device->dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(vm->drm));
	KUNIT_ASSERT_EQ(test, 0, sg_alloc_table(&vm->sgt, GPU_PAGES / 8, GFP_KERNEL));
	for (i = 0; i < OBJECTS; i++) {
		vm->objects[i] = drm_gpuvm_resv_object_alloc(vm->drm);
		vm->oa[i] = kvcalloc(GPU_PAGES, sizeof(dma_addr_t), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, vm->objects[i]);
		KUNIT_ASSERT_NOT_NULL(test, vm->oa[i]);
	}
	vm->contig = BIT_ULL(env->config.cfg.oa_lg2 - 1);
	for (i = 0; i < GPU_PAGES; i++)
		vm->oa[CONTIG][i] = vm->contig + i * env->page;
	fill_pages(vm, SG, 3);
	fill_pages(vm, DMA, 4);
	root = drm_gpuvm_resv_object_alloc(vm->drm);
	KUNIT_ASSERT_NOT_NULL(test, root);
	drm_gpuvm_init(&vm->base, "ptf-kunit", 0, vm->drm, root, 0,
		       BIT_ULL(min(63, (int)env->config.cfg.va_lg2)), 0, 0, &vm_ops);
	drm_gem_object_put(root);
	return vm;
}

/* Reserve for and apply a list of operations. Returns how many there were. */
static int vm_run(struct vm *vm, struct drm_gpuva_ops *ops)
{
	struct env *env = vm->env;
	struct ptf_gpu_update update;
	struct drm_gpuva_op *op;
	int rc = 0;

	if (!WANT(env, IS_ERR_OR_NULL(ops), false))
		return -EINVAL;
	env_begin(env, &update, false);
	env->hw->bounded = false;
	if (vm->way == LIST)
		rc = ptf_gpuvm_reserve_ops(&update, ops, &ptf_ops, vm, GFP_KERNEL);
	else
		drm_gpuva_for_each_op(op, ops)
			rc = rc ?: ptf_gpuvm_reserve(&update, op, &ptf_ops, vm, GFP_KERNEL);
	WANT(env, rc, 0);
	env_atomic(env);
	if (vm->way == LIST)
		rc = rc ?: ptf_gpuvm_apply_ops(&update, ops, &ptf_ops, vm);
	else
		drm_gpuva_for_each_op(op, ops)
			rc = rc ?: ptf_gpuvm_apply(&update, op, &ptf_ops, vm);
	env_finish(env, &update);
	env_atomic_end(env);
	WANT(env, rc, 0);
	vm->steps = 0;
	drm_gpuva_for_each_op(op, ops)
		vm_done(vm, op);
	drm_gpuva_ops_free(&vm->base, ops);
	return rc ?: vm->steps;
}

/* Likewise for a request whose operations drm_gpuvm makes while it is applied */
static int vm_step(struct vm *vm, u64 va, u64 size, struct drm_gem_object *object, u64 offset,
		   bool map)
{
	struct env *env = vm->env;
	struct ptf_gpu_update update;
	struct ptf_gpuvm_bind bind = { .update = &update, .ops = &ptf_ops, .priv = vm };
	int rc;

	if (map)
		bind.map = (struct drm_gpuva_op_map){
			.va = { va, size }, .gem = { .obj = object, .offset = offset },
		};
	env_begin(env, &update, false);
	env->hw->bounded = false;
	rc = ptf_gpuvm_bind_reserve(&bind, va, size, GFP_KERNEL);
	WANT(env, rc, 0);
	vm->steps = 0;
	/* The test's drm_gpuva are allocated on the way; tables are not. */
	env->mem->forbid = true;
	if (!rc && map)
		rc = ptf_compat_sm_map(&vm->base, &bind, va, size, object, offset);
	else if (!rc)
		rc = drm_gpuvm_sm_unmap(&vm->base, &bind, va, size);
	env_finish(env, &update);
	env->mem->forbid = false;
	WANT(env, rc, 0);
	return rc ?: vm->steps;
}

static int vm_bind_object(struct vm *vm, u64 va, u64 size, struct drm_gem_object *object,
			  u64 offset)
{
	if (vm->way == STEPS)
		return vm_step(vm, va, size, object, offset, true);
	return vm_run(vm, ptf_compat_sm_map_ops_create(&vm->base, va, size, object, offset));
}

static int vm_bind(struct vm *vm, u64 va, u64 size, unsigned int kind, u64 offset)
{
	return vm_bind_object(vm, va, size, vm->objects[kind], offset);
}

static int vm_unbind(struct vm *vm, u64 va, u64 size)
{
	if (vm->way == STEPS)
		return vm_step(vm, va, size, NULL, 0, false);
	return vm_run(vm, drm_gpuvm_sm_unmap_ops_create(&vm->base, va, size));
}

static void vm_stop(struct vm *vm)
{
	struct env *env = vm->env;
	unsigned int i;

	/* More than both halves of a sign-extended space: not as one request */
	vm->way = LIST;
	vm_unbind(vm, 0, vm->base.mm_range);
	drm_gpuvm_put(&vm->base);
	for (i = 0; i < OBJECTS; i++) {
		drm_gem_object_put(vm->objects[i]);
		kvfree(vm->oa[i]);
	}
	sg_free_table(&vm->sgt);
	drm_dev_put(vm->drm);
	platform_device_unregister(vm->device);
	kunit_kfree(env->test, vm);
	env_stop(env);
}

/* A page in the middle of each size of leaf is bound to something else, and back. */
void gpu_test_gpuvm_remap(struct kunit *test)
{
	static const u8 configs[] = { FRONT_DEFAULT, FRONT_TWO_SIZES, FRONT_OA, FRONT_ALL };
	unsigned int n, lg2;
	struct vm *vm;

	for (n = 0; n < ARRAY_SIZE(configs) * WAYS; n++) {
		struct env *env;
		u64 page;

		vm = vm_start(test, configs[n / WAYS]);
		if (!vm)
			continue;
		vm->way = n % WAYS;
		env = vm->env;
		page = env->page;
		env->hw->model = NULL;
		for (lg2 = __ffs64(page) + 1; lg2 < 36; lg2++) {
			u64 size = BIT_ULL(lg2), va = size, middle = size + size / 2;
			/* Odd to VA by a page: single pages, so not for the very large */
			u64 odd = size / page > 1024 ? 0 : page;
			struct ptf_mapping m = {};

			if (!(env->gpu.pt.sizes & size) || env->config.cfg.va_lg2 < lg2 + 3 ||
			    env->config.cfg.oa_lg2 < lg2 + 2)
				continue;
			WANT(env, vm_bind(vm, va, size, CONTIG, 0), 1);
			WANT(env, ptf_gpu_lookup(&env->gpu, va, &m), 0);
			if (!env->format->front->picks_size)
				WANT(env, m.size_lg2, lg2);
			front_translate(env->hw, middle);
			/* A remap with what is before and after, and a map */
			WANT(env, vm_bind(vm, middle, page, DMA, 9 * page), 2);
			WANT(env, front_translate(env->hw, va), vm->contig);
			if (size > 2 * page) {
				WANT(env, front_translate(env->hw, middle - page),
				     vm->contig + size / 2 - page);
				WANT(env, front_translate(env->hw, middle + page),
				     vm->contig + size / 2 + page);
			}
			WANT(env, front_translate(env->hw, middle), vm->oa[DMA][9]);
			/* Over the edges of all three pieces */
			WANT(env, vm_bind(vm, va, size, CONTIG, odd) >= 3, true);
			WANT(env, front_translate(env->hw, middle), vm->contig + size / 2 + odd);
			WANT(env, vm_unbind(vm, middle, size / 2), 1);
			WANT(env, front_translate(env->hw, middle), FRONT_NONE);
			WANT(env, front_translate(env->hw, middle - page),
			     vm->contig + size / 2 + odd - page);
			WANT(env, vm_unbind(vm, va, size), 1);
			WANT(env, front_translate(env->hw, va), FRONT_NONE);
			GOOD(env);
		}
		vm_stop(vm);
	}
}

static void random_bind(struct vm *vm)
{
	struct env *env = vm->env;
	struct front_model *m = env->model;
	u64 *seed = &env->seed, page = env->page;
	unsigned int size, at, offset, kind, i;
	u64 va;

	size = 1 + front_below(seed, 1ULL << front_below(seed, ilog2(m->pages) + 1));
	at = front_below(seed, m->pages - size + 1);
	offset = front_below(seed, GPU_PAGES - size + 1);
	/* Often where it could share large leaves with what is there */
	if (front_below(seed, 2))
		offset = at;
	kind = front_below(seed, OBJECTS + 2);
	vm->way = front_below(seed, WAYS);
	va = m->va + at * page;
	if (kind == OBJECTS) {
		vm_unbind(vm, va, size * page);
		front_set(m, va, FRONT_NONE, size * page);
		return;
	}
	if (kind > OBJECTS) {
		vm_bind_object(vm, va, size * page, NULL, 0);
		for (i = 0; i < size; i++)
			m->oa[at + i] = vm_sparse(vm);
		return;
	}
	vm_bind(vm, va, size * page, kind, offset * page);
	for (i = 0; i < size; i++)
		m->oa[at + i] = vm->oa[kind][offset + i];
}

/* Random binds over anything; the hardware finds what was bound last. */
void gpu_test_gpuvm_random(struct kunit *test)
{
	unsigned int n, i;
	struct vm *vm;
	u64 seed;

	for (n = 0; n < FRONT_NR_CONFIGS; n++) {
		vm = vm_start(test, n);
		if (!vm)
			continue;
		for (i = 0; i < 50; i++) {
			seed = vm->env->seed;
			random_bind(vm);
			env_verify(vm->env);
			if (!env_good_(vm->env, __LINE__)) {
				kunit_info(test, "bind %u, seed 0x%llx", i, seed);
				break;
			}
		}
		memset64(vm->env->model->oa, FRONT_NONE, vm->env->model->pages);
		vm_stop(vm);
	}
}

/* Lists other than those of a map or an unmap */

/* Buffers at 0, at 64, as seen from page 8, and at 192, no memory at 128 and 256 */
static void lists_bind(struct vm *vm)
{
	struct env *env = vm->env;
	u64 page = env->page, va = env->model->va, i;

	vm_bind(vm, va, 64 * page, CONTIG, 0);
	vm_bind(vm, va + 64 * page, 64 * page, DMA, 8 * page);
	vm_bind_object(vm, va + 128 * page, 64 * page, NULL, 0);
	vm_bind(vm, va + 192 * page, 64 * page, CONTIG, 64 * page);
	vm_bind_object(vm, va + 256 * page, 64 * page, NULL, 0);
	for (i = 0; i < 64; i++) {
		env->model->oa[i] = vm->oa[CONTIG][i];
		env->model->oa[64 + i] = vm->oa[DMA][8 + i];
		env->model->oa[128 + i] = vm_sparse(vm);
		env->model->oa[192 + i] = vm->oa[CONTIG][64 + i];
		env->model->oa[256 + i] = vm_sparse(vm);
	}
}

/* All mappings of one buffer go, and no others. */
static void lists_bo_unmap(struct vm *vm)
{
	struct drm_gem_object *object = vm->objects[CONTIG];
	struct env *env = vm->env;
	struct drm_gpuvm_bo *vm_bo;
	struct drm_gpuva_ops *ops;
	struct drm_gpuva *va;

	dma_resv_lock(object->resv, NULL);
	vm_bo = ptf_compat_bo_obtain(&vm->base, object);
	KUNIT_ASSERT_FALSE(env->test, IS_ERR(vm_bo));
	drm_gpuvm_for_each_va(va, &vm->base)
		if (va->gem.obj == object)
			drm_gpuva_link(va, vm_bo);
	ops = drm_gpuvm_bo_unmap_ops_create(vm_bo);
	drm_gpuvm_for_each_va(va, &vm->base)
		if (va->gem.obj == object)
			drm_gpuva_unlink(va);
	drm_gpuvm_bo_put(vm_bo);
	dma_resv_unlock(object->resv);
	WANT(env, vm_run(vm, ops), 2);
	memset64(env->model->oa, FRONT_NONE, 64);
	memset64(env->model->oa + 192, FRONT_NONE, 64);
	env_verify(env);
}

/* Nothing changes. */
static void lists_prefetch(struct vm *vm)
{
	struct env *env = vm->env;
	long tables = atomic_long_read(&env->gpu.pt.tables);

	WANT(env, vm_run(vm, drm_gpuvm_prefetch_ops_create(&vm->base, env->model->va,
							   130 * env->page)), 3);
	env_verify(env);
	WANT(env, atomic_long_read(&env->gpu.pt.tables), tables);
}

#ifdef PTF_COMPAT_GPUVM_MADVISE
/* Whether [@first, @last] in pages is one mapping */
static bool is_mapping(struct vm *vm, u64 first, u64 last)
{
	u64 page = vm->env->page;

	return drm_gpuva_find(&vm->base, vm->env->model->va + first * page,
			      (last - first + 1) * page);
}

/* Split what has no buffer at @first and after @last, in pages. Returns how many operations. */
static int madvise(struct vm *vm, u64 first, u64 last, bool apply)
{
	struct drm_gpuvm_map_req req = {
		.map.va.addr = vm->env->model->va + first * vm->env->page,
		.map.va.range = (last - first + 1) * vm->env->page,
	};
	struct drm_gpuva_ops *ops = drm_gpuvm_madvise_ops_create(&vm->base, &req);
	struct drm_gpuva_op *op;

	if (apply)
		return vm_run(vm, ops);
	if (!WANT(vm->env, IS_ERR_OR_NULL(ops), false))
		return -EINVAL;
	vm->steps = 0;
	drm_gpuva_for_each_op(op, ops)
		vm_done(vm, op);
	drm_gpuva_ops_free(&vm->base, ops);
	return vm->steps;
}

/* Mappings without a buffer are split; what they translate to stays, applied or not. */
static void lists_madvise(struct vm *vm, bool apply)
{
	struct env *env = vm->env;

	/* In the middle of one; then what is there already; then over a buffer alone */
	WANT(env, madvise(vm, 136, 151, apply), 2);
	env_verify(env);
	WANT(env, is_mapping(vm, 128, 135), true);
	WANT(env, is_mapping(vm, 136, 151), true);
	WANT(env, is_mapping(vm, 152, 191), true);
	WANT(env, madvise(vm, 136, 151, apply), 0);
	WANT(env, madvise(vm, 200, 210, apply), 0);
	/* From the middle of one, over a buffer, to the middle of another */
	WANT(env, madvise(vm, 160, 299, apply), 4);
	env_verify(env);
	WANT(env, is_mapping(vm, 152, 159), true);
	WANT(env, is_mapping(vm, 160, 191), true);
	WANT(env, is_mapping(vm, 192, 255), true);
	WANT(env, is_mapping(vm, 256, 299), true);
	WANT(env, is_mapping(vm, 300, 319), true);
	/* The pieces are mappings like others. */
	vm_unbind(vm, env->model->va + 140 * env->page, 40 * env->page);
	memset64(env->model->oa + 140, FRONT_NONE, 40);
	env_verify(env);
}
#endif

#ifdef PTF_COMPAT_GPUVM_EXEC_LOCK
/* drm_gpuvm locks the buffers that a request touches, and under their locks makes its steps. */
static int step_locked(struct vm *vm, u64 va, u64 size, struct drm_gem_object *object)
{
	struct drm_gpuvm_map_req req = {
		.map.va.addr = va, .map.va.range = size, .map.gem.obj = object,
	};
	struct env *env = vm->env;
	struct drm_exec exec;
	int rc = 0;

	drm_exec_init(&exec, DRM_EXEC_IGNORE_DUPLICATES, 0);
	drm_exec_until_all_locked(&exec) {
		rc = object ? drm_gpuvm_sm_map_exec_lock(&vm->base, &exec, 1, &req) :
			      drm_gpuvm_sm_unmap_exec_lock(&vm->base, &exec, va, size);
		drm_exec_retry_on_contention(&exec);
		if (rc)
			break;
	}
	WANT(env, rc, 0);
	WANT(env, dma_resv_is_locked(vm->objects[SG]->resv), true);
	WANT(env, dma_resv_is_locked(vm->objects[CONTIG]->resv), !!object);
	WANT(env, dma_resv_is_locked(vm->objects[DMA]->resv), false);
	rc = vm_step(vm, va, size, object, 0, object);
	drm_exec_fini(&exec);
	return rc;
}

static void lists_exec_lock(struct vm *vm)
{
	struct env *env = vm->env;
	u64 page = env->page, va = env->model->va + 8 * page, i;

	WANT(env, step_locked(vm, va, 16 * page, vm->objects[SG]), 2);
	for (i = 0; i < 16; i++)
		env->model->oa[8 + i] = vm->oa[SG][i];
	env_verify(env);
	WANT(env, step_locked(vm, va, 4 * page, NULL), 1);
	memset64(env->model->oa + 8, FRONT_NONE, 4);
	env_verify(env);
}
#endif

void gpu_test_gpuvm_lists(struct kunit *test)
{
	unsigned int n;
	struct vm *vm;

	for (n = 0; n < FRONT_NR_CONFIGS * 2; n++) {
		vm = vm_start(test, n / 2);
		if (!vm)
			continue;
		vm->way = n % 2 ? LIST : ONE_BY_ONE;
		lists_bind(vm);
		lists_prefetch(vm);
#ifdef PTF_COMPAT_GPUVM_EXEC_LOCK
		lists_exec_lock(vm);
#endif
#ifdef PTF_COMPAT_GPUVM_MADVISE
		lists_madvise(vm, true);
		lists_bind(vm);
		lists_madvise(vm, false);
#endif
		lists_bind(vm);
		lists_bo_unmap(vm);
		memset64(vm->env->model->oa, FRONT_NONE, vm->env->model->pages);
		vm_stop(vm);
	}
}
