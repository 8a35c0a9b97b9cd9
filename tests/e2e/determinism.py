# SPDX-License-Identifier: Apache-2.0
"""Same inputs, same bytes: two compiles, a compile into another folder, from another working folder
and in another locale give the same files, all of them; a changed option does not. Runs and verdicts
do not depend on the number of threads.
"""
import os
import sys

from e2e import DIGITS, Case, few, tree


def differences(a, b):
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


def threads(case, out):
    test = os.path.join(DIGITS, "test.npz")
    runs, verdicts = [], []
    for count in ("1", "2", "5"):
        run = case.json("run", out, "--input", test, "--engine", "golden", "--count", "150", "--threads", count)
        chip = case.json("run", out, "--input", test, "--engine", "rtl", "--count", "9", "--threads", count)
        run.pop("samples_per_second", None)
        chip.pop("samples_per_second", None)
        runs.append((run, chip))
        verdicts.append(case.json("verify", out, "--input", test, "--count", "9", "--engines",
                                  "golden,rtl", "--threads", count, "--fault", "weight:9", code=1))
    case.check(runs[0] == runs[1] == runs[2], "runs differ with the threads: %r" % runs)
    case.check(verdicts[0] == verdicts[1] == verdicts[2],
               "verdicts differ with the threads: %r" % verdicts)


def main():
    case = Case()
    os.makedirs(case.path("elsewhere", "deep"))
    for net, chip in few((("digits_cnn", "tiny"), ("digits_mlp", "one")), 2):
        model = os.path.join(DIGITS, net + ".onnx")
        calib = os.path.join(DIGITS, "calib.npz")

        def build(out, *more, cwd=None, model=model, calib=calib):
            case.good("compile", model, "-o", out, "--calib", calib, "--chip", chip, *more, cwd=cwd)
            return tree(case.path(out) if cwd is None else os.path.join(cwd, out))

        first = build(net + "-1")
        case.check(len(first) > 8, "only %d files" % len(first))
        again = {
            "a second compile": build(net + "-2"),
            "a compile over the first": build(net + "-1"),
            "another working folder": build("x", cwd=case.path("elsewhere", "deep")),
            "relative paths": build("y", cwd=case.path("elsewhere"),
                                    model=os.path.relpath(model, case.path("elsewhere")),
                                    calib=os.path.relpath(calib, case.path("elsewhere"))),
        }
        for count in ("1", "2", "7"):
            again[count + " threads"] = build(net + "-t", "--threads", count)
        os.environ["LC_ALL"] = "de_DE.UTF-8"
        again["another locale"] = build(net + "-5")
        del os.environ["LC_ALL"]
        for what, files in again.items():
            case.equal(differences(first, files)[:5], [], "%s: differ for %s" % (net, what))

        other = build(net + "-6", "--ticks", "63")
        changed = differences(first, other)
        for name in ("manifest.json", "forms/spike.txt", "image/chip.img"):
            case.check(name in changed, "%s: --ticks 63 did not change %s" % (net, name))
        threads(case, net + "-1")
        left = [n for n in os.listdir(case.folder) if n.endswith((".tmp", ".old"))]
        case.equal(left, [], "temporary folders left behind")
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
