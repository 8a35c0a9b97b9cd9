/* SPDX-License-Identifier: Apache-2.0
 *
 * The config file of a compilation. Its keys are the option names ('_' for '-'), plus `input`
 * {mean, std} and `layers` {NAME: {ticks, weight_bits, percentile}}. Unknown keys are refused with
 * the nearest known one; paths are relative to the file.
 */
#include "read_options.h"

#include "nearest.h"

#include "json_tree.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

enum { CONFIG_LIMIT = 1 << 20 };

typedef struct {
    const char *file;
    TtfsCompileOptions *to;
    TtfsOptions *options;
    TtfsArena *arena;
    TtfsMessages *messages;
} Config;

static bool config_fault(const Config *c, const char *key, const char *what) {
    ttfs_messages_error(c->messages, "JSON_KEY", c->file, key, what, NULL);
    return false;
}

static bool unknown_key(const Config *c, const char *key, const char *const *known, size_t n) {
    return config_fault(c, key,
                        ttfs_arena_printf(c->arena, "no such key; the nearest is '%s'",
                                          ttfs_nearest(key, known, n)));
}

static const char *const top_keys[] = {
    "chip",        "fit",      "lanes",        "schedule",    "calib",
    "calib_count", "ticks",    "weight_bits",  "memory",      "target_agreement",
    "max_drop",    "optimise", "calib_labels", "mean_bits",   "percentile",
    "quantiser",   "ramps",    "input_range",  "input_shape", "seed",
    "input",       "layers"};

/* [1, 28, 28] as "1,28,28"; NULL when it is something else. */
static const char *shape_text(const Config *c, const cJSON *v) {
    const char *text = "";
    for (const cJSON *e = v->child; e; e = e->next) {
        if (!cJSON_IsNumber(e)) return NULL;
        text = ttfs_arena_printf(c->arena, "%s%s%s", text, *text ? "," : "",
                                 ttfs_json_number_text(e->valuedouble).text);
    }
    return cJSON_IsArray(v) && cJSON_GetArraySize(v) <= TTFS_MOST_SHAPE ? text : NULL;
}

/* A scalar, or [lo, hi] for a range, as the text an option has. */
static const char *value_text(const Config *c, const cJSON *v) {
    if (cJSON_IsString(v)) return ttfs_arena_strdup(c->arena, v->valuestring);
    if (cJSON_IsNumber(v))
        return ttfs_arena_strdup(c->arena, ttfs_json_number_text(v->valuedouble).text);
    if (cJSON_IsArray(v) && cJSON_GetArraySize(v) == 2 && cJSON_IsNumber(v->child) &&
        cJSON_IsNumber(v->child->next))
        return ttfs_arena_printf(c->arena, "%s:%s",
                                 ttfs_json_number_text(v->child->valuedouble).text,
                                 ttfs_json_number_text(v->child->next->valuedouble).text);
    return NULL;
}

static bool take_scalar(const Config *c, TtfsOption id, const cJSON *v) {
    bool shape = id == TTFS_OPT_INPUT_SHAPE && cJSON_IsArray(v);
    const char *text = shape ? shape_text(c, v) : value_text(c, v);
    if (!text || (cJSON_IsArray(v) && id != TTFS_OPT_INPUT_RANGE && !shape))
        return config_fault(c, v->string, "a number or a string expected");
    bool path = id == TTFS_OPT_CALIB || id == TTFS_OPT_CALIB_LABELS ||
                (id == TTFS_OPT_CHIP && (strchr(text, '/') || strstr(text, ".json")));
    if (path) text = ttfs_path_join(c->arena, ttfs_path_dir(c->arena, c->file), text);
    if (c->options->value[id]) return true; /* the command line wins */
    c->options->value[id] = text;
    c->options->config[id] = c->file;
    return true;
}

static bool take_channels(const Config *c, const cJSON *v, float *out, uint32_t *n) {
    int count = cJSON_IsArray(v) ? cJSON_GetArraySize(v) : 0;
    if (count < 1 || count > TTFS_MOST_CHANNELS)
        return config_fault(c, v->string, "a list of 1 to 16 numbers, one a channel, expected");
    *n = 0;
    for (const cJSON *e = v->child; e; e = e->next) {
        if (!cJSON_IsNumber(e) || !isfinite(e->valuedouble))
            return config_fault(c, v->string, "a list of finite numbers expected");
        out[(*n)++] = (float)e->valuedouble;
    }
    return true;
}

