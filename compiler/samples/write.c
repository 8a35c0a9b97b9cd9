/* SPDX-License-Identifier: Apache-2.0
 *
 * Writers of .npy and .npz. In: shapes and values; out: a header that pads the data to 64 bytes, as
 * numpy writes it, and the values as they lie in memory. An archive is its members, then their
 * directory.
 */
#include "write.h"

#include "samples_inside.h"

#include <inttypes.h>
#include <string.h>
#include <zlib.h>

enum { ALIGNMENT = 64, DATE_1980 = 0x21, VERSION_20 = 20 };

static uint32_t width_of(const char *type) {
    TtfsElement e = TTFS_U8;
    while (strcmp(ttfs_element_name(e), type) != 0) e = (TtfsElement)(e + 1);
    return ttfs_samples_width(e);
}

size_t ttfs_npy_bytes(const TtfsValues *a) {
    size_t n = width_of(a->type);
    for (uint32_t i = 0; i < a->rank; i++) n *= (size_t)a->dim[i];
    return n;
}

/* numpy's word for a type: its byte order, kind and bytes. */
static void put_descr(const char *type, TtfsBuf *head) {
    uint32_t bytes = width_of(type);
    const char *order = bytes == 1 ? "|" : ttfs_samples_big_endian() ? ">" : "<";
    ttfs_buf_printf(head, "%s%c%u", order, type[0], bytes);
}

void ttfs_npy_header(const TtfsValues *a, TtfsBuf *out) {
    TtfsBuf head = {0};
    ttfs_buf_puts(&head, "{'descr': '");
    put_descr(a->type, &head);
    ttfs_buf_puts(&head, "', 'fortran_order': False, 'shape': (");
    for (uint32_t i = 0; i < a->rank; i++)
        ttfs_buf_printf(&head, "%s%" PRIu64, i ? ", " : "", a->dim[i]);
    ttfs_buf_puts(&head, a->rank == 1 ? ",), }" : "), }");
    while ((head.len + 11) % ALIGNMENT) ttfs_buf_puts(&head, " ");
    ttfs_buf_puts(&head, "\n");
    ttfs_buf_bytes(out, "\x93NUMPY\x01\x00", 8);
    ttfs_buf_bytes(out, (unsigned char[2]){(unsigned char)head.len, (unsigned char)(head.len >> 8)},
                   2);
    ttfs_buf_bytes(out, head.text, head.len);
    ttfs_buf_free(&head);
}

bool ttfs_npy_write(const char *path, const TtfsValues *array, TtfsDiag *diag) {
    TtfsBuf head = {0};
    TtfsFileWriter w;
    ttfs_npy_header(array, &head);
    ttfs_file_begin(&w, path);
    ttfs_file_put(&w, head.text, head.len);
    ttfs_file_put(&w, array->data, ttfs_npy_bytes(array));
    ttfs_buf_free(&head);
    return ttfs_file_end(&w, diag);
}

/* Appends `bytes` bytes of v, the lowest first. */
static void put(TtfsBuf *b, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++, v >>= 8) ttfs_buf_bytes(b, (unsigned char[1]){v & 255}, 1);
}

/* What a member's own header and its entry in the directory have in common. */
static void common(TtfsBuf *b, uint32_t crc, uint64_t size, size_t name) {
    put(b, 0, 2); /* flags */
    put(b, 0, 2); /* stored */
    put(b, 0, 2);
    put(b, DATE_1980, 2);
    put(b, crc, 4);
    put(b, size, 4);
    put(b, size, 4);
    put(b, name, 2);
    put(b, 0, 2); /* no extra field */
}

static uint32_t checksum(const TtfsBuf *head, const TtfsValues *a) {
    uLong crc = crc32_z(0, (const unsigned char *)head->text, head->len);
    return (uint32_t)crc32_z(crc, (const unsigned char *)a->data, ttfs_npy_bytes(a));
}

/* Writes a member that begins at `at` and its entry in the directory; where the next one begins. */
static uint64_t put_member(TtfsFileWriter *w, const TtfsValues *a, uint64_t at, TtfsBuf *entries) {
    TtfsBuf npy = {0}, local = {0};
    ttfs_npy_header(a, &npy);
    size_t name = strlen(a->name) + 4, size = npy.len + ttfs_npy_bytes(a);
    uint32_t crc = checksum(&npy, a);
    ttfs_buf_bytes(&local, "PK\3\4", 4);
    put(&local, VERSION_20, 2);
    common(&local, crc, size, name);
    ttfs_buf_printf(&local, "%s.npy", a->name);
    ttfs_buf_bytes(entries, "PK\1\2", 4);
    put(entries, VERSION_20, 2);
    put(entries, VERSION_20, 2);
    common(entries, crc, size, name);
    put(entries, 0, 2 + 2 + 2 + 4); /* comment, disk, attributes */
    put(entries, at, 4);
    ttfs_buf_printf(entries, "%s.npy", a->name);
    ttfs_file_put(w, local.text, local.len);
    ttfs_file_put(w, npy.text, npy.len);
    ttfs_file_put(w, a->data, ttfs_npy_bytes(a));
    at += local.len + size;
    ttfs_buf_free(&npy);
    ttfs_buf_free(&local);
    return at;
}

static bool small_enough(const char *path, const TtfsValues *arrays, uint32_t n, TtfsDiag *diag) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        bytes += ttfs_npy_bytes(&arrays[i]) + 1024 + strlen(arrays[i].name);
    return (bytes < UINT32_MAX && n < 0xffff) ||
           ttfs_error_advice(diag, TTFS_AT_FILE(path), TTFS_LIMIT,
                             "take fewer samples with --count",
                             "%" PRIu64 " bytes of arrays, an archive holds 4 GiB", bytes);
}

bool ttfs_npz_write(const char *path, const TtfsValues *arrays, uint32_t n, TtfsDiag *diag) {
    TtfsFileWriter w;
    TtfsBuf entries = {0};
    uint64_t at = 0;
    if (!small_enough(path, arrays, n, diag)) return false;
    ttfs_file_begin(&w, path);
    for (uint32_t i = 0; i < n; i++) at = put_member(&w, &arrays[i], at, &entries);
    size_t directory = entries.len;
    ttfs_buf_bytes(&entries, "PK\5\6", 4);
    put(&entries, 0, 4);
    put(&entries, n, 2);
    put(&entries, n, 2);
    put(&entries, directory, 4);
    put(&entries, at, 4);
    put(&entries, 0, 2);
    ttfs_file_put(&w, entries.text, entries.len);
    ttfs_buf_free(&entries);
    return ttfs_file_end(&w, diag);
}
