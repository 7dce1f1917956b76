/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of the GPU front end: what the tests of one format consist of. */
#ifndef PTF_KUNIT_GPU_TEST_H
#define PTF_KUNIT_GPU_TEST_H

#include <kunit/test.h>
#include <ptforge/gpu.h>
#include "front_format.h"

/**
 * struct gpu_format - the one function of a format that is called by name
 * @front: the format
 * @init: see ptf_gpu_<fmt>_init()
 */
struct gpu_format {
	const struct front_format *front;
	int (*init)(struct ptf_gpu *gpu, const struct ptf_config *cfg,
		    const struct ptf_gpu_ops *ops);
};

void gpu_test_init_errors(struct kunit *test);
void gpu_test_sources(struct kunit *test);
void gpu_test_extent_attrs(struct kunit *test);
void gpu_test_page_lists(struct kunit *test);
void gpu_test_default_memory(struct kunit *test);
void gpu_test_arguments(struct kunit *test);
void gpu_test_reservation(struct kunit *test);
void gpu_test_exact(struct kunit *test);
void gpu_test_in_flight(struct kunit *test);
void gpu_test_short_reservation(struct kunit *test);
void gpu_test_reserve_fails(struct kunit *test);
void gpu_test_verbs_fail(struct kunit *test);
void gpu_test_overlap(struct kunit *test);
void gpu_test_flushes(struct kunit *test);
void gpu_test_cut(struct kunit *test);
void gpu_test_cut_watched(struct kunit *test);
void gpu_test_protect(struct kunit *test);
void gpu_test_remap(struct kunit *test);
void gpu_test_zap(struct kunit *test);
void gpu_test_staged(struct kunit *test);
void gpu_test_dump(struct kunit *test);
void gpu_test_repeat(struct kunit *test);
void gpu_test_null(struct kunit *test);
void gpu_test_bracket(struct kunit *test);
void gpu_test_live(struct kunit *test);
void gpu_test_counts(struct kunit *test);
void gpu_test_random(struct kunit *test);
void gpu_test_memory(struct kunit *test);
void gpu_test_gpuvm_remap(struct kunit *test);
void gpu_test_gpuvm_random(struct kunit *test);
void gpu_test_gpuvm_lists(struct kunit *test);
void gpu_test_vm_bind(struct kunit *test);
void gpu_test_vm_bind_fences(struct kunit *test);
void gpu_test_vm_bind_user(struct kunit *test);

#endif /* PTF_KUNIT_GPU_TEST_H */
