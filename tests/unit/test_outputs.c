/* SPDX-License-Identifier: Apache-2.0
 *
 * Outputs: moves of pieces against a table of every element, the few pieces that regular heads
 * take, the canonical form of heads, the text and its faults, and the class of several readouts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "built_net.h"
#include "emit.h"
#include "golden.h"
#include "ir_to_spike.h"
#include "net.h"

/* A network, its canonical form, layers and spike graph. */
typedef struct {
    Net n;
    TtfsIr canonical;
    TtfsNet net;
    TtfsSpike spike;
    TtfsQuantReport report;
    TtfsDiag diag;
} Lowered;

static void lower(Lowered *l, const Net *n) {
    *l = (Lowered){.n = *n};
    TtfsSpikeOptions o = {.ticks = 63, .weight_bits = 8, .percentile = 1, .input_hi = 1};
    bool ok = ttfs_ir_canonical(&l->n.ir, &l->canonical, "net", &l->diag) &&
              ttfs_net_of(&l->canonical, "net", &l->net, &l->diag) &&
              ttfs_ir_to_spike(&l->canonical, NULL, &o, "net", &l->spike, &l->report, &l->diag);
    if (!ok) fail_msg("%s", l->diag.messages.at[l->diag.messages.len - 1].what);
}

static void end(Lowered *l) {
    ttfs_spike_free(&l->spike);
    ttfs_arena_free(&l->report.arena);
    ttfs_net_free(&l->net);
    ttfs_ir_free(&l->canonical);
    ttfs_ir_free(&l->n.ir);
    ttfs_diag_free(&l->diag);
}

static void give(Net *n, TtfsTensor t) {
    *TTFS_PUSH(&n->ir.arena, n->ir.outputs) = t;
    n->ir.output = n->ir.outputs.at[0];
}

/* conv -> channels last -> rows of `inner` */
static TtfsTensor head(Net *n, TtfsTensor from, const char *name, uint32_t outs, uint32_t inner) {
    n->last = from;
    uint32_t ins = ttfs_ir_tensor(&n->ir, from)->dim[1];
    conv_with(n, name, CONST(n, outs, ins, 1, 1), 0, 1);
    transpose(n, ttfs_arena_printf(&n->ir.arena, "%s.t", name), to_last);
    uint32_t count = (uint32_t)ttfs_ir_count(ttfs_ir_tensor(&n->ir, n->last));
    reshape(n, ttfs_arena_printf(&n->ir.arena, "%s.r", name), DIMS(1, count / inner, inner));
    return n->last;
}

static TtfsTensor join(Net *n, const char *name, uint32_t axis, uint32_t parts, TtfsTensor *t) {
    TtfsDiag diag = {0};
    TtfsNode c = {.op = TTFS_OP_CONCAT, .name = name, .n_in = parts, .attr = ttfs_ir_attr()};
    TtfsTensorInfo out = {0};
    for (uint32_t i = 0; i < parts; i++) c.in[i] = t[i];
    c.attr.axis = axis;
    assert_true(ttfs_ir_infer(&n->ir, &c, &out, "net", &diag));
    out.name = name;
    n->last = n->ir.output = c.out = ttfs_ir_add_tensor(&n->ir, &out);
    ttfs_ir_add_node(&n->ir, &c);
    return n->last;
}

/* A detector: two maps, of each a head for scores and one for boxes; a softmax over the scores. */
static Net detector(void) {
    Net n = start(DIMS(1, 1, 8, 8));
    conv(&n, "c1", 3, 1);
    relu(&n, "r1");
    TtfsTensor a = n.last, score[2], box[2];
    conv(&n, "c2", 4, 3);
    relu(&n, "r2");
    TtfsTensor b = n.last;
    score[0] = head(&n, a, "s1", 4, 2);
    box[0] = head(&n, a, "b1", 8, 4);
    score[1] = head(&n, b, "s2", 6, 2);
    box[1] = head(&n, b, "b2", 12, 4);
    join(&n, "scores", 1, 2, score);
    TtfsTensor scores = n.last;
    join(&n, "boxes", 1, 2, box);
    give(&n, scores);
    give(&n, n.last);
    return n;
}

