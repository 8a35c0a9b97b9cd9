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
# header            rtl/ttfs_records.vh is what hw/records_to_verilog.c makes
# lint/MODULE       verilator --lint-only -Wall, no warning; lint/chip-* with the chips of hw/chips, of a mesh of more
#                   than 4 x 4 a corner of 4 x 3 (nodes are one module: more of them take minutes); lint/edges
#                   with parameters at the ends of their ranges and features left out
# elab/MODULE       iverilog -Wall, no warning
# synth/MODULE      yosys synth_ice40 at a small configuration, no latch
# bench/NAME        NAME_tb.sv under Icarus
# benches           every module has a bench of its own; the chip's are chip.py and errors.py
# limits            a parameter just outside its range does not elaborate, and says so
# features          what a chip is not given has no logic: pools, tables, streaming
# paths             no output of the chip depends on an input in the same cycle
# ecp5              memories that Yosys maps to ECP5, with runtime/sim/sim_ecp5.v, against those of rtl; its tables against Yosys' models
# split             hw/split_words.v makes two memories of one, which say the same
# contract          the layouts of the chip bench against an interpreter of docs/core.md: no Verilog
# chip/CORES        random networks on the whole chip (chip.py): results of cores, sums, memories read back
# early/CORES       the same of chips whose cores may be a turn ahead of others (register EARLY)
# errors/CORES      every error provoked (errors.py), on chips of 1 and 2 cores
# formal/NAME       proofs (formal/run.sh)
# datasheet         docs/datasheet.md is what tools/make_datasheet.py makes
# declared          every net is declared before it is used (declared.py)
# corefile          ttfs.core has all files of rtl and rtl/wrap
# targets           those of ttfs.core, by FuseSoC
# registers         what tools/make_registers.py makes of hw/registers.def is what is there
# fails/NAME        the same check with one corrupted expectation has to notice that, and nothing else
#
# TTFS_BUILD names a folder for what is built; without it a temporary one is used and removed.
# TTFS_JOBS checks run at once (2).

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
rtl=$root/rtl

# Of the board top, which wants the ttfs_top of a folder, what is around it.
modules() { (cd "$rtl" && for f in ttfs_*.v wrap/ttfs_*.v board/ttfs_uart.v board/ttfs_boot.v; do f=${f##*/}; echo "${f%.v}"; done); }
# Where a module lies: the wrappers and the board have folders of their own.
file_of() { for f in "$rtl" "$rtl/wrap" "$rtl/board"; do [ ! -f "$f/$1.v" ] || echo "$f/$1.v"; done; }
bench_names() { (cd "$here" && for f in *_tb.sv; do [ "$f" = chip_tb.sv ] || echo "${f%_tb.sv}"; done); }

list() {
    for n in 1 2 4; do echo "chip/$n"; done
    for n in 2 4; do echo "early/$n"; done
    for n in 1 2; do echo "errors/$n"; done
    for n in flit sum read errors; do echo "fails/chip-$n"; done
    for n in synth-latch paths features assertions declared ecp5 split; do echo "fails/$n"; done
    for n in $(bench_names); do echo "bench/$n"; echo "fails/$n"; done
    for f in "$here"/formal/*.sv; do [ ! -f "$f" ] || { n=${f##*/}; echo "formal/${n%.sv}"; }; done
    for n in benches contract corefile datasheet declared ecp5 features header limits paths registers split targets; do echo "$n"; done
    for m in $(modules); do echo "lint/$m"; echo "elab/$m"; echo "synth/$m"; done
    echo lint/edges
    for f in "$root"/hw/chips/*.json; do n=${f##*/}; echo "lint/chip-${n%.json}"; done
}

benches() {
    missing=
    for m in $(modules); do [ -f "$here/${m#ttfs_}_tb.sv" ] || missing="$missing $m"; done
    [ -z "$missing" ] || { echo "without a bench:$missing"; return 1; }
}

