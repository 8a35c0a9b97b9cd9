# SPDX-License-Identifier: Apache-2.0
"""Measures the jit engine and the float engine against ONNX Runtime: the rounds of measurements, and what they say.

Started by tools/bench/jit, which brings the packages. Every program that is measured is a process
of its own that sleeps while the others run; in each round every one gets its turn, in an order that
changes from round to round, so that what disturbs the machine disturbs all alike. Ratios are those
of the medians over the rounds of one run.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import onnxruntime

import networks
from bench_machine import Neighbours, is_disturbed, machine
from bench_table import print_report

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "..", "..")
TOGETHER = 16  # samples that the float engine takes at once: a smaller batch is nothing for it
REST_S = 0.02  # in which the threads of the last run stop spinning


class Worker:
    """A process that answers a line with a line of JSON."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("bench: error: '%s' ended while answering '%s'" %
                     (" ".join(self.process.args), " ".join(str(w) for w in words)))
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def once(command, *words):
    """The answer of a process that answers one line."""
    worker = Worker(*command)
    answer = worker.ask(*words)
    worker.close()
    return answer


class Bench:
    def __init__(self, options):
        self.options = options
        self.ttfs = os.path.join(options.build, "ttfs")
        self.jit_bench = os.path.join(options.build, "tools", "bench", "jit_bench")
        self.fast_bench = os.path.join(options.build, "tools", "bench", "fast_bench")
        for program in (self.ttfs, self.jit_bench, self.fast_bench):
            if not os.path.exists(program):
                sys.exit("bench: error: %s is not there: build first, or name the build folder "
                         "with --build" % program)

    def jit_command(self, files, cache=None):
        return [self.jit_bench, files["spike"], files["raw"]] + ([cache] if cache else [])

    def rate(self, worker, batch, threads):
        """Samples a second, and the cores that other programs took meanwhile. Where they left fewer
        than there are threads it is tried again, and the least disturbed try counts."""
        tries = []
        for _ in range(1 + self.options.retries):
            neighbours = Neighbours()
            answer = worker.ask("run", batch, threads, self.options.seconds)
            others = neighbours.cores(answer["cpu_seconds"])
            tries.append((others, answer["samples_per_second"]))
            time.sleep(REST_S)
            if not is_disturbed(others, threads):
                break
        others, rate = min(tries)
        return rate, others

    def measure(self, workers, batch, threads):
        """The rates of all rounds, {engine: [samples a second]}, and beside them the peak and what
        other programs took."""
        names = [name for name in workers if name != "fast" or batch >= TOGETHER]
        rates, peak, others = {name: [] for name in names}, [], []
        for i in range(self.options.rounds):
            for k in range(len(names)):
                name = names[(i + k) % len(names)]
                rate, taken = self.rate(workers[name], batch, threads)
                rates[name].append(rate)
                others.append(taken)
            answer = workers["jit"].ask("peak", threads, self.options.seconds / 2)
            peak.append(answer["macs_per_second"])
        return {"batch": batch, "threads": threads, "rates": rates, "peak": peak,
                "others": others}

    def compile_times(self, files):
        """Seconds to open the network, cold and from the cache: a process each."""
        cold, warm, last = [], [], {}
        for i in range(self.options.compiles):
            with tempfile.TemporaryDirectory(prefix="ttfs-bench-") as cache:
                command = self.jit_command(files, cache)
                cold.append(once(command, "open", 1)["seconds"])
                for k in range(3):
                    last = once(command, "open", 1)
                    warm.append(last["seconds"])
        return {"cold": cold, "warm": warm, "warm_generated": last["stats"]["generated"]}

    def memory(self, files):
        batch, threads = max(self.options.batches), max(self.options.threads)
        with tempfile.TemporaryDirectory(prefix="ttfs-bench-") as cache:
            command = self.jit_command(files, cache)
            cold = once(command, "memory", batch, threads)
            return {"batch": batch, "threads": threads, "cold": cold,
                    "warm": once(command, "memory", batch, threads)}

    def network(self, net):
        npy, raw = net.samples()
        files = {"spike": net.spike(self.ttfs), "raw": raw}
        server = [sys.executable, os.path.join(HERE, "ort_server.py")]
        workers = {"ort_f32": Worker(*server, net.model, npy),
                   "ort_int8": Worker(*server, net.int8(), npy),
                   "jit": Worker(*self.jit_command(files)),
                   "fast": Worker(self.fast_bench, net.model, raw)}
        result = {"name": net.name, "samples": len(net.x), "macs": net.about.get("macs"),
                  "info": workers["jit"].ask("info", 1), "accuracy": {}, "runs": []}
        for name, worker in workers.items():
            classes = worker.ask("classes", 1)["classes"]
            result["accuracy"][name] = sum(int(a == b) for a, b in zip(classes, net.y)) / len(net.y)
        for batch in self.options.batches:
            for threads in self.options.threads:
                say("%s, batch %d, threads %d" % (net.name, batch, threads))
                result["runs"].append(self.measure(workers, batch, threads))
        result["fast_error"] = workers["fast"].ask("error", 1)["error"]
        for worker in workers.values():
            worker.close()
        say("%s, compile times and memory" % net.name)
        result["compile"], result["memory"] = self.compile_times(files), self.memory(files)
        return result

    def run(self):
        o = self.options
        nets = networks.find(o.models, o.nets, o.cache)
        version = subprocess.run([self.ttfs, "--version"], capture_output=True, text=True)
        report = {"machine": machine(), "onnxruntime": onnxruntime.__version__,
                  "ttfs": version.stdout.strip(), "int8": networks.RECIPE, "rounds": o.rounds,
                  "seconds": o.seconds, "networks": []}
        for net in nets:
            report["networks"].append(self.network(net))
        return report


