// SPDX-License-Identifier: GPL-2.0-only
/* The sources that drivers have, see ptforge/source.h. */
#include <linux/export.h>
#include <linux/hmm.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <ptforge/source.h>

static bool end_next(struct ptf_source *source, struct ptf_extent *extent)
{
	return false;
}

/**
 * ptf_source_contig() - one contiguous piece of OA
 * @source: initialised
 * @oa: first OA
 * @size: bytes
 */
void ptf_source_contig(struct ptf_source *source, u64 oa, u64 size)
{
	*source = (struct ptf_source){ .next = end_next, .ahead = { .oa = oa, .size = size } };
}
EXPORT_SYMBOL_GPL(ptf_source_contig);

/*
 * For &ptf_source.pages: @peek sets the element to come, or returns false at the end;
 * @skip goes on to the one after.
 */
static __always_inline size_t list_pages(struct ptf_source *from, u64 *oa, size_t count, u64 page,
					 u64 never,
					 bool (*peek)(const struct ptf_source *source,
						      struct ptf_extent *extent),
					 void (*skip)(struct ptf_source *source, u64 bytes))
{
	struct ptf_source source = *from;
	struct ptf_extent ahead = source.ahead, next = {};
	size_t n;

	if (ahead.size != page || ahead.attrs || ahead.oa & never)
		return 0;
	for (n = 0; n < count && peek(&source, &next); n++) {
		if (next.size != page || next.oa == ahead.oa + page || next.oa & never)
			break;
		oa[n] = ahead.oa;
		ahead.oa = next.oa;
		skip(&source, page);
	}
	source.ahead.oa = ahead.oa;
	*from = source;
	return n;
}

