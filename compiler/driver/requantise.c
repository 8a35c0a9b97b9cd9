/* SPDX-License-Identifier: Apache-2.0
 *
 * The step ir_to_spike again. Invariant: with the folder's own options it gives the folder's graph,
 * which is checked before any other is asked for.
 */
#include "requantise.h"

#include "asked.h"
#include "refill.h"

static bool take_options(TtfsRequantiser *r, TtfsOut *out, uint32_t *quantiser, TtfsDiag *diag) {
    TtfsRefill folder = {.options = {.percentile = -1}};
    const char *manifest = ttfs_out_path(out, "manifest.json");
    if (!ttfs_refill_manifest(&folder, manifest, &r->arena, diag)) return false;
    const TtfsCompileOptions *o = &folder.options;
    r->options = (TtfsSpikeOptions){.ticks = o->ticks,
                                    .weight_bits = o->weight_bits,
                                    .percentile = o->percentile,
                                    .input_lo = folder.lo,
                                    .input_hi = folder.hi,
                                    .layers = o->layers,
                                    .n_layers = o->n_layers};
    *quantiser = TTFS_QUANTISER_PLAIN;
    uint32_t ramps = TTFS_RAMPS_ANY;
    bool ok = ttfs_asked_word("quantiser", o->quantiser, ttfs_quantisers, quantiser, diag) &&
              ttfs_asked_word("ramps", o->ramps, ttfs_ramps_names, &ramps, diag);
    r->options.pow2 = ramps == TTFS_RAMPS_POW2;
    return ok;
}

static bool refuse_without(const TtfsOut *out, TtfsDiag *diag) {
    return ttfs_error_advice(diag, TTFS_AT_FILE(out->folder), TTFS_CALIB_KEPT,
                             "compile it with --quantiser plain for these axes",
                             "its weights were fitted to samples, which it does not keep: it is "
                             "not made again with other ticks, weight bits or percentile");
}

/* Weights are fitted again to the samples that the folder keeps; where it keeps none, auto may have
 * left them plain. */
static bool take_samples(TtfsRequantiser *r, const TtfsOut *out, uint32_t quantiser,
                         TtfsDiag *diag) {
    const TtfsKeptSamples *kept = &r->calibration.kept;
    if (quantiser == TTFS_QUANTISER_PLAIN) return true;
    r->fit.count = kept->count;
    r->fit.values = kept->values;
    r->options.fit = kept->count ? &r->fit : NULL;
    return kept->count || quantiser == TTFS_QUANTISER_AUTO || refuse_without(out, diag);
}

/* Whether the folder's own options give its graph, and else how it differs. */
static bool compare(const TtfsRequantiser *r, const TtfsOut *out, bool *same, char what[256],
                    TtfsDiag *diag) {
    TtfsSpike again;
    if (!ttfs_requantise(r, 0, 0, 0, &again, diag)) return false;
    *same = ttfs_spike_equal(&out->spike, &again, what, 256);
    ttfs_spike_free(&again);
    return true;
}

/* Weights are plain too where there was no memory to fit them (--memory), whatever was asked for.
 */
static bool check_same(TtfsRequantiser *r, const TtfsOut *out, uint32_t quantiser, TtfsDiag *diag) {
    char what[256], plain[256];
    bool same;
    if (!compare(r, out, &same, what, diag)) return false;
    if (!same && r->options.fit) {
        r->options.fit = NULL;
        if (!compare(r, out, &same, plain, diag)) return false;
    }
    if (!same && quantiser != TTFS_QUANTISER_PLAIN && !r->calibration.kept.count)
        return refuse_without(out, diag);
    return same || ttfs_error_advice(diag, TTFS_AT_FILE(out->folder), TTFS_CALIB_KEPT,
                                     "compile it again with this ttfs",
                                     "what its calibration and options give is not the graph that "
                                     "it holds: %s",
                                     what);
}

bool ttfs_requantise_open(TtfsRequantiser *r, TtfsOut *out, const TtfsIr *canonical,
                          uint32_t threads, const TtfsProgress *progress, TtfsDiag *diag) {
    uint32_t quantiser;
    *r = (TtfsRequantiser){.canonical = canonical,
                           .file = ttfs_out_path(out, "forms/ir.txt"),
                           .fit = {.threads = threads, .progress = *progress}};
    return take_options(r, out, &quantiser, diag) &&
           ttfs_calibration_load_own(&r->calibration, canonical, out->folder, &r->arena, diag) &&
           take_samples(r, out, quantiser, diag) && check_same(r, out, quantiser, diag);
}

bool ttfs_requantise(const TtfsRequantiser *r, uint32_t ticks, uint32_t weight_bits,
                     double percentile, TtfsSpike *out, TtfsDiag *diag) {
    TtfsSpikeOptions o = r->options;
    TtfsQuantReport report;
    TtfsDiag own = {0}; /* what it says of the folder's own options it said when compiling */
    if (ticks) o.ticks = ticks;
    if (weight_bits) o.weight_bits = weight_bits;
    if (percentile > 0) o.percentile = percentile;
    bool ok =
        ttfs_ir_to_spike(r->canonical, &r->calibration.calib, &o, r->file, out, &report, &own) &&
        ttfs_spike_check(out, r->file, &own);
    if (!ok) ttfs_diag_append(diag, &own);
    ttfs_arena_free(&report.arena);
    ttfs_diag_free(&own);
    return ok;
}

void ttfs_requantise_close(TtfsRequantiser *r) {
    ttfs_calibration_free(&r->calibration);
    ttfs_arena_free(&r->arena);
}
