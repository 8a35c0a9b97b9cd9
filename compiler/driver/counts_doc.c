/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts as JSON. What is read back is the head and the counts; the shares beside them are made
 * anew.
 */
#include "counts_doc.h"

#include "asked.h"
#include "counts_inside.h"
#include "doc_read.h"
#include "json.h"
#include "shards.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT = 1, FILE_LIMIT = 1 << 20 };

static const char *const names[TTFS_COUNT_KINDS] = {
    "samples", "right", "agree", "close", "spikes", "inputs", "clipped", "readouts", "differences"};
static const char *const documents[] = {"run", "verify", NULL};

/* --- a run's --- */

static bool hash_inputs(TtfsCountsDoc *d, TtfsSession *s, TtfsDiag *diag) {
    static const char *const files[] = {"forms/ir.txt",     "forms/ir.blob",  "forms/spike.txt",
                                        "forms/spike.blob", "image/chip.img", NULL};
    TtfsSha256 h;
    char hex[65];
    ttfs_sha256_init(&h);
    ttfs_session_hash_files(s, files, &h);
    if (!ttfs_session_hash(s, &h, diag)) return false;
    ttfs_sha256_hex(&h, hex);
    d->inputs = ttfs_arena_strdup(&d->arena, hex);
    return true;
}

static void take_shard(const TtfsCountsDoc *d, TtfsSession *s) {
    uint64_t first = s->count * (d->shard - 1) / d->shards;
    s->input.first = s->label_array.first = first;
    s->count = s->count * d->shard / d->shards - first;
}

bool ttfs_counts_open(TtfsCountsDoc *d, TtfsSession *s, const char *shard, const char *out,
                      TtfsDiag *diag) {
    if (shard && !ttfs_shard_read(shard, &d->shard, &d->shards, diag)) return false;
    if (shard && !out)
        return ttfs_error(diag, TTFS_AT_FILE("-o"), TTFS_OPTION_VALUE,
                          "a shard needs a file of its own: -o FILE");
    if (!out) return true;
    if (d->shards > s->count)
        return ttfs_error(diag, TTFS_AT_FILE("--shard"), TTFS_OPTION_VALUE,
                          "'%s': there are %" PRIu64 " samples, so at most as many shards", shard,
                          s->count);
    d->network = ttfs_arena_strdup(&d->arena, s->out.model);
    d->samples = s->count;
    d->latency = s->out.spike.latency;
    d->fault = d->image = d->first = "";
    if (!hash_inputs(d, s, diag)) return false;
    if (shard) take_shard(d, s);
    return true;
}

void ttfs_counts_free(TtfsCountsDoc *d) {
    ttfs_arena_free(&d->arena);
}

/* --- figures --- */

double ttfs_counts_share(const TtfsCountsDoc *d, TtfsCount part) {
    uint64_t of = part == TTFS_COUNT_CLIPPED  ? d->count[TTFS_COUNT_INPUTS]
                  : part == TTFS_COUNT_SPIKES ? d->neurons * d->count[TTFS_COUNT_SAMPLES]
                                              : d->count[TTFS_COUNT_SAMPLES];
    bool known = part == TTFS_COUNT_RIGHT    ? d->labelled
                 : part == TTFS_COUNT_AGREE  ? d->judged
                 : part == TTFS_COUNT_CLOSE  ? d->close
                 : part == TTFS_COUNT_SPIKES ? d->counted
                                             : !d->compared;
    return known && of ? (double)d->count[part] / (double)of : NAN;
}

static void write_share(const TtfsCountsDoc *d, const char *key, TtfsCount part, TtfsJson *j) {
    double v = ttfs_counts_share(d, part);
    if (isnan(v))
        ttfs_json_null(j, key);
    else
        ttfs_json_number(j, key, v);
}

/* --- writing --- */

