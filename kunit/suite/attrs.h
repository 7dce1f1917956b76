/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attributes. A request is refused, or comes back. What came back is the request
 * but for three things: a default memory type or shareability decodes as what
 * the format pairs with it; a memory type may decode as the format's index of it;
 * and that encodes to the same bits again.
 */
#ifndef PTF_SUITE_ATTRS_H
#define PTF_SUITE_ATTRS_H

#define ATTRS_FLAGS 128		/* all sets of PTF_READ to PTF_ENCRYPT */

static bool attrs_same(struct world *w, const struct ptf_attrs *asked, u64 bits)
{
	struct ptf_attrs got = {};
	u64 again = 0, encrypt;

	F(decode_attrs)(w->pt.features, bits, &got);
	if (!WORLD_CHECK(w, got.flags == (asked->flags & ~PTF_ENCRYPT), "flags %#x, not %#x",
			 got.flags, asked->flags) ||
	    !WORLD_CHECK(w, got.raw == asked->raw, "raw %#llx", got.raw) ||
	    !WORLD_CHECK(w, !asked->share || got.share == asked->share, "share %u, not %u",
			 got.share, asked->share))
		return false;
	if (asked->mem == PTF_MEM_INDEX &&
	    !WORLD_CHECK(w, got.mem == PTF_MEM_INDEX && got.mem_index == asked->mem_index,
			 "memory index %u, not %u", got.mem_index, asked->mem_index))
		return false;
	if (asked->mem && got.mem && got.mem != PTF_MEM_INDEX &&
	    !WORLD_CHECK(w, got.mem == asked->mem, "memory type %u, not %u", got.mem, asked->mem))
		return false;
	return WORLD_CHECK(w, !F(encode)(&w->pt, &got, &again, &encrypt) && again == bits,
			   "encodes to %#llx again, not %#llx", again, bits);
}

/* One request: returns 1 if it was taken, 0 if refused as documented. */
static int attrs_ask(struct world *w, const struct ptf_attrs *asked)
{
	u64 bits = 0, encrypt;
	int rc = F(encode)(&w->pt, asked, &bits, &encrypt);

	KUNIT_EXPECT_TRUE_MSG(w->test, rc == 0 || rc == -EINVAL || rc == -EOPNOTSUPP,
			      "encode() is %d", rc);
	if (!(asked->flags & RW))
		KUNIT_EXPECT_EQ(w->test, rc, -EINVAL);
	else if (asked->flags & PTF_ENCRYPT && !w->pt.encrypt_mask)
		KUNIT_EXPECT_EQ(w->test, rc, -EOPNOTSUPP);
	else if (rc == -EINVAL)
		KUNIT_EXPECT_TRUE(w->test, asked->mem == PTF_MEM_INDEX);
	if (rc)
		return 0;
	KUNIT_EXPECT_EQ(w->test, encrypt, asked->flags & PTF_ENCRYPT ? w->pt.encrypt_mask : 0);
	/* Nothing that belongs to the address, and a valid leaf of any shape */
	w->fault[0] = 0;
	KUNIT_EXPECT_TRUE_MSG(w->test, attrs_same(w, asked, bits),
			      "flags %#x mem %u index %u share %u raw %#llx: %s", asked->flags,
			      asked->mem, asked->mem_index, asked->share, asked->raw, w->fault);
	return 1;
}

/* Every combination of permissions, memory type, index and shareability */
static void attrs_round_trip_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct ptf_attrs asked = {};
	unsigned int flags, taken;

	while (world_next(w, false)) {
		taken = 0;
		for (flags = 0; flags < ATTRS_FLAGS; flags++) {
			asked.flags = flags;
			for (asked.share = 0; asked.share <= PTF_SHARE_OUTER; asked.share++) {
				for (asked.mem = 0; asked.mem < PTF_MEM_INDEX; asked.mem++)
					taken += attrs_ask(w, &asked);
				for (asked.mem_index = 0; asked.mem_index < 20; asked.mem_index++)
					taken += attrs_ask(w, &asked);
				asked.mem_index = 0;
			}
			if (test->status == KUNIT_FAILURE)
				return;
		}
		KUNIT_EXPECT_GT(test, taken, 1U);
	}
}

/* Each bit of the raw word is let through, or refused; never dropped. */
static void attrs_raw_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct ptf_attrs asked = world_attrs();
	u64 bits, encrypt, plain;
	unsigned int bit;
	int rc;

	KUNIT_ASSERT_EQ(test, F(encode)(&w->pt, &asked, &plain, &encrypt), 0);
	for (bit = 0; bit < 64; bit++) {
		asked.raw = BIT_ULL(bit);
		rc = F(encode)(&w->pt, &asked, &bits, &encrypt);
		if (rc)
			KUNIT_EXPECT_EQ(test, rc, -EOPNOTSUPP);
		else
			KUNIT_EXPECT_EQ(test, bits, plain | BIT_ULL(bit));
		attrs_ask(w, &asked);
	}
}

