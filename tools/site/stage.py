#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the pages of the site into a folder, for mkdocs: every Markdown file of the source as it is, with its pictures, the references
of C and Python, the gallery. A link to a file that is no page leads to a page that shows the file, one to a folder to its README
or to a list of what is in it.

In: a folder to write into; the folder of gallery.py, or nothing. Out: FOLDER/mkdocs.yml, FOLDER/pages.

    tools/site/stage.py FOLDER [GALLERY]
"""
import json
import os
import re
import shutil
import sys

import api

SOURCE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
LINK = re.compile(r"\]\(([^)#:\s]+)(#[^)\s]*)?\)")
PICTURE = ".svg"
LANGUAGES = {".c": "c", ".h": "c", ".def": "c", ".cpp": "cpp", ".v": "verilog", ".vh": "verilog", ".sv": "systemverilog", ".json": "json", ".py": "python",
             ".sh": "bash"}
SKIPPED = re.compile(r"^(build.*|obj-.*|out|\..*|__pycache__)$")


def documents():
    """All Markdown files of the source, by their paths."""
    for folder, folders, names in os.walk(SOURCE):
        folders[:] = sorted(f for f in folders if not SKIPPED.match(f))
        for name in sorted(names):
            if name.endswith(".md"):
                yield os.path.relpath(os.path.join(folder, name), SOURCE)


def text_of(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


# ---- what is no page ----------------------------------------------------------------------------


def notebook(path):
    """The cells of a notebook, one after the other."""
    parts = []
    for cell in json.loads(text_of(path))["cells"]:
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else "```python\n%s\n```" % text)
    return "\n\n".join(parts) + "\n"


def shown(path):
    """A page that shows a file or a folder."""
    whole = os.path.join(SOURCE, path)
    if os.path.isdir(whole):
        names = sorted(n + "/" * os.path.isdir(os.path.join(whole, n)) for n in os.listdir(whole) if not SKIPPED.match(n))
        return "# %s\n\n%s\n" % (path, "\n".join("- `%s`" % n for n in names))
    if path.endswith(".ipynb"):
        return notebook(path)
    return "# %s\n\n~~~~~~%s\n%s\n~~~~~~\n" % (path, LANGUAGES.get(os.path.splitext(path)[1], "text"), text_of(path).rstrip("\n"))


def target_of(path):
    """The page that shows what lies at a path of the source."""
    if path.endswith(".md"):
        return path
    readme = os.path.normpath(os.path.join(path, "README.md"))
    if os.path.isfile(os.path.join(SOURCE, readme)):
        return readme
    return os.path.join("source", "folder" if path == "." else path) + ".md"


class Pages:
    """The folder of pages, and what is still to be shown there."""

    def __init__(self, folder):
        self.folder, self.files, self.pictures = folder, set(), set()

    def led(self, name, text):
        """A page's text with its links outside of code leading to pages. Links are from where the file lies in the source."""
        def link(m):
            path = os.path.normpath(os.path.join(os.path.dirname(name), m[1]))
            if path.startswith("..") or not os.path.exists(os.path.join(SOURCE, path)):
                return m[0]
            if path.endswith(PICTURE):
                self.pictures.add(path)
                return m[0]
            target = target_of(path)
            if target.startswith("source" + os.sep):
                self.files.add(path)
            return "](%s%s)" % (os.path.relpath(target, os.path.dirname(name)), m[2] or "")

        fenced, lines = False, []
        for line in text.splitlines():
            fenced ^= line.startswith("```")
            code = fenced or line.startswith("    ")
            lines.append(line if code else LINK.sub(link, line))
        return "\n".join(lines) + "\n"

    def add(self, name, text):
        write(self.folder, name, self.led(name, text))

    def show_files(self):
        for path in sorted(self.pictures):
            write(self.folder, path, text_of(path))
        for path in sorted(self.files):
            write(self.folder, target_of(path), shown(path))


# ---- the gallery --------------------------------------------------------------------------------


def gallery(folder):
    """The page of what gallery.py made."""
    with open(os.path.join(folder, "gallery.json"), encoding="utf-8") as f:
        made = json.load(f)
    measured = "" if made["verilog"] else " There was no Verilator: nothing here was measured on the Verilog."
    parts = ["# Gallery", "Pictures of real runs, made with this site by `tools/site/gallery.py`: none is drawn by hand. They are panels of the page that `ttfs report` writes "
             "([the whole page](page.html), [what it shows](../docs/report.md)), and its timeline.%s The commands:" % measured,
             "\n".join("    " + c for c in made["commands"] + ["ttfs report out", "ttfs report out --timeline timeline.json"])]
    parts += ["%s\n\n![%s](%s)" % (p["shows"], p["shows"].replace("`", ""), p["file"]) for p in made["pictures"]]
    return "\n\n".join(parts) + "\n"


def main(folder, pictures=None):
    pages = Pages(os.path.join(folder, "pages"))
    for name in documents():
        pages.add(name, text_of(name))
    pages.add("reference/c.md", api.c_reference())
    pages.add("reference/python.md", api.python_reference())
    pages.show_files()
    if pictures:
        shutil.copytree(pictures, os.path.join(folder, "pages", "gallery"))
        os.remove(os.path.join(folder, "pages", "gallery", "gallery.json"))
        write(pages.folder, "gallery/index.md", gallery(pictures))
    shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "mkdocs.yml"), folder)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(*sys.argv[1:])
