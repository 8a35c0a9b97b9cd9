# SPDX-License-Identifier: Apache-2.0
"""The generator of ttfs.core (tools/ttfs_gen.py): the core that it makes of a network; cores name files of their own folder that are
there. With `run` FuseSoC itself takes a copy of examples/digits, in a folder elsewhere, through ttfs.core as `meson install` has it to
Verilator's lint, and sets up the bitstream; without FuseSoC that part is skipped.
"""
import json
import os
import re
import shutil
import subprocess
import sys

from e2e import SOURCE, TTFS, Case, need, tree

GEN = os.path.join(os.path.abspath(SOURCE), "tools", "ttfs_gen.py")


def generate(case, folder, gen=GEN, **parameters):
    """Runs the generator as FuseSoC does, with its file as JSON, which is YAML too."""
    os.makedirs(case.path(folder), exist_ok=True)
    given = {"gapi": "1.0", "files_root": os.path.join(os.path.abspath(SOURCE), "examples", "digits"), "vlnv": "ttfs:examples:digits-network:0.1.0",
             "parameters": dict({"program": os.path.abspath(TTFS)}, **parameters)}
    case.write(folder + "/input.yml", json.dumps(given))
    return subprocess.run([sys.executable, gen, "input.yml"], cwd=case.path(folder), capture_output=True, check=False)


def files_of(core):
    """Files that a core names, one a line, and of its generators."""
    with open(core, encoding="utf-8") as f:
        return re.findall(r"^ +(?:- |command: |model: |calib: )([\w./]+\.\w+)\b", f.read(), re.M)


def files(case):
    """No core looks outside of its folder, where it may be alone."""
    for core, least in (("ttfs.core", 50), ("examples/digits/ttfs_digits.core", 2)):
        folder, found = os.path.join(SOURCE, os.path.dirname(core)), files_of(os.path.join(SOURCE, core))
        case.check(len(found) >= least, "%s names %s" % (core, found))
        case.equal([n for n in found if ".." in n or not os.path.exists(os.path.join(folder, n))], [], "%s: files that are not in its folder" % core)


def generator(case):
    files(case)
    p = generate(case, "made", model="digits_mlp.onnx", calib="calib.npz", chip="one", options=["--ticks", 15, "--weight-bits", "4"],
                 program=os.path.relpath(TTFS, os.path.join(SOURCE, "examples", "digits")))
    case.equal(p.returncode, 0, "ttfs_gen: %s" % p.stderr.decode())
    case.compile("digits_mlp", "out", "--ticks", 15, "--weight-bits", 4, "--chip", "one")
    made, want = tree(case.path("made", "out")), tree(case.path("out"))
    case.equal([n for n in want if made.get(n) != want[n]], [], "files of the folder that are not those of ttfs compile")
    with open(case.path("made", "digits-network.core"), encoding="utf-8") as f:
        case.equal(f.readline(), "CAPI=2:\n", "the first line")
        core = json.load(f)
    case.equal((core["name"], core["filesets"]["rtl"]["files"]), ("ttfs:examples:digits-network:0.1.0", ["out/rtl/ttfs_top.v"]), "the core")
    hexes = {path: to["copyto"] for f in core["filesets"]["image"]["files"] for path, to in f.items()}
    case.equal(hexes, {"out/" + n: n for n in want if n.endswith(".hex")}, "the memories' files")
    flit = int(want["rtl/ttfs_top.v"].decode().split("] in_flit_i")[0].split("[")[-1].split(":")[0]) + 1
    case.equal(core["parameters"]["FLIT"]["default"], flit, "bits of a flit")
    for parameters, says in (({"modle": "x"}, "unknown parameter 'modle'"), ({"chip": "one"}, "no model"),
                             ({"model": "lost.onnx", "options": "--ticks 15"}, "options are a list"),
                             ({"model": "lost.onnx"}, "ttfs compile ended with 1"),
                             ({"model": "digits_mlp.onnx", "options": ["--stop-after", "spike"]}, "made no Verilog")):
        p = generate(case, "refused-%d" % case.checks, **parameters)
        case.check(p.returncode == 1 and says in p.stderr.decode(), "%r: %d, %s" % (parameters, p.returncode, p.stderr.decode()))
    os.makedirs(case.path("other", "tools"))
    shutil.copy(GEN, case.path("other", "tools"))
    shutil.copytree(os.path.join(SOURCE, "rtl"), case.path("other", "rtl"))
    with open(case.path("other", "rtl", "ttfs_fire.v"), "a", encoding="utf-8") as f:
        f.write("// of another version\n")
    p = generate(case, "older", case.path("other", "tools", "ttfs_gen.py"), model="digits_mlp.onnx")
    case.check(p.returncode == 1 and "ttfs_fire.v is not that of ttfs.core" in p.stderr.decode(), "modules of two versions: %s" % p.stderr.decode())


def installed(case, build):
    """share/ttfs of an installed ttfs, and the example elsewhere."""
    subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", case.path("root")], check=True, env={
        k: v for k, v in os.environ.items() if k != "DESTDIR"})
    share = next(f for f, _, names in os.walk(case.path("root")) if "ttfs.core" in names)
    shutil.copytree(os.path.join(SOURCE, "examples", "digits"), case.path("elsewhere"))
    return share, case.path("elsewhere")


def run(case, build):
    """The example, through FuseSoC and its generator."""
    need("fusesoc"), need("verilator")
    env = dict(os.environ, PATH=os.path.dirname(os.path.abspath(TTFS)) + os.pathsep + os.environ["PATH"], HOME=case.folder)
    env.pop("PYTHONPATH", None)  # this file is not its module fusesoc
    roots = [w for root in installed(case, build) for w in ("--cores-root", root)]
    for words, want in ((["--target", "lint"], ["/image/core0_weights.hex", "out/rtl/ttfs_top.v"]),
                        (["--setup", "--target", "synth"], ["/image/core0_weights.hex", "out/rtl/ttfs_top.v", "/ttfs_board.v", "/hx8k.pcf"])):
        shutil.rmtree(case.path("build"), ignore_errors=True)
        p = subprocess.run(["fusesoc", *roots, "run", *words, "ttfs:examples:digits"], cwd=case.folder, env=env, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False)
        case.check(p.returncode == 0, p.stdout.decode()[-3000:])
        found = [os.path.join(f, n) for f, _, names in os.walk(case.path("build")) for n in names]
        case.equal([w for w in want if not any(n.endswith(w) for n in found)], [], "%s: what FuseSoC did not copy: %s" % (words, found))


def main(part, *args):
    case = Case()
    {"generator": generator, "run": run}[part](case, *args)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
