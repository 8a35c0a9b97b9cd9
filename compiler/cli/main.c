/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs: reads the command line, runs one command, prints its messages. The only place that prints
 * diagnostics or exits.
 */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void out_of_memory(size_t wanted) {
    fprintf(stderr,
            "ttfs: error: out of memory: %zu bytes wanted: use a machine with more memory or a "
            "smaller input\n",
            wanted);
    exit(3);
}

bool ttfs_talks(const TtfsOptions *o) {
    return !o->value[TTFS_OPT_JSON] && !o->value[TTFS_OPT_QUIET];
}

void ttfs_print_name(const char *name, int width) {
    TtfsBuf b = {0};
    ttfs_buf_shown(&b, name);
    printf("%-*s", width, ttfs_buf_text(&b));
    ttfs_buf_free(&b);
}

static int help(const TtfsOptions *o) {
    TtfsBuf b = {0};
    ttfs_options_help(o, &b);
    fputs(ttfs_buf_text(&b), stdout);
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

static void print_messages(const TtfsDiag *diag, bool quiet, bool coloured) {
    TtfsBuf b = {0};
    ttfs_diag_print(diag, quiet ? TTFS_ERROR : TTFS_NOTE, coloured, &b);
    fwrite(ttfs_buf_text(&b), 1, b.len, stderr);
    ttfs_buf_free(&b);
}

/* A command line whose values are refused is a usage error. */
static bool only_option_errors(const TtfsDiag *diag) {
    return diag->errors > 0 && diag->errors == diag->errors_of[TTFS_OPTION_VALUE];
}

int main(int argc, char **argv) {
    static int (*const command[])(TtfsOptions *, TtfsArena *, TtfsDiag *) = {
        ttfs_cmd_check,  ttfs_cmd_info,   ttfs_cmd_compile, ttfs_cmd_run,
        ttfs_cmd_verify, ttfs_cmd_report, ttfs_cmd_emit,    ttfs_cmd_dump};
    ttfs_set_oom_hook(out_of_memory);
    TtfsArena arena = {0};
    TtfsDiag diag = {0};
    TtfsOptions o;
    int code = 0, coloured = 0;
    TtfsParse parsed = ttfs_options_parse(&o, &arena, argc, argv);
    if (parsed == TTFS_PARSED) coloured = colour(&o);
    if (coloured < 0) {
        parsed = TTFS_PARSE_USAGE;
        o.usage_error = "--color takes auto, always or never";
    }
    if (parsed == TTFS_PARSE_HELP) {
        code = help(&o);
    } else if (parsed == TTFS_PARSE_VERSION) {
        puts("ttfs " TTFS_VERSION);
    } else if (parsed == TTFS_PARSE_USAGE) {
        fprintf(stderr, "ttfs: error: usage: %s: see ttfs%s%s --help\n",
                ttfs_shown(&arena, o.usage_error), o.has_command ? " " : "",
                o.has_command ? ttfs_command_name(o.command) : "");
        code = 2;
    } else {
        code = command[o.command](&o, &arena, &diag);
        print_messages(&diag, o.value[TTFS_OPT_QUIET] != NULL, coloured > 0);
        if (code == 1 && only_option_errors(&diag)) code = 2;
    }
    if (fflush(stdout) != 0 && code == 0) code = 1;
    ttfs_diag_free(&diag);
    ttfs_arena_free(&arena);
    return code;
}
