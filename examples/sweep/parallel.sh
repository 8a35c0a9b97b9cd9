#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sweep, run or verification in SHARDS parts with GNU parallel, JOBS at a time (default: one a core); with a list of machines, `parallel --sshlogin`.
#   parallel.sh RESULT SHARDS ttfs sweep OUT --input X --vary ...
# What is finished of a sweep is kept in RESULT.parts: run it again after an interruption. Runs and verifications begin anew.
set -eu
result=$1 shards=$2
shift 2
mkdir -p "$result.parts"
seq "$shards" | parallel --halt now,fail=1 ${JOBS:+--jobs "$JOBS"} --quote \
    "$@" --threads 1 --quiet --shard "{}/$shards" -o "$result.parts/{}.json"
"$1" merge "$result.parts"/*.json -o "$result"
