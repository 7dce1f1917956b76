/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mapping: extents of OA are laid over a range of VA, with the largest leaves
 * and contiguous groups that alignment and room allow, in one walk.
 *
 * The same body serves four operations:
 *
 *	map	 into empty items; an occupied one stops it with -EADDRINUSE
 *	over	 over whatever is there, which falls out; no leaf reaches beyond
 *		 an end of the range (F(pt_split)())
 *	replace	 over leaves that the caller knows; no item is empty in between
 *		 unless its extent is a hole
 *	count	 changes nothing and counts the tables that map, or with holes
 *		 replace, would take; a NULL table stands for an empty one
 *
 * Lower tables that take the place of something are complete before.
 */
#ifndef PTF_MAP_H
#define PTF_MAP_H

#include "gone.h"
#include "share.h"

/**
 * struct ptf_map - state of a map, over, replace or count
 * @pt: page table
 * @va: first VA not handled yet
 * @last: last VA of the operation
 * @ext_last: last VA of the current extent
 * @oa: OA at @va, with the encryption bit if the extent wants it
 * @sizes: leaf sizes that the extent's VA and OA agree on
 * @bits: encoded attributes of the extent
 * @hole: the extent maps nothing (replace, count)
 * @null: all extents but holes map leaves without OA
 * @next: sets the next extent by ptf_map_extent(); NULL if there is just one
 * @pages: where the current extent is one smallest page, sets the OAs of the
 *	pages that come next, if each is an extent of its own with the same
 *	attributes and an OA that ptf_check_extent() lets pass; returns how many,
 *	at most @count. NULL if there is no quick way to know (map, over, count)
 * @supply: where tables come from (not count)
 * @change: gets the empty tables that leaves take the place of, and tables
 *	whose page size had to become smaller (map); all that falls out (over)
 * @flush: acts on @change before such a leaf is stored; may be NULL where the
 *	driver keeps the range from being walked until @change is flushed
 * @gone: who is told what falls out (over)
 * @known: the table that holds the leaves that the caller knows (replace)
 * @need: by shape, the tables counted (count)
 * @picked_va: start of the item whose page size was counted last (count)
 * @picked_lg2: and that size
 * @repeat_lg2: size of the extent that is repeated
 * @repeat_oa: its OA, with the encryption bit
 * @full: by shape, the table that all items share below which nothing but
 *	repetitions are; NULL if nothing is repeated (map, count)
 * @under_full: what is mapped is below such a table
 * @need_full: by shape, those of @need that items share, or may share once what leads
 *	to them was copied (count)
 */
struct ptf_map {
	struct ptf_pt *pt;
	u64 va;
	u64 last;
	u64 ext_last;
	u64 oa;
	u64 sizes;
	u64 bits;
	bool hole;
	bool null;
	int (*next)(struct ptf_map *map);
	unsigned int (*pages)(struct ptf_map *map, u64 *oa, unsigned int count);
	struct ptf_supply supply;
	struct ptf_change *change;
	void (*flush)(struct ptf_map *map);
	struct ptf_gone gone;
	void *known;
	unsigned int *need;
	u64 picked_va;
	u8 picked_lg2;
	u8 repeat_lg2;
	u64 repeat_oa;
	void **full;
	bool under_full;
	unsigned int *need_full;
};

enum ptf_map_mode { PTF_MAP, PTF_OVER, PTF_REPLACE, PTF_COUNT };

/* Beside PTF_MORE: the table's page size does not suit the next extent; its parent acts. */
enum { PTF_UP = 2 };

PTF_DECLARE_OP(map, struct ptf_map)
PTF_DECLARE_OP(over, struct ptf_map)
PTF_DECLARE_OP(replace, struct ptf_map)
PTF_DECLARE_OP(count, struct ptf_map)

/* Mask of the sizes that @room + 1 bytes have room for; may be one too many */
static __always_inline u64 ptf_up_to(u64 room)
{
	return ~0ULL >> (63 - min(fls64(room), 63));
}

