/* SPDX-License-Identifier: Apache-2.0
 *
 * Pins of a board: the shipped constraints, line by line, less what the chip is too narrow for.
 */
#include "board.h"

#include "shipped.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PCF_LIMIT = 1 << 20 };

bool ttfs_board_pins(const char *device, uint32_t flit, TtfsBuf *out, uint32_t *pins, TtfsArena *a,
                     TtfsDiag *diag) {
    const char *name = ttfs_arena_printf(a, "hw/boards/%s.pcf", device);
    uint32_t bit;
    TtfsFile f;
    *pins = 0;
    if (!ttfs_file_open(&f, ttfs_data_path(a, name), PCF_LIMIT, diag)) return false;
    const char *text = ttfs_arena_strndup(a, (const char *)f.bytes, f.size);
    ttfs_file_close(&f);
    for (const char *end; *text; text = end) {
        end = strchr(text, '\n') ? strchr(text, '\n') + 1 : text + strlen(text);
        if (sscanf(text, "set_io trace_flit_o[%" SCNu32 "]", &bit) == 1 && bit >= flit) continue;
        ttfs_buf_bytes(out, text, (size_t)(end - text));
        *pins += strncmp(text, "set_io", 6) == 0;
    }
    return true;
}
