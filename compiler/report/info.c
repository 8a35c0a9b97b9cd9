/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of layers of models and of output folders; texts of forms.
 */
#include "info.h"

#include "asked.h"
#include "ir_to_ir.h"
#include "judge_report.h"
#include "model.h"
#include "out.h"
#include "report_json.h"
#include "schedule.h"

#include <stdio.h>
#include <string.h>

/* One row of the table, and the sums. */
typedef struct {
    const char *name, *kind;
    char shape[64];
    uint64_t neurons, parameters, macs;
} Row;

typedef struct {
    TtfsArena arena;
    TTFS_VEC(Row) rows;
    TTFS_VEC(TtfsOutput) outputs;
} Table;

static void tensor_shape(const TtfsTensorInfo *t, char text[64]) {
    size_t used = 0;
    text[0] = 0;
    for (uint32_t i = t->rank > 1 ? 1 : 0; i < t->rank && used < 50; i++)
        used += (size_t)snprintf(text + used, 64 - used, "%s%u", used ? "x" : "", t->dim[i]);
}

static uint64_t constants(const TtfsIr *ir, const TtfsNode *n) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n->n_in; i++)
        if (n->in[i].i && ttfs_ir_tensor(ir, n->in[i])->data)
            sum += ttfs_ir_count(ttfs_ir_tensor(ir, n->in[i]));
    return sum;
}

/* Multiply-accumulates: of a convolution, weights a channel times output places; of a matrix
 * product, inner times outer sizes. */
static uint64_t macs(const TtfsIr *ir, const TtfsNode *n) {
    const TtfsTensorInfo *out = ttfs_ir_tensor(ir, n->out);
    const TtfsTensorInfo *w = n->n_in > 1 && n->in[1].i ? ttfs_ir_tensor(ir, n->in[1]) : NULL;
    if (n->op == TTFS_OP_CONV) return ttfs_ir_count(w) / w->dim[0] * ttfs_ir_count(out);
    if (n->op != TTFS_OP_GEMM && n->op != TTFS_OP_MATMUL) return 0;
    const TtfsTensorInfo *a = ttfs_ir_tensor(ir, n->in[0]);
    uint32_t inner = n->op == TTFS_OP_GEMM && n->attr.trans_a ? a->dim[0] : a->dim[a->rank - 1];
    return ttfs_ir_count(out) * inner;
}

static void table_of_ir(Table *t, const TtfsIr *ir) {
    for (uint32_t i = 0; i < ir->nodes.len; i++) {
        const TtfsNode *n = &ir->nodes.at[i];
        const TtfsTensorInfo *out = ttfs_ir_tensor(ir, n->out);
        Row *r = TTFS_PUSH(&t->arena, t->rows);
        *r = (Row){.name = n->name,
                   .kind = ttfs_op_name(n->op),
                   .parameters = constants(ir, n),
                   .macs = macs(ir, n)};
        r->neurons = n->op == TTFS_OP_RELU ? ttfs_ir_count(out) : 0;
        tensor_shape(out, r->shape);
    }
}

static uint64_t fan_in(const TtfsSpike *s, const TtfsPopulation *p) {
    uint64_t synapses = 0;
    for (uint32_t k = 0; k < p->conn_count; k++)
        synapses += ttfs_conn_synapses(s, &s->conns.at[p->conn_first + k]);
    return synapses;
}

static void table_of_spike(Table *t, const TtfsSpike *s) {
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        Row *r = TTFS_PUSH(&t->arena, t->rows);
        *r = (Row){.name = p->name,
                   .kind = ttfs_pop_kind_name(p->kind),
                   .neurons = ttfs_pop_size(p),
                   .parameters = ttfs_pop_parameters(s, p),
                   .macs = fan_in(s, p)};
        char shape[48];
        snprintf(r->shape, sizeof r->shape, "%s%s", ttfs_pop_shape(p, shape),
                 p->ticks ? "" : " potentials");
    }
}

