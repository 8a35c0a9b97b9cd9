/* SPDX-License-Identifier: Apache-2.0
 *
 * Elements of datasets. In: a dataset; out: its elements, row-major, as floats, integers or texts.
 * Chunks are unpacked one at a time and copied to their place; together they must fill the dataset.
 */
#include "hdf5_bytes.h"
#include "inflate.h"

#include <math.h>
#include <string.h>

enum { DEFLATE = 1, SHUFFLE = 2, MOST_LEVELS = 16, CHUNK_NODE = 1, ZLIB = 15 };

typedef struct {
    const TtfsHdf5 *f;
    const TtfsHdf5Object *o;
    unsigned char *out, *chunk, *spare;
    uint64_t chunk_bytes, filled; /* elements */
    uint64_t next;                /* chunks before it, row-major, are read */
} Chunks;

static bool damaged(const TtfsHdf5 *f, const TtfsHdf5Object *o) {
    return ttfs_hdf5_fault(f, o->name, "its data are damaged or cut off");
}

/* --- chunks --- */

static void swap(Chunks *c) {
    unsigned char *t = c->chunk;
    c->chunk = c->spare;
    c->spare = t;
}

/* All first bytes of the elements come first, then all second ones, and so on. */
static void unshuffle(Chunks *c, uint64_t size) {
    uint64_t n = c->chunk_bytes / size;
    for (uint64_t byte = 0; byte < size; byte++)
        for (uint64_t i = 0; i < n; i++) c->spare[i * size + byte] = c->chunk[byte * n + i];
    memcpy(c->spare + n * size, c->chunk + n * size, c->chunk_bytes - n * size);
    swap(c);
}

/* The filters backwards, but those that the mask leaves out. A stream has one byte of room more
 * than it needs, by which one that is too long is seen. */
static bool unpack(Chunks *c, TtfsHdf5Bytes packed, uint64_t mask) {
    bool plain = false; /* c->chunk holds the bytes */
    for (uint32_t i = c->o->filters; i-- > 0;) {
        if (mask >> i & 1) continue;
        bool ended = !plain;
        if (c->o->filter[i].id == DEFLATE) {
            if (plain) return false;
            uint64_t n =
                ttfs_inflate(packed.at, packed.left, ZLIB, c->chunk, c->chunk_bytes + 1, &ended);
            if (!ended || n != c->chunk_bytes) return false;
            plain = true;
            continue;
        }
        if (!plain && packed.left != c->chunk_bytes) return false;
        if (!plain) memcpy(c->chunk, packed.at, packed.left);
        plain = true;
        uint32_t size = c->o->filter[i].size;
        if (size > 1 && size <= c->chunk_bytes) unshuffle(c, size);
    }
    if (plain) return true;
    if (packed.left != c->chunk_bytes) return false;
    memcpy(c->chunk, packed.at, packed.left);
    return true;
}

/* Copies what of the chunk from `at` on lies in the dataset, axis by axis. */
static void place(Chunks *c, const uint64_t *at, uint32_t axis, uint64_t from, uint64_t to) {
    const TtfsHdf5Object *o = c->o;
    uint64_t room = o->dim[axis] - at[axis], n = o->chunk[axis] < room ? o->chunk[axis] : room;
    if (axis + 1 == o->rank) {
        memcpy(c->out + (to * o->dim[axis] + at[axis]) * o->bytes,
               c->chunk + from * o->chunk[axis] * o->bytes, n * o->bytes);
        c->filled += n;
        return;
    }
    for (uint64_t i = 0; i < n; i++)
        place(c, at, axis + 1, from * o->chunk[axis] + i, to * o->dim[axis] + at[axis] + i);
}

