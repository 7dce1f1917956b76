// SPDX-License-Identifier: GPL-2.0-only
/*
 * smmuv3: an Arm SMMU with 44 bits of OA, stage 1 or stage 2, and a PCI device behind it.
 * Ranges are invalidated by ranges (SMMU_IDR3.RIL), as Linux does.
 *
 * Source: Arm System Memory Management Unit Architecture Specification, version 3
 * (IHI 0070): commands 4, stream table 5.2, context descriptor 5.4, registers 6.3.
 */
#include "arm_cpu.h"
#include "dma.h"

#define SMMU_BASE	0x09050000ULL
#define SMMU_CR0	0x20
#define SMMU_STRTAB_BASE 0x80
#define SMMU_STRTAB_BASE_CFG 0x88
#define SMMU_CMDQ_BASE	0x90
#define SMMU_CMDQ_PROD	0x98

/* Our memory; before it lies the device tree. */
#define STRTAB_PA	ARM_CODE_PA
#define STRTAB_LG2	6
#define CD_PA		(ARM_CODE_PA + 0x1000)
#define CMDQ_PA		(ARM_CODE_PA + 0x2000)
#define CMDQ_LG2	8
#define SCRATCH_PA	(ARM_CODE_PA + 0x4000)

#define CMD_CFGI_ALL	0x04
#define CMD_TLBI_NH_VA	0x12
#define CMD_TLBI_S2_IPA	0x2a
#define CMD_TLBI_NSNH_ALL 0x30

#define ASID		5ULL
#define VMID		6ULL
#define OAS		4ULL		/* 44 bits */

/* The window for 32-bit BARs, and configuration space where nothing is above 4G */
static const struct hw_dma smmu_dma = { .bar = 0x10000000, .ecam = 0x3f000000 };

static unsigned int cmd_prod;
static unsigned int granule_lg2;
static bool stage2;

static void smmu_command(u64 low, u64 high)
{
	u64 *cmd = hw_ram_at(CMDQ_PA + 16 * (cmd_prod & ((1U << CMDQ_LG2) - 1)));

	cmd[0] = low;
	cmd[1] = high;
	/* With the wrap bit above the index; it is done at once. */
	cmd_prod = (cmd_prod + 1) & ((2U << CMDQ_LG2) - 1);
	hw_write32(SMMU_BASE + SMMU_CMDQ_PROD, cmd_prod);
	hw_sync();
}

static void smmu_start(const struct hw_case *c)
{
	const char *args[] = {
		"-accel", "tcg", "-m", "64M", "-cpu", "max",
		"-machine", "virt,iommu=smmuv3,highmem=off,memory-backend=ram",
		"-global", "arm-smmuv3.stage=1", HW_DMA_ARGS, NULL
	};

	stage2 = !!strstr(c->format, "_s2_");
	granule_lg2 = c->variant;
	if (stage2)
		args[9] = "arm-smmuv3.stage=2";
	hw_start("qemu-system-aarch64", 0, args);
	hw_dma_start(&smmu_dma, SCRATCH_PA);
	cmd_prod = 0;
	memset(hw_ram_at(STRTAB_PA), 0, CD_PA + 64 - STRTAB_PA);
	hw_write64(SMMU_BASE + SMMU_STRTAB_BASE, STRTAB_PA);
	hw_write32(SMMU_BASE + SMMU_STRTAB_BASE_CFG, STRTAB_LG2);
	hw_write64(SMMU_BASE + SMMU_CMDQ_BASE, CMDQ_PA | CMDQ_LG2);
	hw_write32(SMMU_BASE + SMMU_CMDQ_PROD, 0);
	hw_write32(SMMU_BASE + SMMU_CR0, 9);		/* CMDQEN, SMMUEN */
	hw_sync();
}

