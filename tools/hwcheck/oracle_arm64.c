// SPDX-License-Identifier: GPL-2.0-only
/*
 * aarch64-cpu: the MMU of an AArch64 CPU with 52 bits of PA, stage 1 and stage 2.
 *
 * Each probe is made twice. The instruction AT walks the tables and says where the
 * address leads, wherever that is. Then the access itself is done at EL1, as EL0 if it is not
 * privileged; it goes through the TLB, which so comes to hold what may get stale. What
 * answers is the access, and both must agree. The code for it is in a range of its own:
 * for stage 1 in that of TTBR1, for stage 2 in one that the case keeps.
 *
 * Source: Arm Architecture Reference Manual (DDI 0487): registers D24, exceptions D1.
 */
#include "arm_cpu.h"

/* What EL2 runs. x0 is the VA or other argument, x1 the routine, x2 and x3 are PC and PSTATE */
static const u32 arm64_code[] = {
	0x10000806,	/* start:	adr	x6, state */
	0xa94054d4,	/*		ldp	x20, x21, [x6] */
	0xa9400680,	/* next:	ldp	x0, x1, [x20] */
	0xa9410e82,	/*		ldp	x2, x3, [x20, #16] */
	0xd518521f,	/*		msr	esr_el1, xzr */
	0x52800b45,	/*		mov	w5, #0x5a		HW_MARK */
	0xd61f0020,	/*		br	x1 */
	0xd51c4022,	/* lower:	msr	elr_el2, x2 */
	0xd51c4003,	/*		msr	spsr_el2, x3 */
	0xd69f03e0,	/*		eret */
	0xd5087800,	/* s1e1r:	at	s1e1r, x0 */
	0x1400000a,	/*		b	par */
	0xd5087820,	/* s1e1w:	at	s1e1w, x0 */
	0x14000008,	/*		b	par */
	0xd5087840,	/* s1e0r:	at	s1e0r, x0 */
	0x14000006,	/*		b	par */
	0xd5087860,	/* s1e0w:	at	s1e0w, x0 */
	0x14000004,	/*		b	par */
	0xd50c7880,	/* s12e1r:	at	s12e1r, x0 */
	0x14000002,	/*		b	par */
	0xd50c78a0,	/* s12e1w:	at	s12e1w, x0 */
	0xd5033fdf,	/* par:		isb */
	0xd5387404,	/*		mrs	x4, par_el1 */
	0x1400000a,	/*		b	out */
	0xd5088720,	/* vae1:	tlbi	vae1, x0 */
	0x14000006,	/*		b	sync */
	0xd50c8420,	/* ipas2e1:	tlbi	ipas2e1, x0 */
	0x14000004,	/*		b	sync */
	0xd508871f,	/* alle1:	tlbi	vmalle1 */
	0x14000002,	/*		b	sync */
	0xd50c87df,	/* alls12e1:	tlbi	vmalls12e1 */
	0xd5033f9f,	/* sync:	dsb	sy */
	0xd5033fdf,	/*		isb */
	0xd280000a,	/* out:		mov	x10, #0 */
	0x14000002,	/*		b	put */
	0xd53c520a,	/* took:	mrs	x10, esr_el2		an exception */
	0x10000386,	/* put:		adr	x6, state */
	0xa94054d4,	/*		ldp	x20, x21, [x6] */
	0xd5385207,	/*		mrs	x7, esr_el1 */
	0xd5386008,	/*		mrs	x8, far_el1 */
	0xd53c6009,	/*		mrs	x9, far_el2 */
	0xa8812a84,	/*		stp	x4, x10, [x20], #16 */
	0xa8812287,	/*		stp	x7, x8, [x20], #16 */
	0xf8008689,	/*		str	x9, [x20], #8 */
	0xf10006b5,	/*		subs	x21, x21, #1 */
	0xa90054d4,	/*		stp	x20, x21, [x6] */
	0x54fffa81,	/*		b.ne	next */
	0x14000000,	/* stop:	b	stop */
	0xa9400c02,	/* setup:	ldp	x2, x3, [x0] */
	0xd5181002,	/*		msr	sctlr_el1, x2 */
	0xd5182043,	/*		msr	tcr_el1, x3 */
	0xa9410c02,	/*		ldp	x2, x3, [x0, #16] */
	0xd5182002,	/*		msr	ttbr0_el1, x2 */
	0xd5182023,	/*		msr	ttbr1_el1, x3 */
	0xa9420c02,	/*		ldp	x2, x3, [x0, #32] */
	0xd518a202,	/*		msr	mair_el1, x2 */
	0xd518c003,	/*		msr	vbar_el1, x3 */
	0xa9430c02,	/*		ldp	x2, x3, [x0, #48] */
	0xd51c1102,	/*		msr	hcr_el2, x2 */
	0xd51c2143,	/*		msr	vtcr_el2, x3 */
	0xa9440c02,	/*		ldp	x2, x3, [x0, #64] */
	0xd51c2102,	/*		msr	vttbr_el2, x2 */
	0xd51cc003,	/*		msr	vbar_el2, x3 */
	0x17ffffdf,	/*		b	alls12e1 */
			/* state:	next request, how many are left */
};

