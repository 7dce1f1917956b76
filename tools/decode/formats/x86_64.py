# SPDX-License-Identifier: GPL-2.0-only
"""
x86-64: Intel Software Developer's Manual, volume 3A, chapter 4. The same tables
serve VT-d's first stage (VT-d 9.7) and AMD's IOMMU with guest tables (48882, 2.2.6).
"""
from engine import Empty, Format, Leaf, Link, address, bit, bits, ignored, radix

WORDS = {
    "read": {},                                     # 4.6.1
    "write": {"R/W": 1},
    "priv": {"U/S": 0},
    "noexec": {"XD": 1},
    "global": {"G": 1},                             # 4.10.2.4
    "index": ("PAT", "PCD", "PWT"),                 # 4.9.2: into the PAT, which says the type
    "unaccessed": {"A": 0},                         # 4.8
    "dirty": {"D": 1},
}
# 4.6.1: a right must be given at each level, a restriction may come from any
TABLE_WORDS = {word: WORDS[word] for word in ("write", "priv", "noexec")}

# Tables of 4.5.4, from level 0 on: of an entry that maps a page, that refers to a table
LEAF = ("table 4-20", "table 4-18", "table 4-16")
TABLE = (None, "table 4-19", "table 4-17", "table 4-15", "table 4-14")
SIZE = ("4K", "2M", "1G")


def entries(level, shift, below):
    yield Empty(bit("P", 0, "4.5.4", select=0))

    if below:
        spec = TABLE[level]
        may_be_leaf = level < len(LEAF)
        yield Link(f"reference to a table of level {level - 1}", below, [
            bit("P",        0,      spec, select=1),
            bit("R/W",      1,      spec),
            bit("U/S",      2,      spec),
            bit("PWT",      3,      spec),
            bit("PCD",      4,      spec),
            bit("A",        5,      spec, changes=True),
            ignored(6, 6,           spec),
            bit("PS",       7,      spec, **({"select": 0} if may_be_leaf else {"only": 0})),
            ignored(11, 8,          spec),
            address(51, 12,         spec),
            ignored(62, 52,         spec),
            bit("XD",       63,     spec),
        ], TABLE_WORDS)

    if level < len(LEAF):
        spec = LEAF[level]
        yield Leaf(f"{SIZE[level]} page", [
            bit("P",        0,      spec, select=1),
            bit("R/W",      1,      spec),
            bit("U/S",      2,      spec),
            bit("PWT",      3,      spec),
            bit("PCD",      4,      spec),
            bit("A",        5,      spec, changes=True),
            bit("D",        6,      spec, changes=True),
        ] + ([
            bit("PS",       7,      spec, select=1),
            bit("PAT",      12,     spec),
        ] if level else [
            bit("PAT",      7,      spec),
        ]) + [
            bit("G",        8,      spec),
            bits("software", 11, 9, spec),
            address(51, shift,      spec),
            ignored(58, 52,         spec),
            bits("PK",      62, 59, "4.6.2"),
            bit("XD",       63,     spec),
        ], WORDS, raw=("software",), written=({}, {"D": 1}))


# The types that the PAT gives these indices after a reset: table 11-12
MEMORY = {"wb": 0, "wt": 1, "nc": 2, "device": 3}      # UC- is nc, UC is device

FORMATS = [Format("x86_64", "x86-64, VT-d first stage, AMD v2", "Intel SDM volume 3A", (4, 5),
                  radix(entries, page=12, index=9), sign_extend=True,
                  memory=MEMORY)]
