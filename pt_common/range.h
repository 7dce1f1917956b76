/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The caller of an operation holds a range lock over the VA that it operates
 * on. CONFIG_PTF_DEBUG checks that: it keeps the ranges in flight, and prints
 * both stacks when two overlap of which one changes the table.
 */
#ifndef PTF_RANGE_H
#define PTF_RANGE_H

#include <ptforge/pt.h>

#ifdef CONFIG_PTF_DEBUG
void ptf_range_init(struct ptf_pt *pt);
void ptf_range_begin(struct ptf_pt *pt, struct ptf_range *range, u64 start, u64 last,
		     bool write);
void ptf_range_end(struct ptf_pt *pt, struct ptf_range *range);
#else
struct ptf_range {};
static inline void ptf_range_init(struct ptf_pt *pt) {}
static inline void ptf_range_begin(struct ptf_pt *pt, struct ptf_range *range, u64 start,
				   u64 last, bool write) {}
static inline void ptf_range_end(struct ptf_pt *pt, struct ptf_range *range) {}
#endif

#endif /* PTF_RANGE_H */
