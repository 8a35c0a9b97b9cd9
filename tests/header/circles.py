# SPDX-License-Identifier: Apache-2.0
"""No circle of files: inside a folder no file calls, directly or through others, a function of a
file that calls one of its own, and no header includes one that includes it. What a file needs and
gives is what its object says. Circles made on purpose must be found.

    circles.py BUILD SOURCE
"""
import json
import os
import re
import subprocess
import sys
import tempfile


def calls(objects):
    """{file: {file of the same folder: the symbols that it needs of it}} of {file: object}."""
    needs, gives = {name: set() for name in objects}, {name: set() for name in objects}
    file_of = {obj: name for name, obj in objects.items()}
    text = subprocess.run(["nm", "-A", *objects.values()], stdout=subprocess.PIPE, check=True).stdout
    for line in text.decode().splitlines():
        obj, rest = line.split(":", 1)
        kind, symbol = rest.split()[-2:]
        if kind == "U":
            needs[file_of[obj]].add(symbol)
        elif kind.isupper():
            gives[file_of[obj]].add(symbol)
    return {a: {b: needs[a] & gives[b] for b in objects if b != a and needs[a] & gives[b]}
            for a in objects}


def includes(folder):
    """{header: {header of the same folder: what it is included as}}."""
    texts = {}
    for name in os.listdir(folder):
        if name.endswith((".h", ".def")):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                texts[name] = f.read()
    return {a: {b: {"#include"} for b in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M) if b in texts}
            for a, text in texts.items()}


def reached(edges, start):
    seen, todo = set(), list(edges[start])
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += edges[name]
    return seen


def circles(edges):
    """Each set of files that all reach one another, once."""
    reach = {a: reached(edges, a) for a in edges}
    return sorted({tuple(sorted(b for b in reach[a] if a in reach[b])) for a in edges if a in reach[a]})


def objects_of(build, source):
    """{folder: {file: object}} of the house."""
    found = {}
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
        for c in json.load(f):
            path = os.path.relpath(os.path.normpath(os.path.join(build, c["file"])), source)
            folder, name = os.path.split(path)
            if folder == "hw" or folder.startswith(("compiler/", "runtime/")):
                found.setdefault(folder, {})[name] = os.path.join(build, c["output"])
    return found


def finds():
    """What is seen of a circle of two files and one of two headers, each with one that only needs them."""
    texts = {"a.c": "void b(void); void a(void); void a(void) { b(); }",
             "b.c": "void a(void); void b(void); void b(void) { a(); }",
             "c.c": "void a(void); void c(void); void c(void) { a(); }"}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text + "\n")
            subprocess.run(["cc", "-c", path, "-o", path + ".o"], check=True)
        for name, other in (("a.h", "b.h"), ("b.h", "a.h"), ("c.h", "a.h")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write('#include "%s"\n' % other)
        objects = {name: os.path.join(folder, name + ".o") for name in texts}
        return circles(calls(objects)) + circles(includes(folder))


def main(build, source):
    failed = 0
    if finds() != [("a.c", "b.c"), ("a.h", "b.h")]:
        print("FAILED: circles made on purpose are seen as %s" % finds())
        failed += 1
    folders = objects_of(build, source)
    for folder, objects in sorted(folders.items()):
        edges = {**calls(objects), **includes(os.path.join(source, folder))}
        for circle in circles(edges):
            print("FAILED: %s: %s need one another:" % (folder, ", ".join(circle)))
            for a in circle:
                for b in sorted(set(edges[a]) & set(circle)):
                    print("    %s needs %s: %s" % (a, b, " ".join(sorted(edges[a][b]))))
            failed += 1
    files = sum(map(len, folders.values()))
    print("%d folders, %d files, %d faults" % (len(folders), files, failed))
    return 1 if failed or len(folders) < 20 or files < 100 else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])))
