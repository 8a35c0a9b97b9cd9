#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the results in meson's test logs.

In: the seconds that the tests had, and paths: PATH.json is a log (one JSON object a line), PATH.names, where there is
one, the tests that were to run, a line each, and PATH.late is there when time ended them: then those that did not run or
did not end are skipped, unless they were at work for longer than HUNG_S. Out: a line for each test that did not pass;
the skipped ones under the reason that they gave, which is the last line of their output that begins with `skipped: `;
and `N passed, N failed, N skipped`. Exit code 1 when a test failed, a log is missing that no lack of time explains, or
nothing passed.
"""
import json
import os
import sys

GOOD = ("OK", "EXPECTEDFAIL")
WHY = "skipped: "
HUNG_S = 300  # no sound test takes that long: the longest takes 133 s on a slow machine


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read().splitlines()


def parsed(line):
    """A test's result; None of a line that the end of the time cut."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def results(path, late):
    """What the log says; of what it does not say and of what was cut short: `late`."""
    found = [test for test in map(parsed, lines(path + ".json")) if test]
    done = {test["name"] for test in found}
    for test in found:
        if late and test["result"] == "INTERRUPT" and test.get("duration", 0) < HUNG_S:
            test.update(result="SKIP", stdout=WHY + late)
    rest = {"result": "SKIP", "stdout": WHY + late} if late else {"result": "MISSING"}
    return found + [dict(rest, name=name) for name in lines(path + ".names") if name not in done]


def reason(test):
    """Why a test says that it did not run."""
    lines = (test.get("stdout") or "").splitlines()
    said = [line[len(WHY):].strip() for line in lines if line.startswith(WHY)]
    return said[-1] if said else "no reason given"


def main(seconds, paths):
    passed, failed, skipped = 0, 0, {}
    why_late = "no time was left of %s s (TTFS_TEST_SECONDS=0: no limit)" % seconds
    for path in paths:
        late = why_late if os.path.exists(path + ".late") else ""
        found = results(path, late)
        if not found and not late:
            print("%s: no log: the tests did not run" % path)
            failed += 1
        elif not found:
            skipped.setdefault(late, []).append(path)
        for test in found:
            if test["result"] in GOOD:
                passed += 1
            elif test["result"] == "SKIP":
                skipped.setdefault(reason(test), []).append(test["name"])
            else:
                failed += 1
                print("FAILED (%s): %s" % (test["result"].lower(), test["name"]))
    for why, names in sorted(skipped.items()):
        print("skipped, %d: %s" % (len(names), why))
        for name in sorted(set(names)):
            print("    %s%s" % (name, " (%d times)" % names.count(name) if names.count(name) > 1 else ""))
    print("%d passed, %d failed, %d skipped" % (passed, failed, sum(map(len, skipped.values()))))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
