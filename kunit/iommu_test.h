/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of the IOMMU front end: what the tests of one format consist of, and the
 * software IOMMU that they go through.
 */
#ifndef PTF_KUNIT_IOMMU_TEST_H
#define PTF_KUNIT_IOMMU_TEST_H

#include <kunit/test.h>
#include <linux/platform_device.h>
#include <ptforge/iommu.h>
#include "front_format.h"
#include "pt_common/compat.h"

/**
 * struct iommu_format - a format's functions that no iommu_domain_ops has
 * @front: the format
 * @init: see ptf_iommu_<fmt>_init()
 * @deinit: and so on
 * @hw_info:
 * @map_range:
 * @lookup:
 * @for_each:
 * @domain_ops: the domain's operations
 * @dirty_ops: and those for dirty tracking
 */
struct iommu_format {
	const struct front_format *front;
	int (*init)(struct ptf_iommu *iommu, const struct ptf_config *cfg,
		    const struct ptf_iommu_ops *ops);
	void (*deinit)(struct ptf_iommu *iommu);
	void (*hw_info)(struct ptf_iommu *iommu, struct ptf_hw_info *info);
	int (*map_range)(struct ptf_iommu *iommu, u64 iova, u64 oa, u64 last,
			 const struct ptf_attrs *attrs, gfp_t gfp, u64 *mapped);
	int (*lookup)(struct ptf_iommu *iommu, u64 iova, struct ptf_mapping *mapping);
	int (*for_each)(struct ptf_iommu *iommu, u64 start, u64 last,
			int (*leaf)(void *ctx, const struct ptf_mapping *m), void *ctx);
	const struct iommu_domain_ops *domain_ops;
	const struct iommu_dirty_ops *dirty_ops;
};

/**
 * struct iommu_driver - the software IOMMU and the device behind it
 * @device: the device
 * @iommu: for the IOMMU core
 * @attached: domain that the device uses now
 */
struct iommu_driver {
	struct platform_device *device;
	struct iommu_device iommu;
	struct iommu_domain *attached;
};

extern struct iommu_driver iommu_driver;

int iommu_driver_start(struct kunit_suite *suite);
void iommu_driver_stop(struct kunit_suite *suite);

/* Tests set it to provide domains to iommu_paging_domain_alloc(). */
extern struct iommu_domain *(*iommu_driver_alloc)(void *ctx);
extern void *iommu_driver_ctx;

/* For domain operations that the format does not have */
PTF_COMPAT_ATTACH_DEV(iommu_driver_attach);
int iommu_driver_dirty_tracking(struct iommu_domain *domain, bool enabled);
void iommu_driver_free(struct iommu_domain *domain);

void iommu_test_init_errors(struct kunit *test);
void iommu_test_geometry(struct kunit *test);
void iommu_test_mixed(struct kunit *test);
void iommu_test_map_sg(struct kunit *test);
void iommu_test_overlap(struct kunit *test);
void iommu_test_alloc_failure(struct kunit *test);
void iommu_test_unmap_strict(struct kunit *test);
void iommu_test_flushes(struct kunit *test);
void iommu_test_empty_tables(struct kunit *test);
void iommu_test_queued(struct kunit *test);
void iommu_test_dynamic_top(struct kunit *test);
void iommu_test_set_top_fails(struct kunit *test);
void iommu_test_dirty(struct kunit *test);
void iommu_test_coherency(struct kunit *test);
void iommu_test_protection(struct kunit *test);
void iommu_test_encryption(struct kunit *test);
void iommu_test_real_device(struct kunit *test);
void iommu_test_random(struct kunit *test);
void iommu_test_threads(struct kunit *test);

#endif /* PTF_KUNIT_IOMMU_TEST_H */
