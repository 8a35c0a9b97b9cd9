#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the results in meson's test logs.

In: paths of testlog.json (one JSON object a line). Out: a line for each test that did not pass; the
skipped ones under the reason that they gave, which is the last line of their output that begins with
`skipped: `; and `N passed, N failed, N skipped`. Exit code 1 when a test failed, a log is missing, or
nothing passed.
"""
import json
import os
import sys

GOOD = ("OK", "EXPECTEDFAIL")
WHY = "skipped: "


def results(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return [json.loads(line) for line in f]


def reason(test):
    """Why a test says that it did not run."""
    lines = (test.get("stdout") or "").splitlines()
    said = [line[len(WHY):].strip() for line in lines if line.startswith(WHY)]
    return said[-1] if said else "no reason given"


def main(paths):
    passed, failed, skipped = 0, 0, {}
    for path in paths:
        if not os.path.exists(path):
            print("%s: no log: the tests did not run" % path)
            failed += 1
            continue
        for test in results(path):
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
    sys.exit(main(sys.argv[1:]))
