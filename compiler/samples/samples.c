/* SPDX-License-Identifier: Apache-2.0
 *
 * Readers of .npy, .npz and IDX. A file's claims are checked against its real size before memory is
 * asked for; what a gzip or deflate stream may grow to is bounded by deflate's own largest ratio
 * and by LIMIT.
 */
#include "samples.h"

#include "inflate.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT ((size_t)8 << 30)

static const uint32_t element_bytes[] = {1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8};

static bool bad(TtfsDiag *diag, const char *file, const char *what) {
    return ttfs_error(diag, TTFS_AT_FILE(file), TTFS_SAMPLES_FORMAT, "%s", what);
}

static bool big_endian_host(void) {
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 0;
}

/* Sets samples and elements from dim, and checks that `room` bytes hold them. */
static bool finish_shape(TtfsArray *a, size_t room, TtfsDiag *diag) {
    uint64_t total = 1, elements = 1;
    for (uint32_t i = 0; i < a->rank; i++) {
        if (a->dim[i] && total > LIMIT / a->dim[i])
            return bad(diag, a->file, "the shape is absurdly large");
        total *= a->dim[i];
        if (i) elements *= a->dim[i];
    }
    if (a->rank == 0)
        return bad(diag, a->file, "a single number, samples along the first axis expected");
    if (total * element_bytes[a->type] > room)
        return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_FORMAT,
                          "the header promises %llu bytes of data, the file holds %zu",
                          (unsigned long long)(total * element_bytes[a->type]), room);
    a->samples = a->dim[0];
    a->elements = elements;
    return true;
}

/* --- IDX: two zero bytes, type, rank, big-endian 32-bit dimensions, data --- */

static size_t idx_start(const TtfsArray *a) {
    return 4 + 4 * (size_t)a->rank;
}

static bool idx_header(TtfsArray *a, const unsigned char *p, size_t n, TtfsDiag *diag) {
    static const struct {
        unsigned char code;
        TtfsElement type;
    } types[] = {{0x08, TTFS_U8},  {0x09, TTFS_I8},  {0x0b, TTFS_I16},
                 {0x0c, TTFS_I32}, {0x0d, TTFS_F32}, {0x0e, TTFS_F64}};
    size_t known = sizeof types / sizeof *types, k = 0;
    while (k < known && types[k].code != p[2]) k++;
    if (k == known) return bad(diag, a->file, "IDX of an unknown element type");
    a->type = types[k].type;
    a->rank = p[3];
    a->swapped = !big_endian_host();
    if (a->rank > 8 || n < idx_start(a))
        return bad(diag, a->file, "the IDX header is cut off or has too many axes");
    for (uint32_t i = 0; i < a->rank; i++) {
        const unsigned char *d = p + 4 + 4 * i;
        a->dim[i] = (uint64_t)d[0] << 24 | (uint64_t)d[1] << 16 | (uint64_t)d[2] << 8 | d[3];
    }
    return finish_shape(a, LIMIT, diag);
}

static bool read_idx(TtfsArray *a, const unsigned char *p, size_t n, TtfsDiag *diag) {
    if (!idx_header(a, p, n, diag)) return false;
    a->data = p + idx_start(a);
    return finish_shape(a, n - idx_start(a), diag);
}

/* --- NPY: magic, version, a Python dictionary as text, data --- */

/* Position after `'key':` and blanks in the header, or NULL. */
static const char *npy_key(const char *head, const char *key) {
    const char *p = strstr(head, key);
    if (!p) return NULL;
    p += strlen(key);
    while (*p == ' ' || *p == ':') p++;
    return p;
}

static bool npy_type(TtfsArray *a, const char *descr) {
    static const struct {
        const char *code;
        TtfsElement type;
    } types[] = {{"u1", TTFS_U8},  {"b1", TTFS_U8},  {"i1", TTFS_I8},  {"u2", TTFS_U16},
                 {"i2", TTFS_I16}, {"u4", TTFS_U32}, {"i4", TTFS_I32}, {"u8", TTFS_U64},
                 {"i8", TTFS_I64}, {"f2", TTFS_F16}, {"f4", TTFS_F32}, {"f8", TTFS_F64}};
    if (!descr || *descr != '\'' || !strchr("<>|=", descr[1]) || !descr[1]) return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strncmp(descr + 2, types[i].code, 2) != 0 || descr[4] != '\'') continue;
        a->type = types[i].type;
        a->swapped = (descr[1] == '>' && !big_endian_host()) ||
                     (descr[1] == '<' && big_endian_host());
        return true;
    }
    return false;
}

