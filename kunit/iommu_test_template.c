// SPDX-License-Identifier: GPL-2.0-only
/*
 * The suite of the IOMMU front end for one format: its functions and the list of
 * tests, which are in iommu_test.c. Kbuild stamps out a file that names the
 * format and includes this one.
 */
#include "iommu_test.h"

PTF_IOMMU_FORMAT(PTF_FMT);

#define IOMMU(name) PTF_PASTE(PTF_PASTE(ptf_iommu_, PTF_FMT), _##name)
#define DOMAIN_OPS(fmt) PTF_IOMMU_DOMAIN_OPS(fmt)
#define DIRTY_OPS(fmt) PTF_IOMMU_DIRTY_OPS(fmt)

static const struct iommu_domain_ops domain_ops = {
	DOMAIN_OPS(PTF_FMT),
	.attach_dev = iommu_driver_attach,
	.enforce_cache_coherency = IOMMU(enforce_cache_coherency),
	.free = iommu_driver_free,
};

static const struct iommu_dirty_ops dirty_ops = {
	DIRTY_OPS(PTF_FMT),
	.set_dirty_tracking = iommu_driver_dirty_tracking,
};

static const struct iommu_format format = {
	.front = &front_format,
	.init = IOMMU(init),
	.deinit = IOMMU(deinit),
	.hw_info = IOMMU(hw_info),
	.map_range = IOMMU(map_range),
	.lookup = IOMMU(lookup),
	.for_each = IOMMU(for_each),
	.domain_ops = &domain_ops,
	.dirty_ops = &dirty_ops,
};

static int init(struct kunit *test)
{
	test->priv = (void *)&format;
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(iommu_test_init_errors),
	KUNIT_CASE(iommu_test_geometry),
	KUNIT_CASE(iommu_test_mixed),
	KUNIT_CASE(iommu_test_map_sg),
	KUNIT_CASE(iommu_test_overlap),
	KUNIT_CASE(iommu_test_alloc_failure),
	KUNIT_CASE(iommu_test_unmap_strict),
	KUNIT_CASE(iommu_test_flushes),
	KUNIT_CASE(iommu_test_empty_tables),
	KUNIT_CASE(iommu_test_queued),
	KUNIT_CASE(iommu_test_dynamic_top),
	KUNIT_CASE(iommu_test_set_top_fails),
	KUNIT_CASE(iommu_test_dirty),
	KUNIT_CASE(iommu_test_coherency),
	KUNIT_CASE(iommu_test_protection),
	KUNIT_CASE(iommu_test_encryption),
	KUNIT_CASE(iommu_test_real_device),
	KUNIT_CASE(iommu_test_random),
	KUNIT_CASE(iommu_test_threads),
	{}
};

static struct kunit_suite suite = {
	.name = "ptf_iommu_" PTF_STRING(PTF_FMT),
	.suite_init = iommu_driver_start,
	.suite_exit = iommu_driver_stop,
	.init = init,
	.test_cases = cases,
};

kunit_test_suite(suite);
