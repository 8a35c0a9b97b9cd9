# SPDX-License-Identifier: Apache-2.0
"""The block of `compile --ip-xact` behind AXI, by the masters, sources and sinks of cocotbext-axi, each with pauses that are drawn:
run.py --axi starts it. TTFS_OUT names the folder, TTFS_SAMPLES a .npy."""
import itertools
import logging
import os
import random
import sys

import cocotb
import numpy as np
import ttfs
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp, AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

from ttfs_image import Golden

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "host"))
from ttfs_folder import Network  # noqa: E402

OUT = os.environ["TTFS_OUT"]
NET = Network(OUT)
SAMPLES = np.load(os.environ["TTFS_SAMPLES"])


def pauses(seed, share):
    draw = random.Random(seed)
    return (draw.random() < share for _ in itertools.count())


class Block:
    def __init__(self, dut, share):
        self.dut = dut
        logging.getLogger("cocotb.ttfs_axi").setLevel(logging.WARNING)
        self.bus = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi"), dut.aclk, dut.aresetn, reset_active_level=False)
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.aclk, dut.aresetn, reset_active_level=False)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.aclk, dut.aresetn, reset_active_level=False)
        self.beat = len(dut.s_axis_tdata) // 8
        if share:
            for i, part in enumerate((self.bus.write_if.aw_channel, self.bus.write_if.w_channel, self.bus.write_if.b_channel,
                                      self.bus.read_if.ar_channel, self.bus.read_if.r_channel, self.source, self.sink)):
                part.set_pause_generator(pauses(i, share))

    async def begin(self):
        d = self.dut
        cocotb.start_soon(Clock(d.aclk, 10, unit="ns").start())
        d.aresetn.value = 0
        await ClockCycles(d.aclk, 4)
        d.aresetn.value = 1
        await RisingEdge(d.aclk)
        while await self.read("STATUS") & 1:
            pass

    async def read(self, name):
        answer = await self.bus.read(NET.register[name], 4)
        assert answer.resp == AxiResp.OKAY, name
        return int.from_bytes(answer.data, "little")

    async def write(self, name, word):
        answer = await self.bus.write(NET.register[name], word.to_bytes(4, "little"))
        assert answer.resp == AxiResp.OKAY, name

    async def load(self):
        at = None
        for address, word in NET.configuration():
            if address != at:
                await self.write("CFG_ADDR", address)
            await self.write("CFG_DATA", word)
            at = address + 1
        assert await self.read("FLAGS") == 0, "FLAGS behind the image"

    async def turn(self, flits):
        """A packet in, of a silent sample a beat of zeros; what comes out."""
        data = b"".join(f.to_bytes(self.beat, "little") for f in flits) or bytes(self.beat)
        await self.source.send(AxiStreamFrame(data))
        got = await self.sink.recv()
        return [int.from_bytes(got.tdata[i:i + self.beat], "little") for i in range(0, len(got.tdata), self.beat)]


async def run(dut, share):
    block = Block(dut, share)
    await block.begin()
    await block.load()
    golden, compared = Golden(ttfs.load(OUT), SAMPLES), 0
    values = NET.encode(SAMPLES)
    for i in range(len(SAMPLES)):
        sums = NET.sums(await block.turn(NET.flits(values[i])))
        for p, want in zip(NET.readouts, golden.sums[i].values()):
            assert {n: int(v) for n, v in enumerate(sums[p])} == want, "sample %d" % i
            compared += len(want)
    assert await block.read("SAMPLES") == len(SAMPLES) and await block.read("FLAGS") == 0
    dut._log.warning("%d potentials of %d samples compared by AXI, 0 differences", compared, len(SAMPLES))


@cocotb.test()
async def without_pauses(dut):
    await run(dut, 0)


@cocotb.test()
async def with_pauses(dut):
    await run(dut, 0.4)


@cocotb.test()
async def answers(dut):
    """An unknown offset is an error, both ways; a write of less than a word does nothing; 500 drawn accesses are what was written."""
    block = Block(dut, 0.5)
    await block.begin()
    assert (await block.bus.read(0x44, 4)).resp == AxiResp.SLVERR
    assert (await block.bus.write(0xfc, b"1234")).resp == AxiResp.SLVERR
    held, draw = {"CFG_ADDR": 0, "IRQ_ENABLE": 0}, random.Random(3)
    assert (await block.bus.write(NET.register["CFG_ADDR"], b"1")).resp == AxiResp.SLVERR
    for _ in range(500):
        name = draw.choice(list(held))
        if draw.random() < 0.5:
            word = draw.getrandbits(32)
            await block.write(name, word)
            held[name] = word & 7 if name == "IRQ_ENABLE" else word
        else:
            assert await block.read(name) == held[name], name
