/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Table memory: the one file that reads and writes it.
 *
 * A table is a linear array of 4 or 8 byte items. It is written by runs:
 * @count entries from item @index, the first of value @first, each @step more
 * than the one before, each stored 2^@repeat_lg2 times in a row. A store is
 * visible whole or not at all, in any order within a run; what a table points
 * to is complete before the table can be reached (ptf_store_table(),
 * ptf_install_table()). An incoherent walker sees a store once its bytes were
 * cleaned, which each writer here does before it returns.
 *
 * ptf_stored() is where else a run goes: to the cleaning of caches, or, for
 * tables that are mirrored here (mirror.h), to the device.
 */
#ifndef PTF_STORE_H
#define PTF_STORE_H

#include <linux/compiler.h>
#include <linux/string.h>
#include <ptforge/pt.h>
#include "compat.h"
#include "mirror.h"

static __always_inline void *ptf_item(void *table, unsigned int item_lg2,
				      unsigned int index)
{
	return table + ((size_t)index << item_lg2);
}

/* The CPU stored a run: make the walker see it. */
static __always_inline void ptf_stored(struct ptf_pt *pt, void *table, unsigned int item_lg2,
				       unsigned int index, unsigned int count, u64 first, u64 step,
				       unsigned int repeat_lg2)
{
	if (unlikely(pt->features & PTF_FEAT_INCOHERENT)) {
		pt->mem->clean(pt, ptf_item(table, item_lg2, index),
			       (size_t)count << (repeat_lg2 + item_lg2));
	} else if (ptf_mirrored(pt)) {
		struct ptf_run run = {
			.index = index, .count = count, .first = first, .step = step,
			.repeat_lg2 = repeat_lg2, .item_lg2 = item_lg2,
		};

		ptf_mirror_stored(pt, table, &run);
	}
}

/* Make a table that no walker can reach all zero. */
static inline void ptf_zero_table(void *table, size_t bytes)
{
	memset(table, 0, bytes);
}

/* Tests count the items that are read. */
#ifndef ptf_count_load
#define ptf_count_load() do { } while (0)
#endif

/* One item, read once. */
static __always_inline u64 ptf_load(void *table, unsigned int item_lg2,
				    unsigned int index)
{
	void *p = ptf_item(table, item_lg2, index);

	ptf_count_load();
	return item_lg2 == 2 ? READ_ONCE(*(u32 *)p) : READ_ONCE(*(u64 *)p);
}

/*
 * Whether @count items from @index all hold @value. Most are asked to be empty
 * and are, so all are read, four in flight, and judged at the end.
 */
static __always_inline bool ptf_run_is(void *table, unsigned int item_lg2,
				       unsigned int index, unsigned int count,
				       u64 value)
{
	void *p = ptf_item(table, item_lg2, index);
	u64 a = 0, b = 0, c = 0, d = 0;
	unsigned int n;

	for (n = count & 3; n; n--, p += 1 << item_lg2)
		a |= ptf_load(p, item_lg2, 0) ^ value;
	for (n = count >> 2; n; n--, p += 4 << item_lg2) {
		a |= ptf_load(p, item_lg2, 0) ^ value;
		b |= ptf_load(p, item_lg2, 1) ^ value;
		c |= ptf_load(p, item_lg2, 2) ^ value;
		d |= ptf_load(p, item_lg2, 3) ^ value;
	}
	return !(a | b | c | d);
}

static __always_inline void ptf_store_item(void *p, unsigned int item_lg2,
					   unsigned int i, u64 value)
{
	if (item_lg2 == 2)
		WRITE_ONCE(((u32 *)p)[i], (u32)value);
	else
		WRITE_ONCE(((u64 *)p)[i], value);
}

/* The hot loop: plain stores, four at a time, from @p on. */
static __always_inline void ptf_store_items(void *p, unsigned int item_lg2, unsigned int count,
					    u64 first, u64 step, unsigned int repeat_lg2)
{
	u64 value = first, two = 2 * step, four = 4 * step;
	unsigned int n, r;

	/* Or compilers add @step four times in a row, each waiting for the one before. */
	if (!__builtin_constant_p(step)) {
		OPTIMIZER_HIDE_VAR(two);
		OPTIMIZER_HIDE_VAR(four);
	}
	if (repeat_lg2) {
		for (n = count; n; n--, value += step)
			for (r = 1U << repeat_lg2; r; r--, p += 1 << item_lg2)
				ptf_store_item(p, item_lg2, 0, value);
	} else {
		for (n = count & 3; n; n--, p += 1 << item_lg2, value += step)
			ptf_store_item(p, item_lg2, 0, value);
		for (n = count >> 2; n; n--, p += 4 << item_lg2, value += four) {
			ptf_store_item(p, item_lg2, 0, value);
			ptf_store_item(p, item_lg2, 1, value + step);
			ptf_store_item(p, item_lg2, 2, value + two);
			ptf_store_item(p, item_lg2, 3, value + step + two);
		}
	}
}

static __always_inline void ptf_store_run(struct ptf_pt *pt, void *table,
					  unsigned int item_lg2,
					  unsigned int index, unsigned int count,
					  u64 first, u64 step,
					  unsigned int repeat_lg2)
{
	ptf_store_items(ptf_item(table, item_lg2, index), item_lg2, count, first, step, repeat_lg2);
	ptf_stored(pt, table, item_lg2, index, count, first, step, repeat_lg2);
}

/* Likewise for entries that follow no rule. */
static __always_inline void ptf_store_list(struct ptf_pt *pt, void *table, unsigned int item_lg2,
					   unsigned int index, unsigned int count,
					   const u64 *entries)
{
	void *p = ptf_item(table, item_lg2, index);
	unsigned int i;

	for (i = 0; i < count; i++)
		ptf_store_item(p, item_lg2, i, entries[i]);
	if (!ptf_mirrored(pt))
		ptf_stored(pt, table, item_lg2, index, count, 0, 0, 0);
	else
		for (i = 0; i < count; i++)
			ptf_stored(pt, table, item_lg2, index + i, 1, entries[i], 0, 0);
}

/* Replace one item by an entry whose table is complete; single writer. */
static __always_inline void ptf_store_table(struct ptf_pt *pt, void *table,
					    unsigned int item_lg2,
					    unsigned int index, u64 entry)
{
	/* Pairs with the walker's dependency from an entry to its table. */
	smp_wmb();
	ptf_store_item(ptf_item(table, item_lg2, index), item_lg2, 0, entry);
	ptf_stored(pt, table, item_lg2, index, 1, entry, 0, 0);
}

/*
 * Replace @old by @entry unless somebody was faster; for what disjoint ranges
 * share, and for what hardware writes too. Returns the value found, which is
 * @old on success. Everything stored before is visible before @entry is.
 */
static __always_inline u64 ptf_exchange(struct ptf_pt *pt, void *table,
					unsigned int item_lg2,
					unsigned int index, u64 old, u64 entry)
{
	void *p = ptf_item(table, item_lg2, index);
	u64 found;

	if (item_lg2 == 2)
		found = cmpxchg((u32 *)p, (u32)old, (u32)entry);
	else
		found = cmpxchg64((u64 *)p, old, entry);
	if (found == old)
		ptf_stored(pt, table, item_lg2, index, 1, entry, 0, 0);
	return found;
}

#endif /* PTF_STORE_H */
