/* SPDX-License-Identifier: Apache-2.0
 *
 * Values -> HDF5. Numbers are little-endian, and so are the processors that ttfs is built for; an
 * object's address is where the buffer stood, a multiple of 8.
 */
#include "hdf5_write.h"

#include "shown.h"

#include <string.h>
#include <zlib.h>

static const uint64_t NONE = UINT64_MAX;
enum { SUPERBLOCK = 96, GZIP_LEVEL = 4, CHILDREN = 64 /* of a node of a tree of chunks */ };

static void put(TtfsBuf *b, uint64_t v, uint32_t bytes) {
    unsigned char le[8];
    for (uint32_t i = 0; i < bytes; i++) le[i] = (unsigned char)(v >> (8 * i));
    ttfs_buf_bytes(b, le, bytes);
}

static void align(TtfsBuf *b) {
    while (b->len % 8) put(b, 0, 1);
}

/* Where the next byte will be in the file. */
static uint64_t here(const TtfsHdf5Writer *w) {
    return w->moved + w->file.len;
}

/* Ends a message that begins at `from`, the bytes before which are its head. */
static void add(TtfsHdf5Header *h, uint32_t kind, TtfsBuf *data) {
    align(data);
    put(&h->messages, kind, 2);
    put(&h->messages, data->len, 2);
    put(&h->messages, 0, 4);
    ttfs_buf_bytes(&h->messages, ttfs_buf_text(data), data->len);
    ttfs_buf_free(data);
    h->n++;
}

void ttfs_hdf5_begin(TtfsHdf5Writer *w) {
    *w = (TtfsHdf5Writer){0};
    for (int i = 0; i < SUPERBLOCK; i += 8) put(&w->file, 0, 8);
}

void ttfs_hdf5_move(TtfsHdf5Writer *w, TtfsBuf *out) {
    w->moved += w->file.len;
    ttfs_buf_bytes(out, ttfs_buf_text(&w->file), w->file.len);
    ttfs_buf_free(&w->file);
}

uint64_t ttfs_hdf5_put(TtfsHdf5Writer *w, TtfsHdf5Header *h) {
    uint64_t at = here(w);
    put(&w->file, 1, 2);
    put(&w->file, h->n, 2);
    put(&w->file, 1, 4); /* references */
    put(&w->file, h->messages.len, 4);
    put(&w->file, 0, 4);
    ttfs_buf_bytes(&w->file, ttfs_buf_text(&h->messages), h->messages.len);
    ttfs_buf_free(&h->messages);
    return at;
}

void ttfs_hdf5_end_moved(TtfsHdf5Writer *w, TtfsHdf5Header *root, TtfsBuf *head) {
    uint64_t at = ttfs_hdf5_put(w, root);
    ttfs_buf_bytes(head, "\x89HDF\r\n\x1a\n", 8);
    put(head, 0, 5);
    put(head, 8 | 8 << 8, 3);   /* bytes of addresses and sizes */
    put(head, 4 | 16 << 16, 8); /* sizes of nodes, which are not used */
    put(head, 0, 8);
    put(head, NONE, 8);
    put(head, here(w), 8);
    put(head, NONE, 8);
    put(head, 0, 8);
    put(head, at, 8);
    put(head, 0, 8);
}

void ttfs_hdf5_end(TtfsHdf5Writer *w, TtfsHdf5Header *root) {
    TtfsBuf head = {0};
    ttfs_hdf5_end_moved(w, root, &head);
    memcpy(w->file.text, head.text, head.len);
    ttfs_buf_free(&head);
}

TtfsHdf5Header ttfs_hdf5_group(void) {
    TtfsHdf5Header h = {0};
    TtfsBuf info = {0}, group = {0};
    put(&info, 0, 2);
    put(&info, NONE, 8); /* no heap of links: they are messages */
    put(&info, NONE, 8);
    add(&h, 2, &info);
    put(&group, 0, 2);
    add(&h, 10, &group);
    return h;
}

/* As many bytes of UTF-8 as there may be, up to the end of a character. */
static int shorter(const char *name, size_t most) {
    size_t n = strlen(name);
    if (n <= most) return (int)n;
    while (most && (name[most] & 0xc0) == 0x80) most--;
    return (int)most;
}

const char *ttfs_hdf5_name(const char *name, uint32_t number, TtfsArena *a) {
    enum { LONGEST = 1000 };
    const char *shown = ttfs_shown(a, name);
    bool fits = *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, shown) == 0 &&
                strlen(name) <= LONGEST;
    if (fits) return name;
    char *changed = ttfs_arena_printf(a, "%.*s_%u", shorter(shown, LONGEST), shown, number);
    for (char *c = changed; *c; c++)
        if (*c == '/') *c = '.';
    return changed;
}

