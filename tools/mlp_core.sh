# SPDX-License-Identifier: Apache-2.0
#
# The chip that tools/area.sh and tools/clock.sh measure: one core for networks of dense layers, 4-bit weights,
# windows of 15 ticks, no maps, pools, classes, counters or steps over empty ticks, as --fit makes it for an MLP of
# 784-128-10. To be sourced.
#
#     mlp_core LANES WEIGHT_ROWS LIST_ENTRIES     prints the command of Yosys that makes ttfs_chip this chip
mlp_core() {
    printf chparam
    for p in CORES_X=1 CORES_Y=1 LANES="$1" WEIGHT_BITS=4 SLOPE_BITS=10 ACC_BITS=14 RAMP_BITS=10 VALUE_BITS=4 C_BITS=10 \
        Y_BITS=1 X_BITS=1 ACT_WORDS=64 LIST_ENTRIES="$3" WEIGHT_ROWS="$2" PARAM_WORDS=256 PROGRAM_WORDS=64 FLOWS=4 \
        BUFFERS=4 TABLE_WORDS=4 SEGMENTS=1 STRIDES=0 CONV=0 POOL=0 CLASSES=0 COUNTERS=0; do
        printf ' -set %s %s' "${p%=*}" "${p#*=}"
    done
    echo ' ttfs_chip'
}
