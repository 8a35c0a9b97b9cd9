/* SPDX-License-Identifier: Apache-2.0
 *
 * What the readers of sample files share: element types, shapes, packed bytes, faults. A file's
 * claims are checked against its real size before memory is asked for.
 */
#include "inflate.h"
#include "samples_inside.h"

enum { LARGEST_RATIO = 1040 }; /* deflate packs by 1032 at most */

static const struct {
    const char *name;
    uint32_t bytes;
} elements[] = {{"uint8", 1},   {"int8", 1},    {"uint16", 2}, {"int16", 2},
                {"uint32", 4},  {"int32", 4},   {"uint64", 8}, {"int64", 8},
                {"float16", 2}, {"float32", 4}, {"float64", 8}};

const char *ttfs_element_name(TtfsElement type) {
    return elements[type].name;
}

uint32_t ttfs_samples_width(TtfsElement type) {
    return elements[type].bytes;
}

bool ttfs_samples_fault(const TtfsArray *a, const char *what, TtfsDiag *diag) {
    return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_FORMAT, "%s", what);
}

bool ttfs_samples_big_endian(void) {
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 0;
}

bool ttfs_samples_shape(TtfsArray *a, size_t room, TtfsDiag *diag) {
    uint64_t total = 1, each = 1, bytes = elements[a->type].bytes;
    for (uint32_t i = 0; i < a->rank; i++) {
        if (a->dim[i] && total > TTFS_SAMPLES_LIMIT / a->dim[i])
            return ttfs_samples_fault(a, "the shape is absurdly large", diag);
        total *= a->dim[i];
        if (i) each *= a->dim[i];
    }
    if (a->rank == 0)
        return ttfs_samples_fault(a, "a single number, samples along the first axis expected",
                                  diag);
    if (total * bytes > room)
        return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_FORMAT,
                          "the header promises %llu bytes of data, the file holds %zu",
                          (unsigned long long)(total * bytes), room);
    a->samples = a->dim[0];
    a->elements = each;
    return true;
}

bool ttfs_inflate_whole(TtfsArray *a, TtfsBytes from, int wrapper, size_t size, TtfsDiag *diag) {
    bool ended;
    if (size / LARGEST_RATIO > from.n)
        return ttfs_samples_fault(a, "the compressed data claims to be larger than it can be",
                                  diag);
    if (size > TTFS_INFLATED_MOST)
        return ttfs_error_advice(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_FORMAT,
                                 "save it without compression (numpy.savez, or .npy): it is then "
                                 "read from the file",
                                 "%zu bytes when unpacked, at most %zu are", size,
                                 TTFS_INFLATED_MOST);
    a->owned = ttfs_hold(size + 1, NULL);
    /* one byte more than promised, to see the end */
    if (ttfs_inflate(from.at, from.n, wrapper, a->owned, size + 1, &ended) == size && ended)
        return true;
    return ttfs_samples_fault(
        a, "the compressed data is damaged or cut off, or longer than its header says", diag);
}