enum {
	LOWER = 0x1c, S1E1R = 0x28, S1E1W = 0x30, S1E0R = 0x38, S1E0W = 0x40, S12E1R = 0x48,
	S12E1W = 0x50, VAE1 = 0x60, IPAS2E1 = 0x68, ALLE1 = 0x70, ALLS12E1 = 0x78, TOOK = 0x8c,
	STOP = 0xbc,
	SETUP = 0xc0, STATE = 0x100, VECTORS_EL2 = 0x800, EL1 = 0x1000,
};

/* A vector table has the synchronous exceptions of the same EL and of a lower one here. */
#define VECTOR_SAME	0x200
#define VECTOR_LOWER	0x400

/* What EL1 runs, on its page */
enum { LDR = 0x600, LDTR = 0x608, STR = 0x610, STTR = 0x618 };

static const u32 arm64_code_el1[] = {
	0xb9400004,	/* ldr:		ldr	w4, [x0] */
	0xd4000002,	/*		hvc	#0 */
	0xb8400804,	/* ldtr:	ldtr	w4, [x0]		as EL0 */
	0xd4000002,	/*		hvc	#0 */
	0xb9000005,	/* str:		str	w5, [x0] */
	0xd4000002,	/*		hvc	#0 */
	0xb8000805,	/* sttr:	sttr	w5, [x0] */
	0xd4000002,	/*		hvc	#0 */
};

#define A64_HVC_1	0xd4000022		/* in the vectors of EL1 */
#define A64_BRK		(0xd4200000 | HW_MARK << 5)
#define A64_B(from, to)	(0x14000000 | (((to) - (from)) >> 2 & 0x3ffffff))

/* TTBR1 has 39 bits of VA with the 4K granule: its one entry is a block, all of RAM. */
#define WINDOW_VA	0xffffff8000000000ULL
#define WINDOW_BLOCK	(ARM_RAM_PA | 0x701)	/* AF, inner shareable, read and write at EL1 */

#define KEEP_BYTES	0x10000

/* What EL2 finds: a request, and overwrites with the result */
struct request {
	union {
		struct { u64 x0, routine, pc, pstate, unused; };
		struct { u64 value, esr_el2, esr_el1, far_el1, far_el2; };
	};
};

static struct request *requests;
static unsigned int nr_requests;
static bool stage2;
static unsigned int granule_lg2;
static u64 el1_va;

static struct request *request(u64 x0, unsigned int routine)
{
	if (nr_requests == ARM_REQUESTS)
		hw_die("too many requests");
	requests[nr_requests] = (struct request){ .x0 = x0, .routine = ARM_CODE_PA + routine };
	return &requests[nr_requests++];
}

static void run_requests(void)
{
	hw_arm_work(STATE, sizeof(u64), &nr_requests);
}