static void smmu_attach(const struct hw_case *c, const struct hw_table *table)
{
	static const u8 granule[] = { [12] = 0, [16] = 1, [14] = 2 };
	u64 *ste = hw_ram_at(STRTAB_PA + HW_DMA_DEVFN * 64), *cd = hw_ram_at(CD_PA);
	u64 size = 64 - table->va_lg2, tg = granule[granule_lg2];

	if (stage2) {
		ste[0] = 1 | 6 << 1;			/* V, stage 2 */
		/* S2VMID, S2T0SZ, S2SL0, S2TG, S2PS, S2AA64, S2R */
		ste[2] = VMID | (size | (table->levels - (granule_lg2 == 12 ? 2 : 1)) << 6 |
				 tg << 14 | OAS << 16 | 1 << 19 | 1 << 26) << 32;
		ste[3] = table->root;
	} else {
		ste[0] = 1 | 5 << 1 | CD_PA;		/* V, stage 1 */
		/* T0SZ, TG0, EPD1, V, IPS, AA64, R, A, ASID */
		cd[0] = size | tg << 6 | 1 << 30 | 1ULL << 31 | OAS << 32 | 1ULL << 41 |
			3ULL << 45 | ASID << 48;
		cd[1] = table->root;
	}
	smmu_command(CMD_CFGI_ALL, 31);
	smmu_command(CMD_TLBI_NSNH_ALL, 0);
}

static void smmu_translate(struct hw_probe *probes, unsigned int n)
{
	hw_dma_translate(probes, n);
}

/*
 * Pieces of up to 32 times a power of two granules. TTL says the level if it is known; a single
 * granule of unknown level is not a range, but any entry that the address is in.
 */
static void smmu_invalidate(const struct ptf_flush *flush)
{
	u64 left = ((flush->last - flush->start) >> granule_lg2) + 1, va = flush->start, low, num;
	unsigned int scale, ttl = 0;

	if (hweight64(flush->leaf_levels) == 1 && !flush->table_levels)
		ttl = 3 - __ffs64(flush->leaf_levels);
	for (; left; left -= num << scale, va += num << (scale + granule_lg2)) {
		scale = min(__ffs64(left), 31UL);
		num = scale < 31 ? left >> scale & 0x1f : min(left >> scale, 31ULL);
		low = stage2 ? CMD_TLBI_S2_IPA | VMID << 32 : CMD_TLBI_NH_VA | ASID << 48;
		if (!ttl && !scale && num == 1)
			smmu_command(low, va);
		else
			smmu_command(low | (num - 1) << 12 | scale << 20,
				     va | ttl << 8 | (granule_lg2 - 10) / 2 << 10);
	}
}

static const u8 smmu_access[] = { HW_READ | HW_USER, HW_WRITE | HW_USER, 0 };

#define CASE(fmt, title, granule, va)						\
	{ .format = #fmt, .name = title, .variant = granule, .access = smmu_access,	\
	  .cfg = { .va_lg2 = va, .oa_lg2 = 44 } }

static const struct hw_case smmu_cases[] = {
	CASE(arm64_4k, "2 levels", 12, 30),
	CASE(arm64_4k, "3 levels", 12, 39),
	CASE(arm64_4k, "4 levels", 12, 48),
	CASE(arm64_16k, "2 levels", 14, 36),
	CASE(arm64_16k, "3 levels", 14, 47),
	CASE(arm64_16k, "4 levels", 14, 48),
	CASE(arm64_64k, "2 levels", 16, 42),
	CASE(arm64_64k, "3 levels", 16, 48),

	CASE(arm64_s2_4k, "2 levels", 12, 30),
	CASE(arm64_s2_4k, "3 levels", 12, 39),
	CASE(arm64_s2_4k, "3 levels, 2 roots", 12, 40),
	CASE(arm64_s2_4k, "4 levels", 12, 44),
	CASE(arm64_s2_16k, "2 levels", 14, 36),
	CASE(arm64_s2_16k, "2 levels, 2 roots", 14, 37),
	CASE(arm64_s2_16k, "3 levels", 14, 44),
	CASE(arm64_s2_64k, "2 levels", 16, 42),
	CASE(arm64_s2_64k, "2 levels, 2 roots", 16, 43),
};

static const struct hw_oracle smmu_oracle = {
	.name = "smmuv3",
	.ram = &hw_arm_ram,
	.cases = smmu_cases,
	.nr_cases = ARRAY_SIZE(smmu_cases),
	.start = smmu_start,
	.attach = smmu_attach,
	.translate = smmu_translate,
	.invalidate = smmu_invalidate,
};

HW_ORACLE(smmu_oracle);
