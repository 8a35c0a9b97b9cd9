# SPDX-License-Identifier: Apache-2.0
"""The fast engine from the command line: what run takes by default, the same numbers and traces as
golden on every path and processor that runs here, faults that are seen, code that is kept.

Argument: NET.
"""
import os
import re
import sys

from e2e import DIGITS, Case, flip, npy, samples
from onnx_make import Model

TEST = os.path.join(DIGITS, "test.npz")
SAME = ("samples", "accuracy", "agreement", "spikes_per_neuron", "latency_ticks", "clipped_inputs")


def processors():
    """Names of processors whose code this machine can run, besides its own."""
    if os.uname().machine != "x86_64":
        return []
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        flags = f.read().split()
    return ["x86-64"] + (["x86-64-v3"] if "avx2" in flags else [])


def same_as_golden(case, net, count):
    run = ("run", "out", "--input", TEST, "--labels", TEST, "--count", count)
    golden = case.json(*run, "--engine", "golden", "--trace", "golden.txt", "--threads", 1)
    jit = case.json(*run, "--trace", "jit.txt", "--threads", 2)
    case.equal(jit.get("engine"), "jit", "the engine by default")
    for key in SAME:
        case.equal(jit.get(key), golden.get(key), key)
    with open(case.path("golden.txt"), "rb") as a, open(case.path("jit.txt"), "rb") as b:
        case.check(a.read() == b.read(), "the traces of jit and golden differ")
    for key, kind in (("threads", int), ("open_seconds", (int, float)), ("cached", int),
                      ("generated", int), ("cpu", str), ("layers", list)):
        case.check(isinstance(jit.get(key), kind), "run --json: key '%s' is %r" % (key, jit.get(key)))
    for layer in jit.get("layers", []):
        case.equal(sorted(layer), ["kernel", "macs", "name", "path", "why"], "keys of a layer")
        case.check(layer["path"] in ("dense", "events") and layer["kernel"], "layer %r" % layer)
    text = case.good(*run).out
    for layer in jit.get("layers", []):
        case.check(layer["kernel"] in text, "the text does not say %r" % layer["kernel"])
    words = re.search(r"(?m)^compiled            for (\S+) in [0-9.]+ s, (\d+) of (\d+) functions from the cache; "
                      r"(\d+) threads?$", case.good(*run, "--threads", 2).out)
    steps = str(jit.get("cached", 0) + jit.get("generated", 0))
    case.equal(words and words.groups(), (jit.get("cpu"), steps, steps, "2"), "what run says of the code")
    case.check(jit["threads"] == 2 and jit["chunk"] >= 1 and 0 <= jit["generate_seconds"] <= jit["open_seconds"] and
               min(jit["code_bytes"], jit["weight_bytes"], jit["work_bytes"]) > 100, "figures of the code: %r" % jit)
    sizes = {e["name"]: e["macs"] for e in case.json("info", os.path.join(DIGITS, net + ".onnx"))["layers"]}
    case.equal([l["macs"] for l in jit["layers"] if l["macs"]], [n for n in sizes.values() if n], "products a layer")
    fast = case.json(*run, "--classes-only")
    case.equal([fast.get(k) for k in ("accuracy", "agreement", "spikes_per_neuron")],
               [golden.get("accuracy"), None, None], "--classes-only")


def deep(case):
    """Of many layers the text says how many there are and how many go by events; JSON lists them."""
    m = Model("deep", input_shape=[None, 8])
    last = "input"
    for i in range(30):
        m.init("w%d" % i, [[1.0 if k == j else -0.1 for k in range(8)] for j in range(8)])
        m.node("Gemm", [last, "w%d" % i], ["g%d" % i], name="fc%d" % i, transB=1)
        m.node("Relu", ["g%d" % i], ["r%d" % i], name="relu%d" % i)
        last = "r%d" % i
    m.output(last, [None, 8])
    m.save(case.path("deep.onnx"))
    case.good("compile", "deep.onnx", "-o", "deep", "--input-range", "0:1", "--stop-after", "spike")
    case.write("deep.npy", npy((2, 8), [0.1 * i for i in range(16)]))
    for path in ("dense", "events"):
        run = ("run", "deep", "--input", "deep.npy", "--jit-path", path)
        layers = case.json(*run)["layers"]
        events = sum(layer["path"] == "events" for layer in layers)
        case.check((events > 0) == (path == "events"), "--jit-path %s: %d layers by events" % (path, events))
        said = "layers              %d, of which %d event-driven; --json lists them\n" % (len(layers), events)
        text = case.good(*run).out
        case.check(said in text, "expected %r in\n%s" % (said, text))


