/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads on disjoint ranges: they share tables, race to install them, and do so
 * while the root grows. Each round begins with no table but the root. A thread maps
 * and unmaps slices, or does all that a GPU can in a window of its own.
 */
#ifndef PTF_SUITE_THREADS_H
#define PTF_SUITE_THREADS_H

#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>

#define THREADS 4
#define THREAD_SLICES 12
#define THREAD_AREAS 3

/**
 * struct worker - one thread of a round
 * @w: the page table
 * @task: the thread
 * @start: it begins when this is complete
 * @done: it has ended
 * @id: from 0 to THREADS - 1
 * @ops: operations to do
 * @grow: first make the root grow to here
 * @state: for random numbers
 * @base: first VA of each area of slices
 * @size_lg2: leaf size of each area; 0 where there is none
 * @stride_lg2: distance of slices, which is what one lock covers
 * @mapped: slices that are mapped
 * @v: its window, instead of slices
 * @why: what went wrong
 */
struct worker {
	struct world *w;
	struct task_struct *task;
	struct completion start;
	struct completion done;
	unsigned int id;
	unsigned int ops;
	u64 grow;
	u64 state;
	u64 base[THREAD_AREAS];
	u8 size_lg2[THREAD_AREAS];
	u8 stride_lg2[THREAD_AREAS];
	bool mapped[THREAD_AREAS][THREAD_SLICES];
	struct verbs *v;
	const char *why;
};

static const char *worker_map(struct worker *k, u64 va, u64 last)
{
	struct ptf_attrs attrs = world_attrs();
	struct ptf_change change = {};
	struct ptf_map map = {
		.pt = &k->w->pt, .va = va, .last = last, .supply.gfp = GFP_KERNEL,
		.change = &change,
	};
	u64 encrypt;
	int rc;

	if (F(encode)(&k->w->pt, &attrs, &map.bits, &encrypt) ||
	    ptf_map_extent(&map, va & k->w->pt.oa_last, last))
		return "encode";
	rc = F(pt_map)(&map);
	if (rc)
		return "map";
	ptf_free_tables(&k->w->pt, change.freed);
	return NULL;
}

static const char *worker_unmap(struct worker *k, u64 va, u64 last)
{
	struct ptf_change change = {};
	struct ptf_unmap unmap = { .pt = &k->w->pt, .va = va, .last = last, .change = &change };
	int rc = F(pt_unmap)(&unmap);

	ptf_free_tables(&k->w->pt, change.freed);
	return rc || unmap.end != last ? "unmap" : NULL;
}

/* Map a slice that is not, unmap one that is. */
static const char *worker_step(struct worker *k)
{
	unsigned int area = rnd_below(&k->state, THREAD_AREAS);
	unsigned int slice = rnd_below(&k->state, THREAD_SLICES);
	bool *mapped = &k->mapped[area][slice];
	struct ptf_mapping found;
	const char *why;
	u64 va, last;
	int rc;

	if (!k->size_lg2[area])
		return NULL;
	va = k->base[area] + ((u64)(slice * THREADS + k->id) << k->stride_lg2[area]);
	last = va | ptf_low(k->size_lg2[area]);
	rc = F(pt_lookup)(&k->w->pt, last, &found);
	if (rc != (*mapped ? 0 : -ENOENT))
		return "lookup";
	if (*mapped && (found.oa != (va & k->w->pt.oa_last) || found.va != va))
		return "lookup finds something else";
	why = *mapped ? worker_unmap(k, va, last) : worker_map(k, va, last);
	*mapped = !*mapped;
	return why;
}

/* Any verb, anywhere in the window */
static const char *worker_verb(struct worker *k)
{
	struct ptf_reserve reserve = {};
	struct ptf_change change = {};
	struct verbs *v = k->v;
	struct verb_op op;
	bool ok;

	verbs_make(v, &k->state, &op);
	if (verbs_reserve(v, &op, &reserve))
		return "reserve";
	v->change = &change;
	ok = verbs_apply(v, &op, &reserve);
	v->change = NULL;
	F(unreserve)(&k->w->pt, &reserve);
	ptf_free_tables(&k->w->pt, change.freed);
	if (ok && !rnd_below(&k->state, 16))
		ok = verbs_verify(v);
	return ok ? NULL : k->w->fault;
}

