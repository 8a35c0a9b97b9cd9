/* SPDX-License-Identifier: Apache-2.0
 *
 * Sections of the file, each a kind, its length and its body, numbers of 8 bytes big-endian: the
 * head (0), blocks of changes (1), widths (3), names (4). In a block stand the values at its start,
 * then for each signal its changes as pairs of steps in the list of times and values, then where
 * each begins, and the list of times. Changes are put in order of signal by counting.
 */
#include "fst.h"

#include <string.h>
#include <zlib.h>

enum {
    HEAD = 0,
    CHANGES = 1,
    WIDTHS = 3,
    NAMES = 4,
    VERSION_BYTES = 128,
    DATE_BYTES = 119,
    SCOPE = 254,
    UPSCOPE = 255,
    INTEGER = 1,
    WIRE = 16,
    NANOSECONDS = -9,
    LEVEL = 4,
    BLOCK = 64,            /* samples, or fewer: */
    MOST_CHANGES = 1 << 18 /* with these a block ends at its sample's end */
};

typedef struct {
    uint32_t signal, time, value; /* time: its place in the block's list */
} Change;

struct TtfsFst {
    const TtfsSpike *spike;
    uint64_t signals; /* numbers of signals; of readouts two stand for nothing */
    uint64_t scopes, vars, blocks, end;
    uint64_t in_block; /* samples */
    uint32_t *now;     /* [signal]: its value */
    uint8_t *bits;     /* [signal] */
    TtfsBuf names;     /* the body of that section */
    TtfsArena own;     /* of a block */
    TTFS_VEC(Change) changes;
    TTFS_VEC(uint64_t) times;
};

static void big(TtfsBuf *b, uint64_t v) {
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(v >> (56 - 8 * i));
    ttfs_buf_bytes(b, bytes, 8);
}

static void byte(TtfsBuf *b, uint32_t v) {
    unsigned char c = (unsigned char)v;
    ttfs_buf_bytes(b, &c, 1);
}

/* Seven bits a byte, the lowest first; the highest bit says that more follow. */
static void varint(TtfsBuf *b, uint64_t v) {
    for (; v > 127; v >>= 7) byte(b, (uint32_t)(v & 127) | 128);
    byte(b, (uint32_t)v);
}

/* zlib's form, or gzip's; as it is where that is no shorter and `gzip` is not asked for. */
static void packed(TtfsBuf *out, const TtfsBuf *body, bool gzip) {
    z_stream z = {0};
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, gzip ? 31 : 15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        ttfs_oom(0);
    TtfsArena a = {0};
    size_t room = deflateBound(&z, body->len);
    unsigned char *to = ttfs_arena_try_array(&a, room, 1);
    z.next_in = (unsigned char *)(uintptr_t)ttfs_buf_text(body);
    z.avail_in = (uInt)body->len;
    z.next_out = to;
    z.avail_out = (uInt)room;
    bool ok = to && deflate(&z, Z_FINISH) == Z_STREAM_END;
    size_t n = room - z.avail_out;
    deflateEnd(&z);
    if (!ok) ttfs_oom(room);
    if (gzip || n < body->len)
        ttfs_buf_bytes(out, to, n);
    else
        ttfs_buf_bytes(out, ttfs_buf_text(body), body->len);
    ttfs_arena_free(&a);
}

static void section(TtfsBuf *out, uint32_t kind, TtfsBuf *body) {
    byte(out, kind);
    big(out, body->len + 8);
    ttfs_buf_bytes(out, ttfs_buf_text(body), body->len);
    ttfs_buf_free(body);
}

/* --- what is told --- */

static void scope(void *context, const char *name) {
    TtfsFst *f = context;
    byte(&f->names, name ? SCOPE : UPSCOPE);
    if (!name) return;
    byte(&f->names, 0); /* a module */
    ttfs_buf_bytes(&f->names, name, strlen(name) + 1);
    byte(&f->names, 0); /* of no component */
    f->scopes++;
}

/* Numbers that nothing is declared for have no bits, and no place in the file, whose handles are
 * given one after the other. */
