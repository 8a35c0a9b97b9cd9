# SPDX-License-Identifier: Apache-2.0
"""Usage: exit codes 0, 1 and 2, the nearest known word in the message, --help and --version
everywhere, options that say which value they take, and shipped files that are not there.
"""
import os
import re
import shutil
import signal
import sys

from e2e import DIGITS, SOURCE, TTFS, Case
from terminal import shown

COMMANDS = ("check", "info", "compile", "run", "verify", "sweep", "tune", "merge", "report", "convert", "emit", "synth", "dump")


def shipped(case, model):
    """Files that ttfs brings along, some of them gone: named, and nothing is written."""
    data = os.environ["TTFS_DATA"] = case.path("data")
    for name in ("hw", "rtl"):
        shutil.copytree(os.path.join(SOURCE, name), os.path.join(data, name))
    case.good("compile", model, "-o", "gone", "-q")
    shutil.rmtree(case.path("gone"))
    for name, says in (("rtl", os.path.join(data, "rtl")), ("hw/chips/one.json", "no chip is called 'one'"),
                       ("hw/chips", "no chip descriptions here")):
        away = case.path("away")
        os.rename(os.path.join(data, name), away)
        case.refused("compile", model, "-o", "gone", "-q", says=says)
        os.rename(away, os.path.join(data, name))
    shutil.rmtree(os.path.join(data, "rtl"))
    os.mkdir(os.path.join(data, "rtl"))
    case.refused("compile", model, "-o", "gone", "-q", says="no Verilog in the folder")
    case.check(not os.path.exists(case.path("gone")), "written without the shipped files")
    del os.environ["TTFS_DATA"]


def terminal(case, columns, *args):
    """What ttfs prints on a terminal of so many columns."""
    return shown(case, [os.path.abspath(TTFS), *args], "stdout", columns).replace("\r\n", "\n")


def wrapped(case):
    """On a terminal help is as wide as that, with the words of the plain text, and what goes on stands below what it explains."""
    for args in (("--help",), ("compile", "--help"), ("run", "--help")):
        plain = case.good(*args).out
        for columns in (80, 120):
            text = terminal(case, columns, *args)
            case.equal(text.split(), plain.split(), "words of %r in %d columns" % (args, columns))
            case.equal([line for line in text.splitlines() if len(line) > columns], [], "lines beyond %d columns" % columns)
        case.equal(terminal(case, 10000, *args), plain, "help on a wide terminal")
    case.check("\n" + " " * 26 + "comes in meanwhile, or latency," in terminal(case, 80, "check", "--help"), "where a long line goes on")


def started_as_usual(case, test, path):
    """A program that ttfs starts gets no input and the usual signals, though ttfs ignores some."""
    os.mkdir(case.path("fake"))
    os.chmod(case.write("fake/verilator", "#!/bin/sh\n(grep SigIgn /proc/self/status; readlink /proc/self/fd/0) >'%s'\n"
                        "exit 1\n" % case.path("seen")), 0o755)
    os.environ["PATH"] = case.path("fake") + ":" + path
    r = case.refused("verify", "out", "--input", test, "--count", "1", "--engines", "golden,rtl", says="verilator does not run")
    errors = [line for line in r.err.splitlines() if line.startswith("ttfs: error: ")]
    case.equal(len(errors), 1, "errors, of which one is the cause: %s" % r.err)
    with open(case.path("seen"), encoding="utf-8") as f:
        _, ignored, given = f.read().split()
    usual = 1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1
    case.check(int(ignored, 16) & usual == 0, "a program is started with signals ignored: " + ignored)
    case.equal(given, "/dev/null", "the input of a program that is started")


def no_simulator(case, test):
    """Without Verilator the chip's engine is refused; the others run."""
    kept = {name: os.environ.get(name) for name in ("PATH", "TTFS_CACHE")}
    os.environ.update(PATH=case.path("nothing"), TTFS_CACHE=case.path("no_cache"))
    case.good("verify", "out", "--input", test, "--count", "1", "--engines", "golden,golden")
    case.refused("verify", "out", "--input", test, "--count", "1", "--engines", "golden,rtl", says="verilator")
    started_as_usual(case, test, kept["PATH"])
    for name, value in kept.items():
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value


