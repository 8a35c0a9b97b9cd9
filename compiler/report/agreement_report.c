/* SPDX-License-Identifier: Apache-2.0
 *
 * The agreement of a run, layer by layer: relu, exact, the engine. Errors are means of |difference|
 * in real units; in steps they are those of active values in steps of the layer's own population.
 */
#include "agreement_report.h"

#include "judge_report.h"
#include "report_json.h"

static const char *const part_names[TTFS_AGREE_PARTS] = {"windows", "ticks", "weights"};

static double mean(const TtfsGap *g, uint64_t n) {
    return n ? g->sum / (double)n : 0;
}

static const TtfsPopulation *pop_of(const TtfsAgreement *a, uint32_t layer) {
    return &a->spike->pops.at[layer];
}

static void gap_json(TtfsJson *j, const char *key, const TtfsGap *g, uint64_t n) {
    ttfs_json_object(j, key);
    ttfs_json_number(j, "mean_error", mean(g, n));
    ttfs_json_number(j, "max_error", g->most);
    ttfs_json_end(j);
}

/* Of layers that spike. */
static void window_json(TtfsJson *j, const TtfsAgreement *a, uint32_t layer, uint64_t values) {
    const TtfsAgreeLayer *l = &a->layer[layer];
    const TtfsPopulation *p = pop_of(a, layer);
    ttfs_json_number(j, "step", p->scale);
    ttfs_json_number(j, "window_top", p->offset + p->scale * p->ticks);
    ttfs_json_number(j, "mean_steps", ttfs_agree_steps(a, layer));
    ttfs_json_number(j, "max_steps", l->part[TTFS_PART_WEIGHTS].most / p->scale);
    ttfs_json_number(j, "saturated_share", ttfs_share(l->saturated, values));
    ttfs_json_number(j, "silent_share", ttfs_share(values - l->spikes, values));
    ttfs_json_number(j, "relu_beyond_share", ttfs_share(l->beyond, values));
    ttfs_json_number(j, "relu_silent_share", ttfs_share(values - l->alive, values));
    ttfs_json_number(j, "spikes_per_sample", ttfs_share(l->spikes, a->samples));
    ttfs_json_number(j, "samples_that_part", (double)l->parted);
}

static void layer_json(TtfsJson *j, const TtfsAgreement *a, uint32_t layer) {
    const TtfsAgreeLayer *l = &a->layer[layer];
    const TtfsPopulation *p = pop_of(a, layer);
    uint64_t values = ttfs_pop_size(p) * a->samples;
    ttfs_json_object(j, NULL);
    ttfs_json_string(j, "layer", p->name);
    ttfs_json_string(j, "kind", ttfs_pop_kind_name(p->kind));
    ttfs_json_number(j, "neurons", ttfs_pop_size(p));
    ttfs_json_number(j, "mean_error", mean(&l->part[TTFS_PART_WEIGHTS], values));
    ttfs_json_number(j, "max_error", l->part[TTFS_PART_WEIGHTS].most);
    ttfs_json_number(j, "exact_max_error", l->exact);
    gap_json(j, "windows", &l->part[TTFS_PART_WINDOWS], values);
    gap_json(j, "windows_and_ticks", &l->part[TTFS_PART_TICKS], values);
    if (p->ticks) window_json(j, a, layer, values);
    ttfs_json_end(j);
}

/* The share of what the parts move the outputs by; of nothing, nothing. */
static double share_of(const TtfsAgreement *a, uint32_t part) {
    double all = 0;
    for (uint32_t i = 0; i < TTFS_AGREE_PARTS; i++) all += a->output[i].moved.sum;
    return all > 0 ? a->output[part].moved.sum / all : 0;
}

static void part_json(TtfsJson *j, const TtfsAgreement *a, uint32_t part) {
    const TtfsAgreeOutput *o = &a->output[part];
    uint64_t values = a->values * a->samples;
    ttfs_json_object(j, NULL);
    ttfs_json_string(j, "part", part_names[part]);
    ttfs_json_share(j, "agreement", ttfs_judge_knows_agreement(a->judge), o->agree, a->samples);
    ttfs_json_share(j, "accuracy", ttfs_judge_knows_accuracy(a->judge), o->right, a->samples);
    ttfs_json_number(j, "mean_error", mean(&o->error, values));
    ttfs_json_number(j, "max_error", o->error.most);
    ttfs_json_number(j, "mean_moved", mean(&o->moved, values));
    ttfs_json_number(j, "share", share_of(a, part));
    ttfs_json_end(j);
}

static void layer_name_json(TtfsJson *j, const char *key, const TtfsAgreement *a, uint32_t layer) {
    if (layer)
        ttfs_json_string(j, key, pop_of(a, layer - 1)->name);
    else
        ttfs_json_null(j, key);
}

static void worst_json(TtfsJson *j, const TtfsAgreement *a, const TtfsAgreeSample *s) {
    ttfs_json_object(j, NULL);
    ttfs_json_number(j, "sample", (double)s->sample);
    layer_name_json(j, "layer", a, s->layer);
    ttfs_json_number(j, "error", s->error);
    if (a->judge->meaning != TTFS_BY_ERROR) {
        ttfs_json_number(j, "relu_class", s->want);
        ttfs_json_number(j, "class", s->got);
    }
    ttfs_json_end(j);
}

