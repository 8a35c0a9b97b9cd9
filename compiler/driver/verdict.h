/* SPDX-License-Identifier: Apache-2.0
 *
 * Verdict: what ttfs verify found, as JSON and a file of the output folder.
 */
#ifndef TTFS_VERDICT_H
#define TTFS_VERDICT_H

#include "lanes.h"
#include "out.h"
#include "trace.h"

enum { TTFS_MOST_ENGINES = 8 };

/* A place where two traces part. */
typedef struct {
    uint64_t sample;
    const char *reference, *engine; /* names */
    TtfsDifference what;            /* what.pop none: a fault that no trace can hold */
    int32_t potential;              /* the reference's, of that neuron */
    const char *fault;              /* in words; "" when there is none */
} TtfsPlace;

/* The first difference of the traces. */
typedef struct {
    const char *kind; /* "spike", "readout", "trace" (a fault that no trace can hold) */
    TtfsPlace at;
    const char *population;
    bool placed; /* on a core of the plan: */
    uint32_t core, slot;
    char what[320]; /* the fault in words; "" when there is none */
} TtfsFirst;

typedef struct {
    const char *engines[TTFS_MOST_ENGINES];
    uint32_t n_engines;
    bool damaged; /* a fault was put in on purpose */
    uint64_t samples, spikes, readouts;
    uint64_t differences, in_traces; /* of all, those of the traces */
    bool image_checked;              /* its bits were held against the spike graph: */
    char image[256];                 /* the difference, "" when there is none */
    TtfsFirst first;                 /* difference of the traces; kind NULL: none */
    char sentence[640];              /* that in words */
    uint64_t *slot_cycles; /* most cycles seen in each slot; NULL when no engine has a clock */
    TtfsLanes lanes;       /* what the cores of the last such engine's chip counted */
} TtfsVerdict;

/* Counts n differences of which this is the first; keeps it if it is the first of all. */
void ttfs_verdict_traces(TtfsVerdict *v, const TtfsOut *o, const TtfsPlace *p, uint64_t n);
/* What the check of the image found before any sample ran; NULL: no difference. */
void ttfs_verdict_image(TtfsVerdict *v, const char *what);
/* The first difference of all in words: the image's comes before those of the traces. */
const char *ttfs_verdict_sentence(const TtfsVerdict *v, TtfsArena *a);
/* Appends the document; date: of the verdict, NULL: without one. */
void ttfs_verdict_json(const TtfsVerdict *v, const TtfsPlan *plan, const char *date, TtfsBuf *out);
/* Writes that to OUT/verify, named after the engines, with the date. */
bool ttfs_verdict_keep(const TtfsVerdict *v, const TtfsPlan *plan, const char *folder,
                       TtfsDiag *diag);

#endif
