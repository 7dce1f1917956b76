/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random operations on the page table and the naive model, in sequences of their
 * own configuration. Every sequence has a seed, and a failing one is printed,
 * without the operations that it also fails without. To replay one: seed=... ops=1.
 */
#ifndef PTF_SUITE_RANDOM_H
#define PTF_SUITE_RANDOM_H

#include <linux/moduleparam.h>

#define SEQ_OPS 160
#define SEQ_ISLANDS 5
#define SEQ_EXTENTS 4
#define SEQ_MADE 256
#define SEQ_LEAVES 1200

static unsigned long long seed = 0x70746667;
module_param(seed, ullong, 0444);
MODULE_PARM_DESC(seed, "seed of the first random sequence");

/* Under KASAN, whatever is done takes long; userspace does millions with a sanitizer. */
static unsigned int ops = IS_ENABLED(CONFIG_KASAN) ? 400 : 2000;
module_param(ops, uint, 0444);
MODULE_PARM_DESC(ops, "random operations to run");

/* Each plan of several is made and applied in more than one table: a tenth of many. */
static unsigned int ops_with_plans(void)
{
	return min(ops, 2000 + ops / 10);
}

enum op_kind { OP_MAP, OP_MAP_MANY, OP_UNMAP, OP_EXACT, OP_WRITE, OP_DIRTY, OP_KINDS };

static const char *const op_names[] = {
	"map", "map-many", "unmap", "unmap-exact", "write", "dirty",
};

/**
 * struct op - one operation; does not depend on those before
 * @kind: &enum op_kind
 * @flag: map: flush before tables are replaced; exact: tell what goes; dirty: clear
 * @fail_at: allocation that fails, or -1
 * @va: first VA
 * @last: last VA
 * @seed: for all else
 */
struct op {
	u8 kind;
	bool flag;
	s8 fail_at;
	u64 va;
	u64 last;
	u64 seed;
};

/**
 * struct run - a sequence and its state
 * @w: the page table
 * @m: what it should be
 * @op: the operations
 * @dropped: operations that are left out, when shrinking
 * @made: leaves predicted
 * @ext: extents of the map at work
 * @dirty: what a dirty scan found
 * @low: first VA of leaves that the operation changes
 * @high: last VA of them
 * @levels: their levels
 * @min_lg2: smallest of them
 * @fired: the allocation failed
 * @flushes_unchecked: who judges flushes is somebody else
 */
struct run {
	struct world *w;
	struct model m;
	struct op op[SEQ_OPS];
	bool dropped[SEQ_OPS];
	struct model_leaf made[SEQ_LEAVES];
	struct extent ext[SEQ_EXTENTS];
	struct dirty_list dirty;
	u64 low;
	u64 high;
	u16 levels;
	u8 min_lg2;
	bool fired;
	bool flushes_unchecked;
};

/* Making operations */

/* Attributes of an extent: any that the format takes */
static struct ptf_attrs op_attrs(struct world *w, u64 *state)
{
	struct ptf_attrs attrs = {};
	u64 bits, encrypt;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		attrs.flags = rnd_below(state, 128) & ~w->no_flags;
		attrs.mem = w->no_mem ? PTF_MEM_DEFAULT : rnd_below(state, PTF_MEM_INDEX);
		if (!F(encode)(&w->pt, &attrs, &bits, &encrypt))
			return attrs;
	}
	return world_attrs();
}

/* An OA for @length bytes at @va, which agree up to a random power of two */
static u64 op_oa(struct world *w, u64 *state, u64 va, u64 length)
{
	u64 g = world_granule(w), all = ptf_low(w->pt.oa_lg2), low, oa;

	low = ptf_low(rnd_below(state, w->pt.oa_lg2 + 1)) | (g - 1);
	oa = (rnd(state) & ~low) | (va & low);
	switch (rnd_below(state, 8)) {
	case 0:
		oa &= low;
		break;
	case 1:
		oa |= ~low;
	}
	oa &= all;
	oa = oa > all - (length - 1) ? all - (length - 1) : oa;
	return w->choose_oa ? w->choose_oa(w, state, va, length, oa) : oa;
}