limits() {
    for p in CORES_X=0 CORES_X=33 CORES_Y=0 CORES_Y=33 LANES=0 LANES=257 WEIGHT_BITS=1 WEIGHT_BITS=17 SLOPE_BITS=7 \
        SLOPE_BITS=33 ACC_BITS=23 ACC_BITS=33 RAMP_BITS=0 RAMP_BITS=32 VALUE_BITS=0 VALUE_BITS=11 C_BITS=0 C_BITS=17 \
        Y_BITS=0 Y_BITS=12 X_BITS=0 X_BITS=12 ACT_WORDS=1 ACT_WORDS=65537 LIST_ENTRIES=1 LIST_ENTRIES=32769 \
        WEIGHT_ROWS=1 WEIGHT_ROWS=262145 PARAM_WORDS=1 PARAM_WORDS=131073 PROGRAM_WORDS=15 PROGRAM_WORDS=65537 FLOWS=1 \
        FLOWS=4097 BUFFERS=1 BUFFERS=1025 TABLE_WORDS=1 TABLE_WORDS=65537 SEGMENTS=0 SEGMENTS=9 STRIDES=2 STREAM=2 CONV=0; do
        if iverilog -g2005 -I"$rtl" -y "$rtl" -o "$dir/elab" -s ttfs_chip -P"ttfs_chip.$p" "$rtl/ttfs_chip.v" \
            >"$dir/log" 2>&1 || ! grep -q "Unknown module type: ttfs_chip_parameter_out_of_range" "$dir/log"; then
            echo "$p: not refused as out of range"
            cat "$dir/log"
            return 1
        fi
    done
}

datasheet() { python3 "$root/tools/make_datasheet.py" --check; }

corefile() {
    for f in "$rtl"/ttfs_* "$rtl"/wrap/ttfs_*; do
        grep -q "^      - ${f#"$root"/}\(: {is_include_file: true}\)\{0,1\}$" "$root/ttfs.core" || { echo "not in ttfs.core: $f"; return 1; }
    done
    for f in $(sed -n 's/^      - \([a-z][^:]*\).*/\1/p' "$root/ttfs.core"); do
        [ -f "$root/$f" ] || { echo "in ttfs.core, and not there: $f"; return 1; }
    done
}

targets() {
    for target in $(sed -n 's/^  \(lint[a-z_]*\|sim[a-z_]*\):.*/\1/p' "$root/ttfs.core"); do
        (cd "$dir" && fusesoc --cores-root "$root" run --target "$target" ttfs:ttfs:ttfs >"$target.log" 2>&1) ||
            { tail -20 "$dir/$target.log"; return 1; }
        case $target in sim*) grep -q '^PASS' "$dir/$target.log" || { echo "$target: no PASS"; return 1; } ;; esac
    done
}

registers() { python3 "$root/tools/make_registers.py" --check; }

header() {
    cc -std=c11 -Wall -Wextra -o "$dir/r2v" "$root/hw/records_to_verilog.c" &&
        "$dir/r2v" >"$dir/records.vh" && cmp "$dir/records.vh" "$rtl/ttfs_records.vh"
}

edges() {
    while read -r set; do
        verilator --lint-only -Wall -y "$rtl" -I"$rtl" $set "$rtl/ttfs_chip.v" || { echo "with $set"; return 1; }
    done <<END
-GCONV=0 -GPOOL=0 -GCLASSES=0 -GCOUNTERS=0
-GSTREAM=1
-GPOOL=0 -GSEGMENTS=1 -GACT_WORDS=65536
-GSTRIDES=0 -GCLASSES=0 -GLIST_ENTRIES=32768
-GVALUE_BITS=1 -GLANES=1 -GSEGMENTS=8
-GWEIGHT_ROWS=65536 -GACT_WORDS=2
-GCORES_X=3 -GCORES_Y=2 -GVALUE_BITS=10 -GFLOWS=20 -GSTREAM=1
-GLANES=256 -GWEIGHT_BITS=16 -GC_BITS=1 -GY_BITS=1 -GX_BITS=1 -GPROGRAM_WORDS=16 -GPARAM_WORDS=2
-GC_BITS=16 -GY_BITS=2 -GX_BITS=2 -GLIST_ENTRIES=2 -GWEIGHT_ROWS=2 -GBUFFERS=2 -GFLOWS=2 -GTABLE_WORDS=2 -GCORES_Y=2
-GACC_BITS=4 -GSLOPE_BITS=4 -GWEIGHT_BITS=2 -GRAMP_BITS=1 -GVALUE_BITS=4
-GACC_BITS=32 -GSLOPE_BITS=32 -GRAMP_BITS=31
END
}