static void arm64_start(const struct hw_case *c)
{
	unsigned int i;

	hw_arm_start("qemu-system-aarch64", "max", arm64_code, sizeof(arm64_code), STOP);
	requests = hw_ram_at(ARM_REQUESTS_PA);
	hw_arm_place(VECTORS_EL2 + VECTOR_SAME, A64_B(VECTORS_EL2 + VECTOR_SAME, TOOK));
	hw_arm_place(VECTORS_EL2 + VECTOR_LOWER, A64_B(VECTORS_EL2 + VECTOR_LOWER, TOOK));
	hw_arm_place(EL1 + VECTOR_SAME, A64_HVC_1);
	hw_arm_place(EL1 + VECTOR_LOWER, A64_HVC_1);
	for (i = 0; i < ARRAY_SIZE(arm64_code_el1); i++)
		hw_arm_place(EL1 + LDR + 4 * i, arm64_code_el1[i]);
	*(u64 *)hw_ram_at(ARM_TABLE_PA) = WINDOW_BLOCK;
	stage2 = !!strstr(c->format, "_s2_");
	granule_lg2 = c->variant;
	el1_va = (stage2 ? c->keep_va : WINDOW_VA + ARM_CODE_PA - ARM_RAM_PA) + EL1;
}

/* MAIR_EL1: what arm64.h says of its first three indices, and five other types */
static const u8 mair[] = { 0x44, 0xff, 0x04, 0xf4, 0x4f, 0xbb, 0x00, 0x0c };

/* TCR_EL1.IPS and VTCR_EL2.PS */
static u64 arm64_ps(unsigned int oa_lg2)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52 };
	u64 ps = 0;

	while (bits[ps] < oa_lg2)
		ps++;
	return ps;
}

static void arm64_attach(const struct hw_case *c, const struct hw_table *table)
{
	static const u8 granule[] = { [12] = 0, [16] = 1, [14] = 2 };	/* TG0 */
	bool dirty = table->features & PTF_FEAT_DIRTY;
	/* What TCR_EL1 and VTCR_EL2 have in common: walks are cacheable, inner shareable. */
	u64 tcr = (64 - table->va_lg2) | 0x3500 | (u64)granule[granule_lg2] << 14;
	u64 *values = hw_ram_at(ARM_VALUES_PA), ps = arm64_ps(table->oa_lg2), sl0;

	/* SL0 counts from level 2 with the 4K granule, from level 3 else. */
	sl0 = table->levels - (granule_lg2 == 12 ? 2 : 1);
	memset(values, 0, 80);
	values[0] = 0x30d00800 | !stage2;		/* SCTLR_EL1: RES1, M */
	/* TCR_EL1: with T1SZ, TG1; HA, HD */
	values[1] = tcr | 25 << 16 | 0x35000000 | 2U << 30 | ps << 32 | (dirty ? 3ULL << 39 : 0);
	values[2] = table->root;			/* TTBR0_EL1 */
	values[3] = ARM_TABLE_PA;			/* TTBR1_EL1 */
	memcpy(&values[4], mair, sizeof(mair));		/* MAIR_EL1 */
	values[5] = el1_va;				/* VBAR_EL1 */
	/* HCR_EL2: RW; DC, so that memory types are those of stage 2; VM */
	values[6] = 1ULL << 31 | (stage2 ? 1 << 12 | 1 : 0);
	/* VTCR_EL2: with RES1 */
	values[7] = tcr | sl0 << 6 | ps << 16 | (dirty ? 3 << 21 : 0) | 1U << 31;
	values[8] = table->root;			/* VTTBR_EL2 */
	values[9] = ARM_CODE_PA + VECTORS_EL2;		/* VBAR_EL2 */
	request(ARM_VALUES_PA, SETUP);
	run_requests();
}

static void request_at(const struct hw_probe *p, bool write)
{
	unsigned int routine = stage2 ? S12E1R : p->access & HW_USER ? S1E0R : S1E1R;

	request(p->va, routine + (write ? S1E1W - S1E1R : 0));
}

