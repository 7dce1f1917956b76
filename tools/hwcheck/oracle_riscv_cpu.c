// SPDX-License-Identifier: GPL-2.0-only
/*
 * riscv-cpu: a RISC-V hart, its only stage of translation or the second one.
 *
 * A loop of 25 instructions is all that it ever executes, besides what it fetches for a
 * probe: it takes accesses from a list in memory, makes them, and notes the result. Loads
 * and stores are made in machine mode, where instructions are not translated, with
 * mstatus.MPRV, by which data accesses are those of another mode; fetches by returning
 * to the address. gdb sets the registers up and starts it.
 *
 * All of that needs RAM at the OA. The monitor says where a load would go for any OA; it
 * walks the tables by the hart's own function, but keeps nothing.
 *
 * QEMU's SFENCE.VMA and HFENCE.GVMA drop everything, whatever their operands: a flush of
 * too few addresses is seen by riscv-iommu, a flush that is missing by both.
 */
#include "machine.h"
#include "oracle.h"

#define RAM_PA		0x80000000ULL
#define RAM_BYTES	(8ULL << 30)

/* An item of the list */
struct item {
	u64 va;
	u64 mstatus;
	u64 instruction;	/* its address: which access */
	u64 a0;			/* what was loaded */
	u64 cause;		/* mcause, or NO_TRAP */
	u64 tval;
	u64 unused[2];
};

/* Our memory */
#define CODE_PA		(RAM_PA + 0x1000)
#define LIST_PA		(RAM_PA + 0x10000)
#define LIST_ITEMS	4096

#define NO_TRAP		(~0ULL)

enum { LOAD = 7, STORE = 9, FETCH = 11, FENCE = 12, TRAP = 17, END = 24 };

static const u32 code[] = {
	0x06940063,	/* start:	beq	s0, s1, end	the list, and its end */
	0x00043583,	/*		ld	a1, 0(s0)	.va */
	0x00843283,	/*		ld	t0, 8(s0)	.mstatus */
	0x01043303,	/*		ld	t1, 16(s0)	.instruction */
	0x34159073,	/*		csrw	mepc, a1 */
	0x30029073,	/*		csrw	mstatus, t0 */
	0x00030067,	/*		jr	t1 */
	0x0005e503,	/* load:	lwu	a0, 0(a1) */
	0x0180006f,	/*		j	done */
	0x00c5a023,	/* store:	sw	a2, 0(a1)	HW_MARK */
	0x0100006f,	/*		j	done */
	0x30200073,	/* fetch:	mret */
	0x12000073,	/* fence:	sfence.vma */
	0x62000073,	/*		hfence.gvma */
	0x30001073,	/* done:	csrw	mstatus, zero	data is not translated */
	0xfff00293,	/*		li	t0, -1		NO_TRAP */
	0x0080006f,	/*		j	save */
	0x342022f3,	/* trap:	csrr	t0, mcause */
	0x34302373,	/* save:	csrr	t1, mtval */
	0x00a43c23,	/*		sd	a0, 24(s0)	.a0 */
	0x02543023,	/*		sd	t0, 32(s0)	.cause */
	0x02643423,	/*		sd	t1, 40(s0)	.tval */
	0x04040413,	/*		addi	s0, s0, 64 */
	0xfa5ff06f,	/*		j	start */
	0x00000013,	/* end:		nop			a breakpoint */
};

/* gdb's register numbers; those of CSRs are CSR_BASE + the CSR */
#define S0		8
#define S1		9
#define A2		12
#define PC		32
#define CSR_BASE	66
#define PRIV		65

/* CSRs: Privileged Architecture, chapter 2 */
#define SATP		(CSR_BASE + 0x180)
#define VSATP		(CSR_BASE + 0x280)
#define MSTATUS		(CSR_BASE + 0x300)
#define MTVEC		(CSR_BASE + 0x305)
#define MENVCFG		(CSR_BASE + 0x30a)
#define HGATP		(CSR_BASE + 0x680)

#define MPP_S		BIT_ULL(11)
#define MPRV		BIT_ULL(17)
#define SUM		BIT_ULL(18)
#define MPV		BIT_ULL(39)
#define ADUE		BIT_ULL(61)	/* menvcfg: hardware sets A and D */
#define PBMTE		BIT_ULL(62)	/* menvcfg: Svpbmt */
#define MODE_U		0
#define MODE_S		1
#define MODE_M		3
#define MODE_GUEST	4	/* a flag, in gdb's register only */

