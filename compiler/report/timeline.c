/* SPDX-License-Identifier: Apache-2.0
 *
 * Three processes of a row for the slots and, but of what was measured, a row for each core: its
 * tasks one after the other as the cycle formula has them, without what values that arrive
 * meanwhile take, which the slot's own length has. Times are microseconds at the chip's clock.
 */
#include "timeline.h"

#include "page_inside.h"
#include "plan_cycles.h"

#include <stdio.h>

typedef enum { WORST = 1, EXPECTED, MEASURED } Process;

typedef struct {
    TtfsJson *j;
    const TtfsPage *page;
    const TtfsPlan *plan;
    const TtfsSpike *spike;
    uint32_t task; /* the first of the slot */
} Timeline;

static double microseconds(const Timeline *t, uint64_t cycles) {
    return (double)cycles / t->plan->chip.clock_mhz;
}

/* "process_name" or "thread_name". */
static void name(const Timeline *t, Process p, uint32_t thread, const char *what,
                 const char *text) {
    ttfs_json_object(t->j, NULL);
    ttfs_json_string(t->j, "ph", "M");
    ttfs_json_string(t->j, "name", what);
    ttfs_json_number(t->j, "pid", p);
    ttfs_json_number(t->j, "tid", thread);
    ttfs_json_object(t->j, "args");
    ttfs_json_string(t->j, "name", text);
    ttfs_json_end(t->j);
    ttfs_json_end(t->j);
}

/* Opens an event with its arguments; close() closes both. */
static void open(const Timeline *t, Process p, uint32_t thread, const char *text, uint64_t from,
                 uint64_t cycles) {
    ttfs_json_object(t->j, NULL);
    ttfs_json_string(t->j, "ph", "X");
    ttfs_json_string(t->j, "name", text);
    ttfs_json_number(t->j, "pid", p);
    ttfs_json_number(t->j, "tid", thread);
    ttfs_json_number(t->j, "ts", microseconds(t, from));
    ttfs_json_number(t->j, "dur", microseconds(t, cycles));
    ttfs_json_object(t->j, "args");
    ttfs_json_number(t->j, "first_cycle", (double)from);
    ttfs_json_number(t->j, "cycles", (double)cycles);
}

static void close(const Timeline *t) {
    ttfs_json_end(t->j);
    ttfs_json_end(t->j);
}

static void slot(const Timeline *t, Process p, uint32_t i, uint64_t from, uint64_t cycles) {
    const TtfsSlot *s = &t->plan->slots.at[i];
    char text[32];
    snprintf(text, sizeof text, "slot %u", i);
    open(t, p, 0, text, from, cycles);
    ttfs_json_number(t->j, "worst_cycles", (double)s->worst_cycles);
    ttfs_json_number(t->j, "expected_cycles", (double)s->expected_cycles);
    if (p == MEASURED)
        ttfs_json_number(t->j, "slack_cycles", (double)s->worst_cycles - (double)cycles);
    close(t);
}

static void task(const Timeline *t, Process p, const TtfsTask *k, uint64_t from, uint64_t cycles) {
    const TtfsPopulation *pop = ttfs_spike_pop(t->spike, k->pop);
    open(t, p, 1 + k->core, pop->name, from, cycles);
    ttfs_json_number(t->j, "stage", ttfs_plan_when(t->plan, k->pop).stage);
    ttfs_json_number(t->j, "channels", k->channels);
    ttfs_json_number(t->j, "rows", k->oy_count);
    ttfs_json_number(t->j, "columns", k->ox_count);
    close(t);
}

/* Tasks lie by slot, then core. */
static void cores(const Timeline *t, Process p, uint32_t index, uint64_t from) {
    TtfsEngines at = {0};
    uint64_t before = 0;
    for (uint32_t i = t->task; i < t->plan->tasks.len; i++) {
        const TtfsTask *k = &t->plan->tasks.at[i];
        if (k->slot != index) break;
        if (i > t->task && k->core != k[-1].core) at = (TtfsEngines){0}, before = 0;
        ttfs_cycles_take(&t->plan->chip, t->spike, k, p == EXPECTED, 0, &at);
        uint64_t end = ttfs_cycles_end(&t->plan->chip, &at, p == EXPECTED);
        task(t, p, k, from + before, end - before);
        before = end;
    }
}

static uint64_t cycles_of(const Timeline *t, Process p, uint32_t i, const cJSON *seen) {
    const TtfsSlot *s = &t->plan->slots.at[i];
    double most = ttfs_page_number(seen, "most_cycles");
    if (p == MEASURED) return most > 0 && most < 1e15 ? (uint64_t)most : 0;
    return p == WORST ? s->worst_cycles : s->expected_cycles;
}

static void turn(Timeline *t, Process p) {
    const cJSON *seen = cJSON_GetObjectItem(t->page->counted, "slots");
    uint64_t from = 0;
    seen = seen ? seen->child : NULL;
    t->task = 0;
    for (uint32_t i = 0; i < t->plan->slots.len; i++) {
        uint64_t cycles = cycles_of(t, p, i, seen);
        slot(t, p, i, from, cycles);
        while (t->task < t->plan->tasks.len && t->plan->tasks.at[t->task].slot < i) t->task++;
        if (p != MEASURED) cores(t, p, i, from);
        from += cycles;
        seen = seen ? seen->next : NULL;
    }
}

static void process(Timeline *t, Process p, const char *text) {
    char core[32];
    name(t, p, 0, "process_name", text);
    name(t, p, 0, "thread_name", "slots");
    for (uint32_t i = 0; p != MEASURED && i < ttfs_chip_cores(&t->plan->chip); i++) {
        snprintf(core, sizeof core, "core %u", i);
        name(t, p, 1 + i, "thread_name", core);
    }
    turn(t, p);
}

static void document(const TtfsPage *page, TtfsBuf *out) {
    TtfsJson j = {.out = out};
    Timeline t = {&j, page, &page->out->plan, &page->out->spike, 0};
    ttfs_json_object(&j, NULL);
    ttfs_json_string(&j, "displayTimeUnit", "ns");
    ttfs_json_object(&j, "otherData");
    ttfs_json_string(&j, "product", "ttfs");
    ttfs_json_string(&j, "network", page->out->model);
    ttfs_json_number(&j, "clock_mhz", page->out->plan.chip.clock_mhz);
    ttfs_json_end(&j);
    ttfs_json_array(&j, "traceEvents");
    process(&t, WORST, "a turn at most (proven)");
    process(&t, EXPECTED, "a turn as expected from calibration");
    if (page->counted) process(&t, MEASURED, "a turn as measured on rtl (the most of any sample)");
    ttfs_json_end(&j);
    ttfs_json_end(&j);
}

bool ttfs_timeline(const char *folder, TtfsBuf *out, TtfsDiag *diag) {
    TtfsOut o = {0};
    TtfsPage p = {.out = &o};
    TtfsPageTrees trees = {0};
    bool ok = ttfs_out_open(&o, folder, TTFS_OUT_SPIKE | TTFS_OUT_PLAN, diag);
    if (ok) {
        ttfs_page_documents(&p, &trees);
        document(&p, out);
    }
    ttfs_page_undo(&trees);
    ttfs_out_close(&o);
    return ok;
}
