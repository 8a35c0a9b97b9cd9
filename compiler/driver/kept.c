/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of outputs, kept by sample. In: values in real units; out: float32 arrays, the samples
 * along the first axis, behind it the output's own axes.
 */
#include "kept.h"

#include <string.h>

static bool ends_with(const char *path, const char *end) {
    size_t n = strlen(path), m = strlen(end);
    return n > m && strcmp(path + n - m, end) == 0;
}

static bool check_path(const char *path, uint32_t outputs, TtfsDiag *diag) {
    if (ends_with(path, ".npz")) return true;
    if (!ends_with(path, ".npy"))
        return ttfs_error(diag, TTFS_AT_FILE("--outputs"), TTFS_OPTION_VALUE,
                          "'%s' ends with neither .npy nor .npz", path);
    return outputs == 1 || ttfs_error(diag, TTFS_AT_FILE("--outputs"), TTFS_OPTION_VALUE,
                                      "the network has %u outputs: they need an .npz", outputs);
}

/* The axes behind the first, which is the batch. */
static void take_shape(TtfsFloats *f, const TtfsOutput *o, uint64_t samples) {
    f->name = o->name;
    f->dim[f->rank++] = samples;
    for (uint32_t i = o->rank > 1; i < o->rank; i++) f->dim[f->rank++] = o->dim[i];
}

bool ttfs_kept_open(TtfsKept *k, const char *path, const TtfsOutput *output, uint32_t outputs,
                    uint64_t samples, TtfsArena *a, TtfsDiag *diag) {
    *k = (TtfsKept){.path = path, .outputs = outputs};
    if (!path) return true;
    if (!check_path(path, outputs, diag)) return false;
    k->array = TTFS_ARRAY(a, TtfsFloats, outputs);
    k->values = TTFS_ARRAY(a, float *, outputs);
    for (uint32_t i = 0; i < outputs; i++) {
        take_shape(&k->array[i], &output[i], samples);
        k->values[i] = TTFS_ARRAY(a, float, samples *ttfs_output_count(&output[i]));
        k->array[i].values = k->values[i];
    }
    return true;
}

void ttfs_kept_add(TtfsKept *k, uint64_t sample, uint32_t output, const double *values) {
    if (!k->array) return;
    uint64_t n = 1;
    for (uint32_t i = 1; i < k->array[output].rank; i++) n *= k->array[output].dim[i];
    for (uint64_t i = 0; i < n; i++) k->values[output][sample * n + i] = (float)values[i];
}

bool ttfs_kept_write(const TtfsKept *k, TtfsDiag *diag) {
    if (!k->array) return true;
    return ends_with(k->path, ".npz") ? ttfs_npz_write(k->path, k->array, k->outputs, diag)
                                      : ttfs_npy_write(k->path, &k->array[0], diag);
}
