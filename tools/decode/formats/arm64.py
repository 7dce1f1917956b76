# SPDX-License-Identifier: GPL-2.0-only
"""
ARMv8-A, VMSAv8-64, both stages: Arm Architecture Reference Manual, DDI 0487, D8. Level 0
here is Arm's level 3.

A contiguous group is a number of pages or blocks that each have the Contiguous bit and
their own address.
"""
from engine import Empty, Format, Leaf, Link, address, bit, bits, ignored, radix

FORMAT, RIGHTS, HARDWARE, MEMORY, OTHER = "D8.3.1", "D8.4", "D8.5", "D8.6", "D8.7"

#       granule  levels     contiguous items, log2, by level   levels with blocks
GRANULES = {
    "4k":  (12,  (2, 3, 4), (4, 4, 4),                         (1, 2)),
    "16k": (14,  (2, 3, 4), (7, 5),                            (1,)),
    "64k": (16,  (2, 3),    (5, 5),                            (1, 2)),
}

SHARE = {
    "non-shareable": {"SH": 0},
    "outer": {"SH": 2},
    "inner": {"SH": 3},
}
STAGE_1 = {
    "read": {},
    "write": [{"AP[2]": 0}, {"DBM": 1}],        # D8.4.1, D8.5.2
    "priv": {"AP[1]": 0},
    "noexec": {"PXN": 1, "UXN": 1},
    "global": {"nG": 0},
    "index": ("AttrIndx",),
    "dirty": {"DBM": 1, "AP[2]": 0},
    "unaccessed": {"AF": 0},
} | SHARE
STAGE_2 = {
    "read": {"S2AP[0]": 1},
    "write": [{"S2AP[1]": 1}, {"DBM": 1}],
    "noexec": {"XN[1]": 1},
    "index": ("MemAttr",),
    "dirty": {"DBM": 1, "S2AP[1]": 1},
    "unaccessed": {"AF": 0},
} | SHARE
STAGE_1_TABLE = {
    "write": {"APTable[1]": 0},                 # D8.4.1, hierarchical
    "priv": {"APTable[0]": 1},
    "noexec": {"PXNTable": 1, "UXNTable": 1},
    "non-secure": {"NSTable": 1},
}


# Stage 1: the MAIR that Linux programs. Stage 2: D8.6.5; device memory is nGnRE
MEMORY_1 = {"nc": 0, "wb": 1, "device": 2}
MEMORY_2 = {"wb": 0b1111, "wt": 0b1010, "nc": 0b0101, "device": 0b0001}


def stage_1_attributes():
    return [
        bits("AttrIndx",    4, 2,   MEMORY),
        bit("NS",           5,      RIGHTS),
        bit("AP[1]",        6,      RIGHTS),
        bit("AP[2]",        7,      RIGHTS, changes=True),
        bits("SH",          9, 8,   MEMORY, only={0, 2, 3}),
        bit("AF",           10,     HARDWARE, changes=True),
        bit("nG",           11,     OTHER),
        bit("DBM",          51,     HARDWARE),
        bit("PXN",          53,     RIGHTS),
        bit("UXN",          54,     RIGHTS),
    ]


def stage_2_attributes():
    return [
        bits("MemAttr",     5, 2,   MEMORY, only=set(range(16)) - {0b0100, 0b1000, 0b1100}),
        bit("S2AP[0]",      6,      RIGHTS),
        bit("S2AP[1]",      7,      RIGHTS, changes=True),
        bits("SH",          9, 8,   MEMORY, only={0, 2, 3}),
        bit("AF",           10,     HARDWARE, changes=True),
        bit("DBM",          51,     HARDWARE),
        bit("XN[0]",        53,     RIGHTS, only=0),        # FEAT_XNX tells EL0 from EL1
        bit("XN[1]",        54,     RIGHTS),
    ]


def output(granule, low):
    """OA, which the 64K granule has in two pieces (D8.3.1, 52-bit OA)."""
    return [address(47, low, FORMAT)] + \
           ([address(15, 12, FORMAT, to=48)] if granule == 16 else [])


def entries(stage, granule, contiguous, blocks):
    def leaf(title, level, shift, hint, **more):
        fields = [
            bit("valid",        0,      FORMAT, select=1),
            bit("page",         1,      FORMAT, select=int(not level)),
            bit("Contiguous",   52,     OTHER, **hint),
            bits("software",    58, 55, OTHER),
            ignored(63, 59,             OTHER),
        ] + output(granule, shift) + ([bit("nT", 16, OTHER, only=0)] if level else [])
        if stage == 1:
            return Leaf(title, fields + stage_1_attributes(), STAGE_1,
                        raw=("software", "NS"), written=({"DBM": 1}, {"AP[2]": 0}), **more)
        return Leaf(title, fields + stage_2_attributes(), STAGE_2, raw=("software",),
                    written=({"DBM": 1}, {"S2AP[1]": 1}), **more)

    def kinds(level, shift, below):
        yield Empty(bit("valid", 0, FORMAT, select=0))
        if below:
            yield Link(f"table descriptor for level {level - 1}", below, [
                bit("valid",        0,      FORMAT, select=1),
                bit("table",        1,      FORMAT, select=1),
                ignored(11, 2,              FORMAT),
                ignored(58, 51,             FORMAT),
            ] + output(granule, granule) + ([
                bit("PXNTable",     59,     RIGHTS),
                bit("UXNTable",     60,     RIGHTS),
                bit("APTable[0]",   61,     RIGHTS),
                bit("APTable[1]",   62,     RIGHTS),
                bit("NSTable",      63,     RIGHTS),
            ] if stage == 1 else []), STAGE_1_TABLE if stage == 1 else None)
        if level and level not in blocks:
            return
        what = "block" if level else "page"
        # Blocks of 4T came with OAs of 52 bits.
        more = {"from_oa": 49} if shift == 42 else {}
        if level < len(contiguous):
            yield leaf(f"level {level} {what}", level, shift, {"select": 0}, **more)
            yield leaf(f"contiguous level {level} {what}", level, shift, {"select": 1},
                       size=shift + contiguous[level], items="own", **more)
        else:
            yield leaf(f"level {level} {what}", level, shift, {"only": 0}, **more)

    return kinds


def formats(stage, infix, more_roots):
    for name, (granule, levels, contiguous, blocks) in GRANULES.items():
        if stage == 2 and granule == 14:
            levels = (2, 3)         # of 4, the root would have 2 items; D8.2.2 forbids that
        yield Format(f"arm64_{infix}{name}", f"Arm stage {stage}, {name.upper()} granule",
                     "DDI 0487", levels,
                     radix(entries(stage, granule, contiguous, blocks), page=granule,
                           index=granule - 3),
                     more_roots=more_roots, oa_bits=52 if granule == 16 else 48,
                     memory=MEMORY_1 if stage == 1 else MEMORY_2)


# D8.2.2: a root of stage 2 may be up to 16 tables in a row.
FORMATS = [*formats(1, "", 0), *formats(2, "s2_", 4)]
