#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The end of tools/demo.sh: says what was proven about the compiled networks, from what they left behind.

In: the program, the held-back samples, and output folders that `ttfs verify` has judged. Runs the
samples once more on the simulated Verilog for accuracy and cycles, and shows the check failing on a damaged
copy. Out: the summary; exit code 1 when anything is not as it should be.
"""
import json
import os
import subprocess
import sys


def load(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return json.load(f)


def run(ttfs, *args, quiet=False):
    """Exit code and JSON document of a ttfs command; `quiet` keeps its error lines away."""
    p = subprocess.run([ttfs, *args, "--json", "-q"], stdout=subprocess.PIPE, check=False,
                       stderr=subprocess.DEVNULL if quiet else None)
    return p.returncode, json.loads(p.stdout or "{}")


def damage_is_seen(ttfs, out, samples):
    """The names of the kinds of damage that verify notices."""
    found = []
    for name, fault in (("a moved spike", "spike:100"), ("a changed weight", "weight:5"),
                        ("a flipped bit of the image", "image:3000.0")):
        code, verdict = run(ttfs, "verify", out, "--input", samples, "--count", "20", "--fault", fault,
                            quiet=True)
        if code == 1 and verdict.get("equal") is False:
            found.append(name)
    return found


def describe(ttfs, samples, out):
    """Prints what is known about one network; True when all of it is as it should be."""
    verdict = load(out, "verify", "golden-rtl.json")
    timing = load(out, "report", "timing.json")
    code, result = run(ttfs, "run", out, "--input", samples, "--engine", "rtl")
    floats = run(ttfs, "run", out, "--input", samples, "--engine", "relu")[1]
    damage = damage_is_seen(ttfs, out, samples)
    worst, cycles = timing["worst_cycles"], result["cycles"]
    print("%s" % os.path.basename(out))
    print("  samples      %d held-back digits" % verdict["samples"])
    print("  compared     {:,} spikes and {:,} output potentials, golden against the Verilog"
          .format(verdict["spikes"], verdict["readouts"]))
    print("  differences  %d" % verdict["differences"])
    print("  accuracy     %.2f %% on the Verilog (float network %.2f %%, same class on %.2f %%)"
          % (100 * result["accuracy"], 100 * floats["accuracy"], 100 * result["agreement"]))
    print("  cycles       {:,} at most, proven beforehand ({:,.1f} us at {:g} MHz); {:,.0f} measured"
          " in the mean".format(worst, timing["worst_us"], timing["clock_mhz"], cycles))
    print("  damage seen  %s" % (", ".join(damage) or "none"))
    print("  Verilog      %s/rtl/ttfs_top.v, filelist.f" % out)
    print("  image        %s/image/chip.img (%d bytes)"
          % (out, os.path.getsize(os.path.join(out, "image", "chip.img"))))
    return (code == 0 and verdict["equal"] and verdict["samples"] >= 450 and cycles <= worst and
            len(damage) == 3)


def main(ttfs, samples, *outs):
    print("\nWhat was proven here, just now\n")
    good = [describe(ttfs, samples, out) for out in outs]
    if not all(good):
        print("\nNOT as it should be: see above")
        return 1
    print("\nEvery spike of the Verilog came at the tick that the integer reference says.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
