# SPDX-License-Identifier: Apache-2.0
"""The check can fail: one flipped bit of the image, one changed weight, one moved spike, and a bit
flipped in the image on disk are all noticed, and the message says where.
"""
import os
import sys

from e2e import DIGITS, Case, flip

VERIFY = ["--input", os.path.join(DIGITS, "test.npz"), "--count", "6"]


def fault_is_found(case, out, engines, fault):
    """`verify --fault` must exit 1 and name what differs, in text and in JSON."""
    r = case.ttfs("verify", out, *VERIFY, "--engines", engines, "--fault", fault)
    case.check(r.code == 1, "expected exit code 1 with --fault %s:\n%s" % (fault, r))
    case.check("NOT EQUAL" in r.out and "first " in r.out,
               "the verdict does not say what differs with --fault %s:\n%s" % (fault, r))
    return r


def main():
    case = Case()
    case.compile("digits_mlp", "mlp")
    case.compile("digits_cnn", "cnn", "--chip", "tiny")

    for out in ("mlp", "cnn"):
        case.good("verify", out, *VERIFY)
        fault_is_found(case, out, "golden,rtl", "spike:0")
        fault_is_found(case, out, "golden,rtl", "spike:3")
        fault_is_found(case, out, "golden,rtl", "image:200.3")
        v = case.json("verify", out, *VERIFY, "--fault", "spike:1", code=1)
        case.equal(v.get("equal"), False, "equal after --fault spike:1")
        case.check(v.get("differences", 0) >= 1, "no differences counted")
        first = v.get("first") or {}
        for key in ("sample", "population", "neuron"):
            case.check(key in first, "the first difference does not say its %s: %r" % (key, first))

    # A weight may be one that no sample of six uses: of some, one must show.
    found = [i for i in (0, 20, 77, 300, 1000, 2047)
             if case.ttfs("verify", "mlp", *VERIFY, "--fault", "weight:%d" % i).code == 1]
    case.check(len(found) >= 4, "changed weights noticed: only those at %r" % found)

    case.refused("verify", "mlp", *VERIFY, "--fault", "image:999999999.1", code=2, says="--fault")
    case.refused("verify", "mlp", *VERIFY, "--fault", "image:1.9", code=2, says="--fault")
    case.refused("verify", "mlp", *VERIFY, "--fault", "weight:999999999", code=2, says="--fault")
    case.refused("verify", "mlp", *VERIFY, "--fault", "sneeze:1", code=2, says="--fault")

    image = case.path("mlp", "image", "chip.img")
    size = os.path.getsize(image)
    for at in (0, 9, 40, size // 3, size // 2, size - 1):
        flip(image, at, at % 8)
        case.refused("verify", "mlp", *VERIFY, says="chip.img")
        case.refused("dump", image, says="chip.img")
        flip(image, at, at % 8)
    case.good("verify", "mlp", *VERIFY)

    with open(image, "r+b") as f:
        f.truncate(size - 5)
    case.refused("verify", "mlp", *VERIFY, says="chip.img")
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
