// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reference driver at work, on a software GPU that walks its tables: bind, bind
 * over, sparse, a buffer that is evicted and comes back, a fault; binds that wait for
 * fences; real memory of a process, which moves.
 */
#include <drm/drm_drv.h>
#include <linux/delay.h>
#include <linux/dma-resv.h>
#include <linux/mman.h>
#include <linux/platform_device.h>
#include <linux/uaccess.h>
#include "gpu_env.h"
#include "vm_bind.h"
#define PTF_COMPAT_DRM
#include "pt_common/compat.h"

#define PAGES 1024
#define USER_PAGES 64

/**
 * struct machine - the driver, its GPU and its memory
 * @vm: address space
 * @env: the GPU
 * @vram: a buffer
 * @user: memory of this process
 * @places: two places for @vram
 * @placed: how often a place was looked for
 * @move: signals when @vram is where it was placed last; NULL if it is already
 */
struct machine {
	struct bind_vm vm;
	struct env *env;
	struct bind_bo vram;
	struct bind_bo user;
	dma_addr_t places[2][PAGES];
	unsigned int placed;
	struct dma_fence *move;
};

static struct machine *machine;

static int place(struct bind_bo *bo)
{
	struct dma_resv *resv = bo->base.resv;

	bo->oa = machine->places[machine->placed++ % 2];
	if (!machine->move)
		return 0;
	/* One of them is for the job. */
	if (dma_resv_reserve_fences(resv, 2))
		return -ENOMEM;
	dma_resv_add_fence(resv, machine->move, DMA_RESV_USAGE_KERNEL);
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

static struct dma_fence *bind_map(struct bind_vm *vm, u64 va, u64 size, struct bind_bo *bo,
				  u64 offset)
{
	struct bind_args args = { .va = va, .size = size, .bo = bo, .offset = offset };

	return vm_bind(vm, &args);
}

static struct dma_fence *bind_unmap(struct bind_vm *vm, u64 va, u64 size)
{
	struct bind_args args = { .va = va, .size = size, .unmap = true };

	return vm_bind(vm, &args);
}

/* What the GPU finds in a sparse binding */
static u64 sparse_oa(const struct machine *m)
{
	return m->env->format->front->null ? FRONT_NULL : m->vm.dummy;
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
	u64 sparse = sparse_oa(m);

	KUNIT_ASSERT_NOT_NULL(env->test, text);
	/* Sparse, then memory in the middle of it, then a hole in that */
	WANT(env, done(bind_map(vm, va, 1024 * page, NULL, 0)), 0);
	WANT(env, gpu_reads(va + 700 * page), sparse);
	WANT(env, done(bind_map(vm, va, n, &m->vram, 0)), 0);
	WANT(env, gpu_reads(va + 5 * page), m->vram.oa[5]);
	WANT(env, gpu_reads(va + n), sparse);
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
	WANT(env, gpu_reads(va + n), sparse);
	WANT(env, bind_validate(vm), 0);
	WANT(env, m->vram.oa != old && m->vram.oa == two, true);
	WANT(env, gpu_reads(va), two[512]);
	WANT(env, gpu_reads(va + 100 * page), two[100]);

	/* Nothing moved: no job */
	i = vm->seqno;
	WANT(env, bind_validate(vm), 0);
	WANT(env, vm->seqno, i);

	WANT(env, done(bind_unmap(vm, va + 600 * page, page)), 0);
	bind_dump(vm, va + 600 * page, text, 4096);
	WANT(env, !!strstr(text, "fault at VA"), true);
	WANT(env, !!strstr(text, "level 0"), true);
	WANT(env, !!strstr(text, "empty"), true);
	WANT(env, !!strstr(text, "OA "), true);
	bind_dump(vm, va, text, 80);
	WANT(env, strlen(text) < 80, true);
	/* A null pointer, and the end of the space: what is near is told. */
	WANT(env, done(bind_map(vm, 2 * page, page, NULL, 0)), 0);
	bind_dump(vm, 8, text, 4096);
	WANT(env, !!strstr(text, "  VA "), true);
	WANT(env, done(bind_unmap(vm, 2 * page, page)), 0);
	bind_dump(vm, vm->pt.pt.va_last - 8, text, 4096);
	WANT(env, !!strstr(text, "fault at VA"), true);

	/* No such VA, no such part of the buffer; and then everything goes. */
	WANT(env, done(bind_map(vm, ~0ULL << 12, 2 * page, NULL, 0)), -EINVAL);
	WANT(env, done(bind_map(vm, va, page, &m->vram, PAGES * page)), -EINVAL);
	WANT(env, done(bind_unmap(vm, va, 2048 * page)), 0);
	WANT(env, gpu_reads(va + 900 * page), FRONT_NONE);
	kunit_kfree(env->test, text);
}

/* Fences */

struct hold {
	struct dma_fence fence;
	spinlock_t lock;	/* of the fence */
};

static const char *hold_name(struct dma_fence *fence)
{
	return "ptf-hold";
}

static const struct dma_fence_ops hold_ops = {
	.get_driver_name = hold_name,
	.get_timeline_name = hold_name,
};

/* What a job may have to wait for. Returns a fence to put. */
static struct dma_fence *hold(struct env *env)
{
	struct hold *h = kzalloc(sizeof(*h), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(env->test, h);
	spin_lock_init(&h->lock);
	dma_fence_init(&h->fence, &hold_ops, &h->lock, dma_fence_context_alloc(1), 1);
	return &h->fence;
}

/* Whether a job waits, and goes on waiting */
static bool waits(struct dma_fence *fence)
{
	return !IS_ERR(fence) && !dma_fence_wait_timeout(fence, false, 1 + HZ / 100);
}

/* What jobs leave is freed after their fences: by work that their worker queues. */
static void settle(struct machine *m)
{
	flush_workqueue(m->vm.queue);
	flush_workqueue(m->vm.cleanup);
}

/* Nobody else has it any more. */
static void hold_drop(struct env *env, struct machine *m, struct dma_fence *fence)
{
	settle(m);
	WANT(env, kref_read(&fence->refcount), 1);
	dma_fence_put(fence);
}

/* The buffer is where it was placed, and nobody needs the fence that said so. */
static void moved(struct env *env, struct machine *m)
{
	struct dma_fence *stub = dma_fence_get_stub();

	dma_resv_lock(m->vram.base.resv, NULL);
	dma_resv_replace_fences(m->vram.base.resv, m->move->context, stub, DMA_RESV_USAGE_KERNEL);
	dma_resv_unlock(m->vram.base.resv);
	dma_fence_put(stub);
	hold_drop(env, m, m->move);
	m->move = NULL;
}

/* bind_validate() where it may wait */
struct validate {
	struct work_struct work;
	struct bind_vm *vm;
	int rc;
};

static void validate(struct work_struct *work)
{
	struct validate *v = container_of(work, struct validate, work);

	v->rc = bind_validate(v->vm);
}

/* Until its job is in the queue, and has had time to run */
static void validate_begin(struct validate *v, struct machine *m)
{
	u64 seqno = READ_ONCE(m->vm.seqno);
	unsigned int i;

	v->vm = &m->vm;
	INIT_WORK_ONSTACK(&v->work, validate);
	schedule_work(&v->work);
	for (i = 0; i < 1000 && READ_ONCE(m->vm.seqno) == seqno; i++)
		msleep(20);
	msleep(20);
	WANT(m->env, READ_ONCE(m->vm.seqno), seqno + 1);
}

static int validate_end(struct validate *v)
{
	flush_work(&v->work);
	destroy_work_on_stack(&v->work);
	return v->rc;
}

static void run_fences(struct env *env, struct machine *m)
{
	struct dma_fence *in[4] = { hold(env), NULL, hold(env), hold(env) }, *a, *b, *c;
	u64 page = env->page, va = 1024 * page;
	struct bind_vm *vm = &m->vm;
	struct bind_args map = { .va = va, .size = 16 * page, .bo = &m->vram, .in = in };
	struct bind_args unmap = { .va = va, .size = 8 * page, .unmap = true };
	struct validate v;

	/* One fence; what comes behind waits too, although it need not. */
	map.ins = 1;
	a = vm_bind(vm, &map);
	b = bind_map(vm, va + 32 * page, page, NULL, 0);
	c = vm_bind(vm, &unmap);
	WANT(env, waits(a) && waits(b) && waits(c), true);
	WANT(env, gpu_reads(va), FRONT_NONE);
	WANT(env, gpu_reads(va + 32 * page), FRONT_NONE);
	dma_fence_signal(in[0]);
	WANT(env, done(a), 0);
	WANT(env, done(b), 0);
	WANT(env, done(c), 0);
	WANT(env, gpu_reads(va + 32 * page), sparse_oa(m));
	WANT(env, gpu_reads(va), FRONT_NONE);
	WANT(env, gpu_reads(va + 8 * page), m->vram.oa[8]);

	/* Several: one that has signalled, none, and two that have not. Errors are theirs. */
	map.ins = 4;
	a = vm_bind(vm, &map);
	WANT(env, waits(a), true);
	dma_fence_set_error(in[3], -EIO);
	dma_fence_signal(in[3]);
	WANT(env, waits(a), true);
	WANT(env, gpu_reads(va), FRONT_NONE);
	dma_fence_signal(in[2]);
	WANT(env, done(a), 0);
	WANT(env, gpu_reads(va), m->vram.oa[0]);

	/* All of them have signalled. */
	unmap.in = in;
	unmap.ins = 4;
	WANT(env, done(vm_bind(vm, &unmap)), 0);
	WANT(env, gpu_reads(va), FRONT_NONE);
	/* A request that is refused, or has no memory, keeps nothing. */
	unmap.va = ~0ULL << 12;
	WANT(env, done(vm_bind(vm, &unmap)), -EINVAL);
	env->mem->fail_at = 0;
	WANT(env, done(vm_bind(vm, &map)), -ENOMEM);
	env->mem->fail_at = -1;
	WANT(env, gpu_reads(va), FRONT_NONE);
	WANT(env, !!drm_gpuva_find_first(&vm->base, va, 8 * page), false);
	hold_drop(env, m, in[0]);
	hold_drop(env, m, in[2]);
	hold_drop(env, m, in[3]);

	/* Bound and unbound while the first buffer is still on its way: jobs keep the buffer. */
	bind_bo_evict(&m->vram);
	m->move = hold(env);
	map.ins = 0;
	a = vm_bind(vm, &map);
	unmap.va = va;
	unmap.size = 16 * page;
	unmap.ins = 0;
	b = vm_bind(vm, &unmap);
	WANT(env, waits(a) && waits(b), true);
	WANT(env, kref_read(&m->vram.base.refcount) > 1, true);
	dma_fence_signal(m->move);
	WANT(env, done(a), 0);
	WANT(env, done(b), 0);
	settle(m);
	WANT(env, kref_read(&m->vram.base.refcount), 1);
	moved(env, m);

	/* Likewise for a buffer that comes back */
	WANT(env, done(vm_bind(vm, &map)), 0);
	bind_bo_evict(&m->vram);
	m->move = hold(env);
	env->mem->fail_at = 0;
	WANT(env, bind_validate(vm), -ENOMEM);
	env->mem->fail_at = -1;
	validate_begin(&v, m);
	WANT(env, gpu_reads(va), FRONT_NONE);
	dma_fence_signal(m->move);
	WANT(env, validate_end(&v), 0);
	WANT(env, gpu_reads(va), m->vram.oa[0]);
	moved(env, m);
	WANT(env, done(bind_unmap(vm, va, 64 * page)), 0);
}

/* Memory of a process */

/* Page @i as the process has it; it is made so that it can be written. */
static u64 cpu_reads(struct env *env, unsigned long addr, unsigned int i)
{
	struct page *page;
	u64 oa;

	if (!WANT(env, get_user_pages_fast(addr + i * PAGE_SIZE, 1, FOLL_WRITE, &page), 1))
		return 0;
	oa = page_to_phys(page);
	put_page(page);
	return oa;
}

/* What the GPU finds at @va */
static u32 gpu_loads(u64 va)
{
	u64 oa = gpu_reads(va);

	return oa != FRONT_NONE && pfn_valid(PHYS_PFN(oa)) ? *(u32 *)phys_to_virt(oa) : 0;
}

static void cpu_stores(struct env *env, unsigned long addr, unsigned int i, u32 value)
{
	WANT(env, put_user(value, (u32 __user *)(addr + i * PAGE_SIZE)), 0);
}

/* Another page comes in the place of page @i. */
static void replace(struct env *env, unsigned long addr, unsigned int i, unsigned long prot)
{
	WANT(env, vm_mmap(NULL, addr + i * PAGE_SIZE, PAGE_SIZE, prot,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0), addr + i * PAGE_SIZE);
}

/* Pages [@first, @last] of the process are those that the GPU finds. */
static void same(struct env *env, u64 va, unsigned long addr, unsigned int first,
		 unsigned int last)
{
	for (; first <= last; first++)
		WANT(env, gpu_reads(va + first * PAGE_SIZE), cpu_reads(env, addr, first));
}

/* Memory moves between the look at it and the job that maps it. */
static void run_user_race(struct env *env, struct machine *m, u64 va, unsigned long addr)
{
	struct dma_fence *in = hold(env), *fence;
	struct bind_args args = { .va = va + 4096 * PAGE_SIZE, .size = PAGE_SIZE,
				  .in = &in, .ins = 1 };
	struct validate v;
	u64 seqno;

	replace(env, addr, 10, PROT_READ | PROT_WRITE);
	fence = vm_bind(&m->vm, &args);
	validate_begin(&v, m);
	seqno = READ_ONCE(m->vm.seqno);
	replace(env, addr, 10, PROT_READ | PROT_WRITE);
	cpu_stores(env, addr, 10, 77);
	dma_fence_signal(in);
	WANT(env, validate_end(&v), 0);
	WANT(env, READ_ONCE(m->vm.seqno) > seqno, true);
	WANT(env, gpu_loads(va + 10 * PAGE_SIZE), 77);
	same(env, va, addr, 0, USER_PAGES - 1);
	WANT(env, done(fence), 0);
	WANT(env, done(bind_unmap(&m->vm, args.va, PAGE_SIZE)), 0);
	hold_drop(env, m, in);
}

/* What is unbound or bound over leaves when the job runs, and until then when it moves. */
static void run_user_unbind(struct env *env, struct machine *m, u64 va, unsigned long addr)
{
	struct mmu_notifier_range range = { .start = addr + 40 * PAGE_SIZE,
					    .end = addr + 41 * PAGE_SIZE };
	struct dma_fence *in = hold(env), *a, *b;
	struct bind_args unmap = { .va = va, .size = 32 * PAGE_SIZE, .unmap = true,
				   .in = &in, .ins = 1 };

	a = vm_bind(&m->vm, &unmap);
	b = bind_map(&m->vm, va + 48 * PAGE_SIZE, PAGE_SIZE, &m->vram, 0);
	WANT(env, waits(a) && waits(b), true);
	same(env, va, addr, 0, USER_PAGES - 1);
	replace(env, addr, 2, PROT_READ | PROT_WRITE);
	WANT(env, gpu_reads(va + 2 * PAGE_SIZE), FRONT_NONE);
	replace(env, addr, 48, PROT_READ | PROT_WRITE);
	WANT(env, gpu_reads(va + 48 * PAGE_SIZE), FRONT_NONE);
	replace(env, addr, 63, PROT_READ | PROT_WRITE);
	WANT(env, gpu_reads(va + 63 * PAGE_SIZE), FRONT_NONE);
	dma_fence_signal(in);
	WANT(env, done(a), 0);
	WANT(env, done(b), 0);
	WANT(env, gpu_reads(va + 31 * PAGE_SIZE), FRONT_NONE);
	WANT(env, gpu_reads(va + 48 * PAGE_SIZE), m->vram.oa[0]);
	WANT(env, bind_validate(&m->vm), 0);
	WANT(env, gpu_reads(va + 31 * PAGE_SIZE), FRONT_NONE);
	WANT(env, gpu_reads(va + 48 * PAGE_SIZE), m->vram.oa[0]);
	same(env, va, addr, 32, 47);
	same(env, va, addr, 49, 63);

	/* As the OOM reaper calls it, where nobody may sleep */
	non_block_start();
	WANT(env, m->user.notifier.ops->invalidate(&m->user.notifier, &range,
						   m->user.notifier.invalidate_seq + 2), true);
	non_block_end();
	WANT(env, gpu_reads(va + 40 * PAGE_SIZE), FRONT_NONE);
	hold_drop(env, m, in);
}

/* What is there until a bind makes room is not the notifier's. */
static void run_user_waits(struct env *env, struct machine *m, unsigned long addr)
{
	u64 va = 4096 * PAGE_SIZE, n = 2048, at = va + 700 * PAGE_SIZE, i;
	struct bind_args args = { .va = at, .size = USER_PAGES * PAGE_SIZE, .bo = &m->user,
				  .ins = 1 };
	struct dma_fence *in, *fence;
	unsigned int sparse;

	/* Over a sparse binding, whose tables are shared, and over a part of a buffer's leaf */
	for (sparse = 0; sparse < 2; sparse++) {
		in = hold(env);
		args.in = &in;
		WANT(env, done(bind_map(&m->vm, va, (sparse ? n : PAGES) * PAGE_SIZE,
					sparse ? NULL : &m->vram, 0)), 0);
		fence = vm_bind(&m->vm, &args);
		replace(env, addr, 3, PROT_READ | PROT_WRITE);
		for (i = 0; i < (sparse ? n : PAGES); i++)
			if (!WANT(env, gpu_reads(va + i * PAGE_SIZE),
				  sparse ? sparse_oa(m) : m->vram.oa[i]))
				break;
		dma_fence_signal(in);
		WANT(env, done(fence), 0);
		WANT(env, gpu_reads(at + 3 * PAGE_SIZE), FRONT_NONE);
		WANT(env, bind_validate(&m->vm), 0);
		same(env, at, addr, 0, USER_PAGES - 1);
		replace(env, addr, 3, PROT_READ | PROT_WRITE);
		WANT(env, gpu_reads(at + 3 * PAGE_SIZE), FRONT_NONE);
		WANT(env, done(bind_unmap(&m->vm, va, n * PAGE_SIZE)), 0);
		hold_drop(env, m, in);
	}
}

static void run_user(struct env *env, struct machine *m)
{
	unsigned long addr = kunit_vm_mmap(env->test, NULL, 0, USER_PAGES * PAGE_SIZE,
					   PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	int want = env->page == PAGE_SIZE ? 0 : -EINVAL;
	struct bind_vm *vm = &m->vm;
	u64 va = 1024 * env->page;
	unsigned int i;

	KUNIT_ASSERT_FALSE(env->test, !addr || IS_ERR_VALUE(addr));
	if (!WANT(env, bind_user_init(&m->user, vm, addr, USER_PAGES * PAGE_SIZE), want) || want)
		return;
	/* It is mapped when it is needed. */
	WANT(env, done(bind_map(vm, va, USER_PAGES * PAGE_SIZE, &m->user, 0)), 0);
	WANT(env, gpu_reads(va), FRONT_NONE);
	for (i = 0; i < USER_PAGES; i += 2)
		cpu_stores(env, addr, i, 1000 + i);
	WANT(env, bind_validate(vm), 0);
	WANT(env, gpu_loads(va + 62 * PAGE_SIZE), 1062);
	same(env, va, addr, 0, USER_PAGES - 1);

	/* A page is replaced: the old one is out at once. */
	replace(env, addr, 10, PROT_READ | PROT_WRITE);
	WANT(env, gpu_reads(va + 10 * PAGE_SIZE), FRONT_NONE);
	WANT(env, gpu_loads(va + 62 * PAGE_SIZE), 1062);
	cpu_stores(env, addr, 10, 5);
	WANT(env, bind_validate(vm), 0);
	WANT(env, gpu_loads(va + 10 * PAGE_SIZE), 5);
	same(env, va, addr, 0, USER_PAGES - 1);

	/* A hole: the mapping stays out, until there is memory again. */
	WANT(env, vm_munmap(addr + 20 * PAGE_SIZE, PAGE_SIZE), 0);
	WANT(env, gpu_reads(va + 20 * PAGE_SIZE), FRONT_NONE);
	WANT(env, bind_validate(vm), -EFAULT);
	WANT(env, gpu_reads(va + 20 * PAGE_SIZE), FRONT_NONE);
	replace(env, addr, 20, PROT_READ);
	WANT(env, bind_validate(vm), -EPERM);
	replace(env, addr, 20, PROT_READ | PROT_WRITE);
	WANT(env, bind_validate(vm), 0);
	same(env, va, addr, 0, USER_PAGES - 1);

	run_user_race(env, m, va, addr);
	run_user_unbind(env, m, va, addr);
	run_user_waits(env, m, addr);

	/* The process has unmapped all of it. */
	WANT(env, bind_validate(vm), 0);
	WANT(env, vm_munmap(addr, USER_PAGES * PAGE_SIZE), 0);
	for (i = 32; i < USER_PAGES; i++)
		WANT(env, gpu_reads(va + i * PAGE_SIZE), i == 48 ? m->vram.oa[0] : FRONT_NONE);
	WANT(env, bind_validate(vm), -EFAULT);
	WANT(env, done(bind_unmap(vm, va, USER_PAGES * PAGE_SIZE)), 0);
	WANT(env, bind_validate(vm), 0);
	drm_gem_object_put(&m->user.base);
}

static void each_machine(struct kunit *test, void (*run)(struct env *env, struct machine *m))
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
		env->config.cfg.mem = &test_mem_ops;
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
		m->vram.place = place;
		run(env, m);
		GOOD(env);
		bind_vm_fini(&m->vm);
		drm_gem_object_put(&m->vram.base);
		/* Tables are gone with the last mapping. */
		WANT(env, mem_live(env->mem), 1);
		front_stop(env->hw);
		ptf_gpu_deinit(&m->vm.pt);
		WANT(env, mem_live(env->mem), 0);
		rcu_barrier();
		kvfree(m);
		env_free(env);
	}
	drm_dev_put(drm);
	platform_device_unregister(device);
}

void gpu_test_vm_bind(struct kunit *test)
{
	each_machine(test, run);
}

void gpu_test_vm_bind_fences(struct kunit *test)
{
	each_machine(test, run_fences);
}

void gpu_test_vm_bind_user(struct kunit *test)
{
	each_machine(test, run_user);
}
