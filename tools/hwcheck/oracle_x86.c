// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86-cpu: the MMU of an x86-64 CPU (SDM volume 3), with 4 and 5 levels. It runs a small
 * program, x86_stub.S, through the very table that it judges: hence a range of VA that
 * is always mapped. It reads, writes and fetches as supervisor and as user, and
 * invalidates with INVLPG.
 */
#include <time.h>
#include "oracle.h"
#include "machine.h"
#include "x86_stub.h"

#define MAX_INVLPG	64	/* more than so many take all */
#define MAX_PROBES	256
#define PATIENCE	10	/* seconds */

/* 2G below the devices, 4G above them, for pages of 1G in both */
static const struct hw_ram ram = {
	.bytes = 2ULL << 30, .high_pa = 4ULL << 30, .high_bytes = 4ULL << 30,
	.avoid = 0xa0000, .avoid_last = 0xfffff,
};

static const u8 accesses[] = {
	HW_READ, HW_WRITE, HW_EXEC, HW_READ | HW_USER, HW_WRITE | HW_USER, HW_EXEC | HW_USER, 0
};

/* What is executed is int3. */
#define CASE(title, va, more, ...)						\
	{ .format = "x86_64", .name = title, .access = accesses, .oa_in_ram = true,	\
	  .cfg = { .va_lg2 = va, .oa_lg2 = 40, .features = PTF_FEAT_SIGN_EXTEND | (more) }, \
	  .exec_word = 0xcccccccc, .keep_va = STUB_VA, .keep_bytes = STUB_BYTES,	\
	  .keep_oa = STUB_VA, .keep_attrs = { .flags = PTF_READ | PTF_WRITE }, __VA_ARGS__ }

static const struct hw_case cases[] = {
	CASE("4 levels", 48, 0),
	CASE("4 levels, dirty", 48, PTF_FEAT_DIRTY, .sets_dirty = true),
	CASE("5 levels", 57, 0),
	CASE("5 levels, dirty", 57, PTF_FEAT_DIRTY, .sets_dirty = true),
};

static bool running;

static void *stub(unsigned int offset)
{
	return hw_ram_at(STUB_VA + offset);
}

static u32 *stub32(unsigned int offset)
{
	return stub(offset);
}

/* Segments and gates, SDM volume 3, 3.4.5 and 6.14.1 */
static void build_tables(void)
{
	static const u64 segments[] = {
		0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff,
		0x00cff3000000ffff, 0x00affb000000ffff,
	};
	u64 base = STUB_VA, *gdt = stub(STUB_GDT), *idt = stub(STUB_IDT), handler;
	unsigned int i;

	memcpy(gdt, segments, sizeof(segments));
	gdt[6] = 0x0000890000000067 | ((base + STUB_TSS) & 0xffffff) << 16 |
		 (base + STUB_TSS) >> 24 << 56;
	for (i = 0; i < 256; i++) {
		/* DPL 3, so that int works from there */
		handler = base + STUB_VECTORS + 16 * i;
		idt[2 * i] = (handler & 0xffff) | STUB_CS << 16 | 0xeeULL << 40 |
			     handler >> 16 << 48;
		idt[2 * i + 1] = handler >> 32;
	}
	*(u64 *)stub(STUB_TSS + 4) = base + STUB_STACK;		/* RSP0 */
	*(u16 *)hw_ram_at(BOOT_GDTR) = 8 * 8 - 1;
	*(u32 *)hw_ram_at(BOOT_GDTR + 2) = base + STUB_GDT;
	*(u16 *)stub(STUB_IDTR) = 4096 - 1;
	*(u64 *)stub(STUB_IDTR + 2) = base + STUB_IDT;
}

