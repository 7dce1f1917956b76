// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes the time of updates of a GPU's page table, ours against io-pgtable-arm
 * driven as panthor does it: tables for the worst case come from a slab cache
 * before; each element of a list is mapped by itself, in runs of one page size
 * within one table; a sparse range is a loop over a dummy of 2M; a hole in a 2M
 * page is an unmap of all of it and a map of what stays.
 *
 * A sample is one update, whole: reserve, apply, finish; "apply" is without the
 * reservation. Both sides use pages of 4K, 2M and 1G and no flush. What was mapped
 * is looked up, and what was stored is counted in the tables themselves.
 * scripts/bench.py reads the results from the kernel log.
 */
#include <linux/device.h>
#include <linux/io-pgtable.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>
#include <ptforge/gpu.h>
#include "timing.h"

static unsigned int samples = 31;
module_param(samples, uint, 0444);
MODULE_PARM_DESC(samples, "samples of each operation");

#define VA_LG2 48
#define OA_LG2 48
#define BASE BIT_ULL(40)
#define OA_BASE BIT_ULL(36)
#define SIZES (SZ_4K | SZ_2M | SZ_1G)
#define MOST_SAMPLES 255
#define HOLES 512

PTF_GPU_FORMAT(arm64_4k);

enum who { OURS, PEER, WHOS };
enum part { WHOLE, APPLY, PARTS };

static const char * const who_names[WHOS] = { "ptforge", "io-pgtable-arm" };

/**
 * struct update - what one update does
 * @va: first VA
 * @size: bytes
 * @sgt: what is mapped; NULL to unmap
 * @sparse: the list is repeated
 */
struct update {
	u64 va;
	u64 size;
	struct sg_table *sgt;
	bool sparse;
};

/**
 * struct peer - the other's address space
 * @ops: io-pgtable-arm
 * @root: its root table
 * @pages: tables set aside for the update
 * @next: of @pages
 * @count: length of @pages
 * @allocated: tables in use
 */
struct peer {
	struct io_pgtable_ops *ops;
	void *root;
	void **pages;
	unsigned int next;
	unsigned int count;
	unsigned int allocated;
};

static struct device *device;
static struct kmem_cache *cache;
static struct ptf_gpu gpu;
static struct peer peer;
static u64 times[2][WHOS][PARTS][MOST_SAMPLES];
static u64 clock_ps;
static unsigned int errors;

static __printf(1, 2) void wrong(const char *format, ...)
{
	struct va_format text = { .fmt = format };
	va_list args;

	if (errors++ >= 20)
		return;
	va_start(args, format);
	text.va = &args;
	pr_err("ptf-bench: wrong: %pV\n", &text);
	va_end(args);
}

/* The peer */

static void *peer_alloc(void *cookie, size_t size, gfp_t gfp)
{
	if (!peer.root) {
		peer.root = (void *)get_zeroed_page(gfp);
		return peer.root;
	}
	if (peer.next == peer.count)
		return NULL;
	peer.allocated++;
	return memset(peer.pages[peer.next++], 0, SZ_4K);
}

static void peer_free(void *cookie, void *page, size_t size)
{
	if (page == peer.root) {
		free_page((unsigned long)page);
		peer.root = NULL;
		return;
	}
	peer.allocated--;
	kmem_cache_free(cache, page);
}

static void peer_flush_all(void *cookie)
{
}

static void peer_flush_walk(unsigned long va, size_t size, size_t granule, void *cookie)
{
}

static const struct iommu_flush_ops peer_flush_ops = {
	.tlb_flush_all = peer_flush_all,
	.tlb_flush_walk = peer_flush_walk,
};

/* Units of 2^@lg2 bytes that a range touches */
static u64 touched(u64 va, u64 size, unsigned int lg2)
{
	return ((va + size - 1) >> lg2) - (va >> lg2) + 1;
}

