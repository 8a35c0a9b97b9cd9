# SPDX-License-Identifier: Apache-2.0
"""Every command that takes --threads, with four of them, comes to what one thread comes to; so do runs at the
same time that begin with one empty cache. Made for the thread sanitizer (tools/threads.sh): it sees what this
program alone would not show.
"""
import json
import os
import subprocess
import sys

from e2e import DIGITS, TTFS, Case, tree

TEST = os.path.join(DIGITS, "test.npz")


def compiled(case, threads):
    case.good("compile", os.path.join(DIGITS, "digits_cnn.onnx"), "-o", "out", "--calib",
              os.path.join(DIGITS, "calib.npz"), "--calib-count", 40, "--ticks", 15, "--chip", "one", "--threads", threads)
    return tree(case.path("out"))


def result(run):
    """What a run found, without what it took."""
    took = ("samples_per_second", "threads", "chunk", "open_seconds", "generate_seconds", "cached", "generated",
            "work_bytes")
    return {key: value for key, value in run.items() if key not in took}


def ran(case, threads):
    results = []
    for engine in ("jit", "golden", "relu", "exact"):
        results.append(result(case.json("run", "out", "--input", TEST, "--count", 16, "--engine", engine,
                                        "--threads", threads)))
    results.append(case.json("sweep", "out", "--input", TEST, "--count", 40, "--vary", "time-noise=0,0.1", "--vary", "weight-noise=0.1",
                             "--trials", 2, "--threads", threads, "-o", "sweep-%s.json" % threads))
    return results


def verified(case, threads):
    return case.json("verify", "out", "--input", TEST, "--count", 6, "--engines", "golden,jit,rtl",
                     "--threads", threads)


def at_once(case):
    """Four runs that compile for one cache at the same time."""
    env = dict(os.environ, TTFS_CACHE=case.path("cache"))
    args = [os.path.abspath(TTFS), "run", case.path("out"), "--input", TEST, "--count", "16", "--threads", "2", "--json"]
    runs = [subprocess.Popen(args, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    results = []
    for p in runs:
        out, err = p.communicate(timeout=240)
        case.equal(p.returncode, 0, "a run beside others:\n" + err.decode(errors="replace"))
        results.append(result(json.loads(out or b"{}")))
    case.check(all(r == results[0] for r in results), "runs at once differ: %r" % results)


def main():
    case = Case()
    for what in (compiled, ran, verified):
        case.check(what(case, 1) == what(case, 4), "%s: four threads come to something else" % what.__name__)
    at_once(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