/**
 * ptf_check_extent() - whether an extent can be mapped at a VA
 * @pt: page table
 * @va: first VA
 * @last: last VA
 * @oa: first OA, with the encryption bit if it is wanted
 *
 * Return: 0, -EINVAL if not aligned to the smallest leaf size, or -ERANGE if OA
 * is too wide.
 */
static __always_inline int ptf_check_extent(const struct ptf_pt *pt, u64 va, u64 last, u64 oa)
{
	u64 first = oa & ~ptf_encrypt_mask(pt);

	if (unlikely((va | oa | (last + 1)) & pt->page_mask))
		return -EINVAL;
	if (unlikely(first > pt->oa_last || last - va > pt->oa_last - first))
		return -ERANGE;
	return 0;
}

/**
 * ptf_map_extent() - set the extent that starts at map->va
 * @map: map, over, replace or count
 * @oa: first OA
 * @ext_last: last VA of the extent; what lies beyond map->last is ignored
 *
 * Return: as ptf_check_extent().
 */
static __always_inline int ptf_map_extent(struct ptf_map *map, u64 oa, u64 ext_last)
{
	u64 away = map->va ^ oa;

	map->oa = oa;
	map->ext_last = min(ext_last, map->last);
	map->hole = false;
	/* No leaf is larger than the extent, nor than what VA and OA agree on. */
	map->sizes = map->pt->sizes & (away ^ (away - 1)) & ptf_up_to(map->ext_last - map->va);
	return ptf_check_extent(map->pt, map->va, map->ext_last, oa);
}

/* Likewise for an extent that maps nothing (replace, count). */
static __always_inline void ptf_map_hole(struct ptf_map *map, u64 ext_last)
{
	map->ext_last = min(ext_last, map->last);
	map->sizes = ~0ULL;
	map->hole = true;
}

/* Likewise for an extent that is mapped without OA. */
static __always_inline void ptf_map_null(struct ptf_map *map, u64 ext_last)
{
	map->oa = map->va;
	map->ext_last = min(ext_last, map->last);
	map->sizes = map->pt->sizes;
	map->hole = false;
	map->null = true;
}

/* The next repetition; for map->next. Of null leaves all that comes next is one. */
static int __maybe_unused F(map_repetition)(struct ptf_map *map)
{
	if (PTF_HAVE_NULL && map->null) {
		ptf_map_null(map, map->last);
		return 0;
	}
	return ptf_map_extent(map, map->repeat_oa + (map->va & ptf_low(map->repeat_lg2)),
			      map->va | ptf_low(map->repeat_lg2));
}

/* The largest leaf of this shape for what comes next, 0 if there is none */
static __always_inline unsigned int ptf_map_size(const struct ptf_map *map,
						 unsigned int shape)
{
	const struct ptf_shape *s = ptf_shape(shape);
	u64 sizes = s->leaf_sizes;

	if (!sizes)
		return 0;
	/* The lowest table has one size, and that was checked by ptf_map_extent(). */
	if (!s->children && !PTF_FMT_PICKS_SIZE && !(sizes & (sizes - 1)))
		return s->va_lg2;
	if (!(map->sizes & sizes))
		return 0;
	if (!(sizes & (sizes - 1)))
		return !(map->va & (sizes - 1)) && map->ext_last - map->va >= sizes - 1 ?
		       s->va_lg2 : 0;
	sizes = ptf_fitting(map->sizes & sizes, map->va, map->ext_last);
	return sizes ? fls64(sizes) - 1 : 0;
}

/* [map->va, last] was handled; go on after it. */
static __always_inline int ptf_map_advance(struct ptf_map *map, u64 last)
{
	if (last == map->last)
		return PTF_DONE;
	map->oa += last - map->va + 1;
	map->va = last + 1;
	if (last == map->ext_last)
		return map->next(map);
	return PTF_MORE;
}

/*
 * A map meets items that are not empty. Tables without a leaf under them are
 * unlinked, and flushed, so that larger leaves can take their place; anything
 * else is in use. Nothing is touched before that is known of all items.
 */