static void start(const struct hw_case *c)
{
	static const char *const args[] = {
		"-accel", "tcg", "-m", "6G", "-machine", "q35,memory-backend=ram",
		"-cpu", "max,phys-bits=40", "-no-reboot", NULL
	};

	memcpy(stub(0), x86_stub, x86_stub_end - x86_stub);
	memcpy(hw_ram_at(BOOT_PA), x86_stub, STUB_VECTORS);
	build_tables();
	hw_start("qemu-system-x86_64", HW_GDB, args);
	running = false;
}

static void wait_until_done(void)
{
	const struct timespec nap = { .tv_nsec = 20000 };
	time_t begin = time(NULL);

	while (!READ_ONCE(*stub32(STUB_DONE))) {
		nanosleep(&nap, NULL);
		if (time(NULL) - begin > PATIENCE)
			hw_die("the CPU does not answer: what it runs is mapped wrongly");
	}
}

/* An NMI, as a message */
static void run(u32 command, u32 count)
{
	*stub32(STUB_DONE) = 0;
	*stub32(STUB_COMMAND) = command;
	*stub32(STUB_COUNT) = count;
	hw_write32(0xfee00000, 0x400);
	hw_sync();
	wait_until_done();
}

/* Out of reset, in real mode, at the stub; register numbers are gdb's */
static void boot(const struct hw_table *table)
{
	*stub32(STUB_DONE) = 0;
	*stub32(STUB_CR4) = 0xa0 | (table->levels == 5 ? 1 << 12 : 0);	/* PAE, PGE, LA57 */
	if (strcmp(hw_gdb("P12=00000000"), "OK") ||		/* cs */
	    strcmp(hw_gdb("P10=0080000000000000"), "OK"))	/* rip: BOOT_PA */
		hw_die("gdb cannot set registers");
	hw_gdb_send("c");
	hw_sync();
	wait_until_done();
	running = true;
}

static void attach(const struct hw_case *c, const struct hw_table *table)
{
	/* It sleeps in a table that is gone. */
	if (running)
		start(c);
	*(u64 *)stub(STUB_ROOT) = table->root;
	boot(table);
}

static void translate(struct hw_probe *probes, unsigned int n)
{
	char *p = stub(STUB_PROBES);
	unsigned int i;

	if (n > MAX_PROBES)
		hw_die("too many probes");
	for (i = 0; i < n; i++, p += PROBE_BYTES) {
		*(u64 *)(p + PROBE_VA) = probes[i].va;
		*(u32 *)(p + PROBE_ACCESS) = probes[i].access;
		*(u32 *)(p + PROBE_RESULT) = ~0U;
	}
	if (n)
		run(COMMAND_PROBE, n);
	for (i = 0, p = stub(STUB_PROBES); i < n; i++, p += PROBE_BYTES) {
		u32 result = *(u32 *)(p + PROBE_RESULT);

		if (result > 2)
			hw_die("the CPU did not make probe %u", i);
		probes[i].fault = !result;
		probes[i].oa = HW_OA_SILENT;
		if (probes[i].access & HW_READ)
			probes[i].oa = hw_oa_of(*(u32 *)(p + PROBE_VALUE));
		else if (result == 2)
			probes[i].oa = 0;
	}
}

static void invalidate(const struct ptf_flush *flush)
{
	u64 pages = ((flush->last - flush->start) >> flush->min_size_lg2) + 1;
	char *p = stub(STUB_PROBES);
	unsigned int i;

	if (pages > MAX_INVLPG) {
		run(COMMAND_FLUSH, 0);
		return;
	}
	for (i = 0; i < pages; i++, p += PROBE_BYTES)
		*(u64 *)(p + PROBE_VA) = flush->start + ((u64)i << flush->min_size_lg2);
	run(COMMAND_INVLPG, pages);
}

static const struct hw_oracle oracle = {
	.name = "x86-cpu",
	.ram = &ram,
	.cases = cases,
	.nr_cases = ARRAY_SIZE(cases),
	.start = start,
	.attach = attach,
	.translate = translate,
	.invalidate = invalidate,
};

HW_ORACLE(oracle);
