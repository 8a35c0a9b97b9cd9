/* SPDX-License-Identifier: Apache-2.0
 *
 * The chip: derived numbers, range checks and the canonical printer. The reader is chip_json.c, the
 * descriptors are in descriptor.c. One table of keys serves the checker, the reader and the
 * printer. Invariant: a chip that ttfs_chip_check accepts can be configured over its port (every
 * word of its memories has an address) and every id and address fits its descriptor field.
 */
#include "chip.h"
#include "chip_keys.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define INT_KEY(name, min, max, doc)                                                               \
    { #name, offsetof(TtfsChip, name), (min), (max), (doc) }

/* Ranges: descriptor fields are 24 bits, the configuration port has 22 address bits a memory, a
 * list word holds an id of at most 24 bits. */
const TtfsChipInt ttfs_chip_ints[] = {
    INT_KEY(cores, 1, 64, "cores on the spike bus"),
    INT_KEY(lanes, 1, 256, "neurons a core computes side by side"),
    INT_KEY(weight_bits, 2, 16, "signed bits of a weight"),
    INT_KEY(slope_bits, 4, 32, "signed bits of a slope register"),
    INT_KEY(acc_bits, 4, 32, "signed bits of a potential"),
    INT_KEY(tick_bits, 1, 16, "bits of a tick"),
    INT_KEY(c_bits, 1, 16, "bits of the channel in an id"),
    INT_KEY(y_bits, 1, 11, "bits of the row in an id"),
    INT_KEY(x_bits, 1, 11, "bits of the column in an id"),
    INT_KEY(slots, 2, 4096, "descriptors a core holds"),
    INT_KEY(weight_rows, 4, 1u << 21, "words of the weight memory"),
    INT_KEY(list_words, 4, 1u << 22, "words of the list memory"),
    INT_KEY(log_words, 4, 1u << 22, "words of the log"),
    INT_KEY(seen_words, 4, 1u << 22, "words of the max-pool memory"),
};
const size_t ttfs_chip_int_count = sizeof ttfs_chip_ints / sizeof *ttfs_chip_ints;

const TtfsChipReal ttfs_chip_reals[] = {
    {"clock_mhz", offsetof(TtfsChip, clock_mhz), 0.001, 100000, false},
    {"event", offsetof(TtfsChip, energy_event_pj), 0, 1e9, true},
    {"tick", offsetof(TtfsChip, energy_tick_pj), 0, 1e9, true},
    {"spike", offsetof(TtfsChip, energy_spike_pj), 0, 1e9, true},
};
const size_t ttfs_chip_real_count = sizeof ttfs_chip_reals / sizeof *ttfs_chip_reals;

uint32_t *ttfs_chip_int(TtfsChip *chip, const TtfsChipInt *key) {
    return (uint32_t *)(void *)((char *)chip + key->at);
}

double *ttfs_chip_real(TtfsChip *chip, const TtfsChipReal *key) {
    return (double *)(void *)((char *)chip + key->at);
}

uint32_t ttfs_chip_max_ticks(const TtfsChip *c) {
    return (1u << c->tick_bits) - 1;
}

uint32_t ttfs_chip_threshold_rows(const TtfsChip *c) {
    return (c->acc_bits + c->weight_bits - 1) / c->weight_bits;
}

uint32_t ttfs_chip_ramp_rows(const TtfsChip *c) {
    return (c->slope_bits + c->weight_bits - 1) / c->weight_bits;
}

uint32_t ttfs_chip_row_chunks(const TtfsChip *c) {
    return (c->lanes * c->weight_bits + 31) / 32;
}

uint32_t ttfs_chip_chunk_bits(const TtfsChip *c) {
    uint32_t bits = 0;
    while ((1u << bits) < ttfs_chip_row_chunks(c)) bits++;
    return bits;
}

static bool name_ok(const char *name) {
    size_t n = name ? strlen(name) : 0;
    if (n == 0 || n > TTFS_CHIP_NAME_MAX) return false;
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '_' && c != '.' && c != '-') return false;
    }
    return true;
}

