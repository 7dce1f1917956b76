// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes the time of page tables: ours, the kernel's twin of the format and, as the
 * limit, a loop of plain stores. Samples of all of them alternate, on tables that
 * are there already unless a shape is about new ones; what was mapped is looked up
 * again. Results go to the kernel log, a line each, for scripts/bench.py.
 *
 * The test kernel's clock ticks every 256 ns. A sample is hundreds of calls, some
 * rounds of mapping and unmapping a few places that fit into the first level of
 * the processor's cache; the reading of the clock is taken off.
 */
#include <linux/device.h>
#include <linux/kernel_read_file.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>
#include "bench.h"
#include "replay.h"
#include "timing.h"

static unsigned int samples = 51;
module_param(samples, uint, 0444);
MODULE_PARM_DESC(samples, "samples of each operation");

static char *traces[8];
static int nr_traces;
module_param_array(traces, charp, &nr_traces, 0444);
MODULE_PARM_DESC(traces, "files that scripts/trace.py wrote");

#define PLAIN (SZ_4K | SZ_2M | SZ_1G)
#define CONTIGUOUS (PLAIN | SZ_64K)
#define OA_BASE BIT_ULL(36)
#define MOST_PLACES 256
#define LIMIT_ITEMS 2048
#define MOST_SAMPLES 999

enum bench_who { OURS, TWIN, LIMIT, WHOS };
enum bench_op { MAP, UNMAP, OPS };

static const char * const op_names[OPS] = { "map", "unmap" };

/**
 * struct bench_shape - a shape of mapping
 * @name: its name
 * @size: bytes of a call
 * @pgsize: size of its leaves
 * @items: items of a table that it takes
 * @places: how many are mapped, and then unmapped
 * @stride: from each to the next
 * @at: VA of the first, from BENCH_BASE on
 * @oa_off: what OA is more than congruent to VA
 * @rounds: of that, in a sample
 * @sizes: leaf sizes that the table may use
 * @unmap_any: whoever has to pick a page size for unmap picks the largest
 */
struct bench_shape {
	const char *name;
	u64 size;
	u64 pgsize;
	unsigned int items;
	unsigned int places;
	u64 stride;
	u64 at;
	u64 oa_off;
	unsigned int rounds;
	u64 sizes;
	bool unmap_any;
};

static const struct bench_shape shapes[] = {
	/* Part of a table, which stays */
	{ "1x4K", SZ_4K, SZ_4K, 1, 256, SZ_4K, 0, 0, 8, PLAIN },
	{ "16x4K", SZ_64K, SZ_4K, 16, 64, SZ_64K, 0, 0, 16, PLAIN },
	{ "256x4K", SZ_1M, SZ_4K, 256, 8, SZ_2M, SZ_1M, 0, 64, PLAIN },
	/* The halves of two tables */
	{ "512x4K", SZ_2M, SZ_4K, 512, 4, SZ_4M, SZ_1M, 0, 64, PLAIN },
	/* All of a table, which is new each time; no larger leaf fits */
	{ "512x4K-new", SZ_2M, SZ_4K, 512, 4, SZ_2M, 0, SZ_4K, 64, PLAIN, true },
	{ "1x2M", SZ_2M, SZ_2M, 1, 256, SZ_2M, 0, 0, 8, PLAIN },
	{ "16x2M", SZ_32M, SZ_2M, 16, 16, SZ_32M, 0, 0, 64, PLAIN },
	{ "256x2M", SZ_512M, SZ_2M, 256, 8, SZ_1G, SZ_512M, 0, 64, PLAIN },
	{ "512x2M", SZ_1G, SZ_2M, 512, 4, SZ_2G, SZ_512M, 0, 64, PLAIN },
	{ "1x64K", SZ_64K, SZ_64K, 16, 64, SZ_64K, 0, 0, 16, CONTIGUOUS },
	{ "16x64K", SZ_1M, SZ_64K, 256, 8, SZ_2M, SZ_1M, 0, 64, CONTIGUOUS },
	{ "1x1G", SZ_1G, SZ_1G, 1, 128, SZ_1G, 0, 0, 8, PLAIN },
	/* No larger leaf fits, though there is room for some: three tables are new */
	{ "8M-misaligned", SZ_8M, SZ_4K, 2048, 1, SZ_8M, SZ_1M, SZ_4K, 256, PLAIN, true },
};

/**
 * struct bench - the subjects of a format
 * @format: its name
 * @subject: who; NULL for the limit, or a twin that is missing
 * @domain: their tables
 * @errors: what was wrong
 * @ps: by subject and operation, the samples
 * @clock: ps that reading the clock takes
 */
