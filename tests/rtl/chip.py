#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Chip bench: lays small random networks out for random chips by docs/core.md alone, computes every value and sum by
# the closed form, runs the chip under Icarus and compares all that cores and host see. First the contract itself is
# executed (interpret.py): when that differs the bench is wrong, when only the chip does the chip is. A case runs
# configured over the port and read back; preloaded; with a host and a memory that pause (on one or two cores with
# clock gates too); and with a rude host (of odd seeds with the gates), preloaded, so that what it writes in a reset
# would stay. With EARLY, preloaded, the host begins a sample as soon as the chip takes it and cores are ahead of others; a run
# without it takes no fewer cycles, and in one more it forgets ends of samples (PATIENCE). Needs nothing but Python and iverilog.
#
#   chip.py FOLDER COLUMNS ROWS WHAT SEED...
#
# WHAT: some; all, which wants every situation of case.SITUATIONS to be among these cases; early, which wants those of EARLY, early-some, without;
# contract, without the chip (and all); corrupt-flit, corrupt-sum, corrupt-read: changes one expectation of every case, and succeeds when what
# passes without the change, with the polite host, is refused with it, for that very flit or word.

import collections
import os
import re
import sys

from case import SITUATIONS, Case
from interpret import Machine
from machine import ERRORS, ID_WORD, address, register
from simulate import Script, build, run, write_images

EARLY = ("a core ahead", "results of two turns side by side", "sums of two turns side by side", "switched off and on")
MORE = 1.02  # cycles with EARLY, in those without, at most: values of the next turn may be in the way of one's
RUDE = 1 << ERRORS["BUSY"]  # starts in a sample are not looked at
FORGETS = 1 << ERRORS["HOST"]
PATIENCE = 12  # cycles: less than any sample takes


def registers(chip):
    """Read at the end of a run: of the chip, and of every core."""
    words = [register(name) for name in ("ID", "FLAGS", "CYCLES")]
    return words + [address(core, 0, w) for core in range(chip.cores) for w in range(6 if chip.counters else 1)]


