/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights on their integer grid: a histogram a population over all its connections, and how many
 * of its weights were clipped. Shared weights count once a connection that has them of its own.
 */
#include "page_inside.h"

enum { BINS = 64, MOST = 256 };

typedef struct {
    uint64_t bin[BINS], weights, zero;
    uint32_t bits;
} Weights;

/* Integers of `bits` bits lie from -2^(bits - 1); a bin is so many of them. */
static uint32_t bin_of(uint32_t bits, int32_t w, uint32_t *bins) {
    uint32_t all = 1u << bits;
    *bins = all < BINS ? all : BINS;
    return (uint32_t)((uint64_t)(uint32_t)(w + (int32_t)(all / 2)) * *bins / all);
}

static uint32_t count_weights(Weights *n, const TtfsSpike *s, const TtfsPopulation *p) {
    uint32_t bins = 1;
    for (uint32_t k = 0; k < p->conn_count; k++) {
        const TtfsConnection *c = &s->conns.at[p->conn_first + k];
        if (c->weight_bits > n->bits) n->bits = c->weight_bits;
    }
    for (uint32_t k = 0; n->bits && k < p->conn_count; k++) {
        const TtfsConnection *c = &s->conns.at[p->conn_first + k];
        for (uint64_t i = 0; c->weights && !c->shared && i < c->weight_count; i++) {
            n->bin[bin_of(n->bits, c->weights[i], &bins)]++;
            n->zero += c->weights[i] == 0;
            n->weights++;
        }
    }
    return bins;
}

static void histogram(TtfsBuf *b, const Weights *n, uint32_t bins) {
    TtfsArena a = {0};
    double count[BINS];
    for (uint32_t i = 0; i < bins; i++) count[i] = (double)n->bin[i];
    ttfs_html_histogram(b, count, (int)bins,
                        ttfs_arena_printf(&a, "weights from %d to %d", -(1 << (n->bits - 1)),
                                          (1 << (n->bits - 1)) - 1));
    ttfs_arena_free(&a);
}

static void tile(TtfsBuf *b, const TtfsPage *p, const TtfsPopulation *pop) {
    Weights n = {0};
    uint32_t bins = count_weights(&n, &p->out->spike, pop);
    const cJSON *e =
        ttfs_page_named(cJSON_GetObjectItem(p->accuracy, "layers"), "population", pop->name);
    if (n.weights == 0) return;
    double all = (double)n.weights, clipped = ttfs_page_number(e, "clipped_weights");
    ttfs_buf_puts(b, "<figure>");
    histogram(b, &n, bins);
    ttfs_buf_puts(b, "<figcaption><b>");
    ttfs_html_cut(b, pop->name, 60);
    ttfs_buf_puts(b, "</b><br/>");
    ttfs_html_count(b, all);
    ttfs_buf_printf(b,
                    " weights of %u bit, %.1f %% are 0, <span class=\"%s\">%.2f %% clipped"
                    "</span></figcaption></figure>",
                    n.bits, 100 * (double)n.zero / all, clipped > 0.01 * all ? "bad" : "",
                    100 * clipped / all);
}

void ttfs_page_weights(TtfsBuf *b, const TtfsPage *p) {
    const TtfsSpike *s = &p->out->spike;
    ttfs_buf_puts(b, "<h2>Weights</h2><p class=\"key\">On the grid of their integers, the least on "
                     "the left.");
    if (s->pops.len > MOST)
        ttfs_buf_printf(b, " The first %d of %u populations.", MOST, s->pops.len);
    ttfs_buf_puts(b, "</p><div class=\"tiles\">");
    for (uint32_t i = 0; i < s->pops.len && i < MOST; i++) tile(b, p, &s->pops.at[i]);
    ttfs_buf_puts(b, "</div>");
}
