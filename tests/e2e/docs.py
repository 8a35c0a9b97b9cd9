# SPDX-License-Identifier: Apache-2.0
"""The documents say what is so: docs/reference.md is what the program's --help prints, links lead
to files that exist, and the commands of the README's tutorial work when pasted.

README shows the end of the demo as it is.

Argument: `reference`, `links`, `tutorial` or `demo`.
"""
import os
import re
import subprocess
import sys

from e2e import DIGITS, SOURCE, TTFS, Case

LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
SHOWN = re.compile(r"^```text\n(What was proven.*?)^```", re.M | re.S)


def documents():
    for folder in ("", "docs", "examples/digits", "tools/bench"):
        for name in sorted(os.listdir(os.path.join(SOURCE, folder))):
            if name.endswith(".md"):
                yield os.path.join(folder, name)


def text_of(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as f:
        return f.read()


def reference(case):
    p = subprocess.run([sys.executable, os.path.join(SOURCE, "tools", "make_reference.py"),
                        os.path.abspath(TTFS), "--check"], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, check=False)
    case.check(p.returncode == 0, p.stdout.decode())


def links(case):
    for name in documents():
        for target, _ in LINK.findall(text_of(name)):
            path = os.path.join(SOURCE, os.path.dirname(name), target)
            case.check(os.path.exists(path), "%s: the link to %s leads nowhere" % (name, target))


def tutorial(case):
    """Runs the shell blocks of README.md's tutorial, one shell after the other, in a folder that
    looks like the source tree."""
    section = text_of("README.md").split("\n## Tutorial", 1)[1].split("\n## ", 1)[0]
    blocks = BLOCK.findall(section)
    case.check(len(blocks) >= 3, "only %d shell blocks in the tutorial" % len(blocks))
    os.makedirs(case.path("build"))
    os.symlink(os.path.abspath(TTFS), case.path("build", "ttfs"))
    for name in ("examples", "tools", "hw"):
        os.symlink(os.path.join(os.path.abspath(SOURCE), name), case.path(name))
    for block in blocks:
        p = subprocess.run(["bash", "-euc", block], cwd=case.folder, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        case.check(p.returncode == 0, "pasted and failed (%d):\n%s\n%s" % (
            p.returncode, block, p.stdout.decode(errors="replace")[-3000:]))


def demo(case):
    """Every line that the README shows of the demo's end is a line of its end today."""
    outs = []
    for net in ("digits_mlp", "digits_cnn"):
        outs.append("out/" + net)
        case.compile(net, outs[-1])
        case.good("verify", outs[-1], "--input", os.path.join(DIGITS, "test.npz"))
    p = subprocess.run([sys.executable, os.path.join(SOURCE, "tools", "demo_summary.py"),
                        os.path.abspath(TTFS), os.path.join(DIGITS, "test.npz"), *outs],
                       cwd=case.folder, stdout=subprocess.PIPE, check=False)
    case.equal(p.returncode, 0, "exit code of the demo's end")
    printed = p.stdout.decode().splitlines()
    for line in SHOWN.search(text_of("README.md")).group(1).splitlines():
        case.check(line == "..." or line in printed,
                   "the README shows %r, the demo prints:\n%s" % (line, "\n".join(printed)))


def main(what):
    case = Case()
    {"reference": reference, "links": links, "tutorial": tutorial, "demo": demo}[what](case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
