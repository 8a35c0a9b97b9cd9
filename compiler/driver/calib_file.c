/* SPDX-License-Identifier: Apache-2.0
 *
 * Calibrations to bytes and back. Nothing that is read is trusted: sizes are the network's,
 * counters must add up, and what does not is refused; so a calibration that is taken is one that
 * could have been made.
 */
#include "calib_file.h"

#include <math.h>
#include <string.h>

static const char magic[8] = "ttfscal\2";
enum { SHA_BYTES = 32, NODE_BYTES = 8, MOST_NAME = 1 << 16, BINS = TTFS_PLACE_BINS };
enum { PALETTE = 256 };

void ttfs_calibration_free(TtfsCalibration *c) {
    ttfs_calib_free(&c->calib);
    *c = (TtfsCalibration){0};
}

/* The first `n` bytes of a digest. */
static void from_hex(const char hex[65], unsigned char *out, size_t n) {
    for (size_t i = 0; i < 2 * n; i++) {
        unsigned v = (unsigned)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
        out[i / 2] = (unsigned char)(i % 2 ? out[i / 2] | v : v << 4);
    }
}

static void digest(const void *bytes, size_t n, unsigned char out[SHA_BYTES]) {
    char hex[65];
    ttfs_sha256_of(bytes, n, hex);
    from_hex(hex, out, SHA_BYTES);
}

/* --- what a layer is --- */

static void hash_words(TtfsSha256 *h, const uint32_t *v, size_t n) {
    ttfs_sha256_add(h, v, n * sizeof *v);
}

static void hash_floats(TtfsSha256 *h, const float *v, size_t n) {
    ttfs_sha256_add(h, v, n * sizeof *v);
}

static void hash_attributes(TtfsSha256 *h, const TtfsIrAttr *a) {
    const uint32_t flags[] = {a->trans_a, a->trans_b, a->count_pad, a->integer, a->last,
                              a->group,   a->axis,    a->k,         a->largest, a->indices};
    const float numbers[] = {a->alpha, a->beta, a->epsilon, a->slope, a->lo, a->hi, a->value};
    hash_words(h, flags, sizeof flags / sizeof *flags);
    hash_floats(h, numbers, sizeof numbers / sizeof *numbers);
    hash_words(h, a->kernel, 2), hash_words(h, a->stride, 2), hash_words(h, a->dilation, 2);
    hash_words(h, a->pad, 4), hash_words(h, a->perm, TTFS_MAX_RANK);
    hash_words(h, a->first, TTFS_MAX_RANK), hash_words(h, a->count, TTFS_MAX_RANK);
    ttfs_sha256_add(h, a->apart, sizeof a->apart);
    ttfs_sha256_add(h, a->before, sizeof a->before);
    ttfs_sha256_add(h, a->after, sizeof a->after);
}

/* Of all that says what a node computes. */
static void hash_node(const TtfsIr *ir, const TtfsNode *n, unsigned char out[NODE_BYTES]) {
    TtfsSha256 h;
    char hex[65];
    ttfs_sha256_init(&h);
    ttfs_sha256_add(&h, ttfs_op_name(n->op), strlen(ttfs_op_name(n->op)));
    hash_attributes(&h, &n->attr);
    for (uint32_t i = 0; i < n->n_in; i++) {
        const TtfsTensorInfo *t = ttfs_ir_tensor(ir, n->in[i]);
        hash_words(&h, &n->in[i].i, 1);
        hash_words(&h, t->dim, t->rank);
        if (t->data) hash_floats(&h, t->data, ttfs_ir_count(t));
    }
    ttfs_sha256_hex(&h, hex);
    from_hex(hex, out, NODE_BYTES);
}

/* --- packing --- */

static void put(TtfsBuf *b, uint64_t v) {
    for (; v >= 0x80; v >>= 7) ttfs_buf_bytes(b, &(unsigned char){(unsigned char)(v | 0x80)}, 1);
    ttfs_buf_bytes(b, &(unsigned char){(unsigned char)v}, 1);
}

