// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the GPU front end's verbs beside map and unmap, for any format: remap,
 * protect, zap, repeat, null, the bracket around changes. What the page table
 * itself makes of them is tested by kunit/suite/verbs.h; here it is what a driver
 * sees of it, where nothing may be allocated.
 */
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include "gpu_env.h"

static const struct ptf_attrs read_only = { .flags = PTF_READ };

/* One update with one verb; @reserve and @apply return 0 or an error. */
#define UPDATE(env, update, va, size, reserve, apply)				\
({										\
	int __rc;								\
										\
	env_begin(env, update, true);						\
	__rc = reserve;								\
	env_may_flush(env, va, size);						\
	env_atomic(env);							\
	__rc = __rc ?: apply;							\
	env_finish(env, update);						\
	env_atomic_end(env);							\
	__rc;									\
})

static bool is_writable(struct env *env, u64 va)
{
	struct ptf_mapping m = {};

	WANT(env, ptf_gpu_lookup(&env->gpu, va, &m), 0);
	return m.attrs.flags & PTF_WRITE;
}

void gpu_test_protect(struct kunit *test)
{
	struct ptf_gpu_update u;
	struct env *env;

	for (env = env_first(test); env; env = env_next(env)) {
		struct ptf_gpu *gpu = &env->gpu;
		u64 page = env->page, va = env->model->va, from = va + 3 * page;
		int want = gpu->pt.features & PTF_FEAT_DIRTY ? -EOPNOTSUPP : 0;

		env_map(env, va, 0, 64 * page);
		env_map(env, va + 80 * page, BIT_ULL(31), 16 * page);
		WANT(env, UPDATE(env, &u, from, 85 * page,
				 ptf_gpu_reserve_protect(&u, from, 85 * page, GFP_KERNEL),
				 ptf_gpu_protect(&u, from, 85 * page, &read_only)), want);
		WANT(env, env->nr_removed, 0);
		WANT(env, is_writable(env, va + 2 * page), true);
		WANT(env, is_writable(env, from), !!want);
		WANT(env, is_writable(env, va + 63 * page), !!want);
		WANT(env, is_writable(env, va + 87 * page), !!want);
		WANT(env, is_writable(env, va + 88 * page), true);
		env_verify(env);
		/* Nothing there, nothing to flush */
		WANT(env, UPDATE(env, &u, va + 64 * page, 16 * page,
				 ptf_gpu_reserve_protect(&u, va + 64 * page, 16 * page, GFP_KERNEL),
				 ptf_gpu_protect(&u, va + 64 * page, 16 * page, &read_only)), want);
		WANT(env, u.flushed, false);
		WANT(env, ptf_gpu_protect(&u, va + 1, page, &read_only), -EINVAL);
		WANT(env, ptf_gpu_protect(&u, va, page, &(struct ptf_attrs){}), -EINVAL);
		ptf_gpu_finish(&u);
		env_unmap(env, va, 128 * page, true);
		GOOD(env);
	}
}

void gpu_test_remap(struct kunit *test)
{
	struct ptf_source source;
	struct ptf_gpu_update u;
	struct env *env;

	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va = env->model->va, at = va + 5 * page, n = 600 * page;
		u64 oa = BIT_ULL(31) + 5 * page;
		int rc;

		env_map(env, va, 0, 512 * page);
		ptf_source_contig(&source, oa, n);
		rc = UPDATE(env, &u, at, n, ptf_gpu_reserve_remap(&u, at, n, &source, GFP_KERNEL),
			    ptf_gpu_remap(&u, at, n, &source, &gpu_attrs));
		env_check_removed(env, at, n);
		front_set(env->model, at, oa, n);
		WANT(env, rc, 0);
		WANT(env, u.flushed, true);
		env_verify(env);
		/* Too short a source is found before anything changes. */
		ptf_source_contig(&source, oa, page);
		WANT(env, UPDATE(env, &u, va, 2 * page,
				 ptf_gpu_reserve_remap(&u, va, 2 * page, &source, GFP_KERNEL), 0),
		     -EINVAL);
		env_unmap(env, va, 1024 * page, true);
		env_verify(env);
		if (!(env->gpu.pt.features & PTF_FEAT_PARALLEL))
			WANT(env, mem_live(env->mem), 1);
		GOOD(env);
	}
}

void gpu_test_zap(struct kunit *test)
{
	struct ptf_gpu_update u;
	struct env *env;

	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va = env->model->va, at, size;
		long live;

		env_map(env, va, 0, 128 * page);
		live = mem_live(env->mem);
		at = va + 3 * page;
		size = 2 * page;
		WANT(env, UPDATE(env, &u, at, size, 0, ptf_gpu_zap(&u, &at, &size)), 0);
		WANT(env, at <= va + 3 * page && at + size >= va + 5 * page, true);
		WANT(env, at >= va && at + size <= va + 128 * page, true);
		env_check_removed(env, at, size);
		front_set(env->model, at, FRONT_NONE, size);
		WANT(env, mem_live(env->mem), live);
		env_verify(env);
		/* The tables are there still, so that it is mapped again without any. */
		if (size == 2 * page) {
			env_map(env, at, 3 * page, size);
			WANT(env, mem_live(env->mem), live);
		}
		at = va + 1;
		WANT(env, ptf_gpu_zap(&u, &at, &size), -EINVAL);
		ptf_gpu_finish(&u);
		env_unmap(env, va, 256 * page, false);
		env_verify(env);
		GOOD(env);
	}
}

