/* SPDX-License-Identifier: Apache-2.0
 *
 * Diagnostics: what went wrong, where, and what to do. Libraries append; only main prints.
 * Every function that can fail takes a TtfsDiag last and returns false after appending an error.
 */
#ifndef TTFS_DIAG_H
#define TTFS_DIAG_H

#include "arena.h"
#include "buf.h"
#include "progress.h"

#include <stdarg.h>

typedef enum {
#define TTFS_CODE(name, advice) TTFS_##name,
#include "diag.def"
#undef TTFS_CODE
    TTFS_CODE_COUNT
} TtfsCode;

typedef enum { TTFS_ERROR, TTFS_WARNING, TTFS_NOTE } TtfsSeverity;

/* Where: any part may be absent (NULL, 0). `node` is a layer, node, population or key; `op` its
 * operator, or the part of it that is meant. */
typedef struct {
    const char *file;
    uint32_t line, col;
    const char *node, *op;
} TtfsLoc;

#define TTFS_AT_FILE(f)      ((TtfsLoc){.file = (f)})
#define TTFS_AT_NODE(f, n)   ((TtfsLoc){.file = (f), .node = (n)})
#define TTFS_AT_OP(f, n, op) ((TtfsLoc){(f), 0, 0, (n), (op)})

/* A limit that is passed; limit NULL: none. */
typedef struct {
    const char *limit; /* what is limited, a literal */
    uint64_t needed, available;
} TtfsExcess;

/* Texts are never NULL, "" where there is nothing to say. They are as files gave them: whoever
 * prints one escapes it (shown.h). */
typedef struct {
    TtfsSeverity severity;
    TtfsCode code;     /* errors and warnings */
    const char *where; /* "file:line:col: node" */
    const char *file, *node, *op;
    const char *what;
    const char *advice; /* what to do; "" for notes */
    TtfsExcess figures;
} TtfsMessage;

/* All zeros is an empty list. At most 1000 messages are kept, in order. When it is full, a note
 * gives way to a warning and either to an error, the latest first; errors never give way, so the
 * first one is always there. The counts are of all messages, whatever was kept. */
typedef struct {
    TtfsArena arena;
    TTFS_VEC(TtfsMessage) messages;
    uint32_t errors;
    uint32_t errors_of[TTFS_CODE_COUNT]; /* by code */
    uint32_t dropped[TTFS_NOTE + 1];     /* left out, by severity */
    TtfsMessage starved;                 /* ttfs_diag_starved: takes no memory */
    char starved_of[48];
} TtfsDiag;

void ttfs_diag_free(TtfsDiag *d);
/* Appends an error with the advice of its code; returns false, so `return ttfs_error(...)`. */
bool ttfs_error(TtfsDiag *d, TtfsLoc loc, TtfsCode code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* True unless somebody wants the work to stop: then the error STOPPED. For loops over what takes a
 * while each. */
bool ttfs_go_on(const TtfsProgress *p, TtfsDiag *d);
/* The same with advice of its own; NULL: that of the code. */
bool ttfs_error_advice(TtfsDiag *d, TtfsLoc loc, TtfsCode code, const char *advice, const char *fmt,
                       ...) __attribute__((format(printf, 5, 6)));
/* The same of a function that has its own `...`; `advice` NULL: that of the code. */
bool ttfs_error_va(TtfsDiag *d, TtfsLoc loc, TtfsCode code, const char *advice, const char *fmt,
                   va_list ap) __attribute__((format(printf, 5, 0)));
/* The same with the figures of a limit; `advice` NULL: that of the code. */
bool ttfs_error_figures(TtfsDiag *d, TtfsLoc loc, TtfsCode code, TtfsExcess figures,
                        const char *advice, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
void ttfs_warn(TtfsDiag *d, TtfsLoc loc, TtfsCode code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Says what was approximated, clipped, dropped or assumed; ends up in the report. */
void ttfs_note(TtfsDiag *d, TtfsLoc loc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* False, with BUDGET at the layer at work, when the budget is passed; NULL: there is none. */
bool ttfs_budget_check(const TtfsBudget *b, TtfsLoc at, TtfsDiag *diag);
/* Appends the error MEMORY without taking any, for what a guard was left for; in place of the last
 * message when there is no room. The list's arena must outlive the guard. The list stays at its
 * address from then on. Returns false. */
bool ttfs_diag_starved(TtfsDiag *d, size_t wanted);
/* The boundary of a library: calls fn(context), under a guard of its own when this thread has none;
 * what is held then in the end belongs to its owners. False with MEMORY when memory ran out. */
bool ttfs_diag_guard(TtfsDiag *d, void (*fn)(void *context), void *context);
/* "SAMPLES_SHAPE"; what to do about it. */
const char *ttfs_code_id(TtfsCode code);
const char *ttfs_code_advice(TtfsCode code);
/* Appends the messages of another list, a thread's say. */
void ttfs_diag_append(TtfsDiag *d, const TtfsDiag *from);
/* The first error of the list; NULL when there is none. */
const TtfsMessage *ttfs_diag_error(const TtfsDiag *d);
/* Lines `ttfs: error: <where>: <operator>: <what>: <what to do>` of the messages that are at least
 * that severe, and what was left out. Names are escaped. */
void ttfs_diag_print(const TtfsDiag *d, TtfsSeverity least, bool coloured, TtfsBuf *out);

#endif
