/* SPDX-License-Identifier: Apache-2.0
 *
 * One tool after the other, by fixed arguments and with file names of ours alone.
 */
#include "synth_tools.h"

#include "out_folder.h"
#include "process.h"

#include <errno.h>
#include <string.h>

enum { TEXT_LIMIT = 256 << 20, SHOWN = 8, LONGEST = 300 };

const char *ttfs_tool_text(const TtfsTools *t, const char *name) {
    TtfsFile f;
    if (!ttfs_file_open(&f, ttfs_path_join(t->arena, t->work, name), TEXT_LIMIT, t->diag))
        return NULL;
    const char *text = ttfs_arena_strndup(t->arena, (const char *)f.bytes, f.size);
    ttfs_file_close(&f);
    return text;
}

/* The last lines of a text that hold something, a note each; the last one. */
static const char *tell_end(const TtfsTools *t, const char *kept, const char *text) {
    const char *line[SHOWN] = {NULL}, *last = "it said nothing";
    uint32_t n = 0;
    for (const char *at = text + strspn(text, "\n"); *at; at += strspn(at, "\n")) {
        line[n++ % SHOWN] = at;
        at += strcspn(at, "\n");
    }
    for (uint32_t i = n > SHOWN ? n - SHOWN : 0; i < n; i++) {
        size_t len = strcspn(line[i % SHOWN], "\n");
        last = ttfs_arena_strndup(t->arena, line[i % SHOWN], len < LONGEST ? len : LONGEST);
        ttfs_note(t->diag, TTFS_AT_FILE(kept), "%s", last);
    }
    return last;
}

/* Keeps the log where the user finds it, and says how it ends. */
static bool tell_failure(const TtfsTools *t, const TtfsTool *tool) {
    const char *log = ttfs_tool_text(t, tool->log);
    if (!log) return false;
    const char *name = ttfs_arena_printf(t->arena, "%s_%s", t->device, tool->log);
    if (!ttfs_out_put(t->out, "fpga", name, log, strlen(log), t->diag)) return false;
    const char *kept = ttfs_path_join(t->arena, ttfs_path_join(t->arena, t->out, "fpga"), name);
    return ttfs_error(t->diag, TTFS_AT_FILE(kept), TTFS_SYNTH_FLOW, "%s failed: %s", tool->argv[0],
                      tell_end(t, kept, log));
}

bool ttfs_tool_run(const TtfsTools *t, const TtfsTool *tool) {
    ttfs_tell(&t->progress, tool->stage, 0, 0);
    pid_t pid =
        ttfs_process_start(tool->argv, t->work, ttfs_path_join(t->arena, t->work, tool->log));
    int why = errno;
    bool ok = ttfs_process_finish(pid);
    ttfs_tell(&t->progress, tool->stage, 1, 0);
    if (ok) return true;
    if (pid > 0) return tell_failure(t, tool);
    const char *advice =
        ttfs_arena_printf(t->arena, "install the package %s; tools/setup.sh does", tool->package);
    return ttfs_error_advice(t->diag, TTFS_AT_FILE(tool->argv[0]), TTFS_SYNTH_FLOW, advice,
                             "the tool cannot be started: %s", strerror(why));
}
