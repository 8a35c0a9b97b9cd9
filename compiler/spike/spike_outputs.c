/* SPDX-License-Identifier: Apache-2.0
 *
 * Outputs of a spike graph: their text and their check. In: pieces, from any text; out: every
 * element of every output is one neuron of a readout, or faults. Memory grows with the text, and by
 * a bit an element while a checked output is counted; all outputs together have as many elements as
 * a population may have neurons.
 *
 *     output "boxes" shape 1 4420 4
 *       from 57 first 0 at 0 loop 1200 1 12 loop 12 1200 1
 */
#include "spike_inside.h"

#include <inttypes.h>

void ttfs_spike_print_outputs(const TtfsSpike *s, TtfsBuf *out) {
    for (uint32_t i = 0; i < s->outputs.len; i++) {
        const TtfsOutput *o = &s->outputs.at[i];
        ttfs_buf_puts(out, "output ");
        ttfs_buf_quoted(out, o->name);
        ttfs_buf_puts(out, " shape");
        for (uint32_t k = 0; k < o->rank; k++) ttfs_buf_printf(out, " %" PRIu32, o->dim[k]);
        ttfs_buf_puts(out, "\n");
        for (uint32_t k = 0; k < o->pieces.len; k++) {
            const TtfsPiece *p = &o->pieces.at[k];
            ttfs_buf_printf(out, "  from %" PRIu32 " first %" PRIu32 " at %" PRIu32, p->pop,
                            p->first, p->at);
            for (uint32_t l = 0; l < p->loops; l++)
                ttfs_buf_printf(out, " loop %" PRIu32 " %" PRId32 " %" PRIu32, p->loop[l].size,
                                p->loop[l].from, p->loop[l].to);
            ttfs_buf_puts(out, "\n");
        }
    }
}

static bool read_piece(TtfsLex *l, TtfsPiece *p) {
    if (!ttfs_lex_key_u32(l, "from", UINT32_MAX, &p->pop) ||
        !ttfs_lex_key_u32(l, "first", UINT32_MAX, &p->first) ||
        !ttfs_lex_key_u32(l, "at", UINT32_MAX, &p->at))
        return false;
    while (ttfs_lex_accept(l, "loop")) {
        TtfsLoop k;
        int64_t from;
        if (p->loops == TTFS_PIECE_LOOPS)
            return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "a piece has more than %d loops",
                                 TTFS_PIECE_LOOPS);
        if (!ttfs_lex_u32(l, INT32_MAX, &k.size) ||
            !ttfs_lex_i64(l, -INT32_MAX, INT32_MAX, &from) || !ttfs_lex_u32(l, INT32_MAX, &k.to))
            return false;
        k.from = (int32_t)from;
        p->loop[p->loops++] = k;
    }
    return ttfs_lex_eol(l);
}

bool ttfs_spike_read_outputs(TtfsSpike *s, TtfsLex *l) {
    while (ttfs_lex_accept(l, "output")) {
        TtfsOutput o = {0};
        if (!ttfs_lex_string(l, &s->arena, &o.name) || !ttfs_lex_expect(l, "shape")) return false;
        while (l->kind != TTFS_TOK_EOL) {
            if (o.rank == TTFS_OUTPUT_RANK)
                return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "an output has more than %d dimensions",
                                     TTFS_OUTPUT_RANK);
            if (!ttfs_lex_u32(l, INT32_MAX, &o.dim[o.rank++])) return false;
        }
        if (!ttfs_lex_eol(l)) return false;
        while (ttfs_lex_is(l, "from")) {
            TtfsPiece p = {0};
            if (!read_piece(l, &p)) return false;
            *TTFS_PUSH(&s->arena, o.pieces) = p;
        }
        *TTFS_PUSH(&s->arena, s->outputs) = o;
    }
    return !l->failed;
}

typedef struct {
    const TtfsSpike *s;
    const char *file;
    TtfsDiag *diag;
    uint32_t *faults;
    const TtfsOutput *at;
    uint64_t left; /* elements that outputs may still have */
} Check;

