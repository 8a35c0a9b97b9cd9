# SPDX-License-Identifier: Apache-2.0
"""Manual pages and completions are what the program says: each command's page and completion has the
options of its --help and no others, and the words that complete a value are those that a refusal lists.

Argument: `pages`, `words`, `lint` (man, and mandoc where it is), `bash`, `zsh` or `fish`. Behind it the folder where the build put them.
"""
import glob
import os
import pty
import re
import subprocess
import sys
import time

from e2e import SOURCE, Case, need

sys.path.insert(0, os.path.join(SOURCE, "tools", "manual"))
from option_table import commands# noqa: E402

LINE = re.compile(r"^  (?:-(\w), )?--([\w-]+)", re.M)
SAYS = re.compile(r"^  (?:-\w, )?--([\w-]+)(?: (\S+))?  +(.*)$", re.M)
BASH = """source %s
at() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ttfs; echo "${COMPREPLY[@]}"; }
cd %s
at ttfs ''
for c in %s; do at ttfs $c --; done
at ttfs run out --engine ''
at ttfs compile net.onnx --chip t
at ttfs compile net.onnx --ticks ''
at ttfs check a
at ttfs run out --dump-llvm ''
at ttfs run out --signals a
at ttfs compile net.onnx --calib-labels a
"""
ZSH = """_arguments() { print -r -- $@ }
_describe() { print -r -- ${(P)2} }
compdef() { print -r -- compdef $@ }
source %s
words=(ttfs ''); CURRENT=2; _ttfs
for c in %s; do words=(ttfs $c --); CURRENT=3; _ttfs; done
"""
# What is typed in a folder with `apple.onnx` and `folder`, and the word that the Tab key makes of its last one.
TYPED = [("ttfs comp", "compile"), ("ttfs compile net.onnx --weights-o", "--weights-only"), ("ttfs run out --engine gol", "golden"),
         ("ttfs compile net.onnx --chip tin", "tiny"), ("ttfs synth out --device up", "up5k"), ("ttfs check app", "apple.onnx"),
         ("ttfs run out --dump-llvm fol", "folder/"), ("ttfs run out --dump-llvm app", "app"), ("ttfs compile net.onnx --ticks app", "app"),
         ("ttfs synth out --liberty app", "apple.onnx"), ("ttfs run out --signals app", "apple.onnx"), ("ttfs compile net.onnx --calib-labels app", "apple.onnx"),
         ("ttfs check net.onnx --engi", "--engi"), ("ttfs --vers", "--version")]
# An interactive zsh: Tab completes, Ctrl-T writes the line to `typed` and empties it.
ZSHRC = """fpath=(%s $fpath)
autoload -Uz compinit && compinit -u -D
unsetopt beep auto_list
typed() { print -r -- "$BUFFER" >> typed; BUFFER='' }
ready() { print ready >> typed; zle -D zle-line-init }
zle -N typed && zle -N zle-line-init ready
bindkey '^I' complete-word
bindkey '^T' typed
"""


def help_of(case, command):
    """The options of a command, long and short, as --help lists them."""
    found = LINE.findall(case.good(command, "--help").out)
    return sorted(["--" + name for _, name in found] + ["-" + letter for letter, _ in found if letter])


def pages(case, build):
    listed = [c.name for c in commands()]
    case.equal(re.findall(r"^  ttfs (\w+) ", case.good("--help").out, re.M), listed, "commands of the table")
    case.equal(sorted(os.path.basename(p) for p in glob.glob(os.path.join(build, "*.1"))),
               sorted(["ttfs.1"] + ["ttfs-%s.1" % name for name in listed]), "pages")
    for name in listed:
        with open(os.path.join(build, "ttfs-%s.1" % name), encoding="utf-8") as f:
            text = f.read().replace("\\-", "-")
        heads = [head for line in re.findall(r"^\.TP\n\\fB(-.*?)\\fR", text, re.M) for head in line.split(", ")]
        case.equal(sorted(heads), help_of(case, name), "options of the page ttfs-%s" % name)
    for c in commands():
        said = SAYS.findall(case.good(c.name, "--help").out)
        case.equal(said, [(o.name, o.value, o.doc) for o in c.options], "what ttfs %s --help says of its options" % c.name)
        others = re.compile(r"\b(%s)(: | --)" % "|".join(name for name in listed if name != c.name))
        case.equal([name for name, _, doc in said if others.search(doc)], [], "options of %s that tell of other commands" % c.name)
    with open(os.path.join(build, "ttfs.1"), encoding="utf-8") as f:
        text = f.read()
    case.equal([name for name in listed if "ttfs %s " % name not in text], [], "commands that ttfs.1 lacks")
    version = case.good("--version").out.split()[-1]
    case.check('"ttfs %s"' % version in text, "ttfs.1 is of version %s" % version)
    case.equal(re.findall(r"^\\fBTTFS_\w+", text, re.M), ["\\fBTTFS_CACHE", "\\fBTTFS_DATA", "\\fBTTFS_TOOL_MINUTES"], "environment")


def words(case, _):
    for c in commands():
        needed = {"run": ["--input", "x"], "verify": ["--input", "x"], "sweep": ["--input", "x", "--vary", "margin=0"],
                  "compile": ["-o", "x"], "emit": ["-o", "x"]}
        for o in c.options:
            if not o.words or o.key == "CHIP":
                continue
            more = ["--engine", "exact"] if c.name == "run" and o.key in ("MODEL", "UNIT", "SLOPE_PER", "WINDOWS") else []
            r = case.refused(c.name, "x", *needed.get(c.name, []), *more, "--" + o.name, "///", code=2)
            listed = re.search(r"(?:none of|takes) ([^:]*):", r.err)
            case.equal(sorted(re.split(r", | or ", listed[1])) if listed else r.err, sorted(o.words), "%s --%s" % (c.name, o.name))


