// SPDX-License-Identifier: GPL-2.0-only
/* Staged updates: what is the same for all formats. */
#include <linux/export.h>
#include <ptforge/gpu.h>
#define PTF_FOR_GPU 1
#include "pt_common/mirror.h"

/* Whether it is this update that is planned */
static bool is_planned(const struct ptf_gpu_update *update)
{
	return update->gpu->pt.stage.change == &update->change;
}

unsigned int ptf_gpu_runs(struct ptf_gpu_update *update)
{
	return is_planned(update) ? ptf_stage_runs(&update->gpu->pt) : 0;
}
EXPORT_SYMBOL_GPL(ptf_gpu_runs);

void ptf_gpu_commit(struct ptf_gpu_update *update)
{
	if (is_planned(update))
		ptf_stage_commit(&update->gpu->pt);
}
EXPORT_SYMBOL_GPL(ptf_gpu_commit);
