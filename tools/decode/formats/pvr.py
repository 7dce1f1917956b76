# SPDX-License-Identifier: GPL-2.0-only
"""
PowerVR Rogue. There is no public manual: the places are Imagination's generated
register definitions in Linux, pvr_rogue_mmu_defs.h, ROGUE_MMUCTRL_..., whose fields
the comments in pvr_mmu.c explain.

An entry of the page directory says how large the pages of its 2M are. With it change
the number of items of the page table, its alignment, and the address bits of its
entries.
"""
from engine import Empty, Format, Leaf, Link, Table, address, bit, bits

WORDS = {
    "read": {},
    "write": {"READ_ONLY": 0},
    "priv": {"PM_META_PROTECT": 1},     # for the firmware and the parameter manager
    "coherent": {"CC": 1},
    "wb": {"SLC_BYPASS_CTRL": 0},       # in the system level cache
    "nc": {"SLC_BYPASS_CTRL": 1},
}
RAW = ("PM_SRC", "VP_PAGE_LO", "VP_PAGE_HI")

#           code  page  base of the page table
PAGES = {
    "4K":   (0,   12,   12),            # PT_BASE_4KB_RANGE
    "16K":  (1,   14,   10),            # PT_BASE_16KB_RANGE
    "64K":  (2,   16,   8),             # PT_BASE_64KB_RANGE
    "256K": (3,   18,   6),             # PT_BASE_256KB_RANGE
    "1M":   (4,   20,   5),             # PT_BASE_1MB_RANGE
    "2M":   (5,   21,   5),             # PT_BASE_2MB_RANGE
}


def page_table(name, page):
    return Table(0, page, 21 - page, 8, [
        Empty(bit("VALID", 0, "PT_DATA_VALID", select=0)),
        Leaf(f"{name} page", [
            bit("VALID",            0,      "PT_DATA_VALID", select=1),
            bit("READ_ONLY",        1,      "PT_DATA_READ_ONLY"),
            bit("CC",               2,      "PT_DATA_CC"),
            bit("SLC_BYPASS_CTRL",  3,      "PT_DATA_SLC_BYPASS_CTRL"),
            bit("PM_SRC",           4,      "PT_DATA_PM_SRC"),
            bit("ENTRY_PENDING",    5,      "PT_DATA_ENTRY_PENDING", only=0),
            bits("VP_PAGE_LO",      11, 6,  "PT_DATA_VP_PAGE_LO"),
            address(39, page,               f"PAGE_{name}B_RANGE"),
            bits("VP_PAGE_HI",      61, 40, "PT_DATA_VP_PAGE_HI"),
            bit("PM_META_PROTECT",  62,     "PT_DATA_PM_META_PROTECT"),
        ], WORDS, raw=RAW),
    ], title=f"page table of {name} pages")


def root(levels):
    directory = Table(1, 21, 9, 8, [
        Empty(bit("VALID", 0, "PD_DATA_VALID", select=0)),
    ] + [
        Link(f"directory entry for {name} pages", page_table(name, page), [
            bit("VALID",            0,      "PD_DATA_VALID", select=1),
            bits("PAGE_SIZE",       3, 1,   "PD_DATA_PAGE_SIZE", select=code),
            address(39, base,               f"PT_BASE_{name}B_RANGE"),
            bit("ENTRY_PENDING",    40,     "PD_DATA_ENTRY_PENDING", only=0),
        ]) for name, (code, page, base) in PAGES.items()
    ], title="page directory")
    return Table(2, 30, 10, 4, [
        Empty(bit("VALID", 0, "PC_DATA_VALID", select=0)),
        Link("catalogue entry", directory, [
            bit("VALID",            0,      "PC_DATA_VALID", select=1),
            bit("ENTRY_PENDING",    1,      "PC_DATA_ENTRY_PENDING", only=0),
            address(31, 4,                  "PC_DATA_PD_BASE", to=12),
        ]),
    ], title="page catalogue")


FORMATS = [Format("pvr", "PowerVR Rogue", "Linux, pvr_rogue_mmu_defs.h", (3,), root,
                  oa_bits=40)]
