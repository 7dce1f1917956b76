/* SPDX-License-Identifier: GPL-2.0-only */
#include "../ptf_shim.h"
