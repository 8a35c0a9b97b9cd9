/* SPDX-License-Identifier: Apache-2.0
 *
 * TensorProto -> constant: raw or typed data of the floating-point types as float32, of the integer
 * types as int64. Nothing is allocated before the data is known to hold as many elements as the
 * shape says, so a small file with large dimensions fails at once.
 */
#include "onnx_import.h"

#include <math.h>
#include <string.h>

/* What a data type needs: bytes an element in raw_data, 0: not supported. */
static size_t element_size(int32_t type) {
    switch (type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
    case ONNX__TENSOR_PROTO__DATA_TYPE__BOOL:
        return 1;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
        return 2;
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
        return 4;
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
        return 8;
    default:
        return 0;
    }
}

static bool is_float(int32_t type) {
    return type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
}

static uint64_t little_endian(const unsigned char *p, size_t n) {
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

/* IEEE 754 binary16. */
static float half(uint16_t h) {
    int exponent = h >> 10 & 31, fraction = h & 1023;
    float sign = h >> 15 ? -1.0f : 1.0f;
    if (exponent == 31) return fraction ? (float)NAN : sign * (float)INFINITY;
    if (exponent == 0) return sign * ldexpf((float)fraction, -24);
    return sign * ldexpf((float)(fraction + 1024), exponent - 25);
}

static float float_of_bits(uint64_t bits, int32_t type) {
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16) return half((uint16_t)bits);
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE) {
        double d;
        memcpy(&d, &bits, sizeof d);
        return (float)d;
    }
    uint32_t low = (uint32_t)(type == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16 ? bits << 16 : bits);
    float f;
    memcpy(&f, &low, sizeof f);
    return f;
}

static int64_t integer_of_bits(uint64_t bits, int32_t type) {
    switch (type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
        return (int8_t)bits;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT16:
        return (int16_t)bits;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
        return (int32_t)bits;
    default:
        return (int64_t)bits;
    }
}

/* Elements in the typed field that the data type uses. */
static size_t typed_count(const Onnx__TensorProto *t) {
    switch (t->data_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
        return t->n_float_data;
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        return t->n_double_data;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
        return t->n_int64_data;
    default:
        return t->n_int32_data;
    }
}

static void take_float(const Onnx__TensorProto *t, float *out, uint64_t n) {
    size_t size = element_size(t->data_type);
    for (uint64_t i = 0; i < n; i++) {
        if (t->has_raw_data)
            out[i] = float_of_bits(little_endian(t->raw_data.data + i * size, size), t->data_type);
        else if (t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
            out[i] = t->float_data[i];
        else if (t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE)
            out[i] = (float)t->double_data[i];
        else
            out[i] = float_of_bits((uint16_t)t->int32_data[i], t->data_type);
    }
}

static void take_integer(const Onnx__TensorProto *t, int64_t *out, uint64_t n) {
    size_t size = element_size(t->data_type);
    for (uint64_t i = 0; i < n; i++) {
        if (t->has_raw_data)
            out[i] =
                integer_of_bits(little_endian(t->raw_data.data + i * size, size), t->data_type);
        else if (t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64)
            out[i] = t->int64_data[i];
        else
            out[i] = t->int32_data[i];
    }
}

static bool bad(OnnxImport *im, const char *name, const char *what) {
    return ttfs_onnx_fault(im, name, "", TTFS_ONNX_TENSOR, NULL, "%s", what);
}

static bool take_shape(OnnxImport *im, const char *name, const Onnx__TensorProto *t,
                       OnnxConst *out) {
    if (t->n_dims > TTFS_MAX_RANK)
        return ttfs_onnx_fault(im, name, "", TTFS_LIMIT, NULL,
                               "%zu dimensions, at most %d expected", t->n_dims, TTFS_MAX_RANK);
    out->rank = (uint32_t)t->n_dims;
    out->count = 1;
    for (size_t i = 0; i < t->n_dims; i++) {
        if (t->dims[i] < 0)
            return ttfs_onnx_fault(im, name, "", TTFS_ONNX_TENSOR, NULL, "dimension %zu is %lld", i,
                                   (long long)t->dims[i]);
        if (t->dims[i] > INT32_MAX || (out->count *= (uint64_t)t->dims[i]) > INT32_MAX)
            return ttfs_onnx_fault(im, name, "", TTFS_LIMIT, NULL,
                                   "more than 2^31 - 1 elements claimed");
        out->dim[i] = (uint32_t)t->dims[i];
    }
    return true;
}

bool ttfs_onnx_tensor(OnnxImport *im, const char *name, const Onnx__TensorProto *t,
                      OnnxConst *out) {
    *out = (OnnxConst){0};
    if (!take_shape(im, name, t, out)) return false;
    if (t->has_data_location && t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        return ttfs_onnx_fault(im, name, "", TTFS_ONNX_TENSOR,
                               "save the model with its weights in one file",
                               "its data lies in another file");
    size_t size = element_size(t->data_type);
    if (!size)
        return ttfs_onnx_fault(im, name, "", TTFS_ONNX_TENSOR, NULL,
                               "data type %d is not supported", (int)t->data_type);
    if (t->segment) return bad(im, name, "a segmented tensor is not supported");
    uint64_t found = t->has_raw_data ? t->raw_data.len / size : typed_count(t);
    if (found != out->count || (t->has_raw_data && t->raw_data.len % size))
        return ttfs_onnx_fault(im, name, "", TTFS_ONNX_TENSOR, NULL,
                               "its shape asks for %llu elements, its data holds %llu",
                               (unsigned long long)out->count, (unsigned long long)found);
    if (is_float(t->data_type)) {
        float *f = TTFS_ARRAY(&im->scratch, float, out->count);
        take_float(t, f, out->count);
        out->f = f;
    } else {
        int64_t *n = TTFS_ARRAY(&im->scratch, int64_t, out->count);
        take_integer(t, n, out->count);
        out->n = n;
    }
    return true;
}
