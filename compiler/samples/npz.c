/* SPDX-License-Identifier: Apache-2.0
 *
 * NPZ: a zip file of .npy members, found through its central directory (zip64 too). In: the wanted
 * name and size; out: the array of that name, or else the only one that fits. When none is meant
 * beyond doubt, the error lists what is there.
 */
#include "inflate.h"
#include "samples_inside.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

enum {
    END = 0x06054b50,
    END64 = 0x06064b50,
    LOCATOR64 = 0x07064b50,
    ENTRY = 0x02014b50,
    LOCAL = 0x04034b50,
    ZIP64_EXTRA = 1,
    PEEK = 4096,      /* bytes of a member that hold its header */
    MOST_LISTED = 16, /* arrays that a message lists */
};

typedef struct {
    const char *name; /* without .npy */
    uint32_t method;
    uint64_t packed, size, at;
    TtfsArray head; /* type and shape, once looked at */
    bool fits;
} Member;

typedef struct {
    TtfsArray *a;
    const TtfsWanted *want;
    TtfsBytes b;
    TtfsArena *arena;
    TtfsDiag *diag;
    TTFS_VEC(Member) members;
} Zip;

static uint64_t little(const unsigned char *p, uint32_t bytes) {
    uint64_t v = 0;
    for (uint32_t i = bytes; i-- > 0;) v = v << 8 | p[i];
    return v;
}

static bool fault(const Zip *z, const char *what) {
    return ttfs_samples_fault(z->a, what, z->diag);
}

/* --- the directory --- */

typedef struct {
    uint64_t entries, at;
} Directory;

/* The directory's place as a large archive says it; `end` is where the plain record stands. */
static bool large_directory(const Zip *z, size_t end, Directory *d) {
    if (end < 56 + 20 || little(z->b.at + end - 20, 4) != LOCATOR64) return false;
    uint64_t at = little(z->b.at + end - 12, 8);
    if (at > end - (56 + 20) || little(z->b.at + at, 4) != END64) return false;
    *d = (Directory){little(z->b.at + at + 32, 8), little(z->b.at + at + 48, 8)};
    return true;
}

static bool find_directory(const Zip *z, Directory *d) {
    size_t n = z->b.n;
    if (n < 22) return false;
    size_t lowest = n > 22 + 65535 ? n - 22 - 65535 : 0;
    for (size_t at = n - 22 + 1; at-- > lowest;) {
        if (little(z->b.at + at, 4) != END) continue;
        *d = (Directory){little(z->b.at + at + 10, 2), little(z->b.at + at + 16, 4)};
        bool large = d->entries == 0xffff || d->at == 0xffffffff;
        return (!large || large_directory(z, at, d)) && d->at < n;
    }
    return false;
}

/* Sizes and place that do not fit in 32 bits stand in an extra field, those that do not alone. */
static bool read_large(Member *m, const unsigned char *extra, size_t n) {
    uint64_t *const field[] = {&m->size, &m->packed, &m->at};
    while (n >= 4) {
        size_t length = (size_t)little(extra + 2, 2), used = 0;
        if (length > n - 4) return false;
        bool here = little(extra, 2) == ZIP64_EXTRA;
        for (int i = 0; here && i < 3; i++) {
            if (*field[i] != 0xffffffff) continue;
            if (used + 8 > length) return false;
            *field[i] = little(extra + 4 + used, 8);
            used += 8;
        }
        extra += 4 + length;
        n -= 4 + length;
    }
    return m->size != 0xffffffff && m->packed != 0xffffffff && m->at != 0xffffffff;
}

/* Takes the entry at `e`; how long it is, 0 when it is damaged. */
static size_t read_entry(Zip *z, const unsigned char *e, size_t left) {
    if (left < 46 || little(e, 4) != ENTRY) return 0;
    size_t name = (size_t)little(e + 28, 2), extra = (size_t)little(e + 30, 2);
    size_t whole = 46 + name + extra + (size_t)little(e + 32, 2);
    if (whole > left) return 0;
    Member *m = TTFS_PUSH(z->arena, z->members);
    *m = (Member){.method = (uint32_t)little(e + 10, 2),
                  .packed = little(e + 20, 4),
                  .size = little(e + 24, 4),
                  .at = little(e + 42, 4)};
    bool large = m->packed == 0xffffffff || m->size == 0xffffffff || m->at == 0xffffffff;
    if (large && !read_large(m, e + 46 + name, extra)) return 0;
    const char *text = (const char *)e + 46;
    if (name >= 4 && memcmp(text + name - 4, ".npy", 4) == 0) name -= 4;
    m->name = ttfs_arena_strndup(z->arena, text, name);
    return whole;
}

static bool read_directory(Zip *z) {
    Directory d;
    if (!find_directory(z, &d)) return fault(z, "the zip directory is missing or cut off");
    size_t at = (size_t)d.at;
    for (uint64_t i = 0; i < d.entries; i++) {
        size_t whole = read_entry(z, z->b.at + at, z->b.n - at);
        if (whole == 0) return fault(z, "the zip directory is damaged");
        at += whole;
    }
    return true;
}

/* --- members --- */

