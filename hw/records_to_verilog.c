/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints rtl/ttfs_records.vh from records.def: the words of each record, and for each field its
 * word, lowest bit and width.
 */
#include <stdio.h>

typedef struct {
    const char *record, *name;
    unsigned word, lsb, width;
} Field;

static const Field fields[] = {
#define TTFS_RECORD(NAME, words, doc) {#NAME, NULL, words, 0, 0},
#define TTFS_FIELD(RECORD, NAME, name, word, lsb, width, is_signed, doc)                           \
    {#RECORD, #NAME, word, lsb, width},
#include "records.def"
#undef TTFS_RECORD
#undef TTFS_FIELD
};

static void print_field(const Field *f) {
    if (!f->name) {
        printf("`define TTFS_%s_WORDS %u\n", f->record, f->word);
        return;
    }
    printf("`define TTFS_%s_%s_WORD %u\n", f->record, f->name, f->word);
    printf("`define TTFS_%s_%s_LSB %u\n", f->record, f->name, f->lsb);
    printf("`define TTFS_%s_%s_WIDTH %u\n", f->record, f->name, f->width);
    printf("`define TTFS_%s_%s_IN(M, AT) M[(AT) + %u][%u +: %u]\n", f->record, f->name, f->word,
           f->lsb, f->width);
}

int main(void) {
    printf(
        "// SPDX-License-Identifier: Apache-2.0\n"
        "//\n"
        "// Made from hw/records.def and hw/cycles.def by hw/records_to_verilog.c; do not edit.\n\n"
        "`ifndef TTFS_RECORDS_VH\n"
        "`define TTFS_RECORDS_VH\n");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) print_field(&fields[i]);
#define TTFS_CYCLES(NAME, cycles, doc) printf("`define TTFS_CYCLES_%s %d\n", #NAME, cycles);
#include "cycles.def"
#undef TTFS_CYCLES
    printf("`endif\n");
    return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
