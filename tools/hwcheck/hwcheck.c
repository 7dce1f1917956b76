// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hardware check of one format: the build stamps a copy per format, which defines
 * PTF_FMT, PTF_FMT_HEADER and PTF_FMT_GOLDEN.
 *
 *	hwcheck_<fmt> list			oracles and cases, one a line
 *	hwcheck_<fmt> exceptions		the table of exceptions, of all formats
 *	hwcheck_<fmt> run ORACLE CASE RESULTS	check one, and append to RESULTS
 *
 * HWCHECK_SEED replays one sequence, HWCHECK_CHECKS says how many checks a case has at
 * least. Status 0: all agree; 1: the hardware disagrees; 2: nobody was judged; 3: the
 * model's own checks failed.
 */
#include <kunit/test.h>
#include <time.h>
#include <unistd.h>
#include "pt_common/ptf.h"
#include "kunit/suite/mem_device.h"
#include "kunit/suite/config.h"
#include "kunit/suite/walker.h"
#include "kunit/suite/tlb.h"
#include "kunit/suite/world.h"
#include "kunit/suite/model.h"
#include "kunit/suite/dirty.h"
#include "kunit/suite/random.h"
#include "tools/mem_arena.h"
#include "judge.h"
#include "target.h"
#include "systematic.h"
#include "sequence.h"

#define FIXED_SEED 0x68776368ULL

static struct judge judge;
static struct kunit test = { .name = PTF_STRING(PTF_FMT) };

void *kunit_kzalloc(struct kunit *t, size_t size, gfp_t gfp)
{
	return calloc(1, size);
}

void kunit_shim_failed(struct kunit *t, bool stop, const char *file, int line, const char *what,
		       const char *fmt, ...)
{
	hw_die("%s:%d: expected %s", file, line, what);
}

