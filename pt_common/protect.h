/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protect: other attributes for what is mapped, in place. Leaves that the ends
 * of the range cross were split before (F(pt_split)()). Shared tables that lie in
 * the range as a whole are changed once, in a copy that is shared like them.
 */
#ifndef PTF_PROTECT_H
#define PTF_PROTECT_H

#include "cut.h"

/**
 * struct ptf_protect - state of a protect
 * @pt: page table
 * @va: first VA not handled yet
 * @last: last VA
 * @bits: encoded attributes
 * @encrypt: bits to OR into OA
 * @supply: where copies of shared tables come from; only a reservation will do
 * @change: gets what became stale
 * @copied: by shape, list of the shared tables that have a copy: that is a table's
 *	&ptf_side.next, and the next of the list is the copy's
 */
struct ptf_protect {
	struct ptf_pt *pt;
	u64 va;
	u64 last;
	u64 bits;
	u64 encrypt;
	struct ptf_supply supply;
	struct ptf_change *change;
	void **copied;
};

PTF_DECLARE_OP(protect, struct ptf_protect)

static __always_inline int ptf_protect_advance(struct ptf_protect *protect, u64 last)
{
	if (last >= protect->last)
		return PTF_DONE;
	protect->va = last + 1;
	return PTF_MORE;
}

/* The leaves that come next, have the size of the first and continue its OA */
static __always_inline int ptf_protect_leaves(struct ptf_protect *protect, unsigned int shape,
					      void *table, u64 entry)
{
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int size_lg2 = F(leaf_size)(shape, entry), index = ptf_index(shape, protect->va);
	unsigned int group = 1U << (size_lg2 - s->va_lg2), items = group;
	u64 oa = ptf_leaf_oa(shape, entry), first = protect->va, last, next;

	last = min(protect->last, ptf_table_last(shape, first));
	while (items < (last - first + 1) >> s->va_lg2) {
		entry = ptf_entry(shape, table, index + items);
		next = oa + ((u64)items << s->va_lg2);
		if (F(kind)(shape, entry) != PTF_LEAF || F(leaf_size)(shape, entry) != size_lg2 ||
		    ptf_leaf_oa(shape, entry) != next ||
		    (F(linear_lg2)(shape) < 64 && !(next & ptf_low(F(linear_lg2)(shape)))))
			break;
		items += group;
	}
	last = first + ((u64)items << s->va_lg2) - 1;
	ptf_leaves(protect->pt, shape, table, index, items, size_lg2,
		   (oa & ~ptf_encrypt_mask(protect->pt)) | protect->encrypt, protect->bits);
	ptf_changed_leaves(protect->change, shape, first, last, size_lg2);
	return ptf_protect_advance(protect, last);
}

/* The copy of the shared table @lower, of shape @child, with what is at @va on protected */
static noinline void *F(protect_copy)(struct ptf_protect *protect, unsigned int child, void *lower)
{
	struct ptf_pt *pt = protect->pt;
	struct ptf_side *side = ptf_side(pt, lower);
	struct ptf_protect all = *protect;
	void *copy;
	int rc;

	if (side->next)
		return side->next;
	copy = ptf_table_get(pt, &protect->supply, child);
	if (IS_ERR(copy))
		return copy;
	F(copy)(pt, child, copy, lower);
	all.last = ptf_table_last(child, all.va);
	rc = F(protect)(&all, child, copy);
	if (rc < 0) {
		F(discard)(pt, child, copy);
		return ERR_PTR(rc);
	}
	F(to_share)(pt, &protect->supply, child, copy);
	/* Neither must be freed before it leaves the list. */
	ptf_ref(pt, lower, 1);
	ptf_ref(pt, copy, 1);
	side->next = copy;
	ptf_side(pt, copy)->next = protect->copied[child];
	protect->copied[child] = lower;
	return copy;
}

