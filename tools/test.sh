#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Sets up, builds, and runs every test: as it ships, under the address, leak and undefined behaviour sanitizers (there
# without the tests of suite `long` and those that run nothing built, of the Verilog, the headers and the tools, and with
# fewer samples and random cases), and those that use several threads under the thread sanitizer. Short tests come first.
# Suite `sweep` is left out: it takes as long as all the others.
# In: TTFS_TEST_SECONDS, the seconds that all of it may take (default 1140, 0 for no limit): what there was no time for on
# a slow machine is counted as skipped and named; a test that was at work for longer than any sound one has failed. Out:
# the tests' results, those that were skipped under the reason; the last line is `N passed, N failed, N skipped`. Exit
# code 1 when any failed or nothing could be run.
# Writes to build/, build-san/ and build-threads/ only, and, for as long as it runs, to memory (/dev/shm) or TMPDIR.
set -u
cd "$(dirname "$0")/.." || exit 1
export TTFS_CACHE="${TTFS_CACHE:-$PWD/build/cache}"
# An allocation that cannot be had is NULL there too: what follows from it is tested.
export ASAN_OPTIONS=detect_leaks=1:exitcode=99:detect_stack_use_after_return=1:allocator_may_return_null=1
export UBSAN_OPTIONS=halt_on_error=1:exitcode=99:print_stacktrace=1
began=$(date +%s)

# Tests make thousands of small files, most of which ttfs waits for until they are on the disk. Where memory has room for
# them (4 GiB) and programs may run there, that is where they lie, and nothing is waited for.
room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ -z "${TMPDIR:-}" ] && [ "${room:-0}" -ge 4194304 ] && scratch=$(mktemp -d /dev/shm/ttfs-test-XXXXXX); then
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 130' INT TERM HUP
    chmod 755 "$scratch" && printf '#!/bin/sh\n' >"$scratch/runs" && chmod +x "$scratch/runs"
    ! "$scratch/runs" 2>/dev/null || export TMPDIR="$scratch"
fi

# Prints the closing line for tests that could not run at all.
give_up() {
    printf 'test: error: %s\n' "$1" >&2
    echo '0 passed, 1 failed, 0 skipped'
    exit 1
}

stage() { printf '\n== %s (%s s)\n' "$*" "$(($(date +%s) - began))"; }
seconds=${TTFS_TEST_SECONDS:-1140}
unset TTFS_TEST_SECONDS # tests/e2e/starved.py has a time of that name for itself
case $seconds in
'' | *[!0-9]*) give_up "TTFS_TEST_SECONDS is '$seconds', a whole number of seconds is expected" ;;
esac
left() { [ "$seconds" -eq 0 ] && echo 86400 || echo $((began + seconds - $(date +%s))); }

# Runs a command of a stage for as long as there is time, and ends it then: LOG.late says so.
#     in_time LOG COMMAND...
in_time() {
    late=$1.late code=0
    shift
    [ "$(left)" -lt 5 ] || timeout -s TERM -k 10 "$(left)" "$@" || code=$?
    [ "$(left)" -ge 5 ] || { mkdir -p "${late%/*}" && : >"$late"; }
    return "$code"
}

# The tests of a built folder that meson's options choose; LOG.json has the results, LOG.names all that were to run.
#     run_tests FOLDER LOG [OPTION...]
run_tests() {
    folder=$1 log=$2
    shift 2
    mkdir -p "$folder/meson-logs"
    meson test -C "$folder" --no-rebuild --list "$@" 2>/dev/null | grep '^ttfs' >"$folder/meson-logs/$log.names"
    in_time "$folder/meson-logs/$log" meson test -C "$folder" --no-rebuild --print-errorlogs --logbase "$log" --timeout-multiplier 2 "$@"
}

short=build/meson-logs/short san=build-san/meson-logs/san threads=build-threads/meson-logs/testlog long=build/meson-logs/long
rm -f build*/meson-logs/*.json build*/meson-logs/*.names build*/meson-logs/*.late

stage "set-up"
in_time $short tools/setup.sh || give_up "the set-up failed"
stage "build: as shipped"
in_time $short tools/build.sh build || give_up "the build failed"
stage "tests: as shipped, the short ones"
run_tests build short --no-suite long --no-suite sweep
stage "build: with sanitizers"
# GCC's instrumentation makes it warn of formats that cannot be: only the build above is strict. -Og and lines alone in the
# debugging information: a third of the time to compile of -O1 -g, and reports say the same.
in_time $san tools/build.sh build-san -Dbuildtype=debugoptimized -Doptimization=g -Dc_args=-g1 -Db_sanitize=address,undefined \
    -Db_lundef=false -Dwerror=false || [ -f $san.late ] || give_up "the build with sanitizers failed"
stage "tests: with sanitizers"
(export TTFS_TEST_SAMPLES="${TTFS_TEST_SAMPLES:-12}"
run_tests build-san san --no-suite long --no-suite sweep --no-suite rtl --no-suite header \
    --no-suite tools --timeout-multiplier 4)
stage "build and tests: with the thread sanitizer"
in_time $threads tools/threads.sh build-threads
stage "tests: as shipped, the long ones"
run_tests build long --suite long --no-suite sweep

stage "done"
python3 tools/count_tests.py "$seconds" $short $san $threads $long
