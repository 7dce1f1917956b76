#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Read a recorded DMA trace and write what the replay modules read.

  trace.py TRACE OUT

TRACE is what ftrace prints of the events iommu:map and iommu:unmap, plain, .gz
or .xz. Task names may hold anything, so an event is what follows the last
"map: IOMMU:" or "unmap: IOMMU:" of a line. Lines that begin with # are comments;
other events are passed over, but for kprobe events imap, iunmap and iattach (see
kunit/traces/README.rst), which say which address space an event belongs to.
Without them there is one address space.

What contradicts itself is an error: TRACE:LINE: message, status 1. What only
does not fit what came before is a conflict: a map over something mapped is left
out, and an unmap is cut down to what is mapped. Conflicts are counted.
"""
import bisect
import gzip
import lzma
import re
import struct
import sys
import zlib

MAP, UNMAP, REST = range(3)
PAGE = 0x1000
HEADER = struct.Struct('<8sIIII')       # struct replay_header
OP = struct.Struct('<QQQIHBx')          # struct replay_op
MAGIC = b'ptftrace'

KIND = re.compile(rb'(?:^|[\s:])(map|unmap):\s+\Z')
NUMBERS = {
    b'map': re.compile(rb' iova=0x([0-9a-f]{1,16}) - 0x([0-9a-f]{1,16}) '
                       rb'paddr=0x([0-9a-f]{1,16}) size=(\d{1,20})\s*'),
    b'unmap': re.compile(rb' iova=0x([0-9a-f]{1,16}) - 0x([0-9a-f]{1,16}) '
                         rb'size=(\d{1,20}) unmapped_size=(\d{1,20})\s*'),
}
LAYOUT = {
    b'map': 'iova=0x… - 0x… paddr=0x… size=…',
    b'unmap': 'iova=0x… - 0x… size=… unmapped_size=…',
}
# The task and CPU of a line: what a driver call and its event have in common
WHO = re.compile(rb'(.*-\d+\s+(?:\([ -]*\d*\)\s+)?\[\d+\])')
CALL = re.compile(rb'.*\si(map|unmap): \(.*\) domain=(0x[0-9a-f]+) iova=0x([0-9a-f]+) ')
ATTACH = re.compile(rb'.*\siattach: \(.*\) domain=(0x[0-9a-f]+) device="([^"]*)"')
ANY_EVENT = re.compile(rb'\d: +\S')     # after the time stamp
LOST = re.compile(rb'CPU:\d+ \[LOST (\d+) EVENTS\]')


class Space:
    """What is mapped in one address space: ranges [start, end) in order."""

    def __init__(self, number):
        self.number = number
        self.starts = []
        self.ends = {}

    def add(self, start, end):
        """Add a range; False if a part of it is there already."""
        at = bisect.bisect_left(self.starts, start)
        if at < len(self.starts) and self.starts[at] < end:
            return False
        if at and self.ends[self.starts[at - 1]] > start:
            return False
        self.starts.insert(at, start)
        self.ends[start] = end
        return True

    def remove(self, start, end):
        """Remove a range; the pieces of it that were there, joined."""
        at = bisect.bisect_right(self.starts, start) - 1
        if at < 0 or self.ends[self.starts[at]] <= start:
            at += 1
        pieces, keep, stop = [], [], at
        while stop < len(self.starts) and self.starts[stop] < end:
            first = self.starts[stop]
            last = self.ends.pop(first)
            if first < start:
                keep.append((first, start))
            if last > end:
                keep.append((end, last))
            first, last = max(first, start), min(last, end)
            if pieces and pieces[-1][1] == first:
                pieces[-1] = (pieces[-1][0], last)
            else:
                pieces.append((first, last))
            stop += 1
        self.starts[at:stop] = [first for first, _ in keep]
        self.ends.update(keep)
        return pieces


class Trace:
    """A trace as operations, and what was wrong with it."""

    def __init__(self, name):
        self.name = name
        self.ops = []           # (iova, paddr, last, line, space, kind)
        self.count = [0, 0]     # events, by MAP and UNMAP
        self.conflicts = 0
        self.errors = 0
        self.spaces = {}
        self.devices = {}
        self.calls = {}

    def say(self, line, text, number, most=10):
        """Print one of a kind of messages, of which there may be many."""
        if number <= most:
            print(f'{self.name}:{line}: {text}', file=sys.stderr)
        elif number == most + 1:
            print(f'{self.name}:{line}: and more of that', file=sys.stderr)

    def error(self, line, text):
        self.errors += 1
        self.say(line, text, self.errors)

    def conflict(self, line, text):
        self.conflicts += 1
        self.say(line, 'conflict: ' + text, self.conflicts, 5)

    def space_of(self, text, kind, iova):
        """The address space: that of the driver call which this event follows."""
        domain = None
        if self.calls:
            who = WHO.match(text)
            domain = self.calls.get((who and who[1], kind, iova))
        if domain not in self.spaces:
            self.spaces[domain] = Space(len(self.spaces))
        return self.spaces[domain]

    def name_of(self, space):
        """For messages, where there is more than one."""
        domain = next(d for d, s in self.spaces.items() if s is space)
        if domain is None:
            return ''
        return f' in domain {domain.decode()} ({", ".join(self.devices.get(domain, ["?"]))})'

    def event(self, line, text, kind, rest):
        match = NUMBERS[kind].fullmatch(rest)
        if not match:
            self.error(line, f'not "{kind.decode()}: IOMMU: {LAYOUT[kind]}"')
            return
        iova, end = int(match[1], 16), int(match[2], 16)
        if kind == b'map':
            paddr, size = int(match[3], 16), int(match[4])
            unmapped = size
        else:
            paddr, size, unmapped = 0, int(match[3]), int(match[4])
        # The last byte of 64 bits is followed by 0.
        if not size:
            self.error(line, 'size is 0')
        elif end != (iova + size) % 2**64:
            self.error(line, f'end {end:#x} is not start + size, {iova + size:#x}')
        elif iova + size > 2**64 or paddr + size > 2**64:
            self.error(line, f'{size} bytes from {max(iova, paddr):#x} on do not fit into 64 bits')
        elif (iova | paddr | size | unmapped) % PAGE:
            self.error(line, 'addresses and sizes must be multiples of 4096')
        elif kind == b'map':
            self.map(line, self.space_of(text, kind, iova), iova, paddr, size)
        else:
            self.unmap(line, self.space_of(text, kind, iova), iova, size, unmapped)

    def map(self, line, space, iova, paddr, size):
        self.count[MAP] += 1
        if not space.add(iova, iova + size):
            self.conflict(line, f'map over what is mapped{self.name_of(space)}: left out')
            return
        self.ops.append((iova, paddr, iova + size - 1, line, space.number, MAP))

    def unmap(self, line, space, iova, size, unmapped):
        self.count[UNMAP] += 1
        if unmapped != size:
            self.conflict(line, f'{unmapped} of {size} bytes were unmapped: those are')
        pieces = space.remove(iova, iova + unmapped)
        if unmapped == size and sum(b - a for a, b in pieces) != size:
            self.conflict(line, f'unmap of what is not mapped{self.name_of(space)}: ' +
                          ('cut down' if pieces else 'left out'))
        for start, end in pieces:
            self.ops.append((start, 0, end - 1, line, space.number, UNMAP))

    def other(self, line, text):
        """A line without an event of the IOMMU core."""
        call = CALL.match(text)
        if call:
            who = WHO.match(text)
            self.calls[who and who[1], call[1], int(call[3], 16)] = call[2]
            return
        attach = ATTACH.match(text)
        if attach:
            self.devices.setdefault(attach[1], []).append(attach[2].decode(errors='replace'))
        elif lost := LOST.search(text):
            self.conflict(line, f'{int(lost[1])} events were lost here')
        elif text.strip() and not ANY_EVENT.search(text):
            self.error(line, 'not a line of a trace')

    def read(self):
        lines = content(self.name).split(b'\n')
        complete = not lines[-1]
        if complete and len(lines) > 1:
            del lines[-1]
        for line, text in enumerate(lines, 1):
            if text.startswith(b'#'):
                continue
            at = text.rfind(b'IOMMU:')
            kind = KIND.search(text, max(at - 40, 0), at) if at > 0 else None
            if kind:
                self.event(line, text, kind[1], text[at + 6:])
            else:
                self.other(line, text)
                if line == len(lines) and not complete:
                    self.error(line, 'the file ends within this line')
        if not self.errors and not sum(self.count):
            self.error(len(lines), 'no event iommu:map or iommu:unmap in the whole file')
        for space in self.spaces.values():
            for start in space.starts:
                self.ops.append((start, 0, space.ends[start] - 1, len(lines), space.number, REST))
        if len(self.spaces) > 0xffff:
            self.error(len(lines), 'too many domains')

    def write(self, out):
        with open(out, 'wb') as file:
            file.write(HEADER.pack(MAGIC, len(self.ops), len(self.spaces), *self.count))
            file.write(b''.join(OP.pack(*op) for op in self.ops))


def content(name):
    """The bytes of a file, whatever it is packed with."""
    try:
        with open(name, 'rb') as file:
            data = file.read()
        if data.startswith(b'\x1f\x8b'):
            return gzip.decompress(data)
        if data.startswith(b'\xfd7zXZ'):
            return lzma.decompress(data)
        return data
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        print(f'{name}:1: cannot read it: {error}', file=sys.stderr)
        sys.exit(1)


def load(name):
    """What write() wrote: events by kind, number of spaces, operations."""
    with open(name, 'rb') as file:
        _, _, spaces, maps, unmaps = HEADER.unpack(file.read(HEADER.size))
        return (maps, unmaps), spaces, list(OP.iter_unpack(file.read()))


def main():
    if len(sys.argv) != 3 or sys.argv[1] in ('-h', '--help'):
        sys.exit(__doc__)
    trace = Trace(sys.argv[1])
    trace.read()
    if trace.errors:
        print(f'{trace.name}: {trace.errors} errors', file=sys.stderr)
        sys.exit(1)
    trace.write(sys.argv[2])
    spaces = f'{len(trace.spaces)} address space{"s" if len(trace.spaces) != 1 else ""}'
    print(f'{trace.name}: {trace.count[MAP]} maps and {trace.count[UNMAP]} unmaps in {spaces}, '
          f'{trace.conflicts} conflicts')


if __name__ == '__main__':
    main()
