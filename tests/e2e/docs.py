# SPDX-License-Identifier: Apache-2.0
"""The documents say what is so: docs/reference.md is what the program's --help prints, the schema of
chips and the table in docs/hardware.md are what hw/chip.def says, links lead to files and headings that exist, commands in
boxes are those of the program, and the tutorials work when pasted and print what they show.

README shows the end of the demo as it is.

The version is the same wherever it stands.

Argument: `reference`, `chip_keys`, `theorem` with its program behind it, `versions`, `links`, `boxes`, `tutorial` (README), `engineer`, `designer`, `researcher`, `exact`,
`embedded` or `demo`; of those that want the Python package, behind it the library.
"""
import ast
import os
import re
import subprocess
import sys

from e2e import DIGITS, SOURCE, TTFS, Case, complaints, interpreter, llvm_tool, need

sys.path.insert(0, os.path.join(SOURCE, "tools", "manual"))
from option_table import commands  # noqa: E402

LINK = re.compile(r"\]\(([^)#:\s]*)(#[^)\s]*)?\)")
HEADING = re.compile(r"^#+ (.*)$", re.M)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
INDENTED = re.compile(r"^    (.*)$", re.M)
COMMAND = re.compile(r"(?:^|[|&;(!] *)(?:build/)?ttfs ([a-z]+)((?: [^|&;)#]*)?)")
OPTION = re.compile(r"(?<=\s)--([a-z][\w-]*)")
NOT_SOURCE = re.compile(r"^(build.*|out|\..*|__pycache__)$")
SHOWN = re.compile(r"^```text\n(What was proven.*?)^```", re.M | re.S)


def documents():
    """All Markdown files of the source, by their paths."""
    for folder, folders, names in os.walk(SOURCE):
        folders[:] = sorted(f for f in folders if not NOT_SOURCE.match(f))
        for name in sorted(names):
            if name.endswith(".md"):
                yield os.path.relpath(os.path.join(folder, name), SOURCE)


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


def theorem(case, program):
    made(case, "make_theorem.py", program)


def versions(case):
    """One version everywhere; no item of the changelog twice, as merges leave them; the packages' list of symbols is what the header declares, their headers are what is installed."""
    version = case.good("--version").out.split()[1]
    newest = re.search(r"^## (\S+), ", text_of("CHANGELOG.md"), re.M)[1]
    debian = re.match(r"ttfs \(([^)]+)-\d+\)", text_of("debian/changelog"))[1]
    wheel = subprocess.run([sys.executable, "-c", "import backend; print(backend.version())"], check=True, stdout=subprocess.PIPE,
                           cwd=os.path.join(SOURCE, "python")).stdout.decode().strip()
    core = re.search(r"^name: ttfs:ttfs:ttfs:(\S+)$", text_of("ttfs.core"), re.M)[1]
    case.equal((newest, debian, wheel, core), (version,) * 4, "versions of CHANGELOG.md, debian/changelog, the wheel, ttfs.core")
    items = re.findall(r"^- (.{60})", text_of("CHANGELOG.md"), re.M)
    case.equal([n for n in sorted(set(items)) if items.count(n) > 1], [], "items of CHANGELOG.md that begin alike")
    subprocess.run([sys.executable, os.path.join(SOURCE, "tools", "export_map.py"), os.path.join(SOURCE, "include", "ttfs.h"),
                    case.path("map")], check=True)
    with open(case.path("map"), encoding="utf-8") as f:
        declared = re.findall(r"^    (ttfs_\w+);", f.read(), re.M)
    listed = re.findall(r"^ (ttfs_\w+)@TTFS_0 ", text_of("debian/libttfs0.symbols"), re.M)
    case.equal(listed, declared, "debian/libttfs0.symbols")
    calls = "".join(re.findall(r"^install_headers\((.*?)subdir", text_of("meson.build"), re.M | re.S))
    packed = "".join(text_of("debian/%s.install" % p) for p in ("libttfs-dev", "libttfsjit-dev"))
    case.equal(sorted(re.findall(r"^usr/include/ttfs/(\S+)$", packed, re.M)), sorted(os.path.basename(n) for n in re.findall(r"'([^']+)'", calls)),
               "headers of the packages and of meson.build")


