/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams of zlib into a buffer of known size. In: the packed bytes, in parts that zlib's counters
 * can hold; out: at most as many bytes as there is room for, whatever the stream could grow to.
 */
#include "inflate.h"

#include "arena.h"

#include <zlib.h>

size_t ttfs_inflate(const unsigned char *p, size_t n, int wrapper, unsigned char *out, size_t cap,
                    bool *ended) {
    enum { STEP = 1 << 30 };
    z_stream z = {0};
    size_t used = 0, fed = 0;
    int state = inflateInit2(&z, wrapper);
    if (state != Z_OK) ttfs_oom(sizeof z);
    while (state == Z_OK && used < cap) {
        size_t in = n - fed < STEP ? n - fed : STEP, room = cap - used < STEP ? cap - used : STEP;
        z.next_in = (unsigned char *)(uintptr_t)(p + fed);
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