/* Places of interest: ends of the space, ends of large tables, anywhere */
static u64 op_island(struct world *w, u64 *state, unsigned int i)
{
	unsigned int half = rnd_below(state, world_halves(w));
	u64 first = world_first(w, half), last = world_last(w, half), g = world_granule(w), at;

	switch (i) {
	case 0:
		return first;
	case 1:
		return last - g + 1;
	case 2:
		at = first + ((last - first) >> 1) + 1;
		break;
	default:
		at = first + (rnd(state) & (last - first));
	}
	return at & ~ptf_low(rnd_below(state, w->pt.va_lg2)) & -g;
}

static bool op_make(struct run *run, u64 *state, struct op *op, const u64 *island,
		    const struct op *before, unsigned int nr_before)
{
	struct world *w = run->w;
	unsigned int size_lg2, half, reach;
	u64 g = world_granule(w), length, first, last, away;

	*op = (struct op){
		.kind = rnd_below(state, OP_KINDS),
		.flag = rnd(state) & 1,
		.fail_at = rnd_below(state, 8) ? -1 : rnd_below(state, 4),
		.seed = rnd(state) | 1,
	};
	if (op->kind == OP_DIRTY && !(w->pt.features & PTF_FEAT_DIRTY))
		op->kind = OP_MAP;
	/* Half of all act on where there was something before, or around it. */
	if (nr_before && op->kind >= OP_UNMAP && rnd_below(state, 4)) {
		before += rnd_below(state, nr_before);
		op->va = before->va;
		op->last = before->last;
		if (rnd(state) & 1)
			op->va += rnd_below(state, 3) * g;
		if (rnd(state) & 1)
			op->last -= rnd_below(state, 3) * g;
		if (op->last >= op->va)
			return !ptf_check_aligned(&w->pt, op->va, op->last);
	}
	do {
		size_lg2 = rnd_below(state, min(w->pt.va_lg2 + 1, 64));
	} while (!(w->pt.sizes >> size_lg2 & 1) && rnd_below(state, 200));
	size_lg2 = max_t(unsigned int, size_lg2, __ffs64(g));
	length = (1 + rnd_below(state, 20)) << min(size_lg2, 58U);
	if (rnd(state) & 1)
		length += rnd_below(state, 16) * g;
	reach = size_lg2 + rnd_below(state, 6);
	op->va = island[rnd_below(state, SEQ_ISLANDS)];
	away = rnd(state) & ptf_low(reach) & (rnd(state) & 1 ? -g : ~ptf_low(size_lg2));
	op->va += rnd(state) & 1 ? away : -away;
	half = world_halves(w) > 1 && op->va >> 63;
	first = world_first(w, half);
	last = world_last(w, half);
	if (op->va < first || op->va > last)
		return false;
	op->last = length - 1 > last - op->va ? last : op->va + length - 1;
	return !ptf_check_aligned(&w->pt, op->va, op->last);
}

/* Running operations */

static void run_changes(struct run *run, const struct model_leaf *leaf)
{
	if (!run->levels)
		run->low = leaf->va;
	run->high = model_leaf_last(leaf);
	run->levels |= BIT(size_level(leaf->size_lg2));
	run->min_lg2 = min(run->min_lg2, leaf->size_lg2);
}

/* The flush covers the leaves that changed, and says no more than that. */
static bool run_check_flush(struct run *run, const struct op *op, bool loose)
{
	const struct ptf_flush *flush = &run->w->change.flush;
	u64 region = ptf_low(model_region_lg2());

	if (run->flushes_unchecked)
		return true;
	if (!run->levels && !flush->freed_tables)
		return WORLD_CHECK(run->w, ptf_change_empty(&run->w->change),
				   "flush of [%#llx, %#llx] without a change", flush->start,
				   flush->last);
	if (run->levels &&
	    !WORLD_CHECK(run->w, flush->start <= run->low && flush->last >= run->high &&
			 (flush->leaf_levels & run->levels) == run->levels &&
			 flush->min_size_lg2 <= run->min_lg2,
			 "flush of [%#llx, %#llx] levels %#x size 2^%u, changed [%#llx, %#llx] %#x",
			 flush->start, flush->last, flush->leaf_levels, flush->min_size_lg2,
			 run->low, run->high, run->levels))
		return false;
	if (!loose &&
	    !WORLD_CHECK(run->w, flush->leaf_levels == run->levels &&
			 (!run->levels || flush->freed_tables ||
			  flush->min_size_lg2 == run->min_lg2),
			 "flush of levels %#x size 2^%u, changed %#x size 2^%u", flush->leaf_levels,
			 flush->min_size_lg2, run->levels, run->min_lg2))
		return false;
	if (!flush->freed_tables)
		return WORLD_CHECK(run->w, flush->start == run->low && flush->last == run->high,
				   "flush of [%#llx, %#llx], changed [%#llx, %#llx]",
				   flush->start, flush->last, run->low, run->high);
	if (!run->levels) {
		run->low = op->va;
		run->high = op->last;
	}
	return WORLD_CHECK(run->w, flush->start >= (min(op->va, run->low) & ~region) &&
			   flush->last <= (max(op->last, run->high) | region),
			   "flush of [%#llx, %#llx] is wider than the operation", flush->start,
			   flush->last);
}

