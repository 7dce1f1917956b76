/* SPDX-License-Identifier: GPL-2.0-only */
/* Where tables come from: hooks that see each of them, and device memory. */
#ifndef PTF_SUITE_MEMORY_H
#define PTF_SUITE_MEMORY_H

/* Each table on the way down is refused once; then nothing of the map is left. */
static void memory_hooks_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct ptf_config cfg;
	unsigned int step;
	u64 g, va;
	int rc;

	while (world_next(w, false)) {
		g = world_granule(w);
		va = world_last(w, 0) - g + 1;
		MUST(w, world_grow(w, world_last(w, 0)));
		for (step = 0, rc = -ENOMEM; rc && step <= PTF_FMT_SHAPES; step++) {
			w->mem.refuse_at = step;
			rc = world_map(w, va, va + g - 1, 0);
			if (w->mem.refuse_at < 0)
				GIVES(w, -ENOMEM, rc);
			else
				GIVES(w, 0, rc);
			w->mem.refuse_at = -1;
			WORLD_ASSERT(w, world_audit(w));
			KUNIT_EXPECT_EQ(test, atomic_long_read(&w->mem.accounted),
					atomic_long_read(&w->pt.table_bytes));
			MUST(w, world_clear(w));
		}
		MUST(w, rc);
		WORLD_ASSERT(w, world_is_empty(w));
		/* The root, too */
		cfg = w->cfg;
		WORLD_ASSERT(w, world_down(w));
		w->mem.refuse_at = 0;
		GIVES(w, -ENOMEM, world_up(w, &cfg));
		WORLD_ASSERT(w, world_down(w));
	}
}

/* A run of a device's table, item by item */
static void memory_run(struct kunit *test, bool io)
{
	struct ptf_run run;
	u64 to[32], value;
	u32 low;
	unsigned int i;

	for (run.item_lg2 = 2; run.item_lg2 <= 3; run.item_lg2++) {
		for (run.repeat_lg2 = 0; run.repeat_lg2 < 3; run.repeat_lg2++) {
			run.index = 3;
			run.count = 5;
			run.first = 0x8000000100000000ULL;
			run.step = -0x1001ULL;
			memset(to, MEM_NOISE, sizeof(to));
			if (io)
				ptf_run_to_io((void __iomem __force *)to, &run);
			else
				ptf_run_to_memory(to, &run);
			for (i = 0; i < 32; i++) {
				value = 0x0101010101010101ULL * MEM_NOISE;
				if (i >= 3 && i < 3 + (5U << run.repeat_lg2))
					value = run.first +
						((i - 3) >> run.repeat_lg2) * run.step;
				memcpy(&low, (char *)to + 4 * i, 4);
				if (run.item_lg2 == 3)
					KUNIT_EXPECT_EQ(test, to[i], value);
				else
					KUNIT_EXPECT_EQ(test, low, (u32)value);
			}
		}
	}
}

static void memory_run_test(struct kunit *test)
{
	memory_run(test, false);
	/* Where io mappings are emulated, as in user-mode Linux, memory is none. */
#ifndef CONFIG_INDIRECT_IOMEM
	memory_run(test, true);
#endif
}

/* Pieces of tables as they are told: each table once, whole, as the walker sees it */
struct pieces {
	struct world *w;
	u64 next;
	unsigned long bytes;
	unsigned long tables;
	const char *why;
};

static void pieces_see(void *ctx, const struct ptf_piece *piece)
{
	struct pieces *p = ctx;

	if (mem_find(&p->w->mem, phys_to_virt(piece->addr))) {
		p->tables++;
	} else if (piece->addr != p->next) {
		p->why = "no table begins there";
		return;
	}
	if (piece->level >= PTF_MAX_LEVELS ||
	    memcmp(piece->data, phys_to_virt(piece->addr), piece->bytes))
		p->why = "not what the walker sees";
	p->bytes += piece->bytes;
	p->next = piece->addr + piece->bytes;
}

/* Tables that are told on the way to [0, last]; the test fails if one is told twice. */
static unsigned long pieces_count(struct world *w, u64 last)
{
	struct pieces p = { .w = w };
	struct ptf_raw raw = { .pt = &w->pt, .last = last, .piece = pieces_see, .ctx = &p };

	GIVES(w, 0, F(pt_raw)(&raw));
	KUNIT_EXPECT_TRUE_MSG(w->test, !p.why, "%s", p.why);
	KUNIT_EXPECT_LE(w->test, p.bytes, atomic_long_read(&w->pt.table_bytes));
	return p.tables;
}