struct bench {
	const char *format;
	const struct bench_subject *subject[WHOS];
	struct iommu_domain *domain[WHOS];
	unsigned int errors;
	u64 ps[WHOS][OPS][MOST_SAMPLES];
	u64 clock;
};

static struct device *device;
static u64 *limit_items;

/**
 * ptf_bench_device() - the device that walks the twin's tables
 *
 * Return: a device.
 */
struct device *ptf_bench_device(void)
{
	return device;
}
EXPORT_SYMBOL_GPL(ptf_bench_device);

static __printf(2, 3) void wrong(struct bench *bench, const char *format, ...)
{
	struct va_format text = { .fmt = format };
	va_list args;

	if (bench->errors++ >= 20)
		return;
	va_start(args, format);
	text.va = &args;
	pr_err("ptf-bench: wrong: %s: %pV\n", bench->format, &text);
	va_end(args);
}

static const char *name_of(struct bench *bench, enum bench_who who)
{
	return who == LIMIT ? "stores" : bench->subject[who]->name;
}

static void report(struct bench *bench, const char *way, const char *shape, const char *op,
		   enum bench_who who, u64 *ps, unsigned int count, unsigned int calls)
{
	timing_report(bench->format, name_of(bench, who), way, shape, op, ps, count, calls);
}

/* Loops through the IOMMU core, the same for all */

static noinline unsigned int core_map(struct iommu_domain *domain, const struct bench_calls *calls)
{
	unsigned int i, failed = 0;
	u64 at = 0;

	for (i = 0; i < calls->calls; i++, at += calls->stride)
		failed += !!iommu_map(domain, calls->va + at, calls->oa + at, calls->size,
				      BENCH_PROT, GFP_KERNEL);
	return failed;
}

static noinline u64 core_unmap(struct iommu_domain *domain, const struct bench_calls *calls)
{
	u64 done = 0, at = 0;
	unsigned int i;

	for (i = 0; i < calls->calls; i++, at += calls->stride)
		done += iommu_unmap(domain, calls->va + at, calls->size);
	return done;
}

static noinline u64 core_lookup(struct iommu_domain *domain, const struct bench_lookups *lookups)
{
	u64 sum = 0, state = lookups->state;
	unsigned int i;

	for (i = 0; i < lookups->count; i++)
		sum += iommu_iova_to_phys(domain, lookups->va + bench_lookup_next(lookups, &state));
	return sum;
}

static noinline unsigned int core_replay(struct iommu_domain **domains,
					 const struct bench_step *step, unsigned int count)
{
	unsigned int failed = 0;

	for (; count; count--, step++) {
		if (step->map)
			failed += !!iommu_map(domains[step->space], step->va, step->oa, step->size,
					      BENCH_PROT, GFP_KERNEL);
		else
			failed += iommu_unmap(domains[step->space], step->va, step->size) !=
				  step->size;
	}
	return failed;
}

static const struct bench_way core = { core_map, core_unmap, core_lookup, core_replay };

static const struct bench_way *way_of(struct bench *bench, enum bench_who who, bool direct)
{
	return direct ? &bench->subject[who]->direct : &core;
}

/* The limit: as many stores, each of which the compiler must make */

static noinline void limit_run(u64 *item, unsigned int count, u64 value, u64 step)
{
	for (; count; count--, value += step)
		WRITE_ONCE(*item++, value);
}

static noinline unsigned int limit_map(const struct bench_calls *calls, unsigned int items)
{
	unsigned int i;

	for (i = 0; i < calls->calls; i++)
		limit_run(limit_items + i * items, items, calls->oa | 3, calls->pgsize);
	return 0;
}

static noinline u64 limit_unmap(const struct bench_calls *calls, unsigned int items)
{
	unsigned int i;

	for (i = 0; i < calls->calls; i++)
		limit_run(limit_items + i * items, items, 0, 0);
	return calls->calls * calls->size;
}

/* Tables for all subjects; false if one has no memory. */
static bool create(struct bench *bench, const struct bench_config *cfg)
{
	enum bench_who who;

	for (who = OURS; who < LIMIT; who++) {
		bench->domain[who] = NULL;
		if (!bench->subject[who])
			continue;
		bench->domain[who] = bench->subject[who]->create(cfg);
		if (!bench->domain[who])
			wrong(bench, "%s has no table", name_of(bench, who));
	}
	return bench->domain[OURS] && (bench->domain[TWIN] || !bench->subject[TWIN]);
}

static void destroy(struct bench *bench)
{
	enum bench_who who;

	for (who = OURS; who < LIMIT; who++)
		if (bench->domain[who])
			bench->subject[who]->destroy(bench->domain[who]);
}

