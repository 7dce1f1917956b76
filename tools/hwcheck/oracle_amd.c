// SPDX-License-Identifier: GPL-2.0-only
/*
 * amd-iommu: AMD IOMMU (48882), host page tables of 3 to 6 levels.
 */
#include "q35.h"

/* Registers, section 3.4 */
#define AMD_BASE	0xfed80000ULL
#define AMD_DEVTAB	0x00
#define AMD_CMDBUF	0x08
#define AMD_EVTLOG	0x10
#define AMD_CONTROL	0x18
#define AMD_CMD_HEAD	0x2000
#define AMD_CMD_TAIL	0x2008
#define AMD_EVT_HEAD	0x2010
#define AMD_EVT_TAIL	0x2018

/* Our memory */
#define DEVTAB_PA	0x10000ULL	/* 256 entries of 32 bytes */
#define CMDBUF_PA	0x20000ULL
#define EVTLOG_PA	0x30000ULL
#define SCRATCH_PA		0x40000ULL
#define CMDS		4096U
#define EVTS		256U

#define DOMAIN		7ULL

static const u8 amd_access[] = { HW_READ | HW_USER, HW_WRITE | HW_USER, 0 };

#define AMD_CASE(title, va, feat)						\
	{ .format = "amdv1", .name = title, .access = amd_access,		\
	  .cfg = { .va_lg2 = va, .oa_lg2 = 52, .features = feat } }

static const struct hw_case amd_cases[] = {
	AMD_CASE("3 levels", 39, 0),
	AMD_CASE("4 levels", 48, 0),
	AMD_CASE("5 levels", 57, 0),
	AMD_CASE("6 levels", 64, 0),
	AMD_CASE("growing from 3 levels", 64, PTF_FEAT_DYNAMIC_TOP),
};

static unsigned int cmd_tail;

/*
 * Pages that the emulator's IOTLB may hold. Its key is VA 63:12 ORed with the device id
 * shifted by 36, so that pages share one that differ in a few bits above 47 only. The
 * cache is emptied before a page is accessed whose key another one has.
 */
#define WARM_PAGES 1024		/* the emulator, too, empties it when there would be more */

static u64 warm[WARM_PAGES];
static unsigned int nr_warm;

static void amd_command(u64 low, u64 high)
{
	u64 *cmd = hw_ram_at(CMDBUF_PA + cmd_tail);

	cmd[0] = low;
	cmd[1] = high;
	cmd_tail = (cmd_tail + 16) % (CMDS * 16);
	/* QEMU runs them at once, and reads memory then. */
	hw_write64(AMD_BASE + AMD_CMD_TAIL, cmd_tail);
	hw_sync();
}

static void amd_start(const struct hw_case *c)
{
	hw_q35_start("amd-iommu,pt=off", SCRATCH_PA);
	cmd_tail = 0;
}

/* Section 2.2.2.1, table 7: V, TV, mode, root, IR, IW */
static void amd_set_dte(const struct hw_table *table)
{
	u64 *dte = hw_ram_at(DEVTAB_PA + HW_DMA_DEVFN * 32);

	dte[1] = DOMAIN;
	dte[0] = table->root | 3 | (u64)table->levels << 9 | 3ULL << 61;
}

static void amd_attach(const struct hw_case *c, const struct hw_table *table)
{
	amd_set_dte(table);
	hw_write64(AMD_BASE + AMD_DEVTAB, DEVTAB_PA | 1);	/* two pages */
	hw_write64(AMD_BASE + AMD_CMDBUF, CMDBUF_PA | 12ULL << 56);
	hw_write64(AMD_BASE + AMD_EVTLOG, EVTLOG_PA | 8ULL << 56);
	hw_write64(AMD_BASE + AMD_CONTROL, 0x1005);		/* on, events, commands */
	amd_command(8ULL << 60, 0);				/* INVALIDATE_IOMMU_ALL */
	nr_warm = 0;
}

/* INVALIDATE_DEVTAB_ENTRY */
static void amd_set_root(const struct hw_case *c, const struct hw_table *table)
{
	amd_set_dte(table);
	amd_command(2ULL << 60 | HW_DMA_DEVFN, 0);
}

/* INVALIDATE_IOMMU_PAGES of all pages, section 2.4.3: the emulator ignores the address. */
static void amd_invalidate(const struct ptf_flush *flush)
{
	amd_command(3ULL << 60 | DOMAIN << 32, 0x7ffffffffffff000ULL | 3);
	nr_warm = 0;
}

/* Whether accessing @page would find another page's entry; if not, it may be there then. */
static bool amd_shares_key(u64 page)
{
	u64 device = (u64)HW_DMA_DEVFN << 36;
	unsigned int i;

	for (i = 0; i < nr_warm; i++) {
		if (warm[i] == page)
			return false;
		if ((warm[i] | device) == (page | device))
			return true;
	}
	if (nr_warm == WARM_PAGES)
		return true;
	warm[nr_warm++] = page;
	return false;
}

static void amd_translate(struct hw_probe *probes, unsigned int n)
{
	unsigned int done = 0, i;

	for (i = 0; i < n; i++) {
		if (!amd_shares_key(probes[i].va >> 12))
			continue;
		hw_dma_translate(probes + done, i - done);
		done = i--;
		amd_invalidate(NULL);
	}
	hw_dma_translate(probes + done, n - done);
}

static const struct hw_oracle amd_oracle = {
	.name = "amd-iommu",
	.ram = &hw_q35_ram,
	.cases = amd_cases,
	.nr_cases = ARRAY_SIZE(amd_cases),
	.start = amd_start,
	.attach = amd_attach,
	.set_root = amd_set_root,
	.translate = amd_translate,
	.invalidate = amd_invalidate,
};

HW_ORACLE(amd_oracle);
