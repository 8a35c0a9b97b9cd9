/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer on top: how right, how fast, how sparse, how cheap, and whether it was verified.
 */
#include "page_inside.h"

#include <inttypes.h>
#include <string.h>

/* `word`: what the glossary has of it. */
static void begin(TtfsBuf *b, const char *word, const char *what) {
    ttfs_buf_puts(b, "<div><dt>");
    ttfs_html_word(b, word, what);
    ttfs_buf_puts(b, "</dt><dd>");
}

static void end(TtfsBuf *b) {
    ttfs_buf_puts(b, "</small></dd></div>");
}

static void no_run(TtfsBuf *b) {
    ttfs_buf_puts(b, "not run yet<small><code>ttfs run OUT <i>--input X</i></code>");
}

static void share(TtfsBuf *b, const cJSON *run, const char *what, const char *key,
                  const char *without) {
    begin(b, key, what);
    if (!run) {
        no_run(b);
    } else if (ttfs_page_has_number(run, key)) {
        ttfs_buf_printf(b, "%.2f %%<small>of ", 100 * ttfs_page_number(run, key));
        ttfs_html_samples(b, ttfs_page_number(run, "samples"));
        ttfs_buf_puts(b, ", ");
        ttfs_html(b, ttfs_page_text(run, "engine"));
    } else {
        ttfs_buf_printf(b, "not known<small>%s", without);
    }
    end(b);
}

static void worst(TtfsBuf *b, const TtfsPage *p) {
    const TtfsPlan *plan = &p->out->plan;
    begin(b, "latency", "Latency, worst case");
    if (p->out->has_plan) {
        uint64_t cycles = ttfs_plan_latency(plan, &p->out->spike, plan->worst_cycles);
        ttfs_buf_printf(b, "%.1f &micro;s<small>", (double)cycles / plan->chip.clock_mhz);
        ttfs_html_count(b, (double)cycles);
        ttfs_buf_printf(b, " cycles at %g MHz, proven", plan->chip.clock_mhz);
    } else {
        ttfs_buf_printf(b, "%" PRIu32 " ticks<small>no chip", p->out->spike.latency);
    }
    end(b);
}

static void measured(TtfsBuf *b, const TtfsPage *p) {
    double cycles = ttfs_page_number(p->measured, "latency_cycles");
    begin(b, "latency", "Latency, measured");
    if (p->measured && p->out->has_plan) {
        ttfs_buf_printf(b, "%.1f &micro;s<small>", cycles / p->out->plan.chip.clock_mhz);
        ttfs_html_count(b, cycles);
        ttfs_buf_puts(b, " cycles in the mean of ");
        ttfs_html_samples(b, ttfs_page_number(p->measured, "samples"));
        ttfs_buf_puts(b, ", rtl");
    } else {
        ttfs_buf_puts(
            b, "not run yet<small><code>ttfs run OUT <i>--engine rtl</i> <i>--input X</i></code>");
    }
    end(b);
}

static void spikes(TtfsBuf *b, const TtfsPage *p) {
    begin(b, "neuron", "Spikes a neuron");
    if (p->run)
        ttfs_buf_printf(b, "%.3f<small>hidden neurons, a sample",
                        ttfs_page_number(p->run, "spikes_per_neuron"));
    else
        no_run(b);
    end(b);
}

static void energy(TtfsBuf *b, const TtfsPage *p) {
    double nj = ttfs_page_number(p->energy, "nanojoule_per_sample");
    if (!p->energy) return;
    begin(b, "energy", "Energy, estimated");
    if (nj >= 1000)
        ttfs_buf_printf(b, "%.2f &micro;J", nj / 1000);
    else
        ttfs_buf_printf(b, "%.2f nJ", nj);
    ttfs_buf_puts(b, "<small>a sample; no board was measured");
    end(b);
}

static void engines(TtfsBuf *b, const cJSON *list) {
    const cJSON *e;
    cJSON_ArrayForEach(e, list) {
        const char *name = cJSON_GetStringValue(e);
        if (e != list->child) ttfs_buf_puts(b, ", ");
        ttfs_html(b, name ? name : "");
    }
}

/* The day of it. */
static void date(TtfsBuf *b, const char *when) {
    TtfsArena a = {0};
    ttfs_html(b, *when ? ttfs_arena_strndup(&a, when, strcspn(when, "T")) : "without a date");
    ttfs_arena_free(&a);
}

static void verdict(TtfsBuf *b, const TtfsPage *p) {
    const cJSON *v = p->verdict;
    bool equal = cJSON_IsTrue(cJSON_GetObjectItem(v, "equal"));
    begin(b, "engine", "Verified");
    if (v) {
        ttfs_buf_printf(b, "<span class=\"%s\">%s</span><small>", equal ? "ok" : "bad",
                        equal ? "equal" : "not equal");
        engines(b, cJSON_GetObjectItem(v, "engines"));
        ttfs_buf_puts(b, "; ");
        ttfs_html_samples(b, ttfs_page_number(v, "samples"));
        ttfs_buf_puts(b, "; ");
        date(b, ttfs_page_text(v, "date"));
    } else {
        ttfs_buf_puts(b, "not yet<small><code>ttfs verify OUT <i>--input X</i></code>");
    }
    end(b);
}

void ttfs_page_answer(TtfsBuf *b, const TtfsPage *p) {
    ttfs_buf_puts(b, "<dl class=\"answer\">");
    share(b, p->run, "Accuracy", "accuracy", "no labels that name classes");
    share(b, p->run, "Agreement with relu", "agreement", "the outputs name no class");
    worst(b, p);
    measured(b, p);
    spikes(b, p);
    energy(b, p);
    verdict(b, p);
    ttfs_buf_puts(b, "</dl>");
}
