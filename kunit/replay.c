// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replays a recorded DMA trace on the page tables of a format, for each front
 * end twice: first every operation is verified, against a model of what should
 * be mapped; then the same operations are timed, on several page tables in turn
 * because the clock of the test kernel is coarser than one operation.
 *
 * What is found goes to the kernel log, one line for a front end, for
 * scripts/replay_table.py to print.
 */
#include <linux/kernel_read_file.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/vmalloc.h>
#include "replay.h"
#include "timing.h"

static char *trace;
module_param(trace, charp, 0444);
MODULE_PARM_DESC(trace, "file that scripts/trace.py wrote");

static unsigned int passes = 7;
module_param(passes, uint, 0444);
MODULE_PARM_DESC(passes, "how often to take time; the best pass counts");

static unsigned int budget_ms = 300;
module_param(budget_ms, uint, 0444);
MODULE_PARM_DESC(budget_ms, "no third or further pass after this time");

#define TIMED_TABLES 4
#define CHUNK 128		/* steps */
#define MOST_COMPLAINTS 10

static const struct replay_header *header;
static const struct replay_op *ops;

/* Why an event was not replayed */
enum replay_skip {
	SKIP_IOVA,	/* IOVA too wide */
	SKIP_PADDR,	/* OA too wide */
	SKIP_ALIGN,	/* not a multiple of the smallest page */
	SKIP_UNMAP,	/* unmap of what was skipped */
	SKIP_CUT,	/* unmap from the middle of a leaf */
	SKIP_GONE,	/* unmap of what went with a larger leaf */
	SKIPS,
};

static const char * const skip_names[SKIPS] = {
	"iova", "paddr", "align", "unmap", "cut", "gone",
};

/**
 * struct chunk - the time that a chunk of steps took
 * @total: all of them
 * @ns: by kind
 */
struct chunk {
	u64 total;
	u64 ns[3];
};

/**
 * struct replay - one trace on one front end
 * @front: which
 * @cfg: what the page tables are set up with
 * @op: operation at hand
 * @now: its number, from 1 on; 0 when all is over
 * @steps: what was done, to be repeated where time is taken
 * @nr_steps: how many
 * @by_kind: how many of them by kind
 * @chunks: their fastest times
 * @pool: by log2 of the size, tables for where time is taken
 * @done: events replayed, by kind
 * @skipped: events not replayed, by reason
 * @leaves: leaves used by all maps, by log2 of their size
 * @mapped: bytes mapped
 * @verified: bytes of them that were looked up
 * @errors: what was wrong
 * @found: the line for the kernel log
 * @buffer: for @found
 */
struct replay {
	const struct replay_front *front;
	struct ptf_config cfg;
	const struct replay_op *op;
	unsigned long now;
	struct replay_op *steps;
	size_t nr_steps;
	size_t by_kind[3];
	struct chunk *chunks;
	void *pool[64];
	u64 done[3];
	u64 skipped[SKIPS];
	u64 leaves[64];
	u64 mapped;
	u64 verified;
	u64 errors;
	struct seq_buf found;
	char buffer[960];
};

static __printf(2, 3) void complain(struct replay *run, const char *format, ...)
{
	struct va_format text = { .fmt = format };
	va_list args;

	if (run->errors++ >= MOST_COMPLAINTS)
		return;
	va_start(args, format);
	text.va = &args;
	pr_err("ptf-replay: line %u: %s %s: %pV\n", run->op ? run->op->line : 0,
	       run->front->format, run->front->front, &text);
	va_end(args);
}

/* Tables that know who allocated them */

static void *table_alloc(struct ptf_pt *pt, size_t size, gfp_t gfp)
{
	struct replay_space *space = pt->mem_ctx;
	void *table = ptf_mem_pages.alloc(pt, size, gfp);

	if (table && xa_err(xa_store(&space->tables, (unsigned long)table,
				     xa_mk_value(space->run->now), gfp))) {
		ptf_mem_pages.free(pt, table);
		return NULL;
	}
	return table;
}

/* Whether a flush during this operation made it safe to free tables */
static bool tables_flushed(const struct replay_space *space)
{
	unsigned int i;

	for (i = 0; i < min(space->flushed, REPLAY_FLUSHES); i++)
		if (space->flush[i].freed_tables)
			return true;
	return false;
}