static noinline int F(map_occupied)(struct ptf_map *map, unsigned int shape, void *table,
				    unsigned int index, unsigned int items)
{
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int i, child;
	u64 entry, va;
	void *lower;

	for (i = index; i < index + items; i++) {
		entry = ptf_entry(shape, table, i);
		switch (F(kind)(shape, entry)) {
		case PTF_EMPTY:
			continue;
		case PTF_TABLE:
			if (ptf_is_empty(map->pt, F(child)(shape, entry),
					 ptf_child(map->pt, shape, table, i, entry)))
				continue;
			fallthrough;
		case PTF_LEAF:
		case PTF_NULL:
			return -EADDRINUSE;
		}
	}
	va = map->va;
	for (i = index; i < index + items; i++, va += 1ULL << s->va_lg2) {
		entry = ptf_entry(shape, table, i);
		if (F(kind)(shape, entry) != PTF_TABLE)
			continue;
		child = F(child)(shape, entry);
		lower = ptf_child(map->pt, shape, table, i, entry);
		ptf_clear(map->pt, shape, table, i, 1);
		ptf_live(map->pt, table, -1);
		F(unlink)(map->pt, map->change, shape, va, ptf_item_last(shape, va), child, lower);
	}
	if (map->flush)
		map->flush(map);
	return 0;
}

/* Store leaves of one size, with OA from @oa on, into @items from @index on. */
static __always_inline void ptf_leaves(struct ptf_pt *pt, unsigned int shape, void *table,
				       unsigned int index, unsigned int items,
				       unsigned int size_lg2, u64 oa, u64 bits)
{
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int group_lg2 = size_lg2 - s->va_lg2;
	u64 first = F(leaf)(shape, oa, size_lg2, bits), zero = F(leaf)(shape, 0, size_lg2, 0);
	u64 item = F(leaf)(shape, 1ULL << s->va_lg2, size_lg2, 0);

	/* Items of a group hold the same value or each their own OA. */
	if (group_lg2 && item == zero)
		ptf_run(pt, shape, table, index, items >> group_lg2, first,
			F(leaf)(shape, 1ULL << size_lg2, size_lg2, 0) - zero, group_lg2);
	else
		ptf_run(pt, shape, table, index, items, first, item - zero, 0);
}

/*
 * The current extent is one item of the lowest table: it, and those like it that come
 * next in the table, have no larger leaf to look for.
 */
static noinline int F(map_pages)(struct ptf_map *map, void *table, enum ptf_map_mode mode,
				 int *live)
{
	const struct ptf_shape *s = ptf_shape(0);
	u64 room = min(map->last, ptf_table_last(0, map->va)) - map->va, entries[64];
	unsigned int index = ptf_index(0, map->va), count, i;

	entries[0] = map->oa;
	count = min_t(u64, room >> s->va_lg2, ARRAY_SIZE(entries) - 1);
	count = 1 + map->pages(map, entries + 1, count);
	if (mode == PTF_MAP && !ptf_run_is(table, s->item_lg2, index, count, F(empty)(0)))
		return -EADDRINUSE;
	if (mode == PTF_OVER)
		*live -= F(gone_items)(&map->gone, 0, table, index, count, map->va);
	if (mode != PTF_COUNT) {
		for (i = 0; i < count; i++)
			entries[i] = F(leaf)(0, entries[i], s->va_lg2, map->bits);
		ptf_store_list(map->pt, table, s->item_lg2, index, count, entries);
		*live += count;
	}
	map->ext_last = map->va + ((u64)count << s->va_lg2) - 1;
	return ptf_map_advance(map, map->ext_last);
}

/* Whether F(map_pages)() is for what comes next */
static __always_inline bool ptf_map_is_page(const struct ptf_map *map, unsigned int shape,
					    unsigned int size_lg2, enum ptf_map_mode mode)
{
	unsigned int lg2 = ptf_shape(0)->va_lg2;

	return PTF_FOR_GPU && !shape && mode != PTF_REPLACE && size_lg2 == lg2 && map->pages &&
	       map->ext_last - map->va == ptf_low(lg2) && map->ext_last != map->last;
}

