/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RISC-V machine "virt" with an IOMMU and a device that does DMA.
 */
#ifndef HW_VIRT_H
#define HW_VIRT_H

#include "dma.h"
#include "machine.h"

#define HW_VIRT_RAM	0x80000000ULL
#define HW_VIRT_IOMMU	0x3010000ULL	/* registers of its IOMMU */
#define HW_VIRT_DDTP	0x10		/* of these, the device directory table pointer */
#define HW_VIRT_BARE	1ULL		/* there: no translation */

extern const struct hw_ram hw_virt_ram;

/* Start it, with a page at @scratch for the device to write to; the IOMMU caches if @cached. */
void hw_virt_start(u64 scratch, bool cached);

#endif /* HW_VIRT_H */
