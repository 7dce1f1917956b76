// SPDX-License-Identifier: GPL-2.0-only
/*
 * cortex-a15: the MMU of an ARMv7 CPU with short descriptors. Hyp mode, which has an MMU
 * of its own, translates by ATS1C.. and then makes the access itself at PL1, which goes
 * through the TLB; see oracle_arm64.c. The code at PL1 is in the range of TTBR1, or, where
 * TTBR0 has all of the space, in a range that the case keeps.
 *
 * Source: Arm Architecture Reference Manual, ARMv7-A and ARMv7-R edition (DDI 0406):
 * registers B4.1, exceptions B1.9, the Virtualization Extensions B1.7.
 */
#include "arm_cpu.h"

/* What Hyp mode runs. r0 is the VA or other argument, r1 the routine, r2 and r3 PC and PSR */
static const u32 armv7_code[] = {
	0xe28fa0b4,	/* start:	adr	r10, state */
	0xe89a0300,	/*		ldm	r10, {r8, r9} */
	0xe898000f,	/* next:	ldm	r8, {r0, r1, r2, r3} */
	0xe3a04000,	/*		mov	r4, #0 */
	0xe3a0505a,	/*		mov	r5, #0x5a		HW_MARK */
	0xe12fff11,	/*		bx	r1 */
	0xe12ef302,	/* lower:	msr	elr_hyp, r2 */
	0xe16ff003,	/*		msr	spsr_cxsf, r3 */
	0xe160006e,	/*		eret */
	0xee070f18,	/* ats1cpr:	mcr	p15, 0, r0, c7, c8, 0 */
	0xea000004,	/*		b	par */
	0xee070f38,	/* ats1cpw:	mcr	p15, 0, r0, c7, c8, 1 */
	0xea000002,	/*		b	par */
	0xee070f58,	/* ats1cur:	mcr	p15, 0, r0, c7, c8, 2 */
	0xea000000,	/*		b	par */
	0xee070f78,	/* ats1cuw:	mcr	p15, 0, r0, c7, c8, 3 */
	0xf57ff06f,	/* par:		isb */
	0xec564f07,	/*		mrrc	p15, 0, r4, r6, c7 */
	0xea000004,	/*		b	out */
	0xee080f37,	/* tlbimva:	mcr	p15, 0, r0, c8, c7, 1 */
	0xea000000,	/*		b	sync */
	0xee080f17,	/* tlbiall:	mcr	p15, 0, r0, c8, c7, 0 */
	0xf57ff04f,	/* sync:	dsb */
	0xf57ff06f,	/*		isb */
	0xe3a07000,	/* out:		mov	r7, #0 */
	0xea000000,	/*		b	put */
	0xee957f12,	/* took:	mrc	p15, 4, r7, c5, c2, 0	HSR: an exception */
	0xe28fa048,	/* put:		adr	r10, state */
	0xe89a0300,	/*		ldm	r10, {r8, r9} */
	0xee150f10,	/*		mrc	p15, 0, r0, c5, c0, 0	DFSR */
	0xee151f30,	/*		mrc	p15, 0, r1, c5, c0, 1	IFSR */
	0xee162f10,	/*		mrc	p15, 0, r2, c6, c0, 0	DFAR */
	0xee163f50,	/*		mrc	p15, 0, r3, c6, c0, 2	IFAR */
	0xe8a800ff,	/*		stm	r8!, {r0, r1, r2, r3, r4, r5, r6, r7} */
	0xe2599001,	/*		subs	r9, r9, #1 */
	0xe88a0300,	/*		stm	r10, {r8, r9} */
	0x1affffdc,	/*		bne	next */
	0xeafffffe,	/* stop:	b	stop */
	0xe89000fe,	/* setup:	ldm	r0, {r1, r2, r3, r4, r5, r6, r7} */
	0xee011f10,	/*		mcr	p15, 0, r1, c1, c0, 0	SCTLR */
	0xee022f10,	/*		mcr	p15, 0, r2, c2, c0, 0	TTBR0 */
	0xee023f30,	/*		mcr	p15, 0, r3, c2, c0, 1	TTBR1 */
	0xee024f50,	/*		mcr	p15, 0, r4, c2, c0, 2	TTBCR */
	0xee035f10,	/*		mcr	p15, 0, r5, c3, c0, 0	DACR */
	0xee0c6f10,	/*		mcr	p15, 0, r6, c12, c0, 0	VBAR */
	0xee8c7f10,	/*		mcr	p15, 4, r7, c12, c0, 0	HVBAR */
	0xeaffffe5,	/*		b	tlbiall */
			/* state:	next request, how many are left */
};

enum {
	LOWER = 0x18, ATS1CPR = 0x24, ATS1CPW = 0x2c, ATS1CUR = 0x34, TLBIMVA = 0x4c,
	TLBIALL = 0x54, TOOK = 0x68, STOP = 0x94, SETUP = 0x98, STATE = 0xbc,
	VECTORS_HYP = 0x800, PL1 = 0x1000,
};

