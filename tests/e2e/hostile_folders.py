# SPDX-License-Identifier: Apache-2.0
"""Output folders that were damaged on disk: every file that a command reads, missing, empty, cut, or with
wrong bytes in it. A command refuses what is damaged and names it, or does not need it; none crashes.
"""
import json
import os
import random
import shutil
import sys

from e2e import DIGITS, Case, few

TEST = os.path.join(DIGITS, "test.npz")
NEEDED = {  # command -> files without which it cannot work
    "run": ("manifest.json", "forms/ir.txt", "forms/ir.blob", "forms/spike.txt", "forms/spike.blob"),
    "verify": ("manifest.json", "forms/spike.txt", "forms/spike.blob", "forms/plan.txt",
               "image/chip.img", "rtl/ttfs_top.v"),
    "info": ("manifest.json", "forms/spike.txt", "forms/spike.blob", "forms/plan.txt"),
}


def command(name, folder):
    more = ["--input", TEST, "--count", "2"] if name in ("run", "verify") else []
    return [name, folder] + more + (["--engine", "golden"] if name == "run" else [])


def copy(case):
    shutil.rmtree(case.path("copy"), ignore_errors=True)
    shutil.copytree(case.path("out"), case.path("copy"))


def wounds(data, rng):
    yield "missing", None
    yield "empty", b""
    yield "cut in half", data[:len(data) // 2]
    yield "without its last bytes", data[:-3]
    yield "zeros", bytes(len(data))
    yield "noise", rng.randbytes(min(len(data), 4000))


def put(path, data):
    os.remove(path)
    if data is not None:
        with open(path, "wb") as f:
            f.write(data)


def destroyed(case, rng):
    for name, files in NEEDED.items():
        for file in files:
            with open(case.path("out", file), "rb") as f:
                data = f.read()
            for what, damaged in few(wounds(data, rng), 3):
                copy(case)
                put(case.path("copy", file), damaged)
                r = case.ttfs(*command(name, "copy"))
                if r.code == 0 and what == "without its last bytes":
                    continue  # a comment or the last end of line
                case.check(r.code == 1 and "ttfs: error: " in r.err,
                           "%s with %s %s:\n%s" % (name, file, what, r))


SPIKE = ("manifest.json", "forms/spike.txt", "forms/spike.blob")
ENOUGH = (  # files with which a command works, whatever else is not there
    (("info",), SPIKE), (("dump", "--form", "spike"), SPIKE), (("emit", "-o", "net.o"), SPIKE), (("convert", "-o", "net.nir"), SPIKE),
    (("synth", "--device", "hx8k", "--estimate"), ("manifest.json", "forms/plan.txt")),
    (("verify", "--input", TEST, "--count", "2", "--engines", "golden,jit"), SPIKE),
    (("run", "--input", TEST, "--count", "2", "--engine", "golden", "--classes-only"), SPIKE),
    (("run", "--input", TEST, "--count", "2", "--engine", "jit"), SPIKE + ("forms/ir.txt", "forms/ir.blob")),
    (("dump", "--form", "ir"), ("manifest.json", "forms/ir.txt", "forms/ir.blob")),
    (("dump", "--form", "plan"), ("manifest.json", "forms/plan.txt")))


def enough(case):
    for args, files in ENOUGH:
        shutil.rmtree(case.path("copy"), ignore_errors=True)
        for file in files:
            os.makedirs(os.path.dirname(case.path("copy", file)), exist_ok=True)
            shutil.copy(case.path("out", file), case.path("copy", file))
        case.good(args[0], "copy", *args[1:])


def scratched(case, rng, count):
    """A few bytes changed anywhere: refused or not, but nothing worse; what is taken is equal."""
    files = sorted({f for files in NEEDED.values() for f in files if not f.startswith("rtl")})
    for i in few(range(count)):
        copy(case)
        file = rng.choice(files)
        with open(case.path("out", file), "rb") as f:
            data = bytearray(f.read())
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.choice(b"0123456789-.e\n\" []{}x\0\xff")
        put(case.path("copy", file), bytes(data))
        for name in NEEDED:
            r = case.ttfs(*command(name, "copy"))
            case.check(r.code in (0, 1), "scratch %d in %s:\n%s" % (i, file, r))
            case.check(r.code == 0 or "ttfs: error: " in r.err or "NOT EQUAL" in r.out,
                       "scratch %d in %s is refused without a word:\n%s" % (i, file, r))
        case.check(case.ttfs("report", "copy").code in (0, 1), "report after scratch %d" % i)


ALWAYS = (-1, 1e300, "left out")
IN_TURN = (None, "text", ["text"], [0] * 20, {"mean": [0], "std": [0]}, {"lo": 0, "hi": "1"})


def places(tree, way=()):
    """The way to every value in a tree of JSON."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield way + (key,)
        if isinstance(value, (dict, list)):
            yield from places(value, way + (key,))


def other_kinds(case):
    """Every value of the manifest left out or as another kind of value, as numbers far from it and as one of the other
    kinds, by turns: it is refused, or not needed."""
    with open(case.path("out", "manifest.json"), encoding="utf-8") as f:
        text = f.read()
    copy(case)
    refused = 0
    every = [(way, kind) for i, way in enumerate(places(json.loads(text))) for kind in ALWAYS + (IN_TURN[i % len(IN_TURN)],)]
    for way, kind in few(every, 5):
        tree = json.loads(text)
        of = tree
        for key in way[:-1]:
            of = of[key]
        of[way[-1]] = kind
        if kind == "left out":
            del of[way[-1]]
        case.write("copy/manifest.json", json.dumps(tree))
        r = case.ttfs("info", "copy")
        refused += r.code
        case.check(r.code in (0, 1) and (r.code == 0 or "ttfs: error: " in r.err and "manifest.json" in r.err),
                   "info with %s as %r:\n%s" % (way, kind, r))
    case.check(refused > len(few(every, 5)) / 40, "only %d manifests were refused" % refused)


def main():
    case, rng = Case(), random.Random(3)
    case.compile("digits_mlp", "out", "--ticks", "15")
    for name in NEEDED:
        case.good(*command(name, "out"))
    destroyed(case, rng)
    enough(case)
    scratched(case, rng, 40)
    other_kinds(case)

    case.write("file", "not a folder")
    model = os.path.join(DIGITS, "digits_mlp.onnx")
    case.refused("compile", model, "-o", "file/below", says="file")
    case.refused("compile", model, "-o", "file", says="file")
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
