/* SPDX-License-Identifier: Apache-2.0
 *
 * cJSON says "no" in one way, whether the text is wrong or memory is short; errno knows which.
 */
#include "json_tree.h"

#include <errno.h>

static void undo_tree(void *held) {
    cJSON_Delete(((TtfsJsonTree *)held)->root);
}

TtfsJsonTree *ttfs_json_parse(const void *text, size_t n, const char **end) {
    const char *stop = text;
    if (end) *end = stop;
    if (n == 0) return NULL; /* and cJSON would not say where */
    TtfsJsonTree *t = ttfs_hold(sizeof *t, undo_tree);
    errno = 0;
    t->root = cJSON_ParseWithLengthOpts(text, n, &stop, 0);
    if (end) *end = stop;
    if (t->root) return t;
    int why = errno;
    ttfs_release(t);
    if (why == ENOMEM) ttfs_oom(n);
    return NULL;
}
