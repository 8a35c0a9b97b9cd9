# SPDX-License-Identifier: Apache-2.0
"""Messages: the reason survives however many warnings there are, and decides the exit code; names
that a model gives never reach a terminal as they are, and JSON is UTF-8; a locale changes nothing.

Arguments: `texts`, or `locale` and a library that sets the program's locale, where one can be preloaded.
"""
import json
import os
import shutil
import subprocess
import sys

from e2e import DIGITS, TTFS, Case
from onnx_make import Model

NASTY = b"/conv\x1b[2J\x07\xff\xc2\x9b31m\r\nttfs: error: forged\xe2\x80\xae"


def deep(case, layers):
    """A network of `layers` layers, which says something of each."""
    m = Model("deep", input_shape=[None, 4])
    m.init("w", [[-1.0] * 4] * 4)
    last = "input"
    for i in range(layers):
        m.node("Gemm", [last, "w"], ["a%d" % i], name="gemm%d" % i, transB=1)
        last = "b%d" % i
        m.node("Relu", ["a%d" % i], [last], name="relu%d" % i)
    m.node("Gemm", [last, "w"], ["y"], name="end", transB=1)
    m.output("y", [None, 4])
    m.save(case.path("deep.onnx"))


def rename(case, op):
    """A network whose nodes have names that a terminal obeys, put in place of others as long."""
    place = "N" * len(NASTY)
    m = Model("nasty", input_shape=[None, 1, 4, 4])
    m.init("w", [[[[1.0]]]])
    m.init("v", [[1.0] * 16])
    m.node("Conv", ["input", "w"], ["a"], name=place, kernel_shape=[1, 1])
    m.node(op, ["a"], ["b"], name="n" * len(NASTY))
    m.node("Flatten", ["b"], ["c"], name="flat")
    m.node("Gemm", ["c", "v"], ["y"], name="last", transB=1)
    m.output("y", [None, 1])
    m.save(case.path(op + ".onnx"))
    with open(case.path(op + ".onnx"), "rb") as f:
        data = f.read()
    data = data.replace(place.encode(), NASTY).replace(b"n" * len(NASTY), NASTY)
    return case.write(op + ".onnx", data)


def raw(case, *args, **environment):
    """Exit code and the bytes of both streams."""
    p = subprocess.run([os.path.abspath(TTFS)] + list(args), cwd=case.folder, capture_output=True,
                       stdin=subprocess.DEVNULL, env=dict(os.environ, **environment), check=False)
    return p.returncode, p.stdout, p.stderr


def clean(case, text, what):
    """Nothing in the bytes that a terminal obeys, and nothing that is no character."""
    try:
        shown = text.decode()
    except UnicodeDecodeError as e:
        case.check(False, "%s: not UTF-8: %s" % (what, e))
        return
    bad = [c for c in shown if c != "\n" and c != "\t" and
           (ord(c) < 32 or 127 <= ord(c) < 160 or c == "\u202e")]
    case.check(not bad, "%s: holds %r" % (what, bad))
    case.check("\nttfs: error: forged" not in "\n" + shown, "%s: a name became a line" % what)


def names(case):
    refused, taken = rename(case, "Sigmoid"), rename(case, "Relu")
    runs = [("check", refused), ("check", refused, "--json"), ("check", taken, "--json"),
            ("info", taken), ("info", taken, "--json"), ("compile", taken, "-o", "nasty"),
            ("compile", taken, "-o", "nasty", "--json"), ("info", "nasty"),
            ("info", "nasty", "--json"), ("report", "nasty"), ("dump", "nasty")]
    for args in runs:
        code, out, err = raw(case, *args)
        case.check(code == (1 if args[1] == refused else 0), "%s: exit code %d: %s" % (args, code, err))
        clean(case, out, " ".join(args) + " (output)")
        clean(case, err, " ".join(args) + " (messages)")
        if "--json" in args:
            json.loads(out.decode())
    _, out, err = raw(case, "check", refused, "--json")
    node = json.loads(out.decode())["obstacles"][0]["node"]
    case.check("\x1b[2J" in node and "\\xff" in node, "JSON does not give the name back: %r" % node)
    case.check(b"\\x1b[2J" in err, "the message does not show the name: %r" % err)
    _, out, _ = raw(case, "info", taken)
    case.check(b"\\x1b[2J" in out, "the table does not show the name: %r" % out)
    for folder, _, files in os.walk(case.path("nasty")):
        for name in files:
            if name.endswith((".json", ".html", ".txt")):
                with open(os.path.join(folder, name), "rb") as f:
                    clean(case, f.read(), name)


def locale(case, setter=None):
    """Numbers have points in a locale whose own are commas, also where the program around has set it."""
    here = case.path("locales")
    os.makedirs(here)
    make = shutil.which("localedef")
    made = make and subprocess.run([make, "-i", "de_DE", "-f", "UTF-8", os.path.join(here, "de_DE.UTF-8")],
                                   capture_output=True, check=False).returncode in (0, 1)
    if not made or not os.path.isdir(os.path.join(here, "de_DE.UTF-8")):
        case.left_out("another locale, for there is no localedef with its sources (package locales)")
        return
    german = {"LC_ALL": "de_DE.UTF-8", "LOCPATH": here}
    comma = subprocess.run(["printf", "%.1f", "1"], capture_output=True, env=dict(os.environ, **german),
                           executable=shutil.which("printf"), check=False).stdout
    case.check(comma in (b"1,0", b"1.0"), "the locale does not work: %r" % comma)
    mlp, calib = os.path.join(DIGITS, "digits_mlp.onnx"), os.path.join(DIGITS, "calib.npz")
    places = [("plain", {"LC_ALL": "C"}), ("german", german)]
    if setter:
        places.append(("set", dict(german, LD_PRELOAD=os.path.abspath(setter))))
    for out, environment in places:
        code, _, err = raw(case, "compile", mlp, "-o", out, "--calib", calib, "--percentile", "0.99",
                           "--input-range", "0:1.5", **environment)
        case.check(code == 0, "compile in %s: %s" % (out, err))
    for name in ("forms/spike.txt", "forms/ir.txt", "report/energy.json", "report/messages.json"):
        for out, _ in places[1:]:
            with open(case.path("plain", name), "rb") as f, open(case.path(out, name), "rb") as g:
                case.check(f.read() == g.read(), "%s depends on the locale, %s" % (name, out))


def texts(case):
    deep(case, 1500)
    for quiet in ((), ("-q",)):
        r = case.refused("compile", "deep.onnx", "-o", "x", *quiet, says=("program words", "larger chip"))
        case.check(("left out" in r.err) == (not quiet), "says what was left out:\n%s" % r.err[-300:])
    names(case)


def main(what, *more):
    case = Case()
    {"texts": texts, "locale": locale}[what](case, *more)
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
