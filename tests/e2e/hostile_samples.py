# SPDX-License-Identifier: Apache-2.0
"""Sample and label files that lie: every one is refused with a reason and nothing crashes, hangs or
takes memory by a size that a file merely claims.
"""
import gzip
import os
import random
import resource
import struct
import sys
import zipfile

from e2e import DIGITS, Case, digits_x, idx, npy, npz

CLAIMS = {
    "2^60 elements": "(1152921504606846976, 64)",
    "a product that wraps to 64": "(4294967296, 4294967296, 64)",
    "a size beyond 64 bits": "(99999999999999999999999999, 64)",
    "a negative size": "(-4, 64)",
    "a size that is no number": "(four, 64)",
    "no shape at all": "()",
    "nine axes": "(1, 1, 1, 1, 1, 1, 1, 1, 64)",
    "no end": "(1, 64",
    "no samples": "(0, 64)",
}


def bad_npy(case):
    """Pairs of what is wrong and the file."""
    zeros = [0.0] * 64
    for what, shape in CLAIMS.items():
        head = "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }" % shape
        yield what, npy((1, 64), zeros, header=head)
    good = npy((2, 64), zeros * 2)
    yield "cut in the data", good[:-4]
    yield "cut in the header", good[:40]
    yield "cut in the magic", good[:5]
    yield "nothing", b""
    yield "text", b"hello, these are no samples\n" * 30
    yield "a header length past the end", good[:8] + b"\xff\xff" + good[10:]
    yield "a header without a dictionary", npy((1, 64), zeros, header="shape")
    yield "complex numbers", npy((1, 64), zeros * 2, descr="<c8")
    yield "objects", npy((1, 64), zeros, descr="|O")
    yield "text elements", npy((1, 64), zeros, descr="<U1")
    yield "63 elements", npy((3, 63), [0.0] * 189)
    yield "NaN", npy((1, 64), zeros[:-1] + [float("nan")])
    yield "infinity", npy((1, 64), zeros[:-1] + [float("inf")])
    yield "a float64 beyond float32", npy((1, 64), zeros[:-1] + [1e300], "d", "<f8")
    yield "IDX with 2^32 - 1 samples", idx(8, (0xffffffff, 8, 8), bytes(64))
    yield "IDX with 255 axes", bytes([0, 0, 8, 255]) + bytes(2000)
    yield "IDX of an unknown type", idx(0x42, (1, 8, 8), bytes(64))
    yield "IDX cut off", idx(8, (2, 8, 8), bytes(64))[:-30]


def bad_archives(case):
    good = npz({"x": npy((1, 64), [0.0] * 64)})
    yield "zip cut off", good[:-30]
    other = npy((1, 64), [0.0] * 64)
    yield "zip of two arrays, none called x", npz({"z": other, "w": other})
    yield "zip damaged inside", good[:60] + bytes(8) + good[68:]
    yield "empty zip", npz({})
    packed = idx(8, (1, 8, 8), bytes(64), True)
    yield "gzip cut off", packed[:-6]
    yield "gzip with a wrong checksum", packed[:-8] + b"\0\0\0\1" + packed[-4:]
    yield "gzip of gzip", gzip.compress(packed, mtime=0)


def bombs(case):
    """256 MiB of zeros in a few hundred kilobytes, and a member that claims to be larger yet."""
    zeros = bytes(1 << 20)
    path = case.path("bomb.npz")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        with z.open("x.npy", "w") as f:
            f.write(npy((1, 63), [0.0] * 63))
            for _ in range(256):
                f.write(zeros)
    yield "deflate bomb", path
    with gzip.open(case.path("bomb.gz"), "wb") as f:
        f.write(idx(8, (1, 9, 8), b""))
        for _ in range(256):
            f.write(zeros)
    yield "gzip bomb", case.path("bomb.gz")
    raw = bytearray(npz({"x": npy((1, 64), [0.0] * 64)}))
    at = raw.find(b"PK\1\2")
    struct.pack_into("<I", raw, at + 24, 0xfffffff0)
    yield "a member that claims 4 GiB", case.write("claim.npz", bytes(raw))


def mutations(case, seed, count):
    """Files that are nearly sound: a few random bytes changed. Either outcome is right, none may
    crash."""
    rng = random.Random(seed)
    sound = [npy((4, 64), [0.25] * 256), npz({"x": npy((4, 64), [0.25] * 256)}),
             npz({"x": npy((4, 64), [0.25] * 256)}, False), idx(8, (4, 8, 8), bytes(256)),
             idx(8, (4, 8, 8), bytes(256), True)]
    for i in range(count):
        data = bytearray(rng.choice(sound))
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(min(len(data), 160))] = rng.randrange(256)
        if rng.random() < 0.2:
            del data[rng.randrange(len(data)):]
        r = case.ttfs("run", "out", "--input", case.write("m%d" % i, bytes(data)), "--engine",
                      "golden")
        case.check(r.code in (0, 1), "mutation %d of seed %d:\n%s" % (i, seed, r))


def good_files(case):
    """The same samples in every form that is taken give the same result."""
    x = digits_x(5)
    flat = [v for row in x for v in row]
    forms = {
        "f4.npy": npy((5, 64), flat), "f8.npy": npy((5, 8, 8), flat, "d", "<f8"),
        "f2.npy": npy((5, 1, 8, 8), flat, "e", "<f2"),
        "be.npy": npy((5, 64), [], descr=">f4") + struct.pack(">320f", *flat),
        "stored.npz": npz({"x": npy((5, 64), flat)}, False),
        "named.npz": npz({"w": npy((5, 64), flat)}),
    }
    case.good("run", "out", "--input", os.path.join(DIGITS, "test.npz"), "--count", 5,
              "--engine", "golden", "--trace", "want.txt")
    with open(case.path("want.txt"), "rb") as f:
        trace = f.read()
    for name, data in forms.items():
        path = case.write(name, data) + (":w" if name == "named.npz" else "")
        case.good("run", "out", "--input", path, "--engine", "golden", "--trace", "got.txt")
        with open(case.path("got.txt"), "rb") as f:
            case.check(f.read() == trace, "%s gives other spikes than test.npz" % name)


def main():
    case = Case()
    case.compile("digits_mlp", "out")
    if os.environ.get("TTFS_SANITIZE", "none") == "none":
        # A claim that were believed would meet this limit; sanitizers need the address space.
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    good_files(case)
    for what, data in list(bad_npy(case)) + list(bad_archives(case)):
        path = case.write("bad-" + what.replace(" ", "-").replace("/", "-"), data)
        case.refused("run", "out", "--input", path, "--engine", "golden", says="bad-")
    for what, path in bombs(case):
        case.refused("run", "out", "--input", path, "--engine", "golden",
                     says=os.path.basename(path))
    case.refused("run", "out", "--input", "test.npz:nothing", "--engine", "golden")

    x = npy((2, 64), [0.5] * 128)
    case.write("x.npy", x)
    for what, y in (("too few", npy((1,), [3], "B", "|u1")), ("negative", npy((2,), [-1, 3], "i", "<i4")),
                    ("fractions", npy((2,), [0.5, 3.0])), ("two axes", npy((2, 2), [1] * 4, "i", "<i4"))):
        case.refused("run", "out", "--input", "x.npy", "--labels", case.write("y.npy", y),
                     "--engine", "golden", says="y.npy")
    mutations(case, 7, 60)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