static void put_float(TtfsBuf *b, float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    put(b, bits);
}

static void put_text(TtfsBuf *b, const char *s) {
    size_t n = strlen(s);
    put(b, n);
    ttfs_buf_bytes(b, s, n);
}

static void put_counters(TtfsBuf *b, const uint64_t *v, size_t n) {
    for (size_t i = 0, zeros; i < n; i++) {
        for (zeros = 0; i < n && v[i] == 0; i++) zeros++;
        put(b, zeros);
        if (i < n) put(b, v[i]);
    }
}

static void put_falling(TtfsBuf *b, const uint64_t *v) {
    uint64_t step[BINS];
    for (int i = 0; i < BINS; i++) step[i] = v[i] - (i + 1 < BINS ? v[i + 1] : 0);
    put_counters(b, step, BINS);
}

static void put_stat(TtfsBuf *b, const TtfsTensorStat *s) {
    const TtfsPlaceStat *p = &s->places;
    put(b, s->count);
    put(b, s->positive);
    put_float(b, s->min);
    put_float(b, s->max);
    put(b, s->bins != NULL);
    if (!s->bins) return;
    put_counters(b, s->bins, TTFS_HIST_BINS);
    for (uint32_t i = 0; i <= p->rows * p->cols; i++) {
        put_falling(b, p->sum + (size_t)i * BINS);
        put_falling(b, p->squares + (size_t)i * BINS);
    }
}

static void put_source(TtfsBuf *b, const TtfsCalibSource *s) {
    put_text(b, s->file);
    put_text(b, s->sha256);
    put(b, s->u8);
    put_float(b, s->map.lo);
    put_float(b, s->map.hi);
    put(b, s->map.channels);
    for (uint32_t i = 0; i < s->map.channels; i++) {
        put_float(b, s->map.mean[i]);
        put_float(b, s->map.deviation[i]);
    }
    put_float(b, s->lo);
    put_float(b, s->hi);
}

static void put_node(TtfsBuf *b, const TtfsIr *ir, const TtfsNode *n) {
    unsigned char hash[NODE_BYTES];
    const TtfsTensorInfo *t = ttfs_ir_tensor(ir, n->out);
    hash_node(ir, n, hash);
    put_text(b, n->name);
    put(b, t->rank);
    for (uint32_t i = 0; i < t->rank; i++) put(b, t->dim[i]);
    ttfs_buf_bytes(b, hash, NODE_BYTES);
}

/* Where `bits` are or would be among n ascending ones. */
static uint32_t place_of(const uint32_t *sorted, uint32_t n, uint32_t bits) {
    uint32_t first = 0;
    while (n > 0) {
        uint32_t half = n / 2;
        bool behind = sorted[first + half] < bits;
        first += behind ? half + 1 : 0;
        n = behind ? n - half - 1 : half;
    }
    return first;
}

static uint32_t bits_of(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* The different values, in the order of their bits; 0: more than a byte tells apart. */
static uint32_t palette_of(const float *v, size_t n, uint32_t palette[PALETTE]) {
    uint32_t count = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = bits_of(v[i]), at = place_of(palette, count, bits);
        if (at < count && palette[at] == bits) continue;
        if (count == PALETTE) return 0;
        memmove(palette + at + 1, palette + at, (count++ - at) * sizeof *palette);
        palette[at] = bits;
    }
    return count;
}

static void put_word(TtfsBuf *b, uint32_t bits) {
    const unsigned char word[] = {(unsigned char)bits, (unsigned char)(bits >> 8),
                                  (unsigned char)(bits >> 16), (unsigned char)(bits >> 24)};
    ttfs_buf_bytes(b, word, sizeof word);
}

