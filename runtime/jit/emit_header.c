/* SPDX-License-Identifier: Apache-2.0
 *
 * The C header of ahead-of-time code: which functions are in the object, how values go in and come
 * out, how much memory it takes. Names of layers may hold any byte, so they stand in string
 * literals alone, with all that is not a plain character escaped.
 */
#include "emit_parts.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

bool ttfs_emit_has_floats(const TtfsTarget *t) {
    return strcmp(t->abi, "ilp32") != 0;
}

bool ttfs_emit_classes(const TtfsSpike *s, uint32_t *first, uint32_t *n) {
    TtfsPiece whole = ttfs_piece_whole(s->readout.i, ttfs_pop_size(ttfs_spike_pop(s, s->readout)));
    const TtfsPiece *p = s->outputs.len ? s->outputs.at[0].pieces.at : &whole;
    uint64_t size = ttfs_piece_size(p);
    if (s->outputs.len && s->outputs.at[0].pieces.len != 1) return false;
    for (uint64_t k = 0; k < size; k++) {
        uint32_t neuron, element;
        ttfs_piece_at(p, k, &neuron, &element);
        if (element != k || neuron != p->first + k) return false;
    }
    *first = p->first;
    *n = (uint32_t)size;
    for (uint32_t i = 0; i + 1 < p->pop; i++)
        if (s->pops.at[i].kind == TTFS_POP_READOUT) *first += ttfs_pop_size(&s->pops.at[i]);
    return true;
}

typedef struct {
    const TtfsProgram *program;
    const TtfsSpike *spike;
    const char *name, *upper;
    TtfsBuf *out;
} Header;

static const char *upper_of(const char *name, TtfsArena *a) {
    char *upper = ttfs_arena_strdup(a, name);
    for (char *c = upper; *c; c++) *c = (char)toupper((unsigned char)*c);
    return upper;
}

/* A text inside a comment: neither its end, nor a line's, nor a trigraph can be in it. */
static void plain(TtfsBuf *out, const char *text) {
    for (const char *c = text; *c; c++)
        ttfs_buf_printf(out, "%c", isalnum((unsigned char)*c) || strchr("._- ", *c) ? *c : '_');
}

static void quoted(TtfsBuf *out, const char *text) {
    ttfs_buf_puts(out, "\"");
    for (const char *c = text; *c; c++)
        ttfs_buf_printf(out, isalnum((unsigned char)*c) || strchr("._-/: ", *c) ? "%c" : "\\%03o",
                        (unsigned char)*c);
    ttfs_buf_puts(out, "\"");
}

static void define(const Header *h, const char *what, uint64_t value, const char *meaning) {
    ttfs_buf_printf(h->out, "#define %s_%s %" PRIu64 " /* %s */\n", h->upper, what, value, meaning);
}

static uint64_t potentials(const TtfsSpike *s) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->pops.len; i++)
        if (s->pops.at[i].kind == TTFS_POP_READOUT) n += ttfs_pop_size(&s->pops.at[i]);
    return n;
}

static uint32_t most_bits(const TtfsSpike *s) {
    uint32_t most = 0;
    for (uint32_t i = 0; i < s->conns.len; i++)
        if (s->conns.at[i].weight_bits > most) most = s->conns.at[i].weight_bits;
    return most;
}

static void about(const Header *h, const TtfsEmitJob *job) {
    const TtfsSpike *s = h->spike;
    const TtfsTarget *t = h->program->target;
    const TtfsPopulation *in = ttfs_spike_pop(s, s->input);
    ttfs_buf_puts(h->out, "/* ");
    plain(h->out, job->model);
    ttfs_buf_printf(h->out,
                    " as a time-to-first-spike network, made by ttfs for %s, %s.\n"
                    " * %" PRIu64 " neurons, weights of at most %u bits, input windows of %u ticks,"
                    " latency %u ticks.\n"
                    " *\n"
                    " * The object holds its weights and its memory; it allocates nothing and calls"
                    " nothing but memcpy\n"
                    " * and memset. The memory is the only copy: one call at a time.\n */\n",
                    t->triple, t->cpu, ttfs_spike_neurons(s), most_bits(s), in->ticks, s->latency);
}

