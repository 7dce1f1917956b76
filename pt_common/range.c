// SPDX-License-Identifier: GPL-2.0-only
/* The range-lock checker, see range.h. */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/stacktrace.h>
#include "range.h"

/* A kernel without stack traces at least knows the caller. */
#if defined(CONFIG_STACKTRACE) || !defined(__KERNEL__)
static unsigned int save_stack(unsigned long *entries, unsigned int size)
{
	return stack_trace_save(entries, size, 1);
}

static void print_stack(const unsigned long *entries, unsigned int nr)
{
	stack_trace_print(entries, nr, 1);
}
#else
static unsigned int save_stack(unsigned long *entries, unsigned int size)
{
	entries[0] = _RET_IP_;
	return 1;
}

static void print_stack(const unsigned long *entries, unsigned int nr)
{
	pr_err("  %pS\n", (void *)entries[0]);
}
#endif

/* Prepare a page table's list of ranges. */
void ptf_range_init(struct ptf_pt *pt)
{
	spin_lock_init(&pt->range_lock);
	pt->ranges = NULL;
	pt->range_violations = 0;
}
EXPORT_SYMBOL_GPL(ptf_range_init);

/* An operation on [start, last] begins; @range lives until ptf_range_end(). */
void ptf_range_begin(struct ptf_pt *pt, struct ptf_range *range, u64 start, u64 last,
		     bool write)
{
	const struct ptf_range *other;
	unsigned long flags;

	range->start = start;
	range->last = last;
	range->write = write;
	range->nr_entries = save_stack(range->entries, ARRAY_SIZE(range->entries));

	spin_lock_irqsave(&pt->range_lock, flags);
	for (other = pt->ranges; other; other = other->next) {
		if (other->start > last || other->last < start || !(other->write || write))
			continue;
		pt->range_violations++;
		pr_err("ptforge: range lock missing: [%#llx, %#llx] overlaps [%#llx, %#llx] in flight\n",
		       start, last, other->start, other->last);
		print_stack(range->entries, range->nr_entries);
		pr_err("ptforge: which began at:\n");
		print_stack(other->entries, other->nr_entries);
	}
	range->next = pt->ranges;
	pt->ranges = range;
	spin_unlock_irqrestore(&pt->range_lock, flags);
}
EXPORT_SYMBOL_GPL(ptf_range_begin);

/* The operation that began with @range has ended. */
void ptf_range_end(struct ptf_pt *pt, struct ptf_range *range)
{
	struct ptf_range **p;
	unsigned long flags;

	spin_lock_irqsave(&pt->range_lock, flags);
	for (p = &pt->ranges; *p != range; p = &(*p)->next)
		;
	*p = range->next;
	spin_unlock_irqrestore(&pt->range_lock, flags);
}
EXPORT_SYMBOL_GPL(ptf_range_end);
