/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walkers that do not snoop the CPU see what was cleaned. Each run of stores ends
 * with a clean, or with a store into device memory, so this is also where to look
 * between stores: what is mapped and stays must translate at every moment, and no
 * pointer lead to noise.
 */
#ifndef PTF_SUITE_INCOHERENT_H
#define PTF_SUITE_INCOHERENT_H

#define WATCH_MAX 16

struct watch {
	struct world *w;
	struct {
		u64 va;
		u64 oa;
	} kept[WATCH_MAX];
	unsigned int nr;
	bool tree;
	const char *why;
	u64 at;
};

/* Between two stores */
static void watch_look(void *ctx)
{
	struct watch *watch = ctx;
	struct ptf_pt *pt = &watch->w->pt;
	struct audit audit = { .pt = pt };
	struct seen seen;
	unsigned int i;

	if (!pt->top || watch->why)
		return;
	for (i = 0; i < watch->nr; i++) {
		seen = walker_at(pt, watch->kept[i].va, 0);
		if (seen.kind == PTF_LEAF && seen_oa(&seen, watch->kept[i].va) == watch->kept[i].oa)
			continue;
		watch->why = "what stays mapped missed its translation";
		watch->at = watch->kept[i].va;
	}
	if (!watch->tree)
		return;
	audit_table(&audit, ptf_top_shape(pt->top), walker_root(pt, pt->top), 0);
	if (audit.why) {
		watch->why = audit.why;
		watch->at = audit.va;
	}
}

/* Remember what @va translates to. */
static void watch_add(struct watch *watch, u64 va)
{
	struct seen seen = walker_at(&watch->w->pt, va, 0);

	if (seen.kind != PTF_LEAF || watch->nr == WATCH_MAX)
		return;
	watch->kept[watch->nr].va = va;
	watch->kept[watch->nr++].oa = seen_oa(&seen, va);
}

/* Whether each run of stores is seen: by a clean, or by the device */
static bool watch_can(const struct world *w)
{
	return w->pt.features & PTF_FEAT_INCOHERENT || w->pt.device;
}

static void watch_start(struct watch *watch, struct world *w)
{
	*watch = (struct watch){ .w = w };
	w->mem.on_clean = watch_look;
	w->mem.store_ctx = watch;
}

static bool watch_stop(struct watch *watch)
{
	struct world *w = watch->w;

	w->mem.on_clean = NULL;
	return WORLD_CHECK(w, !watch->why, "%s: %#llx", watch->why, watch->at);
}

/* Places further and further apart */
static u64 watch_next(u64 va, u64 g, u64 last)
{
	return !va ? g : va > last / 16 ? last : va << 3;
}

/* A table is complete, and clean, before a walker can reach it. */
static void incoherent_order_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct watch *watch = kunit_kzalloc(test, sizeof(*watch), GFP_KERNEL);
	u64 g, va, last;

	KUNIT_ASSERT_NOT_NULL(test, watch);
	while (world_next(w, false)) {
		if (!watch_can(w))
			continue;
		g = world_granule(w);
		last = world_last(w, 0);
		watch_start(watch, w);
		watch->tree = true;
		for (va = 0; va <= last / 2; va = watch_next(va, g, last))
			if (va + 2 * g - 1 <= last)
				world_map(w, va, va + 2 * g - 1, g);
		world_map(w, last - g + 1, last, 0);
		for (va = 0; va <= last / 2; va = watch_next(va, g, last))
			if (va + 2 * g - 1 <= last)
				world_unmap(w, va, va + g - 1);
		world_unmap_exact(w, 0, last, false, 0);
		/* Tables for what stays of a leaf; the leaf itself is half cut in between */
		world_map(w, 0, min(last, (g << 7) - 1), 0);
		watch->tree = PTF_FMT_PICKS_SIZE;
		world_unmap_exact(w, g, 2 * g - 1, false, 0);
		world_unmap_exact(w, 0, last, true, 0);
		KUNIT_EXPECT_NE(test, atomic_long_read(&w->mem.cleaned), 0L);
		WORLD_ASSERT(w, watch_stop(watch));
		WORLD_ASSERT(w, world_audit(w));
	}
}

