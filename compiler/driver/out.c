/* SPDX-License-Identifier: Apache-2.0
 *
 * Reader of an output folder.
 */
#include "out.h"

#include "out_folder.h"

#include "shipped.h"

#include "json_tree.h"
#include <math.h>
#include <string.h>

enum { MANIFEST_LIMIT = 1 << 20 };
#define FORM_LIMIT ((size_t)16 << 30)

const char *ttfs_out_path(TtfsOut *o, const char *name) {
    return ttfs_path_join(&o->arena, o->folder, name);
}

bool ttfs_is_out(const char *path) {
    TtfsArena a = {0};
    bool is = ttfs_is_folder(path) && ttfs_file_exists(ttfs_path_join(&a, path, "manifest.json"));
    ttfs_arena_free(&a);
    return is;
}

static bool read_channels(const cJSON *list, float *out, uint32_t *n) {
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    if (count < 1 || count > 16) return false;
    *n = 0;
    for (const cJSON *e = list->child; e; e = e->next) {
        if (!cJSON_IsNumber(e) || !isfinite(e->valuedouble)) return false;
        out[(*n)++] = (float)e->valuedouble;
    }
    return true;
}

static bool read_map(const cJSON *u8, TtfsInputMap *m) {
    const cJSON *lo = cJSON_GetObjectItem(u8, "lo"), *hi = cJSON_GetObjectItem(u8, "hi");
    if (cJSON_IsNumber(lo) && cJSON_IsNumber(hi)) {
        *m = (TtfsInputMap){.lo = (float)lo->valuedouble, .hi = (float)hi->valuedouble};
        return true;
    }
    uint32_t n = 0;
    if (!read_channels(cJSON_GetObjectItem(u8, "mean"), m->mean, &m->channels)) return false;
    if (!read_channels(cJSON_GetObjectItem(u8, "std"), m->deviation, &n) || n != m->channels)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (!(m->deviation[i] > 0)) return false;
    return true;
}

/* The range of values that calibration saw, [lo, hi]; absent or null when there was none. */
static TtfsSeenRange read_seen(const cJSON *list) {
    const cJSON *lo = cJSON_GetArrayItem(list, 0), *hi = cJSON_GetArrayItem(list, 1);
    if (!cJSON_IsNumber(lo) || !cJSON_IsNumber(hi)) return (TtfsSeenRange){0};
    return (TtfsSeenRange){true, lo->valuedouble, hi->valuedouble};
}

static TtfsSampleShape read_shape(const cJSON *list) {
    TtfsSampleShape s = {0};
    const cJSON *e;
    cJSON_ArrayForEach(e, list) {
        bool size = cJSON_IsNumber(e) && e->valuedouble >= 1 && e->valuedouble <= UINT32_MAX;
        if (!size || s.rank == TTFS_ARRAY_RANK) return (TtfsSampleShape){0};
        s.dim[s.rank++] = (uint64_t)e->valuedouble;
    }
    return s;
}

static bool read_manifest(TtfsOut *o, TtfsDiag *diag) {
    const char *path = ttfs_out_path(o, "manifest.json");
    TtfsFile f;
    if (!ttfs_is_out(o->folder))
        return ttfs_error(diag, TTFS_AT_FILE(o->folder), TTFS_OUT_FOLDER,
                          "not a folder that ttfs compile wrote");
    if (!ttfs_file_open(&f, path, MANIFEST_LIMIT, diag)) return false;
    TtfsJsonTree *tree = ttfs_json_parse(f.bytes, f.size, NULL);
    const cJSON *j = tree ? tree->root : NULL;
    const cJSON *u8 = cJSON_GetObjectItem(cJSON_GetObjectItem(j, "options"), "uint8");
    bool ok = u8 && read_map(u8, &o->map);
    if (!ok)
        ttfs_error(diag, TTFS_AT_FILE(path), TTFS_OUT_FOLDER,
                   "the manifest is damaged: options.uint8 is missing or wrong");
    o->sample = read_shape(cJSON_GetObjectItem(j, "input_shape"));
    o->seen = read_seen(cJSON_GetObjectItem(j, "calib_seen"));
    const cJSON *model = cJSON_GetObjectItem(cJSON_GetObjectItem(j, "model"), "file");
    o->model = cJSON_IsString(model) ? ttfs_arena_strdup(&o->arena, model->valuestring) : "";
    ttfs_undo(tree);
    ttfs_file_close(&f);
    return ok;
}

static bool read_image(TtfsOut *o, TtfsDiag *diag) {
    const char *path = ttfs_out_path(o, "image/chip.img");
    TtfsFile f;
    if (!ttfs_file_open(&f, path, FORM_LIMIT, diag)) return false;
    o->has_image = ttfs_image_unpack(&o->image, path, f.bytes, f.size, diag);
    o->image_damaged = !o->has_image;
    ttfs_file_close(&f);
    return true;
}

typedef bool (*Reader)(void *form, const char *file, const void *text, size_t n, TtfsDiag *diag);

