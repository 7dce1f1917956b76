/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI device that reads or writes one word of memory when told to, through the IOMMU
 * that it is behind, on any machine with PCI: QEMU's "intel-hda". A read is its fetch
 * of one command from the ring CORB, a write is its message-signalled interrupt, whose
 * address may be any. No clock has to run. The machine's arguments have HW_DMA_ARGS
 * after the IOMMU.
 *
 * Where an access lands is seen in QEMU's log, "Invalid read at addr", where neither
 * RAM nor a device is. A refused access is there with its VA, so a page must not be
 * mapped to itself. What is not in the log went to RAM, as a mark (HW_OA_SILENT).
 */
#ifndef HW_DMA_H
#define HW_DMA_H

#include "oracle.h"

#define HW_DMA_SLOT	5
#define HW_DMA_DEVFN	(HW_DMA_SLOT << 3)
#define HW_DMA_ARGS							\
	"-audiodev", "none,id=audio", "-device", "intel-hda,addr=5",	\
	"-device", "hda-output,audiodev=audio,cad=14",			\
	"-d", "invalid_mem"

/**
 * struct hw_dma - where the device is
 * @bar: where to put its registers (16K, aligned)
 * @ecam: physical address of PCI configuration space
 */
struct hw_dma {
	u64 bar;
	u64 ecam;
};

/* Set up the device. The IOMMU must still let it through: it writes a mark to @scratch. */
void hw_dma_start(const struct hw_dma *dma, u64 scratch);
void hw_dma_translate(struct hw_probe *probes, unsigned int n);

/* A device's configuration space, bus 0 */
u32 hw_pci_read32(const struct hw_dma *dma, unsigned int devfn, unsigned int offset);
void hw_pci_write32(const struct hw_dma *dma, unsigned int devfn, unsigned int offset, u32 value);

#endif /* HW_DMA_H */
