/* SPDX-License-Identifier: Apache-2.0
 *
 * Text -> spike graph, checked. In: any bytes; out: a graph that passed ttfs_spike_check, or an
 * empty one and the fault with file:line:col. Invariant: memory grows with the text that is really
 * there, never with a number that it names: lists are counted as they are read, and a blob is only
 * allocated when as many bytes are present.
 */
#include "spike_inside.h"

#include <inttypes.h>
#include <string.h>

typedef struct {
    TtfsLex lex;
    TtfsSpike *out;
    const char *file;
    TtfsDiag *diag;
} Reader;

/* The word that is current, as its place in `words`. */
static bool read_choice(Reader *r, const char *const *words, int n, int *out) {
    for (*out = 0; *out < n; ++*out)
        if (ttfs_lex_accept(&r->lex, words[*out])) return !r->lex.failed;
    return ttfs_lex_fail(&r->lex, TTFS_TEXT_SYNTAX, "one of '%s' .. '%s' expected", words[0],
                         words[n - 1]);
}

static bool read_u32s(Reader *r, const char *key, uint32_t *out, int n) {
    if (!ttfs_lex_expect(&r->lex, key)) return false;
    for (int i = 0; i < n; i++)
        if (!ttfs_lex_u32(&r->lex, UINT32_MAX, &out[i])) return false;
    return true;
}

/* `key [ numbers ]` over any number of lines; there must be `want` or `or_want` of them. */
static bool read_list(Reader *r, const char *key, uint64_t want, uint64_t or_want, int32_t **out,
                      uint32_t *count) {
    TtfsLex *l = &r->lex;
    TTFS_VEC(int32_t) v = {0};
    if (!ttfs_lex_expect(l, key) || !ttfs_lex_expect(l, "[")) return false;
    while (!ttfs_lex_is(l, "]")) {
        int64_t value;
        if (l->kind == TTFS_TOK_EOL) {
            ttfs_lex_next(l);
            continue;
        }
        if (v.len >= TTFS_MAX_NEURONS)
            return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%s has more than %d values", key,
                                 TTFS_MAX_NEURONS);
        if (!ttfs_lex_i64(l, INT32_MIN, INT32_MAX, &value)) return false;
        *TTFS_PUSH(&r->out->arena, v) = (int32_t)value;
    }
    if (v.len != want && v.len != or_want)
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE,
                             "%s has %" PRIu32 " values, the population %" PRIu64 " channels", key,
                             v.len, want);
    *count = v.len;
    *out = v.at ? v.at : TTFS_ARRAY(&r->out->arena, int32_t, 0);
    return ttfs_lex_expect(l, "]") && ttfs_lex_eol(l);
}

/* How the rate varies, where that is known. */
static bool read_rates(Reader *r, TtfsRates *out) {
    TtfsLex *l = &r->lex;
    if (!ttfs_lex_is(l, "vary")) return true;
    uint32_t vary[2], bands[2];
    if (!read_u32s(r, "vary", vary, 2) || !read_u32s(r, "bands", bands, 2) ||
        !ttfs_lex_expect(l, "["))
        return false;
    if (bands[0] < 1 || bands[0] > TTFS_MAX_BANDS || bands[1] < 1 || bands[1] > TTFS_MAX_BANDS)
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%" PRIu32 "x%" PRIu32 " bands, 1 to %d are known",
                             bands[0], bands[1], TTFS_MAX_BANDS);
    *out = (TtfsRates){.rows = bands[0], .cols = bands[1], .vary = vary[0], .vary_part = vary[1]};
    out->part = TTFS_ARRAY(&r->out->arena, uint32_t, bands[0] * bands[1]);
    for (uint32_t i = 0; i < bands[0] * bands[1]; i++) {
        while (l->kind == TTFS_TOK_EOL) ttfs_lex_next(l);
        if (!ttfs_lex_u32(l, UINT32_MAX, &out->part[i])) return false;
    }
    while (l->kind == TTFS_TOK_EOL) ttfs_lex_next(l);
    return ttfs_lex_expect(l, "]") && ttfs_lex_eol(l);
}

static bool at_connection(const Reader *r) {
    return ttfs_lex_is(&r->lex, "dense") || ttfs_lex_is(&r->lex, "conv") ||
           ttfs_lex_is(&r->lex, "pool") || ttfs_lex_is(&r->lex, "minpool");
}

/* Weights of an earlier connection, which has as many of its own. */
static bool read_shared(Reader *r, TtfsConnection *c) {
    const TtfsSpike *s = r->out;
    if (!ttfs_lex_key_u32(&r->lex, "shared", UINT32_MAX, &c->shared)) return false;
    if (c->shared >= 1 && c->shared <= s->conns.len && !s->conns.at[c->shared - 1].shared &&
        s->conns.at[c->shared - 1].weight_count == c->weight_count)
        return true;
    return ttfs_lex_fail(&r->lex, TTFS_TEXT_RANGE,
                         "connection %" PRIu32 " has no %" PRIu64 " weights of its own to share",
                         c->shared, c->weight_count);
}