/* The bytes of a member as they are stored. */
static bool member_bytes(const Zip *z, const Member *m, TtfsBytes *out, TtfsDiag *diag) {
    size_t n = z->b.n;
    if (n < 30 || m->at > n - 30 || little(z->b.at + m->at, 4) != LOCAL)
        return ttfs_samples_fault(z->a, "the zip directory points astray", diag);
    const unsigned char *local = z->b.at + m->at;
    uint64_t start = m->at + 30 + little(local + 26, 2) + little(local + 28, 2);
    if (start > n || m->packed > n - start)
        return ttfs_samples_fault(z->a, "a zip member is cut off", diag);
    *out = (TtfsBytes){z->b.at + start, (size_t)m->packed};
    if (m->method != 0 && m->method != 8)
        return ttfs_samples_fault(z->a, "a zip member of a method other than stored and deflate",
                                  diag);
    return true;
}

static bool take(const Zip *z, const Member *m) {
    TtfsBytes packed;
    z->a->member = m->name;
    if (!member_bytes(z, m, &packed, z->diag)) return false;
    if (m->method == 0) return ttfs_read_npy(z->a, packed, z->diag);
    if (m->size == 0) return fault(z, "a zip member is empty");
    return ttfs_inflate_whole(z->a, packed, TTFS_DEFLATE, (size_t)m->size, z->diag) &&
           ttfs_read_npy(z->a, (TtfsBytes){z->a->owned, (size_t)m->size}, z->diag);
}

static bool fits(const TtfsWanted *w, const TtfsArray *a) {
    bool size = w->elements[0] == 0 || a->elements == w->elements[0] ||
                (w->elements[1] && a->elements == w->elements[1]);
    return size && (w->samples == 0 || a->samples == w->samples);
}

/* Reads type and shape of a member; one that holds no array of numbers fits nowhere. */
static void look_at(const Zip *z, Member *m) {
    unsigned char first[PEEK];
    TtfsDiag quiet = {0};
    TtfsBytes packed;
    bool ended, ok = member_bytes(z, m, &packed, &quiet);
    m->head = (TtfsArray){.file = z->a->file};
    if (ok && m->method == 8)
        packed = (TtfsBytes){first,
                             ttfs_inflate(packed.at, packed.n, TTFS_DEFLATE, first, PEEK, &ended)};
    ok = ok && ttfs_peek_npy(&m->head, packed, &quiet);
    m->fits = ok && fits(z->want, &m->head);
    if (!ok) m->head.rank = 0;
    ttfs_diag_free(&quiet);
}

static const char *list(const Zip *z) {
    TtfsBuf b = {0};
    for (uint32_t i = 0; i < z->members.len && i < MOST_LISTED; i++) {
        const Member *m = &z->members.at[i];
        ttfs_buf_printf(&b, "%s'%s' (", i ? ", " : "", m->name);
        for (uint32_t k = 0; k < m->head.rank; k++)
            ttfs_buf_printf(&b, "%s%" PRIu64, k ? "x" : "", m->head.dim[k]);
        ttfs_buf_printf(&b, "%s%s)", m->head.rank ? " " : "",
                        m->head.rank ? ttfs_element_name(m->head.type) : "no array of numbers");
    }
    if (z->members.len > MOST_LISTED)
        ttfs_buf_printf(&b, " and %u more", z->members.len - MOST_LISTED);
    const char *text = ttfs_arena_strdup(z->arena, ttfs_buf_text(&b));
    ttfs_buf_free(&b);
    return text;
}

static bool refuse(const Zip *z, const char *name, uint32_t fitting) {
    if (z->members.len == 0) return fault(z, "an archive without arrays");
    return ttfs_error_advice(z->diag, TTFS_AT_FILE(z->a->file), TTFS_SAMPLES_FORMAT,
                             "name an array with FILE.npz:NAME", "no array '%s'%s; it holds %s",
                             name, fitting > 1 ? ", and more than one fits" : "", list(z));
}

static const Member *of_name(const Zip *z, const char *name, bool any_case) {
    for (uint32_t i = 0; i < z->members.len; i++) {
        const char *m = z->members.at[i].name;
        if (any_case ? strcasecmp(m, name) == 0 : strcmp(m, name) == 0) return &z->members.at[i];
    }
    return NULL;
}

static bool take_fitting(const Zip *z) {
    const Member *found = NULL;
    uint32_t fitting = 0;
    for (uint32_t i = 0; i < z->members.len; i++) {
        look_at(z, &z->members.at[i]);
        if (!z->members.at[i].fits) continue;
        found = &z->members.at[i];
        fitting++;
    }
    if (fitting != 1) return refuse(z, z->want->name, fitting);
    ttfs_note(z->diag, TTFS_AT_FILE(z->a->file),
              "no array '%s'; '%s' is taken, the only one that fits", z->want->name, found->name);
    return take(z, found);
}

bool ttfs_read_npz(TtfsArray *a, const TtfsWanted *want, const char *named, TtfsBytes b,
                   TtfsArena *arena, TtfsDiag *diag) {
    Zip z = {.a = a, .want = want, .b = b, .arena = arena, .diag = diag};
    if (!read_directory(&z)) return false;
    const Member *m = of_name(&z, named ? named : want->name, false);
    if (!m && !named) m = of_name(&z, want->name, true);
    if (!m && !named && z.members.len == 1) m = &z.members.at[0];
    if (m) return take(&z, m);
    if (!named) return take_fitting(&z);
    for (uint32_t i = 0; i < z.members.len; i++) look_at(&z, &z.members.at[i]);
    return refuse(&z, named, 0);
}
