/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs: reads the command line, runs one command, prints its messages. The only place that prints
 * diagnostics or exits.
 */
#include "commands.h"
#include "streams.h"
#include "wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int help(const TtfsOptions *o) {
    TtfsBuf b = {0}, lines = {0};
    uint32_t width = ttfs_stdout_columns();
    ttfs_options_help(o, &b);
    if (width) ttfs_wrap(ttfs_buf_text(&b), width, &lines);
    fputs(ttfs_buf_text(width ? &lines : &b), stdout);
    ttfs_buf_free(&lines);
    ttfs_buf_free(&b);
    return 0;
}

/* Whether messages are coloured; an unknown word is a usage error. */
static int colour(const TtfsOptions *o) {
    const char *when = o->value[TTFS_OPT_COLOR];
    if (!when || strcmp(when, "auto") == 0) return isatty(STDERR_FILENO) && !getenv("NO_COLOR");
    if (strcmp(when, "always") == 0) return 1;
    return strcmp(when, "never") == 0 ? 0 : -1;
}

typedef struct {
    int argc;
    char **argv;
    TtfsArena arena;
    TtfsMessages *messages;
    bool quiet, coloured;
    bool unprinted, unheard; /* what standard output, standard error did not take */
    int code;
} Call;

static void end_output(void *context) {
    Call *c = context;
    c->unprinted = !ttfs_stdout_end(c->messages);
}

/* A command line whose values are refused is a usage error. */
static bool only_option_errors(const TtfsMessages *m) {
    size_t n = ttfs_messages_errors(m);
    return n > 0 && n == ttfs_messages_errors_of(m, "OPTION_VALUE");
}

/* What a command's own code and its messages come to. */
static int exit_code(int code, const TtfsMessages *m) {
    if (ttfs_messages_errors_of(m, "MEMORY") || ttfs_messages_errors_of(m, "JIT_MEMORY")) return 3;
    return code == 1 && only_option_errors(m) ? 2 : code;
}

static int usage(const TtfsOptions *o, TtfsArena *a) {
    fprintf(stderr, "ttfs: error: usage: %s: see ttfs%s%s --help\n", ttfs_shown(a, o->usage_error),
            o->has_command ? " " : "", o->has_command ? ttfs_command_name(o->command) : "");
    return 2;
}

static void run(void *context) {
    static int (*const command[])(TtfsOptions *, TtfsArena *, TtfsMessages *) = {
        ttfs_cmd_check, ttfs_cmd_info,  ttfs_cmd_compile, ttfs_cmd_run,    ttfs_cmd_verify,
        ttfs_cmd_sweep, ttfs_cmd_tune,  ttfs_cmd_merge,   ttfs_cmd_report, ttfs_cmd_convert,
        ttfs_cmd_emit,  ttfs_cmd_synth, ttfs_cmd_dump};
    Call *c = context;
    TtfsOptions o;
    TtfsParse parsed = ttfs_options_parse(&o, &c->arena, c->argc, c->argv);
    int coloured = parsed == TTFS_PARSED ? colour(&o) : 0;
    if (coloured < 0) {
        parsed = TTFS_PARSE_USAGE;
        o.usage_error = "--color takes auto, always or never";
    }
    c->quiet = parsed == TTFS_PARSED && o.value[TTFS_OPT_QUIET];
    c->coloured = coloured > 0;
    if (parsed == TTFS_PARSE_HELP)
        c->code = help(&o);
    else if (parsed == TTFS_PARSE_VERSION)
        c->code = printf("ttfs %s\n", ttfs_version()) < 0;
    else if (parsed == TTFS_PARSE_USAGE)
        c->code = usage(&o, &c->arena);
    else
        c->code = command[o.command](&o, &c->arena, c->messages);
}

/* LLVM found no memory; nothing that was held can be given back, and nothing of it is on the disk
 * but what another thread may be writing into the cache, where the next run clears up. */
static void end_starved(void) {
    static const char said[] = "ttfs: error: out of memory: none is left for LLVM: "
                               "use a machine with more memory or a smaller input\n";
    ttfs_stderr_put(said, strlen(said));
    _exit(3);
}

/* When there is no memory for messages. */
static int starved(void) {
    fprintf(stderr, "ttfs: error: out of memory: no message could be made: %s\n",
            ttfs_code_advice(TTFS_MEMORY));
    return 3;
}

/* Calls fn(c) under a guard; running out of memory is a message. */
static bool guarded(void (*fn)(void *), Call *c) {
    TtfsGuard g = TTFS_GUARD;
    bool done = ttfs_guard(&g, fn, c);
    if (done)
        ttfs_guard_pass(&g);
    else
        ttfs_messages_starved(c->messages, g.wanted);
    return done;
}

int main(int argc, char **argv) {
    ttfs_streams_open();
    Call c = {.argc = argc, .argv = argv, .messages = ttfs_messages_new()};
    if (!c.messages) return starved();
    ttfs_when_llvm_starves(end_starved);
    bool whole = guarded(run, &c);
    guarded(end_output, &c);
    int code = exit_code(c.code, c.messages);
    const char *said =
        ttfs_messages_text(c.messages, c.quiet ? TTFS_SAYS_ERROR : TTFS_SAYS_NOTE, c.coloured);
    if (!said)
        code = starved();
    else if (!ttfs_stderr_put(said, strlen(said)))
        c.unheard = true;
    if ((c.unprinted || c.unheard) && code == 0) code = 1;
    ttfs_messages_free(c.messages);
    if (whole) ttfs_arena_free(&c.arena);
    return code;
}