static void write_head(const TtfsCountsDoc *d, bool shard, TtfsJson *j) {
    ttfs_json_string(j, "product", "ttfs");
    ttfs_json_string(j, "document", d->document);
    ttfs_json_number(j, "format", FORMAT);
    ttfs_json_string(j, "network", d->network);
    ttfs_json_string(j, "inputs", d->inputs);
    ttfs_json_string(j, "engine", d->engine);
    ttfs_json_string(j, "fault", d->fault);
    ttfs_json_string(j, "image", d->image);
    ttfs_json_number(j, "samples", (double)d->samples);
    ttfs_json_number(j, "neurons", (double)d->neurons);
    ttfs_json_number(j, "latency_ticks", (double)d->latency);
    ttfs_json_bool(j, "labelled", d->labelled);
    ttfs_json_bool(j, "judged", d->judged);
    ttfs_json_bool(j, "close_known", d->close);
    ttfs_json_bool(j, "counted", d->counted);
    ttfs_json_bool(j, "compared", d->compared);
    if (!shard || d->shards == 0) return;
    char text[32];
    snprintf(text, sizeof text, "%" PRIu32 "/%" PRIu32, d->shard, d->shards);
    ttfs_json_string(j, "shard", text);
}

static void write_first(const TtfsCountsDoc *d, TtfsJson *j) {
    if (!*d->first) {
        ttfs_json_null(j, "first");
        return;
    }
    ttfs_json_object(j, "first");
    ttfs_json_number(j, "sample", (double)d->first_sample);
    ttfs_json_string(j, "what", d->first);
    ttfs_json_end(j);
}

void ttfs_counts_write(const TtfsCountsDoc *d, TtfsBuf *out) {
    TtfsJson document = {.out = out}, *j = &document;
    ttfs_json_object(j, NULL);
    write_head(d, true, j);
    ttfs_json_object(j, "counts");
    for (int i = 0; i < TTFS_COUNT_KINDS; i++) ttfs_json_number(j, names[i], (double)d->count[i]);
    ttfs_json_end(j);
    write_first(d, j);
    write_share(d, "accuracy", TTFS_COUNT_RIGHT, j);
    write_share(d, "agreement", TTFS_COUNT_AGREE, j);
    write_share(d, "close_share", TTFS_COUNT_CLOSE, j);
    write_share(d, "spikes_per_neuron", TTFS_COUNT_SPIKES, j);
    write_share(d, "clipped_share", TTFS_COUNT_CLIPPED, j);
    if (d->compared)
        ttfs_json_bool(j, "equal", !d->count[TTFS_COUNT_DIFFERENCES] && !*d->image);
    else
        ttfs_json_null(j, "equal");
    ttfs_json_end(j);
}

bool ttfs_counts_save(const TtfsCountsDoc *d, const char *out, TtfsDiag *diag) {
    TtfsBuf text = {0};
    if (!out) return true;
    ttfs_counts_write(d, &text);
    bool ok = ttfs_file_write(out, ttfs_buf_text(&text), text.len, diag);
    ttfs_buf_free(&text);
    return ok;
}

bool ttfs_counts_same(const TtfsCountsDoc *a, const TtfsCountsDoc *b) {
    TtfsBuf x = {0}, y = {0};
    TtfsJson jx = {.out = &x}, jy = {.out = &y};
    ttfs_json_object(&jx, NULL);
    ttfs_json_object(&jy, NULL);
    write_head(a, false, &jx);
    write_head(b, false, &jy);
    bool same = strcmp(ttfs_buf_text(&x), ttfs_buf_text(&y)) == 0;
    ttfs_buf_free(&x);
    ttfs_buf_free(&y);
    return same;
}

/* --- reading --- */

typedef struct {
    TtfsCountsDoc *d;
    const cJSON *root;
    TtfsDocRead doc;
} Reading;

static bool text_of(const Reading *r, const char *key, const char **text) {
    return ttfs_doc_text(&r->doc, r->root, key, text);
}

static bool whole_of(const Reading *r, const cJSON *j, const char *key, uint64_t *to) {
    return ttfs_doc_whole(&r->doc, j, key, TTFS_DOC_MOST, to);
}

static bool bool_of(const Reading *r, const char *key, bool *to) {
    return ttfs_doc_bool(&r->doc, r->root, key, to);
}

