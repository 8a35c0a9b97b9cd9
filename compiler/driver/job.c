/* SPDX-License-Identifier: Apache-2.0
 *
 * From options to a job. Every option is looked at, so that all bad ones are reported at once.
 */
#include "job.h"

#include "asked.h"
#include "fit_device.h"
#include "shipped.h"

#include <math.h>
#include <string.h>

_Static_assert((int)TTFS_MOST_TICKS == TTFS_MAX_TICKS, "ttfs.h promises the spike graph's bound");

const char *const ttfs_optimise_names[] = {"latency", "memory", "energy", "spikes", NULL};
const char *const ttfs_quantisers[] = {"auto", "plain", "fitted", "channels", NULL};
const char *const ttfs_ramps_names[] = {"any", "pow2", NULL};

static bool check_input(const TtfsCompileOptions *o, TtfsDiag *diag) {
    if (o->ranged && !(o->lo < o->hi && isfinite(o->hi - o->lo)))
        return ttfs_error(diag, TTFS_AT_FILE("--input-range"), TTFS_OPTION_VALUE,
                          "finite numbers with LO < HI expected");
    bool ok = ttfs_asked_within("channels", o->channels, 0, TTFS_MOST_CHANNELS, diag);
    for (uint32_t i = 0; ok && i < o->channels; i++)
        if (!(o->deviation[i] > 0))
            ok = ttfs_error(diag, TTFS_AT_FILE("std"), TTFS_OPTION_VALUE, "above 0 expected");
    return ok;
}

static bool check_shape(const TtfsCompileOptions *o, TtfsDiag *diag) {
    bool ok = ttfs_asked_within("--input-shape", o->shape_rank, 0, TTFS_MOST_SHAPE, diag);
    for (uint32_t i = 0; ok && i < o->shape_rank; i++)
        ok = ttfs_asked_within("--input-shape", o->shape[i], 1, INT32_MAX, diag);
    return ok;
}

static bool check(const TtfsCompileOptions *o, TtfsDiag *diag) {
    bool ok = ttfs_asked_for("model", o->model, "the path of a model is needed", diag);
    ok &= ttfs_asked_within("--ticks", o->ticks, 1, TTFS_MOST_TICKS, diag);
    ok &= ttfs_asked_within("--weight-bits", o->weight_bits, TTFS_LEAST_WEIGHT_BITS,
                            TTFS_MOST_WEIGHT_BITS, diag);
    ok &= ttfs_asked_within("--percentile", o->percentile, TTFS_LEAST_PERCENTILE, 1, diag);
    if (o->lanes) ok &= ttfs_asked_within("--lanes", o->lanes, 1, TTFS_MOST_LANES, diag);
    ok &= ttfs_asked_within("--calib-count", o->calib_count, 1, TTFS_MOST_CALIB, diag);
    ok &= ttfs_asked_within("--threads", o->threads, 1, TTFS_MOST_THREADS, diag);
    ok &= check_shape(o, diag);
    return check_input(o, diag) && ok;
}

/* The input lies in lo..hi; uint8 samples 0..255 map onto it. */
static void take_range(TtfsJob *job, float lo, float hi) {
    job->map = (TtfsInputMap){.lo = lo, .hi = hi};
    job->spike.input_lo = lo;
    job->spike.input_hi = hi;
}

/* uint8 samples are (value / 255 - mean) / deviation, channel by channel; the input's range is what
 * that gives. */
static void take_channels(TtfsJob *job, const TtfsCompileOptions *o) {
    float lo = INFINITY, hi = -INFINITY;
    _Static_assert(sizeof o->mean == sizeof job->map.mean, "as many channels as samples may have");
    for (uint32_t i = 0; i < o->channels; i++) {
        lo = fminf(lo, (0 - o->mean[i]) / o->deviation[i]);
        hi = fmaxf(hi, (1 - o->mean[i]) / o->deviation[i]);
    }
    job->map = (TtfsInputMap){.channels = o->channels};
    memcpy(job->map.mean, o->mean, sizeof o->mean);
    memcpy(job->map.deviation, o->deviation, sizeof o->deviation);
    job->spike.input_lo = lo;
    job->spike.input_hi = hi;
}

static bool refuse(const char *option, const char *what, TtfsDiag *diag) {
    return ttfs_error(diag, TTFS_AT_FILE(option), TTFS_OPTION_VALUE, "%s", what);
}

/* What needs a target, or one of the other kind. */
static bool check_alone(const TtfsCompileOptions *o, TtfsDiag *diag) {
    bool ok = true, drop = o->max_drop >= 0;
    if ((o->calib_labels || o->calib_label_values) && !drop)
        ok = refuse("--calib-labels", "labels are for --max-drop, which is not given", diag);
    if (o->optimise && o->target_agreement == 0 && !drop)
        ok = refuse("--optimise", "a target expected with it: --target-agreement or --max-drop",
                    diag);
    if (o->target_agreement != 0 && drop)
        ok = refuse("--max-drop", "one target expected, with --target-agreement there are two",
                    diag);
    return ok;
}