/* Where a repeated extent is looked up */
static noinline void want_repeated(struct env *env, u64 va, const struct ptf_extent *extent)
{
	struct ptf_mapping m = {};
	struct ptf_path path;

	WANT(env, ptf_gpu_lookup(&env->gpu, va, &m), 0);
	WANT(env, m.oa + (va - m.va), extent->oa + (va & (extent->size - 1)));
	WANT(env, ptf_gpu_path(&env->gpu, va, &path), 0);
	WANT(env, path.mapping.entry, m.entry);
	WANT(env, path.step[path.steps - 1].level, m.level);
}

/* As much as there is room for, up to 1T: a few tables, and a hole costs one per level. */
void gpu_test_repeat(struct kunit *test)
{
	struct ptf_extent extent;
	struct ptf_gpu_update u;
	unsigned int tried = 0;
	struct env *env;

	for (env = env_first(test); env; env = env_next(env)) {
		struct ptf_gpu *gpu = &env->gpu;
		unsigned int levels = env->hw->shapes[env->hw->root_shape].level + 1;
		u64 page = env->page, size, va = 0, hole, at, bytes, odd;
		long live;

		if (gpu->pt.features & (PTF_FEAT_DIRTY | PTF_FEAT_PARALLEL))
			continue;
		tried++;
		env->hw->model = NULL;
		size = min(SZ_1T, (gpu->pt.va_last >> 1) + 1);
		extent = (struct ptf_extent){ .oa = BIT_ULL(30), .size = page };
		WANT(env, UPDATE(env, &u, va, size,
				 ptf_gpu_reserve_repeat(&u, va, size, &extent, GFP_KERNEL),
				 ptf_gpu_repeat(&u, va, size, &extent, &gpu_attrs)), 0);
		WANT(env, u.returned, 0);
		WANT(env, u.used <= 2 * levels, true);
		WANT(env, u.flushed, false);
		want_repeated(env, va, &extent);
		want_repeated(env, va + size - 1, &extent);
		want_repeated(env, va + size / 3, &extent);
		/* A page in the middle, and what is around it */
		hole = va + size / 2 + 7 * page;
		live = mem_live(env->mem);
		WANT(env, UPDATE(env, &u, hole, page,
				 ptf_gpu_reserve_unmap(&u, hole, page, GFP_KERNEL),
				 ptf_gpu_unmap(&u, hole, page)), 0);
		WANT(env, mem_live(env->mem) - live <= levels, true);
		WANT(env, env->nr_removed, 1);
		WANT(env, ptf_gpu_lookup(gpu, hole, &(struct ptf_mapping){}), -ENOENT);
		want_repeated(env, hole - page, &extent);
		want_repeated(env, hole + page, &extent);
		want_repeated(env, va + 7 * page, &extent);
		/* A zap takes shared tables as a whole, and what begin is told holds them. */
		at = hole - size / 4;
		bytes = size / 8;
		WANT(env, UPDATE(env, &u, at, bytes, 0,
				 (env->hw->bounded = false, ptf_gpu_zap(&u, &at, &bytes))), 0);
		WANT(env, at <= hole - size / 4 && at + bytes >= hole - size / 8, true);
		if (size >= SZ_1G)
			WANT(env, bytes > size / 8, true);
		WANT(env, env->nr_removed > 0, true);
		WANT(env, ptf_gpu_lookup(gpu, at, &(struct ptf_mapping){}), -ENOENT);
		WANT(env, ptf_gpu_lookup(gpu, at + bytes - 1, &(struct ptf_mapping){}), -ENOENT);
		want_repeated(env, at - page, &extent);
		want_repeated(env, at + bytes, &extent);
		/* Other attributes for all of it: as many tables again, at the most */
		live = mem_live(env->mem);
		WANT(env, UPDATE(env, &u, va, size,
				 ptf_gpu_reserve_protect(&u, va, size, GFP_KERNEL),
				 ptf_gpu_protect(&u, va, size, &read_only)), 0);
		WANT(env, mem_live(env->mem) <= live + 1, true);
		WANT(env, is_writable(env, va), false);
		WANT(env, is_writable(env, hole + page), false);
		WANT(env, is_writable(env, va + size - 1), false);
		WANT(env, UPDATE(env, &u, va, size,
				 ptf_gpu_reserve_unmap(&u, va, size, GFP_KERNEL),
				 (u.removed = NULL, ptf_gpu_unmap(&u, va, size))), 0);
		WANT(env, mem_live(env->mem), 1);
		/* What is no such extent */
		odd = 3 * page;
		WANT(env, ptf_gpu_repeat(&u, va, size, &(struct ptf_extent){ 0, odd },
					 &gpu_attrs), -EINVAL);
		WANT(env, ptf_gpu_repeat(&u, va, size, &(struct ptf_extent){ page, 2 * page },
					 &gpu_attrs), -EINVAL);
		WANT(env, ptf_gpu_repeat(&u, va, size, &(struct ptf_extent){ 0, page / 2 },
					 &gpu_attrs), -EINVAL);
		ptf_gpu_finish(&u);
		/* Null takes no more, with a dummy or without */
		WANT(env, UPDATE(env, &u, va, size,
				 ptf_gpu_reserve_null(&u, va, size, &extent, GFP_KERNEL),
				 ptf_gpu_null(&u, va, size, &extent, &gpu_attrs)), 0);
		WANT(env, u.returned, 0);
		WANT(env, u.used <= 2 * levels, true);
		if (env->format->front->null)
			WANT(env, front_translate(env->hw, va + size / 2), FRONT_NULL);
		else
			want_repeated(env, va + size / 2, &extent);
		env->hw->model = env->model;
		GOOD(env);
	}
	KUNIT_EXPECT_GT(test, tried, 0U);
}