/* Defines name_pages() of name_peek() and name_skip(). */
#define LIST_PAGES(name)								\
static size_t name##_pages(struct ptf_source *source, u64 *oa, size_t count, u64 page,	\
			   u64 never)							\
{											\
	return list_pages(source, oa, count, page, never, name##_peek, name##_skip);	\
}

static __always_inline bool sg_peek(const struct ptf_source *source, struct ptf_extent *extent)
{
	if (!source->left || !source->sg || source->skip)
		return false;
	extent->oa = sg_dma_address(source->sg);
	extent->size = min_t(u64, sg_dma_len(source->sg), source->left);
	return true;
}

static __always_inline void sg_skip(struct ptf_source *source, u64 bytes)
{
	source->sg = sg_next(source->sg);
	source->left -= bytes;
}

LIST_PAGES(sg)

static bool sg_source_next(struct ptf_source *source, struct ptf_extent *extent)
{
	struct scatterlist *sg;

	while (source->left && source->sg) {
		sg = source->sg;
		source->sg = sg_next(sg);
		if (ptf_source_take(source, extent, sg_dma_address(sg), sg_dma_len(sg)))
			return true;
	}
	return false;
}

/**
 * ptf_source_sg() - a piece of a DMA-mapped scatter-gather table
 * @source: initialised
 * @sgt: the table; it has to live as long as the source
 * @offset: bytes to leave out at its start
 * @size: bytes to take
 */
void ptf_source_sg(struct ptf_source *source, struct sg_table *sgt, u64 offset, u64 size)
{
	*source = (struct ptf_source){
		.next = sg_source_next, .pages = sg_pages, .sg = sgt->nents ? sgt->sgl : NULL,
		.skip = offset, .left = size,
	};
}
EXPORT_SYMBOL_GPL(ptf_source_sg);

static __always_inline bool dma_peek(const struct ptf_source *source, struct ptf_extent *extent)
{
	if (!source->left)
		return false;
	extent->oa = *source->addrs;
	extent->size = source->page_bytes;
	return true;
}

static __always_inline void dma_skip(struct ptf_source *source, u64 bytes)
{
	source->addrs++;
	source->left -= bytes;
}

LIST_PAGES(dma)

static bool dma_source_next(struct ptf_source *source, struct ptf_extent *extent)
{
	if (!dma_peek(source, extent))
		return false;
	dma_skip(source, extent->size);
	return true;
}

/**
 * ptf_source_dma() - an array of page addresses
 * @source: initialised
 * @addrs: DMA addresses; the array has to live as long as the source
 * @count: how many
 * @page_bytes: size of each page
 */
void ptf_source_dma(struct ptf_source *source, const dma_addr_t *addrs, size_t count,
		    size_t page_bytes)
{
	*source = (struct ptf_source){
		.next = dma_source_next, .pages = dma_pages, .addrs = addrs,
		.left = (u64)count * page_bytes, .page_bytes = page_bytes,
	};
}
EXPORT_SYMBOL_GPL(ptf_source_dma);

static __always_inline bool page_peek(const struct ptf_source *source, struct ptf_extent *extent)
{
	if (!source->left)
		return false;
	extent->oa = page_to_phys(*source->page);
	extent->size = PAGE_SIZE;
	return true;
}

static __always_inline void page_skip(struct ptf_source *source, u64 bytes)
{
	source->page++;
	source->left -= bytes;
}

LIST_PAGES(page)

static bool page_source_next(struct ptf_source *source, struct ptf_extent *extent)
{
	if (!page_peek(source, extent))
		return false;
	page_skip(source, extent->size);
	return true;
}

/**
 * ptf_source_pages() - an array of pages, at their physical addresses
 * @source: initialised
 * @pages: the pages; the array has to live as long as the source
 * @count: how many
 *
 * For devices that reach memory without translation by the DMA API. The pages of
 * large folios are joined like any others that follow each other.
 */
void ptf_source_pages(struct ptf_source *source, struct page *const *pages, size_t count)
{
	*source = (struct ptf_source){
		.next = page_source_next, .pages = page_pages, .page = pages,
		.left = (u64)count * PAGE_SIZE,
	};
}
EXPORT_SYMBOL_GPL(ptf_source_pages);

static bool folios_source_next(struct ptf_source *source, struct ptf_extent *extent)
{
	struct folio *folio;

	while (source->left && source->count) {
		folio = *source->folios++;
		source->count--;
		if (ptf_source_take(source, extent, PFN_PHYS(folio_pfn(folio)), folio_size(folio)))
			return true;
	}
	return false;
}

/**
 * ptf_source_folios() - an array of folios, at their physical addresses
 * @source: initialised
 * @folios: whole folios, one after the other, each once (as memfd_pin_folios()
 *	gives them); the array has to live as long as the source
 * @count: how many
 * @offset: bytes to leave out at the start of the first
 * @size: bytes to take
 *
 * For devices that reach memory without translation by the DMA API. Who has pages
 * of folios, rather than whole ones, uses ptf_source_pages().
 */
void ptf_source_folios(struct ptf_source *source, struct folio *const *folios, size_t count,
		       u64 offset, u64 size)
{
	*source = (struct ptf_source){
		.next = folios_source_next, .folios = folios, .skip = offset, .left = size,
		.count = count,
	};
}
EXPORT_SYMBOL_GPL(ptf_source_folios);

static bool hmm_source_next(struct ptf_source *source, struct ptf_extent *extent)
{
	unsigned long pfn;

	if (!source->left)
		return false;
	pfn = *source->pfns++;
	if (!(pfn & HMM_PFN_VALID) || pfn & HMM_PFN_ERROR)
		return false;
	extent->oa = page_to_phys(hmm_pfn_to_page(pfn));
	extent->size = PAGE_SIZE;
	if (!(pfn & HMM_PFN_WRITE))
		extent->attrs = source->attrs;
	source->left -= PAGE_SIZE;
	return true;
}

/**
 * ptf_source_hmm() - what hmm_range_fault() found, at its physical addresses
 * @source: initialised
 * @pfns: &hmm_range.hmm_pfns, or a part of it; it has to live as long as the source
 * @count: how many
 * @read_only: attributes of pages that the CPU may not write; NULL if the verb's
 *	are right for them too. Lives as long as the source
 *
 * It ends at the first entry without a page, so that a map of more is -EINVAL. For
 * devices that reach memory without translation by the DMA API; others map the
 * pages and use ptf_source_dma() or ptf_source_device_pages().
 */
void ptf_source_hmm(struct ptf_source *source, const unsigned long *pfns, size_t count,
		    const struct ptf_attrs *read_only)
{
	*source = (struct ptf_source){
		.next = hmm_source_next, .pfns = pfns, .attrs = read_only,
		.left = (u64)count * PAGE_SIZE,
	};
}
EXPORT_SYMBOL_GPL(ptf_source_hmm);

/**
 * ptf_source_pull() - the next extent, with all that continues it
 * @source: what comes after is left in it
 * @extent: set
 *
 * Return: false at the end.
 */
bool ptf_source_pull(struct ptf_source *source, struct ptf_extent *extent)
{
	struct ptf_extent next = {};

	*extent = source->ahead;
	source->ahead.size = 0;
	for (;; next = (struct ptf_extent){}) {
		if (!source->next(source, &next)) {
			/* It is not asked again. */
			source->next = end_next;
			break;
		}
		if (!extent->size) {
			*extent = next;
		} else if (!next.size || (next.oa == extent->oa + extent->size &&
					  next.attrs == extent->attrs)) {
			extent->size += next.size;
		} else {
			source->ahead = next;
			break;
		}
	}
	return extent->size;
}
EXPORT_SYMBOL_GPL(ptf_source_pull);
