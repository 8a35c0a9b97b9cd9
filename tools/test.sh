#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Sets up, builds, and runs every test: as it ships, under the address, leak and undefined behaviour sanitizers (there
# without the tests of suite `long` and those of the Verilog, and with fewer samples), and those that use several threads
# under the thread sanitizer. Short tests come first. Suite `sweep` is left out: it takes as long as all the others.
# In: TTFS_TEST_SECONDS, the seconds that all of it may take (default 1140, 0 for no limit): what there was no time
# for on a slow machine is counted as skipped and named. Out: the tests' results, those that were skipped under the reason;
# the last line is `N passed, N failed, N skipped`. Exit code 1 when any failed or nothing could be run.
# Writes to build/, build-san/ and build-threads/ only.
set -u
cd "$(dirname "$0")/.." || exit 1
export TTFS_CACHE="${TTFS_CACHE:-$PWD/build/cache}"
# An allocation that cannot be had is NULL there too: what follows from it is tested.
export ASAN_OPTIONS=detect_leaks=1:exitcode=99:detect_stack_use_after_return=1:allocator_may_return_null=1
export UBSAN_OPTIONS=halt_on_error=1:exitcode=99:print_stacktrace=1
began=$(date +%s)

# Prints the closing line for tests that could not run at all.
give_up() {
    printf 'test: error: %s\n' "$1" >&2
    echo '0 passed, 1 failed, 0 skipped'
    exit 1
}

stage() { printf '\n== %s (%s s)\n' "$*" "$(($(date +%s) - began))"; }
seconds=${TTFS_TEST_SECONDS:-1140}
left() { [ "$seconds" -eq 0 ] && echo 86400 || echo $((began + seconds - $(date +%s))); }

# Runs a command for as long as there is time, and ends it then.
in_time() { [ "$(left)" -lt 5 ] || timeout -s TERM -k 10 "$(left)" "$@"; }

# The tests of a built folder that meson's options choose; LOG.json has the results, LOG.names all that were to run.
#     run_tests FOLDER LOG [OPTION...]
run_tests() {
    folder=$1 log=$2
    shift 2
    meson test -C "$folder" --no-rebuild --list "$@" 2>/dev/null | grep '^ttfs' >"$folder/meson-logs/$log.names"
    in_time meson test -C "$folder" --no-rebuild --print-errorlogs --logbase "$log" "$@"
}

stage "set-up"
tools/setup.sh || give_up "the set-up failed"
stage "build: as shipped"
tools/build.sh build || give_up "the build failed"
rm -f build*/meson-logs/*.json build*/meson-logs/*.names
stage "tests: as shipped, the short ones"
run_tests build short --no-suite long --no-suite sweep
stage "build: with sanitizers"
# GCC's instrumentation makes it warn of formats that cannot be: only the build above is strict.
in_time tools/build.sh build-san -Dbuildtype=debugoptimized -Doptimization=1 -Db_sanitize=address,undefined \
    -Db_lundef=false -Dwerror=false || [ "$(left)" -lt 5 ] || give_up "the build with sanitizers failed"
stage "tests: with sanitizers"
mkdir -p build-san/meson-logs
(export TTFS_TEST_SAMPLES="${TTFS_TEST_SAMPLES:-12}"
run_tests build-san san --no-suite long --no-suite sweep --no-suite rtl --timeout-multiplier 4)
stage "build and tests: with the thread sanitizer"
in_time tools/threads.sh build-threads
stage "tests: as shipped, the long ones"
run_tests build long --suite long --no-suite sweep

stage "done"
[ "$(left)" -lt 15 ] || seconds=0 # nothing was cut short
exec python3 tools/count_tests.py "$seconds" build/meson-logs/short build-san/meson-logs/san \
    build-threads/meson-logs/testlog build/meson-logs/long
