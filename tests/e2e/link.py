# SPDX-License-Identifier: Apache-2.0
"""Engine board: the host of runtime/board through a pseudo-terminal to the Verilated board top (board_pty.cpp), with bytes
that are damaged, lost and doubled on the way: driver, protocol and Verilog together. Whole spike traces against golden;
every way in which there is no board, or not the right one, is an error that says so, within seconds.

    link.py          a small network of the digits, a bad line; and over SPI
    link.py long     LeNet-5, 20 images, 1 % of the bytes damaged, 0.1 % lost, 0.1 % doubled
"""
import contextlib
import glob
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import threading
import time
import tty

import synth
from e2e import DIGITS, SOURCE, TTFS, Case, data_folder, need, npy, skip

TEST = os.path.join(DIGITS, "test.npz")
HERE = os.path.dirname(os.path.abspath(__file__))
CLOCKS = 4  # cycles a bit of the UART: what is simulated is mostly the line
BAD = (10000, 1000, 1000)  # of a million bytes: damaged, lost, doubled
SECONDS = 120  # in which anything that cannot work must end


def encoder(case, folder):
    """The board top's parameters that put an encoder in: it is used where a sample has more values than an eighth of its bytes."""
    with open(case.path(folder, "manifest.json"), encoding="utf-8") as f:
        chip = json.load(f)["chip"]
    return ["-GENCODER=1", "-GVALUE=%d" % chip["acc_bits"]] + ["-G%s=%d" % (n.upper(), chip[n]) for n in ("value_bits", "c_bits", "x_bits", "y_bits")]