static size_t table_free(struct ptf_pt *pt, void *table)
{
	struct replay_space *space = pt->mem_ctx;
	struct replay *run = space->run;
	void *by = xa_erase(&space->tables, (unsigned long)table);

	if (!by) {
		complain(run, "freed a table that is not in use");
	} else if (run->now && xa_to_value(by) != run->now) {
		/* One of this operation's own was reserved and not used. */
		space->freed++;
		if (!tables_flushed(space))
			complain(run, "freed a table before the flush");
	}
	return ptf_mem_pages.free(pt, table);
}

static struct ptf_side *table_side(void *table)
{
	return ptf_mem_pages.side(table);
}

static const struct ptf_mem_ops verified_mem = {
	.alloc = table_alloc,
	.free = table_free,
	.side = table_side,
};

/**
 * ptf_replay_flush() - the driver's flush op
 * @space: page table
 * @flush: what became stale
 */
void ptf_replay_flush(struct replay_space *space, const struct ptf_flush *flush)
{
	space->flushes++;
	if (space->run && space->flushed++ < REPLAY_FLUSHES)
		space->flush[space->flushed - 1] = *flush;
}
EXPORT_SYMBOL_GPL(ptf_replay_flush);

/* What @range holds: leaves that touch it, their smallest size, their levels */
struct tally {
	u64 leaves;
	u64 bytes;
	unsigned int min_size_lg2;
	u16 levels;
};

static int tally_leaf(void *ctx, const struct ptf_mapping *mapping)
{
	struct tally *tally = ctx;

	tally->leaves++;
	tally->bytes += 1ULL << mapping->size_lg2;
	tally->min_size_lg2 = min_t(unsigned int, tally->min_size_lg2, mapping->size_lg2);
	tally->levels |= BIT(mapping->level);
	return 0;
}

static struct tally tally_of(struct replay *run, struct replay_space *space, u64 first, u64 last)
{
	struct tally tally = { .min_size_lg2 = 64 };
	int rc = run->front->for_each(space, first, last, tally_leaf, &tally);

	if (rc)
		complain(run, "for_each %#llx..%#llx: error %d", first, last, rc);
	return tally;
}

/* The OA that the model has for a VA; false if nothing is mapped there */
static bool expected(struct replay_space *space, u64 va, u64 *oa)
{
	void *entry = mtree_load(&space->mapped, va);
	const struct replay_op *op;

	if (!entry)
		return false;
	op = &ops[xa_to_value(entry)];
	*oa = op->paddr + (va - op->iova);
	return true;
}

/* One VA must be mapped, or not, as the model says. */
static bool verify_at(struct replay *run, struct replay_space *space, u64 va,
		      struct ptf_mapping *mapping)
{
	int rc = run->front->lookup(space, va, mapping);
	u64 want, got;

	if (!expected(space, va, &want)) {
		if (rc != -ENOENT)
			complain(run, "%#llx should not be mapped, lookup says %d", va, rc);
		return false;
	}
	if (rc || mapping->kind != PTF_LEAF) {
		complain(run, "%#llx should be mapped, lookup says %d", va, rc);
		return false;
	}
	got = mapping->oa + (va - mapping->va);
	if (got != want) {
		complain(run, "%#llx is mapped to %#llx instead of %#llx", va, got, want);
		return false;
	}
	if ((mapping->attrs.flags & (PTF_READ | PTF_WRITE)) != (PTF_READ | PTF_WRITE)) {
		complain(run, "%#llx cannot be read and written", va);
		return false;
	}
	return true;
}

