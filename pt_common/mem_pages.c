// SPDX-License-Identifier: GPL-2.0-only
/*
 * The usual table memory: whole pages from the page allocator, and for smaller
 * tables slots of a page (packs). What is kept beside a table lies in struct
 * page, where it has list heads. A page's private word points to its pack, if it
 * is one. Pages are accounted as secondary page tables.
 */
#include <linux/bitmap.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmstat.h>
#include <ptforge/pt.h>
#include "compat.h"
#include "side.h"

/**
 * struct ptf_pack - a page of equal slots
 * @node: in &ptf_pt.packs while there are free slots
 * @page: the page's memory
 * @size_lg2: of a slot
 * @used: slots in use
 * @map: bitmap of slots in use
 * @side: by slot, for ptf_mem_ops.side
 */
struct ptf_pack {
	struct list_head node;
	void *page;
	unsigned int size_lg2;
	unsigned int used;
	DECLARE_BITMAP(map, PAGE_SIZE / 8);
	struct ptf_side side[];
};

/* A page that was just allocated becomes a table, or a pack. */
static void *page_init(struct page *page)
{
	set_page_private(page, 0);
	*ptf_page_side(page) = (struct ptf_side){};
	return page_address(page);
}

static gfp_t page_gfp(const struct ptf_pt *pt, gfp_t gfp)
{
	return gfp | __GFP_ZERO | __GFP_COMP | (pt->table_lg2 <= 32 ? GFP_DMA32 : 0);
}

static void *page_alloc(struct ptf_pt *pt, size_t size, gfp_t gfp)
{
	unsigned int order = get_order(size);
	struct page *page;
	void *table;

	page = alloc_pages(page_gfp(pt, gfp), order);
	if (!page)
		return NULL;
	table = page_address(page);
	if (pt->features & PTF_FEAT_INCOHERENT) {
		/* The walker knows the table by its physical address. */
		dma_addr_t dma = dma_map_single(pt->dma_dev, table, PAGE_SIZE << order,
						DMA_TO_DEVICE);

		if (dma_mapping_error(pt->dma_dev, dma)) {
			__free_pages(page, order);
			return NULL;
		}
		if (dma != virt_to_phys(table)) {
			dev_err_once(pt->dma_dev, "ptforge: page tables cannot be translated or bounced\n");
			dma_unmap_single(pt->dma_dev, dma, PAGE_SIZE << order, DMA_TO_DEVICE);
			__free_pages(page, order);
			return NULL;
		}
	}
	mod_node_page_state(page_pgdat(page), NR_SECONDARY_PAGETABLE, 1 << order);
	return page_init(page);
}

static void page_release(struct ptf_pt *pt, struct page *page)
{
	unsigned int order = compound_order(page);

	if (pt->features & PTF_FEAT_INCOHERENT)
		dma_unmap_single(pt->dma_dev, page_to_phys(page), PAGE_SIZE << order,
				 DMA_TO_DEVICE);
	mod_node_page_state(page_pgdat(page), NR_SECONDARY_PAGETABLE, -(1 << order));
	set_page_private(page, 0);
	__free_pages(page, order);
}

static size_t page_free(struct ptf_pt *pt, void *table)
{
	struct page *page = virt_to_page(table);
	size_t bytes = page_size(page);

	page_release(pt, page);
	return bytes;
}

static struct ptf_pack *pack_of(void *table)
{
	return (struct ptf_pack *)page_private(virt_to_page(table));
}

static unsigned int slot_of(const struct ptf_pack *pack, void *table)
{
	return (table - pack->page) >> pack->size_lg2;
}

/* Take a slot of a pack with free ones; under the lock. */
static void *slot_take(struct ptf_pt *pt, unsigned int size_lg2)
{
	unsigned int slots = PAGE_SIZE >> size_lg2, slot;
	struct ptf_pack *pack;

	pack = list_first_entry_or_null(&pt->packs[size_lg2], struct ptf_pack, node);
	if (!pack)
		return NULL;
	slot = find_first_zero_bit(pack->map, slots);
	__set_bit(slot, pack->map);
	pack->side[slot] = (struct ptf_side){};
	if (++pack->used == slots)
		list_del_init(&pack->node);
	return pack->page + (slot << size_lg2);
}

static struct ptf_pack *pack_alloc(struct ptf_pt *pt, unsigned int size_lg2, gfp_t gfp)
{
	struct ptf_pack *pack;

	/* The zone that @gfp may ask for is meant for the table. */
	pack = kzalloc(struct_size(pack, side, PAGE_SIZE >> size_lg2), gfp & ~GFP_ZONEMASK);
	if (!pack)
		return NULL;
	pack->size_lg2 = size_lg2;
	pack->page = page_alloc(pt, PAGE_SIZE, gfp);
	if (!pack->page) {
		kfree(pack);
		return NULL;
	}
	set_page_private(virt_to_page(pack->page), (unsigned long)pack);
	return pack;
}