static struct bench_calls calls_of(const struct bench_shape *shape)
{
	return (struct bench_calls){
		.va = BENCH_BASE + shape->at,
		.oa = OA_BASE + shape->at + shape->oa_off,
		.size = shape->size,
		.pgsize = shape->pgsize,
		.stride = shape->stride,
		.calls = shape->places,
	};
}

/* Whether what was mapped is mapped, or nothing is: all of it, or its ends */
static void verify(struct bench *bench, enum bench_who who, const struct bench_calls *calls,
		   bool mapped, bool all)
{
	struct iommu_domain *domain = bench->domain[who];
	u64 at, off, step, want, got;
	unsigned int i;

	step = all ? calls->pgsize : max(calls->size - calls->pgsize, calls->pgsize);
	for (i = 0, at = 0; i < calls->calls; i++, at += calls->stride) {
		for (off = 0; off < calls->size; off += step) {
			got = iommu_iova_to_phys(domain, calls->va + at + off + 8);
			want = mapped ? calls->oa + at + off + 8 : 0;
			if (got != want)
				wrong(bench, "%s: %#llx leads to %#llx, not %#llx",
				      name_of(bench, who), calls->va + at + off, got, want);
		}
	}
}

/* One sample: rounds of map and unmap; the first one of all is checked all over. */
static void sample(struct bench *bench, const struct bench_shape *shape, enum bench_who who,
		   bool direct, bool first, u64 ps[OPS])
{
	struct bench_calls calls = calls_of(shape), unmaps = calls;
	u64 then, now, ns[OPS] = {}, done;
	unsigned int round, failed;

	if (shape->unmap_any)
		unmaps.pgsize = 0;
	for (round = 0; round < shape->rounds; round++) {
		then = ktime_get_ns();
		failed = who == LIMIT ? limit_map(&calls, shape->items) :
			 way_of(bench, who, direct)->map(bench->domain[who], &calls);
		now = ktime_get_ns();
		ns[MAP] += now - then;
		if (who != LIMIT && (!round || first))
			verify(bench, who, &calls, true, first);
		then = ktime_get_ns();
		done = who == LIMIT ? limit_unmap(&calls, shape->items) :
		       way_of(bench, who, direct)->unmap(bench->domain[who], &unmaps);
		now = ktime_get_ns();
		ns[UNMAP] += now - then;
		if (who != LIMIT && (!round || first))
			verify(bench, who, &calls, false, first);
		if (failed || done != calls.calls * calls.size)
			wrong(bench, "%s, %s: %u maps failed, %#llx bytes unmapped",
			      name_of(bench, who), shape->name, failed, done);
		if (first && round)
			break;
	}
	for (round = 0; round < OPS; round++)
		ps[round] = (max(ns[round] * 1000, shape->rounds * bench->clock) -
			     shape->rounds * bench->clock) / (shape->rounds * shape->places);
}

static void run_shape(struct bench *bench, const struct bench_shape *shape, bool direct)
{
	const struct bench_config cfg = { .sizes = shape->sizes };
	enum bench_who who;
	enum bench_op op;
	unsigned int i;
	u64 ps[OPS];

	/* Contiguous leaves: only if ours has them */
	if (!create(bench, &cfg))
		goto out;
	if (shape->sizes == CONTIGUOUS && !(bench->domain[OURS]->pgsize_bitmap & SZ_64K))
		goto out;
	for (i = 0; i <= samples; i++) {
		for (who = OURS; who < WHOS; who++) {
			if (who != LIMIT && !bench->domain[who])
				continue;
			sample(bench, shape, who, direct, !i, ps);
			for (op = 0; i && op < OPS; op++)
				bench->ps[who][op][i - 1] = ps[op];
		}
		cond_resched();
	}
	for (op = 0; op < OPS; op++)
		for (who = OURS; who < WHOS; who++)
			if (who == LIMIT || bench->domain[who])
				report(bench, direct ? "direct" : "core", shape->name, op_names[op],
				       who, bench->ps[who][op], samples,
				       shape->rounds * shape->places);
out:
	destroy(bench);
}

/* Scattered pages by iommu_map_sg() */

#define SG_PAGES 256