void ttfs_agreement_json(const TtfsRunResult *v, TtfsJson *j, const char *key) {
    const TtfsAgreement *a = v->agreement;
    ttfs_json_object(j, key);
    ttfs_json_string(j, "engine", v->engine);
    ttfs_json_number(j, "samples", (double)a->samples);
    ttfs_json_number(j, "exact_samples", (double)a->exact_samples);
    layer_name_json(j, "first_layer", a, ttfs_agree_first(a));
    ttfs_json_array(j, "parts");
    for (uint32_t i = 0; i < TTFS_AGREE_PARTS; i++) part_json(j, a, i);
    ttfs_json_end(j);
    ttfs_json_array(j, "layers");
    for (uint32_t i = 0; i < a->net->layers.len; i++) layer_json(j, a, i);
    ttfs_json_end(j);
    ttfs_json_array(j, "worst");
    for (uint32_t i = 0; i < a->worsts; i++) worst_json(j, a, &a->worst[i]);
    ttfs_json_end(j);
    ttfs_json_end(j);
}

/* --- for people --- */

static void layer_text(const TtfsAgreement *a, uint32_t layer, TtfsBuf *out) {
    const TtfsAgreeLayer *l = &a->layer[layer];
    const TtfsPopulation *p = pop_of(a, layer);
    uint64_t values = ttfs_pop_size(p) * a->samples;
    ttfs_buf_puts(out, "  ");
    ttfs_buf_name(out, p->name, 24);
    ttfs_buf_printf(out, "  %8.1e  %10.4g  %10.4g", l->exact,
                    mean(&l->part[TTFS_PART_WEIGHTS], values), l->part[TTFS_PART_WEIGHTS].most);
    if (p->ticks)
        ttfs_buf_printf(out, "  %7.2f  %8.3f %%  %6.1f %%  %12.1f", ttfs_agree_steps(a, layer),
                        100 * ttfs_share(l->saturated, values),
                        100 * ttfs_share(values - l->spikes, values),
                        ttfs_share(l->spikes, a->samples));
    ttfs_buf_puts(out, "\n");
}

static void first_text(const TtfsAgreement *a, TtfsBuf *out) {
    uint32_t first = ttfs_agree_first(a);
    ttfs_buf_puts(out, "parts at            ");
    if (!first) {
        ttfs_buf_puts(out, "no layer: none is off by more than a step of its own in the mean\n");
        return;
    }
    ttfs_buf_shown(out, pop_of(a, first - 1)->name);
    ttfs_buf_printf(out, ": active values are off by %.2f steps in the mean\n",
                    ttfs_agree_steps(a, first - 1));
}

static void parts_text(const TtfsAgreement *a, TtfsBuf *out) {
    uint64_t values = a->values * a->samples;
    ttfs_buf_printf(out, "output error        %.4g in the mean, %.4g at most\n",
                    mean(&a->output[TTFS_PART_WEIGHTS].error, values),
                    a->output[TTFS_PART_WEIGHTS].error.most);
    for (uint32_t i = 0; i < TTFS_AGREE_PARTS; i++) {
        const TtfsAgreeOutput *o = &a->output[i];
        ttfs_buf_printf(out, "  %s %-7s         move it by %.4g (%.0f %%), then %.4g",
                        i ? "+" : " ", part_names[i], mean(&o->moved, values), 100 * share_of(a, i),
                        mean(&o->error, values));
        if (ttfs_judge_knows_agreement(a->judge))
            ttfs_buf_printf(out, ", agreement %.2f %%", 100 * ttfs_share(o->agree, a->samples));
        ttfs_buf_puts(out, "\n");
    }
}

static void worst_text(const TtfsAgreement *a, TtfsBuf *out) {
    for (uint32_t i = 0; i < a->worsts; i++) {
        const TtfsAgreeSample *s = &a->worst[i];
        ttfs_buf_printf(out, "%s sample %llu: off by %.4g",
                        i ? "                   " : "worst samples      ",
                        (unsigned long long)s->sample, s->error);
        if (a->judge->meaning != TTFS_BY_ERROR)
            ttfs_buf_printf(out, ", class %u, relu %u", s->got, s->want);
        if (s->layer) {
            ttfs_buf_puts(out, ", parts at ");
            ttfs_buf_shown(out, pop_of(a, s->layer - 1)->name);
        }
        ttfs_buf_puts(out, "\n");
    }
}

void ttfs_agreement_text(const TtfsRunResult *v, TtfsBuf *out) {
    const TtfsAgreement *a = v->agreement;
    ttfs_buf_printf(out,
                    "layer by layer      relu beside exact (%llu samples) and beside %s\n"
                    "  %-24s  %8s  %10s  %10s  %7s  %10s  %8s  %12s\n",
                    (unsigned long long)a->exact_samples, v->engine, "layer", "exact", "mean error",
                    "largest", "steps", "saturated", "silent", "spikes/sample");
    for (uint32_t i = 0; i < a->net->layers.len; i++) layer_text(a, i, out);
    first_text(a, out);
    parts_text(a, out);
    worst_text(a, out);
}
