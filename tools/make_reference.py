#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/reference.md from the program's own help texts.

In: the path of ttfs. Out: docs/reference.md; with --check nothing is written, and exit code 1 says
that the file is not what it would be.

    tools/make_reference.py build/ttfs [--check]
"""
import os
import re
import subprocess
import sys

REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "docs", "reference.md")

HEAD = """# Reference of the command line

Made from the program's help texts by `tools/make_reference.py build/ttfs`; a test holds the two
together. What the files of an output folder mean stands at the end.

"""

TAIL = """## Samples and labels

`X` and `Y` are `.npy` (versions 1 to 3, either order of axes), `.npz` (stored or deflated; the array `x` for samples, `y`
for labels, or the only one that fits, or `FILE.npz:NAME`), or IDX as MNIST has it, `.gz` or not. What unpacks to more
than 2 GiB is refused; what is stored plainly is read where it lies, up to 8 GiB. Samples lie along the first
axis; a sample with as many elements as the network's input is reshaped (28x28 to 784 or 1x28x28), any other
count is refused. `uint8` samples are taken as value/255 unless `--input-range LO:HI` (0..255 to
LO..HI) or the config's `input.mean` and `input.std` (per channel, of value/255) say otherwise; other
types are taken as they are, booleans as 0 and 1. NaN and infinite values are refused.

Warnings say what is most likely a mistake: axes in another order than the network's (samples of 6x6x3 for 3x6x6),
more than 1 % of all input values outside the encoder's range, `uint8` samples that become another range than
calibration saw. A count of samples that `run` and `verify` clip is in `clipped_inputs` and `clipped_share`.

Samples that are not like those of calibration are a warning of `run` and `verify` too: of the layer that is farthest off it names the share of silent values, or of values at
the end of the window, beside calibration's. Far is more than 5 points and 30 % of the rate, and four standard errors, from it; for saturation three times it and 5 points. Fewer than
8 samples are not judged, nor is a network that was compiled without calibration.

`--calib OUT` takes the calibration of a compiled folder in place of its samples: what they showed of every layer of the same network lies in `OUT/forms/calib.blob`, and
compiles to the same bytes as the samples themselves, with the same options or others, but for `report/messages.json`: what needs the samples (their axes, the share of values that
the encoder clips) is not said then. The network must be that one, weights included: the first layer that differs is named, as is
a calibration that is damaged. `uint8` samples were calibrated for an input range, which goes with them. Weights are fitted to samples, and
those that they were fitted to (up to 1,000, 16 MiB as floats) lie in `forms/calib.blob` too (and in `forms/channels.blob`), which is to be known before a folder is given away; `--quantiser plain` keeps none. A calibration without them gives
plain weights, which a note says, and is refused with `--quantiser fitted` and `channels`. Where windows became those of channels, `forms/calib.blob` is still that of the model's network,
and windows of channels are found again from its samples; `forms/channels.blob` is the calibration of the network in `forms/ir.txt`, for `sweep` and `tune`. Without calibration windows come from interval bounds, which are loose; a warning says so.

What a label is depends on the output. Beside a vector of two or more values: a class from 0 on, or a row with a single 1.
Beside one value, a logit: 0 and 1, or -1 and 1. Other numbers, as many as the output has values, are held against
the output itself. Classes outside the network's, or counted from 1, are said, count as wrong, and are not shifted.

## A chip for an FPGA

