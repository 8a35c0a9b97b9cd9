# SPDX-License-Identifier: Apache-2.0
"""The Python package. `abi`: its structs are those of ttfs.h, as a C compiler lays them out. `package`:
tests/python/test_package.py over the library of this build. `torch`: tests/python/test_torch.py. `notebook`: the cells of the notebooks run. `wheel`:
built, installed with numpy into a clean virtual environment, where a network is compiled, run and verified. `packing`: the name and libraries of one with LLVM inside,
and the licences of these. `mnist`: the notebook of MNIST in such an environment.

Arguments: which; library; build folder; C compiler and its flags. Needs an interpreter with numpy (and torch): $TTFS_TEST_PYTHON, this one, or the system's.
"""
import glob
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time

from e2e import DIGITS, SOURCE, TTFS, Case, data_folder, need, skip

NOTEBOOKS = os.path.join(SOURCE, "python", "notebooks")
STRUCTS = """
import ctypes, ttfs._abi as a
for name in dir(a):
    s = getattr(a, name)
    if name.startswith("Ttfs"):
        print(name, ctypes.sizeof(s), *("%s=%d" % (f[0], getattr(s, f[0]).offset) for f in s._fields_))
"""
IN_WHEEL = """
import numpy as np, ttfs, sys
d = sys.argv[1]
test = np.load(d + "/test.npz")
net = ttfs.compile(d + "/digits_mlp.onnx", calib=np.load(d + "/calib.npz")["x"], ticks=63)
print("%.2f" % net.run(test["x"], test["y"]).accuracy, net.verify(test["x"][:50], ("golden", "jit")).equal, ttfs.__file__)
"""


def interpreter(*modules):
    """One that has numpy and those modules; $TTFS_TEST_PYTHON is asked first."""
    for python in filter(None, (os.environ.get("TTFS_TEST_PYTHON"), sys.executable, "/usr/bin/python3")):
        p = subprocess.run([python, "-c", "import " + ", ".join(("numpy", *modules))], capture_output=True, check=False)
        if p.returncode == 0:
            return python
    return skip("no python3 with " + " and ".join(("numpy", *modules)))


def environment(library):
    """Of the package as it lies in the source, over the library of the build."""
    more = {"TTFS_LIBRARY": library, "TTFS_BIN": os.path.abspath(TTFS), "TTFS_DATA": os.path.abspath(SOURCE),
            "TTFS_OBSTACLE": os.path.join(os.path.abspath(SOURCE), "tests", "reject", "onnx", "attr_3d.onnx"),
            "PYTHONPATH": os.path.join(os.path.abspath(SOURCE), "python")}
    return {**os.environ, **more}


def finished(case, what, *command, **more):
    p = subprocess.run(command, capture_output=True, check=False, **more)
    text = p.stdout.decode() + p.stderr.decode()
    case.equal(p.returncode, 0, "%s: %s" % (what, text[-6000:]))
    return text


def abi(case, library, _, *cc):
    text = finished(case, "structs", interpreter(), "-c", STRUCTS, env=environment(library))
    lines = [line.split() for line in text.splitlines()]
    asked = ["printf(\"%s %%zu%s\\n\", sizeof(%s)%s);" % (
        name, " %s=%%zu" * len(fields) % tuple(f.split("=")[0] for f in fields), name,
        "".join(", offsetof(%s, %s)" % (name, f.split("=")[0]) for f in fields)) for name, _, *fields in lines]
    source = "#include <stddef.h>\n#include <stdio.h>\n#include \"ttfs.h\"\nint main(void) {\n%s\nreturn 0;\n}\n"
    case.write("structs.c", source % "\n".join(asked))
    folders = ["-I" + os.path.join(SOURCE, f) for f in ("include", "compiler/base")]
    finished(case, "C compiler", cc[-1], *folders, case.path("structs.c"), "-o", case.path("structs"))
    case.equal(finished(case, "structs in C", case.path("structs")).splitlines(), text.splitlines(), "layout of structs")
    case.check(len(lines) > 8, "only %d structs" % len(lines))


