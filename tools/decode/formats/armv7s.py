# SPDX-License-Identifier: GPL-2.0-only
"""
ARMv7 short descriptors: ARM Architecture Reference Manual ARMv7-A and ARMv7-R, DDI 0406C,
B3.5.1, with SCTLR.AFE set: AP[0] is the access flag.

A supersection, and a large page, are 16 items of the same value.
"""
from engine import Empty, Format, Leaf, Link, Table, address, bit, bits

FIRST, SECOND = "figure B3-4", "figure B3-5"
WORDS = {
    "read": {},
    "write": {"AP[2]": 0},                      # B3.7.1
    "priv": {"AP[1]": 0},
    "noexec": {"XN": 1},                        # B3.7.2
    "global": {"nG": 0},
    "index": ("TEX", "C", "B"),
    "non-shareable": {"S": 0},
    "outer": {"S": 1},
    "unaccessed": {"AP[0]": 0},
}
NON_SECURE = {"non-secure": {"NS": 1}}         # B3.6.3
# Table B3-10, without TEX remap: shareable device, and write back with write allocate
MEMORY = {"device": 0b000_0_1, "wt": 0b000_1_0, "nc": 0b001_0_0, "wb": 0b001_1_1}


def second_level():
    return Table(0, 12, 8, 4, [
        Empty(bits("type", 1, 0, SECOND, select=0)),
        Leaf("large page", [
            bits("type",    1, 0,   SECOND, select=1),
            bit("B",        2,      SECOND),
            bit("C",        3,      SECOND),
            bit("AP[0]",    4,      SECOND, changes=True),
            bit("AP[1]",    5,      SECOND),
            bit("AP[2]",    9,      SECOND),        # 8:6 should be 0
            bit("S",        10,     SECOND),
            bit("nG",       11,     SECOND),
            bits("TEX",     14, 12, SECOND),
            bit("XN",       15,     SECOND),
            address(31, 16,         SECOND),
        ], WORDS, size=16, items="same"),
        Leaf("small page", [
            bit("XN",       0,      SECOND),
            bit("type",     1,      SECOND, select=1),
            bit("B",        2,      SECOND),
            bit("C",        3,      SECOND),
            bit("AP[0]",    4,      SECOND, changes=True),
            bit("AP[1]",    5,      SECOND),
            bits("TEX",     8, 6,   SECOND),
            bit("AP[2]",    9,      SECOND),
            bit("S",        10,     SECOND),
            bit("nG",       11,     SECOND),
            address(31, 12,         SECOND),
        ], WORDS),
    ], title="second level")


def section(title, select, low, fields, **more):
    return Leaf(title, [
        bit("PXN",          0,      FIRST),
        bit("type",         1,      FIRST, select=1),
        bit("B",            2,      FIRST),
        bit("C",            3,      FIRST),
        bit("XN",           4,      FIRST),
        bit("implementation defined", 9, FIRST, only=0),
        bit("AP[0]",        10,     FIRST, changes=True),
        bit("AP[1]",        11,     FIRST),
        bits("TEX",         14, 12, FIRST),
        bit("AP[2]",        15,     FIRST),
        bit("S",            16,     FIRST),
        bit("nG",           17,     FIRST),
        bit("supersection", 18,     FIRST, select=select),
        bit("NS",           19,     FIRST),
        address(31, low,            FIRST),
    ] + fields, WORDS | NON_SECURE, **more)


def root(levels):
    return Table(1, 20, 12, 4, [
        Empty(bits("type", 1, 0, FIRST, select=0)),
        Link("reference to a second-level table", second_level(), [
            bits("type",    1, 0,   FIRST, select=1),
            bit("PXN",      2,      FIRST),
            bit("NS",       3,      FIRST),         # 4 should be 0
            bits("domain",  8, 5,   FIRST),
            bit("implementation defined", 9, FIRST, only=0),
            address(31, 10,         FIRST),
        ], NON_SECURE),
        section("section", 0, 20, [bits("domain", 8, 5, FIRST)]),
        section("supersection", 1, 24, [address(23, 20, FIRST, to=32),
                                        address(8, 5, FIRST, to=36)],
                size=24, items="same"),
    ], title="first level")


FORMATS = [Format("armv7s", "ARMv7 short descriptors", "DDI 0406C", (2,), root, oa_bits=40,
                  memory=MEMORY)]
