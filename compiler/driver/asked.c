/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of options: numbers within bounds, one of some words, what must be there.
 */
#include "asked.h"

#include "file.h"
#include "out_tree.h"

#include <string.h>
#include <sys/stat.h>

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

static bool same_inode(const char *a, const char *b, bool files) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
           (!files || S_ISREG(x.st_mode));
}

/* Of what is not there yet the name in its folder counts. */
bool ttfs_asked_one_file(const char *a, const char *b) {
    TtfsArena scratch = {0};
    bool there = ttfs_file_exists(a) || ttfs_file_exists(b);
    bool one = there
                   ? same_inode(a, b, true)
                   : strcmp(ttfs_path_base(a), ttfs_path_base(b)) == 0 &&
                         same_inode(ttfs_path_dir(&scratch, a), ttfs_path_dir(&scratch, b), false);
    ttfs_arena_free(&scratch);
    return one;
}

bool ttfs_asked_apart(const char *option, const char *path, const char *other, TtfsDiag *diag) {
    return !path || !ttfs_asked_one_file(path, other) ||
           ttfs_error(diag, TTFS_AT_FILE(option), TTFS_OPTION_VALUE,
                      "'%s' is the file '%s' too: name another", path, other);
}

bool ttfs_asked_outside(const char *option, const char *path, const char *folder, TtfsDiag *diag) {
    TtfsArena a = {0};
    bool own = path && folder && ttfs_out_has(folder, path, &a);
    ttfs_arena_free(&a);
    return !own ||
           ttfs_error(diag, TTFS_AT_FILE(option), TTFS_OPTION_VALUE,
                      "'%s' is a file of the folder '%s' itself: name another", path, folder);
}
