#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Sets up, builds, and runs every test: once as it ships, once under the address, leak and undefined
# behaviour sanitizers (there without the tests of suite `long`, and with fewer samples), and those that use several
# threads under the thread sanitizer. Suite `sweep` is left out: it takes as long as all the others.
# In: nothing. Out: the tests' results, those that were skipped under the reason; the last line is
# `N passed, N failed, N skipped`. Exit code 1 when any failed or nothing could be run.
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

stage "set-up"
tools/setup.sh || give_up "the set-up failed"
stage "build: as shipped"
tools/build.sh build || give_up "the build failed"
# GCC's instrumentation makes it warn of formats that cannot be: only the build above is strict.
stage "build: with sanitizers"
tools/build.sh build-san -Dbuildtype=debugoptimized -Db_sanitize=address,undefined \
    -Db_lundef=false -Dwerror=false || give_up "the build with sanitizers failed"

rm -f build/meson-logs/testlog.json build-san/meson-logs/testlog.json build-threads/meson-logs/testlog.json
stage "tests: as shipped"
meson test -C build --no-rebuild --print-errorlogs --no-suite sweep
stage "tests: with sanitizers"
TTFS_TEST_SAMPLES="${TTFS_TEST_SAMPLES:-12}" \
    meson test -C build-san --no-rebuild --print-errorlogs --no-suite long --no-suite sweep \
        --timeout-multiplier 4
stage "build and tests: with the thread sanitizer"
tools/threads.sh build-threads

stage "done"
exec python3 tools/count_tests.py build/meson-logs/testlog.json build-san/meson-logs/testlog.json \
    build-threads/meson-logs/testlog.json
