#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Print what the replay modules found as a table, or judge it.

  replay_table.py TRACE FILE < LOG                  rows as they come
  replay_table.py --check EXPECTED TRACE FILE < LOG  judge, print what is wrong

FILE is what trace.py made of TRACE, LOG what the kernel printed. EXPECTED has
the numbers of some traces: name, maps, unmaps, address spaces, and leaves of
4K, 2M and 1G. Leaves of other sizes, and what a format cannot represent, are
worked out here from the trace alone. Status 1 if anything is wrong.
"""
import os
import re
import sys
import textwrap

import trace

COMPLAINT = re.compile(r'BUG: |WARNING: |INFO: |Oops|KASAN: |panic|UBSAN: |Call Trace')
REASONS = (
    ('iova', 'map', lambda r: f'with IOVA beyond {r["va"]} bits'),
    ('paddr', 'map', lambda r: f'with physical addresses beyond {r["oa"]} bits'),
    ('align', 'map', lambda r: f'not in multiples of {size(page_of(r))}'),
    ('unmap', 'unmap', lambda r: 'of such maps'),
    ('gone', 'unmap', lambda r: 'of what an unmap before took, with the rest of a larger leaf'),
    ('cut', 'unmap', lambda r: 'from the middle of a leaf, which an IOMMU does not cut'),
)
NOT_REPRESENTABLE = ('iova', 'paddr', 'align')


def size(number):
    """4096 -> 4K; what is not whole gets a digit."""
    for unit in ('', 'K', 'M', 'G', 'T', 'P'):
        if number < 1024 or unit == 'P':
            return f'{number:.0f}{unit}' if number == int(number) else f'{number:.1f}{unit}'
        number /= 1024
    return ''


def page_of(row):
    return row['sizes'] & -row['sizes']


def parse(line):
    """A result line of kunit/replay.c as a dictionary."""
    row = dict(word.split('=', 1) for word in line.split('result ', 1)[1].split())
    for key in ('map_ps', 'unmap_ps'):
        row.setdefault(key, '0')        # no time is taken after errors
    for key in row.keys() - {'format', 'front', 'skipped', 'leaves'}:
        row[key] = int(row[key], 0)
    for key in ('skipped', 'leaves'):
        row[key] = dict(part.split(':') for part in row[key].split(',') if part)
    row['skipped'] = {key: int(count) for key, count in row['skipped'].items()}
    row['leaves'] = {int(lg2): int(count) for lg2, count in row['leaves'].items()}
    return row


HEAD = ('format', 'for', 'maps', 'unmaps', 'left out', 'ns/map', 'ns/unmap', 'peak', 'flushes',
        'freed', 'verified', 'leaks')
FORM = '{:13}{:6}{:>7}{:>7}{:>9}{:>8}{:>9}{:>8}{:>8}{:>7}  {:<9}{:>6}'


def show(row):
    """Print a row."""
    verified = size(row['verified'])
    if row['verified'] != row['mapped']:
        verified += f' of {size(row["mapped"])}'
    cells = FORM.format(
        row['format'], row['front'], row['map'], row['unmap'], sum(row['skipped'].values()),
        *(f'{row[key + "_ps"] / 1000:.0f}' if row[key] else '-' for key in ('map', 'unmap')),
        size(row['peak']), row['flushes'], row['freed'], verified, row['leaks'])
    # A count and its size stay together.
    leaves = ', '.join(f'{count}\xa0{size(1 << lg2)}'
                       for lg2, count in sorted(row['leaves'].items()))
    lines = [line.replace('\xa0', ' ') for line in textwrap.wrap(leaves, 44)] or ['-']
    print(cells + '  ' + lines[0], flush=True)
    for line in lines[1:]:
        print(' ' * (len(cells) + 2) + line)


def notes(rows):
    """Why events were left out, for each format."""
    seen = []
    for row in rows:
        reasons = []
        for key, what, why in REASONS:
            count = row['skipped'][key]
            if count:
                reasons.append(f'{count} {what}{"s" if count > 1 else ""} {why(row)}')
        if reasons:
            refused = any(row['skipped'][key] for key in NOT_REPRESENTABLE)
            text = ('not representable: ' if refused else 'left out: ') + ', '.join(reasons)
            seen.append((row['format'], row['front'], text))
    for fmt, front, text in seen:
        both = sum(other[0] == fmt and other[2] == text for other in seen) == 2
        if not both or front == 'iommu':
            print(f'  {fmt}{"" if both else " " + front}: {text}')


def representable(row, op):
    iova, paddr, last = op[:3]
    if last >> row['va']:
        return 'iova'
    if paddr + (last - iova) >> row['oa']:
        return 'paddr'
    return 'align' if (iova | paddr | last + 1) & (page_of(row) - 1) else ''


def split(sizes, iova, paddr, end, leaves):
    """Count the largest aligned leaves of [iova, end), sizes largest first."""
    if end - iova == 1 << sizes[-1]:
        leaves[sizes[-1]] = leaves.get(sizes[-1], 0) + 1
        return
    for i, lg2 in enumerate(sizes):
        leaf = 1 << lg2
        if (iova ^ paddr) & (leaf - 1):
            continue
        first, last = iova + leaf - 1 & -leaf, end & -leaf
        if first >= last:
            continue
        leaves[lg2] = leaves.get(lg2, 0) + (last - first >> lg2)
        if iova < first:
            split(sizes[i + 1:], iova, paddr, first, leaves)
        if last < end:
            split(sizes[i + 1:], last, paddr + last - iova, end, leaves)
        return


class Judge:
    """Counts what is as it should be, and says what is not."""

    def __init__(self, name):
        self.name = name
        self.passed = self.failed = 0
        self.wanted = {}

    def check(self, what, got, want):
        if got == want:
            self.passed += 1
        else:
            self.failed += 1
            print(f'  FAILED {self.name}: {what}: {got} instead of {want}')

    @staticmethod
    def want(row, sizes, ops):
        """Maps that cannot be represented, bytes that are mapped, and with which leaves"""
        lost = dict.fromkeys(NOT_REPRESENTABLE, 0)
        mapped, leaves = 0, {}
        for op in ops:
            if op[5] != trace.MAP:
                continue
            reason = representable(row, op)
            if reason:
                lost[reason] += 1
                continue
            mapped += op[2] - op[0] + 1
            split(sizes, op[0], op[1], op[2] + 1, leaves)
        return lost, mapped, leaves

    def row(self, row, events, ops, lock):
        """All that one format behind one front end must have done."""
        who = f'{row["format"]} {row["front"]}'
        skipped = row['skipped']
        sizes = [lg2 for lg2 in range(63, -1, -1) if row['sizes'] >> lg2 & 1]
        like = row['sizes'], row['va'], row['oa']
        if like not in self.wanted:
            self.wanted[like] = self.want(row, sizes, ops)
        lost, mapped, leaves = self.wanted[like]
        self.check(f'{who}: errors', row['errors'], 0)
        self.check(f'{who}: leaks', row['leaks'], 0)
        self.check(f'{who}: not representable', {key: skipped[key] for key in lost}, lost)
        self.check(f'{who}: maps', row['map'] + sum(lost.values()), events[trace.MAP])
        self.check(f'{who}: unmaps', row['unmap'] + skipped['unmap'] + skipped['gone'] +
                   skipped['cut'], events[trace.UNMAP])
        self.check(f'{who}: bytes mapped', row['mapped'], mapped)
        self.check(f'{who}: bytes verified', row['verified'], mapped)
        if lock[row['format']] == sizes[-1]:
            self.check(f'{who}: leaves', row['leaves'], leaves)
        else:   # a page size is picked for many pages, by those before
            self.check(f'{who}: leaves', sum(n << lg2 for lg2, n in row['leaves'].items()), mapped)
        self.check(f'{who}: a flush for each unmap', row['flushes'] >= row['unmap'], True)
        self.check(f'{who}: time', bool(row['map_ps']), bool(row['map']))
        if row['format'] in ('x86_64', 'amdv1', 'vtdss', 'arm64_4k', 'arm64_s2_4k', 'riscv64',
                             'riscv64_s2', 'xe'):
            self.check(f'{who}: left out, with pages of 4K and 48 bits', sum(lost.values()), 0)

    def trace(self, expected, rows, events, spaces, ops):
        """What is known of this trace"""
        name = os.path.basename(self.name).split('.')[0]
        with open(expected) as lines:
            known = next((line.split() for line in lines if line.startswith(name + ' ')), None)
        if not known:
            return
        counts = [int(number) for number in known[1:]]
        self.check('maps, unmaps, address spaces', [*events, spaces], counts[:3])
        for row in rows:
            if row['format'] in ('x86_64', 'vtdss'):
                self.check(f'{row["format"]} {row["front"]}: leaves of 4K, 2M, 1G',
                           [row['leaves'].get(lg2, 0) for lg2 in (12, 21, 30)], counts[3:])


def main():
    check = sys.argv[1] == '--check'
    expected = sys.argv[2] if check else None
    name, file = sys.argv[-2:]
    events, spaces, ops = trace.load(file)
    rows, bad = [], 0
    if not check:
        print(FORM.format(*HEAD) + '  leaves', flush=True)
    for line in sys.stdin:
        line = line.rstrip()
        if line.startswith('ptf-replay: result '):
            rows.append(parse(line))
            bad += rows[-1]['errors'] + rows[-1]['leaks']
            if not check:
                show(rows[-1])
        elif line.startswith('ptf-replay: line '):
            bad += 1
            number, text = line[17:].split(': ', 1)
            print(f'{name}:{number}: {text}' if number != '0' else f'{name}, at the end: {text}',
                  flush=True)
        elif 'taints kernel' not in line:
            bad += bool(COMPLAINT.search(line))
            print(line, flush=True)
    if not check:
        notes(rows)
        sys.exit(bad > 0 or not rows)
    judge = Judge(name)
    lock = {row['format']: row['lock'] for row in rows if row['lock']}
    for row in rows:
        judge.row(row, events, ops, lock)
    judge.trace(expected, rows, events, spaces, ops)
    judge.check('complaints of the kernel', bad, 0)
    print(f'{name} {len(rows)} rows {judge.passed} {judge.failed}')
    sys.exit(judge.failed > 0 or not rows)


main()
