#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Proofs about the Verilog, with the solver that Yosys has built in: run.sh NAME proves NAME.sv (a harness
# around a module) for all inputs and pauses; exit status 0 proven, 1 not, 77 without Yosys. run.sh --list
# says the names. The harness's line `// proof: STEPS [induct]` says how many cycles from reset, and whether
# it is proven for ever by induction. With CORRUPT the harness expects something wrong: that must be noticed.

here=$(cd "$(dirname "$0")" && pwd)
rtl=$here/../../../rtl
if [ "$1" = --list ]; then
    for f in "$here"/*.sv; do f=${f##*/}; echo "${f%.sv}"; done
    exit 0
fi
[ -f "$here/$1.sv" ] || { echo "no such proof: $1" >&2; exit 1; }
command -v yosys >/dev/null || { echo "skipped: no yosys"; exit 77; }
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

# prove NAME STEPS MODE DEFINES: what is unknown (x) may be anything, in every cycle anew.
prove() {
    yosys -p "read_verilog -formal -sv $4 -I$rtl $here/$1.sv; read_verilog -sv -I$rtl $rtl/ttfs_*.v
        hierarchy -check -top $1; prep -flatten -nordff -top $1; setundef -undriven -anyseq; memory_map
        opt -full; sat $3 -maxsteps $2 -prove-asserts -set-assumes -verify $1" >"$log" 2>&1
}

steps=$(sed -n 's/^\/\/ proof: \([0-9]*\).*/\1/p' "$here/$1.sv")
mode=-tempinduct-baseonly
grep -q '^// proof: .*induct' "$here/$1.sv" && mode=-tempinduct
if prove "$1" "$steps" -tempinduct-baseonly -DCORRUPT || ! grep -q 'proof did fail' "$log"; then
    tail -5 "$log"
    echo "a wrong expectation was not noticed"
    exit 1
fi
prove "$1" "$steps" $mode || { tail -60 "$log"; exit 1; }
grep -q SUCCESS "$log" && echo "proven: $1, $steps steps"
