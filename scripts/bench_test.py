#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Test bench.py: what it makes of good logs, and that it does not overlook bad ones.

The last line of the output is "PASSED FAILED".
"""
import csv
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def result(who, op, median, shape='256x4K', way='direct', fmt='x86_64'):
    return (f'ptf-bench: result format={fmt} who={who} way={way} shape={shape} op={op} '
            f'min={median - 100} median={median} samples=101 calls=64')


BEGIN = 'ptf-bench: begin release=7.3.4 smp=1 processors=2'
END = 'ptf-bench: end format=x86_64 errors=0'
# 3.0 times faster than the peer, within 1.25 of the stores; an unmap of 1.4
GOOD = [BEGIN, result('ptforge', 'map', 100000), result('generic_pt', 'map', 300000),
        result('stores', 'map', 80000), result('ptforge', 'unmap', 100000),
        result('generic_pt', 'unmap', 140000), END]


class Test:
    def __init__(self, work):
        self.work, self.passed, self.failed = work, 0, 0

    def check(self, what, got, want):
        if got == want:
            self.passed += 1
        else:
            self.failed += 1
            print(f'          {what}: {got!r}, not {want!r}')

    def run(self, lines, front='iommu'):
        log = os.path.join(self.work, 'bench.log')
        with open(log, 'w') as f:
            f.write('\n'.join(lines) + '\n')
        return subprocess.run([sys.executable, os.path.join(HERE, 'bench.py'), front, self.work, log],
                              capture_output=True, text=True)

    def bad(self, what, lines, said):
        done = self.run(lines)
        self.check(what + ', status', done.returncode, 1)
        self.check(what + ', says so', said in done.stderr, True)

    def good(self):
        done = self.run(GOOD)
        self.check('good, status', done.returncode, 0)
        bars = [line.split() for line in done.stdout.splitlines() if ' SMP x86_64 256x4K ' in line]
        met = [(line[-1] if line[-2] != 'NOT' else 'NOT MET', line[-2] if line[-2] != 'NOT' else
                line[-3]) for line in bars if line[-1] in ('met', 'MET')]
        self.check('bars', met, [('met', '3.00'), ('met', '1.25'), ('NOT MET', '1.40')])
        with open(os.path.join(self.work, 'results.csv'), newline='') as f:
            rows = list(csv.DictReader(f))
        self.check('CSV', [(r['op'], r['ours'], r['peer'], r['stores']) for r in rows],
                   [('map', '100.0', '300.0', '80.0'), ('unmap', '100.0', '140.0', '')])
        with open(os.path.join(self.work, 'results.json')) as f:
            found = json.load(f)
        self.check('JSON', [(b['reached'], b['met']) for b in found['bars']],
                   [('3.00', True), ('1.25', True), ('1.40', False)])
        with open(os.path.join(self.work, 'plot.svg')) as f:
            self.check('plot', f.read().count('<svg'), 1)

    def gpu(self):
        counts = [f'ptf-bench: count format=arm64_4k who={who} shape=sparse-1T-of-4K-computed '
                  f'tables=4 stores={n}' for who, n in (('ptforge', 1538), ('io-pgtable-arm', 15379999))]
        lines = [BEGIN] + [result(who, 'map', n, '1G-of-4K', 'update', 'arm64_4k') for who, n in
                           (('ptforge', 2000000), ('io-pgtable-arm', 6000000))] + counts + [
                               'ptf-bench: end format=arm64_4k errors=0']
        done = self.run(lines, 'gpu')
        self.check('gpu, status', done.returncode, 0)
        # One store less than 10 000 times as many
        self.check('gpu, bars', [line.endswith('NOT MET') for line in done.stdout.splitlines()
                                 if line.endswith(('met', 'MET')) and ' SMP ' in line],
                   [False, False, True])


def main():
    with tempfile.TemporaryDirectory() as work:
        test = Test(work)
        test.good()
        test.gpu()
        test.bad('wrong result', GOOD + ['ptf-bench: wrong: 0x1000 is not mapped'],
                 'SMP: 0x1000 is not mapped')
        test.bad('errors counted', GOOD[:-1] + [END.replace('=0', '=3')], '3 errors')
        test.bad('no end', GOOD[:-1], 'did not come to its end')
        test.bad('a splat', GOOD + ['BUG: sleeping function called'], 'BUG: sleeping')
        test.bad('no result', [BEGIN, END], 'has no results')
        test.bad('nothing', [], 'has no results')
        print(f'  {"FAILED" if test.failed else "ok":7}{"bench.py":40} {"":8} '
              f'{test.passed:4} passed, {test.failed} failed')
        print(test.passed, test.failed)


main()
