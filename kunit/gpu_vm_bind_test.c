// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reference driver at work, on a software GPU that walks its tables: bind, bind
 * over, sparse, memory of a process that moves, a buffer that is evicted and comes
 * back, a fault.
 */
#include <drm/drm_drv.h>
#include <linux/platform_device.h>
#include "gpu_env.h"
#include "vm_bind.h"
#define PTF_COMPAT_DRM
#include "pt_common/compat.h"

#define PAGES 1024

/**
 * struct machine - the driver, its GPU and its memory
 * @vm: address space
 * @env: the GPU
 * @vram: a buffer
 * @user: memory of a process
 * @places: two places for each
 * @placed: how often a place was looked for
 */
struct machine {
	struct bind_vm vm;
	struct env *env;
	struct bind_bo vram;
	struct bind_bo user;
	dma_addr_t places[2][PAGES];
	unsigned int placed;
};

static struct machine *machine;

static int place(struct bind_bo *bo)
{
	bo->oa = machine->places[machine->placed++ % 2];
	return 0;
}

static void machine_flush(struct ptf_gpu *pt, const struct ptf_flush *flush)
{
	front_flush(machine->env->hw, flush);
}

/* The software GPU has no trouble with a live entry. */
static const struct ptf_gpu_ops machine_ops = {
	.flush = machine_flush, .live = PTF_LIVE_HITLESS,
};

static const struct drm_driver machine_drm = {
	.driver_features = DRIVER_GEM | PTF_COMPAT_GEM_GPUVA,
	.name = "ptf-vm-bind", .desc = "reference driver", .major = 1,
};

/* Wait as a job of the GPU would. */
static int done(struct dma_fence *fence)
{
	int rc;

	if (IS_ERR(fence))
		return PTR_ERR(fence);
	dma_fence_wait(fence, false);
	rc = fence->error;
	dma_fence_put(fence);
	return rc;
}

static u64 gpu_reads(u64 va)
{
	return front_translate(machine->env->hw, va);
}

static void run(struct env *env, struct machine *m)
{
	struct bind_vm *vm = &m->vm;
	u64 page = env->page, va = 1024 * page, n = 512 * page, i;
	char *text = kunit_kzalloc(env->test, 4096, GFP_KERNEL);
	const dma_addr_t *old, *two = m->places[1];

	KUNIT_ASSERT_NOT_NULL(env->test, text);
	/* Sparse, then memory in the middle of it, then a hole in that */
	WANT(env, done(bind_map(vm, va, 1024 * page, NULL, 0)), 0);
	WANT(env, gpu_reads(va + 700 * page), vm->dummy);
	WANT(env, done(bind_map(vm, va, n, &m->vram, 0)), 0);
	WANT(env, gpu_reads(va + 5 * page), m->vram.oa[5]);
	WANT(env, gpu_reads(va + n), vm->dummy);
	WANT(env, done(bind_unmap(vm, va + 7 * page, page)), 0);
	WANT(env, gpu_reads(va + 7 * page), FRONT_NONE);
	for (i = 0; i < 512; i++)
		if (i != 7)
			WANT(env, gpu_reads(va + i * page), m->vram.oa[i]);
	/* Another part of the buffer over that */
	WANT(env, done(bind_map(vm, va, 16 * page, &m->vram, 512 * page)), 0);
	WANT(env, gpu_reads(va + 7 * page), m->vram.oa[519]);
	WANT(env, gpu_reads(va + 16 * page), m->vram.oa[16]);

	/* Evicted: nothing is reached. It comes back elsewhere. */
	old = m->vram.oa;
	bind_bo_evict(&m->vram);
	WANT(env, gpu_reads(va), FRONT_NONE);
	WANT(env, gpu_reads(va + 100 * page), FRONT_NONE);
	WANT(env, gpu_reads(va + n), vm->dummy);
	WANT(env, bind_validate(vm), 0);
	WANT(env, m->vram.oa != old && m->vram.oa == two, true);
	WANT(env, gpu_reads(va), two[512]);
	WANT(env, gpu_reads(va + 100 * page), two[100]);

	/* Memory of a process is mapped when it is needed, and moves. */
	WANT(env, done(bind_map(vm, va + 600 * page, 64 * page, &m->user, 0)), 0);
	WANT(env, gpu_reads(va + 600 * page), FRONT_NONE);
	WANT(env, bind_validate(vm), 0);
	WANT(env, gpu_reads(va + 663 * page), m->user.oa[63]);
	bind_user_invalidate(vm, va + 610 * page, page);
	m->user.oa = two + 100;
	WANT(env, gpu_reads(va + 610 * page), FRONT_NONE);
	WANT(env, bind_validate(vm), 0);
	WANT(env, gpu_reads(va + 600 * page), two[100]);
	WANT(env, gpu_reads(va + 663 * page), two[163]);
	/* Nothing moved: no job */
	i = vm->seqno;
	WANT(env, bind_validate(vm), 0);
	WANT(env, vm->seqno, i);
	/* What was unbound is not there for a notifier to find. */
	WANT(env, done(bind_unmap(vm, va + 600 * page, 32 * page)), 0);
	WANT(env, gpu_reads(va + 600 * page), FRONT_NONE);
	WANT(env, bind_validate(vm), 0);
	WANT(env, gpu_reads(va + 640 * page), two[140]);

	bind_dump(vm, va + 600 * page, text, 4096);
	WANT(env, !!strstr(text, "fault at VA"), true);
	WANT(env, !!strstr(text, "level 0"), true);
	WANT(env, !!strstr(text, "empty"), true);
	WANT(env, !!strstr(text, "OA "), true);
	bind_dump(vm, va, text, 80);
	WANT(env, strlen(text) < 80, true);

	/* No such VA; and then everything goes. */
	WANT(env, done(bind_map(vm, ~0ULL << 12, 2 * page, NULL, 0)), -EINVAL);
	WANT(env, done(bind_unmap(vm, va, 2048 * page)), 0);
	WANT(env, gpu_reads(va + 900 * page), FRONT_NONE);
	kunit_kfree(env->test, text);
}

