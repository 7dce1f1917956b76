# SPDX-License-Identifier: GPL-2.0-only
"""
VT-d second stage: "Intel Virtualization Technology for Directed I/O", 3.7 and 9.8.

There is no present bit: what gives no right is not there. Rights have to be given at
each level.
"""
from engine import Empty, Format, Leaf, Link, address, bit, bits, ignored, radix

SPEC = "9.8"
WORDS = {
    "read": {"R": 1},                               # 3.7.1
    "write": {"W": 1},
    "coherent": {"SNP": 1},
    "dirty": {"D": 1},                              # 3.7.2
}
TABLE_WORDS = {word: WORDS[word] for word in ("read", "write")}
LEAVES = ("4K", "2M", "1G")


def entries(level, shift, below):
    yield Empty(bit("R", 0, SPEC, select=0), bit("W", 1, SPEC, select=0),
                bit("X", 2, SPEC, select=0))

    if below:
        size = {"select": 0} if level < len(LEAVES) else {"only": 0}
        yield Link(f"reference to a table of level {level - 1}", below, [
            bit("R",        0,      SPEC),
            bit("W",        1,      SPEC),
            bit("X",        2,      SPEC),
            ignored(6, 3,           SPEC),
            bit("PS",       7,      SPEC, **size),
            bit("A",        8,      SPEC, changes=True),
            ignored(10, 9,          SPEC),
            address(51, 12,         SPEC),          # 11 is reserved
            ignored(61, 52,         SPEC),
            ignored(63, 63,         SPEC),          # 62 is reserved
        ], TABLE_WORDS)

    if level < len(LEAVES):
        yield Leaf(f"{LEAVES[level]} page", [
            bit("R",        0,      SPEC),
            bit("W",        1,      SPEC),
            bit("X",        2,      SPEC),
            bits("EMT",     5, 3,   SPEC),
            bit("IPAT",     6,      SPEC),
            bit("PS",       7,      SPEC, select=1) if level else ignored(7, 7, SPEC),
            bit("A",        8,      SPEC, changes=True),
            bit("D",        9,      SPEC, changes=True),
            bit("software", 10,     SPEC),
            bit("SNP",      11,     SPEC),
            address(51, shift,      SPEC),
            bits("software 60:52", 60, 52, SPEC),
            ignored(61, 61,         SPEC),
            bit("TM",       62,     SPEC, only=0),
            bit("software 63", 63,  SPEC),
        ], WORDS, raw=("software", "software 60:52", "software 63"),
                   written=({}, {"D": 1}))


FORMATS = [Format("vtdss", "VT-d second stage", "Intel VT-d", (3, 4, 5),
                  radix(entries, page=12, index=9))]
