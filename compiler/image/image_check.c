/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker of images: sizes, ids, slots and stages, and bits that no memory holds. What the bits
 * mean is image_to_spike's. Invariant of a checked image: every array can be indexed by the counts
 * and ids beside it, and every bit beyond a row's is zero.
 */
#include "image.h"

#include <math.h>

enum { EMPTY_SECTION = 2 }; /* words of a section of the stream that holds no weights */

static bool check_conn(const TtfsImageConn *c, uint32_t index, uint32_t id, TtfsLoc loc,
                       TtfsDiag *diag) {
    if (c->src == 0 || c->src >= id || c->kind > 3)
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                          "population %u: a connection of kind %u from population %u", id, c->kind,
                          c->src);
    return c->shared <= index || ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                                            "population %u: connection %u shares the weights of %u",
                                            id, index + 1, c->shared);
}

/* Inside the turn; the input comes first, and nothing is computed before what it reads. */
static bool check_when(const TtfsImage *img, uint32_t id, TtfsLoc loc, TtfsDiag *diag) {
    const TtfsImagePop *p = &img->pops.at[id - 1];
    if (p->slot >= img->slots || p->stage >= TTFS_IMAGE_STAGES)
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                          "population %u: slot %u and stage %u, below %u and %u expected", id,
                          p->slot, p->stage, img->slots, TTFS_IMAGE_STAGES);
    if (p->kind == 0 && (p->slot || p->stage))
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                          "population %u, an input, has slot %u and stage %u, 0 and 0 expected", id,
                          p->slot, p->stage);
    for (uint32_t i = p->conn_first; i < p->conn_first + p->conn_count; i++) {
        const TtfsImagePop *src = &img->pops.at[img->conns.at[i].src - 1];
        if (src->stage > p->stage || (src->stage == p->stage && src->slot >= p->slot))
            return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                              "population %u has stage %u, slot %u, its source %u stage %u, slot "
                              "%u: a later stage expected, or a later slot",
                              id, p->stage, p->slot, img->conns.at[i].src, src->stage, src->slot);
        if (img->early && p->stage - src->stage < TTFS_IMAGE_EARLY)
            return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                              "population %u has stage %u, its source %u stage %u: %d later "
                              "expected at least, as cores are a turn ahead",
                              id, p->stage, img->conns.at[i].src, src->stage, TTFS_IMAGE_EARLY);
    }
    return true;
}

static bool check_pop(const TtfsImage *img, uint32_t id, const char *file, TtfsDiag *diag) {
    const TtfsImagePop *p = &img->pops.at[id - 1];
    TtfsLoc loc = TTFS_AT_NODE(file, p->name);
    uint64_t rows = (uint64_t)p->c * p->h;
    if (p->c == 0 || p->h == 0 || p->w == 0 || rows > 1u << 24 || rows * p->w > 1u << 24)
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT, "population %u has shape %u x %u x %u", id,
                          p->c, p->h, p->w);
    if (p->kind > 3 || p->ticks > 65535 || (p->conn_count == 0) != (p->kind == 0))
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                          "population %u: kind %u with %u connections, %u ticks", id, p->kind,
                          p->conn_count, p->ticks);
    if (!isfinite(p->scale) || !isfinite(p->offset))
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT, "population %u: scale or offset", id);
    bool linear = p->kind == 1 || p->kind == 3;
    if (p->bias_count != 0 ? !linear || (p->bias_count != p->c && p->bias_count != rows * p->w)
                           : linear)
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT, "population %u has %u biases", id,
                          p->bias_count);
    bool ok = true;
    for (uint32_t i = p->conn_first; i < p->conn_first + p->conn_count; i++)
        ok = check_conn(&img->conns.at[i], i, id, loc, diag) && ok;
    return ok && check_when(img, id, loc, diag);
}