static void declare(void *context, const char *name, uint32_t bits, uint64_t signal) {
    TtfsFst *f = context;
    f->bits[signal] = (uint8_t)bits;
    byte(&f->names, bits == 1 ? WIRE : INTEGER);
    byte(&f->names, 0); /* no direction */
    ttfs_buf_bytes(&f->names, name, strlen(name) + 1);
    varint(&f->names, bits);
    varint(&f->names, 0); /* no alias */
    f->vars++;
}

static void take_time(void *context, uint64_t time) {
    TtfsFst *f = context;
    if (f->times.len == 0 || f->times.at[f->times.len - 1] != time)
        *TTFS_PUSH(&f->own, f->times) = time;
    f->end = time;
}

static void take_value(void *context, uint64_t signal, uint32_t bits, uint32_t value) {
    TtfsFst *f = context;
    (void)bits;
    *TTFS_PUSH(&f->own, f->changes) = (Change){(uint32_t)signal, f->times.len - 1, value};
}

static TtfsWaveSink sink(TtfsFst *f) {
    return (TtfsWaveSink){f, scope, declare, take_time, take_value};
}

/* --- a block --- */

static void put_bits(TtfsBuf *b, uint32_t bits, uint32_t value) {
    for (uint32_t i = bits; i-- > 0;) ttfs_buf_puts(b, value >> i & 1 ? "1" : "0");
}

static void put_start(const TtfsFst *f, TtfsBuf *out) {
    TtfsBuf values = {0}, less = {0};
    for (uint64_t i = 0; i < f->signals; i++)
        if (f->bits[i]) put_bits(&values, f->bits[i], f->now[i]);
    packed(&less, &values, false);
    varint(out, values.len);
    varint(out, less.len);
    varint(out, f->vars);
    ttfs_buf_bytes(out, ttfs_buf_text(&less), less.len);
    ttfs_buf_free(&values);
    ttfs_buf_free(&less);
}

/* The changes of a signal, which are in order of time. */
static void put_signal(TtfsFst *f, const Change *c, uint32_t n, TtfsBuf *out) {
    uint32_t before = 0;
    varint(out, 0); /* not packed */
    for (uint32_t i = 0; i < n; i++) {
        uint64_t step = c[i].time - before;
        before = c[i].time;
        f->now[c[i].signal] = c[i].value;
        if (f->bits[c[i].signal] == 1) {
            varint(out, step << 2 | (uint64_t)(c[i].value & 1) << 1);
            continue;
        }
        varint(out, step << 1);
        for (int k = 24; k >= 0; k -= 8) byte(out, c[i].value >> k & 255);
    }
}

static Change *by_signal(TtfsFst *f, uint32_t *from) {
    Change *sorted = TTFS_ARRAY(&f->own, Change, f->changes.len);
    for (uint32_t i = 0; i < f->changes.len; i++) from[f->changes.at[i].signal + 1]++;
    for (uint64_t i = 0; i < f->signals; i++) from[i + 1] += from[i];
    for (uint32_t i = 0; i < f->changes.len; i++)
        sorted[from[f->changes.at[i].signal]++] = f->changes.at[i];
    for (uint64_t i = f->signals; i > 0; i--) from[i] = from[i - 1];
    from[0] = 0;
    return sorted;
}

/* Changes and, in `chain`, where those of each signal begin, counted from the byte before them. */
static void put_changes(TtfsFst *f, TtfsBuf *out, TtfsBuf *chain) {
    uint32_t *from = TTFS_ARRAY(&f->own, uint32_t, f->signals + 2);
    const Change *sorted = by_signal(f, from);
    size_t start = out->len, before = 0;
    uint64_t none = 0;
    byte(out, 'Z');
    for (uint64_t i = 0; i < f->signals; i++) {
        uint32_t n = from[i + 1] - from[i];
        if (!f->bits[i]) continue;
        if (n == 0) {
            none++;
            continue;
        }
        if (none) varint(chain, none << 1);
        none = 0;
        varint(chain, (uint64_t)(out->len - start - before) << 1 | 1);
        before = out->len - start;
        put_signal(f, sorted + from[i], n, out);
    }
    if (none) varint(chain, none << 1);
}

