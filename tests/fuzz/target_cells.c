/* SPDX-License-Identifier: Apache-2.0
 *
 * A liberty file, and the same bytes as the LEF of its cells: read, or refused with a message; the
 * cells that are told have names and areas that a number can say.
 */
#include "cells.h"
#include "fuzz.h"

bool fuzz_cells(const uint8_t *bytes, size_t n) {
    TtfsArena a = {0};
    TtfsDiag diag = {0}, other = {0};
    TtfsCells c;
    FuzzPart lef = fuzz_part(bytes, n, "lef");
    size_t own = lef.at ? (size_t)(lef.at - bytes) : n;
    const char *text = n ? (const char *)bytes : "";
    bool ok = fuzz_said(ttfs_cells_liberty(&c, "cells.lib", text, own, &a, &diag), &diag);
    if (ok && lef.at)
        fuzz_said(ttfs_cells_lef(&c, "cells.lef", (const char *)lef.at, lef.n, &a, &other), &other);
    for (uint32_t i = 0; i < c.cells.len; i++)
        fuzz_expect(c.cells.at[i].name && c.cells.at[i].area >= 0, "a cell without a name or area");
    const TtfsCell *buffer = ttfs_cells_buffer(&c);
    fuzz_expect(!buffer || (buffer->in && buffer->out), "a buffer without pins");
    ttfs_arena_free(&a);
    return ok;
}
