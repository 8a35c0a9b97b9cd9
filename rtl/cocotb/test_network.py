# SPDX-License-Identifier: Apache-2.0
"""A compiled network on its Verilog, by cocotb: run.py starts it. TTFS_OUT names the folder, TTFS_SAMPLES a .npy."""
import os

import cocotb
import numpy as np
import ttfs

from ttfs_drivers import Host, Scoreboard, begin
from ttfs_image import Golden, Image, register

NET = ttfs.load(os.environ["TTFS_OUT"])
IMAGE = Image(NET)
WORST = NET.timing["worst_cycles"]
GOLDEN = Golden(NET, np.load(os.environ["TTFS_SAMPLES"]))


async def samples(host, count):
    """Runs the first `count`; then turns without a sample, in which the last ones leave. The scoreboard."""
    golden = GOLDEN if count is None else GOLDEN.first(count)
    board = Scoreboard(IMAGE, golden)
    for n in range(len(golden.spikes) + IMAGE.turns - 1):
        values = golden.values(n, IMAGE.input) if n < len(golden.spikes) else {}
        spikes, sums, cycles = await host.turn(IMAGE.input_flits(values))
        board.turn(n, spikes, sums)
        assert cycles <= WORST or host.ports.pauses, "%d cycles, at most %d were proven" % (cycles, WORST)
    return board


async def configured(dut, pauses=False):
    await begin(dut)
    host = Host(dut, IMAGE, pauses)
    assert await host.configuration.read(register("ID")) >> 16 == 0x5454
    assert await host.configuration.load(IMAGE) == 0, "FLAGS behind the image"
    return host


async def equal(dut, host, count):
    board = await samples(host, count)
    compared, found = board.differences()
    dut._log.info("%d spikes and potentials of %d samples compared, %d differences", compared, len(board.spikes), len(found))
    assert compared > 0 and not found, "\n".join(found[:10])
    assert await host.configuration.read(register("FLAGS")) == 0, "FLAGS at the end"


@cocotb.test()
async def every_spike(dut):
    """All samples, a host that never waits: every spike at golden's tick, every potential golden's."""
    await equal(dut, await configured(dut), None)


@cocotb.test()
async def with_pauses(dut):
    """The same values, whenever they come and are taken."""
    await equal(dut, await configured(dut, pauses=True), 2)


@cocotb.test()
async def damage_is_seen(dut):
    """An image with a bit turned over: the chip's check says so and, once it is cleared, the scoreboard."""
    host = await configured(dut)
    weights = next(words for words in IMAGE.sections if words[0][0] >> 18 & 15 == 2)
    for address, word in weights[:len(weights) // 2]:
        await host.configuration.write(address, word ^ 8)  # the sign of a lane's weight
    await host.configuration.write(register("CHECK"), 0)
    flags = await host.configuration.read(register("FLAGS"))
    assert flags == 1 << 5, "FLAGS behind a damaged section: %x" % flags
    await host.configuration.write(register("FLAGS"), flags)
    _, found = (await samples(host, 2)).differences()
    assert found, "damaged weights make no difference"