static bool read_kind(const Reading *r) {
    const char *product = "";
    uint64_t format = 0;
    if (!text_of(r, "product", &product) || !text_of(r, "document", &r->d->document) ||
        !whole_of(r, r->root, "format", &format))
        return false;
    if (strcmp(product, "ttfs") != 0) return ttfs_doc_refuse(&r->doc, "product");
    if (format != FORMAT) return ttfs_doc_refuse(&r->doc, "format");
    for (int i = 0; documents[i]; i++)
        if (strcmp(r->d->document, documents[i]) == 0) return true;
    return ttfs_doc_refuse(&r->doc, "document");
}

static bool read_head(const Reading *r) {
    TtfsCountsDoc *d = r->d;
    return read_kind(r) && text_of(r, "network", &d->network) && text_of(r, "inputs", &d->inputs) &&
           text_of(r, "engine", &d->engine) && text_of(r, "fault", &d->fault) &&
           text_of(r, "image", &d->image) && whole_of(r, r->root, "samples", &d->samples) &&
           whole_of(r, r->root, "neurons", &d->neurons) &&
           whole_of(r, r->root, "latency_ticks", &d->latency) &&
           bool_of(r, "labelled", &d->labelled) && bool_of(r, "judged", &d->judged) &&
           bool_of(r, "close_known", &d->close) && bool_of(r, "counted", &d->counted) &&
           bool_of(r, "compared", &d->compared) &&
           ttfs_doc_shard(&r->doc, r->root, &d->shard, &d->shards);
}

static bool read_first(const Reading *r) {
    const cJSON *first = ttfs_doc_key(r->root, "first"), *what = ttfs_doc_key(first, "what");
    r->d->first = "";
    if (cJSON_IsNull(first)) return true;
    if (!cJSON_IsString(what)) return ttfs_doc_refuse(&r->doc, "first");
    r->d->first = ttfs_arena_strdup(&r->d->arena, what->valuestring);
    return whole_of(r, first, "sample", &r->d->first_sample);
}

static bool read_counts(const Reading *r) {
    const cJSON *counts = ttfs_doc_key(r->root, "counts");
    for (int i = 0; i < TTFS_COUNT_KINDS; i++)
        if (!whole_of(r, counts, names[i], &r->d->count[i])) return false;
    return true;
}

bool ttfs_counts_read(TtfsCountsDoc *d, const char *file, const void *text, size_t n,
                      TtfsDiag *diag) {
    TtfsJsonTree *tree = ttfs_json_parse(text, n, NULL);
    const Reading r = {d, tree ? tree->root : NULL, {file, "run or verify write", &d->arena, diag}};
    bool ok = tree ? read_head(&r) && read_counts(&r) && read_first(&r)
                   : ttfs_error(diag, TTFS_AT_FILE(file), TTFS_SWEEP_FILE, "it is not JSON");
    ttfs_undo(tree);
    return ok;
}

bool ttfs_counts_load(TtfsCountsDoc *d, const char *path, TtfsDiag *diag) {
    TtfsFile f;
    if (!ttfs_file_open(&f, path, FILE_LIMIT, diag)) return false;
    bool ok = ttfs_counts_read(d, path, f.bytes, f.size, diag);
    ttfs_file_close(&f);
    return ok;
}

bool ttfs_is_counts(const char *path) {
    TtfsDiag quiet = {0};
    TtfsFile f;
    bool is = false;
    if (ttfs_file_open(&f, path, FILE_LIMIT, &quiet)) {
        TtfsJsonTree *tree = ttfs_json_parse(f.bytes, f.size, NULL);
        const cJSON *v = tree ? ttfs_doc_key(tree->root, "document") : NULL;
        for (int i = 0; documents[i] && cJSON_IsString(v); i++)
            is |= strcmp(v->valuestring, documents[i]) == 0;
        ttfs_undo(tree);
        ttfs_file_close(&f);
    }
    ttfs_diag_free(&quiet);
    return is;
}
