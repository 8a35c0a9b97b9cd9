/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays of samples: which reader a file needs, by its first bytes, and its elements as numbers.
 */
#include "samples.h"

#include "samples_inside.h"

#include <math.h>
#include <string.h>

bool ttfs_is_npz(const char *path) {
    size_t n = strlen(path);
    return n >= 4 && strcmp(path + n - 4, ".npz") == 0;
}

bool ttfs_array_open(TtfsArray *a, const char *path, const TtfsWanted *want, TtfsArena *arena,
                     TtfsDiag *diag) {
    *a = (TtfsArray){.file = ttfs_arena_strdup(arena, path)};
    const char *zip = strstr(path, ".npz:"), *named = zip ? zip + 5 : NULL;
    const char *real = zip ? ttfs_arena_strndup(arena, path, (size_t)(zip + 4 - path)) : path;
    if (!ttfs_file_open(&a->mapped, real, TTFS_SAMPLES_LIMIT, diag)) return false;
    const unsigned char *p = a->mapped.bytes;
    TtfsBytes b = {p, a->mapped.size};
    if (b.n < 4) return ttfs_samples_fault(a, "too short to hold samples", diag);
    if (p[0] == 0x1f && p[1] == 0x8b) return ttfs_read_gzip(a, b, diag);
    if (b.n >= 6 && memcmp(p, "\x93NUMPY", 6) == 0) return ttfs_read_npy(a, b, diag);
    if (memcmp(p, "PK\3\4", 4) == 0) return ttfs_read_npz(a, want, named, b, arena, diag);
    if (p[0] == 0 && p[1] == 0) return ttfs_read_idx(a, b, diag);
    return ttfs_samples_fault(a, "neither .npy, .npz nor IDX", diag);
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

/* Where element `i` lies when the first axis is the innermost. */
static uint64_t fortran_place(const TtfsArray *a, uint64_t i) {
    uint64_t place = 0, stride = a->samples * a->elements;
    for (uint32_t k = a->rank; k-- > 0; i /= a->dim[k]) {
        stride /= a->dim[k];
        place += i % a->dim[k] * stride;
    }
    return place;
}

double ttfs_array_value(const TtfsArray *a, uint64_t i) {
    uint32_t n = ttfs_samples_width(a->type);
    uint64_t u = 0, place = a->fortran ? fortran_place(a, i) : i;
    unsigned char raw[8];
    memcpy(raw, a->data + place * n, n);
    bool high_first = a->swapped != ttfs_samples_big_endian();
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

static void read_u8(const TtfsArray *a, const TtfsInputMap *map, uint64_t i, float *out) {
    uint64_t n = a->elements, plane = map->channels ? n / map->channels : n;
    for (uint64_t k = 0; a->fortran && k < n; k++) {
        unsigned char v = (unsigned char)ttfs_array_value(a, i * n + k);
        map_u8(map, (uint32_t)(k / plane), &v, 1, out + k);
    }
    for (uint64_t k = 0; !a->fortran && k < n; k += plane)
        map_u8(map, (uint32_t)(k / plane), a->data + i * n + k, plane, out + k);
}

static void read_values(const TtfsArray *a, const TtfsInputMap *map, uint64_t i, float *out) {
    uint64_t n = a->elements;
    if (a->type == TTFS_U8)
        read_u8(a, map, i, out);
    else if (a->type == TTFS_F32 && !a->swapped && !a->fortran)
        memcpy(out, a->data + i * n * sizeof *out, n * sizeof *out);
    else
        for (uint64_t k = 0; k < n; k++) out[k] = (float)ttfs_array_value(a, i * n + k);
}

bool ttfs_array_sample(const TtfsArray *a, const TtfsInputMap *map, uint64_t i, float *out,
                       TtfsDiag *diag) {
    uint64_t n = a->elements, faults = 0;
    i += a->first;
    read_values(a, map, i, out);
    for (uint64_t k = 0; k < n; k++) faults += isfinite(out[k]) ? 0 : 1;
    for (uint64_t k = 0; faults && k < n; k++)
        if (!isfinite(out[k]))
            return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_VALUE,
                              "sample %llu, element %llu is not finite", (unsigned long long)i,
                              (unsigned long long)k);
    return true;
}
