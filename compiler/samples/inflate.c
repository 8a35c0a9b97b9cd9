/* SPDX-License-Identifier: Apache-2.0
 *
 * Deflated data through zlib. What a stream may grow to is bounded before memory is asked for: by
 * what its header says, by deflate's own largest ratio and by TTFS_INFLATED_MOST.
 */
#include "samples_inside.h"

#include <zlib.h>

enum { STEP = 1 << 30, LARGEST_RATIO = 1040 }; /* deflate packs by 1032 at most */

size_t ttfs_inflate_some(TtfsBytes from, int window, unsigned char *out, size_t cap, bool *ended) {
    z_stream z = {0};
    size_t used = 0, fed = 0;
    int state = inflateInit2(&z, window);
    if (state != Z_OK) ttfs_oom(sizeof z);
    while (state == Z_OK && used < cap) {
        size_t in = from.n - fed < STEP ? from.n - fed : STEP;
        size_t room = cap - used < STEP ? cap - used : STEP;
        z.next_in = (unsigned char *)(uintptr_t)(from.at + fed);
        z.avail_in = (uInt)in;
        z.next_out = out + used;
        z.avail_out = (uInt)room;
        state = inflate(&z, Z_NO_FLUSH);
        fed += in - z.avail_in;
        used += room - z.avail_out;
    }
    inflateEnd(&z);
    if (state == Z_MEM_ERROR) ttfs_oom(cap);
    *ended = state == Z_STREAM_END;
    return used;
}

bool ttfs_inflate_whole(TtfsArray *a, TtfsBytes from, int window, size_t size, TtfsDiag *diag) {
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
    if (ttfs_inflate_some(from, window, a->owned, size + 1, &ended) == size && ended) return true;
    return ttfs_samples_fault(
        a, "the compressed data is damaged or cut off, or longer than its header says", diag);
}
