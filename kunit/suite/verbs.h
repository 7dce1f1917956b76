/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only GPU page tables do: over, protect, zap, split, repeat, null, beside map and
 * unmap, against a model that knows each page of a window. Several updates are
 * reserved for at once, then some are cancelled and the others applied in order:
 * whatever those before did, the reservation must do.
 */
#ifndef PTF_SUITE_VERBS_H
#define PTF_SUITE_VERBS_H

#define VERBS_PAGES 4096
#define VERBS_OPS 48
#define VERBS_FLIGHT 3

enum verb {
	VERB_MAP, VERB_REPEAT, VERB_OVER, VERB_UNMAP, VERB_PROTECT, VERB_ZAP, VERB_SPLIT,
	VERB_NULL,	/* the last: not every format has it */
	VERBS
};

static const char *const verb_names[] = {
	"map", "repeat", "over", "unmap", "protect", "zap", "split", "null",
};

/* What is mapped at a page; no OA is one of these */
struct page_map {
	u64 oa;
	u64 bits;
};

#define VERBS_NONE (~0ULL)
#define VERBS_NULL (~1ULL)

/**
 * struct verb_op - one verb
 * @verb: &enum verb
 * @told: ask what is removed
 * @cancel: reserve for it, but do not apply it
 * @listed: each page is an extent of its own, the last one first (map, over)
 * @repeat_lg2: size of the extent that is repeated
 * @first: first page of the window
 * @count: pages
 * @oa: OA of the first page, or of the extent that is repeated
 * @attrs: what for
 */
struct verb_op {
	u8 verb;
	bool told;
	bool cancel;
	bool listed;
	u8 repeat_lg2;
	unsigned int first;
	unsigned int count;
	u64 oa;
	struct ptf_attrs attrs;
};

/**
 * struct verbs - a window and what is done there
 * @w: the page table
 * @base: first VA of the window
 * @pages: of it
 * @page: what is mapped
 * @before: what was, for who takes an update back
 * @op: the verbs
 * @dropped: those that are left out, when shrinking
 * @told: bytes that were told to be removed
 * @listed: the op whose pages are listed
 * @reserve: by verb in flight, its reservation
 * @change: what verbs make stale is gathered here; NULL to flush after each
 */
struct verbs {
	struct world *w;
	u64 base;
	unsigned int pages;
	struct page_map page[VERBS_PAGES];
	struct page_map before[VERBS_PAGES];
	struct verb_op op[VERBS_OPS];
	bool dropped[VERBS_OPS];
	u64 told;
	const struct verb_op *listed;
	struct ptf_reserve reserve[VERBS_FLIGHT];
	struct ptf_change *change;
};

static u64 verbs_va(const struct verbs *v, unsigned int page)
{
	return v->base + page * world_granule(v->w);
}

static u64 verbs_last(const struct verbs *v, const struct verb_op *op)
{
	return verbs_va(v, op->first) + op->count * world_granule(v->w) - 1;
}

/* A window that lies across an item of a high level, if there is room */
static void verbs_window(struct verbs *v, u64 *state)
{
	struct world *w = v->w;
	u64 g = world_granule(w), space = world_last(w, 0), edge;
	unsigned int i;

	v->pages = min_t(u64, VERBS_PAGES, space / g + 1);
	edge = 1ULL << (__ffs64(g) + rnd_below(state, 30));
	v->base = 0;
	if (edge < space && edge > v->pages / 2 * g &&
	    space - edge > v->pages * g)
		v->base = edge - v->pages / 2 * g;
	for (i = 0; i < v->pages; i++)
		v->page[i].oa = VERBS_NONE;
}

/*
 * Where the window has room for several items that lead to tables which lead to
 * tables, an op of such items now and then: repeats share all that is below.
 */
static void verbs_widen(const struct verbs *v, unsigned int shape, struct verb_op *op)
{
	unsigned int wide;

	if (shape + 2 >= PTF_FMT_SHAPES || op->repeat_lg2 & 1 ||
	    F(shapes)[shape + 2].va_lg2 > __ffs64(world_granule(v->w)) + 10)
		return;
	wide = (1ULL << F(shapes)[shape + 2].va_lg2) / world_granule(v->w);
	if (4 * wide > v->pages)
		return;
	op->first = (op->first & -wide) + (-(v->base / world_granule(v->w)) & (wide - 1));
	op->count = (1 + op->count % 3) * wide;
	if (op->first >= v->pages)
		op->first = 0;
	op->count = min(op->count, v->pages - op->first);
}

