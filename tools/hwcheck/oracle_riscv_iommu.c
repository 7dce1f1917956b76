// SPDX-License-Identifier: GPL-2.0-only
/*
 * riscv-iommu: RISC-V IOMMU Architecture Specification 1.0, first or second stage alone.
 *
 * QEMU keeps a translation for each 4K page that was used, whatever the size of the leaf,
 * and drops it by the address of that very page. A driver would name each page of the
 * flushed range; this names those of them that were used since they were last dropped,
 * which comes to the same. Pointers to tables are not kept, so that there is nothing to
 * do for those.
 */
#include "virt.h"

/* Registers, chapter 6 */
#define CQB		0x18
#define CQH		0x20
#define CQT		0x24
#define CQCSR		0x48
#define DDTP_1LVL	2ULL
#define QUEUE_ON	BIT(0)

/* Commands, chapter 4 */
#define IOTINVAL_VMA	1ULL
#define IOTINVAL_GVMA	(1ULL | 1ULL << 7)
#define IOTINVAL_AV	BIT_ULL(10)		/* has an address */
#define IOTINVAL_PSCV	BIT_ULL(32)
#define IOTINVAL_GV	BIT_ULL(33)
#define IOFENCE_C	2ULL
#define IODIR_DDT	3ULL

/* Our memory */
#define SCRATCH_PA	(HW_VIRT_RAM + 0x1000)
#define DDT_PA		(HW_VIRT_RAM + 0x2000)
#define CMDS_PA		(HW_VIRT_RAM + 0x10000)
#define CMDS_LG2	8

#define PSCID		5ULL
#define GSCID		9ULL

#define IOMMU_PPN(pa)	((pa) >> 12 << 10)	/* in DDTP and CQB */

/* A request without a process id is a user's. */
static const u8 iommu_access[] = { HW_READ | HW_USER, HW_WRITE | HW_USER, 0 };

/*
 * QEMU's IOMMU does not claim Svpbmt. Its cache keeps 44 bits of an OA: wider ones are
 * checked without it.
 */
#define NO_CACHE 1

#define IOMMU_CASE(fmt, title, va, oa, how)					\
	{ .format = fmt, .name = title, .access = iommu_access, .variant = how,	\
	  .no_mem = true, .cfg = { .va_lg2 = va, .oa_lg2 = oa } }

static const struct hw_case iommu_cases[] = {
	IOMMU_CASE("riscv64", "Sv39", 39, 44, 0),
	IOMMU_CASE("riscv64", "Sv48", 48, 44, 0),
	IOMMU_CASE("riscv64", "Sv57", 57, 44, 0),
	IOMMU_CASE("riscv64", "Sv57, 56 bits of OA", 57, 56, NO_CACHE),
	IOMMU_CASE("riscv64_s2", "Sv39x4", 41, 44, 0),
	IOMMU_CASE("riscv64_s2", "Sv48x4", 50, 44, 0),
	IOMMU_CASE("riscv64_s2", "Sv57x4", 59, 44, 0),
	IOMMU_CASE("riscv64_s2", "Sv57x4, 56 bits of OA", 59, 56, NO_CACHE),
};

static bool second_stage;
static unsigned int cmd_tail;

static void iommu_run_commands(void)
{
	hw_write32(HW_VIRT_IOMMU + CQT, cmd_tail);
	if (hw_read32(HW_VIRT_IOMMU + CQH) != cmd_tail)
		hw_die("the IOMMU refuses a command, CQCSR %#x",
		       hw_read32(HW_VIRT_IOMMU + CQCSR));
}

static void iommu_command(u64 what, u64 address)
{
	u64 *cmd = hw_ram_at(CMDS_PA + cmd_tail * 16);

	cmd[0] = what;
	cmd[1] = address >> 12 << 10;
	cmd_tail = (cmd_tail + 1) & ((1 << CMDS_LG2) - 1);
	/* A full queue looks like an empty one. */
	if (!(cmd_tail & ((1 << CMDS_LG2) / 2 - 1)))
		iommu_run_commands();
}

static u64 iommu_inval(void)
{
	return second_stage ? IOTINVAL_GVMA | IOTINVAL_GV | GSCID << 44 :
			      IOTINVAL_VMA | IOTINVAL_PSCV | PSCID << 12;
}

