/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What x86_stub.S and oracle_x86.c share: where things are, as offsets from STUB_VA.
 */
#ifndef HW_X86_STUB_H
#define HW_X86_STUB_H

/* Physical and virtual, in the last 2M of the low RAM */
#define STUB_VA		0x7fe00000
#define STUB_BYTES	0x10000

/* Where it begins in real mode, physical */
#define BOOT_PA		0x8000
#define BOOT_GDTR	0x8ff0

#define STUB_VECTORS	0x100		/* code of 256 vectors, and behind it the rest */
#define STUB_GDT	0x3000
#define STUB_TSS	0x3100
#define STUB_IDTR	0x3210
#define STUB_IDT	0x4000
#define STUB_STACK	0x7000		/* end of it */
#define STUB_DONE	0x8000		/* u32: asleep */
#define STUB_COMMAND	0x8004		/* u32 */
#define STUB_COUNT	0x8008		/* u32: probes */
#define STUB_CR4	0x8010		/* u32 */
#define STUB_ROOT	0x8018		/* u64 */
#define STUB_PROBES	0x9000

#define COMMAND_FLUSH	0
#define COMMAND_INVLPG	1
#define COMMAND_PROBE	2

#define PROBE_VA	0		/* u64 */
#define PROBE_ACCESS	8		/* u32 */
#define PROBE_RESULT	12		/* u32: 0 refused, 1 done, 2 something else */
#define PROBE_VALUE	16		/* u32: what was read */
#define PROBE_BYTES	24

/* Selectors */
#define STUB_CS32	0x08
#define STUB_DS		0x10
#define STUB_CS		0x18
#define STUB_USER_DS	0x23
#define STUB_USER_CS	0x2b
#define STUB_TSS_SEL	0x30

#ifndef __ASSEMBLER__
extern const char x86_stub[], x86_stub_end[];
#endif

#endif /* HW_X86_STUB_H */
