/* SPDX-License-Identifier: Apache-2.0
 *
 * The documents of a folder that the page is made of. Which one counts where there are several
 * depends on what they hold, not on when they were written, but for the verdict: of these the
 * last, by its date.
 */
#include "page_inside.h"

#include "out_folder.h"

#include <fcntl.h>
#include <string.h>

TtfsJsonTree *ttfs_page_load(const char *path) {
    TtfsDiag quiet = {0};
    TtfsFile f;
    TtfsJsonTree *tree = NULL;
    if (ttfs_file_open(&f, path, 64 << 20, &quiet)) {
        tree = ttfs_json_parse(f.bytes, f.size, NULL);
        ttfs_file_close(&f);
    }
    ttfs_diag_free(&quiet);
    return tree;
}

double ttfs_page_number(const cJSON *j, const char *key) {
    const cJSON *v = cJSON_GetObjectItem(j, key);
    return cJSON_IsNumber(v) ? v->valuedouble : 0;
}

const char *ttfs_page_text(const cJSON *j, const char *key) {
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItem(j, key));
    return s ? s : "";
}

bool ttfs_page_has_number(const cJSON *j, const char *key) {
    return cJSON_IsNumber(cJSON_GetObjectItem(j, key));
}

const cJSON *ttfs_page_named(const cJSON *list, const char *key, const char *name) {
    const cJSON *e;
    cJSON_ArrayForEach(e, list) if (strcmp(ttfs_page_text(e, key), name) == 0) return e;
    return NULL;
}

static const cJSON *take(TtfsPageTrees *t, const char *path) {
    TtfsJsonTree *tree = t->trees < TTFS_PAGE_TREES ? ttfs_page_load(path) : NULL;
    if (!tree) return NULL;
    t->tree[t->trees++] = tree;
    return tree->root;
}

/* Puts the name in its place; of too many the last ones are left out, whatever order the folder
 * gives them in. */
static uint32_t insert(char *names[TTFS_PAGE_VERDICTS], uint32_t n, const char *path) {
    uint32_t at = n;
    while (at > 0 && strcmp(names[at - 1], path) > 0) at--;
    if (at == TTFS_PAGE_VERDICTS) return n;
    uint32_t kept = n < TTFS_PAGE_VERDICTS ? n : n - 1;
    memmove(names + at + 1, names + at, (kept - at) * sizeof *names);
    names[at] = (char *)path;
    return kept + 1;
}

uint32_t ttfs_page_verdicts(TtfsOut *o, char *names[TTFS_PAGE_VERDICTS]) {
    uint32_t n = 0;
    const char *folder = ttfs_out_path(o, "verify");
    TtfsFolder f;
    ttfs_folder_open(&f, AT_FDCWD, ttfs_path_join(&o->arena, folder, "."));
    for (const char *name; (name = ttfs_folder_next(&f)) != NULL;)
        if (strstr(name, ".json")) n = insert(names, n, ttfs_path_join(&o->arena, folder, name));
    ttfs_folder_close(&f);
    return n;
}

/* Dates are written so that they sort as text. */
static void take_later(const cJSON **last, const cJSON *v) {
    if (!*last || strcmp(ttfs_page_text(v, "date"), ttfs_page_text(*last, "date")) >= 0) *last = v;
}

/* Cycles of this plan's slots, not of another one's. */
static bool has_slots(const TtfsPage *p, const cJSON *v) {
    const cJSON *slots = cJSON_GetObjectItem(v, "slots");
    return cJSON_IsArray(slots) && (uint32_t)cJSON_GetArraySize(slots) == p->out->plan.slots.len;
}

static void take_verdicts(TtfsPage *p, TtfsPageTrees *t) {
    char *names[TTFS_PAGE_VERDICTS];
    uint32_t n = ttfs_page_verdicts(p->out, names);
    for (uint32_t i = 0; i < n; i++) {
        const cJSON *v = strstr(ttfs_path_base(names[i]), "-fault") ? NULL : take(t, names[i]);
        if (!cJSON_IsBool(cJSON_GetObjectItem(v, "equal"))) continue;
        take_later(&p->verdict, v);
        if (has_slots(p, v)) take_later(&p->counted, v);
    }
}

static void take_runs(TtfsPage *p, TtfsPageTrees *t) {
    static const char *const names[] = {"report/run-golden.json", "report/run-jit.json",
                                        "report/run-rtl.json", "report/run-board.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const cJSON *run = take(t, ttfs_out_path(p->out, names[i]));
        double samples = ttfs_page_number(run, "samples");
        if (!(samples > 0)) continue;
        if (!p->run || samples > ttfs_page_number(p->run, "samples")) p->run = run;
        if (ttfs_page_has_number(run, "latency_cycles")) p->measured = run;
    }
}

void ttfs_page_documents(TtfsPage *p, TtfsPageTrees *t) {
    TtfsOut *o = p->out;
    p->manifest = take(t, ttfs_out_path(o, "manifest.json"));
    p->accuracy = take(t, ttfs_out_path(o, "report/accuracy.json"));
    p->energy = take(t, ttfs_out_path(o, "report/energy.json"));
    p->agreement = take(t, ttfs_out_path(o, "report/agreement.json"));
    p->messages = take(t, ttfs_out_path(o, "report/messages.json"));
    p->frontier = take(t, ttfs_out_path(o, "report/frontier.json"));
    p->tune = take(t, ttfs_out_path(o, "report/tune.json"));
    take_runs(p, t);
    take_verdicts(p, t);
}

void ttfs_page_undo(TtfsPageTrees *t) {
    while (t->trees) ttfs_undo(t->tree[--t->trees]);
}