/* What is no word of ours is misuse, whatever the format. */
static void attrs_unknown_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct ptf_attrs asked;
	u64 bits, encrypt;
	unsigned int i;

	for (i = 7; i < 16; i++) {
		asked = world_attrs();
		asked.flags |= BIT(i);
		KUNIT_EXPECT_EQ(test, F(encode)(&w->pt, &asked, &bits, &encrypt), -EINVAL);
	}
	for (i = PTF_MEM_INDEX + 1; i < 256; i += 31) {
		asked = world_attrs();
		asked.mem = i;
		KUNIT_EXPECT_EQ(test, F(encode)(&w->pt, &asked, &bits, &encrypt), -EINVAL);
	}
	for (i = PTF_SHARE_OUTER + 1; i < 256; i += 31) {
		asked = world_attrs();
		asked.share = i;
		KUNIT_EXPECT_EQ(test, F(encode)(&w->pt, &asked, &bits, &encrypt), -EINVAL);
	}
}

/* Attributes come back by a lookup, for leaves of every size. */
static void attrs_lookup_test(struct kunit *test)
{
	struct world *w = world_new(test);
	struct ptf_attrs asked = {}, want = {};
	struct ptf_mapping found;
	unsigned int size_lg2;
	u64 bits, encrypt, size;

	while (world_next(w, false)) {
		for (size_lg2 = 0; size_lg2 < min_t(unsigned int, w->pt.va_lg2, 63); size_lg2++) {
			size = 1ULL << size_lg2;
			if (!(w->pt.sizes & size) || !world_tries(w, size_lg2) ||
			    size - 1 > world_last(w, 0) ||
			    size_lg2 > w->pt.oa_lg2)
				continue;
			if (test->status == KUNIT_FAILURE)
				return;
			world_grow(w, world_last(w, 0));
			for (asked.flags = 0; asked.flags < ATTRS_FLAGS; asked.flags++) {
				asked.mem = asked.flags % (PTF_MEM_DEVICE + 1);
				if (F(encode)(&w->pt, &asked, &bits, &encrypt))
					asked.mem = PTF_MEM_DEFAULT;
				if (F(encode)(&w->pt, &asked, &bits, &encrypt))
					continue;
				MUST(w, world_map_as(w, 0, size - 1, 0, &asked));
				MUST(w, F(pt_lookup)(&w->pt, size - 1, &found));
				want = (struct ptf_attrs){};
				F(decode_attrs)(w->pt.features, bits, &want);
				KUNIT_EXPECT_EQ(test, found.attrs.flags, asked.flags);
				KUNIT_EXPECT_EQ(test, found.attrs.mem, want.mem);
				KUNIT_EXPECT_EQ(test, found.attrs.mem_index, want.mem_index);
				KUNIT_EXPECT_EQ(test, found.attrs.share, want.share);
				KUNIT_EXPECT_EQ(test, found.size_lg2, size_lg2);
				KUNIT_EXPECT_EQ(test, found.oa, 0ULL);
				MUST(w, world_clear(w));
			}
		}
	}
}

/* Leaves that fill one item and differ in nothing but OA are of one kind and size. */
static void attrs_oa_test(struct kunit *test)
{
	struct world *w = world_new(test);
	u64 state = 0x0a, oa, bits, encrypt, leaf, other;
	struct ptf_attrs attrs = world_attrs();
	unsigned int shape, lg2, i;

	while (world_next(w, false)) {
		MUST(w, F(encode)(&w->pt, &attrs, &bits, &encrypt));
		for (shape = 0; shape <= ptf_top_shape(w->pt.top); shape++) {
			lg2 = F(shapes)[shape].va_lg2;
			if (!(F(shapes)[shape].leaf_sizes >> lg2 & 1))
				continue;
			for (i = 0; i < 200; i++) {
				oa = rnd(&state) & ptf_low(w->pt.oa_lg2) & ~ptf_low(lg2);
				leaf = F(leaf)(shape, oa, lg2, bits);
				other = leaf ^ (rnd(&state) & ptf_oa_bits(shape));
				KUNIT_EXPECT_EQ(test, F(kind)(shape, other), PTF_LEAF);
				KUNIT_EXPECT_EQ(test, F(leaf_size)(shape, other), lg2);
				KUNIT_EXPECT_EQ(test, F(leaf_bits)(shape, other),
						F(leaf_bits)(shape, leaf));
			}
			if (test->status == KUNIT_FAILURE)
				return;
		}
	}
}

#endif /* PTF_SUITE_ATTRS_H */
