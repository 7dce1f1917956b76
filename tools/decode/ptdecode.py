#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Decode a hardware page table in a dump of physical memory.

  ptdecode.py pvr --top 0x81234000 --memory vram.bin@0x80000000 --va 0x1000
  ptdecode.py arm64_4k --top 0x40001000 --va-bits 39 --memory ram@0x40000000 --dump
  ptdecode.py pvr --devcoredump vm.ptf --dump
  ptdecode.py riscv64 --describe

--va prints the tables on the way to an address, each entry with its fields, and
what it is translated to. --dump prints all that is mapped. An entry that the
specification does not allow is an error that says why.
"""
import argparse
import mmap
import os
import struct
import sys

from engine import Decoder, Empty, Leaf, Link, Malformed, Memory, Null, Unusable
from formats import FORMATS


def size_name(size):
    return f"{1 << size % 10}{' KMGTPE'[size // 10]}".strip()


def path_lines(path, target=True):
    """What stands at each step of a path, and what it says."""
    for step in path:
        item = step.table.item
        yield f"{step.table.title}, {step.at:#x}[{step.index:#x}] at " \
              f"{step.at + step.index * item:#x}: 0x{step.entry:0{item * 2}x}"
        if not step.kind:
            continue
        leads = ""
        if target and not isinstance(step.kind, (Empty, Null)):
            leads = f" -> {step.kind.address(step.entry):#x}"
        yield f"    {step.kind.title}{leads}"
        for field in step.kind.fields:
            value = field.get(step.entry)
            if value or not field.ignored:
                yield f"    {field.place:>6}  {field.name} = {value:#x}  ({field.spec})"


def words(fmt, mapping):
    """The words of a mapping, with the memory type that an index stands for."""
    types = {f"index={index}": name for name, index in fmt.memory.items()}
    return " ".join(f"{word} ({types[word]})" if word in types else word
                    for word in mapping.words.split())


def describe(fmt):
    """The format, as the decoder knows it."""
    yield f"{fmt.name}: {fmt.title} ({fmt.spec})"
    done = set()
    tables = [fmt.root(levels) for levels in reversed(fmt.levels)]
    while tables:
        table = tables.pop(0)
        if table.title in done:
            continue
        done.add(table.title)
        yield ""
        yield f"{table.title}: {1 << table.index} items of {table.item} bytes, " \
              f"each for {size_name(table.shift)} of VA"
        for kind in table.entries:
            lines = [f"  {kind.title}"]
            if isinstance(kind, Leaf) and kind.items:
                lines[0] += ", several items of the same value" if kind.items == "same" else \
                            ", several items that each have an address"
            for field in sorted(kind.fields, key=lambda field: field.low):
                must = ""
                if field.select is not None:
                    must = f" = {field.select:#x}"
                elif field.only:
                    must = " = " + " or ".join(f"{v:#x}" for v in sorted(field.only))
                lines.append(f"    {field.place:>6}  {field.name + must:<32} {field.spec}")
            yield from lines
            if isinstance(kind, Link):
                tables.append(kind.below)


def number(text):
    return int(text, 0)


def add_memory(memory, text):
    name, at, address = text.rpartition("@")
    if not at:
        raise Unusable(f"--memory {text}: write FILE@ADDRESS")
    try:
        with open(name, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) if size else b""
    except OSError as error:
        raise Unusable(f"--memory {text}: {error.strerror}") from error
    try:
        memory.add(data, number(address))
    except ValueError as error:
        raise Unusable(f"--memory {text}: {address} is no address") from error


def add_dump(memory, name, args):
    """A dump as ptf_gpu_dump() writes it (include/ptforge/gpu.h): tables, and where the root is."""
    header, record = struct.Struct("<8s16sQQBBBBI"), struct.Struct("<QII")
    try:
        with open(name, "rb") as file:
            data = file.read()
    except OSError as error:
        raise Unusable(f"--devcoredump {name}: {error.strerror}") from error
    if data[:8] != b"PTFDUMP1" or len(data) < header.size:
        raise Unusable(f"--devcoredump {name}: is no dump of ptf_gpu_dump()")
    _, fmt, args.top, encrypt, args.levels, args.va_bits, args.oa_bits, upper, _ = \
        header.unpack_from(data)
    fmt = fmt.rstrip(b"\0").decode("ascii", "replace")
    if fmt != args.format:
        raise Unusable(f"--devcoredump {name}: has tables of {fmt}, not of {args.format}")
    args.encrypt_bit = encrypt.bit_length() - 1 if encrypt else None
    args.sign_extend = bool(upper)
    at, tables = header.size, {}
    whole = last = None
    while at < len(data):
        if at + record.size > len(data) or at + record.size + record.unpack_from(data, at)[1] > len(data):
            raise Unusable(f"--devcoredump {name}: ends in the middle of a table")
        address, size, _ = record.unpack_from(data, at)
        at += record.size
        if address != last:
            whole = address
            tables[whole] = bytearray()
        tables[whole] += data[at:at + size]
        last = address + size
        at += size
    for address, table in tables.items():
        memory.add(bytes(table), address)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="formats: " + ", ".join(FORMATS) + "\n\n"
        "exit status: 0 mapped or dumped, 1 nothing mapped or malformed, 2 unusable arguments")
    parser.add_argument("format", choices=FORMATS, metavar="FORMAT")
    parser.add_argument("--top", type=number, metavar="PA", help="address of the root table")
    parser.add_argument("--levels", type=number, metavar="N",
                        help="levels of tables; default: the least for --va-bits, or the most")
    parser.add_argument("--va-bits", type=number, metavar="N",
                        help="bits of VA; default: what so many levels decode")
    parser.add_argument("--oa-bits", type=number, metavar="N",
                        help="bits of OA, beyond which an address is malformed")
    parser.add_argument("--encrypt-bit", type=number, metavar="N",
                        help="address bit that marks encrypted memory")
    parser.add_argument("--sign-extend", action=argparse.BooleanOptionalAction,
                        help="VA has an upper half; default: as the CPU's")
    parser.add_argument("--memory", action="append", default=[], metavar="FILE@PA",
                        help="a dump of physical memory from PA on; may be repeated")
    parser.add_argument("--devcoredump", metavar="FILE",
                        help="a dump of ptf_gpu_dump(), which knows all of these")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--va", type=number, help="the way to one address")
    what.add_argument("--dump", action="store_true", help="all that is mapped")
    what.add_argument("--describe", action="store_true", help="the format itself")
    args = parser.parse_args()
    if not args.describe and not args.devcoredump and (args.top is None or not args.memory):
        parser.error("--top and --memory, or --devcoredump, say where the table is")
    return args


def main():
    args = arguments()
    fmt = FORMATS[args.format]
    if args.describe:
        print("\n".join(describe(fmt)))
        return 0

    memory = Memory()
    for text in args.memory:
        add_memory(memory, text)
    if args.devcoredump:
        add_dump(memory, args.devcoredump, args)
    decoder = Decoder(fmt, memory, args.top, args.levels or fmt.levels_for(args.va_bits),
                      va_bits=args.va_bits, oa_bits=args.oa_bits,
                      encrypt=1 << args.encrypt_bit if args.encrypt_bit else 0,
                      sign_extend=fmt.sign_extend if args.sign_extend is None
                      else args.sign_extend)

    if args.dump:
        errors = []

        def malformed(error):
            errors.append(error)
            print(f"malformed: {error}")
            print("\n".join("    " + line for line in path_lines(error.path)))

        for m in decoder.mappings(malformed):
            oa = f"{'null':>18}" if m.oa is None else f"{m.oa:#018x}"
            print(f"{m.va:#018x} {oa} {size_name(m.size):>5}  {words(fmt, m)}")
        return bool(errors)

    try:
        path, mapping = decoder.walk(args.va)
    except Malformed as error:
        print("\n".join(path_lines(error.path)))
        print(f"malformed: {error}")
        return 1
    print("\n".join(path_lines(path)))
    if not mapping:
        print(f"{args.va:#x} is not mapped")
        return 1
    to, start = "null", ""
    if mapping.oa is not None:
        to, start = f"{mapping.oa + args.va % (1 << mapping.size):#x}", f" to {mapping.oa:#x}"
    print(f"{args.va:#x} -> {to}, in {size_name(mapping.size)} from {mapping.va:#x}{start}: "
          f"{words(fmt, mapping)}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unusable as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        os._exit(1)
