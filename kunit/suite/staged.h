/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Staged updates: verbs change the mirrors alone, then commit emits runs, which
 * the device executes later, behind updates that were planned meanwhile; or abort
 * goes back. After each run that is executed, each VA translates to what it did
 * before its update or to what it does after it.
 */
#ifndef PTF_SUITE_STAGED_H
#define PTF_SUITE_STAGED_H

#define STAGED_FLIGHT 3
#define STAGED_VERBS 3
#define STAGED_RUNS 32768
#define STAGED_UPDATES 24
#define STAGED_SAMPLES 8

struct staged_run {
	struct test_table *t;
	struct ptf_run run;
};

/**
 * struct staged_update - one that is committed and not executed
 * @change: what it made stale
 * @runs: how many runs it is
 * @op: its verbs
 * @ops: how many
 * @page: what is mapped after it
 */
struct staged_update {
	struct ptf_change change;
	unsigned int runs;
	struct verb_op op[STAGED_VERBS];
	unsigned int ops;
	struct page_map page[VERBS_PAGES];
};

/**
 * struct staged - device that executes runs late
 * @v: the page table as planned
 * @run: runs that were emitted, a ring
 * @first: number of the next to execute
 * @end: number of the next to be emitted
 * @update: updates in flight, a ring
 * @done: number of the next to execute
 * @planned: number of the next to be planned
 * @page: what is mapped for the device, before the update @done
 * @aborted: how many were
 * @hashed: how many of them were compared by their hash
 */
struct staged {
	struct verbs v;
	struct staged_run run[STAGED_RUNS];
	unsigned int first;
	unsigned int end;
	struct staged_update update[STAGED_FLIGHT];
	unsigned int done;
	unsigned int planned;
	struct page_map page[VERBS_PAGES];
	unsigned int aborted;
	unsigned int hashed;
};

static void staged_emit(void *ctx, struct test_table *t, const struct ptf_run *run)
{
	struct staged *s = ctx;

	if (s->end - s->first == STAGED_RUNS)
		world_fault(s->v.w, "too many runs");
	else
		s->run[s->end++ % STAGED_RUNS] = (struct staged_run){ .t = t, .run = *run };
}

/* Whether the walker finds that in a page; it must not come to a table that is not there. */
static bool staged_is(struct staged *s, u64 va, const struct page_map *page)
{
	struct world *w = s->v.w;
	struct seen seen;
	int level;

	for (level = F(shapes)[ptf_top_shape(w->pt.top)].level; level >= 0; level--) {
		seen = walker_at(&w->pt, va, level);
		if (seen.kind != PTF_TABLE)
			break;
		if (!mem_find(&w->mem, walker_child(&w->pt, seen.shape, seen.entry)))
			return false;
	}
	return verbs_saw(&seen, va, page);
}

static bool staged_page(struct staged *s, const struct staged_update *u, unsigned int i)
{
	u64 va = verbs_va(&s->v, i);

	return WORLD_CHECK(s->v.w, staged_is(s, va, &s->page[i]) || staged_is(s, va, &u->page[i]),
			   "%#llx is neither what it was nor what it will be", va);
}

/* Pages of a table, or of the window if that is less */
static unsigned int staged_unit(struct staged *s)
{
	u64 g = world_granule(s->v.w);
	unsigned int shape = 0;

	while (!(F(shapes)[shape].leaf_sizes & g))
		shape++;
	return min_t(u64, s->v.pages, (1ULL << ptf_reach_lg2(shape)) / g);
}

