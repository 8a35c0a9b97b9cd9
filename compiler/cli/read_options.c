/* SPDX-License-Identifier: Apache-2.0
 *
 * Options -> the library's structs. Every option is read, so that all bad ones are reported at
 * once; what is missing and words that mean nothing are the library's to refuse.
 */
#include "read_options.h"

#include <string.h>

bool ttfs_read_compile(TtfsCompileOptions *c, TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    const char *kept = o->value[TTFS_OPT_WEIGHTS_ONLY];
    *c = kept ? ttfs_weights_only_defaults(kept) : ttfs_compile_defaults();
    const char *config = o->value[TTFS_OPT_CONFIG];
    if (config && !ttfs_config_read(config, c, o, a, m)) return false;
    c->model = o->operand;
    c->out = o->value[TTFS_OPT_OUTPUT];
    c->chip = o->value[TTFS_OPT_CHIP];
    c->fit = o->value[TTFS_OPT_FIT];
    c->schedule = o->value[TTFS_OPT_SCHEDULE];
    c->quantiser = o->value[TTFS_OPT_QUANTISER];
    c->ramps = o->value[TTFS_OPT_RAMPS];
    c->calib = o->value[TTFS_OPT_CALIB];
    c->calib_labels = o->value[TTFS_OPT_CALIB_LABELS];
    c->optimise = o->value[TTFS_OPT_OPTIMISE];
    c->stop_after = o->value[TTFS_OPT_STOP_AFTER];
    c->dump = o->value[TTFS_OPT_DUMP_STEP];
    c->times = o->value[TTFS_OPT_TIMES] != NULL;
    c->ip_xact = o->value[TTFS_OPT_IP_XACT] != NULL;
    bool ok = true;
    ok &= ttfs_option_u32(o, TTFS_OPT_TICKS, 1, TTFS_MOST_TICKS, &c->ticks, m);
    ok &= ttfs_option_u32(o, TTFS_OPT_WEIGHT_BITS, TTFS_LEAST_WEIGHT_BITS, TTFS_MOST_WEIGHT_BITS,
                          &c->weight_bits, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_MEAN_BITS, TTFS_LEAST_WEIGHT_BITS, TTFS_MOST_WEIGHT_BITS,
                          &c->mean_bits, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_PERCENTILE, TTFS_LEAST_PERCENTILE, 1, &c->percentile, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_TARGET_AGREEMENT, TTFS_LEAST_AGREEMENT, 100,
                          &c->target_agreement, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_MAX_DROP, 0, 100, &c->max_drop, m);
    ok &= ttfs_option_u32(o, TTFS_OPT_LANES, 1, TTFS_MOST_LANES, &c->lanes, m);
    ok &= ttfs_option_u32(o, TTFS_OPT_SEED, 0, UINT32_MAX, &c->seed, m);
    ok &= ttfs_option_u32(o, TTFS_OPT_CALIB_COUNT, 1, TTFS_MOST_CALIB, &c->calib_count, m);
    ok &= ttfs_option_u32(o, TTFS_OPT_THREADS, 1, TTFS_MOST_THREADS, &c->threads, m);
    ok &= ttfs_option_size(o, TTFS_OPT_MEMORY, &c->memory, m);
    ok &= ttfs_option_range(o, TTFS_OPT_INPUT_RANGE, &c->lo, &c->hi, &c->ranged, m);
    ok &= ttfs_option_dims(o, TTFS_OPT_INPUT_SHAPE, TTFS_MOST_SHAPE, &c->shape_rank, c->shape, m);
    return ok;
}

bool ttfs_read_session(TtfsSessionOptions *s, const TtfsOptions *o, TtfsMessages *m) {
    s->folder = o->operand;
    s->input = o->value[TTFS_OPT_INPUT];
    s->labels = o->value[TTFS_OPT_LABELS];
    s->trust_rtl = o->value[TTFS_OPT_TRUST_RTL] != NULL;
    s->keep_code = o->value[TTFS_OPT_NO_CACHE] == NULL;
    s->cpu = o->value[TTFS_OPT_CPU];
    s->jit_path = o->value[TTFS_OPT_JIT_PATH];
    s->dump_llvm = o->value[TTFS_OPT_DUMP_LLVM];
    bool ok = ttfs_option_u32(o, TTFS_OPT_COUNT, 1, UINT32_MAX, &s->count, m);
    return ttfs_option_u32(o, TTFS_OPT_THREADS, 1, TTFS_MOST_THREADS, &s->threads, m) && ok;
}

/* Above -1: there is a window. */
static bool read_margin(const TtfsOptions *o, double *margin, TtfsMessages *m) {
    if (!ttfs_option_f64(o, TTFS_OPT_MARGIN, -1, TTFS_MOST_MARGIN, margin, m)) return false;
    if (*margin > -1) return true;
    ttfs_messages_error(m, "OPTION_VALUE", "--margin", NULL,
                        "-1 leaves no window: it is above -1, up to 1e+06", NULL);
    return false;
}