static void table_text(const Table *t, const char *last_column, TtfsBuf *out) {
    uint64_t neurons = 0, parameters = 0, work = 0;
    ttfs_buf_printf(out, "%-28s %-10s %-18s %10s %12s %14s\n", "layer", "kind", "shape", "neurons",
                    "parameters", last_column);
    for (uint32_t i = 0; i < t->rows.len; i++) {
        const Row *r = &t->rows.at[i];
        ttfs_buf_name(out, r->name, 28);
        ttfs_buf_printf(out, " %-10s %-18s %10llu %12llu %14llu\n", r->kind, r->shape,
                        (unsigned long long)r->neurons, (unsigned long long)r->parameters,
                        (unsigned long long)r->macs);
        neurons += r->neurons;
        parameters += r->parameters;
        work += r->macs;
    }
    ttfs_buf_printf(out, "%-28s %-10s %-18s %10llu %12llu %14llu\n", "in all", "", "",
                    (unsigned long long)neurons, (unsigned long long)parameters,
                    (unsigned long long)work);
}

static void table_json(const Table *t, const char *last_column, TtfsJson *j) {
    ttfs_json_array(j, "layers");
    for (uint32_t i = 0; i < t->rows.len; i++) {
        const Row *r = &t->rows.at[i];
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "name", r->name);
        ttfs_json_string(j, "kind", r->kind);
        ttfs_json_string(j, "shape", r->shape);
        ttfs_json_number(j, "neurons", (double)r->neurons);
        ttfs_json_number(j, "parameters", (double)r->parameters);
        ttfs_json_number(j, last_column, (double)r->macs);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

static void use_text(const char *what, uint64_t used, uint32_t available, TtfsBuf *out) {
    ttfs_buf_printf(out, "%s %llu of %u", what, (unsigned long long)used, available);
}

static void schedule_text(const TtfsOut *o, TtfsBuf *out) {
    const TtfsPlan *p = &o->plan;
    TtfsArena a = {0};
    const TtfsPlaced *placed = ttfs_placed(p, &o->spike, &a);
    for (uint32_t i = 0; i < o->spike.pops.len; i++) {
        const TtfsPopulation *q = &o->spike.pops.at[i];
        ttfs_buf_name(out, q->name, 28);
        ttfs_buf_printf(out, " window %u..%u, slot %u, stage %u", q->start, q->start + q->ticks,
                        placed[i].when.slot, placed[i].when.stage);
        if (placed[i].tasks)
            ttfs_buf_printf(out, ", %u task%s on %u core%s", placed[i].tasks,
                            placed[i].tasks == 1 ? "" : "s", placed[i].cores,
                            placed[i].cores == 1 ? "" : "s");
        ttfs_buf_puts(out, "\n");
    }
    for (uint32_t i = 0; i < p->slots.len; i++)
        ttfs_buf_printf(out, "slot %u: at most %llu cycles, %llu expected\n", i,
                        (unsigned long long)p->slots.at[i].worst_cycles,
                        (unsigned long long)p->slots.at[i].expected_cycles);
    ttfs_arena_free(&a);
}

static void memory_text(const TtfsOut *o, TtfsBuf *out) {
    const TtfsPlan *p = &o->plan;
    if (!o->has_plan) {
        ttfs_buf_printf(out,
                        "\nlatency %u ticks; no chip: the compilation stopped before the plan\n",
                        o->spike.latency);
        return;
    }
    uint32_t turns = ttfs_plan_turns(p, &o->spike);
    ttfs_buf_printf(out,
                    "\nlatency %u ticks; at most %llu cycles a sample, %llu expected (chip %s)\n"
                    "schedule %s: results after %u turn%s%s\n",
                    o->spike.latency, (unsigned long long)p->worst_cycles,
                    (unsigned long long)p->expected_cycles, p->chip.name,
                    ttfs_schedule_names[ttfs_schedule_of(p, &o->spike)], turns,
                    turns == 1 ? "" : "s",
                    p->early ? ", cores up to a turn ahead of one another" : "");
    for (uint32_t c = 0; c < ttfs_chip_cores(&p->chip); c++) {
        const TtfsUse *u = &p->use[c];
        ttfs_buf_printf(out, "core %u:", c);
        use_text(" activation words", u->act_words, p->chip.act_words, out);
        use_text(", weight rows", u->weight_rows, p->chip.weight_rows, out);
        use_text(", parameter words", u->param_words, p->chip.param_words, out);
        use_text(", program words", u->program_words, p->chip.program_words, out);
        ttfs_buf_puts(out, "\n");
    }
    schedule_text(o, out);
}

/* What the network gives: of a model from its tensors, of a folder from its readouts. */
static void take_outputs(Table *t, const TtfsIr *ir, const TtfsSpike *s) {
    for (uint32_t i = 0; i < (ir ? ttfs_ir_outputs(ir) : ttfs_spike_outputs(s)); i++) {
        TtfsOutput o = {0};
        if (ir) {
            const TtfsTensorInfo *from = ttfs_ir_tensor(ir, ttfs_ir_output(ir, i));
            o = (TtfsOutput){.name = ttfs_arena_strdup(&t->arena, from->name), .rank = from->rank};
            memcpy(o.dim, from->dim, sizeof o.dim);
        } else {
            o = ttfs_spike_output(s, i, &t->arena);
        }
        *TTFS_PUSH(&t->arena, t->outputs) = o;
    }
}

static void outputs_text(const Table *t, TtfsBuf *out) {
    for (uint32_t i = 0; i < t->outputs.len; i++) {
        const TtfsOutput *p = &t->outputs.at[i];
        ttfs_buf_printf(out, "output ");
        ttfs_buf_name(out, p->name, 0);
        ttfs_buf_printf(out, ": ");
        for (uint32_t k = 0; k < p->rank; k++)
            ttfs_buf_printf(out, "%s%u", k ? "x" : "", p->dim[k]);
        if (p->pieces.len)
            ttfs_buf_printf(out, ", %u piece%s of readouts", p->pieces.len,
                            p->pieces.len == 1 ? "" : "s");
        ttfs_buf_printf(out, "\n");
    }
}

static void outputs_json(const Table *t, TtfsJson *j) {
    ttfs_json_array(j, "outputs");
    for (uint32_t i = 0; i < t->outputs.len; i++) {
        const TtfsOutput *o = &t->outputs.at[i];
        ttfs_json_object(j, NULL);
        ttfs_json_output(j, o);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

static bool info_model(const char *path, uint64_t memory, Table *t, TtfsDiag *diag) {
    TtfsIr imported = {0}, net = {0};
    TtfsBudget budget;
    TtfsModelOptions options = {.budget = &budget, .memory = memory};
    bool ok = ttfs_model_import(path, &options, &imported, diag) &&
              ttfs_ir_drop_tail(&imported, &net, path, diag);
    if (ok) table_of_ir(t, &net);
    if (ok) take_outputs(t, &net, NULL);
    /* names live in the IR's arena */
    for (uint32_t i = 0; ok && i < t->rows.len; i++)
        t->rows.at[i].name = ttfs_arena_strdup(&t->arena, t->rows.at[i].name);
    ttfs_ir_free(&net);
    ttfs_ir_free(&imported);
    return ok;
}

static void info_json(const Table *t, bool folder, const TtfsOut *o, TtfsBuf *out) {
    TtfsJson j = {.out = out};
    ttfs_json_object(&j, NULL);
    table_json(t, folder ? "synapses" : "macs", &j);
    outputs_json(t, &j);
    if (o->has_plan) {
        ttfs_json_timing(&j, "timing", &o->plan, &o->spike);
        ttfs_json_fit(&j, "fit", &o->plan, &o->spike);
    }
    ttfs_json_end(&j);
}

static bool info_folder(const char *path, Table *t, TtfsOut *o, TtfsDiag *diag) {
    if (!ttfs_out_open(o, path, TTFS_OUT_SPIKE | TTFS_OUT_PLAN_IF_ANY, diag)) return false;
    table_of_spike(t, &o->spike);
    take_outputs(t, NULL, &o->spike);
    return true;
}

bool ttfs_info(const char *path, uint64_t memory, TtfsBuf *json, TtfsBuf *text, TtfsDiag *diag) {
    Table t = {0};
    TtfsOut o = {0};
    bool folder = ttfs_is_folder(path);
    bool ok = folder ? info_folder(path, &t, &o, diag) : info_model(path, memory, &t, diag);
    if (ok) {
        info_json(&t, folder, &o, json);
        table_text(&t, folder ? "synapses" : "MACs", text);
        outputs_text(&t, text);
        if (folder) memory_text(&o, text);
    }
    ttfs_arena_free(&t.arena);
    ttfs_out_close(&o);
    return ok;
}

/* --- dump --- */

static const char *const form_names[] = {"ir", "spike", "plan", "image", NULL};

/* The form a text file holds, by its first word. */
static uint32_t form_of_text(const TtfsFile *f) {
    static const char *const words[] = {"ttfs-ir", "ttfs-spike", "ttfs-plan", "ttfs-image", NULL};
    TtfsLex l;
    TtfsDiag quiet = {0};
    uint32_t form = 0;
    ttfs_lex_init(&l, "", f->bytes, f->size, &quiet);
    while (words[form] && !ttfs_lex_is(&l, words[form])) form++;
    ttfs_diag_free(&quiet);
    return form;
}

static bool dump_file(const char *path, uint32_t form, TtfsBuf *text, TtfsDiag *diag) {
    TtfsFile f;
    TtfsIr ir = {0};
    TtfsSpike spike = {0};
    TtfsPlan plan = {0};
    TtfsImage image = {0};
    bool ok;
    if (!ttfs_file_open(&f, path, (size_t)16 << 30, diag)) return false;
    bool binary = f.size >= 7 && memcmp(f.bytes, "TTFSIMG", 7) == 0;
    uint32_t found = binary ? 3 : form_of_text(&f);
    if (!form_names[found])
        ok = ttfs_error_advice(diag, TTFS_AT_FILE(path), TTFS_TEXT_SYNTAX,
                               "give a file from OUT/forms or OUT/image", "no form of ttfs");
    else if (form != UINT32_MAX && form != found)
        ok = ttfs_error_advice(diag, TTFS_AT_FILE(path), TTFS_TEXT_SYNTAX, "leave out --form",
                               "holds the form %s", form_names[found]);
    else if (binary)
        ok = ttfs_image_unpack(&image, path, f.bytes, f.size, diag);
    else if (found == 0)
        ok = ttfs_ir_read(&ir, path, f.bytes, f.size, diag) && ttfs_ir_print(&ir, NULL, text, diag);
    else if (found == 1)
        ok = ttfs_spike_read(&spike, path, f.bytes, f.size, diag) &&
             ttfs_spike_print(&spike, NULL, text, diag);
    else if (found == 2)
        ok = ttfs_plan_read(&plan, path, f.bytes, f.size, diag);
    else
        ok = ttfs_image_read(&image, path, f.bytes, f.size, diag);
    if (ok && found == 2) ttfs_plan_print(&plan, text);
    if (ok && found == 3) ttfs_image_print(&image, text);
    ttfs_image_free(&image);
    ttfs_plan_free(&plan);
    ttfs_spike_free(&spike);
    ttfs_ir_free(&ir);
    ttfs_file_close(&f);
    return ok;
}

bool ttfs_dump(const char *path, const char *name, TtfsBuf *out, TtfsDiag *diag) {
    static const char *const file_of_form[] = {"forms/ir.txt", "forms/spike.txt", "forms/plan.txt",
                                               "image/chip.img"};
    uint32_t form = UINT32_MAX;
    if (!ttfs_asked_word("--form", name, form_names, &form, diag)) return false;
    if (!ttfs_is_folder(path)) return dump_file(path, form, out, diag);
    if (!ttfs_is_out(path))
        return ttfs_error(diag, TTFS_AT_FILE(path), TTFS_OUT_FOLDER,
                          "not a folder that ttfs compile wrote");
    TtfsArena a = {0};
    path = ttfs_path_join(&a, path, file_of_form[form == UINT32_MAX ? 1 : form]);
    bool ok = dump_file(path, form, out, diag);
    ttfs_arena_free(&a);
    return ok;
}
