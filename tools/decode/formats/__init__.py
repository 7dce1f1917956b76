# SPDX-License-Identifier: GPL-2.0-only
"""The formats, one file for each family; FORMATS has them by name."""
from . import amdv1, arm64, armv7s, pvr, riscv, vtdss, x86_64, xe

FORMATS = {f.name: f for family in (x86_64, amdv1, vtdss, arm64, riscv, armv7s, pvr, xe)
           for f in family.FORMATS}