lint() {
    case $1 in
    edges) edges; return ;;
    chip-*)
        parameters=$(python3 "$root/tools/make_chip_keys.py" --parameters "$root/hw/chips/${1#chip-}.json") || return 1
        case $parameters in
        *CORES_X=[5-9]* | *CORES_X=[1-3][0-9]*)
            parameters=$(echo "$parameters" | sed 's/CORES_X=[0-9]*/CORES_X=4/; s/CORES_Y=[0-9]*/CORES_Y=3/') ;;
        esac
        set -- ttfs_chip $parameters
        ;;
    esac
    top=$1
    shift
    verilator --lint-only -Wall -y "$rtl" -y "$rtl/wrap" -I"$rtl" -I"$rtl/wrap" "$@" "$(file_of "$top")"
}

elab() {
    iverilog -Wall -g2005 -I"$rtl" -I"$rtl/wrap" -y "$rtl" -y "$rtl/wrap" -o "$dir/elab" "$(file_of "$1")" 2>"$dir/warnings"
    status=$?
    cat "$dir/warnings"
    [ $status = 0 ] && [ ! -s "$dir/warnings" ]
}

# Yosys on a script. When it died by a signal, or the ABC that it started did (134, 139), which says nothing of the
# Verilog, it runs once more, and says so; a second death is a failure.
synthesise() {
    yosys -q -p "$1" >"$dir/yosys" 2>&1
    status=$?
    cat "$dir/yosys"
    [ $status -ge 128 ] || { [ $status != 0 ] && grep -q 'failed: return code 13[49]' "$dir/yosys"; } || return $status
    echo "note: yosys or its ABC died by a signal: it runs once more"
    yosys -q -p "$1" 2>&1
}

# Chip and node are what their parts make of them: those are mapped to cells, these only flattened and checked (a chip in
# cells: e2e board). Notes of what was flattened ($scopeinfo, newer versions of Yosys) are no cells.
synth() {
    few="chparam -set LANES 2 -set ACT_WORDS 16 -set LIST_ENTRIES 16 -set WEIGHT_ROWS 32 -set PARAM_WORDS 16 \
-set PROGRAM_WORDS 32 -set WEIGHT_BITS 4 -set SLOPE_BITS 8 -set ACC_BITS 10 -set RAMP_BITS 8 -set VALUE_BITS 3 \
-set C_BITS 4 -set Y_BITS 3 -set X_BITS 3 -set SEGMENTS 2 -set FLOWS 8"
    map="synth_ice40 -top $1; select -assert-none t:\$_DLATCH* t:\$* t:\$scopeinfo %d"
    case $1 in
    ttfs_chip | ttfs_node)
        small="$few -set BUFFERS 4 -set TABLE_WORDS 16"
        [ "$1" = ttfs_node ] || small="$small -set CORES_X 2"
        map=
        ;;
    ttfs_core) small=$few ;;
    ttfs_lanes) small="chparam -set LANES 4" ;;
    *) small= ;;
    esac
    synthesise "read_verilog -I$rtl -I$rtl/wrap ${2:-$(file_of "$1")}; ${small:+$small $1;} hierarchy -check -libdir $rtl -libdir $rtl/wrap -top $1; rename -top $1; proc; flatten
        select -assert-none t:\$dlatch* t:\$adlatch* t:\$dlatchsr*; check -assert; $map"
}

bench() {
    iverilog -g2012 -DTTFS_ASSERTIONS -I"$here" -I"$rtl" -I"$rtl/wrap" -y "$rtl" -y "$rtl/board" -y "$rtl/wrap" -o "$dir/bench" "$here/$1_tb.sv" || return 1
    vvp -n "$dir/bench" $2 >"$dir/log"
    tail -8 "$dir/log"
    grep -q '^PASS' "$dir/log"
}

chip() {
    case $1 in
    1) python3 "$here/chip.py" "$dir" 1 1 all 22 68 121 130 194 255 ;;
    2) python3 "$here/chip.py" "$dir" 2 1 some 110 121 ;;
    4) python3 "$here/chip.py" "$dir" 2 2 some 35 ;;
    esac
}

# From seeds whose first suitable case is short to simulate.
errors() {
    case $1$2 in
    1) python3 "$here/errors.py" "$dir" 1 1 6 1 ;;
    *) python3 "$here/errors.py" "$dir" "$1" 1 28 1 $2 ;;
    esac
}

early() {
    case $1 in
    2) python3 "$here/chip.py" "$dir" 2 1 early-some 10 64 ;;
    4) python3 "$here/chip.py" "$dir" 2 2 early 63 64 ;;
    esac
}

contract() {
    for mesh in "1 1" "2 1" "3 2"; do python3 "$here/chip.py" "$dir" $mesh contract $(seq 0 39) || return 1; done
}