static bool read_connection(Reader *r, TtfsPopulation *pop) {
    static const char *const word[] = {"dense", "conv", "pool", "minpool"};
    int kind;
    uint32_t range[2];
    TtfsConnection c = {.dst = {r->out->pops.len}, .group = 1};
    if (!read_choice(r, word, 4, &kind) ||
        !ttfs_lex_key_u32(&r->lex, "from", UINT32_MAX, &c.src.i) ||
        !read_u32s(r, "channels", range, 2))
        return false;
    c.src_ch_first = range[0], c.src_channels = range[1];
    c.kind = (TtfsConnKind)kind;
    if (c.kind != TTFS_CONN_DENSE &&
        (!read_u32s(r, "kernel", c.kernel, 2) || !read_u32s(r, "stride", c.stride, 2) ||
         !read_u32s(r, "dilation", c.dilation, 2) || !read_u32s(r, "pad", c.pad, 4)))
        return false;
    if (c.kind == TTFS_CONN_CONV && !read_u32s(r, "group", &c.group, 1)) return false;
    if (!ttfs_conn_is_pool(&c) && (!ttfs_lex_key_u32(&r->lex, "bits", UINT32_MAX, &c.weight_bits) ||
                                   !ttfs_lex_expect(&r->lex, "weights") ||
                                   !ttfs_lex_u64(&r->lex, TTFS_MAX_WEIGHTS, &c.weight_count)))
        return false;
    if (ttfs_lex_is(&r->lex, "shared") && !read_shared(r, &c)) return false;
    *TTFS_PUSH(&r->out->arena, r->out->conns) = c;
    pop->conn_count++;
    return ttfs_lex_eol(&r->lex);
}

static bool read_population(Reader *r) {
    static const char *const word[] = {"input", "relu", "pool", "readout"};
    TtfsLex *l = &r->lex;
    TtfsPopulation p = {.conn_first = r->out->conns.len};
    uint32_t id, shape[3];
    int kind;
    if (!ttfs_lex_key_u32(l, "population", UINT32_MAX, &id)) return false;
    if (id != r->out->pops.len + 1)
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE,
                             "population %" PRIu32 " stands where %" PRIu32 " is due", id,
                             r->out->pops.len + 1);
    if (!ttfs_lex_string(l, &r->out->arena, &p.name) || !read_choice(r, word, 4, &kind) ||
        !ttfs_lex_eol(l) || !read_u32s(r, "shape", shape, 3) || !ttfs_lex_eol(l) ||
        !ttfs_lex_key_u32(l, "ticks", UINT32_MAX, &p.ticks) ||
        !ttfs_lex_key_u32(l, "start", UINT32_MAX, &p.start) ||
        !ttfs_lex_key_u32(l, "rate", UINT32_MAX, &p.rate_ppm) || !ttfs_lex_eol(l) ||
        !read_rates(r, &p.rates) || !ttfs_lex_expect(l, "scale") || !ttfs_lex_f64(l, &p.scale) ||
        !ttfs_lex_expect(l, "offset") || !ttfs_lex_f64(l, &p.offset) || !ttfs_lex_eol(l))
        return false;
    p.kind = (TtfsPopKind)kind;
    p.c = shape[0], p.h = shape[1], p.w = shape[2];
    bool linear = p.kind == TTFS_POP_RELU || p.kind == TTFS_POP_READOUT;
    uint64_t plane = (uint64_t)p.h * p.w;
    uint64_t neurons = plane <= TTFS_MAX_NEURONS ? plane * p.c : 0;
    uint32_t ramps;
    if (linear && !read_list(r, "bias", p.c, neurons, &p.bias, &p.bias_count)) return false;
    if (p.kind == TTFS_POP_RELU && !read_list(r, "ramp", p.c, p.c, &p.ramp, &ramps)) return false;
    TtfsPopulation *pop = TTFS_PUSH(&r->out->arena, r->out->pops);
    *pop = p;
    while (at_connection(r))
        if (!read_connection(r, pop)) return false;
    return !l->failed;
}

/* Hands the bytes of the blob to the connections, in order. */
static bool assign_weights(Reader *r, const unsigned char *bytes, uint64_t n) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < r->out->conns.len; i++)
        total += r->out->conns.at[i].shared ? 0 : r->out->conns.at[i].weight_count;
    if (n != total * 2)
        return ttfs_lex_fail(&r->lex, TTFS_TEXT_RANGE,
                             "the blob has %" PRIu64 " bytes, %" PRIu64 " weights need %" PRIu64, n,
                             total, total * 2);
    int16_t *w = ttfs_arena_try_array(&r->out->arena, (size_t)total, sizeof *w);
    if (!w) return ttfs_lex_fail(&r->lex, TTFS_LIMIT, "no memory for %" PRIu64 " weights", total);
    for (uint64_t i = 0; i < total; i++) {
        int value = bytes[2 * i] | bytes[2 * i + 1] << 8;
        w[i] = (int16_t)(value < 0x8000 ? value : value - 0x10000);
    }
    for (uint32_t i = 0; i < r->out->conns.len; i++) {
        TtfsConnection *c = &r->out->conns.at[i];
        if (c->shared) {
            c->weights = r->out->conns.at[c->shared - 1].weights;
            continue;
        }
        if (!ttfs_conn_is_pool(c)) c->weights = w;
        w += c->weight_count;
    }
    return true;
}

