#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Configures and builds one build folder of this tree; warnings are errors unless -Dwerror=false.
# In: the folder's name and options of meson setup. Out: the folder, built; ninja's output is shown
# only when the build fails. Works from any folder; a folder that is there keeps what it has built.
#
#     tools/build.sh FOLDER [-DOPTION=VALUE ...] [-- NINJA-TARGET ...]
set -eu
cd "$(dirname "$0")/.."
folder=$1
shift
options=''
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options="$options $1"
    shift
done
[ $# -eq 0 ] || shift

# LLVM's linker, where it is installed, takes a tenth of the time; there are some ninety programs.
lld=$(ls -d /usr/lib/llvm-*/bin/ld.lld 2>/dev/null | sort -V | tail -n 1)
lld_args="['-fuse-ld=lld','-B${lld%/*}']"
[ -z "$lld" ] || options="-Dc_link_args=$lld_args -Dcpp_link_args=$lld_args $options"

log=$folder/build.log
mkdir -p "$folder"
show() { printf 'build: error: the build of %s failed; the end of %s:\n' "$folder" "$log" >&2
    tail -n 60 "$log" >&2; exit 1; }

if [ -f "$folder/build.ninja" ]; then
    meson configure "$folder" -Dwerror=true $options >"$log" 2>&1 || show
else
    meson setup "$folder" -Dwerror=true $options >"$log" 2>&1 || show
fi
ninja -C "$folder" "$@" >>"$log" 2>&1 || show
