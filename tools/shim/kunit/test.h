/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of KUnit as the suites use, on top of cmocka. A suite is compiled
 * unchanged; kunit_main.c runs it.
 */
#ifndef PTF_SHIM_KUNIT_H
#define PTF_SHIM_KUNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include "../ptf_shim.h"

enum kunit_status { KUNIT_SUCCESS, KUNIT_FAILURE, KUNIT_SKIPPED };

struct kunit {
	const char *name;
	enum kunit_status status;
	void *priv;
	void *memory;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char name[64];
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(fn) { .run_case = fn, .name = #fn }
#define KUNIT_CASE_SLOW(fn) KUNIT_CASE(fn)
#define kunit_test_suite(suite) struct kunit_suite *const kunit_shim_suite = &(suite)

extern struct kunit_suite *const kunit_shim_suite;

/* Freed when the test is over. */
void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp);

void kunit_shim_failed(struct kunit *test, bool abort, const char *file, int line,
		       const char *what, const char *fmt, ...) __printf(6, 7);

#define kunit_info(test, fmt, ...) printf("    # %s: " fmt, (test)->name, ##__VA_ARGS__)
#define kunit_err kunit_info

#define KUNIT_SHIM_CHECK(test, cond, stop, what, ...)				\
	do {									\
		if (!(cond))							\
			kunit_shim_failed(test, stop, __FILE__, __LINE__, what, __VA_ARGS__); \
	} while (0)

#define KUNIT_SHIM_BINARY(test, a, op, b, stop)					\
	do {									\
		typeof(a) __left = (a);						\
		typeof(b) __right = (b);					\
										\
		KUNIT_SHIM_CHECK(test, __left op __right, stop, #a " " #op " " #b, \
				 "%#llx, %#llx", (u64)__left, (u64)__right);	\
	} while (0)

#define KUNIT_EXPECT_TRUE(test, cond) KUNIT_SHIM_CHECK(test, cond, false, #cond, " ")
#define KUNIT_ASSERT_TRUE(test, cond) KUNIT_SHIM_CHECK(test, cond, true, #cond, " ")
#define KUNIT_EXPECT_FALSE(test, cond) KUNIT_SHIM_CHECK(test, !(cond), false, "!" #cond, " ")
#define KUNIT_ASSERT_FALSE(test, cond) KUNIT_SHIM_CHECK(test, !(cond), true, "!" #cond, " ")
#define KUNIT_EXPECT_TRUE_MSG(test, cond, ...)					\
	KUNIT_SHIM_CHECK(test, cond, false, #cond, __VA_ARGS__)
#define KUNIT_ASSERT_TRUE_MSG(test, cond, ...)					\
	KUNIT_SHIM_CHECK(test, cond, true, #cond, __VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, a, b) KUNIT_SHIM_BINARY(test, a, ==, b, false)
#define KUNIT_ASSERT_EQ(test, a, b) KUNIT_SHIM_BINARY(test, a, ==, b, true)
#define KUNIT_EXPECT_NE(test, a, b) KUNIT_SHIM_BINARY(test, a, !=, b, false)
#define KUNIT_ASSERT_NE(test, a, b) KUNIT_SHIM_BINARY(test, a, !=, b, true)
#define KUNIT_EXPECT_LE(test, a, b) KUNIT_SHIM_BINARY(test, a, <=, b, false)
#define KUNIT_EXPECT_GE(test, a, b) KUNIT_SHIM_BINARY(test, a, >=, b, false)
#define KUNIT_EXPECT_LT(test, a, b) KUNIT_SHIM_BINARY(test, a, <, b, false)
#define KUNIT_EXPECT_GT(test, a, b) KUNIT_SHIM_BINARY(test, a, >, b, false)
#define KUNIT_ASSERT_LE(test, a, b) KUNIT_SHIM_BINARY(test, a, <=, b, true)
#define KUNIT_ASSERT_GE(test, a, b) KUNIT_SHIM_BINARY(test, a, >=, b, true)
#define KUNIT_ASSERT_LT(test, a, b) KUNIT_SHIM_BINARY(test, a, <, b, true)
#define KUNIT_ASSERT_GT(test, a, b) KUNIT_SHIM_BINARY(test, a, >, b, true)
#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...) KUNIT_EXPECT_TRUE_MSG(test, (a) == (b), __VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(test, a, b, ...) KUNIT_ASSERT_TRUE_MSG(test, (a) == (b), __VA_ARGS__)
#define KUNIT_ASSERT_NOT_NULL(test, p) KUNIT_ASSERT_TRUE(test, (p) != NULL)
#define KUNIT_FAIL(test, ...) KUNIT_SHIM_CHECK(test, false, false, "fail", __VA_ARGS__)

#endif /* PTF_SHIM_KUNIT_H */
