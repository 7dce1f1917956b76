/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A walker that shares nothing with the core but the format's functions: the
 * suite's stand-in for hardware. It sees memory as hardware does.
 */
#ifndef PTF_SUITE_WALKER_H
#define PTF_SUITE_WALKER_H

/* What a walker sees of a table */
static const void *mem_view(struct test_mem *mem, void *table)
{
	struct test_table *t = mem->shadowed ? mem_find(mem, table) : NULL;

	return t ? t->shadow : table;
}

/**
 * struct seen - what the walk for one VA ended at
 * @kind: of the last item
 * @shape: of the table that holds it
 * @table: that table
 * @view: what the walker sees of it
 * @index: of the item
 * @entry: the item
 * @va: first VA that it covers
 * @size_lg2: of what it covers; a leaf's own size
 * @oa: OA of the leaf's first byte, encryption bit included; 0 for a null leaf
 * @bits: attribute bits; 0 for a null leaf
 */
struct seen {
	enum ptf_kind kind;
	unsigned int shape;
	void *table;
	const void *view;
	unsigned int index;
	u64 entry;
	u64 va;
	unsigned int size_lg2;
	u64 oa;
	u64 bits;
};

/* Level of the tables that hold leaves of a size */
static unsigned int size_level(unsigned int size_lg2)
{
	unsigned int shape;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
		if (F(shapes)[shape].leaf_sizes >> size_lg2 & 1)
			break;
	return F(shapes)[shape].level;
}

static u64 item_read(const void *table, unsigned int shape, unsigned int index)
{
	if (F(shapes)[shape].item_lg2 == 2)
		return READ_ONCE(((const u32 *)table)[index]);
	return READ_ONCE(((const u64 *)table)[index]);
}

static void item_write(void *table, unsigned int shape, unsigned int index, u64 value)
{
	if (F(shapes)[shape].item_lg2 == 2)
		WRITE_ONCE(((u32 *)table)[index], value);
	else
		WRITE_ONCE(((u64 *)table)[index], value);
}

static void *walker_child(const struct ptf_pt *pt, unsigned int shape, u64 entry)
{
	return phys_to_virt(F(table_pa)(shape, entry) & ~pt->encrypt_mask);
}

/* The root, where the walker knows it */
static void *walker_root(const struct ptf_pt *pt, unsigned long top)
{
	void *table = ptf_top_table(top);

	return pt->device ? phys_to_virt(ptf_mirror_of(table)->device.addr) : table;
}

/* Items of a table; a root that needs not all of them has fewer. */
static unsigned int walker_items(const struct ptf_pt *pt, unsigned int shape)
{
	const struct ptf_shape *s = &F(shapes)[shape];
	unsigned int lg2 = s->index_lg2;

	while (s->min_index_lg2 && lg2 > s->min_index_lg2 && s->va_lg2 + lg2 > pt->va_lg2)
		lg2--;
	return 1U << lg2;
}

/* One item at @va of the table that @seen says */
static void walker_item(struct seen *seen, u64 va)
{
	const struct ptf_shape *s = &F(shapes)[seen->shape];

	seen->index = va >> s->va_lg2 & ((1ULL << s->index_lg2) - 1);
	seen->entry = item_read(seen->view, seen->shape, seen->index);
	seen->kind = F(kind)(seen->shape, seen->entry);
	seen->size_lg2 = s->va_lg2;
	if (seen->kind == PTF_LEAF) {
		seen->size_lg2 = F(leaf_size)(seen->shape, seen->entry);
		seen->oa = F(leaf_oa)(seen->shape, seen->entry) &
			   ~((1ULL << seen->size_lg2) - 1);
		seen->bits = F(leaf_bits)(seen->shape, seen->entry);
	} else if (seen->kind == PTF_NULL) {
		seen->size_lg2 = F(leaf_size)(seen->shape, seen->entry);
		seen->oa = 0;
		seen->bits = 0;
	}
	seen->va = va & ~((1ULL << seen->size_lg2) - 1);
}

