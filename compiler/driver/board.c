/* SPDX-License-Identifier: Apache-2.0
 *
 * The ports of the board top. Pins of a board: the shipped constraints (PCF, LPF), a line a pin,
 * less what the chip is too narrow for.
 */
#include "board.h"

#include "shipped.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PINS_LIMIT = 1 << 20 };

const char *const ttfs_board_ports[] = {"input clk_i",
                                        "input rst_ni",
                                        "input spi_sck_i",
                                        "input spi_cs_ni",
                                        "input spi_mosi_i",
                                        "output spi_miso_o",
                                        "input uart_rx_i",
                                        "output uart_tx_o",
                                        "output busy_o",
                                        "output trace_valid_o",
                                        NULL};

/* Whether a line is of a pin that this chip does not have. */
static bool is_left_out(const char *line, const char *end, bool monitor, uint32_t flit, bool boot) {
    uint32_t bit = 0;
    const char *at = strstr(line, "flash_");
    if (*line != '#' && at && at < end && !boot) return true;
    at = strstr(line, "trace_");
    if (*line == '#' || !at || at >= end) return false;
    return !monitor || (sscanf(at, "trace_flit_o[%" SCNu32 "]", &bit) == 1 && bit >= flit);
}

bool ttfs_board_pins(const TtfsDevice *d, uint32_t flit, bool boot, TtfsBuf *out, uint32_t *pins,
                     TtfsArena *a, TtfsDiag *diag) {
    const char *name = ttfs_arena_printf(a, "hw/boards/%s", d->flow.board);
    bool monitor = ttfs_device_monitor(d, flit);
    TtfsFile f;
    *pins = 0;
    if (!ttfs_file_open(&f, ttfs_data_path(a, name), PINS_LIMIT, diag)) return false;
    const char *text = ttfs_arena_strndup(a, (const char *)f.bytes, f.size);
    ttfs_file_close(&f);
    for (const char *end; *text; text = end) {
        end = strchr(text, '\n') ? strchr(text, '\n') + 1 : text + strlen(text);
        if (is_left_out(text, end, monitor, flit, boot)) continue;
        ttfs_buf_bytes(out, text, (size_t)(end - text));
        *pins += strncmp(text, "set_io", 6) == 0 || strncmp(text, "LOCATE", 6) == 0;
    }
    return true;
}

bool ttfs_board_verilog(bool encoder, TtfsFileSet *out, TtfsArena *a, TtfsDiag *diag) {
    return ttfs_file_set_read(out, ttfs_data_path(a, "rtl/board"),
                              (const char *const[]){".v", NULL}, true, diag) &&
           (!encoder || ttfs_file_set_read_file(out, ttfs_data_path(a, "rtl/wrap"),
                                                "ttfs_axis_raw.v", true, diag));
}

void ttfs_board_parameters(const TtfsChip *chip, uint32_t cycles, bool encoder, const char *before,
                           const char *between, const char *after, TtfsBuf *out) {
    const struct {
        const char *name;
        uint32_t value;
    } of[] = {{"FLIT", ttfs_chip_flit_bits(chip)},
              {"CLOCKS", cycles},
              {"ENCODER", 1},
              {"VALUE", ttfs_chip_flit_value_bits(chip)},
              {"VALUE_BITS", chip->value_bits},
              {"C_BITS", chip->c_bits},
              {"X_BITS", chip->x_bits},
              {"Y_BITS", chip->y_bits}};
    size_t n = encoder ? sizeof of / sizeof *of : 2;
    for (size_t i = 0; i < n; i++)
        ttfs_buf_printf(out, "%s%s%s%" PRIu32 "%s", before, of[i].name, between, of[i].value,
                        after);
}