static bool npy_shape(TtfsArray *a, const char *p, TtfsDiag *diag) {
    if (!p || *p != '(') return bad(diag, a->file, "the .npy header has no shape");
    p++;
    a->rank = 0;
    while (*p != ')') {
        if (*p == ' ' || *p == ',') {
            p++;
            continue;
        }
        if (!isdigit((unsigned char)*p))
            return bad(diag, a->file, "the .npy shape holds something other than sizes");
        if (a->rank == 8) return bad(diag, a->file, "more than 8 axes");
        char *end;
        a->dim[a->rank++] = strtoull(p, &end, 10);
        p = end;
    }
    return true;
}

static bool read_npy(TtfsArray *a, const unsigned char *p, size_t n, TtfsDiag *diag) {
    if (n < 12) return bad(diag, a->file, "the .npy header is cut off");
    size_t wide = p[6] >= 2, start = wide ? 12 : 10;
    size_t length = wide ? (size_t)p[8] | (size_t)p[9] << 8 | (size_t)p[10] << 16 |
                               (size_t)p[11] << 24
                         : (size_t)p[8] | (size_t)p[9] << 8;
    if (p[6] < 1 || p[6] > 3 || length > 65536 || start + length > n)
        return bad(diag, a->file, "the .npy header is cut off or of an unknown version");
    char *head = ttfs_hold(length + 1, NULL);
    memcpy(head, p + start, length);
    head[length] = 0;
    const char *order = npy_key(head, "'fortran_order'");
    bool ok = npy_type(a, npy_key(head, "'descr'")) ||
              bad(diag, a->file, "an element type other than numbers of 1 to 8 bytes");
    if (ok && (!order || strncmp(order, "False", 5) != 0))
        ok = ttfs_error_advice(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_FORMAT,
                               "save it with numpy.ascontiguousarray", "Fortran order");
    ok = ok && npy_shape(a, npy_key(head, "'shape'"), diag);
    ttfs_release(head);
    a->data = p + start + length;
    return ok && finish_shape(a, n - start - length, diag);
}

/* --- zlib --- */

/* Inflates a stream that holds exactly `size` bytes into a->owned. */
static bool inflate_whole(TtfsArray *a, const unsigned char *p, size_t n, int window, size_t size,
                          TtfsDiag *diag) {
    bool ended;
    if (size > LIMIT || size / 1040 > n) /* deflate packs by at most 1032 */
        return bad(diag, a->file, "the compressed data claims to be larger than it can be");
    a->owned = ttfs_hold(size + 1, NULL);
    /* one byte more than promised, to see the end */
    if (ttfs_inflate(p, n, window, a->owned, size + 1, &ended) != size || !ended)
        return bad(diag, a->file,
                   "the compressed data is damaged or cut off, or longer than its header says");
    return true;
}

/* IDX in gzip: its header says how large it is, so nothing is allocated by what a stream may grow
 * to. */
static bool read_gzip(TtfsArray *a, const unsigned char *p, size_t n, TtfsDiag *diag) {
    unsigned char head[4 + 4 * 8] = {0};
    bool ended;
    size_t got = ttfs_inflate(p, n, TTFS_GZIP, head, sizeof head, &ended);
    if (got < 4 || head[0] || head[1]) return bad(diag, a->file, "a gzip file, but not of IDX");
    if (!idx_header(a, head, got, diag)) return false;
    size_t start = idx_start(a),
           size = start + (size_t)(a->samples * a->elements) * element_bytes[a->type];
    if (!inflate_whole(a, p, n, TTFS_GZIP, size, diag)) return false;
    a->data = a->owned + start;
    return true;
}

/* --- NPZ: a zip file; members from its central directory --- */

