/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between kernel versions: the one place that knows them. */
#ifndef PTF_COMPAT_H
#define PTF_COMPAT_H

#include <linux/version.h>

#endif /* PTF_COMPAT_H */
