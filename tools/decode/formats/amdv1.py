# SPDX-License-Identifier: GPL-2.0-only
"""
AMD IOMMU, host tables: "AMD I/O Virtualization Technology (IOMMU) Specification",
48882, section 2.2.3.

An entry says itself what it is. Next Level is the level, counted from 1, of the table
that it points to; 0 for a page of the level's own size; 7 for a page whose size is in
the lower bits of its address.
"""
from engine import Empty, Format, Leaf, Link, address, bit, bits, ignored, radix

SPEC = "2.2.3"
WORDS = {
    "read": {"IR": 1},
    "write": {"IW": 1},
    "coherent": {"FC": 1},
    "dirty": {"D": 1},
}
WRITTEN = {}, {"D": 1}


def size_of(oa):
    """The lowest bit of the address that is 0, from bit 12 on, is half the size."""
    size = 12
    while oa >> size & 1:
        size += 1
    return size + 1


def page_fields(next_level, low):
    return [
        bit("PR",           0,      SPEC, select=1),
        ignored(4, 1,               SPEC),
        bit("A",            5,      SPEC, changes=True),
        bit("D",            6,      SPEC, changes=True),
        ignored(8, 7,               SPEC),
        bits("Next Level",  11, 9,  SPEC, select=next_level),
        address(51, low,            SPEC),
        bit("U",            59,     SPEC, only=0),      # ATS: untranslated accesses only
        bit("FC",           60,     SPEC),
        bit("IR",           61,     SPEC),
        bit("IW",           62,     SPEC),
        ignored(63, 63,             SPEC),
    ]


def entries(level, shift, below):
    yield Empty(bit("PR", 0, SPEC, select=0))
    # The topmost level holds no pages. Pages of 512G do not work, by an erratum.
    if level < 5:
        if shift != 39:
            yield Leaf(f"page of level {level}'s size", page_fields(0, shift), WORDS,
                       written=WRITTEN)
        yield Leaf("page with its size in the address", page_fields(7, 12), WORDS,
                   size=size_of, items="same", written=WRITTEN)
    if below:
        yield Link("reference to a table", below, [
            bit("PR",           0,      SPEC, select=1),
            ignored(4, 1,               SPEC),
            bit("A",            5,      SPEC, changes=True),
            ignored(8, 6,               SPEC),
            # Levels may be skipped by the specification; nobody does.
            bits("Next Level",  11, 9,  SPEC, only=level),
            address(51, 12,             SPEC),
            bit("IR",           61,     SPEC),
            bit("IW",           62,     SPEC),
            ignored(63, 63,             SPEC),
        ], {"read": {"IR": 1}, "write": {"IW": 1}})


FORMATS = [Format("amdv1", "AMD IOMMU v1, host tables", "AMD 48882", range(1, 7),
                  radix(entries, page=12, index=9))]