static void verbs_make(struct verbs *v, u64 *state, struct verb_op *op)
{
	struct world *w = v->w;
	u64 g = world_granule(w), length;
	unsigned int shape = 0, unit;

	while (!(F(shapes)[shape].leaf_sizes & g))
		shape++;
	/* Pages of a table, or of less where a table is more than the window */
	unit = min(1U << F(shapes)[shape].index_lg2, v->pages / 8 + 1);
	*op = (struct verb_op){
		.verb = rnd_below(state, PTF_HAVE_NULL ? VERBS : VERB_NULL), .told = rnd(state) & 1,
		.cancel = !rnd_below(state, 6), .attrs = op_attrs(w, state),
	};
	op->listed = op->verb != VERB_REPEAT && op->verb != VERB_NULL && rnd(state) & 1;
	op->first = rnd_below(state, v->pages);
	op->count = 1 + rnd_below(state, rnd(state) & 1 ? 4 * unit : 12);
	if (rnd(state) & 1)
		op->first &= -unit;
	if (rnd(state) & 1)
		op->count = max(op->count & -unit, unit);
	op->count = min(op->count, v->pages - op->first);
	op->repeat_lg2 = min_t(u64, __ffs64(g) + rnd_below(state, 11), w->pt.oa_lg2 - 1);
	/* Long enough for tables to be shared, more often than not */
	if (op->verb == VERB_REPEAT && rnd_below(state, 4)) {
		op->first &= -unit;
		op->count = (1 + rnd_below(state, 6)) * unit;
		op->count = min(op->count, v->pages - op->first);
	}
	if (op->verb == VERB_REPEAT || op->verb == VERB_UNMAP || op->verb == VERB_PROTECT)
		verbs_widen(v, shape, op);
	length = op->count * g;
	if (op->verb == VERB_REPEAT)
		op->oa = rnd(state) & ptf_low(w->pt.oa_lg2) & ~ptf_low(op->repeat_lg2);
	else
		op->oa = op_oa(w, state, verbs_va(v, op->first), length);
}

/* Pages of an op that are mapped */
static unsigned int verbs_mapped(const struct verbs *v, const struct verb_op *op)
{
	unsigned int i, n = 0;

	for (i = op->first; i < op->first + op->count; i++)
		n += v->page[i].oa != VERBS_NONE;
	return n;
}

/* Those of them that have an OA, of which is told when they go */
static unsigned int verbs_with_oa(const struct verbs *v, const struct verb_op *op)
{
	unsigned int i, n = verbs_mapped(v, op);

	for (i = op->first; i < op->first + op->count; i++)
		n -= v->page[i].oa == VERBS_NULL;
	return n;
}

static void verbs_removed(void *ctx, u64 va, u64 oa, u64 size)
{
	struct verbs *v = ctx;
	u64 g = world_granule(v->w), i, bytes;

	/* Items of a group may be told one by one. */
	for (; size; size -= bytes, va += bytes, oa += bytes, v->told += bytes) {
		i = (va - v->base) / g;
		bytes = min(size, g - (va & (g - 1)));
		if (i >= v->pages || v->page[i].oa == VERBS_NONE ||
		    (v->page[i].oa & ~v->w->pt.encrypt_mask) != oa - (va & (g - 1))) {
			world_fault(v->w, "told that %#llx at OA %#llx went", va, oa);
			return;
		}
	}
}

static struct ptf_gone verbs_gone(struct verbs *v, const struct verb_op *op,
				  struct ptf_change *change)
{
	return (struct ptf_gone){
		.pt = &v->w->pt, .change = change, .removed = op->told ? verbs_removed : NULL,
		.ctx = v,
	};
}

static u64 verbs_encrypt(struct verbs *v, const struct verb_op *op, u64 *bits)
{
	u64 encrypt = 0;

	F(encode)(&v->w->pt, &op->attrs, bits, &encrypt);
	return encrypt;
}

/* OA of a page of the window that @op maps */
static u64 verbs_oa(const struct verbs *v, const struct verb_op *op, unsigned int page)
{
	u64 g = world_granule(v->w);

	if (op->verb == VERB_REPEAT)
		return op->oa + (verbs_va(v, page) & ptf_low(op->repeat_lg2));
	page -= op->first;
	return op->oa + (op->listed ? op->count - 1 - page : page) * g;
}

