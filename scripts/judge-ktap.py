#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Judge one KTAP log: a line for each suite, and the totals for the caller.

  judge-ktap.py KUNIT_PY LABEL LOG [SUITES]

The kernel's own kunit.py parses it: it knows the plans, so that a test which
did not report is an error. Beyond that, complaints of the kernel outside of
the tests are failures, and so are fewer than SUITES suites.
The last line of the output is "total PASSED FAILED SKIPPED".
"""
import json
import os
import re
import subprocess
import sys
import tempfile

COMPLAINT = re.compile(r'^(?!\s*#).*(BUG: |WARNING: |INFO: |Oops|KASAN: |Kernel panic|'
                       r'\*\*\* DEADLOCK|general protection|UBSAN: |unreferenced object)')


def cases(group):
    """All test cases of a group, parametrised ones included."""
    for sub in group['sub_groups']:
        for name, status in cases(sub):
            yield f"{sub['name']}.{name}", status
    for case in group['test_cases']:
        yield case['name'], case['status']


def main():
    kunit_py, label, log = sys.argv[1:4]
    expected = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    with tempfile.NamedTemporaryFile(suffix='.json') as out:
        parsed = subprocess.run([sys.executable, kunit_py, 'parse', '--json=' + out.name,
                                 os.path.abspath(log)], capture_output=True, text=True)
        text = out.read()
    passed = failed = skipped = suites = 0
    root = json.loads(text) if text else {'sub_groups': [], 'test_cases': [], 'misc': {'errors': 1}}
    groups = root['sub_groups'] or [root]
    for suite in groups:
        results = list(cases(suite))
        bad = [name for name, status in results if status in ('FAIL', 'ERROR')]
        good = sum(status == 'PASS' for _, status in results)
        skip = len(results) - good - len(bad)
        if not results:
            continue
        suites += 1
        passed, failed, skipped = passed + good, failed + len(bad), skipped + skip
        print(f"  {'FAILED' if bad else 'ok':7}{label:28} {suite['name']:32} {good:5} passed" +
              (f", {len(bad)} failed" if bad else '') + (f", {skip} skipped" if skip else ''))
        for name in bad:
            print(f'          {name}')
    with open(log, errors='replace') as lines:
        lines = lines.read().splitlines()
    complaints = [line.strip() for line in lines if COMPLAINT.search(line)]
    shown = 0
    for number, line in enumerate(lines):
        if re.search('(EXPECTATION|ASSERTION) FAILED', line) and shown < 5:
            print('\n'.join('          ' + text.strip() for text in lines[number:number + 4]
                            if not re.match(r'\s*(not )?ok ', text)))
            shown += 1
    problems = []
    if complaints:
        problems.append('the kernel complained: ' + complaints[0])
    if root['misc'].get('errors') or parsed.returncode and not failed:
        errors = [re.sub(r'\x1b\[[0-9;]*m', '', line) for line in parsed.stdout.splitlines()
                  if 'ERROR' in line]
        problems.append('KTAP: ' + (errors[0] if errors else 'no complete result'))
    if suites < expected or not passed and expected:
        problems.append(f'{suites} suites and {passed} passed tests where {expected} suites were expected')
    for problem in problems:
        print(f'  FAILED {label:28} {problem}')
    print('total', passed, failed + len(problems), skipped)


main()
