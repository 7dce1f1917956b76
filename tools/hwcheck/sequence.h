/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random operations, as in kunit/suite/random.h, with the hardware as the judge. Before
 * and after each operation the same addresses are translated, so that caches are warm
 * for what is about to change; what they forget is only what the flush reported.
 */
#ifndef HW_SEQUENCE_H
#define HW_SEQUENCE_H

#define SEQUENCE_VAS 24

/* An edge of the leaf or of one of its items, or anywhere in it */
static u64 sequence_in_leaf(const struct model_leaf *leaf, u64 *state)
{
	u64 last = model_leaf_last(leaf), va = leaf->va + (rnd(state) & (last - leaf->va));
	unsigned int lg2 = rnd_below(state, leaf->size_lg2 + 1);

	switch (rnd_below(state, 5)) {
	case 0:
		return leaf->va;
	case 1:
		return last;
	case 2:
		return va | ptf_low(lg2);
	case 3:
		return va & ~ptf_low(lg2);
	}
	return va;
}

/* Addresses that an operation is likely to change, or must not */
static unsigned int sequence_vas(struct run *run, const struct op *op, u64 *va, u64 *state)
{
	const struct model *m = &run->m;
	const struct model_leaf *leaf;
	unsigned int first = model_find(m, op->va), behind = model_find(m, op->last);
	unsigned int half = rnd_below(state, world_halves(run->w)), n = 0, i;
	u64 space = world_last(run->w, half) - world_first(run->w, half);

	va[n++] = op->va;
	va[n++] = op->last;
	va[n++] = op->va - 4;
	va[n++] = op->last + 1;
	for (i = 0; i < 3; i++)
		va[n++] = op->va + (rnd(state) & (op->last - op->va));
	for (i = 0; i < 4 && behind > first; i++) {
		leaf = &m->leaf[first + rnd_below(state, behind - first)];
		va[n++] = sequence_in_leaf(leaf, state);
	}
	if (first < m->nr)
		va[n++] = sequence_in_leaf(&m->leaf[first], state);
	if (behind < m->nr)
		va[n++] = sequence_in_leaf(&m->leaf[behind], state);
	for (i = 0; i < 2 && m->nr; i++)
		va[n++] = sequence_in_leaf(&m->leaf[rnd_below(state, m->nr)], state);
	va[n++] = world_first(run->w, half) + (rnd(state) & space);
	/* Rarely one beyond the space */
	if (!rnd_below(state, 8))
		va[n++] = rnd(state);
	return n;
}

static bool sequence_judge(struct run *run, struct judge *j, const u64 *va, unsigned int n,
			   u64 *state)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		judge_add(j, va[i], state);
	return judge_run(j);
}

/* The device writes. */
static bool sequence_write(struct run *run, struct judge *j, const struct op *op)
{
	u64 state = op->seed;
	const u8 *access;

	for (access = j->c->access; *access; access++)
		if (*access & HW_WRITE)
			judge_add_access(j, op->va + (rnd(&state) & (op->last - op->va)), *access);
	return judge_run(j);
}

static bool sequence_op(struct run *run, struct judge *j, const struct op *op)
{
	static bool (*const run_kind[])(struct run *run, const struct op *op) = {
		[OP_MAP] = run_map, [OP_MAP_MANY] = run_map, [OP_UNMAP] = run_unmap,
		[OP_EXACT] = run_exact, [OP_DIRTY] = run_dirty,
	};
	u64 va[2 * SEQUENCE_VAS], state = op->seed;
	unsigned int n = sequence_vas(run, op, va, &state);

	if (op->kind == OP_WRITE)
		return sequence_write(run, j, op);
	if (!sequence_judge(run, j, va, n, &state))
		return false;
	run->levels = 0;
	run->min_lg2 = 64;
	run->fired = false;
	memset(&run->w->change, 0, sizeof(run->w->change));
	if (!run_kind[op->kind](run, op)) {
		/* Who marks leaves dirty is the hardware. */
		if (op->kind == OP_DIRTY)
			snprintf(j->failure, sizeof(j->failure), "dirty: %s", run->w->fault);
		return false;
	}
	n += sequence_vas(run, op, va + n, &state);
	return sequence_judge(run, j, va, n, &state);
}

/* What the oracle itself needs is left alone. */
static bool sequence_keeps(const struct hw_case *c, const struct op *op)
{
	return !c->keep_bytes || op->last < c->keep_va || op->va > c->keep_va + (c->keep_bytes - 1);
}

/* One sequence; its operations depend on nothing but the case and the seed. */
static bool sequence(struct run *run, struct judge *j, u64 state)
{
	bool ok = true, verbose = getenv("HWCHECK_VERBOSE");
	u64 island[SEQ_ISLANDS];
	unsigned int i;

	for (i = 0; i < SEQ_ISLANDS; i++)
		island[i] = op_island(run->w, &state, i);
	for (i = 0; i < SEQ_OPS && ok; i++) {
		run->dropped[i] = !op_make(run, &state, &run->op[i], island,
					   run->op + (i > 12 ? i - 12 : 0), min(i, 12U)) ||
				  !sequence_keeps(j->c, &run->op[i]);
		run->op[i].fail_at = -1;
		if (run->dropped[i])
			continue;
		ok = sequence_op(run, j, &run->op[i]);
		if (!ok || verbose)
			printf("    operation %u: %s%s [%#llx, %#llx]\n", i,
			       op_names[run->op[i].kind], run->op[i].flag ? "!" : "",
			       run->op[i].va, run->op[i].last);
	}
	return ok && judge_tables(j);
}

#endif /* HW_SEQUENCE_H */