/* Every leaf of a range: by lookup, by translation of its last byte, and by for_each */
static void verify_mapped(struct replay *run, struct replay_space *space,
			  const struct replay_op *op)
{
	struct ptf_mapping mapping;
	struct tally tally, found = {};
	u64 va = op->iova, last;

	for (;;) {
		if (!verify_at(run, space, va, &mapping))
			return;
		last = va | ((1ULL << mapping.size_lg2) - 1);
		if (mapping.va != va || last > op->last) {
			complain(run, "leaf of 2^%u at %#llx reaches beyond the map",
				 mapping.size_lg2, mapping.va);
			return;
		}
		if (run->front->translate &&
		    run->front->translate(space, last) != op->paddr + (last - op->iova)) {
			complain(run, "%#llx is translated to %#llx instead of %#llx", last,
				 run->front->translate(space, last),
				 op->paddr + (last - op->iova));
			return;
		}
		found.leaves++;
		found.bytes += last - va + 1;
		run->leaves[mapping.size_lg2]++;
		if (last == op->last)
			break;
		va = last + 1;
	}
	run->verified += found.bytes;
	tally = tally_of(run, space, op->iova, op->last);
	if (tally.leaves != found.leaves || tally.bytes != found.bytes)
		complain(run, "for_each finds %llu leaves of %llu bytes, lookup %llu of %llu",
			 tally.leaves, tally.bytes, found.leaves, found.bytes);
}

/* The flushes of this operation must cover what was removed. */
static void verify_flushed(struct replay *run, struct replay_space *space, u64 first, u64 last,
			   const struct tally *removed)
{
	unsigned int i, flushes = min(space->flushed, REPLAY_FLUSHES);
	const struct ptf_flush *flush;
	u64 va = first;

	for (i = 0; i < flushes; i++) {
		flush = &space->flush[i];
		if (flush->start > va || flush->last < va || !flush->leaf_levels)
			continue;
		if (flush->min_size_lg2 > removed->min_size_lg2 ||
		    removed->levels & ~flush->leaf_levels)
			complain(run,
				 "flush for leaves from 2^%u at levels %#x, removed 2^%u at %#x",
				 flush->min_size_lg2, flush->leaf_levels,
				 removed->min_size_lg2, removed->levels);
		if (flush->last >= last)
			return;
		va = flush->last + 1;
		i = -1;
	}
	complain(run, "unmapped %#llx..%#llx, not flushed from %#llx on", first, last, va);
}

static void record(struct replay *run, u64 iova, u64 paddr, u64 last, unsigned int kind)
{
	run->by_kind[kind]++;
	run->steps[run->nr_steps++] = (struct replay_op){
		.iova = iova, .paddr = paddr, .last = last, .space = run->op->space, .kind = kind,
	};
}

static void verify_map(struct replay *run, struct replay_space *space, const struct replay_op *op)
{
	struct ptf_pt *pt = run->front->pt(space);
	u64 size = op->last - op->iova + 1, page = pt->sizes & -pt->sizes;
	int rc;

	if (op->last > pt->va_last) {
		run->skipped[SKIP_IOVA]++;
		return;
	}
	if (op->paddr + (size - 1) > pt->oa_last) {
		run->skipped[SKIP_PADDR]++;
		return;
	}
	if ((op->iova | op->paddr | size) & (page - 1)) {
		run->skipped[SKIP_ALIGN]++;
		return;
	}
	record(run, op->iova, op->paddr, op->last, REPLAY_MAP);
	run->done[REPLAY_MAP]++;
	mtree_store_range(&space->gone, op->iova, op->last, NULL, GFP_KERNEL);
	rc = run->front->map(space, op->iova, op->paddr, size);
	if (!rc)
		rc = mtree_insert_range(&space->mapped, op->iova, op->last,
					xa_mk_value(op - ops), GFP_KERNEL);
	if (rc) {
		complain(run, "map %#llx..%#llx refused: error %d", op->iova, op->last, rc);
		return;
	}
	run->mapped += size;
	verify_mapped(run, space, op);
}