formal() { sh "$here/formal/run.sh" "$1"; }

# Yosys' own block RAM is a box without a behaviour (compiler/driver/gates.c leaves it out in the same way).
ecp5() {
    cells=$(dirname "$(command -v yosys)")/../share/yosys/ecp5/cells_sim.v
    synthesise "read_verilog -DSYNTHESIS -I$rtl $here/ecp5/memories.v; hierarchy -check -libdir $rtl -top memories
        synth_ecp5 -top memories; select -assert-min 8 t:DP16KD; select -assert-any t:TRELLIS_DPR16X4
        rename memories mapped; write_verilog -noattr $dir/mapped.v" || return 1
    sed -E 's/^module (DP16KD|LUT4|PFUMX|L6MUX21|CCU2C) ?\(/module \1_box(/' "$cells" >"$dir/cells.v"
    iverilog -g2012 -DNO_INCLUDES -o "$dir/tables" "$here/ecp5/tables.sv" "$root/runtime/sim/sim_ecp5.v" "$dir/cells.v" &&
        vvp -n "$dir/tables" | grep '^PASS' || return 1
    iverilog -g2012 -DNO_INCLUDES -I"$rtl" -y "$rtl" -o "$dir/bench" "$here/ecp5/compare.sv" "$here/ecp5/memories.v" "$dir/mapped.v" \
        "$root/runtime/sim/sim_ecp5.v" "$dir/cells.v" || return 1
    vvp -n "$dir/bench" $1 >"$dir/log"
    cat "$dir/log"
    grep -q '^PASS' "$dir/log"
}

# Both from zeros, for all inputs of six cycles; a memory of no more bits than are asked for stays one.
split() {
    synthesise "read_verilog -DSYNTHESIS -I$rtl $rtl/ttfs_ram.v; chparam -set WIDTH 7 -set WORDS 4 ttfs_ram; hierarchy -top ttfs_ram; rename -top whole; proc; memory -nomap
        copy whole apart; techmap -D LOW=7 -map ${1:-$root/hw/split_words.v} apart/t:\$mem_v2; select -assert-count 1 apart/t:\$mem_v2
        techmap -D LOW=4 -map ${1:-$root/hw/split_words.v} apart/t:\$mem_v2; select -assert-count 2 apart/t:\$mem_v2; select -assert-count 1 apart/c:*low apart/r:WIDTH=4 %i
        memory_map; opt -full; miter -equiv -flatten whole apart both; sat -verify -seq 6 -set-init-zero -prove trigger 0 both"
}

