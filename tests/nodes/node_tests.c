/* SPDX-License-Identifier: Apache-2.0
 *
 * The ONNX backend tests (Debian's libonnx-testdata) against import and the relu engine.
 * In: node_tests DATA-FOLDER WANT-FILE. Every test whose graph has only operators that ttfs claims
 * is run as many ways as it allows: with each float input in turn as the activation and the others
 * as constants, and with all inputs constant, folded by the importer, behind a sum with zero. A
 * test is passed when one way at least is taken and none gives a wrong value or shape. Out: a line
 * a test, with the ways or with the reason why it is left out. Exit code 1 when a value is wrong or
 * a line differs from WANT-FILE (a test that WANT-FILE does not know is printed and must only not
 * be wrong), 77 when there is no data. With TTFS_UPDATE set WANT-FILE is written: from the data of
 * Debian 12; later ones have more tests, and lack a few.
 */
#include "node_model.h"
#include "onnx_to_ir.h"
#include "relu.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SKIPPED = 77, MOST = 4096 };

typedef struct {
    const char *op, *line; /* first operator; what is printed */
} Report;

typedef struct {
    TtfsArena arena;
    Report reports[MOST];
    uint32_t count, passed, left_out, wrong, foreign;
    char scratch[64]; /* a file for models */
} Bench;

static const char *const groups[] = {"node", "pytorch-converted", "pytorch-operator", "simple"};

/* Operators whose tests are run: those that are imported, alone or folded. */
static const char claimed[] =
    " Abs Add And ArgMax AveragePool BatchNormalization Cast Ceil Clip Concat Constant "
    "ConstantOfShape Conv ConvTranspose DepthToSpace DequantizeLinear Div Dropout Elu Equal "
    "Exp Expand Flatten Floor Gather Gemm GlobalAveragePool GlobalMaxPool Greater HardSigmoid "
    "Identity LeakyRelu Less Log LogSoftmax MatMul Max MaxPool Mean Min Mod Mul Neg Not Or "
    "PRelu Pad Pow QuantizeLinear Range Reciprocal ReduceMax ReduceMean ReduceMin ReduceSum "
    "Relu Reshape Resize Round Shape Sigmoid Size Slice Softmax Softplus Softsign "
    "SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh Tile TopK Transpose Unsqueeze Upsample "
    "Where ";

static bool is_claimed(const char *op) {
    size_t len = strlen(op);
    for (const char *at = claimed; (at = strstr(at, op)) != NULL; at += len)
        if (at[-1] == ' ' && at[len] == ' ') return true;
    return false;
}

/* Relative 1e-5, absolute 1e-6: tighter than the 1e-3 of the ONNX runner. */
static bool close_to(double got, double want) {
    return got == want || fabs(got - want) <= 1e-6 + 1e-5 * fabs(want) ||
           (isnan(got) && isnan(want));
}

/* NULL, or what differs. `shaped`: the shape is compared too. */
static const char *compare(Bench *b, const TtfsRelu *r, const TtfsIr *ir, const NodeCase *c,
                           bool shaped) {
    for (uint32_t k = 0; k < c->n_outputs; k++) {
        TtfsTensor t = k ? ir->outputs.at[k] : ir->output;
        const TtfsTensorInfo *info = ttfs_ir_tensor(ir, t);
        const NodeValue *want = &c->outputs[k];
        bool same = want->count == ttfs_ir_count(info);
        for (uint32_t i = 0; shaped && same && i < want->rank; i++)
            same = want->rank == info->rank && want->dim[i] == info->dim[i];
        if (!same || (shaped && want->rank != info->rank))
            return ttfs_arena_printf(&b->arena, "output %u has shape %s", k,
                                     ttfs_ir_shape_text(&b->arena, info));
        const float *got = ttfs_relu_values(r, t);
        for (uint64_t i = 0; i < want->count; i++)
            if (!close_to((double)got[i], want->v[i]))
                return ttfs_arena_printf(&b->arena, "output %u, element %llu: %.9g, %.9g expected",
                                         k, (unsigned long long)i, (double)got[i], want->v[i]);
    }
    return NULL;
}

