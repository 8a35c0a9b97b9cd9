#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what ttfs is built, run and tested with, from the release's own archive, and nothing else.
# In: a machine with one of the releases below, bare is enough; root, or sudo. Out: the packages.
# Invariant: idempotent; when nothing is missing, apt is not called and nothing is written.
#
#     tools/setup.sh          install what is missing
#     tools/setup.sh --list   print the packages and stop
#
# Debian 12 (bookworm)   LLVM 19; clang-format 14, the one that the sources are laid out with
# Debian 13 (trixie)     LLVM 19; its archive has no clang-format 14: that check is skipped
# Ubuntu 24.04 (noble)   LLVM 19 of universe in noble-updates; clang-format 14
#
# A later LLVM that is installed, or that the archive has in place of 19, is taken as it is.
set -eu
llvm_oldest=19
llvm_newest=40 # where the search ends
os_release=${TTFS_OS_RELEASE:-/etc/os-release} # tests name another

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

# What the releases differ in: the formatter's package. Sets $known, empty for other releases.
release() {
    ID='' VERSION_CODENAME='' PRETTY_NAME='unknown system'
    [ ! -r "$os_release" ] || . "$os_release"
    formatter=''
    case "$ID $VERSION_CODENAME" in
    'debian bookworm') known='Debian 12' formatter=clang-format-14 ;;
    'debian trixie') known='Debian 13' ;;
    'ubuntu noble') known='Ubuntu 24.04' formatter=clang-format-14 ;;
    *) known='' ;;
    esac
}

# Compiler, build, protobuf and JSON, LLVM $1 (native engine), Verilog and FPGA tools, tests and style. clang, lld
# and qemu link and run emitted code of other processors in the tests.
# libonnx-dev is there for one file, /usr/include/onnx/onnx.proto.
packages() {
    printf '%s\n' gcc g++ libc6-dev make meson ninja-build pkg-config git python3 python3-numpy python3-venv \
        libprotobuf-c-dev protobuf-c-compiler protobuf-compiler libonnx-dev libcjson-dev zlib1g-dev \
        "llvm-$1-dev" verilator yosys iverilog nextpnr-ice40 fpga-icestorm fpga-icestorm-chipdb libonnx-testdata libcmocka-dev \
        "clang-$1" "lld-$1" qemu-user $formatter
}

# Those of the packages that dpkg holds fully installed, one a line.
installed() {
    dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p'
}

missing_packages() {
    here=$(installed $(packages "$llvm"))
    for p in $(packages "$llvm"); do
        printf '%s\n' "$here" | grep -qxF "$p" || printf '%s\n' "$p"
    done
}

# The newest LLVM whose headers are installed, which is the one that meson.build finds.
installed_llvm() {
    installed 'llvm-*-dev' | sed -n 's/^llvm-\([0-9]*\)-dev$/\1/p' | sort -n |
        awk -v oldest=$llvm_oldest '$1 >= oldest { n = $1 } END { print n }'
}

available() { apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'; }

# The first LLVM from 19 on that the archive has with its compiler and linker.
archive_llvm() {
    n=$llvm_oldest
    while [ $n -le $llvm_newest ]; do
        if available "llvm-$n-dev" && available "clang-$n" && available "lld-$n"; then
            echo $n
            return
        fi
        n=$((n + 1))
    done
}

list=''
case "${1:-}" in
'') ;;
--list) list=yes ;;
-h | --help) sed -n '3,16s/^# \{0,1\}//p' "$0"; exit 0 ;;
*) die "unknown option '$1': give none, --list or --help" ;;
esac

release
command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 ||
    die "this is not a Debian-like system (no dpkg and apt-get): install by hand the equivalents of:" \
        $(packages $llvm_oldest)
llvm=$(installed_llvm)
llvm=${llvm:-$llvm_oldest}
[ -z "$list" ] || { packages "$llvm"; exit 0; }

missing=$(missing_packages)
if [ -z "$missing" ]; then
    say "${known:-$PRETTY_NAME}: all $(packages "$llvm" | wc -l) packages are installed, LLVM $llvm"
    exit 0
fi
# Names that only seem to fit are worse than none: what was never tried is said, not tried.
[ -n "$known" ] || die "$PRETTY_NAME is not a release that ttfs knows: Debian 12 (bookworm)," \
    "Debian 13 (trixie), Ubuntu 24.04 (noble). Install by hand the equivalents of:" $missing

if [ "$(id -u)" = 0 ]; then
    root=''
elif command -v sudo >/dev/null 2>&1; then
    root=sudo
else
    die "needs root to install: $(echo $missing). Run it as root, or install sudo"
fi

$root env DEBIAN_FRONTEND=noninteractive apt-get update -q ||
    die "apt-get update failed: see above; is the network there?"
if [ -z "$(installed_llvm)" ]; then
    llvm=$(archive_llvm)
    [ -n "$llvm" ] || die "no LLVM $llvm_oldest or later in this system's archives: enable" \
        "$VERSION_CODENAME main$([ "$ID" = debian ] || echo ' and universe, updates included')"
    missing=$(missing_packages)
fi
for p in $missing; do
    available "$p" || die "no package '$p' in this system's archives ($PRETTY_NAME): enable" \
        "$VERSION_CODENAME main$([ "$ID" = debian ] || echo ' and universe')"
done
say "$known ($VERSION_CODENAME), LLVM $llvm: installing $(echo $missing)"
[ -n "$formatter" ] || say "its archive has no clang-format 14: the check of the layout is skipped"
$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing ||
    die "apt-get install failed: see above"

missing=$(missing_packages)
[ -z "$missing" ] || die "still missing after the installation: $(echo $missing)"
say "done"