/* The listed page that is to come, after @ahead others */
static u64 verbs_listed(const struct ptf_map *map, unsigned int ahead)
{
	struct verbs *v = map->gone.ctx;
	u64 bits;

	return verbs_oa(v, v->listed, (map->va - v->base) / world_granule(v->w) + ahead) |
	       verbs_encrypt(v, v->listed, &bits);
}

static int verbs_next(struct ptf_map *map)
{
	return ptf_map_extent(map, verbs_listed(map, 0), map->va | map->pt->page_mask);
}

/* Not always as many as there is room for */
static unsigned int verbs_pages(struct ptf_map *map, u64 *oa, unsigned int count)
{
	unsigned int i;

	if (map->va >> 16 & 1)
		count = min(count, 5);
	for (i = 0; i < count; i++)
		oa[i] = verbs_listed(map, i + 1);
	return count;
}

/* The map, over or repeat of an op */
static struct ptf_map verbs_map(struct verbs *v, const struct verb_op *op,
				struct ptf_change *change, struct ptf_reserve *reserve)
{
	struct ptf_map map = {
		.pt = &v->w->pt, .va = verbs_va(v, op->first), .last = verbs_last(v, op),
		.supply.reserve = reserve, .change = change, .gone = verbs_gone(v, op, change),
		.repeat_lg2 = op->repeat_lg2,
	};
	u64 encrypt = verbs_encrypt(v, op, &map.bits);

	map.repeat_oa = op->oa | encrypt;
	if (op->listed) {
		v->listed = op;
		map.next = verbs_next;
		map.pages = verbs_pages;
		verbs_next(&map);
	} else if (op->verb == VERB_NULL) {
		map.null = true;
		map.repeat_lg2 = 0;
	} else if (op->verb != VERB_REPEAT) {
		ptf_map_extent(&map, op->oa | encrypt, map.last);
	}
	return map;
}

/* Reserve for an op, whatever those in flight do before it. */
static int verbs_reserve(struct verbs *v, const struct verb_op *op, struct ptf_reserve *reserve)
{
	unsigned int need[PTF_FMT_SHAPES] = {}, full[PTF_FMT_SHAPES] = {};
	u64 va = verbs_va(v, op->first), last = verbs_last(v, op);
	struct ptf_map map = verbs_map(v, op, NULL, NULL);
	struct ptf_pt *pt = &v->w->pt;
	int rc = 0;

	map.need = need;
	switch (op->verb) {
	case VERB_REPEAT:
	case VERB_NULL:
		rc = F(repeat_need)(&map, false, full);
		break;
	case VERB_OVER:
		F(cut_need)(pt, va, last, true, false, need);
		fallthrough;
	case VERB_MAP:
		rc = F(pt_count)(&map, false);
		break;
	case VERB_UNMAP:
		F(cut_need)(pt, va, last, false, false, need);
		break;
	case VERB_PROTECT:
		F(protect_need)(pt, va, last, false, need, full);
		break;
	case VERB_SPLIT:
		F(cut_need)(pt, va, last, true, false, need);
		break;
	}
	return rc ?: F(reserve)(pt, reserve, need, full, GFP_KERNEL);
}

static void verbs_set(struct verbs *v, const struct verb_op *op)
{
	u64 bits = 0, encrypt = verbs_encrypt(v, op, &bits);
	unsigned int i;

	for (i = op->first; i < op->first + op->count; i++)
		v->page[i] = (struct page_map){
			.oa = op->verb == VERB_NULL ? VERBS_NULL : verbs_oa(v, op, i) | encrypt,
			.bits = bits,
		};
}

