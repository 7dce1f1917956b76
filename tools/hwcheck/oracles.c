// SPDX-License-Identifier: GPL-2.0-only
#include "oracle.h"

const struct hw_oracle *hw_oracles[HW_MAX_ORACLES];
unsigned int hw_nr_oracles;

void hw_register(const struct hw_oracle *oracle)
{
	if (hw_nr_oracles == HW_MAX_ORACLES)
		abort();
	hw_oracles[hw_nr_oracles++] = oracle;
}