/* What a target cannot go with, or cannot do without. */
static bool check_target(const TtfsJob *job, TtfsDiag *diag) {
    const TtfsCompileOptions *o = job->options;
    const char *name = job->target.labelled ? "--max-drop" : "--target-agreement";
    if (!job->target.wanted) return true;
    if (o->weights_only)
        return refuse(name, "with --weights-only ticks and bits are the folder's", diag);
    return o->calib || o->calib_values ||
           refuse(name, "calibration samples expected, of which a part decides: --calib X", diag);
}

/* Energy that the chip says nothing of cannot be saved. */
static bool check_energy(const TtfsJob *job, TtfsDiag *diag) {
    const TtfsChip *c = &job->chip;
    if (!job->target.wanted || job->target.optimise != TTFS_OPTIMISE_ENERGY ||
        c->energy_event_pj + c->energy_tick_pj + c->energy_spike_pj > 0)
        return true;
    return ttfs_error(diag, TTFS_AT_FILE("--optimise"), TTFS_OPTION_VALUE,
                      "energy: the chip's description has no energy_pj; spikes, latency and memory "
                      "need none");
}

/* What a mean of bits cannot go with; 0: none is asked for. */
static bool check_mean(const TtfsCompileOptions *o, const TtfsTarget *target, TtfsDiag *diag) {
    static const char name[] = "--mean-bits";
    if (o->mean_bits == 0) return true;
    if (target->wanted)
        return refuse(name, "with a target the widths of layers are found for that", diag);
    if (o->weights_only)
        return refuse(name, "with --weights-only the widths of layers are the folder's", diag);
    return ttfs_asked_within(name, o->mean_bits, TTFS_LEAST_WEIGHT_BITS, o->weight_bits, diag);
}

static bool take_target(TtfsJob *job, TtfsDiag *diag) {
    const TtfsCompileOptions *o = job->options;
    uint32_t optimise = TTFS_OPTIMISE_LATENCY;
    bool agreement = o->target_agreement != 0, drop = o->max_drop >= 0;
    bool ok = check_alone(o, diag);
    if (agreement)
        ok &= ttfs_asked_within("--target-agreement", o->target_agreement, TTFS_LEAST_AGREEMENT,
                                100, diag);
    if (!(o->max_drop < 0)) ok &= ttfs_asked_within("--max-drop", o->max_drop, 0, 100, diag);
    ok &= ttfs_asked_word("--optimise", o->optimise, ttfs_optimise_names, &optimise, diag);
    job->target = (TtfsTarget){.wanted = agreement || drop,
                               .labelled = !agreement,
                               .loss = (agreement ? 100 - o->target_agreement : o->max_drop) / 100,
                               .optimise = (TtfsOptimise)optimise};
    return check_target(job, diag) && ok;
}

/* How weights become integers. */
static bool take_quantiser(TtfsJob *job, TtfsDiag *diag) {
    const TtfsCompileOptions *o = job->options;
    uint32_t quantiser = TTFS_QUANTISER_AUTO, ramps = TTFS_RAMPS_ANY;
    bool ok = ttfs_asked_word("--quantiser", o->quantiser, ttfs_quantisers, &quantiser, diag);
    ok &= ttfs_asked_word("--ramps", o->ramps, ttfs_ramps_names, &ramps, diag);
    if (quantiser == TTFS_QUANTISER_CHANNELS && job->target.wanted)
        return refuse("--quantiser", "channels: a target is met by windows of layers", diag);
    job->quantiser = quantiser == TTFS_QUANTISER_AUTO && job->target.wanted
                         ? TTFS_QUANTISER_PLAIN
                         : (TtfsQuantiser)quantiser;
    job->spike.pow2 = ramps == TTFS_RAMPS_POW2;
    return ok;
}

bool ttfs_job_open(TtfsJob *job, const TtfsCompileOptions *o, TtfsArena *a, TtfsDiag *diag) {
    *job = (TtfsJob){.options = o,
                     .spike = {.ticks = o->ticks,
                               .weight_bits = o->weight_bits,
                               .percentile = o->percentile,
                               .layers = o->layers,
                               .n_layers = o->n_layers},
                     .range_given = o->ranged || o->channels};
    if (!check(o, diag) || !take_target(job, diag) || !check_mean(o, &job->target, diag))
        return false;
    if (o->channels && !o->ranged)
        take_channels(job, o);
    else
        take_range(job, o->ranged ? o->lo : 0, o->ranged ? o->hi : 1);
    uint32_t schedule = TTFS_SCHEDULE_AUTO;
    if (!ttfs_asked_word("--schedule", o->schedule, ttfs_schedule_names, &schedule, diag))
        return false;
    job->schedule = (TtfsSchedule)schedule;
    if (!take_quantiser(job, diag)) return false;
    if (o->lanes && !o->fit)
        return ttfs_error(diag, TTFS_AT_FILE("--lanes"), TTFS_OPTION_VALUE,
                          "lanes are of the chip that --fit makes; a description says its own");
    if (o->weights_only) return true; /* the chip is the folder's */
    if (o->fit) return ttfs_fit_open(job, diag) && check_energy(job, diag);
    return ttfs_chip_load(&job->chip, o->chip ? o->chip : "one", a, diag) &&
           check_energy(job, diag);
}

const char *ttfs_job_calib(const TtfsJob *job) {
    const TtfsValues *v = job->options->calib_values;
    if (!v) return job->options->calib;
    return v->name && *ttfs_path_base(v->name) ? v->name : "memory";
}
