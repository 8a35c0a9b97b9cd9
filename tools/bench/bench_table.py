# SPDX-License-Identifier: Apache-2.0
"""A benchmark's numbers as tables. Rates are medians over the rounds."""
from statistics import median, quantiles

from bench_machine import is_disturbed

ENGINES = ("ort_f32", "ort_int8", "jit", "fast")
MB = 1e6
ROOM = 50e6  # beside weights and activations


def spread(values):
    """Half the distance of the quartiles, as a share of the median."""
    if len(values) < 3:
        return 0
    low, _, high = quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / median(values)


def ratio(run, other, ours="jit"):
    return median(run["rates"][ours]) / median(run["rates"][other])


def macs(net):
    """Of a sample: the network's own count where it is known, else that of the compiled layers."""
    return net["macs"] or sum(layer["macs"] for layer in net["info"]["layers"])


def peaks(report):
    """Of each number of threads: the best of all rounds, since it is a property of the machine."""
    best = {}
    for net in report["networks"]:
        for run in net["runs"]:
            best[run["threads"]] = max(run["peak"] + [best.get(run["threads"], 0)])
    return best


def share(net, run, peak):
    return median(run["rates"]["jit"]) * macs(net) / peak if peak else 0


def disturbed(run):
    return is_disturbed(median(run["others"]), run["threads"])


def print_rates(report):
    print("\nsamples a second (median of %d rounds of %g s), +- half the quartiles' distance" %
          (report["rounds"], report["seconds"]))
    print("%-26s %5s %3s %20s %20s %20s %8s %8s %6s %20s %8s" %
          ("network", "batch", "thr", "ORT float32", "ORT int8", "jit", "/float32", "/int8",
           "peak", "float", "/float32"))
    best = peaks(report)
    for net in report["networks"]:
        for run in net["runs"]:
            rates = {e: "%12s +-%3.0f %%" % ("{:,.0f}".format(median(v)), 100 * spread(v))
                     for e, v in run["rates"].items()}
            fast = "%7.2fx" % ratio(run, "ort_f32", "fast") if "fast" in rates else "-"
            print("%-26s %5d %3d %20s %20s %20s %7.2fx %7.2fx %4.0f %% %20s %8s%s" %
                  (net["name"], run["batch"], run["threads"],
                   *(rates[e] for e in ("ort_f32", "ort_int8", "jit")), ratio(run, "ort_f32"),
                   ratio(run, "ort_int8"), 100 * share(net, run, best[run["threads"]]),
                   rates.get("fast", "-"), fast, " *" if disturbed(run) else ""))
    if any(disturbed(run) for net in report["networks"] for run in net["runs"]):
        print("* other programs left fewer cores than there are threads: not worth quoting")


def print_accuracy(report):
    print("\naccuracy on the samples that were run, %")
    print("%-26s %8s %12s %12s %12s %12s  %s" %
          ("network", "samples", "ORT float32", "ORT int8", "jit", "float", "float, off the relu engine"))
    for net in report["networks"]:
        print("%-26s %8d %12.2f %12.2f %12.2f %12.2f  %.1e" %
              (net["name"], net["samples"], *(100 * net["accuracy"][e] for e in ENGINES),
               net["fast_error"]))


def print_compile(report):
    print("\njit: time to open a network, a process each; growth of the process in a run")
    print("%-26s %9s %9s %6s %10s %10s %10s %10s" %
          ("network", "cold", "warm", "batch", "peak cold", "peak warm", "after", "allowed"))
    for net in report["networks"]:
        c, m = net["compile"], net["memory"]
        grown = [(m[a][b] - m[a]["before"]) / MB
                 for a, b in (("cold", "peak"), ("warm", "peak"), ("warm", "after"))]
        print("%-26s %6.0f ms %6.1f ms %6d %7.1f MB %7.1f MB %7.1f MB %7.1f MB" %
              (net["name"], 1e3 * median(c["cold"]), 1e3 * median(c["warm"]), m["batch"], *grown,
               allowed(net) / MB))


def allowed(net):
    """Weights and the two largest activations of a batch, in bytes, once, and some room."""
    info = net["info"]
    return info["parameters"] + info["two_largest"] * net["memory"]["batch"] + ROOM


def print_least(report):
    print()
    for ours, other, text in (("jit", "ort_f32", "jit to ONNX Runtime float32"),
                              ("jit", "ort_int8", "jit to ONNX Runtime int8"),
                              ("fast", "ort_f32", "float to ONNX Runtime float32")):
        all_runs = [(ratio(run, other, ours), net, run) for net in report["networks"]
                    for run in net["runs"] if ours in run["rates"]]
        if not all_runs:
            continue
        least, net, run = min(all_runs, key=lambda t: t[0])
        print("least ratio of %s: %.2fx (%s, batch %d, threads %d)" %
              (text, least, net["name"], run["batch"], run["threads"]))


def print_report(report):
    m = report["machine"]
    print("machine    %s, %d cores; %s" % (m["processor"], m["cores"], " ".join(m["flags"])))
    print("versions   ONNX Runtime %s, %s, code for %s" %
          (report["onnxruntime"], report["ttfs"],
           report["networks"][0]["info"]["stats"]["cpu"]))
    print("peak       " + ", ".join("%.0f GMAC/s with %d thread%s" %
                                    (p / 1e9, t, "s" if t > 1 else "")
                                    for t, p in sorted(peaks(report).items())) +
          " (the bare instruction, best of all rounds)")
    print_rates(report)
    print_accuracy(report)
    print_compile(report)
    print_least(report)