/* Where the next chunk lies. Chunks come in rising order, so none is there twice. */
static bool take_place(Chunks *c, TtfsHdf5Bytes *key, uint64_t *at) {
    const TtfsHdf5Object *o = c->o;
    uint64_t index = 0; /* below the dataset's elements */
    for (uint32_t i = 0; i < o->rank; i++) {
        at[i] = ttfs_hdf5_take(key, 8);
        if (key->bad || at[i] >= o->dim[i] || at[i] % o->chunk[i]) return false;
        index = index * ((o->dim[i] - 1) / o->chunk[i] + 1) + at[i] / o->chunk[i];
    }
    bool rises = index >= c->next;
    c->next = index + 1;
    return rises;
}

static bool read_chunk(Chunks *c, TtfsHdf5Bytes *key, uint64_t address) {
    uint64_t size = ttfs_hdf5_take(key, 4), mask = ttfs_hdf5_take(key, 4);
    uint64_t at[TTFS_HDF5_MOST_RANK];
    if (!take_place(c, key, at)) return damaged(c->f, c->o);
    TtfsHdf5Bytes packed = ttfs_hdf5_part(c->f, address, size);
    if (!ttfs_hdf5_afford(c->f, c->o->name, 0, size + c->chunk_bytes + 64)) return false;
    if (packed.bad || !unpack(c, packed, mask)) return damaged(c->f, c->o);
    place(c, at, 0, 0, 0);
    return true;
}

static bool read_node(Chunks *c, uint64_t at, uint64_t level) {
    TtfsHdf5Bytes b = ttfs_hdf5_part(c->f, at, TTFS_HDF5_NONE);
    bool tree = ttfs_hdf5_sign(&b, "TREE") && ttfs_hdf5_take(&b, 1) == CHUNK_NODE;
    uint64_t own = ttfs_hdf5_take(&b, 1), n = ttfs_hdf5_take(&b, 2);
    ttfs_hdf5_run(&b, 16);
    if (!tree || b.bad || own >= MOST_LEVELS || (level <= MOST_LEVELS && own != level))
        return damaged(c->f, c->o);
    for (uint64_t i = 0; i < n; i++) {
        TtfsHdf5Bytes key = ttfs_hdf5_run(&b, 8 + 8 * ((uint64_t)c->o->rank + 1));
        uint64_t child = ttfs_hdf5_take(&b, 8);
        if (b.bad) return damaged(c->f, c->o);
        if (!ttfs_hdf5_afford(c->f, c->o->name, 0, 64)) return false;
        if (!(own ? read_node(c, child, own - 1) : read_chunk(c, &key, child))) return false;
    }
    return true;
}

/* Bytes of a chunk; 0 when that is too much, or when its axes are not the dataset's. */
static uint64_t chunk_bytes(const TtfsHdf5Object *o) {
    uint64_t n = o->length == o->rank ? o->bytes : 0;
    for (uint32_t i = 0; n && i < o->rank; i++)
        n = o->chunk[i] > INT32_MAX / n ? 0 : n * o->chunk[i];
    return n;
}

static bool read_chunks(const TtfsHdf5 *f, const TtfsHdf5Object *o, unsigned char *out) {
    Chunks c = {.f = f, .o = o, .out = out, .chunk_bytes = chunk_bytes(o)};
    TtfsArena scratch = {.budget = f->budget};
    if (!c.chunk_bytes) return damaged(f, o);
    if (!ttfs_hdf5_afford(f, o->name, 2 * c.chunk_bytes + 2, 0)) return false;
    c.chunk = TTFS_ARRAY(&scratch, unsigned char, c.chunk_bytes + 1);
    c.spare = TTFS_ARRAY(&scratch, unsigned char, c.chunk_bytes + 1);
    bool ok = read_node(&c, o->at, UINT64_MAX);
    ttfs_arena_free(&scratch);
    if (ok && c.filled != o->count) return ttfs_hdf5_fault(f, o->name, "it was not written whole");
    return ok;
}

/* --- elements --- */