static bool verbs_apply(struct verbs *v, const struct verb_op *op, struct ptf_reserve *reserve)
{
	u64 va = verbs_va(v, op->first), last = verbs_last(v, op), bits = 0, encrypt, g;
	unsigned int mapped = verbs_mapped(v, op), with_oa = verbs_with_oa(v, op), i;
	unsigned int size_lg2, shape;
	struct ptf_change own = {}, *change = v->change ?: &own;
	struct ptf_map map = verbs_map(v, op, change, reserve);
	struct world *w = v->w;
	struct ptf_unmap unmap = {
		.pt = &w->pt, .va = va, .last = last, .change = change,
		.supply.reserve = reserve, .gone = verbs_gone(v, op, change),
	};
	struct ptf_zap zap = {
		.pt = &w->pt, .va = va, .last = last, .gone = verbs_gone(v, op, change),
	};
	int rc, undone, want = 0;

	g = world_granule(w);
	encrypt = verbs_encrypt(v, op, &bits);
	v->told = 0;
	switch (op->verb) {
	case VERB_MAP:
	case VERB_REPEAT:
	case VERB_NULL:
		if (op->verb != VERB_MAP)
			rc = F(pt_repeat)(&map);
		else if (w->quick && map.ext_last == last &&
			 F(pt_quick_map)(&w->pt, va, last, map.oa, map.bits))
			rc = 0;
		else
			rc = F(pt_map)(&map);
		want = mapped ? -EADDRINUSE : 0;
		if (!rc) {
			verbs_set(v, op);
		} else if (map.va > va) {
			unmap.last = map.va - 1;
			unmap.gone.removed = NULL;
			undone = F(pt_unmap_exact)(&unmap);
			if (undone)
				return world_fault(w, "undo: %d", undone);
		}
		mapped = 0;
		break;
	case VERB_OVER:
		rc = F(pt_over)(&map);
		if (!rc && !WORLD_CHECK(w, !op->told || v->told == with_oa * g,
					"told of %#llx bytes, not %u pages", v->told, with_oa))
			return false;
		verbs_set(v, op);
		break;
	case VERB_UNMAP:
		size_lg2 = w->quick && !op->told ?
			   F(pt_quick_unmap)(&w->pt, va, last, &shape) : 0;
		if (size_lg2)
			ptf_changed_leaves(change, shape, va, last, size_lg2);
		rc = size_lg2 ? 0 : F(pt_unmap_exact)(&unmap);
		if (!rc && !WORLD_CHECK(w, !op->told || v->told == with_oa * g,
					"told of %#llx bytes, not %u pages", v->told, with_oa))
			return false;
		for (i = op->first; i < op->first + op->count; i++)
			v->page[i].oa = VERBS_NONE;
		break;
	case VERB_PROTECT: {
		struct ptf_protect protect = {
			.pt = &w->pt, .va = va, .last = last, .bits = bits, .encrypt = encrypt,
			.supply.reserve = reserve, .change = change,
		};

		rc = F(pt_protect)(&protect);
		want = w->pt.features & PTF_FEAT_DIRTY ? -EOPNOTSUPP : 0;
		for (i = op->first; !rc && i < op->first + op->count; i++) {
			if (v->page[i].oa == VERBS_NONE || v->page[i].oa == VERBS_NULL)
				continue;
			v->page[i].oa = (v->page[i].oa & ~w->pt.encrypt_mask) | encrypt;
			v->page[i].bits = bits;
		}
		break;
	}
	case VERB_ZAP:
		F(pt_zap)(&zap);
		rc = 0;
		if (!WORLD_CHECK(w, zap.first_gone <= va && zap.last_gone >= last &&
				 zap.first_gone >= v->base &&
				 zap.last_gone < verbs_va(v, v->pages),
				 "zap of [%#llx, %#llx] says [%#llx, %#llx]", va, last,
				 zap.first_gone, zap.last_gone))
			return false;
		/* What goes beyond the range was mapped, by leaves that reach into it. */
		for (i = (zap.first_gone - v->base) / g; i <= (zap.last_gone - v->base) / g; i++) {
			if ((i < op->first || i >= op->first + op->count) &&
			    !WORLD_CHECK(w, v->page[i].oa != VERBS_NONE, "zap is too wide"))
				return false;
			v->page[i].oa = VERBS_NONE;
		}
		break;
	default: {
		struct ptf_split split = {
			.pt = &w->pt, .first = va, .last = last, .supply.reserve = reserve,
			.change = change,
		};

		rc = F(pt_split)(&split);
		break;
	}
	}
	if (own.freed || !ptf_change_empty(&own))
		world_settle(w, &own);
	return WORLD_CHECK(w, rc == want, "%s: %d, not %d", verb_names[op->verb], rc, want);
}

