/* SPDX-License-Identifier: GPL-2.0-only */
/* RISC-V Sv39, Sv48 and Sv57: the only or first stage */
#define RISCV_STAGE 1
#include "riscv.h"