static void heads_stay_moves(void **state) {
    (void)state;
    Net n = detector();
    expect_canonical(&n, "conv:c1 relu:r1 conv:c2 relu:r2 conv:s1 transpose:s1.t reshape:s1.r "
                         "conv:b1 transpose:b1.t reshape:b1.r conv:s2 transpose:s2.t "
                         "reshape:s2.r conv:b2 transpose:b2.t reshape:b2.r "
                         "concat:scores concat:boxes");
}

static void a_head_is_a_piece(void **state) {
    (void)state;
    Net n = detector();
    Lowered l;
    lower(&l, &n);
    assert_int_equal(l.spike.outputs.len, 2);
    static const uint32_t channels[2][2] = {{4, 6}, {8, 12}}, positions[2] = {36, 16};
    for (uint32_t o = 0; o < 2; o++) {
        const TtfsOutput *out = &l.spike.outputs.at[o];
        assert_string_equal(out->name, o ? "boxes" : "scores");
        assert_int_equal(out->pieces.len, 2);
        uint32_t at = 0;
        for (uint32_t i = 0; i < 2; i++) {
            const TtfsPiece *p = &out->pieces.at[i];
            uint32_t c = channels[o][i];
            TtfsLoop want[2] = {{positions[i], 1, c}, {c, (int32_t)positions[i], 1}};
            assert_int_equal(p->at, at);
            assert_int_equal(p->first, 0);
            assert_int_equal(p->loops, 2);
            assert_memory_equal(p->loop, want, sizeof want);
            at += c * positions[i];
        }
    }
    end(&l);
}

/* A softmax of each output is dropped; what is given twice is two outputs of one readout; a hidden
 * value gets a readout of its own. */
static void ends(void **state) {
    (void)state;
    TtfsIr net;
    TtfsDiag diag = {0};
    Net n = start(DIMS(1, 6));
    dense(&n, "fc1", 5, 6);
    relu(&n, "hidden");
    give(&n, n.last);
    TtfsTensor hidden = n.last;
    dense(&n, "fc2", 4, 5);
    TtfsTensor logits = n.last;
    push(&n, TTFS_OP_SOFTMAX, "probabilities", IN(LAST), NULL);
    give(&n, n.last);
    give(&n, logits);
    n.last = hidden;
    dense(&n, "fc3", 6, 5);
    reshape(&n, "grid", DIMS(2, 3));
    push(&n, TTFS_OP_LOGSOFTMAX, "log", IN(LAST), NULL);
    reshape(&n, "flat", DIMS(6));
    give(&n, n.last);
    assert_true(ttfs_ir_drop_tail(&n.ir, &net, "net", &diag));
    assert_true(ttfs_ir_check(&net, "net", &diag));
    assert_int_equal(diag.messages.len, 3); /* softmax; log, and the reshape behind it */
    static const char *const names[] = {"hidden", "probabilities", "fc2", "flat"};
    for (uint32_t i = 0; i < 4; i++)
        assert_string_equal(ttfs_ir_tensor(&net, ttfs_ir_output(&net, i))->name, names[i]);
    assert_int_equal(ttfs_ir_tensor(&net, ttfs_ir_output(&net, 3))->rank, 2);
    Net dropped = {.ir = net, .rng = ttfs_rng(1)};
    expect_canonical(
        &dropped, "gemm:fc1 relu:hidden reshape:hidden.shape conv:hidden_2 reshape:hidden_2.shape "
                  "gemm:fc2 gemm:fc3 reshape:grid reshape:probabilities.shape");
    ttfs_ir_free(&n.ir);
    ttfs_diag_free(&diag);
}