/* Whether the walker saw at @va what the model has there */
static bool verbs_saw(const struct seen *seen, u64 va, const struct page_map *page)
{
	if (page->oa == VERBS_NONE)
		return seen->kind == PTF_EMPTY;
	if (page->oa == VERBS_NULL)
		return seen->kind == PTF_NULL;
	return seen->kind == PTF_LEAF && seen_oa(seen, va) == page->oa &&
	       F(clean)(seen->shape, seen->bits) == F(clean)(seen->shape, page->bits);
}

/* The walker finds in each page what the model says. */
static bool verbs_verify(struct verbs *v)
{
	struct world *w = v->w;
	u64 g = world_granule(w), va, next;
	struct page_map *page;
	struct seen seen;
	unsigned int i;

	for (i = 0; i < v->pages; i++) {
		page = &v->page[i];
		va = verbs_va(v, i);
		seen = walker_at(&w->pt, va, 0);
		if (!WORLD_CHECK(w, verbs_saw(&seen, va, page),
				 "%#llx: kind %u OA %#llx bits %#llx, not OA %#llx bits %#llx", va,
				 seen.kind, seen_oa(&seen, va), seen.bits, page->oa, page->bits))
			return false;
		if (page->oa == VERBS_NONE)
			continue;
		/* The rest of the leaf lies in the window, and has to agree. */
		for (; va + g - 1 < seen.va + ptf_low(seen.size_lg2) && i + 1 < v->pages; va += g) {
			next = v->page[i].oa == VERBS_NULL ? VERBS_NULL : v->page[i].oa + g;
			if (!WORLD_CHECK(w, v->page[i + 1].oa == next,
					 "leaf at %#llx is too large", seen.va) || !++i)
				return false;
		}
	}
	return true;
}

/* The way to a VA ends at what a lookup finds. */
static bool verbs_path(struct verbs *v, u64 va)
{
	struct ptf_mapping found = {};
	struct ptf_path path = {};
	int rc = F(pt_lookup)(&v->w->pt, va, &found);
	struct ptf_step *end;

	if (!WORLD_CHECK(v->w, F(pt_path)(&v->w->pt, va, &path) == rc && path.steps,
			 "path to %#llx", va))
		return false;
	end = &path.step[path.steps - 1];
	if (rc)
		return WORLD_CHECK(v->w, end->kind == PTF_EMPTY, "path to a hole");
	return WORLD_CHECK(v->w, end->kind == found.kind && path.mapping.va == found.va &&
			   path.mapping.oa == found.oa && path.mapping.size_lg2 == found.size_lg2 &&
			   path.mapping.entry == found.entry && end->level == found.level,
			   "path to %#llx ends elsewhere", va);
}

static bool verbs_sequence(struct verbs *v, const struct ptf_config *cfg, u64 state)
{
	unsigned int i, j, n, k, total;
	struct world *w = v->w;
	bool ok = true;
	int rc;

	world_down(w);
	w->fault[0] = 0;
	w->tlb.why = NULL;
	if (world_up(w, cfg))
		return WORLD_CHECK(w, false, "init");
	verbs_window(v, &state);
	for (i = 0; i < VERBS_OPS && ok; i += n) {
		n = min(1 + i % VERBS_FLIGHT, VERBS_OPS - i);
		for (j = 0; j < n && ok; j++) {
			v->reserve[j] = (struct ptf_reserve){};
			rc = v->dropped[i + j] ? 0 :
			     verbs_reserve(v, &v->op[i + j], &v->reserve[j]);
			ok = WORLD_CHECK(w, !rc, "reserve: %d", rc);
		}
		for (j = 0; j < n; j++) {
			const struct verb_op *op = &v->op[i + j];

			for (k = 0; k < 6; k++)
				tlb_fill(&w->tlb, verbs_va(v, rnd_below(&state, v->pages)));
			tlb_fill(&w->tlb, verbs_va(v, op->first));
			tlb_fill(&w->tlb, verbs_last(v, op));
			if (ok && !v->dropped[i + j] && !op->cancel)
				ok = verbs_apply(v, op, &v->reserve[j]);
			total = v->reserve[j].total;
			ok &= F(unreserve)(&w->pt, &v->reserve[j]) <= total;
			ok = ok && WORLD_CHECK(w, tlb_check(&w->tlb), "%s at %#llx", w->tlb.why,
					       w->tlb.va);
		}
		ok = ok && verbs_verify(v) && world_audit(w) &&
		     verbs_path(v, verbs_va(v, rnd_below(&state, v->pages)));
	}
	ok = ok && WORLD_CHECK(w, !world_clear(w), "clear") && world_is_empty(w) &&
	     tlb_check(&w->tlb);
	for (i = 0; i < PTF_FMT_SHAPES && ok; i++)
		ok = WORLD_CHECK(w, !atomic_read(&w->pt.full[i]), "shared tables still counted");
	return ok && world_down(w);
}

