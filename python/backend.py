# SPDX-License-Identifier: Apache-2.0
"""Packs the wheel (PEP 517): the package, libttfs.so, the program, and the chips and Verilog that they need.

In: a build folder of meson, $TTFS_BUILD (from the source tree on) or `build` there, which tools/build.sh makes where there is
none. Out: ttfs-VERSION-py3-none-PLATFORM.whl, the same bytes for the same files. LLVM, cJSON and protobuf-c are the
system's libraries, so the wheel is for machines like the one it is built on; unless the folder was made with
-Dstatic_llvm=true: then LLVM is inside, the other libraries are packed too, each with the texts of its licences as its Debian package
has them, and any Linux takes it whose C library is as new (tag manylinux_MAJOR_MINOR).
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


def option(folder, name):
    asked = subprocess.run(["meson", "introspect", "--buildoptions", folder], check=True, stdout=subprocess.PIPE).stdout
    return next(o["value"] for o in json.loads(asked) if o["name"] == name)


def is_static(folder):
    """Whether LLVM is inside."""
    return option(folder, "static_llvm")


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


def inside(folder):
    """What is not of ttfs and is inside of libttfs.so: static libraries, and what is made of onnx.proto."""
    with open(os.path.join(folder, "build.ninja"), encoding="utf-8") as f:
        link = re.search(r"^build libttfs\.so\S*: \w+_LINKER .*?^ LINK_ARGS = ([^\n]*)", f.read(), re.M | re.S)[1].split()
    places = [word[2:] for word in link if word.startswith("-L")]
    found = [os.path.join(place, "lib%s.a" % word[2:]) for word in link if word.startswith("-l") for place in places]
    return [path for path in dict.fromkeys(found) if os.path.exists(path) and not os.path.exists(path[:-1] + "so")] + [
        os.path.join(option(folder, "onnx_proto_dir"), "onnx.proto")]


def packages_of(paths):
    """The Debian packages that files are of. What is in /lib may be listed there or in /usr/lib."""
    other = {p: p[4:] if p.startswith("/usr/") else "/usr" + p for p in map(os.path.realpath, paths)}
    said = subprocess.run(["dpkg", "-S", *other, *other.values()], check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
    owner = {path: package for package, path in re.findall(r"^([^:,\s]+).*: (/.*)$", said, re.M)}
    for path in other:
        if path not in owner and other[path] not in owner:
            raise RuntimeError("%s is packed and is of no Debian package: its licence is not known" % path)
    return sorted(set(owner.values()))


def licences(paths):
    """(name, text) of the licences of files: what their packages say, and the texts that this refers to."""
    common = set()
    for package in packages_of(paths):
        with open("/usr/share/doc/%s/copyright" % package, "rb") as f:
            text = f.read()
        common.update(re.findall(rb"/usr/share/common-licenses/([\w.+-]*[\w+])", text))
        yield package + "/copyright", text
    for name in sorted(n.decode() for n in common):
        with open("/usr/share/common-licenses/" + name, "rb") as f:
            yield "common-licenses/" + name, f.read()


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
    packer, others = Packer(os.path.join(wheel_directory, name)), inside(folder) if static else []
    with tempfile.TemporaryDirectory() as destination:
        for file, path in [*own(), *installed(folder, destination, static)]:
            if file.startswith("ttfs/lib/") and not file.startswith("ttfs/lib/libttfs."):
                others.append(path)
            with open(path, "rb") as f:
                packer.add(file, f.read(), 0o755 if file.startswith("ttfs/bin/") else 0o644)
    with open(os.path.join(SOURCE, "LICENSE"), "rb") as f:
        texts = [("LICENSE", f.read()), *licences(others)]
    for file, text in texts:
        packer.add("%s/licenses/%s" % (info, file), text)
    packer.add(info + "/METADATA", (METADATA % version() + "".join("License-File: %s\n" % file for file, _ in texts)).encode())
    packer.add(info + "/WHEEL", (WHEEL % tag(static)).encode())
    packer.add(info + "/entry_points.txt", ENTRY.encode())
    packer.close(info)
    return name


def build_sdist(sdist_directory, config_settings=None):
    raise RuntimeError("ttfs is built from its repository: pip install ./python")
