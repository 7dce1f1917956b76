/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Golden vectors, worked out by hand: the encoders make them, the decoders
 * understand them, and a map stores them. formats/golden/README.rst explains them.
 */
#ifndef PTF_SUITE_GOLDEN_H
#define PTF_SUITE_GOLDEN_H

enum ptf_golden_op {
	PTF_GOLDEN_LEAF, PTF_GOLDEN_TABLE, PTF_GOLDEN_EMPTY, PTF_GOLDEN_REFUSE, PTF_GOLDEN_NULL,
};

struct ptf_golden {
	unsigned int line;
	enum ptf_golden_op op;
	unsigned int shape;
	u64 addr;
	unsigned int size_lg2;
	unsigned int item;
	unsigned int child;
	const char *attrs;
	int err;
	u64 entry;
	const char *section;
};

static const struct ptf_golden golden_vectors[] = {
#include PTF_FMT_GOLDEN
};

struct golden_word {
	const char *word;
	u16 flags;
	u8 mem;
	u8 share;
	u32 feature;
};

static const struct golden_word golden_words[] = {
	{ "r", .flags = PTF_READ },
	{ "w", .flags = PTF_WRITE },
	{ "nx", .flags = PTF_NOEXEC },
	{ "priv", .flags = PTF_PRIV },
	{ "global", .flags = PTF_GLOBAL },
	{ "coh", .flags = PTF_COHERENT },
	{ "enc", .flags = PTF_ENCRYPT },
	{ "wb", .mem = PTF_MEM_WB },
	{ "wt", .mem = PTF_MEM_WT },
	{ "nc", .mem = PTF_MEM_NC },
	{ "dev", .mem = PTF_MEM_DEVICE },
	{ "sh-none", .share = PTF_SHARE_NONE },
	{ "sh-inner", .share = PTF_SHARE_INNER },
	{ "sh-outer", .share = PTF_SHARE_OUTER },
	{ "f:dirty", .feature = PTF_FEAT_DIRTY },
};

/* One word of ATTRS, of @len characters; returns false if there is no such word. */
static bool golden_word(const char *text, size_t len, struct ptf_attrs *attrs,
			struct ptf_config *cfg)
{
	unsigned long long value;
	char word[40] = {}, *is;
	unsigned int i;

	if (len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	for (i = 0; i < ARRAY_SIZE(golden_words); i++) {
		if (strcmp(word, golden_words[i].word))
			continue;
		attrs->flags |= golden_words[i].flags;
		attrs->mem |= golden_words[i].mem;
		attrs->share |= golden_words[i].share;
		cfg->features |= golden_words[i].feature;
		return true;
	}
	is = strchr(word, '=');
	if (!is || kstrtoull(is + 1, 0, &value))
		return false;
	*is = 0;
	if (!strcmp(word, "idx")) {
		attrs->mem = PTF_MEM_INDEX;
		attrs->mem_index = value;
	} else if (!strcmp(word, "raw")) {
		attrs->raw = value;
	} else if (!strcmp(word, "f:encmask")) {
		cfg->features |= PTF_FEAT_ENCRYPT;
		cfg->encrypt_mask = value;
	} else {
		return false;
	}
	return true;
}

static bool golden_attrs(const struct ptf_golden *g, struct ptf_attrs *attrs,
			 struct ptf_config *cfg)
{
	const char *text = g->attrs ?: "", *end;

	*attrs = (struct ptf_attrs){};
	*cfg = (struct ptf_config){};
	for (; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, ',');
		if (!golden_word(text, end - text, attrs, cfg))
			return false;
	}
	return true;
}

