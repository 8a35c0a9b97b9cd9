/* SPDX-License-Identifier: Apache-2.0
 *
 * What users write: command lines, a word a line of the input, and config files. A command line is
 * parsed, is a question for help, or is refused with what is wrong with it; the values of one that
 * is parsed are read, or refused with a message.
 */
#include "axes.h"
#include "fault.h"
#include "fuzz.h"
#include "lib_inside.h"
#include "read_options.h"
#include "shards.h"

#include <string.h>

enum { MOST_WORDS = 24 };

static bool told(bool ok, TtfsMessages *m) {
    ok = fuzz_said(ok, &m->diag);
    ttfs_messages_clear(m);
    return ok;
}

static bool read_axes(const TtfsOptions *o) {
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsPoints points;
    const char *shard = o->value[TTFS_OPT_SHARD];
    uint32_t i, n;
    bool grid = o->value[TTFS_OPT_GRID] != NULL;
    bool ok = fuzz_said(ttfs_points_read(o->vary.at, o->vary.len, grid, &points, &a, &diag), &diag);
    TtfsDiag other = {0};
    ok &= !shard || fuzz_said(ttfs_shard_read(shard, &i, &n, &other), &other);
    ttfs_arena_free(&a);
    return ok;
}

/* Reads the values as the commands do. */
static bool read_values(TtfsOptions *o, TtfsArena *a) {
    TtfsDiag diag = {0};
    TtfsMessages *m = ttfs_messages_new();
    TtfsCompileOptions compile = ttfs_compile_defaults();
    TtfsRunOptions run = ttfs_run_defaults();
    TtfsSweepOptions sweep;
    TtfsFault fault;
    bool ok = true;
    if (o->command == TTFS_CMD_COMPILE || o->command == TTFS_CMD_CHECK)
        ok &= told(ttfs_read_compile(&compile, o, a, m), m);
    if (o->command == TTFS_CMD_RUN) ok &= told(ttfs_read_run(&run, o, m), m);
    if (o->command == TTFS_CMD_SWEEP) ok &= told(ttfs_read_sweep(&sweep, o, m), m) && read_axes(o);
    if (o->command == TTFS_CMD_VERIFY) ok &= told(ttfs_read_session(&run.session, o, m), m);
    ttfs_messages_free(m);
    return ok & fuzz_said(ttfs_fault_parse(&fault, o->value[TTFS_OPT_FAULT], &diag), &diag);
}

static bool read_words(int argc, char **argv) {
    TtfsArena a = {0};
    TtfsOptions o;
    TtfsBuf help = {0};
    TtfsParse parsed = ttfs_options_parse(&o, &a, argc, argv);
    fuzz_expect(parsed != TTFS_PARSE_USAGE || o.usage_error, "refused without a word");
    if (parsed == TTFS_PARSE_HELP) ttfs_options_help(&o, &help);
    bool ok = parsed == TTFS_PARSED && read_values(&o, &a);
    ttfs_buf_free(&help);
    ttfs_arena_free(&a);
    return ok;
}

static char ttfs[] = "ttfs";

bool fuzz_words(const uint8_t *bytes, size_t n) {
    TtfsArena a = {0};
    char *argv[MOST_WORDS + 2] = {ttfs},
                            *text = ttfs_arena_strndup(&a, n ? (const char *)bytes : "", n);
    int argc = 1;
    for (char *end; argc <= MOST_WORDS && text; text = end) {
        end = strchr(text, '\n');
        if (end) *end++ = 0;
        argv[argc++] = text;
    }
    bool ok = read_words(argc, argv);
    ttfs_arena_free(&a);
    return ok;
}

bool fuzz_config(const uint8_t *bytes, size_t n) {
    static char command[] = "compile", model[] = "net.onnx", output[] = "-o", out[] = "out",
                config[] = "--config", path[512];
    char *argv[] = {ttfs, command, model, output, out, config, path, NULL};
    strcpy(path, fuzz_file("config.json", bytes, n));
    return read_words(7, argv);
}