typedef enum { TAKEN, REFUSED, WRONG } Verdict;

static const char *first_error(Bench *b, const TtfsDiag *d) {
    const TtfsMessage *m = ttfs_diag_error(d);
    return ttfs_arena_printf(&b->arena, "%s%s%s", m->op, *m->op ? ": " : "", m->what);
}

/* The importer said that it leaves out a rounding. */
static bool rounds(const TtfsDiag *d) {
    for (uint32_t i = 0; i < d->messages.len; i++)
        if (strstr(d->messages.at[i].what, "half precision")) return true;
    return false;
}

/* One way: input `active` is the activation, or all are folded (active = n_inputs). */
static Verdict run_way(Bench *b, NodeCase *c, uint32_t active, const char **why) {
    TtfsDiag diag = {0};
    TtfsIr ir;
    TtfsArena keep = {0};
    size_t size;
    unsigned char *bytes = ttfs_node_case_model(c, active, &keep, &size);
    Verdict verdict = REFUSED;
    if (!ttfs_file_fill(b->scratch, bytes, size, &diag)) exit(1);
    if (!ttfs_onnx_import(b->scratch, &(TtfsOnnxOptions){.keep_batch = true}, &ir, &diag)) {
        if (!**why) *why = first_error(b, &diag);
    } else if ((ir.outputs.len ? ir.outputs.len : 1) != c->n_outputs) {
        if (!**why) *why = "an output is a constant";
        ttfs_ir_free(&ir);
    } else if (active < c->n_inputs && rounds(&diag)) {
        if (!**why) *why = "activations are not rounded to half precision";
        ttfs_ir_free(&ir);
    } else {
        const float zero = 0;
        const float *x = active < c->n_inputs ? ttfs_node_floats(&c->inputs[active], &keep) : &zero;
        TtfsRelu *r = ttfs_relu_open(&ir);
        ttfs_relu_run(r, x);
        const char *wrong = compare(b, r, &ir, c, active < c->n_inputs);
        verdict = wrong ? WRONG : TAKEN;
        if (wrong) *why = wrong;
        ttfs_relu_close(r);
        ttfs_ir_free(&ir);
    }
    ttfs_diag_free(&diag);
    ttfs_arena_free(&keep);
    return verdict;
}

static void report(Bench *b, const NodeCase *c, const char *text) {
    if (b->count == MOST) exit(1);
    b->reports[b->count++] =
        (Report){ttfs_arena_strdup(&b->arena, c->op),
                 ttfs_arena_printf(&b->arena, "%-20s %s: %s", c->op, c->name, text)};
}

static void run_case(Bench *b, NodeCase *c) {
    const char *ways = "", *why = "";
    for (uint32_t i = 0; i <= c->n_inputs; i++) {
        if (i < c->n_inputs && !c->inputs[i].is_float) continue;
        bool wide = i < c->n_inputs &&
                    c->inputs[i].proto->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
        if (wide) { /* activations are float32 */
            if (!*why) why = "its input is float64";
            continue;
        }
        Verdict v = run_way(b, c, i, &why);
        if (v == WRONG) {
            b->wrong++;
            report(b, c, ttfs_arena_printf(&b->arena, "WRONG, input %u: %s", i, why));
            return;
        }
        if (v == REFUSED) continue;
        ways = ttfs_arena_printf(&b->arena, "%s%s%s", ways, *ways ? ", " : "",
                                 i < c->n_inputs ? ttfs_arena_printf(&b->arena, "input %u", i)
                                                 : "folded");
    }
    b->passed += *ways != 0;
    b->left_out += *ways == 0;
    report(b, c,
           *ways ? ttfs_arena_printf(&b->arena, "PASSED %s", ways)
                 : ttfs_arena_printf(&b->arena, "LEFT OUT %s", why));
}