static __always_inline int ptf_protect_below(struct ptf_protect *protect, unsigned int shape,
					     void *table, u64 entry)
{
	unsigned int index = ptf_index(shape, protect->va), child = F(child)(shape, entry);
	void *lower = ptf_child(protect->pt, shape, table, index, entry), *copy;
	u64 va = protect->va, last = ptf_item_last(shape, va);
	struct ptf_flush *flush = &protect->change->flush;
	int rc;

	if (!ptf_is_shared(protect->pt, lower))
		return F(protect)(protect, child, lower);
	if (va & ptf_low(ptf_shape(shape)->va_lg2) || last > protect->last) {
		rc = F(unshare)(protect->pt, &protect->supply, protect->change, shape, table, va,
				protect->last);
		if (rc)
			return rc;
		entry = ptf_entry(shape, table, index);
		return F(protect)(protect, child,
				  ptf_child(protect->pt, shape, table, index, entry));
	}
	copy = F(protect_copy)(protect, child, lower);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	entry = ptf_table_entry(protect->pt, shape, table, index, child, copy);
	ptf_store_table(protect->pt, table, ptf_shape(shape)->item_lg2, index, entry);
	ptf_ref(protect->pt, copy, 1);
	F(unlink)(protect->pt, protect->change, shape, va, last, child, lower);
	flush->leaf_levels |= BIT(ptf_shape(shape)->level) - 1;
	flush->min_size_lg2 = __ffs64(protect->pt->sizes);
	return ptf_protect_advance(protect, last);
}

static __always_inline int ptf_protect_body(struct ptf_protect *protect, unsigned int shape,
					    void *table)
{
	u64 entry;
	int rc;

	do {
		entry = ptf_entry(shape, table, ptf_index(shape, protect->va));
		switch (F(kind)(shape, entry)) {
		case PTF_EMPTY:
		case PTF_NULL:
			rc = ptf_protect_advance(protect, ptf_item_last(shape, protect->va));
			break;
		case PTF_TABLE:
			rc = ptf_protect_below(protect, shape, table, entry);
			break;
		case PTF_LEAF:
			rc = ptf_protect_leaves(protect, shape, table, entry);
			break;
		}
		if (rc)
			return rc;
	} while (protect->va & ptf_low(ptf_reach_lg2(shape)));
	return PTF_MORE;
}

PTF_DEFINE_OP(protect, struct ptf_protect, ptf_protect_body)

/* Forget which table has which copy. */
static void __maybe_unused F(protect_forget)(struct ptf_protect *protect)
{
	struct ptf_collect collect = { .pt = protect->pt, .tables = protect->change->freed };
	struct ptf_pt *pt = protect->pt;
	void *lower, *next, *copy;
	unsigned int shape;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++) {
		for (lower = protect->copied[shape]; lower; lower = next) {
			copy = ptf_side(pt, lower)->next;
			next = ptf_side(pt, copy)->next;
			ptf_side(pt, copy)->next = NULL;
			ptf_side(pt, lower)->next = NULL;
			if (!ptf_unref(pt, lower))
				F(collect)(&collect, shape, lower);
			if (!ptf_unref(pt, copy))
				F(collect)(&collect, shape, copy);
		}
	}
	protect->change->flush.freed_tables |= collect.tables != protect->change->freed;
	protect->change->freed = collect.tables;
}

/*
 * F(protect_need)() - count the tables that a protect takes
 * @pt: page table
 * @first: first VA
 * @last: last VA
 * @exact: for the table as it is now; else for whatever it may become
 * @need: by shape, added to
 * @full: by shape, added to: those of them that will be shared
 *
 * Beside what the ends take: each shared table may need a copy, as far as there
 * is room in the range.
 */
static void __maybe_unused F(protect_need)(struct ptf_pt *pt, u64 first, u64 last, bool exact,
					   unsigned int *need, unsigned int *full)
{
	unsigned int shape, shared;
	u64 room;

	F(cut_need)(pt, first, last, true, exact, need);
	for (shape = 0; ptf_counted(pt) && shape < PTF_FMT_SHAPES; shape++) {
		if (ptf_reach_lg2(shape) > 63)
			continue;
		room = ((last - first) >> ptf_reach_lg2(shape)) + 1;
		shared = min_t(u64, room, atomic_read(&pt->full[shape]));
		need[shape] += shared;
		full[shape] += shared;
	}
}

#endif /* PTF_PROTECT_H */
