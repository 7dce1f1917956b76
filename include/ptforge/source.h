/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sources: where the OA of a mapping comes from, as extents in order of VA.
 *
 * A source is a small value. Verbs work on a copy, so that the same source can
 * be used to reserve and then to map.
 */
#ifndef PTFORGE_SOURCE_H
#define PTFORGE_SOURCE_H

#include <linux/scatterlist.h>
#include <linux/types.h>

/**
 * struct ptf_extent - contiguous piece of OA
 * @oa: first OA
 * @size: bytes
 */
struct ptf_extent {
	u64 oa;
	u64 size;
};

/**
 * struct ptf_source - an iterator of extents
 * @next: sets the next extent, or returns false at the end; may not sleep
 * @ahead: the extent read ahead to see whether it continues the last
 * @sg: scatter list element to come
 * @addrs: page addresses to come
 * @left: bytes to come of @sg or @addrs
 * @skip: bytes to leave out of @sg
 * @page_bytes: size of what each of @addrs points to
 * @priv: for an iterator of the driver's own
 */
struct ptf_source {
	bool (*next)(struct ptf_source *source, struct ptf_extent *extent);
	struct ptf_extent ahead;
	union {
		struct scatterlist *sg;
		const dma_addr_t *addrs;
		void *priv;
	};
	u64 left;
	u64 skip;
	u64 page_bytes;
};

void ptf_source_contig(struct ptf_source *source, u64 oa, u64 size);
void ptf_source_sg(struct ptf_source *source, struct sg_table *sgt, u64 offset, u64 size);
void ptf_source_dma(struct ptf_source *source, const dma_addr_t *addrs, size_t count,
		    size_t page_bytes);
bool ptf_source_pull(struct ptf_source *source, struct ptf_extent *extent);

#endif /* PTFORGE_SOURCE_H */