/* The bracket */

struct bracket {
	u64 va;
	u64 last;
	unsigned int begun;
	unsigned int ended;
	unsigned int flushes;
};

static struct bracket bracket;

static void bracket_begin(struct ptf_gpu *gpu, u64 va, u64 last)
{
	bracket.va = va;
	bracket.last = last;
	bracket.begun++;
}

static void bracket_end(struct ptf_gpu *gpu)
{
	bracket.ended++;
}

static void bracket_flush(struct ptf_gpu *gpu, const struct ptf_flush *flush)
{
	bracket.flushes++;
	if (!bracket.begun || bracket.ended)
		bracket.flushes += 100;
}

void gpu_test_bracket(struct kunit *test)
{
	static const struct ptf_gpu_ops ops = {
		.flush = bracket_flush, .begin = bracket_begin, .end = bracket_end,
	}, half = { .flush = bracket_flush, .begin = bracket_begin };
	struct env *env = env_first(test);
	struct ptf_source source;
	struct ptf_gpu_update u;
	u64 page = env->page, region;
	struct ptf_gpu gpu = {};
	unsigned int size_lg2;

	KUNIT_EXPECT_EQ(test, env->format->init(&gpu, &env->config.cfg, &half), -EINVAL);
	KUNIT_ASSERT_EQ(test, env->format->init(&gpu, &env->config.cfg, &ops), 0);
	memset(&bracket, 0, sizeof(bracket));
	ptf_source_contig(&source, 0, 4 * page);
	ptf_gpu_update_init(&u, &gpu);
	KUNIT_EXPECT_EQ(test, ptf_gpu_reserve_map(&u, 0, 4 * page, &source, GFP_KERNEL), 0);
	/* What is refused at once changes nothing. */
	KUNIT_EXPECT_EQ(test, ptf_gpu_unmap(&u, 1, page), -EINVAL);
	KUNIT_EXPECT_EQ(test, bracket.begun, 0);
	KUNIT_EXPECT_EQ(test, ptf_gpu_map(&u, 0, 4 * page, &source, &gpu_attrs), 0);
	KUNIT_EXPECT_EQ(test, bracket.begun, 1);
	if (!env->format->front->picks_size)
		KUNIT_EXPECT_EQ(test, bracket.last, 4 * page - 1);
	KUNIT_EXPECT_EQ(test, ptf_gpu_unmap(&u, 0, 4 * page), 0);
	KUNIT_EXPECT_EQ(test, bracket.ended, 0);
	u.hold = true;
	ptf_gpu_finish(&u);
	KUNIT_EXPECT_EQ(test, bracket.begun, 2);
	KUNIT_EXPECT_EQ(test, bracket.ended, 1);
	KUNIT_EXPECT_EQ(test, bracket.flushes, 1);
	/* Tables that are held stay until they are retired. */
	KUNIT_EXPECT_GT(test, atomic_long_read(&gpu.pt.tables), 1L);
	ptf_gpu_retire(&u);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&gpu.pt.tables), 1L);
	ptf_gpu_deinit(&gpu);
	while (env)
		env = env_next(env);

	region = ptf_gpu_region(0x12345000, 0x12345fff, &size_lg2);
	KUNIT_EXPECT_EQ(test, region, 0x12345000);
	KUNIT_EXPECT_EQ(test, size_lg2, 12);
	region = ptf_gpu_region(0x1ff000, 0x200fff, &size_lg2);
	KUNIT_EXPECT_EQ(test, region, 0);
	KUNIT_EXPECT_EQ(test, size_lg2, 22);
	region = ptf_gpu_region(0, ~0ULL, &size_lg2);
	KUNIT_EXPECT_EQ(test, region, 0);
	KUNIT_EXPECT_EQ(test, size_lg2, 64);
}

/* Tables that only the device writes: here, memory that nobody else reads */
struct staged_gpu {
	struct ptf_gpu gpu;
	unsigned int stores;
	unsigned int flushes;
};

