// SPDX-License-Identifier: GPL-2.0-only
/*
 * intel-iommu: Intel VT-d (D51397). Legacy mode with second-stage tables, scalable mode
 * with second-stage or first-stage tables. Invalidation is page-selective through the
 * queue.
 */
#include "q35.h"

/* Registers, section 11.4 */
#define VTD_BASE	0xfed90000ULL
#define VTD_GCMD	0x18
#define VTD_RTADDR	0x20
#define VTD_IQT		0x88
#define VTD_IQA		0x90

#define GCMD_TE		BIT(31)
#define GCMD_SRTP	BIT(30)
#define GCMD_QIE	BIT(26)

/* Our memory */
#define ROOT_PA		0x10000ULL
#define CONTEXT_PA	0x11000ULL	/* in scalable mode, of devices 0 to 15 */
#define PASID_DIR_PA	0x13000ULL
#define PASID_TABLE_PA	0x14000ULL
#define QUEUE_PA	0x20000ULL
#define SCRATCH_PA	0x40000ULL
#define QUEUE_LG2	15		/* bytes */

#define DOMAIN		7ULL

/* Page-selective invalidation takes up to 2^18 pages (CAP.MAMV); more than so many take all. */
#define MAX_PAGES_LG2	18U
#define MAX_RANGES	64

enum { LEGACY, SCALABLE_SECOND, SCALABLE_FIRST };

static const char *const devices[] = {
	[LEGACY] = "intel-iommu,intremap=off,aw-bits=48,snoop-control=on",
	[SCALABLE_SECOND] = "intel-iommu,intremap=off,aw-bits=48,x-scalable-mode=on",
	[SCALABLE_FIRST] = "intel-iommu,intremap=off,aw-bits=48,x-scalable-mode=on,x-flts=on",
};

static const u8 accesses[] = { HW_READ | HW_USER, HW_WRITE | HW_USER, 0 };

#define FIRST(title, va, feat)							\
	{ .format = "x86_64", .name = title, .access = accesses, .variant = SCALABLE_FIRST, \
	  .cfg = { .va_lg2 = va, .oa_lg2 = 48, .features = feat } }
#define SECOND(title, va, kind, ...)						\
	{ .format = "vtdss", .name = title, .access = accesses, .variant = kind,	\
	  .cfg = { .va_lg2 = va, .oa_lg2 = 48 }, __VA_ARGS__ }

static const struct hw_case cases[] = {
	FIRST("first stage, 4 levels", 47, 0),
	FIRST("first stage, 4 levels, both halves", 48, PTF_FEAT_SIGN_EXTEND),
	SECOND("legacy, 3 levels", 39, LEGACY),
	SECOND("legacy, 4 levels", 48, LEGACY),
	SECOND("scalable, 3 levels", 39, SCALABLE_SECOND, .no_flags = PTF_COHERENT),
	SECOND("scalable, 4 levels", 48, SCALABLE_SECOND, .no_flags = PTF_COHERENT),
};

static unsigned int mode, queue_tail;

/* Descriptors have 16 bytes in legacy mode, 32 in scalable mode (section 6.5.2). */
static void vtd_queue(u64 low, u64 high)
{
	u64 *descriptor = hw_ram_at(QUEUE_PA + queue_tail);

	descriptor[0] = low;
	descriptor[1] = high;
	queue_tail += mode == LEGACY ? 16 : 32;
	queue_tail &= (1 << QUEUE_LG2) - 1;
}

/* QEMU runs the queue when it is told of the tail. */
static void vtd_queue_run(void)
{
	hw_write64(VTD_BASE + VTD_IQT, queue_tail);
	hw_sync();
}

static void vtd_start(const struct hw_case *c)
{
	mode = c->variant;
	hw_q35_start(devices[mode], SCRATCH_PA);
	queue_tail = 0;
	hw_write64(VTD_BASE + VTD_IQA,
		   QUEUE_PA | (mode == LEGACY ? 0 : BIT(11)) | (QUEUE_LG2 - 12));
	hw_write32(VTD_BASE + VTD_GCMD, GCMD_QIE);
}

