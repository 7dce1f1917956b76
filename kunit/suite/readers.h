/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lookups beside an updater, under RCU: a VA translates to one of the things that
 * the updater maps there, or to nothing; a page that it leaves alone is always
 * found; and no table is freed under a reader.
 */
#ifndef PTF_SUITE_READERS_H
#define PTF_SUITE_READERS_H

#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>

#define READERS_UPDATES 40

/**
 * struct readers - an updater and what readers know
 * @v: page table and the updater's model
 * @task: the updater
 * @done: it has ended
 * @stop: likewise, for a reader to look at
 * @ok: it has no complaint
 * @state: its random numbers
 * @repeated: OA of the page that is repeated
 * @kept: the page that is left alone
 * @next: first VA not seen yet by the walk at hand
 * @seen_kept: it has seen @kept
 * @leaves: leaves that all walks have seen
 * @why: what a reader complains of
 * @all: unmaps all, from a walk's callback; count 0 when that is done
 * @reserve: for @all
 */
struct readers {
	struct verbs v;
	struct task_struct *task;
	struct completion done;
	bool stop;
	bool ok;
	u64 state;
	u64 repeated;
	u64 kept;
	u64 next;
	bool seen_kept;
	unsigned long leaves;
	const char *why;
	struct verb_op all;
	struct ptf_reserve reserve;
};

/* One update of the window but for its last page */
static bool readers_update(struct readers *r)
{
	struct verbs *v = &r->v;
	struct world *w = v->w;
	struct ptf_change change = {};
	struct ptf_reserve reserve = {};
	struct verb_op op = { .attrs = world_attrs() };
	u64 g = world_granule(w);
	bool staged = w->pt.features & PTF_FEAT_STAGED, ok;
	static const u8 verbs[] = { VERB_OVER, VERB_UNMAP, VERB_UNMAP, VERB_REPEAT, VERB_ZAP };

	op.verb = verbs[rnd_below(&r->state, ARRAY_SIZE(verbs))];
	op.first = rnd_below(&r->state, v->pages - 1);
	op.count = 1 + rnd_below(&r->state, v->pages - 1 - op.first);
	if (rnd(&r->state) & 1)
		op.count = min(op.count, 1 + (unsigned int)rnd_below(&r->state, 40));
	op.oa = verbs_va(v, op.first) & w->pt.oa_last;
	if (op.oa + op.count * g - 1 > w->pt.oa_last)
		return true;
	if (op.verb == VERB_REPEAT) {
		op.oa = r->repeated;
		op.repeat_lg2 = __ffs64(g);
	}
	/* What a zap widens may be the page that stays. */
	if (op.verb == VERB_ZAP && op.first + op.count > v->pages / 2)
		return true;
	if (verbs_reserve(v, &op, &reserve))
		return world_fault(w, "reserve");
	if (staged) {
		v->change = &change;
		ok = !ptf_stage_open(&w->pt, &change);
		memcpy(v->before, v->page, sizeof(v->page));
		ok = ok && verbs_apply(v, &op, &reserve);
		v->change = NULL;
		if (rnd(&r->state) & 1) {
			F(stage_abort)(&w->pt, &reserve);
			memcpy(v->page, v->before, sizeof(v->page));
		} else {
			ptf_stage_commit(&w->pt);
			world_settle(w, &change);
		}
	} else {
		ok = verbs_apply(v, &op, &reserve);
	}
	F(unreserve)(&w->pt, &reserve);
	return ok;
}

static int readers_run(void *data)
{
	struct readers *r = data;
	unsigned int i;

	for (i = 0; i < READERS_UPDATES && r->ok; i++) {
		r->ok = readers_update(r);
		cond_resched();
	}
	WRITE_ONCE(r->stop, true);
	complete(&r->done);
	return 0;
}

static void readers_check(struct readers *r, const struct ptf_mapping *m)
{
	u64 oa_last = r->v.w->pt.oa_last;

	if (m->kind != PTF_LEAF || (m->oa != (m->va & oa_last) && m->oa != r->repeated))
		r->why = "a translation that nobody made";
	else if (m->attrs.flags & ~(RW | PTF_NOEXEC | PTF_COHERENT) || !(m->attrs.flags & PTF_READ))
		r->why = "attributes that nobody asked for";
}

static int readers_leaf(void *ctx, const struct ptf_mapping *m)
{
	struct readers *r = ctx;

	readers_check(r, m);
	/* A leaf that was made meanwhile may begin before the page that the walk came to. */
	if (m->va + ptf_low(m->size_lg2) < r->next)
		r->why = "walk goes back";
	r->next = m->va + ptf_low(m->size_lg2);
	if (m->va <= r->kept && r->next >= r->kept)
		r->seen_kept = true;
	r->leaves++;
	return r->why ? -EIO : 0;
}