/* Tables for the worst case; for sparse ranges over 2M pages none of the lowest level */
static int peer_reserve(const struct update *update)
{
	u64 va = update->va, size = update->size, count;

	if (!update->sgt)
		count = !IS_ALIGNED(va, SZ_2M) +
			(!IS_ALIGNED(va + size, SZ_2M) && touched(va, size, 21) > 1);
	else
		count = touched(va, size, 39) + touched(va, size, 30) +
			(update->sparse && update->sgt->sgl->length >= SZ_2M ? 0 :
			 touched(va, size, 21));
	peer.next = 0;
	peer.count = 0;
	peer.pages = NULL;
	if (!count)
		return 0;
	peer.pages = kvcalloc(count, sizeof(*peer.pages), GFP_KERNEL);
	if (!peer.pages || !kmem_cache_alloc_bulk(cache, GFP_KERNEL, count, peer.pages)) {
		kvfree(peer.pages);
		peer.pages = NULL;
		return -ENOMEM;
	}
	peer.count = count;
	return 0;
}

static void peer_finish(void)
{
	if (peer.next < peer.count)
		kmem_cache_free_bulk(cache, peer.count - peer.next, peer.pages + peer.next);
	kvfree(peer.pages);
	peer.pages = NULL;
}

/* A page size, and how many of it there are up to where a larger one may begin */
static size_t peer_pick(u64 both, u64 size, size_t *count)
{
	u64 room = -both & (SZ_2M - 1);

	if (room || size < SZ_2M) {
		*count = (room && room < size ? room : size) / SZ_4K;
		return SZ_4K;
	}
	room = -both & (SZ_1G - 1) ?: SZ_1G;
	*count = min(room, size) / SZ_2M;
	return SZ_2M;
}

static int peer_map_extent(u64 va, u64 oa, u64 size)
{
	size_t pgsize, count, mapped;
	int rc;

	while (size) {
		pgsize = peer_pick(va | oa, size, &count);
		mapped = 0;
		rc = peer.ops->map_pages(peer.ops, va, oa, pgsize, count, IOMMU_READ | IOMMU_WRITE,
					 GFP_KERNEL, &mapped);
		if (rc || !mapped)
			return rc ?: -ENOMEM;
		va += mapped;
		oa += mapped;
		size -= mapped;
	}
	return 0;
}

static int peer_map_sg(u64 va, struct sg_table *sgt, u64 offset, u64 size)
{
	struct scatterlist *sg;
	unsigned int i;
	u64 bytes;
	int rc;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (sg_dma_len(sg) <= offset) {
			offset -= sg_dma_len(sg);
			continue;
		}
		bytes = min(sg_dma_len(sg) - offset, size);
		rc = peer_map_extent(va, sg_dma_address(sg) + offset, bytes);
		if (rc)
			return rc;
		va += bytes;
		size -= bytes;
		offset = 0;
		if (!size)
			break;
	}
	return 0;
}

static int peer_map_sparse(const struct update *update)
{
	u64 unit = update->sgt->sgl->length, done = 0, va, bytes;
	int rc = 0;

	while (!rc && done < update->size) {
		va = update->va + done;
		bytes = min(update->size - done, unit - (va & (unit - 1)));
		rc = peer_map_sg(va, update->sgt, va & (unit - 1), bytes);
		done += bytes;
	}
	return rc;
}

static int peer_unmap(u64 va, u64 size)
{
	size_t pgsize, count, unmapped;

	while (size) {
		pgsize = peer_pick(va, size, &count);
		unmapped = peer.ops->unmap_pages(peer.ops, va, pgsize, count, NULL);
		if (unmapped != pgsize * count)
			return -EIO;
		va += unmapped;
		size -= unmapped;
	}
	return 0;
}

/* An unmap of a part of a 2M page that is mapped to @update's VA, moved */
static int peer_unmap_part(const struct update *update, u64 oa)
{
	u64 first = ALIGN_DOWN(update->va, SZ_2M), end = update->va + update->size;
	int rc = peer_unmap(first, SZ_2M);

	if (!rc && update->va > first)
		rc = peer_map_extent(first, oa, update->va - first);
	if (!rc && end < first + SZ_2M)
		rc = peer_map_extent(end, oa + (end - first), first + SZ_2M - end);
	return rc;
}