/* Store the leaves of one size that come next; @live counts items that come into use. */
static __always_inline int ptf_map_leaves(struct ptf_map *map, unsigned int shape,
					  void *table, unsigned int size_lg2,
					  enum ptf_map_mode mode, int *live)
{
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int group_lg2 = size_lg2 - s->va_lg2;
	unsigned int index = ptf_index(shape, map->va), count, items;
	u64 limit = min(map->ext_last, ptf_table_last(shape, map->va));
	u64 bigger = map->sizes & s->leaf_sizes & ~ptf_low(size_lg2 + 1);
	int rc;

	if (ptf_map_is_page(map, shape, size_lg2, mode))
		return F(map_pages)(map, table, mode, live);
	/* A larger leaf may fit from the next multiple of its size on. */
	if (bigger)
		limit = min(limit, map->va | ((bigger & -bigger) - 1));
	if (F(linear_lg2)(shape) < 64 && !map->hole)
		limit = min(limit, map->va + (~map->oa & ptf_low(F(linear_lg2)(shape))));
	count = (limit - map->va + 1) >> size_lg2;
	items = count << group_lg2;

	if (mode == PTF_COUNT)
		return ptf_map_advance(map, map->va + ((u64)count << size_lg2) - 1);
	if (mode == PTF_MAP &&
	    unlikely(!ptf_run_is(table, s->item_lg2, index, items, F(empty)(shape)))) {
		rc = F(map_occupied)(map, shape, table, index, items);
		if (rc)
			return rc;
	}
	if (mode == PTF_OVER)
		*live -= F(gone_items)(&map->gone, shape, table, index, items, map->va);
	if (mode == PTF_REPLACE && table == map->known)
		*live -= items;
	if (!map->hole)
		*live += items;

	if (mode == PTF_REPLACE && map->hole) {
		/* A new table is empty. */
		if (table == map->known)
			ptf_clear(map->pt, shape, table, index, items);
	} else if (PTF_HAVE_NULL && map->null) {
		ptf_run(map->pt, shape, table, index, items, F(null)(shape, size_lg2), 0, 0);
	} else {
		ptf_leaves(map->pt, shape, table, index, items, size_lg2, map->oa, map->bits);
	}
	return ptf_map_advance(map, map->va + ((u64)count << size_lg2) - 1);
}

/* Link @child at an empty item; returns the entry that stands there then. */
static __always_inline u64 ptf_map_link(struct ptf_map *map, unsigned int shape, void *table,
					unsigned int index, unsigned int child, void *lower)
{
	u64 entry = ptf_table_entry(map->pt, shape, table, index, child, lower);
	u64 found = ptf_exchange(map->pt, table, ptf_shape(shape)->item_lg2, index,
				 F(empty)(shape), entry);

	if (found != F(empty)(shape)) {
		ptf_table_put(map->pt, &map->supply, child, lower);
		return found;
	}
	ptf_live(map->pt, table, 1);
	if (PTF_FMT_SYNCED && map->pt->features & PTF_FEAT_INCOHERENT)
		ptf_store_item(table, ptf_shape(shape)->item_lg2, index,
			       entry | PTF_FMT_SYNCED);
	return entry;
}

/* Leaf size that suits what comes next within the item, where its table can have just one */
static __always_inline unsigned int ptf_map_pick(const struct ptf_map *map, unsigned int shape)
{
	u64 end = min(map->ext_last, ptf_item_last(shape, map->va)) + 1;

	if (!ptf_shape(shape)->picks_size)
		return 0;
	return fls64(ptf_fitting(map->sizes, map->va, ~0ULL) & (end ^ (end - 1)) &
		     ptf_low(ptf_shape(shape)->va_lg2 + 1)) - 1;
}

/* Whether all of the item at map->va is still to come */
static __always_inline bool ptf_map_covers(const struct ptf_map *map, unsigned int shape)
{
	return !(map->va & ptf_low(ptf_shape(shape)->va_lg2)) &&
	       ptf_item_last(shape, map->va) <= map->last;
}

/* [map->va, last] was handled by what is repeated; go on after it. */
static __always_inline int ptf_map_repeated(struct ptf_map *map, u64 last)
{
	if (last == map->last)
		return PTF_DONE;
	map->va = last + 1;
	return map->next(map);
}

/*
 * Repetitions come next, and all of the item at map->va is to be filled with
 * them: it and the items after it get one and the same table.
 */
