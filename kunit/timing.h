/* SPDX-License-Identifier: GPL-2.0-only */
/* Time that is taken, for all who take it. */
#ifndef PTF_TIMING_H
#define PTF_TIMING_H

#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sort.h>

/* What it costs to read the clock, in ps: like the rest, the best of many tries */
static inline u64 timing_clock_cost(void)
{
	const unsigned int reads = 512;
	u64 start, best = ~0ULL;
	unsigned int try, i;

	for (try = 0; try < 512; try++) {
		start = ktime_get_ns();
		for (i = 1; i < reads; i++)
			ktime_get_ns();
		best = min(best, ktime_get_ns() - start);
	}
	return best * 1000 / reads;
}

static inline int timing_by_value(const void *a, const void *b)
{
	return *(const u64 *)a < *(const u64 *)b ? -1 : *(const u64 *)a > *(const u64 *)b;
}

/* The line that scripts/bench.py reads; sorts the samples, in ps a call. */
static inline void timing_report(const char *format, const char *who, const char *way,
				 const char *shape, const char *op, u64 *ps, unsigned int count,
				 unsigned int calls)
{
	sort(ps, count, sizeof(*ps), timing_by_value, NULL);
	pr_info("ptf-bench: result format=%s who=%s way=%s shape=%s op=%s min=%llu median=%llu samples=%u calls=%u\n",
		format, who, way, shape, op, ps[0], ps[count / 2], count, calls);
}

#endif /* PTF_TIMING_H */