/* One update of the peer; the time of its parts */
static int peer_update(const struct update *update, const u64 *part_oa, u64 ns[PARTS])
{
	u64 then = ktime_get_ns(), applied;
	int rc = peer_reserve(update);

	applied = ktime_get_ns();
	if (rc)
		return rc;
	if (part_oa)
		rc = peer_unmap_part(update, *part_oa);
	else if (!update->sgt)
		rc = peer_unmap(update->va, update->size);
	else if (update->sparse)
		rc = peer_map_sparse(update);
	else
		rc = peer_map_sg(update->va, update->sgt, 0, update->size);
	peer_finish();
	ns[APPLY] = ktime_get_ns() - applied;
	ns[WHOLE] = ktime_get_ns() - then;
	return rc;
}

/* One update of ours */
static int our_update(const struct update *update, u64 ns[PARTS])
{
	static const struct ptf_attrs attrs = { .flags = PTF_READ | PTF_WRITE };
	struct ptf_gpu_update ours;
	struct ptf_source source;
	struct ptf_extent extent;
	u64 then = ktime_get_ns(), applied;
	int rc;

	ptf_gpu_update_init(&ours, &gpu);
	if (update->sparse)
		extent = (struct ptf_extent){
			.oa = sg_dma_address(update->sgt->sgl), .size = update->sgt->sgl->length,
		};
	else if (update->sgt)
		ptf_source_sg(&source, update->sgt, 0, update->size);
	if (!update->sgt)
		rc = ptf_gpu_reserve_unmap(&ours, update->va, update->size, GFP_KERNEL);
	else if (update->sparse)
		rc = ptf_gpu_reserve_repeat(&ours, update->va, update->size, &extent, GFP_KERNEL);
	else
		rc = ptf_gpu_reserve_map(&ours, update->va, update->size, &source, GFP_KERNEL);
	applied = ktime_get_ns();
	if (!rc && !update->sgt)
		rc = ptf_gpu_unmap(&ours, update->va, update->size);
	else if (!rc && update->sparse)
		rc = ptf_gpu_repeat(&ours, update->va, update->size, &extent, &attrs);
	else if (!rc)
		rc = ptf_gpu_map(&ours, update->va, update->size, &source, &attrs);
	ptf_gpu_finish(&ours);
	ns[APPLY] = ktime_get_ns() - applied;
	ns[WHOLE] = ktime_get_ns() - then;
	return rc;
}

static int do_update(enum who who, const struct update *update, const u64 *part_oa,
		     u64 ns[PARTS])
{
	return who == PEER ? peer_update(update, part_oa, ns) : our_update(update, ns);
}

/* What is mapped at @va; false if nothing is */
static bool lookup(enum who who, u64 va, u64 *oa)
{
	struct ptf_mapping mapping;

	if (who == PEER) {
		*oa = peer.ops->iova_to_phys(peer.ops, va);
		return *oa;
	}
	if (ptf_gpu_lookup(&gpu, va, &mapping))
		return false;
	*oa = mapping.oa + (va - mapping.va);
	return true;
}

static void want(enum who who, u64 va, bool mapped, u64 oa)
{
	u64 got = 0;
	bool is = lookup(who, va, &got);

	if (is != mapped || (is && got != oa))
		wrong("%s: %#llx leads to %#llx (%d), not %#llx (%d)", who_names[who], va, got, is,
		      oa, mapped);
}

/* Look up each extent's ends, or for a sparse range some places of it. */
static void verify(enum who who, const struct update *update, bool mapped)
{
	u64 va = update->va, end = va + update->size, unit = update->sgt->sgl->length, step;
	struct scatterlist *sg;
	unsigned int i;

	if (update->sparse) {
		step = max(SZ_4K, update->size / 1009 & ~(SZ_4K - 1ULL));
		for (; va < end; va += step)
			want(who, va, mapped,
			     sg_dma_address(update->sgt->sgl) + (va & (unit - 1)));
		return;
	}
	for_each_sgtable_dma_sg(update->sgt, sg, i) {
		want(who, va, mapped, sg_dma_address(sg));
		want(who, va + sg_dma_len(sg) - 1, mapped,
		     sg_dma_address(sg) + sg_dma_len(sg) - 1);
		va += sg_dma_len(sg);
	}
}

