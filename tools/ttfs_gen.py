# SPDX-License-Identifier: Apache-2.0
"""FuseSoC's generator `ttfs_gen`: `ttfs compile`, and a core of what it makes. FuseSoC runs it (a `generate` section of a core that
depends on ttfs:ttfs:ttfs); the hand-written modules stay those of that core.

In: FuseSoC's file, YAML (JSON is YAML). Its parameters, paths relative to the core that asks:
    model    the ONNX or NIR file
    calib, chip, config    as the options of ttfs compile; a chip that is no file is a shipped one's name
    options  a list of any others: ["--fit", "hx8k", "--ticks", "15"]
    program  ttfs; else the one in build/ beside ttfs.core, else that of the PATH
Out, in the current folder: `out`, the compiled folder, and a core with its ttfs_top.v and the memories' *.hex, which are copied to
image/ of the work root: PRELOAD 1 and INIT_PREFIX "image/" of ttfs_top read them. With the flag `board` it has the parameter
FLIT of ttfs_board as well. Modules that are not those of ttfs.core are an error.

    python3 tools/ttfs_gen.py INPUT.yml
"""
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
FILES = ("calib", "chip", "config")
KNOWN = ("model", "options", "program") + FILES
MADE = ("ttfs_top.v", "filelist.f")


def die(text):
    sys.exit("ttfs_gen: error: " + text)


def read(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        import yaml
    except ImportError:
        die("%s has no module yaml; FuseSoC brings it: run in its environment, or install PyYAML" % sys.executable)
    return yaml.safe_load(text)


def program(asked):
    built = os.path.join(ROOT, "build", "ttfs")
    found = asked or (built if os.access(built, os.X_OK) else shutil.which("ttfs"))
    return found or die("no ttfs: build it (tools/build.sh build), install it, or name it (parameter program)")


def path_of(folder, name):
    """A file of the core that asks; a name that is no file (a shipped chip's) as it is."""
    path = os.path.join(folder, name)
    return path if os.path.exists(path) else name


def command(asked, folder):
    for name in asked:
        if name not in KNOWN:
            die("unknown parameter '%s': %s are known" % (name, ", ".join(KNOWN)))
    if "model" not in asked:
        die("no model: a parameter model names the ONNX or NIR file")
    options = asked.get("options") or []
    if not isinstance(options, list):
        die("options are a list: [--ticks, 15]")
    args = [program(asked.get("program") and path_of(folder, asked["program"])), "compile", path_of(folder, asked["model"]), "-o", "out"]
    for name in FILES:
        args += ["--" + name, path_of(folder, str(asked[name]))] if name in asked else []
    return args + [str(o) for o in options]


def check_modules():
    """The modules of the folder are those of ttfs.core, which the design has."""
    rtl = os.path.join("out", "rtl")
    if not os.path.isdir(rtl):
        die("ttfs compile made no Verilog: leave --stop-after out")
    for name in sorted(os.listdir(rtl)):
        own = os.path.join(ROOT, "rtl", name)
        if name not in MADE and not (os.path.exists(own) and filecmp.cmp(own, os.path.join(rtl, name), shallow=False)):
            die("%s is not that of ttfs.core: ttfs and ttfs.core are of two versions" % name)


def flit_bits():
    with open(os.path.join("out", "rtl", "ttfs_top.v"), encoding="utf-8") as f:
        return int(re.search(r"\[(\d+):0\] in_flit_i", f.read())[1]) + 1


def core(vlnv):
    """The core, as JSON, which is YAML."""
    images = sorted(n for n in os.listdir(os.path.join("out", "image")) if n.endswith(".hex"))
    return {"name": vlnv,
            "filesets": {"rtl": {"files": ["out/rtl/ttfs_top.v"], "file_type": "verilogSource"},
                         "image": {"files": [{"out/image/" + n: {"copyto": "image/" + n}} for n in images], "file_type": "user"}},
            "parameters": {"FLIT": {"datatype": "int", "paramtype": "vlogparam", "default": flit_bits(), "description": "bits of the chip's flits"}},
            "targets": {"default": {"filesets": ["rtl", "image"], "parameters": ["board ? (FLIT)"]}}}


def main(path):
    given = read(path)
    ran = subprocess.run(command(given.get("parameters") or {}, given["files_root"]), check=False)
    if ran.returncode:
        die("ttfs compile ended with %d" % ran.returncode)
    check_modules()
    with open(given["vlnv"].split(":")[2] + ".core", "w", encoding="utf-8") as f:
        f.write("CAPI=2:\n" + json.dumps(core(given["vlnv"]), indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
