#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Searches with libFuzzer for inputs that break a reader.
#     tests/fuzz/fuzz.sh [SECONDS [TARGET...]]    each target (of targets.def; all of them) for so long
#     tests/fuzz/fuzz.sh --keep [TARGET...]       the fewest small inputs that reach all that was reached, to
#                                                 tests/fuzz/corpus, at most KEPT bytes a target; finds, which have
#                                                 names, stay there
# Needs libclang-rt-NN-dev of the clang that tools/setup.sh lists. Out: a line a target (runs, inputs kept, finds);
# build-fuzz/TARGET/ has what was reached, find-* what breaks. A find belongs, made small, into tests/fuzz/corpus, which
# every build replays. Exit code 1 when something was found.
set -eu
cd "$(dirname "$0")/../.."
KEPT=${KEPT:-20000}
compiler=$(tools/setup.sh --list | grep "^clang-[0-9]*$")
[ -d /dev/shm ] && scratch=/dev/shm || scratch=/tmp # in memory: files are synced as a user's are
TMPDIR=$(mktemp -d -p $scratch ttfs-fuzz.XXXXXX)
trap 'rm -rf "$TMPDIR"' EXIT
export TMPDIR UBSAN_OPTIONS=halt_on_error=1

names() { sed -n 's/^TTFS_FUZZ(\([a-z_]*\).*/\1/p' tests/fuzz/targets.def; }

build() {
    CC=$compiler CXX=clang++-${compiler#clang-} tools/build.sh build-fuzz -Dlibfuzzer=true -Dbuildtype=debugoptimized \
        -Db_sanitize=address,undefined -Db_lundef=false -Dwerror=false -- ttfs $(names | sed 's,^,tests/fuzz/fuzz_,')
    TTFS_BIN=build-fuzz/ttfs PYTHONPATH=tests/e2e:tools python3 tests/fuzz/seeds.py build-fuzz/seeds >/dev/null
}

# Part $2 of the target's row: 2 the dictionary, 4 the folders.
row() { sed -n "s/^TTFS_FUZZ($1, //p" tests/fuzz/targets.def | cut -d '"' -f "$2"; }

inputs() {
    for folder in "build-fuzz/seeds/$1" "tests/fuzz/corpus/$1" $(row "$1" 4); do
        [ ! -d "$folder" ] || echo "$folder"
    done
}

# The entries of .dict files, the short texts of sources, the names of tables, each once.
dictionary() {
    for file in $(row "$1" 2); do
        case $file in
        *.dict) grep '^"' "$file" ;;
        *.c) grep -ohE '"[A-Za-z0-9_.:-]{2,24}"' "$file" ;;
        *.def) grep -ohE '[A-Za-z_][A-Za-z0-9_-]{2,24}' "$file" | sed 's/.*/"&"/' ;;
        esac
    done | sort -u
}

search() {
    mkdir -p "build-fuzz/$1"
    dictionary "$1" >"build-fuzz/$1.dict"
    "build-fuzz/tests/fuzz/fuzz_$1" -max_total_time="$seconds" -max_len=16384 -timeout=20 -malloc_limit_mb=64 \
        -rss_limit_mb=2048 -print_final_stats=1 -dict="build-fuzz/$1.dict" \
        -artifact_prefix="build-fuzz/$1.find-" "build-fuzz/$1" $(inputs "$1") >"build-fuzz/$1.log" 2>&1 || found=1
    printf '%-11s %s\n' "$1" "$(sed -n 's/^stat::number_of_executed_units: */runs /p; s/^stat::average_exec_per_sec: */a second /p
        s/^stat::peak_rss_mb: */peak MiB /p' "build-fuzz/$1.log" | tr '\n' ' ')inputs $(ls "build-fuzz/$1" | wc -l) finds $(
        ls build-fuzz | grep -c "^$1.find-" || true)"
}

# Smallest first, until there are KEPT bytes.
keep() {
    rm -rf "build-fuzz/$1.merged"
    mkdir -p "build-fuzz/$1.merged" "build-fuzz/$1" "tests/fuzz/corpus/$1"
    "build-fuzz/tests/fuzz/fuzz_$1" -merge=1 -max_len=4096 "build-fuzz/$1.merged" "build-fuzz/$1" $(inputs "$1") >/dev/null 2>&1
    find "tests/fuzz/corpus/$1" -regextype posix-extended -regex '.*/[0-9a-f]{12}' -delete
    ls -rS "build-fuzz/$1.merged" | while read -r name; do
        file="build-fuzz/$1.merged/$name"
        n=$((${n:-0} + $(wc -c <"$file")))
        [ "$n" -gt "$KEPT" ] || cp "$file" "tests/fuzz/corpus/$1/$(printf %.12s "$name")"
    done
}

act=search seconds=600 found=''
case "${1:-}" in
--keep) act=keep && shift ;;
?*) seconds=$1 && shift ;;
esac
build
for target in ${*:-$(names)}; do $act "$target"; done
[ -z "$found" ]
