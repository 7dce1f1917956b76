/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Speed, compared: what the common module, which takes the time, and those of the
 * formats know of each other.
 *
 * A subject is an implementation of a format: ours, or the kernel's twin of it.
 * Its loops call its own operations as a driver or the IOMMU core would, by the
 * same pointers, so that no call is measured that a driver would not make.
 */
#ifndef PTF_BENCH_H
#define PTF_BENCH_H

#include <linux/iommu.h>
#include <linux/sizes.h>

#define BENCH_PROT (IOMMU_READ | IOMMU_WRITE | IOMMU_CACHE)

/* Widths that all subjects have; with BENCH_BASE in use, all have four levels. */
#define BENCH_VA_LG2 48
#define BENCH_OA_LG2 48
#define BENCH_BASE BIT_ULL(40)

/**
 * struct bench_config - what a table is to be like
 * @sizes: leaf sizes to use
 * @dirty: hardware records writes
 */
struct bench_config {
	u64 sizes;
	bool dirty;
};

/**
 * struct bench_calls - a row of equal operations
 * @va: VA of the first
 * @oa: OA of the first
 * @size: bytes of each
 * @pgsize: leaf size that a driver would pick; 0 if it has to find out
 * @stride: from each to the next
 * @calls: how many
 */
struct bench_calls {
	u64 va;
	u64 oa;
	u64 size;
	u64 pgsize;
	u64 stride;
	unsigned int calls;
};

/**
 * struct bench_lookups - a row of lookups
 * @va: begin of a mapping
 * @mask: its size less one
 * @state: where the sequence begins; in each step it is multiplied, and increased
 * @mul: by this
 * @add: by this
 * @shift: and shifted to get the offset in the mapping
 * @count: how many
 */
struct bench_lookups {
	u64 va;
	u64 mask;
	u64 state;
	u64 mul;
	u64 add;
	unsigned int shift;
	unsigned int count;
};

/* The offset that comes next */
static __always_inline u64 bench_lookup_next(const struct bench_lookups *lookups, u64 *state)
{
	*state = *state * lookups->mul + lookups->add;
	return (*state >> lookups->shift) & lookups->mask;
}

/**
 * struct bench_step - one operation of a recorded trace
 * @va: first VA
 * @oa: its OA
 * @size: bytes
 * @space: which address space
 * @map: map or unmap
 */
struct bench_step {
	u64 va;
	u64 oa;
	u64 size;
	u32 space;
	bool map;
};

/**
 * struct bench_way - loops of operations, called in one way
 * @map: returns how many failed
 * @unmap: returns bytes unmapped
 * @lookup: returns the sum of what was found
 * @replay: returns how many steps failed
 */
struct bench_way {
	unsigned int (*map)(struct iommu_domain *domain, const struct bench_calls *calls);
	u64 (*unmap)(struct iommu_domain *domain, const struct bench_calls *calls);
	u64 (*lookup)(struct iommu_domain *domain, const struct bench_lookups *lookups);
	unsigned int (*replay)(struct iommu_domain **domains, const struct bench_step *steps,
			       unsigned int count);
};

/**
 * struct bench_subject - an implementation of a format
 * @name: who implements it
 * @create: returns an empty page table, NULL on failure
 * @destroy: frees it
 * @direct: loops of its operations, called as a driver would
 * @root: returns its root table, and how many levels there are
 * @written: returns the leaf after the device wrote through it; NULL if the format
 *	does not record that
 */
struct bench_subject {
	const char *name;
	struct iommu_domain *(*create)(const struct bench_config *cfg);
	void (*destroy)(struct iommu_domain *domain);
	struct bench_way direct;
	void *(*root)(struct iommu_domain *domain, unsigned int *levels);
	u64 (*written)(u64 entry);
};

int ptf_bench_run(const char *format, const struct bench_subject *ours,
		  const struct bench_subject *twin, const char *missing);
struct device *ptf_bench_device(void);

#endif /* PTF_BENCH_H */
