// SPDX-License-Identifier: GPL-2.0-only
/*
 * The suite of the GPU front end for one format; the tests are in gpu_test.c and
 * gpu_gpuvm_test.c. Kbuild stamps out a file that names the format and includes
 * this one.
 */
#include "gpu_test.h"

PTF_GPU_FORMAT(PTF_FMT);

static const struct gpu_format format = {
	.front = &front_format,
	.init = PTF_PASTE(PTF_PASTE(ptf_gpu_, PTF_FMT), _init),
};

static int init(struct kunit *test)
{
	test->priv = (void *)&format;
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(gpu_test_init_errors),
	KUNIT_CASE(gpu_test_sources),
	KUNIT_CASE(gpu_test_extent_attrs),
	KUNIT_CASE(gpu_test_page_lists),
	KUNIT_CASE(gpu_test_default_memory),
	KUNIT_CASE(gpu_test_arguments),
	KUNIT_CASE(gpu_test_reservation),
	KUNIT_CASE(gpu_test_exact),
	KUNIT_CASE(gpu_test_in_flight),
	KUNIT_CASE(gpu_test_short_reservation),
	KUNIT_CASE(gpu_test_reserve_fails),
	KUNIT_CASE(gpu_test_verbs_fail),
	KUNIT_CASE(gpu_test_overlap),
	KUNIT_CASE(gpu_test_flushes),
	KUNIT_CASE(gpu_test_cut),
	KUNIT_CASE(gpu_test_cut_watched),
	KUNIT_CASE(gpu_test_protect),
	KUNIT_CASE(gpu_test_remap),
	KUNIT_CASE(gpu_test_zap),
	KUNIT_CASE(gpu_test_repeat),
	KUNIT_CASE(gpu_test_null),
	KUNIT_CASE(gpu_test_bracket),
	KUNIT_CASE(gpu_test_staged),
	KUNIT_CASE(gpu_test_dump),
	KUNIT_CASE(gpu_test_live),
	KUNIT_CASE(gpu_test_counts),
	KUNIT_CASE(gpu_test_random),
	KUNIT_CASE(gpu_test_memory),
	KUNIT_CASE(gpu_test_gpuvm_remap),
	KUNIT_CASE(gpu_test_gpuvm_random),
	KUNIT_CASE(gpu_test_gpuvm_lists),
	KUNIT_CASE(gpu_test_vm_bind),
	KUNIT_CASE(gpu_test_vm_bind_fences),
	KUNIT_CASE(gpu_test_vm_bind_user),
	{}
};

static struct kunit_suite suite = {
	.name = "ptf_gpu_" PTF_STRING(PTF_FMT),
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
