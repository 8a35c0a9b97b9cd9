/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs emit: ahead-of-time code of a compiled network for a processor, an object with a C header.
 */
#include "commands.h"
#include "emit.h"
#include "out.h"
#include "report_json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_NAME = 63 };

/* The model's file name without its ending, made an identifier. */
static const char *default_name(const char *model, TtfsArena *a) {
    const char *base = ttfs_path_base(model), *dot = strrchr(base, '.');
    size_t n = dot ? (size_t)(dot - base) : strlen(base);
    if (n == 0) return "ttfs_net";
    char *name = ttfs_arena_strndup(a, base, n < 48 ? n : 48);
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c)) *c = '_';
    return isdigit((unsigned char)*name) ? ttfs_arena_printf(a, "net_%s", name) : name;
}

static bool check_name(const char *name, TtfsDiag *diag) {
    bool ok = *name && !isdigit((unsigned char)*name) && strlen(name) <= LONGEST_NAME;
    for (const char *c = name; ok && *c; c++) ok = isalnum((unsigned char)*c) || *c == '_';
    return ok || ttfs_error(diag, TTFS_AT_FILE("--name"), TTFS_OPTION_VALUE,
                            "'%s' is no C identifier of at most %d letters, digits and _", name,
                            LONGEST_NAME);
}

static bool read_job(TtfsEmitJob *job, const TtfsOptions *o, TtfsDiag *diag) {
    static const char *const formats[] = {"obj", "ll", "header", NULL};
    uint32_t format;
    if (!o->value[TTFS_OPT_OUTPUT])
        return ttfs_error(diag, TTFS_AT_FILE("-o"), TTFS_OPTION_VALUE, "a file is needed: -o F");
    if (!ttfs_option_word(o, TTFS_OPT_FORMAT, formats, 0, &format, diag)) return false;
    *job = (TtfsEmitJob){.name = o->value[TTFS_OPT_NAME],
                         .triple = o->value[TTFS_OPT_TRIPLE],
                         .cpu = o->value[TTFS_OPT_CPU],
                         .share_memory = o->value[TTFS_OPT_SHARE_MEMORY] != NULL,
                         .format = (TtfsEmitFormat)format};
    return !job->name || check_name(job->name, diag);
}

int ttfs_cmd_emit(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    const char *file = o->value[TTFS_OPT_OUTPUT];
    TtfsEmitJob job;
    TtfsOut out = {0};
    TtfsBuf b = {0};
    bool ok = read_job(&job, o, diag) && ttfs_out_open(&out, o->operand, TTFS_OUT_SPIKE, diag);
    if (ok) {
        job.model = ttfs_path_base(out.model);
        if (!job.name) job.name = default_name(out.model, a);
        ok = ttfs_emit(&out.spike, &job, &b, diag) && ttfs_file_write(file, b.text, b.len, diag);
    }
    if (ok && o->value[TTFS_OPT_JSON]) {
        cJSON *j = cJSON_CreateObject();
        cJSON_AddStringToObject(j, "file", file);
        cJSON_AddStringToObject(j, "name", job.name);
        cJSON_AddNumberToObject(j, "bytes", (double)b.len);
        ttfs_json_emit(j);
    } else if (ok && ttfs_talks(o)) {
        printf("written: %s (%zu bytes), names begin with %s_\n", file, b.len, job.name);
    }
    ttfs_buf_free(&b);
    ttfs_out_close(&out);
    return ok ? 0 : 1;
}