void ttfs_hdf5_link(TtfsHdf5Header *group, const char *name, uint64_t header) {
    TtfsBuf b = {0};
    put(&b, 1, 1);
    put(&b, 16 | 1, 1); /* a character set, a length of 2 bytes */
    put(&b, 1, 1);      /* UTF-8 */
    put(&b, strlen(name), 2);
    ttfs_buf_puts(&b, name);
    put(&b, header, 8);
    add(group, 6, &b);
}

/* --- types and shapes --- */

/* `most`: what each axis may grow to; NULL: no more. */
static TtfsBuf shape(uint32_t rank, const uint64_t *dim, const uint64_t *most) {
    TtfsBuf b = {0};
    put(&b, 1, 1);
    put(&b, rank, 1);
    put(&b, most != NULL, 6);
    for (uint32_t i = 0; i < rank; i++) put(&b, dim[i], 8);
    for (uint32_t i = 0; most && i < rank; i++) put(&b, most[i], 8);
    return b;
}

static void put_float(TtfsBuf *b, uint32_t bytes, uint32_t exponent, uint32_t bias) {
    uint32_t fraction = bytes * 8 - 1 - exponent;
    put(b, 0x11 | 0x20 << 8 | (uint64_t)(bytes * 8 - 1) << 16, 4);
    put(b, bytes, 4);
    put(b, (uint64_t)bytes * 8 << 16, 4);
    put(b, fraction | exponent << 8 | (uint64_t)fraction << 24, 4);
    put(b, bias, 4);
}

static TtfsBuf number_type(TtfsHdf5Number type) {
    TtfsBuf b = {0};
    if (type == TTFS_HDF5_WRITE_F32) put_float(&b, 4, 8, 127);
    if (type == TTFS_HDF5_WRITE_F64) put_float(&b, 8, 11, 1023);
    if (type != TTFS_HDF5_WRITE_I64) return b;
    put(&b, 0x10 | 8 << 8, 4);
    put(&b, 8, 4);
    put(&b, 64 << 16, 4);
    return b;
}

static TtfsBuf variable_text_type(void) {
    TtfsBuf b = {0};
    put(&b, 0x19 | 0x01 << 8 | 0x01 << 16, 4);
    put(&b, 16, 4);
    put(&b, 0x10, 4); /* of bytes */
    put(&b, 1, 4);
    put(&b, 8 << 16, 4);
    return b;
}

/* --- attributes --- */

/* The texts as one collection of the global heap. */
static uint64_t collection(TtfsHdf5Writer *w, const char *const *text, uint64_t n) {
    enum { LEAST = 4096 };
    TtfsBuf b = {0};
    uint64_t at = here(w);
    for (uint64_t i = 0; i < n; i++) {
        put(&b, i + 1, 2);
        put(&b, 1, 6);
        put(&b, strlen(text[i]), 8);
        ttfs_buf_puts(&b, text[i]);
        align(&b);
    }
    uint64_t used = 16 + b.len, size = used + 16 > LEAST ? used + 16 : LEAST;
    put(&b, 0, 8); /* what is free, with this head */
    put(&b, size - used, 8);
    while (b.len < size - 16) put(&b, 0, 8);
    ttfs_buf_bytes(&w->file, "GCOL\1\0\0\0", 8);
    put(&w->file, size, 8);
    ttfs_buf_bytes(&w->file, b.text, b.len);
    ttfs_buf_free(&b);
    return at;
}

static void attribute(TtfsHdf5Header *h, const char *name, TtfsBuf *type, const void *value,
                      size_t bytes) {
    TtfsBuf b = {0}, space = shape(0, NULL, NULL);
    put(&b, 1, 2);
    put(&b, strlen(name) + 1, 2);
    put(&b, type->len, 2);
    put(&b, space.len, 2);
    ttfs_buf_bytes(&b, name, strlen(name) + 1);
    align(&b);
    ttfs_buf_bytes(&b, ttfs_buf_text(type), type->len);
    align(&b);
    ttfs_buf_bytes(&b, ttfs_buf_text(&space), space.len);
    ttfs_buf_bytes(&b, value, bytes);
    ttfs_buf_free(type);
    ttfs_buf_free(&space);
    add(h, 12, &b);
}

/* Of variable length: h5py gives those of fixed length as bytes, which nir takes for another. */
void ttfs_hdf5_attribute_text(TtfsHdf5Writer *w, TtfsHdf5Header *h, const char *name,
                              const char *text) {
    TtfsBuf type = variable_text_type(), value = {0};
    put(&value, strlen(text), 4);
    put(&value, collection(w, &text, 1), 8);
    put(&value, 1, 4);
    attribute(h, name, &type, value.text, value.len);
    ttfs_buf_free(&value);
}