def every_way(case, count):
    ways = [("--jit-path", p) for p in ("choose", "dense", "events")]
    ways += [("--cpu", p) for p in processors()]
    ways += [("--cpu", p, "--jit-path", "events") for p in processors()]
    for way in ways + [("--no-cache",), ("--threads", 1), ("--threads", 3)]:
        v = case.json("verify", "out", "--input", TEST, "--engines", "golden,jit", "--count", count, *way)
        case.equal((v.get("engines"), v.get("samples"), v.get("differences"), v.get("equal")),
                   (["golden", "jit"], count, 0, True), "verify with %s" % " ".join(map(str, way)))
    forced = {p: case.json("run", "out", "--input", TEST, "--count", 1, "--jit-path", p).get("layers", [])
              for p in ("dense", "events")}
    case.check(all(l["path"] == "dense" for l in forced["dense"]), "--jit-path dense: %r" % forced)
    case.check(any(l["path"] == "events" for l in forced["events"]), "--jit-path events: %r" % forced)


def faults(case):
    verify = ("verify", "out", "--input", TEST, "--engines", "golden,jit", "--count", 40)
    for spike in (0, 3, 2000):
        v = case.json(*verify, "--fault", "spike:%d" % spike, code=1)
        case.equal((v.get("equal"), v.get("differences")), (False, 1), "--fault spike:%d" % spike)
        case.equal((v.get("first") or {}).get("engine"), "jit", "the engine that differs")
    os.rename(case.path("out", "image"), case.path("image"))  # an image would show it by itself
    seen = [i for i in (20, 33, 77, 90, 300, 500, 800)
            if (case.ttfs(*verify, "--json", "--fault", "weight:%d" % i).code == 1)]
    case.check(len(seen) >= 3, "changed weights that jit shows: %r" % seen)
    case.refused(*verify, "--fault", "weight:999999999", code=2, says="--fault")
    case.equal(case.json("verify", "out", "--input", TEST, "--count", 3).get("engines"),
               ["golden", "jit"], "engines without an image")
    case.refused("verify", "out", "--input", TEST, "--engines", "jit,rtl", says="chip.img")
    os.rename(case.path("image"), case.path("out", "image"))
    case.equal(case.json("verify", "out", "--input", TEST, "--count", 3).get("engines"),
               ["golden", "jit", "rtl"], "engines with an image")


def kept_code(case):
    """Code is made once; a damaged file of the cache costs time, nothing else."""
    old, folder = os.environ["TTFS_CACHE"], case.path("cache")
    os.environ["TTFS_CACHE"] = folder
    run = ("run", "out", "--input", TEST, "--count", 5)
    none = case.json(*run, "--no-cache")
    case.equal((none.get("cached"), os.path.exists(folder)), (0, False), "--no-cache")
    first, second = case.json(*run), case.json(*run)
    steps = first.get("generated", 0)
    case.check(steps > 2, "%s functions generated" % steps)
    case.equal((first.get("cached"), second.get("cached"), second.get("generated")), (0, steps, 0),
               "functions from the cache")
    files = [os.path.join(at, f) for at, _, names in os.walk(folder) for f in names if f.endswith(".o")]
    case.equal(len(files), steps, "files in the cache")
    flip(files[0], os.path.getsize(files[0]) - 9, 3)
    mended = case.json(*run)
    case.equal((mended.get("generated"), mended.get("cached")), (1, steps - 1), "after a flipped bit")
    case.equal(case.json("verify", "out", "--input", TEST, "--engines", "golden,jit").get("equal"), True,
               "equal after a flipped bit")
    os.environ["TTFS_CACHE"] = old


def dumped(case):
    case.good("run", "out", "--input", TEST, "--count", 1, "--dump-llvm", "llvm/text")
    names = os.listdir(case.path("llvm", "text"))
    for when in (".before.ll", ".after.ll"):
        texts = [n for n in names if n.endswith(when)]
        case.check(len(texts) > 2, "LLVM text %s: %r" % (when, names))
        for name in texts:
            with open(case.path("llvm", "text", name), encoding="utf-8") as f:
                case.check("define " in f.read(), "%s defines nothing" % name)
    case.write("file", "x")
    case.refused("run", "out", "--input", TEST, "--count", 1, "--dump-llvm", "file", says="file")


def main(net):
    case = Case()
    case.compile(net, "out")
    same_as_golden(case, net, samples(450))
    if net == "digits_mlp":
        deep(case)
    every_way(case, samples(200))
    faults(case)
    kept_code(case)
    dumped(case)
    run = ("run", "out", "--input", TEST, "--count", 1)
    case.refused(*run, "--cpu", "z80", says="z80")
    case.refused(*run, "--jit-path", "sideways", code=2, says="--jit-path")
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