/*
 * Pages that may be cached, by their number as QEMU compares it: it leaves out the bits
 * of an address above 55. With Sv57 and Sv57x4 two pages can so be taken for one;
 * the first is then dropped before the second is used.
 */
#define USED_SLOTS	65536U
#define USED_KEY(va)	((va) >> 12 & GENMASK_ULL(43, 0))

struct used {
	u64 va;
	bool valid;	/* the slot is taken */
	bool cached;	/* not dropped since */
};

static struct used used[USED_SLOTS];
static unsigned int nr_used;

static void iommu_drop_all(void)
{
	memset(used, 0, sizeof(used));
	nr_used = 0;
	iommu_command(iommu_inval(), 0);
}

static struct used *used_slot(u64 va)
{
	unsigned int i = (USED_KEY(va) * 0x9e3779b97f4a7c15ULL) >> 48;

	while (used[i].valid && USED_KEY(used[i].va) != USED_KEY(va))
		i = (i + 1) % USED_SLOTS;
	return &used[i];
}

static void iommu_drop(struct used *page)
{
	iommu_command(iommu_inval() | IOTINVAL_AV, page->va);
	page->cached = false;
}

static void iommu_start(const struct hw_case *c)
{
	hw_virt_start(SCRATCH_PA, c->variant != NO_CACHE);
	cmd_tail = 0;
}

/* Device context, section 3.1.3: 64 bytes, translation on and no more */
static void iommu_attach(const struct hw_case *c, const struct hw_table *table)
{
	u64 *context = hw_ram_at(DDT_PA + HW_DMA_DEVFN * 64);
	/* Sv39 and Sv39x4 are mode 8. */
	u64 mode = (u64)(table->levels + 5) << 60;

	second_stage = !strcmp(c->format, "riscv64_s2");
	context[0] = 1;
	context[1] = second_stage ? mode | GSCID << 44 | table->root >> 12 : 0;
	context[2] = PSCID << 12;
	context[3] = second_stage ? 0 : mode | table->root >> 12;

	hw_write64(HW_VIRT_IOMMU + CQB, IOMMU_PPN(CMDS_PA) | (CMDS_LG2 - 1));
	hw_write32(HW_VIRT_IOMMU + CQCSR, QUEUE_ON);
	hw_write64(HW_VIRT_IOMMU + HW_VIRT_DDTP, IOMMU_PPN(DDT_PA) | DDTP_1LVL);
	iommu_command(IODIR_DDT, 0);
	iommu_drop_all();
	iommu_command(IOFENCE_C, 0);
	iommu_run_commands();
	if (hw_read64(HW_VIRT_IOMMU + HW_VIRT_DDTP) != (IOMMU_PPN(DDT_PA) | DDTP_1LVL))
		hw_die("the IOMMU is not on");
}

static void iommu_translate(struct hw_probe *probes, unsigned int n)
{
	unsigned int i, at = 0;

	if (nr_used > USED_SLOTS / 2) {
		iommu_drop_all();
		iommu_run_commands();
	}
	for (i = 0; i < n; i++) {
		struct used *page = used_slot(probes[i].va);

		if (page->cached && page->va >> 12 != probes[i].va >> 12) {
			hw_dma_translate(probes + at, i - at);
			at = i;
			iommu_drop(page);
			iommu_run_commands();
		}
		nr_used += !page->valid;
		*page = (struct used){ .va = probes[i].va, .valid = true, .cached = true };
	}
	hw_dma_translate(probes + at, n - at);
}

static void iommu_invalidate(const struct ptf_flush *flush)
{
	unsigned int i;

	for (i = 0; i < USED_SLOTS; i++)
		if (used[i].cached && (used[i].va | 0xfff) >= flush->start &&
		    used[i].va <= flush->last)
			iommu_drop(&used[i]);
	iommu_command(IOFENCE_C, 0);
	iommu_run_commands();
}

static const struct hw_oracle iommu_oracle = {
	.name = "riscv-iommu",
	.ram = &hw_virt_ram,
	.cases = iommu_cases,
	.nr_cases = ARRAY_SIZE(iommu_cases),
	.start = iommu_start,
	.attach = iommu_attach,
	.translate = iommu_translate,
	.invalidate = iommu_invalidate,
};

HW_ORACLE(iommu_oracle);
