// SPDX-License-Identifier: GPL-2.0-only
/*
 * The suite of one format, ptf_<fmt>: the build stamps a copy per format, which
 * defines PTF_FMT, PTF_FMT_HEADER and PTF_FMT_GOLDEN. The same source runs in
 * userspace, see tools/.
 */
#include <kunit/test.h>
#include <linux/module.h>
#define PTF_FOR_GPU 1
/* Items that were read; not exact where threads read them */
static unsigned long loads;
#define ptf_count_load() WRITE_ONCE(loads, READ_ONCE(loads) + 1)
#include "pt_common/ptf.h"
#include "kunit/suite/mem_device.h"
#include "kunit/suite/config.h"
#include "kunit/suite/walker.h"
#include "kunit/suite/tlb.h"
#include "kunit/suite/world.h"
#include "kunit/suite/model.h"
#include "kunit/suite/golden.h"
#include "kunit/suite/geometry.h"
#include "kunit/suite/attrs.h"
#include "kunit/suite/map.h"
#include "kunit/suite/unmap.h"
#include "kunit/suite/dirty.h"
#include "kunit/suite/incoherent.h"
#include "kunit/suite/memory.h"
#include "kunit/suite/random.h"
#include "kunit/suite/verbs.h"
#include "kunit/suite/null.h"
#include "kunit/suite/staged.h"
#include "kunit/suite/threads.h"
#include "kunit/suite/readers.h"
#include "kunit/suite/range.h"

static struct kunit_case suite_cases[] = {
	KUNIT_CASE(golden_test),
	KUNIT_CASE(golden_map_test),
	KUNIT_CASE(geometry_bits_test),
	KUNIT_CASE(geometry_sizes_test),
	KUNIT_CASE(geometry_root_test),
	KUNIT_CASE(geometry_widths_test),
	KUNIT_CASE(geometry_linear_test),
	KUNIT_CASE(geometry_across_linear_test),
	KUNIT_CASE(geometry_refused_test),
	KUNIT_CASE(attrs_round_trip_test),
	KUNIT_CASE(attrs_raw_test),
	KUNIT_CASE(attrs_unknown_test),
	KUNIT_CASE(attrs_lookup_test),
	KUNIT_CASE(attrs_oa_test),
	KUNIT_CASE(map_sizes_test),
	KUNIT_CASE_SLOW(map_best_size_test),
	KUNIT_CASE(map_boundaries_test),
	KUNIT_CASE(map_overlap_test),
	KUNIT_CASE(map_under_leaf_test),
	KUNIT_CASE(map_grow_test),
	KUNIT_CASE(unmap_strict_test),
	KUNIT_CASE(unmap_exact_test),
	KUNIT_CASE(unmap_hole_test),
	KUNIT_CASE(unmap_quick_test),
	KUNIT_CASE(unmap_quick_sizes_test),
	KUNIT_CASE(unmap_quick_counted_test),
	KUNIT_CASE(unmap_loads_test),
	KUNIT_CASE(unmap_nothing_test),
	KUNIT_CASE(unmap_frees_tables_test),
	KUNIT_CASE(count_test),
	KUNIT_CASE(dirty_test),
	KUNIT_CASE(dirty_cut_test),
	KUNIT_CASE_SLOW(incoherent_order_test),
	KUNIT_CASE(incoherent_stores_test),
	KUNIT_CASE(cut_hitless_test),
	KUNIT_CASE(memory_hooks_test),
	KUNIT_CASE(memory_run_test),
	KUNIT_CASE(memory_raw_test),
	KUNIT_CASE(memory_spares_test),
	KUNIT_CASE_SLOW(random_test),
	KUNIT_CASE(random_failing_test),
	KUNIT_CASE(verbs_hole_test),
	KUNIT_CASE(verbs_bound_test),
	KUNIT_CASE(verbs_deep_test),
	KUNIT_CASE_SLOW(verbs_test),
	KUNIT_CASE(null_test),
	KUNIT_CASE_SLOW(staged_test),
	KUNIT_CASE_SLOW(threads_test),
	KUNIT_CASE_SLOW(threads_verbs_test),
	KUNIT_CASE(threads_race_test),
	KUNIT_CASE(threads_grow_test),
	KUNIT_CASE_SLOW(threads_readers_test),
	KUNIT_CASE(range_test),
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
