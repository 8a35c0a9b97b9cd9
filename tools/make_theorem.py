#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/theorem.svg of a real run: the losses of a ReLU network and of its spiking twins (B1, alpha1), a step of training each,
as the unit test `theorem` prints them, and how far the twins' losses are from the ReLU network's.

    tools/make_theorem.py build/tests/test_theorem            writes it
    tools/make_theorem.py build/tests/test_theorem --check    exit code 1 when it is not what it would write (but for differences
                                                              below 1e-12, which are rounding)
"""
import math
import os
import re
import subprocess
import sys

PATH = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs", "theorem.svg")
LINE = re.compile(r"step (\d+): relu (\S+) b1 (\S+) alpha1 (\S+)")
WIDTH, HEIGHT, LEFT, TOP, WIDE, HIGH, APART = 760, 300, 52, 34, 290, 210, 90
RELU, B1, ALPHA = "#1b1b1b", "#d1495b", "#2b6cb0"
LEAST = 1e-17  # what no difference at all is drawn as


def losses(program):
    """[(step, relu, b1, alpha1)] of a run."""
    run = subprocess.run([program], env={**os.environ, "TTFS_TEST_LOSSES": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    found = [(int(a), float(b), float(c), float(d)) for a, b, c, d in LINE.findall(run.stdout)]
    if len(found) < 2:
        sys.exit("%s prints no losses" % program)
    return found


def text(x, y, what, anchor="middle", colour="#1b1b1b"):
    return '<text x="%g" y="%g" text-anchor="%s" fill="%s">%s</text>' % (x, y, anchor, colour, what)


def line(points, colour, name, width=1.4):
    at = " ".join("%.1f,%.1f" % p for p in points)
    return '<polyline class="%s" points="%s" fill="none" stroke="%s" stroke-width="%g"/>' % (name, at, colour, width)


def dots(points, colour, name):
    return "".join('<circle class="%s" cx="%.1f" cy="%.1f" r="1.8" fill="%s"/>' % (name, x, y, colour) for x, y in points)


class Panel:
    """A box with axes; values to places."""

    def __init__(self, left, last, low, high, log):
        self.left, self.last, self.low, self.high, self.log = left, last, low, high, log

    def at(self, step, v):
        share = (math.log10(max(v, LEAST)) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low)) if self.log else (v - self.low) / (
            self.high - self.low)
        return self.left + WIDE * step / self.last, TOP + HIGH * (1 - share)

    def axes(self, title, ticks, shown):
        parts = ['<rect x="%g" y="%g" width="%g" height="%g" fill="none" stroke="#999"/>' % (self.left, TOP, WIDE, HIGH), text(self.left + WIDE / 2, TOP - 12, title)]
        for v in ticks:
            y = self.at(0, v)[1]
            parts.append('<path d="M%g %.1fh%g" stroke="#ddd"/>' % (self.left, y, WIDE))
            parts.append(text(self.left - 6, y + 4, shown % v, "end"))
        for step in range(0, self.last + 1, 20):
            parts.append(text(self.at(step, self.low)[0], TOP + HIGH + 16, str(step)))
        parts.append(text(self.left + WIDE / 2, TOP + HIGH + 34, "step"))
        return parts


def draw(found):
    last = found[-1][0]
    loss, gap = Panel(LEFT, last, 0.6, 1.4, False), Panel(LEFT + WIDE + APART, last, LEAST, 1, True)
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12">' % (WIDTH, HEIGHT, WIDTH, HEIGHT),
             '<rect width="%d" height="%d" fill="#fff"/>' % (WIDTH, HEIGHT)]
    parts += loss.axes("loss of a batch", [0.6, 0.8, 1.0, 1.2, 1.4], "%.1f")
    parts += gap.axes("distance from the ReLU network's loss", [1e-16, 1e-12, 1e-8, 1e-4, 1], "%.0e")
    parts.append(line([loss.at(s, r) for s, r, _, _ in found], RELU, "relu"))
    parts.append(dots([loss.at(s, b) for s, _, b, _ in found], B1, "b1"))
    parts.append(line([loss.at(s, a) for s, _, _, a in found], ALPHA, "alpha1"))
    parts.append(dots([gap.at(s, abs(b - r)) for s, r, b, _ in found], B1, "rounding"))
    parts.append(line([gap.at(s, abs(a - r)) for s, r, _, a in found if s > 1], ALPHA, "alpha1"))
    for i, (name, colour) in enumerate((("ReLU network", RELU), ("B1: the same path", B1), ("alpha1: another one", ALPHA))):
        parts.append(text(LEFT + WIDE + APART + 8, TOP + 70 + 16 * i, name, "start", colour))
    return "\n".join(parts) + "\n</svg>\n"


def compared(svg):
    """What does not depend on how a machine rounds."""
    return re.sub(r'<circle class="rounding"[^>]*>', "", svg)


def main():
    svg = draw(losses(sys.argv[1]))
    if sys.argv[2:] != ["--check"]:
        with open(PATH, "w") as f:
            f.write(svg)
        return 0
    with open(PATH) as f:
        same = compared(f.read()) == compared(svg)
    print("docs/theorem.svg is %s" % ("what the test prints" if same else "another: tools/make_theorem.py %s" % sys.argv[1]))
    return not same


sys.exit(main())