/* In a vector table */
enum {
	UNDEFINED = 0x04, SUPERVISOR_CALL = 0x08, PREFETCH_ABORT = 0x0c, DATA_ABORT = 0x10,
	VECTORS = 0x20,
};

/* What PL1 runs, behind its vectors */
enum { LDR = 0x20, LDRT = 0x28, STR = 0x30, STRT = 0x38 };

static const u32 armv7_code_pl1[] = {
	0xe5904000,	/* ldr:		ldr	r4, [r0] */
	0xe1400070,	/*		hvc	#0 */
	0xe4b04000,	/* ldrt:	ldrt	r4, [r0]		as PL0 */
	0xe1400070,	/*		hvc	#0 */
	0xe5805000,	/* str:		str	r5, [r0] */
	0xe1400070,	/*		hvc	#0 */
	0xe4a05000,	/* strt:	strt	r5, [r0] */
	0xe1400070,	/*		hvc	#0 */
};

#define A32_HVC(n)	(0xe1400070 | (n))	/* for n < 16 */
#define A32_B(from, to)	(0xea000000 | (((to) - (from) - 8) >> 2 & 0xffffff))
#define A32_SVC		0xef000000

/* The one entry of the table of TTBR1: a section of normal memory, read and write at PL1 */
#define WINDOW_VA	0xc0000000U
#define WINDOW_SECTION	((u32)ARM_RAM_PA | 0x140e)

/* What Hyp mode finds: a request, and overwrites with the result */
struct request {
	union {
		struct { u32 r0, routine, pc, psr; };
		struct { u32 dfsr, ifsr, dfar, ifar, value, mark, par_high, hsr; };
	};
};

static struct request *requests;
static unsigned int nr_requests;
static u32 pl1_va;

static struct request *request(u32 r0, unsigned int routine)
{
	if (nr_requests == ARM_REQUESTS)
		hw_die("too many requests");
	requests[nr_requests] = (struct request){ .r0 = r0, .routine = ARM_CODE_PA + routine };
	return &requests[nr_requests++];
}

static void run_requests(void)
{
	hw_arm_work(STATE, sizeof(u32), &nr_requests);
}

static void armv7_start(const struct hw_case *c)
{
	unsigned int i;

	hw_arm_start("qemu-system-arm", "cortex-a15", armv7_code, sizeof(armv7_code), STOP);
	requests = hw_ram_at(ARM_REQUESTS_PA);
	for (i = UNDEFINED; i < VECTORS; i += 4) {
		hw_arm_place(VECTORS_HYP + i, A32_B(VECTORS_HYP + i, TOOK));
		hw_arm_place(PL1 + i, A32_HVC(i / 4));
	}
	for (i = 0; i < ARRAY_SIZE(armv7_code_pl1); i++)
		hw_arm_place(PL1 + LDR + 4 * i, armv7_code_pl1[i]);
	((u32 *)hw_ram_at(ARM_TABLE_PA))[WINDOW_VA >> 20] = WINDOW_SECTION;
	pl1_va = (c->keep_bytes ? c->keep_va : WINDOW_VA + ARM_CODE_PA - ARM_RAM_PA) + PL1;
}

#define SCTLR_M		BIT(0)
#define SCTLR_AFE	BIT(29)		/* AP[0] is the access flag */
#define SCTLR_RESET	0x00c50078

static void armv7_attach(const struct hw_case *c, const struct hw_table *table)
{
	u32 *values = hw_ram_at(ARM_VALUES_PA);

	values[0] = SCTLR_RESET | SCTLR_M | c->variant;
	values[1] = table->root;			/* TTBR0 */
	values[2] = ARM_TABLE_PA;			/* TTBR1 */
	values[3] = 32 - table->va_lg2;			/* TTBCR.N */
	values[4] = 1;					/* DACR: domain 0 alone */
	values[5] = pl1_va;				/* VBAR */
	values[6] = ARM_CODE_PA + VECTORS_HYP;		/* HVBAR */
	request(ARM_VALUES_PA, SETUP);
	run_requests();
}

static void request_ats(const struct hw_probe *p)
{
	request(p->va, (p->access & HW_USER ? ATS1CUR : ATS1CPR) +
		       (p->access & HW_WRITE ? ATS1CPW - ATS1CPR : 0));
}

/* PSR: Supervisor or User mode, all masked */
static void request_access(const struct hw_probe *p)
{
	bool user = p->access & HW_USER;
	struct request *r = request(p->va, LOWER);

	r->psr = 0x1d3;
	if (p->access & HW_EXEC) {
		r->pc = p->va;
		if (user)
			r->psr = 0x1d0;
	} else if (p->access & HW_WRITE) {
		r->pc = pl1_va + (user ? STRT : STR);
	} else {
		r->pc = pl1_va + (user ? LDRT : LDR);
	}
}

