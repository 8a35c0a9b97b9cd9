/* SPDX-License-Identifier: Apache-2.0
 *
 * A model's first bytes say which importer reads it.
 */
#include "model.h"

TtfsModelOptions ttfs_model_options(const TtfsCompileOptions *o, TtfsBudget *budget) {
    return (TtfsModelOptions){
        .budget = budget, .memory = o->memory, .rank = o->shape_rank, .dim = o->shape};
}

static bool import_nir(const char *path, const void *bytes, size_t n, const TtfsModelOptions *o,
                       TtfsIr *out, TtfsDiag *diag) {
    TtfsNirOptions options = {
        .budget = o->budget, .memory = o->memory, .rank = o->rank, .shape_advice = o->shape_advice};
    for (uint32_t i = 0; i < o->rank; i++) options.dim[i] = o->dim[i];
    return ttfs_nir_import_bytes(path, bytes, n, &options, out, diag);
}

bool ttfs_model_import_bytes(const char *path, const void *bytes, size_t n,
                             const TtfsModelOptions *o, TtfsIr *out, TtfsDiag *diag) {
    TtfsOnnxOptions onnx = {
        .budget = o->budget, .memory = o->memory, .keep_refused = o->keep_refused};
    *out = (TtfsIr){0};
    if (ttfs_nir_is(bytes, n)) return import_nir(path, bytes, n, o, out, diag);
    if (o->rank)
        return ttfs_error(diag, TTFS_AT_FILE(path), TTFS_OPTION_VALUE,
                          "--input-shape is for NIR files; an ONNX model says its input's shape");
    return ttfs_onnx_import_bytes(path, bytes, n, &onnx, out, diag);
}

bool ttfs_model_import(const char *path, const TtfsModelOptions *o, TtfsIr *out, TtfsDiag *diag) {
    TtfsFile file;
    *out = (TtfsIr){0};
    if (!ttfs_file_open(&file, path, UINT32_MAX, diag)) return false;
    bool ok = ttfs_model_import_bytes(path, file.bytes, file.size, o, out, diag);
    ttfs_file_close(&file);
    return ok;
}
