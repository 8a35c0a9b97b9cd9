#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pictures of real runs of the shipped examples, each an SVG file of its own: panels of the page that `ttfs report` writes,
cut out of it with its style, and the timeline of a chip drawn from the events of `ttfs report --timeline`. Nothing in
them is drawn by hand, and nothing is loaded from elsewhere.

In: ttfs, a folder to write into. Out: the SVG files, the page itself (page.html), and gallery.json with what each shows
and how large it is. The simulator of chip `tiny` is taken from TTFS_CACHE or built; without Verilator nothing is measured
on the Verilog, and the gallery says so.

    tools/site/gallery.py build/ttfs FOLDER
"""
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DIGITS = os.path.join(SOURCE, "examples", "digits")
TEST = os.path.join(DIGITS, "test.npz")
SVG = "http://www.w3.org/2000/svg"
COLOURS = ("#0550ae", "#8250df", "#116329", "#bf8700", "#a40e26", "#57606a")
RUNS = [
    ["compile", os.path.join(DIGITS, "digits_cnn.onnx"), "-o", "out", "--calib", os.path.join(DIGITS, "calib.npz"), "--chip", "tiny",
     "--ticks", "63", "--target-agreement", "98"],
    ["run", "out", "--input", TEST, "--layers"],
    ["sweep", "out", "--input", TEST, "--vary", "time-noise=0:0.3:7", "--trials", "4"],
]
MEASURED = ["verify", "out", "--input", TEST, "--engines", "golden,rtl", "--count", "20"]
ET.register_namespace("", SVG)


# ---- the page -----------------------------------------------------------------------------------


def page_of(ttfs, folder):
    """Runs the examples in `folder`; the page, its style, the events of the timeline, whether the Verilog was run."""
    verilog = shutil.which("verilator") is not None
    steps = RUNS + ([MEASURED] if verilog else []) + [["report", "out"], ["report", "out", "--timeline", "timeline.json"]]
    for step in steps:
        subprocess.run([ttfs, *step, "-q"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "out", "report", "index.html"), encoding="utf-8") as f:
        text = f.read()
    with open(os.path.join(folder, "timeline.json"), encoding="utf-8") as f:
        events = json.load(f)["traceEvents"]
    style = re.search(r"<style>(.*?)</style>", text, re.S)[1]
    body = re.sub(r"<script.*?</script>", "", text.split("</style>", 1)[1].rsplit("</html>", 1)[0], flags=re.S)
    body = re.sub(r"&(?!amp;|lt;|gt;|quot;)\w+;", lambda m: html.unescape(m[0]), body)
    return text, ET.fromstring("<body>" + body + "</body>"), style, events, verilog


def marked(tree, tag, name):
    """The elements of that tag and class, in order."""
    return [e for e in tree.iter(tag) if name in e.get("class", "").split()]


def in_svg(e):
    """An element of the page as one of an SVG document; where a box leads to stays in the page."""
    for child in e.iter():
        child.tag = "{%s}%s" % (SVG, child.tag.replace("{%s}" % SVG, ""))
        child.attrib.pop("href", None)
    return e


# ---- pictures -----------------------------------------------------------------------------------


class Picture:
    """An SVG of that size with the style of the page: its colours, light and dark, and what it says of classes."""

    def __init__(self, width, height, style):
        self.width, self.height = width, height
        self.root = ET.Element("{%s}svg" % SVG, {"width": str(width), "height": str(height), "viewBox": "0 0 %d %d" % (width, height),
                                                 "font-size": "12", "font-family": "system-ui,sans-serif"})
        self.add("style").text = style
        self.add("rect", width="100%", height="100%", fill="var(--page)")

    def add(self, tag, text="", **more):
        e = ET.SubElement(self.root, "{%s}%s" % (SVG, tag), {k.strip("_").replace("_", "-"): str(v) for k, v in more.items()})
        e.text = text
        return e

    def place(self, e, x, y, **size):
        """An SVG of the page at a place."""
        e = in_svg(e)
        for key, value in dict(size, x=x, y=y).items():
            e.set(key, str(value))
        self.root.append(e)

    def write(self, path):
        text = ET.tostring(self.root, encoding="unicode") + "\n"
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def style_for(style, names):
    """The page's colours and of its rules those of SVGs and of these classes."""
    end = style.index("}\n}\n") + 4
    kept = [line for line in style[end:].splitlines() if line.startswith("svg ") or any(line.startswith("." + name + " ") for name in names)]
    return "\n" + style[style.index(":root"):end] + "\n".join(kept) + "\ntext{fill:var(--text)}\n"


def whole(tree, style, name):
    """An SVG of the page as it is."""
    e = marked(tree, "svg", name)[0]
    width, height = (int(v) for v in e.get("viewBox").split()[2:]) if e.get("viewBox") else (int(e.get("width")), int(e.get("height")))
    picture = Picture(width + 16, height + 16, style_for(style, [name]))
    picture.place(e, 8, 8, width=width, height=height)
    return picture