/* mcause: page faults of the two stages, and an instruction that is none */
#define FETCH_FAULT	12
#define LOAD_FAULT	13
#define STORE_FAULT	15
#define GUEST		8		/* second stage: so much more */
#define ILLEGAL		2
#define NO_MEMORY	(BIT(1) | BIT(5) | BIT(7))	/* translated, to where there is nothing */

#define OA_ELSEWHERE	(HW_OA_SILENT - 1)		/* not where anything of ours is */

static const struct hw_ram cpu_ram = {
	.pa = RAM_PA, .bytes = RAM_BYTES, .avoid_last = RAM_PA - 1,
};

/* The supervisor never executes a user's page: it fetches nothing here. */
static const u8 cpu_access[] = {
	HW_READ, HW_WRITE, HW_READ | HW_USER, HW_WRITE | HW_USER, HW_EXEC | HW_USER, 0
};

/* To fetch is to enter the guest, by which QEMU forgets all: most cases leave it out. */
static const u8 guest_access[] = { HW_READ | HW_USER, HW_WRITE | HW_USER, 0 };
static const u8 cpu_reads[] = { HW_READ, HW_READ | HW_USER, 0 };
static const u8 guest_reads[] = { HW_READ | HW_USER, 0 };
static const u8 guest_fetch[] = { HW_READ | HW_USER, HW_WRITE | HW_USER, HW_EXEC | HW_USER, 0 };

/* Variants */
#define MONITOR 1

#define CPU_CASE(fmt, title, va, accesses)					\
	{ .format = fmt, .name = title, .access = accesses, .oa_in_ram = true,	\
	  .cfg = { .va_lg2 = va, .oa_lg2 = 56 } }

#define DIRTY_CASE(fmt, title, va, accesses)					\
	{ .format = fmt, .name = title, .access = accesses, .oa_in_ram = true,	\
	  .sets_dirty = true,							\
	  .cfg = { .va_lg2 = va, .oa_lg2 = 56, .features = PTF_FEAT_DIRTY } }

#define MONITOR_CASE(fmt, title, va, accesses)					\
	{ .format = fmt, .name = title, .access = accesses, .variant = MONITOR,	\
	  .cfg = { .va_lg2 = va, .oa_lg2 = 56 } }

static const struct hw_case cpu_cases[] = {
	CPU_CASE("riscv64", "Sv39", 39, cpu_access),
	CPU_CASE("riscv64", "Sv48", 48, cpu_access),
	CPU_CASE("riscv64", "Sv57", 57, cpu_access),
	DIRTY_CASE("riscv64", "Sv48, dirty", 48, cpu_access),
	MONITOR_CASE("riscv64", "Sv57, 56 bits of OA", 57, cpu_reads),
	CPU_CASE("riscv64_s2", "Sv39x4", 41, guest_access),
	CPU_CASE("riscv64_s2", "Sv48x4", 50, guest_access),
	CPU_CASE("riscv64_s2", "Sv57x4", 59, guest_access),
	CPU_CASE("riscv64_s2", "Sv48x4, fetches", 50, guest_fetch),
	DIRTY_CASE("riscv64_s2", "Sv48x4, dirty", 50, guest_access),
	MONITOR_CASE("riscv64_s2", "Sv57x4, 56 bits of OA", 59, guest_reads),
};

static bool second_stage;
static bool by_monitor;

static void put(unsigned int reg, u64 value)
{
	char packet[40];

	snprintf(packet, sizeof(packet), "P%x=%016llx", reg, (u64)__builtin_bswap64(value));
	hw_gdb_send(packet);
}

static void put_done(void)
{
	const char *answer = hw_gdb_answer();

	if (strcmp(answer, "OK"))
		hw_die("gdb: a register cannot be written: %s", answer);
}

static void ask(unsigned int reg)
{
	char packet[16];

	snprintf(packet, sizeof(packet), "p%x", reg);
	hw_gdb_send(packet);
}

