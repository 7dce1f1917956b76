// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables in memory of the DMA API, see ptforge/mem_dma.h. A chunk is a page, cut into
 * slots of one size, or as large as one table that is more than a page. To free it
 * takes a context that may sleep, where a table may be freed in any; so chunks that
 * became empty wait for the next table, or for an allocation that may sleep.
 */
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <ptforge/mem_dma.h>

/**
 * struct dma_chunk - memory for tables
 * @node: in &ptf_dma.chunks while there is room, or in &ptf_dma.empty
 * @cpu: the CPU's mapping
 * @addr: where the device finds it
 * @bytes: size
 * @slot_lg2: log2 of the size of a slot
 * @used: slots in use
 * @map: bitmap of slots in use
 */
struct dma_chunk {
	struct list_head node;
	void *cpu;
	dma_addr_t addr;
	size_t bytes;
	unsigned int slot_lg2;
	unsigned int used;
	DECLARE_BITMAP(map, PAGE_SIZE / 8);
};

static void chunk_free(struct ptf_dma *dma, struct dma_chunk *chunk)
{
	if (chunk->cpu)
		dma_free_attrs(dma->dev, chunk->bytes, chunk->cpu, chunk->addr, dma->attrs);
	kfree(chunk);
}

static struct dma_chunk *chunk_alloc(struct ptf_dma *dma, size_t bytes, gfp_t gfp)
{
	struct dma_chunk *chunk = kzalloc(sizeof(*chunk), gfp & ~GFP_ZONEMASK);

	if (!chunk)
		return NULL;
	chunk->bytes = bytes;
	chunk->cpu = dma_alloc_attrs(dma->dev, bytes, &chunk->addr, gfp, dma->attrs);
	if (chunk->cpu)
		return chunk;
	chunk_free(dma, chunk);
	return NULL;
}

/* A chunk with room for a table; under the lock. */
static struct dma_chunk *chunk_find(struct ptf_dma *dma, size_t bytes, unsigned int size_lg2)
{
	struct dma_chunk *chunk;

	if (!list_empty(&dma->chunks[size_lg2]))
		return list_first_entry(&dma->chunks[size_lg2], struct dma_chunk, node);
	list_for_each_entry(chunk, &dma->empty, node) {
		if (chunk->bytes != bytes)
			continue;
		chunk->slot_lg2 = size_lg2;
		list_move(&chunk->node, &dma->chunks[size_lg2]);
		dma->empties--;
		return chunk;
	}
	return NULL;
}

/* Take a slot, if there is one, and first the new chunk @fresh in, if it is not NULL. */
static bool slot_take(struct ptf_dma *dma, struct dma_chunk *fresh, size_t bytes,
		      struct ptf_device_table *table)
{
	struct dma_chunk *chunk;
	unsigned long flags;
	unsigned int slot;

	spin_lock_irqsave(&dma->lock, flags);
	if (fresh) {
		list_add(&fresh->node, &dma->empty);
		dma->empties++;
	}
	chunk = chunk_find(dma, bytes, ilog2(table->size));
	if (chunk) {
		slot = find_first_zero_bit(chunk->map, chunk->bytes >> chunk->slot_lg2);
		__set_bit(slot, chunk->map);
		if (++chunk->used == chunk->bytes >> chunk->slot_lg2)
			list_del_init(&chunk->node);
		table->addr = chunk->addr + ((u64)slot << chunk->slot_lg2);
		table->priv = chunk;
	}
	spin_unlock_irqrestore(&dma->lock, flags);
	return chunk;
}

/* Free all empty chunks but @keep; may sleep. */
static void dma_trim(struct ptf_dma *dma, unsigned int keep)
{
	struct dma_chunk *chunk;
	unsigned long flags;

	do {
		chunk = NULL;
		spin_lock_irqsave(&dma->lock, flags);
		if (dma->empties > keep) {
			chunk = list_last_entry(&dma->empty, struct dma_chunk, node);
			list_del(&chunk->node);
			dma->empties--;
		}
		spin_unlock_irqrestore(&dma->lock, flags);
		if (chunk)
			chunk_free(dma, chunk);
	} while (chunk);
}

static int dma_alloc_table(struct ptf_pt *pt, struct ptf_device_table *table, gfp_t gfp)
{
	size_t bytes = max(table->size, PAGE_SIZE);
	struct ptf_dma *dma = pt->mem_ctx;
	struct dma_chunk *chunk;

	if (gfpflags_allow_blocking(gfp) && READ_ONCE(dma->empties) > PTF_DMA_EMPTIES)
		dma_trim(dma, PTF_DMA_EMPTIES);
	if (slot_take(dma, NULL, bytes, table))
		return 0;
	chunk = chunk_alloc(dma, bytes, gfp);
	if (!chunk)
		return -ENOMEM;
	slot_take(dma, chunk, bytes, table);
	return 0;
}

static void dma_free_table(struct ptf_pt *pt, struct ptf_device_table *table)
{
	struct dma_chunk *chunk = table->priv;
	struct ptf_dma *dma = pt->mem_ctx;
	unsigned long flags;

	spin_lock_irqsave(&dma->lock, flags);
	__clear_bit((table->addr - chunk->addr) >> chunk->slot_lg2, chunk->map);
	if (!--chunk->used) {
		list_move(&chunk->node, &dma->empty);
		dma->empties++;
	} else if (list_empty(&chunk->node)) {
		list_add(&chunk->node, &dma->chunks[chunk->slot_lg2]);
	}
	spin_unlock_irqrestore(&dma->lock, flags);
}

static void dma_store(struct ptf_pt *pt, const struct ptf_device_table *table,
		      const struct ptf_run *run)
{
	const struct dma_chunk *chunk = table->priv;

	ptf_run_to_memory(chunk->cpu + (table->addr - chunk->addr), run);
}

/*
 * &ptf_config.device of page tables whose &ptf_config.mem_ctx is a struct ptf_dma. Not
 * for updates that jobs of the device write: PTF_FEAT_STAGED works, but stores at commit.
 */
const struct ptf_device_ops ptf_device_dma = {
	.alloc = dma_alloc_table,
	.free = dma_free_table,
	.store = dma_store,
};
EXPORT_SYMBOL_GPL(ptf_device_dma);

/**
 * ptf_dma_init() - set up memory for tables
 * @dma: initialised; it outlives the page tables
 * @dev: device that walks, with its DMA masks set
 * @attrs: 0 for coherent memory, DMA_ATTR_WRITE_COMBINE, ...
 */
void ptf_dma_init(struct ptf_dma *dma, struct device *dev, unsigned long attrs)
{
	unsigned int i;

	*dma = (struct ptf_dma){ .dev = dev, .attrs = attrs };
	spin_lock_init(&dma->lock);
	INIT_LIST_HEAD(&dma->empty);
	for (i = 0; i < ARRAY_SIZE(dma->chunks); i++)
		INIT_LIST_HEAD(&dma->chunks[i]);
}
EXPORT_SYMBOL_GPL(ptf_dma_init);

/**
 * ptf_dma_fini() - give all memory back
 * @dma: no page table has tables there any more
 *
 * Context: may sleep.
 */
void ptf_dma_fini(struct ptf_dma *dma)
{
	dma_trim(dma, 0);
}
EXPORT_SYMBOL_GPL(ptf_dma_fini);
