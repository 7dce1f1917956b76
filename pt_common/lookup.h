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
	unsigned int index = ptf_index(shape, find->va), child;
	u64 entry = ptf_entry(shape, table, index);
	void *lower;

	switch (F(kind)(shape, entry)) {
	case PTF_EMPTY:
		break;
	case PTF_LEAF:
	case PTF_NULL:
		find->entry = entry;
		find->shape = shape;
		return PTF_DONE;
	case PTF_TABLE:
		lower = ptf_lower(find->pt, shape, table, index, entry, &child);
		return F(find)(find, child, lower);
	}
	return -ENOENT;
}

PTF_DEFINE_OP(find, struct ptf_find, ptf_find_body)

/* Describe the leaf at @va, of which @entry is an item. */
static noinline void F(describe)(const struct ptf_pt *pt, unsigned int shape, u64 va, u64 entry,
				 struct ptf_mapping *mapping)
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
 * @same: called where an item leads to the table that the one before leads to, with
 *	the first and the last VA of the item: true if it need not be walked. May be NULL
 * @ctx: for both
 */
struct ptf_visit {
	struct ptf_pt *pt;
	u64 va;
	u64 last;
	int (*leaf)(void *ctx, const struct ptf_mapping *mapping);
	bool (*same)(void *ctx, u64 va, u64 last);
	void *ctx;
};

PTF_DECLARE_ONCE(visit, struct ptf_visit)

/* Whether what @entry leads to is known from the item before, and need not be seen again */
static __always_inline bool ptf_visit_same(struct ptf_visit *visit, unsigned int shape, void *table,
					   unsigned int index, u64 entry)
{
	u64 last = ptf_item_last(shape, visit->va);

	return visit->same && index && !(visit->va & ptf_low(ptf_shape(shape)->va_lg2)) &&
	       last <= visit->last && ptf_entry(shape, table, index - 1) == entry &&
	       visit->same(visit->ctx, visit->va, last);
}

static __always_inline int ptf_visit_body(struct ptf_visit *visit, unsigned int shape,
					  void *table)
{
	struct ptf_mapping mapping;
	unsigned int index, child;
	u64 entry, last;
	void *lower;
	int rc;

	do {
		index = ptf_index(shape, visit->va);
		entry = ptf_entry(shape, table, index);
		last = ptf_item_last(shape, visit->va);
		switch (F(kind)(shape, entry)) {
		case PTF_EMPTY:
			break;
		case PTF_TABLE:
			if (ptf_visit_same(visit, shape, table, index, entry))
				break;
			lower = ptf_lower(visit->pt, shape, table, index, entry, &child);
			rc = F(visit)(visit, child, lower);
			if (rc)
				return rc;
			continue;
		case PTF_LEAF:
		case PTF_NULL:
			F(describe)(visit->pt, shape, visit->va, entry, &mapping);
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

PTF_DEFINE_ONCE(visit, struct ptf_visit, ptf_visit_body)

/**
 * struct ptf_trace - state of a lookup that tells the way
 * @pt: page table
 * @va: address looked for
 * @path: filled in
 */
struct ptf_trace {
	struct ptf_pt *pt;
	u64 va;
	struct ptf_path *path;
};

PTF_DECLARE_ONCE(trace, struct ptf_trace)

static __always_inline int ptf_trace_body(struct ptf_trace *trace, unsigned int shape, void *table)
{
	struct ptf_step *step = &trace->path->step[trace->path->steps++];
	unsigned int child;
	void *lower;

	step->table = ptf_table_addr(trace->pt, table);
	step->level = ptf_shape(shape)->level;
	step->index = ptf_index(shape, trace->va);
	step->entry = ptf_entry(shape, table, step->index);
	step->kind = F(kind)(shape, step->entry);
	if (step->kind == PTF_TABLE) {
		lower = ptf_lower(trace->pt, shape, table, step->index, step->entry, &child);
		return F(trace)(trace, child, lower);
	}
	if (step->kind == PTF_EMPTY)
		return -ENOENT;
	F(describe)(trace->pt, shape, trace->va, step->entry, &trace->path->mapping);
	return PTF_DONE;
}

PTF_DEFINE_ONCE(trace, struct ptf_trace, ptf_trace_body)

/**
 * struct ptf_raw - state of a walk over the tables themselves
 * @pt: page table
 * @va: first VA not handled yet
 * @last: last VA
 * @piece: called for each piece of a table on the way to the range: all of the
 *	table, in order, before those below it
 * @ctx: for @piece
 */
struct ptf_raw {
	struct ptf_pt *pt;
	u64 va;
	u64 last;
	void (*piece)(void *ctx, const struct ptf_piece *piece);
	void *ctx;
};

#define PTF_PIECE_BYTES 512

PTF_DECLARE_ONCE(raw, struct ptf_raw)

/* Copy and tell all items of a table. */
static noinline void F(raw_table)(struct ptf_raw *raw, unsigned int shape, void *table)
{
	unsigned int item_lg2 = ptf_shape(shape)->item_lg2, items = ptf_items(raw->pt, shape), i, n;
	u64 addr = ptf_table_addr(raw->pt, table), data[PTF_PIECE_BYTES / 8];
	struct ptf_piece piece = { .level = ptf_shape(shape)->level, .data = data };

	for (i = 0; i < items; i += n) {
		for (n = 0; i + n < items && n < PTF_PIECE_BYTES >> item_lg2; n++)
			ptf_store_item(data, item_lg2, n, ptf_load(table, item_lg2, i + n));
		piece.addr = addr + ((u64)i << item_lg2);
		piece.bytes = n << item_lg2;
		raw->piece(raw->ctx, &piece);
	}
}

/* [raw->va, last] was handled; go on after it. */
static __always_inline int ptf_raw_advance(struct ptf_raw *raw, u64 last)
{
	if (last >= raw->last)
		return PTF_DONE;
	raw->va = last + 1;
	return PTF_MORE;
}

/* Items one after the other that point to the same table lead there once. */
static __always_inline int ptf_raw_body(struct ptf_raw *raw, unsigned int shape, void *table)
{
	u64 entry, before = F(empty)(shape);
	unsigned int index, child;
	void *lower;
	int rc;

	F(raw_table)(raw, shape, table);
	if (!ptf_shape(shape)->children)
		return ptf_raw_advance(raw, ptf_table_last(shape, raw->va));
	do {
		index = ptf_index(shape, raw->va);
		entry = ptf_entry(shape, table, index);
		if (F(kind)(shape, entry) == PTF_TABLE && entry != before) {
			lower = ptf_lower(raw->pt, shape, table, index, entry, &child);
			rc = F(raw)(raw, child, lower);
		} else {
			rc = ptf_raw_advance(raw, ptf_item_last(shape, raw->va));
		}
		if (rc)
			return rc;
		before = entry;
	} while (raw->va & ptf_low(ptf_reach_lg2(shape)));
	return PTF_MORE;
}

PTF_DEFINE_ONCE(raw, struct ptf_raw, ptf_raw_body)

#endif /* PTF_LOOKUP_H */
