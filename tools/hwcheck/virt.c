// SPDX-License-Identifier: GPL-2.0-only
#include "virt.h"

/* Devices lie below RAM; from 16G to 32G is PCI's, where nothing answers and nothing is logged. */
const struct hw_ram hw_virt_ram = {
	.pa = HW_VIRT_RAM, .bytes = 64 << 20, .avoid_last = 0x7ffffffff,
};

static const struct hw_dma virt_dma = { .bar = 0x40000000, .ecam = 0x30000000 };

/* PCI devices have MSI only with the newer interrupt controllers. */
void hw_virt_start(u64 scratch, bool cached)
{
	const char *const args[] = {
		"-accel", "tcg", "-m", "64M", "-bios", "none",
		"-machine", "virt,memory-backend=ram,iommu-sys=on,aia=aplic-imsic",
		HW_DMA_ARGS, cached ? NULL : "-global", "riscv-iommu.ioatc-limit=0", NULL
	};

	hw_start("qemu-system-riscv64", 0, args);
	hw_write64(HW_VIRT_IOMMU + HW_VIRT_DDTP, HW_VIRT_BARE);
	hw_dma_start(&virt_dma, scratch);
}