static bool readable(const TtfsHdf5 *f, const TtfsHdf5Object *o) {
    if (o->is_group) return ttfs_hdf5_fault(f, o->name, "it is a group, a dataset expected");
    if (o->refused) return ttfs_hdf5_fault(f, o->name, "%s", o->refused);
    if (!o->has_space || !o->has_type || !o->has_layout)
        return ttfs_hdf5_fault(f, o->name, "it is no dataset");
    if (o->kind == TTFS_HDF5_OTHER)
        return ttfs_hdf5_fault(f, o->name, "its type is none of integers, IEEE floats and texts");
    return true;
}

/* The bytes of all elements, in the file or unpacked; NULL after an error. */
static const unsigned char *elements(const TtfsHdf5 *f, const TtfsHdf5Object *o) {
    if (!readable(f, o)) return NULL;
    uint64_t bytes = o->count * o->bytes; /* below 2^31 * 2^32 */
    if (bytes == 0) return f->bytes;
    if (!ttfs_hdf5_afford(f, o->name, o->chunked ? bytes : 0, o->count)) return NULL;
    if (o->chunked) {
        unsigned char *out = TTFS_ARRAY(f->arena, unsigned char, bytes);
        return read_chunks(f, o, out) ? out : NULL;
    }
    TtfsHdf5Bytes b = ttfs_hdf5_part(f, o->at, bytes);
    if (!b.bad && o->length >= bytes && !o->filters) return b.at;
    damaged(f, o);
    return NULL;
}

/* The bits of element i, in the low bytes. */
static uint64_t bits_at(const TtfsHdf5Object *o, const unsigned char *at, uint64_t i) {
    uint64_t v = 0;
    for (uint32_t k = 0; k < o->bytes; k++)
        v |= (uint64_t)at[i * o->bytes + (o->big ? o->bytes - 1 - k : k)] << (8 * k);
    return v;
}

static double half(uint64_t bits) {
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023), sign = bits >> 15 ? -1.0 : 1.0;
    if (exponent == 31) return fraction > 0 ? (double)NAN : sign * (double)INFINITY;
    return sign * (exponent ? ldexp(fraction + 1024.0, exponent - 25) : ldexp(fraction, -24));
}

static double float_at(const TtfsHdf5Object *o, const unsigned char *at, uint64_t i) {
    uint64_t bits = bits_at(o, at, i);
    uint32_t low = (uint32_t)bits;
    float single;
    double v;
    if (o->bytes == 2) return half(bits);
    memcpy(&single, &low, sizeof single);
    memcpy(&v, &bits, sizeof v);
    return o->bytes == 4 ? (double)single : v;
}

static int64_t integer_at(const TtfsHdf5Object *o, const unsigned char *at, uint64_t i) {
    uint64_t v = bits_at(o, at, i), sign = (uint64_t)1 << (o->bytes * 8 - 1);
    if (o->is_signed && v & sign) v |= ~(sign | (sign - 1));
    if (!o->is_signed && v > INT64_MAX) return INT64_MAX;
    int64_t out;
    memcpy(&out, &v, sizeof out);
    return out;
}

static bool is_number(const TtfsHdf5 *f, const TtfsHdf5Object *o) {
    bool number = o->kind == TTFS_HDF5_FLOAT || o->kind == TTFS_HDF5_INTEGER;
    return !readable(f, o) ? false
           : number        ? true
                           : ttfs_hdf5_fault(f, o->name, "it holds texts, numbers expected");
}

bool ttfs_hdf5_floats(const TtfsHdf5 *f, const TtfsHdf5Object *o, float **out) {
    if (!is_number(f, o) || !ttfs_hdf5_afford(f, o->name, o->count * sizeof **out, 0)) return false;
    const unsigned char *at = elements(f, o);
    if (!at) return false;
    *out = TTFS_ARRAY(f->arena, float, o->count);
    for (uint64_t i = 0; i < o->count; i++)
        (*out)[i] = o->kind == TTFS_HDF5_FLOAT ? (float)float_at(o, at, i)
                                               : (float)integer_at(o, at, i);
    return true;
}

