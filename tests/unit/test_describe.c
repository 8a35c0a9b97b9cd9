/* SPDX-License-Identifier: Apache-2.0
 *
 * What the cache's keys rest on: routines with equal descriptions have the same code, of networks
 * that differ in one thing, for several processors, paths and layouts; and a description says
 * nothing of other layers, so that their change leaves the code that is kept.
 */
#include "object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wide_spike.h"

enum { NETS = 4, CHANGES = 8, WAYS = 8, VARIANTS = CHANGES * WAYS, MOST_ROUTINES = 40 };

/* The routines of one program, in text. */
typedef struct {
    TtfsProgram program;
    uint32_t n;
    char *description[MOST_ROUTINES], *code[MOST_ROUTINES];
} Texts;

static bool write_texts(TtfsWorkshop *w, void *context) {
    Texts *t = context;
    Code c = {.program = &t->program,
              .target = t->program.target,
              .context = w->context,
              .module = w->module};
    for (t->n = 0; t->n < t->program.routines.len && t->n < MOST_ROUTINES; t->n++) {
        const char *symbol = t->program.routines.at[t->n].symbol;
        TtfsBuf b = {0};
        ttfs_program_describe(&t->program, t->n, &b);
        t->description[t->n] = strdup(b.text);
        ttfs_buf_free(&b);
        ttfs_object_build(&c, t->n, false);
        char *code = LLVMPrintValueToString(LLVMGetNamedFunction(w->module, symbol));
        t->code[t->n] = strdup(code);
        LLVMDisposeMessage(code);
    }
    return true;
}

/* Way 0..7: two processors, two paths, populations apart or sharing memory. */
static void texts_of(Texts *t, const TtfsSpike *s, uint32_t way) {
    TtfsArena a = {0};
    TtfsDiag d = {0};
    TtfsTarget target;
    const char *triple = way & 1 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
    assert_true(ttfs_target_triple(&target, triple, way & 1 ? NULL : "znver4", &a, &d));
    ttfs_program_of(&t->program, s, &target, way & 2, way & 4, &a);
    assert_true(ttfs_object_make(&target, "text", write_texts, t, &d));
    ttfs_arena_free(&a);
}

static void drop(Texts *t) {
    for (uint32_t i = 0; i < t->n; i++) free(t->description[i]), free(t->code[i]);
}

static void swap(uint32_t *a, uint32_t *b) {
    uint32_t kept = *a;
    *a = *b, *b = kept;
}

/* Rows for columns, everywhere. */
static void turn(TtfsSpike *s) {
    for (uint32_t i = 0; i < s->pops.len; i++) swap(&s->pops.at[i].h, &s->pops.at[i].w);
    for (uint32_t i = 0; i < s->conns.len; i++) {
        TtfsConnection *c = &s->conns.at[i];
        swap(&c->kernel[0], &c->kernel[1]), swap(&c->stride[0], &c->stride[1]);
        swap(&c->dilation[0], &c->dilation[1]);
        swap(&c->pad[0], &c->pad[1]), swap(&c->pad[2], &c->pad[3]);
    }
}

static void change(TtfsSpike *s, uint32_t what, uint64_t seed) {
    TtfsPopulation *p = &s->pops.at[seed % s->pops.len];
    if (what == 1 && p->ticks) p->ticks = p->ticks > 1 ? p->ticks - 1 : 2;
    if (what == 2) s->pops.at[0].scale *= 2;
    if (what == 3) s->pops.at[0].offset += 1;
    if (what == 4) turn(s);
    if (what == 5)
        for (uint32_t i = 0; i < s->conns.len; i++) s->conns.at[i].weight_bits = 16;
    if (what == 6) swap(&s->order[0], &s->order[2]);
    for (uint32_t i = 0; what == 7 && p->ramp && i < p->c; i++)
        ((int32_t *)(uintptr_t)p->ramp)[i] = 1;
}

static void some_spike(TtfsSpike *s, uint64_t seed) {
    if (seed % 3)
        wide_spike(s, seed);
    else
        narrow_spike(s, seed);
}

/* Each routine of a program beside that of another at the same place. */
static void compare(const Texts *a, const Texts *b, uint32_t seen[2]) {
    for (uint32_t i = 0; i < a->n && i < b->n; i++) {
        bool alike = strcmp(a->description[i], b->description[i]) == 0;
        bool same = strcmp(a->code[i], b->code[i]) == 0;
        if (alike && !same) fail_msg("other code of the same description:\n%s", a->description[i]);
        seen[alike]++;
    }
}

static void equal_descriptions_have_equal_code(void **state) {
    (void)state;
    static Texts t[VARIANTS];
    uint32_t seen[2] = {0};
    for (uint64_t seed = 1; seed <= NETS; seed++) {
        for (uint32_t v = 0; v < VARIANTS; v++) {
            TtfsSpike s;
            some_spike(&s, seed);
            change(&s, v / WAYS, seed);
            texts_of(&t[v], &s, v % WAYS);
            ttfs_spike_free(&s);
        }
        for (uint32_t a = 0; a < VARIANTS; a++)
            for (uint32_t b = 0; b < a; b++) compare(&t[a], &t[b], seen);
        for (uint32_t v = 0; v < VARIANTS; v++) drop(&t[v]);
    }
    assert_true(seen[0] > 1000 && seen[1] > 500);
}