def say(text):
    print("bench: " + text, file=sys.stderr, flush=True)


def default_models():
    """Trained networks where tests find them, else the examples."""
    sys.path.insert(0, os.path.join(SOURCE, "tests", "e2e"))
    sys.dont_write_bytecode = True
    import e2e
    data = e2e.data_folder()
    return os.path.join(data, "models") if data else e2e.DIGITS


def numbers(text):
    return [int(n) for n in text.split(",")]


def parse():
    p = argparse.ArgumentParser(prog="tools/bench/jit", description="measures the jit engine "
                                "and the float engine against ONNX Runtime; see tools/bench/README.md")
    p.add_argument("--models", metavar="DIR", help="folder of networks (default: the tests' data, "
                   "else examples/digits)")
    p.add_argument("--nets", metavar="A,B", type=lambda t: t.split(","), default=[],
                   help="these alone")
    p.add_argument("--batches", metavar="N,N", type=numbers, default=[1, 64])
    p.add_argument("--threads", metavar="N,N", type=numbers, default=[1, 2])
    p.add_argument("--rounds", metavar="N", type=int, default=9)
    p.add_argument("--seconds", metavar="S", type=float, default=0.4, help="of one measurement")
    p.add_argument("--retries", metavar="N", type=int, default=3,
                   help="of a measurement that other programs disturbed")
    p.add_argument("--quick", action="store_true", help="3 rounds of 0.1 s: for a first look")
    p.add_argument("--json", metavar="FILE", help="write every number")
    p.add_argument("--build", metavar="DIR", default=os.path.join(SOURCE, "build"))
    p.add_argument("--cache", required=True, help=argparse.SUPPRESS)
    options = p.parse_args()
    options.compiles = 5
    if options.quick:
        options.rounds, options.seconds, options.compiles = 3, 0.1, 1
    options.models = options.models or default_models()
    return options


def main():
    options = parse()
    try:
        report = Bench(options).run()
    except networks.Missing as e:
        sys.exit("bench: error: %s" % e)
    if options.json:
        with open(options.json, "w") as f:
            json.dump(report, f, indent=1)
            f.write("\n")
    print_report(report)


if __name__ == "__main__":
    main()