def lint(case, build):
    """No complaint; of the date only while there is none."""
    found = sorted(glob.glob(os.path.join(build, "*.1")))
    case.check(len(found) > 5, "pages in %s" % build)
    tools = [[need("man"), "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"]]
    tools += [["mandoc", "-T", "lint", "-W", "warning"]] if subprocess.run(
        ["sh", "-c", "command -v mandoc"], capture_output=True, check=False).returncode == 0 else []
    for page in found:
        for tool in tools:
            p = subprocess.run([*tool, page], capture_output=True, check=False)
            said = p.stderr + (p.stdout if tool[0] == "mandoc" else b"")
            lines = [line for line in said.decode().splitlines() if "TH unreleased" not in line]
            case.equal(lines, [], "%s of %s" % (tool[0], os.path.basename(page)))


def shell(case, *args):
    p = subprocess.run([need(args[0]), *args[1:]], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    case.equal((p.returncode, p.stderr.decode()), (0, ""), "%s reads the completion" % args[0])
    return p.stdout.decode().splitlines()


def file_of(build, name):
    return os.path.join(os.path.abspath(build), name)


def bash(case, build):
    listed = [c.name for c in commands()]
    case.write("apple.onnx", "")
    os.mkdir(case.path("folder"))
    script = BASH % (file_of(build, "ttfs"), case.path("."), " ".join(listed))
    said = [line.split() for line in shell(case, "bash", "--norc", "-c", script)]
    case.equal(said[0], listed + ["--help", "--version"], "first word")
    for name, offered in zip(listed, said[1:]):
        case.equal(sorted(offered), [o for o in help_of(case, name) if o.startswith("--")], "options of " + name)
    case.equal(said[len(listed) + 1:], [["relu", "golden", "jit", "rtl", "exact", "board"], ["tiny"], [], ["apple.onnx"], ["folder"], ["apple.onnx"], ["apple.onnx"]],
               "values: engines, a chip, a number, files, a folder, files of options")


def zsh(case, build):
    listed = [c.name for c in commands()]
    said = shell(case, "zsh", "-f", "-c", ZSH % (file_of(build, "_ttfs"), " ".join(listed)))
    case.equal(said[0], "compdef _ttfs ttfs", "how it registers")
    case.check(all(name + ":" in said[1] for name in listed), "commands: %s" % said[1])
    for name, line in zip(listed, said[3:]):
        offered = re.findall(r"(?:^| )(--?[\w-]+)\[", line)
        case.equal(sorted(offered), help_of(case, name), "options of " + name)
    typed(case, build, zsh_typed)


def wait_for(case, path, count):
    """The lines of a file once it has so many."""
    for _ in range(2400):
        found = open(path, encoding="utf-8").read().splitlines() if os.path.exists(path) else []
        if len(found) >= count:
            return found
        time.sleep(0.05)
    case.check(False, "%s after two minutes: %s" % (path, found))
    return found


def zsh_typed(case, build):
    """The lines that an interactive zsh on a terminal of its own makes of those that are typed."""
    case.write(".zshrc", ZSHRC % os.path.abspath(build))
    master, slave = pty.openpty()
    env = dict(os.environ, ZDOTDIR=case.folder, TERM="dumb", HOME=case.folder)
    p = subprocess.Popen([need("zsh"), "-d", "-i"], cwd=case.folder, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True)
    os.close(slave)
    try:
        wait_for(case, case.path("typed"), 1)
        for i, (text, _) in enumerate(TYPED):
            os.write(master, text.encode() + b"\t\x14")
            found = wait_for(case, case.path("typed"), i + 2)
    finally:
        p.kill()
        p.wait()
        os.close(master)
    return found[1:]


def fish_typed(case, build):
    """The same of fish: of several that fit none is taken."""
    script = ["source " + file_of(build, "ttfs.fish")] + ["complete -C '%s'; echo ~~" % text for text, _ in TYPED]
    p = subprocess.run([need("fish"), "--no-config", "-c", "\n".join(script)], cwd=case.folder, capture_output=True, stdin=subprocess.DEVNULL,
                       env=dict(os.environ, HOME=case.folder), check=False)
    case.equal((p.returncode, p.stderr.decode()), (0, ""), "fish completes")
    for (text, _), said in zip(TYPED, p.stdout.decode().split("~~\n")):
        offered = [line.split("\t")[0] for line in said.splitlines()]
        yield " ".join(text.split(" ")[:-1] + [offered[0] if len(offered) == 1 else text.split(" ")[-1]])


def typed(case, build, lines):
    case.write("apple.onnx", "")
    os.mkdir(case.path("folder"))
    for (text, word), line in zip(TYPED, lines(case, build)):
        case.equal(line.rstrip(" ").split(" "), text.split(" ")[:-1] + [word], "%s and Tab" % text)


def fish(case, build):
    listed = [c.name for c in commands()]
    asked = ["source " + file_of(build, "ttfs.fish")] + ["complete -C 'ttfs %s --'; echo ." % name for name in listed]
    said = "\n".join(shell(case, "fish", "--no-config", "-c", "\n".join(asked))).split("\n.")
    for name, text in zip(listed, said):
        offered = [line.split("\t")[0] for line in text.split("\n") if line]
        case.equal(sorted(offered), [o for o in help_of(case, name) if o.startswith("--")], "options of " + name)
    typed(case, build, fish_typed)


def main(part, build):
    case = Case()
    {"pages": pages, "words": words, "lint": lint, "bash": bash, "zsh": zsh, "fish": fish}[part](case, build)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
