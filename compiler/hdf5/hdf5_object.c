/* SPDX-License-Identifier: Apache-2.0
 *
 * Superblock and object headers. In: bytes at an address; out: what the messages of the header say
 * of a group or a dataset. A header is a list of blocks of messages; a message may name the next
 * block. What a message says that is not supported is kept as the reason for a refusal, so that
 * only who asks for the contents is refused.
 */
#include "hdf5_bytes.h"

#include <string.h>

enum {
    SPACE = 1,
    LINK_INFO = 2,
    TYPE = 3,
    LINK = 6,
    EXTERNAL = 7,
    LAYOUT = 8,
    FILTERS = 11,
    MORE = 16,
    TABLE = 17,
    MOST_BLOCKS = 64,
    SHARED = 2 /* flag of a message that is kept elsewhere */
};

static const char SIGNATURE[] = "\x89HDF\r\n\x1a\n";

uint64_t ttfs_hdf5_take(TtfsHdf5Bytes *b, uint32_t n) {
    uint64_t v = 0;
    if (b->bad || b->left < n) {
        b->bad = true;
        return 0;
    }
    for (uint32_t i = 0; i < n; i++) v |= (uint64_t)b->at[i] << (8 * i);
    b->at += n;
    b->left -= n;
    return v;
}

TtfsHdf5Bytes ttfs_hdf5_run(TtfsHdf5Bytes *b, uint64_t n) {
    TtfsHdf5Bytes run = {.at = b->at, .left = n, .bad = b->bad || b->left < n};
    if (run.bad) {
        b->bad = true;
        run.left = 0;
        return run;
    }
    b->at += n;
    b->left -= n;
    return run;
}

bool ttfs_hdf5_sign(TtfsHdf5Bytes *b, const char *four) {
    if (b->bad || b->left < 4 || memcmp(b->at, four, 4) != 0) return false;
    ttfs_hdf5_take(b, 4);
    return true;
}

TtfsHdf5Bytes ttfs_hdf5_part(const TtfsHdf5 *f, uint64_t at, uint64_t n) {
    TtfsHdf5Bytes all = {.at = f->bytes, .left = f->size};
    ttfs_hdf5_run(&all, at);
    return n == TTFS_HDF5_NONE ? all : ttfs_hdf5_run(&all, n);
}

bool ttfs_hdf5_fault(const TtfsHdf5 *f, const char *name, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    ttfs_error_va(f->diag, TTFS_AT_NODE(f->path, name), TTFS_NIR_FILE, NULL, fmt, ap);
    va_end(ap);
    return false;
}

bool ttfs_hdf5_afford(const TtfsHdf5 *f, const char *name, uint64_t bytes, uint64_t work) {
    ttfs_budget_room(f->budget, bytes);
    ttfs_budget_spend(f->budget, work);
    return ttfs_budget_check(f->budget, TTFS_AT_NODE(f->path, name), f->diag);
}

bool ttfs_hdf5_is(const unsigned char *bytes, uint64_t n) {
    return n >= sizeof SIGNATURE - 1 && memcmp(bytes, SIGNATURE, sizeof SIGNATURE - 1) == 0;
}

/* Versions 0 and 1 end with the root group's entry, 2 and 3 with its address. */
static bool read_root(TtfsHdf5 *f, TtfsHdf5Bytes *b, uint64_t version) {
    uint64_t offsets, lengths, base;
    if (version < 2) {
        ttfs_hdf5_run(b, 4);
        offsets = ttfs_hdf5_take(b, 1), lengths = ttfs_hdf5_take(b, 1);
        ttfs_hdf5_run(b, version == 0 ? 9 : 13);
        base = ttfs_hdf5_take(b, 8);
        ttfs_hdf5_run(b, 4 * 8); /* free space, end of file, driver; the entry's name */
    } else {
        offsets = ttfs_hdf5_take(b, 1), lengths = ttfs_hdf5_take(b, 1);
        ttfs_hdf5_run(b, 1);
        base = ttfs_hdf5_take(b, 8);
        ttfs_hdf5_run(b, 2 * 8);
    }
    f->root = ttfs_hdf5_take(b, 8);
    if (b->bad) return ttfs_hdf5_fault(f, "", "the file is cut off");
    if (offsets == 8 && lengths == 8 && base == 0) return true;
    return ttfs_hdf5_fault(f, "",
                           "addresses of %llu and sizes of %llu bytes from byte %llu on; 8, "
                           "8 and 0 expected",
                           (unsigned long long)offsets, (unsigned long long)lengths,
                           (unsigned long long)base);
}

