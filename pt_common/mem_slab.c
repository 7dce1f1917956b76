// SPDX-License-Identifier: GPL-2.0-only
/*
 * Table memory from the slab allocator, for drivers that want its accounting and its
 * caches per processor. What is kept beside a table is found by the table's address,
 * which makes this slower than ptf_mem_pages.
 */
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <ptforge/pt.h>

/**
 * struct slab_table - what is known of a table
 * @side: for ptf_mem_ops.side
 * @size: bytes
 */
struct slab_table {
	struct ptf_side side;
	size_t size;
};

/* Of all page tables, by slab_index() */
static DEFINE_XARRAY(slab_tables);

static unsigned long slab_index(void *table)
{
	return (unsigned long)table / ARCH_SLAB_MINALIGN;
}

static int slab_store(void *table, struct slab_table *known, gfp_t gfp)
{
	XA_STATE(xas, &slab_tables, slab_index(table));
	unsigned long flags;

	do {
		xas_lock_irqsave(&xas, flags);
		xas_store(&xas, known);
		xas_unlock_irqrestore(&xas, flags);
	} while (xas_nomem(&xas, gfp));
	return xas_error(&xas);
}

static void *slab_alloc(struct ptf_pt *pt, size_t size, gfp_t gfp)
{
	struct slab_table *known;
	void *table;

	/* Powers of two are aligned to their size. */
	table = kzalloc(size, gfp);
	if (!table)
		return NULL;
	known = kzalloc(sizeof(*known), gfp);
	if (known) {
		known->size = size;
		if (!slab_store(table, known, gfp))
			return table;
	}
	kfree(known);
	kfree(table);
	return NULL;
}

static size_t slab_free(struct ptf_pt *pt, void *table)
{
	struct slab_table *known;
	unsigned long flags;
	size_t size;

	xa_lock_irqsave(&slab_tables, flags);
	known = __xa_erase(&slab_tables, slab_index(table));
	xa_unlock_irqrestore(&slab_tables, flags);
	size = known->size;
	kfree(known);
	kfree(table);
	return size;
}

static struct ptf_side *slab_side(void *table)
{
	struct slab_table *known = xa_load(&slab_tables, slab_index(table));

	return &known->side;
}

const struct ptf_mem_ops ptf_mem_slab = {
	.alloc = slab_alloc,
	.free = slab_free,
	.side = slab_side,
	.spares = PTF_SPARES,
};
EXPORT_SYMBOL_GPL(ptf_mem_slab);
