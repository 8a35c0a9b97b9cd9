# SPDX-License-Identifier: Apache-2.0
"""No function that a header of a floor declares is there for nobody: somewhere in the sources, the tests or the examples it is
called or named beside its definition. A function made on purpose must be found. The driver of boards is for other hosts, who may
call all of it.

    unused.py SOURCE
"""
import collections
import os
import re
import sys
import tempfile

FOREIGN = ("runtime/board/board.h",)
ENDS = (".c", ".cpp", ".h", ".def")


def code(path):
    """A file without its comments."""
    with open(path, encoding="utf-8") as f:
        return re.sub(r"(\"(?:\\.|[^\"\\\n])*\")|/\*.*?\*/|//[^\n]*", lambda m: m[1] or " ", f.read(), flags=re.S)


def files(root):
    for place in ("compiler", "runtime", "hw", "tests", "examples"):
        for folder, _, names in os.walk(os.path.join(root, place)):
            yield from (os.path.join(folder, n) for n in names if n.endswith(ENDS))


def unused(root):
    """Functions that headers declare and that stand nowhere but there and in their definition."""
    declared, named = {}, collections.Counter()
    for path in files(root):
        text, name = code(path), os.path.relpath(path, root)
        named.update(re.findall(r"\bttfs_\w+\b", text))
        functions = re.findall(r"^[A-Za-z_][\w \t*]*?\b(ttfs_\w+)\([^;{]*;", text, re.M) if path.endswith(".h") else []
        named.subtract(functions)
        if not name.startswith(("tests", "examples")) and name not in FOREIGN:
            declared.update((f, name) for f in functions)
    return sorted((f, header) for f, header in declared.items() if named[f] < 2)


def on_purpose():
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, "compiler", "a"))
        for name, text in (("a.h", "int ttfs_one(void);\nint ttfs_two(void);\n"), ("a.c", "int ttfs_one(void) { return 1; }\n"
                           "/* ttfs_one() */\nint ttfs_two(void) { return 2; }\n"), ("b.c", "int f(void) { return ttfs_two(); }\n")):
            with open(os.path.join(root, "compiler", "a", name), "w", encoding="utf-8") as f:
                f.write(text)
        return unused(root) == [("ttfs_one", "compiler/a/a.h")]


def main():
    if not on_purpose():
        print("unused.py: a function for nobody, made on purpose, was not found")
        return 1
    found = unused(sys.argv[1])
    for name, header in found:
        print("%s: %s() is called by nobody" % (header, name))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
