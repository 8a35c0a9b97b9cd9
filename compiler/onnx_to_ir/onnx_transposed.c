/* SPDX-License-Identifier: Apache-2.0
 *
 * Handler of ConvTranspose, a convolution of an input with gaps. The results that lie at the same
 * place between two inputs, a phase, are one convolution with every stride-th tap; all phases are
 * the channels of one convolution with stride 1, whose result is moved into place (as DepthToSpace
 * does) and cut to its size. No zero is ever multiplied by an input.
 */
#include "onnx_import.h"

#include <string.h>

/* One axis. Result o = stride * q + r takes input q + (r + pad - tap * dilation) / stride for each
 * tap for which that is a whole number: the inputs q + low .. q + low + kernel - 1. */
typedef struct {
    int64_t in, out, taps, stride, dilation, pad, low, kernel, places; /* places: values of q */
} Axis;

static int64_t after(const Axis *a) { /* the pad behind the input */
    return a->places - 1 + a->low + a->kernel - a->in;
}

/* The inputs that any phase takes, and no negative pads. */
static void find_kernel(Axis *a) {
    int64_t low = 0, high = 0;
    for (int64_t t = 0; t < a->taps; t++)
        for (int64_t r = 0; r < a->stride; r++) {
            int64_t span = r + a->pad - t * a->dilation;
            if (span % a->stride) continue;
            if (span / a->stride < low) low = span / a->stride;
            if (span / a->stride > high) high = span / a->stride;
        }
    a->places = (a->out + a->stride - 1) / a->stride;
    if (high < a->in - a->places) high = a->in - a->places;
    a->low = low;
    a->kernel = high - low + 1;
}

/* What output_padding, output_shape and auto_pad make of the pads and the size of the result. */
static bool settle_axis(OnnxImport *im, const OnnxNode *n, const OnnxPatch *w, int i, int64_t more,
                        int64_t shape, Axis *a) {
    if (more < 0 || more >= a->stride + a->dilation)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "an output_padding of %lld",
                                  (long long)more);
    if (shape < 0 || shape > INT32_MAX)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "an output_shape of %lld",
                                  (long long)shape);
    int64_t whole = a->stride * (a->in - 1) + (a->taps - 1) * a->dilation + 1 + more;
    bool same = w->pad_mode == 'U' || w->pad_mode == 'L';
    a->pad = w->pad_mode == 'N' ? w->attr.pad[i] : 0;
    a->out = whole - a->pad - (w->pad_mode == 'N' ? w->attr.pad[i + 2] : 0);
    if (same || shape) {
        a->out = shape ? shape : a->in * a->stride;
        int64_t total = whole > a->out ? whole - a->out : 0;
        a->pad = w->pad_mode == 'U' ? total / 2 : total - total / 2;
    }
    if (a->out >= 1 && a->out <= INT32_MAX) return true;
    return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "a result of %lld values along an axis",
                              (long long)a->out);
}

static bool read_axes(OnnxImport *im, const OnnxNode *n, const OnnxPatch *w,
                      const TtfsTensorInfo *x, Axis axis[2]) {
    const int64_t *more, *shape;
    size_t mores, shapes;
    if (!ttfs_onnx_attr_ints(im, n, "output_padding", &more, &mores) ||
        !ttfs_onnx_attr_ints(im, n, "output_shape", &shape, &shapes))
        return false;
    bool fits = (!mores || mores == w->spatial) && (!shapes || shapes >= w->spatial);
    if (!fits)
        return ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL,
                                  "output_padding or output_shape of another number of axes");
    for (int i = 0; i < 2; i++) {
        int k = i - (2 - (int)w->spatial); /* its place in the lists */
        axis[i] = (Axis){.in = x->dim[i + 2],
                         .taps = w->attr.kernel[i],
                         .stride = w->attr.stride[i],
                         .dilation = w->attr.dilation[i]};
        if (!settle_axis(im, n, w, i, k >= 0 && mores ? more[k] : 0,
                         k >= 0 && shapes ? shape[shapes - w->spatial + (size_t)k] : 0, &axis[i]))
            return false;
        find_kernel(&axis[i]);
    }
    return true;
}