# What newer versions of Icarus refuse.
declared() { python3 "$here/declared.py" "$rtl"/*.v "$rtl"/*/*.v "$root"/runtime/sim/*.v "$root"/tools/*.v; }

# No cell of a module that a parameter leaves out; with the parameter there is one.
features() {
    for f in POOL:ttfs_pool CONV:ttfs_place STREAM:ttfs_stream; do
        for on in 0 1; do
            [ $on = 0 ] && sign=none || sign=any
            [ "${f%%:*}" = CONV ] && off="-set POOL $on -set CLASSES $on" || off=
            synthesise "read_verilog -I$rtl $rtl/ttfs_*.v; chparam -set ${f%%:*} $on $off ttfs_chip
                hierarchy -check -top ttfs_chip; select -assert-$sign t:*${1:-${f#*:}}*" || return 1
        done
    done
}

# Cones of the outputs that registers and memories end; a memory is registers here.
paths() {
    [ $# = 0 ] || { paths_of "$1" bad; return; }
    paths_of "$rtl/ttfs_*.v" ttfs_chip && paths_of "$rtl/ttfs_*.v" ttfs_chip "-set CORES_X 2 -set STREAM 1"
}

paths_of() {
    small="-set LANES 2 -set ACT_WORDS 4 -set LIST_ENTRIES 4 -set WEIGHT_ROWS 4 -set PARAM_WORDS 4 -set PROGRAM_WORDS 16"
    [ "$2" = ttfs_chip ] && small="chparam $small -set FLOWS 4 -set BUFFERS 2 -set TABLE_WORDS 2 $3 $2" || small=
    synthesise "read_verilog -I$rtl $1; $small; hierarchy -check -top $2; proc; flatten; memory; opt_clean
        select -assert-any o:* %ci*:-\$dff:-\$dffe:-\$sdff:-\$sdffe:-\$sdffce
        select -assert-none o:* %ci*:-\$dff:-\$dffe:-\$sdff:-\$sdffe:-\$sdffce i:* %i"
}

fails() {
    case $1 in
    chip-errors) errors 1 corrupt ;;
    chip-*) python3 "$here/chip.py" "$dir" 1 1 "corrupt-${1#chip-}" 1 2 ;;
    synth-latch)
        echo "module latch(input a, b, output reg q); always @* if (a) q = b; endmodule" >"$dir/latch.v"
        ! synth latch "$dir/latch.v" && grep -q dlatch "$dir/out"
        ;;
    paths)
        echo "module bad(input clk, a, b, output q); reg r; always @(posedge clk) r <= a; assign q = r & b; endmodule" \
            >"$dir/bad.v"
        ! paths "$dir/bad.v" && grep -q "Assertion failed" "$dir/out"
        ;;
    declared)
        printf '%s\n' 'module late(input a, output q);' '// x' 'wire [1:0] y = {a, x}; assign q = y[0];' 'wire x = a;' endmodule >"$dir/late.v"
        ! python3 "$here/declared.py" "$dir/late.v" >"$dir/log" && grep '^.*late.v:3: x is used here and declared in line 4$' "$dir/log"
        ;;
    assertions)
        printf '%s\n' '`include "ttfs_assert.vh"' 'module never(input clk_i, rst_ni); `TTFS_ALWAYS(so, 1'"'b0) endmodule" \
            'module top; reg clk = 0, rst_n = 0; always #5 clk = !clk; initial #20 rst_n = 1; initial #99 $finish;' \
            'never dut(.clk_i(clk), .rst_ni(rst_n)); endmodule' >"$dir/never.v"
        iverilog -g2012 -DTTFS_ASSERTIONS -I"$rtl" -o "$dir/never" "$dir/never.v" && vvp -n "$dir/never" >"$dir/log" &&
            grep '^FAIL top.dut.always_so at 25' "$dir/log"
        ;;
    ecp5) ! ecp5 +corrupt && grep -q '^FAIL [1-9][0-9]* of' "$dir/log" && ! grep '^at ' "$dir/log" ;;
    split)
        sed 's/WR_DATA(WR_DATA.LSB/WR_DATA(WR_DATA[0/' "$root/hw/split_words.v" >"$dir/bad.v"
        ! split "$dir/bad.v" && grep -q "proof did fail" "$dir/out"
        ;;
    features) ! features ttfs_core && grep -q "Assertion failed" "$dir/out" ;;
    *)
        bench "$1" +corrupt
        [ -f "$dir/log" ] && ! grep '^PASS\|^at ' "$dir/log" && grep '^noticed' "$dir/log" &&
            grep '^FAIL' "$dir/log"
        ;;
    esac
}

# The programs without which a check cannot run.
tool_of() {
    case $1 in
    lint/*) echo verilator ;;
    synth/* | fails/synth-* | paths | features | split | fails/paths | fails/features | fails/split) echo yosys ;;
    ecp5 | fails/ecp5) echo yosys iverilog ;;
    formal/*) echo yosys ;;
    contract | registers | datasheet | declared | fails/declared) echo python3 ;;
    targets) echo fusesoc ;;
    header) echo cc ;;
    benches | corefile) echo sh ;;
    *) echo iverilog ;;
    esac
}

# Runs one check in an empty folder of its own: what an earlier run left proves nothing.
one() {
    for tool in $(tool_of "$1"); do
        command -v "$tool" >/dev/null || { echo "skipped: no $tool"; return 77; }
    done
    dir=$TTFS_BUILD/$(echo "$1" | tr / -)
    rm -rf "$dir"
    mkdir -p "$dir"
    kind=${1%%/*}
    name=${1#"$kind"}
    if "$kind" ${name#/} >"$dir/out" 2>&1; then
        grep '^note: ' "$dir/out"
        echo "ok $1$(sed -n 's/^\([0-9]* cases.*\)/: \1/p' "$dir/out" | tail -1)"
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
# Each once: the folder of a check is its own.
[ $# = 0 ] || names=$(echo "$names" | grep -F -- "$(printf '%s\n' "$@")")
[ -n "$(echo $names)" ] || { echo "no such check" >&2; exit 1; }
echo $names | tr ' ' '\n' |
    xargs -n 1 -P "${TTFS_JOBS:-2}" sh -c '"$0" --is "$1" || { s=$?; [ $s = 77 ] || exit $s; }' "$0"