static noinline int F(map_shared)(struct ptf_map *map, unsigned int shape, void *table)
{
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int child = F(child_for)(shape, ptf_map_pick(map, shape));
	unsigned int index = ptf_index(shape, map->va), items, i;
	u64 last = min(map->last, ptf_table_last(shape, map->va)), entry = 0;
	void *lower = map->full[child];
	struct ptf_map below;
	int rc;

	items = (last - map->va + 1) >> s->va_lg2;
	if (!lower) {
		lower = ptf_table_get(map->pt, &map->supply, child);
		if (IS_ERR(lower))
			return PTR_ERR(lower);
		below = *map;
		below.last = ptf_item_last(shape, map->va);
		below.ext_last = min(map->ext_last, below.last);
		below.under_full = true;
		rc = F(map)(&below, child, lower);
		if (rc < 0) {
			F(discard)(map->pt, child, lower);
			return rc;
		}
		map->full[child] = lower;
		F(to_share)(map->pt, &map->supply, child, lower);
	}
	for (i = 0; i < items; i++) {
		if (ptf_entry(shape, table, index + i) != F(empty)(shape))
			break;
		entry = ptf_table_entry(map->pt, shape, table, index + i, child, lower);
	}
	ptf_ref(map->pt, lower, i);
	/* Pairs with the walker's dependency from an entry to its table. */
	smp_wmb();
	ptf_run(map->pt, shape, table, index, i, entry, 0, 0);
	ptf_live(map->pt, table, i);
	return ptf_map_repeated(map, map->va + ((u64)i << s->va_lg2) - 1);
}

/* What F(map_shared)() takes: one table, and what is below that */
static __always_inline int ptf_count_shared(struct ptf_map *map, unsigned int shape)
{
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int child = F(child_for)(shape, ptf_map_pick(map, shape));
	u64 last = min(map->last, ptf_table_last(shape, map->va));
	struct ptf_map below;
	int rc;

	if (!map->full[child]) {
		below = *map;
		below.last = ptf_item_last(shape, map->va);
		below.ext_last = min(map->ext_last, below.last);
		below.under_full = true;
		map->need[child]++;
		map->need_full[child]++;
		rc = F(count)(&below, child, NULL);
		if (rc < 0)
			return rc;
		map->full[child] = map;
	}
	return ptf_map_repeated(map, map->va + ((last - map->va + 1) & ~ptf_low(s->va_lg2)) - 1);
}

/* As ptf_map_below(), for count */
static __always_inline int ptf_count_below(struct ptf_map *map, unsigned int shape, void *table)
{
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int index = ptf_index(shape, map->va), child, has_lg2 = 0;
	unsigned int size_lg2 = ptf_map_pick(map, shape);
	u64 entry = table ? ptf_entry(shape, table, index) : F(empty)(shape);
	enum ptf_kind kind = F(kind)(shape, entry);
	u64 item_va = map->va & ~ptf_low(s->va_lg2);
	void *lower = NULL;

	if (kind == PTF_LEAF || kind == PTF_NULL)
		return -EADDRINUSE;
	if (PTF_FOR_GPU && map->full && s->va_lg2 >= map->repeat_lg2 &&
	    ptf_map_covers(map, shape))
		return ptf_count_shared(map, shape);
	child = F(child_for)(shape, size_lg2);
	if (kind == PTF_TABLE) {
		child = F(child)(shape, entry);
		has_lg2 = ptf_only_size(child);
		lower = ptf_child(map->pt, shape, table, index, entry);
		if (ptf_is_shared(map->pt, lower))
			return -EADDRINUSE;
	}
	if (s->picks_size) {
		if (map->picked_lg2 && map->picked_va == item_va) {
			has_lg2 = map->picked_lg2;
			child = F(child_for)(shape, has_lg2);
			lower = NULL;
		}
		if (has_lg2 && has_lg2 <= size_lg2)
			return F(count)(map, child, lower);
		map->picked_va = item_va;
		map->picked_lg2 = size_lg2;
		child = F(child_for)(shape, size_lg2);
		lower = NULL;
	}
	if (!lower) {
		map->need[child]++;
		if (PTF_FOR_GPU && map->under_full)
			map->need_full[child]++;
	}
	return F(count)(map, child, lower);
}

