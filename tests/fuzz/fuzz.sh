#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Searches for models that break the importer: tests/fuzz/fuzz.sh [SECONDS [fuzz_canonical]]
# Needs libclang-rt-NN-dev of the clang that tools/setup.sh lists. Finds are written to build-fuzz/ and belong, made small, into
# tests/fuzz/corpus/onnx, which every build replays.
set -eu
cd "$(dirname "$0")/../.."
[ -d build-fuzz ] || CC=$(tools/setup.sh --list | grep '^clang-[0-9]*$') meson setup build-fuzz -Dlibfuzzer=true -Dbuildtype=debugoptimized \
    -Db_sanitize=address,undefined -Db_lundef=false
target="${2:-fuzz_onnx}" # fuzz_canonical: the canonical form as well
ninja -C build-fuzz "tests/fuzz/$target"
mkdir -p build-fuzz/corpus
UBSAN_OPTIONS=halt_on_error=1 "build-fuzz/tests/fuzz/$target" -max_total_time="${1:-600}" \
    -max_len=4096 -timeout=10 -malloc_limit_mb=64 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix=build-fuzz/ build-fuzz/corpus tests/fuzz/corpus/onnx tests/reject/onnx tests/golden/ir
