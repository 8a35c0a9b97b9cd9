/* SPDX-License-Identifier: Apache-2.0
 *
 * Parser and help texts of the command line. Everything is read off the one table.
 */
#include "options.h"

#include "nearest.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define C(name) (1u << TTFS_CMD_##name)
#define C_ALL   ((1u << TTFS_CMD_COUNT) - 1)

static const struct {
    const char *name, *operand, *doc;
} commands[] = {
#define TTFS_COMMAND(NAME, name, operand, doc) {#name, operand, doc},
#include "options.def"
#undef TTFS_COMMAND
};

static const struct {
    const char *name;
    char letter;
    const char *value;
    uint32_t commands;
    bool config;
    const char *doc;
} options[] = {
#define TTFS_OPTION(NAME, name, letter, value, commands, config, doc)                              \
    {name, letter, value, commands, config, doc},
#include "options.def"
#undef TTFS_OPTION
};

/* What an option says to some commands in place of that. */
static const struct {
    TtfsOption option;
    const char *value;
    uint32_t commands;
    const char *doc;
} helps[] = {
#define TTFS_HELP(NAME, value, commands, doc) {TTFS_OPT_##NAME, value, commands, doc},
#include "options.def"
#undef TTFS_HELP
};

/* What a command is told of option i. */
static void told(TtfsCommand command, unsigned i, const char **value, const char **doc) {
    *value = options[i].value, *doc = options[i].doc;
    for (size_t k = 0; k < sizeof helps / sizeof *helps; k++)
        if (helps[k].option == i && helps[k].commands >> command & 1)
            *value = helps[k].value, *doc = helps[k].doc;
}

const char *ttfs_command_name(TtfsCommand c) {
    return commands[c].name;
}

/* The option of that name that one of the commands has; two may share a name (--layers). */
static TtfsOption find_option(const char *name, size_t len, uint32_t of) {
    for (unsigned i = 0; i < TTFS_OPTIONS; i++)
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0 &&
            options[i].commands & of)
            return (TtfsOption)i;
    return TTFS_OPTIONS;
}

TtfsOption ttfs_option_of_key(const char *key) {
    char name[64];
    size_t n = strlen(key);
    if (n >= sizeof name) return TTFS_OPTIONS;
    for (size_t i = 0; i <= n; i++) name[i] = key[i] == '_' ? '-' : key[i];
    TtfsOption o = find_option(name, n, C_ALL);
    return o != TTFS_OPTIONS && options[o].config ? o : TTFS_OPTIONS;
}

static TtfsOption find_letter(char letter) {
    for (unsigned i = 0; i < TTFS_OPTIONS; i++)
        if (options[i].letter && options[i].letter == letter) return (TtfsOption)i;
    return TTFS_OPTIONS;
}

static TtfsParse usage(TtfsOptions *o, const char *what) {
    o->usage_error = what;
    return TTFS_PARSE_USAGE;
}

/* "; did you mean '--ticks'?", or nothing where no word is near. */
static const char *meant(TtfsArena *a, const char *word, const char *mark, const char *const *known,
                         size_t n) {
    const char *near = ttfs_near(word, known, n);
    return near ? ttfs_arena_printf(a, "; did you mean '%s%s'?", mark, near) : "";
}

/* "; it is one of compile", of an option that other commands have; or NULL. */
static const char *elsewhere(TtfsArena *a, const char *word) {
    TtfsBuf list = {0};
    for (unsigned i = 0; i < sizeof commands / sizeof *commands; i++)
        if (find_option(word, strcspn(word, "="), 1u << i) != TTFS_OPTIONS)
            ttfs_buf_printf(&list, "%s%s", list.len ? ", " : "", commands[i].name);
    const char *who = list.len ? ttfs_arena_printf(a, "; it is one of %s", ttfs_buf_text(&list))
                               : NULL;
    ttfs_buf_free(&list);
    return who;
}

static TtfsParse unknown_option(TtfsOptions *o, TtfsArena *a, const char *arg) {
    const char *known[TTFS_OPTIONS];
    size_t n = 0;
    for (unsigned i = 0; i < TTFS_OPTIONS; i++)
        if (options[i].commands >> o->command & 1) known[n++] = options[i].name;
    const char *word = arg;
    while (*word == '-') word++;
    const char *where = elsewhere(a, word);
    return usage(o, ttfs_arena_printf(a, "%s: unknown option '%s'%s", commands[o->command].name,
                                      arg, where ? where : meant(a, word, "--", known, n)));
}

