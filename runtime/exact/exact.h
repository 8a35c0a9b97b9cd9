/* SPDX-License-Identifier: Apache-2.0
 *
 * The exact engine: the network as spiking neurons in continuous time, float64. Two neuron models
 * of the theorem that spike times compute what ReLU does (docs/semantics.md, "Continuous time"): a
 * constant intrinsic slope, exactly one spike a neuron (Stanojevic et al., arXiv 2212.12522) b
 * slope switched when the own window opens, silence is 0 (Stanojevic et al., arXiv 2306.08744)
 * Spike times are found by integrating the potential from event to event and looking for its first
 * crossing of the threshold; what ReLU would give is computed beside it, as a plain sum in float64.
 */
#ifndef TTFS_EXACT_H
#define TTFS_EXACT_H

#include "net.h"

/* The plain float64 evaluation of a canonical network. */
typedef struct TtfsReference TtfsReference;

/* What becomes of a layer's values, real ones: of the input's, and of the sums that a rectifier
 * would take. */
typedef void TtfsReferenceRule(void *context, uint32_t layer, double *values);

TtfsReference *ttfs_reference_open(const TtfsNet *net);
void ttfs_reference_close(TtfsReference *r);
/* Runs one sample (as many floats as the input has elements). */
void ttfs_reference_run(TtfsReference *r, const float *input);
/* The same with `rule` in the place of rectifiers. */
void ttfs_reference_run_as(TtfsReference *r, const float *input, TtfsReferenceRule *rule,
                           void *context);
/* Values of a layer in the last run. */
const double *ttfs_reference_values(const TtfsReference *r, uint32_t layer);

/* An output of the last run, in the order of its elements. */
void ttfs_reference_output(const TtfsReference *r, uint32_t output, double *values);

/* What windows must hold. All zeros before the first sample. */
typedef struct {
    double input_lo, input_hi; /* the input's range */
    double *top;               /* per layer: the largest value, in real units */
} TtfsExactTops;

TtfsExactTops ttfs_exact_tops(const TtfsNet *net, double input_lo, double input_hi, TtfsArena *a);
/* Widens the tops by the last run of the reference; the merge of two is their larger. */
void ttfs_exact_tops_add(TtfsExactTops *t, const TtfsNet *net, const TtfsReference *r);
void ttfs_exact_tops_merge(TtfsExactTops *t, const TtfsNet *net, const TtfsExactTops *other);

typedef enum { TTFS_EXACT_A, TTFS_EXACT_B } TtfsExactModel;

typedef struct {
    TtfsExactModel model;
    double margin; /* > -1: a neuron's window is (1 + margin) times what it must hold; below 0
                      it saturates. The input's window is its range */
    double
        time_noise;  /* >= 0: standard deviation of a spike's time, as a share of its window ... */
    bool input_unit; /* ... or of the input's */
    double slope_noise;   /* >= 0: of a neuron's own slope, relative; drawn once a neuron ... */
    bool by_channel;      /* ... or once a channel */
    uint32_t seed, trial; /* of the noise */
} TtfsExactOptions;

/* Counted over all runs of one engine. */
typedef struct {
    double max_error;     /* largest |x_spiking - x_relu|; of the readout: of the logits */
    double window;        /* length in units of time, of the rescaled values */
    uint64_t spikes;      /* of the layer's neurons */
    uint64_t active;      /* neurons whose x_relu is above the least value */
    uint64_t beyond;      /* neurons whose x_relu exceeds the window */
    uint64_t neuron_runs; /* neurons times runs */
} TtfsExactStat;

typedef struct TtfsExact TtfsExact;

/* `net` must outlive the engine. An instance is used by one thread. */
TtfsExact *ttfs_exact_open(const TtfsNet *net, const TtfsExactTops *tops,
                           const TtfsExactOptions *options);
void ttfs_exact_close(TtfsExact *e);
/* Runs one sample and returns the first output, valid until the next run. `sample` picks the noise,
 * so that results do not depend on the order of samples. */
const double *ttfs_exact_run(TtfsExact *e, const float *input, uint64_t sample);
/* The last run: an output, in the order of its elements. */
void ttfs_exact_output(const TtfsExact *e, uint32_t output, double *values);
/* The last run: decoded values of a layer in real units; spike times from the start of the layer's
 * window, INFINITY for silence (NULL for the readout). */
const double *ttfs_exact_values(const TtfsExact *e, uint32_t layer);
const double *ttfs_exact_times(const TtfsExact *e, uint32_t layer);
const TtfsReference *ttfs_exact_reference(const TtfsExact *e);
const TtfsExactStat *ttfs_exact_stat(const TtfsExact *e, uint32_t layer);
/* End of the last window, in units of time from the start of the sample. */
double ttfs_exact_latency(const TtfsExact *e);

#endif