static int staged_alloc(struct ptf_pt *pt, struct ptf_device_table *table, gfp_t gfp)
{
	table->priv = ptf_mem_pages.alloc(pt, table->size, gfp);
	if (!table->priv)
		return -ENOMEM;
	table->addr = virt_to_phys(table->priv);
	return 0;
}

static void staged_free(struct ptf_pt *pt, struct ptf_device_table *table)
{
	ptf_mem_pages.free(pt, table->priv);
}

static void staged_store(struct ptf_pt *pt, const struct ptf_device_table *table,
			 const struct ptf_run *run)
{
	ptf_run_to_memory(table->priv, run);
	container_of(pt, struct staged_gpu, gpu.pt)->stores++;
}

static void staged_flush(struct ptf_gpu *gpu, const struct ptf_flush *flush)
{
	container_of(gpu, struct staged_gpu, gpu)->flushes++;
}

/* Nothing is stored before commit, and all of it then; abort stores nothing. */
void gpu_test_staged(struct kunit *test)
{
	static const struct ptf_gpu_ops ops = {
		.flush = staged_flush, .live = PTF_LIVE_HITLESS,
	};
	static const struct ptf_device_ops device = {
		.alloc = staged_alloc, .free = staged_free, .store = staged_store,
	};
	struct staged_gpu *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	const struct gpu_format *format = test->priv;
	struct ptf_gpu *gpu = &s->gpu;
	struct env *env = env_first(test);
	struct ptf_gpu_update u, other;
	struct ptf_source source;
	struct ptf_mapping m;
	struct ptf_config cfg;
	u64 page, va, size;
	unsigned int runs;

	KUNIT_ASSERT_NOT_NULL(test, s);
	page = env->page;
	cfg = (struct ptf_config){
		.va_lg2 = env->config.cfg.va_lg2, .oa_lg2 = env->config.cfg.oa_lg2,
		.features = PTF_FEAT_STAGED, .page_sizes = page,
	};
	KUNIT_ASSERT_EQ(test, format->init(gpu, &cfg, &ops), -EOPNOTSUPP);
	cfg.device = &device;
	KUNIT_ASSERT_EQ(test, format->init(gpu, &cfg, &ops), 0);
	KUNIT_EXPECT_GT(test, s->stores, 0U);
	s->stores = 0;

	va = 0;
	size = 8 * page;
	ptf_source_contig(&source, page, size);
	ptf_gpu_update_init(&u, gpu);
	ptf_gpu_update_init(&other, gpu);
	KUNIT_EXPECT_EQ(test, ptf_gpu_reserve_map(&u, va, size, &source, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, ptf_gpu_runs(&u), 0U);
	KUNIT_EXPECT_EQ(test, ptf_gpu_map(&u, va, size, &source, &gpu_attrs), 0);
	runs = ptf_gpu_runs(&u);
	KUNIT_EXPECT_GT(test, runs, 0U);
	KUNIT_EXPECT_EQ(test, ptf_gpu_unmap(&other, va, size), -EBUSY);
	KUNIT_EXPECT_EQ(test, ptf_gpu_runs(&other), 0U);
	/* Of another update, these do nothing. */
	ptf_gpu_abort(&other);
	ptf_gpu_commit(&other);
	KUNIT_EXPECT_EQ(test, s->stores, 0U);
	ptf_gpu_commit(&u);
	KUNIT_EXPECT_EQ(test, s->stores, runs);

	/* The other sees it, unmaps it, and thinks better of it. */
	s->stores = 0;
	KUNIT_EXPECT_EQ(test, ptf_gpu_unmap(&other, va, size), 0);
	KUNIT_EXPECT_EQ(test, ptf_gpu_lookup(gpu, va, &m), -ENOENT);
	ptf_gpu_abort(&other);
	ptf_gpu_finish(&other);
	KUNIT_EXPECT_FALSE(test, other.flushed);
	KUNIT_EXPECT_EQ(test, s->stores, 0U);
	KUNIT_EXPECT_EQ(test, ptf_gpu_lookup(gpu, va, &m), 0);
	ptf_gpu_finish(&u);

	/* Finish commits, too; what is held waits. */
	ptf_gpu_update_init(&u, gpu);
	u.hold = true;
	KUNIT_EXPECT_EQ(test, ptf_gpu_unmap(&u, va, size), 0);
	KUNIT_EXPECT_EQ(test, s->stores, 0U);
	ptf_gpu_finish(&u);
	KUNIT_EXPECT_GT(test, s->stores, 0U);
	KUNIT_EXPECT_TRUE(test, u.flushed);
	KUNIT_EXPECT_GT(test, atomic_long_read(&gpu->pt.tables), 1L);
	ptf_gpu_retire(&u);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&gpu->pt.tables), 1L);
	ptf_gpu_deinit(gpu);
	while (env)
		env = env_next(env);
}

/* What a dump wrote */
struct dumped {
	char *data;
	size_t bytes;
	size_t room;
};

static void dumped_write(void *ctx, const void *data, size_t bytes)
{
	struct dumped *d = ctx;

	if (bytes <= d->room - d->bytes)
		memcpy(d->data + d->bytes, data, bytes);
	d->bytes += bytes;
}

