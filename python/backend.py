# SPDX-License-Identifier: Apache-2.0
"""Packs the wheel (PEP 517): the package, libttfs.so, the program, and the chips and Verilog that they need.

In: a build folder of meson, $TTFS_BUILD (from the source tree on) or `build` there, which tools/build.sh makes where there is
none. Out: ttfs-VERSION-py3-none-PLATFORM.whl, the same bytes for the same files. LLVM, cJSON and protobuf-c are the
system's libraries, so the wheel is for machines like the one it is built on; unless the folder was made with
-Dstatic_llvm=true: then LLVM is inside, the other libraries are packed too, and any Linux takes it whose C library is as new
(tag manylinux_MAJOR_MINOR).
"""
import base64
import glob
import hashlib
import json
import os
import re
import subprocess
import sysconfig
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(HERE)
METADATA = """Metadata-Version: 2.1
Name: ttfs
Version: %s
Summary: Compiler from ReLU networks to time-to-first-spike hardware, and its engines
License: Apache-2.0
Requires-Python: >=3.8
Requires-Dist: numpy
Provides-Extra: torch
Requires-Dist: torch; extra == "torch"
Provides-Extra: nir
Requires-Dist: nir>=1.0.8; extra == "nir"
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: ttfs\nRoot-Is-Purelib: false\nTag: %s\n"
ENTRY = "[console_scripts]\nttfs = ttfs._program:main\n"


def version():
    """That of meson.build, the only place that says it."""
    with open(os.path.join(SOURCE, "meson.build"), encoding="utf-8") as f:
        return re.search(r"version: '([^']+)'", f.read())[1]


# What every Linux of PEP 600 has.
EVERYWHERE = re.compile(r"^(linux-vdso|ld-linux.*|lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+|z))\.so\.\d+$")


def is_static(folder):
    """Whether LLVM is inside."""
    asked = subprocess.run(["meson", "introspect", "--buildoptions", folder], check=True, stdout=subprocess.PIPE).stdout
    return any(o["name"] == "static_llvm" and o["value"] for o in json.loads(asked))


def tag(static=False):
    platform = re.sub(r"[-.]", "_", sysconfig.get_platform())
    if static:
        glibc = re.search(r"(\d+)\.(\d+)", os.confstr("CS_GNU_LIBC_VERSION"))
        platform = platform.replace("linux_", "manylinux_%s_%s_" % glibc.groups(), 1)
    return "py3-none-" + platform


def needed(library):
    """(name, path) of the libraries that it loads and not every Linux has."""
    said = subprocess.run(["ldd", library], check=True, stdout=subprocess.PIPE).stdout.decode()
    return [m for m in re.findall(r"^\s*(\S+) => (/\S+)", said, re.M) if not EVERYWHERE.match(m[0])]


def build_folder():
    folder = os.path.join(SOURCE, os.environ.get("TTFS_BUILD", "build"))  # pip has gone to the folder of this file
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        subprocess.run([os.path.join(SOURCE, "tools", "build.sh"), folder], check=True)
    return folder


def installed(folder, destination, static):
    """What meson installs: (path in the package, path here) of all that the package needs."""
    strip = ["--strip"] if static else []
    subprocess.run(["meson", "install", "-C", folder, "--no-rebuild", "--quiet", "--destdir", destination, *strip], check=True)
    found = glob.glob(os.path.join(destination, "**", "share", "ttfs"), recursive=True)
    root = os.path.dirname(os.path.dirname(found[0]))
    yield "ttfs/bin/ttfs", os.path.join(root, "bin", "ttfs")
    library = os.path.join(root, "**", "libttfs.so." + version())
    library = glob.glob(library, recursive=True)[0]
    yield "ttfs/lib/libttfs.so.0", library
    for name, path in needed(library) if static else []:
        yield "ttfs/lib/" + name, path
    for path in sorted(glob.glob(os.path.join(found[0], "**"), recursive=True)):
        if os.path.isfile(path):
            yield "ttfs/share/ttfs/" + os.path.relpath(path, found[0]), path


def own():
    for name in sorted(os.listdir(os.path.join(HERE, "ttfs"))):
        if name.endswith((".py", ".pyi", ".typed")):
            yield "ttfs/" + name, os.path.join(HERE, "ttfs", name)


class Packer:
    """A zip with its RECORD."""

    def __init__(self, path):
        self.zip, self.record = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED), []

    def add(self, name, data, mode=0o644):
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.external_attr, info.compress_type = (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
        self.zip.writestr(info, data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        self.record.append("%s,sha256=%s,%d\n" % (name, digest, len(data)))

    def close(self, info):
        name = info + "/RECORD"
        self.add(name, "".join([*self.record, name + ",,\n"]).encode())
        self.zip.close()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    folder = build_folder()
    static = is_static(folder)
    name, info = "ttfs-%s-%s.whl" % (version(), tag(static)), "ttfs-%s.dist-info" % version()
    packer = Packer(os.path.join(wheel_directory, name))
    with tempfile.TemporaryDirectory() as destination:
        for inside, path in [*own(), *installed(folder, destination, static)]:
            with open(path, "rb") as f:
                packer.add(inside, f.read(), 0o755 if inside.startswith("ttfs/bin/") else 0o644)
    with open(os.path.join(SOURCE, "LICENSE"), "rb") as f:
        packer.add(info + "/LICENSE", f.read())
    packer.add(info + "/METADATA", (METADATA % version()).encode())
    packer.add(info + "/WHEEL", (WHEEL % tag(static)).encode())
    packer.add(info + "/entry_points.txt", ENTRY.encode())
    packer.close(info)
    return name


def build_sdist(sdist_directory, config_settings=None):
    raise RuntimeError("ttfs is built from its repository: pip install ./python")
