#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Test trace.py: what it makes of good lines, and what it says of bad ones.

  trace_test.py DIR         DIR has boot-domains.trace.gz

The last line of the output is "PASSED FAILED".
"""
import gzip
import lzma
import os
import subprocess
import sys
import tempfile

import trace

HERE = os.path.dirname(os.path.abspath(__file__))


def line(event, task='rio-199', cpu=0):
    return f'{task:>20}     [{cpu:03}] .....     4.566065: {event}'


def mapped(iova, paddr, size, **who):
    return line(f'map: IOMMU: iova=0x{iova:016x} - 0x{(iova + size) % 2**64:016x} '
                f'paddr=0x{paddr:016x} size={size}', **who)


def unmapped(iova, size, done=None, **who):
    return line(f'unmap: IOMMU: iova=0x{iova:016x} - 0x{(iova + size) % 2**64:016x} size={size} '
                f'unmapped_size={size if done is None else done}', **who)


def call(kind, domain, iova, **who):
    return line(f'i{kind}: (intel_iommu_{kind}_pages+0x4/0x750) domain=0x{domain:x} '
                f'iova=0x{iova:x} pgsize=0x1000 pgcount=1', **who)


GOOD = mapped(0x1000, 0x5000, 0x1000)
M, U, R = trace.MAP, trace.UNMAP, trace.REST

# Lines, then what the messages must begin with (line number, text)
BAD = (
    ('no addresses', [GOOD, line('map: IOMMU: iova=nothing')], [(2, 'not "map: IOMMU: iova=')]),
    ('cut off', [GOOD, line('unmap: IOMMU: iova=0x0000000000001000 - 0x000')],
     [(2, 'not "unmap: IOMMU: iova=')]),
    ('unmap as a map', [line(GOOD.split(': ', 1)[1].replace('map:', 'unmap:'))],
     [(1, 'not "unmap: IOMMU: iova=')]),
    ('more behind', [GOOD + ' x'], [(1, 'not "map: IOMMU: iova=')]),
    ('size 0', ['# tracer: nop', mapped(0x1000, 0, 0)], [(2, 'size is 0')]),
    ('wrong end', [GOOD.replace('size=4096', 'size=8192')],
     [(1, 'end 0x2000 is not start + size, 0x3000')]),
    ('over the top', [mapped(2**64 - 0x1000, 0, 0x2000)], [(1, '8192 bytes from 0xfffffffffffff000')]),
    ('OA over the top', [mapped(0, 2**64 - 0x1000, 0x2000)], [(1, '8192 bytes from 0xfffffffffffff000')]),
    ('unaligned IOVA', [mapped(0x1800, 0, 0x1000)], [(1, 'addresses and sizes must be')]),
    ('unaligned OA', [mapped(0x1000, 0x10, 0x1000)], [(1, 'addresses and sizes must be')]),
    ('unaligned size', [mapped(0x1000, 0, 0x800)], [(1, 'addresses and sizes must be')]),
    ('unaligned unmap', [GOOD, unmapped(0x1000, 0x1000, 1)], [(2, 'addresses and sizes must be')]),
    ('other text', [GOOD, '', 'hello world', mapped(0x3000, 0, 0x1000)], [(3, 'not a line of a trace')]),
    ('no event', ['# tracer: nop', line('sched_switch: prev_comm=map')],
     [(2, 'no event iommu:map or iommu:unmap')]),
    ('nothing', [], [(1, 'no event iommu:map or iommu:unmap')]),
    ('two errors', [mapped(0, 0, 0), GOOD, mapped(1, 0, 0x1000)],
     [(1, 'size is 0'), (3, 'addresses and sizes must be')]),
)

# Lines, then operations (kind, iova, last, space, line) and conflicts
FINE = (
    ('map and unmap', [GOOD, unmapped(0x1000, 0x1000)],
     [(M, 0x1000, 0x1fff, 0, 1), (U, 0x1000, 0x1fff, 0, 2)], 0),
    ('something left', ['# comment: map: IOMMU: iova', GOOD],
     [(M, 0x1000, 0x1fff, 0, 2), (R, 0x1000, 0x1fff, 0, 2)], 0),
    ('names of tasks', [mapped(0, 0, 0x1000, task='unmap: IOMMU: -1'),
                        mapped(0x1000, 0, 0x1000, task='<idle>-0'),
                        unmapped(0, 0x2000, task='#map: [0] 1.0: -7')],
     [(M, 0, 0xfff, 0, 1), (M, 0x1000, 0x1fff, 0, 2), (U, 0, 0x1fff, 0, 3)], 0),
    ('the last page', [mapped(2**64 - 0x1000, 0, 0x1000), unmapped(2**64 - 0x1000, 0x1000)],
     [(M, 2**64 - 0x1000, 2**64 - 1, 0, 1), (U, 2**64 - 0x1000, 2**64 - 1, 0, 2)], 0),
    ('columns of trace-cmd and perf',
     [GOOD.replace('map: IOMMU', 'map:                  IOMMU'),
      unmapped(0x1000, 0x1000).replace('unmap:', 'iommu:unmap:')],
     [(M, 0x1000, 0x1fff, 0, 1), (U, 0x1000, 0x1fff, 0, 2)], 0),
    ('ends of lines', [GOOD + '\r', unmapped(0x1000, 0x1000) + '\r'],
     [(M, 0x1000, 0x1fff, 0, 1), (U, 0x1000, 0x1fff, 0, 2)], 0),
    ('map over a map', [mapped(0, 0, 0x4000), mapped(0x3000, 0, 0x2000), unmapped(0, 0x4000)],
     [(M, 0, 0x3fff, 0, 1), (U, 0, 0x3fff, 0, 3)], 1),
    ('unmap of nothing', [GOOD, unmapped(0x1000, 0x1000), unmapped(0x1000, 0x1000)],
     [(M, 0x1000, 0x1fff, 0, 1), (U, 0x1000, 0x1fff, 0, 2)], 1),
    ('unmap with a hole', [mapped(0, 0, 0x2000), mapped(0x3000, 0, 0x1000), unmapped(0x1000, 0x4000)],
     [(M, 0, 0x1fff, 0, 1), (M, 0x3000, 0x3fff, 0, 2), (U, 0x1000, 0x1fff, 0, 3),
      (U, 0x3000, 0x3fff, 0, 3), (R, 0, 0xfff, 0, 3)], 1),
    ('unmap that stopped', [mapped(0, 0, 0x2000), unmapped(0, 0x2000, 0x1000)],
     [(M, 0, 0x1fff, 0, 1), (U, 0, 0xfff, 0, 2), (R, 0x1000, 0x1fff, 0, 2)], 1),
    ('unmap within a map', [mapped(0, 0, 0x3000), unmapped(0x1000, 0x1000)],
     [(M, 0, 0x2fff, 0, 1), (U, 0x1000, 0x1fff, 0, 2), (R, 0, 0xfff, 0, 2),
      (R, 0x2000, 0x2fff, 0, 2)], 0),
    ('lost events', [GOOD, 'CPU:1 [LOST 17 EVENTS]', unmapped(0x1000, 0x1000)],
     [(M, 0x1000, 0x1fff, 0, 1), (U, 0x1000, 0x1fff, 0, 3)], 1),
    ('domains', [call('map', 0xa, 0x1000), GOOD,
                 call('map', 0xb, 0x1000), call('map', 0xa, 0x8000, cpu=1),
                 GOOD, mapped(0x8000, 0, 0x1000, cpu=1),
                 call('unmap', 0xa, 0x1000), unmapped(0x1000, 0x1000),
                 call('unmap', 0xb, 0x1000), unmapped(0x1000, 0x1000)],
     [(M, 0x1000, 0x1fff, 0, 2), (M, 0x1000, 0x1fff, 1, 5), (M, 0x8000, 0x8fff, 0, 6),
      (U, 0x1000, 0x1fff, 0, 8), (U, 0x1000, 0x1fff, 1, 10), (R, 0x8000, 0x8fff, 0, 10)], 0),
)

# Of kunit/traces/boot-domains, counted by who recorded it: maps and unmaps by device
DEVICES = sorted([(514, 130), (521, 7), (266, 8), (49, 35), (51, 14), (16, 5), (3, 0), (3, 0)])


class Test:
    def __init__(self, work):
        self.passed = self.failed = 0
        self.file = os.path.join(work, 'test trace')
        self.out = os.path.join(work, 'out')

    def check(self, what, got, want):
        if got == want:
            self.passed += 1
        else:
            self.failed += 1
            print(f'  FAILED trace.py, {what}: {got!r} instead of {want!r}')

    def run(self, content):
        """Run trace.py as replay.sh does."""
        with open(self.file, 'wb') as file:
            file.write(content)
        if os.path.exists(self.out):
            os.unlink(self.out)
        done = subprocess.run([sys.executable, os.path.join(HERE, 'trace.py'), self.file, self.out],
                              capture_output=True, text=True)
        messages = [text[len(self.file) + 1:] for text in done.stderr.splitlines()
                    if text.startswith(self.file + ':')]
        return done.returncode, messages

    def bad(self, what, content, want):
        status, messages = self.run(content)
        messages = messages[:-1] if len(messages) > 1 and ' errors' in messages[-1] else messages
        self.check(what + ', status', status, 1)
        self.check(what + ', output', os.path.exists(self.out), False)
        want = [f'{number}: {text}' for number, text in want]
        self.check(what, [text[:len(begin)] for text, begin in zip(messages, want)], want)
        self.check(what + ', messages', len(messages), len(want))

    def fine(self, what, content, want, conflicts):
        status, messages = self.run(content)
        self.check(what + ', status', status, 0)
        if status:
            return
        _, _, ops = trace.load(self.out)
        self.check(what, [(op[5], op[0], op[2], op[4], op[3]) for op in ops], want)
        self.check(what + ', conflicts', sum('conflict: ' in text for text in messages), conflicts)


def main():
    with tempfile.TemporaryDirectory() as work:
        test = Test(work)
        for what, lines, want in BAD:
            test.bad(what, ''.join(text + '\n' for text in lines).encode(), want)
        for what, lines, want, conflicts in FINE:
            content = ''.join(text + '\n' for text in lines).encode()
            test.fine(what, content, want, conflicts)
        content = (GOOD + '\n').encode()
        rest = [(M, 0x1000, 0x1fff, 0, 1), (R, 0x1000, 0x1fff, 0, 1)]
        test.fine('gzip', gzip.compress(content), rest, 0)
        test.fine('xz', lzma.compress(content), rest, 0)
        test.fine('no end of line', content[:-1], [rest[0], (R, 0x1000, 0x1fff, 0, 1)], 0)
        test.fine('bytes of a name', content.replace(b'rio', b'\xff\x80 \xc3'), rest, 0)
        test.bad('gzip cut off', gzip.compress(content)[:-12], [(1, 'cannot read it: ')])
        test.bad('xz cut off', lzma.compress(content)[:-12], [(1, 'cannot read it: ')])
        test.bad('end of file within a line', content + content[:60],
                 [(2, 'the file ends within this line')])

        with gzip.open(os.path.join(sys.argv[1], 'boot-domains.trace.gz')) as file:
            test.run(file.read())
        counts = {}
        for op in trace.load(test.out)[2]:
            counts.setdefault(op[4], [0, 0, 0])[op[5]] += 1
        test.check('domains of a boot', sorted((m, u) for m, u, _ in counts.values()), DEVICES)
        print(f'  {"FAILED" if test.failed else "ok":7}{"trace.py":40} {"":8} '
              f'{test.passed:4} passed, {test.failed} failed')
        print(test.passed, test.failed)


main()
