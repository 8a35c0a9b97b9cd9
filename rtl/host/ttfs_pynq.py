# SPDX-License-Identifier: Apache-2.0
"""A compiled network on a Zynq board under PYNQ, or behind anything else that reads and writes 32-bit words.

    from ttfs_pynq import Overlay
    net = Overlay("out", "ttfs.bit")     # a folder of `ttfs compile --ip-xact --schedule latency`, the bitstream of overlay.tcl
    net.run(x)                           # classes; x: samples of float32, or of uint8 as the folder says

numpy alone is needed beside it, and ttfs_folder.py. Without a bitstream give `mmio`, an object with read(offset) and write(offset, word),
and, where the block has STREAMS of 1, `dma` with sendchannel and recvchannel as PYNQ's AXI DMA has them.
"""
import time

import numpy as np

from ttfs_folder import Network

PATIENCE = 1_000_000  # reads without an answer before the chip is given up
SECONDS = 10  # that a transfer may take


class Overlay:
    def __init__(self, out, bitstream=None, mmio=None, dma=None):
        self.net, self.mmio, self.dma = Network(out), mmio, dma
        if bitstream:
            import pynq
            overlay = pynq.Overlay(bitstream)
            self.mmio, self.dma = overlay.ttfs.mmio, getattr(overlay, "dma", None)
            self.buffer = pynq.allocate
        else:
            self.buffer = lambda shape, dtype: np.zeros(shape, dtype)
        if self.read("ID") != 0x54544653:
            raise RuntimeError("no ttfs block answers at these registers")
        self.streams = bool(self.read("VERSION") >> 24 & 1)
        if self.streams and not self.dma:
            raise RuntimeError("the block has STREAMS of 1 and there is no DMA: samples go by its streams alone")
        self.beat = np.dtype("<u8" if self.read("VERSION") >> 16 & 255 > 32 else "<u4")
        self.load()

    def read(self, name):
        return self.mmio.read(self.net.register[name])

    def write(self, name, word):
        self.mmio.write(self.net.register[name], word)

    def wait(self, name, mask, value):
        for _ in range(PATIENCE):
            if self.read(name) & mask == value:
                return
        raise RuntimeError("the chip does not answer: FLAGS %x" % self.read("FLAGS"))

    def load(self):
        """The image, each of its memories checked by the chip, which also says whether it is the one the image is for."""
        self.wait("STATUS", 1, 0)
        at = None
        for address, word in self.net.configuration():
            if address != at:  # CFG_ADDR counts up by itself
                self.write("CFG_ADDR", address)
            self.write("CFG_DATA", word)
            at = address + 1
        if self.read("FLAGS"):
            raise RuntimeError("the chip refuses the image: FLAGS %x (docs/core.md)" % self.read("FLAGS"))

    def check(self):
        """The chip has no errors: else it may refuse the next sample, and nothing would come of it."""
        flags = self.read("FLAGS")
        if flags:
            raise RuntimeError("FLAGS %x (docs/core.md)" % flags)

    def by_registers(self, flits):
        """A turn; the flits that left."""
        left = []

        def take():
            if self.read("STATUS") >> 3 & 1:
                high = self.read("OUT_HIGH")
                left.append(high << 32 | self.read("OUT_LOW"))
                return True
            return False

        def until(there):
            for _ in range(PATIENCE):
                if there():
                    return
                take()
            raise RuntimeError("the chip does not go on: FLAGS %x" % self.read("FLAGS"))

        self.check()
        self.wait("STATUS", 1, 0)
        self.write("IRQ", 7)
        self.write("CONTROL", 1)
        for flit in [*flits, None]:
            until(lambda: self.read("STATUS") >> 2 & 1 == 0)
            if flit is not None:
                self.write("IN_HIGH", flit >> 32)
                self.write("IN_LOW", flit & 0xffffffff)
            else:
                self.write("IN_END", 0)
        until(lambda: self.read("IRQ") & 1)
        while take():
            pass
        self.check()
        return left

    def finish(self, channel, what):
        """Waits until a transfer is over, but not for ever: a chip that takes or gives nothing would hold it up."""
        until = time.monotonic() + SECONDS
        while channel.running and not channel.idle:  # one with an error does not run, and wait() says so
            if time.monotonic() > until:
                raise RuntimeError("the DMA %s no sample in %g s: FLAGS %x; reset the block before it is used again" % (what, SECONDS, self.read("FLAGS")))
        channel.wait()

    def by_streams(self, flits):
        """The same by DMA. A packet is never empty: a beat of zeros is no flit."""
        self.check()
        sent = self.buffer((max(1, len(flits)),), self.beat)
        sent[:] = flits or [0]
        got = self.buffer((self.net.sum_flits * sum(int(np.prod(self.net.shape[p])) for p in self.net.readouts),), self.beat)
        self.dma.recvchannel.transfer(got)
        self.dma.sendchannel.transfer(sent)
        self.finish(self.dma.sendchannel, "sends")
        self.finish(self.dma.recvchannel, "receives")
        self.check()
        return got

    def potentials(self, x):
        """A list with an entry a sample: {readout: integers}, of every readout what golden has. Populations that a chip computes
        in later turns come out in these."""
        values, net = self.net.encode(x), self.net
        found, last = [{} for _ in values], max(net.stage[p] for p in net.readouts)
        for turn in range(len(values) + last):
            flits = net.flits(values[turn]) if turn < len(values) else []
            sums = net.sums(self.by_streams(flits) if self.streams else self.by_registers(flits))
            for p in net.readouts:
                if 0 <= turn - net.stage[p] < len(values):
                    found[turn - net.stage[p]][p] = sums[p]
        return found

    def outputs(self, x, output=0):
        """Real values of an output, samples x elements."""
        pieces, net = self.net.outputs[output], self.net
        all_sums = self.potentials(x)
        y = np.zeros((len(all_sums), sum(len(elements) for _, _, elements in pieces)))
        for row, sums in zip(y, all_sums):
            for p, neurons, elements in pieces:
                scale, offset = net.grid[p]
                row[elements] = sums[p][neurons] * scale + offset
        return y

    def run(self, x):
        """Classes of samples: the largest element of the first output, of one logit whether it is above 0."""
        y = self.outputs(x)
        return y.argmax(axis=1) if y.shape[1] > 1 else (y[:, 0] > 0).astype(int)