static unsigned int dumped_lines(const struct dumped *d)
{
	unsigned int lines = 0;
	size_t i;

	for (i = 0; i < d->bytes; i++)
		lines += d->data[i] == '\n';
	return lines;
}

/* Each record is a piece of memory as it is; returns false if one is not. */
static bool dumped_records(const struct dumped *d)
{
	size_t at = sizeof(struct ptf_dump_header);
	struct ptf_dump_record record;

	while (at < d->bytes) {
		memcpy(&record, d->data + at, sizeof(record));
		at += sizeof(record);
		if (at + le32_to_cpu(record.bytes) > d->bytes ||
		    memcmp(d->data + at, phys_to_virt(le64_to_cpu(record.addr)),
			   le32_to_cpu(record.bytes)))
			return false;
		at += le32_to_cpu(record.bytes);
	}
	return at == d->bytes;
}

/* VA of a table with the smallest leaves */
static u64 dump_span(struct env *env)
{
	unsigned int i = 0;

	while (!(env->hw->shapes[i].leaf_sizes & env->page))
		i++;
	return BIT_ULL(env->hw->shapes[i].va_lg2 + env->hw->shapes[i].index_lg2);
}

/* What many items share is printed once. */
static void dump_repeated(struct env *env, struct dumped *d)
{
	struct ptf_gpu *gpu = &env->gpu;
	u64 page = env->page, size = min(SZ_1T, (gpu->pt.va_last >> 1) + 1), hole = 7 * page;
	struct ptf_extent extent = { .oa = BIT_ULL(30), .size = page };
	struct ptf_gpu_update u;
	char first[40], *line;

	if (gpu->pt.features & (PTF_FEAT_DIRTY | PTF_FEAT_PARALLEL))
		return;
	env->hw->model = NULL;
	WANT(env, UPDATE(env, &u, 0, size,
			 ptf_gpu_reserve_repeat(&u, 0, size, &extent, GFP_KERNEL),
			 ptf_gpu_repeat(&u, 0, size, &extent, &gpu_attrs)), 0);
	/* All of it is one line, and two with a hole. */
	d->bytes = 0;
	WANT(env, ptf_gpu_dump_text(gpu, 0, gpu->pt.va_last, dumped_write, d), 0);
	WANT(env, dumped_lines(d), 1);
	snprintf(first, sizeof(first), "%#018llx-%#018llx ", 0ULL, size - 1);
	WANT(env, !strncmp(d->data, first, strlen(first)), true);
	WANT(env, !!strnstr(d->data, " repeated\n", d->bytes), true);
	WANT(env, UPDATE(env, &u, hole, page,
			 ptf_gpu_reserve_unmap(&u, hole, page, GFP_KERNEL),
			 ptf_gpu_unmap(&u, hole, page)), 0);
	d->bytes = 0;
	WANT(env, ptf_gpu_dump_text(gpu, 0, gpu->pt.va_last, dumped_write, d), 0);
	WANT(env, dumped_lines(d), 2);
	WANT(env, UPDATE(env, &u, 0, size, ptf_gpu_reserve_unmap(&u, 0, size, GFP_KERNEL),
			 (u.removed = NULL, ptf_gpu_unmap(&u, 0, size))), 0);
	/* Leaves of one table, a line each, and then what is as before; to the end of the range */
	extent.size = 2 * page;
	WANT(env, UPDATE(env, &u, 0, size,
			 ptf_gpu_reserve_repeat(&u, 0, size, &extent, GFP_KERNEL),
			 ptf_gpu_repeat(&u, 0, size, &extent, &gpu_attrs)), 0);
	d->bytes = 0;
	WANT(env, ptf_gpu_dump_text(gpu, 3 * page, size - 1, dumped_write, d), 0);
	WANT(env, d->bytes < d->room, true);
	if (size >= SZ_1T && !(gpu->pt.sizes & extent.size)) {
		/* The table that the range begins in is not all there, the second is. */
		line = strnstr(d->data, "as before", d->bytes);
		while (WANT(env, !line, false) && line > d->data && line[-1] != '\n')
			line--;
		snprintf(first, sizeof(first), "%#018llx-", 2 * dump_span(env));
		WANT(env, line && !strncmp(line, first, strlen(first)), true);
	}
	snprintf(first, sizeof(first), "-%#018llx ", size - 1);
	WANT(env, !!strnstr(d->data, first, d->bytes), true);
	WANT(env, UPDATE(env, &u, 0, size, ptf_gpu_reserve_unmap(&u, 0, size, GFP_KERNEL),
			 (u.removed = NULL, ptf_gpu_unmap(&u, 0, size))), 0);
	env->hw->model = env->model;
	GOOD(env);
}