static void verbs_print(struct verbs *v, u64 state)
{
	unsigned int i;

	kunit_err(v->w->test, "seed=%#llx: %s\n", state, v->w->fault);
	for (i = 0; i < VERBS_OPS; i++) {
		const struct verb_op *op = &v->op[i];

		if (!v->dropped[i])
			kunit_err(v->w->test,
				  "  %u: %s%s%s%s [%#llx, %#llx] OA %#llx repeat 2^%u\n", i,
				  verb_names[op->verb], op->told ? "!" : "",
				  op->cancel ? ", cancelled" : "",
				  op->listed ? ", page by page" : "", verbs_va(v, op->first),
				  verbs_last(v, op), op->oa, op->repeat_lg2);
	}
}

/* Whether no leaf is more than 2^@lg2 of the next smaller size, and takes many tables to cut */
static bool verbs_cut_below(struct world *w, unsigned int lg2)
{
	u64 sizes = w->pt.sizes, low = sizes & -sizes;

	for (sizes ^= low; sizes; sizes ^= low) {
		if ((sizes & -sizes) / low > BIT_ULL(lg2))
			return false;
		low = sizes & -sizes;
	}
	return true;
}

static bool verbs_can_cut(struct world *w)
{
	return verbs_cut_below(w, 18);
}

/* The short way to what both ends of a range may take, against the long one */
static void verbs_bound_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int one[PTF_FMT_SHAPES], each[PTF_FMT_SHAPES], picks, shape, same = 0, i;
	u64 state = 7, g, first, last;

	while (world_next(w, false)) {
		if (!verbs_can_cut(w))
			continue;
		g = world_granule(w);
		shape = F(cut_shape)(&w->pt, &picks);
		for (i = 0; i < 64; i++) {
			first = rnd(&state) & world_last(w, 0) & ~(g - 1);
			last = first | ((rnd(&state) & world_last(w, 0)) >> rnd_below(&state, 48)) |
			       (g - 1);
			memset(one, 0, sizeof(one));
			if (!F(ends_need)(&w->pt, shape, first, last, one))
				break;
			memset(each, 0, sizeof(each));
			F(each_end_need)(&w->pt, first, last, i & 1, false, false, each);
			same++;
			if (!memcmp(one, each, sizeof(one)))
				continue;
			KUNIT_FAIL(test, "[%#llx, %#llx]", first, last);
			return;
		}
	}
	KUNIT_EXPECT_EQ(test, same > 0, !PTF_FMT_PICKS_SIZE);
}

/* Repeat a page over [0, @size), punch a hole of one page, which takes @levels tables. */
static void verbs_hole(struct world *w, u64 size, unsigned int levels)
{
	u64 g = world_granule(w), va = size / 2 + g, bits, encrypt;
	unsigned int bound[PTF_FMT_SHAPES] = {}, shape;
	struct ptf_attrs attrs = world_attrs();
	struct ptf_change change = {};
	struct ptf_map map = {
		.pt = &w->pt, .last = size - 1, .change = &change, .supply.gfp = GFP_KERNEL,
		.repeat_oa = g, .repeat_lg2 = __ffs64(g),
	};

	MUST(w, F(encode)(&w->pt, &attrs, &bits, &encrypt));
	map.bits = bits;
	map.repeat_oa |= encrypt;
	MUST(w, F(pt_repeat)(&map));
	world_settle(w, &change);
	WORLD_ASSERT(w, world_translates(w, va, va + g - 1, g));
	/* With one table less; with more levels, some may have their copy then. */
	if (levels == 1 && !PTF_FMT_PICKS_SIZE)
		GIVES(w, -ENOMEM, world_unmap_exact(w, va, va + g - 1, true, 1));
	if (verbs_can_cut(w))
		F(cut_need)(&w->pt, va, va + g - 1, false, false, bound);
	MUST(w, world_unmap_exact(w, va, va + g - 1, true, 0));
	/* Who does not look at the table reserves no less. */
	for (shape = 0; shape < PTF_FMT_SHAPES && verbs_can_cut(w); shape++)
		KUNIT_EXPECT_GE(w->test, bound[shape], w->need[shape]);
	KUNIT_EXPECT_EQ(w->test, w->used, levels);
	KUNIT_EXPECT_EQ(w->test, w->removed_bytes, g);
	WORLD_ASSERT(w, world_hole(w, va));
	WORLD_ASSERT(w, world_translates(w, va - g, va - 1, g));
	WORLD_ASSERT(w, world_translates(w, va + g, va + 2 * g - 1, g));
	WORLD_ASSERT(w, world_translates(w, 3 * g, 4 * g - 1, g));
	WORLD_ASSERT(w, world_translates(w, size - g, size - 1, g));
	WORLD_ASSERT(w, world_audit(w));
	MUST(w, world_clear(w));
	WORLD_ASSERT(w, world_is_empty(w));
}

