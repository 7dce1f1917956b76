// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one table of what the emulators get wrong, or ignore. An entry takes probes out
 * of the comparison; how many it took is in the report.
 */
#include "oracle.h"

#define CONCATENATED								\
	"the emulator masks the number of the root table away and walks the first "	\
	"(hw/arm/smmu-common.c, smmu_ptw_64_s2); aarch64-cpu judges these"

const struct hw_exception hw_exceptions[] = {
	{ .oracle = "amd-iommu", .format = "*", .config = "*", .name = "VA width",
	  .reason = "the emulator ignores VA bits above the root; hardware faults (48882, 2.2.3)",
	  .why = HW_OUTSIDE, .access = HW_READ | HW_WRITE },
	{ .oracle = "amd-iommu", .format = "*", .config = "*", .name = "interrupt range",
	  .reason = "0xfee00000 to 0xfeefffff is for interrupts, in hardware too (48882, 2.1.4)",
	  .why = HW_ANY, .access = HW_READ | HW_WRITE,
	  .va = 0xfee00000, .last = 0xfeefffff },
	{ .oracle = "intel-iommu", .format = "*", .config = "*", .name = "interrupt range",
	  .reason = "0xfee00000 to 0xfeefffff is for interrupts, in hardware too (D51397, 3.14)",
	  .why = HW_ANY, .access = HW_READ | HW_WRITE,
	  .va = 0xfee00000, .last = 0xfeefffff },
	{ .oracle = "aarch64-cpu", .format = "arm64_*k", .config = "*",
	  .name = "user-writable code",
	  .reason = "what EL0 may write, EL1 may not execute, in hardware too (DDI 0487, D8.4.1.2.3)",
	  .why = HW_MAPPED, .access = HW_EXEC, .flags = PTF_WRITE, .without = PTF_PRIV,
	  .privileged = true },
	{ .oracle = "cortex-a15", .format = "*", .config = "*", .name = "VA beyond 32 bits",
	  .reason = "the CPU has no such address", .why = HW_OUTSIDE, .access = ~0,
	  .va = 1ULL << 32 },
	{ .oracle = "smmuv3", .format = "arm64_*k", .config = "*", .name = "AP[1]",
	  .reason = "the emulator ignores AP[1]; a device without privileges may access all (hw/arm/smmu-internal.h, is_permission_fault)",
	  .why = HW_PRIV_ONLY, .access = HW_READ | HW_WRITE },
	{ .oracle = "smmuv3", .format = "arm64_s2_4k", .config = "*roots", .name = "concatenated roots",
	  .reason = CONCATENATED,
	  .why = HW_ANY, .access = HW_READ | HW_WRITE, .va = 1ULL << 39 },
	{ .oracle = "smmuv3", .format = "arm64_s2_16k", .config = "*roots", .name = "concatenated roots",
	  .reason = CONCATENATED,
	  .why = HW_ANY, .access = HW_READ | HW_WRITE, .va = 1ULL << 36 },
	{ .oracle = "smmuv3", .format = "arm64_s2_64k", .config = "*roots", .name = "concatenated roots",
	  .reason = CONCATENATED,
	  .why = HW_ANY, .access = HW_READ | HW_WRITE, .va = 1ULL << 42 },
	{ .oracle = "riscv-iommu", .format = "riscv64*", .config = "*", .name = "no Svnapot",
	  .reason = "bit N is ignored: 64K leaves are taken for 4K (riscv_iommu_spa_fetch())",
	  .why = HW_MAPPED, .access = HW_READ | HW_WRITE, .sizes = BIT_ULL(16) },
	{ .oracle = "riscv-iommu", .format = "riscv64", .config = "*", .name = "no U",
	  .reason = "bit U is ignored: users reach privileged pages (riscv_iommu_spa_fetch())",
	  .why = HW_PRIV_ONLY, .access = HW_READ | HW_WRITE, .flags = PTF_PRIV },
};

const unsigned int hw_nr_exceptions = ARRAY_SIZE(hw_exceptions);