/* PSTATE: EL1h or EL0t, all masked */
static void request_access(u64 va, u8 access)
{
	bool user = access & HW_USER;
	struct request *r = request(va, LOWER);

	r->pstate = 0x3c5;
	if (access & HW_EXEC) {
		r->pc = va;
		if (user)
			r->pstate = 0x3c0;
	} else if (access & HW_WRITE) {
		r->pc = el1_va + (user ? STTR : STR);
	} else {
		r->pc = el1_va + (user ? LDTR : LDR);
	}
}

/* Where AT says that it leads. An abort of its walk is an exception. */
static u64 at_result(const struct request *r, u64 va)
{
	if (r->esr_el2 || r->value & 1)
		return ARM_NOWHERE;
	return (r->value & GENMASK_ULL(51, 12)) | (va & 0xfff);
}

/* How an access ended. What else is fetched than the mark makes an exception, here or behind. */
static enum hw_arm_access access_result(const struct request *r, u64 va, u8 access)
{
	u64 esr = r->esr_el2, far = r->far_el2;
	unsigned int class = esr >> 26, status;

	if (class == 0x16) {				/* HVC */
		if (!(esr & 0xffff))
			return ARM_DONE;
		esr = r->esr_el1;
		far = r->far_el1;
		class = esr >> 26;
	}
	status = esr & 0x3f;
	if (access & HW_EXEC && esr == (0xf2000000 | HW_MARK))	/* BRK */
		return ARM_DONE;
	if (access & HW_EXEC && ((class & ~1) != 0x20 || far != va))
		return ARM_ELSEWHERE;
	if ((class & ~5) != 0x20)			/* instruction and data aborts */
		hw_die("access to %#llx: ESR %#llx", va, esr);
	if (status == 0x10)				/* external */
		return ARM_ELSEWHERE;
	/* Address size, translation, access flag, permission; external abort of the walk */
	if (status >= 0x18 || (status >= 0x10 && status < 0x14))
		hw_die("access to %#llx: ESR %#llx", va, esr);
	return ARM_REFUSED;
}

/* MemAttr of stage 2 from an attribute in the form of MAIR, where stage 1 is write back */
static u8 stage2_index(u8 attr)
{
	static const u8 cached[] = { [4] = 1, [0xb] = 2, [0xf] = 3 };

	return attr >> 4 ? cached[attr >> 4] << 2 | cached[attr & 0xf] : attr >> 2;
}

/* What AT says of the memory. Device and not cached memory is outer shareable in any case. */
static void tell_mem(struct hw_probe *p, u64 par)
{
	static const u8 share[] = {
		PTF_SHARE_NONE, PTF_SHARE_DEFAULT, PTF_SHARE_OUTER, PTF_SHARE_INNER,
	};
	static const u8 mem_1[] = { [0] = PTF_MEM_NC, [1] = PTF_MEM_WB, [2] = PTF_MEM_DEVICE };
	static const u8 mem_2[16] = {
		[1] = PTF_MEM_DEVICE, [5] = PTF_MEM_NC, [10] = PTF_MEM_WT, [15] = PTF_MEM_WB,
	};
	u8 attr = par >> 56, index = 0;

	if (stage2)
		index = stage2_index(attr);
	else
		while (index < ARRAY_SIZE(mair) - 1 && mair[index] != attr)
			index++;
	p->mem_index = index;
	p->mem = (stage2 ? mem_2[index] : index < 3 ? mem_1[index] : 0) ?: PTF_MEM_INDEX;
	p->share = !(attr >> 4) || attr == 0x44 ? PTF_SHARE_DEFAULT : share[par >> 7 & 3];
}

/* @at is what AT said, or NULL if it was refused for sure. */
static void judge_probe(struct hw_probe *p, const struct request *r, const struct request *at)
{
	u64 oa = at ? at_result(at, p->va) : ARM_NOWHERE;

	hw_arm_judge(p, access_result(r, p->va, p->access), r->value, oa);
	if (oa != ARM_NOWHERE)
		tell_mem(p, at->value);
}

