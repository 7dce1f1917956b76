/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The replay of recorded DMA traces: what the common module and those of the
 * formats know of each other, and the file that scripts/trace.py writes.
 */
#ifndef PTF_REPLAY_H
#define PTF_REPLAY_H

#include <linux/xarray.h>
#include <linux/maple_tree.h>
#include <ptforge/gpu.h>
#include <ptforge/iommu.h>

#define REPLAY_MAGIC "ptftrace"

enum replay_kind {
	REPLAY_MAP,
	REPLAY_UNMAP,
	REPLAY_REST,	/* unmaps what the trace leaves mapped */
};

/**
 * struct replay_header - begins the file; in the CPU's byte order, as all of it
 * @magic: REPLAY_MAGIC
 * @ops: operations that follow
 * @spaces: address spaces that they use
 * @events: events in the trace, by kind
 */
struct replay_header {
	char magic[8];
	u32 ops;
	u32 spaces;
	u32 events[2];
};

/**
 * struct replay_op - one operation of the file
 * @iova: first IOVA
 * @paddr: OA of @iova, for REPLAY_MAP
 * @last: last IOVA
 * @line: line of the trace
 * @space: address space
 * @kind: enum replay_kind
 */
struct replay_op {
	u64 iova;
	u64 paddr;
	u64 last;
	u32 line;
	u16 space;
	u8 kind;
} __aligned(8);

#define REPLAY_FLUSHES 16

/**
 * struct replay_space - one page table under test
 * @iommu: as one front end sees it
 * @gpu: as the other does
 * @run: the replay, for what is verified; NULL where time is taken
 * @flushes: calls of the driver's flush op
 * @flush: the calls during this operation
 * @flushed: how many there were
 * @mapped: what should be mapped, by VA: numbers of operations
 * @gone: what an unmap took beyond its end, with the rest of a leaf
 * @tables: by address, the number of the operation that allocated it
 * @freed: tables freed after they were in use
 */
struct replay_space {
	union {
		struct ptf_iommu iommu;
		struct ptf_gpu gpu;
	};
	struct replay *run;
	u64 flushes;
	struct ptf_flush flush[REPLAY_FLUSHES];
	unsigned int flushed;
	struct maple_tree mapped;
	struct maple_tree gone;
	struct xarray tables;
	u64 freed;
};

/**
 * struct replay_front - a format behind a front end
 * @format: its name
 * @front: iommu or gpu
 * @cuts: an unmap may cut leaves; else a leaf goes as a whole
 * @pt: the page table of a space
 * @init: sets a space up
 * @deinit: frees its tables
 * @map: maps @size bytes, returns 0 or an error
 * @unmap: unmaps @size bytes and has that flushed, returns the bytes unmapped
 * @lookup: what is mapped at an IOVA
 * @lock_lg2: granule of the caller's range lock; NULL if another front knows
 * @translate: its OA; NULL if there is no such function
 * @for_each: calls a function for each leaf of a range
 */
struct replay_front {
	const char *format;
	const char *front;
	bool cuts;
	struct ptf_pt *(*pt)(struct replay_space *space);
	int (*init)(struct replay_space *space, const struct ptf_config *cfg);
	void (*deinit)(struct replay_space *space);
	int (*map)(struct replay_space *space, u64 iova, u64 paddr, u64 size);
	u64 (*unmap)(struct replay_space *space, u64 iova, u64 size);
	int (*lookup)(struct replay_space *space, u64 iova, struct ptf_mapping *mapping);
	unsigned int (*lock_lg2)(struct replay_space *space);
	u64 (*translate)(struct replay_space *space, u64 iova);
	int (*for_each)(struct replay_space *space, u64 first, u64 last,
			int (*leaf)(void *ctx, const struct ptf_mapping *mapping), void *ctx);
};

void ptf_replay_flush(struct replay_space *space, const struct ptf_flush *flush);
void ptf_replay_run(const struct replay_front *front);

#endif /* PTF_REPLAY_H */