/* An output that is the input: a readout of weights 1, beside the one that has layers. */
static void input_as_output(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 3, 3));
    push(&n, TTFS_OP_IDENTITY, "echo", IN(LAST), NULL);
    give(&n, n.last);
    n.last = n.ir.input;
    conv(&n, "c1", 2, 2);
    give(&n, n.last);
    expect_canonical(&n, "conv:input_2 conv:c1");
}

/* A head behind axes in another order, with a constant added there. */
static void affine_in_another_order(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 5, 4));
    conv(&n, "c1", 3, 2);
    transpose(&n, "t", to_last);
    push(&n, TTFS_OP_ADD, "anchors", IN(LAST, CONST(&n, 3, 2, 3)), NULL);
    push(&n, TTFS_OP_MUL, "variance", IN(LAST, CONST(&n, 3)), NULL);
    reshape(&n, "rows", DIMS(1, 6, 3));
    give(&n, n.last);
    expect_canonical(&n, "conv:c1 add:c1.bias reshape:c1.bias.shape transpose:c1.bias.order "
                         "reshape:c1.bias.order.shape reshape:rows");
}

static void refused_ends(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr c;
    Net n = start(DIMS(1, 4)); /* an output that no readout can be, beside one that can */
    dense(&n, "fc", 3, 4);
    give(&n, n.last);
    push(&n, TTFS_OP_SOFTMAX, "s", IN(LAST), NULL);
    push(&n, TTFS_OP_MUL, "gate", IN(LAST, n.ir.output), NULL);
    give(&n, n.last);
    assert_false(ttfs_ir_canonical(&n.ir, &c, "net", &diag));
    assert_non_null(strstr(diag.messages.at[0].where, "s"));
    assert_int_equal(diag.messages.at[0].code, TTFS_MODEL_FORM);
    ttfs_ir_free(&n.ir);
    ttfs_diag_free(&diag);
}

/* A small file that asks for much: the same values over and over. */
static void repeated(void **state) {
    (void)state;
    TtfsDiag diag = {0};
    TtfsIr c;
    Net n = start(DIMS(1, 8));
    dense(&n, "fc", 8, 8);
    for (int i = 0; i < 9; i++) {
        TtfsTensor t[8];
        for (int k = 0; k < 8; k++) t[k] = n.last;
        join(&n, "again", 1, 8, t);
    }
    assert_false(ttfs_ir_canonical(&n.ir, &c, "net", &diag));
    assert_int_equal(diag.messages.at[0].code, TTFS_LIMIT);
    ttfs_ir_free(&n.ir);
    ttfs_diag_free(&diag);
}

/* Element -> readout and neuron, by the pieces. */
static void table_of(const TtfsPieces *p, uint64_t count, uint64_t *table) {
    for (uint64_t e = 0; e < count; e++) table[e] = UINT64_MAX;
    for (uint32_t i = 0; i < p->len; i++)
        for (uint64_t k = 0; k < ttfs_piece_size(&p->at[i]); k++) {
            uint32_t neuron, element;
            ttfs_piece_at(&p->at[i], k, &neuron, &element);
            assert_true(element < count && table[element] == UINT64_MAX);
            table[element] = (uint64_t)p->at[i].pop << 32 | neuron;
        }
}

/* Ten elements behind fourteen, as four rows of six, turned: cut at the seam, not element by
 * element. */