/* The leaves of [va, last], of which the extents are mapped, by the sizes that were picked */
static unsigned int run_as_picked(struct run *run, u64 va, u64 last)
{
	const struct extent *ext = run->ext;
	u64 bits = 0, encrypt = 0, ext_va = va;
	unsigned int nr = 0, size_lg2;

	for (; va <= last && nr < SEQ_LEAVES; va += 1ULL << size_lg2) {
		while (va > ext->last) {
			ext_va = ext->last + 1;
			ext++;
		}
		F(encode)(&run->w->pt, &ext->attrs, &bits, &encrypt);
		size_lg2 = model_picked(&run->w->pt, va) ?: __ffs64(run->w->pt.sizes);
		run->made[nr++] = (struct model_leaf){
			.va = va, .oa = (ext->oa + (va - ext_va)) | encrypt, .bits = bits,
			.flags = ext->attrs.flags, .size_lg2 = size_lg2,
		};
	}
	return nr;
}

static bool run_map(struct run *run, const struct op *op)
{
	struct world *w = run->w;
	unsigned int nr = 0, n = 1, i, more, picked = 0, at;
	u64 g = world_granule(w), state = op->seed, va, picked_va = ~0ULL;
	u64 bits = 0, encrypt = 0, hit = 0;
	bool conflict;
	int rc;

	if (op->kind == OP_MAP_MANY)
		n = min(1 + rnd_below(&state, SEQ_EXTENTS), (op->last - op->va) / g + 1);
	w->mem.fail_at = op->fail_at;
	rc = world_grow(w, op->last);
	run->fired = op->fail_at >= 0 && w->mem.fail_at < 0;
	if (rc)
		return WORLD_CHECK(w, rc == -ENOMEM && run->fired, "grow: %d", rc);
	for (i = 0, va = op->va; i < n; i++) {
		struct extent *ext = &run->ext[i];
		u64 room = (op->last - va) / g + 1 - (n - 1 - i);

		ext->last = i == n - 1 ? op->last : va + (1 + rnd_below(&state, room)) * g - 1;
		if (ext->last - va > ptf_low(w->pt.oa_lg2))
			return true;
		ext->oa = op_oa(w, &state, va, ext->last - va + 1);
		ext->attrs = op_attrs(w, &state);
		F(encode)(&w->pt, &ext->attrs, &bits, &encrypt);
		more = model_predict(&w->pt, va, ext->last, ext->oa | encrypt, bits,
				     run->made + nr, SEQ_MADE - nr, &picked_va, &picked);
		for (at = nr, nr += more; at < nr; at++)
			run->made[at].flags = ext->attrs.flags;
		if (!more || run->m.nr + nr > MODEL_MAX - SEQ_LEAVES)
			return true;
		va = ext->last + 1;
	}
	conflict = model_first(&run->m, op->va, op->last, &hit);
	w->map_flush = op->flag;
	w->quick = op->seed & 4;
	rc = world_map_extents(w, op->va, run->ext, n);
	run->fired = op->fail_at >= 0 && w->mem.fail_at < 0;
	if (run->fired ? !WORLD_CHECK(w, rc == -ENOMEM, "%d after a failed allocation", rc) :
	    !WORLD_CHECK(w, rc == (conflict ? -EADDRINUSE : 0), "%d, conflict %u", rc, conflict))
		return false;
	if (rc && !WORLD_CHECK(w, w->pos >= op->va && w->pos <= (conflict ? hit : op->last),
			       "stopped at %#llx, first conflict at %#llx", w->pos, hit))
		return false;
	for (i = 0; i < nr && (!rc || run->made[i].va < w->pos); i++)
		if (rc && !WORLD_CHECK(w, model_leaf_last(&run->made[i]) < w->pos,
				       "stopped at %#llx within a leaf", w->pos))
			return false;
	at = model_find(&run->m, op->va);
	/* A map that stopped may not have come to where it needs a smaller page size. */
	if (rc && model_region_lg2() && i)
		i = run_as_picked(run, op->va, w->pos - 1);
	model_splice(&run->m, at, 0, run->made, i);
	return (op->flag || run_check_flush(run, op, false)) &&
	       WORLD_CHECK(w, model_follow_picks(&run->m, &w->pt, op->va, op->last),
			   "model is full");
}