static void put_samples(TtfsBuf *b, const TtfsKeptSamples *s, uint64_t elements) {
    uint32_t palette[PALETTE];
    size_t n = (size_t)(s->count * elements);
    if (!s->count) return;
    uint32_t values = palette_of(s->values, n, palette);
    put(b, s->count);
    put(b, values);
    for (uint32_t i = 0; i < values; i++) put_word(b, palette[i]);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = bits_of(s->values[i]);
        unsigned char at = values ? (unsigned char)place_of(palette, values, bits) : 0;
        if (values)
            ttfs_buf_bytes(b, &at, 1);
        else
            put_word(b, bits);
    }
}

void ttfs_calibration_pack(const TtfsCalibration *c, const TtfsIr *ir, TtfsBuf *out) {
    unsigned char sha[SHA_BYTES];
    size_t start = out->len;
    ttfs_buf_bytes(out, magic, sizeof magic);
    put_source(out, &c->source);
    put(out, c->calib.samples);
    put(out, ttfs_ir_count(ttfs_ir_tensor(ir, ir->input)));
    put(out, ir->nodes.len);
    for (uint32_t i = 0; i < ir->nodes.len; i++) put_node(out, ir, &ir->nodes.at[i]);
    put_stat(out, &c->calib.stat[ir->input.i - 1]);
    for (uint32_t i = 0; i < ir->nodes.len; i++)
        put_stat(out, &c->calib.stat[ir->nodes.at[i].out.i - 1]);
    put(out, c->margins.samples);
    if (c->margins.samples) put_counters(out, c->margins.bins, TTFS_MARGIN_BINS);
    put_samples(out, &c->kept, ttfs_ir_count(ttfs_ir_tensor(ir, ir->input)));
    digest(out->text + start, out->len - start, sha);
    ttfs_buf_bytes(out, sha, sizeof sha);
}

/* --- unpacking --- */

typedef struct {
    const unsigned char *at, *end;
    const TtfsIr *ir;
    TtfsCalibration *to;
    const char *file;
    TtfsDiag *diag;
    bool bad; /* the bytes say what cannot be */
} Reader;

static uint64_t get(Reader *r) {
    uint64_t v = 0;
    for (uint32_t shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        unsigned char byte = *r->at++;
        if (shift == 63 && byte > 1) break;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte == 0 && shift > 0) break; /* one way to write a number */
        if (byte < 0x80) return v;
    }
    r->bad = true;
    return 0;
}

static uint64_t get_most(Reader *r, uint64_t most) {
    uint64_t v = get(r);
    r->bad |= v > most;
    return v > most ? 0 : v;
}

static float get_float(Reader *r) {
    uint32_t bits = (uint32_t)get_most(r, UINT32_MAX);
    float v;
    memcpy(&v, &bits, sizeof v);
    r->bad |= !isfinite(v);
    return v;
}

static const char *get_text(Reader *r) {
    uint64_t n = get_most(r, MOST_NAME);
    if (n > (size_t)(r->end - r->at) || memchr(r->at, 0, (size_t)n)) r->bad = true;
    if (r->bad) return "";
    const char *s = ttfs_arena_strndup(&r->to->calib.arena, (const char *)r->at, (size_t)n);
    r->at += n;
    return s;
}

/* Counters whose sum is at most `most`; the sum. */
static uint64_t get_counters(Reader *r, uint64_t *v, size_t n, uint64_t most) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n && !r->bad; i++) {
        i += (size_t)get_most(r, n - i);
        if (i < n) v[i] = get_most(r, most - sum);
        r->bad |= i < n && v[i] == 0;
        if (i < n) sum += v[i];
    }
    return sum;
}

static void get_falling(Reader *r, uint64_t *v, uint64_t most) {
    get_counters(r, v, BINS, most);
    for (int i = BINS - 1; i-- > 0;) v[i] += v[i + 1];
}

