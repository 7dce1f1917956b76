/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sources: where the OA of a mapping comes from, as extents in order of VA.
 *
 * A source is a small value. Verbs work on a copy, so that the same source can
 * be used to reserve and then to map.
 */
#ifndef PTFORGE_SOURCE_H
#define PTFORGE_SOURCE_H

#include <linux/minmax.h>
#include <linux/scatterlist.h>
#include <linux/types.h>
#include <ptforge/types.h>

/**
 * struct ptf_extent - contiguous piece of OA
 * @oa: first OA
 * @size: bytes
 * @attrs: what it is for, if not what the verb says; lives, unchanged, as long as the source
 */
struct ptf_extent {
	u64 oa;
	u64 size;
	const struct ptf_attrs *attrs;
};

/**
 * struct ptf_source - an iterator of extents
 * @next: sets the next extent, or returns false at the end, and is then not
 *	called again; may not sleep. It depends on the source alone: a verb may begin
 *	more than once, with a copy each
 * @pages: optional, for lists of single pages: while the extent in @ahead, and what
 *	comes after, are extents of @page bytes, with the verb's attributes, that the
 *	next one does not continue, and whose OA has none of the bits @never, sets
 *	their OA; the last of them stays in @ahead. Returns how many, at most @count
 * @ahead: the extent read ahead to see whether it continues the last
 * @sg: scatter list element to come
 * @addrs: page addresses to come
 * @page: pages to come
 * @folios: folios to come
 * @pfns: entries of an HMM range to come
 * @device_pages: entries of a drm_pagemap range to come
 * @block: block of a buddy allocator to come
 * @priv: for an iterator of the driver's own
 * @blocks: head of the list that @block is in
 * @by_kind: attributes by kind of memory (@device_pages)
 * @attrs: attributes of some (@pfns) or all extents (@block)
 * @base: OA of what offset 0 is (@block)
 * @left: bytes to come
 * @skip: bytes to leave out before
 * @page_bytes: size of what each of @addrs points to; of the smallest @block
 * @count: elements to come (@folios), or length of @by_kind
 *
 * A driver's own iterator sets @next; @ahead and @pages to zero; and what it likes of
 * the rest, which only @next reads.
 */
struct ptf_source {
	bool (*next)(struct ptf_source *source, struct ptf_extent *extent);
	size_t (*pages)(struct ptf_source *source, u64 *oa, size_t count, u64 page, u64 never);
	struct ptf_extent ahead;
	union {
		struct scatterlist *sg;
		const dma_addr_t *addrs;
		struct page *const *page;
		struct folio *const *folios;
		const unsigned long *pfns;
		const struct drm_pagemap_addr *device_pages;
		const struct list_head *block;
		void *priv;
	};
	union {
		const struct list_head *blocks;
		const struct ptf_attrs *const *by_kind;
	};
	const struct ptf_attrs *attrs;
	u64 base;
	u64 left;
	u64 skip;
	u64 page_bytes;
	size_t count;
};

/**
 * ptf_source_take() - make an extent of the next element of a list
 * @source: whose skip and left say what is wanted; both go down
 * @extent: set, but for its attributes
 * @oa: first OA of the element
 * @bytes: of the element
 *
 * For the next op of sources that are lists of elements of any size.
 *
 * Return: false if the element lies in what is skipped, so that the next one
 * has to be taken.
 */
static inline bool ptf_source_take(struct ptf_source *source, struct ptf_extent *extent,
				   u64 oa, u64 bytes)
{
	if (source->skip >= bytes) {
		source->skip -= bytes;
		return false;
	}
	extent->oa = oa + source->skip;
	extent->size = min(bytes - source->skip, source->left);
	source->skip = 0;
	source->left -= extent->size;
	return true;
}

void ptf_source_contig(struct ptf_source *source, u64 oa, u64 size);
void ptf_source_sg(struct ptf_source *source, struct sg_table *sgt, u64 offset, u64 size);
void ptf_source_dma(struct ptf_source *source, const dma_addr_t *addrs, size_t count,
		    size_t page_bytes);
void ptf_source_pages(struct ptf_source *source, struct page *const *pages, size_t count);
void ptf_source_folios(struct ptf_source *source, struct folio *const *folios, size_t count,
		       u64 offset, u64 size);
void ptf_source_hmm(struct ptf_source *source, const unsigned long *pfns, size_t count,
		    const struct ptf_attrs *read_only);
bool ptf_source_pull(struct ptf_source *source, struct ptf_extent *extent);

#endif /* PTFORGE_SOURCE_H */
