/* SPDX-License-Identifier: Apache-2.0
 *
 * Waveforms -> the text of a value change dump. A signal's short name is its number.
 */
#include "vcd.h"

#include "wave.h"

#include <inttypes.h>

enum { LEAST = '!', LETTERS = '~' - '!' + 1 };

/* A signal's short name. */
static void put_id(TtfsBuf *out, uint64_t signal) {
    do {
        ttfs_buf_printf(out, "%c", (char)(LEAST + signal % LETTERS));
        signal /= LETTERS;
    } while (signal);
}

static void scope(void *out, const char *name) {
    if (name)
        ttfs_buf_printf(out, "$scope module %s $end\n", name);
    else
        ttfs_buf_puts(out, "$upscope $end\n");
}

static void declare(void *out, const char *name, uint32_t bits, uint64_t signal) {
    ttfs_buf_printf(out, "$var %s %" PRIu32 " ", bits == 1 ? "wire" : "integer", bits);
    put_id(out, signal);
    ttfs_buf_printf(out, " %s $end\n", name);
}

static void put_time(void *out, uint64_t time) {
    ttfs_buf_printf(out, "#%" PRIu64 "\n", time);
}

static void put_value(void *out, uint64_t signal, uint32_t bits, uint32_t value) {
    int bit = 31;
    if (bits > 1) ttfs_buf_puts(out, "b");
    while (bit > 0 && !(value >> bit & 1)) bit--;
    for (; bit >= 0; bit--) ttfs_buf_puts(out, value >> bit & 1 ? "1" : "0");
    if (bits > 1) ttfs_buf_puts(out, " ");
    put_id(out, signal);
    ttfs_buf_puts(out, "\n");
}

static TtfsWaveSink sink(TtfsBuf *out) {
    return (TtfsWaveSink){out, scope, declare, put_time, put_value};
}

void ttfs_vcd_begin(const TtfsSpike *s, TtfsBuf *out) {
    TtfsWaveSink k = sink(out);
    ttfs_buf_puts(out, "$comment ttfs: a unit of time is a tick $end\n$timescale 1 ns $end\n");
    ttfs_wave_declare(s, &k);
    ttfs_buf_puts(out, "$enddefinitions $end\n$dumpvars\n");
    ttfs_wave_zeros(s, &k);
    ttfs_buf_puts(out, "$end\n");
}

void ttfs_vcd_sample(const TtfsTrace *t, uint64_t i, TtfsBuf *out) {
    TtfsWaveSink k = sink(out);
    ttfs_wave_sample(t, i, &k);
}