def unittests(case, library, python, name, least):
    shutil.copytree(DIGITS, case.path("digits"))
    script = os.path.join(os.path.abspath(SOURCE), "tests", "python", name)
    text = finished(case, name, python, script, cwd=case.path("digits"), env=environment(library))
    ran = re.search(r"Ran (\d+) tests", text)
    case.check(ran and int(ran[1]) >= least, "tests that ran: %s" % text)


def package(case, library, *_):
    unittests(case, library, interpreter(), "test_package.py", 13)


def pytorch(case, library, *_):
    unittests(case, library, interpreter("torch"), "test_torch.py", 4)


def code_of(notebook):
    """Code cells one after the other, as a notebook runs them; no jupyter is needed."""
    with open(notebook, encoding="utf-8") as f:
        return "\n".join("".join(c["source"]) for c in json.load(f)["cells"] if c["cell_type"] == "code")


def notebook(case, library, _, *cc):
    """All but MNIST's."""
    shutil.copytree(DIGITS, case.path("digits"))
    found = sorted(glob.glob(os.path.join(NOTEBOOKS, "*.ipynb")))
    case.check(len(found) > 3, "notebooks: %s" % found)
    for name in filter(lambda n: os.path.basename(n) != "mnist.ipynb", found):
        script = case.write(os.path.basename(name) + ".py", code_of(name))
        finished(case, os.path.basename(name), interpreter(), script, cwd=case.path("digits"), env=environment(library))


def fresh(case, build):
    """The interpreter of an environment that has numpy and the wheel: what docs/python.md says, pip install ./python."""
    where = case.path("venv")
    python = next((p for p in (sys.executable, "/usr/bin/python3") if os.path.exists(p) and subprocess.run(
        [p, "-m", "pip", "--python", p, "--version"], capture_output=True, check=False).returncode == 0), None)
    if not python:
        skip("no python3 with pip 22.3 or later")
    finished(case, "a virtual environment", python, "-m", "venv", "--without-pip", where)
    own = os.path.join(where, "bin", "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--timeout", "20", "--retries", "0", "--python", own, "install",
           "-q", "--no-compile"]
    if subprocess.run([*pip, "numpy"], capture_output=True, check=False).returncode:
        skip("pip reaches no numpy")
    finished(case, "installing the wheel", *pip, os.path.join(os.path.abspath(SOURCE), "python"),
             env={**os.environ, "TTFS_BUILD": build})
    return own


