/* SPDX-License-Identifier: Apache-2.0
 *
 * Printing of names, documents and progress.
 */
#include "say.h"

#include "clock.h"
#include "report_json.h"

#include <stdio.h>
#include <unistd.h>

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

void ttfs_json_emit(cJSON *j) {
    TtfsBuf b = {0};
    ttfs_json_put(j, &b);
    ttfs_print_buf(&b);
    ttfs_buf_free(&b);
}

static void show(void *context, const char *what, uint64_t done, uint64_t of) {
    TtfsProgressLine *line = context;
    double now = ttfs_now(), gone = now - line->started;
    if (done == 0) line->started = line->shown = now;
    if (line->quiet || done == 0 || gone < 1 || now - line->shown < 0.2) return;
    line->shown = now;
    double rate = (double)done / gone;
    fprintf(stderr, "\r%llu of %llu %s, %.0f a second, %.0f s left \033[K",
            (unsigned long long)done, (unsigned long long)of, what, rate,
            (double)(of - done) / rate);
}

TtfsProgress ttfs_progress_line(TtfsProgressLine *line, const TtfsOptions *o) {
    *line = (TtfsProgressLine){.quiet = !isatty(STDERR_FILENO) || o->value[TTFS_OPT_QUIET]};
    return (TtfsProgress){show, line};
}

void ttfs_progress_end(TtfsProgressLine *line) {
    if (!line->quiet && line->shown > line->started) fputs("\r\033[K", stderr);
}