static uint32_t le32(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t le16(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

/* The central directory's first entry and the number of entries. */
static const unsigned char *zip_directory(const unsigned char *p, size_t n, uint32_t *entries) {
    if (n < 22) return NULL;
    size_t lowest = n > 22 + 65535 ? n - 22 - 65535 : 0;
    for (size_t at = n - 22 + 1; at-- > lowest;) {
        if (le32(p + at) != 0x06054b50) continue;
        uint32_t offset = le32(p + at + 16);
        *entries = le16(p + at + 10);
        return offset < n ? p + offset : NULL;
    }
    return NULL;
}

static bool zip_member(TtfsArray *a, const unsigned char *p, size_t n, const unsigned char *entry,
                       TtfsDiag *diag) {
    uint32_t method = le16(entry + 10), packed = le32(entry + 20), size = le32(entry + 24),
             at = le32(entry + 42);
    if (packed == 0xffffffff || size == 0xffffffff || at == 0xffffffff)
        return bad(diag, a->file, "a zip64 member; at most 4 GB are read");
    if (n < 30 || at > n - 30 || le32(p + at) != 0x04034b50)
        return bad(diag, a->file, "the zip directory points astray");
    size_t start = (size_t)at + 30 + le16(p + at + 26) + le16(p + at + 28);
    if (start > n || packed > n - start) return bad(diag, a->file, "a zip member is cut off");
    if (method == 0) return read_npy(a, p + start, packed, diag);
    if (method != 8)
        return bad(diag, a->file, "a zip member of a method other than stored and deflate");
    if (size == 0) return bad(diag, a->file, "a zip member is empty");
    return inflate_whole(a, p + start, packed, TTFS_DEFLATE, size, diag) &&
           read_npy(a, a->owned, size, diag);
}

static bool read_npz(TtfsArray *a, const char *name, bool named, const unsigned char *p, size_t n,
                     TtfsDiag *diag) {
    uint32_t entries = 0;
    const unsigned char *e = zip_directory(p, n, &entries), *only = NULL;
    if (!e) return bad(diag, a->file, "the zip directory is missing or cut off");
    size_t want = strlen(name);
    for (uint32_t i = 0; i < entries; i++) {
        if ((size_t)(p + n - e) < 46 || le32(e) != 0x02014b50)
            return bad(diag, a->file, "the zip directory is damaged");
        size_t len = le16(e + 28), whole = 46 + len + le16(e + 30) + le16(e + 32);
        if (whole > (size_t)(p + n - e)) return bad(diag, a->file, "the zip directory is damaged");
        const char *member = (const char *)e + 46;
        if (len == want + 4 && memcmp(member, name, want) == 0 &&
            memcmp(member + want, ".npy", 4) == 0)
            return zip_member(a, p, n, e, diag);
        only = e;
        e += whole;
    }
    if (entries == 1 && !named) return zip_member(a, p, n, only, diag);
    return ttfs_error_advice(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_FORMAT,
                             "name an array with FILE.npz:NAME", "no array '%s' among its %u", name,
                             entries);
}

bool ttfs_is_npz(const char *path) {
    const char *p = strstr(path, ".npz");
    return p && (p[4] == 0 || p[4] == ':');
}

static bool read_bytes(TtfsArray *a, const char *member, bool named, const unsigned char *p,
                       size_t n, TtfsDiag *diag) {
    if (n < 4) return bad(diag, a->file, "too short to hold samples");
    if (n >= 6 && memcmp(p, "\x93NUMPY", 6) == 0) return read_npy(a, p, n, diag);
    if (memcmp(p, "PK\3\4", 4) == 0) return read_npz(a, member, named, p, n, diag);
    if (p[0] == 0 && p[1] == 0) return read_idx(a, p, n, diag);
    return bad(diag, a->file, "neither .npy, .npz nor IDX");
}

bool ttfs_array_open(TtfsArray *a, const char *path, const char *preferred, TtfsArena *arena,
                     TtfsDiag *diag) {
    *a = (TtfsArray){.file = ttfs_arena_strdup(arena, path)};
    const char *zip = strstr(path, ".npz:"), *member = preferred, *real = path;
    if (zip) {
        member = zip + 5;
        real = ttfs_arena_strndup(arena, path, (size_t)(zip + 4 - path));
    }
    if (!ttfs_file_open(&a->mapped, real, LIMIT, diag)) return false;
    const unsigned char *p = a->mapped.bytes;
    size_t n = a->mapped.size;
    if (n >= 2 && p[0] == 0x1f && p[1] == 0x8b) return read_gzip(a, p, n, diag);
    return read_bytes(a, member, zip != NULL, p, n, diag);
}

void ttfs_array_close(TtfsArray *a) {
    ttfs_file_close(&a->mapped);
    ttfs_release(a->owned);
    *a = (TtfsArray){0};
}

static double half_value(uint64_t h) {
    uint64_t exponent = h >> 10 & 31, fraction = h & 1023;
    double v = exponent == 0    ? ldexp((double)fraction, -24)
               : exponent == 31 ? (fraction ? (double)NAN : (double)INFINITY)
                                : ldexp((double)(fraction + 1024), (int)exponent - 25);
    return h >> 15 & 1 ? -v : v;
}

double ttfs_array_value(const TtfsArray *a, uint64_t i) {
    uint32_t n = element_bytes[a->type];
    uint64_t u = 0;
    unsigned char raw[8];
    memcpy(raw, a->data + i * n, n);
    bool high_first = a->swapped != big_endian_host();
    for (uint32_t k = 0; k < n; k++) u |= (uint64_t)raw[high_first ? n - 1 - k : k] << (8 * k);
    float f;
    double d;
    uint32_t low = (uint32_t)u;
    switch (a->type) {
    case TTFS_U8:
    case TTFS_U16:
    case TTFS_U32:
    case TTFS_U64:
        return (double)u;
    case TTFS_I8:
        return (int8_t)u;
    case TTFS_I16:
        return (int16_t)u;
    case TTFS_I32:
        return (int32_t)u;
    case TTFS_I64:
        return (double)(int64_t)u;
    case TTFS_F16:
        return half_value(u);
    case TTFS_F32:
        memcpy(&f, &low, sizeof f);
        return (double)f;
    case TTFS_F64:
        memcpy(&d, &u, sizeof d);
        return d;
    }
    return 0;
}

/* One channel's values, or all when the map is the same for all. */
static void map_u8(const TtfsInputMap *map, uint32_t channel, const unsigned char *v, uint64_t n,
                   float *out) {
    float base = map->lo, width = map->hi - map->lo;
    if (map->channels == 0) {
        for (uint64_t k = 0; k < n; k++) out[k] = base + width * ((float)v[k] / 255.0f);
        return;
    }
    float mean = map->mean[channel], deviation = map->deviation[channel];
    for (uint64_t k = 0; k < n; k++) out[k] = ((float)v[k] / 255.0f - mean) / deviation;
}

static void read_values(const TtfsArray *a, const TtfsInputMap *map, uint64_t i, float *out) {
    uint64_t n = a->elements, planes = map->channels ? map->channels : 1, plane = n / planes;
    const unsigned char *from = a->data + i * n * element_bytes[a->type];
    if (a->type == TTFS_U8)
        for (uint32_t c = 0; c < planes; c++)
            map_u8(map, c, from + c * plane, plane, out + c * plane);
    else if (a->type == TTFS_F32 && !a->swapped)
        memcpy(out, from, n * sizeof *out);
    else
        for (uint64_t k = 0; k < n; k++) out[k] = (float)ttfs_array_value(a, i * n + k);
}

bool ttfs_array_sample(const TtfsArray *a, const TtfsInputMap *map, uint64_t i, float *out,
                       TtfsDiag *diag) {
    uint64_t n = a->elements, faults = 0;
    read_values(a, map, i, out);
    for (uint64_t k = 0; k < n; k++) faults += isfinite(out[k]) ? 0 : 1;
    for (uint64_t k = 0; faults && k < n; k++)
        if (!isfinite(out[k]))
            return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_VALUE,
                              "sample %llu, element %llu is not finite", (unsigned long long)i,
                              (unsigned long long)k);
    return true;
}

bool ttfs_array_label(const TtfsArray *a, uint64_t i, uint32_t *out, TtfsDiag *diag) {
    double v = ttfs_array_value(a, i);
    if (!(v >= 0 && v < 4294967295.0) || v != floor(v))
        return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_LABELS_FORMAT, "label %llu is %g",
                          (unsigned long long)i, v);
    *out = (uint32_t)v;
    return true;
}