/* The device executes the oldest update, and the driver retires it. */
static bool staged_execute(struct staged *s, u64 *state)
{
	struct staged_update *u = &s->update[s->done % STAGED_FLIGHT];
	unsigned int every = 1 + u->runs / 64, n, i, end, unit = staged_unit(s);
	struct world *w = s->v.w;
	struct staged_run *r;

	for (i = 0; i < STAGED_SAMPLES; i++)
		tlb_fill(&w->tlb, verbs_va(&s->v, rnd_below(state, s->v.pages)));
	for (n = 0; n < u->runs; n++) {
		r = &s->run[s->first++ % STAGED_RUNS];
		if (!WORLD_CHECK(w, mem_find(&w->mem, r->t->table) == r->t,
				 "run for a table that is freed"))
			return false;
		ptf_run_to_memory(r->t->table, &r->run);
		if (n % every)
			continue;
		/* And where another item may lead to the same table */
		for (i = 0; i < u->ops; i++) {
			end = u->op[i].first + u->op[i].count - 1;
			if (!staged_page(s, u, u->op[i].first) || !staged_page(s, u, end) ||
			    !staged_page(s, u, (u->op[i].first + unit) % s->v.pages) ||
			    !staged_page(s, u, (end + s->v.pages - unit) % s->v.pages))
				return false;
		}
		for (i = 0; i < STAGED_SAMPLES; i++)
			if (!staged_page(s, u, rnd_below(state, s->v.pages)))
				return false;
	}
	for (i = 0; i < s->v.pages; i++) {
		s->page[i] = u->page[i];
		if (i % 4 == s->done % 4 && !staged_page(s, u, i))
			return false;
	}
	world_settle(w, &u->change);
	s->done++;
	return WORLD_CHECK(w, tlb_check(&w->tlb), "%s at %#llx", w->tlb.why, w->tlb.va);
}

/* Of all that is known of the tables that can be reached; nothing is in flight. */
static bool staged_hash(struct staged *s, u64 *hash)
{
	struct world *w = s->v.w;
	struct test_mem *mem = &w->mem;
	struct ptf_mirror *mirror;
	struct test_table *t;
	unsigned int b, i;
	u64 h, entry;

	if (!world_audit(w))
		return false;
	*hash = w->pt.shares * 0x9e3779b97f4a7c15ULL + atomic_long_read(&w->pt.table_bytes);
	for (i = 0; i < PTF_FMT_SHAPES; i++)
		*hash += (u64)(i + 1) * 0x100000001b3ULL * atomic_read(&w->pt.full[i]);
	for (b = 0; b < MEM_BUCKETS; b++) {
		for (t = mem->buckets[b]; t; t = t->next) {
			if (t->audit != mem->audits)
				continue;
			mirror = container_of(t->side, struct ptf_mirror, side);
			h = (u64)(unsigned long)t;
			h = (h ^ t->side->refs) * 0x100000001b3ULL;
			h = (h ^ t->side->live) * 0x100000001b3ULL;
			h = (h ^ t->side->full) * 0x100000001b3ULL;
			h = (h ^ (u64)(unsigned long)t->side->next) * 0x100000001b3ULL;
			for (i = 0; i < mirror->items; i++) {
				entry = item_read(mirror + 1, mirror->shape, i);
				h = (h ^ entry) * 0x100000001b3ULL;
				h ^= h >> 29;
				if (F(kind)(mirror->shape, entry) == PTF_TABLE)
					h = (h ^ (u64)(unsigned long)mirror->child[i]) *
					    0x100000001b3ULL;
			}
			*hash += h;
		}
	}
	return true;
}

/* Lookups see what is planned. */
static bool staged_lookup(struct staged *s, unsigned int i)
{
	struct page_map *page = &s->v.page[i];
	u64 va = verbs_va(&s->v, i);
	struct ptf_mapping found;
	int rc = F(pt_lookup)(&s->v.w->pt, va, &found);

	if (page->oa == VERBS_NONE)
		return WORLD_CHECK(s->v.w, rc == -ENOENT, "lookup of a hole: %d", rc);
	if (page->oa == VERBS_NULL)
		return WORLD_CHECK(s->v.w, !rc && found.kind == PTF_NULL,
				   "lookup of a null leaf: %d", rc);
	return WORLD_CHECK(s->v.w, !rc && found.kind == PTF_LEAF && found.oa + (va - found.va) ==
			   (page->oa & ~s->v.w->pt.encrypt_mask),
			   "lookup of %#llx: %d, OA %#llx", va, rc, found.oa);
}

/* Tables of a reservation that are left, as a whole */
static unsigned int staged_left(const struct ptf_reserve *reserve)
{
	unsigned int shape, left = 0;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
		left += reserve->left[shape];
	return left;
}