bool ttfs_hdf5_open(TtfsHdf5 *f) {
    if (!ttfs_hdf5_is(f->bytes, f->size)) return ttfs_hdf5_fault(f, "", "this is no HDF5 file");
    TtfsHdf5Bytes b = ttfs_hdf5_part(f, sizeof SIGNATURE - 1, TTFS_HDF5_NONE);
    uint64_t version = ttfs_hdf5_take(&b, 1);
    if (version <= 3) return read_root(f, &b, version);
    return ttfs_hdf5_fault(f, "", "HDF5 superblock %llu, 0 to 3 expected",
                           (unsigned long long)version);
}

/* --- messages --- */

static void refuse(TtfsHdf5Object *o, const char *why) {
    if (!o->refused) o->refused = why;
}

static void read_space(TtfsHdf5Object *o, TtfsHdf5Bytes *b) {
    uint64_t version = ttfs_hdf5_take(b, 1), rank = ttfs_hdf5_take(b, 1);
    ttfs_hdf5_take(b, 1);
    uint64_t type = ttfs_hdf5_take(b, 1); /* of version 2; 2: no element at all */
    if (version == 1) ttfs_hdf5_take(b, 4);
    if (version < 1 || version > 2) refuse(o, "the version of its shape is not known");
    if (rank > TTFS_HDF5_MOST_RANK) refuse(o, "it has more than 8 dimensions");
    o->has_space = true;
    if (o->refused) return;
    o->rank = (uint32_t)rank;
    o->count = version == 2 && type == 2 ? 0 : 1;
    for (uint32_t i = 0; i < rank; i++) {
        o->dim[i] = ttfs_hdf5_take(b, 8);
        if (o->dim[i] && o->count > INT32_MAX / o->dim[i])
            refuse(o, "it has more than 2^31 - 1 elements");
        else
            o->count *= o->dim[i];
    }
}

/* IEEE 754: sign, exponent and fraction where they should be. */
static bool is_ieee(uint32_t bytes, TtfsHdf5Bytes *b) {
    static const uint8_t exponent[] = {0, 0, 5, 0, 8, 0, 0, 0, 11};
    if (bytes != 2 && bytes != 4 && bytes != 8) return false;
    uint64_t offset = ttfs_hdf5_take(b, 2), precision = ttfs_hdf5_take(b, 2);
    uint64_t at = ttfs_hdf5_take(b, 1), size = ttfs_hdf5_take(b, 1);
    return offset == 0 && precision == bytes * 8 && size == exponent[bytes] &&
           at == bytes * 8 - 1 - size;
}

static bool is_whole(uint32_t bytes, TtfsHdf5Bytes *b) {
    uint64_t offset = ttfs_hdf5_take(b, 2), precision = ttfs_hdf5_take(b, 2);
    bool usual = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
    return usual && offset == 0 && precision == bytes * 8;
}

static void read_type(TtfsHdf5Object *o, TtfsHdf5Bytes *b) {
    uint64_t class = ttfs_hdf5_take(b, 1) & 15, bits = ttfs_hdf5_take(b, 3);
    o->bytes = (uint32_t)ttfs_hdf5_take(b, 4);
    o->big = bits & 1, o->is_signed = bits >> 3 & 1;
    o->has_type = true;
    o->kind = TTFS_HDF5_OTHER;
    if (class == 0 && is_whole(o->bytes, b)) o->kind = TTFS_HDF5_INTEGER;
    if (class == 1 && !(bits & 64) && is_ieee(o->bytes, b)) o->kind = TTFS_HDF5_FLOAT;
    if (class == 3 && o->bytes) o->kind = TTFS_HDF5_TEXT;
    if (class == 9 && (bits & 15) == 1 && o->bytes == 16) o->kind = TTFS_HDF5_VARIABLE_TEXT;
}

static void read_chunks(TtfsHdf5Object *o, TtfsHdf5Bytes *b) {
    uint64_t rank = ttfs_hdf5_take(b, 1);
    o->chunked = true;
    o->at = ttfs_hdf5_take(b, 8);
    if (rank < 2 || rank > TTFS_HDF5_MOST_RANK + 1) {
        refuse(o, "its chunks have no usual rank");
        return;
    }
    for (uint64_t i = 0; i + 1 < rank; i++)
        if ((o->chunk[i] = ttfs_hdf5_take(b, 4)) == 0) refuse(o, "its chunks are empty");
    o->length = rank - 1; /* held against the rank when it is read */
}

