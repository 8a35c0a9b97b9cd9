#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks of the Verilog. One line a check: "ok NAME", or "FAIL NAME" after what went wrong; exit status
# 1 when one failed.
#
#   run.sh [FILTER...]    checks whose name has FILTER in it; all without one
#   run.sh --list         the names
#   run.sh --is NAME      this very check; exit status 77 when its tool is not installed
#
# header            rtl/ttfs_fields.vh is what hw/fields_to_verilog.c makes
# lint/MODULE       verilator --lint-only -Wall, no warning; lint/chip-* with the chips of hw/chips
# elab/MODULE       iverilog -Wall, no warning
# synth/MODULE      yosys synth_ice40 at a small configuration, no latch
# bench/NAME        NAME_tb.sv under Icarus
# benches           every module has a bench of its own
# limits            a parameter just outside its range does not elaborate, and says so
# chip/CORES        random networks on the whole chip (chip.py): traces, readouts, cycles
# fails/NAME        the same bench with one corrupted expectation has to notice that, and nothing else
#
# TTFS_BUILD names a folder for what is built; without it a temporary one is used and removed.
# TTFS_JOBS checks run at once (2).

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
rtl=$root/rtl

modules() { (cd "$rtl" && for f in ttfs_*.v; do echo "${f%.v}"; done); }
bench_names() { (cd "$here" && for f in *_tb.sv; do [ "$f" = chip_tb.sv ] || echo "${f%_tb.sv}"; done); }

list() {
    for n in 1 2 4; do echo "chip/$n"; done
    for n in spikes cycles; do echo "fails/chip-$n"; done
    echo fails/synth-latch
    for n in $(bench_names); do echo "bench/$n"; echo "fails/$n"; done
    echo benches
    echo limits
    echo header
    for m in $(modules); do echo "lint/$m"; echo "elab/$m"; echo "synth/$m"; done
    for f in "$root"/hw/chips/*.json; do n=${f##*/}; echo "lint/chip-${n%.json}"; done
}

benches() {
    missing=
    for m in $(modules); do [ -f "$here/${m#ttfs_}_tb.sv" ] || missing="$missing $m"; done
    [ -z "$missing" ] || { echo "without a bench:$missing"; return 1; }
}

limits() {
    for p in core.SLOPE_BITS=7 core.ACC_BITS=15 core.TICK_BITS=0 core.TICK_BITS=17 core.C_BITS=0 core.C_BITS=24 \
        core.Y_BITS=0 core.Y_BITS=12 core.X_BITS=0 core.X_BITS=12 core.SLOTS=0 core.LIST_WORDS=1 \
        core.LIST_WORDS=16777217 core.WEIGHT_ROWS=8388609 core.ACC_BITS=249 core.LANES=0 chip.CORES=0 chip.CORES=257 \
        chip.SLOTS=131072; do
        module=ttfs_${p%%.*}
        if iverilog -g2005 -I"$rtl" -y "$rtl" -o "$dir/elab" -s "$module" -P"$module.${p#*.}" "$rtl/$module.v" \
            >"$dir/log" 2>&1 || ! grep -q "Unknown module type: ttfs_.*_parameter_out_of_range" "$dir/log"; then
            echo "$p: not refused as out of range"
            cat "$dir/log"
            return 1
        fi
    done
}

header() {
    cc -std=c11 -Wall -Wextra -o "$dir/f2v" "$root/hw/fields_to_verilog.c" &&
        "$dir/f2v" >"$dir/fields.vh" && cmp "$dir/fields.vh" "$rtl/ttfs_fields.vh"
}

lint() {
    case $1 in
    chip-*)
        parameters=$(python3 "$root/tools/make_chip_keys.py" --parameters "$root/hw/chips/${1#chip-}.json") || return 1
        set -- ttfs_chip $parameters
        ;;
    esac
    top=$1
    shift
    verilator --lint-only -Wall -y "$rtl" -I"$rtl" "$@" "$rtl/$top.v"
}

elab() {
    iverilog -Wall -g2005 -I"$rtl" -y "$rtl" -o "$dir/elab" "$rtl/$1.v" 2>"$dir/warnings"
    status=$?
    cat "$dir/warnings"
    [ $status = 0 ] && [ ! -s "$dir/warnings" ]
}