/* PAR in its 64-bit form, as always in Hyp mode. An abort of the walk is an exception. */
static u64 ats_result(const struct request *r, u64 va)
{
	u64 par = (u64)r->par_high << 32 | r->value;

	if (r->hsr || par & 1)
		return ARM_NOWHERE;
	return (par & GENMASK_ULL(39, 12)) | (va & 0xfff);
}

/* What else is fetched than the mark does nothing, until a fetch behind it is refused. */
static enum hw_arm_access access_result(const struct request *r, const struct hw_probe *p)
{
	u32 va = p->va;
	unsigned int vector = (r->hsr & 0xffff) * 4;
	bool fetch = p->access & HW_EXEC;
	u32 fsr = fetch ? r->ifsr : r->dfsr;

	if (r->hsr >> 26 != 0x12)		/* HVC */
		hw_die("access to %#x: HSR %#x", va, r->hsr);
	if (vector == (fetch ? SUPERVISOR_CALL : 0))
		return ARM_DONE;
	if (fetch && (vector != PREFETCH_ABORT || r->ifar != va))
		return ARM_ELSEWHERE;
	if (!fetch && vector != DATA_ABORT)
		hw_die("access to %#x: vector %#x", va, vector);
	switch ((fsr & 0xf) | (fsr >> 6 & 0x10)) {
	case 0x08:				/* external abort */
		return ARM_ELSEWHERE;
	case 0x0c: case 0x0e:			/* external abort of the walk */
	case 0x05: case 0x07:			/* translation */
	case 0x03: case 0x06:			/* access flag */
	case 0x09: case 0x0b:			/* domain */
	case 0x0d: case 0x0f:			/* permission */
		return ARM_REFUSED;
	}
	hw_die("access to %#x: FSR %#x", va, fsr);
}

/*
 * QEMU ends with a failed assertion, arm_fi_to_lfsc() in target/arm/internals.h, when ATS1C..
 * in Hyp mode comes to a domain fault. So it is asked only what an access was granted.
 */
static void armv7_translate(struct hw_probe *probes, unsigned int n)
{
	static struct request done[ARM_REQUESTS];
	static enum hw_arm_access access[ARM_REQUESTS];
	const struct request *r = requests;
	unsigned int i;

	for (i = 0; i < n; i++)
		request_access(&probes[i]);
	run_requests();
	memcpy(done, requests, n * sizeof(*done));
	for (i = 0; i < n; i++) {
		access[i] = access_result(&done[i], &probes[i]);
		if (access[i] != ARM_REFUSED)
			request_ats(&probes[i]);
	}
	run_requests();
	for (i = 0; i < n; i++) {
		hw_arm_judge(&probes[i], access[i], done[i].value, access[i] == ARM_REFUSED ?
			     ARM_NOWHERE : ats_result(r++, probes[i].va));
		/* The CPU has no such address; an exception says so. */
		if (probes[i].va >> 32)
			probes[i].fault = true;
	}
}

static void armv7_invalidate(const struct ptf_flush *flush)
{
	unsigned int lg2 = (flush->leaf_levels | flush->table_levels) & 1 ? 12 : 20;
	u64 n = ((flush->last - flush->start) >> lg2) + 1, i;

	if (n > ARM_MAX_SINGLE)
		request(0, TLBIALL);
	else
		for (i = 0; i < n; i++)
			request(flush->start + (i << lg2), TLBIMVA);
	run_requests();
}

static const u8 armv7_access[] = {
	HW_READ, HW_WRITE, HW_EXEC, HW_READ | HW_USER, HW_WRITE | HW_USER, HW_EXEC | HW_USER, 0
};

#define CASE(title, va, sctlr, ...)						\
	{ .format = "armv7s", .name = title, .variant = sctlr, .access = armv7_access,	\
	  .exec_word = A32_SVC,							\
	  .cfg = { .va_lg2 = va, .oa_lg2 = 32 }, __VA_ARGS__ }
#define KEEP									\
	.keep_va = 0x80000000, .keep_bytes = 0x10000, .keep_oa = ARM_CODE_PA,	\
	.keep_attrs = { .flags = PTF_READ | PTF_PRIV }

static const struct hw_case armv7_cases[] = {
	CASE("N=1", 31, 0),
	CASE("N=1, AFE", 31, SCTLR_AFE),
	CASE("N=7", 25, SCTLR_AFE),
	CASE("in RAM", 30, SCTLR_AFE, .oa_in_ram = true),
	CASE("N=0", 32, 0, KEEP),
	CASE("N=0, in RAM", 32, SCTLR_AFE, .oa_in_ram = true, KEEP),
};

static const struct hw_oracle armv7_oracle = {
	.name = "cortex-a15",
	.ram = &hw_arm_ram,
	.cases = armv7_cases,
	.nr_cases = ARRAY_SIZE(armv7_cases),
	.start = armv7_start,
	.attach = armv7_attach,
	.translate = armv7_translate,
	.invalidate = armv7_invalidate,
};

HW_ORACLE(armv7_oracle);
