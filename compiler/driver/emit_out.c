/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of emitted code, and the code of a folder's graph.
 */
#include "emit_out.h"

#include "out.h"

#include <ctype.h>
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

bool ttfs_emit_out(const char *folder, TtfsEmitJob *job, TtfsArena *a, TtfsBuf *code,
                   TtfsDiag *diag) {
    TtfsOut out = {0};
    bool ok = (!job->name || check_name(job->name, diag)) &&
              ttfs_out_open(&out, folder, TTFS_OUT_SPIKE, diag);
    if (ok) {
        job->model = ttfs_arena_strdup(a, ttfs_path_base(out.model));
        if (!job->name) job->name = default_name(out.model, a);
        ok = ttfs_emit(&out.spike, job, code, diag);
    }
    ttfs_out_close(&out);
    return ok;
}
