#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Proofs about the Verilog, with the solver that Yosys has built in; counterexamples with its companion ABC.
# run.sh NAME [-DMACRO=VALUE...] proves NAME.sv, a harness around a module, for all inputs that it does not
# exclude; exit status 0 proven, 1 not, 77 without Yosys. run.sh --list says the names. Lines of a harness:
#
#   // proof: STEPS             that many cycles from reset on
#   // proof: inductive STEPS   for ever, by induction over that many cycles
#   // mutant: FILE SED         a copy of rtl/FILE changed by SED is wrong
#   // wrong: MACRO             the harness with MACRO defined is wrong
#   // of: FOLDER               the modules of rtl/FOLDER, and no others; else those of rtl
#   // instead: MODULE...       of these the harness has its own
#
# For all that is wrong the solver has to find the inputs from reset on that show it, or the proof proves
# nothing. There OUTSIDE is defined: harnesses leave out what they say of a module's inside.

here=$(cd "$(dirname "$0")" && pwd)
rtl=$here/../../../rtl
if [ "$1" = --list ]; then
    for f in "$here"/*.sv; do f=${f##*/}; echo "${f%.sv}"; done
    exit 0
fi
name=$1
harness=$here/$name.sv
[ -f "$harness" ] || { echo "no such proof: $name" >&2; exit 1; }
shift
of=$(sed -n 's/^\/\/ of: //p' "$harness")
instead=" $(sed -n 's/^\/\/ instead: //p' "$harness") "
for abc in yosys-abc berkeley-abc none; do ! command -v "$abc" >/dev/null || break; done
command -v yosys >/dev/null && [ $abc != none ] || { echo "skipped: no yosys, or none with its ABC"; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# Newer versions of Yosys keep assertions in cells that say more, which have to become plain ones.
lower=
! yosys -Q -T -p "help chformal" | grep -q '^ *-lower' || lower="chformal -lower;"

# modules RTL: the files.
modules() {
    for f in "$1/${of:-.}"/ttfs_*.v; do
        m=${f##*/}
        case $instead in *" ${m%.v} "*) ;; *) printf '%s ' "$f" ;; esac
    done
}

# yosys_on RTL DEFINES COMMANDS: what is unknown (x) or starts so may be anything, in every cycle anew.
yosys_on() {
    yosys -p "read_verilog -formal -sv $2 -I$1 $harness; read_verilog -formal -sv -I$1 -I$1/$of $(modules "$1")
        hierarchy -check -top $name; proc; setundef -anyseq; memory -nordff -nomap; memory_map; flatten; $lower
        setundef -undriven -anyseq; opt -full; check -assert; $3" >"$dir/log" 2>&1
}

# noticed WHAT RTL DEFINES: there are inputs for which an assertion fails.
noticed() {
    if yosys_on "$2" "$3" "async2sync; dffunmap; techmap; opt -fast; dffunmap; setundef -anyseq; abc -g AND -fast
        opt_clean; write_aiger -zinit $dir/aig" &&
        $abc -c "read_aiger $dir/aig; fold; strash; scorr; bmc3 -F 60 -T 100" >"$dir/log" 2>&1 &&
        grep -q 'was asserted in frame' "$dir/log"; then
        return 0
    fi
    tail -5 "$dir/log"
    echo "not noticed: $1"
    return 1
}

sed -n 's/^\/\/ wrong: //p' "$harness" >"$dir/wrong"
while read -r macro; do noticed "$macro" "$rtl" "$* -D$macro -DOUTSIDE" || exit 1; done <"$dir/wrong"

sed -n 's/^\/\/ mutant: //p' "$harness" >"$dir/mutants"
while read -r file change; do
    rm -rf "$dir/rtl" && cp -r "$rtl" "$dir/rtl" && sed "$change" "$rtl/$file" >"$dir/rtl/$file" || exit 1
    ! cmp -s "$rtl/$file" "$dir/rtl/$file" || { echo "changes nothing in $file: $change"; exit 1; }
    noticed "$change" "$dir/rtl" "$* -DOUTSIDE" || exit 1
done <"$dir/mutants"

[ -s "$dir/wrong" ] || [ -s "$dir/mutants" ] || { echo "nothing wrong to notice in $name.sv"; exit 1; }
steps=$(sed -n 's/^\/\/ proof: .*\<\([0-9]*\)$/\1/p' "$harness")
mode=-tempinduct-baseonly
! grep -q '^// proof: inductive' "$harness" || mode=-tempinduct
yosys_on "$rtl" "$*" "sat $mode -maxsteps $steps -prove-asserts -set-assumes -verify $name" && grep -q SUCCESS "$dir/log" ||
    { tail -60 "$dir/log"; exit 1; }
echo "proven: $name, $(sed -n 's/^\/\/ proof: //p' "$harness") steps; noticed: $(cat "$dir/wrong" "$dir/mutants" | wc -l)"
