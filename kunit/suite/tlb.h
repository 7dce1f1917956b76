/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a walker may remember: leaves (a TLB) and pointers to tables (walk
 * caches). It forgets only what a struct ptf_flush covers; then whatever is left
 * must still be true, and no pointer may lead to a table that is freed.
 */
#ifndef PTF_SUITE_TLB_H
#define PTF_SUITE_TLB_H

#define TLB_SLOTS 48

struct tlb_leaf {
	enum ptf_kind kind;
	u64 va;
	u64 at;		/* what was looked up: one item of a group */
	u64 oa;
	u64 bits;
	u8 size_lg2;
	u8 level;
	bool valid;
};

struct tlb_walk {
	u64 va;
	u64 last;
	void *child;
	u8 level;
	bool valid;
};

/**
 * struct tlb - caches of a page table's walker
 * @pt: the page table
 * @leaf: leaves
 * @walk: pointers to tables, with the level of the table that holds them
 * @next_leaf: slot to use next
 * @next_walk: likewise
 * @why: first thing that went wrong
 * @va: where
 */
struct tlb {
	struct ptf_pt *pt;
	struct tlb_leaf leaf[TLB_SLOTS];
	struct tlb_walk walk[TLB_SLOTS];
	unsigned int next_leaf;
	unsigned int next_walk;
	const char *why;
	u64 va;
};

static bool tlb_blame(struct tlb *tlb, const char *why, u64 va)
{
	if (!tlb->why) {
		tlb->why = why;
		tlb->va = va;
	}
	return false;
}

/* The walker translates @va and remembers all it saw on the way. */
static void tlb_fill(struct tlb *tlb, u64 va)
{
	struct seen seen;
	unsigned int i;
	int level;

	for (level = F(shapes)[ptf_top_shape(tlb->pt->top)].level; level >= 0; level--) {
		seen = walker_at(tlb->pt, va, level);
		if (seen.kind != PTF_TABLE)
			break;
		tlb->walk[tlb->next_walk++ % TLB_SLOTS] = (struct tlb_walk){
			.va = seen.va,
			.last = seen.va | ((1ULL << seen.size_lg2) - 1),
			.child = walker_child(tlb->pt, seen.shape, seen.entry),
			.level = F(shapes)[seen.shape].level,
			.valid = true,
		};
	}
	if (seen.kind != PTF_LEAF && seen.kind != PTF_NULL)
		return;
	for (i = 0; i < TLB_SLOTS; i++)
		if (tlb->leaf[i].valid && tlb->leaf[i].va == seen.va)
			break;
	if (i == TLB_SLOTS)
		i = tlb->next_leaf++ % TLB_SLOTS;
	tlb->leaf[i] = (struct tlb_leaf){
		.kind = seen.kind,
		.va = seen.va,
		.at = va,
		.oa = seen.oa,
		.bits = seen.bits,
		.size_lg2 = seen.size_lg2,
		.level = F(shapes)[seen.shape].level,
		.valid = true,
	};
}

/* The driver invalidates what it was told, in steps of the smallest leaf, and nothing else. */
static void tlb_flush(struct tlb *tlb, const struct ptf_flush *flush)
{
	unsigned int i;

	for (i = 0; i < TLB_SLOTS; i++) {
		struct tlb_leaf *leaf = &tlb->leaf[i];
		struct tlb_walk *walk = &tlb->walk[i];

		if (leaf->va <= flush->last && flush->leaf_levels & BIT(leaf->level) &&
		    (leaf->va | ((1ULL << leaf->size_lg2) - 1)) >= flush->start &&
		    leaf->size_lg2 >= flush->min_size_lg2)
			leaf->valid = false;
		if (walk->va <= flush->last && walk->last >= flush->start &&
		    flush->table_levels & BIT(walk->level))
			walk->valid = false;
	}
}

/* What is remembered is still so, over the whole of each leaf. */
static bool tlb_check(struct tlb *tlb)
{
	struct tlb_leaf *leaf;
	struct tlb_walk *walk;
	struct seen seen;
	unsigned int i;
	u64 va, last;

	for (i = 0; i < TLB_SLOTS && !tlb->why; i++) {
		leaf = &tlb->leaf[i];
		walk = &tlb->walk[i];
		last = leaf->va | ((1ULL << leaf->size_lg2) - 1);
		for (va = leaf->va; leaf->valid; va = seen.va + (1ULL << seen.size_lg2)) {
			seen = walker_at(tlb->pt, va, 0);
			if (seen.kind != leaf->kind ||
			    (seen.kind == PTF_LEAF &&
			     seen_oa(&seen, va) != leaf->oa + (va - leaf->va)))
				return tlb_blame(tlb, "stale translation", va);
			if (F(clean)(seen.shape, seen.bits) != F(clean)(seen.shape, leaf->bits))
				return tlb_blame(tlb, "stale attributes", va);
			if ((seen.va | ((1ULL << seen.size_lg2) - 1)) >= last)
				break;
		}
		/* Hardware records no write through a leaf that it takes for dirty. */
		seen = walker_at(tlb->pt, leaf->at, 0);
		if (leaf->valid && F(dirty)(seen.shape, leaf->bits) &&
		    !F(dirty)(seen.shape, seen.bits))
			return tlb_blame(tlb, "stale dirty state", leaf->at);
		if (!walk->valid)
			continue;
		seen = walker_at(tlb->pt, walk->va, walk->level);
		if (seen.kind != PTF_TABLE || F(shapes)[seen.shape].level != walk->level ||
		    walker_child(tlb->pt, seen.shape, seen.entry) != walk->child)
			return tlb_blame(tlb, "stale pointer to a table", walk->va);
	}
	return !tlb->why;
}

/* A table goes back to its allocator; @ctx is the struct tlb. */
static void tlb_table_freed(struct tlb *tlb, void *table)
{
	unsigned int i;

	for (i = 0; i < TLB_SLOTS; i++)
		if (tlb->walk[i].valid && tlb->walk[i].child == table)
			tlb_blame(tlb, "table freed while a walk cache has it", tlb->walk[i].va);
}

#endif /* PTF_SUITE_TLB_H */
