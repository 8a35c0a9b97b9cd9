/* SPDX-License-Identifier: Apache-2.0
 *
 * Handler of Resize and Upsample with the nearest value: which place of the input each place of the
 * result takes is a constant list along each axis (ONNX operator specification, Resize). What takes
 * means of neighbours is refused.
 */
#include "onnx_import.h"

#include <math.h>
#include <string.h>

typedef struct {
    const char *from, *nearest; /* coordinate_transformation_mode, nearest_mode */
    bool named;                 /* the axes are an attribute */
    uint32_t axis[TTFS_MAX_RANK], axes;
    double scale[TTFS_MAX_RANK];
    uint32_t size[TTFS_MAX_RANK]; /* of the result; in the order of `axis`, as the scales */
} Resize;

static double source(const Resize *r, double at, double scale, uint32_t in, uint32_t out) {
    if (strcmp(r->from, "asymmetric") == 0) return at / scale;
    if (strcmp(r->from, "align_corners") == 0) return out > 1 ? at * (in - 1) / (out - 1) : 0;
    if (strcmp(r->from, "pytorch_half_pixel") == 0 && out <= 1) return 0;
    if (strcmp(r->from, "tf_half_pixel_for_nn") == 0) return (at + 0.5) / scale;
    return (at + 0.5) / scale - 0.5;
}

static double rounded(const Resize *r, double v) {
    if (strcmp(r->nearest, "floor") == 0) return floor(v);
    if (strcmp(r->nearest, "ceil") == 0) return ceil(v);
    bool half = v - floor(v) == 0.5, up = strcmp(r->nearest, "round_prefer_ceil") == 0;
    return half ? up ? ceil(v) : floor(v) : round(v);
}

static bool read_modes(OnnxImport *im, const OnnxNode *n, Resize *r) {
    static const char known[] = " half_pixel pytorch_half_pixel asymmetric align_corners "
                                "tf_half_pixel_for_nn ";
    const char *mode = "nearest", *ratio = "stretch";
    bool old = im->opset < 11 || n->type[0] == 'U';
    r->from = old ? "asymmetric" : "half_pixel";
    r->nearest = old ? "floor" : "round_prefer_floor";
    if (!ttfs_onnx_attr_text(im, n, "mode", &mode) ||
        !ttfs_onnx_attr_text(im, n, "nearest_mode", &r->nearest) ||
        !ttfs_onnx_attr_text(im, n, "keep_aspect_ratio_policy", &ratio) ||
        !ttfs_onnx_attr_text(im, n, "coordinate_transformation_mode", &r->from))
        return false;
    const char *place = strstr(known, r->from);
    size_t len = strlen(r->from);
    bool fits = len && place && place[-1] == ' ' && place[len] == ' ';
    if (fits && strcmp(mode, "nearest") == 0 && strcmp(ratio, "stretch") == 0) return true;
    return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR,
                              "resize to the nearest value, or upsample by a ConvTranspose",
                              "mode '%s' with coordinates '%s' is not supported", mode, r->from);
}

/* Scales or sizes, whichever is given, one an axis. */
static bool read_sizes(OnnxImport *im, const OnnxNode *n, const TtfsTensorInfo *x, Resize *r) {
    bool sized = ttfs_onnx_is_const(n, 3) && n->in[3]->c.count;
    uint32_t at = n->type[0] == 'U' || im->opset < 11 ? 1 : 2;
    const Onnx__AttributeProto *old = ttfs_onnx_attr(n, "scales");
    const OnnxConst *c = sized ? &n->in[3]->c : ttfs_onnx_is_const(n, at) ? &n->in[at]->c : NULL;
    uint64_t count = old ? old->n_floats : c ? c->count : 0;
    bool fits = count == r->axes && (old || (sized ? c->n != NULL : c->f != NULL));
    for (uint32_t i = 0; fits && i < r->axes; i++) {
        double in = (double)x->dim[r->axis[i]];
        double v = old ? (double)old->floats[i] : sized ? (double)c->n[i] : (double)c->f[i];
        r->scale[i] = sized ? v / in : v;
        double size = sized ? v : floor(in * v);
        fits = r->scale[i] > 0 && size >= 1 && size <= 1 << 24;
        r->size[i] = fits ? (uint32_t)size : 0;
    }
    if (fits) return true;
    return ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, "export the model with constant sizes",
                              "it has neither constant scales nor constant sizes, one an axis");
}

static bool read_axes(OnnxImport *im, const OnnxNode *n, uint32_t rank, Resize *r) {
    const int64_t *axes;
    size_t count;
    if (!ttfs_onnx_attr_ints(im, n, "axes", &axes, &count)) return false;
    r->axes = count ? (uint32_t)count : rank;
    if (count > TTFS_MAX_RANK)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "%zu axes of %u", count, rank);
    for (uint32_t i = 0; i < r->axes; i++)
        if (!ttfs_onnx_axis(im, n, count ? axes[i] : (int64_t)i, rank, &r->axis[i])) return false;
    return true;
}

void ttfs_onnx_resize(OnnxImport *im, OnnxNode *n) {
    Resize r = {0};
    if (!read_modes(im, n, &r)) {
        return;
    }
    if (n->unknown) return;
    TtfsTensor first = ttfs_onnx_activation(im, n, 0), x = first;
    if (!x.i) return;
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, x);
    if (!read_axes(im, n, t.rank, &r) || !read_sizes(im, n, &t, &r)) return;
    for (uint32_t i = 0; x.i && i < r.axes; i++) {
        uint32_t in = t.dim[r.axis[i]], out = r.size[i];
        int64_t *place = TTFS_ARRAY(&im->scratch, int64_t, out);
        for (uint32_t k = 0; k < out; k++) {
            double at = rounded(&r, source(&r, k, r.scale[i], in, out));
            place[k] = at < 0 ? 0 : at > in - 1 ? in - 1 : (int64_t)at;
        }
        x = ttfs_onnx_emit_places(im, n, x, r.axis[i], place, out);
    }
    if (x.i == first.i) ttfs_onnx_identity(im, n);
}
