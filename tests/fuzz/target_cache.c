/* SPDX-License-Identifier: Apache-2.0
 *
 * Entries of the cache of compiled code. A file is an entry only when putting what is got of it
 * makes the same file; what was put is got, but not with a bit changed, its end cut off, or under
 * another key.
 */
#include "cache.h"
#include "fuzz.h"

#include <string.h>
#include <sys/stat.h>

#define KEY   "0000000000000000000000000000000000000000000000000000000000000000"
#define OTHER "1111111111111111111111111111111111111111111111111111111111111111"

static bool is_got(const char *key) {
    TtfsBuf out = {0};
    bool got = ttfs_cache_get(fuzz_path("cache"), key, &out);
    ttfs_buf_free(&out);
    return got;
}

/* Puts the bytes; the file that they become, in *file. */
static void put(const void *bytes, size_t n, TtfsBuf *file) {
    TtfsDiag diag = {0};
    TtfsFile f;
    fuzz_expect(ttfs_cache_put(fuzz_path("cache"), KEY, bytes, n), "an entry is not put");
    fuzz_expect(ttfs_file_open(&f, fuzz_path("cache/" KEY ".o"), SIZE_MAX / 2, &diag),
                "an entry has no file");
    ttfs_buf_bytes(file, f.bytes, f.size);
    ttfs_file_close(&f);
}

/* The bytes as the file of an entry. */
static bool is_entry(const uint8_t *bytes, size_t n) {
    TtfsBuf content = {0}, given = {0}, file = {0};
    fuzz_file("cache/" KEY ".o", bytes, n);
    bool got = ttfs_cache_get(fuzz_path("cache"), KEY, &content);
    if (got) {
        ttfs_buf_bytes(&given, bytes, n);
        put(content.text, content.len, &file);
    }
    fuzz_same(&given, &file, "an entry that was never put");
    ttfs_buf_free(&content);
    return got;
}

static bool is_entry_named(const char *name, const TtfsBuf *file, size_t n, const char *key) {
    ttfs_remove_path(fuzz_path("cache/" KEY ".o"));
    fuzz_file(name, file->text, n);
    bool got = is_got(key);
    ttfs_remove_path(fuzz_path(name));
    return got;
}

bool fuzz_cache(const uint8_t *bytes, size_t n) {
    TtfsBuf content = {0}, file = {0}, want = {0};
    mkdir(fuzz_path("cache"), 0700);
    bool entry = is_entry(bytes, n);
    put(n ? (const void *)bytes : "", n, &file);
    fuzz_expect(ttfs_cache_get(fuzz_path("cache"), KEY, &content), "what was put is not got");
    ttfs_buf_bytes(&want, n ? (const void *)bytes : "", n);
    fuzz_same(&want, &content, "what is got is not what was put");

    size_t bit = (n ? bytes[0] * 251u + bytes[n - 1] : 0) % (8 * file.len);
    fuzz_expect(!is_entry_named("cache/" OTHER ".o", &file, file.len, OTHER),
                "an entry of another key is got");
    fuzz_expect(!is_entry_named("cache/" KEY ".o", &file, file.len - 1, KEY),
                "an entry without its end is got");
    file.text[bit / 8] ^= (char)(1 << bit % 8);
    fuzz_expect(!is_entry_named("cache/" KEY ".o", &file, file.len, KEY), "a changed entry is got");
    ttfs_cache_trim(fuzz_path("cache"), 0);
    ttfs_buf_free(&file);
    return entry;
}