bool ttfs_read_run(TtfsRunOptions *r, const TtfsOptions *o, TtfsMessages *m) {
    *r = ttfs_run_defaults();
    if (o->value[TTFS_OPT_ENGINE]) r->engine = o->value[TTFS_OPT_ENGINE];
    if (o->value[TTFS_OPT_MODEL]) r->model = o->value[TTFS_OPT_MODEL];
    r->classes_only = o->value[TTFS_OPT_CLASSES_ONLY] != NULL;
    r->layers = o->value[TTFS_OPT_LAYERS] != NULL;
    r->trace = o->value[TTFS_OPT_TRACE];
    r->signals = o->value[TTFS_OPT_SIGNALS];
    r->outputs = o->value[TTFS_OPT_OUTPUTS];
    r->shard = o->value[TTFS_OPT_SHARD];
    r->out = o->value[TTFS_OPT_OUTPUT];
    bool ok = ttfs_read_session(&r->session, o, m);
    r->windows = o->value[TTFS_OPT_WINDOWS];
    r->unit = o->value[TTFS_OPT_UNIT];
    r->slope_per = o->value[TTFS_OPT_SLOPE_PER];
    ok &= read_margin(o, &r->margin, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_TIME_NOISE, 0, 1, &r->time_noise, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_SLOPE_NOISE, 0, 1, &r->slope_noise, m);
    ok &= ttfs_option_u32(o, TTFS_OPT_SEED, 0, UINT32_MAX, &r->seed, m);
    return ok;
}

bool ttfs_read_sweep(TtfsSweepOptions *s, const TtfsOptions *o, TtfsMessages *m) {
    *s = ttfs_sweep_defaults();
    if (o->value[TTFS_OPT_ENGINE]) s->engine = o->value[TTFS_OPT_ENGINE];
    if (o->value[TTFS_OPT_MODEL]) s->model = o->value[TTFS_OPT_MODEL];
    s->vary = o->vary.at;
    s->n_vary = o->vary.len;
    s->grid = o->value[TTFS_OPT_GRID] != NULL;
    s->preset = o->value[TTFS_OPT_PRESET];
    s->unit = o->value[TTFS_OPT_UNIT];
    s->slope_per = o->value[TTFS_OPT_SLOPE_PER];
    s->weight_kind = o->value[TTFS_OPT_WEIGHT_KIND];
    s->shard = o->value[TTFS_OPT_SHARD];
    s->out = o->value[TTFS_OPT_OUTPUT];
    s->csv = o->value[TTFS_OPT_CSV];
    bool ok = ttfs_read_session(&s->session, o, m);
    ok &= ttfs_option_u32(o, TTFS_OPT_TRIALS, 1, UINT32_MAX, &s->trials, m);
    ok &= ttfs_option_u32(o, TTFS_OPT_SEED, 0, UINT32_MAX, &s->seed, m);
    return ok;
}

/* "A=x,B=y" as a text each; a comma before the '=' belongs to the name. */
static const char *const *list_of(const char *text, TtfsArena *a, uint32_t *n) {
    TTFS_VEC(const char *) all = {0};
    while (text) {
        const char *equal = strchr(text, '='), *end = equal ? strchr(equal, ',') : NULL;
        size_t len = end ? (size_t)(end - text) : strlen(text);
        *TTFS_PUSH(a, all) = ttfs_arena_strndup(a, text, len);
        text = end ? end + 1 : NULL;
    }
    *n = all.len;
    return all.at;
}

bool ttfs_read_tune(TtfsTuneOptions *t, const TtfsOptions *o, TtfsArena *a, TtfsMessages *m) {
    *t = ttfs_tune_defaults();
    bool ok = ttfs_read_session(&t->session, o, m);
    t->session.input = o->value[TTFS_OPT_TRAIN];
    t->out = o->value[TTFS_OPT_OUTPUT];
    t->teacher = o->value[TTFS_OPT_TEACHER];
    t->layers = list_of(o->value[TTFS_OPT_TUNE_LAYERS], a, &t->n_layers);
    ok &= ttfs_option_u32(o, TTFS_OPT_TICKS, 1, TTFS_MOST_TICKS, &t->ticks, m);
    ok &= ttfs_option_u32(o, TTFS_OPT_WEIGHT_BITS, TTFS_LEAST_WEIGHT_BITS, TTFS_MOST_WEIGHT_BITS,
                          &t->weight_bits, m);
    ok &= ttfs_option_u32(o, TTFS_OPT_EPOCHS, 1, TTFS_MOST_EPOCHS, &t->epochs, m);
    ok &= ttfs_option_u32(o, TTFS_OPT_BATCH, 1, TTFS_MOST_BATCH, &t->batch, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_LR, 0, 1, &t->rate, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_PACE, 0, TTFS_MOST_PACE, &t->pace, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_SPARSITY, 0, TTFS_MOST_SPARSITY, &t->sparsity, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_LATENCY, 0, 1, &t->latency, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_TIME_NOISE, 0, 1, &t->time_noise, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_DROP, 0, 1, &t->drop, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_WEIGHT_NOISE, 0, 1, &t->weight_noise, m);
    t->flip = o->value[TTFS_OPT_FLIP] != NULL;
    ok &= ttfs_option_u32(o, TTFS_OPT_SHIFT, 0, TTFS_MOST_SHIFT, &t->shift, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_VALIDATE, 0, 0.5, &t->validate, m);
    ok &= ttfs_option_f64(o, TTFS_OPT_MINUTES, 0, TTFS_MOST_MINUTES, &t->minutes, m);
    return ttfs_option_u32(o, TTFS_OPT_SEED, 0, UINT32_MAX, &t->seed, m) && ok;
}