static bool run_unmap(struct run *run, const struct op *op)
{
	struct world *w = run->w;
	struct model *m = &run->m;
	unsigned int first = model_find(m, op->va), i;
	u64 pos = op->va, end = op->va;
	int rc, expect = 0;

	for (i = first;; i++) {
		if (i == m->nr || m->leaf[i].va > pos)
			expect = -ENOENT;
		else if (m->leaf[i].va < pos)
			expect = -EINVAL;
		if (expect)
			break;
		run_changes(run, &m->leaf[i]);
		end = model_leaf_last(&m->leaf[i]);
		pos = end + 1;
		if (end >= op->last) {
			i++;
			break;
		}
	}
	w->quick = op->seed & 4;
	rc = world_unmap(w, op->va, op->last);
	model_splice(m, first, i - first, NULL, 0);
	return WORLD_CHECK(w, rc == expect, "%d, not %d", rc, expect) &&
	       WORLD_CHECK(w, w->pos == pos, "stopped at %#llx, not %#llx", w->pos, pos) &&
	       WORLD_CHECK(w, rc || w->end == end, "ended at %#llx, not %#llx", w->end, end) &&
	       run_check_flush(run, op, false);
}

/* What is told to be removed is what was mapped there. */
static void run_told(void *ctx, u64 va, u64 oa, u64 size)
{
	struct run *run = ctx;
	struct model_leaf *leaf = model_at(&run->m, va);

	if (!leaf || model_leaf_last(leaf) - va < size - 1 ||
	    ((leaf->oa + (va - leaf->va)) & ~run->w->pt.encrypt_mask) != oa)
		world_fault(run->w, "told that [%#llx +%#llx] at OA %#llx went", va, size, oa);
}

static bool run_exact(struct run *run, const struct op *op)
{
	struct world *w = run->w;
	struct model *m = &run->m;
	unsigned int first = model_find(m, op->va), i, need, nr;
	u64 bytes = 0;
	int rc;

	/* What a huge leaf becomes may be more than there is room for. */
	if (m->nr > MODEL_MAX - 2 * SEQ_LEAVES)
		return true;
	for (i = first; i < m->nr && m->leaf[i].va <= op->last; i++)
		if (!model_region_lg2() &&
		    model_pieces(&w->pt, &m->leaf[i], op->va, op->last, run->made, SEQ_LEAVES) >
		    SEQ_LEAVES)
			return true;
	w->mem.fail_at = op->fail_at;
	w->removed = run_told;
	w->removed_ctx = run;
	rc = world_unmap_exact(w, op->va, op->last, op->flag, 0);
	w->removed = NULL;
	run->fired = op->fail_at >= 0 && w->mem.fail_at < 0;
	if (run->fired)
		return WORLD_CHECK(w, rc == -ENOMEM, "%d after a failed allocation", rc);
	need = world_needed(w);
	if (!WORLD_CHECK(w, !rc, "%d", rc) ||
	    !WORLD_CHECK(w, w->used == need, "used %u tables, counted %u", w->used, need))
		return false;
	for (i = first; i < m->nr && m->leaf[i].va <= op->last; i++) {
		bytes += min(model_leaf_last(&m->leaf[i]), op->last) -
			 max(m->leaf[i].va, op->va) + 1;
	}
	/* Where the page size was made smaller, leaves stay but for the range. */
	if (!model_follow_picks(m, &w->pt, op->va, op->last))
		return WORLD_CHECK(w, false, "model is full");
	first = model_find(m, op->va);
	for (i = first; i < m->nr && m->leaf[i].va <= op->last; i++)
		run_changes(run, &m->leaf[i]);
	for (i = first; i < m->nr && m->leaf[i].va <= op->last; i += nr) {
		nr = model_pieces(&w->pt, &m->leaf[i], op->va, op->last, run->made, SEQ_LEAVES);
		model_splice(m, i, 1, run->made, nr);
	}
	return WORLD_CHECK(w, !op->flag || w->removed_bytes == bytes,
				 "removed %#llx bytes, told of %#llx", bytes, w->removed_bytes) &&
	       run_check_flush(run, op, !op->flag);
}