def build(case, folder, how):
    """The board top before the chip of OUT as a program."""
    verilator = need("verilator")
    rtl, obj = case.path(folder, "rtl"), case.path(folder + "-obj")
    with open(os.path.join(rtl, "ttfs_top.v"), encoding="utf-8") as f:
        flit = int(re.search(r"\[(\d+):0\] in_flit_i", f.read())[1]) + 1
    board, wrap = os.path.join(SOURCE, "rtl", "board"), os.path.join(SOURCE, "rtl", "wrap")
    subprocess.run([verilator, "--cc", "-O3", "-Wno-fatal", "--top-module", "ttfs_board", "--prefix", "Vttfs_board", "--Mdir", obj, "-GFLIT=%d" % flit,
                    "-GCLOCKS=%d" % CLOCKS, "-DTTFS_BOOT", *encoder(case, folder), "-y", rtl, "-y", board, "-y", wrap, "-I" + rtl, os.path.join(board, "ttfs_board.v")], check=True)
    root = subprocess.run([verilator, "--getenv", "VERILATOR_ROOT"], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    include = os.path.join(root, "include")
    sources = sorted(glob.glob(os.path.join(obj, "*.cpp"))) + [os.path.join(include, n) for n in ("verilated.cpp", "verilated_threads.cpp")]
    one = case.write(folder + ".cpp", "".join('#include "%s"\n' % s for s in sources + [os.path.join(HERE, "board_pty.cpp")]))
    program = case.path(folder + "-board")
    subprocess.run(["g++", "-std=c++17", "-w", how, "-pthread", "-I" + obj, "-I" + include, "-I" + os.path.join(include, "vltstd"), one, "-o", program],
                   check=True)
    return program


class Board:
    """A board that runs; `with` gives its device."""

    def __init__(self, program, seed=1, noise=(0, 0, 0), spi=None, flash=None):
        args = [program, str(CLOCKS), str(seed)] + [str(n) for n in noise] + ["spi"] * bool(spi) + [flash] * bool(flash)
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.device = self.process.stdout.readline().decode().strip()
        self.said = ""
        if spi:  # its name says what it is
            os.symlink(self.device, spi)
            self.device = spi

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.said = self.process.stdout.read().decode()
        self.process.wait(60)


def quick(case, *args, **more):
    """What is refused, within its time."""
    start = time.monotonic()
    case.refused(*args, **more)
    case.check(time.monotonic() - start < SECONDS, "%s took %.0f s" % (" ".join(args), time.monotonic() - start))


def verify(case, folder, board, samples, count, *args, **more):
    return case.json("verify", folder, "--input", samples, "--count", str(count), "--engines", "golden,board:" + board.device, *args, **more)


def same(case, j, count, what):
    case.equal((j.get("equal"), j.get("differences"), j.get("samples")), (True, 0, count), what)
    print("%s: %d spikes, %d readouts, no difference" % (what, j.get("spikes", 0), j.get("readouts", 0)))


def answers(case, folder):
    """A terminal at whose other end are bytes, but no board."""
    master, slave = pty.openpty()
    os.set_blocking(master, False)  # nobody reads before the command does, which a busy machine begins late
    over = threading.Event()

    def babble():
        while not over.wait(0.05):
            with contextlib.suppress(BlockingIOError):
                os.write(master, bytes([0x7e]) + os.urandom(9) + bytes([0x7e]))

    thread = threading.Thread(target=babble)
    thread.start()
    quick(case, "run", folder, "--input", TEST, "--count", "1", "--engine", "board:" + os.ttyname(slave), says="nobody answers")
    over.set()
    thread.join()
    os.close(master)
    os.close(slave)


def hung_up(case, folder):
    """The other end goes away meanwhile."""
    master, slave = pty.openpty()
    was, over = termios.tcgetattr(slave), threading.Event()

    def close():
        while termios.tcgetattr(slave) == was and not over.wait(0.02):
            pass
        os.close(master)

    later = threading.Thread(target=close)
    later.start()
    quick(case, "run", folder, "--input", TEST, "--count", "1", "--engine", "board:" + os.ttyname(slave), says=["the line was closed", "see that the board has power"])
    over.set()
    later.join()
    os.close(slave)


def interrupted(case, folder):
    """Ctrl-C ends a command; the device is as it was."""
    for command in (("run", folder, "--engine"), ("verify", folder, "--engines")):
        master, slave = pty.openpty()
        was = termios.tcgetattr(slave)
        p = subprocess.Popen([TTFS, *command, "golden," * (command[0] == "verify") + "board:" + os.ttyname(slave), "--input", TEST, "--count", "1"],
                             cwd=case.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        end = time.monotonic() + SECONDS
        while termios.tcgetattr(slave) == was and p.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        p.send_signal(signal.SIGINT)
        said = p.communicate(timeout=SECONDS)[1].decode()
        case.check(p.returncode == 1 and "told to stop" in said, "%s, interrupted: %d, %s" % (command[0], p.returncode, said))
        case.equal(termios.tcgetattr(slave), was, "how the terminal is set after an interrupt of " + command[0])
        os.close(master)
        os.close(slave)


def embedded(case):
    """The host of docs/board.md, and the driver, for a machine without an operating system."""
    with open(os.path.join(SOURCE, "docs", "board.md"), encoding="utf-8") as f:
        code = case.write("host.c", re.search(r"```c\n(.*?)```", f.read(), re.S)[1])
    driver = os.path.join(SOURCE, "runtime", "board")
    for path in (code, os.path.join(driver, "board.c"), os.path.join(driver, "frame.c"), os.path.join(driver, "spi.c")):
        subprocess.run([need("cc"), "-std=c11", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-I" + driver, "-c", path, "-o", case.path("host.o")],
                       check=True)


def absent(case, folder):
    """No board there."""
    run = ("run", folder, "--input", TEST, "--count", "1", "--engine")
    quick(case, *run, "board:" + case.path("ttyUSB9"), says=["ttyUSB9: no such device", "plug the board in"])
    quick(case, *run, "board:" + case.write("file", ""), says="not a terminal device")
    master, slave = pty.openpty()
    was = termios.tcgetattr(slave)
    quick(case, *run, "board:" + os.ttyname(slave), says=["nobody answers", "see that the FPGA is configured"])
    case.equal(termios.tcgetattr(slave), was, "how the terminal is set")
    os.close(master)
    os.close(slave)
    quick(case, *run, "board:" + case.path("."), says="Is a directory")
    answers(case, folder)
    hung_up(case, folder)
    interrupted(case, folder)


def small(case):
    need("g++")
    case.compile("digits_mlp", "fitted", "--fit", "hx8k", "--ticks", "15")
    with open(case.path("fitted", "chip.json"), encoding="utf-8") as f:
        chip = json.load(f)
    chip.update(lanes=2, weight_rows=chip["weight_rows"] * chip["lanes"] // 2, act_words=16)  # it is built faster, and holds samples side by side
    case.compile("digits_mlp", "out", "--chip", case.write("chip.json", json.dumps(chip)), "--ticks", "15", "--schedule", "latency")
    program = build(case, "out", "-O1")
    with Board(program, 1, BAD) as board:
        same(case, verify(case, "out", board, TEST, 2), 2, "a bad line")
        j = case.json("run", "out", "--input", TEST, "--count", "2", "--classes-only", "--engine", "board:" + board.device)
        case.equal((j.get("engine"), j.get("samples"), j.get("accuracy")), ("board", 2, 1), "run: %r" % j)
        sparse = case.write("sparse.npy", npy((2, 64), [1.0 if i in (3, 40, 66, 90) else 0.0 for i in range(128)]))
        same(case, verify(case, "out", board, sparse, 2), 2, "few values, as flits")
        case.compile("digits_mlp", "turns", "--chip", "chip.json", "--ticks", "15", "--schedule", "pipeline")
        case.check(case.json("info", "turns")["timing"]["turns"] > 1, "samples of a pipeline take several turns")
        same(case, verify(case, "turns", board, TEST, 3), 3, "a pipeline on the same chip")
        quick(case, "run", "fitted", "--input", TEST, "--count", "1", "--engine", "board:" + board.device, says="its chip is another one")
        j = verify(case, "out", board, TEST, 1, "--fault", "weight:7", code=1)
        case.check(j.get("equal") is False, "a damaged weight is not noticed on the board")
    case.compile("digits_mlp", "out", "--chip", "chip.json", "--ticks", "15", "--schedule", "latency")  # what they wrote is OUT's
    print(board.said)
    case.check(re.search(r"to the board: \d+ bytes, [1-9]\d* damaged, [1-9]\d* lost", board.said), "no noise: %s" % board.said)
    absent(case, "out")
    over_spi(case, program)
    booted(case, program)


def over_spi(case, program):
    """The same frames in sessions of SPI, on a bad line; the device is emulated (preload/spidev.c), the driver's code the product's."""
    shim = case.path("spidev.so")
    subprocess.run([need("cc"), "-shared", "-fPIC", "-o", shim, os.path.join(HERE, "preload", "spidev.c")], check=True)
    run = ("run", "out", "--input", TEST, "--count", "1", "--engine")
    quick(case, *run, "board:" + case.path("spidev9.9"), says=["spidev9.9: no such device", "ls /dev/spidev*"])
    quick(case, *run, "board:" + case.write("spidev1.0", ""), says=["spidev1.0: not an SPI device", "/dev/spidev0.0"])
    with Board(program, 1, BAD, case.path("spidev0.0")) as board:
        os.environ.update(LD_PRELOAD=shim, TTFS_TEST_SPIDEV=case.path("settings"))
        same(case, verify(case, "out", board, TEST, 1), 1, "a bad line of SPI")
        del os.environ["LD_PRELOAD"], os.environ["TTFS_TEST_SPIDEV"]
    print(board.said)
    with open(case.path("settings"), encoding="utf-8") as f:
        case.equal(f.read(), "0x103 16 500000", "mode, bits and clock of the SPI device, which another program had set")
    case.check(re.search(r"to the board: \d+ bytes, [1-9]\d* damaged, [1-9]\d* lost, [1-9]", board.said), "no noise: %s" % board.said)


def checksum(data):
    """CRC-32/BZIP2."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04c11db7 if crc >> 31 else 0)) & 0xffffffff
    return ~crc & 0xffffffff


class Host:
    """A host of a few lines, on a sound line: one frame, one reply."""

    def __init__(self, device):
        self.line, self.number = os.open(device, os.O_RDWR | os.O_NOCTTY), 0
        tty.setraw(self.line)
        self.ask(0)

    def ask(self, command, payload=b""):
        frame = bytes([self.number, command]) + payload
        frame += checksum(frame).to_bytes(4, "big")
        sent = b"\x7e" + b"".join(bytes([0x7d, b ^ 0x20]) if b in b"\x7d\x7e" else bytes([b]) for b in frame) + b"\x7e"
        for _ in range(SECONDS):  # a board that boots does not hear
            os.write(self.line, sent)
            reply = b""
            while not reply.endswith(b"\x7e") and select.select([self.line], [], [], 1)[0]:
                reply = (reply + os.read(self.line, 1)).lstrip(b"\x7e")
            if reply.endswith(b"\x7e"):
                break
        else:
            raise TimeoutError("the board says nothing")
        self.number = (self.number + 1) % 256
        return re.sub(rb"\x7d(.)", lambda m: bytes([m[1][0] ^ 0x20]), reply[:-1], flags=re.S)

    def read(self, address):
        reply = self.ask(2, address.to_bytes(4, "big") + bytes(4))
        return int.from_bytes(reply[2:6], "big")

    def write(self, address, data):
        return self.ask(1, address.to_bytes(4, "big") + data.to_bytes(4, "big"))


def runs(words):
    """(address, word) of what ttfs_boot writes."""
    assert words[0] == 0x54544642 and words[-1] == 0x54544645
    at = 1
    while at < len(words) - 1:
        count, address = words[at:at + 2]
        yield from ((address + i, words[at + 2 + i]) for i in range(count))
        at += 2 + count


def booted(case, program):
    """A chip that found its network in the board's flash: memories hold it, its checksums were right. What synth --boot writes."""
    path = os.environ["PATH"]
    synth.tools(case)
    case.good("synth", "out", "--device", "hx8k", "--boot")
    os.environ["PATH"] = path
    flash = case.path("out", "fpga", "hx8k", "network.bin")
    with open(flash, "rb") as f:
        data = f.read()
    written = list(runs([int.from_bytes(data[i:i + 4], "big") for i in range(0, len(data), 4)]))
    stored = dict(w for w in written if w[0] >> 18 != 15)
    case.check(len(stored) > 100, "%d words in the flash" % len(stored))
    bit, cut = data[:-40] + bytes([data[-40] ^ 1]) + data[-39:], data[:-4 * 4]
    for damage in (None, bit, cut):
        if damage:
            flash = case.write("damaged.bin", damage)
        with Board(program, flash=flash) as board:
            host = Host(board.device)
            flags = host.read(15 << 18 | 2)
            case.check(bool(flags & 0x60) == bool(damage) and (damage or not flags), "errors of the chip behind its boot: %x" % flags)
            for address in list(stored)[::max(1, len(stored) // 40)] * (not damage):
                case.equal(host.read(address), stored[address], "word %x of a chip that booted" % address)
            os.close(host.line)
    print("%d words out of the flash" % len(written))
    without(case, program)


def without(case, program):
    """A chip without a network takes no sample, an encoder without a table no bytes: both are told of until a host clears it."""
    flags, start, end, clear, pixels, refused, errors = 15 << 18 | 2, 3, 5, 7, 9, 4, 2
    with Board(program) as board:  # its flash is erased
        host = Host(board.device)
        case.equal(host.read(flags), 1 << 11, "errors of a chip that found no network")
        for _ in range(2):
            case.equal(host.ask(start)[1], refused | errors, "a sample of a chip without a network")
            host.ask(clear)
        host.write(flags, 1 << 12)
        case.equal(host.read(flags), 1 << 11, "the error behind a write of another one")
        host.write(flags, 1 << 11)
        case.equal((host.read(flags), host.ask(start)[1] & (refused | errors)), (0, 0), "a sample behind a host's write of FLAGS")
        case.equal(host.ask(pixels, bytes(8))[1] & (refused | errors), refused | errors, "bytes to an encoder without a table")
        case.equal(host.read(flags), 1 << 12, "errors behind bytes to an encoder without a table")
        host.ask(clear)
        case.equal(host.ask(end)[1] & refused, 0, "the end of that sample")
        os.close(host.line)


def lenet(case):
    need("g++")
    data = data_folder() or skip("no shared data")
    mnist = os.path.join(data, "datasets", "mnist")
    test = os.path.join(mnist, "t10k-images-idx3-ubyte.gz")
    if not os.path.exists(test):
        skip("no MNIST in %s" % data)
    case.good("compile", os.path.join(data, "models", "mnist_lenet5.onnx"), "-o", "out", "--ticks", "63", "--weight-bits", "8",
              "--calib", os.path.join(mnist, "train-images-idx3-ubyte.gz"), "--calib-count", "500", "--schedule", "latency")
    with Board(build(case, "out", "-O2"), 2, BAD) as board:
        same(case, verify(case, "out", board, test, 20, limit=3600), 20, "LeNet-5")
    print(board.said)
    return case.done()


def main():
    case = Case()
    if sys.argv[1:] == ["long"]:
        return lenet(case)
    small(case)
    embedded(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
