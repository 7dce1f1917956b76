/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of a table, without a call where it is a page of ptf_mem_pages. */
#ifndef PTF_SIDE_H
#define PTF_SIDE_H

#include <linux/mm.h>
#include <ptforge/pt.h>

#ifdef __KERNEL__
/* Beside a page: in its list head. */
static __always_inline struct ptf_side *ptf_page_side(struct page *page)
{
	static_assert(sizeof(struct ptf_side) <= sizeof_field(struct page, lru));
	return (struct ptf_side *)&page->lru;
}
#endif

static __always_inline struct ptf_side *ptf_side(const struct ptf_pt *pt, void *table)
{
#ifdef __KERNEL__
	/* The private word of a page that is cut into small tables is not 0. */
	if (likely(pt->mem == &ptf_mem_pages) && likely(!page_private(virt_to_page(table))))
		return ptf_page_side(virt_to_page(table));
#endif
	return pt->mem->side(table);
}

#endif /* PTF_SIDE_H */
