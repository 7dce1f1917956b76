// SPDX-License-Identifier: GPL-2.0-only
/*
 * The suite of one format, ptf_<fmt>: the build stamps a copy per format, which
 * defines PTF_FMT, PTF_FMT_HEADER and PTF_FMT_GOLDEN. The same source runs in
 * userspace, see tools/.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include "pt_common/ptf.h"
#include "kunit/suite/mem.h"
#include "kunit/suite/config.h"
#include "kunit/suite/walker.h"
#include "kunit/suite/tlb.h"
#include "kunit/suite/world.h"
#include "kunit/suite/golden.h"

static struct kunit_case suite_cases[] = {
	KUNIT_CASE(golden_test),
	KUNIT_CASE(golden_map_test),
	{}
};

static struct kunit_suite suite = {
	.name = PTF_STRING(PTF_PASTE(ptf_, PTF_FMT)),
	.exit = world_exit,
	.test_cases = suite_cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("ptforge: tests of a page table format");
MODULE_LICENSE("GPL");