static TtfsParse needs_value(TtfsOptions *o, TtfsArena *a, TtfsOption id) {
    const char *value, *doc;
    told(o->command, id, &value, &doc);
    return usage(o, ttfs_arena_printf(a, "--%s needs a value %s", options[id].name, value));
}

/* Takes one option at argv[*i]; moves *i over its value. */
static TtfsParse take_option(TtfsOptions *o, TtfsArena *a, int argc, char **argv, int *i) {
    const char *arg = argv[*i], *value = NULL;
    TtfsOption id;
    if (arg[1] == '-') {
        const char *equal = strchr(arg, '=');
        id = find_option(arg + 2, equal ? (size_t)(equal - arg - 2) : strlen(arg + 2),
                         1u << o->command);
        if (equal) value = equal + 1;
    } else {
        id = find_letter(arg[1]);
        if (arg[1] && arg[2]) value = arg + 2;
    }
    if (id == TTFS_OPTIONS || !(options[id].commands >> o->command & 1))
        return unknown_option(o, a, arg);
    if (!options[id].value && value)
        return usage(o, ttfs_arena_printf(a, "--%s takes no value", options[id].name));
    if (options[id].value && !value) {
        if (*i + 1 >= argc) return needs_value(o, a, id);
        value = argv[++*i];
    }
    if (id == TTFS_OPT_VARY)
        *TTFS_PUSH(a, o->vary) = value;
    else if (o->value[id] && options[id].value)
        return usage(o, ttfs_arena_printf(a, "--%s is given twice", options[id].name));
    o->value[id] = value ? value : "";
    return TTFS_PARSED;
}