static bool fault(Check *c, TtfsCode code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static bool fault(Check *c, TtfsCode code, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    ttfs_error_va(c->diag, TTFS_AT_NODE(c->file, c->at ? c->at->name : NULL), code, NULL, fmt, ap);
    va_end(ap);
    ++*c->faults;
    return false;
}

/* The piece stays inside its readout and the output; turns are what they seem. */
static bool check_piece(Check *c, const TtfsPiece *p, uint64_t count) {
    const TtfsSpike *s = c->s;
    if (p->pop == 0 || p->pop > s->pops.len || s->pops.at[p->pop - 1].kind != TTFS_POP_READOUT)
        return fault(c, TTFS_SPIKE_CHECK, "takes from population %" PRIu32 ", no readout", p->pop);
    int64_t low = p->first, high = p->first, turns = 1;
    uint64_t last = p->at, neurons = ttfs_pop_size(&s->pops.at[p->pop - 1]);
    for (uint32_t i = 0; i < p->loops; i++) {
        const TtfsLoop *l = &p->loop[i];
        if (l->size < 2 || l->to == 0 || l->size > count)
            return fault(c, TTFS_SPIKE_CHECK, "a loop of %" PRIu32 " turns of %" PRIu32 " elements",
                         l->size, l->to);
        int64_t reach = (int64_t)(l->size - 1) * l->from;
        *(reach < 0 ? &low : &high) += reach;
        last += (uint64_t)(l->size - 1) * l->to;
        turns *= l->size;
        if (turns > (int64_t)count || last >= count || low < 0 || high >= (int64_t)neurons) break;
    }
    if (turns > (int64_t)count || last >= count)
        return fault(c, TTFS_SPIKE_CHECK, "a piece reaches element %" PRIu64 " of %" PRIu64, last,
                     count);
    if (low < 0 || high >= (int64_t)neurons)
        return fault(c, TTFS_SPIKE_CHECK,
                     "a piece takes neurons %" PRId64 "..%" PRId64 " of %" PRIu64, low, high,
                     neurons);
    return true;
}

/* Marks the elements of a piece; false when one is marked already. */
static bool mark(Check *c, const TtfsPiece *p, unsigned char *seen) {
    uint64_t n = ttfs_piece_size(p);
    for (uint64_t i = 0; i < n; i++) {
        uint32_t neuron, element;
        ttfs_piece_at(p, i, &neuron, &element);
        unsigned char bit = (unsigned char)(1u << (element % 8));
        if (seen[element / 8] & bit)
            return fault(c, TTFS_SPIKE_CHECK, "element %" PRIu32 " is given twice", element);
        seen[element / 8] |= bit;
    }
    return true;
}

static bool check_output(Check *c) {
    const TtfsOutput *o = c->at;
    uint64_t count = ttfs_output_count(o), given = 0;
    TtfsArena scratch = {0};
    if (!o->name || !*o->name) return fault(c, TTFS_SPIKE_CHECK, "an output has no name");
    if (count == 0 || count > c->left)
        return fault(c, TTFS_LIMIT, "no elements or too many: all outputs may have %d",
                     TTFS_MAX_NEURONS);
    c->left -= count;
    bool ok = true;
    for (uint32_t i = 0; ok && i < o->pieces.len; i++) {
        ok = check_piece(c, &o->pieces.at[i], count);
        if (ok) given += ttfs_piece_size(&o->pieces.at[i]);
        if (given > count) break;
    }
    if (ok && given != count)
        ok = fault(c, TTFS_SPIKE_CHECK, "%" PRIu64 " elements are given, it has %" PRIu64, given,
                   count);
    unsigned char *seen = TTFS_ARRAY(&scratch, unsigned char, ok ? count / 8 + 1 : 0);
    for (uint32_t i = 0; ok && i < o->pieces.len; i++) ok = mark(c, &o->pieces.at[i], seen);
    ttfs_arena_free(&scratch);
    return ok;
}

void ttfs_spike_check_outputs(const TtfsSpike *s, const char *file, TtfsDiag *diag,
                              uint32_t *faults) {
    Check c = {s, file, diag, faults, NULL, TTFS_MAX_NEURONS};
    bool ok = true;
    for (uint32_t i = 0; ok && i < s->outputs.len; i++) {
        c.at = &s->outputs.at[i];
        ok = check_output(&c);
    }
}
