/* SPDX-License-Identifier: Apache-2.0
 *
 * Place and route by several seeds. In: board.json of Yosys; out: board.*, report.json and
 * nextpnr.log of the fastest. Each seed's files have a name of their own in the one folder, since
 * some builds of nextpnr see nothing but the folder that they are started in. What is kept depends
 * on the frequencies alone, not on which seed is through first.
 */
#include "synth_place.h"

#include "file.h"
#include "synth_work.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

TtfsJsonTree *ttfs_place_json(const TtfsTools *t, const char *name) {
    const char *text = ttfs_tool_text(t, name);
    TtfsJsonTree *tree = text ? ttfs_json_parse(text, strlen(text), NULL) : NULL;
    if (text && !tree) ttfs_work_unread(t, name);
    return tree;
}

bool ttfs_place_read(const TtfsTools *t, const TtfsSynthFlow *flow, const char *name,
                     TtfsSynthesis *s) {
    TtfsJsonTree *tree = ttfs_place_json(t, name);
    const cJSON *root = tree ? tree->root : NULL;
    const cJSON *use = cJSON_GetObjectItemCaseSensitive(root, "utilization");
    const cJSON *cells = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(use, flow->cells), "used");
    const cJSON *clocks = cJSON_GetObjectItemCaseSensitive(root, "fmax");
    const cJSON *mhz = cJSON_GetObjectItemCaseSensitive(clocks ? clocks->child : NULL, "achieved");
    bool ok = cJSON_IsNumber(cells) && cJSON_IsNumber(mhz) && !clocks->child->next;
    if (ok) {
        s->cells = (uint64_t)cells->valuedouble;
        s->fmax_mhz = mhz->valuedouble;
    }
    ttfs_undo(tree);
    return ok || (tree && ttfs_work_unread(t, name));
}

/* --- several seeds --- */

typedef struct {
    const TtfsTools *tools;
    const TtfsSynthFlow *flow;
    TtfsSynthesis *result;
    TtfsTool *tool;   /* of each seed */
    TtfsToolRun *run; /* likewise */
    double *mhz;      /* likewise; 0: it failed */
    uint32_t n;
} Seeds;

static const char *file_of(const Seeds *s, const char *begin, uint32_t i, const char *end) {
    return ttfs_arena_printf(s->tools->arena, "%s_%" PRIu32 ".%s", begin, i + 1, end);
}

static void start(Seeds *s, uint32_t i) {
    const char *tag = ttfs_arena_printf(s->tools->arena, "_%" PRIu32, i + 1);
    s->tool[i] = s->flow->place(s->result, i + 1, tag, s->tools->arena);
    s->run[i] = ttfs_tool_start(s->tools, &s->tool[i]);
}

static void finish(Seeds *s, uint32_t i) {
    TtfsSynthesis reached = *s->result;
    if (ttfs_tool_wait(s->tools, &s->run[i]) && !s->tools->diag->errors &&
        ttfs_place_read(s->tools, s->flow, file_of(s, "report", i, "json"), &reached))
        s->mhz[i] = reached.fmax_mhz;
    ttfs_tell(&s->tools->progress, s->tool[i].stage, i + 1, s->n);
}

/* Those that were started are waited for, also when it was stopped: that ends them. */
static bool run_all(Seeds *s, uint32_t threads) {
    uint32_t started = 0, finished = 0;
    while (started < s->n && ttfs_go_on(&s->tools->progress, s->tools->diag)) {
        start(s, started++);
        if (started - finished == threads) finish(s, finished++);
    }
    while (finished < started) finish(s, finished++);
    return !s->tools->diag->errors;
}

static uint32_t fastest(const Seeds *s) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < s->n; i++)
        if (s->mhz[i] > s->mhz[best]) best = i;
    return best;
}

static bool take(const Seeds *s, const char *from, const char *to) {
    const TtfsTools *t = s->tools;
    const char *path = ttfs_path_join(t->arena, t->work, to);
    return rename(ttfs_path_join(t->arena, t->work, from), path) == 0 ||
           ttfs_file_fault(t->diag, path, TTFS_FILE_WRITE);
}

static bool all_failed(const Seeds *s) {
    TtfsTool first = s->tool[0];
    first.log = "nextpnr.log";
    return (s->run[0].pid == 0 || take(s, s->tool[0].log, first.log)) &&
           ttfs_tool_failed(s->tools, &first, &s->run[0]);
}

/* What every seed reached, and what was said of the one that is kept. */
static bool write_log(const Seeds *s, uint32_t best) {
    TtfsBuf log = {0};
    const char *text = ttfs_tool_text(s->tools, s->tool[best].log);
    for (uint32_t i = 0; i < s->n; i++)
        if (s->mhz[i] > 0)
            ttfs_buf_printf(&log, "seed %" PRIu32 ": %.2f MHz\n", i + 1, s->mhz[i]);
        else
            ttfs_buf_printf(&log, "seed %" PRIu32 ": failed\n", i + 1);
    ttfs_buf_printf(&log, "seed %" PRIu32 " is kept:\n\n%s", best + 1, text ? text : "");
    return ttfs_work_fill_buf(s->tools, "nextpnr.log", &log) && text;
}

static bool keep(const Seeds *s, uint32_t best) {
    const char *end = s->flow->placed;
    s->result->seeds = s->n;
    s->result->seed = best + 1;
    s->result->seed_mhz = s->mhz;
    return write_log(s, best) &&
           take(s, file_of(s, "board", best, end),
                ttfs_arena_printf(s->tools->arena, "board.%s", end)) &&
           take(s, file_of(s, "report", best, "json"), "report.json");
}

bool ttfs_place_seeds(const TtfsTools *t, const TtfsSynthFlow *flow, uint32_t n, uint32_t threads,
                      TtfsSynthesis *result) {
    Seeds s = {t, flow, result, NULL, NULL, NULL, n};
    s.tool = TTFS_ARRAY(t->arena, TtfsTool, n);
    s.run = TTFS_ARRAY(t->arena, TtfsToolRun, n);
    s.mhz = TTFS_ARRAY(t->arena, double, n);
    if (!run_all(&s, threads)) return false;
    uint32_t best = fastest(&s);
    return s.mhz[best] > 0 ? keep(&s, best) : all_failed(&s);
}
