# SPDX-License-Identifier: Apache-2.0
"""A LiteX module: the chip of a folder of `ttfs compile --ip-xact` behind Wishbone.

    self.ttfs = Ttfs(platform, "out")
    self.bus.add_slave("ttfs", self.ttfs.bus, SoCRegion(origin=0x90000000, size=0x1000, cached=False))
    self.irq.add("ttfs")                 # where the processor has interrupts

Registers are those of docs/registers.md (C: hw/ttfs_registers.h), from the region's origin on. Samples and readouts go by them.
"""
import glob
import os

from litex.gen import LiteXModule
from litex.soc.interconnect import wishbone
from litex.soc.interconnect.csr_eventmanager import EventManager, EventSourceLevel
from migen import C, Cat, ClockSignal, Instance, ResetSignal, Signal


class Ttfs(LiteXModule):
    def __init__(self, platform, out):
        self.bus = bus = wishbone.Interface(data_width=32, address_width=32, addressing="word")
        self.irq = Signal()
        self.specials += Instance(
            "ttfs_wishbone", i_clk_i=ClockSignal("sys"), i_rst_i=ResetSignal("sys"), i_cyc_i=bus.cyc, i_stb_i=bus.stb, i_we_i=bus.we,
            i_adr_i=Cat(C(0, 2), bus.adr[:6]), i_sel_i=bus.sel, i_dat_i=bus.dat_w, o_dat_o=bus.dat_r, o_ack_o=bus.ack, o_err_o=bus.err,
            o_stall_o=Signal(), o_irq=self.irq)
        self.ev = EventManager()
        self.ev.sample = EventSourceLevel(description="A bit of IRQ and IRQ_ENABLE is set.")
        self.ev.finalize()
        self.comb += self.ev.sample.trigger.eq(self.irq)
        self.add_sources(platform, out)

    @staticmethod
    def add_sources(platform, out):
        """All of the chip, and of the block what ttfs_wishbone needs."""
        rtl, ip = os.path.abspath(os.path.join(out, "rtl")), os.path.abspath(os.path.join(out, "ip"))
        for path in sorted(glob.glob(os.path.join(rtl, "ttfs_*.v"))):
            platform.add_source(path)
        for name in ("ttfs_regs.v", "ttfs_wb.v", "ttfs_wishbone.v"):
            platform.add_source(os.path.join(ip, name))
        for folder in (rtl, ip):
            platform.add_verilog_include_path(folder)
