/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An Arm CPU on QEMU's "virt" machine, for the oracles that ask its MMU. gdb cannot
 * write the registers that matter, so a loop of machine code works off a list of
 * requests in RAM; gdb starts it and waits until it comes to its end. There is no
 * other code in the machine.
 */
#ifndef HW_ARM_CPU_H
#define HW_ARM_CPU_H

#include "oracle.h"
#include "machine.h"

#define ARM_RAM_PA	0x40000000ULL
#define ARM_CODE_PA	(ARM_RAM_PA + 0x80000)	/* behind the device tree that QEMU puts there */
#define ARM_TABLE_PA	(ARM_CODE_PA + 0x10000)	/* a table of the oracle's own */
#define ARM_VALUES_PA	(ARM_CODE_PA + 0x18000)	/* registers to set */
#define ARM_REQUESTS_PA	(ARM_CODE_PA + 0x20000)
#define ARM_REQUESTS	1024U
#define ARM_MAX_SINGLE	512		/* for more entries, all of the TLB is, as in Linux */

extern const struct hw_ram hw_arm_ram;

/* Start @cpu in @program; @code begins at ARM_CODE_PA and ends its work at @stop. */
void hw_arm_start(const char *program, const char *cpu, const u32 *code, size_t bytes,
		  unsigned int stop);
/* Put an instruction into the code, @offset bytes behind its beginning. */
void hw_arm_place(unsigned int offset, u32 instruction);
/*
 * Run it once for the first @count requests, of which none are left then. It finds their
 * address and number, of @width bytes each, @state bytes behind its beginning.
 */
void hw_arm_work(unsigned int state, size_t width, unsigned int *count);

#define ARM_NOWHERE	(~0ULL)		/* AT's answer: refused */

/*
 * How an access ended: in RAM, and a fetch by the instruction that marks its target; refused;
 * or elsewhere, outside RAM by an external abort
 */
enum hw_arm_access { ARM_DONE, ARM_REFUSED, ARM_ELSEWHERE };

/* The result of a probe from the access, the word that it read, and the answer of AT */
void hw_arm_judge(struct hw_probe *p, enum hw_arm_access access, u32 value, u64 at);

#endif /* HW_ARM_CPU_H */
