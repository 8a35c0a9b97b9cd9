#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds with the thread sanitizer and runs suite `threads`, the tests that use several threads, `race on purpose` among
# them: a race that must be seen.
# In: the build folder; its counts are in FOLDER/meson-logs/testlog.json afterwards, for tools/count_tests.py. Out: the tests'
# results; exit code 1 when one failed or the build did. Where no program can run under this sanitizer that log holds one
# skipped test, with the reason. GCC brings the library. A kernel that may place programs where the sanitizer
# cannot have them (vm.mmap_rnd_bits above 28) is asked not to, by setarch.
set -u
cd "$(dirname "$0")/.." || exit 1
folder=$1
log=$folder/meson-logs/testlog.json
probe=$folder/probe
mkdir -p "$folder/meson-logs"
rm -f "$log"

skip() {
    printf '{"name": "threads", "result": "SKIP", "stdout": "skipped: the thread sanitizer %s"}\n' "$1" >"$log"
    printf 'skipped: the thread sanitizer %s\n' "$1"
    exit 0
}

echo 'int main(void) { return 0; }' >"$probe.c"
${CC:-cc} -fsanitize=thread "$probe.c" -o "$probe" 2>"$probe.log" || skip "is not installed with ${CC:-cc}"
runner='setarch -R'
$runner "$probe" 2>"$probe.log" || {
    runner='' # not allowed here, in a container say: then it must start as it is, every time
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
        "$probe" 2>"$probe.log" || skip "does not start here (vm.mmap_rnd_bits is $(cat /proc/sys/vm/mmap_rnd_bits)), nor with setarch -R"
    done
}

# Only what the tests need is built: by meson test.
tools/build.sh "$folder" -Dbuildtype=debugoptimized -Doptimization=1 -Dc_args=-g1 -Db_sanitize=thread -Db_lundef=false -Dwerror=false \
    -- build.ninja || exit 1
export TSAN_OPTIONS="allocator_may_return_null=1:second_deadlock_stack=1:suppressions=$PWD/tests/unit/threads.supp"
# In front of meson: as its wrapper it would change the log's name.
exec $runner meson test -C "$folder" --print-errorlogs --suite threads --timeout-multiplier 4
