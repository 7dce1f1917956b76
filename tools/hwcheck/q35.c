// SPDX-License-Identifier: GPL-2.0-only
#include "q35.h"

#define Q35_PCIEXBAR	0x60	/* of the host bridge, 0:0.0: where ECAM is; bit 0 enables it */
#define Q35_ECAM	0xb0000000U

/* Legacy devices below 1M, and all from ECAM to 4G */
const struct hw_ram hw_q35_ram = {
	.bytes = 64 << 20, .avoid = 0xa0000, .avoid_last = 0xffffffff,
};

static const struct hw_dma q35_dma = { .bar = 0xe0000000, .ecam = Q35_ECAM };

void hw_q35_start(const char *iommu, u64 scratch)
{
	const char *const args[] = {
		"-accel", "tcg", "-m", "64M", "-machine", "q35,memory-backend=ram",
		"-device", iommu, HW_DMA_ARGS, NULL
	};

	hw_start("qemu-system-x86_64", 0, args);
	hw_outl(0xcf8, 1U << 31 | Q35_PCIEXBAR);
	hw_outl(0xcfc, Q35_ECAM | 1);
	hw_dma_start(&q35_dma, scratch);
}
