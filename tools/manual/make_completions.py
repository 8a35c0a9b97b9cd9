#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the completions of bash, zsh and fish from the table of options.

In: a folder to write `ttfs` (bash), `_ttfs` (zsh) and `ttfs.fish` into. Invariant: a command's completion has
its options and no others. The build does it.

    tools/manual/make_completions.py FOLDER
"""
import os
import sys

from option_table import commands

HEAD = "# SPDX-License-Identifier: Apache-2.0\n# Made from compiler/cli/options.def by tools/manual/make_completions.py.\n"
BASH = """_ttfs() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words='' takes=''
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W '%s --help --version' -- "$cur"))
        return
    fi
    case ${COMP_WORDS[1]}:$prev in
%s
    esac
    if [[ -z $words$takes ]]; then
        takes=file
        [[ $cur != -* ]] || case ${COMP_WORDS[1]} in
%s
        esac
    fi
    [[ $takes != none ]] || return
    [[ -z $words ]] || COMPREPLY=($(compgen -W "$words" -- "$cur"))
    local IFS=$'\\n'
    case $takes in
    file) COMPREPLY+=($(compgen -f -- "$cur")) ;;
    folder) COMPREPLY+=($(compgen -d -- "$cur")) ;;
    esac
    [[ -z $takes ]] || compopt -o filenames 2>/dev/null
}
complete -F _ttfs ttfs
"""
ZSH = """_ttfs() {
    local -a commands
    commands=(
%s
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        _arguments '--help[list the commands]' '--version[print the version]'
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
%s
    esac
}
if [ "$funcstack[1]" = _ttfs ]; then
    _ttfs "$@"
else
    compdef _ttfs ttfs
fi
"""


def quoted(text):
    """Inside single quotes of a shell."""
    return text.replace("'", "'\\''")


def described(text):
    """Inside the brackets of zsh's _arguments."""
    return quoted(text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:"))


def names(option):
    return ["--" + option.name] + (["-" + option.letter] if option.letter else [])


def bash_value(command, o):
    pattern = "|".join("%s:%s" % (command.name, n) for n in names(o))
    words = "words='%s' " % " ".join(o.words) if o.words else ""
    return "    %s) %stakes=%s ;;" % (pattern, words, o.takes or ("''" if o.words else "none"))


def bash(all_commands):
    values = [bash_value(c, o) for c in all_commands for o in c.options if o.value]
    options = ["        %s) words='%s' takes='' ;;" % (c.name, " ".join(n for o in c.options for n in names(o)))
               for c in all_commands]
    return HEAD + BASH % (" ".join(c.name for c in all_commands), "\n".join(values), "\n".join(options))


def zsh_action(o):
    files = {"file": "_files", "folder": "_path_files -/"}.get(o.takes, "")
    words = "(%s)" % " ".join(o.words) if o.words else ""
    if files and words:
        return " _alternative \"words\\:word\\:%s\" \"files\\:file\\:%s\"" % (words, files)
    return files or words or " "


def zsh_option(o):
    value = ":%s:%s" % (described(o.value), zsh_action(o)) if o.value else ""
    return ["            '%s[%s]%s'" % (n, described(o.doc), value) for n in names(o)]


def zsh(all_commands):
    listed = ["        '%s:%s'" % (c.name, quoted(c.doc)) for c in all_commands]
    cases = ["    %s)\n        _arguments \\\n%s \\\n            '*:%s:_files'\n        ;;" %
             (c.name, " \\\n".join(line for o in c.options for line in zsh_option(o)), described(c.operand))
             for c in all_commands]
    return "#compdef ttfs\n" + HEAD + ZSH % ("\n".join(listed), "\n".join(cases))


def fish_option(command, o):
    value = ""
    if o.value:
        words = " ".join(o.words + ["(__fish_complete_directories)"] * (o.takes == "folder"))
        value = " -r" + ("" if o.takes == "file" else " -f") + (" -a '%s'" % words if words else "")
    letter = " -s %s" % o.letter if o.letter else ""
    return "complete -c ttfs -n '__fish_seen_subcommand_from %s'%s -l %s%s -d '%s'" % (
        command.name, letter, o.name, value, o.doc.replace("\\", "\\\\").replace("'", "\\'"))


def fish(all_commands):
    none = "complete -c ttfs -n __fish_use_subcommand -f"
    lines = [none + " -l help -d 'list the commands'", none + " -l version -d 'print the version'"]
    lines += [none + " -a %s -d '%s'" % (c.name, c.doc.replace("'", "\\'")) for c in all_commands]
    lines += [fish_option(c, o) for c in all_commands for o in c.options]
    return HEAD + "\n".join(lines) + "\n"


def main(folder):
    os.makedirs(folder, exist_ok=True)
    for name, make in (("ttfs", bash), ("_ttfs", zsh), ("ttfs.fish", fish)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(make(commands()))


if __name__ == "__main__":
    main(*sys.argv[1:])