static bool read_hex_blob(Reader *r, TtfsArena *scratch) {
    TtfsLex *l = &r->lex;
    uint64_t n;
    if (!ttfs_lex_u64(l, 2 * TTFS_MAX_WEIGHTS, &n) || !ttfs_lex_eol(l)) return false;
    uint64_t present = (uint64_t)(l->end - l->text) / 2;
    if (n > present)
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE,
                             "a blob of %" PRIu64 " bytes is named, at most %" PRIu64 " are there",
                             n, present);
    unsigned char *bytes = ttfs_arena_try_array(scratch, (size_t)n, 1);
    if (!bytes) return ttfs_lex_fail(l, TTFS_LIMIT, "no memory for %" PRIu64 " bytes", n);
    return ttfs_lex_hex_bytes(l, bytes, (size_t)n) && assign_weights(r, bytes, n);
}

static bool check_blob_file(Reader *r, const TtfsFile *f, const char *name, uint64_t n,
                            const char *sha) {
    char found[65];
    if (f->size != n)
        return ttfs_lex_fail(&r->lex, TTFS_TEXT_RANGE, "%s has %zu bytes, %" PRIu64 " are expected",
                             name, f->size, n);
    ttfs_sha256_of(f->bytes, f->size, found);
    if (strcmp(found, sha) != 0)
        return ttfs_lex_fail(&r->lex, TTFS_TEXT_RANGE, "%s has SHA-256 %.64s, %.64s is expected",
                             name, found, sha);
    return assign_weights(r, f->bytes, n);
}

static bool read_file_blob(Reader *r, TtfsArena *scratch) {
    TtfsLex *l = &r->lex;
    const char *name, *sha;
    uint64_t n;
    if (!ttfs_lex_string(l, scratch, &name) || !ttfs_lex_expect(l, "bytes") ||
        !ttfs_lex_u64(l, 2 * TTFS_MAX_WEIGHTS, &n) || !ttfs_lex_expect(l, "sha256") ||
        !ttfs_lex_string(l, scratch, &sha))
        return false;
    if (!*name || strchr(name, '/') || strcmp(name, "..") == 0)
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE,
                             "'%.80s' is not the name of a file beside the text", name);
    const char *path =
        ttfs_path_join(scratch, ttfs_path_dir(scratch, r->file ? r->file : ""), name);
    TtfsFile f;
    if (!ttfs_file_open(&f, path, (size_t)(2 * TTFS_MAX_WEIGHTS), r->diag)) return false;
    bool ok = check_blob_file(r, &f, name, n, sha);
    ttfs_file_close(&f);
    return ok && ttfs_lex_eol(l);
}

static bool read_blob(Reader *r) {
    TtfsArena scratch = {0};
    bool ok = ttfs_lex_expect(&r->lex, "blob");
    if (ok && ttfs_lex_accept(&r->lex, "hex"))
        ok = read_hex_blob(r, &scratch);
    else if (ok && ttfs_lex_expect(&r->lex, "file"))
        ok = read_file_blob(r, &scratch);
    else
        ok = false;
    ttfs_arena_free(&scratch);
    return ok;
}

static bool read_graph(Reader *r) {
    TtfsLex *l = &r->lex;
    uint32_t version;
    if (!ttfs_lex_key_u32(l, "ttfs-spike", UINT32_MAX, &version)) return false;
    if (version != 3)
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "version %" PRIu32 " of the form, 3 is known",
                             version);
    if (!ttfs_lex_eol(l) || !ttfs_lex_key_u32(l, "input", UINT32_MAX, &r->out->input.i) ||
        !read_u32s(r, "order", r->out->order, 3) ||
        !ttfs_lex_key_u32(l, "readout", UINT32_MAX, &r->out->readout.i) ||
        !ttfs_lex_key_u32(l, "latency", UINT32_MAX, &r->out->latency) || !ttfs_lex_eol(l))
        return false;
    while (ttfs_lex_is(l, "population"))
        if (!read_population(r)) return false;
    if (!ttfs_spike_read_outputs(r->out, l) || !read_blob(r)) return false;
    while (l->kind == TTFS_TOK_EOL) ttfs_lex_next(l);
    if (l->kind != TTFS_TOK_END)
        return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "the end of the text expected after the blob");
    return true;
}

bool ttfs_spike_read(TtfsSpike *s, const char *file, const void *text, size_t n, TtfsDiag *diag) {
    *s = (TtfsSpike){0};
    Reader r = {.out = s, .file = file, .diag = diag};
    ttfs_lex_init(&r.lex, file, text, n, diag);
    if (read_graph(&r) && ttfs_spike_check(s, file, diag)) return true;
    ttfs_spike_free(s);
    return false;
}
