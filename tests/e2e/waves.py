# SPDX-License-Identifier: Apache-2.0
"""Waveforms of one run: the views beside a dump name signals that the dump declares, and are not written over; memory does not grow with samples. With `fst`, what
GTKWave's fst2vcd makes of the .fst holds, signal by signal, the changes of the .vcd; without it that part is skipped.
"""
import bisect
import os
import re
import signal
import subprocess
import sys
import time
import zlib

from e2e import DIGITS, LIMIT_S, SOURCE, TTFS, Case, flip, need, npy

TEST = os.path.join(DIGITS, "test.npz")
MANY = 1000  # samples


def signals(text):
    """{"ttfs.conv1.n3": [(time, value), ...]} of a value change dump, in which every value is another than the one before."""
    names, scopes, found, time, declared = {}, [], {}, 0, False
    for line in map(str.strip, text.splitlines()):
        words = line.split()
        if line.startswith("$scope"):
            scopes.append(words[2])
        elif line.startswith("$upscope"):
            scopes.pop()
        elif line.startswith("$var"):
            name = ".".join(scopes + [words[4]])
            names.setdefault(words[3], []).append(name)
            found[name] = []
        elif line.startswith("#"):
            time = int(line[1:])
        elif line.startswith("$enddefinitions"):
            declared = True
        elif declared and re.match(r"[01b]", line):
            value, code = (words[0][1:], words[1]) if line[0] == "b" else (line[0], line[1:])
            for name in names[code]:
                changes = found[name]
                if changes and changes[-1][0] == time:
                    changes.pop()  # what stood there before the first change of that time
                if not changes or changes[-1][1] != int(value, 2):
                    changes.append((time, int(value, 2)))
    return found


def traced(case, name, *more):
    case.good("run", "cnn", "--input", TEST, "--trace", name, *more)
    with open(case.path(name), "rb") as f:
        return f.read()