static bool read_ir(void *form, const char *file, const void *text, size_t n, TtfsDiag *diag) {
    return ttfs_ir_read(form, file, text, n, diag);
}

static bool read_spike(void *form, const char *file, const void *text, size_t n, TtfsDiag *diag) {
    return ttfs_spike_read(form, file, text, n, diag);
}

static bool read_plan(void *form, const char *file, const void *text, size_t n, TtfsDiag *diag) {
    return ttfs_plan_read(form, file, text, n, diag);
}

static bool read_form(TtfsOut *o, const char *name, Reader reader, void *form, TtfsDiag *diag) {
    const char *path = ttfs_out_path(o, name);
    TtfsFile f;
    if (!ttfs_file_open(&f, path, FORM_LIMIT, diag)) return false;
    bool ok = reader(form, path, f.bytes, f.size, diag);
    ttfs_file_close(&f);
    return ok;
}

/* The network and the spike graph take and give as many values: engines of both run side by side.
 */
static bool check_forms(TtfsOut *o, TtfsDiag *diag) {
    uint64_t input = ttfs_pop_size(ttfs_spike_pop(&o->spike, o->spike.input));
    uint32_t outputs = ttfs_spike_outputs(&o->spike);
    if (input != ttfs_ir_count(ttfs_ir_tensor(&o->net, o->net.input)))
        return ttfs_error(diag, TTFS_AT_FILE(o->folder), TTFS_OUT_FOLDER,
                          "its forms have different inputs");
    bool same = outputs == ttfs_ir_outputs(&o->net);
    for (uint32_t i = 0; same && i < outputs; i++) {
        TtfsOutput out = ttfs_spike_output(&o->spike, i, &o->arena);
        TtfsTensor t = ttfs_ir_output(&o->net, i);
        same = ttfs_output_count(&out) == ttfs_ir_count(ttfs_ir_tensor(&o->net, t));
    }
    return same || ttfs_error(diag, TTFS_AT_FILE(o->folder), TTFS_OUT_FOLDER,
                              "its forms have different outputs");
}

bool ttfs_out_open(TtfsOut *o, const char *folder, int parts, TtfsDiag *diag) {
    *o = (TtfsOut){0};
    o->folder = ttfs_arena_strdup(&o->arena, folder);
    if (!read_manifest(o, diag)) return false;
    if (parts & TTFS_OUT_NET && !read_form(o, "forms/ir.txt", read_ir, &o->net, diag)) return false;
    if (parts & TTFS_OUT_SPIKE && !read_form(o, "forms/spike.txt", read_spike, &o->spike, diag))
        return false;
    if (parts & TTFS_OUT_NET && parts & TTFS_OUT_SPIKE && !check_forms(o, diag)) return false;
    /* A folder with an image has lost its plan when there is none. */
    if (parts & TTFS_OUT_PLAN_IF_ANY && (ttfs_file_exists(ttfs_out_path(o, "forms/plan.txt")) ||
                                         ttfs_is_folder(ttfs_out_path(o, "image"))))
        parts |= TTFS_OUT_PLAN;
    o->has_plan = (parts & TTFS_OUT_PLAN) != 0;
    if (o->has_plan) {
        if (!read_form(o, "forms/plan.txt", read_plan, &o->plan, diag)) return false;
        if (parts & TTFS_OUT_SPIKE &&
            !ttfs_plan_check(&o->plan, &o->spike, ttfs_out_path(o, "forms/plan.txt"), diag))
            return false;
    }
    if (parts & TTFS_OUT_IMAGE && !read_image(o, diag)) return false;
    return !(parts & TTFS_OUT_RTL) || !o->has_image ||
           ttfs_out_read_rtl(o, (parts & TTFS_OUT_TRUST_RTL) != 0,
                             (parts & TTFS_OUT_SYNTH_RTL) == 0, diag);
}

TtfsEngineSource ttfs_out_source(TtfsOut *o) {
    TtfsEngineSource source = {.folder = o->folder,
                               .spike = &o->spike,
                               .verilog = o->verilog.files.len ? &o->verilog : NULL,
                               .wrapper = ttfs_data_path(&o->arena, "runtime/sim/sim_chip.cpp")};
    if (!o->has_image) return source;
    uint64_t *limit = TTFS_ARRAY(&o->arena, uint64_t, o->image.slots);
    for (uint32_t i = 0; i < o->image.slots && i < o->plan.slots.len; i++)
        limit[i] = 2 * o->plan.slots.at[i].worst_cycles + 1000;
    source.image = &o->image;
    source.slot_limit = limit;
    return source;
}

void ttfs_out_close(TtfsOut *o) {
    ttfs_file_set_free(&o->verilog);
    ttfs_image_free(&o->image);
    ttfs_plan_free(&o->plan);
    ttfs_spike_free(&o->spike);
    ttfs_ir_free(&o->net);
    ttfs_arena_free(&o->arena);
}