void ttfs_hdf5_attribute_i64(TtfsHdf5Header *h, const char *name, int64_t value) {
    TtfsBuf type = number_type(TTFS_HDF5_WRITE_I64);
    attribute(h, name, &type, &value, sizeof value);
}

void ttfs_hdf5_attribute_f64(TtfsHdf5Header *h, const char *name, double value) {
    TtfsBuf type = number_type(TTFS_HDF5_WRITE_F64);
    attribute(h, name, &type, &value, sizeof value);
}

/* --- datasets --- */

static uint64_t contiguous(TtfsHdf5Writer *w, TtfsHdf5Header *h, const void *bytes, uint64_t n) {
    TtfsBuf layout = {0};
    uint64_t at = n ? here(w) : NONE;
    ttfs_buf_bytes(&w->file, bytes, n);
    align(&w->file);
    put(&layout, 3 | 1 << 8, 2);
    put(&layout, at, 8);
    put(&layout, n, 8);
    add(h, 8, &layout);
    return ttfs_hdf5_put(w, h);
}

/* What both kinds of datasets begin with. */
static TtfsHdf5Header dataset(TtfsBuf space, TtfsBuf type) {
    TtfsHdf5Header h = {0};
    add(&h, 1, &space);
    add(&h, 3, &type);
    return h;
}

static TtfsHdf5Header plain(uint32_t rank, const uint64_t *dim, TtfsBuf type) {
    TtfsHdf5Header h = dataset(shape(rank, dim, NULL), type);
    TtfsBuf fill = {0};
    put(&fill, 2 | 2 << 8 | 2 << 16, 4); /* no value but 0 */
    add(&h, 5, &fill);
    return h;
}

static uint32_t bytes_of(TtfsHdf5Number type) {
    return type == TTFS_HDF5_WRITE_F32 ? 4 : 8;
}

void ttfs_hdf5_chunk(TtfsHdf5Writer *w, TtfsHdf5Chunked *c, const uint64_t *at, const void *values,
                     TtfsArena *a) {
    TtfsHdf5Chunk *k = TTFS_PUSH(a, c->chunks);
    uint64_t size = bytes_of(c->type);
    TtfsArena scratch = {0};
    for (uint32_t i = 0; i < c->rank; i++) size *= c->chunk[i], k->at[i] = at[i];
    uLongf room = compressBound(size);
    unsigned char *packed = TTFS_ARRAY(&scratch, unsigned char, room);
    if (compress2(packed, &room, values, size, GZIP_LEVEL) != Z_OK) ttfs_oom(room);
    k->address = here(w);
    k->bytes = (uint32_t)room;
    ttfs_buf_bytes(&w->file, packed, room);
    align(&w->file);
    ttfs_arena_free(&scratch);
}

/* --- the tree of a dataset's chunks --- */

/* What a node has children of: chunks, or nodes of the level below, which lie side by side. */
typedef struct {
    const TtfsHdf5Chunked *c;
    uint32_t level, n, nodes; /* children of this level in all, and its nodes */
    uint64_t each;            /* chunks that a child of this level holds, but for the last one */
    uint64_t below;           /* address of the level below */
    uint64_t room;            /* bytes of a node */
} Level;

/* A key: the first chunk of a child; behind the last child where the next one would be. */
static void put_key(const Level *l, uint64_t child, TtfsBuf *b) {
    const TtfsHdf5Chunked *c = l->c;
    uint64_t first = child * l->each;
    bool end = first >= c->chunks.len;
    const TtfsHdf5Chunk *k = &c->chunks.at[end ? c->chunks.len - 1 : first];
    put(b, end ? 0 : k->bytes, 8);
    for (uint32_t i = 0; i < c->rank; i++) put(b, k->at[i] + (end ? c->chunk[i] : 0), 8);
    put(b, 0, 8);
}

static uint64_t sibling(const Level *l, uint64_t own, uint32_t node, bool there, int64_t step) {
    return there ? own + (uint64_t)((int64_t)node + step) * l->room : NONE;
}

static void put_node(TtfsHdf5Writer *w, const Level *l, uint32_t node, uint64_t own) {
    TtfsBuf *b = &w->file;
    uint32_t first = node * CHILDREN, left = l->n - first, n = left < CHILDREN ? left : CHILDREN;
    size_t start = b->len;
    ttfs_buf_bytes(b, "TREE", 4);
    put(b, 1 | l->level << 8 | n << 16, 4); /* of chunks */
    put(b, sibling(l, own, node, node > 0, -1), 8);
    put(b, sibling(l, own, node, node + 1 < l->nodes, 1), 8);
    for (uint32_t i = first; i < first + n; i++) {
        put_key(l, i, b);
        put(b, l->level ? l->below + i * l->room : l->c->chunks.at[i].address, 8);
    }
    put_key(l, (uint64_t)first + n, b);
    while (b->len < start + l->room) put(b, 0, 8);
}