/* Unmap a piece all of which is mapped; what is next to it must stay. */
static void verify_unmap_piece(struct replay *run, struct replay_space *space, u64 first,
			       u64 last)
{
	struct ptf_mapping mapping;
	struct tally removed;
	u64 end = last, got;

	if (!verify_at(run, space, last, &mapping))
		return;
	if (!run->front->cuts)
		end = mapping.va + ((1ULL << mapping.size_lg2) - 1);
	removed = tally_of(run, space, first, last);
	record(run, first, 0, last, run->op->kind);
	got = run->front->unmap(space, first, last - first + 1);
	if (got != end - first + 1)
		complain(run, "unmap %#llx..%#llx unmapped %#llx bytes instead of %#llx", first,
			 last, got, end - first + 1);
	if (mtree_store_range(&space->mapped, first, end, NULL, GFP_KERNEL) ||
	    (end > last && mtree_store_range(&space->gone, last + 1, end, xa_mk_value(1),
					     GFP_KERNEL)))
		complain(run, "the model has no memory");
	verify_flushed(run, space, first, end, &removed);
	if (tally_of(run, space, first, end).leaves)
		complain(run, "%#llx..%#llx is still mapped", first, end);
	verify_at(run, space, first, &mapping);
	verify_at(run, space, end, &mapping);
	if (first)
		verify_at(run, space, first - 1, &mapping);
	if (end < run->front->pt(space)->va_last)
		verify_at(run, space, end + 1, &mapping);
}

/* The next piece of [*va, last] that the model has mapped */
static bool next_piece(struct replay_space *space, u64 *va, u64 last, u64 *end)
{
	MA_STATE(mas, &space->mapped, *va, *va);
	void *entry;

	mas_lock(&mas);
	entry = mas_find(&mas, last);
	if (entry) {
		*va = max_t(u64, *va, mas.index);
		*end = min_t(u64, mas.last, last);
		while (*end < last && mas_find(&mas, last) && mas.index == *end + 1)
			*end = min_t(u64, mas.last, last);
	}
	mas_unlock(&mas);
	return entry;
}

static void verify_unmap(struct replay *run, struct replay_space *space,
			 const struct replay_op *op)
{
	unsigned long at = op->iova;
	struct ptf_mapping mapping;
	u64 va = op->iova, end;
	bool any = false;

	while (next_piece(space, &va, op->last, &end)) {
		/* An IOMMU's unmap may not begin in the middle of a leaf. */
		if (!run->front->cuts && verify_at(run, space, va, &mapping) &&
		    mapping.va != va) {
			run->skipped[SKIP_CUT] += op->kind == REPLAY_UNMAP;
			return;
		}
		verify_unmap_piece(run, space, va, end);
		any = true;
		if (end == op->last)
			break;
		va = end + 1;
	}
	if (any)
		run->done[op->kind]++;
	else if (op->kind == REPLAY_UNMAP)
		run->skipped[mt_find(&space->gone, &at, op->last) ? SKIP_GONE : SKIP_UNMAP]++;
}

/* Page tables of this front end, as wide as the trace needs, at least 48 bits if there are */
static int choose_config(struct replay *run, struct replay_space *space)
{
	struct ptf_config *cfg = &run->cfg;
	unsigned int i, wide;
	u64 last = 0;
	bool small;
	int rc;

	for (i = 0; i < header->ops; i++)
		last = max(last, ops[i].last);
	wide = max(48, fls64(last));
	for (cfg->oa_lg2 = 64; cfg->oa_lg2 > 31; cfg->oa_lg2--) {
		/* A root that grows costs nothing. */
		cfg->features = PTF_FEAT_DYNAMIC_TOP;
		cfg->va_lg2 = 64;
		rc = run->front->init(space, cfg);
		if (!rc)
			goto found;
		cfg->features = 0;
		for (cfg->va_lg2 = wide; cfg->va_lg2 > 31; cfg->va_lg2--) {
			rc = run->front->init(space, cfg);
			if (!rc)
				goto found;
			if (rc != -ERANGE)
				return rc;
		}
	}
	return -ERANGE;
found:
	small = run->front->pt(space)->va_last < last;
	run->front->deinit(space);
	if (!small)
		return 0;
	/* Half of a sign-extended space: take one bit more, if there is one. */
	cfg->va_lg2++;
	if (run->front->init(space, cfg))
		cfg->va_lg2--;
	else
		run->front->deinit(space);
	return 0;
}

