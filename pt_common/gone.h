/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What falls out of a page table: gathered for the flush, and told to whoever
 * asks.
 */
#ifndef PTF_GONE_H
#define PTF_GONE_H

#include "free.h"

/**
 * struct ptf_gone - where to tell what falls out
 * @pt: page table
 * @change: gets what became stale
 * @removed: called for each extent, in order of VA; NULL if nobody asks, and then
 *	tables that fall out are not read
 * @ctx: for @removed
 */
struct ptf_gone {
	struct ptf_pt *pt;
	struct ptf_change *change;
	void (*removed)(void *ctx, u64 va, u64 oa, u64 size);
	void *ctx;
};

/* [va, va + size) was mapped by the leaf that @entry is an item of. */
static __always_inline void ptf_gone_tell(struct ptf_gone *gone, unsigned int shape, u64 entry,
					  u64 va, u64 size)
{
	u64 low = ptf_low(F(leaf_size)(shape, entry));

	if (gone->removed && F(kind)(shape, entry) == PTF_LEAF)
		gone->removed(gone->ctx, va, (ptf_leaf_oa(shape, entry) | (va & low)) &
			      ~ptf_encrypt_mask(gone->pt), size);
}

/**
 * struct ptf_fall - state of a walk over a table that falls out
 * @gone: who is told
 * @va: first VA not handled yet
 */
struct ptf_fall {
	struct ptf_gone *gone;
	u64 va;
};

PTF_DECLARE_OP(fall, struct ptf_fall)

static __always_inline int ptf_fall_body(struct ptf_fall *fall, unsigned int shape, void *table)
{
	struct ptf_flush *flush = &fall->gone->change->flush;
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int i, items, size_lg2;
	u64 entry;

	for (i = 0; i < ptf_items(fall->gone->pt, shape); i += items) {
		items = 1;
		entry = ptf_entry(shape, table, i);
		switch (F(kind)(shape, entry)) {
		case PTF_EMPTY:
			break;
		case PTF_TABLE:
			F(fall)(fall, F(child)(shape, entry),
				ptf_child(fall->gone->pt, shape, table, i, entry));
			continue;
		case PTF_LEAF:
		case PTF_NULL:
			size_lg2 = F(leaf_size)(shape, entry);
			items = 1U << (size_lg2 - s->va_lg2);
			ptf_gone_tell(fall->gone, shape, entry, fall->va, 1ULL << size_lg2);
			flush->leaf_levels |= BIT(s->level);
			flush->min_size_lg2 = min_t(u8, flush->min_size_lg2, size_lg2);
			break;
		}
		fall->va += (u64)items << s->va_lg2;
	}
	return PTF_MORE;
}

PTF_DEFINE_OP(fall, struct ptf_fall, ptf_fall_body)

/* The entry of @shape at @va pointed to @lower, of shape @child, and all below that falls out. */
static noinline void F(gone_table)(struct ptf_gone *gone, unsigned int shape, u64 va,
				   unsigned int child, void *lower)
{
	struct ptf_flush *flush = &gone->change->flush;
	struct ptf_fall fall = { .gone = gone, .va = va & ~ptf_low(ptf_shape(shape)->va_lg2) };

	F(unlink)(gone->pt, gone->change, shape, fall.va, ptf_item_last(shape, va), child, lower);
	if (gone->removed) {
		F(fall)(&fall, child, lower);
	} else {
		flush->leaf_levels |= BIT(ptf_shape(shape)->level) - 1;
		flush->min_size_lg2 = __ffs64(gone->pt->sizes);
	}
}

/* What is in @items of @table, from @index and @va on, falls out. Returns how many were in use. */
static noinline unsigned int __maybe_unused F(gone_items)(struct ptf_gone *gone,
							  unsigned int shape, void *table,
							  unsigned int index,
							  unsigned int items, u64 va)
{
	u64 entry, size = 1ULL << ptf_shape(shape)->va_lg2;
	unsigned int i, used = 0;

	for (i = index; i < index + items; i++, va += size) {
		entry = ptf_entry(shape, table, i);
		switch (F(kind)(shape, entry)) {
		case PTF_EMPTY:
			continue;
		case PTF_TABLE:
			F(gone_table)(gone, shape, va, F(child)(shape, entry),
				      ptf_child(gone->pt, shape, table, i, entry));
			break;
		case PTF_LEAF:
		case PTF_NULL:
			ptf_changed_leaves(gone->change, shape, va, va + size - 1,
					   F(leaf_size)(shape, entry));
			ptf_gone_tell(gone, shape, entry, va, size);
			break;
		}
		used++;
	}
	return used;
}

#endif /* PTF_GONE_H */
