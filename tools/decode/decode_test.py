# SPDX-License-Identifier: GPL-2.0-only
"""
The decoder by itself: entries worked out by hand from the specifications.

A case is a format, the levels of its table, the items of the tables, a VA, and what
it must lead to: a mapping, None where nothing is mapped, or what an error must say.
The root table is at 0x10000.
"""
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from engine import Decoder, Malformed, Memory, Unusable
from formats import FORMATS

BASE, BYTES = 0x10000, 0x50000
HERE = Path(__file__).parent


def error(text):
    return Malformed(text)


def memory_of(items):
    """Items as {address: entry}, or {address: (entry, bytes)} where those are not 8."""
    data = bytearray(BYTES)
    for at, entry in items.items():
        entry, size = entry if isinstance(entry, tuple) else (entry, 8)
        data[at - BASE:at - BASE + size] = entry.to_bytes(size, "little")
    memory = Memory()
    memory.add(data, BASE)
    return memory


def group(at, count, first, step=0, size=8):
    return {at + i * size: (first + i * step, size) for i in range(count)}


# What is not an entry's own business: root to lowest table by the first items
X86 = {0x10000: 0x11007, 0x11000: 0x12007, 0x12000: 0x13007}       # P R/W U/S
AMD = {0x10000: 0x6000000000011401, 0x11000: 0x6000000000012201}   # PR IR IW, level 2, 1
VTD = {0x10000: 0x11003, 0x11000: 0x12003}                         # R W
ARM = {0x10000: 0x11003, 0x11000: 0x12003}                         # valid, table
RISCV = {0x10000: 0x4401, 0x11000: 0x4801}                         # V; PPN << 10
V7S = {0x10000: (0x14001, 4)}                                      # page table
XE = {0x10000: 0x11003, 0x11000: 0x12003, 0x12000: 0x13003}        # PRESENT RW
PVR = {0x10000: (0x111, 4), 0x11000: 0x12001}                      # PD base 0x11; 4K pages

