/* SPDX-License-Identifier: GPL-2.0-only */
/* RISC-V Sv39x4, Sv48x4 and Sv57x4: the second stage */
#define RISCV_STAGE 2
#include "riscv.h"