static u64 number(const char *name, u64 otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

/* The world's hooks */

static void check_flush(struct world *w, const struct ptf_flush *flush)
{
	if (getenv("HWCHECK_VERBOSE"))
		printf("      flush [%#llx, %#llx] leaves %#x tables %#x, 2^%u and up\n",
		       flush->start, flush->last, flush->leaf_levels, flush->table_levels,
		       flush->min_size_lg2);
	judge.oracle->invalidate(flush);
}

static struct hw_table check_table(struct world *w, void *top, unsigned int level)
{
	unsigned int shape = PTF_FMT_MIN_TOP;

	while (F(shapes)[shape].level != level)
		shape++;
	return (struct hw_table){
		.root = virt_to_phys(top), .levels = level + 1,
		.root_bytes = 1ULL << (F(shapes)[shape].index_lg2 + F(shapes)[shape].item_lg2),
		.va_lg2 = w->pt.va_lg2, .oa_lg2 = w->pt.oa_lg2, .features = w->pt.features,
	};
}

static void check_root(struct world *w, void *top, unsigned int level)
{
	struct hw_table table = check_table(w, top, level);

	judge.oracle->set_root(judge.c, &table);
}

/* A new page table; with what the oracle needs, but empty otherwise */
static bool check_up(struct run *run)
{
	const struct hw_case *c = judge.c;
	struct world *w = run->w;
	unsigned int picked = 0, nr;
	u64 bits = 0, encrypt, picked_va = ~0ULL;
	struct hw_table table;
	unsigned long top;
	int rc;

	if (w->up && !world_down(w))
		return false;
	run->m.nr = 0;
	/* Nothing is attached yet. */
	w->on_flush = NULL;
	w->on_root = NULL;
	rc = world_up(w, &c->cfg);
	if (rc)
		hw_die("%s: the format refuses the configuration: %d", c->name, rc);
	if (c->keep_bytes) {
		rc = F(encode)(&w->pt, &c->keep_attrs, &bits, &encrypt);
		nr = model_predict(&w->pt, c->keep_va, c->keep_va + c->keep_bytes - 1, c->keep_oa,
				   bits, run->m.leaf, MODEL_MAX, &picked_va, &picked);
		run->m.nr = nr;
		while (nr--)
			run->m.leaf[nr].flags = c->keep_attrs.flags;
		if (rc || world_map_as(w, c->keep_va, c->keep_va + c->keep_bytes - 1, c->keep_oa,
				       &c->keep_attrs))
			hw_die("%s: cannot map what the oracle needs", c->name);
	}
	top = w->pt.top;
	table = check_table(w, ptf_top_table(top), F(shapes)[ptf_top_shape(top)].level);
	judge.oracle->attach(c, &table);
	w->on_flush = check_flush;
	w->on_root = check_root;
	return true;
}

static void check_report(const char *results)
{
	FILE *f = fopen(results, "a");
	unsigned int i;

	if (!f)
		hw_die("%s: %s", results, strerror(errno));
#define REPORT(key, n)								\
	fprintf(f, "%s\t%s\t%s\t%s\t%lu\n", PTF_STRING(PTF_FMT), judge.oracle->name,	\
		judge.c->name, key, n)
	REPORT("checks", judge.checks);
	REPORT("edges", judge.edges);
	REPORT("changed", judge.changed);
	for (i = 0; i < 64; i++) {
		char key[32];

		snprintf(key, sizeof(key), "size %u", i);
		if (judge.by_size[i])
			REPORT(key, judge.by_size[i]);
	}
	for (i = 0; i < ARRAY_SIZE(why_names); i++)
		if (judge.by_why[i])
			REPORT(why_names[i], judge.by_why[i]);
	for (i = 0; i < hw_nr_exceptions; i++) {
		char key[120];

		snprintf(key, sizeof(key), "except %s", hw_exceptions[i].name);
		if (judge.excepted[i])
			REPORT(key, judge.excepted[i]);
	}
#undef REPORT
	fclose(f);
}

/* Returns the status to end with. */
static int check_fail(struct run *run, u64 state)
{
	printf("    %s\n", judge.failure[0] ? judge.failure : run->w->fault);
	printf("    replay: make hwcheck FORMATS=%s ORACLES='%s' CASES='%s' HWCHECK_SEED=%#llx\n",
	       PTF_STRING(PTF_FMT), judge.oracle->name, judge.c->name, state);
	printf("failed: %s, %s, %s: %s\n", PTF_STRING(PTF_FMT), judge.oracle->name, judge.c->name,
	       judge.failure[0] ? "the hardware disagrees" : "the model disagrees");
	return judge.failure[0] ? 1 : 3;
}

static int check_case(struct run *run, const char *results)
{
	u64 only = number("HWCHECK_SEED", 0), least = number("HWCHECK_CHECKS", 16000);
	u64 state = only ?: FIXED_SEED, begin = time(NULL);
	struct timespec now;
	bool fixed = true;

	hw_ram_init(judge.oracle->ram);
	ptf_arena_init(HW_TABLE_BYTES, judge.oracle->ram->pa + HW_OWN_BYTES, hw_ram_fd(),
		       HW_OWN_BYTES);
	run->w = world_new(&test);
	run->flushes_unchecked = true;
	run->w->no_flags = judge.c->no_flags | PTF_ENCRYPT;
	run->w->no_mem = judge.c->no_mem;
	run->w->choose_oa = target_choose;
	target_ram = judge.oracle->ram;
	target_ram_only = judge.c->oa_in_ram;
	judge.w = run->w;
	judge.m = &run->m;
	judge.oracle->start(judge.c);
	/* Everything by the fixed seed; then as much again by a random one. */
	if (!check_up(run) || !systematic(run, &judge, state))
		return check_fail(run, state);
	do {
		if (fixed && !only && judge.checks >= least * 3 / 4) {
			fixed = false;
			clock_gettime(CLOCK_REALTIME, &now);
			state = (u64)now.tv_nsec << 32 ^ now.tv_sec ^ (u64)getpid() << 16;
			rnd(&state);
		}
		if (!check_up(run) || !sequence(run, &judge, state))
			return check_fail(run, state);
		rnd(&state);
	} while (!only && (fixed || judge.checks < least));
	if (!world_down(run->w))
		return check_fail(run, state);
	if (judge.oracle->stop)
		judge.oracle->stop();
	hw_stop();
	check_report(results);
	printf("passed: %s, %s, %s: %lu checks, %lu of changes (%llu s)\n", PTF_STRING(PTF_FMT),
	       judge.oracle->name, judge.c->name, judge.checks, judge.changed,
	       (u64)time(NULL) - begin);
	return 0;
}

static int print_exceptions(void)
{
	const struct hw_exception *x;

	for (x = hw_exceptions; x < hw_exceptions + hw_nr_exceptions; x++)
		printf("%s\t%s\t%s\t%s\t%s\n", x->oracle, x->format, x->config, x->name, x->reason);
	return 0;
}

int main(int argc, char **argv)
{
	const struct hw_oracle *oracle;
	unsigned int i, k;

	if (argc == 2 && !strcmp(argv[1], "exceptions"))
		return print_exceptions();
	for (i = 0; i < hw_nr_oracles; i++) {
		oracle = hw_oracles[i];
		for (k = 0; k < oracle->nr_cases; k++) {
			if (strcmp(oracle->cases[k].format, PTF_STRING(PTF_FMT)))
				continue;
			if (argc == 2 && !strcmp(argv[1], "list"))
				printf("%s\t%s\n", oracle->name, oracle->cases[k].name);
			if (argc != 5 || strcmp(argv[1], "run") || strcmp(argv[2], oracle->name) ||
			    strcmp(argv[3], oracle->cases[k].name))
				continue;
			judge.oracle = oracle;
			judge.c = &oracle->cases[k];
			return check_case(calloc(1, sizeof(struct run)), argv[4]);
		}
	}
	if (argc == 2 && !strcmp(argv[1], "list"))
		return 0;
	hw_die("usage: %s list | exceptions | run ORACLE CASE RESULTS", argv[0]);
}
