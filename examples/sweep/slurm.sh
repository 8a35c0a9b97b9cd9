#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#SBATCH --cpus-per-task=2
# A sweep as a Slurm array; each task is a shard. Behind it the shards are put together:
#   sbatch --array=1-8 slurm.sh RESULT ttfs sweep OUT --input X --vary ...
#   ttfs merge RESULT.parts/*.json -o RESULT
# A task that was interrupted goes on when it is submitted again.
set -eu
result=$1
shift
mkdir -p "$result.parts"
exec "$@" --threads "${SLURM_CPUS_PER_TASK:-1}" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
    -o "$result.parts/$SLURM_ARRAY_TASK_ID.json"
