/* SPDX-License-Identifier: Apache-2.0
 *
 * Plan + spike graph -> image. In: a checked plan of this graph; out: the directory and every
 * memory of every core. Tasks and buffers are sorted out by core once; each memory then has its own
 * maker (maker.h). Linear in what is written.
 */
#include "plan_to_image.h"

#include "maker.h"

_Static_assert((uint32_t)TTFS_IMAGE_SLOTS == TTFS_PLAN_SLOTS, "a chip's slots");
_Static_assert((uint32_t)TTFS_IMAGE_EARLY == TTFS_EARLY_TURNS, "how old values are");

static void add_connection(TtfsImage *img, const TtfsConnection *k) {
    TtfsImageConn c = {.kind = k->kind,
                       .src = k->src.i,
                       .weight_bits = k->weight_bits,
                       .src_ch_first = k->src_ch_first,
                       .src_channels = k->src_channels,
                       .group = k->group,
                       .shared = k->shared};
    for (int i = 0; i < 4; i++) {
        if (k->kind == TTFS_CONN_DENSE) break;
        c.kernel[i % 2] = k->kernel[i % 2];
        c.stride[i % 2] = k->stride[i % 2];
        c.dilation[i % 2] = k->dilation[i % 2];
        c.pad[i] = k->pad[i];
    }
    *TTFS_PUSH(&img->arena, img->conns) = c;
}

static void add_population(TtfsImage *img, const TtfsPopulation *p, TtfsWhen when) {
    *TTFS_PUSH(&img->arena, img->pops) =
        (TtfsImagePop){.kind = p->kind,
                       .name = ttfs_arena_strdup(&img->arena, p->name),
                       .c = p->c,
                       .h = p->h,
                       .w = p->w,
                       .ticks = p->ticks,
                       .start = p->start,
                       .rate_ppm = p->rate_ppm,
                       .scale = p->scale,
                       .offset = p->offset,
                       .bias_count = p->bias_count,
                       .conn_first = p->conn_first,
                       .conn_count = p->conn_count,
                       .slot = when.slot,
                       .stage = when.stage};
}

static void make_directory(TtfsMaker *m) {
    TtfsImage *img = m->img;
    for (uint32_t i = 0; i < m->spike->pops.len; i++)
        add_population(img, &m->spike->pops.at[i], ttfs_plan_when(m->plan, (TtfsPop){i + 1}));
    for (uint32_t i = 0; i < m->spike->conns.len; i++) add_connection(img, &m->spike->conns.at[i]);
    img->slots = m->plan->slots.len;
    img->early = m->plan->early;
    img->flows = m->plan->flows.len;
    img->flow_pop = TTFS_ARRAY(&img->arena, uint32_t, img->flows);
    for (uint32_t f = 0; f < img->flows; f++) img->flow_pop[f] = m->plan->flows.at[f].pop.i;
    if (!ttfs_plan_input_flow(m->plan, m->spike, &img->input_flow))
        ttfs_maker_fault(m, m->spike->input, TTFS_PLAN_CHECK, "no flow carries it");
}

/* Every core's tasks by slot, as they stand in the plan, and its buffers, which stand together. */
static void sort_out(TtfsMaker *m) {
    const TtfsPlan *p = m->plan;
    uint32_t cores = ttfs_chip_cores(&p->chip);
    m->cores = TTFS_ARRAY(&m->scratch, TtfsMakerCore, cores);
    for (uint32_t i = 0; i < p->tasks.len; i++) m->cores[p->tasks.at[i].core].count++;
    for (uint32_t c = 0; c < cores; c++) {
        m->cores[c].tasks = TTFS_ARRAY(&m->scratch, const TtfsTask *, m->cores[c].count);
        m->cores[c].count = 0;
    }
    for (uint32_t i = 0; i < p->tasks.len; i++) {
        TtfsMakerCore *c = &m->cores[p->tasks.at[i].core];
        c->tasks[c->count++] = &p->tasks.at[i];
    }
    for (uint32_t i = 0; i < p->buffers.len; i++) {
        TtfsMakerCore *c = &m->cores[p->buffers.at[i].core];
        if (c->buffer_count++ == 0) c->buffers = &p->buffers.at[i];
    }
    m->filled = TTFS_ARRAY(&m->scratch, bool, p->buffers.len);
    for (uint32_t i = 0; i < p->ends.len; i++) m->filled[p->ends.at[i]] = true;
}

bool ttfs_plan_to_image(const TtfsPlan *p, const TtfsSpike *s, TtfsImage *out, TtfsDiag *diag) {
    *out = (TtfsImage){.chip = p->chip};
    out->chip.name = ttfs_arena_strdup(&out->arena, p->chip.name);
    TtfsMaker m = {.plan = p, .spike = s, .img = out, .diag = diag, .ok = true};
    uint32_t cores = ttfs_chip_cores(&p->chip);
    out->cores = TTFS_ARRAY(&out->arena, TtfsCoreImage, cores);
    sort_out(&m);
    make_directory(&m);
    for (uint32_t c = 0; m.ok && c < cores; c++) ttfs_make_program(&m, c);
    for (uint32_t c = 0; m.ok && c < cores; c++) ttfs_make_numbers(&m, c);
    if (m.ok) ttfs_make_stream(&m);
    for (uint32_t c = 0; m.ok && c < cores; c++) ttfs_make_buffers(&m, c);
    if (m.ok) ttfs_make_routes(&m);
    ttfs_arena_free(&m.scratch);
    return m.ok && ttfs_image_check(out, NULL, diag) && ttfs_image_check_stream(out, NULL, diag);
}
