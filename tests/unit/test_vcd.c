/* SPDX-License-Identifier: Apache-2.0
 *
 * Value change dumps: a reader that knows the format alone finds every spike of random traces at
 * its tick, nothing else, and windows and counts that fit them; the text of a small graph is as it
 * should be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fst.h"
#include "random_spike.h"
#include "vcd.h"
#include "wave_view.h"

enum { SIGNALS = 1 << 14 };

/* A signal as the dump declares it. */
typedef struct {
    char id[8], name[32];
    uint32_t scope; /* 1 the first behind the outermost */
    uint32_t value; /* now */
} Signal;

typedef struct {
    Signal *signal;
    uint32_t signals;
    uint64_t time;
    const TtfsTrace *trace; /* [samples] */
    uint64_t spikes;        /* seen */
} Reader;

static Signal *find(Reader *r, const char *id) {
    for (uint32_t i = 0; i < r->signals; i++)
        if (strcmp(r->signal[i].id, id) == 0) return &r->signal[i];
    fail_msg("no signal is called %s", id);
    return NULL;
}

/* A wire of a neuron rose: the trace has that spike then. */
static void rose(Reader *r, const Signal *s) {
    const TtfsSpike *g = r->trace->spike;
    uint64_t period = (uint64_t)g->latency + 1, sample = r->time / period;
    const TtfsPopulation *p = &g->pops.at[s->scope - 1];
    uint32_t neuron = (uint32_t)strtoul(s->name + 1, NULL, 10);
    uint16_t tick = ttfs_trace_ticks(&r->trace[sample], (TtfsPop){s->scope})[neuron];
    assert_int_equal(tick, r->time % period - p->start);
    r->spikes++;
}

static void change(Reader *r, const char *id, uint32_t value) {
    Signal *s = find(r, id);
    if (s->name[0] == 'n' && r->trace->spike->pops.at[s->scope - 1].kind != TTFS_POP_READOUT) {
        assert_true(value != s->value); /* no wire is told twice */
        if (value) rose(r, s);
    }
    s->value = value;
}

static uint32_t binary(const char *digits) {
    return (uint32_t)strtoull(digits, NULL, 2);
}

static void declaration(Reader *r, const char *line, uint32_t *scope, uint32_t *depth) {
    char kind[16];
    int bits;
    Signal *s = &r->signal[r->signals];
    if (strncmp(line, "$scope", 6) == 0) *scope += (*depth)++ > 0;
    if (strncmp(line, "$upscope", 8) == 0) --*depth;
    if (sscanf(line, "$var %15s %d %7s %31s $end", kind, &bits, s->id, s->name) != 4) return;
    assert_true(bits == (strcmp(kind, "wire") == 0 ? 1 : 32));
    s->scope = *depth > 1 ? *scope : 0;
    assert_true(++r->signals < SIGNALS);
}

static void value(Reader *r, const char *line) {
    char digits[40], id[8];
    if (line[0] == '#') r->time = strtoull(line + 1, NULL, 10);
    if (line[0] == 'b' && sscanf(line, "b%39s %7s", digits, id) == 2) change(r, id, binary(digits));
    if (line[0] == '0' || line[0] == '1') change(r, line + 1, line[0] == '1');
}

/* Reads all of it; values after $dumpvars' $end count as changes. */
static void read_dump(Reader *r, char *text) {
    uint32_t scope = 0, depth = 0;
    bool declared = false, dumped = false;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (strncmp(line, "$enddefinitions", 15) == 0) declared = true;
        if (!declared) declaration(r, line, &scope, &depth);
        if (dumped) value(r, line);
        if (declared && strcmp(line, "$end") == 0) dumped = true;
    }
    assert_true(dumped && depth == 0);
}

/* What stands at the end: every wire fell, counts are those of the last sample, readouts its
 * potentials. */
static void check_end(const Reader *r, const TtfsTrace *last) {
    for (uint32_t i = 1; i < r->signals; i++) {
        const Signal *s = &r->signal[i];
        TtfsPop p = {s->scope};
        bool readout = last->spike->pops.at[p.i - 1].kind == TTFS_POP_READOUT;
        if (strcmp(s->name, "spikes") == 0)
            assert_int_equal(s->value, ttfs_trace_spikes(last, p));
        else if (readout)
            assert_int_equal((int32_t)s->value,
                             ttfs_trace_potentials(last, p)[strtoul(s->name + 1, NULL, 10)]);
        else
            assert_int_equal(s->value, 0);
    }
}

static void random_trace(TtfsTrace *t, TtfsRng *r) {
    for (uint32_t i = 0; i < t->spike->pops.len; i++) {
        const TtfsPopulation *p = &t->spike->pops.at[i];
        if (p->kind == TTFS_POP_READOUT) continue;
        uint16_t *tick = ttfs_trace_ticks(t, (TtfsPop){i + 1});
        for (uint32_t k = 0; k < ttfs_pop_size(p); k++)
            tick[k] = ttfs_rng_below(r, 3) ? (uint16_t)ttfs_rng_below(r, p->ticks) : TTFS_SILENT;
    }
    for (uint32_t i = 0; i < t->readouts; i++)
        t->potential[i] = (int32_t)ttfs_rng_below(r, 4000) - 2000;
}

