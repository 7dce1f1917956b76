/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mapping: extents of OA are laid over a range of VA, with the largest leaves
 * and contiguous groups that alignment and room allow, in one walk.
 *
 * The same body serves three operations:
 *
 *	map	 into empty items; an occupied one stops it with -EADDRINUSE
 *	replace	 over leaves that the caller knows; no item is empty in between
 *		 unless its extent is a hole, and lower tables are complete before
 *		 they take the place of a leaf
 *	count	 changes nothing and counts the tables that map, or with holes
 *		 replace, would take; a NULL table stands for an empty one
 */
#ifndef PTF_MAP_H
#define PTF_MAP_H

#include "free.h"

/**
 * struct ptf_map - state of a map, replace or count
 * @pt: page table
 * @va: first VA not handled yet
 * @last: last VA of the operation
 * @ext_last: last VA of the current extent
 * @oa: OA at @va, with the encryption bit if the extent wants it
 * @sizes: leaf sizes that the extent's VA and OA agree on
 * @bits: encoded attributes of the extent
 * @hole: the extent maps nothing (replace, count)
 * @next: sets the next extent by ptf_map_extent(); NULL if there is just one
 * @supply: where tables come from (map, replace)
 * @change: gets the empty tables that leaves take the place of, and tables
 *	whose page size had to become smaller (map)
 * @flush: acts on @change before such a leaf is stored; may be NULL where the
 *	driver keeps the range from being walked until @change is flushed
 * @need: by shape, the tables counted (count)
 * @picked_va: start of the item whose page size was counted last (count)
 * @picked_lg2: and that size
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
	int (*next)(struct ptf_map *map);
	struct ptf_supply supply;
	struct ptf_change *change;
	void (*flush)(struct ptf_map *map);
	unsigned int *need;
	u64 picked_va;
	u8 picked_lg2;
};

enum ptf_map_mode { PTF_MAP, PTF_REPLACE, PTF_COUNT };

/* Beside PTF_MORE: the table's page size does not suit the next extent; its parent acts. */
enum { PTF_UP = 2 };

PTF_DECLARE_OP(map, struct ptf_map)
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
 * @map: map, replace or count
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
	unsigned int i;
	u64 entry, va;

	for (i = index; i < index + items; i++) {
		entry = ptf_entry(shape, table, i);
		switch (F(kind)(shape, entry)) {
		case PTF_EMPTY:
			continue;
		case PTF_TABLE:
			if (ptf_is_empty(map->pt, F(child)(shape, entry),
					 ptf_child(map->pt, shape, entry)))
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
		ptf_clear(map->pt, shape, table, i, 1);
		F(unlink)(map->pt, map->change, shape, va, entry);
	}
	if (map->flush)
		map->flush(map);
	return 0;
}

/* Store the leaves of one size that come next. */
static __always_inline int ptf_map_leaves(struct ptf_map *map, unsigned int shape,
					  void *table, unsigned int size_lg2,
					  enum ptf_map_mode mode)
{
	const struct ptf_shape *s = ptf_shape(shape);
	unsigned int group_lg2 = size_lg2 - s->va_lg2;
	unsigned int index = ptf_index(shape, map->va), count;
	u64 limit = min(map->ext_last, ptf_table_last(shape, map->va));
	u64 bigger = map->sizes & s->leaf_sizes & ~ptf_low(size_lg2 + 1);
	u64 item = 1ULL << s->va_lg2, size = 1ULL << size_lg2;
	u64 zero, first;
	int rc;

	/* A larger leaf may fit from the next multiple of its size on. */
	if (bigger)
		limit = min(limit, map->va | ((bigger & -bigger) - 1));
	if (F(linear_lg2)(shape) < 64 && !map->hole)
		limit = min(limit, map->va + (~map->oa & ptf_low(F(linear_lg2)(shape))));
	count = (limit - map->va + 1) >> size_lg2;

	if (mode == PTF_MAP &&
	    unlikely(!ptf_run_is(table, s->item_lg2, index, count << group_lg2,
				 F(empty)(shape)))) {
		rc = F(map_occupied)(map, shape, table, index, count << group_lg2);
		if (rc)
			return rc;
	}
	if (mode != PTF_COUNT) {
		if (mode == PTF_REPLACE && map->hole) {
			ptf_clear(map->pt, shape, table, index, count << group_lg2);
		} else {
			/* Items of a group hold the same value or each their own OA. */
			first = F(leaf)(shape, map->oa, size_lg2, map->bits);
			zero = F(leaf)(shape, 0, size_lg2, 0);
			if (group_lg2 && F(leaf)(shape, item, size_lg2, 0) == zero)
				ptf_run(map->pt, shape, table, index, count, first,
					F(leaf)(shape, size, size_lg2, 0) - zero, group_lg2);
			else
				ptf_run(map->pt, shape, table, index, count << group_lg2, first,
					F(leaf)(shape, item, size_lg2, 0) - zero, 0);
		}
	}
	return ptf_map_advance(map, map->va + ((u64)count << size_lg2) - 1);
}

