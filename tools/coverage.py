#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The table of tools/coverage.sh, which says what is counted.

    coverage.py BUILD [PATH...]

In: a build folder with gcov's notes and counts. Out: for each PATH (a folder or file of the tree) what
nothing reached, then the table. Every object is asked, so what stands in a header is added up over all
that include it. Same counts, same output. Exit code 1 when there is nothing to read.
"""
import collections
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PARTS = ("compiler/", "runtime/", "hw/")  # of the tree that count
AT_ONCE = 50  # objects in one call of gcov


def objects(build):
    """Paths of the notes of every object that is there."""
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(build) for name in names
                  if name.endswith(".gcno") and name[:-len("gcno")] + "o" in names)


def reports(build):
    """gcov's report of each object."""
    notes = objects(build)
    for i in range(0, len(notes), AT_ONCE):
        # What was counted in an object that has changed since is passed over, with an exit code.
        p = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *notes[i:i + AT_ONCE]],
                           cwd=build, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        yield from (json.loads(line) for line in p.stdout.splitlines() if line.startswith(b"{"))


def counts(build):
    """{file: {(line, function): [times reached, [times each branch was taken]]}}"""
    found = collections.defaultdict(dict)
    for report in reports(build):
        where = report["current_working_directory"]
        for one in report["files"]:
            path = os.path.relpath(os.path.realpath(os.path.join(where, one["file"])), ROOT)
            if path.startswith(PARTS):
                for line in one["lines"]:
                    add(found[path], line)
    return found


def add(lines, line):
    """One object's counts of a line of a function joins those of the others."""
    taken = [b["count"] for b in line["branches"] if not b["throw"]]
    have = lines.setdefault((line["line_number"], line.get("function_name", "")), [0, []])
    have[0] += line["count"]
    have[1] += [0] * (len(taken) - len(have[1]))
    for i, n in enumerate(taken):
        have[1][i] += n


def tally(files):
    """(lines reached, lines, branches taken, branches) of some files."""
    sums = [0, 0, 0, 0]
    for lines in files:
        for number in {n for n, _ in lines}:
            of_line = [c for (n, _), c in lines.items() if n == number]
            sums[0] += any(times for times, _ in of_line)
            sums[1] += 1
        for _, taken in lines.values():
            sums[2] += sum(n > 0 for n in taken)
            sums[3] += len(taken)
    return sums


def show(name, sums):
    part = [100.0 * sums[i] / sums[i + 1] if sums[i + 1] else 100.0 for i in (0, 2)]
    print("%-26s %6d of %6d %6.1f %%   %6d of %6d %6.1f %%" % (name, sums[0], sums[1], part[0], sums[2], sums[3], part[1]))


def show_missing(path, lines):
    """What nothing reached of a file, with its text."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        text = f.read().split("\n")
    for (number, function), (times, taken) in sorted(lines.items()):
        never = [str(i + 1) for i, n in enumerate(taken) if n == 0]
        if times == 0 or never:
            what = "line" if times == 0 else "branch %s of %d" % (",".join(never), len(taken))
            print("%s:%d: %s: %s: %s" % (path, number, function, what, text[number - 1].strip()))


def main(build, *missing):
    found = counts(os.path.abspath(build))
    if not found:
        print("coverage: error: %s: no counts: build it with -Db_coverage=true" % build, file=sys.stderr)
        return 1
    for path in sorted(found):
        if any(path == m or path.startswith(m.rstrip("/") + "/") for m in missing):
            show_missing(path, found[path])
    print("%-26s %-26s %s" % ("folder", "lines", "  branches"))
    for folder in sorted({os.path.dirname(path) for path in found}):
        show(folder, tally(found[path] for path in found if os.path.dirname(path) == folder))
    show("total", tally(found.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
