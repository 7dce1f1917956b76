// SPDX-License-Identifier: GPL-2.0-only
/* Sources of what the DRM core knows, see ptforge/source_drm.h. */
#include <linux/export.h>
#include <linux/list.h>
#include <linux/mm.h>
#define PTF_COMPAT_DRM
#include "pt_common/compat.h"
#include <ptforge/source_drm.h>

static bool device_pages_next(struct ptf_source *source, struct ptf_extent *extent)
{
	const struct drm_pagemap_addr *page;

	while (source->left) {
		page = source->device_pages++;
		if (page->proto >= source->count)
			return false;
		extent->attrs = source->by_kind[page->proto];
		if (ptf_source_take(source, extent, page->addr, PAGE_SIZE << page->order))
			return true;
	}
	return false;
}

/**
 * ptf_source_device_pages() - pages as drm_pagemap and drm_gpusvm map them
 * @source: initialised
 * @addrs: one element for each mapping, of PAGE_SIZE << order bytes, together at
 *	least @offset + @size; the array has to live as long as the source
 * @offset: bytes to leave out at its start
 * @size: bytes to take
 * @by_proto: by &enum drm_interconnect_protocol or the driver's private value, the
 *	attributes of such pages; NULL for those that the verb names. Lives as long
 *	as the source
 * @protos: length of @by_proto
 *
 * It ends at a protocol that has no place in @by_proto, so that a map of more is
 * -EINVAL.
 */
void ptf_source_device_pages(struct ptf_source *source, const struct drm_pagemap_addr *addrs,
			     u64 offset, u64 size, const struct ptf_attrs *const *by_proto,
			     size_t protos)
{
	*source = (struct ptf_source){
		.next = device_pages_next, .device_pages = addrs, .skip = offset, .left = size,
		.by_kind = by_proto, .count = protos,
	};
}
EXPORT_SYMBOL_GPL(ptf_source_device_pages);

static bool buddy_next(struct ptf_source *source, struct ptf_extent *extent)
{
	struct gpu_buddy_block *block;

	while (source->left && source->block != source->blocks) {
		block = list_entry(source->block, struct gpu_buddy_block, link);
		source->block = block->link.next;
		extent->attrs = source->attrs;
		if (ptf_source_take(source, extent, source->base + gpu_buddy_block_offset(block),
				    source->page_bytes << gpu_buddy_block_order(block)))
			return true;
	}
	return false;
}

/**
 * ptf_source_buddy() - blocks of the buddy allocator
 * @source: initialised
 * @mm: allocator of the blocks
 * @blocks: list of the blocks, as allocated; it has to live as long as the source
 * @base: OA of the allocator's offset 0, for instance of VRAM in the GPU's view
 * @offset: bytes to leave out at the start of the list
 * @size: bytes to take
 * @attrs: what for, if not what the verb says; lives as long as the source
 */
void ptf_source_buddy(struct ptf_source *source, const struct gpu_buddy *mm,
		      const struct list_head *blocks, u64 base, u64 offset, u64 size,
		      const struct ptf_attrs *attrs)
{
	*source = (struct ptf_source){
		.next = buddy_next, .block = blocks->next, .blocks = blocks, .base = base,
		.skip = offset, .left = size, .page_bytes = mm->chunk_size, .attrs = attrs,
	};
}
EXPORT_SYMBOL_GPL(ptf_source_buddy);