static void sample_sg(struct bench *bench, enum bench_who who, struct sg_table *sgt,
		      const struct bench_shape *shape, u64 ps[OPS])
{
	struct bench_calls calls = calls_of(shape);
	unsigned int round, place, i;
	struct scatterlist *sg;
	u64 then, ns[OPS] = {}, got, done = 0, mapped;

	for (round = 0; round < shape->rounds; round++) {
		mapped = 0;
		then = ktime_get_ns();
		for (place = 0; place < shape->places; place++)
			mapped += iommu_map_sg(bench->domain[who], calls.va + place * calls.stride,
					       sgt->sgl, sgt->nents, BENCH_PROT, GFP_KERNEL);
		ns[MAP] += ktime_get_ns() - then;
		if (mapped != shape->places * shape->size)
			wrong(bench, "%s mapped %#llx bytes of lists", name_of(bench, who),
			      mapped);
		for_each_sgtable_sg(sgt, sg, i) {
			got = iommu_iova_to_phys(bench->domain[who], calls.va + i * SZ_4K);
			if (got != sg_phys(sg))
				wrong(bench, "%s: page %u of a list leads to %#llx",
				      name_of(bench, who), i, got);
			if (round)
				break;
		}
		then = ktime_get_ns();
		done += core.unmap(bench->domain[who], &calls);
		ns[UNMAP] += ktime_get_ns() - then;
	}
	if (done != shape->rounds * shape->places * shape->size)
		wrong(bench, "%s unmapped %#llx bytes of lists", name_of(bench, who), done);
	for (round = 0; round < OPS; round++)
		ps[round] = (ns[round] * 1000 - shape->rounds * bench->clock) /
			    (shape->rounds * shape->places);
}

static void run_sg(struct bench *bench)
{
	static const struct bench_shape shape = {
		"sg-256x4K", SZ_1M, SZ_4K, 256, 8, SZ_2M, SZ_1M, 0, 32, PLAIN
	};
	const struct bench_config cfg = { .sizes = PLAIN };
	struct scatterlist *sg;
	struct sg_table sgt;
	enum bench_who who;
	enum bench_op op;
	unsigned int i;
	u64 ps[OPS];

	if (sg_alloc_table(&sgt, SG_PAGES, GFP_KERNEL)) {
		wrong(bench, "no memory for a list");
		return;
	}
	/* No two follow each other. */
	for_each_sgtable_sg(&sgt, sg, i)
		sg_set_page(sg, pfn_to_page(PHYS_PFN(__pa(limit_items)) + 3 * (i ^ 5)), SZ_4K, 0);
	if (!create(bench, &cfg))
		goto out;
	for (i = 0; i <= samples; i++) {
		for (who = OURS; who < LIMIT; who++) {
			if (!bench->domain[who])
				continue;
			sample_sg(bench, who, &sgt, &shape, ps);
			for (op = 0; i && op < OPS; op++)
				bench->ps[who][op][i - 1] = ps[op];
		}
		cond_resched();
	}
	for (op = 0; op < OPS; op++)
		for (who = OURS; who < LIMIT; who++)
			if (bench->domain[who])
				report(bench, "core", shape.name, op_names[op], who,
				       bench->ps[who][op], samples, shape.rounds * shape.places);
out:
	destroy(bench);
	sg_free_table(&sgt);
}

/* Lookups in 1 GiB of 4K pages */

static const struct bench_lookups in_sequence = {
	.va = BENCH_BASE, .mask = SZ_1G - 1, .state = -(u64)SZ_4K, .mul = 1, .add = SZ_4K,
	.count = SZ_1G / SZ_4K,
};

static const struct bench_lookups at_random = {
	.va = BENCH_BASE, .mask = SZ_1G - 1, .state = 1, .mul = 6364136223846793005ULL,
	.add = 1442695040888963407ULL, .shift = 33, .count = SZ_32K,
};

static u64 expected_sum(const struct bench_lookups *lookups, u64 oa)
{
	u64 sum = 0, state = lookups->state;
	unsigned int i;

	for (i = 0; i < lookups->count; i++)
		sum += oa + bench_lookup_next(lookups, &state);
	return sum;
}

static bool map_gib(struct bench *bench, const struct bench_config *cfg, u64 gib)
{
	const struct bench_calls calls = {
		.va = BENCH_BASE, .oa = OA_BASE | SZ_4K, .size = SZ_1G, .pgsize = SZ_4K,
		.stride = SZ_1G, .calls = gib,
	};
	enum bench_who who;

	if (!create(bench, cfg))
		return false;
	for (who = OURS; who < LIMIT; who++) {
		if (bench->domain[who] &&
		    bench->subject[who]->direct.map(bench->domain[who], &calls)) {
			wrong(bench, "%s does not map %llu GiB", name_of(bench, who), gib);
			return false;
		}
	}
	return true;
}

static void run_lookups(struct bench *bench, const struct bench_lookups *lookups,
			const char *name, bool direct)
{
	u64 want = expected_sum(lookups, OA_BASE | SZ_4K), then, ns, got;
	enum bench_who who;
	unsigned int i;

	for (i = 0; i < samples; i++) {
		for (who = OURS; who < LIMIT; who++) {
			if (!bench->domain[who])
				continue;
			then = ktime_get_ns();
			got = way_of(bench, who, direct)->lookup(bench->domain[who], lookups);
			ns = ktime_get_ns() - then;
			if (got != want)
				wrong(bench, "%s: lookups %s sum up to %#llx, not %#llx",
				      name_of(bench, who), name, got, want);
			bench->ps[who][0][i] = ns * 1000 / lookups->count;
		}
		cond_resched();
	}
	for (who = OURS; who < LIMIT; who++)
		if (bench->domain[who])
			report(bench, direct ? "direct" : "core", name, "iova_to_phys", who,
			       bench->ps[who][0], samples, lookups->count);
}