static int worker_run(void *data)
{
	struct worker *k = data;
	unsigned int i;

	wait_for_completion(&k->start);
	if (k->grow && F(pt_grow)(&k->w->pt, k->grow, GFP_KERNEL, world_publish, k->w))
		k->why = "grow";
	for (i = 0; i < k->ops && !k->why; i++) {
		k->why = k->v ? worker_verb(k) : worker_step(k);
		if (i % 16 == 0)
			cond_resched();
	}
	complete(&k->done);
	return 0;
}

/* Slices of the smallest leaves, of the largest, and of a size between */
static void worker_areas(struct worker *k, const struct world *w)
{
	u64 sizes = w->pt.sizes & F(all_sizes)(ptf_top_shape(w->pt.top)), base = 0, end;
	unsigned int area, lg2[THREAD_AREAS] = { __ffs64(sizes), 0, 0 };

	for (area = 1; area < THREAD_AREAS; area++) {
		sizes &= ~BIT_ULL(lg2[area - 1]);
		if (sizes)
			lg2[area] = area == 1 ? __ffs64(sizes) : fls64(sizes) - 1;
	}
	for (area = 0; area < THREAD_AREAS; area++) {
		k->size_lg2[area] = 0;
		if (!lg2[area] || lg2[area] > w->pt.oa_lg2)
			continue;
		k->stride_lg2[area] = max(lg2[area], F(lock_lg2)(&w->pt));
		base = (base | ptf_low(k->stride_lg2[area])) + 1;
		end = base + ((u64)THREADS * THREAD_SLICES << k->stride_lg2[area]);
		if (end - 1 > world_reach(w, world_last(w, 0)) || end < base)
			continue;
		k->base[area] = base;
		k->size_lg2[area] = lg2[area];
		base = end;
	}
}

/* The window of thread @id, as large as there is room for; false if there is none */
static bool worker_window(struct verbs *v, struct world *w, unsigned int id)
{
	u64 g = world_granule(w), span;
	unsigned int i;

	v->w = w;
	for (v->pages = VERBS_PAGES; v->pages >= 64; v->pages /= 2) {
		span = max(v->pages * g, 1ULL << F(lock_lg2)(&w->pt));
		if (THREADS * span - 1 <= world_last(w, 0))
			break;
	}
	v->base = id * span;
	for (i = 0; i < v->pages; i++)
		v->page[i].oa = VERBS_NONE;
	return v->pages >= 64;
}

/*
 * One round; worker 0 makes the root grow if @grow is not 0. They work in windows if
 * @verbs is not NULL.
 */
static bool threads_round(struct world *w, struct worker *worker, u64 grow, u64 state,
			  struct verbs *verbs)
{
	unsigned int i;
	bool ok = true;

	for (i = 0; i < THREADS; i++) {
		struct worker *k = &worker[i];

		*k = (struct worker){
			.w = w, .id = i, .ops = verbs ? 32 : 120, .grow = i ? 0 : grow,
			.state = (state ^ (i + 1) * 0x9e3779b97f4a7c15ULL) | 1,
		};
		worker_areas(k, w);
		if (verbs) {
			k->v = &verbs[i];
			if (!worker_window(k->v, w, i))
				break;
		}
		init_completion(&k->start);
		init_completion(&k->done);
		k->task = kthread_run(worker_run, k, "ptf-worker/%u", i);
		if (IS_ERR(k->task)) {
			k->task = NULL;
			ok = world_fault(w, "no thread");
			break;
		}
		get_task_struct(k->task);
	}
	for (i = 0; i < THREADS; i++)
		if (worker[i].task)
			complete(&worker[i].start);
	for (i = 0; i < THREADS; i++) {
		if (!worker[i].task)
			continue;
		wait_for_completion(&worker[i].done);
		kthread_stop_put(worker[i].task);
		ok = ok && WORLD_CHECK(w, !worker[i].why, "%s in thread %u", worker[i].why, i);
	}
	return ok && world_audit(w);
}

static void threads_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct worker *worker = kunit_kzalloc(test, THREADS * sizeof(*worker), GFP_KERNEL);
	unsigned int round;

	KUNIT_ASSERT_NOT_NULL(test, worker);
	w->with = PTF_FEAT_PARALLEL;
	while (world_next(w, false)) {
		world_grow(w, world_last(w, 0));
		for (round = 0; round < 2; round++) {
			WORLD_ASSERT(w, threads_round(w, worker, 0, w->config * 8 + round, NULL));
			world_clear(w);
			WORLD_ASSERT(w, world_is_empty(w));
		}
	}
}

