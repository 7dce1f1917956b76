// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the KUnit suite that it is linked with, by cmocka. An argument is a glob
 * of tests to run. Ends with "SUITE: N passed, N failed".
 */
#include <kunit/test.h>
#include <time.h>
#include <cmocka.h>
#include "mem_arena.h"

#define ARENA_BYTES (1UL << 30)
#define ARENA_PA (1UL << 20)

struct block {
	struct block *next;
	char memory[] __attribute__((aligned(16)));
};

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	struct block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		abort();
	block->next = test->memory;
	test->memory = block;
	return block->memory;
}

void kunit_shim_failed(struct kunit *test, bool stop, const char *file, int line,
		       const char *what, const char *fmt, ...)
{
	va_list args;

	test->status = KUNIT_FAILURE;
	printf("    # %s: %s:%d: expected %s: ", test->name, file, line, what);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	if (stop)
		fail();
}

static struct kunit *current_test;
static int ran;
static struct timespec began;

static int setup(void **state)
{
	struct kunit_case *test_case = *state;

	ran++;
	clock_gettime(CLOCK_MONOTONIC, &began);
	current_test = calloc(1, sizeof(*current_test));
	current_test->name = test_case->name;
	return kunit_shim_suite->init ? kunit_shim_suite->init(current_test) : 0;
}

static void run(void **state)
{
	struct kunit_case *test_case = *state;

	test_case->run_case(current_test);
	if (current_test->status == KUNIT_FAILURE)
		fail();
}

static int teardown(void **state)
{
	struct block *block, *next;
	struct timespec now;
	double took;

	clock_gettime(CLOCK_MONOTONIC, &now);
	took = now.tv_sec - began.tv_sec + (now.tv_nsec - began.tv_nsec) / 1e9;
	if (took > 1)
		printf("    # %s: took %.1f s\n", current_test->name, took);
	if (kunit_shim_suite->exit)
		kunit_shim_suite->exit(current_test);
	for (block = current_test->memory; block; block = next) {
		next = block->next;
		free(block);
	}
	free(current_test);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	struct kunit_case *test_case;
	struct CMUnitTest *tests;
	int n = 0, failed;

	for (test_case = kunit_shim_suite->test_cases; test_case->run_case; test_case++)
		n++;
	tests = calloc(n, sizeof(*tests));
	for (int i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){
			.name = kunit_shim_suite->test_cases[i].name,
			.test_func = run,
			.setup_func = setup,
			.teardown_func = teardown,
			.initial_state = &kunit_shim_suite->test_cases[i],
		};
	ptf_arena_init(ARENA_BYTES, ARENA_PA, -1, 0);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	failed = _cmocka_run_group_tests(kunit_shim_suite->name, tests, n, NULL, NULL);
	free(tests);
	printf("%s: %d passed, %d failed\n", kunit_shim_suite->name, ran - failed, failed);
	return failed != 0;
}