static void every_spike(void **state) {
    (void)state;
    Signal *signal = calloc(SIGNALS, sizeof *signal);
    assert_non_null(signal);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        TtfsSpike s;
        TtfsTrace t[2];
        TtfsBuf text = {0};
        TtfsRng r = ttfs_rng(seed);
        uint64_t spikes = 0;
        random_spike(&s, seed);
        ttfs_vcd_begin(&s, &text);
        for (uint32_t i = 0; i < 2; i++) {
            ttfs_trace_init(&t[i], &s, &s.arena);
            ttfs_trace_clear(&t[i]);
            random_trace(&t[i], &r);
            ttfs_vcd_sample(&t[i], i, &text);
            for (uint32_t p = 1; p <= s.pops.len; p++)
                if (s.pops.at[p - 1].kind != TTFS_POP_READOUT)
                    spikes += ttfs_trace_spikes(&t[i], (TtfsPop){p});
        }
        memset(signal, 0, SIGNALS * sizeof *signal);
        Reader reader = {.signal = signal, .trace = t};
        char *copy = strdup(ttfs_buf_text(&text));
        read_dump(&reader, copy);
        free(copy);
        assert_int_equal(reader.spikes, spikes);
        check_end(&reader, &t[1]);
        ttfs_buf_free(&text);
        ttfs_spike_free(&s);
    }
    free(signal);
}

/* One input of window 2 that spikes at tick 1; names keep to what viewers take. */
static void the_text(void **state) {
    (void)state;
    TtfsSpike s = {0};
    TtfsTrace t;
    TtfsBuf text = {0};
    s.input =
        add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 1, .h = 1, .w = 1, .ticks = 2});
    s.latency = 2;
    ttfs_trace_init(&t, &s, &s.arena);
    ttfs_trace_clear(&t);
    t.tick[0] = 1;
    ttfs_vcd_begin(&s, &text);
    ttfs_vcd_sample(&t, 0, &text);
    assert_string_equal(ttfs_buf_text(&text),
                        "$comment ttfs: a unit of time is a tick $end\n$timescale 1 ns $end\n"
                        "$scope module ttfs $end\n$var integer 32 ! sample $end\n"
                        "$scope module layer_1_1 $end\n$var wire 1 \" window $end\n"
                        "$var integer 32 # spikes $end\n$var wire 1 $ n0 $end\n$upscope $end\n"
                        "$upscope $end\n$enddefinitions $end\n$dumpvars\nb0 !\n0\"\nb0 #\n0$\n"
                        "$end\n#0\nb0 !\n1\"\nb0 #\n#1\n1$\nb1 #\n#2\n0\"\n0$\n");
    ttfs_buf_free(&text);
    ttfs_spike_free(&s);
}

/* A name that had to change, and the one that another has already. */
static void scopes_are_apart(void **state) {
    (void)state;
    TtfsSpike s = {0};
    TtfsBuf text = {0}, view = {0};
    for (int i = 0; i < 2; i++)
        add_pop(&s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = 1, .h = 1, .w = 1, .ticks = 2});
    s.pops.at[0].name = "a-b", s.pops.at[1].name = "a_b_1";
    ttfs_vcd_begin(&s, &text);
    ttfs_wave_view(&s, "t.vcd", &view);
    assert_non_null(strstr(ttfs_buf_text(&text), "$scope module a_b_1 $end"));
    assert_non_null(strstr(ttfs_buf_text(&text), "$scope module a_b_1_2 $end"));
    assert_non_null(strstr(ttfs_buf_text(&view), "ttfs.a_b_1_2.window"));
    assert_non_null(strstr(ttfs_buf_text(&view), "[*]\n[dumpfile] \"t.vcd\"\n[timestart]"));
    ttfs_buf_free(&view);
    ttfs_wave_view(&s, "a\nb.vcd", &view);
    assert_non_null(strstr(ttfs_buf_text(&view), "[*]\n[timestart]"));
    ttfs_buf_free(&text);
    ttfs_buf_free(&view);
    ttfs_spike_free(&s);
}

/* A block of an .fst holds no more samples than have so many changes: 2^17 wires that rise and fall
 * are a block a sample, by the count in the file's head. */
static void blocks_are_bounded(void **state) {
    (void)state;
    enum { NEURONS = 1 << 17, SAMPLES = 3, COUNT_AT = 72 /* its last byte */ };
    TtfsSpike s = {0};
    TtfsTrace t;
    TtfsArena a = {0};
    TtfsBuf file = {0}, head = {0};
    s.input = add_pop(
        &s, (TtfsPopulation){.kind = TTFS_POP_INPUT, .c = NEURONS, .h = 1, .w = 1, .ticks = 2});
    s.latency = 2;
    ttfs_trace_init(&t, &s, &s.arena);
    for (uint32_t i = 0; i < NEURONS; i++) t.tick[i] = 1;
    TtfsFst *fst = ttfs_fst_begin(&s, &file, &a);
    for (uint32_t i = 0; i < SAMPLES; i++) ttfs_fst_sample(fst, &t, i, &file);
    ttfs_fst_end(fst, &file, &head);
    assert_int_equal(head.text[COUNT_AT], SAMPLES);
    ttfs_buf_free(&head);
    ttfs_buf_free(&file);
    ttfs_arena_free(&a);
    ttfs_spike_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_spike), cmocka_unit_test(the_text),
                                       cmocka_unit_test(blocks_are_bounded),
                                       cmocka_unit_test(scopes_are_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
