/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensor data in another file (onnx/docs/ExternalData.md): location, offset, length. The location
 * is a path relative to the model's folder without "..", and the file it leads to, links followed,
 * lies inside that folder. The file is mapped once, into the IR, and never read as a whole.
 */
#define _XOPEN_SOURCE 700 /* realpath */
#include "onnx_import.h"

#include <stdlib.h>
#include <string.h>

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

/* The real path of `location` when it lies inside the model's folder, else NULL. */
static char *inside_folder(OnnxImport *im, const char *location) {
    char *dir = ttfs_path_dir(&im->scratch, im->path), *found = NULL;
    char *root = realpath(dir, NULL);
    char *real = realpath(ttfs_path_join(&im->scratch, dir, location), NULL);
    if (root && real) {
        size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);
        if (strncmp(root, real, len) == 0 && real[len] == '/')
            found = ttfs_arena_strdup(&im->scratch, real);
    }
    free(root);
    free(real);
    return found;
}

/* The file, mapped at its first use. */
static const TtfsFile *map_of(OnnxImport *im, const char *name, const char *location) {
    if (!relative(location)) {
        bad(im, name, "the place of its data is not a path below the model's folder", location);
        return NULL;
    }
    const char *path = inside_folder(im, location);
    if (!path) {
        bad(im, name, "the file of its data is not in the model's folder", location);
        return NULL;
    }
    for (uint32_t i = 0; i < im->map_paths.len; i++)
        if (strcmp(im->map_paths.at[i], path) == 0) return &im->ir->maps.at[i];
    TtfsFile file;
    TtfsDiag own = {0};
    bool ok = ttfs_file_open(&file, path, SIZE_MAX / 4, &own);
    if (!ok) bad(im, name, ttfs_diag_error(&own)->what, location);
    ttfs_diag_free(&own);
    if (!ok) return NULL;
    *TTFS_PUSH(&im->scratch, im->map_paths) = path;
    *TTFS_PUSH(&im->ir->arena, im->ir->maps) = file;
    im->fold_budget += file.size * 2;
    ttfs_budget_grow(im->options.budget, file.size);
    return &im->ir->maps.at[im->ir->maps.len - 1];
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
    *bytes = file->bytes ? file->bytes + offset : (const unsigned char *)"";
    return true;
}
