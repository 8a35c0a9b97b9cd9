#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the tree with gcov's counters, runs the tests, and prints how much of the compiler and the
# engines they reach: a line a folder, lines and branches, the total last.
#
#   tools/coverage.sh [--only TEST]... [--add TEST]... [--missing PATH]...
#   tools/coverage.sh --table [--missing PATH]...
#
#   --only      runs this test of `meson test --list` instead of all; what was counted before is forgotten
#   --add       the same, and what was counted before stays
#   --table     runs nothing: what was counted last
#   --missing   prints what no test reached of a folder or file: lines, and branches with their number
#
# A line is one that holds code; it is reached when any object that holds it ran it. A branch is a way
# out of a condition: every `if`, `?:`, `&&`, `||`, loop and case has one for each outcome, as gcov
# counts them in code that is not optimised (-O0). A branch is reached when it was taken.
# Headers count once, whoever includes them; .def tables count where they are code.
# Left out: ways out that only a C++ exception takes (the compiler makes them; one file is C++).
# Nothing else, and nothing is marked in the sources. Not counted, as they are built by other
# programs at run time: runtime/sim/sim_chip.cpp (Verilator), examples, and what the jit generates.
# Failing allocations are sampled by a fixed seed for a minute (e2e starved).
#
# All tests: without the suites rtl, header, style and sweep (nothing of the program runs there, or it
# would take too long), the many networks of the jit, emitted code for other processors, and networks
# that the repository does not hold.
# In: the tree. Out: the table; the folder build-cov. Exit code 1 when a test failed.
set -u
cd "$(dirname "$0")/.." || exit 1
folder=build-cov
export TTFS_CACHE="${TTFS_CACHE:-$PWD/$folder/cache}" TTFS_TEST_SEED="${TTFS_TEST_SEED:-1}"
export TTFS_TEST_SECONDS="${TTFS_TEST_SECONDS:-60}"

run=all code=0 missing=
newline='
'
names=
while [ $# -gt 0 ]; do
    case $1 in
    --only | --add) run=$1 names="$names$newline$2" && shift ;;
    --table) run=none ;;
    --missing) missing="$missing$newline$2" && shift ;;
    *) echo "coverage: error: $1: see the head of tools/coverage.sh" >&2 && exit 2 ;;
    esac
    shift
done

# Everything that adds to the counts, a name a line.
all_tests() {
    meson test -C $folder --list --no-suite rtl --no-suite header --no-suite style --no-suite sweep 2>/dev/null |
        sed -n 's/^ttfs.* \/ //p' | grep -v -e '^jit, many' -e '^e2e emit .* \(x86\|znver\|aarch\|riscv\)' \
        -e '^e2e .*\(mnist\|fashion\|cifar\|ultraface\|stored outputs\)'
}

if [ $run != none ]; then
    tools/build.sh $folder -Db_coverage=true -Dbuildtype=debug -Dwerror=false || exit 1
    ninja -C $folder -t cleandead >/dev/null # objects of sources that are gone
    # What was counted in an object that has changed since says nothing about it.
    find $folder -name '*.gcda' | while read -r counts; do
        [ $run = --add ] && [ "$counts" -nt "${counts%.gcda}.gcno" ] || rm "$counts"
    done
    [ $run != all ] || names=$(all_tests)
    IFS=$newline
    # shellcheck disable=SC2086 # a name a line
    meson test -C $folder --no-rebuild --print-errorlogs --timeout-multiplier 10 ${TTFS_TEST_JOBS:+-j$TTFS_TEST_JOBS} \
        $names || code=1
fi
IFS=$newline
# shellcheck disable=SC2086
python3 tools/coverage.py $folder $missing || code=1
exit $code
