#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Print Documentation/hardware-truth.rst: what was written by hand, and tables.

  hwcheck_doc.py PREFACE RESULTS EXCEPTIONS MUTANTS

RESULTS is build/hwcheck/results, lines of format, oracle, case, key, number; EXCEPTIONS
what "hwcheck_<fmt> exceptions" prints; MUTANTS is tools/mutants/hardware.
"""
import sys
from collections import defaultdict

SIZES = "KMGTPE"
FEATURES = [
    ("hole", "holes"), ("no read", "refused reads"), ("no write", "refused writes"),
    ("no exec", "refused fetches"), ("privileged", "refused to users"),
    ("outside", "beyond the VA width"),
    ("edges", "*at the edge of a leaf*"), ("changed", "*changed by an operation*"),
    ("checks", "**all**"),
]


def size(lg2):
    return f"{1 << lg2 % 10}{SIZES[lg2 // 10 - 1]}"


def table(header, rows):
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(r[i]) for r in [header, *rows]) for i in range(len(header))]
    bar = " ".join("=" * w for w in widths)

    def line(row):
        # In a simple table an empty first cell would continue the row above.
        row = [row[0] or "\\", *row[1:]]
        return " ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip()

    return "\n".join([bar, line(header), bar, *map(line, rows), bar, ""])


def title(text, mark):
    return f"{text}\n{mark * len(text)}\n"


def lines(path):
    with open(path) as f:
        return [line.rstrip("\n") for line in f]


def matrix(results):
    """For each format: features down, oracles across; then the configurations."""
    sums = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    cases = defaultdict(lambda: defaultdict(list))
    for fmt, oracle, case, key, n in results:
        sums[fmt][oracle][key] += int(n)
        if key == "checks":
            cases[fmt][oracle].append(case)
    for fmt in sorted(sums):
        oracles = sorted(sums[fmt])
        keys = {key for o in oracles for key in sums[fmt][o]}
        rows = [(key, "leaves of " + size(int(key.split()[1])))
                for key in sorted((k for k in keys if k.startswith("size ")),
                                  key=lambda k: int(k.split()[1]))]
        rows += [row for row in FEATURES if row[0] in keys]
        print(title(fmt, "~"))
        print(table(["checks", *oracles],
                    [[text, *(sums[fmt][o].get(key) or "-" for o in oracles)]
                     for key, text in rows]))
        for oracle in oracles:
            print(f"* {oracle}: " + "; ".join(sorted(cases[fmt][oracle])))
        print()


def exceptions(results, known):
    taken = defaultdict(int)
    for fmt, oracle, _, key, n in results:
        if key.startswith("except "):
            taken[oracle, key[len("except "):]] += int(n)
    for oracle, fmt, config, name, reason in known:
        where = f"{oracle}, {'all formats' if fmt == '*' else f'``{fmt}``'}"
        if config != "*":
            where += f", ``{config}``"
        n = taken.pop((oracle, name), 0)
        print(f"{name} ({where}): {n} checks\n\t{reason}\n")
    if taken:
        sys.exit(f"error: exceptions that nobody knows: {dict(taken)}")


def mutants(path):
    seen, unseen = defaultdict(int), []
    for line in lines(path):
        if line.startswith("#") or not line.strip():
            continue
        name, fmt = line.split()[:2]
        seen[fmt] += "###" not in line
        if "###" in line:
            unseen.append([name, fmt, line.split("###")[1].strip()])
    print("Found: " + ", ".join(f"{n} in {fmt}" for fmt, n in sorted(seen.items())) +
          ". Found by no oracle:\n")
    print(table(["mutant", "format", "why"], unseen))


def main():
    preface, results, known, mutant_list = sys.argv[1:]
    results = [line.split("\t") for line in lines(results)]
    known = [line.split("\t") for line in lines(known)]
    total = sum(int(n) for _, _, _, key, n in results if key == "checks")
    print("\n".join(lines(preface)))
    print(title("What agreed", "-"))
    print(f"All of this was printed by ``make hwcheck DOCUMENT=1``: {total} checks in "
          f"{len({tuple(r[:3]) for r in results})} configurations.\nA check is one access whose "
          "OA, or refusal, was compared. Numbers differ a little from run to\nrun, because some "
          "seeds are random.\n")
    matrix(results)
    print(title("Exceptions", "-"))
    print("Accesses that were made but not judged, and why. ``tools/hwcheck/exceptions.c`` is "
          "the table.\n")
    exceptions(results, known)
    print(title("Planted mistakes", "-"))
    print("``make hwcheck-mutants`` plants the mistakes of ``tools/mutants/hardware``, one or more "
          "for each\nfield of each format's entries, in the encoder and the decoder alike. No test "
          "that reads what it\nwrote can find those.\n")
    mutants(mutant_list)


main()