/* Hardware writes somewhere in the range. */
static bool run_write(struct run *run, const struct op *op)
{
	u64 state = op->seed, va = op->va + (rnd(&state) & (op->last - op->va));
	struct model_leaf *leaf = model_at(&run->m, va);

	if (leaf && run->w->pt.features & PTF_FEAT_DIRTY && dirty_write(run->w, va))
		leaf->dirty = true;
	return true;
}

static bool run_dirty(struct run *run, const struct op *op)
{
	struct world *w = run->w;
	struct model *m = &run->m;
	unsigned int i, nr = 0;
	int rc;

	rc = dirty_read(w, op->va, op->last, op->flag, &run->dirty);
	for (i = model_find(m, op->va); i < m->nr && m->leaf[i].va <= op->last; i++) {
		if (!m->leaf[i].dirty)
			continue;
		if (nr < ARRAY_SIZE(run->dirty.va) &&
		    !WORLD_CHECK(w, nr < run->dirty.nr && run->dirty.va[nr] == m->leaf[i].va &&
				 run->dirty.last[nr] == model_leaf_last(&m->leaf[i]),
				 "the write to %#llx was lost", m->leaf[i].va))
			return false;
		nr++;
		if (!op->flag)
			continue;
		m->leaf[i].dirty = false;
		run_changes(run, &m->leaf[i]);
	}
	return WORLD_CHECK(w, !rc, "%d", rc) &&
	       WORLD_CHECK(w, nr == run->dirty.nr, "%u dirty, not %u", run->dirty.nr, nr) &&
	       run_check_flush(run, op, false);
}

/* Run one operation, and see whether table, model and caches agree. */
static bool run_op(struct run *run, const struct op *op)
{
	static bool (*const run_kind[])(struct run *run, const struct op *op) = {
		[OP_MAP] = run_map, [OP_MAP_MANY] = run_map, [OP_UNMAP] = run_unmap,
		[OP_EXACT] = run_exact, [OP_WRITE] = run_write, [OP_DIRTY] = run_dirty,
	};
	u64 state = op->seed, from = op->va, to = op->last, va, g = world_granule(run->w);
	unsigned int half = world_halves(run->w) > 1 && op->va >> 63, i;
	struct world *w = run->w;
	bool ok;

	run->levels = 0;
	run->min_lg2 = 64;
	run->fired = false;
	tlb_fill(&w->tlb, op->va);
	tlb_fill(&w->tlb, op->last);
	for (i = 0; i < 4; i++)
		tlb_fill(&w->tlb, op->va + (rnd(&state) & (op->last - op->va)));
	for (i = 0; i < 2 && run->m.nr; i++)
		tlb_fill(&w->tlb, run->m.leaf[rnd_below(&state, run->m.nr)].va);
	memset(&w->change, 0, sizeof(w->change));
	ok = run_kind[op->kind](run, op);
	w->mem.fail_at = -1;
	if (!ok || !WORLD_CHECK(w, tlb_check(&w->tlb), "%s at %#llx", w->tlb.why, w->tlb.va))
		return false;
	from = from - world_first(w, half) > 8 * g ? from - 8 * g : world_first(w, half);
	to = world_last(w, half) - to > 8 * g ? to + 8 * g : world_last(w, half);
	if (!model_compare(&run->m, w, from, to))
		return false;
	va = op->va + (rnd(&state) & (op->last - op->va));
	if (!model_at(&run->m, va) && !world_hole(w, va))
		return false;
	if (rnd_below(&state, 16) == 0 && !(model_compare_all(&run->m, w) && world_audit(w)))
		return false;
	return !w->fault[0];
}

/* Run one operation with each of its allocations failing, and each time undo it. */
static bool run_op_failing(struct run *run, const struct op *op)
{
	struct op failing = *op, undo = { .kind = OP_EXACT, .fail_at = -1, .va = op->va };

	for (failing.fail_at = 0; failing.fail_at < 100; failing.fail_at++) {
		if (!run_op(run, &failing))
			return false;
		if (!run->fired)
			return true;
		undo.last = run->w->pos - 1;
		if (op->kind <= OP_MAP_MANY && undo.last >= undo.va && undo.last <= op->last &&
		    !run_op(run, &undo))
			return false;
	}
	return true;
}

