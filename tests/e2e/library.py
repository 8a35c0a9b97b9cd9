# SPDX-License-Identifier: Apache-2.0
"""The engine as a library: examples/library/classify.c, linked with libttfsjit.a, gives for every
digit the class and the number of spikes of the golden engine's trace, whatever the batch's end.

Argument: the program.
"""
import os
import struct
import subprocess
import sys

from e2e import DIGITS, Case, digits_x, samples

TEST = os.path.join(DIGITS, "test.npz")


def lines_of_golden(text):
    """What classify prints, from a trace."""
    for part in text.split("sample ")[1:]:
        lines = part.splitlines()[1:]
        potentials = [int(line.split()[-1]) for line in lines if line.startswith("readout")]
        spikes = sum(line.startswith("spike") for line in lines)
        yield "class %d, %d spikes" % (potentials.index(max(potentials)), spikes)


def main(program):
    case, count = Case(), samples(150) # two batches and a part of one
    for net in ("digits_mlp", "digits_cnn"):
        case.good("compile", os.path.join(DIGITS, net + ".onnx"), "-o", net, "--calib", os.path.join(DIGITS, "calib.npz"),
                  "--stop-after", "spike")
        case.good("run", net, "--input", TEST, "--engine", "golden", "--count", count, "--trace", net + ".txt")
        with open(case.path(net + ".txt"), encoding="utf-8") as f:
            want = list(lines_of_golden(f.read()))
        values = b"".join(struct.pack("<64f", *x) for x in digits_x(count))
        got = subprocess.run([program, case.path(net)], input=values, capture_output=True, check=False)
        case.equal(got.returncode, 0, "exit of classify: %s" % got.stderr.decode())
        case.equal(got.stdout.decode().splitlines(), want, "classify %s" % net)
        print("%s: %d samples" % (net, len(want)))
    nowhere = subprocess.run([program, case.path("nowhere")], input=b"", capture_output=True, check=False)
    case.equal((nowhere.returncode, b"nowhere" in nowhere.stderr), (1, True), "a folder that is not there")
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
