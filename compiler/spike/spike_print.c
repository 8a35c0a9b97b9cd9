/* SPDX-License-Identifier: Apache-2.0
 *
 * Spike graph -> text. In: a checked graph; out: one block a population with its incoming
 * connections, one an output, then the blob: the own weights of all connections in order, int16
 * little-endian, as hexadecimal or in a file of its own that the text names with its SHA-256. Real
 * numbers are C hexadecimal floats, so nothing is rounded.
 */
#include "spike_inside.h"

#include <inttypes.h>

static const char *const pop_word[] = {"input", "relu", "pool", "readout"};
static const char *const conn_word[] = {"dense", "conv", "pool", "minpool"};

static void print_list(TtfsBuf *out, const char *key, const int32_t *v, uint32_t n) {
    enum { LINE = 16 };
    ttfs_buf_printf(out, "  %s [", key);
    for (uint32_t i = 0; i < n; i++)
        ttfs_buf_printf(out, "%s%" PRId32, i % LINE == 0 ? "\n    " : " ", v[i]);
    ttfs_buf_puts(out, "\n  ]\n");
}

static void print_connection(TtfsBuf *out, const TtfsConnection *c) {
    ttfs_buf_printf(out, "  %s from %" PRIu32 " channels %" PRIu32 " %" PRIu32, conn_word[c->kind],
                    c->src.i, c->src_ch_first, c->src_channels);
    if (c->kind != TTFS_CONN_DENSE)
        ttfs_buf_printf(out,
                        " kernel %" PRIu32 " %" PRIu32 " stride %" PRIu32 " %" PRIu32
                        " dilation %" PRIu32 " %" PRIu32 " pad %" PRIu32 " %" PRIu32 " %" PRIu32
                        " %" PRIu32,
                        c->kernel[0], c->kernel[1], c->stride[0], c->stride[1], c->dilation[0],
                        c->dilation[1], c->pad[0], c->pad[1], c->pad[2], c->pad[3]);
    if (c->kind == TTFS_CONN_CONV) ttfs_buf_printf(out, " group %" PRIu32, c->group);
    if (!ttfs_conn_is_pool(c))
        ttfs_buf_printf(out, " bits %" PRIu32 " weights %" PRIu64, c->weight_bits, c->weight_count);
    if (c->shared) ttfs_buf_printf(out, " shared %" PRIu32, c->shared);
    ttfs_buf_puts(out, "\n");
}

static void print_rates(TtfsBuf *out, const TtfsRates *r) {
    if (!r->rows) return;
    ttfs_buf_printf(out, "  vary %" PRIu32 " %" PRIu32 " bands %" PRIu32 " %" PRIu32 " [", r->vary,
                    r->vary_part, r->rows, r->cols);
    for (uint32_t i = 0; i < r->rows * r->cols; i++)
        ttfs_buf_printf(out, "%s%" PRIu32, i % r->cols == 0 ? "\n    " : " ", r->part[i]);
    ttfs_buf_puts(out, "\n  ]\n");
}

static void print_population(TtfsBuf *out, const TtfsSpike *s, uint32_t index) {
    const TtfsPopulation *p = &s->pops.at[index];
    ttfs_buf_printf(out, "population %" PRIu32 " ", index + 1);
    ttfs_buf_quoted(out, p->name);
    ttfs_buf_printf(out, " %s\n  shape %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", pop_word[p->kind],
                    p->c, p->h, p->w);
    ttfs_buf_printf(out, "  ticks %" PRIu32 " start %" PRIu32 " rate %" PRIu32 "\n", p->ticks,
                    p->start, p->rate_ppm);
    print_rates(out, &p->rates);
    ttfs_buf_printf(out, "  scale %a offset %a\n", p->scale, p->offset);
    if (p->bias) print_list(out, "bias", p->bias, p->bias_count);
    if (p->ramp) print_list(out, "ramp", p->ramp, p->c);
    for (uint32_t i = 0; i < p->conn_count; i++)
        print_connection(out, &s->conns.at[p->conn_first + i]);
}

/* All weights as bytes, little-endian whatever the machine. */
static void gather_blob(const TtfsSpike *s, TtfsBuf *blob) {
    for (uint32_t i = 0; i < s->conns.len; i++) {
        const TtfsConnection *c = &s->conns.at[i];
        for (uint64_t j = 0; !c->shared && j < c->weight_count; j++) {
            unsigned w = (unsigned)c->weights[j];
            unsigned char bytes[2] = {(unsigned char)(w & 0xff), (unsigned char)(w >> 8 & 0xff)};
            ttfs_buf_bytes(blob, bytes, sizeof bytes);
        }
    }
}

static bool print_blob(TtfsBuf *out, const TtfsBuf *blob, const char *path, TtfsDiag *diag) {
    if (!path) {
        ttfs_buf_printf(out, "blob hex %zu\n", blob->len);
        ttfs_buf_hex(out, blob->text, blob->len);
        return true;
    }
    char sha[65];
    ttfs_sha256_of(ttfs_buf_text(blob), blob->len, sha);
    ttfs_buf_puts(out, "blob file ");
    ttfs_buf_quoted(out, ttfs_path_base(path));
    ttfs_buf_printf(out, " bytes %zu sha256 \"%s\"\n", blob->len, sha);
    return ttfs_file_fill(path, ttfs_buf_text(blob), blob->len, diag);
}

bool ttfs_spike_print(const TtfsSpike *s, const char *blob_path, TtfsBuf *out, TtfsDiag *diag) {
    ttfs_buf_printf(out,
                    "ttfs-spike 3\ninput %" PRIu32 " order %" PRIu32 " %" PRIu32 " %" PRIu32
                    " readout %" PRIu32 " latency %" PRIu32 "\n",
                    s->input.i, s->order[0], s->order[1], s->order[2], s->readout.i, s->latency);
    for (uint32_t i = 0; i < s->pops.len; i++) print_population(out, s, i);
    ttfs_spike_print_outputs(s, out);
    TtfsBuf blob = {0};
    gather_blob(s, &blob);
    bool ok = print_blob(out, &blob, blob_path, diag);
    ttfs_buf_free(&blob);
    return ok;
}
