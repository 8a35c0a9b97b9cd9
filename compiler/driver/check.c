/* SPDX-License-Identifier: Apache-2.0
 *
 * A model's operators and, where these let them be seen, its forms, all in one go.
 */
#include "check.h"

#include "ir_to_ir.h"
#include "onnx_to_ir.h"

bool ttfs_check(const char *model, uint64_t memory, TtfsDiag *diag) {
    TtfsIr imported = {0}, net = {0}, canonical = {0};
    TtfsBudget budget;
    TtfsOnnxOptions all = {.keep_refused = true, .budget = &budget, .memory = memory};
    bool ok = ttfs_onnx_import(model, &all, &imported, diag);
    if (imported.output.i) {
        bool forms = ttfs_ir_drop_tail(&imported, &net, model, diag) &&
                     ttfs_ir_canonical(&net, &canonical, model, diag);
        ok = ok && forms;
    }
    ttfs_ir_free(&canonical);
    ttfs_ir_free(&net);
    ttfs_ir_free(&imported);
    return ok;
}
