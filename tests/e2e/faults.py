# SPDX-License-Identifier: Apache-2.0
"""The check can fail: a damaged weight, bias, program, route, bit of the image and spike are found, and the
message says where. `verify` checks twice, and each check is held to its own findings: what the reader and the
decoder say of the image's bits, and what the samples show on a chip that runs the damaged bits.
"""
import os
import re
import struct
import sys

from e2e import DIGITS, Case, few, flip

VERIFY = ["--input", os.path.join(DIGITS, "test.npz"), "--count", "6"]
CHIP = ["--engines", "golden,rtl"]
PROGRAM, WEIGHTS = 17, 18  # kinds of sections: 16 and the number of hw/memories.def


def verify(case, out, fault, *more):
    """The verdict of a run with a fault; exit code 1."""
    return case.json("verify", out, *VERIFY, *(more or CHIP), "--fault", fault, code=1)


def sections(path):
    """(kind, core, first byte, bytes) of the image file's sections."""
    with open(path, "rb") as f:
        data = f.read()
    count = struct.unpack_from("<I", data, 16)[0]
    at, found = 20 + 20 * count + 4, []
    for i in range(count):
        kind, core, _, size, _ = struct.unpack_from("<IIIII", data, 20 + 20 * i)
        found.append((kind, core, at, size))
        at += size
    return found


