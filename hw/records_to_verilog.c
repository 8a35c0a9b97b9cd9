/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints rtl/ttfs_fields.vh from fields.def: for each descriptor field its word, lowest bit and
 * width, and where it starts in the descriptor taken as one vector (word 0 lowest).
 */
#include <stdio.h>

typedef struct {
    const char *name;
    unsigned word, lsb, width;
} Field;

static const Field fields[] = {
#define TTFS_FIELD(NAME, name, word, lsb, width, is_signed, doc) {#NAME, word, lsb, width},
#include "fields.def"
#undef TTFS_FIELD
};

enum { FIELDS = sizeof fields / sizeof *fields };

int main(void) {
    unsigned words = 0;
    for (unsigned i = 0; i < FIELDS; i++)
        if (fields[i].word >= words) words = fields[i].word + 1;
    printf("// SPDX-License-Identifier: Apache-2.0\n"
           "//\n"
           "// Made from hw/fields.def by hw/fields_to_verilog.c; do not edit.\n"
           "// X_AT = 32 * X_WORD + X_LSB is the field's place in the whole descriptor.\n\n"
           "`ifndef TTFS_FIELDS_VH\n"
           "`define TTFS_FIELDS_VH\n"
           "`define TTFS_DESC_WORDS %u\n",
           words);
    for (unsigned i = 0; i < FIELDS; i++) {
        const Field *f = &fields[i];
        printf("`define TTFS_%s_WORD %u\n", f->name, f->word);
        printf("`define TTFS_%s_LSB %u\n", f->name, f->lsb);
        printf("`define TTFS_%s_WIDTH %u\n", f->name, f->width);
        printf("`define TTFS_%s_AT %u\n", f->name, 32 * f->word + f->lsb);
    }
    printf("`endif\n");
    return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
