/* SPDX-License-Identifier: Apache-2.0
 *
 * NPY: magic, version, a Python dictionary as text, data. The three keys may stand in any order;
 * what else the dictionary holds is passed over.
 */
#include "samples_inside.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MOST = 65536 };

/* Position after `'key':` and blanks in the header, or NULL. */
static const char *key(const char *head, const char *name) {
    const char *p = strstr(head, name);
    if (!p) return NULL;
    p += strlen(name);
    while (*p == ' ' || *p == ':') p++;
    return p;
}

static bool type(TtfsArray *a, const char *descr) {
    static const struct {
        const char *code;
        TtfsElement type;
    } types[] = {{"u1", TTFS_U8},  {"b1", TTFS_I8},  {"i1", TTFS_I8},  {"u2", TTFS_U16},
                 {"i2", TTFS_I16}, {"u4", TTFS_U32}, {"i4", TTFS_I32}, {"u8", TTFS_U64},
                 {"i8", TTFS_I64}, {"f2", TTFS_F16}, {"f4", TTFS_F32}, {"f8", TTFS_F64}};
    if (!descr || *descr != '\'' || !strchr("<>|=", descr[1]) || !descr[1]) return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strncmp(descr + 2, types[i].code, 2) != 0 || descr[4] != '\'') continue;
        a->type = types[i].type;
        a->swapped = (descr[1] == '>' && !ttfs_samples_big_endian()) ||
                     (descr[1] == '<' && ttfs_samples_big_endian());
        return true;
    }
    return false;
}

static bool order(TtfsArray *a, const char *p) {
    a->fortran = p && strncmp(p, "True", 4) == 0;
    return a->fortran || (p && strncmp(p, "False", 5) == 0);
}

static bool shape(TtfsArray *a, const char *p, TtfsDiag *diag) {
    if (!p || *p != '(') return ttfs_samples_fault(a, "the .npy header has no shape", diag);
    p++;
    a->rank = 0;
    while (*p != ')') {
        if (*p == ' ' || *p == ',') {
            p++;
            continue;
        }
        if (!isdigit((unsigned char)*p))
            return ttfs_samples_fault(a, "the .npy shape holds something other than sizes", diag);
        if (a->rank == TTFS_ARRAY_RANK) return ttfs_samples_fault(a, "more than 8 axes", diag);
        char *end;
        a->dim[a->rank++] = strtoull(p, &end, 10);
        p = end;
    }
    return true;
}

static bool dictionary(TtfsArray *a, const char *head, TtfsDiag *diag) {
    if (!type(a, key(head, "'descr'")))
        return ttfs_samples_fault(a, "an element type other than numbers of 1 to 8 bytes", diag);
    if (!order(a, key(head, "'fortran_order'")))
        return ttfs_samples_fault(a, "the .npy header does not say the order of its axes", diag);
    return shape(a, key(head, "'shape'"), diag);
}

/* Where the data starts; 0: the header is wrong. */
static size_t header(TtfsArray *a, TtfsBytes b, TtfsDiag *diag) {
    const unsigned char *p = b.at;
    if (b.n < 12) return ttfs_samples_fault(a, "the .npy header is cut off", diag);
    bool wide = p[6] >= 2;
    size_t start = wide ? 12 : 10, length = (size_t)p[8] | (size_t)p[9] << 8;
    if (wide) length |= (size_t)p[10] << 16 | (size_t)p[11] << 24;
    if (p[6] < 1 || p[6] > 3 || length > HEADER_MOST || start + length > b.n)
        return ttfs_samples_fault(a, "the .npy header is cut off or of an unknown version", diag);
    char *head = ttfs_hold(length + 1, NULL);
    memcpy(head, p + start, length);
    head[length] = 0;
    bool ok = dictionary(a, head, diag);
    ttfs_release(head);
    return ok ? start + length : 0;
}

bool ttfs_read_npy(TtfsArray *a, TtfsBytes b, TtfsDiag *diag) {
    size_t start = header(a, b, diag);
    a->data = b.at + start;
    return start && ttfs_samples_shape(a, b.n - start, diag);
}

bool ttfs_peek_npy(TtfsArray *a, TtfsBytes b, TtfsDiag *diag) {
    return header(a, b, diag) && ttfs_samples_shape(a, SIZE_MAX, diag);
}
