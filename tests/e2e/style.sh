#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#   style.sh layout SOURCE     every C and C++ file is laid out as .clang-format says
#   style.sh licences SOURCE   every source file has its licence line
#   style.sh lengths SOURCE    no source file has more than 700 lines
#
# Versions of clang-format differ in what they make of the same rules: the sources are laid out with
# version 14, and with any other the layout is not judged (exit code 77). Tables (*.def) are laid out by hand.
set -u
version=14
folders='include compiler hw runtime python tests tools examples'
cd "$2" || exit 1

# The formatter of that version, whatever it is called here.
formatter() {
    for f in "clang-format-$version" clang-format; do
        "$f" --version 2>/dev/null | grep -q "version $version\." && echo "$f" && return
    done
}

layout() {
    f=$(formatter)
    if [ -z "$f" ]; then
        echo "skipped: the layout is that of clang-format $version, here is" \
            "$(clang-format --version 2>/dev/null | grep -o 'version [0-9.]*' || echo none)"
        return 77
    fi
    find $folders -name '*.[ch]' -o -name '*.cpp' | sort | xargs "$f" --dry-run --Werror && echo "laid out"
}

sources() {
    find $folders rtl -type f \( -name '*.[ch]' -o -name '*.cpp' -o -name '*.def' -o -name '*.v' -o -name '*.vh' \
        -o -name '*.sv' -o -name '*.svh' -o -name '*.py' -o -name '*.sh' -o -name meson.build \) "$@"
}

licences() {
    unlicensed=$(sources -exec grep -L SPDX-License-Identifier {} +)
    [ -z "$unlicensed" ] || { echo "without an SPDX line:"; echo "$unlicensed"; return 1; }
    echo "licensed"
}

lengths() {
    long=$(sources -exec awk 'FNR == 701 { print FILENAME }' {} +)
    [ -z "$long" ] || { echo "more than 700 lines, which no head holds:"; echo "$long"; return 1; }
    echo "short enough"
}

case $1 in
layout | licences | lengths) "$1" ;;
*) echo "style.sh: '$1' is no check" >&2; exit 1 ;;
esac
