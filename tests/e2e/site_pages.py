# SPDX-License-Identifier: Apache-2.0
"""The site of the documents (tools/site.sh). `pages`: every document of docs is in its table of contents, the references have
all that ttfs.h and the Python package show. `faults`: what looks at a built site sees what is wrong with one. `gallery`:
its pictures are SVGs by themselves, and those of the timeline and the raster have what the documents of the run say.
`alone`: which folder it replaces. `build`: the whole, without a warning, where mkdocs and its theme mkdocs-material are.
"""
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

from e2e import SOURCE, TTFS, Case, skip

SITE = os.path.join(os.path.abspath(SOURCE), "tools", "site")
sys.path.insert(0, SITE)
import api  # noqa: E402
import check as site_check  # noqa: E402
import gallery as site_gallery  # noqa: E402
import stage  # noqa: E402

SVG = "{%s}" % site_gallery.SVG
MOST_BYTES = 64 << 10  # of a picture
GOOD = '<pre>[a](b) | --- |</pre><link rel="stylesheet" href="a.css"><a href="b.html#here">b</a><a href="https://x.invalid/">x</a><img src="data:image/png;base64,">'
BAD = {
    '<a href="no.html">': "leads nowhere",
    '<a href="b.html#there">': "no such place",
    '<a href="#nowhere">': "no such place",
    '<script src="https://x.invalid/a.js"></script>': "from elsewhere",
    '<link rel="stylesheet" href="//x.invalid/a.css">': "from elsewhere",
    '<img src="no.png">': "is not there",
    '<p style="background:url(https://x.invalid/a.png)">': "from elsewhere",
    '<pre class="mermaid">': "mermaid",
    "<p>see [b](b.html)</p>": "as it was written",
    "<p>| a | | --- |</p>": "as it was written",
}


def pages(case):
    stage.main(case.path("site"))
    with open(os.path.join(SITE, "mkdocs.yml"), encoding="utf-8") as f:
        listed = re.findall(r": ([\w/.-]+\.md)$", f.read(), re.M)
    made = {"gallery/index.md"}
    case.equal([n for n in listed if n not in made and not os.path.exists(case.path("site", "pages", n))], [], "contents that are not there")
    case.equal(sorted("docs/" + n for n in os.listdir(os.path.join(SOURCE, "docs")) if n.endswith(".md") and "docs/" + n not in listed), [],
               "documents that the contents lack")
    with open(os.path.join(SOURCE, "include", "ttfs.h"), encoding="utf-8") as f:
        header = f.read()
    wanted = re.findall(r"^(?!typedef)\w[\w \*]*\b(ttfs_\w+)\(", header, re.M) + re.findall(r"^} (Ttfs\w+);", header, re.M)
    heads = re.findall(r"`(\w+)`", "\n".join(re.findall(r"^### .*", api.c_reference(), re.M)))
    case.check(len(wanted) > 50, "only %d names in ttfs.h" % len(wanted))
    case.equal([n for n in wanted if n not in heads], [], "names of ttfs.h that the reference lacks")
    _, shown, found = api.python_names()
    case.equal([n for n in shown if n not in found], ["__version__"], "names of the package that the reference lacks")
    text = api.python_reference()
    case.check(text.count("\n#### `Network.") > 15 and "```pycon\n>>> " in text, "the reference of the package:\n" + text[:2000])


def faults(case):
    """A good site has none; each thing that is wrong with one is seen, and only that."""
    os.mkdir(case.path("site"))
    case.write("site/a.css", "body{background:url(data:image/png;base64,)}")
    case.write("site/b.html", '<h1 id="here">b</h1>')
    case.write("site/index.html", GOOD)
    case.equal(site_check.Site(case.path("site")).look(), [], "faults of a good site")
    for text, says in BAD.items():
        case.write("site/index.html", GOOD + text)
        found = site_check.Site(case.path("site")).look()
        case.check(len(found) == 1 and says in found[0], "%s: %s" % (text, found))
    case.write("site/index.html", GOOD)
    for css in ("@import 'https://x.invalid/f.css';", "p{background:url(no.png)}"):
        case.write("site/a.css", css)
        case.equal(len(site_check.Site(case.path("site")).look()), 1, css)


