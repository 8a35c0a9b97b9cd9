#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the chip costs on FPGAs: a chip of one core for networks of dense layers (4-bit weights, windows of 15 ticks,
# no maps, pools, classes or counters), LUTs, flip-flops, RAM blocks and DSPs that Yosys maps it to, a line a
# family. Not part of the suite: a line takes one to three minutes.
#
#     tools/area.sh [LANES [ice40|xc7]...]      32, both
#
# In: rtl/. Out: the lines. Exit code 1 when Yosys fails, or when it inferred a latch.
set -eu
cd "$(dirname "$0")/.."
lanes=${1:-32}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- ice40 xc7
. tools/mlp_core.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for family in "$@"; do
    case $family in
    ice40) synth="synth_ice40 -top ttfs_chip" ;;
    xc7) synth="synth_xilinx -nowidelut -flatten -family xc7 -top ttfs_chip -noiopad -noclkbuf" ;;
    *) echo "area: error: '$family': ice40 and xc7 are known" >&2; exit 1 ;;
    esac
    yosys -q -p "read_verilog -DSYNTHESIS -Irtl rtl/ttfs_*.v; $(mlp_core "$lanes" 4096 784); $synth; tee -o $log stat" \
        >/dev/null 2>&1 || { echo "area: error: yosys fails for $family" >&2; exit 1; }
    awk -v family="$family" -v lanes="$lanes" '
        /^ +[A-Z$]/ && NF == 2 { n[$1] = $2 }
        END {
            for (k in n) {
                if (k ~ /^(LUT[1-6]|SB_LUT4)$/) lut += n[k]
                if (k ~ /^(FD|SB_DFF)/) ff += n[k]
                if (k ~ /^(RAM|SB_RAM)/) ram = ram " " k " " n[k]
                if (k ~ /DSP|MAC16/) dsp += n[k]
                if (k ~ /DLATCH|LDCE/) latch += n[k]
            }
            printf "%s, %d lanes: %d LUT, %d FF, %d DSP,%s\n", family, lanes, lut, ff, dsp, ram
            exit latch > 0
        }' "$log"
done
