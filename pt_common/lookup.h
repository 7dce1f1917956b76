/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading: what is mapped at one VA, or at all of a range. */
#ifndef PTF_LOOKUP_H
#define PTF_LOOKUP_H

#include "walk.h"

/**
 * struct ptf_find - state of a lookup
 * @pt: page table
 * @va: address looked for
 * @entry: the leaf's item, once found
 * @shape: shape of the table that holds it
 */
struct ptf_find {
	struct ptf_pt *pt;
	u64 va;
	u64 entry;
	unsigned int shape;
};

PTF_DECLARE_OP(find, struct ptf_find)

static __always_inline int ptf_find_body(struct ptf_find *find, unsigned int shape, void *table)
{
	u64 entry = ptf_entry(shape, table, ptf_index(shape, find->va));

	switch (F(kind)(shape, entry)) {
	case PTF_EMPTY:
		break;
	case PTF_LEAF:
	case PTF_NULL:
		find->entry = entry;
		find->shape = shape;
		return PTF_DONE;
	case PTF_TABLE:
		return F(find)(find, F(child)(shape, entry), ptf_child(find->pt, shape, entry));
	}
	return -ENOENT;
}

PTF_DEFINE_OP(find, struct ptf_find, ptf_find_body)

/* Describe the leaf at @va, of which @entry is an item. */
static __always_inline void ptf_describe(const struct ptf_pt *pt, unsigned int shape, u64 va,
					 u64 entry, struct ptf_mapping *mapping)
{
	u64 encrypt = ptf_encrypt_mask(pt);

	mapping->kind = F(kind)(shape, entry);
	mapping->size_lg2 = F(leaf_size)(shape, entry);
	mapping->va = va & ~ptf_low(mapping->size_lg2);
	mapping->oa = ptf_leaf_oa(shape, entry) & ~encrypt;
	mapping->level = ptf_shape(shape)->level;
	mapping->entry = entry;
	mapping->attrs = (struct ptf_attrs){};
	F(decode_attrs)(pt->features, F(leaf_bits)(shape, entry), &mapping->attrs);
	if (F(leaf_oa)(shape, entry) & encrypt)
		mapping->attrs.flags |= PTF_ENCRYPT;
}

/**
 * struct ptf_visit - state of a walk over what is mapped
 * @pt: page table
 * @va: first VA not handled yet
 * @last: last VA
 * @leaf: called for each leaf that the range touches, in order; a negative
 *	result ends the walk
 * @ctx: for @leaf
 */
struct ptf_visit {
	struct ptf_pt *pt;
	u64 va;
	u64 last;
	int (*leaf)(void *ctx, const struct ptf_mapping *mapping);
	void *ctx;
};

PTF_DECLARE_OP(visit, struct ptf_visit)

static __always_inline int ptf_visit_body(struct ptf_visit *visit, unsigned int shape,
					  void *table)
{
	struct ptf_mapping mapping;
	u64 entry, last;
	int rc;

	do {
		entry = ptf_entry(shape, table, ptf_index(shape, visit->va));
		last = ptf_item_last(shape, visit->va);
		switch (F(kind)(shape, entry)) {
		case PTF_EMPTY:
			break;
		case PTF_TABLE:
			rc = F(visit)(visit, F(child)(shape, entry),
				      ptf_child(visit->pt, shape, entry));
			if (rc)
				return rc;
			continue;
		case PTF_LEAF:
		case PTF_NULL:
			ptf_describe(visit->pt, shape, visit->va, entry, &mapping);
			last = visit->va | ptf_low(mapping.size_lg2);
			rc = visit->leaf(visit->ctx, &mapping);
			if (rc < 0)
				return rc;
			break;
		}
		if (last >= visit->last)
			return PTF_DONE;
		visit->va = last + 1;
	} while (visit->va & ptf_low(ptf_reach_lg2(shape)));
	return PTF_MORE;
}

PTF_DEFINE_OP(visit, struct ptf_visit, ptf_visit_body)

#endif /* PTF_LOOKUP_H */
