/* SPDX-License-Identifier: Apache-2.0
 *
 * Judge: what the outputs of a network mean, and what is counted by it over a run. One vector of
 * two or more values names a class by the largest; one value is a logit whose sign names a class;
 * everything else (maps, several outputs, outputs beside labels that are values) has errors and no
 * class.
 */
#ifndef TTFS_JUDGE_H
#define TTFS_JUDGE_H

#include "labels.h"
#include "output_error.h"

typedef enum { TTFS_BY_CLASS, TTFS_BY_SIGN, TTFS_BY_ERROR } TtfsMeaning;

typedef struct {
    TtfsMeaning meaning;
    const TtfsOutput *output;
    uint32_t outputs;
    uint64_t widest; /* elements of the largest output */
    const TtfsLabels *labels;
    bool compared; /* relu runs beside the engine, or is the engine */
    double step;   /* of the logits (margin.h), that relu's are held against; 0: they are not */
    TtfsOutputErrors relu;  /* of the outputs, where a class does not say it all */
    TtfsOutputErrors truth; /* of the only output beside labels that are values */
} TtfsJudge;

/* Counted by one thread; sums over threads are the run's. */
typedef struct {
    uint64_t right, agree, close; /* close: relu's logits, by less than the step */
} TtfsTally;

/* `errors`: whether errors beside relu are wanted. */
void ttfs_judge_open(TtfsJudge *j, const TtfsOutput *output, uint32_t outputs,
                     const TtfsLabels *labels, uint64_t samples, bool compared, bool errors,
                     TtfsArena *a);
/* Takes one output of one sample: the engine's values, and relu's (NULL when it does not run). */
void ttfs_judge_output(TtfsJudge *j, TtfsTally *t, uint64_t sample, uint32_t output,
                       const double *got, const double *want);

/* The class that the values of the first output name; of TTFS_BY_CLASS and TTFS_BY_SIGN. */
uint32_t ttfs_judge_class(const TtfsJudge *j, const double *values);
bool ttfs_judge_knows_accuracy(const TtfsJudge *j);
bool ttfs_judge_knows_agreement(const TtfsJudge *j);

#endif
