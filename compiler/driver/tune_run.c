/* SPDX-License-Identifier: Apache-2.0
 *
 * Fine-tuning as a whole: options, the beginning, the training, the folder.
 */
#include "tune_run.h"

#include "asked.h"
#include "out_folder.h"
#include "out_tree.h"
#include "tune_compile.h"
#include "tune_latency.h"
#include "tune_start.h"
#include "tune_train.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static bool above(const char *option, double v, double most, TtfsDiag *diag) {
    return (v > 0 && v <= most) || ttfs_error(diag, TTFS_AT_FILE(option), TTFS_OPTION_VALUE,
                                              "%.10g is not above 0 and at most %g", v, most);
}

static bool check_numbers(const TtfsTuneOptions *o, TtfsDiag *diag) {
    bool ok = true;
    if (o->ticks) ok &= ttfs_asked_within("--ticks", o->ticks, 1, TTFS_MOST_TICKS, diag);
    if (o->weight_bits)
        ok &= ttfs_asked_within("--weight-bits", o->weight_bits, TTFS_LEAST_WEIGHT_BITS,
                                TTFS_MOST_WEIGHT_BITS, diag);
    ok &= ttfs_asked_within("--epochs", o->epochs, 1, TTFS_MOST_EPOCHS, diag);
    ok &= ttfs_asked_within("--batch", o->batch, 1, TTFS_MOST_BATCH, diag);
    ok &= above("--lr", o->rate, 1, diag);
    ok &= above("--pace", o->pace, TTFS_MOST_PACE, diag);
    ok &= ttfs_asked_within("--sparsity", o->sparsity, 0, TTFS_MOST_SPARSITY, diag);
    ok &= ttfs_asked_within("--latency", o->latency, 0, 1, diag);
    ok &= ttfs_asked_within("--time-noise", o->time_noise, 0, 1, diag);
    ok &= ttfs_asked_within("--drop", o->drop, 0, 1, diag);
    ok &= ttfs_asked_within("--weight-noise", o->weight_noise, 0, 1, diag);
    ok &= ttfs_asked_within("--shift", o->shift, 0, TTFS_MOST_SHIFT, diag);
    ok &= above("--validate", o->validate, 0.5, diag);
    return ttfs_asked_within("--minutes", o->minutes, 0, TTFS_MOST_MINUTES, diag) && ok;
}

/* A folder that may not be written is known before anything is trained. */
static bool check_out(const TtfsTuneOptions *o, TtfsDiag *diag) {
    TtfsArena a = {0};
    const char *refusal = ttfs_out_refusal(o->out, &a);
    bool ok = !refusal || ttfs_error(diag, TTFS_AT_FILE(o->out), TTFS_OUT_FOLDER, "%s", refusal);
    ttfs_arena_free(&a);
    return ok;
}

/* Whether one can be made there: nobody trains for hours to hear that it cannot. */
static bool can_be_made(const TtfsTuneOptions *o, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsOutFolder f;
    bool ok = ttfs_out_begin(&f, o->out, &a, diag);
    if (ok) ttfs_out_abandon(&f);
    ttfs_arena_free(&a);
    return ok;
}

/* Ticks of what a frozen layer reads would move its integers. */
static bool check_latency(const TtfsTuneOptions *o, TtfsDiag *diag) {
    return !(o->latency > 0) || o->n_layers == 0 ||
           ttfs_error_advice(diag, TTFS_AT_FILE("--latency"), TTFS_OPTION_VALUE,
                             "find the ticks first, then freeze layers of what that gave",
                             "frozen layers (--layers) keep their integers, and with them the "
                             "ticks of what they read");
}

static bool check(const TtfsTuneOptions *o, TtfsDiag *diag) {
    bool ok = ttfs_asked_for("--output", o->out, "tune needs -o OUT2", diag);
    if (!o->session.input_values)
        ok &= ttfs_asked_for("--train", o->session.input, "training samples are needed: --train X",
                             diag);
    return check_numbers(o, diag) && check_latency(o, diag) && ok && check_out(o, diag);
}

static bool enough(const TtfsTuneStart *s, TtfsDiag *diag) {
    return s->session.count >= 2 ||
           ttfs_error(diag, TTFS_AT_FILE(s->session.input.file), TTFS_OPTION_VALUE,
                      "%" PRIu64 " training sample, at least 2 expected", s->session.count);
}

/* The ticks that were asked for where a window has them, else those of the longest. */
static uint32_t ticks_of(const TtfsTuneStart *s) {
    uint32_t most = 0, asked = s->folder.options.ticks;
    for (uint32_t i = 0; s->layer && i < s->net.layers.len; i++) {
        if (s->layer[i].ticks == asked) return asked;
        if (s->layer[i].ticks > most) most = s->layer[i].ticks;
    }
    return most;
}

/* Windows that are the model's own keep their ticks. */
static void tell_windows(const TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsDiag *diag) {
    uint32_t kept = 0;
    for (uint32_t i = 0; o->ticks && i < s->net.layers.len; i++)
        kept += s->net.layers.at[i].quantum > 0 && s->layer[i].ticks != o->ticks;
    if (kept)
        ttfs_note(diag, TTFS_AT_FILE("--ticks"),
                  "%" PRIu32 " windows are the model's own and keep their ticks, up to %" PRIu32
                  ": tune what it was before for others",
                  kept, ticks_of(s));
}

