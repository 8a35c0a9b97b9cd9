/* SPDX-License-Identifier: Apache-2.0
 *
 * Options -> job, session, jit. Every option is read, so that all bad ones are reported at once.
 */
#include "read_options.h"

#include "cache_folder.h"
#include "parallel.h"
#include "shipped.h"

enum { MOST_THREADS = 64 };

bool ttfs_read_job(TtfsJob *job, TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    ttfs_job_init(job, o->operand);
    const char *config = o->value[TTFS_OPT_CONFIG];
    if (config && !ttfs_config_read(config, job, o, a, diag)) return false;
    TtfsSpikeOptions *s = &job->spike;
    bool ranged, ok = true;
    float lo, hi;
    ok &= ttfs_option_u32(o, TTFS_OPT_TICKS, 1, TTFS_MAX_TICKS, s->ticks, &s->ticks, diag);
    ok &= ttfs_option_u32(o, TTFS_OPT_WEIGHT_BITS, 2, 16, s->weight_bits, &s->weight_bits, diag);
    ok &= ttfs_option_f64(o, TTFS_OPT_PERCENTILE, 0.5, 1, s->percentile, &s->percentile, diag);
    ok &= ttfs_option_u32(o, TTFS_OPT_SEED, 0, UINT32_MAX, job->seed, &job->seed, diag);
    ok &= ttfs_option_u32(o, TTFS_OPT_CALIB_COUNT, 1, 1u << 30, job->calib_count, &job->calib_count,
                          diag);
    ok &= ttfs_option_u32(o, TTFS_OPT_THREADS, 1, MOST_THREADS, job->threads, &job->threads, diag);
    ok &= ttfs_option_size(o, TTFS_OPT_MEMORY, &job->memory, diag);
    ok &= ttfs_option_range(o, TTFS_OPT_INPUT_RANGE, &lo, &hi, &ranged, diag);
    if (!ok) return false;
    job->calib = o->value[TTFS_OPT_CALIB];
    if (ranged) {
        ttfs_job_range(job, lo, hi);
    } else if (job->map.channels) {
        TtfsInputMap map = job->map;
        ttfs_job_channels(job, &map);
    }
    const char *chip = o->value[TTFS_OPT_CHIP];
    return ttfs_chip_load(&job->chip, chip ? chip : "one", a, diag);
}

bool ttfs_read_session(TtfsSessionOptions *s, const TtfsOptions *o, TtfsDiag *diag) {
    *s = (TtfsSessionOptions){.folder = o->operand,
                              .input = o->value[TTFS_OPT_INPUT],
                              .labels = o->value[TTFS_OPT_LABELS],
                              .trust_rtl = o->value[TTFS_OPT_TRUST_RTL] != NULL};
    if (!s->input)
        return ttfs_error(diag, TTFS_AT_FILE("--input"), TTFS_OPTION_VALUE,
                          "samples are needed: --input X");
    return ttfs_option_u32(o, TTFS_OPT_COUNT, 1, UINT32_MAX, UINT32_MAX, &s->count, diag) &&
           ttfs_option_u32(o, TTFS_OPT_THREADS, 1, MOST_THREADS, ttfs_cores(), &s->threads, diag);
}

bool ttfs_read_jit(TtfsJitOptions *j, const TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    static const char *const paths[] = {"choose", "dense", "events", NULL};
    uint32_t path;
    if (!ttfs_option_word(o, TTFS_OPT_JIT_PATH, paths, 0, &path, diag)) return false;
    const char *cache = o->value[TTFS_OPT_NO_CACHE] ? NULL : ttfs_cache_named(a, "jit");
    if (!cache && !o->value[TTFS_OPT_NO_CACHE]) cache = ""; /* a note will say so */
    *j = (TtfsJitOptions){.cache = cache,
                          .dump = o->value[TTFS_OPT_DUMP_LLVM],
                          .cpu = o->value[TTFS_OPT_CPU],
                          .path = (TtfsJitPath)path};
    return true;
}
