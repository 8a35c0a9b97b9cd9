#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The whole line on the two networks of examples/digits: set-up, build, compile from ONNX to
# configuration image and Verilog, then every spike of every held-back digit compared between the
# integer reference and the simulated Verilog.
# In: nothing; any working folder, no git. Out: out/digits_mlp, out/digits_cnn, and a summary of what
# was proven. Exit code 0 only when nothing differed and the damaged copies were noticed.
# Writes to build/ and out/ only.
set -eu
cd "$(dirname "$0")/.."
export TTFS_CACHE="${TTFS_CACHE:-$PWD/build/cache}"
ttfs=build/ttfs
samples=examples/digits/test.npz

say() { printf '\n== %s\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }

say "set-up"
tools/setup.sh
say "build"
tools/build.sh build -- ttfs
echo "build: $ttfs"

for net in digits_mlp digits_cnn; do
    out=out/$net
    say "$net: ONNX to image and Verilog"
    run $ttfs compile examples/digits/$net.onnx -o $out --calib examples/digits/calib.npz
    say "$net: all held-back digits, integer reference against Verilog, spike for spike"
    run $ttfs verify $out --input $samples --engines golden,rtl
    $ttfs report $out -q
done

exec python3 tools/demo_summary.py $ttfs $samples out/digits_mlp out/digits_cnn
