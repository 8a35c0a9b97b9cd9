/* SPDX-License-Identifier: Apache-2.0
 *
 * The faults.
 */
#include "fault.h"

#include "plan_to_image.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What stands behind the name: a number, or two with a point between, the second at most `most`. */
static const struct {
    const char *name;
    TtfsFaultKind kind;
    uint32_t most;
} kinds[] = {
    {"image:", TTFS_FAULT_IMAGE, 7}, {"weight:", TTFS_FAULT_WEIGHT, 0},
    {"bias:", TTFS_FAULT_BIAS, 0},   {"program:", TTFS_FAULT_PROGRAM, 31},
    {"route:", TTFS_FAULT_ROUTE, 0}, {"spike:", TTFS_FAULT_SPIKE, 0},
};

static bool parse_index(const char *text, char end, uint64_t most, uint64_t *out,
                        const char **rest) {
    char *stop;
    if (!isdigit((unsigned char)*text) || strlen(text) > 18) return false;
    *out = strtoull(text, &stop, 10);
    *rest = stop + (*stop != 0);
    return *stop == end && *out <= most;
}

static bool parse_number(TtfsFault *f, const char *text, uint32_t most_bit) {
    const uint64_t most = UINT64_C(1) << 50;
    uint64_t bit;
    if (!most_bit) return parse_index(text, 0, most, &f->index, &text);
    if (!parse_index(text, '.', most, &f->index, &text) ||
        !parse_index(text, 0, most_bit, &bit, &text))
        return false;
    f->index = f->index * (most_bit + 1) + bit;
    return true;
}

bool ttfs_fault_parse(TtfsFault *f, const char *text, TtfsDiag *diag) {
    *f = (TtfsFault){0};
    if (!text) return true;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t n = strlen(kinds[i].name);
        if (strncmp(text, kinds[i].name, n) != 0) continue;
        f->kind = kinds[i].kind;
        if (parse_number(f, text + n, kinds[i].most)) return true;
    }
    return ttfs_error(diag, TTFS_AT_FILE("--fault"), TTFS_OPTION_VALUE,
                      "'%s' is none of image:BYTE.BIT, weight:INDEX, bias:INDEX, "
                      "program:WORD.BIT, route:INDEX, spike:INDEX",
                      text);
}

bool ttfs_fault_needs_image(const TtfsFault *f) {
    return f->kind == TTFS_FAULT_IMAGE || f->kind == TTFS_FAULT_PROGRAM ||
           f->kind == TTFS_FAULT_ROUTE;
}

static bool too_far(TtfsDiag *diag, uint64_t there, const char *what) {
    return ttfs_error(diag, TTFS_AT_FILE("--fault"), TTFS_OPTION_VALUE,
                      "there are only %" PRIu64 " %s", there, what);
}

/* The spike graph was damaged: no potential may wrap for it, and the chip gets the image of that.
 */
static bool image_anew(TtfsOut *o, TtfsDiag *diag) {
    if (!ttfs_spike_check(&o->spike, "--fault", diag)) return false;
    if (!o->has_image) return true;
    ttfs_image_free(&o->image);
    o->image = (TtfsImage){0};
    return ttfs_plan_to_image(&o->plan, &o->spike, &o->image, diag);
}

/* Connections may share weights: the damage is in those of all. */
static bool put_weight(uint64_t index, TtfsOut *o, TtfsDiag *diag) {
    uint64_t left = index;
    for (uint32_t i = 0; i < o->spike.conns.len; i++) {
        const TtfsConnection *k = &o->spike.conns.at[i];
        if (left >= k->weight_count) {
            left -= k->weight_count;
            continue;
        }
        const int16_t *old = k->weights;
        int16_t *copy = TTFS_ARRAY(&o->arena, int16_t, k->weight_count);
        memcpy(copy, old, k->weight_count * sizeof *copy);
        copy[left] = (int16_t)~copy[left];
        for (uint32_t j = 0; j < o->spike.conns.len; j++)
            if (o->spike.conns.at[j].weights == old) o->spike.conns.at[j].weights = copy;
        return image_anew(o, diag);
    }
    return too_far(diag, index - left, "weights");
}

