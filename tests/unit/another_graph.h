/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the lift sees that an image is not that of a graph: it refuses it, or finds another one.
 */
#ifndef ANOTHER_GRAPH_H
#define ANOTHER_GRAPH_H

#include "image_to_spike.h"

static bool another_graph(const TtfsImage *img, const TtfsSpike *s) {
    TtfsSpike back;
    TtfsDiag diag = {0};
    char what[200];
    bool same = ttfs_image_to_spike(img, "img", &back, &diag) &&
                ttfs_spike_equal(s, &back, what, sizeof what);
    ttfs_spike_free(&back);
    ttfs_diag_free(&diag);
    return !same;
}

#endif
