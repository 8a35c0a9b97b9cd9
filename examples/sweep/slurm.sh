#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#SBATCH --cpus-per-task=2
# A sweep, run or verification as a Slurm array of SHARDS tasks, each a shard. Behind it the shards are put together:
#   sbatch --array=1-8 slurm.sh RESULT 8 ttfs sweep OUT --input X --vary ...
#   ttfs merge RESULT.parts/*.json -o RESULT
# What a task of a sweep did is kept when it is submitted again: --array=3, and SHARDS as before.
set -eu
result=$1 shards=$2
shift 2
mkdir -p "$result.parts"
exec "$@" --threads "${SLURM_CPUS_PER_TASK:-1}" --shard "$SLURM_ARRAY_TASK_ID/$shards" \
    -o "$result.parts/$SLURM_ARRAY_TASK_ID.json"
