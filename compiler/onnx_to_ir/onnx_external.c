/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensor data in another file (onnx/docs/ExternalData.md): location, offset, length. The location
 * is a path relative to the model's folder without "..": a model cannot name a file elsewhere. The
 * file it leads to, links followed, lies inside that folder or that of the model's own file (a
 * folder of links into a store, as model hubs make it), or the link is the user's own, which is
 * noted. The file is mapped once, into the IR, and never read as a whole; what is wrong with it is
 * said once, not for each tensor.
 */
#define _XOPEN_SOURCE 700 /* realpath, lstat */
#include "onnx_import.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const char *location, *offset, *length;
} Entries;

static Entries entries_of(const Onnx__TensorProto *t) {
    Entries e = {0};
    for (size_t i = 0; i < t->n_external_data; i++) {
        const char *key = t->external_data[i]->key, *value = t->external_data[i]->value;
        if (!key || !value) continue;
        if (strcmp(key, "location") == 0) e.location = value;
        if (strcmp(key, "offset") == 0) e.offset = value;
        if (strcmp(key, "length") == 0) e.length = value;
    }
    return e;
}

static bool bad(OnnxImport *im, const char *name, const char *what, const char *location) {
    return ttfs_onnx_fault(im, name, "", TTFS_ONNX_TENSOR,
                           "put the file with the weights beside the model", "%s: '%s'", what,
                           location);
}

/* Every part of the path is a plain name. */
static bool relative(const char *path) {
    if (*path == 0 || *path == '/' || strchr(path, '\\')) return false;
    for (const char *at = path; at; at = strchr(at, '/')) {
        if (*at == '/') at++;
        size_t len = strcspn(at, "/");
        if (len == 2 && at[0] == '.' && at[1] == '.') return false;
    }
    return true;
}

/* The path with links followed, NULL when there is nothing. */
static char *real_path(OnnxImport *im, const char *path) {
    char *real = ttfs_arena_array(&im->scratch, PATH_MAX, 1);
    errno = 0;
    if (realpath(path, real)) return real;
    if (errno == ENOMEM) ttfs_oom(PATH_MAX);
    return NULL;
}

/* True when the real path lies below the folder's real path. */
static bool below(OnnxImport *im, const char *folder, const char *real) {
    const char *root = real_path(im, folder);
    size_t len = !root || strcmp(root, "/") == 0 ? 0 : strlen(root);
    return root && strncmp(root, real, len) == 0 && real[len] == '/';
}

/* True when the path is a link in a folder below the model's, and link and target are the user's
 * own: he put it there, or a program that he ran, as model hubs do. */
static bool own_link(OnnxImport *im, const char *folder, const char *path, const char *real) {
    struct stat link, target;
    const char *parent = real_path(im, ttfs_path_dir(&im->scratch, path));
    bool inside = parent && below(im, folder, ttfs_path_join(&im->scratch, parent, ""));
    return inside && lstat(path, &link) == 0 && S_ISLNK(link.st_mode) && stat(real, &target) == 0 &&
           link.st_uid == geteuid() && target.st_uid == geteuid();
}

/* The real path of `location` when it may be read: it lies in the model's folder, in the folder of
 * the file that the model is a link to, or behind a link of the user's own. Else NULL. */
static const char *readable(OnnxImport *im, const char *name, const char *location) {
    const char *folder = ttfs_path_dir(&im->scratch, im->path);
    const char *path = ttfs_path_join(&im->scratch, folder, location);
    const char *real = real_path(im, path), *model = real_path(im, im->path);
    if (!real || below(im, folder, real) ||
        (model && below(im, ttfs_path_dir(&im->scratch, model), real)))
        return real;
    if (!own_link(im, folder, path, real)) return NULL;
    ttfs_note(im->diag, TTFS_AT_NODE(im->path, name),
              "the weights are read from '%s', where the link '%s' leads", real, location);
    return real;
}

/* Opens the file of a location, or says once why not. */
static bool open_file(OnnxImport *im, const char *name, OnnxDataFile *f) {
    if (!relative(f->location))
        return bad(im, name, "the place of its data is not a path below the model's folder",
                   f->location);
    const char *path = readable(im, name, f->location);
    if (!path)
        return bad(im, name,
                   "the file of its data is not in the model's folder, nor behind a link of yours "
                   "in it",
                   f->location);
    TtfsFile file;
    TtfsDiag own = {0};
    bool ok = ttfs_file_open(&file, path, SIZE_MAX / 4, &own);
    if (!ok) bad(im, name, ttfs_diag_error(&own)->what, f->location);
    ttfs_diag_free(&own);
    if (!ok) return false;
    *TTFS_PUSH(&im->ir->arena, im->ir->maps) = file;
    f->map = im->ir->maps.len;
    im->fold_budget += file.size * 2;
    ttfs_budget_grow(im->options.budget, file.size);
    return true;
}

/* The file, mapped at its first use; NULL after a fault, which was said at the first use too. */
static const TtfsFile *map_of(OnnxImport *im, const char *name, const char *location) {
    OnnxDataFile *f = NULL;
    for (uint32_t i = 0; !f && i < im->data_files.len; i++)
        if (strcmp(im->data_files.at[i].location, location) == 0) f = &im->data_files.at[i];
    if (!f) {
        f = TTFS_PUSH(&im->scratch, im->data_files);
        *f = (OnnxDataFile){.location = location};
        open_file(im, name, f);
    }
    return f->map ? &im->ir->maps.at[f->map - 1] : NULL;
}

static bool number(const char *text, uint64_t *out) {
    *out = 0;
    if (!*text) return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (*out > (UINT64_MAX - 9) / 10) return false;
        *out = *out * 10 + (uint64_t)(*text - '0');
    }
    return *text == 0;
}

bool ttfs_onnx_external(OnnxImport *im, const char *name, const Onnx__TensorProto *t,
                        const unsigned char **bytes, uint64_t *size) {
    Entries e = entries_of(t);
    uint64_t offset = 0;
    if (!e.location)
        return bad(im, name, "its data lies in another file, but no file is named", "");
    if ((e.offset && !number(e.offset, &offset)) || (e.length && !number(e.length, size)))
        return bad(im, name, "the offset or length of its data is no number", e.location);
    const TtfsFile *file = map_of(im, name, e.location);
    if (!file) return false;
    if (offset > file->size || *size > file->size - offset)
        return ttfs_onnx_fault(im, name, "", TTFS_ONNX_TENSOR, "export the model again",
                               "its data is %llu bytes at %llu of '%s', which has %zu bytes",
                               (unsigned long long)*size, (unsigned long long)offset, e.location,
                               file->size);
    *bytes = file->bytes + offset;
    return true;
}