/*
 * Count for one extent that ends up in one table, where no other table is: one of each
 * shape on the way. Returns whether it is so; @need is as it was if not.
 */
static bool __maybe_unused F(count_one)(const struct ptf_pt *pt, u64 va, u64 last, u64 oa,
					unsigned int *need)
{
	unsigned int shape = ptf_top_shape(READ_ONCE(pt->top)), made = 0;
	u64 all = va | oa | (last + 1), low;

	if (PTF_FMT_PICKS_SIZE)
		return false;
	for (;;) {
		low = ptf_low(ptf_shape(shape)->va_lg2);
		if (!ptf_shape(shape)->children ||
		    (pt->sizes & ptf_shape(shape)->leaf_sizes & (low + 1) && !(all & low)))
			break;
		if ((va ^ last) & ~low)
			return false;
		shape = F(child_for)(shape, 0);
		made |= BIT(shape);
	}
	for (shape = 0; made; shape++, made >>= 1)
		need[shape] += made & 1;
	return true;
}

/*
 * The item at map->va gets a new table, which is filled before it is linked. What
 * was there is known to the caller (replace), or falls out (over); nothing that
 * comes next is beyond the item.
 */
static __always_inline int ptf_map_anew(struct ptf_map *map, unsigned int shape, void *table,
					unsigned int child, enum ptf_map_mode mode)
{
	unsigned int index = ptf_index(shape, map->va), gone = 0;
	u64 va = map->va, entry;
	void *lower = ptf_table_get(map->pt, &map->supply, child);
	int rc;

	if (IS_ERR(lower))
		return PTR_ERR(lower);
	rc = mode == PTF_OVER ? F(map)(map, child, lower) : F(replace)(map, child, lower);
	if (rc < 0) {
		F(discard)(map->pt, child, lower);
		map->va = va;
		return rc;
	}
	if (mode == PTF_OVER)
		gone = F(gone_items)(&map->gone, shape, table, index, 1, va);
	else if (table == map->known)
		gone = 1;
	entry = ptf_table_entry(map->pt, shape, table, index, child, lower);
	ptf_store_table(map->pt, table, ptf_shape(shape)->item_lg2, index, entry);
	ptf_live(map->pt, table, 1 - gone);
	return rc;
}

/* Whether over makes a new table for the item at map->va, rather than to change what is there */
static __always_inline bool ptf_over_anew(struct ptf_map *map, unsigned int shape, void *lower,
					  unsigned int child, unsigned int size_lg2)
{
	return ptf_map_covers(map, shape) &&
	       (ptf_is_shared(map->pt, lower) ||
		(ptf_shape(shape)->picks_size && ptf_only_size(child) != size_lg2));
}

/*
 * Descend into the item at map->va, for which no leaf of this shape is right.
 * A table that has to be made is empty and complete when it is linked.
 */
static __always_inline int ptf_map_below(struct ptf_map *map, unsigned int shape, void *table,
					 enum ptf_map_mode mode)
{
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int index = ptf_index(shape, map->va), child;
	unsigned int size_lg2 = ptf_map_pick(map, shape);
	u64 va = map->va, entry = ptf_entry(shape, table, index);
	enum ptf_kind kind = F(kind)(shape, entry);
	void *lower;
	int rc;

	if (mode == PTF_REPLACE)
		return ptf_map_anew(map, shape, table, F(child_for)(shape, size_lg2), mode);

	if (PTF_FOR_GPU && mode == PTF_MAP && map->full && s->va_lg2 >= map->repeat_lg2 &&
	    ptf_map_covers(map, shape)) {
		rc = kind == PTF_EMPTY ? 0 : F(map_occupied)(map, shape, table, index, 1);
		return rc ?: F(map_shared)(map, shape, table);
	}