/* Whether the highest bin that counts is that of the largest value. */
static bool tops_out(const TtfsTensorStat *s) {
    uint32_t bits, bin = TTFS_HIST_BINS - 1;
    memcpy(&bits, &s->max, sizeof bits);
    while (bin > 0 && s->bins[bin] == 0) bin--;
    return bin == bits >> TTFS_HIST_SHIFT;
}

/* The counters of a tensor that was positive somewhere. */
static void get_bins(Reader *r, TtfsTensorStat *s) {
    TtfsPlaceStat *p = &s->places;
    TtfsArena *a = &r->to->calib.arena;
    uint32_t regions = p->rows * p->cols + 1;
    s->bins = TTFS_ARRAY(a, uint64_t, TTFS_HIST_BINS);
    p->sum = TTFS_ARRAY(a, uint64_t, (size_t)regions * BINS);
    p->squares = TTFS_ARRAY(a, uint64_t, (size_t)regions * BINS);
    r->bad |= get_counters(r, s->bins, TTFS_HIST_BINS, s->positive) != s->positive;
    r->bad |= !tops_out(s);
    for (uint32_t i = 0; i < regions && !r->bad; i++) {
        get_falling(r, p->sum + (size_t)i * BINS, s->positive);
        get_falling(r, p->squares + (size_t)i * BINS, UINT64_MAX);
    }
}

static void get_stat(Reader *r, TtfsTensor t) {
    TtfsTensorStat *s = &r->to->calib.stat[t.i - 1];
    uint64_t samples = r->to->calib.samples;
    s->count = get(r);
    s->positive = get_most(r, s->count);
    s->min = get_float(r);
    s->max = get_float(r);
    s->places.samples = samples;
    bool constant = s->count == 0; /* no run computes it */
    r->bad |= !constant && s->count != samples * ttfs_ir_count(ttfs_ir_tensor(r->ir, t));
    r->bad |= s->min > s->max || (s->positive > 0) != (s->max > 0);
    bool binned = get_most(r, 1) != 0;
    r->bad |= binned != (s->binned && s->positive > 0);
    if (binned && !r->bad) get_bins(r, s);
}

static bool is_range(float lo, float hi) {
    return lo < hi && isfinite(hi - lo);
}

static void get_source(Reader *r) {
    TtfsCalibSource *s = &r->to->source;
    s->file = get_text(r);
    const char *hex = get_text(r);
    r->bad |= strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64 || !*s->file;
    if (!r->bad) memcpy(s->sha256, hex, sizeof s->sha256);
    s->u8 = get_most(r, 1) != 0;
    s->map.lo = get_float(r);
    s->map.hi = get_float(r);
    s->map.channels = (uint32_t)get_most(r, sizeof s->map.mean / sizeof *s->map.mean);
    for (uint32_t i = 0; i < s->map.channels && !r->bad; i++) {
        s->map.mean[i] = get_float(r);
        s->map.deviation[i] = get_float(r);
        r->bad |= !(s->map.deviation[i] > 0);
    }
    s->lo = get_float(r);
    s->hi = get_float(r);
    r->bad |= s->u8 && !is_range(s->lo, s->hi);
    r->bad |= s->u8 && s->map.channels == 0 && !is_range(s->map.lo, s->map.hi);
}

static bool differs(const Reader *r, const char *layer, const char *how) {
    return ttfs_error(r->diag, TTFS_AT_NODE(r->file, layer), TTFS_CALIB_KEPT,
                      "the calibration is of another network: %s", how);
}