/* Plan an update of the verbs in u->op, then commit or abort it; some are tried again then. */
static bool staged_plan(struct staged *s, struct staged_update *u, u64 *state, bool abort)
{
	struct ptf_reserve reserve = {};
	struct verbs *v = &s->v;
	struct world *w = v->w;
	struct ptf_change other = {};
	unsigned int i, runs, end = s->end;
	bool hash = abort && s->done == s->planned;
	u64 before = 0, after = 0;
	bool ok = true;
	int rc;

	if (hash && !staged_hash(s, &before))
		return false;
	for (i = 0; i < u->ops; i++) {
		rc = verbs_reserve(v, &u->op[i], &reserve);
		if (!WORLD_CHECK(w, !rc, "reserve: %d", rc))
			return false;
	}
	/* Until it is committed */
	memcpy(u->page, v->page, sizeof(v->page));
again:
	u->change = (struct ptf_change){};
	v->change = &u->change;
	rc = ptf_stage_open(&w->pt, &u->change);
	ok = WORLD_CHECK(w, !rc && ptf_stage_open(&w->pt, &other) == -EBUSY, "open: %d", rc);
	for (i = 0; i < u->ops && ok; i++)
		ok = verbs_apply(v, &u->op[i], &reserve);
	v->change = NULL;
	for (i = 0; i < STAGED_SAMPLES && ok; i++)
		ok = staged_lookup(s, rnd_below(state, v->pages));
	runs = ptf_stage_runs(&w->pt);
	ok = ok && WORLD_CHECK(w, s->end == end, "stored before commit");
	if (abort) {
		F(stage_abort)(&w->pt, &reserve);
		memcpy(v->page, u->page, sizeof(v->page));
		ok = ok && WORLD_CHECK(w, s->end == end, "stored by abort") &&
		     WORLD_CHECK(w, ptf_change_empty(&u->change) && !u->change.freed,
				 "something to flush after abort");
		if (!(w->pt.features & PTF_FEAT_RCU)) {
			ok = ok && WORLD_CHECK(w, staged_left(&reserve) == reserve.total,
					       "abort keeps tables");
			abort = s->aborted & 1;
		}
		s->aborted++;
		if (ok && !abort && !hash)
			goto again;
	} else {
		ptf_stage_commit(&w->pt);
		memcpy(u->page, v->page, sizeof(v->page));
		u->runs = s->end - end;
		ok = ok && WORLD_CHECK(w, u->runs == runs, "%u runs, not %u", u->runs, runs);
		s->planned++;
	}
	F(unreserve)(&w->pt, &reserve);
	for (i = 0; i < STAGED_SAMPLES && ok; i++)
		ok = staged_lookup(s, rnd_below(state, v->pages));
	ok = ok && WORLD_CHECK(w, !ptf_stage_runs(&w->pt), "runs are left");
	if (hash) {
		ok = ok && staged_hash(s, &after) &&
		     WORLD_CHECK(w, before == after, "abort leaves something else");
		s->hashed++;
	}
	return ok;
}

/* An update of one verb, or of two, is committed and executed. */
static bool staged_now(struct staged *s, u64 *state, const struct verb_op *op, unsigned int ops)
{
	struct staged_update *u = &s->update[s->planned % STAGED_FLIGHT];

	u->ops = ops;
	memcpy(u->op, op, ops * sizeof(*op));
	return staged_plan(s, u, state, false) && staged_execute(s, state);
}

/*
 * Of two items that share a table, one gets a copy and then the table changes for
 * the other: what the first leads to stays mapped. And what comes and goes within
 * an update is no run.
 */