def gallery(case):
    folder = case.path("gallery")
    site_gallery.main(os.path.abspath(TTFS), folder)
    with open(os.path.join(folder, "gallery.json"), encoding="utf-8") as f:
        made = json.load(f)
    case.equal(len(made["pictures"]), 7, "pictures")
    trees = {}
    for p in made["pictures"]:
        with open(os.path.join(folder, p["file"]), encoding="utf-8") as f:
            text = f.read()
        tree = trees[p["file"]] = ET.fromstring(text)
        case.check(len(text) < MOST_BYTES, "%s has %d bytes" % (p["file"], len(text)))
        case.equal((tree.tag, int(tree.get("width"))), (SVG + "svg", p["width"]), p["file"])
        case.check(all(e.tag.startswith(SVG) for e in tree.iter()), "%s has what is no SVG" % p["file"])
        case.equal(site_check.named_in(text) + re.findall(r'(?:href|src)="[^"]*"', text), [], "what %s fetches" % p["file"])
    with open(os.path.join(folder, "page.html"), encoding="utf-8") as f:
        page = f.read()
    strips = re.findall(r'<div class="strip"><div>(\w+) <span class="key">([^<]*)</span>', page.split('<div class="pane">')[1])
    texts = [e.text for e in trees["raster.svg"].iter(SVG + "text")]
    case.check(len(strips) == 4, "strips of the page: %s" % strips)
    case.equal([t for strip in strips for t in strip if t not in texts], [], "what the raster does not say")
    bars = [e.find(SVG + "title").text for e in trees["timeline.svg"].iter(SVG + "rect") if e.find(SVG + "title") is not None]
    case.check(len(bars) > 20 and any(b.startswith("conv2: ") for b in bars), "bars of the timeline: %s" % bars)


def build(case):
    if subprocess.run(["/usr/bin/python3", "-c", "import mkdocs, material"], capture_output=True, check=False).returncode:
        skip("no mkdocs with mkdocs-material")
    p = subprocess.run([os.path.join(os.path.abspath(SOURCE), "tools", "site.sh"), case.path("site"), os.path.abspath(TTFS)], cwd=case.folder,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = p.stdout.decode()
    counts = re.search(r"^(\d+) pages, (\d+) links, 0 faults$", said, re.M)
    case.check(p.returncode == 0 and counts and "WARNING" not in said, "tools/site.sh (%d):\n%s" % (p.returncode, said[-6000:]))
    case.check(counts and int(counts[1]) > 40 and int(counts[2]) > 1000, "of the site: %s" % (counts and counts[0]))
    with open(case.path("site", "404.html"), encoding="utf-8") as f:
        case.check("<title>ttfs</title>" in f.read(), "by which the site is known the next time")


def alone(case):
    """A folder that is no site of these documents is left alone; one that is empty is none, and what fails leaves no half site."""
    tool = os.path.join(os.path.abspath(SOURCE), "tools", "site.sh")
    os.makedirs(case.path("bin"))
    os.chmod(case.write("bin/mkdocs", "#!/bin/sh\nexit 1\n"), 0o755)
    os.chmod(case.write("no-ttfs", "#!/bin/sh\nexit 7\n"), 0o755)
    env = dict(os.environ, PATH=case.path("bin") + os.pathsep + os.environ["PATH"], TMPDIR=case.folder)
    for name, page, code, says in (("theirs", "<title>other</title>", 1, "is no site of ttfs"), ("files", None, 1, "is no site of ttfs"),
                                   ("ours", "<title>ttfs</title>", 1, "status 7"), ("empty", "", 1, "status 7")):
        os.mkdir(case.path(name))
        if page or page is None:
            case.write(os.path.join(name, "404.html" if page else "notes.txt"), page or "mine")
        before = sorted(os.listdir(case.path(name)))
        p = subprocess.run([tool, case.path(name), case.path("no-ttfs")], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        case.check(p.returncode == code and says in p.stdout.decode(), "%s: %d: %s" % (name, p.returncode, p.stdout.decode()[-500:]))
        case.equal(sorted(os.listdir(case.path(name))), before, "what is in the folder " + name)


def main(part):
    case = Case()
    {"pages": pages, "faults": faults, "gallery": gallery, "alone": alone, "build": build}[part](case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