static void read_layout(const TtfsHdf5 *f, TtfsHdf5Object *o, TtfsHdf5Bytes *b) {
    uint64_t version = ttfs_hdf5_take(b, 1), class = ttfs_hdf5_take(b, 1);
    if (o->has_layout)
        refuse(o, "it has two layouts"); /* fields of one must not meet the other's */
    o->has_layout = true;
    if (version == 4 && class == 2) {
        refuse(o, "its chunks have an index of HDF5 1.10 (libver 'latest')");
    } else if (version != 3 && version != 4) {
        refuse(o, "the version of its layout is not known");
    } else if (class == 0) {
        o->compact = true;
        o->length = ttfs_hdf5_take(b, 2);
        o->at = (uint64_t)(b->at - f->bytes);
        ttfs_hdf5_run(b, o->length);
    } else if (class == 1) {
        o->at = ttfs_hdf5_take(b, 8);
        o->length = ttfs_hdf5_take(b, 8);
    } else if (class == 2) {
        read_chunks(o, b);
    } else {
        refuse(o, "it is a virtual dataset");
    }
}

enum { DEFLATE = 1, SHUFFLE = 2 };

static const char *filter_fault(uint64_t id) {
    return id == DEFLATE || id == SHUFFLE ? NULL
           : id == 3                      ? "its filter is fletcher32"
           : id == 4                      ? "its filter is szip"
           : id == 5                      ? "its filter is nbit"
           : id == 6                      ? "its filter is scaleoffset"
           : id == 32000                  ? "its filter is lzf"
                                          : "its filter is a plug-in";
}

static void read_filter(TtfsHdf5Object *o, TtfsHdf5Bytes *b, uint64_t version) {
    uint64_t id = ttfs_hdf5_take(b, 2);
    uint64_t name = version == 1 || id >= 256 ? ttfs_hdf5_take(b, 2) : 0;
    ttfs_hdf5_take(b, 2);
    uint64_t values = ttfs_hdf5_take(b, 2);
    ttfs_hdf5_run(b, version == 1 ? (name + 7) / 8 * 8 : name);
    uint64_t first = values ? ttfs_hdf5_take(b, 4) : 0;
    if (values > 1) ttfs_hdf5_run(b, (values - 1) * 4);
    if (version == 1 && values % 2) ttfs_hdf5_run(b, 4);
    if (filter_fault(id)) refuse(o, filter_fault(id));
    o->filter[o->filters].id = (uint32_t)id;
    o->filter[o->filters++].size = (uint32_t)first;
}

static void read_filters(TtfsHdf5Object *o, TtfsHdf5Bytes *b) {
    uint64_t version = ttfs_hdf5_take(b, 1), count = ttfs_hdf5_take(b, 1);
    if (version == 1) ttfs_hdf5_run(b, 6);
    if (version < 1 || version > 2 || count > TTFS_HDF5_MOST_FILTERS) {
        refuse(o, "its filters are not of a known form");
        return;
    }
    o->filters = 0;
    for (uint64_t i = 0; i < count && !b->bad; i++) read_filter(o, b, version);
}

static void read_link(const TtfsHdf5 *f, TtfsHdf5Object *o, TtfsHdf5Bytes *b) {
    ttfs_hdf5_take(b, 1);
    uint64_t flags = ttfs_hdf5_take(b, 1), type = flags & 8 ? ttfs_hdf5_take(b, 1) : 0;
    if (flags & 4) ttfs_hdf5_take(b, 8);
    if (flags & 16) ttfs_hdf5_take(b, 1);
    TtfsHdf5Bytes name = ttfs_hdf5_run(b, ttfs_hdf5_take(b, 1u << (flags & 3)));
    o->is_group = true;
    if (type == 1) refuse(o, "it holds a soft link");
    if (type > 1) refuse(o, "it holds an external link");
    if (o->refused || name.bad) return;
    TtfsHdf5Link *link = TTFS_PUSH(f->arena, o->links);
    link->name = ttfs_arena_strndup(f->arena, (const char *)name.at, name.left);
    link->header = ttfs_hdf5_take(b, 8);
}

static void read_link_info(TtfsHdf5Object *o, TtfsHdf5Bytes *b) {
    ttfs_hdf5_take(b, 1);
    if (ttfs_hdf5_take(b, 1) & 1) ttfs_hdf5_take(b, 8);
    o->is_group = true;
    if (ttfs_hdf5_take(b, 8) != TTFS_HDF5_NONE)
        refuse(o, "its links lie in a heap of HDF5 1.8 (libver 'latest' or track_order)");
}