static bool ranges_ok(const TtfsChip *chip, const char *file, TtfsDiag *diag) {
    bool ok = true;
    TtfsChip c = *chip;
    for (size_t i = 0; i < ttfs_chip_int_count; i++) {
        const TtfsChipInt *k = &ttfs_chip_ints[i];
        uint32_t v = *ttfs_chip_int(&c, k);
        if (v < k->min || v > k->max)
            ok = ttfs_error(diag, TTFS_AT_NODE(file, k->key), TTFS_CHIP_VALUE,
                            "%u is not in %u..%u (%s)", v, k->min, k->max, k->doc);
    }
    for (size_t i = 0; i < ttfs_chip_real_count; i++) {
        const TtfsChipReal *k = &ttfs_chip_reals[i];
        double v = *ttfs_chip_real(&c, k);
        if (!(v >= k->min && v <= k->max))
            ok = ttfs_error(diag, TTFS_AT_NODE(file, k->key), TTFS_CHIP_VALUE,
                            "%g is not in %g..%g", v, k->min, k->max);
    }
    return ok;
}

static bool relations_ok(const TtfsChip *c, const char *file, TtfsDiag *diag) {
    bool ok = true;
    if (c->slope_bits % c->weight_bits)
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "slope_bits"), TTFS_CHIP_VALUE,
                        "%u is not a multiple of weight_bits = %u", c->slope_bits, c->weight_bits);
    if (c->acc_bits % c->weight_bits)
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "acc_bits"), TTFS_CHIP_VALUE,
                        "%u is not a multiple of weight_bits = %u", c->acc_bits, c->weight_bits);
    if (c->slope_bits > c->acc_bits)
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "slope_bits"), TTFS_CHIP_VALUE,
                        "%u is more than acc_bits = %u", c->slope_bits, c->acc_bits);
    uint32_t id_bits = c->c_bits + c->y_bits + c->x_bits;
    if (id_bits > 24)
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "c_bits"), TTFS_CHIP_VALUE,
                        "c_bits + y_bits + x_bits = %u, at most 24 expected", id_bits);
    if (c->lanes > 1u << (id_bits - 1))
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "lanes"), TTFS_CHIP_VALUE,
                        "%u lanes with ids of %u bits, at most %u expected", c->lanes, id_bits,
                        1u << (id_bits - 1));
    uint32_t chunk_bits = ttfs_chip_chunk_bits(c);
    if (c->weight_rows > (1u << 21 >> chunk_bits))
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "weight_rows"), TTFS_CHIP_VALUE,
                        "%u rows of %u chunks have no address on the configuration port, at most "
                        "%u rows expected",
                        c->weight_rows, ttfs_chip_row_chunks(c), 1u << 21 >> chunk_bits);
    return ok;
}

bool ttfs_chip_check(const TtfsChip *chip, const char *file, TtfsDiag *diag) {
    bool ok = true;
    if (!name_ok(chip->name))
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "name"), TTFS_CHIP_VALUE,
                        "1 to %d letters, digits, '_', '.' or '-' expected", TTFS_CHIP_NAME_MAX);
    if (!ranges_ok(chip, file, diag)) return false;
    return relations_ok(chip, file, diag) && ok;
}

void ttfs_chip_print(const TtfsChip *chip, TtfsBuf *out) {
    TtfsChip c = *chip;
    ttfs_buf_printf(out, "{\n  \"name\": \"%s\",\n", chip->name);
    for (size_t i = 0; i < ttfs_chip_int_count; i++)
        ttfs_buf_printf(out, "  \"%s\": %u,\n", ttfs_chip_ints[i].key,
                        *ttfs_chip_int(&c, &ttfs_chip_ints[i]));
    ttfs_buf_printf(out, "  \"clock_mhz\": %.17g,\n", chip->clock_mhz);
    ttfs_buf_printf(out, "  \"energy_pj\": {\"event\": %.17g, \"tick\": %.17g, \"spike\": %.17g}\n",
                    chip->energy_event_pj, chip->energy_tick_pj, chip->energy_spike_pj);
    ttfs_buf_puts(out, "}\n");
}

void ttfs_chip_json(const TtfsChip *chip, const char *key, TtfsJson *j) {
    TtfsChip c = *chip;
    ttfs_json_object(j, key);
    ttfs_json_string(j, "name", chip->name);
    for (size_t i = 0; i < ttfs_chip_int_count; i++)
        ttfs_json_number(j, ttfs_chip_ints[i].key, *ttfs_chip_int(&c, &ttfs_chip_ints[i]));
    ttfs_json_number(j, "clock_mhz", chip->clock_mhz);
    ttfs_json_object(j, "energy_pj");
    ttfs_json_number(j, "event", chip->energy_event_pj);
    ttfs_json_number(j, "tick", chip->energy_tick_pj);
    ttfs_json_number(j, "spike", chip->energy_spike_pj);
    ttfs_json_end(j);
    ttfs_json_end(j);
}
