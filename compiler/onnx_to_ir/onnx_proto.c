/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of an ONNX file -> protobuf-c messages. The bytes are scanned first, with the descriptors
 * that protobuf-c generated: field ends, wire types, a bounded depth and no repeated single
 * messages. Only then protobuf-c unpacks, from an allocator with a budget: its recursion and its
 * memory are bounded by the file. The messages are freed with ttfs_onnx_release, which is the only
 * owner of that memory.
 */
#include "onnx_import.h"

#include <stdlib.h>

enum { DEEPEST = 24, HEADER = 16 };

typedef struct {
    const unsigned char *at, *end;
} Span;

static bool read_varint(Span *s, uint64_t *out) {
    *out = 0;
    for (unsigned shift = 0; shift < 64 && s->at < s->end; shift += 7) {
        unsigned char byte = *s->at++;
        *out |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return true;
    }
    return false;
}

/* Passes over one field's value; for length-delimited fields *body is what is inside. */
static bool skip_value(Span *s, unsigned wire, Span *body) {
    uint64_t n = 0;
    if (wire == 0) return read_varint(s, &n);
    if (wire == 1 || wire == 5)
        n = wire == 1 ? 8 : 4;
    else if (wire != 2 || !read_varint(s, &n))
        return false;
    if (n > (uint64_t)(s->end - s->at)) return false;
    *body = (Span){s->at, s->at + n};
    s->at += n;
    return true;
}

/* NULL when the message is sound, else what is wrong; *where is set to the place. */
static const char *scan(Span s, const ProtobufCMessageDescriptor *d, int depth,
                        const unsigned char **where) {
    uint64_t seen = 0; /* single message fields, by index */
    if (depth > DEEPEST) return "messages nested too deeply";
    while (s.at < s.end) {
        *where = s.at;
        uint64_t key;
        Span body = {0};
        if (!read_varint(&s, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX >> 3 ||
            !skip_value(&s, (unsigned)key & 7, &body))
            return "a damaged or truncated field";
        const ProtobufCFieldDescriptor *f =
            protobuf_c_message_descriptor_get_field(d, (unsigned)(key >> 3));
        if (!f || f->type != PROTOBUF_C_TYPE_MESSAGE) continue;
        if ((key & 7) != 2) return "a field of a wrong type";
        uint64_t bit = (uint64_t)1 << ((f - d->fields) & 63);
        if (f->label != PROTOBUF_C_LABEL_REPEATED && seen & bit)
            return "a field that appears twice";
        seen |= bit;
        const char *wrong = scan(body, f->descriptor, depth + 1, where);
        if (wrong) return wrong;
    }
    return NULL;
}

typedef struct {
    size_t left;    /* bytes that may still be allocated */
    size_t starved; /* bytes that were within it and could not be had */
} Budget;

static void *budget_alloc(void *data, size_t size) {
    Budget *b = data;
    if (size > b->left || b->left - size < HEADER) return NULL;
    size_t *p = malloc(size + HEADER);
    if (!p) {
        b->starved = size;
        return NULL;
    }
    *p = size + HEADER;
    b->left -= *p;
    return (char *)p + HEADER;
}

static void budget_free(void *data, void *pointer) {
    Budget *b = data;
    if (!pointer) return;
    size_t *p = (void *)((char *)pointer - HEADER);
    b->left += *p;
    free(p);
}

static void undo_model(void *held) {
    Budget budget = {0}; /* this call's own: freeing counts, and nobody asks */
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &budget};
    Onnx__ModelProto *model = *(Onnx__ModelProto **)held;
    if (model) onnx__model_proto__free_unpacked(model, &allocator);
}

Onnx__ModelProto **ttfs_onnx_unpack(const char *path, const TtfsFile *file, TtfsDiag *diag) {
    const unsigned char *where = file->bytes;
    Span all = {file->bytes, file->size ? file->bytes + file->size : NULL};
    const char *wrong = scan(all, &onnx__model_proto__descriptor, 0, &where);
    if (wrong) {
        ttfs_error(diag, TTFS_AT_FILE(path), TTFS_ONNX_PARSE, "%s at byte %zu of %zu", wrong,
                   (size_t)(where - file->bytes), file->size);
        return NULL;
    }
    Budget budget = {.left = file->size < SIZE_MAX / 128 ? file->size * 64 + (1 << 20)
                                                         : SIZE_MAX / 2};
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &budget};
    Onnx__ModelProto **model = ttfs_hold(sizeof *model, undo_model);
    *model = onnx__model_proto__unpack(&allocator, file->size, file->bytes);
    if (*model) return model;
    ttfs_release(model);
    if (budget.starved) ttfs_oom(budget.starved);
    ttfs_error(diag, TTFS_AT_FILE(path), TTFS_ONNX_PARSE,
               "not an ONNX model, or one that needs more than 64 times its size in memory");
    return NULL;
}

void ttfs_onnx_release(Onnx__ModelProto **model) {
    ttfs_undo(model);
}
