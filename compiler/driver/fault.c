/* SPDX-License-Identifier: Apache-2.0
 *
 * The three faults.
 */
#include "fault.h"

#include "plan_to_image.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool parse_index(const char *text, char end, uint64_t most, uint64_t *out,
                        const char **rest) {
    char *stop;
    if (!isdigit((unsigned char)*text) || strlen(text) > 18) return false;
    *out = strtoull(text, &stop, 10);
    *rest = stop + (*stop != 0);
    return *stop == end && *out <= most;
}

bool ttfs_fault_parse(TtfsFault *f, const char *text, TtfsDiag *diag) {
    const uint64_t most = UINT64_C(1) << 50;
    const char *rest;
    uint64_t bit;
    *f = (TtfsFault){0};
    if (!text) return true;
    if (strncmp(text, "image:", 6) == 0 && parse_index(text + 6, '.', most, &f->index, &rest) &&
        parse_index(rest, 0, 7, &bit, &rest)) {
        f->kind = TTFS_FAULT_IMAGE;
        f->index = f->index * 8 + bit;
    } else if (strncmp(text, "weight:", 7) == 0 &&
               parse_index(text + 7, 0, most, &f->index, &rest)) {
        f->kind = TTFS_FAULT_WEIGHT;
    } else if (strncmp(text, "spike:", 6) == 0 &&
               parse_index(text + 6, 0, most, &f->index, &rest)) {
        f->kind = TTFS_FAULT_SPIKE;
    } else {
        return ttfs_error(diag, TTFS_AT_FILE("--fault"), TTFS_OPTION_VALUE,
                          "'%s' is none of image:BYTE.BIT, weight:INDEX, spike:INDEX", text);
    }
    return true;
}

bool ttfs_fault_weight(const TtfsFault *f, TtfsOut *o, TtfsDiag *diag) {
    if (f->kind != TTFS_FAULT_WEIGHT) return true;
    uint64_t index = f->index;
    for (uint32_t i = 0; i < o->spike.conns.len; i++) {
        TtfsConnection *k = &o->spike.conns.at[i];
        if (index >= k->weight_count) {
            index -= k->weight_count;
            continue;
        }
        int16_t *copy = TTFS_ARRAY(&o->arena, int16_t, k->weight_count);
        memcpy(copy, k->weights, k->weight_count * sizeof *copy);
        copy[index] = (int16_t)(copy[index] ^ 1);
        k->weights = copy;
        if (!o->has_image) return true;
        ttfs_image_free(&o->image);
        o->image = (TtfsImage){0};
        return ttfs_plan_to_image(&o->plan, &o->spike, &o->image, diag);
    }
    return ttfs_error(diag, TTFS_AT_FILE("--fault"), TTFS_OPTION_VALUE,
                      "there are only %llu weights", (unsigned long long)(f->index - index));
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
