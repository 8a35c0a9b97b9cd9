/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs emit: ahead-of-time code of a compiled network for a processor, an object with a C header.
 */
#include "commands.h"
#include "emit_out.h"

#include <stdio.h>

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
    return true;
}

int ttfs_cmd_emit(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    const char *file = o->value[TTFS_OPT_OUTPUT];
    TtfsEmitJob job;
    TtfsBuf b = {0};
    bool ok = read_job(&job, o, diag) && ttfs_emit_out(o->operand, &job, a, &b, diag) &&
              ttfs_file_write(file, b.text, b.len, diag);
    if (ok && o->value[TTFS_OPT_JSON]) {
        TtfsBuf text = {0};
        TtfsJson document = {.out = &text}, *j = &document;
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "file", file);
        ttfs_json_string(j, "name", job.name);
        ttfs_json_number(j, "bytes", (double)b.len);
        ttfs_json_end(j);
        ttfs_json_emit(&text);
    } else if (ok && ttfs_talks(o)) {
        printf("written: %s (%zu bytes), names begin with %s_\n", file, b.len, job.name);
    }
    ttfs_buf_free(&b);
    return ok ? 0 : 1;
}
