// SPDX-License-Identifier: GPL-2.0-only
/* Not built: missing_flush.cocci has to report the marked lines, and only those. */

static const struct ptf_iommu_ops none = {		/* finding */
	.publish_top = driver_publish_top,
};

static const struct ptf_gpu_ops empty = {		/* finding */
};

static struct ptf_iommu_ops first = {
	.flush = driver_flush,
	.publish_top = driver_publish_top,
};

static const struct ptf_gpu_ops last = {
	.removed = driver_removed,
	.flush = driver_flush,
};

static const struct other_ops unrelated = {
	.publish_top = driver_publish_top,
};