/* @count page tables; those with memory of verified_mem are verified */
static struct replay_space *spaces_init(struct replay *run, unsigned int count,
					const struct ptf_mem_ops *mem)
{
	struct replay_space *spaces = vzalloc(array_size(count, sizeof(*spaces)));
	struct ptf_config cfg = run->cfg;
	unsigned int i;

	for (i = 0; spaces && i < count; i++) {
		cfg.mem = mem;
		cfg.mem_ctx = run;
		if (mem == &verified_mem) {
			cfg.mem_ctx = &spaces[i];
			spaces[i].run = run;
			mt_init(&spaces[i].mapped);
			mt_init(&spaces[i].gone);
			xa_init(&spaces[i].tables);
		}
		if (run->front->init(&spaces[i], &cfg)) {
			while (i--)
				run->front->deinit(&spaces[i]);
			vfree(spaces);
			return NULL;
		}
	}
	return spaces;
}

/* Tables that are left when all was unmapped and freed */
static u64 count_leaks(struct replay *run, struct replay_space *space)
{
	u64 in_use = atomic_long_read(&run->front->pt(space)->tables), left = 0;
	unsigned long address;
	void *by;

	xa_for_each(&space->tables, address, by) {
		if (!left++)
			complain(run, "table leaked that line %u allocated",
				 xa_to_value(by) ? ops[xa_to_value(by) - 1].line : 0);
	}
	if (in_use != left)
		complain(run, "%llu tables are counted, %llu are left", in_use, left);
	return max(in_use, left);
}

static void verify(struct replay *run, struct replay_space *spaces)
{
	u64 peak = 0, flushes = 0, freed = 0, leaks = 0;
	unsigned int i;

	for (i = 0; i < header->ops; i++) {
		struct replay_space *space = &spaces[ops[i].space];

		run->op = &ops[i];
		run->now = i + 1;
		space->flushed = 0;
		if (ops[i].kind == REPLAY_MAP)
			verify_map(run, space, &ops[i]);
		else
			verify_unmap(run, space, &ops[i]);
		if (!(i % 64))
			cond_resched();
	}
	run->now = 0;
	run->op = NULL;
	for (i = 0; i < header->spaces; i++) {
		struct ptf_pt *pt = run->front->pt(&spaces[i]);

		if (!mtree_empty(&spaces[i].mapped) ||
		    tally_of(run, &spaces[i], 0, pt->va_last).leaves)
			complain(run, "something is mapped at the end");
		peak += atomic_long_read(&pt->peak_bytes);
		flushes += spaces[i].flushes;
		freed += spaces[i].freed;
		run->front->deinit(&spaces[i]);
		leaks += count_leaks(run, &spaces[i]);
		mtree_destroy(&spaces[i].mapped);
		mtree_destroy(&spaces[i].gone);
		xa_destroy(&spaces[i].tables);
	}
	seq_buf_printf(&run->found, " peak=%llu flushes=%llu freed=%llu leaks=%llu", peak, flushes,
		       freed, leaks);
}

/*
 * Tables for taking time: from lists of free ones, because the allocator of the
 * test kernel does system calls of its host and costs more than the rest. What
 * is not in the table lies before it.
 */
struct pooled {
	struct ptf_side side;
	void *next;
	size_t size;
};

/* Bytes before the table, so that it is aligned to its size */
static size_t pooled_room(size_t size)
{
	return max(size, roundup_pow_of_two(sizeof(struct pooled)));
}

static struct pooled *pooled_of(void *table)
{
	return (struct pooled *)table - 1;
}

static void *pool_alloc(struct ptf_pt *pt, size_t size, gfp_t gfp)
{
	struct replay *run = pt->mem_ctx;
	void **pool = &run->pool[ilog2(size)], *table = *pool;
	size_t room = pooled_room(size);
	unsigned long base;

	if (table) {
		*pool = pooled_of(table)->next;
		pooled_of(table)->side = (struct ptf_side){};
		return memset(table, 0, size);
	}
	base = __get_free_pages(gfp | __GFP_ZERO, get_order(2 * room));
	if (!base)
		return NULL;
	table = (void *)(base + room);
	pooled_of(table)->size = size;
	return table;
}

static size_t pool_free(struct ptf_pt *pt, void *table)
{
	struct replay *run = pt->mem_ctx;
	struct pooled *pooled = pooled_of(table);
	void **pool = &run->pool[ilog2(pooled->size)];

	pooled->next = *pool;
	*pool = table;
	return pooled->size;
}