static bool golden_leaf(struct world *w, const struct ptf_golden *g, u64 bits, u64 encrypt)
{
	const struct ptf_shape *s = &F(shapes)[g->shape];
	u64 oa = g->addr + ((u64)g->item << s->va_lg2), mask = (1ULL << g->size_lg2) - 1;
	u64 entry = F(leaf)(g->shape, oa | encrypt, g->size_lg2, bits);

	return WORLD_CHECK(w, s->leaf_sizes & BIT_ULL(g->size_lg2), "no such size") &&
	       WORLD_CHECK(w, entry == g->entry, "leaf() is %#llx, not %#llx", entry, g->entry) &&
	       WORLD_CHECK(w, F(kind)(g->shape, g->entry) == PTF_LEAF, "kind()") &&
	       WORLD_CHECK(w, F(leaf_size)(g->shape, g->entry) == g->size_lg2, "leaf_size()") &&
	       WORLD_CHECK(w, (F(leaf_oa)(g->shape, g->entry) & ~mask) == (g->addr | encrypt),
			   "leaf_oa() is %#llx", F(leaf_oa)(g->shape, g->entry)) &&
	       WORLD_CHECK(w, F(leaf_bits)(g->shape, g->entry) == bits, "leaf_bits() is %#llx",
			   F(leaf_bits)(g->shape, g->entry));
}

static bool golden_table(struct world *w, const struct ptf_golden *g, u64 encrypt)
{
	u64 entry = F(table)(g->shape, g->child, g->addr | encrypt);

	return WORLD_CHECK(w, F(shapes)[g->shape].children & BIT(g->child), "no such child") &&
	       WORLD_CHECK(w, entry == g->entry, "table() is %#llx, not %#llx", entry, g->entry) &&
	       WORLD_CHECK(w, F(kind)(g->shape, g->entry) == PTF_TABLE, "kind()") &&
	       WORLD_CHECK(w, F(child)(g->shape, g->entry) == g->child, "child()") &&
	       WORLD_CHECK(w, F(table_pa)(g->shape, g->entry) == (g->addr | encrypt),
			   "table_pa() is %#llx", F(table_pa)(g->shape, g->entry));
}

static bool golden_null(struct world *w, const struct ptf_golden *g)
{
	u64 entry = F(null)(g->shape, g->size_lg2);

	return WORLD_CHECK(w, F(shapes)[g->shape].leaf_sizes & BIT_ULL(g->size_lg2),
			   "no such size") &&
	       WORLD_CHECK(w, entry == g->entry, "null() is %#llx, not %#llx", entry, g->entry) &&
	       WORLD_CHECK(w, F(kind)(g->shape, g->entry) == PTF_NULL, "kind()") &&
	       WORLD_CHECK(w, F(leaf_size)(g->shape, g->entry) == g->size_lg2, "leaf_size()");
}

static bool golden_vector(struct world *w, const struct ptf_golden *g)
{
	struct ptf_attrs attrs, again = {};
	struct ptf_config cfg;
	u64 bits = 0, encrypt = 0, bits_again;
	int rc;

	if (!golden_attrs(g, &attrs, &cfg))
		return WORLD_CHECK(w, false, "no such attributes");
	/* As much of a page table as the encoders look at */
	w->pt.features = cfg.features;
	w->pt.encrypt_mask = cfg.encrypt_mask;
	if (g->op == PTF_GOLDEN_EMPTY)
		return WORLD_CHECK(w, F(empty)(g->shape) == g->entry, "empty()") &&
		       WORLD_CHECK(w, F(kind)(g->shape, g->entry) == PTF_EMPTY, "kind()");
	if (g->op == PTF_GOLDEN_TABLE)
		return golden_table(w, g, cfg.encrypt_mask);
	if (g->op == PTF_GOLDEN_NULL)
		return golden_null(w, g);
	rc = F(encode)(&w->pt, &attrs, &bits, &encrypt);
	if (g->op == PTF_GOLDEN_REFUSE)
		return WORLD_CHECK(w, rc == -g->err, "encode() is %d", rc);
	if (!WORLD_CHECK(w, !rc, "encode() is %d", rc))
		return false;
	F(decode_attrs)(cfg.features, bits, &again);
	rc = F(encode_attrs)(cfg.features, &again, &bits_again);
	return golden_leaf(w, g, bits, encrypt) &&
	       WORLD_CHECK(w, !rc && bits_again == bits, "decoded and encoded again: %#llx",
			   bits_again);
}