/* Link @child at an empty item; returns the entry that stands there then. */
static __always_inline u64 ptf_map_link(struct ptf_map *map, unsigned int shape, void *table,
					unsigned int index, unsigned int child, void *lower)
{
	u64 entry = ptf_table_entry(map->pt, shape, child, lower);
	u64 found = ptf_exchange(map->pt, table, ptf_shape(shape)->item_lg2, index,
				 F(empty)(shape), entry);

	if (found != F(empty)(shape)) {
		ptf_table_put(map->pt, &map->supply, child, lower);
		return found;
	}
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
	u64 entry = F(empty)(shape);
	enum ptf_kind kind;
	void *lower;
	int rc;

	if (mode != PTF_COUNT || table)
		entry = ptf_entry(shape, table, index);
	kind = F(kind)(shape, entry);

	if (mode == PTF_COUNT) {
		u64 item_va = map->va & ~ptf_low(s->va_lg2);
		unsigned int has_lg2 = 0;

		if (kind == PTF_LEAF || kind == PTF_NULL)
			return -EADDRINUSE;
		child = F(child_for)(shape, size_lg2);
		lower = NULL;
		if (kind == PTF_TABLE) {
			has_lg2 = ptf_only_size(F(child)(shape, entry));
			child = F(child)(shape, entry);
			lower = ptf_child(map->pt, shape, entry);
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
		if (!lower)
			map->need[child]++;
		return F(count)(map, child, lower);
	}

	if (likely(kind == PTF_TABLE)) {
		/* Whoever linked it may not have cleaned it yet. */
		if (unlikely(map->pt->features & PTF_FEAT_INCOHERENT) &&
		    !(entry & PTF_FMT_SYNCED))
			ptf_written(map->pt, ptf_item(table, s->item_lg2, index),
				    1UL << s->item_lg2);
	} else if (mode == PTF_MAP) {
		if (kind != PTF_EMPTY)
			return -EADDRINUSE;
		child = F(child_for)(shape, size_lg2);
		lower = ptf_table_get(map->pt, &map->supply, child);
		if (IS_ERR(lower))
			return PTR_ERR(lower);
		entry = ptf_map_link(map, shape, table, index, child, lower);
		if (F(kind)(shape, entry) != PTF_TABLE)
			return -EADDRINUSE;
	} else {
		child = F(child_for)(shape, size_lg2);
		lower = ptf_table_get(map->pt, &map->supply, child);
		if (IS_ERR(lower))
			return PTR_ERR(lower);
		rc = F(replace)(map, child, lower);
		ptf_store_table(map->pt, table, s->item_lg2, index,
				ptf_table_entry(map->pt, shape, child, lower));
		return rc;
	}

	if (s->picks_size && ptf_only_size(F(child)(shape, entry)) > size_lg2) {
		rc = F(refine)(map->pt, &map->supply, map->change, shape, table, map->va,
			       size_lg2);
		if (rc)
			return rc;
		entry = ptf_entry(shape, table, index);
	}
	child = F(child)(shape, entry);
	lower = ptf_child(map->pt, shape, entry);
	return mode == PTF_MAP ? F(map)(map, child, lower) : F(replace)(map, child, lower);
}

static __always_inline int ptf_map_body(struct ptf_map *map, unsigned int shape, void *table,
					enum ptf_map_mode mode)
{
	unsigned int size_lg2;
	int rc;

	do {
		size_lg2 = ptf_map_size(map, shape);
		if (size_lg2)
			rc = ptf_map_leaves(map, shape, table, size_lg2, mode);
		else if (ptf_shape(shape)->children)
			rc = ptf_map_below(map, shape, table, mode);
		else
			return PTF_UP;
		if (rc == PTF_UP)
			continue;
		if (rc)
			return rc;
	} while (rc == PTF_UP || map->va & ptf_low(ptf_reach_lg2(shape)));
	return PTF_MORE;
}

PTF_DEFINE_OP(map, struct ptf_map, ptf_map_body, PTF_MAP)
PTF_DEFINE_OP(replace, struct ptf_map, ptf_map_body, PTF_REPLACE)
PTF_DEFINE_OP(count, struct ptf_map, ptf_map_body, PTF_COUNT)

#endif /* PTF_MAP_H */