class Bench:
    """A case and its runs."""

    def __init__(self, case, folder):
        self.case, self.chip, self.folder = case, case.chip, folder
        os.makedirs(folder, exist_ok=True)
        self.machine = Machine(self.chip, case.whole_memories(), case.layout.streamed)
        self.early = case.early
        self.image = case.writes(fill=case.seed % 2 == 0)
        self.wanted = dict(w for w in self.image if 0 < w[0] >> 18 & 15 < 15)
        self.masks = {m.number: m for m in self.chip.memories().values()}
        for flits in case.flits:
            self.machine.run(flits, case.rng)

    def script(self, configured, read_back, early=True, forgets=False):
        script = Script()
        if configured:
            script.writes(self.image)
        script.add("z")
        script.add("n", 40)  # the engines have their first records
        if read_back:
            script.reads(self.wanted)
        if self.early and early:
            self.early_samples(script, self.case.flits, forgets)
        else:
            for flits in self.case.flits:
                script.sample(flits)
        script.reads(registers(self.chip))
        return script

    def early_samples(self, script, samples, forgets):
        """With EARLY, none waits for the one before; of every fourth case three in the middle without. `forgets`: of two samples
        in three the host forgets the end, one of them behind another, and the chip has patience."""
        script.add("w", register("PATIENCE"), PATIENCE if forgets else 0)
        script.add("w", register("EARLY"), 1)
        off = len(samples) // 2 if self.case.seed % 4 == 0 else len(samples)
        for n, flits in enumerate(samples):
            if n in (off, off + 3):
                script.rest()
                script.add("w", register("EARLY"), n != off)
            script.sample(flits, waits=off <= n < off + 3, ends=not forgets or n % 3 == 0)
        script.rest()

    def runs(self, polite):
        """With all hosts, or the polite one alone."""
        write_images(self.chip, self.folder, self.case.memories, self.case.layout.memory())
        if self.early:
            preloaded = build(self.chip, self.folder, preload=1)
            self.found = {"barrier": run(self.chip, preloaded, self.folder, self.script(False, False, early=False))}
        else:
            over_port = build(self.chip, self.folder, gates=self.case.seed % 2)
            self.found = {"polite": run(self.chip, over_port, self.folder, self.script(True, True))}
            if polite:
                return
            preloaded = build(self.chip, self.folder, preload=1)
        self.found["preloaded"] = run(self.chip, preloaded, self.folder, self.script(False, False))
        self.found["pauses"] = run(self.chip, preloaded, self.folder, self.script(False, False), "pauses")
        if self.early:
            self.found["forgetful"] = run(self.chip, preloaded, self.folder, self.script(False, False, forgets=True))
        gated = build(self.chip, self.folder, preload=1, gates=1) if self.chip.cores <= 2 else None
        if gated:
            self.found["gated"] = run(self.chip, gated, self.folder, self.script(False, False), "pauses")
        rude = gated if gated and self.case.seed % 2 else preloaded
        self.found["rude"] = run(self.chip, rude, self.folder, self.script(False, False), "rude")

    def judge(self):
        """The first fault, or None."""
        for host, found in self.found.items():
            fault = self.case.differs(found.samples) or self.read_back(found, host)
            if fault:
                return "host %s: %s" % (host, fault)
        preloaded = self.found.get("preloaded")
        if preloaded and not self.early and preloaded.cycles != self.found["polite"].cycles:
            return "preloaded takes other cycles than configured: %s, %s" % (
                preloaded.cycles, self.found["polite"].cycles)
        fault = self.judge_early() if self.early else None
        return fault or (self.judge_gates() if "gated" in self.found else None)

    def judge_early(self):
        early, barrier = (sum(c for slots in self.found[name].cycles for _, c in slots) for name in ("preloaded", "barrier"))
        print("case %d: %d cycles with EARLY, %d without" % (self.case.seed, early, barrier))
        return "more cycles with EARLY than without" if early > barrier * MORE else None

    def early_situations(self):
        found = self.found["pauses"], self.found["preloaded"]
        met = (sum(f.ahead for f in found), sum(f.late for f in found), sum(f.host_ahead for f in found),
               self.case.seed % 4 == 0)
        return [name for name, count in zip(EARLY, met) if count]

    def judge_gates(self):
        if self.found["gated"].cycles != self.found["pauses"].cycles:
            return "clock gates change cycles: %s, %s" % (self.found["gated"].cycles, self.found["pauses"].cycles)
        return self.rests() if self.chip.counters else None

    def rests(self):
        """With gates no core has a clock in more cycles, and one in fewer."""
        always, gated = self.awake("pauses"), self.awake("gated")
        if gated == always or any(g > a for g, a in zip(gated, always)):
            return "cores have clocks in %s cycles without gates, in %s with them" % (always, gated)
        return None

    def awake(self, name):
        reads = dict(self.found[name].reads)
        return [reads[address(core, 0, 5)] for core in range(self.chip.cores)]

    def read_back(self, found, host):
        reads = dict(found.reads)
        for at, want in self.wanted.items():
            if at in reads and reads[at] != want & self.mask(at):
                return "address %#x reads as %s, expected %#x" % (at, reads[at], want & self.mask(at))
        if reads[register("ID")] != ID_WORD:
            return "ID is %#x" % reads[register("ID")]
        flags = reads[register("FLAGS")]
        if flags & ~(1 << ERRORS["NOWHERE"] if host == "rude" else 0) != {"rude": RUDE, "forgetful": FORGETS}.get(host, 0):
            return "flags are %#x" % flags
        if reads[register("CYCLES")] != (sum(c for _, c in found.cycles[-1]) if self.chip.counters else 0):
            return "CYCLES is %d, slots take %s" % (reads[register("CYCLES")], found.cycles[-1])
        return self.counters(reads) if self.chip.counters else None

    def mask(self, at):
        """Bits that a chunk of a row has."""
        memory = self.masks[at >> 18 & 15]
        chunk = at & (1 << memory.chunk_bits) - 1
        return (1 << min(32, memory.bits - 32 * chunk)) - 1

    def counters(self, reads):
        for n, core in enumerate(self.machine.cores):
            _, moved, events, stood, sent, _ = (reads[address(n, 0, w)] for w in range(6))
            if (events, sent) != (core.events, core.sent) or moved < events:
                return "core %d counts %d moves, %d events of %d, %d stalls, %d flits of %d" % (
                    n, moved, events, core.events, stood, sent, core.sent)
        return None

    def corrupt(self, what):
        """Changes an expectation; gives the fault that has to be found."""
        slots, host = self.case.expected[0]
        if what == "read":
            at = next(iter(self.wanted))
            self.wanted[at] ^= 1
            return "host polite: address %#x reads as " % at
        if what == "sum":
            flow = min(host)
            host[flow][-1] ^= 1
            return "host polite: sample 0, host, flow %d: flit %d of" % (flow, len(host[flow]) - 1)
        slot, core = next((s, c) for s, cores in enumerate(slots) for c, flits in enumerate(cores) if flits)
        slots[slot][core][0] ^= 1
        return "host polite: sample 0, slot %d, core %d: flit 0 of" % (slot, core)


def run_case(folder, seed, columns, rows, what, hit):
    """The fault of a case, or None. A corrupted one has to give the very fault that was put in, and none before."""
    case = Case(seed, columns, rows, early=what.startswith("early"))
    hit.update(case.situations())
    fault = case.interpreted()
    if fault or what == "contract":
        return fault
    bench = Bench(case, os.path.join(folder, "case%d" % seed))
    bench.runs(what.startswith("corrupt"))
    fault = bench.judge()
    if what.startswith("early"):
        hit.update(bench.early_situations())
    if fault or not what.startswith("corrupt"):
        return fault
    wanted = bench.corrupt(what.partition("-")[2])
    fault = bench.judge()
    print("noticed: case %d: %s" % (seed, fault))
    return None if fault and re.match(re.escape(wanted), fault) else "%s, not %s" % (fault, wanted)


def main():
    folder, columns, rows, what = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    if what not in ("some", "all", "early", "early-some", "contract", "corrupt-flit", "corrupt-sum", "corrupt-read"):
        raise SystemExit("chip.py: unknown '%s'" % what)
    hit, seeds = collections.Counter(), [int(seed) for seed in sys.argv[5:]]
    for seed in seeds:
        fault = run_case(folder, seed, columns, rows, what, hit)
        if fault:
            print("case %d on %dx%d: %s" % (seed, columns, rows, fault))
            return 1
    wanted = EARLY if what.startswith("early") else SITUATIONS
    missed = [name for name in wanted if not hit[name]]
    if missed and what in ("all", "early", "contract"):
        print("not met in these cases: " + ", ".join(missed))
        return 1
    print("%d cases, %d of %d situations" % (len(seeds), len(wanted) - len(missed), len(wanted)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
