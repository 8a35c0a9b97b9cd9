# SPDX-License-Identifier: Apache-2.0
"""The documents say what is so: docs/reference.md is what the program's --help prints, the schema of
chips and the table in docs/hardware.md are what hw/chip.def says, links lead to files that exist, and the
commands of the README's tutorial and of docs/embedded.md work when pasted.

README shows the end of the demo as it is.

The version is the same wherever it stands.

Argument: `reference`, `chip_keys`, `versions`, `links`, `tutorial`, `embedded` or `demo`.
"""
import os
import re
import subprocess
import sys

from e2e import DIGITS, SOURCE, TTFS, Case, llvm_tool, need

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


def made(case, tool, *args):
    """A tool says that what it makes is what is there."""
    p = subprocess.run([sys.executable, os.path.join(SOURCE, "tools", tool), *args, "--check"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    case.check(p.returncode == 0, p.stdout.decode())


def reference(case):
    made(case, "make_reference.py", os.path.abspath(TTFS))


def chip_keys(case):
    made(case, "make_chip_keys.py")


def versions(case):
    """One version everywhere; the package's list of symbols is what the header declares."""
    version = case.good("--version").out.split()[1]
    newest = re.search(r"^## (\S+), ", text_of("CHANGELOG.md"), re.M)[1]
    debian = re.match(r"ttfs \(([^)]+)-\d+\)", text_of("debian/changelog"))[1]
    wheel = subprocess.run([sys.executable, "-c", "import backend; print(backend.version())"], check=True, stdout=subprocess.PIPE,
                           cwd=os.path.join(SOURCE, "python")).stdout.decode().strip()
    core = re.search(r"^name: ttfs:ttfs:ttfs:(\S+)$", text_of("ttfs.core"), re.M)[1]
    case.equal((newest, debian, wheel, core), (version,) * 4, "versions of CHANGELOG.md, debian/changelog, the wheel, ttfs.core")
    subprocess.run([sys.executable, os.path.join(SOURCE, "tools", "export_map.py"), os.path.join(SOURCE, "include", "ttfs.h"),
                    case.path("map")], check=True)
    with open(case.path("map"), encoding="utf-8") as f:
        declared = re.findall(r"^    (ttfs_\w+);", f.read(), re.M)
    listed = re.findall(r"^ (ttfs_\w+)@TTFS_0 ", text_of("debian/libttfs0.symbols"), re.M)
    case.equal(listed, declared, "debian/libttfs0.symbols")


def links(case):
    for name in documents():
        for target, _ in LINK.findall(text_of(name)):
            path = os.path.join(SOURCE, os.path.dirname(name), target)
            case.check(os.path.exists(path), "%s: the link to %s leads nowhere" % (name, target))


def tutorial(case):
    section = text_of("README.md").split("\n## Tutorial", 1)[1].split("\n## ", 1)[0]
    paste(case, section, 3)


def embedded(case):
    need("qemu-riscv32")
    os.makedirs(case.path("bin"))
    for tool in ("clang", "ld.lld", "llvm-size"): # the LLVM that is here under the document's names
        os.symlink(llvm_tool(tool), case.path("bin", tool + "-19"))
    said = paste(case, text_of(os.path.join("docs", "embedded.md")), 2)
    for text in said:
        case.check("class  0\n" in text, "the example's digit is a 0:\n%s" % text)


def paste(case, section, least):
    """Runs the shell blocks of a text, one shell after the other, in a folder that looks like the
    source tree; what they print."""
    blocks = BLOCK.findall(section)
    case.check(len(blocks) >= least, "only %d shell blocks" % len(blocks))
    os.makedirs(case.path("build"))
    os.symlink(os.path.abspath(TTFS), case.path("build", "ttfs"))
    for name in ("examples", "tools", "hw"):
        os.symlink(os.path.join(os.path.abspath(SOURCE), name), case.path(name))
    said = []
    for block in blocks:
        env = dict(os.environ, PATH=case.path("bin") + os.pathsep + os.environ["PATH"])
        p = subprocess.run(["bash", "-euc", block], cwd=case.folder, env=env, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        said.append(p.stdout.decode(errors="replace"))
        case.check(p.returncode == 0, "pasted and failed (%d):\n%s\n%s" % (
            p.returncode, block, said[-1][-3000:]))
    return said


def demo(case):
    """Every line that the README shows of the demo's end is a line of its end today."""
    outs = []
    for net in ("digits_mlp", "digits_cnn"):
        outs.append("out/" + net)
        case.compile(net, outs[-1])
        case.good("verify", outs[-1], "--input", os.path.join(DIGITS, "test.npz"),
                  "--engines", "golden,rtl")
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
    {"reference": reference, "chip_keys": chip_keys, "versions": versions, "links": links, "tutorial": tutorial, "embedded": embedded,
     "demo": demo}[what](case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
