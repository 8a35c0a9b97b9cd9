/* SPDX-License-Identifier: Apache-2.0
 *
 * Printing of results and of progress.
 */
#include "say.h"

#include "clock.h"

#include <stdio.h>
#include <unistd.h>

#define REFRESH 0.2 /* seconds between two looks of a terminal's line */

int ttfs_print_result(TtfsResult *r, const TtfsOptions *o) {
    if (!r) return 1;
    const char *form = ttfs_result_form(r);
    if (o->value[TTFS_OPT_JSON])
        fputs(ttfs_result_json(r), stdout);
    else if (*form || !o->value[TTFS_OPT_QUIET])
        fputs(*form ? form : ttfs_result_text(r), stdout);
    int code = ttfs_result_passed(r) ? 0 : 1;
    ttfs_result_free(r);
    return code;
}

/* A terminal has one line that is written over; a file gets whole lines, one when the work has
 * shown to be long and one when it ends. */
static void tell(TtfsProgressLine *line, double now) {
    double gone = now - line->started, rate = (double)line->done / gone;
    double left = (double)(line->of - line->done) / rate;
    const char *begin = line->terminal ? "\r" : "ttfs: ";
    const char *end = line->terminal ? "\033[K" : "\n";
    if (line->of == 0)
        fprintf(stderr, "%s%s%s%s", begin, line->what, line->terminal ? " ..." : "", end);
    else
        fprintf(stderr, "%s%llu of %llu %s, %.3g a second, %.0f s left%s", begin,
                (unsigned long long)line->done, (unsigned long long)line->of, line->what, rate,
                left, end);
    line->said = true;
    line->shown = now;
}

static void finish(TtfsProgressLine *line) {
    double gone = ttfs_now() - line->started;
    if (line->said && line->terminal) fputs("\r\033[K", stderr);
    if (line->said && !line->terminal && line->of)
        fprintf(stderr, "ttfs: %llu of %llu %s in %.1f s\n", (unsigned long long)line->done,
                (unsigned long long)line->of, line->what, gone);
    if (line->said && !line->terminal && !line->of)
        fprintf(stderr, "ttfs: %s: %.1f s\n", line->what, gone);
    line->said = false;
    line->what[0] = 0;
}

static void show(void *context, const char *what, uint64_t done, uint64_t of) {
    TtfsProgressLine *line = context;
    double now = ttfs_now();
    if (line->quiet) return;
    if (done == 0) {
        finish(line);
        line->of = of;
        line->started = line->shown = now;
    }
    snprintf(line->what, sizeof line->what, "%s", what); /* it may say more as it goes */
    line->done = done;
    bool late = now - line->started >= 1 && now - line->shown >= REFRESH;
    bool left = done < of; /* at the beginning it is not late */
    if (of == 0 ? done == 0 : left && late && (line->terminal || !line->said)) tell(line, now);
    if (of && done == of && late) line->said = true; /* the line at the end says it */
    if (of == 0 && done) finish(line);
}

TtfsProgress ttfs_progress_line(TtfsProgressLine *line, const TtfsOptions *o) {
    *line = (TtfsProgressLine){.quiet = o->value[TTFS_OPT_QUIET] != NULL,
                               .terminal = isatty(STDERR_FILENO) != 0};
    return (TtfsProgress){.tell = show, .context = line};
}

void ttfs_progress_end(TtfsProgressLine *line) {
    finish(line);
}