static void cut_at_the_seam(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsPieces in = {0}, out = {0}, odd = {0};
    uint64_t want[24], got[24];
    for (uint32_t i = 0; i < 2; i++) {
        *TTFS_PUSH(&a, in) = ttfs_piece_whole(i + 1, i ? 14 : 10);
        in.at[i].at = i ? 10 : 0;
    }
    assert_true(ttfs_pieces_place(&a, &in, 2, (uint32_t[]){4, 6}, 0, (uint32_t[]){1, 4}, &out));
    assert_true(out.len <= 4);
    table_of(&in, 24, want);
    table_of(&out, 24, got);
    for (uint32_t i = 0; i < 24; i++) assert_int_equal(got[i % 6 * 4 + i / 6], want[i]);
    /* every second element from the last but one on, backwards */
    assert_true(ttfs_pieces_slice(&a, &in, 1, (uint32_t[]){24}, (uint32_t[]){22}, (uint32_t[]){12},
                                  (int32_t[]){-2}, &odd));
    assert_int_equal(odd.len, 2);
    table_of(&odd, 12, got);
    for (uint32_t i = 0; i < 12; i++) assert_int_equal(got[i], want[22 - 2 * i]);
    ttfs_arena_free(&a);
}

/* Two maps side by side in the last axis: a piece each, though their elements alternate. */
static void side_by_side(void **state) {
    (void)state;
    Net n = start(DIMS(1, 2, 5, 4));
    TtfsTensor x = n.ir.input, t[2];
    t[0] = head(&n, x, "a", 4, 4);
    t[1] = head(&n, x, "b", 2, 2);
    join(&n, "both", 2, 2, t);
    Lowered l;
    lower(&l, &n);
    assert_int_equal(l.spike.outputs.len, 1);
    const TtfsOutput *o = &l.spike.outputs.at[0];
    assert_int_equal(o->pieces.len, 2);
    assert_int_equal(o->pieces.at[1].at, 4);
    assert_int_equal(o->pieces.at[1].loop[0].to, 6);
    end(&l);
}

static void print(const TtfsSpike *s, TtfsBuf *out) {
    TtfsDiag diag = {0};
    assert_true(ttfs_spike_print(s, NULL, out, &diag));
    ttfs_diag_free(&diag);
}

/* Read back the same; one changed number is seen, by the comparison or as a fault. */
static void text_and_equality(void **state) {
    (void)state;
    Net n = detector();
    Lowered l;
    TtfsSpike back;
    TtfsBuf once = {0}, twice = {0};
    char what[200];
    lower(&l, &n);
    print(&l.spike, &once);
    assert_true(ttfs_spike_read(&back, "x", once.text, once.len, &l.diag));
    print(&back, &twice);
    assert_string_equal(ttfs_buf_text(&once), ttfs_buf_text(&twice));
    assert_true(ttfs_spike_equal(&l.spike, &back, what, sizeof what));
    TtfsOutput *o = &back.outputs.at[1];
    uint32_t *numbers[] = {&o->rank,
                           &o->dim[1],
                           &o->pieces.at[1].pop,
                           &o->pieces.at[1].first,
                           &o->pieces.at[1].at,
                           &o->pieces.at[0].loops,
                           &o->pieces.at[0].loop[0].size,
                           (uint32_t *)&o->pieces.at[0].loop[1].from,
                           &o->pieces.at[0].loop[1].to};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ++*numbers[i];
        assert_false(ttfs_spike_equal(&l.spike, &back, what, sizeof what));
        assert_false(ttfs_spike_check(&back, "x", &l.diag) && i != 2);
        --*numbers[i];
    }
    o->name = "other";
    assert_false(ttfs_spike_equal(&l.spike, &back, what, sizeof what));
    back.outputs.len = 1;
    assert_false(ttfs_spike_equal(&l.spike, &back, what, sizeof what));
    back.outputs.len = 0; /* as the image has it */
    assert_true(ttfs_spike_equal(&l.spike, &back, what, sizeof what));
    ttfs_buf_free(&once);
    ttfs_buf_free(&twice);
    ttfs_spike_free(&back);
    end(&l);
}

/* Potentials of all readouts behind one another; the class is the first output's, in its order and
 * in real units, the lowest element on ties. */