/* Every population has its connections, one after the other. */
static bool check_counts(const TtfsImage *img, TtfsLoc loc, TtfsDiag *diag) {
    uint32_t next = 0;
    if (img->pops.len == 0 || img->slots == 0 || img->slots > TTFS_IMAGE_SLOTS)
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                          "%u populations in %u slots, at least 1 in 1 to %u expected",
                          img->pops.len, img->slots, TTFS_IMAGE_SLOTS);
    for (uint32_t i = 0; i < img->pops.len; i++) {
        const TtfsImagePop *p = &img->pops.at[i];
        if (p->conn_first != next || p->conn_count > img->conns.len - next)
            return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT, "population %u: connections %u+%u",
                              i + 1, p->conn_first, p->conn_count);
        next += p->conn_count;
    }
    return next == img->conns.len ||
           ttfs_error(diag, loc, TTFS_IMAGE_FORMAT, "%u connections, %u belong to a population",
                      img->conns.len, next);
}

static bool check_ids(const TtfsImage *img, TtfsLoc loc, TtfsDiag *diag) {
    bool ok = true;
    if (img->flows > img->chip.flows || img->input_flow >= img->flows)
        ok = ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                        "%u flows, the input's is %u; the chip has %u", img->flows, img->input_flow,
                        img->chip.flows);
    for (uint32_t f = 0; f < img->flows; f++)
        if (img->flow_pop[f] == 0 || img->flow_pop[f] > img->pops.len)
            ok = ttfs_error(diag, loc, TTFS_IMAGE_FORMAT, "flow %u: no population %u", f,
                            img->flow_pop[f]);
    return ok;
}

static bool check_memory(const TtfsImage *img, uint32_t core, TtfsMem m, TtfsLoc loc,
                         TtfsDiag *diag) {
    const TtfsMemImage *mem = &img->cores[core].mem[m];
    TtfsMemShape shape = ttfs_chip_memory(&img->chip, m);
    if (mem->rows == 0) return true;
    if (mem->rows > shape.rows || mem->chunks != shape.chunks)
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                          "core %u: %u rows of %u words in %s, the chip has %u of %u", core,
                          mem->rows, mem->chunks, shape.name, shape.rows, shape.chunks);
    uint32_t used = shape.bits % 32;
    for (uint32_t r = 0; used && r < mem->rows; r++)
        if (mem->words[(size_t)(r + 1) * mem->chunks - 1] >> used)
            return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                              "core %u: a bit of row %u of %s is set that the chip does not have",
                              core, r, shape.name);
    return true;
}

/* What a chip needs so that its cores may be a turn ahead of one another. */
static bool check_early(const TtfsImage *img, TtfsLoc loc, TtfsDiag *diag) {
    uint32_t cores = ttfs_chip_cores(&img->chip), most = img->chip.stream ? EMPTY_SECTION : 0;
    if (!img->early || (cores > 1 && img->slots == 1 && img->stream.len <= most)) return true;
    return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT,
                      "early 1 with %u cores, %u slots and %u words of a stream; several cores, 1 "
                      "slot and %u words expected",
                      cores, img->slots, img->stream.len, most);
}

static bool check_directory(const TtfsImage *img, const char *file, TtfsDiag *diag) {
    TtfsLoc loc = TTFS_AT_FILE(file);
    if (!ttfs_chip_check(&img->chip, file, diag) || !check_counts(img, loc, diag)) return false;
    bool ok = check_ids(img, loc, diag);
    ok = check_early(img, loc, diag) && ok;
    for (uint32_t i = 0; i < img->pops.len; i++) ok = check_pop(img, i + 1, file, diag) && ok;
    return ok;
}

bool ttfs_image_check(const TtfsImage *img, const char *file, TtfsDiag *diag) {
    if (!check_directory(img, file, diag)) return false;
    bool ok = true;
    for (uint32_t c = 0; c < ttfs_chip_cores(&img->chip); c++)
        for (int m = 0; m < TTFS_MEMS; m++)
            ok = check_memory(img, c, (TtfsMem)m, TTFS_AT_FILE(file), diag) && ok;
    return ok;
}