static void translate_1(struct hw_probe *probes, unsigned int n)
{
	struct request *r = requests;
	unsigned int i;

	for (i = 0; i < n; i++) {
		request_at(&probes[i], probes[i].access & HW_WRITE);
		request_access(probes[i].va, probes[i].access);
	}
	run_requests();
	for (i = 0; i < n; i++, r += 2)
		judge_probe(&probes[i], r + 1, r);
}

/*
 * QEMU ends with a failed assertion, do_ats_write() in target/arm/helper.c, when stage 2
 * refuses an AT its permission. So AT is asked only what the access was granted. What may be
 * executed, but not read, may be written.
 */
static void translate_2(struct hw_probe *probes, unsigned int n)
{
	static struct request done[ARM_REQUESTS];
	const struct request *r = done;
	const struct request *at = requests;
	unsigned int i;

	for (i = 0; i < n; i++) {
		request_access(probes[i].va, probes[i].access);
		request_access(probes[i].va, HW_READ);
	}
	run_requests();
	memcpy(done, requests, 2 * n * sizeof(*done));
	for (i = 0; i < n; i++, r += 2)
		if (access_result(r, probes[i].va, probes[i].access) != ARM_REFUSED)
			request_at(&probes[i], probes[i].access & HW_WRITE ||
				   access_result(r + 1, probes[i].va, HW_READ) == ARM_REFUSED);
	run_requests();
	for (i = 0, r = done; i < n; i++, r += 2)
		judge_probe(&probes[i], r, access_result(r, probes[i].va, probes[i].access) !=
					   ARM_REFUSED ? at++ : NULL);
}

static void arm64_translate(struct hw_probe *probes, unsigned int n)
{
	if (stage2)
		translate_2(probes, n);
	else
		translate_1(probes, n);
}

/*
 * What is known of stage 2 by IPA does not include entries of both stages: after it,
 * those of the VM's stage 1 have to go.
 */
static void arm64_invalidate(const struct ptf_flush *flush)
{
	unsigned int level = __ffs64(flush->leaf_levels | flush->table_levels);
	unsigned int lg2 = granule_lg2 + level * (granule_lg2 - 3);
	u64 n = ((flush->last - flush->start) >> lg2) + 1, i;

	if (n > ARM_MAX_SINGLE) {
		request(0, stage2 ? ALLS12E1 : ALLE1);
	} else {
		for (i = 0; i < n; i++)
			request((flush->start + (i << lg2)) >> 12, stage2 ? IPAS2E1 : VAE1);
		if (stage2)
			request(0, ALLE1);
	}
	run_requests();
}

static const u8 access_1[] = {
	HW_READ, HW_WRITE, HW_EXEC, HW_READ | HW_USER, HW_WRITE | HW_USER, HW_EXEC | HW_USER, 0
};

static const u8 access_2[] = { HW_READ, HW_WRITE, HW_EXEC, HW_EXEC | HW_USER, 0 };
/* AT for writing, which may be needed to find out where a fetch goes, makes dirty. */
static const u8 access_2_dirty[] = { HW_READ, HW_WRITE, 0 };

#define CASE(fmt, title, granule, va, oa, feat, ...)				\
	{ .format = #fmt, .name = title, .variant = granule, .exec_word = A64_BRK,	\
	  .cfg = { .va_lg2 = va, .oa_lg2 = oa, .features = feat }, __VA_ARGS__ }
#define STAGE_1(...) CASE(__VA_ARGS__, .access = access_1)
#define DIRTY_1(fmt, granule, va, oa)						\
	CASE(fmt, "dirty", granule, va, oa, PTF_FEAT_DIRTY, .access = access_1,	\
	     .sets_dirty = true)
#define IN_RAM_1(fmt, granule, va, oa)						\
	CASE(fmt, "in RAM", granule, va, oa, 0, .access = access_1, .oa_in_ram = true)

