# SPDX-License-Identifier: Apache-2.0
"""The keys that every --json document has, with their types: what scripts rely on."""
import json
import os
import sys

import onnx_make

from e2e import DIGITS, Case

NUMBER = (int, float)
KEYS = {
    "check": {"supported": bool, "obstacles": list, "chip": dict},
    "compile": dict.fromkeys(
        ("layers", "populations", "neurons", "synapses", "parameters", "cores", "slots", "turns",
         "worst_cycles", "expected_cycles", "image_bytes", "seconds", "peak_bytes"), NUMBER),
    "run": {"engine": str, "samples": int, "accuracy": NUMBER, "agreement": NUMBER,
            "spikes_per_neuron": NUMBER, "latency_ticks": int, "cycles": NUMBER, "latency_cycles": NUMBER,
            "samples_per_second": NUMBER, "footprint": NUMBER, "connection_sparsity": NUMBER,
            "activation_sparsity": NUMBER, "synaptic_operations": dict},
    "convert": {"file": str, "nodes": int, "edges": int, "bytes": int},
    "synth": {"device": str, "estimated": bool, "lut": int, "ff": int, "ram": int, "dsp": int, "clock_mhz": NUMBER,
              "core_us": NUMBER},
    "verify": {"engines": list, "samples": int, "spikes": int, "readouts": int, "differences": int,
               "equal": bool, "first": (dict, type(None))},
    "sweep": {"network": str, "engine": str, "model": str, "seed": int, "samples": int, "trials": int, "points": list},
    "tune": {"ticks": int, "weight_bits": int, "seed": int, "most_epochs": int, "batch": int, "lr": NUMBER, "pace": NUMBER, "validate": NUMBER,
             "sparsity": NUMBER, "time_noise": NUMBER, "drop": NUMBER, "weight_noise": NUMBER, "epochs": list, "ended_by": str,
             "teacher": str, "flip": bool, "shift": int, "labels": bool, "latency": NUMBER, "latency_ticks": int, "layers": list,
             "accuracy_before": NUMBER, "accuracy_after": NUMBER, "agreement_before": NUMBER, "agreement": NUMBER, "spikes_per_neuron": NUMBER, "seconds": NUMBER},
    "epoch": {"loss": NUMBER, "validation": NUMBER, "agreement": NUMBER},
    "point": {"axis": str, "value": NUMBER, "accuracy": dict, "agreement": dict, "spikes_per_neuron": NUMBER,
              "saturated": NUMBER},
}


NEUROBENCH = ("footprint", "connection_sparsity", "activation_sparsity", "synaptic_operations")


def check_keys(case, command, document):
    for key, kind in KEYS[command].items():
        found = document.get(key, "no such key")
        case.check(isinstance(found, kind) and not (kind is not bool and found is True),
                   "%s --json: key '%s' is %r" % (command, key, found))


