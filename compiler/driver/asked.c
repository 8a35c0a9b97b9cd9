/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of options: numbers within bounds, one of some words, what must be there.
 */
#include "asked.h"

#include <string.h>

bool ttfs_asked_within(const char *option, double value, double least, double most,
                       TtfsDiag *diag) {
    return (value >= least && value <= most) ||
           ttfs_error(diag, TTFS_AT_FILE(option), TTFS_OPTION_VALUE, "%.10g is not within %g to %g",
                      value, least, most);
}

bool ttfs_asked_word(const char *option, const char *text, const char *const *words,
                     uint32_t *index, TtfsDiag *diag) {
    TtfsBuf list = {0};
    if (!text) return true;
    for (uint32_t i = 0; words[i]; i++) {
        if (strcmp(text, words[i]) == 0) {
            ttfs_buf_free(&list);
            *index = i;
            return true;
        }
        ttfs_buf_printf(&list, "%s%s", i ? ", " : "", words[i]);
    }
    ttfs_error(diag, TTFS_AT_FILE(option), TTFS_OPTION_VALUE, "'%s' is none of %s", text,
               ttfs_buf_text(&list));
    ttfs_buf_free(&list);
    return false;
}

bool ttfs_asked_for(const char *option, const char *text, const char *what, TtfsDiag *diag) {
    return (text && *text) || ttfs_error(diag, TTFS_AT_FILE(option), TTFS_OPTION_VALUE, "%s", what);
}

bool ttfs_asked_folder(const char *folder, TtfsDiag *diag) {
    return ttfs_asked_for("folder", folder, "the path of a compiled folder is needed", diag);
}