static void run_lookup(struct bench *bench)
{
	const struct bench_config cfg = { .sizes = PLAIN };
	bool direct;

	if (map_gib(bench, &cfg, 1)) {
		for (direct = true;; direct = false) {
			run_lookups(bench, &in_sequence, "1G-sequence", direct);
			run_lookups(bench, &at_random, "1G-random", direct);
			if (!direct)
				break;
		}
	}
	destroy(bench);
}

/* Dirty scans of 1 GiB of 4K pages */

/* Item that holds the 4K leaf at @va: these formats have 9 bits a level. */
static u64 *leaf_of(struct bench *bench, enum bench_who who, u64 va)
{
	unsigned int level;
	u64 *item = bench->subject[who]->root(bench->domain[who], &level);

	for (; level--; item = phys_to_virt(*item & GENMASK_ULL(47, 12))) {
		item += (va >> (12 + 9 * level)) & 511;
		if (!level)
			break;
	}
	return item;
}

/* Returns ps, or -EOPNOTSUPP. */
static s64 scan(struct bench *bench, enum bench_who who, struct iommu_iotlb_gather *gather)
{
	struct iommu_domain *domain = bench->domain[who];
	struct iommu_dirty_bitmap dirty;
	u64 then, ns;
	int rc;

	iommu_iotlb_gather_init(gather);
	iommu_dirty_bitmap_init(&dirty, NULL, gather);
	then = ktime_get_ns();
	rc = domain->dirty_ops->read_and_clear_dirty(domain, BENCH_BASE, SZ_1G, 0, &dirty);
	ns = ktime_get_ns() - then;
	if (rc == -EOPNOTSUPP)
		return rc;
	if (rc)
		wrong(bench, "%s: reading what is dirty: error %d", name_of(bench, who), rc);
	return ns * 1000;
}

static void run_dirty(struct bench *bench)
{
	const struct bench_config cfg = { .sizes = PLAIN, .dirty = true };
	const u64 first = BENCH_BASE | SZ_1M, last = (BENCH_BASE | SZ_1G) - (SZ_1M - SZ_4K) - 1;
	static const char * const names[] = { "1G-512-dirty", "1G-clean" };
	struct iommu_iotlb_gather gather;
	enum bench_who who;
	unsigned int i, op;
	u64 va, *leaf;

	if (!bench->subject[OURS]->written) {
		pr_info("ptf-bench: missing format=%s peer=%s what=dirty\n", bench->format,
			bench->subject[TWIN] ? name_of(bench, TWIN) : "twin");
		return;
	}
	if (!map_gib(bench, &cfg, 1))
		goto out;
	/* What was never scanned may count as written. */
	for (who = OURS; who < LIMIT; who++) {
		if (!bench->domain[who] || scan(bench, who, &gather) != -EOPNOTSUPP)
			continue;
		pr_info("ptf-bench: missing format=%s peer=%s what=dirty\n", bench->format,
			name_of(bench, who));
		bench->subject[who]->destroy(bench->domain[who]);
		bench->domain[who] = NULL;
	}
	for (i = 0; i < samples; i++) {
		for (who = OURS; who < LIMIT; who++) {
			if (!bench->domain[who])
				continue;
			/* The device writes to a page of each table. */
			for (va = first; va <= last; va += SZ_2M) {
				leaf = leaf_of(bench, who, va);
				WRITE_ONCE(*leaf, bench->subject[OURS]->written(*leaf));
			}
			bench->ps[who][0][i] = scan(bench, who, &gather);
			if (gather.start != first || gather.end != last)
				wrong(bench, "%s: dirty are %#lx..%#lx", name_of(bench, who),
				      gather.start, gather.end);
			bench->ps[who][1][i] = scan(bench, who, &gather);
			if (gather.start <= gather.end)
				wrong(bench, "%s: dirty again are %#lx..%#lx", name_of(bench, who),
				      gather.start, gather.end);
		}
		cond_resched();
	}
	for (op = 0; op < ARRAY_SIZE(names); op++)
		for (who = OURS; who < LIMIT; who++)
			if (bench->domain[who])
				report(bench, "direct", names[op], "dirty", who, bench->ps[who][op],
				       samples, 1);
out:
	destroy(bench);
}