void gpu_test_vm_bind(struct kunit *test)
{
	static const u8 configs[] = { FRONT_DEFAULT, FRONT_TWO_SIZES, FRONT_INCOHERENT };
	struct platform_device *device;
	struct ptf_hw_info info;
	struct drm_device *drm;
	struct machine *m;
	unsigned int n, i;
	struct env *env;

	device = platform_device_register_simple("ptf-vm-bind", PLATFORM_DEVID_NONE, NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(device));
	drm = drm_dev_alloc(&machine_drm, &device->dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(drm));
	for (n = 0; n < ARRAY_SIZE(configs); n++) {
		env = env_alloc(test);
		m = kvzalloc(sizeof(*m), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, m);
		machine = m;
		m->env = env;
		front_config(env->format->front, configs[n], ~0U, &env->config);
		env->config.cfg.mem = &front_mem_ops;
		env->config.cfg.mem_ctx = env->mem;
		env->mem->shadowed = env->config.cfg.features & PTF_FEAT_INCOHERENT;
		env->hw->pt = &m->vm.pt.pt;
		KUNIT_ASSERT_EQ(test, 0, env->format->init(&m->vm.pt, &env->config.cfg,
							   &machine_ops));
		env->page = front_page(&m->vm.pt.pt);
		ptf_gpu_hw_info(&m->vm.pt, &info);
		front_root(env->hw, info.top, info.levels);
		env->hw->root_shape = ptf_top_shape(m->vm.pt.pt.top);
		for (i = 0; i < PAGES; i++) {
			m->places[0][i] = BIT_ULL(30) + i * env->page;
			m->places[1][i] = BIT_ULL(30) + (i ^ 64) * env->page + BIT_ULL(28);
		}
		KUNIT_ASSERT_EQ(test, 0, bind_vm_init(&m->vm, drm, 8192 * env->page, env->page,
						      BIT_ULL(29)));
		bind_bo_init(&m->vram, drm, PAGES * env->page);
		bind_bo_init(&m->user, drm, 64 * env->page);
		m->vram.place = place;
		m->user.place = place;
		m->user.oa = m->places[0] + 32;
		m->user.user = true;
		run(env, m);
		GOOD(env);
		bind_vm_fini(&m->vm);
		drm_gem_object_put(&m->vram.base);
		drm_gem_object_put(&m->user.base);
		/* Tables are gone with the last mapping. */
		WANT(env, env->mem->live, 1);
		front_stop(env->hw);
		ptf_gpu_deinit(&m->vm.pt);
		WANT(env, env->mem->live, 0);
		rcu_barrier();
		kvfree(m);
		env_free(env);
	}
	drm_dev_put(drm);
	platform_device_unregister(device);
}