CASES = [
    # --- x86-64: SDM tables 4-15 to 4-20
    ("x86_64", 4, X86 | {0x13008: 0xabcde067}, 0x1234,
     "0x1000 0xabcde000 12 read write index=0 dirty"),
    ("x86_64", 4, X86 | {0x13008: 0x80000000abcde121}, 0x1000,
     "0x1000 0xabcde000 12 read noexec priv global index=0"),           # P A G XD
    ("x86_64", 4, X86 | {0x13000: 0x100000ad}, 0, "0x0 0x10000000 12 read index=5"),  # PAT PWT
    ("x86_64", 4, X86 | {0x12008: 0x402010a7}, 0x200000,
     "0x200000 0x40200000 21 read write index=4"),                      # PAT of a large page: 12
    ("x86_64", 4, X86 | {0x11008: 0xc00000a5}, 0x40000000,
     "0x40000000 0xc0000000 30 read index=0"),
    ("x86_64", 4, X86 | {0x13000: 0}, 0, None),
    ("x86_64", 4, X86 | {0x12000: 0x13005, 0x13000: 0x1067}, 0,         # R/W not at each level
     "0x0 0x1000 12 read index=0 dirty"),
    ("x86_64", 4, X86 | {0x12000: 0x13003, 0x13000: 0x1027}, 0,         # nor U/S
     "0x0 0x1000 12 read write priv index=0"),
    ("x86_64", 4, X86 | {0x12008: 0x402020a7}, 0x200000, error("reserved bit 13")),
    ("x86_64", 4, X86 | {0x10000: 0xa5}, 0, error("PS (7) is 0x1")),    # no 512G pages
    ("x86_64", 4, {0x10800: 0x90007}, 0xffff800000000000, error("no memory at 0x90000")),
    # --- AMD: 48882, 2.2.3
    ("amdv1", 3, AMD | {0x12008: 0x6000000000abc001}, 0x1000, "0x1000 0xabc000 12 read write"),
    ("amdv1", 3, AMD | {0x12000: 0x4000000000abc041}, 0, "0x0 0xabc000 12 write dirty"),
    ("amdv1", 3, AMD | group(0x12020, 4, 0x3000000000101e01), 0x5000,    # 16K: 12 one, 13 zero
     "0x4000 0x100000 14 read coherent"),
    ("amdv1", 3, AMD | group(0x12020, 3, 0x3000000000101e01), 0x5000, error("does not belong")),
    ("amdv1", 3, AMD | {0x11008: 0x7000000000200001}, 0x200000,
     "0x200000 0x200000 21 read write coherent"),
    ("amdv1", 3, AMD | group(0x11010, 2, 0x60000000009ffe01), 0x600000,
     "0x400000 0x800000 22 read write"),
    ("amdv1", 3, AMD | {0x11000: 0x2000000000012201, 0x12000: 0x6000000000abc001}, 0,
     "0x0 0xabc000 12 read"),                                            # IW withheld above
    ("amdv1", 3, AMD | {0x11000: 0x6000000000012401}, 0, error("Next Level (11:9) is 0x2")),
    ("amdv1", 3, AMD | {0x12000: 0x6400000000abc001}, 0, error("reserved bit 58")),
    ("amdv1", 3, AMD | {0x11008: 0x6000000000201001}, 0x200000, error("reserved bit 12")),
    ("amdv1", 3, AMD | {0x11000: 0x6000000000001e01}, 0, error("2^14 does not belong")),
    ("amdv1", 4, {0x10000: 0x6000000000000001}, 0, error("Next Level (11:9) is 0x0")),   # 512G
    # --- VT-d: 9.8
    ("vtdss", 3, VTD | {0x12008: 0xabc802}, 0x1000, "0x1000 0xabc000 12 write coherent"),
    ("vtdss", 3, VTD | {0x12008: 0x8000000000abc601}, 0x1000,
     "0x1000 0xabc000 12 read dirty raw=0x8000000000000400"),
    ("vtdss", 3, VTD | {0x11008: 0x200083}, 0x200000, "0x200000 0x200000 21 read write"),
    ("vtdss", 3, VTD | {0x12000: 0xabc800}, 0, None),                    # no right: not present
    ("vtdss", 3, VTD | {0x11000: 0x12001, 0x12000: 0xabc003}, 0, "0x0 0xabc000 12 read"),
    ("vtdss", 3, VTD | {0x11000: 0x12803}, 0, error("reserved bit 11")),
    ("vtdss", 3, VTD | {0x12000: 0x4000000000abc003}, 0, error("TM (62)")),
    ("vtdss", 4, {0x10000: 0x83}, 0, error("PS (7)")),
    # --- Arm: DDI 0487, D8.3 and on
    ("arm64_4k", 3, ARM | {0x12008: 0x60000000abcfc7}, 0x1000,
     "0x1000 0xabc000 12 read noexec index=1 inner"),                    # AF nG SH AP idx PXN UXN
    ("arm64_4k", 3, ARM | {0x12008: 0xabc40b}, 0x1000,
     "0x1000 0xabc000 12 read write priv global index=2 non-shareable"),
    ("arm64_4k", 3, ARM | {0x12008: 0x8000000abc64b}, 0x1000,            # DBM and AP[2] = 0
     "0x1000 0xabc000 12 read write global index=2 outer dirty"),
    ("arm64_4k", 3, ARM | {0x12008: 0x8000000abc6cb}, 0x1000,            # DBM and AP[2] = 1
     "0x1000 0xabc000 12 read write global index=2 outer"),
    ("arm64_4k", 3, ARM | {0x12008: 0xabc2cb}, 0x1000,                   # AF = 0
     "0x1000 0xabc000 12 read global index=2 outer unaccessed"),
    ("arm64_4k", 3, ARM | {0x11008: 0x200e41}, 0x200000,
     "0x200000 0x200000 21 read write index=0 outer"),
    ("arm64_4k", 3, ARM | group(0x12000, 16, 0x10000000100e43, 0x1000), 0x3000,
     "0x0 0x100000 16 read write index=0 outer"),
    ("arm64_4k", 3, ARM | group(0x12000, 16, 0x10000000100e43), 0x3000,
     error("does not belong")),
    ("arm64_4k", 3, ARM | group(0x12000, 15, 0x10000000100e43, 0x1000), 0x3000,
     error("item 0xf does not belong")),
    ("arm64_4k", 3, ARM | {0x11000: 0x6000000000012003, 0x12000: 0xabce43}, 0,   # APTable
     "0x0 0xabc000 12 read priv index=0 outer"),
    ("arm64_4k", 3, ARM | {0x11000: 0x8000000000012003, 0x12000: 0xabce43}, 0,   # NSTable
     "0x0 0xabc000 12 read write index=0 outer non-secure"),
    ("arm64_4k", 3, ARM | {0x12000: 0xabce41}, 0, error("no such kind")),        # block, lowest
    ("arm64_4k", 3, ARM | {0x12000: 0xabcd43}, 0, error("SH (9:8) is 0x1")),
    ("arm64_4k", 3, ARM | {0x11008: 0x202e41}, 0x200000, error("reserved bit 13")),
    ("arm64_4k", 4, {0x10000: 0xe41}, 0, error("no such kind")),                 # no 512G block
    ("arm64_16k", 2, {0x10000: 0x14003, 0x14008: 0x8000e43}, 0x4000,
     "0x4000 0x8000000 14 read write index=0 outer"),
    ("arm64_16k", 2, {0x10000: 0x15003}, 0, error("reserved bit 12")),
    ("arm64_64k", 2, {0x10000: 0x20003, 0x20008: 0x123456705e43}, 0x10000,
     "0x10000 0x5123456700000 16 read write index=0 outer"),                     # OA[51:48] = 5
    ("arm64_s2_4k", 2, {0x10000: 0x20003, 0x20000: 0xabc7ff}, 0,
     "0x0 0xabc000 12 read write index=15 inner"),
    ("arm64_s2_4k", 2, {0x10000: 0x20003, 0x20000: 0x40000000abc657}, 0,
     "0x0 0xabc000 12 read noexec index=5 outer"),
    ("arm64_s2_4k", 2, {0x10000: 0x20003, 0x20000: 0xabc697}, 0,
     "0x0 0xabc000 12 write index=5 outer"),
    ("arm64_s2_4k", 2, {0x11008: 0x200745}, 0x40200000,                          # second root table
     "0x40200000 0x200000 21 read index=1 inner"),
    ("arm64_s2_4k", 2, {0x10000: 0x20003, 0x20000: 0xabcfff}, 0, error("reserved bit 11")),
    ("arm64_s2_4k", 2, {0x10000: 0x800000000020003}, 0, error("reserved bit 59")),
    # --- RISC-V: 12.4.1, Svnapot, Svpbmt
    ("riscv64", 3, RISCV | {0x12008: 0x2aafd7}, 0x1000,
     "0x1000 0xaab000 12 read write noexec dirty raw=0x300"),
    ("riscv64", 3, RISCV | {0x12008: 0x20000000002aac6b}, 0x1000,                # PBMT 1
     "0x1000 0xaab000 12 read priv global nc"),
    ("riscv64", 3, RISCV | {0x11008: 0x4000000000080053}, 0x200000,
     "0x200000 0x200000 21 read noexec device"),
    ("riscv64", 3, RISCV | group(0x12080, 16, 0x8000000000042053), 0x13000,      # PPN 0x108
     "0x10000 0x100000 16 read noexec"),
    ("riscv64", 3, {0x10ff8: 0x10000053}, 0xffffffffc0001000,
     "0xffffffffc0000000 0x40000000 30 read noexec"),
    ("riscv64", 3, RISCV | group(0x12080, 16, 0x8000000000041053), 0x13000,
     error("PPN[3:0] (13:10) is 0x4")),
    ("riscv64", 3, RISCV | {0x12000: 0x57}, 0, "0x0 0x0 12 read write noexec"),
    ("riscv64", 3, RISCV | {0x12000: 0x55}, 0, error("W without R")),
    ("riscv64", 3, RISCV | {0x12000: 0x4c01}, 0, error("pointer at the lowest level")),
    ("riscv64", 3, RISCV | {0x11000: 0x4811}, 0, error("U (4) is 0x1")),
    ("riscv64", 3, RISCV | {0x11008: 0x80453}, 0x200000, error("reserved bit 10")),
    ("riscv64", 3, RISCV | {0x12000: 0x6000000000000053}, 0, error("PBMT")),
    ("riscv64_s2", 3, {0x12000: 0x10000057}, 0x10000000000,
     "0x10000000000 0x40000000 30 read write noexec"),
    ("riscv64_s2", 3, {0x12000: 0x10000047}, 0x10000000000, error("U (4) is 0x0")),
    # --- ARMv7: DDI 0406C, B3.5.1
    ("armv7s", 2, V7S | {0x14004: (0x00abc43a, 4)}, 0x1000,
     "0x1000 0xabc000 12 read write global index=2 outer"),
    ("armv7s", 2, V7S | {0x14004: (0x00abca53, 4)}, 0x1000,                      # nG AP2 TEX1 XN
     "0x1000 0xabc000 12 read noexec priv index=4 non-shareable"),
    ("armv7s", 2, V7S | group(0x14040, 16, 0x0010943d, size=4), 0x12345,
     "0x10000 0x100000 16 read write noexec global index=7 outer"),
    ("armv7s", 2, {0x10000: (0x14009, 4), 0x14000: (0x00abc43a, 4)}, 0,          # NS of a table
     "0x0 0xabc000 12 read write global index=2 outer non-secure"),
    ("armv7s", 2, {0x10004: (0x00111c0e, 4)}, 0x123456,
     "0x100000 0x100000 20 read write global index=7 outer"),
    ("armv7s", 2, group(0x10040, 16, 0x02051c0e, size=4), 0x1234567,
     "0x1000000 0x2000000 24 read write global index=7 outer"),
    ("armv7s", 2, group(0x10040, 15, 0x02051c0e, size=4), 0x1234567, error("does not belong")),
    ("armv7s", 2, {0x10000: (0x14011, 4)}, 0, error("reserved bit 4")),
    ("armv7s", 2, V7S | group(0x14040, 16, 0x001094bd, size=4), 0x12345, error("reserved bit 7")),
    # --- PowerVR: pvr_rogue_mmu_defs.h
    ("pvr", 3, PVR | {0x12008: 0x1234567001}, 0x1000, "0x1000 0x1234567000 12 read write wb"),
    ("pvr", 3, PVR | {0x12008: 0x400000000123400f}, 0x1000,
     "0x1000 0x1234000 12 read priv coherent nc"),
    ("pvr", 3, PVR | {0x12000: 0x0000010000001051}, 0,
     "0x0 0x1000 12 read write wb raw=0x10000000050"),
    ("pvr", 3, PVR | {0x11000: 0x12403, 0x12410: 0x1234c007}, 0x8000,            # 16K pages
     "0x8000 0x1234c000 14 read coherent wb"),
    ("pvr", 3, PVR | {0x11000: 0x12709, 0x12708: 0x12300001}, 0x100000,          # 1M pages
     "0x100000 0x12300000 20 read write wb"),
    ("pvr", 3, PVR | {0x11000: 0x1272b, 0x12720: 0x12200001}, 0x1fffff,          # 2M pages
     "0x0 0x12200000 21 read write wb"),
    ("pvr", 3, {0x1000c: (0x111, 4), 0x11010: 0x12001, 0x12018: 0x5001}, 0xc0403000,
     "0xc0403000 0x5000 12 read write wb"),
    ("pvr", 3, {0x10000: (0x110, 4)}, 0, None),
    ("pvr", 3, PVR | {0x11000: 0x12000}, 0, None),
    ("pvr", 3, {0x10000: (0x115, 4)}, 0, error("reserved bit 2")),
    ("pvr", 3, PVR | {0x11000: 0x12011}, 0, error("reserved bit 4")),
    ("pvr", 3, PVR | {0x11000: 0x1200d}, 0, error("no such kind")),              # page size 6
    ("pvr", 3, PVR | {0x11000: 0x12203}, 0, error("reserved bit 9")),            # not 1K aligned
    ("pvr", 3, PVR | {0x11000: 0x12403, 0x12400: 0x1001}, 0, error("reserved bit 12")),
    ("pvr", 3, PVR | {0x12000: 0x8000000000001001}, 0, error("reserved bit 63")),
    ("pvr", 3, PVR | {0x12000: 0x1021}, 0, error("ENTRY_PENDING")),
    # --- Intel GPUs: xe_gtt_defs.h
    ("xe", 4, XE | {0x13008: 0xabc003}, 0x1000, "0x1000 0xabc000 12 read write index=0"),
    ("xe", 4, XE | {0x13008: 0x6000000000abc499}, 0x1000,                        # PAT4 3 2 1 0, AE
     "0x1000 0xabc000 12 read index=31 raw=0x400"),
    ("xe", 4, XE | group(0x13080, 16, 0x100983, 0x1000), 0x13000,                # PS64, PAT2, DM
     "0x10000 0x100000 16 read write index=4 raw=0x800"),
    ("xe", 4, XE | group(0x13080, 16, 0x100103), 0x13000, error("does not belong")),
    ("xe", 4, XE | group(0x13080, 15, 0x100103, 0x1000), 0x13000, error("item 0x1f does not")),
    ("xe", 4, XE | {0x12008: 0x6000000000401093}, 0x200000,                      # PS, PAT2 12
     "0x200000 0x400000 21 read write index=30"),
    ("xe", 4, XE | {0x11008: 0xc0000081}, 0x40000000, "0x40000000 0xc0000000 30 read index=0"),
    ("xe", 5, {0x10000: 0x11003, 0x11000: 0x12003, 0x12000: 0x80000083}, 0,
     "0x0 0x80000000 30 read write index=0"),
    ("xe", 4, XE | {0x13008: 0x203}, 0x1234, "0x1000 null 12 read write index=0"),
    ("xe", 4, XE | group(0x13080, 16, 0x303), 0x1f000, "0x10000 null 16 read write index=0"),
    ("xe", 4, XE | group(0x13080, 15, 0x303), 0x1e000, error("item 0x1f does not belong")),
    ("xe", 4, XE | {0x12008: 0x1281}, 0x200000, "0x200000 null 21 read index=4"),
    ("xe", 4, XE | {0x11008: 0x283}, 0x40000000, "0x40000000 null 30 read write index=0"),
    ("xe", 4, XE | {0x13000: 0xabc002}, 0, None),
    ("xe", 4, XE | {0x12008: 0x200283}, 0x200000, error("no address (51:21) is 0x1")),
    ("xe", 4, XE | {0x13008: 0xabc023}, 0x1000, error("reserved bit 5")),
    ("xe", 4, XE | {0x12008: 0x402083}, 0x200000, error("reserved bit 13")),
    ("xe", 4, XE | {0x12008: 0x400183}, 0x200000, error("reserved bit 8")),      # PS64 of 2M
    ("xe", 4, XE | {0x12000: 0x13043}, 0, error("64K (6) is 0x1")),              # compact
    ("xe", 4, XE | {0x12000: 0x13803}, 0, error("IPS_64K")),
    ("xe", 4, XE | {0x12000: 0x13001}, 0, error("RW (1) is 0x0")),
    ("xe", 4, {0x10000: 0x83}, 0, error("PS (7)")),                              # no 512G pages
]


