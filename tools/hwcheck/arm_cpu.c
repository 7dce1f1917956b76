// SPDX-License-Identifier: GPL-2.0-only
#include "arm_cpu.h"

/* All devices lie below RAM, once the machine is told not to use what is above 4G. */
const struct hw_ram hw_arm_ram = {
	.pa = ARM_RAM_PA, .bytes = 64 << 20, .avoid_last = ARM_RAM_PA - 1,
};

void hw_arm_start(const char *program, const char *cpu, const u32 *code, size_t bytes,
		  unsigned int stop)
{
	const char *const args[] = {
		"-accel", "tcg", "-m", "64M", "-cpu", cpu,
		"-machine", "virt,virtualization=on,highmem=off,memory-backend=ram", NULL
	};
	char packet[40];

	hw_start(program, HW_GDB, args);
	/* Now, because the start filled RAM. */
	memcpy(hw_ram_at(ARM_CODE_PA), code, bytes);
	snprintf(packet, sizeof(packet), "Z0,%llx,4", ARM_CODE_PA + stop);
	if (strcmp(hw_gdb(packet), "OK"))
		hw_die("gdb: no breakpoint");
}

void hw_arm_place(unsigned int offset, u32 instruction)
{
	*(u32 *)hw_ram_at(ARM_CODE_PA + offset) = instruction;
}

void hw_arm_work(unsigned int state, size_t width, unsigned int *count)
{
	u64 first = ARM_REQUESTS_PA, left = *count;
	u8 *at = hw_ram_at(ARM_CODE_PA + state);
	char packet[40];
	const char *answer;

	if (!left)
		return;
	memcpy(at, &first, width);
	memcpy(at + width, &left, width);
	*count = 0;
	snprintf(packet, sizeof(packet), "c%llx", ARM_CODE_PA);
	answer = hw_gdb(packet);
	if (answer[0] != 'T')
		hw_die("gdb: %s", answer);
}

void hw_arm_judge(struct hw_probe *p, enum hw_arm_access access, u32 value, u64 at)
{
	bool nowhere = at == ARM_NOWHERE;

	p->fault = access == ARM_REFUSED;
	/* A fetch may be refused where AT, which knows no fetch, is not. */
	if (nowhere != p->fault && !(p->fault && p->access & HW_EXEC)) {
		p->fault = false;
		p->oa = 1;		/* wrong in any case */
	} else if (access == ARM_ELSEWHERE) {
		p->oa = hw_ram_at(at) ? 1 : at;
	} else if (p->access & HW_READ) {
		p->oa = hw_oa_of(value);
	} else {
		p->oa = HW_OA_SILENT;
	}
}