/* The end of a table with 64 GiB of 4K pages */
static void run_teardown(struct bench *bench)
{
	const struct bench_config cfg = { .sizes = PLAIN };
	const unsigned int count = min(samples, 7), gib = 64;
	enum bench_who who;
	unsigned int i;
	u64 then;

	for (i = 0; i < count; i++) {
		if (!map_gib(bench, &cfg, gib)) {
			destroy(bench);
			return;
		}
		for (who = OURS; who < LIMIT; who++) {
			if (!bench->domain[who])
				continue;
			then = ktime_get_ns();
			bench->subject[who]->destroy(bench->domain[who]);
			bench->ps[who][0][i] = (ktime_get_ns() - then) * 1000;
			bench->domain[who] = NULL;
			cond_resched();
		}
	}
	for (who = OURS; who < LIMIT; who++)
		if (bench->subject[who])
			report(bench, "direct", "64G-of-4K", "teardown", who, bench->ps[who][0],
			       count, 1);
}

/* Threads on disjoint ranges of one table */

/**
 * struct bench_thread - one of them
 * @domain: table
 * @way: how to call it
 * @shape: what it maps and unmaps
 * @at: where, from BENCH_BASE on
 * @waiting: counts threads that are not ready
 * @ns: time that it took
 * @failed: operations that failed
 * @done: it ended
 */
struct bench_thread {
	struct iommu_domain *domain;
	const struct bench_way *way;
	const struct bench_shape *shape;
	u64 at;
	atomic_t *waiting;
	u64 ns;
	u64 failed;
	struct completion done;
};

#define THREAD_ROUNDS 16

static int thread_main(void *ctx)
{
	struct bench_thread *thread = ctx;
	struct bench_calls calls = calls_of(thread->shape), unmaps;
	unsigned int round;
	u64 then;

	calls.va += thread->at;
	calls.oa += thread->at;
	unmaps = calls;
	if (thread->shape->unmap_any)
		unmaps.pgsize = 0;
	atomic_dec(thread->waiting);
	while (atomic_read(thread->waiting))
		cpu_relax();
	then = ktime_get_ns();
	for (round = 0; round < THREAD_ROUNDS * thread->shape->rounds; round++) {
		thread->failed += thread->way->map(thread->domain, &calls);
		thread->failed += thread->way->unmap(thread->domain, &unmaps) !=
				  calls.calls * calls.size;
	}
	thread->ns = ktime_get_ns() - then;
	complete(&thread->done);
	return 0;
}

/* ps for a map and an unmap, by @count threads at once */
static u64 run_at_once(struct bench *bench, enum bench_who who, const struct bench_shape *shape,
		       unsigned int count)
{
	struct bench_thread threads[2] = {};
	atomic_t waiting = ATOMIC_INIT(count);
	struct task_struct *task[2];
	unsigned int i;
	u64 ns = 0;

	for (i = 0; i < count; i++) {
		threads[i].domain = bench->domain[who];
		threads[i].way = &bench->subject[who]->direct;
		threads[i].shape = shape;
		threads[i].at = i * SZ_64G;
		threads[i].waiting = &waiting;
		init_completion(&threads[i].done);
		task[i] = kthread_create_on_cpu(thread_main, &threads[i], i, "bench/%u");
		if (IS_ERR(task[i])) {
			wrong(bench, "no thread: %pe", task[i]);
			while (i--)
				kthread_stop(task[i]);
			return 0;
		}
	}
	for (i = 0; i < count; i++)
		wake_up_process(task[i]);
	for (i = 0; i < count; i++) {
		wait_for_completion(&threads[i].done);
		ns = max(ns, threads[i].ns);
		if (threads[i].failed)
			wrong(bench, "%s: %llu operations failed in a thread", name_of(bench, who),
			      threads[i].failed);
	}
	return ns * 1000 / (count * THREAD_ROUNDS * shape->rounds * shape->places);
}

static void run_threads(struct bench *bench, const struct bench_shape *shape)
{
	const struct bench_config cfg = { .sizes = shape->sizes };
	static const char * const names[] = { "1-thread", "2-threads" };
	unsigned int i, n, count = min(samples, 15);
	enum bench_who who;

	if (num_online_cpus() < 2) {
		pr_info("ptf-bench: missing format=%s peer=processor what=threads\n",
			bench->format);
		return;
	}
	if (!create(bench, &cfg))
		goto out;
	for (i = 0; i < count; i++)
		for (who = OURS; who < LIMIT; who++)
			for (n = 0; n < 2 && bench->domain[who]; n++)
				bench->ps[who][n][i] = run_at_once(bench, who, shape, n + 1);
	for (n = 0; n < 2; n++)
		for (who = OURS; who < LIMIT; who++)
			if (bench->domain[who])
				report(bench, "direct", shape->name, names[n], who,
				       bench->ps[who][n], count,
				       THREAD_ROUNDS * shape->rounds * shape->places);
out:
	destroy(bench);
}

