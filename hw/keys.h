/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys: a struct read from JSON, checked and printed by a table of its members. In: rows as in
 * chip.def; out: every fault of a description at once, by the key, with what was expected.
 * Invariant: a struct that was read has every key in its range; what is printed reads back to the
 * same struct.
 */
#ifndef TTFS_KEYS_H
#define TTFS_KEYS_H

#include "base.h"

/* GROUP: an object; its keys are "group.key". NAME: letters, digits, '_', '.' or '-'. NOTE: any
 * text, optional and not printed. */
typedef enum {
    TTFS_KEY_GROUP,
    TTFS_KEY_NAME,
    TTFS_KEY_NOTE,
    TTFS_KEY_WHOLE,
    TTFS_KEY_REAL,
    TTFS_KEY_FLAG
} TtfsKeyKind;

/* The members that they are. */
#define TTFS_TYPE_NAME  const char *
#define TTFS_TYPE_NOTE  const char *
#define TTFS_TYPE_WHOLE uint32_t
#define TTFS_TYPE_REAL  double
#define TTFS_TYPE_FLAG  bool

enum { TTFS_REQUIRED = -1 }; /* in place of a default */

typedef struct {
    TtfsKeyKind kind;
    const char *path;    /* "lanes", "energy_pj.event" */
    size_t at;           /* offset of the member */
    double least, most;  /* of a NAME: its length; of a FLAG: 0, 1 */
    double fallback;     /* TTFS_REQUIRED: none */
    const char *verilog; /* its parameter, "" = none */
    const char *doc;
} TtfsKey;

typedef struct {
    const TtfsKey *at;
    size_t len;
    const char *schema; /* where a user finds them described */
} TtfsKeys;

enum { TTFS_KEYS_JSON_MAX = 64 * 1024 };

/* A WHOLE, REAL or FLAG (0, 1) of `of`. */
double ttfs_key_get(const TtfsKey *k, const void *of);

/* Reads a description of at most 64 KiB into `to`, all zeros. Unknown keys are refused with the
 * nearest known one, what is left out gets its default. Texts lie in the arena. */
bool ttfs_keys_read(const TtfsKeys *keys, void *to, const char *file, const void *text, size_t n,
                    TtfsArena *a, TtfsDiag *diag);
/* Every key in its range? */
bool ttfs_keys_check(const TtfsKeys *keys, const void *of, const char *file, TtfsDiag *diag);
/* Canonical JSON: every key but notes, a line each, a group on one. */
void ttfs_keys_print(const TtfsKeys *keys, const void *of, TtfsBuf *out);
/* The same into an object `key` of a document. */
void ttfs_keys_json(const TtfsKeys *keys, const void *of, const char *key, TtfsJson *j);

/* Inside of hw. */

/* Its name in the object that holds it, and whether that is `group` (NULL: the outermost). */
const char *ttfs_key_name(const TtfsKey *k);
bool ttfs_key_in(const TtfsKey *k, const TtfsKey *group);
/* The error that `found` is not what the key takes; false. */
bool ttfs_key_fault(const TtfsKey *k, const char *found, const char *file, TtfsDiag *diag);
bool ttfs_key_check(const TtfsKey *k, const void *of, const char *file, TtfsDiag *diag);

#endif
