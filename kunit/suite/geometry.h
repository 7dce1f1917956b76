/* SPDX-License-Identifier: GPL-2.0-only */
/* What a format says about itself: geometry, linearity, what it refuses. */
#ifndef PTF_SUITE_GEOMETRY_H
#define PTF_SUITE_GEOMETRY_H

/* Each VA bit is decoded by one table of every way down, or lies within the smallest item. */
static void geometry_bits_test(struct kunit *test)
{
	unsigned int shape, child;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++) {
		const struct ptf_shape *s = &F(shapes)[shape];

		KUNIT_EXPECT_LE(test, s->va_lg2 + s->index_lg2, 64);
		KUNIT_EXPECT_TRUE(test, s->item_lg2 == 2 || s->item_lg2 == 3);
		KUNIT_EXPECT_TRUE(test, s->children || s->leaf_sizes);
		KUNIT_EXPECT_LE(test, s->min_index_lg2, s->index_lg2);
		for (child = 0; child < 16; child++) {
			if (!(s->children & BIT(child)))
				continue;
			KUNIT_ASSERT_LT(test, child, shape);
			KUNIT_EXPECT_EQ(test, s->va_lg2,
					F(shapes)[child].va_lg2 + F(shapes)[child].index_lg2);
			KUNIT_EXPECT_EQ(test, s->level, F(shapes)[child].level + 1);
			/* Only a root may have fewer items than its shape says. */
			KUNIT_EXPECT_EQ(test, F(shapes)[child].min_index_lg2, 0);
		}
		/* Leaves are whole items, and fit into the table. */
		if (s->leaf_sizes) {
			KUNIT_EXPECT_GE(test, (int)__ffs64(s->leaf_sizes), (int)s->va_lg2);
			KUNIT_EXPECT_LE(test, fls64(s->leaf_sizes) - 1, s->va_lg2 + s->index_lg2);
		}
	}
}

/* No two shapes under one root hold the same leaf size. */
static void geometry_sizes_test(struct kunit *test)
{
	unsigned int top, shape;
	u32 below;
	u64 sizes;

	for (top = 0; top < PTF_FMT_SHAPES; top++) {
		below = BIT(top);
		sizes = 0;
		for (shape = top + 1; shape-- > 0;) {
			if (!(below & BIT(shape)))
				continue;
			KUNIT_EXPECT_EQ(test, sizes & F(shapes)[shape].leaf_sizes, 0ULL);
			sizes |= F(shapes)[shape].leaf_sizes;
			below |= F(shapes)[shape].children;
		}
	}
}

/* What the hardware is told of the root's size must be what was allocated. */
static unsigned long geometry_root_bytes(struct world *w)
{
	struct test_table *root = mem_find(&w->mem, walker_root(&w->pt, w->pt.top));
	struct ptf_hw_info info;

	F(pt_hw_info)(&w->pt, &info);
	KUNIT_ASSERT_NOT_NULL(w->test, root);
	KUNIT_ASSERT_EQ(w->test, info.top, virt_to_phys(root->table));
	KUNIT_ASSERT_EQ(w->test, 1UL << info.top_lg2, root->size);
	return root->size;
}

/* Every configuration gets a root that reaches its space, and one that is no higher. */
static void geometry_root_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int top, reach, seen = 0;

	while (world_next(w, true)) {
		top = ptf_top_shape(w->pt.top);
		reach = F(shapes)[top].va_lg2 + F(shapes)[top].index_lg2;
		seen++;
		KUNIT_ASSERT_EQ(test, w->pt.features, w->cfg.features | PTF_FMT_ALWAYS);
		KUNIT_ASSERT_EQ(test, w->pt.sizes & ~config_leaf_sizes(), 0ULL);
		KUNIT_ASSERT_EQ(test, w->pt.sizes & ~ptf_low(w->cfg.oa_lg2 + 1), 0ULL);
		KUNIT_ASSERT_NE(test, w->pt.sizes, 0ULL);
		KUNIT_ASSERT_EQ(test, (unsigned long)walker_root(&w->pt, w->pt.top) &
				      (geometry_root_bytes(w) - 1), 0UL);
		if (w->pt.features & PTF_FEAT_DYNAMIC_TOP) {
			KUNIT_ASSERT_EQ(test, top, PTF_FMT_MIN_TOP);
			MUST(w, world_grow(w, world_last(w, 0)));
			top = ptf_top_shape(w->pt.top);
			reach = F(shapes)[top].va_lg2 + F(shapes)[top].index_lg2;
		}
		KUNIT_ASSERT_GE(test, reach, w->pt.va_lg2);
		if (top > PTF_FMT_MIN_TOP)
			KUNIT_ASSERT_GT(test, w->pt.va_lg2,
					F(shapes)[top - 1].va_lg2 + F(shapes)[top - 1].index_lg2);
		WORLD_ASSERT(w, world_audit(w));
	}
	KUNIT_EXPECT_GT(test, seen, 20U);
}

