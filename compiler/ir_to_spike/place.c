/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a message about a population belongs: its name, or, of one of several that a layer of the
 * model became, that layer and what of it the population is.
 */
#include "lower.h"

TtfsLoc ttfs_lower_at(const TtfsLower *l, const TtfsNetLayer *layer, const char *name) {
    return layer->of ? TTFS_AT_OP(l->file, layer->of, layer->part) : TTFS_AT_NODE(l->file, name);
}