# Notes of what was flattened ($scopeinfo, newer versions of Yosys) are no cells.
synth() {
    case $1 in
    ttfs_chip) small="chparam -set CORES 2 -set LANES 2 -set LIST_WORDS 256 -set LOG_WORDS 256 $1" ;;
    ttfs_core) small="chparam -set LANES 4 -set LIST_WORDS 256 -set LOG_WORDS 256 $1" ;;
    ttfs_lanes | ttfs_fire) small="chparam -set LANES 4 $1" ;;
    *) small= ;;
    esac
    yosys -q -p "read_verilog -I$rtl ${2:-$rtl/ttfs_*.v}; $small; hierarchy -check -top $1; proc; flatten
        select -assert-none t:\$dlatch* t:\$adlatch* t:\$dlatchsr*; synth_ice40 -top $1
        select -assert-none t:\$_DLATCH* t:\$* t:\$scopeinfo %d; check -assert" 2>&1
}

bench() {
    iverilog -g2012 -I"$here" -I"$rtl" -y "$rtl" -o "$dir/bench" "$here/$1_tb.sv" || return 1
    vvp -n "$dir/bench" $2 >"$dir/log"
    tail -8 "$dir/log"
    grep -q '^PASS' "$dir/log"
}

chip() {
    case $1 in
    1) python3 "$here/chip.py" "$dir" 1 235 8 ;;
    2) python3 "$here/chip.py" "$dir" 2 202 7 ;;
    4) python3 "$here/chip.py" "$dir" 4 492 6 ;;
    esac
}

fails() {
    case $1 in
    chip-*) python3 "$here/chip.py" "$dir" 2 1 2 "corrupt-${1#chip-}" ;;
    synth-latch)
        echo "module latch(input a, b, output reg q); always @* if (a) q = b; endmodule" >"$dir/latch.v"
        ! synth latch "$dir/latch.v" && grep -q dlatch "$dir/out"
        ;;
    *)
        bench "$1" +corrupt
        [ -f "$dir/log" ] && ! grep '^PASS\|^at ' "$dir/log" && grep '^noticed' "$dir/log" &&
            grep '^FAIL' "$dir/log"
        ;;
    esac
}

# The program without which a check cannot run.
tool_of() {
    case $1 in
    lint/*) echo verilator ;;
    synth/* | fails/synth-*) echo yosys ;;
    header) echo cc ;;
    benches) echo sh ;;
    *) echo iverilog ;;
    esac
}

# Runs one check in an empty folder of its own: what an earlier run left proves nothing.
one() {
    tool=$(tool_of "$1")
    command -v "$tool" >/dev/null || { echo "skipped: no $tool"; return 77; }
    dir=$TTFS_BUILD/$(echo "$1" | tr / -)
    rm -rf "$dir"
    mkdir -p "$dir"
    kind=${1%%/*}
    if "$kind" "${1#*/}" >"$dir/out" 2>&1; then
        echo "ok $1$(sed -n 's/^\([0-9]* cases.*\)/: \1/p' "$dir/out")"
    else
        sed 's/^/    /' "$dir/out"
        echo "FAIL $1"
        return 1
    fi
}

case $1 in
--list) list; exit 0 ;;
esac
if [ -z "$TTFS_BUILD" ]; then
    TTFS_BUILD=$(mktemp -d) || exit 1
    export TTFS_BUILD
    trap 'rm -rf "$TTFS_BUILD"' EXIT
fi
mkdir -p "$TTFS_BUILD" && TTFS_BUILD=$(cd "$TTFS_BUILD" && pwd) && export TTFS_BUILD || exit 1
if [ "$1" = --is ]; then
    one "$2"
    exit
fi
names=$(list)
if [ $# -gt 0 ]; then
    wanted=
    for filter in "$@"; do
        wanted="$wanted $(echo "$names" | grep -F -- "$filter")"
    done
    names=$wanted
fi
[ -n "$(echo $names)" ] || { echo "no such check" >&2; exit 1; }
echo $names | tr ' ' '\n' |
    xargs -n 1 -P "${TTFS_JOBS:-2}" sh -c '"$0" --is "$1" || { s=$?; [ $s = 77 ] || exit $s; }' "$0"
