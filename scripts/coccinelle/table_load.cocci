// SPDX-License-Identifier: GPL-2.0-only
/// Entries are read through ptf_load() only: once, as others may write them, and
/// in the width of the table's items.
// Confidence: Moderate

virtual report

@store@
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
)

@load@
expression E, I;
position p != store.p;
@@
(
  *(u64 *)E@p
|
  *(u32 *)E@p
|
  ((u64 *)E@p)[I]
|
  ((u32 *)E@p)[I]
)

@written@
expression E;
identifier f =~ "^WRITE_ONCE$";
position load.p;
@@
(
  f(*(u64 *)E@p, ...)
|
  f(*(u32 *)E@p, ...)
|
  f(((u64 *)E@p)[...], ...)
|
  f(((u32 *)E@p)[...], ...)
)

@variable@
type T = {u64, u32};
void *E;
T *v;
@@
  v = E

@through@
type variable.T;
T *variable.v;
expression V, I;
position p;
@@
(
  *v = V
|
  v[I] = V
|
  *v@p
|
  v@p[I]
)

@script:python depends on report && !written@
p << load.p;
@@
coccilib.report.print_report(p[0], "entry read without ptf_load()")

@script:python depends on report@
p << through.p;
@@
coccilib.report.print_report(p[0], "entry read without ptf_load()")
