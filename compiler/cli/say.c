/* SPDX-License-Identifier: Apache-2.0
 *
 * Printing of names, documents and progress.
 */
#include "say.h"

#include "clock.h"

#include <stdio.h>
#include <unistd.h>

#define REFRESH 0.2 /* seconds between two looks of a terminal's line */

bool ttfs_talks(const TtfsOptions *o) {
    return !o->value[TTFS_OPT_JSON] && !o->value[TTFS_OPT_QUIET];
}

void ttfs_print_name(const char *name, int width) {
    TtfsBuf b = {0};
    ttfs_buf_name(&b, name, width);
    ttfs_print_buf(&b);
    ttfs_buf_free(&b);
}

void ttfs_print_buf(const TtfsBuf *b) {
    fwrite(ttfs_buf_text(b), 1, b->len, stdout);
}

void ttfs_print_result(TtfsBuf *b, const TtfsOptions *o) {
    if (ttfs_talks(o) || o->value[TTFS_OPT_JSON]) ttfs_print_buf(b);
    ttfs_buf_free(b);
}

void ttfs_json_emit(TtfsBuf *document) {
    ttfs_print_buf(document);
    ttfs_buf_free(document);
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
    line->what = NULL;
}

static void show(void *context, const char *what, uint64_t done, uint64_t of) {
    TtfsProgressLine *line = context;
    double now = ttfs_now();
    if (line->quiet) return;
    if (done == 0) {
        finish(line);
        line->what = what;
        line->of = of;
        line->started = line->shown = now;
    }
    line->done = done;
    bool late = now - line->started >= 1 && now - line->shown >= REFRESH;
    bool left = done > 0 && done < of;
    if (of == 0 ? done == 0 : left && late && (line->terminal || !line->said)) tell(line, now);
    if (of && done == of && late) line->said = true; /* the line at the end says it */
    if (of == 0 && done) finish(line);
}

TtfsProgress ttfs_progress_line(TtfsProgressLine *line, const TtfsOptions *o) {
    *line = (TtfsProgressLine){.quiet = o->value[TTFS_OPT_QUIET] != NULL,
                               .terminal = isatty(STDERR_FILENO) != 0};
    return (TtfsProgress){show, line};
}

void ttfs_progress_end(TtfsProgressLine *line) {
    finish(line);
}