/* Every VA width has a root, as small as it may be, and room for its first and last page. */
static void geometry_widths_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct ptf_config cfg = { .oa_lg2 = PTF_FMT_MAX_OA_LG2 };
	unsigned int page_lg2 = __ffs64(config_leaf_sizes());
	unsigned int sign = !!(PTF_FMT_ALWAYS & PTF_FEAT_SIGN_EXTEND);
	u64 last;

	for (cfg.va_lg2 = 1; cfg.va_lg2 <= config_va(0); cfg.va_lg2++) {
		if (cfg.va_lg2 < page_lg2 + sign) {
			GIVES(w, -EINVAL, world_up(w, &cfg));
			continue;
		}
		MUST(w, world_up(w, &cfg));
		geometry_root_bytes(w);
		last = world_last(w, 0) & ~ptf_low(page_lg2);
		MUST(w, world_map(w, 0, ptf_low(page_lg2), 0));
		if (last)
			MUST(w, world_map(w, last, last | ptf_low(page_lg2), 0));
		WORLD_ASSERT(w, world_audit(w));
		WORLD_ASSERT(w, world_translates(w, last, last | ptf_low(page_lg2), 0));
		WORLD_ASSERT(w, world_down(w));
	}
}

/*
 * Up to linear_lg2, leaf(oa + d) - leaf(oa) depends on d alone, and what items of
 * a group hold is one value or a linear run.
 */
static void geometry_linear_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int shape, size_lg2, limit, i;
	u64 oa, d, bits, encrypt, first, step, state = 1;
	struct ptf_attrs attrs = world_attrs();

	KUNIT_ASSERT_EQ(test, F(encode)(&w->pt, &attrs, &bits, &encrypt), 0);
	for (shape = 0; shape < PTF_FMT_SHAPES; shape++) {
		limit = min_t(unsigned int, F(linear_lg2)(shape), PTF_FMT_MAX_OA_LG2);
		for (size_lg2 = 0; size_lg2 < PTF_FMT_MAX_OA_LG2; size_lg2++) {
			if (!(F(shapes)[shape].leaf_sizes & BIT_ULL(size_lg2)) || size_lg2 >= limit)
				continue;
			for (i = 0; i < 200; i++) {
				/* Both within one aligned block of 2^limit */
				oa = rnd(&state) & ptf_low(PTF_FMT_MAX_OA_LG2) & ~ptf_low(size_lg2);
				d = rnd(&state) & ptf_low(limit) & ~ptf_low(size_lg2);
				d = min(d, ~oa & ptf_low(limit) & ~ptf_low(size_lg2));
				first = F(leaf)(shape, oa, size_lg2, bits);
				step = F(leaf)(shape, d, size_lg2, 0) -
				       F(leaf)(shape, 0, size_lg2, 0);
				KUNIT_ASSERT_EQ(test, F(leaf)(shape, oa + d, size_lg2, bits),
						first + step);
				oa ^= F(leaf_oa)(shape, first);
				KUNIT_ASSERT_EQ(test, oa & ~ptf_low(size_lg2), 0ULL);
			}
		}
	}
}

/* Runs that cross the limit of linearity, and the OA of each page in them */
static void geometry_across_linear_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int shape, limit;
	u64 oa, va, size;

	while (world_next(w, false)) {
		for (shape = 0; shape < PTF_FMT_SHAPES; shape++) {
			limit = F(linear_lg2)(shape);
			if (!(F(shapes)[shape].leaf_sizes & w->pt.sizes) ||
			    limit >= w->pt.oa_lg2)
				continue;
			size = 1ULL << __ffs64(F(shapes)[shape].leaf_sizes & w->pt.sizes);
			if (size > ptf_low(limit))
				continue;
			oa = ptf_low(limit) + 1 - 3 * size;
			va = 5 * size;
			if (va + 6 * size - 1 > world_last(w, 0))
				continue;
			MUST(w, world_map(w, va, va + 6 * size - 1, oa));
			WORLD_ASSERT(w, world_audit(w));
			WORLD_ASSERT(w, world_translates(w, va, va + 6 * size - 1, oa));
			MUST(w, world_clear(w));
		}
	}
}

