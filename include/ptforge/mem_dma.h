/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables in memory of the DMA API, coherent or write combining: for devices that do
 * not snoop the CPU's caches, or that know memory by DMA addresses. The page table
 * keeps a copy of each and never reads what the device reads.
 */
#ifndef PTFORGE_MEM_DMA_H
#define PTFORGE_MEM_DMA_H

#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <ptforge/pt.h>

/* PTF_DMA_EMPTIES - most empty chunks that an allocation leaves, if it may sleep */
#define PTF_DMA_EMPTIES 32

/**
 * struct ptf_dma - memory of one or more page tables of a device
 * @dev: device that walks
 * @attrs: DMA_ATTR_* for dma_alloc_attrs()
 * @lock: protects all below; taken in any context
 * @chunks: by log2 of a table's size, pieces of memory with room for tables
 * @empty: pieces in which no table is, for further ones
 * @empties: length of @empty
 *
 * It is &ptf_config.mem_ctx of page tables whose &ptf_config.device is
 * ptf_device_dma. Whose hooks want something else embeds it.
 */
struct ptf_dma {
	struct device *dev;
	unsigned long attrs;
	spinlock_t lock;	/* protects all below */
	struct list_head chunks[64];
	struct list_head empty;
	unsigned int empties;
};

void ptf_dma_init(struct ptf_dma *dma, struct device *dev, unsigned long attrs);
void ptf_dma_fini(struct ptf_dma *dma);
extern const struct ptf_device_ops ptf_device_dma;

#endif /* PTFORGE_MEM_DMA_H */
