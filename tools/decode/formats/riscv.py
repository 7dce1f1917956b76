# SPDX-License-Identifier: GPL-2.0-only
"""
RISC-V Sv39, Sv48 and Sv57: "The RISC-V Instruction Set Manual, Volume II: Privileged
Architecture", 12.4 to 12.6, with Svnapot and Svpbmt; the second stage of the hypervisor
extension is the same but for a root four times as large. The IOMMU specification takes
them over.
"""
from engine import Empty, Format, Leaf, Link, address, bit, bits, ignored, radix

PTE = "12.4.1"
SIZES = ("4K", "2M", "1G", "512G", "256T")
WORDS = {
    "read": {"R": 1},
    "write": {"W": 1},
    "noexec": {"X": 0},
    "nc": {"PBMT": 1},          # 0: as the physical memory attributes say
    "device": {"PBMT": 2},      # IO
    "unaccessed": {"A": 0},
    "dirty": {"D": 1},
}
STAGE_1 = {"priv": {"U": 0}, "global": {"G": 1}}


def entries(stage):
    words = WORDS | STAGE_1 if stage == 1 else WORDS
    global_bit = bit("G", 5, PTE) if stage == 1 else ignored(5, 5, "two-stage translation")
    # To the second stage all accesses are the user's.
    user = bit("U", 4, PTE) if stage == 1 else bit("U", 4, "two-stage translation", only=1)

    def leaf(title, n, ppn, **more):
        return Leaf(title, [
            bit("V",        0,      PTE, select=1),
            bit("R",        1,      PTE),
            bit("W",        2,      PTE),
            bit("X",        3,      PTE),
            user,
            global_bit,
            bit("A",        6,      PTE, changes=True),
            bit("D",        7,      PTE, changes=True),
            bits("RSW",     9, 8,   PTE),
        ] + ppn + [
            bits("PBMT",    62, 61, "Svpbmt", only={0, 1, 2}),
            bit("N",        63,     "Svnapot", **n),
        ], words, raw=("RSW",), never=[
            ({"W": 1, "R": 0}, "W without R is reserved"),
            ({"R": 0, "W": 0, "X": 0}, "a pointer at the lowest level"),
        ], written=({}, {"D": 1}), **more)

    def kinds(level, shift, below):
        yield Empty(bit("V", 0, PTE, select=0))
        if below:
            yield Link(f"pointer to a table of level {level - 1}", below, [
                bit("V",        0,      PTE, select=1),
                bit("R",        1,      PTE, select=0),
                bit("W",        2,      PTE, select=0),
                bit("X",        3,      PTE, select=0),
                bit("U",        4,      PTE, only=0),
                global_bit,
                bit("A",        6,      PTE, only=0),
                bit("D",        7,      PTE, only=0),
                ignored(9, 8,           PTE),
                address(53, 10,         PTE, to=12),
                bits("PBMT",    62, 61, "Svpbmt", only=0),
                bit("N",        63,     "Svnapot", only=0),
            ], {"global": {"G": 1}} if stage == 1 else None)
        else:
            yield leaf("64K of 4K pages", {"select": 1}, [
                bits("PPN[3:0]", 13, 10, "Svnapot", only=0b1000),
                address(53, 14,          "Svnapot", to=16),
            ], size=16, items="same")
        yield leaf(f"{SIZES[level]} page", {"only": 0} if level else {"select": 0},
                   [address(53, shift - 2, PTE, to=shift)])

    return kinds


SPEC = "RISC-V Privileged Architecture"
FORMATS = [
    Format("riscv64", "RISC-V Sv39, Sv48, Sv57", SPEC, (3, 4, 5),
           radix(entries(1), page=12, index=9), oa_bits=56, sign_extend=True),
    Format("riscv64_s2", "RISC-V second stage", SPEC, (3, 4, 5),
           radix(entries(2), page=12, index=9), more_roots=2, oa_bits=56),
]
