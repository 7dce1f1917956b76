/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The naive model: a sorted array of leaves, and the choice of a leaf's size by
 * trying all sizes. It knows no tables; only where an entry picks the page size
 * of what is below it, it looks up what was picked.
 */
#ifndef PTF_SUITE_MODEL_H
#define PTF_SUITE_MODEL_H

#define MODEL_MAX 6144

struct model_leaf {
	u64 va;
	u64 oa;		/* with the encryption bit */
	u64 bits;
	u16 flags;	/* as asked for */
	u8 size_lg2;
	bool dirty;
};

struct model {
	unsigned int nr;
	struct model_leaf leaf[MODEL_MAX];
};

static u64 model_leaf_last(const struct model_leaf *leaf)
{
	return leaf->va | ptf_low(leaf->size_lg2);
}

/* Index of the first leaf that ends at @va or later */
static unsigned int model_find(const struct model *m, u64 va)
{
	unsigned int low = 0, high = m->nr, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (model_leaf_last(&m->leaf[mid]) < va)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The leaf at @va, NULL if nothing is mapped there */
static struct model_leaf *model_at(struct model *m, u64 va)
{
	unsigned int i = model_find(m, va);

	return i < m->nr && m->leaf[i].va <= va ? &m->leaf[i] : NULL;
}

/* First mapped VA in [va, last]; returns false if there is none. */
static bool model_first(const struct model *m, u64 va, u64 last, u64 *found)
{
	unsigned int i = model_find(m, va);

	if (i == m->nr || m->leaf[i].va > last)
		return false;
	*found = max(m->leaf[i].va, va);
	return true;
}

/* Replace @drop leaves from index @at by @add new ones. */
static void model_splice(struct model *m, unsigned int at, unsigned int drop,
			 const struct model_leaf *leaves, unsigned int add)
{
	memmove(&m->leaf[at + add], &m->leaf[at + drop],
		(m->nr - at - drop) * sizeof(m->leaf[0]));
	if (add)
		memcpy(&m->leaf[at], leaves, add * sizeof(m->leaf[0]));
	m->nr += add - drop;
}

/* Where a format picks page sizes in the parent: log2 of what one such entry covers, or 0 */
static unsigned int model_region_lg2(void)
{
	unsigned int shape;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
		if (F(shapes)[shape].picks_size)
			return F(shapes)[shape].va_lg2;
	return 0;
}

/* The page size picked for the region of @va, 0 if it has no table */
static unsigned int model_picked(struct ptf_pt *pt, u64 va)
{
	unsigned int shape, region_lg2 = model_region_lg2();
	struct seen seen;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++) {
		if (!F(shapes)[shape].picks_size)
			continue;
		seen = walker_at(pt, va, F(shapes)[shape].level);
		if (seen.kind == PTF_TABLE && seen.size_lg2 == region_lg2)
			return fls64(F(shapes)[F(child)(seen.shape, seen.entry)].leaf_sizes) - 1;
	}
	return 0;
}

/* Leaf sizes in use, as far as the root is above them */
static u64 model_sizes(const struct ptf_pt *pt)
{
	return pt->sizes & F(all_sizes)(ptf_top_shape(pt->top));
}

/* The largest of @sizes for @va, @oa and an extent up to @last */
static unsigned int model_best(u64 sizes, u64 va, u64 oa, u64 last)
{
	unsigned int size_lg2;
	u64 size;

	for (size_lg2 = 62; size_lg2; size_lg2--) {
		size = 1ULL << size_lg2;
		if (sizes & size && !((va | oa) & (size - 1)) && last - va >= size - 1)
			break;
	}
	return size_lg2;
}

/* Likewise where one size must do for the whole extent within a region */
static unsigned int model_pick(const struct ptf_pt *pt, u64 va, u64 oa, u64 last)
{
	u64 region = (1ULL << model_region_lg2()) - 1;
	unsigned int size_lg2, best = 0;
	u64 size;

	last = min(last, va | region);
	for (size_lg2 = 0; size_lg2 <= model_region_lg2(); size_lg2++) {
		size = 1ULL << size_lg2;
		if (pt->sizes & size && !((va | oa | (last + 1)) & (size - 1)))
			best = size_lg2;
	}
	return best;
}

/*
 * The leaves that a map of one extent makes; @picked is the page size of the
 * last region, across extents. Returns their number, 0 if more than @room.
 */
static unsigned int model_predict(struct ptf_pt *pt, u64 va, u64 last, u64 oa, u64 bits,
				  struct model_leaf *leaf, unsigned int room,
				  u64 *picked_va, unsigned int *picked)
{
	u64 region = model_region_lg2() ? ~ptf_low(model_region_lg2()) : 0;
	u64 sizes = model_sizes(pt);
	unsigned int nr = 0, size_lg2;

	for (;; va += 1ULL << size_lg2) {
		if (nr == room)
			return 0;
		if (!region) {
			size_lg2 = model_best(sizes, va, oa, last);
		} else {
			if (*picked_va != (va & region) || !*picked) {
				*picked_va = va & region;
				*picked = model_picked(pt, va) ?: 63;
			}
			/* From the second leaf of a region on, its size stands. */
			size_lg2 = nr && !((leaf[nr - 1].va ^ va) & region) ? *picked :
				   min(model_pick(pt, va, oa, last), *picked);
			*picked = size_lg2;
		}
		leaf[nr++] = (struct model_leaf){
			.va = va, .oa = oa, .bits = bits, .size_lg2 = size_lg2,
		};
		oa += 1ULL << size_lg2;
		if (last - va <= ptf_low(size_lg2))
			return nr;
	}
}