/* Count tables, and items in use, each table once. */
static void count_tables(u64 *table, unsigned int level, struct xarray *seen, u64 *tables,
			 u64 *items)
{
	unsigned int i;

	if (xa_load(seen, (unsigned long)table))
		return;
	if (xa_err(xa_store(seen, (unsigned long)table, xa_mk_value(1), GFP_KERNEL)))
		wrong("no memory to count tables");
	++*tables;
	for (i = 0; i < SZ_4K / sizeof(*table); i++) {
		if (!(table[i] & 1))
			continue;
		++*items;
		if (level && table[i] & 2)
			count_tables(phys_to_virt(table[i] & GENMASK_ULL(47, 12)), level - 1, seen,
				     tables, items);
	}
}

static void report_count(enum who who, const char *shape)
{
	struct ptf_hw_info info;
	u64 tables = 0, items = 0;
	struct xarray seen;

	ptf_gpu_hw_info(&gpu, &info);
	xa_init(&seen);
	count_tables(who == PEER ? peer.root : phys_to_virt(info.top), 3, &seen, &tables, &items);
	xa_destroy(&seen);
	pr_info("ptf-bench: count format=arm64_4k who=%s shape=%s tables=%llu stores=%llu\n",
		who_names[who], shape, tables, items);
}

static void report(const char *shape, const char *op, u64 ns[WHOS][PARTS][MOST_SAMPLES],
		   unsigned int count, unsigned int calls)
{
	static const char * const ways[PARTS] = { "update", "apply" };
	/* Readings of the clock that are a part of each */
	const u64 clock[PARTS] = { 3 * clock_ps, clock_ps };
	unsigned int i;
	enum part part;
	enum who who;

	for (part = 0; part < PARTS; part++) {
		for (who = 0; who < WHOS; who++) {
			u64 *sample = ns[who][part];

			for (i = 0; i < count; i++)
				sample[i] = max(sample[i] * 1000 / calls, clock[part]) -
					    clock[part];
			timing_report("arm64_4k", who_names[who], ways[part], shape, op, sample,
				      count, calls);
		}
	}
}

/*
 * Map and unmap, in turn; the first time is not counted. A sample is the sum of
 * @rounds, where the clock's ticks are long against an update.
 */
static void run(const char *shape, const struct update *map, unsigned int count,
		unsigned int rounds)
{
	const struct update unmap = { .va = map->va, .size = map->size };
	unsigned int i, op, at;
	u64 ns[PARTS] = {};
	enum who who;
	int rc;

	memset(times, 0, sizeof(times));
	for (i = 0; i <= count * rounds; i++) {
		at = (i - 1) / rounds;
		for (who = 0; who < WHOS; who++) {
			for (op = 0; op < 2; op++) {
				rc = do_update(who, op ? &unmap : map, NULL, ns);
				if (rc) {
					wrong("%s: %s: error %d", who_names[who], shape, rc);
					return;
				}
				if (i) {
					times[op][who][WHOLE][at] += ns[WHOLE];
					times[op][who][APPLY][at] += ns[APPLY];
				}
				if (i < 2)
					verify(who, map, !op);
				if (!i && !op)
					report_count(who, shape);
			}
		}
		cond_resched();
	}
	report(shape, "map", times[0], count, rounds);
	report(shape, "unmap", times[1], count, rounds);
}

/* Holes in the middle of 2M pages, one update for each */
static void run_holes(const char *shape, struct sg_table *sgt, u64 at, u64 size,
		      unsigned int count)
{
	const struct update map = { .va = BASE, .size = SZ_1G, .sgt = sgt };
	const struct update unmap = { .va = BASE, .size = SZ_1G };
	u64 ns[PARTS] = {}, sum[PARTS], va;
	struct scatterlist *sg;
	unsigned int i, n;
	enum who who;
	u64 oa;

	for (i = 0; i <= count; i++) {
		for (who = 0; who < WHOS; who++) {
			if (do_update(who, &map, NULL, ns)) {
				wrong("%s: %s: no map", who_names[who], shape);
				return;
			}
			sum[WHOLE] = 0;
			sum[APPLY] = 0;
			for_each_sgtable_dma_sg(sgt, sg, n) {
				struct update hole = { .va = BASE + n * SZ_2M + at, .size = size };

				oa = sg_dma_address(sg);
				if (do_update(who, &hole, &oa, ns))
					wrong("%s: no hole %u", who_names[who], n);
				sum[WHOLE] += ns[WHOLE];
				sum[APPLY] += ns[APPLY];
			}
			for_each_sgtable_dma_sg(sgt, sg, n) {
				va = BASE + n * SZ_2M;
				want(who, va + at - 1, true, sg_dma_address(sg) + at - 1);
				want(who, va + at, false, 0);
				want(who, va + at + size - 1, false, 0);
				want(who, va + at + size, true, sg_dma_address(sg) + at + size);
			}
			if (i) {
				times[0][who][WHOLE][i - 1] = sum[WHOLE];
				times[0][who][APPLY][i - 1] = sum[APPLY];
			}
			/* Of what is left, the peer may not unmap holes. */
			for (n = 0; who == PEER && n < HOLES; n++)
				if (peer_unmap(BASE + n * SZ_2M, at) ||
				    peer_unmap(BASE + n * SZ_2M + at + size, SZ_2M - at - size))
					wrong("io-pgtable-arm: no unmap beside a hole");
			if (who == OURS && our_update(&unmap, ns))
				wrong("ptforge: no unmap of holes");
		}
		cond_resched();
	}
	report(shape, "unmap", times[0], count, HOLES);
}

