# SPDX-License-Identifier: Apache-2.0
"""Gives a fuzz target the sound inputs of seeds.py, which its reader must take, and damaged copies of them.

Arguments: FUZZ-PROGRAM TARGET COUNT SEED. The number of copies can be raised for a long run:
TTFS_FUZZ_FACTOR=100 meson test --suite fuzz --timeout-multiplier 100
"""
import os
import subprocess
import sys

import seeds

from e2e import Case


def main(program, target, count, seed):
    case = Case()
    count = int(count) * int(os.environ.get("TTFS_FUZZ_FACTOR", "1"))
    files = [case.write(name, data) for name, data in seeds.make(case)[target].items()]
    p = subprocess.run([program, target, "--damage", str(count), seed, *files], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       check=False)
    print(p.stdout.decode(errors="replace")[-6000:])
    case.check(p.returncode == 0, "fuzz %s ended with %d" % (target, p.returncode))
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