/* Split the leaf at index @i into leaves of 2^@size_lg2. */
static bool model_split(struct model *m, unsigned int i, unsigned int size_lg2)
{
	unsigned int n = 1U << (m->leaf[i].size_lg2 - size_lg2), k;

	if (m->nr + n > MODEL_MAX)
		return false;
	memmove(&m->leaf[i + n], &m->leaf[i + 1], (m->nr - i - 1) * sizeof(m->leaf[0]));
	m->nr += n - 1;
	m->leaf[i].size_lg2 = size_lg2;
	for (k = 1; k < n; k++) {
		m->leaf[i + k] = m->leaf[i];
		m->leaf[i + k].va += (u64)k << size_lg2;
		m->leaf[i + k].oa += (u64)k << size_lg2;
	}
	return true;
}

/* Pages of regions that [va, last] touches may have become smaller. */
static bool model_follow_picks(struct model *m, struct ptf_pt *pt, u64 va, u64 last)
{
	unsigned int i, picked;

	if (!model_region_lg2())
		return true;
	va &= ~ptf_low(model_region_lg2());
	last |= ptf_low(model_region_lg2());
	for (i = model_find(m, va); i < m->nr && m->leaf[i].va <= last; i++) {
		picked = model_picked(pt, m->leaf[i].va);
		if (picked && picked < m->leaf[i].size_lg2 && !model_split(m, i, picked))
			return false;
	}
	return true;
}

/*
 * The leaves that stay when [va, last] is cut out of @leaf, mapped anew with the
 * best sizes. Returns their number; more than @room of them are not written.
 */
static unsigned int model_pieces(struct ptf_pt *pt, const struct model_leaf *leaf, u64 va,
				 u64 last, struct model_leaf *piece, unsigned int room)
{
	unsigned int nr = 0, k, size_lg2;
	u64 sizes = model_sizes(pt), at, end;

	for (k = 0; k < 2; k++) {
		at = k ? last + 1 : leaf->va;
		end = k ? model_leaf_last(leaf) : va - 1;
		if (k ? last >= end : va <= leaf->va)
			continue;
		for (; nr <= room; at += 1ULL << size_lg2) {
			size_lg2 = model_best(sizes, at, leaf->oa + (at - leaf->va), end);
			if (nr++ < room)
				piece[nr - 1] = (struct model_leaf){
					.va = at, .oa = leaf->oa + (at - leaf->va),
					.bits = leaf->bits, .flags = leaf->flags,
					.dirty = leaf->dirty,
					.size_lg2 = size_lg2,
				};
			if (end - at <= ptf_low(size_lg2))
				break;
		}
	}
	return nr;
}

struct model_walk {
	struct world *w;
	struct model *m;
	unsigned int at;
};

static int model_compare_leaf(void *ctx, const struct ptf_mapping *got)
{
	struct model_walk *walk = ctx;
	struct world *w = walk->w;
	const struct model_leaf *leaf = &walk->m->leaf[walk->at++];
	u64 mask = w->pt.encrypt_mask, bits;
	struct ptf_attrs attrs = {};
	bool ok;

	if (walk->at > walk->m->nr)
		return WORLD_CHECK(w, false, "%#llx is mapped, nothing is expected from there on",
				   got->va) - 1;
	F(decode_attrs)(w->pt.features, leaf->bits, &attrs);
	attrs.flags |= leaf->oa & mask ? PTF_ENCRYPT : 0;
	ok = WORLD_CHECK(w, got->va == leaf->va && got->size_lg2 == leaf->size_lg2,
			 "leaf of 2^%u at %#llx, expected is one of 2^%u at %#llx",
			 got->size_lg2, got->va, leaf->size_lg2, leaf->va) &&
	     WORLD_CHECK(w, got->oa == (leaf->oa & ~mask), "%#llx: OA %#llx, not %#llx",
			 got->va, got->oa, leaf->oa & ~mask) &&
	     WORLD_CHECK(w, got->attrs.flags == attrs.flags && got->attrs.mem == attrs.mem &&
			 got->attrs.share == attrs.share && got->attrs.raw == attrs.raw &&
			 got->attrs.mem_index == attrs.mem_index,
			 "%#llx: attributes: flags %#x, not %#x", got->va, got->attrs.flags,
			 attrs.flags) &&
	     WORLD_CHECK(w, got->kind == PTF_LEAF, "%#llx: kind %u", got->va, got->kind);
	if (ok) {
		struct seen seen = walker_at(&w->pt, got->va, 0);

		bits = F(clean)(seen.shape, seen.bits);
		ok = WORLD_CHECK(w, bits == F(clean)(seen.shape, leaf->bits),
				 "%#llx: bits %#llx, not %#llx", got->va, bits, leaf->bits) &&
		     WORLD_CHECK(w, F(shapes)[seen.shape].level == got->level, "%#llx: level %u",
				 got->va, got->level);
	}
	return ok ? 0 : -1;
}

/* What for_each finds in [va, last] is what the model holds. */
static bool model_compare(struct model *m, struct world *w, u64 va, u64 last)
{
	struct model_walk walk = { .w = w, .m = m, .at = model_find(m, va) };
	struct ptf_visit visit = {
		.pt = &w->pt, .va = va, .last = last, .leaf = model_compare_leaf, .ctx = &walk,
	};
	int rc = F(pt_for_each)(&visit);

	return !rc && WORLD_CHECK(w, walk.at == m->nr || m->leaf[walk.at].va > last,
				  "%#llx is not mapped", m->leaf[walk.at].va);
}

/* The whole space */
static bool model_compare_all(struct model *m, struct world *w)
{
	unsigned int half;

	for (half = 0; half < world_halves(w); half++)
		if (!model_compare(m, w, world_first(w, half), world_last(w, half)))
			return false;
	return true;
}

#endif /* PTF_SUITE_MODEL_H */
