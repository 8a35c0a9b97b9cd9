# SPDX-License-Identifier: Apache-2.0
"""Same inputs, same bytes: two compiles, a compile into another folder and from another working
folder, with another thread count and another locale, give the same files, all of them. A changed
option does not.
"""
import os
import sys

from e2e import DIGITS, Case, tree


def differences(a, b):
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


def main():
    case = Case()
    os.makedirs(case.path("elsewhere", "deep"))
    for net, chip in (("digits_mlp", "one"), ("digits_cnn", "tiny")):
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
            "one thread": build(net + "-3", "--threads", "1"),
            "three threads": build(net + "-4", "--threads", "3"),
            "another working folder": build("x", cwd=case.path("elsewhere", "deep")),
            "relative paths": build("y", cwd=case.path("elsewhere"),
                                    model=os.path.relpath(model, case.path("elsewhere")),
                                    calib=os.path.relpath(calib, case.path("elsewhere"))),
        }
        os.environ["LC_ALL"] = "de_DE.UTF-8"
        again["another locale"] = build(net + "-5")
        del os.environ["LC_ALL"]
        for what, files in again.items():
            case.equal(differences(first, files), [], "%s: files that differ for %s" % (net, what))

        other = build(net + "-6", "--ticks", "63")
        changed = differences(first, other)
        for name in ("manifest.json", "forms/spike.txt", "image/chip.img"):
            case.check(name in changed, "%s: --ticks 63 did not change %s" % (net, name))
        left = [n for n in os.listdir(case.folder) if n.endswith((".tmp", ".old"))]
        case.equal(left, [], "temporary folders left behind")
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