/* Recorded traces */

/**
 * struct bench_trace - a trace, as far as all subjects can do it
 * @name: its name
 * @data: the file
 * @steps: the operations
 * @nr: how many
 * @spaces: address spaces
 */
struct bench_trace {
	const char *name;
	void *data;
	struct bench_step *steps;
	unsigned int nr;
	unsigned int spaces;
};

static struct bench_trace loaded[ARRAY_SIZE(traces)];

static struct iommu_domain **spaces_create(struct bench *bench, enum bench_who who,
					   unsigned int count)
{
	const struct bench_config cfg = { .sizes = PLAIN };
	struct iommu_domain **spaces = kcalloc(count, sizeof(*spaces), GFP_KERNEL);
	unsigned int i;

	for (i = 0; spaces && i < count; i++) {
		spaces[i] = bench->subject[who]->create(&cfg);
		if (!spaces[i])
			break;
	}
	if (spaces && i == count)
		return spaces;
	wrong(bench, "%s has no tables for a trace", name_of(bench, who));
	while (spaces && i--)
		bench->subject[who]->destroy(spaces[i]);
	kfree(spaces);
	return NULL;
}

static void spaces_destroy(struct bench *bench, enum bench_who who, struct iommu_domain **spaces,
			   unsigned int count)
{
	unsigned int i;

	for (i = 0; spaces && i < count; i++)
		bench->subject[who]->destroy(spaces[i]);
	kfree(spaces);
}

/* Do a step; returns the bytes that were mapped or unmapped. */
static u64 do_step(struct iommu_domain *domain, const struct bench_step *step)
{
	if (!step->map)
		return iommu_unmap(domain, step->va, step->size);
	return iommu_map(domain, step->va, step->oa, step->size, BENCH_PROT, GFP_KERNEL) ? 0 :
	       step->size;
}

/* Do a step with all subjects; keep it, as far as they did it, if they did the same. */
static void try_step(struct bench *bench, struct bench_trace *trace,
		     struct iommu_domain **spaces[], struct bench_step step)
{
	enum bench_who who, last = bench->subject[TWIN] ? TWIN : OURS;
	u64 done[LIMIT];

	for (who = OURS; who <= last; who++)
		done[who] = do_step(spaces[who][step.space], &step);
	if (done[OURS] == done[last]) {
		step.size = done[OURS];
		if (step.size)
			trace->steps[trace->nr++] = step;
	} else if (step.map) {
		step.map = false;
		for (who = OURS; who <= last; who++)
			if (done[who])
				do_step(spaces[who][step.space], &step);
	} else {
		wrong(bench, "%s: ours unmaps %#llx bytes from %#llx on, the other %#llx",
		      trace->name, done[OURS], step.va, done[last]);
	}
}

/*
 * The steps that all subjects can do. What one refuses (an address too wide,
 * something mapped already) is left out for all of them, and so are unmaps that
 * find nothing. What is mapped at the end is unmapped.
 */
static void choose_steps(struct bench *bench, struct bench_trace *trace,
			 struct iommu_domain **spaces[])
{
	const struct replay_header *header = trace->data;
	const struct replay_op *op = trace->data + sizeof(*header);
	struct bench_step step;
	unsigned int i, nr;

	trace->nr = 0;
	for (i = 0; i < header->ops; i++, op++) {
		step = (struct bench_step){
			.va = op->iova, .oa = op->paddr, .size = op->last - op->iova + 1,
			.space = op->space, .map = op->kind == REPLAY_MAP,
		};
		if (op->kind == REPLAY_REST || op->last >= 1ULL << (BENCH_VA_LG2 - 1) ||
		    (step.va | step.size | (step.map ? step.oa : 0)) % SZ_4K)
			continue;
		try_step(bench, trace, spaces, step);
	}
	for (i = 0, nr = trace->nr; i < nr; i++) {
		step = trace->steps[i];
		if (step.map && iommu_iova_to_phys(spaces[OURS][step.space], step.va + 8)) {
			step.map = false;
			try_step(bench, trace, spaces, step);
		}
	}
}