static void readers_look(struct readers *r, u64 *state)
{
	struct world *w = r->v.w;
	u64 last = verbs_va(&r->v, r->v.pages) - 1, va;
	struct ptf_visit visit = {
		.pt = &w->pt, .va = r->v.base, .last = last, .leaf = readers_leaf, .ctx = r,
	};
	struct ptf_mapping m;
	struct ptf_path path;
	unsigned int i;
	int rc;

	r->next = r->v.base;
	r->seen_kept = false;
	rc = F(pt_for_each)(&visit);
	if (rc && !r->why)
		r->why = "for_each";
	if (!r->seen_kept && !r->why)
		r->why = "what stays mapped is not seen";
	for (i = 0; i < 16 && !r->why; i++) {
		va = i ? verbs_va(&r->v, rnd_below(state, r->v.pages)) : r->kept;
		rc = F(pt_lookup)(&w->pt, va, &m);
		if (!rc)
			readers_check(r, &m);
		else if (rc != -ENOENT || !i)
			r->why = "lookup";
		rc = F(pt_path)(&w->pt, va, &path);
		if (!rc)
			readers_check(r, &path.mapping);
	}
}

/* All is unmapped under the walk, which goes on in tables that are still there. */
static int readers_unmap(void *ctx, const struct ptf_mapping *m)
{
	struct readers *r = ctx;
	struct world *w = r->v.w;
	long live = mem_live(&w->mem) - world_spares(w);

	if (r->all.count)
		r->ok = verbs_apply(&r->v, &r->all, &r->reserve);
	r->all.count = 0;
	if (mem_live(&w->mem) - world_spares(w) != live)
		r->why = "a table is freed under a reader";
	return 0;
}

static bool readers_inside(struct readers *r)
{
	struct world *w = r->v.w;
	struct ptf_visit visit = {
		.pt = &w->pt, .va = r->v.base, .last = verbs_va(&r->v, r->v.pages) - 1,
		.leaf = readers_unmap, .ctx = r,
	};
	int rc;

	r->all = (struct verb_op){ .verb = VERB_UNMAP, .count = r->v.pages };
	r->reserve = (struct ptf_reserve){};
	rc = verbs_reserve(&r->v, &r->all, &r->reserve);
	if (rc)
		return world_fault(w, "reserve: %d", rc);
	rc = F(pt_for_each)(&visit);
	if (rc)
		return world_fault(w, "walk: %d", rc);
	F(unreserve)(&w->pt, &r->reserve);
	ptf_grace_wait(&w->pt);
	return WORLD_CHECK(w, r->ok && !r->why && !r->all.count, "%s", r->why) &&
	       verbs_verify(&r->v) && world_audit(w) && world_is_empty(w);
}

static bool readers_round(struct readers *r, u64 state)
{
	struct world *w = r->v.w;
	struct verb_op keep = { .verb = VERB_MAP, .count = 1, .attrs = world_attrs() };
	struct ptf_reserve reserve = {};
	u64 g = world_granule(w);
	bool ok;

	r->state = state;
	r->stop = false;
	r->ok = true;
	r->why = NULL;
	verbs_window(&r->v, &r->state);
	r->v.pages = min(r->v.pages, 2048U);
	r->repeated = (w->pt.oa_last >> 1) & -g;
	keep.first = r->v.pages - 1;
	r->kept = verbs_va(&r->v, keep.first);
	keep.oa = r->kept & w->pt.oa_last;
	if (r->v.pages < 8 || verbs_reserve(&r->v, &keep, &reserve))
		return r->v.pages < 8;
	ok = verbs_apply(&r->v, &keep, &reserve);
	F(unreserve)(&w->pt, &reserve);
	if (w->pt.features & PTF_FEAT_STAGED)
		ptf_stage_commit(&w->pt);
	init_completion(&r->done);
	r->task = kthread_run(readers_run, r, "ptf-updater");
	if (IS_ERR(r->task))
		return world_fault(w, "no thread");
	get_task_struct(r->task);
	while (!READ_ONCE(r->stop)) {
		if (!r->why)
			readers_look(r, &state);
		cond_resched();
	}
	wait_for_completion(&r->done);
	kthread_stop_put(r->task);
	ptf_grace_wait(&w->pt);
	return ok && r->ok && WORLD_CHECK(w, !r->why, "%s", r->why) && verbs_verify(&r->v) &&
	       world_audit(w) &&
	       (w->pt.features & PTF_FEAT_STAGED || readers_inside(r));
}

static void threads_readers_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct readers *r = kvcalloc(1, sizeof(*r), GFP_KERNEL);
	unsigned int n, kind, rounds = 0;
	struct ptf_config cfg;
	bool ok = true;

	KUNIT_ASSERT_NOT_NULL(test, r);
	r->v.w = w;
	for (n = 0; n < config_count() && ok; n += 1 + config_count() / 3) {
		for (kind = 0; kind < 4 && ok; kind++) {
			world_down(w);
			w->spares = kind == 3;
			if (!config_make(&cfg, n))
				continue;
			cfg.features &= ~CONFIG_UNMIRRORED;
			cfg.features |= PTF_FEAT_RCU;
			if (kind % 3 && config_mirror(&cfg) && kind == 2)
				cfg.features |= PTF_FEAT_STAGED;
			if (world_up(w, &cfg) || !verbs_can_cut(w))
				continue;
			ok = readers_round(r, n * 4 + kind + 1);
			rounds++;
		}
	}
	KUNIT_EXPECT_TRUE_MSG(test, ok, "%s", w->fault);
	KUNIT_EXPECT_GT(test, rounds, 2U);
	KUNIT_EXPECT_GT(test, r->leaves, 0UL);
	world_down(w);
	kvfree(r);
}

#endif /* PTF_SUITE_READERS_H */
