/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configurations of a format, derived from its shapes and features: each root
 * with its widest, its narrowest and a middle VA width, OA widths, every set of
 * features, subsets of the page sizes. They are numbered; 0 is all defaults.
 */
#ifndef PTF_SUITE_CONFIG_H
#define PTF_SUITE_CONFIG_H

#define CONFIG_FEATURES (PTF_FMT_FEATURES | PTF_FEAT_INCOHERENT | PTF_FEAT_PARALLEL)
#define CONFIG_CHOICES (CONFIG_FEATURES & ~PTF_FMT_ALWAYS)
#define CONFIG_AXES 4
/* What page tables with tables in device memory cannot have */
#define CONFIG_UNMIRRORED (PTF_FEAT_PARALLEL | PTF_FEAT_INCOHERENT | PTF_FEAT_DIRTY | \
			   PTF_FEAT_DYNAMIC_TOP)

/* A small generator; the same numbers everywhere */
static u64 rnd(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * 0x2545f4914f6cdd1dULL;
}

static u64 rnd_below(u64 *state, u64 n)
{
	return (rnd(state) >> 16) % n;
}

static u64 config_leaf_sizes(void)
{
	unsigned int shape;
	u64 sizes = 0;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
		sizes |= F(shapes)[shape].leaf_sizes;
	return sizes;
}

/* Roots from the highest on; widths from the widest on */
static unsigned int config_va(unsigned int i)
{
	unsigned int top = PTF_FMT_SHAPES - 1 - i / 3, high, low;

	high = min(64U, 0U + F(shapes)[top].va_lg2 + F(shapes)[top].index_lg2);
	if (top == PTF_FMT_MIN_TOP)
		low = __ffs64(config_leaf_sizes()) + 2;
	else
		low = F(shapes)[top - 1].va_lg2 + F(shapes)[top - 1].index_lg2 + 1;
	return i % 3 == 0 ? high : i % 3 == 1 ? low : (high + low) / 2;
}

/* No narrower than 32 bits, since there must be memory for tables */
static unsigned int config_oa(unsigned int i)
{
	static const u8 oa[] = { PTF_FMT_MAX_OA_LG2, PTF_FMT_MAX_OA_LG2 - 4, 36 };

	return clamp(0U + oa[i], 32U, 0U + PTF_FMT_MAX_OA_LG2);
}

/* The @i-th subset of the features that an instance may have or not */
static u32 config_features(unsigned int i)
{
	u32 features = 0;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		if (!(CONFIG_CHOICES & BIT(bit)))
			continue;
		if (i & 1)
			features |= BIT(bit);
		i >>= 1;
	}
	return features;
}

static u64 config_sizes(unsigned int i, unsigned int va_lg2)
{
	u64 sizes = config_leaf_sizes() & ptf_low(va_lg2), low = sizes & -sizes;

	switch (i) {
	case 1:
		return low;
	case 2:
		return low | BIT_ULL(fls64(sizes) - 1);
	case 3:
		return sizes & ~low;
	case 4:
		return sizes & 0x5555555555555555ULL;
	}
	return 0;
}

static unsigned int config_radix(unsigned int axis)
{
	switch (axis) {
	case 0:
		return 3 * (PTF_FMT_SHAPES - PTF_FMT_MIN_TOP);
	case 1:
		return 3;
	case 2:
		return 1U << hweight64(CONFIG_CHOICES);
	}
	return 5;
}

static unsigned int config_count(void)
{
	unsigned int axis, n = 1;

	for (axis = 0; axis < CONFIG_AXES; axis++)
		n *= config_radix(axis);
	return n;
}

/* Configuration @n; returns false if the format has no such one. */
static bool config_make(struct ptf_config *cfg, unsigned int n)
{
	unsigned int digit[CONFIG_AXES], axis;

	for (axis = 0; axis < CONFIG_AXES; axis++) {
		digit[axis] = n % config_radix(axis);
		n /= config_radix(axis);
	}
	*cfg = (struct ptf_config){
		.va_lg2 = config_va(digit[0]),
		.oa_lg2 = config_oa(digit[1]),
		.features = config_features(digit[2]),
	};
	cfg->page_sizes = config_sizes(digit[3], cfg->va_lg2);
	if (digit[3] && !cfg->page_sizes)
		return false;
	if (cfg->features & PTF_FEAT_ENCRYPT) {
		cfg->oa_lg2 = min_t(u8, cfg->oa_lg2, PTF_FMT_MAX_OA_LG2 - 1);
		cfg->encrypt_mask = BIT_ULL(PTF_FMT_MAX_OA_LG2 - 1 - digit[1]);
		if (cfg->encrypt_mask & ptf_low(cfg->oa_lg2))
			return false;
	}
	if (cfg->features & PTF_FEAT_SIGN_EXTEND && cfg->va_lg2 > 63)
		return false;
	if (cfg->features & PTF_FEAT_DYNAMIC_TOP && !(cfg->features & PTF_FEAT_PARALLEL))
		return false;
	return !cfg->page_sizes || __ffs64(cfg->page_sizes) < cfg->oa_lg2;
}

/* The same with tables in device memory; returns false where they cannot be. */
static bool config_mirror(struct ptf_config *cfg)
{
	if (!PTF_FOR_GPU || cfg->features & CONFIG_UNMIRRORED)
		return false;
	cfg->device = &test_device_ops;
	return true;
}

/* Whether @n is one of those that slow tests use: one axis varied, and a few more */
static bool config_is_main(unsigned int n)
{
	unsigned int axis, rest = n, varied = 0;
	u64 hash = n + 1;

	for (axis = 0; axis < CONFIG_AXES; axis++) {
		varied += !!(rest % config_radix(axis));
		rest /= config_radix(axis);
	}
	rnd(&hash);
	return varied <= 1 || rnd_below(&hash, config_count()) < 24;
}

#endif /* PTF_SUITE_CONFIG_H */