static struct ptf_side *pool_side(void *table)
{
	return &pooled_of(table)->side;
}

static const struct ptf_mem_ops timed_mem = {
	.alloc = pool_alloc,
	.free = pool_free,
	.side = pool_side,
	.spares = PTF_SPARES,
};

static void pool_empty(struct replay *run)
{
	unsigned int i;
	size_t room;
	void *table;

	for (i = 0; i < ARRAY_SIZE(run->pool); i++) {
		room = pooled_room(1UL << i);
		while ((table = run->pool[i])) {
			run->pool[i] = pooled_of(table)->next;
			free_pages((unsigned long)table - room, get_order(2 * room));
		}
	}
}

static bool do_step(const struct replay_front *front, struct replay_space *space,
		    const struct replay_op *step)
{
	u64 size = step->last - step->iova + 1;

	if (step->kind == REPLAY_MAP)
		return !front->map(space, step->iova, step->paddr, size);
	return front->unmap(space, step->iova, size);
}

/* Times by kind of a chunk of steps, each done on all page tables between two looks at the clock */
static struct chunk time_chunk(struct replay *run, struct replay_space *spaces, size_t first,
			       unsigned int *failed)
{
	size_t i, end = min(first + CHUNK, run->nr_steps);
	struct chunk chunk = {};
	u64 then, now;
	int table;

	then = ktime_get_ns();
	for (i = first; i < end; i++) {
		const struct replay_op *step = &run->steps[i];
		struct replay_space *space = &spaces[step->space * TIMED_TABLES];

		for (table = 0; table < TIMED_TABLES; table++)
			*failed += !do_step(run->front, &space[table], step);
		now = ktime_get_ns();
		chunk.ns[step->kind] += now - then;
		chunk.total += now - then;
		then = now;
	}
	return chunk;
}

/* All steps on new page tables; of each chunk the fastest time so far is kept. */
static bool timed_pass(struct replay *run, bool first)
{
	unsigned int count = header->spaces * TIMED_TABLES, failed = 0, i;
	struct replay_space *spaces = spaces_init(run, count, &timed_mem);
	struct chunk chunk;
	size_t step;

	if (!spaces) {
		complain(run, "no memory to take time");
		return false;
	}
	for (step = 0; step < run->nr_steps; step += CHUNK) {
		chunk = time_chunk(run, spaces, step, &failed);
		if (first || chunk.total < run->chunks[step / CHUNK].total)
			run->chunks[step / CHUNK] = chunk;
		cond_resched();
	}
	if (failed)
		complain(run, "%u operations failed that did not when verified", failed);
	for (i = 0; i < count; i++) {
		run->front->deinit(&spaces[i]);
		if (atomic_long_read(&run->front->pt(&spaces[i])->tables))
			complain(run, "tables leaked while time was taken");
	}
	vfree(spaces);
	return !run->errors;
}

/* What one operation of each kind takes, in ps */
static void take_time(struct replay *run)
{
	u64 begin = ktime_get_ns(), clock = timing_clock_cost(), ps[2];
	unsigned int pass, kind;
	size_t i;

	for (pass = 0; pass < passes; pass++) {
		if (!timed_pass(run, !pass))
			break;
		/* The first one allocates tables. */
		if (pass && ktime_get_ns() - begin > budget_ms * NSEC_PER_MSEC)
			break;
	}
	pool_empty(run);
	for (kind = 0; kind < 2; kind++) {
		ps[kind] = 0;
		if (!run->by_kind[kind])
			continue;
		for (i = 0; i * CHUNK < run->nr_steps; i++)
			ps[kind] += run->chunks[i].ns[kind];
		ps[kind] = ps[kind] * 1000 / run->by_kind[kind];
		ps[kind] -= min(ps[kind], clock);
		ps[kind] /= TIMED_TABLES;
	}
	seq_buf_printf(&run->found, " map_ps=%llu unmap_ps=%llu clock_ps=%llu", ps[REPLAY_MAP],
		       ps[REPLAY_UNMAP], clock);
}