class Cases(unittest.TestCase):
    """Each of CASES, by one VA and in all that is mapped."""

    def check(self, name, levels, items, va, expected):
        fmt = FORMATS[name]
        decoder = Decoder(fmt, memory_of(items), BASE, levels, sign_extend=fmt.sign_extend)
        if isinstance(expected, Malformed):
            for decode in (lambda: decoder.walk(va), lambda: list(decoder.mappings())):
                with self.assertRaises(Malformed) as caught:
                    decode()
                self.assertIn(str(expected), str(caught.exception))
            return
        mapping = decoder.walk(va)[1]
        self.assertEqual(str(mapping) if mapping else None, expected)
        everything = [str(mapping) for mapping in decoder.mappings()]
        self.assertEqual(everything, [expected] if expected else [])


def add_case(number, case):
    name = f"test_{number:02}_{case[0]}"
    setattr(Cases, name, lambda self: self.check(*case))


for n, one in enumerate(CASES):
    add_case(n, one)


class Arguments(unittest.TestCase):
    """What is asked of the decoder, rather than what the table is."""

    def decoder(self, items, levels=4, **more):
        return Decoder(FORMATS["x86_64"], memory_of(items), BASE, levels, **more)

    def test_levels(self):
        with self.assertRaises(Unusable):
            self.decoder({}, levels=3)

    def test_oa_bits(self):
        items = X86 | {0x13000: 0x400000067}            # OA bit 34
        self.assertEqual(self.decoder(items, oa_bits=35).walk(0)[1].oa, 0x400000000)
        with self.assertRaises(Malformed):
            self.decoder(items, oa_bits=34).walk(0)

    def test_va_bits(self):
        decoder = self.decoder(X86, va_bits=40)
        self.assertIsNone(decoder.walk(0xff00000000)[1])
        with self.assertRaises(Unusable):
            decoder.walk(0x10000000000)

    def test_encrypt(self):
        mark = 1 << 47
        items = {at: entry | mark for at, entry in X86.items()}
        plain = self.decoder(items | {0x13000: 0x1067}, encrypt=mark).walk(0)[1]
        self.assertEqual((plain.oa, plain.words), (0x1000, "read write index=0 dirty"))
        marked = self.decoder(items | {0x13000: 0x1067 | mark}, encrypt=mark).walk(0)[1]
        self.assertEqual((marked.oa, marked.words), (0x1000, "read write encrypt index=0 dirty"))
        with self.assertRaises(Malformed):
            self.decoder(X86 | {0x13000: 0x1067}, encrypt=mark).walk(0)

    def test_large_oa(self):
        """4T blocks of arm64_64k are for an OA of more than 48 bits."""
        items = {0x10008: 0xe41}
        fmt = FORMATS["arm64_64k"]
        decoder = Decoder(fmt, memory_of(items), BASE, 3, va_bits=44)
        self.assertEqual(str(decoder.walk(1 << 42)[1]),
                         "0x40000000000 0x0 42 read write index=0 outer")
        with self.assertRaises(Malformed):
            Decoder(fmt, memory_of(items), BASE, 3, va_bits=44, oa_bits=48).walk(1 << 42)