`ttfs compile MODEL -o OUT --fit DEVICE` makes the chip instead of taking one: a core whose widths (slopes, potentials, ramps, values, ids) are
those that the network's numbers are proven to need, with maps, pools and classes only where there are any, memories as large as the plan uses
them, in whole blocks of the device, and as many lanes as the device takes by an estimate (a note says what the chip takes of it; of lane counts that
save no group of channels the smaller). It is written to `OUT/chip.json`, which `--chip` takes as any other: for a network retrained much the widths may
be too narrow, which is then refused. When no number of lanes fits, each resource that the nearest chip lacks is said with what it needs, what there is and
how much that is too many. [hardware.md](hardware.md#devices) has the devices and how good the estimate is.

## New weights for a compiled folder

`ttfs compile --weights-only OUT MODEL2 [-o OUT2]` puts the numbers of MODEL2 into a new image for the chip that OUT is for, as after
more training. Plan, chip and Verilog are OUT's, so that a bitstream stays as it is; without `-o` OUT itself is replaced, at once. MODEL2
must be the same graph (populations, shapes, windows, connections); where it is not, the layer and what differs are said. Options that are not
given are those of OUT's manifest, the input range among them; the samples of its calibration are looked for by name and SHA-256 beside
MODEL2 and in the working folder. The checks are those of every compilation: weights, slopes and potentials that need more bits than the chip has are
refused. The files are those of a whole compilation with these options, wherever that comes to the same plan; of the plan only the expected cycles change, which follow the new rates.

## What differs between two folders

`ttfs dump --diff OUT1 OUT2` holds the images (chip, directory, the memories of every core) and the plans against each other, line by
line of the text that `dump` prints, by what a line names (row 7 of the weights of core 2). Each place that differs is named with the
number of its lines, `-` is OUT1's and `+` OUT2's; of a place 8 lines are shown, of a form 40 places. Exit code 0: nothing differs;
1: something does, as with `diff`; an error is 1 too, with its message (`equal` is in the JSON document only when both were read).

## Engines

| engine | what it runs | what it is for |
| --- | --- | --- |
| `jit` | the spike graph, compiled for this processor by LLVM, on all cores | the default: the same spikes at full speed |
| `golden` | the spike graph, tick by tick | the reference |
| `rtl` | the Verilog under Verilator, loaded with the image | the chip, with its cycles |
| `netlist`, `bitstream` | of `verify`: what `ttfs synth` made, behind the board's link ([hardware.md](hardware.md#against-golden)) | what goes onto the FPGA |
| `asic` | of `verify`: the netlist of `ttfs synth --liberty`, with models of its cells and memories ([asic.md](asic.md)) | what goes to a chip team |
| `board:DEVICE` | the image on an FPGA at a serial or SPI device ([board.md](board.md)) | the chip itself |
| `relu` | the float network | what the spikes approximate |
| `exact` | neurons in continuous time, float64 | the theory |

`run` also runs `relu` on every sample, and counts every spike. What agreement and accuracy mean depends on the output, and
`judged_by` says which it was:

| `judged_by` | output | agreement | accuracy |
| --- | --- | --- | --- |
| `class` | one vector of two or more values | same largest value | its place against the label |
| `sign` | one value | same sign | sign against labels 0 and 1 |
| `error` | maps, several outputs; any output beside labels that are values | null | null |

Of all but `class`, `outputs` has the largest and the mean error of each output beside `relu`, plain and relative to the range of
`relu`'s values; `truth` the same beside labels that are values. `--outputs F` writes the values of the outputs in
real units, float32: `.npy` of samples x the output's shape, or `.npz` with an array an output under its name. They are held in memory until the
run ends. `--trace F` writes the spikes as text; of `relu`, the values of every layer. `--trace F.vcd` and `--trace F.fst` (compressed, a third of the bytes) write waveforms for GTKWave
and Surfer, of any engine that spikes, in units of a tick (the file says ns): a scope for every layer with its `window`, the `spikes` so far and a wire `n0`, `n1`, .. for every
neuron, which is 1 for the tick of its spike; readouts show their potentials when their sample ends. It holds a line for every neuron, so take few samples with `--count`.
A trace is written while samples come, under a temporary name until it is whole (Ctrl-C, SIGTERM and SIGHUP leave nothing of it), in memory that does not grow with it; but one that is written to no regular file (a FIFO) as FST or NIRData, whose beginnings
are known at the end, is held until then.
Beside waveforms lie views of windows, counts and readouts: `F.gtkw` for GTKWave, and for Surfer `F.sucl`, a file of its commands (`surfer F.fst --command-file F.sucl`, or its menu). Of Surfer's two kinds of files that is the one which lasts:
a saved state (`.surf.ron`) is what one version of Surfer holds in memory, the commands are documented text. Surfer itself was not run here, for no package has it; wellen 0.25.7, the library by which it reads
waveforms, finds in a .fst and a .vcd every signal that the commands name, with the same changes. A view that is there stays, it may be your own.
`--signals F.vcd`, with engine `rtl`, writes what every signal of the chip's Verilog does, from the reset before the first sample on (the image is loaded by then), under the names that it has there (memories of more than 32 words are left out); the clock's period is the chip's.
Beside it are views too, of ports, slots, results and, core by core, which engines are done (give `--trace` another name than `--signals`).
The simulator is built once more for it, and runs on one thread; a cycle takes about a kB, so take few samples. `vcd2fst` of GTKWave makes it small.

`--json` also has the complexity metrics of NeuroBench (Yik et al., Nature Communications 16:1545, 2025) under their names there. A timestep is a tick, and a
spike is binary:

| key | what it is |
| --- | --- |
| `footprint` | bytes of the network: weights at their bits, four for every bias and ramp |
| `connection_sparsity` | share of the weights that are 0; weights that connections share count once |
| `activation_sparsity` | share of activations that are 0, of hidden neurons with weights, each at every tick of its window: a neuron spikes once at most, so it is 1 - spikes per neuron / ticks |
| `synaptic_operations` | a sample's in the mean. `Effective_ACs`: spikes through synapses whose weight is not 0, the input's among them; `Effective_MACs`: 0, nothing multiplies; `Dense`: all synapses at every tick of their source's window |

They are null where spikes are not counted (`--classes-only`, `--engine relu`), and `exact`, which has no ticks, has none of them.

Where the largest two logits of `relu` (one logit and 0) are closer than one step of the readout's potentials, rounding names the class. `close_share` is the share of such
samples; more than 5 % are a warning of `run`, of `verify` (of at most 64 samples, fewer of large networks), and of `compile` when the calibration samples show it (`report/accuracy.json`).

With `--layers` every layer is held against `relu`, and the first 16 samples are run by `exact` too; table, page and `OUT/report/agreement.json` (in
`--json` the key `agreement_by_layer`) say of each its errors in real units and in steps of its own window, its saturated share (spikes in the window's first tick), its silent
share beside relu's, and its spikes a sample. A layer *parts* where its active values (above the least in relu or in the engine) are off by more than one of its own steps in the mean:
`first_layer` is the first one over all samples, `samples_that_part` counts those of which it is the first. The five `worst` samples are those whose outputs are off by the most.
`parts` says where the outputs' error comes from. The float network runs with nothing but the ends of the windows, then rounded to their ticks too, then with integer weights, which is the engine:
after each, `mean_error` beside relu, `agreement`, and `mean_moved` by this part alone, of whose sum it has the `share`. Which thread takes which sample decides nothing.

With `--classes-only` neither is done, and `agreement` and `spikes_per_neuron` are null. `samples_per_second`
counts the time inside the engine alone. `--json` adds, of the jit, `cpu`, `threads`, `open_seconds`, `cached` and
`generated` (functions whose code was kept, was made), and `layers`: of each its `name`, `kernel`, `path`
(`dense` or `events`: only weights of neurons that spiked; for samples one at a time), `why` and `macs`. Code is kept
in a folder of bounded size and found again by what it depends on; it can be deleted at any time.

## The config file

JSON. The keys are the names of compile's options with `_` for `-` (`chip`, `fit`, `lanes`, `schedule`, `calib`, `calib_count`,
`ticks`, `weight_bits`, `mean_bits`, `percentile`, `quantiser`, `ramps`, `target_agreement`, `max_drop`, `optimise`, `calib_labels`, `input_range` as `[lo, hi]`, `input_shape` as `[1, 28, 28]`, `seed`), and two more:

    "input":  {"mean": [0.1307], "std": [0.3081]}
    "layers": {"fc1": {"ticks": 15, "weight_bits": 4, "percentile": 1}}

Paths are relative to the file. The command line wins. Unknown keys are refused with the nearest
known one.

## The output folder

| file | what it holds |
| --- | --- |
| `manifest.json` | version, hashes of the inputs, options, seed, chip: enough to make the folder again byte for byte |
| `chip.json` | with `--fit`: the chip that was made for the network |
| `forms/ir.txt`, `spike.txt`, `plan.txt` | the forms as text, weights in `.blob` files beside them |
| `image/chip.img` | the configuration image; `ttfs dump` prints it |
| `image/core*_*.hex` | each core's memories for `$readmemh` |
| `rtl/` | `ttfs_top.v` (parameters), the hand-written modules, `filelist.f` |
| `forms/calib.blob` | what the calibration samples showed, and those that weights were fitted to, for `--calib OUT` |
| `forms/channels.blob` | where every channel has a window of its own: the same of the network with its channels scaled, which `forms/ir.txt` is then |
| `report/agreement.json` | what `ttfs run --layers` found last: every layer against the float network |
| `model.onnx`, `report/tune.json` | of `ttfs tune`: the network with its integers (QONNX), the epochs ([tune.md](tune.md)) |
| `report/frontier.json` | with a target: the settings that were tried, and which was chosen ([semantics.md](semantics.md#the-quantiser)) |
| `report/*.json` | fit, timing, energy estimate, quantisation, messages |
| `report/run-*.json` | what `ttfs run` found last on an engine, for the page ([report.md](report.md)) |
| `verify/*.json` | what was compared, with the verdict |
| `fpga/DEVICE/` | what `ttfs synth` made: `board.bin` (ECP5: `board.bit`), `netlist.v`, `network.bin` with `--boot`, pins, script, figures, logs; of 7 series `project.tcl`, for an Arty `board.tcl`, constraints, memories ([hardware.md](hardware.md)) |
| `asic/` | what `ttfs synth --liberty` made: netlist, timing, area, macros, constraints ([asic.md](asic.md)) |

Two compiles of the same inputs give the same bytes in every file that they write, in whatever folder and
with however many threads.

## Exit codes

0 done, 1 refused input or failed check, 2 usage, 3 internal. Errors read
`ttfs: error: <where>: <what>: <what to do>` and go to standard error.

## Environment

| variable | meaning |
| --- | --- |
| `TTFS_CACHE` | where Verilated chips, the jit's code and the hashes of what `ttfs synth` made are kept (else `$XDG_CACHE_HOME/ttfs`, else `~/.cache/ttfs`); a folder that others can write to is not used, and a note says so |
| `TTFS_DATA` | where `hw/` and `rtl/` are looked for instead of the installed or source folder |
| `TTFS_TOOL_MINUTES` | how long each tool of `ttfs synth` may take before it is given up, in minutes; else 60 |
| `NO_COLOR` | no coloured messages |
"""


def help_of(ttfs, *command):
    p = subprocess.run([ttfs, *command, "--help"], stdout=subprocess.PIPE, check=True)
    return p.stdout.decode()


def reference(ttfs):
    overall = help_of(ttfs)
    text = HEAD + "```text\n" + overall + "```\n\n"
    for command in re.findall(r"^  ttfs (\w+) ", overall, re.M):
        text += "## ttfs %s\n\n```text\n%s```\n\n" % (command, help_of(ttfs, command))
    return text + TAIL


def main(ttfs, *options):
    text = reference(ttfs)
    if options != ("--check",):
        with open(REFERENCE, "w", encoding="utf-8") as f:
            f.write(text)
        return 0
    with open(REFERENCE, encoding="utf-8") as f:
        if f.read() == text:
            return 0
    print("docs/reference.md is not what --help says: run tools/make_reference.py build/ttfs")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