/* Whether a layer of the file is that of the network. */
static bool get_node(Reader *r, const TtfsNode *n) {
    unsigned char hash[NODE_BYTES];
    const TtfsTensorInfo *t = ttfs_ir_tensor(r->ir, n->out);
    const char *name = get_text(r);
    uint32_t rank = (uint32_t)get_most(r, TTFS_MAX_RANK);
    bool same = rank == t->rank;
    for (uint32_t i = 0; i < rank; i++) same = get(r) == t->dim[i] && same;
    if (r->end - r->at < NODE_BYTES) r->bad = true;
    if (r->bad) return true;
    hash_node(r->ir, n, hash);
    bool equal = memcmp(hash, r->at, NODE_BYTES) == 0;
    r->at += NODE_BYTES;
    if (strcmp(name, n->name) != 0)
        return differs(r, n->name,
                       ttfs_arena_printf(&r->to->calib.arena, "there this layer is '%s'", name));
    if (!same) return differs(r, n->name, "there this layer has another shape");
    return equal || differs(r, n->name,
                            "there this layer has other weights or attributes (windows of "
                            "channels scale them)");
}

/* Whether the file is of the network. */
static bool get_network(Reader *r) {
    const TtfsIr *ir = r->ir;
    const TtfsTensorInfo *in = ttfs_ir_tensor(ir, ir->input);
    uint64_t elements = get(r), nodes = get(r);
    if (!r->bad && elements != ttfs_ir_count(in))
        return differs(r, in->name, "there the input has another size");
    for (uint32_t i = 0; i < ir->nodes.len && i < nodes && !r->bad; i++)
        if (!get_node(r, &ir->nodes.at[i])) return false;
    if (!r->bad && nodes != ir->nodes.len)
        return differs(r, nodes < ir->nodes.len ? ir->nodes.at[nodes].name : in->name,
                       nodes < ir->nodes.len ? "there this layer is none"
                                             : "there are more layers behind these");
    return true;
}

static void get_margins(Reader *r) {
    TtfsMargins *m = &r->to->margins;
    m->samples = get_most(r, r->to->calib.samples);
    if (r->bad || m->samples == 0) return;
    m->bins = TTFS_ARRAY(&r->to->calib.arena, uint64_t, TTFS_MARGIN_BINS);
    get_counters(r, m->bins, TTFS_MARGIN_BINS, m->samples);
}

static float get_word(Reader *r) {
    const unsigned char *p = r->at;
    uint32_t bits = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    float v;
    memcpy(&v, &bits, sizeof v);
    r->at += sizeof bits;
    r->bad |= !isfinite(v);
    return v;
}

/* Up to 256 values in the order of their bits. */
static void get_palette(Reader *r, float *palette, uint32_t n) {
    for (uint32_t i = 0; i < n && !r->bad; i++) {
        r->bad |= r->end - r->at < (ptrdiff_t)sizeof(float);
        if (!r->bad) palette[i] = get_word(r);
        r->bad |= i > 0 && bits_of(palette[i]) <= bits_of(palette[i - 1]);
    }
}

/* The samples that are the rest of the file; the file has as many bytes as they need. What was seen
 * of the input was seen of these too. */
static void get_samples(Reader *r) {
    TtfsKeptSamples *s = &r->to->kept;
    const TtfsTensorStat *seen = &r->to->calib.stat[r->ir->input.i - 1];
    float palette[PALETTE] = {0};
    uint64_t elements = ttfs_ir_count(ttfs_ir_tensor(r->ir, r->ir->input));
    s->count = (uint32_t)get_most(r, TTFS_MOST_KEPT_SAMPLES);
    uint32_t values = (uint32_t)get_most(r, PALETTE), size = values ? 1 : sizeof(float);
    r->bad |= s->count == 0 || s->count > r->to->calib.samples;
    get_palette(r, palette, values);
    uint64_t left = (uint64_t)(r->end - r->at);
    if (r->bad || left / elements != s->count * (uint64_t)size || left % elements) r->bad = true;
    if (r->bad) return;
    float *to = TTFS_ARRAY(&r->to->calib.arena, float, s->count *elements);
    s->values = to;
    for (uint64_t i = 0; i < s->count * elements && !r->bad; i++) {
        r->bad |= values && *r->at >= values;
        to[i] = r->bad ? 0 : values ? palette[*r->at++] : get_word(r);
        r->bad |= to[i] < seen->min || to[i] > seen->max;
    }
}