class Command(unittest.TestCase):
    """ptdecode.py as people run it."""

    def run_it(self, *arguments, items=None):
        with tempfile.NamedTemporaryFile() as file:
            if items is not None:
                file.write(bytes(memory_of(items).pieces[0][1]))
                file.flush()
                arguments += ("--top", hex(BASE), "--memory", f"{file.name}@{BASE:#x}")
            return subprocess.run([sys.executable, HERE / "ptdecode.py", *arguments],
                                  capture_output=True, text=True, check=False)

    def test_va(self):
        run = self.run_it("pvr", "--va", "0x1234", items=PVR | {0x12008: 0x1234567001})
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("page catalogue, 0x10000[0x0] at 0x10000: 0x00000111", run.stdout)
        self.assertIn("0x1234 -> 0x1234567234, in 4K from 0x1000", run.stdout)

    def test_memory_type(self):
        run = self.run_it("arm64_4k", "--levels", "3", "--dump", items=ARM | {0x12008: 0xabcfc7})
        self.assertIn("0x0000000000abc000    4K  read index=1 (wb) inner", run.stdout)

    def test_null(self):
        items = XE | {0x12008: 0x283}
        run = self.run_it("xe", "--levels", "4", "--dump", items=items)
        self.assertIn("0x0000000000200000               null    2M  read write", run.stdout)
        run = self.run_it("xe", "--levels", "4", "--va", "0x201000", items=items)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("    2M null page\n", run.stdout)
        self.assertIn("0x201000 -> null, in 2M from 0x200000", run.stdout)

    def test_not_mapped(self):
        run = self.run_it("pvr", "--va", "0x1234", items=PVR)
        self.assertEqual(run.returncode, 1)
        self.assertIn("0x1234 is not mapped", run.stdout)

    def test_dump(self):
        items = PVR | {0x12008: 0x1234567001, 0x12010: 0x8000000000001001, 0x12018: 0x2001}
        run = self.run_it("pvr", "--dump", items=items)
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stdout.count("read write"), 2)
        self.assertIn("malformed: 4K page: reserved bit 63 is set", run.stdout)

    def dump(self, *pieces, top=0x10000, name=b"pvr"):
        data = struct.pack("<8s16sQQBBBBI", b"PTFDUMP1", name, top, 0, 3, 40, 40, 0, 0)
        for at, items in pieces:
            data += struct.pack("<QII", at, len(items), 0) + items
        return data

    def run_dump(self, data, *arguments):
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            return subprocess.run([sys.executable, HERE / "ptdecode.py", "pvr", "--devcoredump",
                                   file.name, *arguments],
                                  capture_output=True, text=True, check=False)

    def test_devcoredump(self):
        root = struct.pack("<I", 0x111).ljust(4096, b"\0")
        middle = struct.pack("<Q", 0x12001).ljust(4096, b"\0")
        lowest = struct.pack("<QQ", 0, 0x1234567001).ljust(4096, b"\0")
        # In pieces that follow each other, as the kernel writes them
        data = self.dump((0x10000, root[:512]), (0x10200, root[512:]), (0x11000, middle),
                         (0x12000, lowest[:512]), (0x12200, lowest[512:]))
        run = self.run_dump(data, "--dump")
        self.assertEqual(run.returncode, 0, run.stderr + run.stdout)
        self.assertIn("0x0000000000001000 0x0000001234567000    4K", run.stdout)
        self.assertIn("malformed", self.run_dump(data[:-4096 - 32], "--dump").stdout)
        for bad, text in ((data[:-1], "in the middle"), (b"PTFDUMP2" + data[8:], "no dump"),
                          (data[:40], "no dump"), (self.dump(name=b"vtdss"), "tables of vtdss")):
            run = self.run_dump(bad, "--dump")
            self.assertEqual(run.returncode, 2)
            self.assertIn(text, run.stderr)
            self.assertNotIn("Traceback", run.stderr)

    def test_describe(self):
        for name in FORMATS:
            run = self.run_it(name, "--describe")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn(name, run.stdout)

    def test_errors(self):
        for arguments, text in (
                (("nonsense", "--dump"), "invalid choice"),
                (("pvr", "--dump"), "--top and --memory"),
                (("pvr", "--dump", "--top", "0", "--memory", "file"), "FILE@ADDRESS"),
                (("pvr", "--dump", "--top", "0", "--memory", "/nonexistent@0"), "No such file"),
                (("pvr", "--dump", "--top", "0", "--memory", "/dev/null@x"), "is no address"),
                (("pvr", "--va", "0", "--levels", "4", "--top", "0", "--memory",
                  "/dev/null@0"), "3 levels, not 4"),
        ):
            run = self.run_it(*arguments)
            self.assertEqual(run.returncode, 2)
            self.assertIn(text, run.stderr)
            self.assertNotIn("Traceback", run.stderr)


if __name__ == "__main__":
    unittest.main()
