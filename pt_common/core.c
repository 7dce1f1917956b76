// SPDX-License-Identifier: GPL-2.0-only
/* What every page table shares, whatever its format: the account of its tables. */
#include <linux/export.h>
#include <linux/module.h>
#include <ptforge/pt.h>

/**
 * ptf_table_alloc() - allocate a table and count it
 * @pt: page table that it is for
 * @bytes: size, a power of two
 * @gfp: may sleep if this allows it
 *
 * Return: zeroed memory, or NULL.
 */
void *ptf_table_alloc(struct ptf_pt *pt, size_t bytes, gfp_t gfp)
{
	void *table = pt->mem->alloc(pt, bytes, gfp);
	long total, peak;

	if (!table)
		return NULL;
	atomic_long_inc(&pt->tables);
	total = atomic_long_add_return(bytes, &pt->table_bytes);
	peak = atomic_long_read(&pt->peak_bytes);
	while (peak < total && !atomic_long_try_cmpxchg(&pt->peak_bytes, &peak, total))
		;
	return table;
}
EXPORT_SYMBOL_GPL(ptf_table_alloc);

/**
 * ptf_table_free() - return a table that no hardware can reach to its allocator
 * @pt: page table that it was for
 * @table: from ptf_table_alloc()
 */
void ptf_table_free(struct ptf_pt *pt, void *table)
{
	atomic_long_sub(pt->mem->free(pt, table), &pt->table_bytes);
	atomic_long_dec(&pt->tables);
}
EXPORT_SYMBOL_GPL(ptf_table_free);

void ptf_free_tables(struct ptf_pt *pt, void *tables)
{
	void *next;

	for (; tables; tables = next) {
		next = *pt->mem->link(tables);
		ptf_table_free(pt, tables);
	}
}
EXPORT_SYMBOL_GPL(ptf_free_tables);

MODULE_DESCRIPTION("ptforge: hardware page tables");
MODULE_LICENSE("GPL");