/* All verbs, in windows that are neighbours */
static void threads_verbs_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct worker *worker = kunit_kzalloc(test, THREADS * sizeof(*worker), GFP_KERNEL);
	struct verbs *verbs = kvcalloc(THREADS, sizeof(*verbs), GFP_KERNEL);
	unsigned int i, made = 0;
	bool ok = true;

	KUNIT_ASSERT_NOT_NULL(test, worker);
	KUNIT_ASSERT_NOT_NULL(test, verbs);
	w->with = PTF_FEAT_PARALLEL;
	w->spares = true;
	while (ok && world_next(w, false)) {
		if (w->pt.features & PTF_FEAT_DYNAMIC_TOP || !verbs_cut_below(w, 10) ||
		    !worker_window(&verbs[0], w, 0))
			continue;
		made++;
		ok = threads_round(w, worker, 0, w->config + 1, verbs);
		for (i = 0; i < THREADS && ok; i++)
			ok = verbs_verify(&verbs[i]);
		world_clear(w);
		ok = ok && world_is_empty(w);
	}
	kvfree(verbs);
	KUNIT_EXPECT_TRUE_MSG(test, ok, "%s", w->fault);
	KUNIT_EXPECT_GT(test, made, 0U);
}

/* Another thread that is always faster: it maps its own range before an allocation. */
struct race {
	struct world *w;
	unsigned int wait;
	u64 va;
	bool won;
};

static void race_other(void *ctx)
{
	struct race *race = ctx;
	struct worker k = { .w = race->w };

	if (race->won || race->wait--)
		return;
	race->won = true;
	race->w->fault[0] = 0;
	if (worker_map(&k, race->va, race->va + world_granule(race->w) - 1))
		world_fault(race->w, "the other thread cannot map");
}

/* Each table on the way down is lost to somebody else once. */
static void threads_race_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct race race;
	u64 g, away;

	w->with = PTF_FEAT_PARALLEL;
	while (world_next(w, false)) {
		g = world_granule(w);
		away = 1ULL << F(lock_lg2)(&w->pt);
		if (4 * away - 1 > world_last(w, 0))
			continue;
		world_grow(w, world_last(w, 0));
		for (race = (struct race){ .w = w }; race.wait < PTF_FMT_SHAPES; race.wait++) {
			unsigned int wait = race.wait;

			race.va = 2 * away;
			race.won = false;
			w->mem.ctx = &race;
			w->mem.on_free = NULL;
			w->mem.on_alloc = race_other;
			GIVES(w, 0, world_map(w, away, away + g - 1, 0));
			w->mem.on_alloc = NULL;
			w->mem.ctx = w;
			w->mem.on_free = world_on_free;
			race.wait = wait;
			WORLD_ASSERT(w, !w->fault[0] && world_audit(w));
			WORLD_ASSERT(w, world_translates(w, away, away + g - 1, 0));
			if (race.won)
				WORLD_ASSERT(w, world_translates(w, race.va, race.va + g - 1,
								 race.va & w->pt.oa_last));
			MUST(w, world_clear(w));
			WORLD_ASSERT(w, world_is_empty(w));
		}
	}
}

/* The root grows, under its own lock, while others operate below the old one. */
static void threads_grow_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct worker *worker = kunit_kzalloc(test, THREADS * sizeof(*worker), GFP_KERNEL);
	struct ptf_config cfg;
	unsigned int round;

	KUNIT_ASSERT_NOT_NULL(test, worker);
	w->with = PTF_FEAT_PARALLEL;
	while (world_next(w, false)) {
		if (!(w->pt.features & PTF_FEAT_DYNAMIC_TOP))
			continue;
		cfg = w->cfg;
		for (round = 0; round < 8; round++) {
			WORLD_ASSERT(w, threads_round(w, worker, world_last(w, 0), round + 1,
						      NULL));
			GIVES(w, world_last(w, 0), world_reach(w, ~0ULL) & world_last(w, 0));
			world_clear(w);
			WORLD_ASSERT(w, world_is_empty(w));
			WORLD_ASSERT(w, world_down(w));
			MUST(w, world_up(w, &cfg));
		}
	}
}

#endif /* PTF_SUITE_THREADS_H */
