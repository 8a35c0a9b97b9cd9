/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON, read: cJSON's tree, held by the guard while it is looked at.
 */
#ifndef TTFS_JSON_TREE_H
#define TTFS_JSON_TREE_H

#include "base.h"

#include <cjson/cJSON.h>

typedef struct {
    cJSON *root;
} TtfsJsonTree;

/* Parses the value at the beginning of `text`; *end (which may be NULL) is what follows it. NULL
 * when it is no JSON, with *end where; release with ttfs_undo. Leaves for the guard when there is
 * no memory. */
TtfsJsonTree *ttfs_json_parse(const void *text, size_t n, const char **end);

#endif