def number(data, at):
    """Seven bits a byte, the lowest first; and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def blocks(data):
    """(first time, last time, every signal's bits at its start) of the blocks of an .fst."""
    at = 0
    while at < len(data):
        kind, size = data[at], int.from_bytes(data[at + 1:at + 9], "big")
        if kind == 1:
            first, last = (int.from_bytes(data[at + 9 + i:at + 17 + i], "big") for i in (0, 8))
            plain, here = number(data, at + 33)
            packed, here = number(data, here)
            _, here = number(data, here)
            values = data[here:here + packed]
            yield first, last, (zlib.decompress(values) if packed < plain else values).decode()
        at += 1 + size


def starts(case, data, text):
    """A reader that begins with a later block finds there when it begins and what every signal is then."""
    found, dump = list(blocks(data)), signals(text)
    widths = [int(n) for n in re.findall(r"^\$var \w+ (\d+)", text, re.M)]
    case.check(len(found) > 1 and found[0][0] == 0, "%d blocks" % len(found))
    for (_, before, _), (first, last, values) in zip(found, found[1:]):
        case.check(before < first <= last, "a block from %d to %d after %d" % (first, last, before))
        for (name, changes), bits in zip(dump.items(), widths):
            want = [value for time, value in changes if time < first][-1]
            if int(values[:bits], 2) != want:
                case.equal(int(values[:bits], 2), want, "%s at the block's start" % name)
                return
            values = values[bits:]
        case.equal(values, "", "values behind the last signal's")


def commands(case, dump, shown):
    """Surfer's commands: of the few that are used each with what it takes, and the same signals in the same order."""
    with open(case.path("t.sucl"), encoding="utf-8") as f:
        lines = [line for line in f.read().splitlines() if not line.startswith("#")]
    words = [line.split(" ") for line in lines]
    case.equal([w[1] for w in words if w[0] == "variable_add"], shown, "signals that Surfer adds")
    case.check(all(w[1] in dump for w in words if w[0] == "variable_add"), "Surfer adds what the dump has not")
    case.equal([w[1] for w in words if w[0] == "divider_add"], ["input", "conv1", "pool1", "conv2", "fc"], "dividers")
    case.equal(sorted({w[0] for w in words}), ["divider_add", "variable_add", "zoom_fit"], "commands")


def views(case):
    dump = signals(traced(case, "t.vcd", "--count", 3).decode())
    case.check(len(dump) > 900 and sum(map(len, dump.values())) > 2000, "signals of the dump")
    with open(case.path("t.gtkw"), encoding="utf-8") as f:
        view = f.read()
    case.check('[dumpfile] "t.vcd"' in view, "the view names its dump: %s" % view)
    shown = [line for line in view.splitlines() if line.startswith("ttfs.")]
    lost = [n for n in shown if n not in dump]
    case.equal(lost, [], "signals that the view has and the dump has not")
    for name in ("ttfs.sample", "ttfs.conv1.window", "ttfs.conv2.spikes", "ttfs.fc.n9"):
        case.check(name in shown, "the view lacks %s: %s" % (name, shown))
    commands(case, dump, shown)
    case.write("t.gtkw", "mine")
    case.write("t.sucl", "mine")
    traced(case, "t.vcd", "--count", 1)
    for name in ("t.gtkw", "t.sucl"):
        with open(case.path(name), encoding="utf-8") as f:
            case.equal(f.read(), "mine", "a view of the user's own: " + name)
    case.refused("run", "cnn", "--input", TEST, "--engine", "relu", "--trace", "r.fst", code=2, says="no ticks for a waveform")
    for option, file in (("--trace", "manifest.json"), ("--outputs", "./forms/spike.blob"), ("-o", "report/run-jit.json")):
        case.refused("run", "cnn", "--input", TEST, "--count", 1, option, "cnn/" + file, code=2, says=(option, "of the folder 'cnn' itself"))
    data = traced(case, "a.fst", "--count", 70)
    starts(case, data, traced(case, "t.vcd", "--count", 70).decode())
    case.check(data == traced(case, "b.fst", "--count", 70, "--threads", 1, "--engine", "golden"),
               "golden on one thread writes another file")


def peak(case, name, count):
    """KiB that a run takes at most."""
    p = subprocess.Popen([os.path.abspath(TTFS), "run", "cnn", "--input", "x.npy", "--count", str(count), "--threads", "1", "--classes-only", "--engine", "golden",
                          "--trace", name], cwd=case.folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    case.equal(p.returncode, 0, "%d samples to %s" % (count, name))
    return usage.ru_maxrss


def bounded(case):
    """Ten times the samples take as much memory."""
    if os.environ.get("TTFS_SANITIZE", "none") != "none":
        return  # whose memory is another's
    with open(case.path("x.npy"), "wb") as f:
        f.write(npy((0,), [], header="{'descr': '|u1', 'fortran_order': False, 'shape': %r, }" % ((MANY, 1, 8, 8),)))
        f.write(bytes(i * i % 251 for i in range(64 * MANY)))
    for name in ("t.txt", "t.vcd", "t.fst", "t.nird"):
        for _ in range(3):  # pages of libraries count too, a few MiB of which come and go on a busy machine
            few, many = peak(case, name, MANY // 10), peak(case, name, MANY)
            if many - few < 2048:
                break
        size = os.path.getsize(case.path(name)) >> 10
        case.check(many - few < 2048, "%s, %d KiB: %d KiB of memory, %d KiB with a tenth of the samples, three times" % (name, size, many, few))
        case.check(size > 1024, "%s has %d KiB" % (name, size))


def interrupted(case):
    """Ctrl-C, and what ends programs otherwise, leave nothing of a trace that is being written; a second one of whatever kind
    ends the program at once, but the end of a terminal, which comes twice."""
    with open(case.path("x.npy"), "wb") as f:
        f.write(npy((0,), [], header="{'descr': '|u1', 'fortran_order': False, 'shape': %r, }" % ((1 << 24, 1, 8, 8),)))
        f.truncate(f.tell() + (64 << 24))
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, and programs begin so
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        stopped(case, number)
    stopped(case, signal.SIGHUP, signal.SIGHUP)
    ended = writing(case)
    ended.send_signal(signal.SIGSTOP)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
        ended.send_signal(number)
    ended.communicate(timeout=60)
    case.check(ended.returncode in (-signal.SIGINT, -signal.SIGTERM), "two of a kind each end it with %d" % ended.returncode)


def writing(case):
    """A run that is writing a trace."""
    before = set(os.listdir(case.folder))
    p = subprocess.Popen([os.path.abspath(TTFS), "run", "cnn", "--input", "x.npy", "--classes-only", "--trace", "stopped.txt"], cwd=case.folder,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    until = time.monotonic() + LIMIT_S
    while set(os.listdir(case.folder)) == before and p.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    case.check(set(os.listdir(case.folder)) != before, "no trace is being written")
    return p


def stopped(case, *numbers):
    before = set(os.listdir(case.folder))
    p = writing(case)
    for number in numbers:
        p.send_signal(number)
        time.sleep(0.01)
    _, err = p.communicate(timeout=60)
    case.equal(p.returncode, 1, "after %s: %r" % (numbers[0].name, err))
    case.equal(set(os.listdir(case.folder)) - before, set(), "files that %s left" % numbers[0].name)


def fst(case):
    """70 samples are two blocks; a bit that flips in the changes is seen."""
    tool = need("fst2vcd")
    count = ("--count", 70)
    want = signals(traced(case, "t.vcd", *count).decode())
    size = len(traced(case, "t.fst", *count))
    case.check(size < os.path.getsize(case.path("t.vcd")) / 2, "the .fst has %d bytes" % size)

    def back():
        p = subprocess.run([tool, case.path("t.fst")], capture_output=True, check=False)
        case.equal(p.returncode, 0, "fst2vcd: %s" % p.stderr[-300:])
        return p.stdout.decode()
    text = back()
    case.check(re.search(r"\$timescale\s+1ns\s+\$end", text), "the unit of time: %s" % text[:200])
    got = signals(text)
    case.equal(sorted(got), sorted(want), "signals")
    for name, changes in want.items():
        if got.get(name) != changes:
            case.equal(got.get(name), changes, name)
            break
    case.check(sum(map(len, want.values())) > 50000, "changes")
    flip(case.path("t.fst"), size // 2, 4)
    try:
        case.check(signals(back()) != want, "a damaged file is read as the sound one")
    except (ValueError, IndexError, KeyError):
        pass


def before(changes, time):
    """The value of a signal just before that time."""
    return changes[bisect.bisect_left(changes, (time,)) - 1][1]


def chip_views(case, dump, found):
    """The views of the Verilog's signals name what the dump declares, vectors with their range in GTKWave's."""
    with open(case.path("s.gtkw"), encoding="utf-8") as f, open(case.path("s.sucl"), encoding="utf-8") as g:
        view, commands = f.read(), g.read()
    shown = re.findall(r"^(ttfs\.\S+?)(\[\d+(?::0)?\])?$", view, re.M)
    case.equal([name for name, _ in shown if name not in found], [], "signals of the view that the dump has not")
    top = dump.split("$scope module ttfs_top $end")[1].split("$scope")[0]
    ranges = {name: "[0]" if bits == "[0:0]" else bits  # GTKWave's names
              for name, bits in re.findall(r"^\s*\$var \S+ +\d+ \S+ (\S+) (\[\d+:0\]) \$end", top, re.M)}
    case.equal([(n, r) for n, r in shown if ".u_chip." not in n and ranges.get(n.rsplit(".", 1)[1], "") != r], [], "ranges of vectors")
    case.equal(re.findall(r"^variable_add (\S+)$", commands, re.M), [name for name, _ in shown], "signals that Surfer adds")
    case.check('[dumpfile] "s.vcd"' in view and "ttfs.ttfs_top.slot_o" in dict(shown) and sum("u_core" in n for n, _ in shown) == 3, view)


def chip(case):
    """All signals of the Verilog: what cores make at the clock's edges are the spikes and potentials of the trace; the same bytes
    whatever the threads. What cannot be is refused."""
    bits = {"acc_bits": 20, "c_bits": 7}  # of a flit: a value, a channel; then a row and a column of a bit each
    case.compile("digits_mlp", "cnn", "--ticks", 15, "--weight-bits", 4, "--schedule", "latency",
                 "--chip", os.path.join(SOURCE, "rtl", "cocotb", "chip.json"))
    run = ("run", "cnn", "--input", TEST, "--count", 2, "--engine")
    case.good(*run, "rtl", "--signals", "s.vcd", "--trace", "t.txt")
    case.good(*run, "rtl", "--signals", "again.vcd", "--threads", 3)
    with open(case.path("s.vcd"), "rb") as f, open(case.path("again.vcd"), "rb") as g, open(case.path("t.txt"), encoding="utf-8") as t:
        dump, again, text = f.read(), g.read(), t.read()
    case.check(dump == again, "three threads write another file")
    found = signals(dump.decode())
    chip_views(case, dump.decode(), found)
    case.check(any(".u_core." in name and len(c) > 10 for name, c in found.items()), "signals inside of a core")
    clock = [time for time, _ in found["ttfs.clk_i"]]
    case.equal({b - a for a, b in zip(clock, clock[1:])}, {10000}, "halves of a period at 50 MHz, in picoseconds")
    made = []
    for time, value in found["ttfs.clk_i"]:
        if value and before(found["ttfs.trace_valid_o"], time):
            flit = before(found["ttfs.trace_flit_o"], time)
            made.append((flit >> sum(bits.values()) + 2, flit >> bits["acc_bits"] & (1 << bits["c_bits"]) - 1, flit & (1 << bits["acc_bits"]) - 1))
    want = [(1, int(n), 15 - int(k)) for k, n in re.findall(r'^spike "fc1" tick (\d+) neuron (\d+)$', text, re.M)]
    want += [(2, int(n), int(v) & (1 << bits["acc_bits"]) - 1) for n, v in re.findall(r'^readout "fc2" neuron (\d+) potential (-?\d+)$', text, re.M)]
    case.check(len(want) > 40, "%d spikes and potentials" % len(want))
    case.equal(sorted(made), sorted(want), "what leaves the core")
    for engine, name, says in (("jit", "s.vcd", "only engine rtl"), ("exact", "s.vcd", "only engine rtl"), ("rtl", "s.fst", "ends with .vcd")):
        case.refused(*run, engine, "--signals", name, code=2, says=("--signals", says))
    case.refused(*run, "rtl", "--signals", "s.vcd", "--trace", "./s.vcd", code=2, says="--signals")
    for shared in ("s.fst", "./s.fst", "../%s/s.fst" % os.path.basename(os.path.abspath(case.folder))):
        case.refused(*run, "rtl", "--signals", "./s.vcd", "--trace", shared, code=2, says=["--signals", "the views beside it"])
    case.refused(*run, "rtl", "--signals", "lost/s.vcd", says="lost/s.vcd: No such file")


def main():
    case = Case()
    if sys.argv[1:] == ["chip"]:
        chip(case)
        sys.exit(case.done())
    case.compile("digits_cnn", "cnn", "--ticks", "31", "--stop-after", "spike")
    if sys.argv[1:] == ["fst"]:
        fst(case)
    else:
        views(case)
        bounded(case)
        interrupted(case)
    sys.exit(case.done())


main()