static void *mem_alloc(struct ptf_pt *pt, size_t size, gfp_t gfp)
{
	unsigned int size_lg2 = ilog2(size);
	struct ptf_pack *pack;
	unsigned long flags;
	void *table;

	if (size >= PAGE_SIZE)
		return page_alloc(pt, size, gfp);

	spin_lock_irqsave(&pt->pack_lock, flags);
	table = slot_take(pt, size_lg2);
	spin_unlock_irqrestore(&pt->pack_lock, flags);
	if (!table) {
		pack = pack_alloc(pt, size_lg2, gfp);
		if (!pack)
			return NULL;
		spin_lock_irqsave(&pt->pack_lock, flags);
		list_add(&pack->node, &pt->packs[size_lg2]);
		table = slot_take(pt, size_lg2);
		spin_unlock_irqrestore(&pt->pack_lock, flags);
	}
	return memset(table, 0, size);
}

static size_t mem_free(struct ptf_pt *pt, void *table)
{
	struct ptf_pack *pack = pack_of(table);
	unsigned int used, size_lg2;
	unsigned long flags;

	if (!pack)
		return page_free(pt, table);

	size_lg2 = pack->size_lg2;
	spin_lock_irqsave(&pt->pack_lock, flags);
	__clear_bit(slot_of(pack, table), pack->map);
	used = --pack->used;
	if (!used)
		list_del(&pack->node);
	else if (list_empty(&pack->node))
		list_add(&pack->node, &pt->packs[size_lg2]);
	spin_unlock_irqrestore(&pt->pack_lock, flags);
	if (!used) {
		page_free(pt, pack->page);
		kfree(pack);
	}
	return 1UL << size_lg2;
}

static struct ptf_side *mem_side(void *table)
{
	struct ptf_pack *pack = pack_of(table);

	return pack ? &pack->side[slot_of(pack, table)] : ptf_page_side(virt_to_page(table));
}

/* Accounts pages that are taken or freed together, node by node. */
struct paged {
	struct pglist_data *node;
	long pages;
};

static void paged_end(struct paged *paged)
{
	if (paged->pages)
		mod_node_page_state(paged->node, NR_SECONDARY_PAGETABLE, paged->pages);
}

static void paged_add(struct paged *paged, struct page *page, long pages)
{
	if (page_pgdat(page) != paged->node) {
		paged_end(paged);
		*paged = (struct paged){ .node = page_pgdat(page) };
	}
	paged->pages += pages;
}

static unsigned int mem_alloc_many(struct ptf_pt *pt, size_t size, gfp_t gfp, unsigned int count,
				   void **tables)
{
	struct page **pages = (struct page **)tables;
	struct paged paged = {};
	unsigned int i;

	if (size != PAGE_SIZE || pt->features & PTF_FEAT_INCOHERENT)
		return 0;
	memset(pages, 0, count * sizeof(*pages));
	count = ptf_compat_alloc_pages_bulk(page_gfp(pt, gfp), count, pages);
	for (i = 0; i < count; i++) {
		paged_add(&paged, pages[i], 1);
		tables[i] = page_init(pages[i]);
	}
	paged_end(&paged);
	return count;
}

static size_t mem_free_many(struct ptf_pt *pt, void *tables, unsigned int *count)
{
	struct page *pages[32], *page;
	struct paged paged = {};
	unsigned int nr = 0;
	size_t bytes = 0;
	void *next;

	for (; tables; tables = next, ++*count) {
		page = virt_to_page(tables);
		if (page_private(page)) {
			next = mem_side(tables)->next;
			bytes += mem_free(pt, tables);
			continue;
		}
		next = ptf_page_side(page)->next;
		bytes += page_size(page);
		if (pt->features & PTF_FEAT_INCOHERENT) {
			page_release(pt, page);
			continue;
		}
		paged_add(&paged, page, -(1L << compound_order(page)));
		pages[nr++] = page;
		if (nr == ARRAY_SIZE(pages)) {
			release_pages(pages, nr);
			nr = 0;
		}
	}
	release_pages(pages, nr);
	paged_end(&paged);
	return bytes;
}

static void mem_clean(struct ptf_pt *pt, void *p, size_t bytes)
{
	dma_sync_single_for_device(pt->dma_dev, virt_to_phys(p), bytes, DMA_TO_DEVICE);
}

const struct ptf_mem_ops ptf_mem_pages = {
	.alloc = mem_alloc,
	.free = mem_free,
	.side = mem_side,
	.clean = mem_clean,
	.alloc_many = mem_alloc_many,
	.free_many = mem_free_many,
	.spares = PTF_SPARES,
};
EXPORT_SYMBOL_GPL(ptf_mem_pages);