	if (likely(kind == PTF_TABLE)) {
		child = F(child)(shape, entry);
		lower = ptf_child(map->pt, shape, table, index, entry);
		/* Whoever linked it may not have cleaned it yet. */
		if (unlikely(map->pt->features & PTF_FEAT_INCOHERENT) &&
		    !(entry & PTF_FMT_SYNCED))
			ptf_stored(map->pt, table, s->item_lg2, index, 1, entry, 0, 0);
		if (mode == PTF_OVER && ptf_over_anew(map, shape, lower, child, size_lg2))
			return ptf_map_anew(map, shape, table, F(child_for)(shape, size_lg2),
					    mode);
		if (ptf_is_shared(map->pt, lower)) {
			/* All of it is in use. */
			if (mode == PTF_MAP)
				return -EADDRINUSE;
			rc = F(unshare)(map->pt, &map->supply, map->change, shape, table, va,
					map->last);
			if (rc)
				return rc;
			entry = ptf_entry(shape, table, index);
			lower = ptf_child(map->pt, shape, table, index, entry);
		}
	} else if (kind == PTF_EMPTY) {
		child = F(child_for)(shape, size_lg2);
		lower = ptf_table_get(map->pt, &map->supply, child);
		if (IS_ERR(lower))
			return PTR_ERR(lower);
		if (PTF_FOR_GPU && map->under_full)
			F(count_full)(map->pt, &map->supply, child, lower);
		entry = ptf_map_link(map, shape, table, index, child, lower);
		if (F(kind)(shape, entry) != PTF_TABLE)
			return -EADDRINUSE;
		child = F(child)(shape, entry);
		lower = ptf_child(map->pt, shape, table, index, entry);
	} else if (mode == PTF_OVER) {
		return ptf_map_anew(map, shape, table, F(child_for)(shape, size_lg2), mode);
	} else {
		return -EADDRINUSE;
	}

	if (s->picks_size && ptf_only_size(child) > size_lg2) {
		rc = F(refine)(map->pt, &map->supply, map->change, shape, table, va, size_lg2);
		if (rc)
			return rc;
		entry = ptf_entry(shape, table, index);
		child = F(child)(shape, entry);
		lower = ptf_child(map->pt, shape, table, index, entry);
	}
	rc = mode == PTF_MAP ? F(map)(map, child, lower) : F(over)(map, child, lower);
	/* A table that was linked for what could not be mapped then */
	if (unlikely(rc < 0) && ptf_unused(map->pt, lower)) {
		ptf_clear(map->pt, shape, table, index, 1);
		ptf_live(map->pt, table, -1);
		F(unlink)(map->pt, map->change, shape, va, va | map->pt->page_mask, child, lower);
	}
	return rc;
}

static __always_inline int ptf_map_items(struct ptf_map *map, unsigned int shape, void *table,
					 enum ptf_map_mode mode, int *live)
{
	unsigned int size_lg2;
	int rc;

	do {
		size_lg2 = ptf_map_size(map, shape);
		if (size_lg2)
			rc = ptf_map_leaves(map, shape, table, size_lg2, mode, live);
		else if (!ptf_shape(shape)->children)
			return PTF_UP;
		else if (mode == PTF_COUNT)
			rc = ptf_count_below(map, shape, table);
		else
			rc = ptf_map_below(map, shape, table, mode);
		if (rc == PTF_UP)
			continue;
		if (rc)
			return rc;
	} while (rc == PTF_UP || map->va & ptf_low(ptf_reach_lg2(shape)));
	return PTF_MORE;
}

static __always_inline int ptf_map_body(struct ptf_map *map, unsigned int shape, void *table,
					enum ptf_map_mode mode)
{
	int live = 0, rc = ptf_map_items(map, shape, table, mode, &live);

	if (mode != PTF_COUNT)
		ptf_live(map->pt, table, live);
	return rc;
}

PTF_DEFINE_OP(map, struct ptf_map, ptf_map_body, PTF_MAP)
PTF_DEFINE_OP(over, struct ptf_map, ptf_map_body, PTF_OVER)
PTF_DEFINE_OP(replace, struct ptf_map, ptf_map_body, PTF_REPLACE)
PTF_DEFINE_OP(count, struct ptf_map, ptf_map_body, PTF_COUNT)

#endif /* PTF_MAP_H */
