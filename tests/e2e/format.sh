#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every C and C++ file is laid out as .clang-format says, and every source file has its licence line.
# In: the source tree. The tables (*.def) are laid out by hand.
set -u
cd "$1" || exit 1
folders='compiler hw runtime tests tools'
find $folders -name '*.[ch]' -o -name '*.cpp' | sort | xargs clang-format --dry-run --Werror || exit 1
unlicensed=$(find $folders rtl -type f \( -name '*.[ch]' -o -name '*.cpp' -o -name '*.def' \
    -o -name '*.v' -o -name '*.vh' -o -name '*.sv' -o -name '*.py' -o -name '*.sh' \
    -o -name meson.build \) -exec grep -L SPDX-License-Identifier {} +)
[ -z "$unlicensed" ] || { echo "without an SPDX line:"; echo "$unlicensed"; exit 1; }
echo "laid out and licensed"
