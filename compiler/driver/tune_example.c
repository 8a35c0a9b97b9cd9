/* SPDX-License-Identifier: Apache-2.0
 *
 * Activations by the fast engine, on the real samples (not as the chip's input rounds them), some
 * at once.
 */
#include "tune_example.h"

bool ttfs_tune_example_open(TtfsTuneExample *e, const TtfsTuneMove *m, const TtfsIr *canonical,
                            const TtfsNet *net, TtfsArena *a, TtfsDiag *diag) {
    const TtfsSession *s = m->session;
    *e = (TtfsTuneExample){.move = m, .net = net};
    e->fast = ttfs_fast_open(canonical, &(TtfsFastOptions){.whole = true}, diag);
    for (uint32_t i = 0; e->fast && i < TTFS_TUNE_CHUNKS && i < s->threads; i++) {
        e->work[i] = ttfs_fast_work(e->fast);
        e->x[i] = TTFS_ARRAY(a, float, s->input.elements *TTFS_FAST_SAMPLES);
    }
    return e->fast != NULL;
}

void ttfs_tune_example_close(TtfsTuneExample *e) {
    for (uint32_t i = 0; i < TTFS_TUNE_CHUNKS; i++)
        if (e->work[i]) ttfs_fast_drop(e->work[i]);
    if (e->fast) ttfs_fast_close(e->fast);
}

/* Samples of a run, and where their values go. */
typedef struct {
    const TtfsNet *net;
    uint32_t first, lanes;
    float *const *to;
} Place;

/* Sample after sample becomes lanes side by side. */
static void put(const TtfsNetLayer *l, const float *values, uint64_t n, uint32_t lanes, float *to) {
    uint32_t size = ttfs_net_size(l);
    for (uint64_t k = 0; k < n; k++)
        for (uint32_t i = 0; i < size; i++) to[(size_t)i * lanes + k] = values[k * size + i];
}

static void seen(void *context, const TtfsNode *node, const float *values, uint64_t n) {
    const Place *p = context;
    for (uint32_t i = 0; i < p->net->layers.len; i++)
        if (p->to[i] && p->net->layers.at[i].tensor.i == node->out.i)
            put(&p->net->layers.at[i], values, n, p->lanes, p->to[i] + p->first);
}

bool ttfs_tune_example_show(const TtfsTuneExample *e, uint32_t member, const uint32_t *sample,
                            uint32_t n, uint32_t turn, uint32_t lanes, float *const *to,
                            TtfsDiag *diag) {
    uint64_t elements = e->move->session->input.elements;
    for (uint32_t first = 0; first < n; first += TTFS_FAST_SAMPLES) {
        uint32_t some = n - first < TTFS_FAST_SAMPLES ? n - first : TTFS_FAST_SAMPLES;
        for (uint32_t i = 0; i < some; i++)
            if (!ttfs_tune_sample(e->move, sample[first + i], turn, e->x[member] + i * elements,
                                  diag))
                return false;
        Place p = {e->net, first, lanes, to};
        ttfs_fast_run(e->work[member], e->x[member], some, seen, &p);
    }
    return true;
}