static bool put_bias(uint64_t index, TtfsOut *o, TtfsDiag *diag) {
    uint64_t left = index;
    for (uint32_t i = 0; i < o->spike.pops.len; i++) {
        TtfsPopulation *p = &o->spike.pops.at[i];
        if (left < p->bias_count) {
            p->bias[left] = ~p->bias[left];
            return image_anew(o, diag);
        }
        left -= p->bias_count;
    }
    return too_far(diag, index - left, "biases");
}

/* As the file's reader sees the bit, and then as the chip would: with the checksums made good. */
static bool put_file_bit(uint64_t bit, TtfsOut *o, TtfsDiag *diag) {
    TtfsBuf file = {0};
    TtfsImage seen = {0};
    ttfs_image_pack(&o->image, &file);
    uint64_t bytes = file.len;
    if (bit / 8 < bytes) {
        file.text[bit / 8] = (char)(file.text[bit / 8] ^ 1 << bit % 8);
        o->image_damaged =
            !ttfs_image_unpack(&seen, ttfs_out_path(o, "image/chip.img"), file.text, bytes, diag);
        o->has_image = ttfs_image_flip(&o->image, bit);
        ttfs_image_free(&seen);
    }
    ttfs_buf_free(&file);
    return bit / 8 < bytes || too_far(diag, bytes, "bytes in the image");
}

/* Inverts a bit of a row of a memory. */
static void invert(TtfsImage *img, uint32_t core, TtfsMem m, uint32_t row, uint32_t bit) {
    ttfs_image_set_bits(img, core, m, row, bit, 1, !ttfs_image_bits(img, core, m, row, bit, 1));
}

static bool put_program_bit(uint64_t bit, TtfsOut *o, TtfsDiag *diag) {
    uint64_t left = bit / 32;
    for (uint32_t c = 0; c < ttfs_chip_cores(&o->image.chip); c++) {
        uint32_t words = o->image.cores[c].mem[TTFS_MEM_PROGRAM].rows;
        if (left < words) {
            invert(&o->image, c, TTFS_MEM_PROGRAM, (uint32_t)left, bit % 32);
            return true;
        }
        left -= words;
    }
    return too_far(diag, bit / 32 - left, "program words");
}

/* Bit of a flow that leads into the core. */
enum { INTO_CORE = 4 };

static bool put_route(uint64_t index, TtfsOut *o, TtfsDiag *diag) {
    uint64_t left = index;
    for (uint32_t c = 0; c < ttfs_chip_cores(&o->image.chip); c++)
        for (uint32_t f = 0; f < o->image.cores[c].mem[TTFS_MEM_FLOWS].rows; f++) {
            if (!ttfs_image_bits(&o->image, c, TTFS_MEM_FLOWS, f, INTO_CORE, 1) || left--) continue;
            invert(&o->image, c, TTFS_MEM_FLOWS, f, INTO_CORE);
            return true;
        }
    return too_far(diag, index - left, "routes");
}

bool ttfs_fault_put(const TtfsFault *f, TtfsOut *o, TtfsDiag *diag) {
    switch (f->kind) {
    case TTFS_FAULT_IMAGE:
        return put_file_bit(f->index, o, diag);
    case TTFS_FAULT_WEIGHT:
        return put_weight(f->index, o, diag);
    case TTFS_FAULT_BIAS:
        return put_bias(f->index, o, diag);
    case TTFS_FAULT_PROGRAM:
        return put_program_bit(f->index, o, diag);
    case TTFS_FAULT_ROUTE:
        return put_route(f->index, o, diag);
    case TTFS_FAULT_NONE:
    case TTFS_FAULT_SPIKE:
        break;
    }
    return true;
}

void ttfs_fault_spike(const TtfsFault *f, TtfsTrace *t, uint64_t before) {
    if (f->kind != TTFS_FAULT_SPIKE || f->index < before) return;
    uint64_t left = f->index - before;
    for (uint64_t i = 0; i < t->neurons; i++) {
        if (t->tick[i] == TTFS_SILENT || left--) continue;
        t->tick[i] = t->tick[i] ? (uint16_t)(t->tick[i] - 1) : TTFS_SILENT;
        return;
    }
}