static void put_times(const TtfsFst *f, TtfsBuf *out) {
    TtfsBuf times = {0};
    uint64_t before = 0;
    for (uint32_t i = 0; i < f->times.len; i++) {
        varint(&times, f->times.at[i] - before);
        before = f->times.at[i];
    }
    size_t start = out->len;
    packed(out, &times, false);
    size_t n = out->len - start;
    big(out, times.len);
    big(out, n);
    big(out, f->times.len);
    ttfs_buf_free(&times);
}

static void put_block(TtfsFst *f, TtfsBuf *out) {
    TtfsBuf body = {0}, changes = {0}, chain = {0};
    if (f->times.len == 0) return;
    big(&body, f->times.at[0]);
    big(&body, f->end);
    TtfsBuf start = {0};
    put_start(f, &start);
    put_changes(f, &changes, &chain);
    big(&body, changes.len); /* memory that the changes take */
    ttfs_buf_bytes(&body, start.text, start.len);
    varint(&body, f->vars);
    ttfs_buf_bytes(&body, changes.text, changes.len);
    ttfs_buf_bytes(&body, ttfs_buf_text(&chain), chain.len);
    big(&body, chain.len);
    put_times(f, &body);
    section(out, CHANGES, &body);
    ttfs_buf_free(&start);
    ttfs_buf_free(&changes);
    ttfs_buf_free(&chain);
    ttfs_arena_free(&f->own);
    f->changes.at = NULL, f->changes.len = f->changes.cap = 0;
    f->times.at = NULL, f->times.len = f->times.cap = 0;
    f->blocks++;
    f->in_block = 0;
}

/* --- the file --- */

static void put_head(const TtfsFst *f, TtfsBuf *out) {
    static const char version[VERSION_BYTES] = "ttfs", date[DATE_BYTES] = "";
    double e = 2.7182818284590452354; /* by which a reader knows the order of bytes */
    TtfsBuf body = {0};
    big(&body, 0);
    big(&body, f->end);
    ttfs_buf_bytes(&body, &e, sizeof e);
    big(&body, 0); /* memory that the writer took */
    big(&body, f->scopes);
    big(&body, f->vars);
    big(&body, f->vars);
    big(&body, f->blocks);
    byte(&body, (uint32_t)NANOSECONDS & 255);
    ttfs_buf_bytes(&body, version, sizeof version);
    ttfs_buf_bytes(&body, date, sizeof date);
    byte(&body, 0); /* Verilog */
    big(&body, 0);
    section(out, HEAD, &body);
}

TtfsFst *ttfs_fst_begin(const TtfsSpike *s, TtfsBuf *out, TtfsArena *a) {
    TtfsFst *f = TTFS_NEW(a, TtfsFst);
    *f = (TtfsFst){.spike = s, .signals = ttfs_wave_signals(s)};
    f->now = TTFS_ARRAY(a, uint32_t, f->signals);
    f->bits = TTFS_ARRAY(a, uint8_t, f->signals);
    TtfsWaveSink k = sink(f);
    ttfs_wave_declare(s, &k);
    take_time(f, 0);
    ttfs_wave_zeros(s, &k); /* readers take no notice of a first block's values at its start */
    put_head(f, out);
    return f;
}

void ttfs_fst_sample(TtfsFst *f, const TtfsTrace *t, uint64_t i, TtfsBuf *out) {
    TtfsWaveSink k = sink(f);
    if (f->in_block == BLOCK || (f->in_block && f->changes.len >= MOST_CHANGES)) put_block(f, out);
    ttfs_wave_sample(t, i, &k);
    f->in_block++;
}

void ttfs_fst_end(TtfsFst *f, TtfsBuf *out, TtfsBuf *head) {
    TtfsBuf widths = {0}, body = {0};
    put_block(f, out);
    for (uint64_t i = 0; i < f->signals; i++)
        if (f->bits[i]) varint(&widths, f->bits[i]);
    big(&body, widths.len);
    big(&body, f->vars);
    packed(&body, &widths, false);
    section(out, WIDTHS, &body);
    big(&body, f->names.len);
    packed(&body, &f->names, true);
    section(out, NAMES, &body);
    put_head(f, head);
    ttfs_buf_free(&widths);
    ttfs_buf_free(&f->names);
}