/* Sections 9.1 to 9.6 */
static void vtd_set_context(const struct hw_table *table)
{
	u64 *root = hw_ram_at(ROOT_PA), *context, *pasid;

	root[0] = CONTEXT_PA | 1;
	if (mode == LEGACY) {
		context = hw_ram_at(CONTEXT_PA + HW_DMA_DEVFN * 16);
		context[0] = table->root | 1;
		context[1] = DOMAIN << 8 | (table->levels - 2);
		return;
	}
	context = hw_ram_at(CONTEXT_PA + HW_DMA_DEVFN * 32);
	context[0] = PASID_DIR_PA | 1;
	*(u64 *)hw_ram_at(PASID_DIR_PA) = PASID_TABLE_PA | 1;
	pasid = hw_ram_at(PASID_TABLE_PA);
	pasid[1] = DOMAIN;
	if (mode == SCALABLE_SECOND) {
		pasid[2] = 0;
		pasid[0] = table->root | 2 << 6 | (table->levels - 2) << 2 | 1;
	} else {
		pasid[2] = table->root | (table->levels - 4) << 2;
		pasid[0] = 1 << 6 | 2 << 2 | 1;
	}
}

static void vtd_attach(const struct hw_case *c, const struct hw_table *table)
{
	vtd_set_context(table);
	hw_write64(VTD_BASE + VTD_RTADDR, ROOT_PA | (mode == LEGACY ? 0 : BIT(10)));
	hw_write32(VTD_BASE + VTD_GCMD, GCMD_QIE | GCMD_SRTP);
	vtd_queue(1 << 4 | 1, 0);		/* context cache, all */
	if (mode != LEGACY)
		vtd_queue(3 << 4 | 7, 0);	/* PASID cache, all */
	vtd_queue(1 << 4 | 2, 0);		/* IOTLB, all */
	vtd_queue_run();
	hw_write32(VTD_BASE + VTD_GCMD, GCMD_QIE | GCMD_TE);
}

/* Pages of [va, last] in a descriptor of their own */
static void vtd_invalidate_pages(u64 va, unsigned int pages_lg2)
{
	if (mode == SCALABLE_FIRST)
		vtd_queue(DOMAIN << 16 | 3 << 4 | 6, va | pages_lg2);	/* 6.5.2.4 */
	else
		vtd_queue(DOMAIN << 16 | 3 << 4 | 2, va | pages_lg2);	/* 6.5.2.3 */
}

static void vtd_invalidate(const struct ptf_flush *flush)
{
	u64 page = flush->start >> 12, last = flush->last >> 12;
	unsigned int lg2, ranges = 0;

	/* Of a range, the largest aligned blocks one after the other */
	for (; page <= last && ranges < MAX_RANGES; page += 1ULL << lg2, ranges++) {
		lg2 = min(page ? __ffs64(page) : MAX_PAGES_LG2, MAX_PAGES_LG2);
		while (last - page < (1ULL << lg2) - 1)
			lg2--;
		vtd_invalidate_pages(page << 12, lg2);
	}
	/* That many are too many for the pages to be worth it. */
	if (page <= last)
		vtd_queue(DOMAIN << 16 | 2 << 4 | (mode == SCALABLE_FIRST ? 6 : 2), 0);
	vtd_queue_run();
}

static const struct hw_oracle oracle = {
	.name = "intel-iommu",
	.ram = &hw_q35_ram,
	.cases = cases,
	.nr_cases = ARRAY_SIZE(cases),
	.start = vtd_start,
	.attach = vtd_attach,
	.translate = hw_dma_translate,
	.invalidate = vtd_invalidate,
};

HW_ORACLE(oracle);