def bare():
    """Variables that a user has."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("TTFS_", "PYTHON"))}


def wheel(case, _, build, *cc):
    own = fresh(case, build)
    script = case.write("script.py", IN_WHEEL)
    text = finished(case, "the package", own, script, os.path.abspath(DIGITS), env=bare(), cwd=case.path("."))
    case.check(re.match(r"0\.9[789] True %s" % re.escape(case.path("venv")), text), "what it says: %s" % text)
    program = os.path.join(os.path.dirname(own), "ttfs")
    case.equal(finished(case, "the program", program, "--version", env=bare()), case.good("--version").out, "its version")
    case.check(glob.glob(case.path("venv", "lib", "python3*", "site-packages", "ttfs-*.dist-info", "licenses", "LICENSE")), "no licence in it")
    finished(case, "a chip that is shipped", program, "compile", os.path.join(os.path.abspath(DIGITS), "digits_mlp.onnx"), "-o",
             case.path("made"), "--chip", "tiny", "-q", env=bare())


def mnist(case, _, build, *cc):
    """From nothing to MNIST on the Verilog, with no simulator in the cache: 2 minutes of processor time at most."""
    need("verilator")
    data = data_folder() or skip("no folder with models/ and datasets/")
    start = time.monotonic()
    own = fresh(case, build)
    os.makedirs(case.path("mnist"))
    for file in glob.glob(os.path.join(data, "datasets", "mnist", "*")) + [os.path.join(data, "models", "mnist_lenet5.onnx")]:
        os.symlink(os.path.abspath(file), case.path("mnist", os.path.basename(file)))
    script = case.write("mnist.py", code_of(os.path.join(NOTEBOOKS, "mnist.ipynb")))
    finished(case, "mnist.ipynb", own, script, cwd=case.path("mnist"), env={**bare(), "TTFS_CACHE": case.path("cache")})
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    print("%.1f s, %.1f s of processor time" % (time.monotonic() - start, spent.ru_utime + spent.ru_stime))
    case.check(spent.ru_utime + spent.ru_stime < 120, "it takes %.1f s of processor time" % (spent.ru_utime + spent.ru_stime))


def licences(case, backend, build, loaded):
    """The texts of what would be packed; a library of nobody is refused."""
    case.write("build.ninja", "build libttfs.so.1.p/x.symbols: SHSYM libttfs.so.1\n\nbuild libttfs.so.1: cpp_LINKER x.o\n LINK_ARGS = -L%s -lLLVMCore -lLLVM -lz\n" % case.folder)
    for name in ("libLLVMCore.a", "libLLVM.a", "libLLVM.so"):
        case.write(name, "")
    os.symlink(os.path.join(build, "meson-info"), case.path("meson-info"))
    found = backend.inside(case.folder)
    case.equal([os.path.basename(p) for p in found], ["libLLVMCore.a", "onnx.proto"], "what is inside of a library that is linked so")
    try:
        case.check(not list(backend.licences(found)), "a library of nobody has a licence")
    except RuntimeError as e:
        case.check("libLLVMCore.a is packed and is of no Debian package" in str(e), str(e))
    texts = dict(backend.licences([*loaded.values(), found[1]]))
    case.check(len(texts) > 5 and all(len(t) > 300 for t in texts.values()), "texts: %s" % {n: len(t) for n, t in texts.items()})
    case.check(any(n.startswith("libllvm") and b"LLVM Exception" in t for n, t in texts.items()), "LLVM's: %s" % sorted(texts))
    case.check({"libcjson1/copyright", "libprotobuf-c1/copyright", "common-licenses/Apache-2.0"} <= set(texts), "texts: %s" % sorted(texts))


def packing(case, library, build, *_):
    """What the wheel of a build with LLVM inside would be called and hold: no library that a Linux is sure to have, all others."""
    sys.path.insert(0, os.path.join(SOURCE, "python"))
    import backend
    case.equal(backend.is_static(build), False, "LLVM is inside of a usual build")
    case.check(re.match(r"py3-none-linux_", backend.tag()) and re.match(r"py3-none-manylinux_\d+_\d+_\w+$", backend.tag(True)), "tags %s, %s" % (
        backend.tag(), backend.tag(True)))
    loaded = dict(backend.needed(library))
    case.check(any(n.startswith("libLLVM") for n in loaded) and "libcjson.so.1" in loaded and "libc.so.6" not in loaded, "libraries: %s" % loaded)
    case.check(all(os.path.exists(p) for p in loaded.values()), "libraries that are not there: %s" % loaded)
    if shutil.which("dpkg"):
        licences(case, backend, build, loaded)
    else:
        case.left_out("the licences' texts, for there is no dpkg")
    os.environ["TTFS_BUILD"] = os.path.relpath(build, SOURCE)
    os.chdir(os.path.join(SOURCE, "python"))  # as pip does
    case.check(os.path.samefile(backend.build_folder(), build), "TTFS_BUILD=%s is %s" % (os.environ["TTFS_BUILD"], backend.build_folder()))


def main(part, *args):
    case = Case()
    {"packing": packing, "abi": abi, "package": package, "notebook": notebook, "mnist": mnist, "torch": pytorch, "wheel": wheel}[part](case, *args)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
