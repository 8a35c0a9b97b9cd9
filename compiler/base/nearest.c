/* SPDX-License-Identifier: Apache-2.0
 *
 * Edit distance, one row at a time.
 */
#include "nearest.h"

#include <stdint.h>
#include <string.h>

static size_t edit_distance(const char *a, const char *b) {
    enum { LONGEST = 64 };
    size_t n = strlen(b), row[LONGEST + 1];
    if (n > LONGEST || strlen(a) > LONGEST) return SIZE_MAX;
    for (size_t j = 0; j <= n; j++) row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n];
}

const char *ttfs_nearest(const char *word, const char *const *known, size_t n) {
    const char *best = n ? known[0] : "";
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        size_t d = edit_distance(word, known[i]);
        if (d < least) {
            least = d;
            best = known[i];
        }
    }
    return best;
}

const char *ttfs_near(const char *word, const char *const *known, size_t n) {
    enum { LETTERS = 3 };
    size_t len = strlen(word);
    for (size_t i = 0; len >= LETTERS && i < n; i++)
        if (strstr(known[i], word)) return known[i];
    const char *best = ttfs_nearest(word, known, n);
    return n && edit_distance(word, best) <= (len + 1) / 2 ? best : NULL;
}