/*
 * An extent of two items of shape @above, with the smallest pages alone, repeated over four
 * items of the shape above that: these share a table, and the many below it are of their
 * own. What is reserved for a hole, and for a protect, holds for these too.
 */
static void verbs_deep(struct world *w, unsigned int above, u64 size)
{
	unsigned int need[PTF_FMT_SHAPES] = {}, full[PTF_FMT_SHAPES] = {};
	u64 g = world_granule(w), va = size / 2 + g, bits, encrypt;
	struct ptf_attrs attrs = world_attrs();
	struct ptf_reserve reserve = {};
	struct ptf_change change = {};
	struct ptf_map map = {
		.pt = &w->pt, .last = size - 1, .change = &change, .supply.reserve = &reserve,
		.repeat_lg2 = F(shapes)[above].va_lg2 + 1, .need = need,
	}, count;
	struct ptf_unmap unmap = {
		.pt = &w->pt, .va = va, .last = va + g - 1, .change = &change,
		.supply.reserve = &reserve, .gone = { .pt = &w->pt, .change = &change },
	};
	struct ptf_protect protect = {
		.pt = &w->pt, .last = size - 1, .supply.reserve = &reserve, .change = &change,
	};

	MUST(w, F(encode)(&w->pt, &attrs, &bits, &encrypt));
	map.bits = bits;
	map.repeat_oa = encrypt;
	count = map;
	MUST(w, F(repeat_need)(&count, false, full));
	MUST(w, F(reserve)(&w->pt, &reserve, need, full, GFP_KERNEL));
	MUST(w, F(pt_repeat)(&map));
	KUNIT_EXPECT_EQ(w->test, F(unreserve)(&w->pt, &reserve), 0);

	memset(need, 0, sizeof(need));
	F(cut_need)(&w->pt, unmap.va, unmap.last, false, false, need);
	MUST(w, F(reserve)(&w->pt, &reserve, need, NULL, GFP_KERNEL));
	MUST(w, F(pt_unmap_exact)(&unmap));
	F(unreserve)(&w->pt, &reserve);
	world_settle(w, &change);
	WORLD_ASSERT(w, world_hole(w, va));
	WORLD_ASSERT(w, world_audit(w));

	attrs.flags &= ~PTF_WRITE;
	if (F(encode)(&w->pt, &attrs, &protect.bits, &protect.encrypt) == 0) {
		memset(need, 0, sizeof(need));
		memset(full, 0, sizeof(full));
		F(protect_need)(&w->pt, 0, size - 1, false, need, full);
		MUST(w, F(reserve)(&w->pt, &reserve, need, full, GFP_KERNEL));
		MUST(w, F(pt_protect)(&protect));
		F(unreserve)(&w->pt, &reserve);
		world_settle(w, &change);
		WORLD_ASSERT(w, world_audit(w));
	}
	MUST(w, world_clear(w));
	WORLD_ASSERT(w, world_is_empty(w));
	for (above = 0; above < PTF_FMT_SHAPES; above++)
		KUNIT_EXPECT_EQ(w->test, atomic_read(&w->pt.full[above]), 0);
}

