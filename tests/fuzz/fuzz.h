/* SPDX-License-Identifier: Apache-2.0
 *
 * What the fuzz targets share. A target takes any bytes as one kind of input, gives them to its
 * reader, and aborts when the reader misbehaves: a refusal without a message or an acceptance with
 * one, a message that a terminal would obey, something taken that does not print and read back to
 * the same. Invariant: a target keeps nothing from one call to the next but its scratch folder.
 */
#ifndef TTFS_FUZZ_H
#define TTFS_FUZZ_H

#include "base.h"

/* True when the reader took the bytes. The rows of targets.def. */
#define TTFS_FUZZ(name, dictionary, folders) bool fuzz_##name(const uint8_t *bytes, size_t n);
#include "targets.def"
#undef TTFS_FUZZ

/* Aborts, saying what does not hold. */
void fuzz_expect(bool holds, const char *what);
/* Holds the messages against what was returned, prints and frees them; returns `ok`. */
bool fuzz_said(bool ok, TtfsDiag *diag);
/* Aborts unless the two texts are equal; frees both. */
void fuzz_same(TtfsBuf *text, TtfsBuf *again, const char *what);

/* Reads the bytes; when they are taken, prints them to *text. */
typedef bool FuzzReader(const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag);
/* True when `first` took the bytes; then `second` must take what it printed and print the same. */
bool fuzz_twice(FuzzReader *first, FuzzReader *second, const uint8_t *bytes, size_t n);

/* A path in this process's scratch folder, which is made at the first call and removed at the end;
 * lives until the end. */
const char *fuzz_path(const char *name);
/* The same of a file with these bytes. */
const char *fuzz_file(const char *name, const void *bytes, size_t n);

/* A part of bytes that hold several files: what follows a line `=== NAME`, up to the line's end
 * before the next such line or to the last byte. */
typedef struct {
    const uint8_t *at; /* NULL: there is no such part */
    size_t n;
} FuzzPart;

FuzzPart fuzz_part(const uint8_t *bytes, size_t n, const char *name);
/* Makes the file that the part is, below a folder of scratch that is there; without such a part
 * there is none. */
void fuzz_part_file(const uint8_t *bytes, size_t n, const char *folder, const char *name);

/* The bytes, damaged in 1 to 8 places; b->len may grow up to b->cap. */
typedef struct {
    uint8_t *at;
    size_t len, cap;
} FuzzBytes;

void fuzz_damage(FuzzBytes *b, TtfsRng *r);

#endif
