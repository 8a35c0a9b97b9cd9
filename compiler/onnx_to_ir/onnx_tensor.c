/* SPDX-License-Identifier: Apache-2.0
 *
 * TensorProto -> constant: raw, typed or external data of the floating-point types as float32, of
 * the integer types as int64. Nothing is allocated before the data is known to hold as many
 * elements as the shape says, so a small file with large dimensions fails at once. External float32
 * data is used where it is mapped when it is aligned.
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
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32:
        return 4;
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT64:
        return 8;
    default:
        return 0;
    }
}

bool ttfs_onnx_is_float(int32_t type) {
    return type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
}

const char *ttfs_onnx_type_name(int32_t type) {
    static const char *const names[] = {
        "no type",        "float32",  "uint8",        "int8",           "uint16",
        "int16",          "int32",    "int64",        "string",         "bool",
        "float16",        "double",   "uint32",       "uint64",         "complex64",
        "complex128",     "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2",
        "float8e5m2fnuz", "uint4",    "int4",         "float4e2m1",     "float8e8m0"};
    bool known = type >= 0 && type < (int32_t)(sizeof names / sizeof *names);
    return known ? names[type] : "an unknown type";
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
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32:
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT64:
        return t->n_uint64_data;
    default:
        return t->n_int32_data;
    }
}

/* Where the elements are: bytes of the model's or another file, or NULL for the typed fields. */
typedef struct {
    const unsigned char *raw;
    uint64_t size; /* of raw */
    bool mapped;   /* as long as the IR lives */
} Bytes;

static void take_float(const Onnx__TensorProto *t, const unsigned char *raw, float *out,
                       uint64_t n) {
    size_t size = element_size(t->data_type);
    if (raw && t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT) {
        if (n) memcpy(out, raw, n * sizeof *out); /* hosts are little endian, as ONNX is */
        return;
    }
    for (uint64_t i = 0; i < n; i++) {
        if (raw)
            out[i] = float_of_bits(little_endian(raw + i * size, size), t->data_type);
        else if (t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
            out[i] = t->float_data[i];
        else if (t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE)
            out[i] = (float)t->double_data[i];
        else
            out[i] = float_of_bits((uint16_t)t->int32_data[i], t->data_type);
    }
}

static void take_integer(const Onnx__TensorProto *t, const unsigned char *raw, int64_t *out,
                         uint64_t n) {
    size_t size = element_size(t->data_type);
    bool wide = t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT32 ||
                t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT64;
    for (uint64_t i = 0; i < n; i++) {
        if (raw)
            out[i] = integer_of_bits(little_endian(raw + i * size, size), t->data_type);
        else if (t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64)
            out[i] = t->int64_data[i];
        else
            out[i] = wide ? (int64_t)t->uint64_data[i] : t->int32_data[i];
    }
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

/* Finds the data and compares its size with the shape's. */
static bool find_bytes(OnnxImport *im, const char *name, const Onnx__TensorProto *t,
                       const OnnxConst *c, Bytes *b) {
    size_t size = element_size(t->data_type);
    *b = (Bytes){0};
    if (!size)
        return ttfs_onnx_fault(im, name, "", TTFS_ONNX_TENSOR, NULL,
                               "values of type %s are not supported",
                               ttfs_onnx_type_name(t->data_type));
    if (t->segment)
        return ttfs_onnx_fault(im, name, "", TTFS_ONNX_TENSOR, NULL,
                               "a segmented tensor is not supported");
    if (t->has_data_location && t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL) {
        b->mapped = true;
        b->size = c->count * size; /* when no length is given */
        if (!ttfs_onnx_external(im, name, t, &b->raw, &b->size)) return false;
    } else if (t->has_raw_data) {
        b->raw = t->raw_data.len ? t->raw_data.data : (const unsigned char *)"";
        b->size = t->raw_data.len;
    }
    uint64_t found = b->raw ? b->size / size : typed_count(t);
    if (found == c->count && (!b->raw || b->size % size == 0)) return true;
    return ttfs_onnx_fault(im, name, "", TTFS_ONNX_TENSOR, NULL,
                           "its shape asks for %llu elements, its data holds %llu",
                           (unsigned long long)c->count, (unsigned long long)found);
}

bool ttfs_onnx_tensor(OnnxImport *im, const char *name, const Onnx__TensorProto *t,
                      OnnxConst *out) {
    Bytes b;
    *out = (OnnxConst){.type = t->data_type};
    if (!take_shape(im, name, t, out) || !find_bytes(im, name, t, out, &b)) return false;
    bool in_place = b.mapped && t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT &&
                    (uintptr_t)b.raw % sizeof(float) == 0;
    if (in_place) {
        out->f = (const void *)b.raw;
    } else if (ttfs_onnx_is_float(t->data_type)) {
        float *f = TTFS_ARRAY(&im->ir->arena, float, out->count);
        take_float(t, b.raw, f, out->count);
        out->f = f;
    } else {
        int64_t *n = TTFS_ARRAY(&im->scratch, int64_t, out->count);
        take_integer(t, b.raw, n, out->count);
        out->n = n;
    }
    return true;
}