static u64 asked(void)
{
	const char *answer = hw_gdb_answer();

	if (strlen(answer) != 16)
		hw_die("gdb: a register cannot be read: %s", answer);
	return __builtin_bswap64(strtoull(answer, NULL, 16));
}

static void set(unsigned int reg, u64 value)
{
	put(reg, value);
	put_done();
	ask(reg);
	if (asked() != value)
		hw_die("register %u does not take %#llx", reg, value);
}

static struct item *item(unsigned int i)
{
	return hw_ram_at(LIST_PA + i * sizeof(struct item));
}

static unsigned int nr_items;

static struct item *item_add(unsigned int instruction, u64 mstatus, u64 va)
{
	struct item *it = item(nr_items++);

	*it = (struct item){
		.va = va, .mstatus = mstatus, .instruction = CODE_PA + instruction * 4,
	};
	return it;
}

static void run(void)
{
	put(S0, LIST_PA);
	put(S1, LIST_PA + nr_items * sizeof(struct item));
	put(PC, CODE_PA);
	hw_gdb_send("vCont;c");
	put_done();
	put_done();
	put_done();
	nr_items = 0;
	if (hw_gdb_answer()[0] != 'T')
		hw_die("gdb: the hart does not stop");
	ask(PC);
	if (asked() != CODE_PA + END * 4)
		hw_die("the hart stops where it should not");
}

static void fence(void)
{
	item_add(FENCE, 0, 0);
	run();
	if (item(0)->cause != NO_TRAP)
		hw_die("the hart has no fences");
}

/* What became of an access that lands at @oa if nothing is wrong */
static void conclude(struct hw_probe *probe, const struct item *it, unsigned int cause, u64 oa)
{
	bool trapped = it->cause != NO_TRAP;

	probe->fault = it->cause == cause + (second_stage ? GUEST : 0);
	probe->oa = trapped ? OA_ELSEWHERE : oa;
	if (trapped && !probe->fault && (it->cause > 31 || !(NO_MEMORY & 1U << it->cause)))
		hw_die("%#llx: mcause %llu, mtval %#llx", it->va, it->cause, it->tval);
}

static void cpu_start(const struct hw_case *c)
{
	bool dirty = c->cfg.features & PTF_FEAT_DIRTY;
	const char *const args[] = {
		"-accel", "tcg", "-m", "8G", "-bios", "none",
		"-machine", "virt,memory-backend=ram", "-cpu",
		dirty ? "rv64,pmp=off,c=off,svnapot=on,svpbmt=on,svade=off,svadu=on" :
			"rv64,pmp=off,c=off,svnapot=on,svpbmt=on,svade=on,svadu=off",
		NULL
	};
	char breakpoint[32];

	by_monitor = c->variant == MONITOR;
	hw_start("qemu-system-riscv64", HW_GDB, args);
	hw_gdb("qSupported");
	/* The numbers that we take for granted */
	if (!strstr(hw_gdb("qXfer:features:read:riscv-csr.xml:0,ff0"),
		    "\"fflags\" bitsize=\"64\" regnum=\"67\""))
		hw_die("gdb: CSRs have other register numbers");
	ask(PRIV);
	if (asked() != MODE_M)
		hw_die("gdb: the privilege mode is another register");
	hw_gdb("Hg0");
	memcpy(hw_ram_at(CODE_PA), code, sizeof(code));
	snprintf(breakpoint, sizeof(breakpoint), "Z0,%llx,4", CODE_PA + END * 4);
	if (strcmp(hw_gdb(breakpoint), "OK"))
		hw_die("gdb: no breakpoint");
	set(MTVEC, CODE_PA + TRAP * 4);
	set(A2, HW_MARK);
	set(MENVCFG, PBMTE | (dirty ? ADUE : 0));
}

static void cpu_attach(const struct hw_case *c, const struct hw_table *table)
{
	/* Sv39 and Sv39x4 are mode 8. */
	u64 atp = (u64)(table->levels + 5) << 60 | table->root >> 12;

	second_stage = !strcmp(c->format, "riscv64_s2");
	set(second_stage ? VSATP : HGATP, 0);
	set(second_stage ? HGATP : SATP, atp);
	fence();
}