/* Which tap phase r has at place u of the kernel; -1: none. */
static int64_t tap_at(const Axis *a, int64_t r, int64_t u) {
    int64_t span = r + a->pad - (a->low + u) * a->stride;
    return span >= 0 && span % a->dilation == 0 && span / a->dilation < a->taps ? span / a->dilation
                                                                                : -1;
}

/* [ins][outs of a group][taps] -> [outs, phases][ins of a group][places of the kernel]. */
static void scatter(const OnnxConst *c, uint32_t groups, const Axis *y, const Axis *x, float *out) {
    uint64_t outs = c->dim[1], ins = c->dim[0] / groups, taps = (uint64_t)(y->taps * x->taps);
    for (uint64_t o = 0; o < outs * groups; o++)
        for (int64_t phase = 0; phase < y->stride * x->stride; phase++)
            for (uint64_t i = 0; i < ins; i++)
                for (int64_t u = 0; u < y->kernel; u++)
                    for (int64_t v = 0; v < x->kernel; v++) {
                        int64_t ty = tap_at(y, phase / x->stride, u);
                        int64_t tx = tap_at(x, phase % x->stride, v);
                        uint64_t at = ((o / outs * ins + i) * outs + o % outs) * taps;
                        *out++ = ty < 0 || tx < 0 ? 0 : c->f[at + (uint64_t)(ty * x->taps + tx)];
                    }
}

/* Each channel's number, once a phase. */
static TtfsTensor repeat(OnnxImport *im, OnnxNode *n, uint32_t input, uint32_t phases) {
    const OnnxConst *b = &n->in[input]->c;
    uint32_t count = (uint32_t)b->count * phases;
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst c;
    if (!ttfs_onnx_new_const(im, n, true, 1, &count, &f, &q, &c)) return (TtfsTensor){0};
    for (uint32_t i = 0; i < count; i++) f[i] = b->f[i / phases];
    return ttfs_onnx_put_const(im, n, n->in[input]->name, &c, 1, &count);
}

/* The grid of weights that have one quantum for all, or one an output channel. */
static void keep_grid(OnnxImport *im, const OnnxNode *n, const OnnxConst *from, uint32_t groups,
                      uint32_t phases, OnnxConst *to) {
    bool each = from->quanta > 1;
    if (each && (from->quantum_axis != 1 || groups > 1))
        ttfs_onnx_note_lost_grid(im, n, from, NULL);
    if (!from->quanta || (each && (from->quantum_axis != 1 || groups > 1))) return;
    uint32_t count = each ? from->quanta * phases : 1;
    float *quantum = TTFS_ARRAY(&im->ir->arena, float, count);
    for (uint32_t i = 0; i < count; i++) quantum[i] = from->quantum[each ? i / phases : 0];
    to->quantum = quantum, to->quanta = count, to->quantum_axis = 0;
}

static TtfsTensor weights(OnnxImport *im, OnnxNode *n, uint32_t groups, const Axis axis[2]) {
    const OnnxConst *c = &n->in[1]->c;
    uint32_t phases = (uint32_t)(axis[0].stride * axis[1].stride);
    uint64_t outs = (uint64_t)c->dim[1] * groups * phases;
    uint32_t dim[4] = {(uint32_t)outs, c->dim[0] / groups, (uint32_t)axis[0].kernel,
                       (uint32_t)axis[1].kernel};
    float *f = NULL;
    int64_t *q = NULL;
    OnnxConst out;
    if (outs > INT32_MAX || !ttfs_onnx_new_const(im, n, true, 4, dim, &f, &q, &out))
        return (TtfsTensor){0};
    scatter(c, groups, &axis[0], &axis[1], f);
    keep_grid(im, n, c, groups, phases, &out);
    return ttfs_onnx_put_const(im, n, n->in[1]->name, &out, 4, dim);
}