static TtfsParse take_command(TtfsOptions *o, TtfsArena *a, const char *word) {
    const char *known[TTFS_CMD_COUNT];
    for (unsigned i = 0; i < TTFS_CMD_COUNT; i++) {
        known[i] = commands[i].name;
        if (strcmp(word, commands[i].name) != 0) continue;
        o->command = (TtfsCommand)i;
        o->has_command = true;
        return TTFS_PARSED;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        return TTFS_PARSE_HELP;
    if (strcmp(word, "--version") == 0) return TTFS_PARSE_VERSION;
    if (word[0] == '-')
        return usage(o, ttfs_arena_printf(a, "a command is expected before '%s'", word));
    return usage(o, ttfs_arena_printf(a, "unknown command '%s'%s", word,
                                      meant(a, word, "", known, TTFS_CMD_COUNT)));
}

TtfsParse ttfs_options_parse(TtfsOptions *o, TtfsArena *a, int argc, char **argv) {
    *o = (TtfsOptions){0};
    if (argc < 2) return usage(o, "a command is expected");
    TtfsParse p = take_command(o, a, argv[1]);
    if (p != TTFS_PARSED) return p;
    bool only_operands = false;
    for (int i = 2; i < argc; i++) {
        const char *arg = argv[i];
        if (!only_operands && strcmp(arg, "--") == 0) {
            only_operands = true;
        } else if (!only_operands && strcmp(arg, "--version") == 0) {
            return TTFS_PARSE_VERSION;
        } else if (!only_operands && arg[0] == '-' && arg[1]) {
            p = take_option(o, a, argc, argv, &i);
            if (p != TTFS_PARSED) return p;
        } else if (o->operand && o->command == TTFS_CMD_MERGE) {
            *TTFS_PUSH(a, o->operands) = arg;
        } else if (o->operand) {
            return usage(o, ttfs_arena_printf(a, "%s takes one operand, found '%s' as well",
                                              commands[o->command].name, arg));
        } else {
            o->operand = arg;
            *TTFS_PUSH(a, o->operands) = arg;
        }
    }
    if (o->value[TTFS_OPT_HELP]) return TTFS_PARSE_HELP;
    if (!o->operand)
        return usage(o, ttfs_arena_printf(a, "%s needs %s", commands[o->command].name,
                                          commands[o->command].operand));
    return TTFS_PARSED;
}

static void option_line(TtfsCommand command, unsigned i, TtfsBuf *out) {
    const char *value, *doc;
    told(command, i, &value, &doc);
    char left[64];
    char letter[8] = "";
    if (options[i].letter) snprintf(letter, sizeof letter, "-%c, ", options[i].letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, options[i].name, value ? " " : "",
             value ? value : "");
    ttfs_buf_printf(out, "  %-22s  %s\n", left, doc);
}

void ttfs_options_help(const TtfsOptions *o, TtfsBuf *out) {
    if (o->has_command) {
        ttfs_buf_printf(out, "ttfs %s %s [options]: %s\n\n", commands[o->command].name,
                        commands[o->command].operand, commands[o->command].doc);
        for (unsigned i = 0; i < TTFS_OPTIONS; i++)
            if (options[i].commands >> o->command & 1) option_line(o->command, i, out);
        return;
    }
    ttfs_buf_puts(out, "ttfs compiles trained ReLU networks to time-to-first-spike hardware.\n\n");
    for (unsigned i = 0; i < TTFS_CMD_COUNT; i++) {
        char left[64];
        snprintf(left, sizeof left, "ttfs %s %s", commands[i].name, commands[i].operand);
        ttfs_buf_printf(out, "  %-26s  %s\n", left, commands[i].doc);
    }
    ttfs_buf_puts(out,
                  "\nttfs COMMAND --help lists a command's options; ttfs --version the version.\n"
                  "Exit codes: 0 done, 1 refused or check failed, 2 usage, 3 internal.\n");
}

/* A value on the command line that is refused is a usage error, one in a file is refused input. */
static bool refuse(const TtfsOptions *o, TtfsOption id, TtfsMessages *m, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static bool refuse(const TtfsOptions *o, TtfsOption id, TtfsMessages *m, const char *fmt, ...) {
    const char *file = o->config[id];
    char option[64];
    TtfsBuf what = {0};
    va_list ap;
    va_start(ap, fmt);
    ttfs_buf_vprintf(&what, fmt, ap);
    va_end(ap);
    snprintf(option, sizeof option, "%s%s", file ? "" : "--", options[id].name);
    ttfs_messages_error(m, file ? "CONFIG_VALUE" : "OPTION_VALUE", file, option,
                        ttfs_buf_text(&what), NULL);
    ttfs_buf_free(&what);
    return false;
}

bool ttfs_option_f64(const TtfsOptions *o, TtfsOption id, double least, double most, double *out,
                     TtfsMessages *m) {
    const char *text = o->value[id];
    if (!text) return true;
    char *end;
    double v = strtod(text, &end);
    if (end == text || *end || !(v >= least && v <= most))
        return refuse(o, id, m, "'%s' is no number from %g to %g", text, least, most);
    *out = v;
    return true;
}

bool ttfs_option_u32(const TtfsOptions *o, TtfsOption id, uint32_t least, uint32_t most,
                     uint32_t *out, TtfsMessages *m) {
    const char *text = o->value[id];
    if (!text) return true;
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno || v < least || v > most)
        return refuse(o, id, m, "'%s' is no whole number from %u to %u", text, least, most);
    *out = (uint32_t)v;
    return true;
}

bool ttfs_option_size(const TtfsOptions *o, TtfsOption id, uint64_t *out, TtfsMessages *m) {
    static const char units[] = "KMGT";
    const char *text = o->value[id];
    if (!text) return true;
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    const char *unit = *end ? strchr(units, *end) : NULL;
    int shift = unit ? 10 * (int)(unit - units + 1) : 0;
    bool ok = isdigit((unsigned char)text[0]) && !errno && v > 0 &&
              v <= UINT64_MAX >> (shift + 4) && end[unit != NULL] == 0;
    if (!ok) return refuse(o, id, m, "'%s' is no size in bytes, as 512M or 8G", text);
    *out = (uint64_t)v << shift;
    return true;
}

bool ttfs_option_range(const TtfsOptions *o, TtfsOption id, float *lo, float *hi, bool *present,
                       TtfsMessages *m) {
    const char *text = o->value[id];
    *present = text != NULL;
    if (!text) return true;
    char *end;
    float a = strtof(text, &end), b = 0;
    bool ok = end != text && *end == ':';
    if (ok) {
        const char *second = end + 1;
        b = strtof(second, &end);
        ok = end != second && *end == 0;
    }
    if (!ok || !isfinite(a) || !isfinite(b) || !(a < b) || !isfinite(b - a))
        return refuse(o, id, m, "'%s' is no range LO:HI of finite numbers with LO < HI", text);
    *lo = a;
    *hi = b;
    return true;
}

bool ttfs_option_dims(const TtfsOptions *o, TtfsOption id, uint32_t most, uint32_t *rank,
                      uint32_t *dim, TtfsMessages *m) {
    const char *text = o->value[id], *at = text;
    uint32_t n = 0;
    while (at) {
        char *end;
        unsigned long v = isdigit((unsigned char)*at) ? strtoul(at, &end, 10) : 0;
        if (n == most || v < 1 || v > INT32_MAX || (*end && *end != ','))
            return refuse(o, id, m, "'%s' is no shape, as 1,28,28, of at most %u dimensions", text,
                          most);
        dim[n++] = (uint32_t)v;
        at = *end ? end + 1 : NULL;
    }
    if (text) *rank = n;
    return true;
}
