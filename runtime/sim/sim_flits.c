/* SPDX-License-Identifier: Apache-2.0
 *
 * Flits of a turn. A flit is {flow, turn, y, x, c, value}, value in the lowest bits, the turn's bit
 * on a mesh; the image's directory says which population a flow carries, and with its stage whose
 * sample that is. A value y of a population of T ticks is a spike at tick T - y. What left the chip
 * is trusted in nothing.
 */
#include "sim_flits.h"

#include <string.h>

typedef struct {
    uint32_t flow, y, x, c;
    uint64_t value;
} Flit;

static uint64_t pack(const TtfsChip *chip, const Flit *f) {
    uint64_t v = f->flow;
    v = v << (ttfs_chip_turn_bits(chip) + chip->y_bits) | f->y;
    v = v << chip->x_bits | f->x;
    v = v << chip->c_bits | f->c;
    return v << ttfs_chip_flit_value_bits(chip) | f->value;
}

static uint64_t take(uint64_t *v, uint32_t bits) {
    uint64_t low = *v & ((UINT64_C(1) << bits) - 1);
    *v >>= bits;
    return low;
}

static Flit unpack(const TtfsChip *chip, uint64_t v) {
    Flit f = {.value = take(&v, ttfs_chip_flit_value_bits(chip))};
    f.c = (uint32_t)take(&v, chip->c_bits);
    f.x = (uint32_t)take(&v, chip->x_bits);
    f.y = (uint32_t)take(&v, chip->y_bits);
    take(&v, ttfs_chip_turn_bits(chip));
    f.flow = (uint32_t)v;
    return f;
}

uint32_t ttfs_image_pop_size(const TtfsImagePop *p) {
    return p->c * p->h * p->w;
}

/* The image was checked: its input's flow carries one. */
const TtfsImagePop *ttfs_image_input(const TtfsImage *img) {
    return &img->pops.at[img->flow_pop[img->input_flow] - 1];
}

uint32_t ttfs_sim_encode(const TtfsImage *img, const uint16_t *x, uint64_t *flits) {
    const TtfsImagePop *p = ttfs_image_input(img);
    uint32_t n = 0;
    Flit f = {.flow = img->input_flow};
    for (f.y = 0; f.y < p->h; f.y++)
        for (f.x = 0; f.x < p->w; f.x++)
            for (f.c = 0; f.c < p->c; f.c++) {
                f.value = x[(f.c * p->h + f.y) * p->w + f.x];
                if (f.value) flits[n++] = pack(&img->chip, &f);
            }
    return n;
}

/* The population that a flow carries; none when the image knows no such flow. */
static TtfsPop pop_of(const TtfsImage *img, const Flit *f) {
    return (TtfsPop){f->flow < img->flows ? img->flow_pop[f->flow] : 0};
}

/* The neuron of an id; beyond the population when there is none such. */
static uint32_t neuron_of(const TtfsImagePop *p, const Flit *f) {
    if (f->x >= p->w || f->y >= p->h || f->c >= p->c) return UINT32_MAX;
    return (f->c * p->h + f->y) * p->w + f->x;
}

static bool is_readout(const TtfsImage *img, TtfsPop pop) {
    return pop.i && img->pops.at[pop.i - 1].kind == TTFS_POP_READOUT;
}

bool ttfs_sim_is_sum(const TtfsImage *img, uint64_t flit) {
    Flit f = unpack(&img->chip, flit);
    return is_readout(img, pop_of(img, &f));
}

static TtfsTrace *trace_of(const TtfsImage *img, TtfsPop pop, const TtfsSimTraces *out) {
    uint32_t stage = pop.i ? img->pops.at[pop.i - 1].stage : UINT32_MAX;
    return stage < out->stages ? out->stage[stage] : out->nowhere;
}

/* Readouts are taken where the host gets them. */
static void add_spike(const TtfsImage *img, uint64_t flit, const TtfsSimTraces *out) {
    Flit f = unpack(&img->chip, flit);
    TtfsPop pop = pop_of(img, &f);
    if (is_readout(img, pop)) return;
    const TtfsImagePop *p = pop.i ? &img->pops.at[pop.i - 1] : NULL;
    ttfs_trace_add(trace_of(img, pop, out), pop, p ? neuron_of(p, &f) : UINT32_MAX,
                   p ? p->ticks - (uint32_t)f.value : 0);
}

static void add_part(const TtfsImage *img, uint64_t flit, TtfsSimSum *sum, uint32_t sums,
                     const TtfsSimTraces *out) {
    Flit f = unpack(&img->chip, flit);
    TtfsPop pop = pop_of(img, &f);
    TtfsTrace *trace = trace_of(img, pop, out);
    const TtfsSpike *s = trace->spike;
    bool known = is_readout(img, pop) && pop.i <= s->pops.len &&
                 ttfs_spike_pop(s, pop)->kind == TTFS_POP_READOUT;
    uint32_t neuron = known ? neuron_of(&img->pops.at[pop.i - 1], &f) : UINT32_MAX;
    known = known && neuron < ttfs_pop_size(ttfs_spike_pop(s, pop));
    uint64_t at = known ? trace->first[pop.i - 1] + neuron : 0;
    if (!known || at >= sums || sum[at].parts == ttfs_chip_sum_flits(&img->chip)) {
        ttfs_trace_add(trace, pop, neuron, 0); /* a fault: it spikes at no time */
        return;
    }
    sum[at].bits |= f.value << (sum[at].parts * ttfs_chip_flit_value_bits(&img->chip));
    sum[at].parts++;
}

/* The sum of all parts; the last was sign-extended to the end of its flit. */
static int32_t whole_sum(const TtfsChip *chip, uint64_t v) {
    uint32_t width = ttfs_chip_sum_flits(chip) * ttfs_chip_flit_value_bits(chip);
    uint64_t sign = UINT64_C(1) << (width - 1);
    return (int32_t)((v ^ sign) - sign);
}

static void take_sums(const TtfsImage *img, const TtfsSimSum *sum, uint32_t sums, TtfsPop pop,
                      TtfsTrace *out) {
    for (uint32_t i = 0; i < ttfs_pop_size(ttfs_spike_pop(out->spike, pop)); i++) {
        uint64_t at = out->first[pop.i - 1] + i;
        if (at < sums && sum[at].parts == ttfs_chip_sum_flits(&img->chip))
            out->potential[at] = whole_sum(&img->chip, sum[at].bits);
        else
            ttfs_trace_add(out, pop, i, 0);
    }
}

void ttfs_sim_decode(const TtfsImage *img, const TtfsSimTurn *io, TtfsSimSum *sum, uint32_t sums,
                     const TtfsSimTraces *out) {
    const TtfsSpike *s = out->nowhere->spike;
    memset(sum, 0, sums * sizeof *sum);
    for (uint32_t i = 0; !out->traced && i < io->trace.len; i++)
        add_spike(img, io->trace.at[i], out);
    for (uint32_t i = 0; i < io->out.len; i++)
        if (out->traced && !ttfs_sim_is_sum(img, io->out.at[i]))
            add_spike(img, io->out.at[i], out);
        else
            add_part(img, io->out.at[i], sum, sums, out);
    for (TtfsPop p = {1}; p.i <= s->pops.len && p.i <= img->pops.len; p.i++)
        if (ttfs_spike_pop(s, p)->kind == TTFS_POP_READOUT)
            take_sums(img, sum, sums, p, trace_of(img, p, out));
}
