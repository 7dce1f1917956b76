// SPDX-License-Identifier: GPL-2.0-only
/// Table memory is written in pt_common/store.h only: there a store is whole,
/// and an incoherent walker gets to see it. What counts as a store to a table is
/// an assignment, an atomic or a memory function through a pointer that a cast
/// or a variable turned from an untyped table into items.
// Confidence: Moderate

virtual report

@cast@
typedef u64, u32;
expression E, V, I;
position p;
@@
(
  *(u64 *)E@p = V
|
  *(u32 *)E@p = V
|
  ((u64 *)E@p)[I] = V
|
  ((u32 *)E@p)[I] = V
|
  *((u64 *)E@p + I) = V
|
  *((u32 *)E@p + I) = V
)

@atomic@
expression E;
identifier f =~ "^(WRITE_ONCE|smp_store_release|smp_store_mb|xchg|cmpxchg|cmpxchg64|try_cmpxchg|try_cmpxchg64|set_bit|clear_bit)(_relaxed|_acquire|_release)?$";
position p;
@@
(
  f@p(*(u64 *)E, ...)
|
  f@p(*(u32 *)E, ...)
|
  f@p(((u64 *)E)[...], ...)
|
  f@p(((u32 *)E)[...], ...)
|
  f@p((u64 *)E, ...)
|
  f@p((u32 *)E, ...)
)

@bulk@
identifier f =~ "^(memset|memset32|memset64|memcpy|memmove|__memcpy)$";
identifier t =~ "^(table|child|root|top)$";
position p;
@@
  f@p(t, ...)

@variable@
type T = {u64, u32};
void *E;
T *v;
position q;
@@
  v@q = E

@through@
type variable.T;
T *variable.v;
expression V, I;
position p;
@@
(
  *v@p = V
|
  v@p[I] = V
)

@script:python depends on report@
p << cast.p;
@@
coccilib.report.print_report(p[0], "store to table memory outside of pt_common/store.h")

@script:python depends on report@
p << atomic.p;
@@
coccilib.report.print_report(p[0], "store to table memory outside of pt_common/store.h")

@script:python depends on report@
p << bulk.p;
@@
coccilib.report.print_report(p[0], "store to table memory outside of pt_common/store.h")

@script:python depends on report@
p << through.p;
@@
coccilib.report.print_report(p[0], "store to table memory outside of pt_common/store.h")
