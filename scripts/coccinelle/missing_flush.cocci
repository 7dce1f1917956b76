// SPDX-License-Identifier: GPL-2.0-only
/// What a driver gives to a front end says how to flush: there is no default,
/// and hardware that needs no flush has an op that says so by its name.
// Confidence: High

virtual report

@flushes@
type T;
identifier ops;
expression E;
position p;
@@
  T ops@p = { ..., .flush = E, ... };

@initialised@
identifier ops;
identifier tag =~ "^ptf_(iommu|gpu)_ops$";
position p != flushes.p;
@@
  struct tag ops@p = { ... };

@script:python depends on report@
p << initialised.p;
ops << initialised.ops;
@@
coccilib.report.print_report(p[0], "%s has no flush op" % ops)