/* Walk to @va; stops at @level, for the entry of that level, or at what is no table. */
static struct seen walker_at(struct ptf_pt *pt, u64 va, unsigned int level)
{
	unsigned long top = READ_ONCE(pt->top);
	struct seen seen = { .shape = ptf_top_shape(top), .table = walker_root(pt, top) };
	unsigned int reach = F(shapes)[seen.shape].va_lg2 + F(shapes)[seen.shape].index_lg2;

	if (pt->features & PTF_FEAT_DYNAMIC_TOP && reach < 64 && va >> reach)
		return (struct seen){ .kind = PTF_EMPTY, .shape = seen.shape, .va = va };
	for (;;) {
		seen.view = mem_view(pt->mem_ctx, seen.table);
		walker_item(&seen, va);
		if (seen.kind != PTF_TABLE || F(shapes)[seen.shape].level <= level)
			return seen;
		seen.table = walker_child(pt, seen.shape, seen.entry);
		seen.shape = F(child)(seen.shape, seen.entry);
	}
}

/* OA that hardware finds at @va, in a leaf that was seen there */
static u64 seen_oa(const struct seen *seen, u64 va)
{
	return seen->oa + (va - seen->va);
}

static u64 walker_bytes(const struct ptf_pt *pt, unsigned int shape)
{
	const struct ptf_shape *s = &F(shapes)[shape];

	return max_t(u64, (u64)walker_items(pt, shape) << s->item_lg2,
		     s->align_lg2 ? 1ULL << s->align_lg2 : 0);
}

/**
 * struct audit - of all tables that can be reached
 * @pt: page table
 * @tables: how many there are
 * @bytes: and how large
 * @leaves: leaves in them
 * @why: what is wrong, NULL if nothing
 * @va: where
 */
struct audit {
	struct ptf_pt *pt;
	unsigned long tables;
	unsigned long bytes;
	unsigned long leaves;
	const char *why;
	u64 va;
};

/* Entries are what the encoders make, and groups complete. */
static unsigned int audit_leaf(struct audit *audit, const struct seen *seen)
{
	const struct ptf_shape *s = &F(shapes)[seen->shape];
	unsigned int items = 1U << (seen->size_lg2 - s->va_lg2), i;
	u64 bits = F(clean)(seen->shape, seen->bits), entry, right;

	audit->leaves++;
	if (!(s->leaf_sizes & BIT_ULL(seen->size_lg2)))
		audit->why = "leaf of a size that the shape has not";
	else if (!(audit->pt->sizes & BIT_ULL(seen->size_lg2)))
		audit->why = "leaf of a size that is not in use";
	else if (seen->index & (items - 1))
		audit->why = "group does not start where it should";
	else if (seen->oa & ~audit->pt->encrypt_mask & ~ptf_low(audit->pt->oa_lg2))
		audit->why = "leaf beyond the OA width";
	for (i = 0; i < items && !audit->why; i++) {
		entry = item_read(seen->view, seen->shape, seen->index + i);
		entry = F(clean)(seen->shape, entry);
		right = seen->kind == PTF_NULL ? F(null)(seen->shape, seen->size_lg2) :
			F(leaf)(seen->shape, seen->oa + ((u64)i << s->va_lg2), seen->size_lg2,
				bits);
		if (entry != right)
			audit->why = "item is not what the encoder makes";
	}
	return items;
}