/* A list of @count extents of @size bytes, no two of which follow each other */
static int make_list(struct sg_table *sgt, unsigned int count, u64 size)
{
	struct scatterlist *sg;
	unsigned int i;

	if (sg_alloc_table(sgt, count, GFP_KERNEL))
		return -ENOMEM;
	for_each_sgtable_sg(sgt, sg, i) {
		sg->length = size;
		sg_dma_address(sg) = OA_BASE + (i ^ 1) * size;
		sg_dma_len(sg) = size;
	}
	return 0;
}

/* Small binds where the tables are there, because the next page is mapped */
static void run_small(void)
{
	static const struct {
		const char *name;
		u64 size;
	} binds[] = { { "1x4K", SZ_4K }, { "1x64K", SZ_64K }, { "1x2M", SZ_2M } };
	struct sg_table sgt;
	u64 ns[PARTS] = {};
	unsigned int i;
	enum who who;

	for (i = 0; i < ARRAY_SIZE(binds); i++) {
		struct update map = { .va = BASE + 5 * binds[i].size, .size = binds[i].size,
				      .sgt = &sgt };
		struct update next = { .va = map.va + map.size, .size = map.size, .sgt = &sgt };

		if (make_list(&sgt, 1, map.size)) {
			wrong("no memory for a list");
			return;
		}
		for (who = 0; who < WHOS; who++)
			if (do_update(who, &next, NULL, ns))
				wrong("%s: %s: no map beside it", who_names[who], binds[i].name);
		run(binds[i].name, &map, samples, 1024);
		next.sgt = NULL;
		for (who = 0; who < WHOS; who++)
			if (do_update(who, &next, NULL, ns))
				wrong("%s: %s: no unmap beside it", who_names[who], binds[i].name);
		sg_free_table(&sgt);
	}
}

static void run_lists(void)
{
	static const struct {
		const char *name;
		u64 size;
		unsigned int rounds;
	} lists[] = {
		{ "1G-of-4K", SZ_4K, 1 }, { "1G-of-64K", SZ_64K, 1 }, { "1G-of-2M", SZ_2M, 32 },
	};
	struct update map = { .va = BASE, .size = SZ_1G };
	struct sg_table sgt;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		if (make_list(&sgt, SZ_1G / lists[i].size, lists[i].size)) {
			wrong("no memory for a list");
			return;
		}
		map.sgt = &sgt;
		run(lists[i].name, &map, samples, lists[i].rounds);
		if (lists[i].size == SZ_2M) {
			run_holes("4K-in-2M", &sgt, SZ_1M, SZ_4K, samples);
			run_holes("1M-in-2M", &sgt, SZ_512K, SZ_1M, samples);
		}
		sg_free_table(&sgt);
	}
}

/*
 * The peer would take 2 GiB of tables for 1 TiB of one page: what it stores follows
 * from the geometry, a leaf for each page and an item for each table.
 */
static void report_computed(const char *shape, u64 size)
{
	u64 tables = size / SZ_2M + size / SZ_1G + DIV_ROUND_UP(size, SZ_512G) + 1;

	pr_info("ptf-bench: count format=arm64_4k who=%s shape=%s tables=%llu stores=%llu\n",
		who_names[PEER], shape, tables, size / SZ_4K + tables - 1);
}

