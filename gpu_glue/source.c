// SPDX-License-Identifier: GPL-2.0-only
/* The sources that drivers have, see ptforge/source.h. */
#include <linux/export.h>
#include <linux/minmax.h>
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

static bool sg_source_next(struct ptf_source *source, struct ptf_extent *extent)
{
	struct scatterlist *sg;
	u64 bytes;

	while (source->left && source->sg) {
		sg = source->sg;
		source->sg = sg_next(sg);
		bytes = sg_dma_len(sg);
		if (source->skip >= bytes) {
			source->skip -= bytes;
			continue;
		}
		extent->oa = sg_dma_address(sg) + source->skip;
		extent->size = min(bytes - source->skip, source->left);
		source->skip = 0;
		source->left -= extent->size;
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
		.next = sg_source_next, .sg = sgt->nents ? sgt->sgl : NULL, .skip = offset,
		.left = size,
	};
}
EXPORT_SYMBOL_GPL(ptf_source_sg);

static bool dma_source_next(struct ptf_source *source, struct ptf_extent *extent)
{
	if (!source->left)
		return false;
	extent->oa = *source->addrs++;
	extent->size = source->page_bytes;
	source->left -= source->page_bytes;
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
		.next = dma_source_next, .addrs = addrs, .left = (u64)count * page_bytes,
		.page_bytes = page_bytes,
	};
}
EXPORT_SYMBOL_GPL(ptf_source_dma);

/**
 * ptf_source_pull() - the next extent, with all that continues it
 * @source: what comes after is left in it
 * @extent: set
 *
 * Return: false at the end.
 */
bool ptf_source_pull(struct ptf_source *source, struct ptf_extent *extent)
{
	struct ptf_extent next;

	*extent = source->ahead;
	source->ahead.size = 0;
	while (source->next(source, &next)) {
		if (!extent->size) {
			*extent = next;
		} else if (next.oa == extent->oa + extent->size || !next.size) {
			extent->size += next.size;
		} else {
			source->ahead = next;
			break;
		}
	}
	return extent->size;
}
EXPORT_SYMBOL_GPL(ptf_source_pull);
