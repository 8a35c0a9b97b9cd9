# SPDX-License-Identifier: Apache-2.0
"""Larger networks than the repository holds: MNIST and Fashion-MNIST, golden, jit and rtl spike for
spike, and the accuracy and agreement that the arithmetic is known to keep.

Arguments: NET TICKS BITS VERIFY_SAMPLES RUN_SAMPLES LEAST_AGREEMENT LEAST_ACCURACY. Needs a folder
with datasets/ and models/ ($TTFS_TEST_DATA, else ../shared/data); skips without.
"""
import os
import sys

from e2e import Case, data_folder, samples, skip

SETS = {"mnist": "mnist", "fashion": "fashion"}


def main(net, ticks, bits, verify_count, run_count, agreement, accuracy):
    data = data_folder()
    if not data:
        skip("no folder of trained networks: set TTFS_TEST_DATA, or put one at ../shared/data")
    images = os.path.join(data, "datasets", SETS[net.split("_")[0]])
    model = os.path.join(data, "models", net + ".onnx")
    test = os.path.join(images, "t10k-images-idx3-ubyte.gz")
    for path in (model, test):
        if not os.path.exists(path):
            skip("%s is not there" % path)
    case, count = Case(), samples(int(verify_count))
    case.good("compile", model, "-o", "out", "--ticks", ticks, "--weight-bits", bits, "--calib",
              os.path.join(images, "train-images-idx3-ubyte.gz"), "--calib-count", 500)
    v = case.json("verify", "out", "--input", test, "--count", count)
    case.equal((v.get("samples"), v.get("differences"), v.get("equal")), (count, 0, True),
               "samples, differences, equal")
    r = case.json("run", "out", "--input", test, "--count", run_count, "--labels", os.path.join(images, "t10k-labels-idx1-ubyte.gz"))
    print("%s T=%s %s bit: %s samples verified, %s spikes; %s run: accuracy %s, agreement %s" %
          (net, ticks, bits, count, v.get("spikes"), run_count, r.get("accuracy"),
           r.get("agreement")))
    case.check(r.get("agreement", 0) >= float(agreement),
               "agreement with relu %s, at least %s expected" % (r.get("agreement"), agreement))
    case.check(r.get("accuracy", 0) >= float(accuracy),
               "accuracy %s, at least %s expected" % (r.get("accuracy"), accuracy))
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