static bool staged_shared(struct staged *s, u64 *state)
{
	unsigned int unit = staged_unit(s), first;
	struct verb_op op[2] = {};
	struct world *w = s->v.w;

	op[0].attrs = world_attrs();
	op[1].attrs = world_attrs();
	op[0].count = 1;
	op[1].count = 1;
	op[1].verb = VERB_UNMAP;
	if (!staged_now(s, state, op, 2) ||
	    !WORLD_CHECK(w, !s->update[(s->planned - 1) % STAGED_FLIGHT].runs,
			 "runs for what did not change"))
		return false;
	first = -(s->v.base / world_granule(w)) & (unit - 1);
	if (unit < 4 || first + 2 * unit > s->v.pages)
		return true;
	op[0].verb = VERB_REPEAT;
	op[0].first = first;
	op[0].count = 2 * unit;
	op[0].repeat_lg2 = __ffs64(world_granule(w));
	if (!staged_now(s, state, op, 1))
		return false;
	op[0].verb = VERB_UNMAP;
	op[0].count = 1;
	op[0].first = first + 1;
	op[1].first = first + unit + 2;
	if (!staged_now(s, state, op, 2))
		return false;
	op[0].first = first;
	op[0].count = 2 * unit;
	return staged_now(s, state, op, 1);
}

static bool staged_sequence(struct staged *s, const struct ptf_config *cfg, u64 state)
{
	struct verb_op all = { .verb = VERB_UNMAP };
	struct world *w = s->v.w;
	struct staged_update *u;
	unsigned int n, i;
	bool ok = true;

	if (!world_down(w) || world_up(w, cfg))
		return WORLD_CHECK(w, false, "init");
	verbs_window(&s->v, &state);
	memcpy(s->page, s->v.page, sizeof(s->page));
	w->mem.on_store = staged_emit;
	w->mem.store_ctx = s;
	ok = staged_shared(s, &state);
	for (n = 0; n < STAGED_UPDATES && ok; n++) {
		u = &s->update[s->planned % STAGED_FLIGHT];
		u->ops = 1 + rnd_below(&state, STAGED_VERBS);
		for (i = 0; i < u->ops; i++)
			verbs_make(&s->v, &state, &u->op[i]);
		ok = staged_plan(s, u, &state, !rnd_below(&state, 3));
		while (ok && s->done != s->planned &&
		       (s->planned - s->done == STAGED_FLIGHT || !rnd_below(&state, 3)))
			ok = staged_execute(s, &state);
	}
	while (ok && s->done != s->planned)
		ok = staged_execute(s, &state);
	ok = ok && world_audit(w);
	u = &s->update[s->planned % STAGED_FLIGHT];
	all.count = s->v.pages;
	u->op[0] = all;
	u->ops = 1;
	ok = ok && staged_plan(s, u, &state, true) && staged_plan(s, u, &state, false) &&
	     staged_execute(s, &state) && world_audit(w) && world_is_empty(w);
	for (i = 0; i < PTF_FMT_SHAPES && ok; i++)
		ok = WORLD_CHECK(w, !atomic_read(&w->pt.full[i]), "shared tables still counted");
	w->mem.on_store = NULL;
	return ok && world_down(w);
}

static void staged_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct staged *s = kvcalloc(1, sizeof(*s), GFP_KERNEL);
	u64 state = seed ?: 1, start, making;
	unsigned int made = 0, done;
	struct ptf_config cfg;
	bool ok = true;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->v.w = w;
	for (done = 0; done < ops_with_plans() && ok; rnd(&state)) {
		start = state;
		making = start;
		rnd(&making);
		world_down(w);
		w->fault[0] = 0;
		if (!config_make(&cfg, rnd_below(&making, config_count())))
			continue;
		done += 4 * STAGED_UPDATES;
		cfg.features &= ~CONFIG_UNMIRRORED;
		config_mirror(&cfg);
		cfg.features |= PTF_FEAT_STAGED;
		if (world_up(w, &cfg) || !verbs_can_cut(w))
			continue;
		ok = staged_sequence(s, &cfg, making);
		if (!ok)
			kunit_err(test, "seed=%#llx: %s\n", start, w->fault);
		made++;
		cond_resched();
	}
	w->mem.on_store = NULL;
	KUNIT_EXPECT_TRUE_MSG(test, ok, "%s", w->fault);
	/* Not when a seed is replayed */
	if (ops >= 1000) {
		KUNIT_EXPECT_GT(test, made, 3U);
		KUNIT_EXPECT_GT(test, s->hashed, 3U);
		KUNIT_EXPECT_GT(test, s->aborted, s->hashed);
	}
	world_down(w);
	kvfree(s);
}

#endif /* PTF_SUITE_STAGED_H */
