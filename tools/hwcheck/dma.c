// SPDX-License-Identifier: GPL-2.0-only
#include "dma.h"
#include "machine.h"

/* Registers: Intel High Definition Audio Specification 1.0a, section 3.3 */
#define HDA_GCTL	0x08	/* bit 0: out of reset */
#define HDA_WAKEEN	0x0c
#define HDA_INTCTL	0x20	/* bits 31, 30: global and controller interrupt enable */
#define HDA_CORBLBASE	0x40
#define HDA_CORBUBASE	0x44
#define HDA_CORBWP	0x48
#define HDA_CORBRP	0x4a
#define HDA_CORBCTL	0x4c	/* bit 1: run */
#define HDA_RINTCNT	0x5a

#define PCI_COMMAND	0x04
#define PCI_BAR0	0x10
#define HDA_MSI		0x60	/* where the device has its MSI capability */
#define HDA_ID		0x26688086

/*
 * Where no machine has anything: a write there by qtest puts its address into the
 * log, which so is divided into probes.
 */
#define DMA_NOWHERE	BIT_ULL(60)

static const struct hw_dma *dma;
static u64 corb_base;

u32 hw_pci_read32(const struct hw_dma *which, unsigned int devfn, unsigned int offset)
{
	return hw_read32(which->ecam + (devfn << 12) + offset);
}

void hw_pci_write32(const struct hw_dma *which, unsigned int devfn, unsigned int offset, u32 value)
{
	hw_write32(which->ecam + (devfn << 12) + offset, value);
}

static void dma_write16(unsigned int offset, u16 value)
{
	hw_qtest("writew 0x%llx 0x%x", dma->bar + offset, value);
}

/*
 * The ring is aligned to 128 bytes, and what is read is the entry behind the read pointer:
 * the last 32 entries of the ring before, or the first of this one.
 */
static void dma_read(u64 va)
{
	unsigned int index = va >> 2 & 31;
	u64 base = va & ~127ULL;

	if ((u32)base != (u32)corb_base)
		hw_write32(dma->bar + HDA_CORBLBASE, base);
	if (base >> 32 != corb_base >> 32)
		hw_write32(dma->bar + HDA_CORBUBASE, base >> 32);
	corb_base = base;
	dma_write16(HDA_CORBRP, (index - 1) & 0xff);
	dma_write16(HDA_CORBWP, index);
}

/* The codec's wake event is pending for good; enabling it raises the interrupt. */
static void dma_write(u64 va)
{
	hw_pci_write32(dma, HW_DMA_DEVFN, HDA_MSI + 4, va);
	hw_pci_write32(dma, HW_DMA_DEVFN, HDA_MSI + 8, va >> 32);
	hw_write32(dma->bar + HDA_INTCTL, 3U << 30);
}

void hw_dma_start(const struct hw_dma *which, u64 scratch)
{
	u32 *word = hw_ram_at(scratch);
	u32 id;

	dma = which;
	id = hw_pci_read32(dma, HW_DMA_DEVFN, 0);
	if (id != HDA_ID)
		hw_die("no intel-hda device, but %#x", id);
	hw_pci_write32(dma, HW_DMA_DEVFN, PCI_BAR0, dma->bar);
	hw_pci_write32(dma, HW_DMA_DEVFN, PCI_BAR0 + 4, dma->bar >> 32);
	hw_pci_write32(dma, HW_DMA_DEVFN, PCI_COMMAND, 6);	/* memory, bus master */
	if ((hw_pci_read32(dma, HW_DMA_DEVFN, HDA_MSI) & 0x8000ff) != 0x800005)
		hw_die("the intel-hda device has no MSI with 64 bits");
	hw_pci_write32(dma, HW_DMA_DEVFN, HDA_MSI + 12, HW_MARK);
	hw_pci_write32(dma, HW_DMA_DEVFN, HDA_MSI, 1 << 16);
	hw_write32(dma->bar + HDA_GCTL, 0);
	hw_write32(dma->bar + HDA_GCTL, 1);
	dma_write16(HDA_RINTCNT, 0xff);
	dma_write16(HDA_WAKEEN, 0x7fff);
	hw_qtest("writeb 0x%llx 2", dma->bar + HDA_CORBCTL);
	corb_base = 0;
	*word = 0;
	dma_write(scratch);
	hw_sync();
	if (*word != HW_MARK)
		hw_die("the intel-hda device writes no memory");
	while (hw_log_line())
		;
}

/* A line of the log; @at is the probe that it belongs to, or the next. */
static unsigned int dma_line(const char *line, struct hw_probe *probes, unsigned int at)
{
	const char *p = strstr(line, " at addr ");
	u64 addr = p ? strtoull(p + 9, NULL, 0) : 0;

	if (strncmp(line, "Invalid ", 8) || !p)
		return at;
	if (addr == DMA_NOWHERE + at)
		return at + 1;
	probes[at].fault = addr == probes[at].va;
	probes[at].oa = addr;
	return at;
}

void hw_dma_translate(struct hw_probe *probes, unsigned int n)
{
	unsigned int i, at = 0;
	const char *line;

	for (i = 0; i < n; i++) {
		probes[i].fault = false;
		probes[i].oa = HW_OA_SILENT;
		if (probes[i].access & HW_WRITE)
			dma_write(probes[i].va);
		else
			dma_read(probes[i].va);
		hw_qtest("writeb 0x%llx 0", DMA_NOWHERE + i);
	}
	hw_sync();
	while ((line = hw_log_line()) && at < n)
		at = dma_line(line, probes, at);
	if (at != n)
		hw_die("%u probes were made, the log has %u", n, at);
}