def places(name):
    """The anchors of a document, as a viewer makes them of its headings."""
    found = set()
    for heading in HEADING.findall(FENCE.sub("", text_of(name))):
        text = re.sub(r"\]\([^)]*\)", "", heading.lower())
        found.add(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text)))
    return found


def faults_of_links(name, text):
    """What leads nowhere in the text of a document."""
    for target, anchor in LINK.findall(INDENTED.sub("", FENCE.sub("", text))):
        path = os.path.normpath(os.path.join(os.path.dirname(name), target)) if target else name
        if not os.path.exists(os.path.join(SOURCE, path)):
            yield "%s: the link to %s leads nowhere" % (name, target)
        elif anchor and path.endswith(".md") and anchor[1:] not in places(path):
            yield "%s: %s has no place %s" % (name, path, anchor)


def links(case):
    for name in documents():
        for fault in faults_of_links(name, text_of(name)):
            case.check(False, fault)
    damaged = "[a](no/such.md) [b](#no-such) [c](../README.md#install) [d](../README.md#in-stall) [e](https://x.invalid/y.md)"
    case.equal(len(list(faults_of_links("docs/exact.md", damaged))), 3, "damaged links that are noticed")


def faults_of_boxes(name, text):
    """What no command or option of the program is, in the boxes of a document; what is no Python there."""
    known = {c.name: {o.name for o in c.options} for c in commands()}
    boxes = FENCE.findall(text) + [("", "\n".join(INDENTED.findall(FENCE.sub("", text))))]
    for kind, box in boxes:
        lines = [] if kind in ("text", "c", "python") else re.sub(r"\\\n\s*", "", box).splitlines()
        if re.search(r"-o\s*/dev/", "\n".join(lines)):
            yield "%s: -o /dev/..: pasted by root, some tools change the device's mode or replace it" % name
        for command, rest in (m for line in lines for m in COMMAND.findall(line)):
            for option in OPTION.findall(rest):
                if option not in known.get(command, {"help"}):
                    yield "%s: ttfs %s has no option --%s" % (name, command, option)
            if command not in known:
                yield "%s: ttfs has no command %s" % (name, command)
        try:
            ast.parse(box if kind == "python" else "")
        except SyntaxError as e:
            yield "%s: %s in a box of Python" % (name, e)


def boxes(case):
    for name in documents():
        for fault in faults_of_boxes(name, text_of(name)):
            case.check(False, fault)
    damaged = "    ttfs check x --ticks 3\n\n```sh\nfoo && build/ttfs comple x\n! ttfs run x \\\n    --imput y\n```\n```python\nx = (\n```\n"
    damaged += "```sh\niverilog -o /dev/null x.v\n```\n"
    for block, code in (("! true\ntrue", 9), ("! true\\\n x\ntrue", 9), ("! false\n! (exit 1)", 0), ("! (exit 3)\ntrue", 1)):
        case.equal(subprocess.run(["bash", "-euc", strict(block)], check=False).returncode, code, "a block that pastes " + block)
    case.equal(len(list(faults_of_boxes("", damaged))), 5, "damaged boxes that are noticed")


def tutorial(case):
    section = text_of("README.md").split("\n## Tutorial", 1)[1].split("\n## ", 1)[0]
    paste(case, section, 3)


def document(name, least, *tools):
    """Pastes all of a document that needs those tools and a Python that has numpy."""
    def run(case, library):
        for tool in tools:
            need(tool)
        os.makedirs(case.path("bin"))
        os.symlink(interpreter(), case.path("bin", "python3"))
        return paste(case, text_of(os.path.join("docs", name + ".md")), least, library)
    return run


def designer(case, library):
    said = document("tutorial-designer", 6, "verilator", "iverilog")(case, library)
    case.equal(complaints(said[1]), "", "what the tools of \"neither says anything\" say")


