/* SPDX-License-Identifier: Apache-2.0
 *
 * Cache: compiled code on disk, by the hash of all that it depends on. An entry is a file
 * FOLDER/KEY.o with a header (magic, length, SHA-256 of key and content); whatever is damaged
 * counts as absent, and so does what another user wrote or could write, since it will be executed.
 * What is got is a copy: later changes of the file are not seen. Safe under concurrent use: entries
 * appear by rename, and losing one costs only time. The folder's size is bounded: the entries used
 * longest ago go first. A key is 64 hexadecimal digits, ttfs_sha256_hex's.
 */
#ifndef TTFS_CACHE_H
#define TTFS_CACHE_H

#include "buf.h"

#include <stdbool.h>

/* Appends the content of an entry to *out; false when there is none that is sound. Marks it used.
 */
bool ttfs_cache_get(const char *folder, const char *key, TtfsBuf *out);
/* Keeps an entry; makes the folder. Failure is no error: false, nothing is kept. */
bool ttfs_cache_put(const char *folder, const char *key, const void *bytes, size_t n);
/* Removes entries, the longest unused first, and leftovers of writers that died, until the folder
 * holds at most `most` bytes. */
void ttfs_cache_trim(const char *folder, uint64_t most);

#endif
