/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of emitted code, and the code of a folder's graph, into a file.
 */
#include "emit_out.h"

#include "asked.h"
#include "emit.h"
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

static bool read_format(const char *text, TtfsEmitFormat *format, TtfsDiag *diag) {
    static const char *const formats[] = {"obj", "ll", "header", NULL};
    uint32_t index = TTFS_EMIT_OBJECT;
    bool ok = ttfs_asked_word("--format", text, formats, &index, diag);
    *format = (TtfsEmitFormat)index;
    return ok;
}

bool ttfs_emit_out(const TtfsEmitOptions *o, TtfsEmitted *e, TtfsArena *a, TtfsDiag *diag) {
    TtfsOut out = {0};
    TtfsBuf code = {0};
    TtfsEmitJob job = {.triple = o->triple, .cpu = o->cpu, .share_memory = o->share_memory};
    bool ok = ttfs_asked_folder(o->folder, diag) &&
              ttfs_asked_for("-o", o->file, "a file is needed: -o F", diag) &&
              ttfs_asked_outside("-o", o->file, o->folder, diag) &&
              read_format(o->format, &job.format, diag) &&
              (!o->name || check_name(o->name, diag)) &&
              ttfs_out_open(&out, o->folder, TTFS_OUT_SPIKE, diag);
    if (ok) {
        job.model = ttfs_path_base(out.model);
        job.name = o->name ? o->name : default_name(out.model, a);
        ok = ttfs_emit(&out.spike, &job, &code, diag) &&
             ttfs_file_write(o->file, code.text, code.len, diag);
        *e = (TtfsEmitted){job.name, code.len};
    }
    ttfs_buf_free(&code);
    ttfs_out_close(&out);
    return ok;
}