/* One store per item, and no more; a table that goes is not cleared. */
static void incoherent_stores_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int shape, count, path;
	u64 g, va, last, span, item;

	while (world_next(w, false)) {
		if (!watch_can(w))
			continue;
		g = world_granule(w);
		for (shape = 0; !(F(shapes)[shape].leaf_sizes & g); shape++)
			;
		item = 1ULL << F(shapes)[shape].item_lg2;
		span = 1ULL << ptf_reach_lg2(shape);
		/* Where no bit says that a table entry is clean, it is cleaned again. */
		path = PTF_FMT_SYNCED ? 0 : 8 * (PTF_FMT_SHAPES - 1);
		va = 2 * span;
		if (3 * span - 1 > world_last(w, 0) || span < 8 * g ||
		    g >> F(shapes)[shape].va_lg2 != 1)
			continue;
		MUST(w, world_map(w, va, va + g - 1, 0));
		for (count = 1; count < min(span / g, 20); count++) {
			/* OA is odd, so that granules are all that fits */
			atomic_long_set(&w->mem.cleaned, 0);
			last = va + (count + 1) * g - 1;
			MUST(w, world_map(w, va + g, last, 2 * g));
			KUNIT_EXPECT_GE(test, atomic_long_read(&w->mem.cleaned),
					(long)(count * item));
			KUNIT_EXPECT_LE(test, atomic_long_read(&w->mem.cleaned),
					(long)(count * item) + path);
			atomic_long_set(&w->mem.cleaned, 0);
			MUST(w, world_unmap(w, va + g, last));
			KUNIT_EXPECT_EQ(test, atomic_long_read(&w->mem.cleaned),
					(long)(count * item));
		}
		/* The table goes with the one entry that led to it, and what is empty then. */
		atomic_long_set(&w->mem.cleaned, 0);
		MUST(w, world_unmap_exact(w, va, va + span - 1, false, 0));
		KUNIT_EXPECT_LE(test, atomic_long_read(&w->mem.cleaned),
				ptf_counted(&w->pt) ? 8L * PTF_FMT_SHAPES : 8L);
		KUNIT_EXPECT_NE(test, atomic_long_read(&w->mem.cleaned), 0L);
		if (test->status == KUNIT_FAILURE)
			return;
	}
}

/* An exact unmap cuts a leaf: what stays of it translates at every moment. */
static void cut_hitless_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct watch *watch = kunit_kzalloc(test, sizeof(*watch), GFP_KERNEL);
	u64 g, size, va, first, last;
	unsigned int size_lg2, k, i;

	KUNIT_ASSERT_NOT_NULL(test, watch);
	while (world_next(w, false)) {
		g = world_granule(w);
		if (!watch_can(w))
			continue;
		for (size_lg2 = 0; size_lg2 < min_t(unsigned int, w->pt.va_lg2 - 2, w->pt.oa_lg2);
		     size_lg2++) {
			size = 1ULL << size_lg2;
			if (!(w->pt.sizes & size) || size < 4 * g ||
			    4 * size - 1 > world_last(w, 0))
				continue;
			va = 2 * size;
			for (k = 0; k < 3; k++) {
				first = va + (k == 0 ? 0 : k == 1 ? size / 2 : g);
				last = va + (k == 0 ? g : k == 1 ? size / 2 + g : size) - 1;
				memset(w->need, 0, sizeof(w->need));
				MUST(w, world_map(w, va, va + size - 1, size));
				F(cut_need)(&w->pt, first, last, false, true, w->need);
				watch_start(watch, w);
				for (i = 0; i < 4; i++) {
					/* around the hole and at both ends */
					if (first >= va + (i + 1) * g)
						watch_add(watch, first - (i + 1) * g);
					if (last + i * g < va + size - 1)
						watch_add(watch, last + 1 + i * g);
					if (first > va + i * g)
						watch_add(watch, va + i * g);
					if (last < va + size - (i + 1) * g)
						watch_add(watch, va + size - (i + 1) * g);
				}
				if (world_needed(w) <= 12)
					GIVES(w, 0, world_unmap_exact(w, first, last, k & 1, 0));
				WORLD_ASSERT(w, watch_stop(watch));
				MUST(w, world_clear(w));
			}
		}
	}
}

#endif /* PTF_SUITE_INCOHERENT_H */
