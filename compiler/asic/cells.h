/* SPDX-License-Identifier: Apache-2.0
 *
 * What ttfs needs to know of a library of standard cells: from its liberty file names, areas, which
 * cells store and which one is a buffer, and the units; from a LEF file sizes and the site.
 */
#ifndef TTFS_CELLS_H
#define TTFS_CELLS_H

#include "base.h"

typedef struct {
    const char *name;
    double area;          /* as the liberty says it; most say square micrometres */
    double width, height; /* of the LEF, micrometres; 0: not known */
    bool ff, latch;
    const char *in, *out; /* of a buffer; else NULL */
} TtfsCell;

typedef struct {
    const char *name;             /* of letters, digits and _ . + - (others: _): scripts say it */
    double time_ns, cap_pf, volt; /* a unit of time and of capacitance; the nominal voltage */
    TTFS_VEC(TtfsCell) cells;
    const char *site; /* of the LEF's first site of CLASS CORE, NULL: none */
    double site_width, site_height;
} TtfsCells;

/* Reads the text of a liberty file; `file` names it in messages. Texts lie in the arena. Refused
 * with CELL_LIBRARY: no library with cells, or more than a library has. */
bool ttfs_cells_liberty(TtfsCells *c, const char *file, const char *text, size_t n, TtfsArena *a,
                        TtfsDiag *diag);
/* Adds what a LEF file says of the cells that are there, and the site. */
bool ttfs_cells_lef(TtfsCells *c, const char *file, const char *text, size_t n, TtfsArena *a,
                    TtfsDiag *diag);
/* The cell of that name, NULL: there is none. */
const TtfsCell *ttfs_cells_find(const TtfsCells *c, const char *name);
/* The first buffer that is none of a clock, with a name of letters, digits and _, since scripts say
 * it; NULL: there is none. */
const TtfsCell *ttfs_cells_buffer(const TtfsCells *c);

#endif
