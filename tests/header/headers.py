# SPDX-License-Identifier: Apache-2.0
"""Every public header of one floor stands alone, twice, as strict C11 and as C++17, with only the
headers of the floors that this one may see.

Arguments: C compiler, C++ compiler, the floor's folder, the folders it needs. In: the *.h files of
the folder that other floors include, which is all of them. Out: exit code 1 and the compiler's words when
one does not.
"""
import glob
import os
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-Wundef", "-fsyntax-only",
            "-D_POSIX_C_SOURCE=200809L"]


def compiles(compiler, language, standard, header, folders):
    source = '#include "%s"\n' % os.path.basename(header) * 2 + "extern int ttfs_header_test;\n"
    command = [compiler, "-x", language, "-std=" + standard, *WARNINGS,
               *("-I" + f for f in folders), "-"]
    p = subprocess.run(command, input=source.encode(), stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False)
    if p.returncode:
        print("%s as %s:\n%s" % (header, standard, p.stdout.decode()))
    return p.returncode == 0


def main(cc, cxx, *folders):
    headers = sorted(glob.glob(os.path.join(folders[0], "*.h")))
    if not headers:
        print("%s: no headers" % folders[0])
        return 1
    good = [compiles(cc, "c", "c11", h, folders) and compiles(cxx, "c++", "c++17", h, folders)
            for h in headers]
    print("%d of %d headers stand alone" % (sum(good), len(good)))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