/* Loads and runs one test when all of its operators are claimed. */
static void visit(Bench *b, const char *folder, const char *name) {
    NodeCase c;
    TtfsArena a = {0};
    const char *why = ttfs_node_case_load(&c, folder, name, is_claimed, &a);
    if (!why)
        run_case(b, &c);
    else if (*why) {
        b->left_out++;
        report(b, &c, ttfs_arena_printf(&b->arena, "LEFT OUT %s", why));
    } else {
        b->foreign++;
    }
    ttfs_node_case_free(&c);
    ttfs_arena_free(&a);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_report(const void *a, const void *b) {
    return strcmp(((const Report *)a)->line, ((const Report *)b)->line);
}

static void visit_group(Bench *b, const char *folder) {
    DIR *d = opendir(folder);
    char **names = TTFS_ARRAY(&b->arena, char *, MOST);
    size_t n = 0;
    if (!d) return;
    for (struct dirent *e; (e = readdir(d)) != NULL && n < MOST;)
        if (strncmp(e->d_name, "test_", 5) == 0)
            names[n++] = ttfs_arena_strdup(&b->arena, e->d_name);
    closedir(d);
    qsort(names, n, sizeof *names, by_text);
    for (size_t i = 0; i < n; i++) visit(b, folder, names[i]);
}

/* Lines of this run that the wanted file has otherwise. Releases of the data differ in some tests:
 * those of the file that are not there are differences only when they are more than a tenth. */
static uint32_t differences(Bench *b, const TtfsFile *want) {
    uint32_t n = 0, known = 0;
    const char *text = ttfs_arena_strndup(&b->arena, (const char *)want->bytes, want->size);
    for (uint32_t i = 0; i < b->count; i++) {
        const char *line = b->reports[i].line;
        size_t name = strlen(line);
        for (const char *at = strchr(line, ':'); at; at = NULL) name = (size_t)(at - line) + 1;
        char *key = ttfs_arena_strndup(&b->arena, line, name);
        const char *found = strstr(text, key);
        size_t len = found ? strcspn(found, "\n") : 0;
        known += found != NULL;
        if (found && (len != strlen(line) || strncmp(found, line, len) != 0)) {
            printf("differs: %s\n  wanted: %.*s\n", line, (int)len, found);
            n++;
        }
    }
    uint32_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) lines++;
    uint32_t absent = lines - known;
    if (absent) printf("%u of the list's %u tests are not in this data\n", absent, lines);
    return n + (absent > lines / 10 ? absent : 0);
}

static int judge(Bench *b, const char *path) {
    TtfsBuf all = {0};
    TtfsDiag diag = {0};
    TtfsFile want;
    qsort(b->reports, b->count, sizeof *b->reports, by_report);
    for (uint32_t i = 0; i < b->count; i++) ttfs_buf_printf(&all, "%s\n", b->reports[i].line);
    fputs(ttfs_buf_text(&all), stdout);
    uint32_t differ = 0;
    if (getenv("TTFS_UPDATE")) {
        if (!ttfs_file_fill(path, ttfs_buf_text(&all), all.len, &diag)) return 1;
    } else {
        if (!ttfs_file_open(&want, path, 1 << 22, &diag)) return 1;
        differ = differences(b, &want);
        ttfs_file_close(&want);
    }
    printf("%u node tests passed, %u left out, %u wrong; %u tests have other operators; %u lines "
           "differ from %s\n",
           b->passed, b->left_out, b->wrong, b->foreign, differ, path);
    ttfs_buf_free(&all);
    return b->wrong || differ || b->passed == 0;
}

int main(int argc, char **argv) {
    static Bench b;
    if (argc != 3) return 2;
    if (!ttfs_is_folder(ttfs_path_join(&b.arena, argv[1], groups[0]))) {
        printf("skipped: no %s: install libonnx-testdata (tools/setup.sh)\n", argv[1]);
        return SKIPPED;
    }
    memcpy(b.scratch, "/tmp/ttfs-node-XXXXXX", sizeof "/tmp/ttfs-node-XXXXXX");
    int fd = mkstemp(b.scratch);
    if (fd < 0) return 1;
    close(fd);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        visit_group(&b, ttfs_path_join(&b.arena, argv[1], groups[i]));
    int verdict = judge(&b, argv[2]);
    unlink(b.scratch);
    ttfs_arena_free(&b.arena);
    return verdict;
}
