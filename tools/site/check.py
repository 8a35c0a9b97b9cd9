#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks at a built site: every link leads to a file that is there and to a place that it has; no link, table or fence was left
as it was written; and nothing is fetched from elsewhere: scripts, styles, pictures and what styles name lie in the folder or in
the page itself.

In: the folder. Out: a line a fault; exit code 1 when there is one, or no page.

    tools/site/check.py FOLDER
"""
import os
import re
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself: tags and their attributes. Of <link> those whose kind is fetched.
FETCHED = {"script": ["src"], "img": ["src", "srcset"], "iframe": ["src"], "source": ["src", "srcset"], "video": ["src", "poster"], "audio": ["src"],
           "object": ["data"], "embed": ["src"], "image": ["href", "xlink:href"], "use": ["href", "xlink:href"]}
KINDS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "manifest", "preconnect", "dns-prefetch"}
VERBATIM = ("pre", "code", "script", "style")
WRITTEN = re.compile(r"\]\([\w./#-]+\)|\| --- |```|~~~")  # Markdown that became no HTML
IN_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(HTMLParser):
    """Places of a page, where its links lead, and what it fetches."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.fetched, self.classes, self.written, self.verbatim = set(), [], [], set(), [], 0
        self.feed(text)

    def handle_endtag(self, tag):
        self.verbatim -= tag in VERBATIM

    def handle_data(self, data):
        self.written += [] if self.verbatim else WRITTEN.findall(data)

    def handle_starttag(self, tag, attrs):
        found = {k: v or "" for k, v in attrs}
        self.verbatim += tag in VERBATIM
        self.ids |= {found[k] for k in ("id", "name") if k in found}
        self.classes |= set(found.get("class", "").split())
        self.fetched += [found[k] for k in FETCHED.get(tag, []) if k in found] + named_in(found.get("style", ""))
        if tag == "link" and KINDS & set(found.get("rel", "").split()):
            self.fetched.append(found.get("href", ""))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])


def named_in(style):
    return [a or b for a, b in IN_STYLE.findall(style)]


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def files_of(root, *endings):
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            if name.endswith(endings):
                yield os.path.join(folder, name)


class Site:
    def __init__(self, root):
        self.root, self.faults = os.path.abspath(root), []
        self.pages = {p: Page(read(p)) for p in files_of(self.root, ".html")}

    def fault(self, path, text):
        self.faults.append("%s: %s" % (os.path.relpath(path, self.root), text))

    def target(self, path, link):
        """The file that a relative link leads to; None when it is not there."""
        part = unquote(urlsplit(link).path)
        to = os.path.join(self.root, part.lstrip("/")) if part.startswith("/") else os.path.join(os.path.dirname(path), part) if part else path
        to = os.path.join(to, "index.html") if os.path.isdir(to) else to
        return os.path.normpath(to) if os.path.isfile(to) else None

    def follow(self, path, link):
        where = urlsplit(link)
        if where.scheme or where.netloc:
            return
        to = self.target(path, link)
        if not to:
            self.fault(path, "the link to %s leads nowhere" % link)
        elif where.fragment and to in self.pages and unquote(where.fragment) not in self.pages[to].ids:
            self.fault(path, "the link to %s: there is no such place" % link)

    def fetch(self, path, link):
        where = urlsplit(link)
        if where.scheme == "data":
            return
        if where.scheme or where.netloc:
            self.fault(path, "%s is fetched from elsewhere" % link)
        elif where.path and not self.target(path, link):
            self.fault(path, "%s is not there" % link)

    def look(self):
        for path, page in self.pages.items():
            for link in page.links:
                self.follow(path, link)
            for link in page.fetched:
                self.fetch(path, link)
            for text in page.written:
                self.fault(path, "%s stands there as it was written" % text)
            if "mermaid" in page.classes:
                self.fault(path, "the theme fetches what draws a mermaid diagram")
        for path in files_of(self.root, ".css", ".svg"):
            for link in named_in(read(path)):
                self.fetch(path, link)
        return self.faults


def main(root):
    site = Site(root)
    for fault in site.look():
        print(fault)
    links = sum(len(p.links) for p in site.pages.values())
    print("%d pages, %d links, %d faults" % (len(site.pages), links, len(site.faults)))
    return 0 if site.pages and not site.faults else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
