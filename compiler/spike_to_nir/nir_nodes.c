/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes of a NIR file: a group with `type` and its parameters as datasets, as nir 1.0 writes them.
 * Numbers are float32, whole ones int64.
 */
#include "nir_maker.h"

#include <math.h>
#include <string.h>

uint32_t ttfs_nir_put_shape(const TtfsPopulation *p, bool flat, uint64_t dim[3]) {
    dim[0] = flat ? ttfs_pop_size(p) : p->c;
    dim[1] = p->h, dim[2] = p->w;
    return flat ? 1 : 3;
}

const char *ttfs_nir_put_name(NirMaker *m, const char *name, const char *part) {
    return ttfs_names_take(&m->names, ttfs_arena_printf(&m->arena, "%s.%s", name, part), &m->arena);
}

void ttfs_nir_put_edge(NirMaker *m, const char *from, const char *to) {
    *TTFS_PUSH(&m->arena, m->edges) = from;
    *TTFS_PUSH(&m->arena, m->edges) = to;
}

float ttfs_nir_put_real(NirMaker *m, double v) {
    if (!isfinite((float)v)) m->infinite = true;
    return (float)v;
}

const float *ttfs_nir_put_all(NirMaker *m, double v, uint64_t n) {
    float *all = TTFS_ARRAY(&m->arena, float, n), one = ttfs_nir_put_real(m, v);
    for (uint64_t i = 0; i < n; i++) all[i] = one;
    return all;
}

/* --- a node: begin, parameters, put --- */

static TtfsHdf5Header begin(NirMaker *m, const char *type) {
    TtfsHdf5Header h = ttfs_hdf5_group();
    ttfs_hdf5_link(&h, "type", ttfs_hdf5_strings(&m->w, 0, NULL, &type));
    return h;
}

static void put(NirMaker *m, const char *name, TtfsHdf5Header *h) {
    ttfs_hdf5_link(&m->nodes, name, ttfs_hdf5_put(&m->w, h));
}

static void reals(NirMaker *m, TtfsHdf5Header *h, const char *name, uint32_t rank,
                  const uint64_t *dim, const float *v) {
    ttfs_hdf5_link(h, name, ttfs_hdf5_numbers(&m->w, TTFS_HDF5_WRITE_F32, rank, dim, v, true));
}

static void whole(NirMaker *m, TtfsHdf5Header *h, const char *name, int64_t v) {
    ttfs_hdf5_link(h, name, ttfs_hdf5_numbers(&m->w, TTFS_HDF5_WRITE_I64, 0, NULL, &v, false));
}

static void wholes(NirMaker *m, TtfsHdf5Header *h, const char *name, uint32_t n,
                   const uint64_t *v) {
    uint64_t dim = n;
    ttfs_hdf5_link(h, name, ttfs_hdf5_numbers(&m->w, TTFS_HDF5_WRITE_I64, 1, &dim, v, false));
}

static void pair(NirMaker *m, TtfsHdf5Header *h, const char *name, const uint32_t *v) {
    wholes(m, h, name, 2, (uint64_t[]){v[0], v[1]});
}

void ttfs_nir_put_end(NirMaker *m, const char *name, const char *type, uint32_t rank,
                      const uint64_t *dim) {
    TtfsHdf5Header h = begin(m, type);
    wholes(m, &h, "shape", rank, dim);
    put(m, name, &h);
}

void ttfs_nir_put_affine(NirMaker *m, const char *name, uint64_t out, uint64_t in,
                         const float *weights, const float *bias) {
    TtfsHdf5Header h = begin(m, "Affine");
    reals(m, &h, "weight", 2, (uint64_t[]){out, in}, weights);
    reals(m, &h, "bias", 1, &out, bias);
    put(m, name, &h);
}

void ttfs_nir_put_conv(NirMaker *m, const char *name, const NirConv *c) {
    TtfsHdf5Header h = begin(m, "Conv2d");
    uint64_t out = c->out;
    reals(m, &h, "weight", 4, (uint64_t[]){out, c->in, c->kernel[0], c->kernel[1]}, c->weights);
    reals(m, &h, "bias", 1, &out, c->bias);
    wholes(m, &h, "input_shape", 2, (uint64_t[]){c->h, c->w});
    pair(m, &h, "stride", c->stride);
    pair(m, &h, "padding", c->pad);
    pair(m, &h, "dilation", c->dilation);
    whole(m, &h, "groups", 1);
    put(m, name, &h);
}

void ttfs_nir_put_flatten(NirMaker *m, const char *name, const TtfsPopulation *p) {
    TtfsHdf5Header h = begin(m, "Flatten");
    wholes(m, &h, "input_type", 3, (uint64_t[]){p->c, p->h, p->w});
    whole(m, &h, "start_dim", 0);
    whole(m, &h, "end_dim", -1);
    put(m, name, &h);
}

static uint64_t count(uint32_t rank, const uint64_t *dim) {
    uint64_t n = 1;
    for (uint32_t i = 0; i < rank; i++) n *= dim[i];
    return n;
}

void ttfs_nir_put_if(NirMaker *m, const char *name, uint32_t rank, const uint64_t *dim,
                     double threshold) {
    TtfsHdf5Header h = begin(m, "IF");
    TtfsMark mark = ttfs_arena_mark(&m->arena);
    uint64_t n = count(rank, dim);
    reals(m, &h, "r", rank, dim, ttfs_nir_put_all(m, 1, n));
    reals(m, &h, "v_threshold", rank, dim, ttfs_nir_put_all(m, threshold, n));
    reals(m, &h, "v_reset", rank, dim, ttfs_nir_put_all(m, 0, n));
    put(m, name, &h);
    ttfs_arena_release(&m->arena, mark);
}

void ttfs_nir_put_scale(NirMaker *m, const char *name, uint32_t rank, const uint64_t *dim,
                        double factor) {
    TtfsHdf5Header h = begin(m, "Scale");
    TtfsMark mark = ttfs_arena_mark(&m->arena);
    reals(m, &h, "scale", rank, dim, ttfs_nir_put_all(m, factor, count(rank, dim)));
    put(m, name, &h);
    ttfs_arena_release(&m->arena, mark);
}