def embedded(case):
    need("qemu-riscv32")
    os.makedirs(case.path("bin"))
    for tool in ("clang", "ld.lld", "llvm-size"): # the LLVM that is here under the document's names
        os.symlink(llvm_tool(tool), case.path("bin", tool + "-19"))
    said = paste(case, text_of(os.path.join("docs", "embedded.md")), 2)
    for text in said:
        case.check("class  0\n" in text, "the example's digit is a 0:\n%s" % text)


def strict(block):
    """A shell block that fails where a line of it does: one with `!` before it, for which a shell would go on, unless it ends with 1."""
    return re.sub(r"^! ((?:.*\\\n)*.*)$", r"\1 && exit 9 || [ $? = 1 ]", block, flags=re.M)


def paste(case, section, least, library=None):
    """Runs the shell blocks of a text, one shell after the other, in a folder that looks like the source tree, and holds
    what they print against the block of text behind them; what they print."""
    case.check(section.count("\n```sh\n") >= least, "only %d shell blocks" % section.count("\n```sh\n"))
    os.makedirs(case.path("build"))
    os.symlink(os.path.abspath(TTFS), case.path("build", "ttfs"))
    if library:
        os.symlink(os.path.abspath(library), case.path("build", "libttfs.so"))
    for name in ("examples", "tools", "hw", "python"):
        os.symlink(os.path.join(os.path.abspath(SOURCE), name), case.path(name))
    env = dict(os.environ, PATH=case.path("bin") + os.pathsep + os.environ["PATH"], TTFS_DATA=os.path.abspath(SOURCE))
    said = []
    for kind, block in FENCE.findall(section):
        if kind == "text" and said:
            printed = [line.rstrip() for line in said[-1].splitlines()]
            missing = [line for line in block.splitlines() if line not in printed]
            case.check(not missing, "shown and not printed:\n%s\nprinted:\n%s" % ("\n".join(missing), said[-1][-3000:]))
        if kind != "sh":
            continue
        p = subprocess.run(["bash", "-euo", "pipefail", "-c", strict(block)], cwd=case.folder, env=env, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        said.append(p.stdout.decode(errors="replace"))
        case.check(p.returncode == 0, "pasted and failed (%d):\n%s\n%s" % (
            p.returncode, block, said[-1][-3000:]))
    return said


def demo(case):
    """Every line that the README shows of the demo's end is a line of its end today, and what examples/digits shows of a verification."""
    outs, said = [], []
    for net in ("digits_mlp", "digits_cnn"):
        outs.append("out/" + net)
        case.compile(net, outs[-1])
        said.append(case.good("verify", outs[-1], "--input", os.path.join(DIGITS, "test.npz"), "--engines", "golden,rtl").out)
    shown = text_of("examples/digits/README.md").split("which ends with\n\n", 1)[1].split("\n\n", 1)[0]
    case.equal([" ".join(line.split()) for line in shown.splitlines()], [" ".join(line.split()) for line in said[-1].splitlines()],
               "what examples/digits/README.md shows of digits_cnn")
    p = subprocess.run([sys.executable, os.path.join(SOURCE, "tools", "demo_summary.py"),
                        os.path.abspath(TTFS), os.path.join(DIGITS, "test.npz"), *outs],
                       cwd=case.folder, stdout=subprocess.PIPE, check=False)
    case.equal(p.returncode, 0, "exit code of the demo's end")
    printed = p.stdout.decode().splitlines()
    for line in SHOWN.search(text_of("README.md")).group(1).splitlines():
        case.check(line == "..." or line in printed,
                   "the README shows %r, the demo prints:\n%s" % (line, "\n".join(printed)))


PARTS = {
    "reference": reference, "chip_keys": chip_keys, "theorem": theorem, "versions": versions, "links": links, "boxes": boxes, "tutorial": tutorial,
    "engineer": document("tutorial-engineer", 8), "designer": designer,
    "researcher": document("tutorial-researcher", 6), "exact": document("exact", 5, "verilator"), "embedded": embedded, "demo": demo,
}


def main(what, *library):
    case = Case()
    PARTS[what](case, *library)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
