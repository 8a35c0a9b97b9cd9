/* SPDX-License-Identifier: Apache-2.0
 *
 * What came of a training.
 */
#ifndef TTFS_TUNE_DOC_H
#define TTFS_TUNE_DOC_H

#include "pipeline.h"
#include "ttfs.h"
#include "tune.h"

/* A training with other ticks of a layer; what its best epoch came to. */
typedef struct {
    const char *layer;
    uint32_t ticks, latency; /* of the layer; of the network */
    double accuracy, spikes;
    bool fits, kept; /* the folder's chip takes it */
} TtfsTuneTrial;

typedef struct {
    const TtfsTuneOptions *asked;
    TtfsArena arena;
    TTFS_VEC(TtfsTuneTrial) trials; /* of --latency, in order */
    double begun;                   /* when the training began, ttfs_now */
    TtfsTuneReport report;
    TtfsPipeline made;           /* of the new folder */
    uint32_t ticks, weight_bits; /* of what was trained */
    bool labelled, taught;       /* labels, a teacher's logits were learnt */
    const char *teacher;         /* a model that taught; NULL: none */
    char teacher_sha256[65];
    bool misfit; /* the folder's chip does not take it */
    double seconds;
} TtfsTuned;

/* Who taught: the labels, the float network, or a model. */
const char *ttfs_tuned_teacher(const TtfsTuned *t);
/* The fewest and the most weight bits that a layer has. */
void ttfs_tuned_bits(const TtfsTuned *t, uint32_t *least, uint32_t *most);
void ttfs_tuned_free(TtfsTuned *t);
/* The document: with the time it took, or without, as the folder keeps it. */
void ttfs_tuned_json(const TtfsTuned *t, bool timed, TtfsBuf *out);

#endif