/*
 * Words in RAM tell their address. The low half of one is no instruction, as the hart has
 * none of 16 bits, and mtval tells what it fetched; a load tells the rest. But a word with
 * both low bits set could be an instruction of 32 bits: instead of it, the word before is
 * fetched.
 */
static u64 fetch_va(u64 va)
{
	return (hw_mark_of(va) & 3) == 3 ? va - 4 : va;
}

static void conclude_fetch(struct hw_probe *probe, const struct item *fetch,
			   const struct item *load)
{
	bool same = fetch->va != probe->va || (u16)fetch->tval == (u16)load->a0;

	if (fetch->cause == ILLEGAL) {
		probe->fault = false;
		probe->oa = load->cause == NO_TRAP && same ? hw_oa_of(load->a0) : OA_ELSEWHERE;
	} else {
		conclude(probe, fetch, FETCH_FAULT, OA_ELSEWHERE);
	}
}

/* gdb's "monitor" command: its output in hexadecimal, in packets that begin with O */
static void monitor_send(u64 va)
{
	char command[32], packet[80] = "qRcmd,";
	int i, n = 6;

	snprintf(command, sizeof(command), "gva2gpa 0x%llx", va);
	for (i = 0; command[i]; i++)
		n += sprintf(packet + n, "%02x", command[i]);
	hw_gdb_send(packet);
}

/* "gpa: 0x...", or "Unmapped" */
static void monitor_answer(struct hw_probe *probe)
{
	char text[80] = "";
	const char *answer;
	unsigned int n = 0;

	while (strcmp(answer = hw_gdb_answer(), "OK")) {
		if (*answer++ != 'O')
			hw_die("gdb: no monitor command: %s", answer - 1);
		for (; answer[0] && answer[1] && n < sizeof(text) - 1; answer += 2)
			text[n++] = strtoul((const char[]){ answer[0], answer[1], 0 }, NULL, 16);
	}
	probe->fault = !strncmp(text, "Unmapped", 8);
	if (!probe->fault && strncmp(text, "gpa: ", 5))
		hw_die("gva2gpa %#llx: %s", probe->va, text);
	probe->oa = probe->fault ? 0 : strtoull(text + 5, NULL, 16);
}

static void monitor_translate(struct hw_probe *probes, unsigned int n)
{
	unsigned int i, mode, now = MODE_M;

	put(MSTATUS, SUM);
	put_done();
	for (i = 0; i < n; i++) {
		mode = (probes[i].access & HW_USER ? MODE_U : MODE_S) |
		       (second_stage ? MODE_GUEST : 0);
		if (mode != now)
			set(PRIV, mode);
		now = mode;
		monitor_send(probes[i].va);
		monitor_answer(&probes[i]);
	}
	set(PRIV, MODE_M);
}

static void cpu_translate(struct hw_probe *probes, unsigned int n)
{
	const struct item *it;
	unsigned int i;

	if (by_monitor) {
		monitor_translate(probes, n);
		return;
	}
	for (i = 0; i < n; i++) {
		u64 va = probes[i].va, mode = second_stage ? MPV : SUM;

		mode |= probes[i].access & HW_USER ? 0 : MPP_S;
		if (probes[i].access & HW_EXEC)
			item_add(FETCH, mode, fetch_va(va));
		item_add(probes[i].access & HW_WRITE ? STORE : LOAD, mode | MPRV, va);
	}
	run();
	for (i = 0, it = item(0); i < n; i++, it++) {
		if (probes[i].access & HW_EXEC) {
			conclude_fetch(&probes[i], it, it + 1);
			it++;
		} else if (probes[i].access & HW_WRITE) {
			conclude(&probes[i], it, STORE_FAULT, HW_OA_SILENT);
		} else {
			conclude(&probes[i], it, LOAD_FAULT, hw_oa_of(it->a0));
		}
	}
}

static void cpu_invalidate(const struct ptf_flush *flush)
{
	fence();
}

static const struct hw_oracle cpu_oracle = {
	.name = "riscv-cpu",
	.ram = &cpu_ram,
	.cases = cpu_cases,
	.nr_cases = ARRAY_SIZE(cpu_cases),
	.start = cpu_start,
	.attach = cpu_attach,
	.translate = cpu_translate,
	.invalidate = cpu_invalidate,
};

HW_ORACLE(cpu_oracle);
