/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plan sends over the links of its mesh, and what share of the lanes' cycles it uses:
 * figures for reports and for comparing plans, with the rates of calibration.
 */
#ifndef TTFS_PLAN_TRAFFIC_H
#define TTFS_PLAN_TRAFFIC_H

#include "plan.h"

/* All of a turn. Flits are the values that are expected to fire, of the input's and of all tasks,
 * and the flits of sums. A flit goes along the tree of its flow: in x first, then in y. */
typedef struct {
    uint64_t flits;        /* that enter the mesh */
    uint64_t hops;         /* flits times the links between cores in their trees */
    uint64_t row_hops;     /* the same if the same tasks lay on the cores row by row: in the order
                              of populations, rows, columns and channels, each core its share of
                              their cycles */
    uint64_t busiest;      /* flits that take the busiest link */
    uint64_t weights;      /* weights that events are expected to add in lanes */
    uint32_t lane_use_ppm; /* weights of a million that lanes x cores x expected cycles could add */
} TtfsTraffic;

/* In: a checked plan with its cycles. Cost: tasks times buffers of their population, links of
 * trees. */
TtfsTraffic ttfs_plan_traffic(const TtfsPlan *p, const TtfsSpike *s);

#endif