/* The tree, level by level from the leaves; the address of its root. */
static uint64_t tree(TtfsHdf5Writer *w, const TtfsHdf5Chunked *c) {
    uint64_t key = 8 + 8 * ((uint64_t)c->rank + 1), own;
    Level l = {.c = c, .n = c->chunks.len, .each = 1, .room = 24 + CHILDREN * 8};
    l.room += (CHILDREN + 1) * key;
    for (;; l.level++, l.n = l.nodes, l.each *= CHILDREN, l.below = own) {
        l.nodes = (l.n + CHILDREN - 1) / CHILDREN;
        own = here(w);
        for (uint32_t i = 0; i < l.nodes; i++) put_node(w, &l, i, own);
        if (l.nodes <= 1) return own;
    }
}

static void add_filter(TtfsHdf5Header *h) {
    TtfsBuf filter = {0};
    put(&filter, 1 | 1 << 8, 8);
    put(&filter, 1, 6); /* gzip, without a name */
    put(&filter, 1, 2);
    put(&filter, GZIP_LEVEL, 8);
    add(h, 11, &filter);
}

uint64_t ttfs_hdf5_chunked(TtfsHdf5Writer *w, const TtfsHdf5Chunked *c, const uint64_t *dim,
                           const uint64_t *most) {
    uint64_t at = c->chunks.len ? tree(w, c) : NONE;
    TtfsHdf5Header h = dataset(shape(c->rank, dim, most), number_type(c->type));
    TtfsBuf fill = {0}, layout = {0};
    put(&fill, 2 | 3 << 8 | 2 << 16 | (c->fill ? 1 << 24 : 0), 4);
    if (c->fill) put(&fill, bytes_of(c->type), 4);
    if (c->fill) put(&fill, c->fill, bytes_of(c->type));
    add(&h, 5, &fill);
    add_filter(&h);
    put(&layout, 3 | 2 << 8 | (c->rank + 1) << 16, 3);
    put(&layout, at, 8);
    for (uint32_t i = 0; i < c->rank; i++) put(&layout, c->chunk[i], 4);
    put(&layout, bytes_of(c->type), 4);
    add(&h, 8, &layout);
    return ttfs_hdf5_put(w, &h);
}

/* One chunk that is the whole. */
static uint64_t packed(TtfsHdf5Writer *w, TtfsHdf5Number type, uint32_t rank, const uint64_t *dim,
                       const void *values) {
    static const uint64_t start[TTFS_HDF5_CHUNK_RANK] = {0};
    TtfsHdf5Chunked c = {.type = type, .rank = rank};
    TtfsArena a = {0};
    for (uint32_t i = 0; i < rank; i++) c.chunk[i] = dim[i];
    ttfs_hdf5_chunk(w, &c, start, values, &a);
    uint64_t at = ttfs_hdf5_chunked(w, &c, dim, NULL);
    ttfs_arena_free(&a);
    return at;
}

uint64_t ttfs_hdf5_numbers(TtfsHdf5Writer *w, TtfsHdf5Number type, uint32_t rank,
                           const uint64_t *dim, const void *values, bool pack) {
    uint64_t size = bytes_of(type);
    for (uint32_t i = 0; i < rank; i++) size *= dim[i];
    if (pack && rank && rank <= TTFS_HDF5_CHUNK_RANK && size && size <= INT32_MAX)
        return packed(w, type, rank, dim, values);
    TtfsHdf5Header h = plain(rank, dim, number_type(type));
    return contiguous(w, &h, values, size);
}

/* A collection holds at most 65,535 objects: the texts lie in as many as they need. */
uint64_t ttfs_hdf5_strings(TtfsHdf5Writer *w, uint32_t rank, const uint64_t *dim,
                           const char *const *text) {
    enum { MOST = 60000 };
    TtfsBuf data = {0};
    uint64_t count = 1, at = 0;
    for (uint32_t i = 0; i < rank; i++) count *= dim[i];
    for (uint64_t i = 0; i < count; i++) {
        uint64_t left = count - i;
        if (i % MOST == 0) at = collection(w, text + i, left < MOST ? left : MOST);
        put(&data, strlen(text[i]), 4);
        put(&data, at, 8);
        put(&data, i % MOST + 1, 4);
    }
    TtfsHdf5Header h = plain(rank, dim, variable_text_type());
    uint64_t header = contiguous(w, &h, ttfs_buf_text(&data), data.len);
    ttfs_buf_free(&data);
    return header;
}