static void verbs_deep_test(struct kunit *test)
{
	struct world *w = world_new(test);
	const struct ptf_shape *above, *top;
	unsigned int shape, made = 0;
	u64 size;

	while (world_next(w, false)) {
		if (!ptf_counted(&w->pt) || w->pt.features & PTF_FEAT_DIRTY ||
		    hweight64(w->pt.sizes) != 1)
			continue;
		for (shape = 0; !(F(shapes)[shape].leaf_sizes & w->pt.sizes); shape++)
			;
		if (shape + 2 >= PTF_FMT_SHAPES)
			continue;
		above = &F(shapes)[shape + 1];
		top = &F(shapes)[shape + 2];
		size = 4ULL << top->va_lg2;
		/* Not for tables of which that is too much memory, and an OA that is too narrow */
		if (above->children != BIT(shape) || top->children != BIT(shape + 1) || !size ||
		    size - 1 > world_last(w, 0) || above->va_lg2 + 1 >= w->pt.oa_lg2 ||
		    above->index_lg2 + F(shapes)[shape].index_lg2 > 18)
			continue;
		made++;
		verbs_deep(w, shape + 1, size);
		if (test->status == KUNIT_FAILURE)
			return;
	}
	kunit_info(test, "%u configurations\n", made);
}

/* A hole in what shares tables takes a copy of each that is on its way, and no more. */
static void verbs_hole_test(struct kunit *test)
{
	unsigned int path[PTF_FMT_SHAPES], shape, levels, n;
	struct world *w = world_new(test);
	u64 size;

	while (world_next(w, false)) {
		if (!ptf_counted(&w->pt) || w->pt.features & PTF_FEAT_DIRTY)
			continue;
		/* The shapes on the way, from the root down */
		shape = ptf_top_shape(w->pt.top);
		for (n = 0; !(F(shapes)[shape].leaf_sizes & world_granule(w)); n++) {
			path[n] = shape;
			shape = F(child_for)(shape, __ffs64(world_granule(w)));
		}
		/* Four items of the table above, or of the one above that, share what is below. */
		for (levels = 1; levels <= n; levels++) {
			size = 4ULL << F(shapes)[path[n - levels]].va_lg2;
			if (!size || size - 1 > world_last(w, 0))
				break;
			verbs_hole(w, size, levels);
			if (test->status == KUNIT_FAILURE)
				return;
		}
	}
}

static void verbs_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct verbs *v = kvcalloc(1, sizeof(*v), GFP_KERNEL);
	u64 state = seed ?: 1, start, making;
	struct ptf_config cfg;
	unsigned int done, made = 0, i;
	bool ok = true;

	KUNIT_ASSERT_NOT_NULL(test, v);
	v->w = w;
	kunit_info(test, "seed=%#llx\n", state);
	for (done = 0; done < ops_with_plans() && ok; done += VERBS_OPS) {
		start = state;
		making = start;
		rnd(&making);
		world_down(w);
		/* Not for a root that grows, which GPUs have not */
		ok = config_make(&cfg, rnd_below(&making, config_count())) &&
		     !(cfg.features & PTF_FEAT_DYNAMIC_TOP);
		/* Most of them with one updater, of which some can share tables */
		if (rnd_below(&making, 4))
			cfg.features &= ~PTF_FEAT_PARALLEL;
		if (rnd(&making) & 1)
			cfg.features &= ~PTF_FEAT_DIRTY;
		if (ok && start >> 40 & 1)
			config_mirror(&cfg);
		w->spares = start >> 41 & 1;
		w->quick = start >> 42 & 1;
		if (ok && !world_up(w, &cfg) && verbs_can_cut(w)) {
			memset(v->dropped, 0, sizeof(v->dropped));
			state = making;
			verbs_window(v, &state);
			for (i = 0; i < VERBS_OPS; i++)
				verbs_make(v, &state, &v->op[i]);
			made++;
			ok = verbs_sequence(v, &cfg, making);
			if (!ok)
				kunit_err(test, "seed=%#llx: %s\n", start, w->fault);
			for (i = VERBS_OPS; !ok && i--;) {
				v->dropped[i] = true;
				v->dropped[i] = !verbs_sequence(v, &cfg, making);
			}
			if (!ok) {
				verbs_sequence(v, &cfg, making);
				verbs_print(v, start);
			}
		} else {
			ok = true;
		}
		rnd(&state);
		cond_resched();
	}
	kvfree(v);
	KUNIT_EXPECT_TRUE_MSG(test, ok, "%s", w->fault);
	/* Not when a seed is replayed */
	if (ops >= 1000)
		KUNIT_EXPECT_GT(test, made, 3U);
}

#endif /* PTF_SUITE_VERBS_H */