/* Layers keep the widths that they were compiled with one by one. */
static void tell_widths(const TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsDiag *diag) {
    uint32_t kept = 0;
    for (uint32_t i = 0; o->weight_bits && i < s->net.layers.len; i++)
        kept += ttfs_net_sums(&s->net.layers.at[i]) && s->layer[i].bits != o->weight_bits;
    if (kept)
        ttfs_note(diag, TTFS_AT_FILE("--weight-bits"),
                  "%" PRIu32 " layers have weight bits of their own in %s (a config file's, or of "
                  "--mean-bits) and keep them: compile the model again for others",
                  kept, s->session.out.folder);
}

/* What of the epochs the chip has a say in. */
static void tell_chip(const TtfsTuneReport *r, TtfsLoc out, TtfsDiag *diag) {
    if (r->refused && !r->misfit)
        ttfs_note(diag, out,
                  "%" PRIu32 " epochs were better on the samples held back than those before them, "
                  "but the chip does not take them: a wider one would",
                  r->refused);
}

/* A network that no epoch made better. */
static void tell_untrained(const TtfsTuneStart *s, const TtfsTuneReport *r, TtfsLoc out,
                           TtfsDiag *diag) {
    const char *why = "no epoch was done";
    if (r->epochs.len > 1)
        why = s->classes ? "no epoch can be kept (of a smaller --lr one may be)"
                         : "no epoch was better on the samples held back (of a smaller --lr one "
                           "may be)";
    if (s->as_out)
        ttfs_note(diag, out, "not trained: %s, so its network is what is written", why);
    else
        ttfs_note(diag, out,
                  "not trained: %s, so what is written is the network quantised to these ticks and "
                  "bits",
                  why);
}

/* Of samples that the float network was trained on the beginning knows the labels by heart. */
static void tell_fewer(const TtfsTuneStart *s, const TtfsTuneReport *r, TtfsLoc out,
                       TtfsDiag *diag) {
    double before = r->epochs.at[0].accuracy, after = r->epochs.at[r->best].accuracy;
    if (s->classes && after < before)
        ttfs_note(diag, out,
                  "of the samples held back %.2f %% are right, %.2f before: as it should be where "
                  "the float network was trained on them; where it never saw them, or there are "
                  "few, what the training began with is better, and so may be --labels none",
                  100 * after, 100 * before);
}

/* Whatever is not the best of all the epochs that were asked for: of OUT, since the report has it
 * too, whose bytes do not depend on what the new folder is called. */
static void tell_end(const TtfsTuneStart *s, const TtfsTuneReport *r, const TtfsTuneOptions *o,
                     TtfsDiag *diag) {
    uint32_t done = r->epochs.len - 1;
    TtfsLoc out = TTFS_AT_FILE(s->session.out.folder);
    tell_chip(r, out, diag);
    if (r->diverged)
        ttfs_note(diag, out,
                  "the training diverged in epoch %" PRIu32 ": a smaller --lr may keep it together",
                  done + 1);
    if (r->stopped) ttfs_note(diag, out, "stopped: this is the best of %" PRIu32 " epochs", done);
    if (r->out_of_time && done == o->epochs)
        ttfs_note(diag, out, "--minutes were over before all ticks were tried");
    else if (r->out_of_time)
        ttfs_note(diag, out, "--minutes were over after %" PRIu32 " of %" PRIu32 " epochs", done,
                  o->epochs);
    if (r->best == 0) tell_untrained(s, r, out, diag);
    tell_fewer(s, r, out, diag);
}

static bool train(TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsTuned *t, TtfsDiag *diag) {
    if (!ttfs_tune_train(s, o, o->minutes * 60, &t->report, diag)) return false;
    if (t->report.stopped && t->report.epochs.len < 2)
        return ttfs_go_on(&o->session.progress, diag);
    bool shorter = o->latency > 0 && !t->report.stopped && !t->report.out_of_time;
    if (shorter && !ttfs_tune_shorten(s, o, t, diag)) return false;
    tell_end(s, &t->report, o, diag);
    return true;
}

bool ttfs_tune_run(const TtfsTuneOptions *o, TtfsTuned *t, TtfsDiag *diag) {
    TtfsTuneStart s = {.offset = 0};
    double start = ttfs_now();
    *t = (TtfsTuned){.asked = o, .begun = start};
    bool ok = check(o, diag) && ttfs_tune_start(&s, o, diag) && enough(&s, diag) &&
              can_be_made(o, diag);
    if (ok) tell_windows(&s, o, diag);
    if (ok) tell_widths(&s, o, diag);
    ok = ok && train(&s, o, t, diag);
    t->ticks = ticks_of(&s);
    t->weight_bits = s.folder.options.weight_bits;
    t->labelled = s.classes != NULL;
    t->taught = s.logits != NULL;
    t->teacher = s.teacher;
    memcpy(t->teacher_sha256, s.teacher_sha256, sizeof t->teacher_sha256);
    ok = ok && ttfs_tune_compile(&s, o, t, diag);
    ttfs_tune_start_close(&s);
    t->seconds = ttfs_now() - start;
    return ok;
}
