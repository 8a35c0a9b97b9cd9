# SPDX-License-Identifier: Apache-2.0
"""The floors hold: no folder's code sees a header of a folder that its row in meson.build does not
name, and to include one is an error of the compiler. compiler/cli, the program, is such a row: it
sees ttfs.h and what lies below everybody; and no other code knows options.

    floors.py BUILD SOURCE
"""
import json
import os
import re
import shlex
import subprocess
import sys


def rows(source):
    """{folder: folders whose headers it may see} from the table in meson.build, and the program's row."""
    with open(os.path.join(source, "meson.build"), encoding="utf-8") as f:
        text = f.read()
    table = re.search(r"^floors = \[\n(.*?)^\]", text, re.S | re.M)[1]
    program = re.search(r"^program = \[(.*?)\]\n(?!    )", text, re.S | re.M)[1]
    found = {}
    for row in re.findall(r"^    \[('.*?)\],(?: #[^\n]*)?\n(?=    \[|\Z)", table, re.S | re.M) + [program]:
        folder, needs = re.match(r"'([^']+)',\s*(?:\w+ \+ )?\[.*?\],\s*\[(.*?)\]", row, re.S).groups()
        found[folder] = {folder, *re.findall(r"'([^']+)'", needs)}
    return found


def ends_of_the_house(allowed):
    """What the command line may see, said once more here: a row that grows is a fault."""
    most = {"compiler/cli", "include", "compiler/base", "compiler/json"}
    return sorted(allowed["compiler/cli"] - most)


def include_flags(command, build):
    """The -I folders of a compiler's command line, absolute."""
    return [os.path.normpath(os.path.join(build, word[2:]))
            for word in shlex.split(command) if word.startswith("-I")]


def knows_options(source):
    """Files outside compiler/cli that include one of its headers; tests may."""
    cli = os.path.join(source, "compiler/cli")
    headers = {h for h in os.listdir(cli) if h.endswith((".h", ".def"))}
    found = []
    for top in ("include", "compiler", "runtime", "hw", "examples", "tools"):
        for folder, _, names in os.walk(os.path.join(source, top)):
            for name in names:
                path = os.path.join(folder, name)
                if folder == cli or not name.endswith((".c", ".h", ".cpp", ".def")):
                    continue
                with open(path, encoding="utf-8") as f:
                    included = re.findall(r'^\s*#\s*include\s*["<](?:.*/)?([^">/]+)[">]', f.read(), re.M)
                if headers & set(included):
                    found.append(os.path.relpath(path, source))
    return headers, found


def main(build, source):
    allowed = rows(source)
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
        commands = json.load(f)
    failed, seen = 0, set()
    for c in commands:
        path = os.path.relpath(os.path.normpath(os.path.join(build, c["file"])), source)
        folder = os.path.dirname(path)
        if folder not in allowed or folder in seen:
            continue
        seen.add(folder)
        flags = include_flags(c["command"], build)
        for other in sorted(allowed):
            visible = os.path.join(source, other) in flags
            if visible and other not in allowed[folder]:
                print("FAILED: %s sees %s" % (folder, other))
                failed += 1
        headers = [h for other in sorted(set(allowed) - allowed[folder])
                   for h in os.listdir(os.path.join(source, other)) if h.endswith(".h")]
        if headers:
            text = '#include "%s"\n' % headers[-1]
            p = subprocess.run(["cc", "-fsyntax-only", "-x", "c", "-"] + ["-I" + i for i in flags],
                               input=text.encode(), stderr=subprocess.DEVNULL, check=False)
            if p.returncode == 0:
                print("FAILED: %s can include %s" % (folder, headers[-1]))
                failed += 1
    coded = {f for f in allowed if any(n.endswith(".c") for n in os.listdir(os.path.join(source, f)))}
    if seen != coded:
        print("FAILED: nothing is compiled in %s" % sorted(coded - seen))
        failed += 1
    for folder in ends_of_the_house(allowed):
        print("FAILED: the command line sees %s" % folder)
        failed += 1
    for folder, sees in allowed.items():
        if folder.startswith("runtime/") and "compiler/plan" in sees:
            print("FAILED: %s, a reference or an engine, sees the plan" % folder)
            failed += 1
    headers, knowing = knows_options(source)
    for path in knowing:
        print("FAILED: %s includes a header of compiler/cli" % path)
    failed += len(knowing)
    if not {"options.h", "options.def", "commands.h"} <= headers:
        print("FAILED: compiler/cli holds only %s" % sorted(headers))
        failed += 1
    print("%d folders, %d faults" % (len(seen), failed))
    return 1 if failed or len(seen) < 10 else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])))