static void audit_table(struct audit *audit, unsigned int shape, void *table, u64 va)
{
	const struct ptf_shape *s = &F(shapes)[shape];
	struct ptf_pt *pt = audit->pt;
	struct seen seen = {
		.shape = shape, .table = table, .view = mem_view(pt->mem_ctx, table),
	};
	struct test_mem *mem = pt->mem_ctx;
	struct test_table *t = mem_find(mem, table);
	unsigned int index, items, child;

	if (!t) {
		audit->why = "table is not allocated";
		return;
	}
	if (t->audit == mem->audits) {
		t->links++;
		return;
	}
	t->audit = mem->audits;
	t->links = 1;
	t->live = 0;
	if (pt->device &&
	    memcmp(container_of(t->side, struct ptf_mirror, side) + 1, table,
		   (size_t)walker_items(pt, shape) << s->item_lg2))
		audit->why = "mirror is not what the device has";
	audit->tables++;
	audit->bytes += walker_bytes(pt, shape);
	for (index = 0; index < walker_items(pt, shape) && !audit->why; index += items) {
		items = 1;
		if (item_read(seen.view, shape, index) == F(empty)(shape))
			continue;
		walker_item(&seen, va + ((u64)index << s->va_lg2));
		switch (seen.kind) {
		case PTF_EMPTY:
			audit->why = "empty item is not the empty value";
			break;
		case PTF_TABLE:
			child = F(child)(shape, seen.entry);
			if (child >= PTF_FMT_SHAPES || !(s->children & BIT(child)))
				audit->why = "entry leads to a shape that is no child";
			else if ((F(table_pa)(shape, seen.entry) & pt->encrypt_mask) !=
				 pt->encrypt_mask)
				audit->why = "table entry without the encryption bit";
			else
				audit_table(audit, child,
					    walker_child(pt, shape, seen.entry), seen.va);
			break;
		case PTF_LEAF:
		case PTF_NULL:
			items = audit_leaf(audit, &seen);
			break;
		}
		t->live += items;
		if (audit->why && !audit->va)
			audit->va = seen.va;
	}
}

/* What the page table knows of each table: how many items are in use, and point to it */
static void audit_counts(struct audit *audit)
{
	struct test_mem *mem = audit->pt->mem_ctx;
	unsigned long shares = 0;
	struct test_table *t;
	unsigned int i;

	for (i = 0; i < MEM_BUCKETS; i++) {
		for (t = mem->buckets[i]; t; t = t->next) {
			if (t->audit != mem->audits)
				continue;
			shares += t->links > 1;
			if (audit->why)
				continue;
			if (t->side->refs != t->links - 1)
				audit->why = "number of items that point to a table";
			else if (t->side->live != t->live)
				audit->why = "number of items in use";
			else if (t->side->next)
				audit->why = "table in a list";
		}
	}
	if (!audit->why && shares != audit->pt->shares)
		audit->why = "number of shared tables";
}

/* What is kept for later: no way leads there, and it is empty, or known to be dirty. */
static void audit_spares(struct audit *audit)
{
	struct ptf_pt *pt = audit->pt;
	struct test_mem *mem = pt->mem_ctx;
	unsigned int shape, index, count;
	struct test_table *t;
	void *table;

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++) {
		count = 0;
		for (table = pt->spares.tables[shape]; table; table = t->side->next) {
			t = mem_find(mem, table);
			if (!t || t->audit == mem->audits) {
				audit->why = "a spare is in use, or freed";
				return;
			}
			t->audit = mem->audits;
			count++;
			audit->tables++;
			audit->bytes += walker_bytes(pt, shape);
			if (t->side->dirty)
				continue;
			for (index = 0; index < walker_items(pt, shape); index++)
				if (item_read(mem_view(mem, table), shape, index) !=
				    F(empty)(shape))
					audit->why = "a spare is not empty";
			if (t->side->refs || t->side->live || t->side->full)
				audit->why = "a spare counts";
		}
		if (count != pt->spares.count[shape] || count > pt->spares.most)
			audit->why = "number of spares";
	}
}

/* Look at all tables; their number must be the one that the page table knows. */
static bool walker_audit(struct ptf_pt *pt, struct audit *audit)
{
	*audit = (struct audit){ .pt = pt };
	((struct test_mem *)pt->mem_ctx)->audits++;
	audit_table(audit, ptf_top_shape(pt->top), walker_root(pt, pt->top), 0);
	if (ptf_counted(pt))
		audit_counts(audit);
	if (!audit->why)
		audit_spares(audit);
	if (!audit->why && audit->tables != atomic_long_read(&pt->tables))
		audit->why = "not all tables can be reached";
	if (!audit->why && audit->bytes != atomic_long_read(&pt->table_bytes))
		audit->why = "bytes of tables are not their sum";
	return !audit->why;
}

#endif /* PTF_SUITE_WALKER_H */
