# SPDX-License-Identifier: Apache-2.0
"""The PYNQ driver, rtl/host, against the block of `compile --ip-xact` under Icarus: registers behind pipes in place of a board's
memory bus, packets in place of its DMA. Potentials are golden's to the last bit and classes the same, by registers alone and by
streams; the block of another chip refuses the image. Skipped without numpy.

`pynq_driver.py drive OUT X SIMULATION STREAMS`, for itself: drives a simulation and prints what came.
"""
import json
import os
import re
import subprocess
import sys

from e2e import DIGITS, SOURCE, Case, few, interpreter, need

CHIP = os.path.join(SOURCE, "rtl", "cocotb", "chip.json")
COUNT = 2


class Simulation:
    """The block as PYNQ shows it: read, write; sendchannel, recvchannel, whose transfers are over once they are waited for."""

    running = idle = True

    def __init__(self, path):
        self.process = subprocess.Popen(["vvp", "-n", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.sendchannel = self.recvchannel = self
        self.target = None

    def say(self, *words):
        self.process.stdin.write(" ".join("%x" % w if isinstance(w, int) else w for w in words) + "\n")
        self.process.stdin.flush()

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the simulation has ended")
        return line.split()

    def write(self, offset, word):
        self.say("w", offset, int(word))
        if self.hear() != ["0"]:
            raise RuntimeError("a write of %x is an error" % offset)

    def read(self, offset):
        self.say("r", offset, 0)
        word, response = self.hear()
        if response != "0":
            raise RuntimeError("a read of %x is an error" % offset)
        return int(word, 16)

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)

    def transfer(self, buffer):
        """In first, as a driver must, to where what comes is put; then out."""
        if self.target is None:
            self.target = buffer
            return
        self.say("s", len(buffer), 0)
        for beat in buffer:
            self.say(int(beat))

    def wait(self):
        if self.target is None:
            return
        self.say("m", 0, 0)
        n = int(self.hear()[0], 16)
        if n != len(self.target):
            raise RuntimeError("a packet of %d beats, %d expected" % (n, len(self.target)))
        for i in range(n):
            self.target[i] = int(self.hear()[0], 16)
        self.target = None


def raw(net, pixels):
    """The flits that ttfs_axis_raw makes of a sample's bytes, as its header says, of the configuration that the folder gives it."""
    data = net.raw_configuration()
    words = [int.from_bytes(data[i:i + 2], "little") for i in range(0, len(data), 2)]
    flow, w, h, c = words[0], words[1] + 1, words[2] + 1, words[3] + 1
    table, chip, found = words[5:], net.chip, []
    for i, pixel in enumerate(pixels[:w * h * c]):
        channel, place = (i % c, i // c) if words[4] else (i // (w * h), i % (w * h))
        value = table[channel % (len(table) // 256) * 256 + int(pixel)]
        y, x = divmod(place, w)
        id_ = ((flow << net.turn_bits + chip["y_bits"] | y) << chip["x_bits"] | x) << chip["c_bits"] | channel
        found += [id_ << net.value_bits | value] if value else []
    return sorted(found)


class Full:
    """A chip that takes nothing."""

    def __init__(self, status):
        self.status = status

    def read(self, offset):
        return 1 << 2 if offset == self.status else 0

    def write(self, offset, word):
        pass


class Channel:
    """Of a DMA: one whose transfer is over, never ends, or that an error has stopped."""

    def __init__(self, running=True, idle=True):
        self.running, self.idle = running, idle

    def transfer(self, buffer):
        pass

    def wait(self):
        if not self.running:
            raise RuntimeError("DMA channel not started")
        if not self.idle:
            raise AssertionError("waits for ever")


class Dma:
    def __init__(self, sendchannel, recvchannel):
        self.sendchannel, self.recvchannel = sendchannel, recvchannel


def stuck(net):
    """What the driver says where the first transfer does not end, the second does not, an error has stopped that."""
    never, found = Channel(idle=False), []
    for net.dma in (Dma(never, never), Dma(Channel(), never), Dma(Channel(), Channel(running=False, idle=False))):
        found.append(refused(RuntimeError, net.by_streams, [1]))
    return found


def refused(error, call, *args):
    """What it is refused with."""
    try:
        return "given: %r" % (call(*args),)
    except error as e:
        return str(e)


def drive(out, x, path, streams):
    import numpy as np
    sys.path.insert(0, os.path.join(SOURCE, "rtl", "host"))
    import ttfs_pynq
    from ttfs_pynq import Overlay
    x = np.load(x)["x"][:COUNT]
    simulation = Simulation(path)
    try:
        net = Overlay(out, mmio=simulation, dma=simulation if streams == "1" else None)
        sums = net.potentials(x)
        pixels = np.random.default_rng(1).integers(0, 256, (2, int(np.prod(net.net.shape[net.net.input]))), dtype=np.uint8)
        same = [raw(net.net, p) == sorted(net.net.flits(v)) for p, v in zip(pixels, net.net.encode(pixels))]
        found = {"raw": same, "sums": [{str(p): v.tolist() for p, v in s.items()} for s in sums], "first": net.run(x[:1]).tolist()}
        net.net.uint8, net.mmio, ttfs_pynq.PATIENCE = {"mean": [0, 1], "std": [1, 1]}, Full(net.net.register["STATUS"]), 9
        found["planes"] = refused(ValueError, net.net.raw_configuration)
        found["full"] = refused(RuntimeError, net.by_registers, [1])
        ttfs_pynq.SECONDS = 0.05
        found["stuck"] = stuck(net)
    except RuntimeError as e:
        found = {"error": str(e)}
    simulation.close()
    print(json.dumps(found))


def build(case, out, streams):
    path = case.path("sim-%s-%d" % (out, streams))
    with open(case.path(out, "ip", "ttfs_axi.v"), encoding="utf-8") as f:
        bits = int(re.search(r"\[(\d+):0\] s_axis_tdata", f.read())[1]) + 1
    p = subprocess.run([need("iverilog"), "-g2012", "-DSTREAMS=%d" % streams, "-DBITS=%d" % bits, "-I" + case.path(out, "rtl"), "-I" + case.path(out, "ip"),
                        "-y", case.path(out, "rtl"), "-y", case.path(out, "ip"), "-o", path, os.path.join(SOURCE, "tests", "rtl", "ip_host.sv")],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    case.equal((p.returncode, p.stdout), (0, ""), "Icarus")
    return path


def driven(case, python, out, path, streams):
    p = subprocess.run([python, os.path.abspath(__file__), "drive", case.path(out), os.path.join(DIGITS, "test.npz"), path, str(streams)],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=200)
    case.equal(p.returncode, 0, "the driver: " + p.stdout[-2000:])
    return json.loads(p.stdout.splitlines()[-1]) if p.returncode == 0 else {}


def golden(case, out):
    """[potentials of the readout] a sample, and classes."""
    case.good("run", out, "--input", os.path.join(DIGITS, "test.npz"), "--count", COUNT, "--engine", "golden", "--trace", "trace.txt")
    with open(case.path("trace.txt"), encoding="utf-8") as f:
        found = f.read().split("sample ")[1:]
    return [[int(v) for v in re.findall(r"^readout .* potential (-?\d+)$", sample, re.M)] for sample in found]


def equal(case, got, want, what):
    sums = got.get("sums", [])
    case.equal([list(s.values())[0] for s in sums], want, what + ": potentials")
    case.equal(got.get("raw"), [True, True], what + ": what ttfs_axis_raw makes of bytes")
    case.check("of 2 planes of bytes" in got.get("planes", ""), what + ": planes that are no channels: %s" % got)
    case.check("does not go on" in got.get("full", ""), what + ": a chip that takes nothing: %s" % got)
    says = ("sends no sample in 0.05 s", "receives no sample in 0.05 s", "DMA channel not started")
    case.check(len(got.get("stuck", [])) == 3 and all(w in s for w, s in zip(says, got["stuck"])), what + ": transfers that do not end: %s" % got)
    case.equal(got.get("first"), [want[0].index(max(want[0]))], what + ": the class of the first sample")


def main():
    need("iverilog")
    python = interpreter()
    case = Case()
    for schedule, streams in few((("latency", 1), ("overlap", 0)), 2):
        case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "--calib", os.path.join(DIGITS, "calib.npz"), "--ticks", "15", "--weight-bits", "4",
                  "--chip", CHIP, "--schedule", schedule, "--ip-xact", "-o", schedule)
        what = "%s, %s" % (schedule, "streams" if streams else "registers")
        equal(case, driven(case, python, schedule, build(case, schedule, streams), streams), golden(case, schedule), what)
    refusals(case, python)
    return case


def refusals(case, python):
    """The words of a folder, to the block of another."""
    with open(CHIP, encoding="utf-8") as f:
        other = json.load(f)
    case.write("other.json", json.dumps(dict(other, list_entries=64)))
    case.good("compile", os.path.join(DIGITS, "digits_mlp.onnx"), "--calib", os.path.join(DIGITS, "calib.npz"), "--ticks", "15", "--weight-bits", "4",
              "--chip", "other.json", "--schedule", "latency", "--ip-xact", "-o", "other")
    got = driven(case, python, "other", case.path("sim-latency-1"), 1)
    case.check("refuses the image: FLAGS 40" in got.get("error", ""), "an image for another chip: %s" % got)


if sys.argv[1:2] == ["drive"]:
    drive(*sys.argv[2:])
else:
    sys.exit(main().done())
