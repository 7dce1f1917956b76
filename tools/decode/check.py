#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
The C decoder and this directory's must say the same of random page tables.

For each format a program, tables.c, makes tables in a file, and prints what the C
decoder finds in them: all leaves, and what some addresses are translated to. The
decoder here reads the memory of the tables, and must find just that, and nothing
malformed. Each kind of entry that a format describes must have been met.
"""
import argparse
import concurrent.futures
import functools
import io
import mmap
import operator
import os
import random
import shutil
import subprocess
import sys
import time
import unittest

from engine import Decoder, Empty, Link, Malformed, Memory, Unusable
from formats import FORMATS
from ptdecode import path_lines

MASK = (1 << 64) - 1
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Disagreement(Exception):
    """The two decoders do not say the same."""


class Ended(Exception):
    """The program ended by itself."""


class Program:
    """tables_<fmt>: one table for each seed."""

    def __init__(self, path, memory):
        self.run = subprocess.Popen([path, memory], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True, bufsize=1 << 16)

    def table(self, seed):
        """What it says of a table, or "again" of the last one."""
        try:
            self.run.stdin.write(f"{seed}\n")
            self.run.stdin.flush()
        except BrokenPipeError:
            pass                                # the status says why
        config, memory, lost, leaves, lookups = None, {}, [], [], []
        for line in self.run.stdout:
            word, _, rest = line.rstrip("\n").partition(" ")
            if word == "table":
                config = {key: int(value, 0) for key, value in
                          (pair.split("=") for pair in rest.split())}
            elif word == "memory":
                kind, index = rest.split()
                memory[kind] = int(index)
            elif word == "lost":
                lost.append(rest)
            elif word == "leaf":
                leaves.append(rest)
            elif word == "lookup":
                va, _, mapping = rest.partition(" ")
                lookups.append((int(va, 0), mapping or None))
            elif word == "end":
                return config, memory, lost, leaves, lookups
        raise Ended(f"the program ended with status {self.run.wait()}")

    def close(self):
        self.run.communicate()
        return self.run.returncode


def kinds(fmt):
    """All kinds of entry of a format that map something, each with its table."""
    tables = [fmt.root(levels) for levels in fmt.levels]
    while tables:
        table = tables.pop()
        for kind in table.entries:
            if not isinstance(kind, Empty):
                yield table, kind
            if isinstance(kind, Link):
                tables.append(kind.below)


class Check:
    """One format."""

    def __init__(self, name, options):
        self.name, self.fmt, self.options = name, FORMATS[name], options
        self.raw = functools.reduce(operator.or_, (kind.raw for _, kind in kinds(self.fmt)))
        self.memory_file = os.path.join(options.programs, f"{name}.memory")
        self.passed = self.failed = self.leaves = self.lookups = 0
        self.seen, self.lines = set(), []

    def path(self, decoder, va):
        try:
            path, mapping = decoder.walk(va)
            return [f"Python's walk to {va:#x}: {mapping}", *path_lines(path)]
        except Malformed as error:
            return [f"Python's walk to {va:#x}: malformed: {error}", *path_lines(error.path)]
        except Unusable as error:
            return [f"Python's walk: {error}"]

    def compare(self, decoder, leaves, lookups):
        """Raise Disagreement with all there is to know of it."""
        try:
            ours = [str(mapping) for mapping in decoder.mappings()]
        except Malformed as error:
            raise Disagreement("\n".join([f"malformed: {error}", *path_lines(error.path)])) \
                from error
        for n in range(max(len(ours), len(leaves))):
            c = leaves[n] if n < len(leaves) else None
            python = ours[n] if n < len(ours) else None
            if c == python:
                continue
            first = min(int(line.split()[0], 0) for line in (c, python) if line)
            raise Disagreement("\n".join([
                f"leaf {n} of {len(leaves)} in C, of {len(ours)} in Python",
                f"C:      {c}", f"Python: {python}", *self.path(decoder, first)]))
        for va, c in lookups:
            try:
                mapping = decoder.walk(va)[1]
            except Malformed as error:
                raise Disagreement("\n".join(self.path(decoder, va))) from error
            python = str(mapping) if mapping else None
            if c != python:
                raise Disagreement("\n".join([
                    f"lookup of {va:#x}", f"C:      {c}", f"Python: {python}",
                    *self.path(decoder, va)]))

    def hardware_writes(self, decoder, memory, base, seed):
        """Write through some leaves as hardware does that records it."""
        chance = random.Random(seed)
        for mapping in decoder.mappings():
            step = mapping.step
            if not step.kind.written or "write" not in mapping.words.split() or \
               chance.random() < 0.7:
                continue
            items = 1 << (mapping.size - step.table.shift)
            index = step.index & -items | chance.randrange(items)
            at = step.at + index * step.table.item - base
            entry = int.from_bytes(memory[at:at + step.table.item], "little")
            memory[at:at + step.table.item] = \
                step.kind.write(entry).to_bytes(step.table.item, "little")

    def one(self, program, memory, seed):
        """One table: as it is made, and after hardware has written through it."""
        config, types, lost, leaves, lookups = program.table(f"{seed:#x}")
        physical = Memory()
        physical.add(memory, config["base"])
        try:
            decoder = Decoder(self.fmt, physical, config["top"], config["levels"],
                              va_bits=config["va_bits"], oa_bits=config["oa_bits"],
                              encrypt=config["encrypt"], sign_extend=bool(config["sign_extend"]))
            if lost:
                raise Disagreement("attributes that were asked for, and what C made of them: "
                                   f"flags, raw {lost[0]}")
            if types != self.fmt.memory:
                raise Disagreement(f"memory types\nC:      {types}\nPython: {self.fmt.memory}")
            if config["raw"] != self.raw:
                raise Disagreement(f"raw bits\nC:      {config['raw']:#x}\n"
                                   f"Python: {self.raw:#x}")
            self.compare(decoder, leaves, lookups)
            self.hardware_writes(decoder, memory, config["base"], seed)
            self.compare(decoder, *program.table("again")[3:])
        except (Disagreement, Unusable) as error:
            raise Disagreement("\n    ".join([f"{self.name}: seed {seed:#x}: {error}",
                                              *self.replay(config, seed)])) from error
        self.seen |= decoder.seen
        self.leaves += len(leaves)
        self.lookups += len(lookups)

    def replay(self, config, seed):
        """Keep the memory, and say how to see it and how to make it again."""
        kept = os.path.join(self.options.programs, f"{self.name}-{seed:#x}.memory")
        shutil.copyfile(self.memory_file, kept)
        options = "--sign-extend" if config["sign_extend"] else "--no-sign-extend"
        if config["encrypt"]:
            options += f" --encrypt-bit {config['encrypt'].bit_length() - 1}"
        return [f"again: make decode-check FORMATS={self.name} PTF_SEED={seed:#x}",
                f"look:  tools/decode/ptdecode.py {self.name} --top {config['top']:#x} "
                f"--levels {config['levels']} --va-bits {config['va_bits']} "
                f"--oa-bits {config['oa_bits']} {options} "
                f"--memory {os.path.relpath(kept, TOP)}@{config['base']:#x} --dump"]

    def run(self):
        """Numbers passed and failed, and lines to print."""
        start = time.monotonic()
        program = Program(os.path.join(self.options.programs, f"tables_{self.name}"),
                          self.memory_file)
        memory = None
        for seed in self.seeds():
            try:
                if memory is None:
                    program.table("0x0")        # the file is there now
                    with open(self.memory_file, "r+b") as file:
                        memory = mmap.mmap(file.fileno(), 0)
                self.one(program, memory, seed)
                self.passed += 1
            except Ended as error:
                self.failed += 1
                self.lines.append(f"{self.name}: {error}, at seed {seed:#x}")
                break
            except Disagreement as error:
                self.failed += 1
                self.lines.append(str(error).replace("\n", "\n    "))
                if self.failed == 3:
                    break
        status = program.close()
        if status and not self.failed:
            self.failed += 1
            self.lines.append(f"{self.name}: the program ended with status {status}")
        # A kind is another object for each number of levels.
        names = {(table.title, kind.title): kind in self.seen for table, kind in
                 sorted(kinds(self.fmt), key=lambda pair: pair[1] in self.seen)}
        missing = sorted(name for name, seen in names.items() if not seen)
        if missing and not self.failed and self.options.seed is None:
            self.failed += 1
            self.lines += [f"{self.name}: never met in {self.options.tables} tables: "
                           f"{kind} in {table}" for table, kind in missing]
        self.lines.insert(0, f"decode/{self.name}: {self.passed} passed, {self.failed} failed: "
                          f"{self.leaves} leaves, {self.lookups} lookups, "
                          f"{len(names) - len(missing)} kinds of entry "
                          f"({time.monotonic() - start:.0f} s)")
        return self.passed, self.failed, self.lines

    def seeds(self):
        """Half of them always the same, half of them never."""
        if self.options.seed is not None:
            return [self.options.seed]
        same = random.Random(self.name)
        return [same.getrandbits(64) for _ in range(self.options.tables // 2)] + \
               [random.SystemRandom().getrandbits(64)
                for _ in range(self.options.tables - self.options.tables // 2)]


def check(name, options):
    return Check(name, options).run()


def self_test():
    """The decoder by itself, as check() for a format."""
    start = time.monotonic()
    output = io.StringIO()
    result = unittest.TextTestRunner(output).run(
        unittest.defaultTestLoader.loadTestsFromName("decode_test"))
    failed = len(result.errors) + len(result.failures)
    lines = output.getvalue().splitlines() if failed else []
    lines.insert(0, f"decode/decode_test: {result.testsRun - failed} passed, {failed} failed "
                    f"({time.monotonic() - start:.0f} s)")
    return result.testsRun - failed, failed, lines


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", nargs="+", metavar="FORMAT")
    parser.add_argument("--programs", required=True, metavar="DIR",
                        help="where the programs tables_FORMAT are")
    parser.add_argument("--tables", type=int, default=100, help="how many for each format")
    parser.add_argument("--seed", type=lambda text: int(text, 0) & MASK,
                        help="just the table of this seed")
    parser.add_argument("--self-test", action="store_true",
                        help="also test the decoder by itself")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()

    passed = failed = 0
    unknown = [name for name in options.formats if name not in FORMATS]
    for name in unknown:
        print(f"  decode/{name}: tools/decode/formats has no description of it")
        failed += 1
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(check, name, options)
                for name in options.formats if name not in unknown]
        if options.self_test:
            runs.append(pool.submit(self_test))
        for run in concurrent.futures.as_completed(runs):
            good, bad, lines = run.result()
            passed += good
            failed += bad
            print("\n".join("  " + line for line in lines), flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed != 0 or not passed


if __name__ == "__main__":
    sys.exit(main())