/* Of two matrices the second sees a part of its source. */
static void layers_are_described_alone(void **state) {
    (void)state;
    Texts t[2];
    for (uint32_t part = 0; part < 2; part++) {
        TtfsRng r = ttfs_rng(1);
        TtfsSpike s = {.order = {0, 1, 2}};
        s.input = add_pop(
            &s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 40, .h = 1, .w = 1, .ticks = 255});
        large_dense(&s, &r, TTFS_POP_RELU, 20);
        large_dense(&s, &r, TTFS_POP_READOUT, 10);
        s.readout = (TtfsPop){s.pops.len};
        set_times(&s, &r);
        if (part) {
            TtfsConnection *c = &s.conns.at[1];
            c->src_ch_first = 4, c->src_channels = 8, c->weight_count = 10 * 8;
        }
        texts_of(&t[part], &s, 0);
        ttfs_spike_free(&s);
    }
    uint32_t first = 0, last = t[0].n - 2; /* behind the last: the input from reals */
    assert_true(t[0].n == t[1].n && t[0].n >= 4);
    for (uint32_t i = first; i < last; i++)
        assert_string_equal(t[0].description[i], t[1].description[i]);
    assert_string_not_equal(t[0].description[last], t[1].description[last]);
    drop(&t[0]), drop(&t[1]);
}

static char *description(const TtfsProgram *p, uint32_t routine) {
    TtfsBuf b = {0};
    ttfs_program_describe(p, routine, &b);
    char *text = strdup(b.text);
    ttfs_buf_free(&b);
    return text;
}

/* Another number, of any type, is another description. */
static void told(const TtfsProgram *p, uint32_t routine, void *number, const char *name) {
    char *before = description(p, routine);
    *(uint8_t *)number ^= 1;
    char *after = description(p, routine);
    *(uint8_t *)number ^= 1;
    if (strcmp(before, after) == 0) fail_msg("%s is not told", name);
    free(before), free(after);
}
#define TOLD(number) told(p, k, &(number), #number)

static void places_are_told(const TtfsProgram *p, uint32_t k, uint32_t i) {
    TtfsPopulation *pop = &((TtfsSpike *)(uintptr_t)p->spike)->pops.at[i];
    TtfsStore *store = &p->store[i];
    TOLD(pop->kind), TOLD(pop->c), TOLD(pop->h), TOLD(pop->w), TOLD(pop->ticks);
    TOLD(pop->scale), TOLD(pop->offset);
    TOLD(store->elt), TOLD(store->base), TOLD(store->origin), TOLD(store->row);
    for (uint32_t a = 0; a < 4; a++) TOLD(store->pad[a]);
}

static void term_is_told(const TtfsProgram *p, uint32_t k, TtfsTermCode *t) {
    TtfsConnection *c = &((TtfsSpike *)(uintptr_t)p->spike)->conns.at[t->conn];
    TOLD(t->dot.by), TOLD(t->dot.weight_elt), TOLD(t->origin), TOLD(t->move_y), TOLD(t->move_x);
    TOLD(t->count_y), TOLD(t->count_x), TOLD(t->run_y), TOLD(t->run_x), TOLD(t->len);
    TOLD(t->dots), TOLD(t->grouped), TOLD(t->group_firsts), TOLD(t->weights);
    TOLD(t->per_vector), TOLD(t->per_pixel);
    TOLD(c->kind), TOLD(c->group), TOLD(c->src_ch_first), TOLD(c->src_channels);
    for (uint32_t a = 0; a < 4; a++) TOLD(c->pad[a]);
    for (uint32_t a = 0; a < 2; a++) TOLD(c->kernel[a]), TOLD(c->stride[a]), TOLD(c->dilation[a]);
}

static void target_is_told(const TtfsProgram *p, uint32_t k) {
    TtfsTarget *t = (TtfsTarget *)(uintptr_t)p->target;
    TOLD(t->lanes), TOLD(t->registers), TOLD(t->wide_products), TOLD(t->permutes_bytes);
    TOLD(t->bytes_by_four), TOLD(t->words_by_two), TOLD(t->words_add);
}

static void routine_is_told(TtfsProgram *p, uint32_t k) {
    TtfsRoutine *r = &p->routines.at[k];
    TOLD(r->block[0]), TOLD(r->block[1]), TOLD(r->min), TOLD(r->vectors), TOLD(r->matrix);
    for (uint32_t a = 0; a < 4; a++) TOLD(r->tile[a]);
    TOLD(r->narrow), TOLD(r->by_rows), TOLD(r->events), TOLD(r->events_most), TOLD(r->bits);
    TOLD(r->bias), TOLD(r->bias_pixel), TOLD(r->multiplier), TOLD(r->shifts), TOLD(r->list);
    TOLD(p->sample_bytes);
    places_are_told(p, k, r->pop);
    target_is_told(p, k);
    for (uint32_t i = 0; i < r->terms; i++) {
        TtfsTermCode *t = &p->terms.at[r->term_first + i];
        places_are_told(p, k, t->src);
        term_is_told(p, k, t);
    }
    if (r->out != r->pop) places_are_told(p, k, r->out);
}

static void every_number_is_told(void **state) {
    (void)state;
    uint32_t pooled = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        TtfsArena a = {0};
        TtfsDiag d = {0};
        TtfsTarget target;
        TtfsProgram p;
        TtfsSpike s;
        some_spike(&s, seed);
        assert_true(ttfs_target_triple(&target, "x86_64-linux-gnu", "znver4", &a, &d));
        ttfs_program_of(&p, &s, &target, 0, false, &a);
        for (uint32_t k = 0; k < p.routines.len; k++) {
            const TtfsRoutine *r = &p.routines.at[k];
            if (r->kind == TTFS_ROUTINE_LINEAR) routine_is_told(&p, k);
            pooled += r->kind == TTFS_ROUTINE_LINEAR && r->out != r->pop;
        }
        ttfs_spike_free(&s);
        ttfs_arena_free(&a);
    }
    assert_true(pooled > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_descriptions_have_equal_code),
        cmocka_unit_test(layers_are_described_alone),
        cmocka_unit_test(every_number_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
