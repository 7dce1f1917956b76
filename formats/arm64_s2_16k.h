/* SPDX-License-Identifier: GPL-2.0-only */
/* ARMv8-A stage 2 with the 16K granule */
#define ARM64_GRANULE_LG2 14
#include "arm64_s2.h"