static bool get_all(Reader *r) {
    TtfsCalib *c = &r->to->calib;
    ttfs_calib_init(c, r->ir);
    get_source(r);
    c->samples = (uint32_t)get_most(r, INT32_MAX);
    r->bad |= c->samples == 0;
    if (r->bad || !get_network(r)) return false;
    uint32_t channels = r->to->source.map.channels;
    r->bad |= channels && ttfs_ir_count(ttfs_ir_tensor(r->ir, r->ir->input)) % channels;
    if (!r->bad) get_stat(r, r->ir->input);
    for (uint32_t i = 0; i < r->ir->nodes.len && !r->bad; i++) get_stat(r, r->ir->nodes.at[i].out);
    if (!r->bad) get_margins(r);
    if (!r->bad && r->at < r->end) get_samples(r); /* before there were any, files ended here */
    r->bad |= r->at != r->end;
    return !r->bad;
}

static bool sound(const unsigned char *bytes, size_t n) {
    unsigned char sha[SHA_BYTES];
    if (n < sizeof magic + SHA_BYTES || memcmp(bytes, magic, sizeof magic - 1) != 0) return false;
    digest(bytes, n - SHA_BYTES, sha);
    return memcmp(sha, bytes + n - SHA_BYTES, SHA_BYTES) == 0;
}

bool ttfs_calibration_unpack(TtfsCalibration *c, const TtfsIr *ir, const char *file,
                             const void *bytes, size_t n, TtfsDiag *diag) {
    const unsigned char *from = bytes;
    *c = (TtfsCalibration){0};
    if (!sound(from, n))
        return ttfs_error(diag, TTFS_AT_FILE(file), TTFS_CALIB_KEPT,
                          "the calibration is damaged: its checksum does not hold");
    if (from[sizeof magic - 1] != (unsigned char)magic[sizeof magic - 1])
        return ttfs_error(diag, TTFS_AT_FILE(file), TTFS_CALIB_KEPT,
                          "the calibration has version %u, this ttfs reads %u",
                          from[sizeof magic - 1], (unsigned)magic[sizeof magic - 1]);
    Reader r = {from + sizeof magic, from + n - SHA_BYTES, ir, c, file, diag, false};
    if (get_all(&r)) return true;
    if (r.bad)
        ttfs_error(diag, TTFS_AT_FILE(file), TTFS_CALIB_KEPT,
                   "the calibration is damaged: what it says cannot be");
    ttfs_calibration_free(c);
    return false;
}

static bool load(TtfsCalibration *c, const TtfsIr *ir, const char *folder, const char *path,
                 TtfsDiag *diag) {
    TtfsFile file;
    if (!ttfs_file_exists(path))
        return ttfs_error(diag, TTFS_AT_FILE(folder), TTFS_CALIB_KEPT,
                          "holds no calibration: it was compiled without samples, or by a ttfs "
                          "that kept none");
    if (!ttfs_file_open(&file, path, TTFS_CALIB_LIMIT, diag)) return false;
    bool ok = ttfs_calibration_unpack(c, ir, path, file.bytes, file.size, diag);
    ttfs_file_close(&file);
    return ok;
}

bool ttfs_calibration_load(TtfsCalibration *c, const TtfsIr *ir, const char *folder, TtfsArena *a,
                           TtfsDiag *diag) {
    return load(c, ir, folder, ttfs_path_join(a, folder, "forms/calib.blob"), diag);
}

bool ttfs_calibration_load_own(TtfsCalibration *c, const TtfsIr *ir, const char *folder,
                               TtfsArena *a, TtfsDiag *diag) {
    const char *path = ttfs_path_join(a, folder, "forms/channels.blob");
    return ttfs_file_exists(path) ? load(c, ir, folder, path, diag)
                                  : ttfs_calibration_load(c, ir, folder, a, diag);
}