/* Dumps for people and for tools, and what is mapped here. */
void gpu_test_dump(struct kunit *test)
{
	struct dumped d = { .room = SZ_1M };
	struct ptf_dump_header header;
	struct ptf_mapping m;
	struct env *env;
	u64 end;

	d.data = kvzalloc(d.room, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, d.data);
	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va = env->model->va, last = va + 64 * page - 1;
		struct ptf_gpu *gpu = &env->gpu;

		/* Two pieces of OA that do not follow each other, and a hole */
		env_map(env, va, 3 * page, 4 * page);
		env_map(env, va + 4 * page, 21 * page, page);
		env_map(env, va + 8 * page, page, page);
		WANT(env, ptf_gpu_query(gpu, va + page, last, &m, &end), 0);
		WANT(env, end, va + 4 * page - 1);
		WANT(env, m.oa + (va + page - m.va), 4 * page);
		WANT(env, ptf_gpu_query(gpu, va, va + page - 1, &m, &end), 0);
		WANT(env, end, va + page - 1);
		WANT(env, ptf_gpu_query(gpu, va + 5 * page, last, &m, &end), -ENOENT);
		WANT(env, end, va + 8 * page - 1);
		WANT(env, ptf_gpu_query(gpu, va + 9 * page, last, &m, &end), -ENOENT);
		WANT(env, end, last);
		WANT(env, ptf_gpu_query(gpu, last, va, &m, &end), -EINVAL);

		d.bytes = 0;
		WANT(env, ptf_gpu_dump_text(gpu, va, last, dumped_write, &d), 0);
		WANT(env, dumped_lines(&d) >= 3, true);
		WANT(env, !!strnstr(d.data, " rw", d.bytes), true);
		d.bytes = 0;
		WANT(env, ptf_gpu_dump_text(gpu, va + 9 * page, last, dumped_write, &d), 0);
		WANT(env, d.bytes, 0);
		WANT(env, ptf_gpu_dump_text(gpu, last, va, dumped_write, &d), -EINVAL);

		WANT(env, ptf_gpu_dump(gpu, va, last, dumped_write, &d), 0);
		WANT(env, d.bytes > sizeof(header) && d.bytes <= d.room, true);
		memcpy(&header, d.data, sizeof(header));
		WANT(env, memcmp(header.magic, PTF_DUMP_MAGIC, sizeof(header.magic)), 0);
		WANT(env, strcmp(header.format, env->format->front->name), 0);
		WANT(env, le64_to_cpu(header.top), virt_to_phys(env->hw->root));
		WANT(env, header.va_lg2, gpu->pt.va_lg2);
		WANT(env, dumped_records(&d), true);
		WANT(env, ptf_gpu_dump(gpu, last, va, dumped_write, &d), -EINVAL);
		env_unmap(env, va, 64 * page, true);
		GOOD(env);
		dump_repeated(env, &d);
	}
	kvfree(d.data);
}

/* What is null, and where the next leaf of it should be */
struct null_leaves {
	struct env *env;
	u64 va;
	u64 last;
};

static int null_leaf(void *ctx, const struct ptf_mapping *m)
{
	struct null_leaves *n = ctx;
	u64 sizes = n->env->gpu.pt.sizes & (n->va ^ (n->va - 1)), size;

	do {
		size = BIT_ULL(fls64(sizes) - 1);
		sizes ^= size;
	} while (size - 1 > n->last - n->va);
	n->va += size;
	return WANT(n->env, m->kind, PTF_NULL) && WANT(n->env, m->va, n->va - size) &&
	       WANT(n->env, BIT_ULL(m->size_lg2), size) ? 0 : -EINVAL;
}

/* Leaves without OA where the format has them, a dummy where there is one */
void gpu_test_null(struct kunit *test)
{
	struct dumped d = { .room = SZ_64K };
	struct ptf_source source;
	struct ptf_gpu_update u;
	unsigned int flushes;
	struct env *env;
	u64 i;

	d.data = kvzalloc(d.room, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, d.data);
	for (env = env_first(test); env; env = env_next(env)) {
		u64 page = env->page, va = env->model->va + page, size = 1021 * page;
		u64 hole = va + 300 * page, over = hole - 7 * page, oa = BIT_ULL(31);
		bool null = env->format->front->null;
		struct ptf_extent extent = { .oa = BIT_ULL(30), .size = page };
		const struct ptf_extent *dummy = null ? NULL : &extent;
		struct null_leaves n = { .env = env, .va = va, .last = va + size - 1 };
		struct ptf_gpu *gpu = &env->gpu;

		if (!null) {
			ptf_gpu_update_init(&u, gpu);
			WANT(env, ptf_gpu_reserve_null(&u, va, size, NULL, GFP_KERNEL),
			     -EOPNOTSUPP);
			WANT(env, ptf_gpu_null(&u, va, size, NULL, &gpu_attrs), -EOPNOTSUPP);
			ptf_gpu_finish(&u);
		}
		WANT(env, UPDATE(env, &u, va, size,
				 ptf_gpu_reserve_null(&u, va, size, dummy, GFP_KERNEL),
				 ptf_gpu_null(&u, va, size, dummy, &gpu_attrs)), 0);
		WANT(env, u.returned, 0);
		WANT(env, u.flushed, false);
		for (i = 0; i < size; i += page)
			front_set(env->model, va + i, null ? FRONT_NULL : extent.oa, page);
		env_verify(env);
		if (null) {
			WANT(env, ptf_gpu_for_each(gpu, va, n.last, null_leaf, &n), 0);
			WANT(env, n.va, va + size);
		}
		d.bytes = 0;
		WANT(env, ptf_gpu_dump_text(gpu, va, va + size - 1, dumped_write, &d), 0);
		WANT(env, !!strnstr(d.data, " null ", d.bytes), null);
		WANT(env, !!strnstr(d.data, " repeated", d.bytes), !null);
		WANT(env, UPDATE(env, &u, hole, page,
				 ptf_gpu_reserve_null(&u, hole, page, dummy, GFP_KERNEL),
				 ptf_gpu_null(&u, hole, page, dummy, &gpu_attrs)), -EADDRINUSE);

		/* A hole, and memory over that and over what is around it */
		flushes = env->hw->flushes;
		env_unmap(env, hole, page, true);
		WANT(env, env->nr_removed, !null);
		WANT(env, env->hw->flushes - flushes, 1);
		env_verify(env);
		ptf_source_contig(&source, oa, 20 * page);
		WANT(env, UPDATE(env, &u, over, 20 * page,
				 ptf_gpu_reserve_remap(&u, over, 20 * page, &source, GFP_KERNEL),
				 ptf_gpu_remap(&u, over, 20 * page, &source, &gpu_attrs)), 0);
		env_check_removed(env, over, 20 * page);
		front_set(env->model, over, oa, 20 * page);
		env_verify(env);

		flushes = env->hw->flushes;
		env_unmap(env, va, size, true);
		WANT(env, env->hw->flushes - flushes, 1);
		env_verify(env);
		if (!(gpu->pt.features & PTF_FEAT_PARALLEL))
			WANT(env, mem_live(env->mem), 1);
		GOOD(env);
	}
	kvfree(d.data);
}