static bool take_input(const Config *c, const cJSON *v) {
    static const char *const keys[] = {"mean", "std"};
    TtfsCompileOptions *to = c->to;
    uint32_t means = 0, deviations = 0;
    if (!cJSON_IsObject(v)) return config_fault(c, "input", "an object with mean and std expected");
    for (const cJSON *e = v->child; e; e = e->next) {
        bool ok;
        if (strcmp(e->string, "mean") == 0)
            ok = take_channels(c, e, to->mean, &means);
        else if (strcmp(e->string, "std") == 0)
            ok = take_channels(c, e, to->deviation, &deviations);
        else
            ok = unknown_key(c, e->string, keys, 2);
        if (!ok) return false;
    }
    if (means == 0 || means != deviations)
        return config_fault(c, "input", "mean and std of equal length expected");
    for (uint32_t i = 0; i < deviations; i++)
        if (!(to->deviation[i] > 0)) return config_fault(c, "input", "std must be above 0");
    to->channels = means;
    return true;
}

static bool take_layer_key(const Config *c, TtfsLayerOptions *layer, const cJSON *e) {
    static const char *const keys[] = {"ticks", "weight_bits", "percentile"};
    double v = cJSON_IsNumber(e) ? e->valuedouble : -1;
    bool whole = v == floor(v);
    if (strcmp(e->string, "ticks") == 0) {
        if (!whole || v < 1 || v > TTFS_MOST_TICKS)
            return config_fault(c, layer->layer, "ticks: 1 to 65535 expected");
        layer->ticks = (uint32_t)v;
    } else if (strcmp(e->string, "weight_bits") == 0) {
        if (!whole || v < TTFS_LEAST_WEIGHT_BITS || v > TTFS_MOST_WEIGHT_BITS)
            return config_fault(c, layer->layer, "weight_bits: 2 to 16 expected");
        layer->weight_bits = (uint32_t)v;
    } else if (strcmp(e->string, "percentile") == 0) {
        if (!(v >= TTFS_LEAST_PERCENTILE && v <= 1))
            return config_fault(c, layer->layer, "percentile: 0.5 to 1 expected");
        layer->percentile = v;
    } else {
        return unknown_key(c, e->string, keys, 3);
    }
    return true;
}

static bool take_layers(const Config *c, const cJSON *v) {
    if (!cJSON_IsObject(v))
        return config_fault(c, "layers", "an object with an object a layer expected");
    uint32_t n = (uint32_t)cJSON_GetArraySize(v), i = 0;
    TtfsLayerOptions *layers = TTFS_ARRAY(c->arena, TtfsLayerOptions, n);
    for (const cJSON *e = v->child; e; e = e->next, i++) {
        layers[i] =
            (TtfsLayerOptions){.layer = ttfs_arena_strdup(c->arena, e->string), .percentile = -1};
        if (!cJSON_IsObject(e)) return config_fault(c, e->string, "an object expected");
        for (const cJSON *k = e->child; k; k = k->next)
            if (!take_layer_key(c, &layers[i], k)) return false;
    }
    c->to->layers = layers;
    c->to->n_layers = n;
    return true;
}

static bool take_config(const Config *c, const cJSON *root) {
    if (!cJSON_IsObject(root)) return config_fault(c, "", "a JSON object expected");
    for (const cJSON *v = root->child; v; v = v->next) {
        TtfsOption id = ttfs_option_of_key(v->string);
        bool ok;
        if (id != TTFS_OPTIONS)
            ok = take_scalar(c, id, v);
        else if (strcmp(v->string, "input") == 0)
            ok = take_input(c, v);
        else if (strcmp(v->string, "layers") == 0)
            ok = take_layers(c, v);
        else
            ok = unknown_key(c, v->string, top_keys, sizeof top_keys / sizeof *top_keys);
        if (!ok) return false;
    }
    return true;
}

static bool syntax_fault(const Config *c, const char *text, const char *end) {
    uint32_t line = 1;
    for (const char *p = text; p < end; p++) line += *p == '\n';
    ttfs_messages_error(c->messages, "JSON_SYNTAX",
                        ttfs_arena_printf(c->arena, "%s:%u:1", c->file, line), NULL,
                        "not JSON from here on", NULL);
    return false;
}

static bool open_file(const Config *c, TtfsFile *f) {
    TtfsDiag own = {0};
    if (ttfs_file_open(f, c->file, CONFIG_LIMIT, &own)) return true;
    const TtfsMessage *e = ttfs_diag_error(&own);
    ttfs_messages_error(c->messages, ttfs_code_id(e->code), e->where, NULL, e->what, e->advice);
    ttfs_diag_free(&own);
    return false;
}

bool ttfs_config_read(const char *file, TtfsCompileOptions *to, TtfsOptions *o, TtfsArena *a,
                      TtfsMessages *m) {
    const Config c = {file, to, o, a, m};
    TtfsFile f;
    if (!open_file(&c, &f)) return false;
    const char *end = NULL, *text = (const char *)f.bytes, *after = text + f.size;
    TtfsJsonTree *tree = ttfs_json_parse(f.bytes, f.size, &end);
    while (tree && end < after && isspace((unsigned char)*end)) end++;
    bool ok = tree && end == after ? take_config(&c, tree->root) : syntax_fault(&c, text, end);
    ttfs_undo(tree);
    ttfs_file_close(&f);
    return ok;
}