static void class_of_several(void **state) {
    (void)state;
    Net n = detector();
    Lowered l;
    TtfsTrace t, other;
    TtfsDifference d;
    lower(&l, &n);
    ttfs_trace_init(&t, &l.spike, &l.spike.arena);
    ttfs_trace_init(&other, &l.spike, &l.spike.arena);
    assert_int_equal(t.readouts, (4 + 8) * 36 + (6 + 12) * 16);
    TtfsPop first = {l.spike.outputs.at[0].pieces.at[0].pop};
    TtfsPop second = {l.spike.outputs.at[0].pieces.at[1].pop};
    assert_int_equal(first.i, l.spike.readout.i);
    ttfs_spike_pop(&l.spike, first)->scale = 0.5;
    ttfs_spike_pop(&l.spike, second)->scale = 2;
    ttfs_trace_potentials(&t, second)[3] = 10;     /* channel 0, position 3: 20 */
    ttfs_trace_potentials(&t, first)[36 + 5] = 30; /* channel 1, position 5: 15 */
    assert_int_equal(ttfs_trace_class(&t), 4 * 36 + 3 * 6);
    ttfs_trace_potentials(&t, first)[36 + 5] = 40; /* a tie: the lower element */
    assert_int_equal(ttfs_trace_class(&t), 5 * 4 + 1);
    double *v = TTFS_ARRAY(&l.spike.arena, double, 240);
    ttfs_trace_output(&t, &l.spike.outputs.at[0], v);
    for (uint32_t i = 0; i < 240; i++)
        assert_true(v[i] == (i == 5 * 4 + 1 || i == 4 * 36 + 3 * 6 ? 20 : 0));
    ttfs_trace_potentials(&other, first)[36 + 5] = 40;
    assert_int_equal(ttfs_trace_compare(&t, &other, &d), 1);
    assert_true(d.readout);
    assert_int_equal(d.pop.i, second.i);
    assert_int_equal(d.neuron, 3);
    assert_int_equal(d.want, 10);
    l.spike.outputs.len = 0; /* every readout is an output */
    assert_int_equal(ttfs_spike_outputs(&l.spike), 4);
    TtfsOutput o = ttfs_spike_output(&l.spike, 2, &l.spike.arena);
    assert_int_equal(o.pieces.at[0].pop, first.i + 2);
    assert_int_equal(ttfs_output_count(&o), 6 * 16);
    assert_int_equal(ttfs_trace_class(&t), 36 + 5);
    end(&l);
}

/* Whether the header of emitted code defines so many classes; 0: none. */
static void expect_classes(const TtfsSpike *s, uint32_t n) {
    TtfsEmitJob job = {.name = "net", .model = "net.onnx", .format = TTFS_EMIT_HEADER};
    TtfsBuf header = {0};
    TtfsDiag diag = {0};
    char line[64];
    snprintf(line, sizeof line, "#define NET_CLASSES %u ", n);
    assert_true(ttfs_emit(s, &job, &header, &diag));
    assert_true(strstr(header.text, n ? line : "#define NET_LATENCY ") != NULL);
    assert_true((strstr(header.text, "NET_CLASSES") != NULL) == (n > 0));
    assert_true((strstr(header.text, "net_class(") != NULL) == (n > 0));
    ttfs_buf_free(&header);
}

/* Emitted code tells a class where an output is the neurons of one readout in order. */
static void classes_of_emitted_code(void **state) {
    (void)state;
    Net n = detector();
    Lowered l;
    lower(&l, &n);
    expect_classes(&l.spike, 0);
    l.spike.outputs.len = 0; /* every readout is an output */
    expect_classes(&l.spike, 4 * 36);
    end(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_stay_moves),
        cmocka_unit_test(a_head_is_a_piece),
        cmocka_unit_test(ends),
        cmocka_unit_test(input_as_output),
        cmocka_unit_test(affine_in_another_order),
        cmocka_unit_test(refused_ends),
        cmocka_unit_test(repeated),
        cmocka_unit_test(cut_at_the_seam),
        cmocka_unit_test(side_by_side),
        cmocka_unit_test(text_and_equality),
        cmocka_unit_test(class_of_several),
        cmocka_unit_test(classes_of_emitted_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
