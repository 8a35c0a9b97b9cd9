/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole files: bounded reads (file.c), writes that appear at once or not at all (file_write.c),
 * folders, paths.
 */
#ifndef TTFS_FILE_H
#define TTFS_FILE_H

#include "diag.h"

/* A file's bytes, mapped read-only and followed by no terminator. Release with ttfs_file_close. */
typedef struct {
    const unsigned char *bytes; /* never NULL of an open file */
    size_t size;
    void *held; /* the map, by the guard */
} TtfsFile;

/* Reports what errno says of `path`; leaves for the guard when that is a want of memory. */
bool ttfs_file_fault(TtfsDiag *diag, const char *path, TtfsCode code);
/* Maps `path`; refuses what is not a regular file or is larger than `limit` bytes. */
bool ttfs_file_open(TtfsFile *f, const char *path, size_t limit, TtfsDiag *diag);
void ttfs_file_close(TtfsFile *f);
/* SHA-256 of a file, as 64 hexadecimal digits and a NUL. */
bool ttfs_file_sha256(const char *path, char hex[65], TtfsDiag *diag);

/* Writes all bytes to an open file, whatever interrupts or wants waiting for; false: errno says
 * why.
 */
bool ttfs_write_all(int fd, const void *bytes, size_t n);
/* Writes what the user names. A file appears whole, on the disk, or not at all: readers see the old
 * one or the new. Symbolic links are followed; devices and FIFOs are written, never replaced. */
bool ttfs_file_write(const char *path, const void *bytes, size_t n, TtfsDiag *diag);
/* The same for a file in a folder of ttfs: a link of its name is replaced, not followed. */
bool ttfs_file_replace(const char *path, const void *bytes, size_t n, TtfsDiag *diag);
/* Writes a file of a folder that is still in the making, plainly: it appears with its first byte
 * and is on the disk when ttfs_sync_tree says so. */
bool ttfs_file_fill(const char *path, const void *bytes, size_t n, TtfsDiag *diag);
/* The same part by part: begin, put as often as needed, end, which alone says what went wrong. */
typedef struct {
    const char *path;
    int fd;    /* -1: not open */
    int fault; /* errno of the first failure, 0: none */
    int *own;  /* fd, held; NULL: it is the temporary file's, or */
    bool lent; /* fd is standard output or error, which the file is open as already */
    struct TtfsTemporary *temporary; /* becomes `target`; NULL: fd is the file itself */
    const char *target;
    TtfsArena arena;
} TtfsFileWriter;
void ttfs_file_begin(TtfsFileWriter *w, const char *path);
void ttfs_file_begin_replace(TtfsFileWriter *w, const char *path);
void ttfs_file_begin_fill(TtfsFileWriter *w, const char *path);
void ttfs_file_put(TtfsFileWriter *w, const void *bytes, size_t n);
/* Writes over what was put at byte `at`. Only a file that is not there under its name yet takes
 * that: ttfs_file_seeks. */
bool ttfs_file_seeks(const TtfsFileWriter *w);
void ttfs_file_put_at(TtfsFileWriter *w, uint64_t at, const void *bytes, size_t n);
bool ttfs_file_end(TtfsFileWriter *w, TtfsDiag *diag);
/* In place of the end: no file appears, the old one stays. What went to a device has gone. */
void ttfs_file_drop(TtfsFileWriter *w);
/* Returns when a file, or a folder with all in it, is on the disk. False: errno says why. */
bool ttfs_sync_tree(const char *path);
/* The same of an open file. */
bool ttfs_sync_open(int fd);
/* The same of a file's name, new, gone or exchanged. */
bool ttfs_sync_name(const char *path);

/* Makes the folder and those above it. */
bool ttfs_make_folders(const char *path, TtfsDiag *diag);
bool ttfs_file_exists(const char *path);
bool ttfs_is_folder(const char *path);
/* Removes a file, or a folder with all in it; links are removed, not followed. Absent is fine. */
bool ttfs_remove_tree(const char *path, TtfsDiag *diag);
/* The same without a word: errno says why. */
bool ttfs_remove_path(const char *path);

/* `dir`/`name`; `name` alone when it is absolute or `dir` is empty. */
char *ttfs_path_join(TtfsArena *a, const char *dir, const char *name);
/* The folder part of `path`: "." when it has none. */
char *ttfs_path_dir(TtfsArena *a, const char *path);
/* What follows the last slash. */
const char *ttfs_path_base(const char *path);
/* Where a path leads when its last part is a symbolic link, or a link to one; there need be nothing
 * there. NULL: errno says why. */
char *ttfs_path_follow(TtfsArena *a, const char *path);

#endif