static void run_trace(struct bench *bench, struct bench_trace *trace)
{
	struct iommu_domain **spaces[LIMIT] = {};
	unsigned int i, failed, count = min(samples, 31);
	enum bench_who who;
	bool direct = true;
	u64 then, ns;

	for (who = OURS; who < LIMIT; who++) {
		if (!bench->subject[who])
			continue;
		spaces[who] = spaces_create(bench, who, trace->spaces);
		if (!spaces[who])
			goto out;
	}
	choose_steps(bench, trace, spaces);
	if (!trace->nr) {
		wrong(bench, "%s: nothing can be replayed", trace->name);
		goto out;
	}
again:
	for (i = 0; i < count; i++) {
		for (who = OURS; who < LIMIT; who++) {
			if (!bench->subject[who])
				continue;
			then = ktime_get_ns();
			failed = way_of(bench, who, direct)->replay(spaces[who], trace->steps,
								    trace->nr);
			ns = ktime_get_ns() - then;
			if (failed)
				wrong(bench, "%s: %u steps of %s failed", name_of(bench, who),
				      failed, trace->name);
			bench->ps[who][0][i] = ns * 1000 / trace->nr;
		}
		cond_resched();
	}
	for (who = OURS; who < LIMIT; who++)
		if (bench->subject[who])
			report(bench, direct ? "direct" : "core", trace->name, "replay", who,
			       bench->ps[who][0], count, trace->nr);
	if (direct) {
		direct = false;
		goto again;
	}
out:
	for (who = OURS; who < LIMIT; who++)
		spaces_destroy(bench, who, spaces[who], trace->spaces);
}

/**
 * ptf_bench_run() - take the time of a format
 * @format: its name
 * @ours: our page table
 * @twin: the kernel's; NULL if it is missing
 * @missing: its name
 *
 * What went wrong is counted in the last line of the results.
 *
 * Return: 0 or -ENOMEM.
 */
int ptf_bench_run(const char *format, const struct bench_subject *ours,
		  const struct bench_subject *twin, const char *missing)
{
	struct bench *bench = vzalloc(sizeof(*bench));
	unsigned int i;
	bool direct;

	if (!bench)
		return -ENOMEM;
	bench->format = format;
	bench->subject[OURS] = ours;
	bench->subject[TWIN] = twin;
	bench->clock = timing_clock_cost();
	if (!twin)
		pr_info("ptf-bench: missing format=%s peer=%s what=all\n", format, missing);
	for (direct = true;; direct = false) {
		for (i = 0; i < ARRAY_SIZE(shapes); i++)
			run_shape(bench, &shapes[i], direct);
		if (!direct)
			break;
	}
	run_sg(bench);
	run_lookup(bench);
	run_dirty(bench);
	run_teardown(bench);
	run_threads(bench, &shapes[2]);
	for (i = 0; i < nr_traces; i++)
		run_trace(bench, &loaded[i]);
	pr_info("ptf-bench: end format=%s errors=%u clock=%llu\n", format, bench->errors,
		bench->clock);
	vfree(bench);
	return 0;
}
EXPORT_SYMBOL_GPL(ptf_bench_run);

static int load(struct bench_trace *trace, const char *path)
{
	const struct replay_header *header;
	size_t size = 0;
	ssize_t rc;

	rc = kernel_read_file_from_path(path, 0, &trace->data, INT_MAX, &size, READING_UNKNOWN);
	if (rc < 0)
		return rc;
	header = trace->data;
	if (size < sizeof(*header) || memcmp(header->magic, REPLAY_MAGIC, sizeof(header->magic)) ||
	    size != sizeof(*header) + (size_t)header->ops * sizeof(struct replay_op))
		return -EINVAL;
	trace->name = kbasename(path);
	trace->spaces = header->spaces;
	trace->steps = vcalloc(2 * (size_t)header->ops, sizeof(*trace->steps));
	return trace->steps ? 0 : -ENOMEM;
}

static void bench_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(loaded); i++) {
		vfree(loaded[i].steps);
		vfree(loaded[i].data);
	}
	kfree(limit_items);
	root_device_unregister(device);
}

static int __init bench_init(void)
{
	unsigned int i;
	int rc = 0;

	samples = clamp(samples, 1, MOST_SAMPLES);
	device = root_device_register("ptf-bench");
	if (IS_ERR(device))
		return PTR_ERR(device);
	limit_items = kcalloc(LIMIT_ITEMS, sizeof(*limit_items), GFP_KERNEL);
	if (!limit_items)
		rc = -ENOMEM;
	for (i = 0; !rc && i < nr_traces; i++)
		rc = load(&loaded[i], traces[i]);
	if (rc) {
		bench_exit();
		return rc;
	}
	pr_info("ptf-bench: begin release=%s smp=%d processors=%u\n", init_utsname()->release,
		IS_ENABLED(CONFIG_SMP), num_online_cpus());
	return 0;
}
module_init(bench_init);

static void __exit bench_module_exit(void)
{
	bench_exit();
}
module_exit(bench_module_exit);

MODULE_DESCRIPTION("ptforge: speed, compared");
MODULE_LICENSE("GPL");