static void sizes(const Header *h) {
    const TtfsSpike *s = h->spike;
    const TtfsPopulation *in = ttfs_spike_pop(s, s->input), *out = ttfs_spike_pop(s, s->readout);
    define(h, "INPUTS", ttfs_pop_size(in), "values of a sample");
    define(h, "READOUTS", potentials(s), "potentials of a sample");
    define(h, "NEURONS", ttfs_spike_neurons(s) - potentials(s),
           "that spike: ticks of a sample, the input's first");
    define(h, "INPUT_TICKS", in->ticks, "T: an input is an integer 0..T");
    ttfs_buf_printf(
        h->out,
        "#define %s_INPUT_SCALE %.17g /* x = (value - OFFSET) / SCALE, rounded half"
        " up, cut to 0..T */\n"
        "#define %s_INPUT_OFFSET %.17g\n"
        "#define %s_SCALE %.17g /* logit = potential * SCALE, of the first readout */\n",
        h->upper, in->scale, h->upper, in->offset, h->upper, out->scale);
    uint32_t first, classes;
    if (ttfs_emit_classes(s, &first, &classes))
        define(h, "CLASSES", classes, "what the class is chosen among");
    define(h, "LATENCY", s->latency, "ticks from the first input's to the last readout's");
    define(h, "CONSTANT_BYTES", h->program->const_bytes, "read only: weights, biases, ramps");
    define(h, "WORK_BYTES", h->program->sample_bytes + TTFS_SLACK, "read and written");
}

static void populations(const Header *h) {
    const TtfsSpike *s = h->spike;
    uint64_t first = 0;
    ttfs_buf_printf(h->out,
                    "\n/* The populations that spike: name, first tick's place, channels, rows, "
                    "columns, ticks of the window.\n"
                    " * Neurons are counted channel by channel, row by row. */\n"
                    "#define %s_POPULATIONS(X)",
                    h->upper);
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        if (p->kind == TTFS_POP_READOUT) continue;
        ttfs_buf_puts(h->out, " \\\n    X(");
        quoted(h->out, p->name);
        ttfs_buf_printf(h->out, ", %" PRIu64 ", %u, %u, %u, %u)", first, p->c, p->h, p->w,
                        p->ticks);
        first += ttfs_pop_size(p);
    }
    ttfs_buf_printf(
        h->out,
        "\n\n/* The readouts: name, first potential's place, channels, rows, columns, scale. */\n"
        "#define %s_READOUT_POPULATIONS(X)",
        h->upper);
    first = 0;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        if (p->kind != TTFS_POP_READOUT) continue;
        ttfs_buf_puts(h->out, " \\\n    X(");
        quoted(h->out, p->name);
        ttfs_buf_printf(h->out, ", %" PRIu64 ", %u, %u, %u, %.17g)", first, p->c, p->h, p->w,
                        p->scale);
        first += ttfs_pop_size(p);
    }
    ttfs_buf_puts(h->out, "\n");
}

static void functions(const Header *h) {
    const TtfsPopulation *in = ttfs_spike_pop(h->spike, h->spike->input);
    bool last = h->spike->order[0] != 0;
    ttfs_buf_printf(
        h->out,
        "\n/* Runs one sample: x, %u channels of %u rows of %u integers, each 0..T. */\n"
        "void %s_run(const uint16_t *x, int32_t *potentials);\n",
        in->c, in->h, in->w, h->name);
    if (ttfs_emit_has_floats(h->program->target))
        ttfs_buf_printf(h->out,
                        "/* The same from values as the network was trained on them, channels %s. "
                        "*/\n"
                        "void %s_run_real(const float *values, int32_t *potentials);\n",
                        last ? "last" : "first", h->name);
    else
        ttfs_buf_puts(h->out,
                      "/* No run from float values: without floating point instructions it would "
                      "need a library. */\n");
    if (h->program->shared)
        ttfs_buf_puts(h->out,
                      "/* No ticks: populations share memory and are gone after the run. */\n");
    else
        ttfs_buf_printf(
            h->out,
            "/* The spikes of the last run: each neuron's tick in its population's window, "
            "0xffff for silence. */\n"
            "void %s_ticks(uint16_t *ticks);\n",
            h->name);
    uint32_t first, n;
    if (ttfs_emit_classes(h->spike, &first, &n))
        ttfs_buf_printf(h->out,
                        "/* The class: the first of the largest potentials. */\n"
                        "uint32_t %s_class(const int32_t *potentials);\n",
                        h->name);
}

void ttfs_emit_header(const TtfsProgram *p, const TtfsEmitJob *job, TtfsBuf *out) {
    Header h = {p, p->spike, job->name, upper_of(job->name, p->arena), out};
    about(&h, job);
    ttfs_buf_printf(out, "#ifndef TTFS_EMITTED_%s_H\n#define TTFS_EMITTED_%s_H\n\n", h.upper,
                    h.upper);
    ttfs_buf_puts(out, "#include <stdint.h>\n\n");
    sizes(&h);
    populations(&h);
    ttfs_buf_puts(out, "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    functions(&h);
    ttfs_buf_puts(out, "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}