/* What is told ends with the range, and a table that many items share is told once. */
static void memory_raw_ends(struct world *w)
{
	struct ptf_change change = {};
	struct ptf_map map = {
		.pt = &w->pt, .change = &change, .supply.gfp = GFP_KERNEL,
	};
	struct ptf_attrs attrs = world_attrs();
	u64 g = world_granule(w), span, encrypt;
	unsigned int shape = 0;
	unsigned long tables;

	while (!(F(shapes)[shape].leaf_sizes & g))
		shape++;
	span = 1ULL << ptf_reach_lg2(shape);
	if (8 * span - 1 > world_last(w, 0) || 8 * span < span)
		return;
	MUST(w, world_clear(w));
	MUST(w, world_map(w, 0, g - 1, g));
	tables = pieces_count(w, span - 1);
	MUST(w, world_map(w, span, span + g - 1, g));
	KUNIT_EXPECT_EQ(w->test, pieces_count(w, span - 1), tables);
	KUNIT_EXPECT_EQ(w->test, pieces_count(w, span), tables + 1);
	MUST(w, world_clear(w));
	if (!ptf_counted(&w->pt))
		return;
	MUST(w, F(encode)(&w->pt, &attrs, &map.bits, &encrypt));
	map.last = 8 * span - 1;
	map.repeat_lg2 = __ffs64(g);
	MUST(w, F(pt_repeat)(&map));
	if (!(w->pt.features & PTF_FEAT_DIRTY))
		KUNIT_EXPECT_EQ(w->test, pieces_count(w, map.last),
				atomic_long_read(&w->pt.tables));
	world_settle(w, &change);
}

static void memory_raw_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct pieces p;
	struct ptf_raw raw = { .pt = &w->pt, .piece = pieces_see, .ctx = &p };
	unsigned long tables;
	unsigned int i;
	u64 g, last;

	while (world_next(w, false)) {
		/* An incoherent walker's memory is beside the table. */
		if (w->mem.shadowed)
			continue;
		g = world_granule(w);
		last = world_last(w, 0);
		MUST(w, world_grow(w, last));
		MUST(w, world_map(w, 0, g - 1, g));
		tables = atomic_long_read(&w->pt.tables);
		for (i = 0; i < 2; i++) {
			p = (struct pieces){ .w = w };
			raw.va = 0;
			raw.last = i ? last : 0;
			GIVES(w, 0, F(pt_raw)(&raw));
			KUNIT_EXPECT_TRUE_MSG(test, !p.why, "%s", p.why);
			/* The first page is all there is, then there is the last. */
			KUNIT_EXPECT_EQ(test, p.tables, tables);
			KUNIT_EXPECT_LE(test, p.bytes, atomic_long_read(&w->pt.table_bytes));
			if (i || world_map(w, last - g + 1, last, g))
				break;
			tables = atomic_long_read(&w->pt.tables);
		}
		raw.va = 0;
		raw.last = w->pt.va_last + 1;
		GIVES(w, raw.last ? -ERANGE : 0, F(pt_raw)(&raw));
		memory_raw_ends(w);
		if (test->status == KUNIT_FAILURE)
			return;
	}
}

/* A reservation of spares and of new tables: all of it, or nothing. */
static void memory_spares_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct extent ext = { .attrs = world_attrs() };
	unsigned int need[PTF_FMT_SHAPES], shape, made = 0, fails = 0;
	long used;
	int rc;

	w->spares = true;
	while (world_next(w, false)) {
		struct ptf_reserve reserve = {};

		if (w->cfg.device)
			continue;
		ext.last = world_granule(w) - 1;
		MUST(w, world_count(w, 0, &ext, 1, false));
		memcpy(need, w->need, sizeof(need));
		used = atomic_long_read(&w->pt.tables);
		for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
			need[shape] *= 2;
		MUST(w, F(reserve)(&w->pt, &reserve, need, NULL, GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, F(unreserve)(&w->pt, &reserve), 2 * world_needed(w));
		for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
			KUNIT_EXPECT_EQ(test, w->pt.spares.count[shape],
					min(need[shape], w->pt.spares.most));
		WORLD_ASSERT(w, world_audit(w));
		if (!world_needed(w))
			continue;
		made++;
		for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
			need[shape] += need[shape] ? shape + 1 : 0;
		/* The first new table, or a later one, if there are as many */
		reserve = (struct ptf_reserve){};
		w->mem.fail_at = made % 3;
		rc = F(reserve)(&w->pt, &reserve, need, NULL, GFP_KERNEL);
		w->mem.fail_at = -1;
		if (rc) {
			fails++;
			KUNIT_EXPECT_EQ(test, rc, -ENOMEM);
			KUNIT_EXPECT_EQ(test, reserve.total, 0U);
			KUNIT_EXPECT_EQ(test, atomic_long_read(&w->pt.tables) - world_spares(w),
					used);
			KUNIT_EXPECT_EQ(test, F(unreserve)(&w->pt, &reserve), 0U);
			WORLD_ASSERT(w, world_audit(w));
			MUST(w, F(reserve)(&w->pt, &reserve, need, NULL, GFP_KERNEL));
		}
		KUNIT_EXPECT_GT(test, F(unreserve)(&w->pt, &reserve), 0U);
		for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
			KUNIT_EXPECT_EQ(test, w->pt.spares.count[shape],
					min(need[shape], w->pt.spares.most));
		WORLD_ASSERT(w, world_audit(w));
	}
	KUNIT_EXPECT_GT(test, fails, 0U);
}

#endif /* PTF_SUITE_MEMORY_H */
