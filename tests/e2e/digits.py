# SPDX-License-Identifier: Apache-2.0
"""The main job: a digits network compiles, and golden and rtl agree spike for spike.

Arguments: NET CHIP MOST_SAMPLES. Also: the accuracy on the held-back digits is that of the float
network or nearly so, and no sample takes longer than the plan's worst case.
"""
import os
import sys

from e2e import DIGITS, Case, samples

ACCURACY = {"digits_mlp": 0.97, "digits_cnn": 0.98}


def main(net, chip, most):
    case, test = Case(), os.path.join(DIGITS, "test.npz")
    count = samples(int(most))
    compiled = case.json("compile", os.path.join(DIGITS, net + ".onnx"), "-o", "out",
                         "--calib", os.path.join(DIGITS, "calib.npz"), "--chip", chip)
    for name in ("manifest.json", "forms/spike.txt", "image/chip.img", "rtl/filelist.f",
                 "rtl/ttfs_top.v", "report/timing.json"):
        case.check(os.path.exists(case.path("out", name)), "OUT/%s was not written" % name)

    v = case.json("verify", "out", "--input", test, "--engines", "golden,rtl", "--count", count)
    case.equal(v.get("engines"), ["golden", "rtl"], "engines")
    case.equal(v.get("samples"), count, "samples compared")
    case.equal(v.get("differences"), 0, "differences")
    case.equal(v.get("equal"), True, "equal")
    case.equal(v.get("readouts"), 10 * count, "readout potentials compared")
    case.check(v.get("spikes", 0) > 20 * count, "only %s spikes compared" % v.get("spikes"))

    golden = case.json("run", "out", "--input", test, "--labels", test, "--engine", "golden")
    case.equal(golden.get("samples"), 450, "samples run")
    case.check(golden.get("accuracy", 0) >= ACCURACY[net],
               "accuracy %s, at least %s expected" % (golden.get("accuracy"), ACCURACY[net]))
    case.check(golden.get("agreement", 0) >= 0.98, "agreement with relu %s" % golden.get("agreement"))

    rtl = case.json("run", "out", "--input", test, "--labels", test, "--engine", "rtl",
                    "--count", min(count, 60))
    worst = compiled.get("worst_cycles", 0)
    case.check(0 < rtl.get("cycles", 0) <= worst,
               "%s cycles a sample, worst case %s" % (rtl.get("cycles"), worst))
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