bool ttfs_hdf5_integers(const TtfsHdf5 *f, const TtfsHdf5Object *o, int64_t **out) {
    if (!is_number(f, o) || !ttfs_hdf5_afford(f, o->name, o->count * sizeof **out, 0)) return false;
    const unsigned char *at = elements(f, o);
    if (!at) return false;
    *out = TTFS_ARRAY(f->arena, int64_t, o->count);
    for (uint64_t i = 0; i < o->count; i++) {
        double v = o->kind == TTFS_HDF5_FLOAT ? float_at(o, at, i) : 0;
        if (!(v == floor(v) && fabs(v) < 1e15))
            return ttfs_hdf5_fault(f, o->name, "it holds %g, whole numbers expected", v);
        (*out)[i] = o->kind == TTFS_HDF5_FLOAT ? (int64_t)v : integer_at(o, at, i);
    }
    return true;
}

/* --- texts --- */

/* Object `index` of the collection at that address. */
static bool heap_object(const TtfsHdf5 *f, const TtfsHdf5Object *o, uint64_t at, uint64_t index,
                        TtfsHdf5Bytes *out) {
    TtfsHdf5Bytes b = ttfs_hdf5_part(f, at, TTFS_HDF5_NONE);
    if (!ttfs_hdf5_sign(&b, "GCOL")) return damaged(f, o);
    ttfs_hdf5_take(&b, 4);
    uint64_t size = ttfs_hdf5_take(&b, 8);
    b = ttfs_hdf5_run(&b, size < 16 ? 0 : size - 16);
    while (b.left >= 16) {
        uint64_t own = ttfs_hdf5_take(&b, 2);
        ttfs_hdf5_take(&b, 6);
        uint64_t n = ttfs_hdf5_take(&b, 8);
        if (!ttfs_hdf5_afford(f, o->name, 0, 16)) return false;
        if (own == 0 || n > b.left) break;
        *out = ttfs_hdf5_run(&b, n);
        if (own == index) return true;
        ttfs_hdf5_run(&b, (8 - n % 8) % 8);
    }
    return damaged(f, o);
}

static bool text_at(const TtfsHdf5 *f, const TtfsHdf5Object *o, const unsigned char *at,
                    const char **out) {
    TtfsHdf5Bytes b = {.at = at, .left = o->bytes}, text = b;
    if (o->kind == TTFS_HDF5_VARIABLE_TEXT) {
        uint64_t n = ttfs_hdf5_take(&b, 4), heap = ttfs_hdf5_take(&b, 8);
        text.left = 0;
        if (n && !heap_object(f, o, heap, ttfs_hdf5_take(&b, 4), &text)) return false;
        if (n > text.left) return damaged(f, o);
        text.left = n;
    }
    const void *end = text.left ? memchr(text.at, 0, text.left) : NULL;
    uint64_t n = end ? (uint64_t)((const unsigned char *)end - text.at) : text.left;
    if (!ttfs_hdf5_afford(f, o->name, n + 1, n)) return false;
    *out = ttfs_arena_strndup(f->arena, (const char *)text.at, n);
    return true;
}

bool ttfs_hdf5_texts(const TtfsHdf5 *f, const TtfsHdf5Object *o, const char ***out) {
    if (!readable(f, o)) return false;
    if (o->kind != TTFS_HDF5_TEXT && o->kind != TTFS_HDF5_VARIABLE_TEXT)
        return ttfs_hdf5_fault(f, o->name, "it holds numbers, a text expected");
    const unsigned char *at = elements(f, o);
    if (!at || !ttfs_hdf5_afford(f, o->name, o->count * sizeof **out, 0)) return false;
    *out = TTFS_ARRAY(f->arena, const char *, o->count);
    for (uint64_t i = 0; i < o->count; i++)
        if (!text_at(f, o, at + i * o->bytes, &(*out)[i])) return false;
    return true;
}
