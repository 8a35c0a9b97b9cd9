/* SPDX-License-Identifier: Apache-2.0
 *
 * Patches of Conv and the pools: attributes -> kernel, strides, dilations and explicit pads, which
 * give the same values as automatic padding and ceil_mode. One-dimensional layers become 2-D ones
 * of height 1: their axis is the columns.
 */
#include "onnx_import.h"

#include <string.h>

enum { LARGEST = 1 << 20 }; /* of kernels, strides, dilations, pads */

/* `per_axis` integers in [least, LARGEST] for each spatial axis, or none. In `out`, values of axis
 * i lie at 2 - axes + i, and those of the far end two further. */
static bool read_sizes(OnnxImport *im, const OnnxNode *n, const char *name, uint32_t per_axis,
                       int64_t least, uint32_t *out, OnnxPatch *w) {
    const int64_t *v;
    size_t found;
    if (!ttfs_onnx_attr_ints(im, n, name, &v, &found)) return false;
    if (found == 0) return true;
    size_t axes = found / per_axis;
    bool fits = found % per_axis == 0 && axes >= 1 && axes <= 2;
    if (!fits || (w->spatial && axes != w->spatial))
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, "use the 2-D form of the layer",
                                  "attribute '%s' has %zu values, %u expected", name, found,
                                  (w->spatial ? w->spatial : 2) * per_axis);
    w->spatial = (uint32_t)axes;
    for (size_t i = 0; i < found; i++) {
        if (v[i] < least || v[i] > LARGEST)
            return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "attribute '%s' holds %lld",
                                      name, (long long)v[i]);
        out[2 - axes + i % axes + i / axes * 2] = (uint32_t)v[i];
    }
    return true;
}

bool ttfs_onnx_read_patch(OnnxImport *im, const OnnxNode *n, OnnxPatch *w) {
    const char *mode = "NOTSET";
    int64_t ceil_mode = 0;
    *w = (OnnxPatch){.attr = ttfs_ir_attr()};
    bool ok = read_sizes(im, n, "kernel_shape", 1, 1, w->attr.kernel, w);
    w->has_kernel = w->spatial != 0;
    ok = read_sizes(im, n, "strides", 1, 1, w->attr.stride, w) && ok;
    ok = read_sizes(im, n, "dilations", 1, 1, w->attr.dilation, w) && ok;
    ok = read_sizes(im, n, "pads", 2, 0, w->attr.pad, w) && ok;
    ok = ttfs_onnx_attr_int(im, n, "ceil_mode", &ceil_mode) && ok;
    if (!ttfs_onnx_attr_text(im, n, "auto_pad", &mode)) return false;
    w->pad_mode = strcmp(mode, "NOTSET") == 0       ? 'N'
                  : strcmp(mode, "VALID") == 0      ? 'V'
                  : strcmp(mode, "SAME_UPPER") == 0 ? 'U'
                  : strcmp(mode, "SAME_LOWER") == 0 ? 'L'
                                                    : 0;
    if (w->pad_mode == 'N' && ceil_mode) w->pad_mode = 'C';
    if (!w->pad_mode)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "auto_pad '%s' is unknown", mode);
    return ok;
}

/* Explicit pads along one axis for an input of `size` (ONNX Conv and MaxPool, auto_pad). */
static void same_pads(OnnxPatch *w, int axis, uint32_t size) {
    const TtfsIrAttr *a = &w->attr;
    uint64_t stride = a->stride[axis],
             span = (uint64_t)(a->kernel[axis] - 1) * a->dilation[axis] + 1;
    uint64_t outputs = (size + stride - 1) / stride, need = (outputs - 1) * stride + span;
    uint32_t total = need > size ? (uint32_t)(need - size) : 0;
    w->attr.pad[axis] = w->pad_mode == 'U' ? total / 2 : total - total / 2;
    w->attr.pad[axis + 2] = total - w->attr.pad[axis];
}

/* With ceil_mode the last patch may end beyond the pads, but must not begin there: the missing
 * part is more padding at the end, which an average never counts. */
static void ceil_pads(OnnxPatch *w, int axis, uint32_t size) {
    const TtfsIrAttr *a = &w->attr;
    uint64_t stride = a->stride[axis],
             span = (uint64_t)(a->kernel[axis] - 1) * a->dilation[axis] + 1;
    uint64_t room = (uint64_t)size + a->pad[axis] + a->pad[axis + 2];
    if (span > room) return; /* shape inference says so */
    uint64_t last = (room - span + stride - 1) / stride * stride;
    if (last >= (uint64_t)size + a->pad[axis]) last -= stride;
    if (last + span > room) w->over[axis] = (uint32_t)(last + span - room);
}

void ttfs_onnx_settle_pads(OnnxPatch *w, const TtfsTensorInfo *x) {
    if (x->rank != 4) return; /* shape inference says so */
    for (int axis = 0; axis < 2; axis++) {
        if (w->pad_mode == 'V') w->attr.pad[axis] = w->attr.pad[axis + 2] = 0;
        if (w->pad_mode == 'U' || w->pad_mode == 'L') same_pads(w, axis, x->dim[axis + 2]);
        if (w->pad_mode == 'C') ceil_pads(w, axis, x->dim[axis + 2]);
    }
}

TtfsTensor ttfs_onnx_patch_input(OnnxImport *im, OnnxNode *n, uint32_t input, OnnxPatch *w) {
    TtfsTensor x = ttfs_onnx_activation(im, n, input);
    if (!x.i) return x;
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, x);
    uint32_t axes = t.rank - 2;
    if (t.rank != 3 && t.rank != 4) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, "use the 1-D or 2-D form of the layer",
                           "an input of %u dimensions, 3 or 4 expected", t.rank);
        return (TtfsTensor){0};
    }
    if (w->spatial && w->spatial != axes) {
        ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL,
                           "its attributes are those of a %u-D layer, its input has %u dimensions",
                           w->spatial, t.rank);
        return (TtfsTensor){0};
    }
    w->spatial = axes;
    if (axes == 1)
        x = ttfs_onnx_emit_reshape(im, n, x, 4, (uint32_t[]){t.dim[0], t.dim[1], 1, t.dim[2]});
    return x;
}

void ttfs_onnx_emit_patch(OnnxImport *im, OnnxNode *n, TtfsNode *node, uint32_t spatial) {
    TtfsTensor y = ttfs_onnx_emit(im, n, node, NULL);
    if (!y.i || spatial != 1) return;
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, y);
    ttfs_onnx_emit_reshape(im, n, y, 3, (uint32_t[]){t.dim[0], t.dim[1], t.dim[3]});
}
