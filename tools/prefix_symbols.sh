#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Gives every global symbol of an archive the library's prefix, so that it can be linked beside whatever
# else a program holds (its own reader of ONNX, say). In: an archive, thin or not, in the current folder.
# Out: a copy that holds its objects, in which symbols that do not begin with ttfs_ do; references inside
# follow.
#
#     tools/prefix_symbols.sh ARCHIVE COPY
set -eu
whole=$2.whole names=$2.names
trap 'rm -f "$whole" "$names"' EXIT
rm -f "$2" "$whole"
printf 'create %s\naddlib %s\nsave\nend\n' "$whole" "$1" | ar -M
nm -g --defined-only "$whole" | awk 'NF == 3 && $3 !~ /^(ttfs_|_)/ && !seen[$3]++ { print $3, "ttfs_" $3 }' >"$names"
objcopy --redefine-syms="$names" "$whole" "$2"