def bounds(case, test):
    """The least and the most that an option takes are taken: what is refused is the file that is not there."""
    compiles = {"--ticks": (1, 65535), "--weight-bits": (2, 16), "--percentile": (0.5, 1), "--seed": (0, 2**32 - 1),
                "--calib-count": (1, 2**30), "--threads": (1, 64)}
    runs = {"--count": (1, 2**32 - 1), "--threads": (1, 64), "--margin": (0, 1e6), "--time-noise": (0, 1),
            "--slope-noise": (0, 1), "--seed": (0, 2**32 - 1)}
    for command, options in ((("compile", "absent.onnx", "-o", "x"), compiles),
                             (("run", "absent", "--input", test, "--engine", "exact"), runs)):
        for option, (least, most) in options.items():
            for value in (least, most):
                case.refused(*command, option, value, says="absent")
        option = "--percentile" if command[0] == "compile" else "--time-noise"
        case.refused(*command, option, "2", code=2, says="'2' is no number from %g to 1" % options[option][0])
        option = "--ticks" if command[0] == "compile" else "--threads"
        case.refused(*command, option, "0", code=2, says="from 1 to %d" % options[option][1])


def main():
    case, test = Case(), os.path.join(DIGITS, "test.npz")
    model = os.path.join(DIGITS, "digits_mlp.onnx")

    case.check(case.good("--version").out.startswith("ttfs "), "--version")
    overall = case.good("--help").out
    for command in COMMANDS:
        case.check("ttfs " + command in overall, "--help does not list " + command)
        text = case.good(command, "--help").out
        case.check(text.startswith("ttfs " + command) and "--help" in text, command + " --help")

    wrapped(case)
    case.refused(code=2, says="command")
    for words, near in ((("run", "x", "--sparsity"), None), (("frobnicate",), None), (("sweep", "x", "--noise"), "--slope-noise-per")):
        said = case.refused(*words, code=2).err
        case.equal(re.findall(r"did you mean '([^']+)'", said), [near] if near else [], "words that are near: %s" % said)
    case.refused("synth", "x", "--lanes", "4", code=2, says="unknown option '--lanes'; it is one of compile:")
    case.refused("run", "x", "--input", test, "--engine", "netlist", code=2, says="'netlist' is an engine of verify: --engines golden,netlist")
    case.refused("run", "x", "--input", test, "-o", code=2, says="--output needs a value F")
    for engine in ("board", "board:"):
        for more in (("run", "x", "--input", test, "--engine", engine), ("verify", "x", "--input", test, "--engines", "golden," + engine)):
            case.refused(*more, code=2, says="%s: '%s' names no device: give the serial or SPI device" % (more[4], engine))
    case.refused("conpile", model, "-o", "x", code=2, says="compile")
    case.refused("--json", code=2)
    case.refused("compile", model, "--tick", "15", "-o", "x", code=2, says="--ticks")
    case.refused("compile", model, "-z", code=2)
    case.refused("compile", model, code=2, says="-o")
    case.refused("compile", code=2, says="MODEL")
    case.refused("compile", model, model, "-o", "x", code=2)
    case.refused("compile", model, "-o", code=2, says="value")
    case.refused("run", "x", "--ticks", "15", code=2)
    case.refused("check", model, "--color", "sometimes", code=2, says="auto, always or never")
    for option, value in (("--ticks", "0"), ("--ticks", "65536"), ("--ticks", "many"),
                          ("--ticks", "-1"), ("--ticks", "1e3"), ("--ticks", ""),
                          ("--weight-bits", "1"), ("--weight-bits", "17"),
                          ("--percentile", "nan"), ("--percentile", "2"),
                          ("--input-range", "1:0"), ("--input-range", "0"),
                          ("--input-range", "0:inf"), ("--input-range", "nan:1"),
                          ("--calib-count", "0"), ("--seed", "x"),
                          ("--stop-after", "lunch"), ("--dump", "lunch")):
        case.refused("compile", model, "-o", "x", option, value, code=2, says=option)
    case.refused("compile", model, "-o", "x", "--ticks", "0", "--weight-bits", "1", "--threads", "65", code=2,
                 says=["--ticks", "--weight-bits", "--threads"])
    case.check(not os.path.exists(case.path("x")), "a refused compile wrote its folder")
    bounds(case, test)
    # whatever the engine looks at, and before the folder is
    for engine in ("jit", "relu", "exact"):
        for option, value in (("--count", "0"), ("--threads", "0"), ("--jit-path", "scenic"), ("--margin", "-1"),
                              ("--time-noise", "2"), ("--slope-noise", "x"), ("--seed", "-1")):
            case.refused("run", "absent", "--input", test, "--engine", engine, option, value, code=2, says=option)
    case.refused("run", "absent", "--input", test, "--engine", "exact", "--model", "c", code=2, says="a, b")
    case.refused("emit", "absent", "-o", "x", "--format", "elf", code=2, says="obj, ll, header")
    case.refused("dump", "absent", "--form", "essay", code=2, says="ir, spike, plan, image")

    case.refused("check", "absent.onnx", says="absent.onnx")
    case.refused("check", case.folder, says=case.folder)
    case.refused("compile", "absent.onnx", "-o", "x", says="absent.onnx")
    case.refused("compile", model, "-o", "x", "--chip", "onne", says="onne")
    case.refused("compile", model, "-o", "x", "--calib", "absent.npz", says="absent.npz")
    case.refused("compile", model, "-o", "x", "--config", "absent.json", says="absent.json")
    case.refused("run", "absent", "--input", test, says="absent")
    case.refused("run", case.folder, "--input", test, says="not a folder that ttfs compile wrote")
    case.refused("dump", "absent.txt", says="absent.txt")
    case.check(not os.path.exists(case.path("x")), "a refused compile wrote its folder")

    for value, limit in (("1024", "9.54e-07"), ("10K", "9.54e-06")):
        case.refused("check", model, "--memory", value, says="more than %s GiB" % limit)
    for value in ("1M", "1G", "1T", "1048575T", "%d" % (2**60 - 1)):  # a sixteenth of what 64 bits hold
        case.good("check", model, "--memory", value)
    for value in ("1048576T", "%d" % 2**60, "%d" % 2**64, "0", "0K", "-1", "5x", "1KB", "K", ""):
        case.refused("check", model, "--memory", value, code=2, says="--memory")

    text = case.compile("digits_mlp", "out").out
    for steps, said in (((), text), (("ir", "canonical"), case.good("compile", model, "-o", "short", "--stop-after",
                                                                    "canonical").out)):
        steps = steps or ("ir", "canonical", "spike", "plan", "image", "verilog")
        case.check(re.search("(?m)^steps: " + ", ".join(s + r" \d+\.\d\d s" for s in steps) + "$", said),
                   "compile does not say how long %s took:\n%s" % (steps, said))
    j = case.json("compile", model, "-o", "out", "--calib", os.path.join(DIGITS, "calib.npz"))
    for line in ("%(populations)d populations, %(neurons)d neurons, %(synapses)d synapses, %(parameters)d parameters",
                 "chip one: %(cores)d core, %(slots)d slots, %(expected_cycles)d cycles a sample expected, "
                 "at most %(worst_cycles)d",
                 "schedule %%(schedule)s: results after %%(turns)d turns, at most %d cycles" %
                 (j["turns"] * j["worst_cycles"])):
        case.check("\n" + line % j + "\n" in "\n" + text, "compile does not say '%s':\n%s" % (line % j, text))
    case.check(re.search(r"(?m)^written: out \(\d+\.\d\d s in all\)$", text), "where compile wrote:\n" + text)
    case.refused("run", "out", code=2, says="--input")
    case.refused("verify", "out", code=2, says="--input")
    case.refused("run", "out", "--input", test, "--engine", "jitt", code=2, says="golden")
    case.refused("verify", "out", "--input", test, "--engines", "golden", code=2)
    case.refused("verify", "out", "--input", test, "--engines", "golden,rlt", code=2, says="rtl")
    case.refused("run", "out", "--input", test, "--count", "0", code=2, says="--count")
    case.refused("dump", "out", "--form", "soup", code=2, says="--form")
    for form in ("ir", "spike", "plan", "image"):
        case.check(len(case.good("dump", "out", "--form", form).out) > 100, "dump --form " + form)

    os.makedirs(case.path("mine"))
    case.write("mine/thesis.txt", "years of work")
    case.refused("compile", model, "-o", "mine", says="mine")
    case.check(os.path.exists(case.path("mine", "thesis.txt")), "a folder not ours was replaced")
    shipped(case, model)
    no_simulator(case, test)
    quiet = case.compile("digits_mlp", "out", "-q")
    case.equal((quiet.out, quiet.err), ("", ""), "output with -q")
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