static void run_computed(void)
{
	static const char * const shape = "sparse-1T-of-4K-computed";
	struct update map = { .va = BASE, .size = SZ_1T, .sparse = true }, unmap = map;
	struct sg_table sgt;
	u64 ns[PARTS];

	if (make_list(&sgt, 1, SZ_4K)) {
		wrong("no memory for a dummy");
		return;
	}
	map.sgt = &sgt;
	unmap.sparse = false;
	if (our_update(&map, ns))
		wrong("ptforge: %s is not mapped", shape);
	verify(OURS, &map, true);
	report_count(OURS, shape);
	report_computed(shape, map.size);
	if (our_update(&unmap, ns))
		wrong("ptforge: %s is not unmapped", shape);
	verify(OURS, &map, false);
	sg_free_table(&sgt);
}

static void run_sparse(void)
{
	static const struct {
		const char *name;
		u64 size;
		u64 dummy;
		unsigned int divide;
		unsigned int rounds;
	} ranges[] = {
		{ "sparse-1G-of-4K", SZ_1G, SZ_4K, 1, 1 },
		{ "sparse-1G-of-2M", SZ_1G, SZ_2M, 1, 32 },
		{ "sparse-64G-of-2M", SZ_64G, SZ_2M, 2, 1 },
		{ "sparse-1T-of-2M", SZ_1T, SZ_2M, 10, 1 },
	};
	struct update map = { .va = BASE, .sparse = true };
	struct sg_table sgt;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		if (make_list(&sgt, 1, ranges[i].dummy)) {
			wrong("no memory for a dummy");
			return;
		}
		map.size = ranges[i].size;
		map.sgt = &sgt;
		run(ranges[i].name, &map, max(samples / ranges[i].divide, 1), ranges[i].rounds);
		sg_free_table(&sgt);
	}
}

static int spaces_create(void)
{
	static const struct ptf_gpu_ops ops = {
		.flush = ptf_gpu_flush_none, .live = PTF_LIVE_HITLESS,
	};
	const struct ptf_config ours = { .va_lg2 = VA_LG2, .oa_lg2 = OA_LG2, .page_sizes = SIZES };
	struct io_pgtable_cfg theirs = {
		.pgsize_bitmap = SIZES,
		.ias = VA_LG2,
		.oas = OA_LG2,
		.coherent_walk = true,
		.tlb = &peer_flush_ops,
		.iommu_dev = device,
		.alloc = peer_alloc,
		.free = peer_free,
	};
	int rc = ptf_gpu_arm64_4k_init(&gpu, &ours, &ops);

	if (rc)
		return rc;
	peer.ops = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &theirs, NULL);
	if (peer.ops)
		return 0;
	ptf_gpu_deinit(&gpu);
	return -ENOMEM;
}

static int __init bench_init(void)
{
	int rc;

	samples = clamp(samples, 1, MOST_SAMPLES);
	device = root_device_register("ptf-bench-gpu");
	if (IS_ERR(device))
		return PTR_ERR(device);
	cache = kmem_cache_create("ptf-bench-tables", SZ_4K, SZ_4K, 0, NULL);
	rc = cache ? spaces_create() : -ENOMEM;
	if (rc)
		goto out;
	pr_info("ptf-bench: begin release=%s smp=%d processors=%u\n", init_utsname()->release,
		IS_ENABLED(CONFIG_SMP), num_online_cpus());
	clock_ps = timing_clock_cost();
	run_lists();
	run_small();
	run_sparse();
	run_computed();
	free_io_pgtable_ops(peer.ops);
	ptf_gpu_deinit(&gpu);
	if (peer.allocated || atomic_long_read(&gpu.pt.tables))
		wrong("tables leaked: %u and %ld", peer.allocated,
		      atomic_long_read(&gpu.pt.tables));
	pr_info("ptf-bench: end format=arm64_4k errors=%u\n", errors);
out:
	kmem_cache_destroy(cache);
	root_device_unregister(device);
	return rc;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
}
module_exit(bench_exit);

MODULE_DESCRIPTION("ptforge: speed of GPU page tables, compared");
MODULE_LICENSE("GPL");