/* One sequence from an empty table to an empty table */
static bool run_sequence(struct run *run, const struct ptf_config *cfg, bool failing)
{
	struct world *w = run->w;
	unsigned int i, half;
	bool ok = true;

	world_down(w);
	w->fault[0] = 0;
	w->tlb.why = NULL;
	run->m.nr = 0;
	if (world_up(w, cfg))
		return WORLD_CHECK(w, false, "init");
	for (i = 0; i < SEQ_OPS && ok; i++) {
		if (run->dropped[i])
			continue;
		ok = failing ? run_op_failing(run, &run->op[i]) : run_op(run, &run->op[i]);
	}
	ok = ok && model_compare_all(&run->m, w) && world_audit(w);
	for (half = 0; half < world_halves(w) && ok; half++)
		ok = WORLD_CHECK(w, !world_unmap_exact(w, world_first(w, half), world_last(w, half),
						       false, 0), "unmap everything");
	ok = ok && world_is_empty(w) && tlb_check(&w->tlb);
	return ok && world_down(w);
}

/* A configuration and operations, of a seed; returns false if it is not a good one. */
static bool run_make(struct run *run, struct ptf_config *cfg, u64 state)
{
	u64 island[SEQ_ISLANDS];
	bool mirrored = PTF_FOR_GPU && (state >> 40 & 3) == 1;
	unsigned int i;

	rnd(&state);
	memset(run->dropped, 0, sizeof(run->dropped));
	world_down(run->w);
	if (!config_make(cfg, rnd_below(&state, config_count())))
		return false;
	if (mirrored) {
		cfg->features &= ~CONFIG_UNMIRRORED;
		config_mirror(cfg);
	}
	if (world_up(run->w, cfg))
		return false;
	for (i = 0; i < SEQ_ISLANDS; i++)
		island[i] = op_island(run->w, &state, i);
	for (i = 0; i < SEQ_OPS; i++)
		run->dropped[i] = !op_make(run, &state, &run->op[i], island,
					   run->op + (i > 12 ? i - 12 : 0), min(i, 12U));
	return true;
}

/* Leave out every operation that the failure does not need. */
static void run_shrink(struct run *run, const struct ptf_config *cfg, bool failing)
{
	bool again = true;
	unsigned int i;

	while (again) {
		again = false;
		for (i = SEQ_OPS; i--;) {
			if (run->dropped[i])
				continue;
			run->dropped[i] = true;
			if (run_sequence(run, cfg, failing))
				run->dropped[i] = false;
			else
				again = true;
		}
	}
	run_sequence(run, cfg, failing);
}

static void run_print(struct run *run, u64 state)
{
	struct kunit *test = run->w->test;
	unsigned int i;

	kunit_err(test, "seed=%#llx ops=1: %s\n", state, run->w->fault);
	for (i = 0; i < SEQ_OPS; i++) {
		const struct op *op = &run->op[i];

		if (!run->dropped[i])
			kunit_err(test, "  %s%s [%#llx, %#llx] seed %#llx fail_at %d\n",
				  op_names[op->kind], op->flag ? "!" : "", op->va, op->last,
				  op->seed, op->fail_at);
	}
}

static void run_sequences(struct kunit *test, unsigned int nr_ops, bool failing)
{
	struct world *w = world_new(test);
	struct run *run = kvcalloc(1, sizeof(*run), GFP_KERNEL);
	u64 state = seed ?: 1;
	struct ptf_config cfg;
	unsigned int done = 0;
	bool ok = true;

	KUNIT_ASSERT_NOT_NULL(test, run);
	run->w = w;
	kunit_info(test, "seed=%#llx ops=%u\n", state, nr_ops);
	while (ok && done < nr_ops) {
		w->spares = !failing && state >> 41 & 1;
		if (run_make(run, &cfg, state)) {
			done += SEQ_OPS;
			ok = run_sequence(run, &cfg, failing);
			if (!ok) {
				run_shrink(run, &cfg, failing);
				run_print(run, state);
			}
		}
		rnd(&state);
		cond_resched();
	}
	kvfree(run);
	KUNIT_EXPECT_TRUE_MSG(test, ok, "%s", w->fault);
}

static void random_test(struct kunit *test)
{
	run_sequences(test, ops, false);
}

/* Every allocation of every operation fails once. */
static void random_failing_test(struct kunit *test)
{
	run_sequences(test, ops / 8 + 1, true);
}

#endif /* PTF_SUITE_RANDOM_H */
