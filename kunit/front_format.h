/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A format as the tests of the front ends see it: its pure functions by pointer,
 * so that the tests are compiled once. front_format.h is for those tests, and
 * with PTF_FMT and PTF_FMT_HEADER defined it also defines front_format, the
 * table of that format.
 */
#ifndef PTF_KUNIT_FRONT_FORMAT_H
#define PTF_KUNIT_FRONT_FORMAT_H

#include <linux/bitops.h>
#include <linux/log2.h>
#include <ptforge/types.h>

/**
 * struct front_shape - geometry of one kind of table, see struct ptf_shape
 * @level: tables between it and the lowest
 * @va_lg2: VA bytes of an item
 * @index_lg2: items
 * @item_lg2: bytes of an item
 * @picks_size: an entry chooses the leaf size of the table below it
 * @leaf_sizes: bit n: leaves of 2^n bytes
 */
struct front_shape {
	u8 level;
	u8 va_lg2;
	u8 index_lg2;
	u8 item_lg2;
	bool picks_size;
	u64 leaf_sizes;
};

/**
 * struct front_format - one format
 * @name: its name
 * @shapes: number of shapes
 * @min_top: lowest shape that can be the root
 * @features: PTF_FEAT_* that it has
 * @always: those that each instance has, asked for or not
 * @max_oa_lg2: widest OA
 * @implied: permissions that cannot be withheld
 * @hints: PTF_HINT_* bits
 * @picks_size: some shape chooses the leaf size of what is below it
 * @null: there are leaves without OA
 * @live: what all hardware allows, &enum ptf_live
 * @shape: geometry of a shape
 * @root: shape of the root for a VA width, or -errno
 * @kind: what an item is
 * @leaf_size: size of the leaf that an item belongs to
 * @leaf_oa: its OA
 * @leaf_bits: its attributes
 * @table_pa: address of the table that an item points to
 * @child: shape of that table
 * @dirty: hardware wrote through the leaf
 * @clean: the item without that
 * @encode: attributes to bits
 */
struct front_format {
	const char *name;
	unsigned int shapes;
	unsigned int min_top;
	u32 features;
	u32 always;
	unsigned int max_oa_lg2;
	u16 implied;
	u16 hints;
	bool picks_size;
	bool null;
	enum ptf_live live;
	struct front_shape (*shape)(unsigned int shape);
	int (*root)(u32 features, unsigned int va_lg2);
	enum ptf_kind (*kind)(unsigned int shape, u64 entry);
	unsigned int (*leaf_size)(unsigned int shape, u64 entry);
	u64 (*leaf_oa)(unsigned int shape, u64 entry);
	u64 (*leaf_bits)(unsigned int shape, u64 entry);
	u64 (*table_pa)(unsigned int shape, u64 entry);
	unsigned int (*child)(unsigned int shape, u64 entry);
	bool (*dirty)(unsigned int shape, u64 entry);
	u64 (*clean)(unsigned int shape, u64 entry);
	int (*encode)(u32 features, const struct ptf_attrs *attrs, u64 *bits);
};

#ifdef PTF_FMT

#include "pt_common/contract.h"

static struct front_shape F(front_shape)(unsigned int shape)
{
	const struct ptf_shape *s = &F(shapes)[shape];

	return (struct front_shape){
		.level = s->level, .va_lg2 = s->va_lg2, .index_lg2 = s->index_lg2,
		.item_lg2 = s->item_lg2, .picks_size = s->picks_size,
		.leaf_sizes = s->leaf_sizes,
	};
}

static const struct front_format front_format = {
	.name = PTF_STRING(PTF_FMT),
	.shapes = PTF_FMT_SHAPES,
	.min_top = PTF_FMT_MIN_TOP,
	.features = PTF_FMT_FEATURES,
	.always = PTF_FMT_ALWAYS,
	.max_oa_lg2 = PTF_FMT_MAX_OA_LG2,
	.implied = PTF_FMT_IMPLIED,
	.hints = PTF_FMT_HINTS,
	.picks_size = PTF_FMT_PICKS_SIZE,
	.null = PTF_HAVE_NULL,
	.live = PTF_FMT_LIVE,
	.shape = F(front_shape),
	.root = F(root),
	.kind = F(kind),
	.leaf_size = F(leaf_size),
	.leaf_oa = F(leaf_oa),
	.leaf_bits = F(leaf_bits),
	.table_pa = F(table_pa),
	.child = F(child),
	.dirty = F(dirty),
	.clean = F(clean),
	.encode = F(encode_attrs),
};

#endif /* PTF_FMT */

#endif /* PTF_KUNIT_FRONT_FORMAT_H */
