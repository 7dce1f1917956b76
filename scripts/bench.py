#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make tables, files and a plot of what the benchmark modules found.

  bench.py iommu|gpu DIR LOG...     compare; DIR gets results.csv, .json, table.txt, plot.svg
  bench.py --document PREFACE DIR   print Documentation/performance.rst: PREFACE, and the
                                    tables in DIR/iommu and DIR/gpu

LOG is what the kernel printed. DIR may hold KERNEL.text beside KERNEL.log, lines of
format, whose, module, bytes of code, and callgrind/FORMAT.<n> with callgrind/FORMAT.log.
Status 1 if a result is wrong or missing; a bar that is not met is printed, no more.
"""
import csv
import datetime
import glob
import json
import os
import re
import sys

COMPLAINT = re.compile(r'BUG: |WARNING: |INFO: |Oops|KASAN: |panic|UBSAN: |Call Trace')
OURS, STORES = 'ptforge', 'stores'
ARM, GENERIC = 'io-pgtable-arm', 'generic_pt'


class Bar:
    """A ratio that has to be reached in the rows that a function picks."""
    def __init__(self, text, pick, least=None, most=None, stores=False):
        self.text, self.pick, self.least, self.most, self.stores = text, pick, least, most, stores

    def judge(self, row):
        """(ratio, met), or None if it is not about this row."""
        if not self.pick(row):
            return None
        if self.stores:
            return (row['ours'] / row['stores'], row['ours'] / row['stores'] <= self.most) \
                if row['stores'] else None
        if not row['peer']:
            return None
        ratio = row['peer'] / row['ours'] if row['ours'] else float('inf')
        return ratio, ratio >= self.least


def on(shapes, ops, formats=None, peer=None, kernel=None, ways=('direct',)):
    return lambda r: (r['shape'] in shapes and r['op'] in ops and r['way'] in ways and
                      (not formats or r['format'] in formats) and
                      (not peer or r['peer_name'] == peer) and
                      (not kernel or r['kernel'] == kernel))


BOTH = ('direct', 'core')
IOMMU_BARS = [
    Bar('map 1x4K, direct ops', on(['1x4K'], ['map'], peer=GENERIC), 2),
    Bar('map 1x4K, direct ops', on(['1x4K'], ['map'], peer=ARM), 1.3),
    Bar('map 256x4K, 512x4K warm', on(['256x4K', '512x4K'], ['map']), 3),
    Bar('map 256x4K, 512x4K warm, times the stores', on(['256x4K', '512x4K'], ['map']),
        most=1.6, stores=True),
    Bar('unmap 256x4K', on(['256x4K'], ['unmap'], formats=['x86_64', 'vtdss']), 1.5),
    Bar('unmap 256x4K', on(['256x4K'], ['unmap'], formats=['riscv64']), 6),
    Bar('unmap 256x4K', on(['256x4K'], ['unmap'], peer=ARM), 3),
    Bar('unmap 256x4K, times the stores', on(['256x4K'], ['unmap']), most=2, stores=True),
    Bar('map, unmap 256x2M', on(['256x2M'], ['map', 'unmap']), 2.5),
    Bar('iova_to_phys', on(['1G-sequence', '1G-random'], ['iova_to_phys']), 2),
    Bar('trace replay, whole', lambda r: r['op'] == 'replay' and r['way'] == 'direct', 1.5),
    Bar('table allocation shapes', on(['512x4K-new'], ['map', 'unmap'], kernel='SMP'), 1.3),
]
GPU_BARS = [
    Bar('never slower', lambda r: r['way'] == 'update', 1),
    Bar('scattered 4K', on(['1G-of-4K'], ['map'], ways=['update']), 3),
]
THREADS = 1.8       # one thread's time for an operation over that of two
SPARSE = 10000      # the peer's stores over ours


def parse(path):
    """What a log says, by kind of line: dictionaries."""
    found = {'begin': [], 'result': [], 'missing': [], 'count': [], 'end': [], 'wrong': []}
    with open(path, errors='replace') as log:
        for line in log:
            match = re.search(r'ptf-bench: (\w+):? (.*)', line)
            if match and match[1] == 'wrong':
                found['wrong'].append(match[2].strip())
            elif match and match[1] in found:
                found[match[1]].append(dict(w.split('=', 1) for w in match[2].split()))
            elif COMPLAINT.search(line):
                found['wrong'].append(line.strip())
    return found


def compare(found):
    """A row for each operation: nanoseconds of ours, of the peer and of plain stores."""
    rows = {}
    begin = found['begin'][0]
    kernel = 'SMP' if begin['smp'] == '1' else 'UP'
    for result in found['result']:
        key = tuple(result[k] for k in ('format', 'way', 'shape', 'op'))
        row = rows.setdefault(key, {'kernel': kernel, **dict(zip(
            ('format', 'way', 'shape', 'op'), key)), 'ours': None, 'peer': None, 'stores': None,
            'peer_name': None})
        who = {OURS: 'ours', STORES: 'stores'}.get(result['who'], 'peer')
        if who == 'peer':
            row['peer_name'] = result['who']
        row[who] = int(result['median']) / 1000
        row[who + '_min'] = int(result['min']) / 1000
        row['samples'], row['calls'] = int(result['samples']), int(result['calls'])
    return list(rows.values())


def number(value):
    """1234567 -> 1.23M; - for none"""
    if value is None:
        return '-'
    for unit in ('', 'k', 'M', 'G'):
        if value < 9999.5 or unit == 'G':
            return f'{value:.1f}{unit}' if value < 99.95 or unit else f'{value:.0f}'
        value /= 1000
    return ''


def ratio(a, b):
    return f'{a / b:.2f}' if a and b else '-'


HEAD = ('kernel', 'format', 'called', 'shape', 'operation', 'ptforge', 'min', 'peer', 'min', 'stores',
        'peer/ours', 'ours/stores')


def cells(row):
    return (row['kernel'], row['format'], row['way'], row['shape'], row['op'], number(row['ours']),
            number(row.get('ours_min')), number(row['peer']), number(row.get('peer_min')),
            number(row['stores']), ratio(row['peer'], row['ours']),
            ratio(row['ours'], row['stores']))


def aligned(head, rows, left=5):
    """Lines of a table: the first columns to the left, the others to the right."""
    rows = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return ['  '.join(cell.ljust(w) if i < left else cell.rjust(w)
                      for i, (cell, w) in enumerate(zip(row, widths))).rstrip() for row in rows]


def judge_bars(front, rows, texts, counts):
    """Lines of (bar, wanted, where, reached, met)."""
    verdicts = []
    for bar in GPU_BARS if front == 'gpu' else IOMMU_BARS:
        for row in rows:
            judged = bar.judge(row)
            if judged:
                wanted = f'<= {bar.most}' if bar.stores else f'>= {bar.least}'
                where = f'{row["kernel"]} {row["format"]} {row["shape"]} {row["op"]}'
                verdicts.append((bar.text, wanted, where, f'{judged[0]:.2f}', judged[1]))
    for row in rows:
        if row['op'] != '2-threads':
            continue
        one = next(r for r in rows if r['op'] == '1-thread' and all(
            r[k] == row[k] for k in ('kernel', 'format', 'way', 'shape')))
        gain = one['ours'] / row['ours']
        verdicts.append(('two threads, disjoint', f'>= {THREADS}',
                         f'{row["kernel"]} {row["format"]} {row["shape"]}', f'{gain:.2f}',
                         gain >= THREADS))
    for (kernel, fmt), sizes in texts.items():
        twin = sum(n for who, _, n in sizes if who == 'twin')
        ours = sum(n for who, module, n in sizes if who == OURS and module != 'ptf-core')
        if twin:
            verdicts.append(('module text', '<= twin', f'{kernel} {fmt}', f'{ours} / {twin}',
                             ours <= twin))
    for (kernel, shape), count in counts.items():
        if shape.startswith('sparse-1T-of-4K') and {OURS, ARM} <= count.keys():
            gain = count[ARM]['stores'] / count[OURS]['stores']
            verdicts.append(('sparse 1 TiB, stores', f'>= {SPARSE}', f'{kernel} {shape}',
                             f'{gain:.0f}', gain >= SPARSE))
    return verdicts


def read_texts(path):
    with open(path) as f:
        for fmt, who, module, size in csv.reader(f, delimiter='\t'):
            yield fmt, (who, module, int(size))


def read_callgrind(directory):
    """Rows of (format, operation, instructions, loads, stores, allocations)."""
    for log in sorted(glob.glob(os.path.join(directory, '*.log'))):
        fmt = os.path.basename(log)[:-4]
        with open(log) as f:
            allocs = dict(line.rstrip('\n').split('\t') for line in f if '\t' in line)
        dumps = {}
        for path in glob.glob(f'{log[:-4]}.[0-9]*'):
            with open(path) as f:
                text = f.read()
            name = re.search(r'^desc: Trigger: Client Request: (.*)$', text, re.M)
            totals = re.search(r'^totals: (.*)$', text, re.M)
            if name and totals:
                dumps[name[1]] = [int(n) for n in totals[1].split()][:3]
        for name, count in allocs.items():
            if name not in dumps:
                sys.exit(f'error: callgrind has no {name} of {fmt}')
            yield fmt, name, *dumps[name], int(count)


def bar_chart(title, rows):
    """An SVG of how many times faster than the peer: a bar for each row."""
    height, left, width = 16, 330, 520
    most = max([1.0] + [r['peer'] / r['ours'] for r in rows])
    scale = width / most
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 70}" '
             f'height="{height * (len(rows) + 3)}" font-family="sans-serif" font-size="11">',
             f'<text x="10" y="16" font-size="13">{title}</text>']
    for i, row in enumerate(rows):
        y = height * (i + 2)
        value = row['peer'] / row['ours']
        name = f'{row["kernel"]} {row["format"]} {row["way"]} {row["shape"]} {row["op"]}'
        parts.append(f'<text x="{left - 6}" y="{y + 12}" text-anchor="end">{name}</text>')
        parts.append(f'<rect x="{left}" y="{y + 2}" width="{value * scale:.1f}" '
                     f'height="{height - 4}" fill="{"#4a7" if value >= 1 else "#c54"}"/>')
        parts.append(f'<text x="{left + value * scale + 4:.1f}" y="{y + 12}">{value:.2f}</text>')
    x = left + scale
    parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{height * 2}" '
                 f'y2="{height * (len(rows) + 2)}" stroke="#333" stroke-dasharray="3,3"/>')
    return '\n'.join(parts + ['</svg>', ''])


def processor():
    with open('/proc/cpuinfo') as f:
        names = [line.split(':', 1)[1].strip() for line in f if line.startswith('model name')]
    return f'{names[0]}, {len(names)} processors' if names else 'unknown'


def report(front, out, rows, texts, callgrind, missing, counts, about):
    """Lines that say it all."""
    lines = [f'{about["date"]}, kernel {about["kernel"]}, {about["processor"]}', '',
             'Nanoseconds for a call: medians, and the fastest samples. "direct" calls the page '
             "table's own operations,",
             '"core" goes through iommu_map() and iommu_unmap(); "stores" is a loop of as many '
             'plain stores.', '']
    lines += aligned(HEAD, [cells(row) for row in rows])
    if counts:
        lines += ['', 'Tables allocated and items stored.', '']
        lines += aligned(('kernel', 'shape', 'who', 'tables', 'stores'), [
            (kernel, shape, who, c['tables'], c['stores'])
            for (kernel, shape), by in counts.items() for who, c in by.items()], left=3)
    if texts:
        lines += ['', 'Bytes of code.', '']
        lines += aligned(('kernel', 'format', 'whose', 'module', 'bytes'), [
            (kernel, fmt, *size) for (kernel, fmt), sizes in texts.items() for size in sizes],
            left=4)
    if callgrind:
        lines += ['', 'Instructions, loads, stores and tables allocated by an operation of ours, in '
                  'userspace.', '']
        lines += aligned(('format', 'operation', 'instructions', 'loads', 'stores', 'tables'),
                         callgrind, left=2)
    if missing:
        lines += ['', 'Missing from the kernel, so not compared:', '']
        lines += [f'  {m}' for m in missing]
    verdicts = judge_bars(front, rows, texts, counts)
    lines += ['', 'Bars: how many times faster than the peer, unless it says otherwise.', '']
    lines += aligned(('bar', 'wanted', 'where', 'reached', ''), [
        (*v[:4], 'met' if v[4] else 'NOT MET') for v in verdicts], left=3)
    lines += ['', f'{sum(v[4] for v in verdicts)} met, {sum(not v[4] for v in verdicts)} not met']
    return lines, verdicts


def main_compare(front, out, logs):
    rows, missing, texts, counts, wrong, releases = [], [], {}, {}, [], []
    for log in logs:
        found = parse(log)
        if not found['begin'] or not found['result']:
            sys.exit(f'error: {log} has no results')
        got = compare(found)
        kernel = got[0]['kernel']
        rows += got
        releases.append(f'{found["begin"][0]["release"]} ({kernel}, '
                        f'{found["begin"][0]["processors"]} processors)')
        missing += [f'{kernel} {m["format"]}: {m["peer"]} ({m["what"]})' for m in found['missing']]
        wrong += [f'{kernel}: {text}' for text in found['wrong']]
        wrong += [f'{kernel}: {end["format"]}: {end["errors"]} errors' for end in found['end']
                  if end['errors'] != '0']
        if {r['format'] for r in got} != {end['format'] for end in found['end']}:
            wrong.append(f'{kernel}: a format did not come to its end')
        for count in found['count']:
            counts.setdefault((kernel, count['shape']), {})[count['who']] = {
                key: int(count[key]) for key in ('tables', 'stores')}
        if os.path.exists(log[:-4] + '.text'):
            for fmt, size in read_texts(log[:-4] + '.text'):
                texts.setdefault((kernel, fmt), []).append(size)
    about = {'date': datetime.date.today().isoformat(), 'kernel': ' and '.join(releases),
             'processor': processor()}
    callgrind = list(read_callgrind(os.path.join(out, 'callgrind')))
    lines, verdicts = report(front, out, rows, texts, callgrind, missing, counts, about)
    print('\n'.join(lines))
    with open(os.path.join(out, 'table.txt'), 'w') as f:
        f.write('\n'.join(lines) + '\n')
    with open(os.path.join(out, 'results.csv'), 'w', newline='') as f:
        names = list(dict.fromkeys(key for row in rows for key in row))
        writer = csv.DictWriter(f, names)
        writer.writeheader()
        writer.writerows(rows)
    with open(os.path.join(out, 'results.json'), 'w') as f:
        json.dump({'about': about, 'rows': rows, 'missing': missing, 'callgrind': callgrind,
                   'text': [[*key, *size] for key, sizes in texts.items() for size in sizes],
                   'counts': [[*key, by] for key, by in counts.items()],
                   'bars': [dict(zip(('bar', 'wanted', 'where', 'reached', 'met'), v))
                            for v in verdicts]}, f, indent=1)
    with open(os.path.join(out, 'plot.svg'), 'w') as f:
        f.write(bar_chart(f'{front}: times faster than the peer, {about["date"]}',
                          [r for r in rows if r['peer'] and r['ours']]))
    for text in wrong:
        print(f'error: {text}', file=sys.stderr)
    return 1 if wrong else 0


def main_document(preface, directory):
    with open(preface) as f:
        print(f.read().rstrip())
    for front, title in (('iommu', 'IOMMU page tables'), ('gpu', 'GPU page tables')):
        path = os.path.join(directory, front, 'table.txt')
        if not os.path.exists(path):
            continue
        print(f'\n{title}\n{"-" * len(title)}\n\n::\n')
        with open(path) as f:
            for line in f:
                print(('    ' + line).rstrip())
    return 0


def main():
    if len(sys.argv) == 4 and sys.argv[1] == '--document':
        return main_document(*sys.argv[2:])
    if len(sys.argv) < 4 or sys.argv[1] not in ('iommu', 'gpu'):
        sys.exit(__doc__)
    return main_compare(sys.argv[1], sys.argv[2], sys.argv[3:])


if __name__ == '__main__':
    sys.exit(main())