#define KEEP(va)								\
	.keep_va = BIT_ULL((va) - 1), .keep_bytes = KEEP_BYTES, .keep_oa = ARM_CODE_PA,	\
	.keep_attrs = { .flags = PTF_READ }
#define STAGE_2(fmt, title, granule, va, oa)					\
	CASE(fmt, title, granule, va, oa, 0, .access = access_2, KEEP(va))
#define DIRTY_2(fmt, granule, va, oa)						\
	CASE(fmt, "dirty", granule, va, oa, PTF_FEAT_DIRTY, .access = access_2_dirty,	\
	     .sets_dirty = true, KEEP(va))
#define IN_RAM_2(fmt, granule, va, oa)						\
	CASE(fmt, "in RAM", granule, va, oa, 0, .access = access_2,		\
	     .oa_in_ram = true, KEEP(va))

static const struct hw_case arm64_cases[] = {
	STAGE_1(arm64_4k, "2 levels", 12, 30, 36, 0),
	STAGE_1(arm64_4k, "3 levels", 12, 39, 44, 0),
	STAGE_1(arm64_4k, "4 levels", 12, 48, 48, 0),
	IN_RAM_1(arm64_4k, 12, 39, 40),
	DIRTY_1(arm64_4k, 12, 42, 48),
	STAGE_1(arm64_16k, "2 levels", 14, 36, 40, 0),
	STAGE_1(arm64_16k, "3 levels", 14, 47, 42, 0),
	STAGE_1(arm64_16k, "4 levels", 14, 48, 48, 0),
	IN_RAM_1(arm64_16k, 14, 40, 40),
	DIRTY_1(arm64_16k, 14, 47, 48),
	STAGE_1(arm64_64k, "2 levels", 16, 42, 36, 0),
	STAGE_1(arm64_64k, "3 levels", 16, 48, 48, 0),
	STAGE_1(arm64_64k, "3 levels, 52 bits", 16, 52, 52, 0),
	IN_RAM_1(arm64_64k, 16, 48, 40),
	DIRTY_1(arm64_64k, 16, 52, 52),

	STAGE_2(arm64_s2_4k, "2 levels", 12, 30, 36),
	STAGE_2(arm64_s2_4k, "2 levels, 16 roots", 12, 34, 40),
	STAGE_2(arm64_s2_4k, "3 levels", 12, 39, 40),
	STAGE_2(arm64_s2_4k, "3 levels, 2 roots", 12, 40, 44),
	STAGE_2(arm64_s2_4k, "3 levels, 16 roots", 12, 43, 48),
	STAGE_2(arm64_s2_4k, "4 levels", 12, 48, 48),
	IN_RAM_2(arm64_s2_4k, 12, 40, 40),
	DIRTY_2(arm64_s2_4k, 12, 40, 48),
	STAGE_2(arm64_s2_16k, "2 levels, 16 roots", 14, 40, 40),
	STAGE_2(arm64_s2_16k, "3 levels", 14, 47, 48),
	STAGE_2(arm64_s2_16k, "3 levels, 2 roots", 14, 48, 48),
	IN_RAM_2(arm64_s2_16k, 14, 38, 40),
	DIRTY_2(arm64_s2_16k, 14, 47, 48),
	STAGE_2(arm64_s2_64k, "2 levels", 16, 42, 48),
	STAGE_2(arm64_s2_64k, "2 levels, 16 roots", 16, 46, 48),
	STAGE_2(arm64_s2_64k, "3 levels, 52 bits", 16, 52, 52),
	IN_RAM_2(arm64_s2_64k, 16, 44, 40),
	DIRTY_2(arm64_s2_64k, 16, 52, 52),
};

static const struct hw_oracle arm64_oracle = {
	.name = "aarch64-cpu",
	.ram = &hw_arm_ram,
	.cases = arm64_cases,
	.nr_cases = ARRAY_SIZE(arm64_cases),
	.start = arm64_start,
	.attach = arm64_attach,
	.translate = arm64_translate,
	.invalidate = arm64_invalidate,
};

HW_ORACLE(arm64_oracle);
