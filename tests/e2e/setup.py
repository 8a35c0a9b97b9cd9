# SPDX-License-Identifier: Apache-2.0
"""tools/setup.sh on machines that are not here: releases, installed packages and archives are played
by small programs in PATH, and what would be installed is held against what it should be.
"""
import os
import subprocess
import sys

from e2e import SOURCE, Case

SETUP = os.path.join(os.path.abspath(SOURCE), "tools", "setup.sh")
RELEASES = {"bookworm": ("debian", True), "trixie": ("debian", False), "noble": ("ubuntu", True)}
# What dpkg, apt and id say: `installed` and `archive` are files with a package a line.
PLAYED = {
    "dpkg-query": 'while read -r p; do case " $* " in *" $p "* | *"llvm-*-dev"*) echo "$p installed" ;; esac; done <installed',
    "apt-cache": 'grep -qxF "$2" archive && echo "  Candidate: 1" || echo "  Candidate: (none)"',
    "apt-get": 'echo "$*" >>calls; for p in "$@"; do case $p in install | update | -*) ;; *) echo "$p" >>installed ;; esac; done',
    "id": "echo 0",
}


class Machine:
    def __init__(self, case, release, installed=(), archive=()):
        self.case, self.env = case, dict(os.environ)
        case.write("os", 'ID=%s\nVERSION_CODENAME=%s\nPRETTY_NAME="Some %s"\n' % (
            RELEASES.get(release, ("debian",))[0], release, release))
        case.write("installed", "".join(p + "\n" for p in installed))
        case.write("archive", "".join(p + "\n" for p in archive))
        case.write("calls", "")
        os.makedirs(case.path("bin"), exist_ok=True)
        for name, text in PLAYED.items():
            os.chmod(case.write("bin/" + name, "#!/bin/sh\n%s\n" % text), 0o755)
        self.env.update(PATH=case.path("bin") + os.pathsep + os.environ["PATH"], TTFS_OS_RELEASE=case.path("os"))

    def setup(self, *args):
        p = subprocess.run([SETUP, *args], cwd=self.case.folder, env=self.env, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False)
        return p.returncode, p.stdout.decode()

    def packages(self):
        return self.setup("--list")[1].split()

    def calls(self):
        with open(self.case.path("calls"), encoding="utf-8") as f:
            return f.read().splitlines()


def known(case, release, formatted):
    everything = Machine(case, release).packages()
    case.equal("clang-format-14" in everything, formatted, "%s has clang-format 14" % release)
    m = Machine(case, release, installed=["gcc", "git"], archive=everything)
    code, said = m.setup()
    case.equal(code, 0, said)
    case.check("(%s), LLVM 19" % release in said, "%s is not named: %s" % (release, said))
    case.equal(sorted(m.calls()[-1].split()[4:]), sorted(set(everything) - {"gcc", "git"}), "installed on " + release)
    case.check(("layout is skipped" in said) != formatted, said)
    calls = len(m.calls())
    case.equal((m.setup()[0], len(m.calls())), (0, calls), "exit code, calls of apt when everything is there")
    code, said = Machine(case, release, archive=[p for p in everything if p != "yosys"]).setup()
    case.check(code == 1 and "'yosys'" in said and "Some " + release in said, said)


def llvm(case):
    """An installed one is kept, the newest of them; else the first from 19 on that is whole."""
    with_19 = Machine(case, "trixie").packages()
    with_22 = [p.replace("-19", "-22") for p in with_19]
    case.equal(Machine(case, "trixie", ["llvm-14-dev", "llvm-22-dev", "llvm-21-dev"]).packages(), with_22, "LLVM 22 is there")
    m = Machine(case, "trixie", archive=["llvm-19-dev", "llvm-20-dev", "clang-20"] + with_22)
    case.equal((m.setup()[0], m.packages()), (0, with_22), "an archive without the whole of 19")
    code, said = Machine(case, "noble", archive=[p for p in with_19 if "19" not in p]).setup()
    case.check(code == 1 and "no LLVM 19 or later" in said and "universe" in said, said)


def unknown(case):
    m = Machine(case, "forky", archive=Machine(case, "forky").packages())
    code, said = m.setup()
    case.check(code == 1 and "Some forky" in said and "trixie" in said and "libcjson-dev" in said, said)
    case.equal(m.calls(), [], "calls of apt on an unknown release")
    m = Machine(case, "forky", installed=m.packages())
    case.equal((m.setup()[0], m.calls()), (0, []), "everything is there on an unknown release")


def main():
    case = Case()
    for release, (_, formatted) in RELEASES.items():
        known(case, release, formatted)
    llvm(case)
    unknown(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
