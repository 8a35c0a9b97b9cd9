#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what ttfs is built, run and tested with, from the Debian archive, and nothing else.
# In: a Debian 12 machine, bare is enough; root, or sudo. Out: the packages below are installed.
# Invariant: idempotent; when nothing is missing, apt is not called and nothing is written.
#
#     tools/setup.sh          install what is missing
#     tools/setup.sh --list   print the packages and stop
set -eu

# Compiler, build, protobuf and JSON, LLVM (native engine), Verilog tools, tests and style. clang, lld
# and qemu link and run emitted code of other processors in the tests.
# libonnx-dev is there for one file, /usr/include/onnx/onnx.proto.
packages="gcc g++ libc6-dev make meson ninja-build pkg-config git python3
libprotobuf-c-dev protobuf-c-compiler protobuf-compiler libonnx-dev libcjson-dev zlib1g-dev
llvm-19-dev
verilator yosys iverilog
libonnx-testdata libcmocka-dev clang-format
clang-19 lld-19 qemu-user"

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

case "${1:-}" in
'') ;;
--list) printf '%s\n' $packages; exit 0 ;;
-h | --help) sed -n '3,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
*) die "unknown option '$1': give none, --list or --help" ;;
esac

command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 ||
    die "this is not a Debian-like system (no dpkg and apt-get): install by hand the equivalents of:" \
        $packages

# The packages that dpkg does not hold fully installed, one a line.
missing_packages() {
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $packages 2>/dev/null |
        sed -n 's/ installed$//p')
    for p in $packages; do
        printf '%s\n' "$installed" | grep -qxF "$p" || printf '%s\n' "$p"
    done
}

missing=$(missing_packages)
if [ -z "$missing" ]; then
    say "all $(printf '%s\n' $packages | wc -l) packages are installed"
    exit 0
fi

if [ "$(id -u)" = 0 ]; then
    root=''
elif command -v sudo >/dev/null 2>&1; then
    root=sudo
else
    die "needs root to install: $(echo $missing). Run it as root, or install sudo"
fi

# A release without LLVM 19 is said here, not after a failed download of half the rest.
available() { apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'; }

say "installing $(echo $missing)"
$root env DEBIAN_FRONTEND=noninteractive apt-get update -q ||
    die "apt-get update failed: see above; is the network there?"
for p in $missing; do
    available "$p" || die "no package '$p' in this system's archives" \
        "($(. /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-unknown system}"));" \
        "ttfs is built on Debian 12 (bookworm), whose main archive has it"
done
$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing ||
    die "apt-get install failed: see above"

missing=$(missing_packages)
[ -z "$missing" ] || die "still missing after the installation: $(echo $missing)"
say "done"