def raster(tree, style):
    """The spikes of the first sample, population by population."""
    strips = marked(marked(tree, "div", "pane")[0], "div", "strip")
    heights = [int(s.find("svg").get("height")) for s in strips]
    picture = Picture(760, 16 + sum(h + 8 for h in heights), style_for(style, ["strip"]))
    y = 8
    for s, height in zip(strips, heights):
        label = s.find("div")
        picture.add("text", (label.text or "").strip(), x=8, y=y + height / 2, font_weight=600)
        picture.add("text", "".join("".join(k.itertext()) for k in label), x=8, y=y + height / 2 + 15, class_="quiet")
        e = s.find("svg")
        e.set("class", "strip")
        picture.place(e, 170, y, width=580)
        y += height + 8
    for path in picture.root.iter("{%s}path" % SVG):
        path.set("stroke", "var(--spike)")
    return picture


def histograms(tree, style):
    """Spike times by population."""
    figures = [f for f in marked(tree, "div", "tiles")[0].iter("figure")]
    picture = Picture(20 + 210 * len(figures), 130, style_for(style, []))
    for i, f in enumerate(figures):
        for path in f.iter("path"):
            path.set("fill", "var(--spike)")
        caption = f.find("figcaption")
        picture.add("rect", x=10 + 210 * i, y=10, width=200, height=64, fill="var(--panel)")
        picture.place(f.find("svg"), 10 + 210 * i, 10, width=200, height=64)
        picture.add("text", caption.find("b").text, x=10 + 210 * i, y=94, font_weight=600)
        rest = re.sub(r"\s+", " ", "".join(caption.itertext()))[len(caption.find("b").text):]
        picture.add("text", rest.strip(), x=10 + 210 * i, y=112, font_size=10, class_="quiet")
    return picture


def timeline(events, style):
    """A turn of the chip as expected, as proven and as measured: a row a core, a colour a population."""
    named = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    process = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    spans = [e for e in events if e["ph"] == "X"]
    colour = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(dict.fromkeys(e["name"] for e in spans if e["tid"]))}
    rows = sum(2 + len({tid for p, tid in named if p == pid}) for pid in process)
    picture = Picture(820, 30 + 20 * rows, style_for(style, []))
    for i, (name, fill) in enumerate(colour.items()):
        picture.add("rect", x=110 + 130 * i, y=8, width=12, height=12, fill=fill)
        picture.add("text", name, x=127 + 130 * i, y=18)
    y = 30
    for pid, title in sorted(process.items()):
        mine = [e for e in spans if e["pid"] == pid]
        end = max(e["ts"] + e["dur"] for e in mine)
        picture.add("text", "%s: %.4g us" % (title, end), x=8, y=y + 15, font_weight=600)
        for thread in sorted(tid for p, tid in named if p == pid):
            y += 20
            picture.add("text", named[pid, thread], x=8, y=y + 15, class_="quiet")
            picture.add("rect", x=110, y=y + 4, width=700, height=13, fill="var(--panel)")
            for e in (e for e in mine if e["tid"] == thread):
                bar = picture.add("rect", x="%.2f" % (110 + 700 * e["ts"] / end), y=y + 4, width="%.2f" % (700 * e["dur"] / end), height=13,
                                  fill=colour.get(e["name"], "var(--quiet)"), fill_opacity=0.85 if thread else 0.3, stroke="var(--page)")
                ET.SubElement(bar, "{%s}title" % SVG).text = "%s: %d cycles" % (e["name"], e["args"]["cycles"])
        y += 40
    return picture


def pictures(tree, style, events):
    """{file: (picture, what it shows)}."""
    return {
        "graph.svg": (whole(tree, style, "graph"), "The spike graph of `digits_cnn`: windows, weight bits, spikes a sample."),
        "raster.svg": (raster(tree, style), "The spikes of one digit, population by population: time from left to right, windows shaded, neurons from top to bottom."),
        "histograms.svg": (histograms(tree, style), "When neurons fire: large values early, small ones late."),
        "funnel.svg": (whole(tree, style, "funnel"), "Samples that still agree with the float network as windows, ticks and weights are switched on."),
        "frontier.svg": (whole(tree, style, "frontier"), "What was tried to find the fewest ticks and bits that meet `--target-agreement 98`: loss over cost."),
        "sweep.svg": (whole(tree, style, "sweep"), "Accuracy and agreement over noise of spike times, a share of the window."),
        "timeline.svg": (timeline(events, style), "A turn of the chip `tiny`, two by two cores, all layers at once, each on another sample."),
    }


def main(ttfs, folder):
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ttfs-gallery-") as work:
        text, tree, style, events, verilog = page_of(os.path.abspath(ttfs), work)
    found = []
    for name, (picture, says) in pictures(tree, style, events).items():
        picture.write(os.path.join(folder, name))
        found.append({"file": name, "shows": says, "width": picture.width, "height": picture.height})
    with open(os.path.join(folder, "page.html"), "w", encoding="utf-8") as f:
        f.write(text)
    commands = [" ".join(["ttfs"] + [os.path.relpath(a, SOURCE) if os.path.isabs(a) else a for a in step])
                for step in RUNS + ([MEASURED] if verilog else [])]
    with open(os.path.join(folder, "gallery.json"), "w", encoding="utf-8") as f:
        json.dump({"pictures": found, "commands": commands, "verilog": verilog}, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