/* Configurations that make no sense, or ask for what the format has not */
static void geometry_refused_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct ptf_config good = { .va_lg2 = config_va(0), .oa_lg2 = PTF_FMT_MAX_OA_LG2 - 1 };
	struct ptf_config cfg;
	unsigned int bit;

#define REFUSED(err, ...)							\
	do {									\
		cfg = good;							\
		__VA_ARGS__;							\
		GIVES(w, err, world_up(w, &cfg));			\
	} while (0)

	good.va_lg2 = min_t(u8, good.va_lg2, 63);
	REFUSED(-EINVAL, cfg.va_lg2 = 0);
	REFUSED(-EINVAL, cfg.va_lg2 = 65);
	REFUSED(-EINVAL, cfg.oa_lg2 = 0);
	REFUSED(-ERANGE, cfg.oa_lg2 = PTF_FMT_MAX_OA_LG2 + 1);
	REFUSED(-EINVAL, cfg.page_sizes = BIT(0));
	REFUSED(-EINVAL, cfg.encrypt_mask = BIT_ULL(PTF_FMT_MAX_OA_LG2 - 1));
	if (config_va(0) < 64)
		REFUSED(-ERANGE, cfg.va_lg2 = config_va(0) + 1);
	for (bit = 0; bit < 32; bit++)
		if (!((CONFIG_FEATURES | PTF_FEAT_RCU) & BIT(bit)))
			REFUSED(-EOPNOTSUPP, cfg.features = BIT(bit));
	if (PTF_FMT_FEATURES & PTF_FEAT_ENCRYPT) {
		REFUSED(-EINVAL, cfg.features = PTF_FEAT_ENCRYPT);
		REFUSED(-EINVAL, cfg.features = PTF_FEAT_ENCRYPT; cfg.encrypt_mask = BIT_ULL(20));
		REFUSED(-EINVAL, cfg.features = PTF_FEAT_ENCRYPT;
			cfg.encrypt_mask = BIT_ULL(PTF_FMT_MAX_OA_LG2));
		REFUSED(-EINVAL, cfg.features = PTF_FEAT_ENCRYPT; cfg.oa_lg2 -= 2;
			cfg.encrypt_mask = 3ULL << (PTF_FMT_MAX_OA_LG2 - 2));
	}
	if (PTF_FMT_FEATURES & PTF_FEAT_SIGN_EXTEND)
		REFUSED(-EINVAL, cfg.features = PTF_FEAT_SIGN_EXTEND; cfg.va_lg2 = 64);
	/* What mirrored tables cannot be together with */
	REFUSED(-EOPNOTSUPP, cfg.device = &test_device_ops; cfg.features = PTF_FEAT_PARALLEL);
	REFUSED(-EOPNOTSUPP, cfg.device = &test_device_ops; cfg.features = PTF_FEAT_INCOHERENT);
	if (PTF_FMT_FEATURES & PTF_FEAT_DIRTY)
		REFUSED(-EOPNOTSUPP, cfg.device = &test_device_ops; cfg.features = PTF_FEAT_DIRTY);
	cfg = good;
	cfg.device = &test_device_ops;
	cfg.mem = &test_mem_ops;
	KUNIT_EXPECT_EQ(test, F(pt_init)(&w->pt, &cfg), -EOPNOTSUPP);
	/* An incoherent walker needs somebody who cleans. */
	cfg = good;
	cfg.features = PTF_FEAT_INCOHERENT;
	KUNIT_EXPECT_EQ(test, F(pt_init)(&w->pt, &cfg), -EINVAL);
	/* Tables must lie within the OA width; no memory has addresses this low. */
	REFUSED(-ERANGE, cfg.oa_lg2 = __ffs64(config_leaf_sizes()) + 1);
	REFUSED(0, cfg.features = PTF_FMT_ALWAYS);
#undef REFUSED
}

#endif /* PTF_SUITE_GEOMETRY_H */
