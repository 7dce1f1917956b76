# SPDX-License-Identifier: GPL-2.0-only
"""
Intel GPUs from Gen12 to Xe2, PPGTT. The places are names in Intel's Linux driver: those
of bits in xe/regs/xe_gtt_defs.h, without the XE_ or the like that they begin with, and
functions of xe_pt.c and xe_vm.c, which say what entries the bits are of.

A page of 64K is 16 pages of 4K that each say so. Compact tables of 64K pages are not
described here.
"""
from engine import Empty, Format, Leaf, Link, Null, address, bit, bits, radix

WORDS = {
    "read": {},
    "write": {"RW": 1},
    "index": ("PAT4", "PAT3", "PAT2", "PAT1", "PAT0"),
}
RAW = ("AE", "DM")
SIZE = ("4K", "2M", "1G")


def page(level, ps64, null):
    """The fields of a page but for its address."""
    return [
        bit("PRESENT",  0,      "PAGE_PRESENT", select=1),
        bit("RW",       1,      "PAGE_RW"),
        bit("PAT0",     3,      "PPGTT_PTE_PAT0"),
        bit("PAT1",     4,      "PPGTT_PTE_PAT1"),
        bit("NULL",     9,      "PTE_NULL", select=null),
        bit("AE",       10,     "USM_PPGTT_PTE_AE"),
        bit("DM",       11,     "PPGTT_PTE_DM"),
        bit("PAT4",     61,     "PPGTT_PTE_PAT4"),
        bit("PAT3",     62,     "PPGTT_PTE_PAT3"),
    ] + ([
        bit("PS",       7,      "PDE_PS_2M, PDPE_PS_1G", select=1),
        bit("PAT2",     12,     "PPGTT_PDE_PDPE_PAT2"),
    ] if level else [
        bit("PAT2",     7,      "PPGTT_PTE_PAT2"),
        bit("PS64",     8,      "PTE_PS64", select=ps64),
    ])


def pages(level, shift, name, ps64=0):
    own, same = ({"size": 16, "items": items} if ps64 else {} for items in ("own", "same"))
    yield Leaf(f"{name} page", page(level, ps64, 0) + [
        address(51, shift,      "xelp_pte_encode_bo()"),
    ], WORDS, raw=RAW, **own)
    yield Null(f"{name} null page", page(level, ps64, 1) + [
        bits("no address", 51, shift, "xe_pt_stage_bind_entry()", only=0),
    ], WORDS, raw=RAW, **same)


def entries(level, shift, below):
    yield Empty(bit("PRESENT", 0, "PAGE_PRESENT", select=0))
    if below:
        yield Link(f"reference to a table of level {level - 1}", below, [
            bit("PRESENT",  0,      "PAGE_PRESENT", select=1),
            bit("RW",       1,      "xelp_pde_encode_bo()", only=1),
            bit("PAT0",     3,      "xelp_pde_encode_bo()"),
            bit("PAT1",     4,      "xelp_pde_encode_bo()"),
            bit("PS",       7,      "PDE_PS_2M, PDPE_PS_1G",
                **({"select": 0} if level < len(SIZE) else {"only": 0})),
            address(51, 12,         "xelp_pde_encode_bo()"),
        ] + ([
            bit("64K",      6,      "PDE_64K", only=0),
            bit("IPS_64K",  11,     "PDE_IPS_64K", only=0),
        ] if level == 1 else []))
    if level < len(SIZE):
        yield from pages(level, shift, SIZE[level])
    if not level:
        yield from pages(level, shift, "64K", ps64=1)


FORMATS = [Format("xe", "Intel GPUs, Gen12 to Xe2", "Linux, xe_gtt_defs.h", (4, 5),
                  radix(entries, page=12, index=9))]