/* What hardware makes of live replacement is the driver's to say. */
void gpu_test_live(struct kunit *test)
{
	static const struct ptf_gpu_ops unsaid = { .flush = bracket_flush };
	static const struct ptf_gpu_ops no_bracket = {
		.flush = bracket_flush, .live = PTF_LIVE_BRACKET,
	}, nonsense = { .flush = bracket_flush, .live = PTF_LIVE_REFUSE + 1 };
	static const struct ptf_gpu_ops refuse = {
		.flush = bracket_flush, .live = PTF_LIVE_REFUSE,
	}, brackets = {
		.flush = bracket_flush, .begin = bracket_begin, .end = bracket_end,
		.live = PTF_LIVE_BRACKET,
	};
	struct ptf_source source, other;
	struct ptf_gpu_update u;
	struct ptf_mapping m;
	struct env *env;

	for (env = env_first(test); env; env = env_next(env)) {
		const struct front_format *f = env->format->front;
		struct ptf_config *cfg = &env->config.cfg;
		u64 page = env->page, va = env->model->va, size = 512 * page, at;
		struct ptf_gpu gpu = {};
		long tables;

		WANT(env, env->format->init(&gpu, cfg, &no_bracket), -EINVAL);
		WANT(env, env->format->init(&gpu, cfg, &nonsense), -EINVAL);
		if (f->live == PTF_LIVE_BRACKET)
			WANT(env, env->format->init(&gpu, cfg, &unsaid), -EINVAL);

		/* Held back: the leaf as a whole */
		memset(&bracket, 0, sizeof(bracket));
		WANT(env, env->format->init(&gpu, cfg, &brackets), 0);
		ptf_source_contig(&source, BIT_ULL(31), size);
		ptf_gpu_update_init(&u, &gpu);
		WANT(env, ptf_gpu_reserve_map(&u, va, size, &source, GFP_KERNEL), 0);
		WANT(env, ptf_gpu_reserve_unmap(&u, va + page, page, GFP_KERNEL), 0);
		WANT(env, ptf_gpu_map(&u, va, size, &source, &gpu_attrs), 0);
		WANT(env, ptf_gpu_lookup(&gpu, va + page, &m), 0);
		WANT(env, ptf_gpu_unmap(&u, va + page, page), 0);
		WANT(env, bracket.va <= m.va, true);
		WANT(env, bracket.last >= m.va + front_low(m.size_lg2), true);
		if (!f->picks_size) {
			WANT(env, bracket.va, m.va);
			WANT(env, bracket.last, m.va + front_low(m.size_lg2));
		}
		ptf_gpu_finish(&u);
		ptf_gpu_deinit(&gpu);

		/* Refused: nothing changes, and what would always need it says so at once. */
		WANT(env, env->format->init(&gpu, cfg, &refuse), 0);
		ptf_gpu_update_init(&u, &gpu);
		WANT(env, ptf_gpu_reserve_map(&u, va, size, &source, GFP_KERNEL), 0);
		WANT(env, ptf_gpu_map(&u, va, size, &source, &gpu_attrs), 0);
		ptf_gpu_finish(&u);
		ptf_gpu_lookup(&gpu, va + size / 2, &m);
		at = m.va + BIT_ULL(m.size_lg2) - page;
		if (BIT_ULL(m.size_lg2) > page) {
			tables = atomic_long_read(&gpu.pt.tables);
			u.exact = true;
			WANT(env, ptf_gpu_reserve_unmap(&u, at, page, GFP_KERNEL), -EBUSY);
			WANT(env, ptf_gpu_reserve_unmap(&u, va, at - va, GFP_KERNEL), -EBUSY);
			u.exact = false;
			WANT(env, atomic_long_read(&gpu.pt.tables), tables);
			WANT(env, ptf_gpu_reserve_unmap(&u, va, at - va, GFP_KERNEL), 0);
			WANT(env, ptf_gpu_unmap(&u, va, at - va), -EBUSY);
			WANT(env, ptf_gpu_unmap(&u, at, va + size - at), -EBUSY);
			ptf_gpu_finish(&u);
			WANT(env, u.flushed, false);
			WANT(env, ptf_gpu_lookup(&gpu, va, &m), 0);
			WANT(env, ptf_gpu_lookup(&gpu, at, &m), 0);
			WANT(env, atomic_long_read(&gpu.pt.tables), tables);
		}
		WANT(env, ptf_gpu_reserve_remap(&u, va, page, &source, GFP_KERNEL), -EOPNOTSUPP);
		WANT(env, ptf_gpu_remap(&u, va, page, &source, &gpu_attrs), -EOPNOTSUPP);
		WANT(env, ptf_gpu_reserve_protect(&u, va, page, GFP_KERNEL), -EOPNOTSUPP);
		WANT(env, ptf_gpu_protect(&u, va, page, &read_only), -EOPNOTSUPP);
		ptf_gpu_finish(&u);

		/* Another OA in one update: broken, flushed, made */
		memset(&bracket, 0, sizeof(bracket));
		bracket.begun = 1;
		ptf_source_contig(&other, 0, size);
		ptf_gpu_update_init(&u, &gpu);
		WANT(env, ptf_gpu_reserve_unmap(&u, va, size, GFP_KERNEL), 0);
		WANT(env, ptf_gpu_reserve_map(&u, va, size, &other, GFP_KERNEL), 0);
		WANT(env, ptf_gpu_unmap(&u, va, size), 0);
		WANT(env, bracket.flushes, 0);
		WANT(env, ptf_gpu_map(&u, va, size, &other, &gpu_attrs), 0);
		WANT(env, bracket.flushes, 1);
		ptf_gpu_finish(&u);
		WANT(env, bracket.flushes, 1);
		WANT(env, u.flushed, true);
		WANT(env, ptf_gpu_lookup(&gpu, va + page, &m), 0);
		WANT(env, m.oa + (va + page - m.va), page);
		ptf_gpu_deinit(&gpu);
		GOOD(env);
	}
}

