/* SPDX-License-Identifier: GPL-2.0-only */
/* For Coccinelle, which reads sources without their headers: what they would say. */
#define __always_inline inline
#define noinline
#define __must_check
#define __maybe_unused
#define PTF_DECLARE_OP(...)
#define PTF_DEFINE_OP(...)
#define PTF_REQUIRE(...)
#define static_assert(...)
#define EXPORT_SYMBOL_GPL(...)
#define MODULE_LICENSE(...)
#define MODULE_DESCRIPTION(...)
#define MODULE_AUTHOR(...)
#define MODULE_IMPORT_NS(...)
#define kunit_test_suites(...)
#define kunit_test_suite(...)
#define DECLARE_BITMAP(name, bits) unsigned long name[bits]
#define drm_exec_until_all_locked(exec) for (;;)
