# SPDX-License-Identifier: Apache-2.0
"""cocotb drivers and monitors for the ports of a ttfs chip (docs/datasheet.md), and a scoreboard.

A transfer is a rising edge with valid and ready. A coroutine that waits for that edge sees what the ports were before it;
what it writes holds from behind it on. So `while True: await edge; if ready: break` waits for a transfer.
"""
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge

from ttfs_image import crc, register

DRAIN = 8  # cycles in which the last flits leave


async def begin(dut):
    """Clock, quiet inputs, reset; returns when the chip is ready."""
    for port in ("cfg_valid_i", "start_i", "in_valid_i", "in_end_i", "mem_valid_i", "mem_req_ready_i", "out_ready_i"):
        getattr(dut, port).value = 0
    dut.rst_ni.value = 0
    cocotb.start_soon(Clock(dut.clk_i, 20, unit="ns").start())
    await ClockCycles(dut.clk_i, 4)
    dut.rst_ni.value = 1
    await ready(dut)


async def ready(dut):
    await RisingEdge(dut.clk_i)
    while dut.busy_o.value:
        await RisingEdge(dut.clk_i)


class Configuration:
    """The configuration port: words written and read, an image with its checks."""

    def __init__(self, dut):
        self.dut = dut

    async def access(self, write, address, data):
        d = self.dut
        d.cfg_write_i.value, d.cfg_addr_i.value, d.cfg_data_i.value = int(write), address, data
        d.cfg_valid_i.value = 1
        await RisingEdge(d.clk_i)
        while not d.cfg_ready_o.value:
            await RisingEdge(d.clk_i)
        d.cfg_valid_i.value = 0

    async def write(self, address, data):
        await self.access(True, address, data)

    async def read(self, address):
        await self.access(False, address, 0)
        await RisingEdge(self.dut.clk_i)
        while not self.dut.cfg_rvalid_o.value:
            await RisingEdge(self.dut.clk_i)
        return self.dut.cfg_rdata_o.value.to_unsigned()

    async def load(self, image):
        """Writes every section, has the chip compare its CRC, and returns FLAGS."""
        for words in image.sections:
            for address, word in words:
                await self.write(address, word)
            await self.write(register("CHECK"), crc(words))
        return await self.read(register("FLAGS"))


class SpikeInput:
    """The input of a sample: flits, then the end marker. With `pauses` it rests between them, at random."""

    def __init__(self, dut, pauses=False):
        self.dut, self.pauses = dut, pauses

    async def send(self, flits):
        for flit in flits:
            await self.transfer(flit, 0)
        await self.transfer(0, 1)
        self.dut.in_end_i.value = 0

    async def transfer(self, flit, end):
        d = self.dut
        if self.pauses:
            await ClockCycles(d.clk_i, random.randrange(1, 4))
        d.in_flit_i.value, d.in_end_i.value, d.in_valid_i.value = flit, end, 1
        await RisingEdge(d.clk_i)
        while not d.in_ready_o.value:
            await RisingEdge(d.clk_i)
        d.in_valid_i.value = 0


class Ports:
    """Watches what leaves: `spikes`, what cores make (the trace ports), and `sums`, what the host takes (the output port, which
    is stalled at random with `pauses`). Flits, in the order in which they came."""

    def __init__(self, dut, image, pauses=False):
        self.dut, self.pauses = dut, pauses
        self.cores = image.chip["cores_x"] * image.chip["cores_y"]
        self.width = len(dut.out_flit_o)
        self.spikes, self.sums = [], []
        self.task = cocotb.start_soon(self.watch())

    async def watch(self):
        d = self.dut
        while True:
            d.out_ready_i.value = int(not self.pauses or random.random() < 0.5)
            await RisingEdge(d.clk_i)
            valid = int(d.trace_valid_o.value)
            if valid:
                flits = int(d.trace_flit_o.value)
                self.spikes += [flits >> core * self.width & (1 << self.width) - 1 for core in range(self.cores) if valid >> core & 1]
            if d.out_valid_o.value and d.out_ready_i.value:
                self.sums.append(int(d.out_flit_o.value))

    def take(self):
        """What has come since the last time."""
        taken = self.spikes, self.sums
        self.spikes, self.sums = [], []
        return taken


class Host:
    """A chip with its drivers. A turn is what happens between start and done: a sample enters, others go on."""

    def __init__(self, dut, image, pauses=False):
        self.dut, self.image = dut, image
        self.configuration, self.input = Configuration(dut), SpikeInput(dut, pauses)
        self.ports = Ports(dut, image, pauses)

    async def turn(self, flits):
        """Returns spikes and sums of the turn, and its cycles as the chip counts them (0 without COUNTERS)."""
        d = self.dut
        await ready(d)
        d.start_i.value = 1
        await RisingEdge(d.clk_i)
        d.start_i.value = 0
        sending = cocotb.start_soon(self.input.send(flits))
        while not d.done_o.value:
            await RisingEdge(d.clk_i)
        await sending
        await ClockCycles(d.clk_i, DRAIN)
        return (*self.ports.take(), await self.configuration.read(register("CYCLES")))


class Scoreboard:
    """Holds what the chip said against golden: every spike of every population at its tick, every potential."""

    def __init__(self, image, golden):
        self.image, self.golden = image, golden
        self.spikes = [{p.name: {} for p in image.pops} for _ in golden.spikes]
        self.parts = [{} for _ in golden.spikes]
        self.strays = 0  # flits of no neuron, of no sample, or twice

    def turn(self, n, spikes, sums):
        """What left in turn n: of a population with stage g it belongs to sample n - g."""
        for flit in spikes:
            self.spike(n, flit)
        for flit in sums:
            self.sum(n, flit)

    def sample_of(self, n, population, neuron):
        sample = n - population.stage if population else -1
        known = population and 0 <= sample < len(self.spikes) and neuron < population.c * population.h * population.w
        self.strays += not known and (population is None or 0 <= sample < len(self.spikes))
        return sample if known else None

    def spike(self, n, flit):
        p, neuron, value = self.image.unpack(flit)
        sample = None if p and p.kind == "readout" else self.sample_of(n, p, neuron)
        if sample is None:
            return
        self.strays += neuron in self.spikes[sample][p.name]
        self.spikes[sample][p.name][neuron] = p.ticks - value

    def sum(self, n, flit):
        p, neuron, value = self.image.unpack(flit)
        sample = self.sample_of(n, p, neuron) if p and p.kind == "readout" else None
        if sample is not None:
            self.parts[sample].setdefault((p.name, neuron), []).append(value)

    def differences(self):
        """(what was compared, differences): the latter as texts."""
        compared, found = 0, ["%d flits of no neuron, or twice" % self.strays] if self.strays else []
        for i in range(len(self.spikes)):
            for p in self.image.pops:
                want = self.golden.spikes[i].get(p.name, {}) if p.kind != "readout" else self.golden.sums[i].get(p.name, {})
                got = self.spikes[i][p.name] if p.kind != "readout" else self.readout(i, p)
                if p.kind == "input":
                    continue  # came from the host
                compared += len(want)
                found += ["sample %d, %s, neuron %d: %s, golden %s" % (i, p.name, n, got.get(n), want.get(n))
                          for n in sorted(want.keys() | got.keys()) if want.get(n) != got.get(n)]
        return compared, found

    def readout(self, i, population):
        """Sums whose parts have all come; another number of them is no sum."""
        return {n: self.image.signed(parts) for (name, n), parts in self.parts[i].items()
                if name == population.name and len(parts) == self.image.sum_flits}