static int count_leaf(void *ctx, const struct ptf_mapping *mapping)
{
	++*(unsigned int *)ctx;
	return 0;
}

/* 1G of 2M pieces of memory, no two adjacent: as many leaves, one flush when they go */
void gpu_test_counts(struct kunit *test)
{
	struct scatterlist *sg;
	struct ptf_source source;
	struct ptf_gpu_update u;
	struct sg_table sgt;
	unsigned int i, leaves, tried = 0;
	bool has_2m = false;
	struct env *env;

	KUNIT_ASSERT_EQ(test, 0, sg_alloc_table(&sgt, 512, GFP_KERNEL));
	for_each_sg(sgt.sgl, sg, 512, i) {
		sg_dma_address(sg) = (u64)(511 - i) * SZ_2M;
		sg_dma_len(sg) = SZ_2M;
	}
	for (env = env_first(test); env; env = env_next(env)) {
		u64 va = SZ_1G;

		has_2m |= env->n == FRONT_DEFAULT && env->gpu.pt.sizes & SZ_2M;
		if (!(env->gpu.pt.sizes & SZ_2M) || env->gpu.pt.va_last < SZ_2G ||
		    env->gpu.pt.oa_last < SZ_2G)
			continue;
		tried++;
		env->hw->model = NULL;
		ptf_source_sg(&source, &sgt, 0, SZ_1G);
		WANT(env, UPDATE(env, &u, va, SZ_1G,
				 ptf_gpu_reserve_map(&u, va, SZ_1G, &source, GFP_KERNEL),
				 ptf_gpu_map(&u, va, SZ_1G, &source, &gpu_attrs)), 0);
		WANT(env, u.flushed, false);
		leaves = 0;
		WANT(env, ptf_gpu_for_each(&env->gpu, va, va + SZ_1G - 1, count_leaf, &leaves), 0);
		WANT(env, leaves, 512);
		i = env->hw->flushes;
		WANT(env, UPDATE(env, &u, va, SZ_1G,
				 ptf_gpu_reserve_unmap(&u, va, SZ_1G, GFP_KERNEL),
				 ptf_gpu_unmap(&u, va, SZ_1G)), 0);
		WANT(env, env->hw->flushes - i, 1);
		WANT(env, env->nr_removed, 512);
		env->hw->model = env->model;
		GOOD(env);
	}
	sg_free_table(&sgt);
	if (has_2m)
		KUNIT_EXPECT_GT(test, tried, 0U);
}
