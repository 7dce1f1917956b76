// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page table side of an imaginary VM_BIND driver on the format arm64_4k: what
 * Documentation/gpu.rst talks about. Scheduling and memory objects are left out.
 */
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_gpuvm.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <ptforge/gpu.h>
#include <ptforge/gpuvm.h>

#define MY_AS_ROOT	0x0
#define MY_AS_FIRST	0x8
#define MY_AS_LAST	0x10
#define MY_AS_COMMAND	0x18
#define MY_AS_STATUS	0x20
#define MY_AS_LOCK	1	/* translations in the range wait */
#define MY_AS_FLUSH	2	/* forget the range, tables included */
#define MY_AS_UNLOCK	3	/* go on */

/* names the format: declares ptf_gpu_arm64_4k_init() */
PTF_GPU_FORMAT(arm64_4k);

struct my_vm {
	struct drm_gpuvm gpuvm;
	struct ptf_gpu pt;
	void __iomem *as;
};

struct my_bind {
	struct my_vm *vm;
	struct drm_gpuva_ops *ops;
	struct ptf_gpu_update update;
};

int my_vm_init(struct my_vm *vm);
int my_bind_reserve(struct my_bind *bind);
int my_bind_run(struct my_bind *bind);

static void my_as_command(struct my_vm *vm, u64 first, u64 last, u32 command)
{
	u32 busy;

	writeq(first, vm->as + MY_AS_FIRST);
	writeq(last, vm->as + MY_AS_LAST);
	writel(command, vm->as + MY_AS_COMMAND);
	readl_poll_timeout_atomic(vm->as + MY_AS_STATUS, busy, !busy, 1, 100000);
}

/* The mandatory op, once per update that changed anything. */
static void my_flush(struct ptf_gpu *pt, const struct ptf_flush *flush)
{
	struct my_vm *vm = container_of(pt, struct my_vm, pt);

	my_as_command(vm, flush->start, flush->last, MY_AS_FLUSH);
}

/* Live leaves are cut: nothing may walk there meanwhile. */
static void my_begin(struct ptf_gpu *pt, u64 va, u64 last)
{
	struct my_vm *vm = container_of(pt, struct my_vm, pt);

	my_as_command(vm, va, last, MY_AS_LOCK);
}

static void my_end(struct ptf_gpu *pt)
{
	struct my_vm *vm = container_of(pt, struct my_vm, pt);

	my_as_command(vm, 0, ~0ULL, MY_AS_UNLOCK);
}

static const struct ptf_gpu_ops my_pt_ops = {
	.flush = my_flush,
	.begin = my_begin,
	.end = my_end,
	.live = PTF_LIVE_BRACKET,
};

int my_vm_init(struct my_vm *vm)
{
	struct ptf_config cfg = { .va_lg2 = 48, .oa_lg2 = 40 };
	struct ptf_hw_info info;
	int rc = ptf_gpu_arm64_4k_init(&vm->pt, &cfg, &my_pt_ops);

	if (rc)
		return rc;
	ptf_gpu_hw_info(&vm->pt, &info);
	writeq(info.top, vm->as + MY_AS_ROOT);
	return 0;
}

/* A buffer in VRAM: pieces of any size, in order */
struct my_vram {
	struct drm_gem_object base;
	unsigned int pieces;
	struct {
		u64 oa, size;
	} piece[];
};

static const struct drm_gem_object_funcs my_vram_funcs;	/* what DRM calls: left out */

static const struct ptf_attrs my_vram_attrs = {
	.flags = PTF_READ | PTF_WRITE | PTF_NOEXEC, .mem = PTF_MEM_NC,
};

/* An iterator of the driver's own: priv is the buffer, count the pieces that were seen. */
static bool my_vram_next(struct ptf_source *source, struct ptf_extent *extent)
{
	struct my_vram *vram = source->priv;
	size_t i;

	while (source->left && source->count < vram->pieces) {
		i = source->count++;
		extent->attrs = &my_vram_attrs;
		if (ptf_source_take(source, extent, vram->piece[i].oa, vram->piece[i].size))
			return true;
	}
	return false;
}

static void my_source_vram(struct ptf_source *source, struct my_vram *vram, u64 offset, u64 size)
{
	*source = (struct ptf_source){
		.next = my_vram_next, .priv = vram, .skip = offset, .left = size,
	};
}

/* What only the driver knows of a mapping: its pages, and what they are for. */
static int my_source(void *priv, const struct drm_gpuva_op_map *map, struct ptf_source *source,
		     struct ptf_attrs *attrs)
{
	struct drm_gem_shmem_object *shmem = to_drm_gem_shmem_obj(map->gem.obj);

	if (map->gem.obj->funcs == &my_vram_funcs) {
		my_source_vram(source, container_of(map->gem.obj, struct my_vram, base),
			       map->gem.offset, map->va.range);
		*attrs = my_vram_attrs;
		return 0;
	}
	ptf_source_sg(source, shmem->sgt, map->gem.offset, map->va.range);
	*attrs = (struct ptf_attrs){
		.flags = PTF_READ | PTF_WRITE | PTF_NOEXEC,
		.mem = shmem->map_wc ? PTF_MEM_NC : PTF_MEM_WB,
	};
	return 0;
}

static const struct ptf_gpuvm_ops my_gpuvm_ops = { .source = my_source };

/* In the ioctl: may sleep, may fail. The pages of all objects are pinned by now. */
int my_bind_reserve(struct my_bind *bind)
{
	int rc;

	ptf_gpu_update_init(&bind->update, &bind->vm->pt);
	rc = ptf_gpuvm_reserve_ops(&bind->update, bind->ops, &my_gpuvm_ops, bind->vm, GFP_KERNEL);
	if (rc)
		ptf_gpu_finish(&bind->update);	/* gives all back */
	return rc;
}

/* In the fence-signalling path: allocates nothing, does not sleep. */
int my_bind_run(struct my_bind *bind)
{
	int rc = ptf_gpuvm_apply_ops(&bind->update, bind->ops, &my_gpuvm_ops, bind->vm);

	ptf_gpu_finish(&bind->update);	/* one flush, and the GPU goes on */
	return rc;
}

MODULE_DESCRIPTION("Example of a GPU driver on ptforge");
MODULE_LICENSE("GPL");