/* The phases in their places, cut to the size of the result. */
static void emit_result(OnnxImport *im, OnnxNode *n, TtfsTensor y, const Axis axis[2],
                        uint32_t spatial) {
    static const uint32_t perm[6] = {0, 1, 4, 2, 5, 3};
    TtfsTensorInfo t = *ttfs_ir_tensor(im->ir, y);
    uint32_t sy = (uint32_t)axis[0].stride, sx = (uint32_t)axis[1].stride, c = t.dim[1] / (sy * sx);
    uint32_t parts[6] = {t.dim[0], c, sy, sx, t.dim[2], t.dim[3]};
    uint32_t whole[4] = {t.dim[0], c, t.dim[2] * sy, t.dim[3] * sx};
    if (sy * sx > 1) y = ttfs_onnx_emit_order(im, n, y, 6, parts, perm, whole);
    TtfsNode cut = {.op = TTFS_OP_SLICE, .n_in = 1, .in = {y}, .attr = ttfs_ir_attr()};
    memcpy(cut.attr.count, whole, sizeof whole);
    for (int i = 0; i < 2; i++) cut.attr.count[i + 2] = (uint32_t)axis[i].out;
    if (y.i && memcmp(cut.attr.count, whole, sizeof whole) != 0)
        y = ttfs_onnx_emit(im, n, &cut, NULL);
    if (y.i && spatial == 1)
        ttfs_onnx_emit_reshape(im, n, y, 3, (uint32_t[]){whole[0], c, (uint32_t)axis[1].out});
}

/* Kernel of the attributes, or of the weights, and the group: they fit the input. */
static bool fits(OnnxImport *im, OnnxNode *n, OnnxPatch *w, const TtfsTensorInfo *x,
                 int64_t group) {
    const OnnxConst *c = &n->in[1]->c;
    bool ok = c->rank == w->spatial + 2 && c->f && c->dim[0] == x->dim[1] && c->dim[0] % group == 0;
    for (uint32_t i = 0; ok && i < w->spatial; i++) {
        uint32_t *kernel = &w->attr.kernel[2 - w->spatial + i];
        if (!w->has_kernel) *kernel = c->dim[i + 2];
        ok = *kernel == c->dim[i + 2] && *kernel >= 1 && *kernel <= 1 << 12 &&
             w->attr.stride[2 - w->spatial + i] <= 1 << 12;
    }
    if (ok && ttfs_onnx_has(n, 2))
        ok = n->in[2]->c.f && n->in[2]->c.count == c->dim[1] * (uint64_t)group;
    return ok || ttfs_onnx_obstacle(im, n, TTFS_ONNX_SHAPE, NULL,
                                    "its weights or its bias do not fit its input and kernel");
}

void ttfs_onnx_conv_transpose(OnnxImport *im, OnnxNode *n) {
    OnnxPatch w;
    Axis axis[2];
    int64_t group = 1;
    bool ok = ttfs_onnx_read_patch(im, n, &w);
    ok = ttfs_onnx_attr_int(im, n, "group", &group) && ok;
    if (group < 1 || group > INT32_MAX)
        ok = ttfs_onnx_obstacle(im, n, TTFS_ONNX_ATTR, NULL, "group = %lld", (long long)group);
    if (!ok || n->unknown) return;
    TtfsNode node = {
        .op = TTFS_OP_CONV, .n_in = ttfs_onnx_has(n, 2) ? 3 : 2, .attr = ttfs_ir_attr()};
    node.in[0] = ttfs_onnx_patch_input(im, n, 0, &w);
    if (!node.in[0].i || !ttfs_onnx_weight(im, n, 1).i ||
        (node.n_in == 3 && !ttfs_onnx_weight(im, n, 2).i))
        return;
    TtfsTensorInfo x = *ttfs_ir_tensor(im->ir, node.in[0]);
    if (!fits(im, n, &w, &x, group) || !read_axes(im, n, &w, &x, axis)) return;
    node.in[1] = weights(im, n, (uint32_t)group, axis);
    if (node.n_in == 3) node.in[2] = repeat(im, n, 2, (uint32_t)(axis[0].stride * axis[1].stride));
    for (int i = 0; i < 2; i++) {
        node.attr.kernel[i] = (uint32_t)axis[i].kernel;
        node.attr.pad[i] = (uint32_t)-axis[i].low;
        node.attr.pad[i + 2] = (uint32_t)after(&axis[i]);
    }
    node.attr.group = (uint32_t)group;
    TtfsTensor y = {0};
    if (node.in[1].i && (node.n_in == 2 || node.in[2].i)) y = ttfs_onnx_emit(im, n, &node, NULL);
    if (y.i) emit_result(im, n, y, axis, w.spatial);
}
