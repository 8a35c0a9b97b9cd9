/* SPDX-License-Identifier: Apache-2.0
 *
 * What has no exact spiking form and stands at the end of a network, where tail.c drops it: curves,
 * and what picks the class. Here it stands inside.
 */
#include "operand.h"

const TtfsValue *ttfs_op_curve(TtfsAffine *x) {
    ttfs_obstacle(x, "train the network with ReLU in its place, or end the network before it",
                  "inside a network it has no exact spiking form, which piecewise linear functions "
                  "have");
    return NULL;
}

const TtfsValue *ttfs_op_class(TtfsAffine *x) {
    ttfs_obstacle(x, "use it only at the end of the network",
                  "inside a network it has no exact spiking form");
    return NULL;
}