static void golden_test(struct kunit *test)
{
	struct world *w = world_new(test);
	unsigned int i, of[5] = {};

	for (i = 0; i < ARRAY_SIZE(golden_vectors); i++) {
		const struct ptf_golden *g = &golden_vectors[i];

		of[g->op]++;
		w->fault[0] = 0;
		KUNIT_EXPECT_TRUE_MSG(test, golden_vector(w, g), "golden/%s.txt:%u: %s (%s)",
				      PTF_STRING(PTF_FMT), g->line, w->fault, g->section ?: "");
	}
	KUNIT_EXPECT_GE(test, i, 30U);
	for (i = 0; i < PTF_GOLDEN_NULL; i++)
		KUNIT_EXPECT_NE(test, of[i], 0U);
	KUNIT_EXPECT_EQ(test, !!of[PTF_GOLDEN_NULL], PTF_HAVE_NULL);
}

/* Whether a root of @top may have tables of @shape below it, or is one */
static bool golden_reaches(int top, unsigned int shape)
{
	u64 shapes = top < 0 ? 0 : BIT(top);

	for (; top > (int)shape; top--)
		if (shapes & BIT(top))
			shapes |= F(shapes)[top].children;
	return shapes & BIT(shape);
}

/* A root that reaches @shape, with leaves of the vector's size and smaller only */
static bool golden_config(const struct ptf_golden *g, struct ptf_config *cfg)
{
	u32 features = cfg->features;
	unsigned int n;
	u64 mask = cfg->encrypt_mask;

	for (n = 0; n < config_radix(0); n++) {
		*cfg = (struct ptf_config){
			.va_lg2 = config_va(n),
			.oa_lg2 = mask ? min_t(u8, __ffs64(mask), PTF_FMT_MAX_OA_LG2) :
				  PTF_FMT_MAX_OA_LG2,
			.features = features,
			.encrypt_mask = mask,
			.page_sizes = ptf_low(g->size_lg2 + 1),
		};
		if (g->size_lg2 < cfg->va_lg2 &&
		    golden_reaches(F(root)(features, cfg->va_lg2), g->shape))
			return !((g->addr | ptf_low(g->size_lg2)) & ~mask & ~ptf_low(cfg->oa_lg2));
	}
	return false;
}

/* What a map stores is what the vector says, bit for bit. */
static void golden_map_test(struct kunit *test)
{
	struct world *w = world_new(test);
	const struct ptf_golden *g;
	struct ptf_config cfg;
	struct ptf_attrs attrs;
	struct seen seen;
	unsigned int i, mapped = 0;
	u64 va;

	for (g = golden_vectors; g < golden_vectors + ARRAY_SIZE(golden_vectors); g++) {
		if (g->op != PTF_GOLDEN_LEAF || !golden_attrs(g, &attrs, &cfg) ||
		    !golden_config(g, &cfg))
			continue;
		MUST(w, world_up(w, &cfg));
		for (i = 0; i < 2; i++) {
			va = i ? world_last(w, 0) & ~ptf_low(g->size_lg2) : 0;
			if (world_map_as(w, va, va | ptf_low(g->size_lg2), g->addr, &attrs)) {
				KUNIT_FAIL(test, "line %u: cannot map", g->line);
				break;
			}
			va += (u64)g->item << F(shapes)[g->shape].va_lg2;
			seen = walker_at(&w->pt, va, 0);
			seen.entry = item_read(seen.table, seen.shape,
					       (va >> F(shapes)[g->shape].va_lg2) &
					       ptf_low(F(shapes)[g->shape].index_lg2));
			KUNIT_EXPECT_TRUE_MSG(test,
					      seen.shape == g->shape && seen.entry == g->entry,
					      "line %u: shape %u, %#llx is stored, not %#llx",
					      g->line, seen.shape, seen.entry, g->entry);
			if (g->size_lg2 == w->pt.va_lg2)
				break;
		}
		mapped++;
		WORLD_ASSERT(w, world_down(w));
	}
	KUNIT_EXPECT_GE(test, mapped, 10U);
}

#endif /* PTF_SUITE_GOLDEN_H */