/* What the page tables are like */
static bool describe(struct replay *run)
{
	struct replay_space *space = spaces_init(run, 1, NULL);
	const struct replay_front *front = run->front;
	struct ptf_pt *pt;

	if (!space)
		return false;
	pt = front->pt(space);
	seq_buf_printf(&run->found, " format=%s front=%s va=%u oa=%u sizes=%#llx lock=%u",
		       front->format, front->front, fls64(pt->va_last), pt->oa_lg2, pt->sizes,
		       front->lock_lg2 ? front->lock_lg2(space) : 0);
	front->deinit(space);
	vfree(space);
	return true;
}

static void report(struct replay *run)
{
	const char *comma = "";
	unsigned int i;

	seq_buf_printf(&run->found, " map=%llu unmap=%llu mapped=%llu verified=%llu errors=%llu",
		       run->done[REPLAY_MAP], run->done[REPLAY_UNMAP], run->mapped,
		       run->verified, run->errors);
	for (i = 0; i < SKIPS; i++)
		seq_buf_printf(&run->found, "%s%s:%llu", i ? "," : " skipped=", skip_names[i],
			       run->skipped[i]);
	seq_buf_puts(&run->found, " leaves=");
	for (i = 0; i < ARRAY_SIZE(run->leaves); i++) {
		if (!run->leaves[i])
			continue;
		seq_buf_printf(&run->found, "%s%u:%llu", comma, i, run->leaves[i]);
		comma = ",";
	}
	if (seq_buf_has_overflowed(&run->found))
		pr_err("ptf-replay: the result is too long\n");
	pr_info("ptf-replay: result%s\n", seq_buf_str(&run->found));
}

static void replay(struct replay *run)
{
	struct replay_space *spaces = spaces_init(run, header->spaces, &verified_mem);

	if (!spaces || !describe(run)) {
		complain(run, "no memory for the page tables");
		return;
	}
	verify(run, spaces);
	vfree(spaces);
	if (!run->errors)
		take_time(run);
	report(run);
}

/**
 * ptf_replay_run() - replay the trace on one front end of a format
 * @front: which
 */
void ptf_replay_run(const struct replay_front *front)
{
	struct replay_space *space = vzalloc(sizeof(*space));
	struct replay *run = vzalloc(sizeof(*run));
	int rc;

	if (!header || !run || !space)
		goto out;
	run->front = front;
	seq_buf_init(&run->found, run->buffer, sizeof(run->buffer));
	/* An unmap may fall into as many pieces as there were maps. */
	run->steps = vcalloc(2 * (size_t)header->ops, sizeof(*run->steps));
	run->chunks = vcalloc(2 * (size_t)header->ops / CHUNK + 1, sizeof(*run->chunks));
	rc = run->steps && run->chunks ? choose_config(run, space) : -ENOMEM;
	if (rc)
		complain(run, "no page table: error %d", rc);
	else
		replay(run);
	vfree(run->steps);
	vfree(run->chunks);
out:
	vfree(run);
	vfree(space);
}
EXPORT_SYMBOL_GPL(ptf_replay_run);

/* Whether a file of @size bytes is one of trace.py's */
static bool is_sound(size_t size)
{
	size_t i;

	if (size < sizeof(*header) || memcmp(header->magic, REPLAY_MAGIC, sizeof(header->magic)) ||
	    size != sizeof(*header) + (size_t)header->ops * sizeof(*ops))
		return false;
	for (i = 0; i < header->ops; i++)
		if (ops[i].space >= header->spaces || ops[i].kind > REPLAY_REST ||
		    ops[i].last < ops[i].iova)
			return false;
	return true;
}

static int __init replay_init(void)
{
	void *data = NULL;
	size_t size;
	ssize_t rc;

	if (!trace)
		return 0;
	rc = kernel_read_file_from_path(trace, 0, &data, INT_MAX, &size, READING_UNKNOWN);
	if (rc < 0)
		return rc;
	header = data;
	ops = data + sizeof(*header);
	if (is_sound(size))
		return 0;
	vfree(data);
	return -EINVAL;
}
module_init(replay_init);

static void __exit replay_exit(void)
{
	vfree(header);
}
module_exit(replay_exit);

MODULE_DESCRIPTION("ptforge: replay of DMA traces");
MODULE_LICENSE("GPL");
