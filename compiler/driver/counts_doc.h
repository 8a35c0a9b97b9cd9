/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run or a verification counted, as a document (hw/counts.schema.json) that is the same on
 * every machine: whole numbers over the samples and what follows from them, no times. So shards of
 * the samples add up to the bytes of one run.
 */
#ifndef TTFS_COUNTS_DOC_H
#define TTFS_COUNTS_DOC_H

#include "session.h"

typedef enum {
    TTFS_COUNT_SAMPLES,
    TTFS_COUNT_RIGHT,
    TTFS_COUNT_AGREE,
    TTFS_COUNT_CLOSE,  /* relu's logits, by less than the integers tell apart */
    TTFS_COUNT_SPIKES, /* of a run of hidden neurons, of a verification all */
    TTFS_COUNT_INPUTS,
    TTFS_COUNT_CLIPPED, /* inputs outside the encoder's range */
    TTFS_COUNT_READOUTS,
    TTFS_COUNT_DIFFERENCES, /* of traces */
    TTFS_COUNT_KINDS
} TtfsCount;

typedef struct {
    TtfsArena arena;
    const char *document;               /* run or verify */
    const char *network, *inputs;       /* inputs: SHA-256 of forms, samples, labels */
    const char *engine, *fault;         /* engine: of verify all; fault: on purpose, "" */
    const char *image;                  /* what differs of it; "" */
    uint64_t samples, neurons, latency; /* of all shards; hidden ones; ticks */
    bool labelled, judged, close, counted, compared; /* which counts are known */
    uint32_t shard, shards;                          /* 1..shards; shards 0: the whole */
    uint64_t count[TTFS_COUNT_KINDS];
    uint64_t first_sample;
    const char *first; /* difference of traces, in words; "" */
} TtfsCountsDoc;

/* Asks for a document where there is a shard, takes the samples' hash, and leaves those of the
 * shard in the session: its samples count from 0 again. Does nothing when neither is asked for. */
bool ttfs_counts_open(TtfsCountsDoc *d, TtfsSession *s, const char *shard, const char *out,
                      TtfsDiag *diag);
void ttfs_counts_free(TtfsCountsDoc *d);
bool ttfs_counts_save(const TtfsCountsDoc *d, const char *out, TtfsDiag *diag);

/* Whether a file looks like such a document. */
bool ttfs_is_counts(const char *path);
/* Puts the shards together and writes that; SWEEP_SHARDS names what does not fit, VERIFY_DIFFER is
 * said as verify says it, and *d is there all the same. */
bool ttfs_counts_merge(const TtfsMergeOptions *o, TtfsCountsDoc *d, TtfsDiag *diag);
void ttfs_counts_write(const TtfsCountsDoc *d, TtfsBuf *out);
/* Known when not NAN. */
double ttfs_counts_share(const TtfsCountsDoc *d, TtfsCount part);

#endif