def words(path, core, kind=PROGRAM):
    """The words of a core's memory, and where in the file they begin."""
    at, size = next((s[2], s[3]) for s in sections(path) if s[:2] == (kind, core))
    with open(path, "rb") as f:
        return struct.unpack_from("<%dI" % (size // 4), f.read(), at), at


def engine(path, core, number):
    """Word of a core's program where the first record of its scan (0), walk (1) or fire (2) program that does
    something begins; only ends of slots, of one word each, may come before it."""
    program = words(path, core)[0]
    at = program[number]
    while program[at] & 15 == 0:
        at += 1
    return at


def shows(case, v, what, image=True):
    """The traces differ, by the chip's own doing; `image`: and the image's bits do."""
    traces = v["traces"]
    case.equal(v["image"]["equal"], not image, "image equal with " + what)
    case.check(traces["differences"] >= 1, "the chip's traces do not show " + what)
    case.equal(v["differences"], traces["differences"] + image, "differences with " + what)
    case.equal(v["equal"], False, "equal with " + what)
    case.equal(v["first"]["kind"] == "image", image, "the image is first with " + what)
    first = traces["first"] or {}
    for key in ("sample", "population", "neuron", "core", "slot"):
        case.check(key in first, "the first difference with %s has no %s: %r" % (what, key, first))
    case.equal(first.get("engine"), "rtl", "engine with " + what)


def found_by(case, out, faults):
    """How many of the faults the chip's traces show."""
    found = [f for f in faults if verify(case, out, f)["traces"]["differences"]]
    return len(found)


def undamaged(case, out):
    """The control: neither check finds anything where there is nothing."""
    v = case.json("verify", out, *VERIFY, *CHIP)
    case.equal((v["equal"], v["differences"], v["first"]), (True, 0, None), "without a fault")
    case.equal(v["image"], {"equal": True, "what": None}, "image without a fault")
    case.equal(v["traces"], {"differences": 0, "first": None}, "traces without a fault")


def how_many(case, out, kind):
    """Weights or biases, as the refusal of one that is not there says."""
    r = case.refused("verify", out, *VERIFY, "--fault", kind + ":999999999", code=2, says="there are only")
    return int(re.search(r"there are only (\d+)", r.err)[1])


def ends(case, out, image):
    """The last of each kind is there, the next is not, and the refusal tells how many there are."""
    short = ["verify", out, *VERIFY[:2], "--count", "1", "--engines", "golden,jit", "--fault"]
    size = os.path.getsize(image)
    for kind in ("weight", "bias") + (("route",) if how_many(case, out, "route") else ()):
        n = how_many(case, out, kind)
        r = case.ttfs(*short, "%s:%d" % (kind, n - 1))
        case.check(r.code in (0, 1) and "--fault" not in r.err, "the last %s of %d:\n%s" % (kind, n, r))
        case.refused(*short, "%s:%d" % (kind, n), code=2, says="there are only %d " % n)
    r = case.ttfs(*short, "image:%d.7" % (size - 1))
    case.check(r.code in (0, 1) and "--fault" not in r.err, "the last bit of the image:\n%s" % r)
    for byte in (size, size + size // 10):
        case.refused(*short, "image:%d.0" % byte, code=2, says="there are only %d bytes in the image" % size)


def graph_faults(case, out):
    """Weights and biases: some matter to no sample of six, most of the last layer do."""
    total = how_many(case, out, "weight")
    case.check(how_many(case, out, "bias") > 10, "biases of " + out)
    faults = ["weight:%d" % w for w in (total // 3, total // 2, total - 77, total - 1)]
    case.check(found_by(case, out, faults) >= 2, "weights that show: fewer than two of %r" % faults)
    shows(case, verify(case, out, "bias:0"), "bias:0")


def tells(case, v, what):
    """The chip itself stops, or says that something is wrong, and the verdict does."""
    first = v["traces"]["first"] or {}
    case.check(v["traces"]["differences"] >= 1 and not v["equal"], "the verdict with " + what)
    told = first.get("fault") or first.get("what") or ""
    case.check("the chip " in told, "the chip tells nothing of %s: %r" % (what, first))


def program_faults(case, out, image):
    """Records of the core that computes first: the top of its walk, the channel ids of its results, its
    operations; a route; what is not there."""
    core = 0
    fire, walk = engine(image, core, 2), engine(image, core, 1)
    shows(case, verify(case, out, "program:%d.23" % walk), "the largest value of a walk")
    tells(case, verify(case, out, "program:%d.8" % (fire + 4)), "channels that are none")
    tells(case, verify(case, out, "program:%d.0" % walk), "a walk that is none")
    cores = [s for s in sections(image) if s[0] == PROGRAM]
    beyond = sum(s[3] for s in cores) // 4
    last = case.ttfs("verify", out, *VERIFY, *CHIP, "--fault", "program:%d.31" % (beyond - 1))
    case.check(last.code in (0, 1) and "--fault" not in last.err, "the last bit of the programs:\n%s" % last)
    if len(cores) > 1:
        v = verify(case, out, "route:0")
        case.check(v["traces"]["differences"] >= 1, "the chip's traces do not show route:0")
    for fault in ("program:%d.0" % beyond, "program:0.32", "route:99999"):
        case.refused("verify", out, *VERIFY, "--fault", fault, code=2, says="--fault")


def image_faults(case, out, image):
    """Bits of the file. Those that a core gets are run by the chip, the checksum notwithstanding."""
    walk = engine(image, 0, 1)
    v = verify(case, out, "image:%d.7" % (words(image, 0)[1] + 4 * walk + 2))
    shows(case, v, "the largest value of a walk, in the file")
    case.check("checksum" in v["image"]["what"], "what the reader says: %r" % v["image"])
    # The highest bits of some weights.
    weights, size = next((s[2], s[3]) for s in sections(image) if s[:2] == (WEIGHTS, 0))
    faults = ["image:%d.7" % (weights + at) for at in range(size // 16, size, size // 6)]
    case.check(found_by(case, out, faults) >= 2, "bits of weights that show: fewer than two of %r" % faults)
    # A bit that no core gets stops at the checksum.
    v = verify(case, out, "image:200.3")
    case.check(v["image"]["what"] and v["samples"] == 0, "image:200.3: %r" % v)
    r = case.ttfs("verify", out, *VERIFY, *CHIP, "--fault", "image:200.3")
    case.check(r.code == 1 and "NOT EQUAL" in r.out and "checksum" in r.out, "in text: %s" % r)
    case.check("differences 1, 0 of them in the traces\n" in r.out, "a difference of the image alone: %s" % r)


def spike_faults(case, out):
    for spike in (0, 3):
        v = verify(case, out, "spike:%d" % spike)
        case.equal((v["differences"], v["traces"]["differences"]), (1, 1), "differences with a moved spike")
    r = case.ttfs("verify", out, *VERIFY, *CHIP, "--fault", "spike:3")
    case.check(r.code == 1 and "NOT EQUAL" in r.out and "first " in r.out, "a moved spike in text: %s" % r)
    case.check("differences 1\n" in r.out, "a difference of the traces alone: %s" % r)


def other_engines(case, out):
    """The jit runs the damaged graph too; two engines with the same damage differ from the first alike."""
    v = verify(case, out, "bias:0", "--engines", "golden,jit")
    case.check(v["traces"]["differences"] >= 1, "the jit's traces do not show bias:0")
    case.equal(v["image"]["equal"], False, "the image beside engines that do not run it")
    both = verify(case, out, "bias:0", "--engines", "golden,jit,rtl")
    case.equal(both["traces"]["differences"], 2 * v["traces"]["differences"], "differences of jit and rtl")


def indices(case):
    """Numbers to 2^50, and bits that a byte and a word have: more is no fault at all."""
    for fault in ("weight:%d" % 2**50, "bias:%d" % 2**50, "spike:%d" % 2**50, "program:%d.31" % 10**14):
        r = case.refused("verify", "mlp", *VERIFY, "--fault", fault, code=2, says="--fault")
        case.check("none of" not in r.err, "%s is written as the help says:\n%s" % (fault, r))
    for fault in ("weight:%d" % (2**50 + 1), "image:%d.0" % (2**50 + 1), "image:40.8", "program:0.32", "weight:",
                  "weight:-1", "weight:1x", "image:1.2.3", "image:1.", "spike:1.0"):
        case.refused("verify", "mlp", *VERIFY, "--fault", fault, code=2, says=["--fault", "none of image:BYTE.BIT"])


def folder_faults(case, out, image):
    """Damage on disk, of any part of the image, is found before it is used."""
    size = os.path.getsize(image)
    for at in (0, 9, 40, size // 3, size // 2, size - 1):
        flip(image, at, at % 8)
        case.refused("verify", out, *VERIFY, says="chip.img")
        case.refused("dump", image, says="chip.img")
        flip(image, at, at % 8)
    case.good("verify", out, *VERIFY)
    with open(image, "r+b") as f:
        f.truncate(size - 5)
    case.refused("verify", out, *VERIFY, says="chip.img")


def main():
    case = Case()
    case.compile("digits_mlp", "mlp")
    case.compile("digits_cnn", "cnn", "--chip", "tiny")
    for out in few(("cnn", "mlp"), 2):
        image = case.path(out, "image", "chip.img")
        undamaged(case, out)
        graph_faults(case, out)
        ends(case, out, image)
        program_faults(case, out, image)
        image_faults(case, out, image)
        spike_faults(case, out)
        other_engines(case, out)
    for fault in ("image:999999999.1", "image:1.9", "image:1", "weight:999999999", "weight:1.2", "sneeze:1"):
        case.refused("verify", "mlp", *VERIFY, "--fault", fault, code=2, says="--fault")
    indices(case)
    folder_faults(case, "mlp", case.path("mlp", "image", "chip.img"))
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
