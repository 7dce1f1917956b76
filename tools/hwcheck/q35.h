/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PC that both x86 IOMMUs are in, and the DMA device behind them.
 */
#ifndef HW_Q35_H
#define HW_Q35_H

#include "dma.h"
#include "machine.h"

extern const struct hw_ram hw_q35_ram;

/* Start it with an IOMMU, given as the value of -device; overwrites the word at @scratch. */
void hw_q35_start(const char *iommu, u64 scratch);

#endif /* HW_Q35_H */
