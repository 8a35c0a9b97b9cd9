#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the results in meson's test logs.

In: paths of testlog.json (one JSON object a line). Out: a line for each test that did not pass, then
`N passed, N failed`, with `, N skipped` when there are any. Exit code 1 when a test failed, a log is
missing, or nothing passed.
"""
import json
import os
import sys

GOOD = ("OK", "EXPECTEDFAIL")


def main(paths):
    passed, failed, skipped = 0, 0, 0
    for path in paths:
        if not os.path.exists(path):
            print("%s: no log: the tests did not run" % path)
            failed += 1
            continue
        with open(path, encoding="utf-8", errors="replace") as f:
            for line in f:
                test = json.loads(line)
                if test["result"] in GOOD:
                    passed += 1
                    continue
                skip = test["result"] == "SKIP"
                skipped += skip
                failed += not skip
                print("%s: %s" % ("skipped" if skip else "FAILED (%s)" % test["result"].lower(),
                                  test["name"]))
                if skip and test.get("stdout"):
                    print("    " + test["stdout"].strip().splitlines()[-1])
    print("%d passed, %d failed%s" % (passed, failed, ", %d skipped" % skipped if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
