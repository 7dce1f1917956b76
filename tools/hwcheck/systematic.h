/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every leaf size with every set of attributes, alone at three places of each half
 * of the space: its edges, what is beside it, and its insides.
 */
#ifndef HW_SYSTEMATIC_H
#define HW_SYSTEMATIC_H

#define SYSTEMATIC_PLACES 3

/* The words at both sides of @va and at both sides of the leaf's item that @va is in */
static void systematic_inside(struct judge *j, u64 va, unsigned int size_lg2)
{
	unsigned int shape;

	judge_add_all(j, va);
	for (shape = 0; shape < PTF_FMT_SHAPES; shape++) {
		if (!(F(shapes)[shape].leaf_sizes >> size_lg2 & 1))
			continue;
		judge_add_all(j, va & ~ptf_low(F(shapes)[shape].va_lg2));
		judge_add_all(j, va | ptf_low(F(shapes)[shape].va_lg2));
	}
}

/* A root that had no reason to grow may not have this size, and has smaller leaves instead. */
static bool systematic_has(struct world *w, unsigned int size_lg2)
{
	unsigned int shape;

	for (shape = 0; shape <= ptf_top_shape(w->pt.top); shape++)
		if (F(shapes)[shape].leaf_sizes >> size_lg2 & 1)
			return true;
	return false;
}

static bool systematic_leaf(struct run *run, struct judge *j, u64 va, unsigned int size_lg2,
			    const struct ptf_attrs *attrs, u64 *state)
{
	struct world *w = run->w;
	u64 size = 1ULL << size_lg2, last = va + (size - 1), oa, hit, bits = 0, encrypt;
	unsigned int i, at = model_find(&run->m, va);
	bool ok;

	if (model_first(&run->m, va, last, &hit))
		return true;
	oa = rnd(state) & w->pt.oa_last & -size;
	oa = w->choose_oa(w, state, va, size, oa);
	if (!WORLD_CHECK(w, !world_map_as(w, va, last, oa, attrs), "map"))
		return false;
	F(encode)(&w->pt, attrs, &bits, &encrypt);
	run->made[0] = (struct model_leaf){
		.va = va, .oa = oa, .bits = bits, .size_lg2 = size_lg2, .flags = attrs->flags,
	};
	model_splice(&run->m, at, 0, run->made, 1);
	judge_add_all(j, va);
	judge_add_all(j, last);
	judge_add_all(j, va - 4);
	judge_add_all(j, last + 1);
	for (i = 0; i < 2; i++)
		systematic_inside(j, va + (rnd(state) & (size - 1)), size_lg2);
	j->asked = attrs;
	ok = judge_run(j);
	if (ok && systematic_has(w, size_lg2))
		ok = judge_leaf_entries(j, &run->made[0], va + (rnd(state) & (size - 1)));
	j->asked = NULL;
	model_splice(&run->m, at, 1, NULL, 0);
	if (!ok || !WORLD_CHECK(w, !world_unmap(w, va, last), "unmap"))
		return false;
	/* It must be gone. */
	judge_add_all(j, va);
	judge_add_all(j, last);
	return judge_run(j);
}

/* Some of the raw bits that the format lets through with these attributes */
static u64 systematic_raw(struct world *w, struct ptf_attrs attrs, u64 without, u64 *state)
{
	u64 raw = rnd(state) & rnd(state) & ~without, taken = 0, bits, encrypt;

	for (; raw; raw &= raw - 1) {
		attrs.raw = raw & -raw;
		if (!F(encode)(&w->pt, &attrs, &bits, &encrypt))
			taken |= attrs.raw;
	}
	return taken;
}

/* A memory type and shareability, if the format takes them */
static void systematic_mem(struct world *w, struct ptf_attrs *attrs, u64 *state)
{
	u64 bits, encrypt;

	if (w->no_mem)
		return;
	attrs->mem = rnd_below(state, PTF_MEM_INDEX + 1);
	if (attrs->mem == PTF_MEM_INDEX)
		attrs->mem_index = rnd_below(state, 16);
	if (F(encode)(&w->pt, attrs, &bits, &encrypt)) {
		attrs->mem = 0;
		attrs->mem_index = 0;
	}
	attrs->share = rnd_below(state, PTF_SHARE_OUTER + 1);
	if (F(encode)(&w->pt, attrs, &bits, &encrypt))
		attrs->share = PTF_SHARE_DEFAULT;
}

/* Every set of flags that the format takes */
static bool systematic_attrs(struct run *run, struct judge *j, u64 va, unsigned int size_lg2,
			     u64 *state)
{
	struct ptf_attrs attrs = {};
	u64 bits, encrypt, before = 0;
	unsigned int flags;

	for (flags = 0; flags <= PTF_FLAGS; flags++) {
		if (flags & run->w->no_flags)
			continue;
		attrs = (struct ptf_attrs){ .flags = flags };
		systematic_mem(run->w, &attrs, state);
		if (F(encode)(&run->w->pt, &attrs, &bits, &encrypt) || bits == before)
			continue;
		before = bits;
		attrs.raw = systematic_raw(run->w, attrs, j->c->no_raw, state);
		if (!systematic_leaf(run, j, va, size_lg2, &attrs, state))
			return false;
	}
	return true;
}

static bool systematic(struct run *run, struct judge *j, u64 state)
{
	struct world *w = run->w;
	unsigned int place, half, size_lg2;
	u64 first, last, size, va;

	for (place = 0; place < SYSTEMATIC_PLACES; place++) {
		for (half = 0; half < world_halves(w); half++) {
			first = world_first(w, half);
			last = world_last(w, half);
			for (size_lg2 = 0; size_lg2 < 63; size_lg2++) {
				size = 1ULL << size_lg2;
				if (!(w->pt.sizes & size) || size - 1 > last - first ||
				    size_lg2 > w->pt.oa_lg2)
					continue;
				va = place == 0 ? first : place == 1 ? last - (size - 1) :
				     first + (rnd(&state) & (last - first) & -size);
				if (!systematic_attrs(run, j, va, size_lg2, &state))
					return false;
			}
		}
	}
	return true;
}

#endif /* HW_SYSTEMATIC_H */