def main():
    case = Case()
    model = os.path.join(DIGITS, "digits_mlp.onnx")
    test = os.path.join(DIGITS, "test.npz")

    ok = case.json("check", model)
    check_keys(case, "check", ok)
    case.equal((ok.get("supported"), ok.get("obstacles")), (True, []), "check of the MLP")
    compiled = case.json("compile", model, "-o", "out", "--calib", os.path.join(DIGITS, "calib.npz"))
    check_keys(case, "compile", compiled)
    case.equal(compiled.get("neurons"), 64 + 32 + 10, "neurons")
    case.equal(compiled.get("synapses"), 64 * 32 + 32 * 10, "synapses")
    run = case.json("run", "out", "--input", test, "--labels", test, "--engine", "rtl", "--count", 3)
    check_keys(case, "run", run)
    case.equal(run.get("engine"), "rtl", "engine")
    fast = case.json("run", "out", "--input", test, "--labels", test, "--count", 3)
    check_keys(case, "run", {**fast, "cycles": 0, "latency_cycles": 0} if fast.get("cycles", 0) is None else fast)
    case.equal(fast.get("engine"), "jit", "engine")
    for engine, more in (("relu", ()), ("jit", ("--classes-only",))):
        none = case.json("run", "out", "--input", test, "--count", 3, "--engine", engine, *more)
        case.equal([none.get(k, "") for k in NEUROBENCH], [None] * 4, "NeuroBench's keys without spikes, " + engine)
    operations = fast.get("synaptic_operations", {})
    case.equal(operations.get("Dense"), 255 * (64 * 32 + 32 * 10), "dense operations: all synapses at all ticks")
    case.equal(operations.get("Effective_MACs"), 0, "nothing multiplies")
    case.equal([fast.get(k) for k in NEUROBENCH], [run.get(k) for k in NEUROBENCH], "NeuroBench's keys of jit and rtl")
    case.equal(fast.get("footprint"), 64 * 32 + 32 * 10 + 4 * (32 + 10) + 4 * 32, "weights, biases, ramps")
    case.check(abs((1 - fast.get("activation_sparsity", 0)) * 255 - fast.get("spikes_per_neuron", 0)) < 1e-4,
               "activations: the spikes of hidden neurons, each of 255 ticks")
    plain = case.json("run", "out", "--input", test + ":x", "--count", 3, "--engine", "golden")
    case.check("accuracy" in plain, "run without labels has no key accuracy")
    check_keys(case, "verify", case.json("verify", "out", "--input", test, "--count", 3))
    sweep = case.json("sweep", "out", "--input", test, "--count", 3, "--vary", "margin=0", "-o", "sweep.json")
    check_keys(case, "sweep", sweep)
    check_keys(case, "point", sweep["points"][0])
    tune = case.json("tune", "out", "-o", "tuned", "--train", test, "--epochs", 1)
    check_keys(case, "tune", tune)
    check_keys(case, "epoch", tune["epochs"][0])
    check_keys(case, "verify", case.json("verify", "out", "--input", test, "--count", 3,
                                         "--fault", "spike:1", code=1))
    check_keys(case, "convert", case.json("convert", "out", "-o", "net.nir"))
    check_keys(case, "synth", case.json("synth", "out", "--device", "ecp5-85k", "--estimate"))
    case.check("timing" in case.json("info", "out"), "info: no timing of a planned network")
    case.good("compile", model, "-o", "early", "--stop-after", "spike")
    case.check("timing" not in case.json("info", "early"), "info: timing without a plan")
    case.check("no chip" in case.good("info", "early").out, "info does not say that there is no plan")
    case.good("report", "early")
    with open(case.path("early", "report", "index.html"), encoding="utf-8") as f:
        case.check("No chip" in f.read(), "the report does not say that there is no plan")
    for n in range(3):
        said = [{"where": "here", "what": "word %d" % i} for i in range(n)]
        case.write("early/report/messages.json", json.dumps(said))
        case.good("report", "early")
        with open(case.path("early", "report", "index.html"), encoding="utf-8") as f:
            page = f.read()
        case.equal(("Nothing to report." in page, page.count("word ")), (n == 0, n), "a page of %d messages" % n)
    case.json("info", model)

    m = onnx_make.Model("two", input_shape=[None, 4])
    m.node("Sin", ["input"], ["a"], name="wave")
    m.node("Relu", ["a"], ["b"], name="fine")
    m.node("LSTM", ["b"], ["c"], name="loop")
    m.output("c", [None, 4])
    no = case.json("check", case.write("two.onnx", m.bytes()), code=1)
    check_keys(case, "check", no)
    case.equal(no.get("supported"), False, "supported")
    named = [(o.get("node"), o.get("op")) for o in no.get("obstacles", [])]
    for want in (("wave", "Sin"), ("loop", "LSTM")):
        case.check(want in named, "obstacle %r is not in %r" % (want, named))
    both = onnx_make.Model("both", input_shape=[None, 4])
    both.node("Sigmoid", ["input"], ["a"], name="curve")
    both.node("Softmax", ["a"], ["b"], name="middle")
    both.node("Relu", ["b"], ["c"], name="fine")
    both.output("c", [None, 4])
    v = case.json("check", case.write("both.onnx", both.bytes()), code=1)
    case.equal([(o.get("node"), o.get("op")) for o in v.get("obstacles", [])],
               [("curve", "sigmoid"), ("middle", "softmax")], "operators and forms in one go")
    for obstacle in no.get("obstacles", []) + v.get("obstacles", []):
        case.check(obstacle.get("reason") and obstacle.get("advice"),
                   "an obstacle without reason or advice: %r" % obstacle)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
