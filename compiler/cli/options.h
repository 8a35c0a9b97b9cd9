/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line: parsed into one value a option, from the table options.def.
 */
#ifndef TTFS_OPTIONS_H
#define TTFS_OPTIONS_H

#include "base.h"
#include "ttfs.h"

typedef enum {
#define TTFS_COMMAND(NAME, name, operand, doc) TTFS_CMD_##NAME,
#include "options.def"
#undef TTFS_COMMAND
    TTFS_CMD_COUNT
} TtfsCommand;

typedef enum {
#define TTFS_OPTION(NAME, name, letter, value, commands, config, doc) TTFS_OPT_##NAME,
#include "options.def"
#undef TTFS_OPTION
    TTFS_OPTIONS
} TtfsOption;

/* Values of an option that a command line or a config file may hold but this build refuses exit
 * with 2. */
typedef enum { TTFS_PARSED, TTFS_PARSE_HELP, TTFS_PARSE_VERSION, TTFS_PARSE_USAGE } TtfsParse;

typedef struct {
    TtfsCommand command;
    const char *operand;              /* MODEL or OUT */
    TTFS_VEC(const char *) operands;  /* of merge; the first is `operand` */
    TTFS_VEC(const char *) vary;      /* values of --vary, which may be given several times */
    const char *value[TTFS_OPTIONS];  /* NULL when absent; a flag's is "" */
    const char *config[TTFS_OPTIONS]; /* the config file that gave the value; NULL otherwise */
    const char *usage_error;          /* what was wrong, for TTFS_PARSE_USAGE */
    bool has_command;                 /* help asked for this command, not for all */
} TtfsOptions;

TtfsParse ttfs_options_parse(TtfsOptions *o, TtfsArena *a, int argc, char **argv);
/* The help text of all commands, or of one. */
void ttfs_options_help(const TtfsOptions *o, TtfsBuf *out);
const char *ttfs_command_name(TtfsCommand c);
/* The option a config key names ('_' and '-' are the same), or TTFS_OPTIONS. */
TtfsOption ttfs_option_of_key(const char *key);

/* Numbers of options; left alone when the option is absent. Each reports OPTION_VALUE, or
 * CONFIG_VALUE of a config file's, with the option's name and the range. */
bool ttfs_option_u32(const TtfsOptions *o, TtfsOption id, uint32_t least, uint32_t most,
                     uint32_t *out, TtfsMessages *m);
bool ttfs_option_f64(const TtfsOptions *o, TtfsOption id, double least, double most, double *out,
                     TtfsMessages *m);
/* Bytes, as "512M". */
bool ttfs_option_size(const TtfsOptions *o, TtfsOption id, uint64_t *out, TtfsMessages *m);
/* "LO:HI", finite, LO < HI; *present: the option is there. */
bool ttfs_option_range(const TtfsOptions *o, TtfsOption id, float *lo, float *hi, bool *present,
                       TtfsMessages *m);
/* "D,D,..": at most `most` whole numbers, 1 or more; *rank is untouched when the option is absent.
 */
bool ttfs_option_dims(const TtfsOptions *o, TtfsOption id, uint32_t most, uint32_t *rank,
                      uint32_t *dim, TtfsMessages *m);

#endif