typedef struct {
    TtfsHdf5Bytes block[MOST_BLOCKS];
    uint32_t n;
    bool two, ordered; /* version 2; with the order of creation */
} Header;

static void read_more(const TtfsHdf5 *f, Header *h, TtfsHdf5Bytes *b) {
    uint64_t at = ttfs_hdf5_take(b, 8), n = ttfs_hdf5_take(b, 8);
    TtfsHdf5Bytes block = ttfs_hdf5_part(f, at, n);
    if (h->two && !(ttfs_hdf5_sign(&block, "OCHK") && block.left >= 4)) block.bad = true;
    if (h->two && !block.bad) block.left -= 4; /* a checksum */
    if (block.bad || h->n == MOST_BLOCKS)
        b->bad = true;
    else
        h->block[h->n++] = block;
}

static void read_message(const TtfsHdf5 *f, Header *h, TtfsHdf5Object *o, uint64_t type,
                         uint64_t flags, TtfsHdf5Bytes *b) {
    if (flags & SHARED && (type == SPACE || type == TYPE || type == LAYOUT || type == FILTERS)) {
        refuse(o, type == TYPE ? "its type is committed" : "a part of its header is shared");
        return;
    }
    switch (type) {
    case SPACE:
        read_space(o, b);
        break;
    case LINK_INFO:
        read_link_info(o, b);
        break;
    case TYPE:
        read_type(o, b);
        break;
    case LINK:
        read_link(f, o, b);
        break;
    case EXTERNAL:
        refuse(o, "its data lie in another file");
        break;
    case LAYOUT:
        read_layout(f, o, b);
        break;
    case FILTERS:
        read_filters(o, b);
        break;
    case MORE:
        read_more(f, h, b);
        break;
    case TABLE:
        o->is_group = true;
        o->tree = ttfs_hdf5_take(b, 8);
        o->heap = ttfs_hdf5_take(b, 8);
        break;
    default:
        break;
    }
}

static bool read_block(const TtfsHdf5 *f, Header *h, TtfsHdf5Object *o, TtfsHdf5Bytes block) {
    while (block.left >= (h->two ? 4 : 8)) {
        uint64_t type = ttfs_hdf5_take(&block, h->two ? 1 : 2), size = ttfs_hdf5_take(&block, 2);
        uint64_t flags = ttfs_hdf5_take(&block, 1);
        if (!h->two) ttfs_hdf5_take(&block, 3);
        if (h->two && h->ordered) ttfs_hdf5_take(&block, 2);
        TtfsHdf5Bytes message = ttfs_hdf5_run(&block, size);
        if (block.bad) return false;
        read_message(f, h, o, type, flags, &message);
        if (message.bad && !o->refused) return false;
    }
    return true;
}

/* The first block of messages. */
static bool first_block(Header *h, TtfsHdf5Bytes *b) {
    h->two = ttfs_hdf5_sign(b, "OHDR");
    uint64_t version = ttfs_hdf5_take(b, 1), size;
    if (h->two) {
        uint64_t flags = ttfs_hdf5_take(b, 1);
        if (flags & 32) ttfs_hdf5_run(b, 16);
        if (flags & 16) ttfs_hdf5_run(b, 4);
        h->ordered = flags & 4;
        size = ttfs_hdf5_take(b, 1u << (flags & 3));
    } else {
        ttfs_hdf5_run(b, 7);
        size = ttfs_hdf5_take(b, 4);
        ttfs_hdf5_run(b, 4);
    }
    h->block[h->n++] = ttfs_hdf5_run(b, size);
    return !b->bad && version == (h->two ? 2 : 1);
}

bool ttfs_hdf5_object(const TtfsHdf5 *f, const char *name, uint64_t header, TtfsHdf5Object *out) {
    Header h = {0};
    TtfsHdf5Bytes b = ttfs_hdf5_part(f, header, TTFS_HDF5_NONE);
    *out = (TtfsHdf5Object){.name = name, .tree = TTFS_HDF5_NONE, .heap = TTFS_HDF5_NONE};
    bool ok = first_block(&h, &b);
    for (uint32_t i = 0; ok && i < h.n; i++) {
        if (!ttfs_hdf5_afford(f, name, 0, h.block[i].left)) return false;
        ok = read_block(f, &h, out, h.block[i]);
    }
    return ok || ttfs_hdf5_fault(f, name, "its header at byte %llu is damaged",
                                 (unsigned long long)header);
}
