/* SPDX-License-Identifier: Apache-2.0
 *
 * An interpreter of images: the contract of docs/core.md executed, turn by turn, slot by slot and
 * record by record, with no cycles and nothing of the network but what the directory says of flows
 * and stages. In: an image and the values of samples; out: their traces, values as they leave their
 * cores, sums as they come to the host. Values of a slot arrive when it ends, in every other turn
 * at once, the input's before all: so neither a program that reads too early nor a value that comes
 * over another one that is still read goes unseen. Weights that come from outside come in every
 * other turn before the slot that they come in, else behind it. Whatever the contract calls an
 * error, or leaves to the compiler's proof, is counted in `faults`, the first in words.
 */
#ifndef RUN_IMAGE_H
#define RUN_IMAGE_H

#include "image.h"
#include "trace.h"

#include <stdio.h>

typedef struct {
    uint32_t number, value;
} RunEvent;

typedef struct {
    TTFS_VEC(RunEvent) events;
} RunList;

typedef struct {
    uint32_t flow, y, x, c, value;
    bool sum;
} RunFlit;

/* A core: its activations, where its programs stand, and what its engines hand on in a slot. */
typedef struct {
    uint16_t *value;       /* per element */
    uint32_t *written;     /* per element: the last turn that wrote it, + 1 */
    unsigned char *parity; /* per word */
    uint32_t *weights;     /* rows, as in the image's memory */
    uint32_t at[3];
    bool ended[3];
    TTFS_VEC(RunList) lists;
    TTFS_VEC(uint32_t) pooled;
    TTFS_VEC(int64_t) potentials;   /* LANES at a time */
    uint32_t list, pool, potential; /* taken so far */
    int64_t *v;                     /* of the lanes */
} RunCore;

typedef struct {
    const TtfsImage *img;
    TtfsArena arena, slot;
    RunCore *cores;
    TTFS_VEC(RunFlit) sent[1024]; /* per core, in this slot */
    uint32_t turn, faults;
    char fault[160];
    TtfsTrace *traces; /* of the samples, the first of which came in this turn */
    uint32_t samples, first_turn;
    TTFS_VEC(RunFlit) host;
} RunImage;

static inline void run_fault(RunImage *r, uint32_t core, const char *what, int64_t v) {
    if (r->faults++ == 0)
        snprintf(r->fault, sizeof r->fault, "core %u: %s (%lld)", core, what, (long long)v);
}

static inline void run_open(RunImage *r, const TtfsImage *img) {
    *r = (RunImage){.img = img};
    r->cores = TTFS_ARRAY(&r->arena, RunCore, ttfs_chip_cores(&img->chip));
    for (uint32_t c = 0; c < ttfs_chip_cores(&img->chip); c++) {
        r->cores[c].value = TTFS_ARRAY(&r->arena, uint16_t, ttfs_chip_elements(&img->chip));
        r->cores[c].written = TTFS_ARRAY(&r->arena, uint32_t, ttfs_chip_elements(&img->chip));
        r->cores[c].parity = TTFS_ARRAY(&r->arena, unsigned char, img->chip.act_words);
        r->cores[c].v = TTFS_ARRAY(&r->arena, int64_t, img->chip.lanes);
        const TtfsMemImage *mem = &img->cores[c].mem[TTFS_MEM_WEIGHTS];
        uint32_t chunks = ttfs_chip_memory(&img->chip, TTFS_MEM_WEIGHTS).chunks;
        r->cores[c].weights =
            TTFS_ARRAY(&r->arena, uint32_t, (size_t)img->chip.weight_rows * chunks);
        for (size_t i = 0; i < (size_t)mem->rows * chunks; i++)
            r->cores[c].weights[i] = mem->words[i];
        for (uint32_t e = 0; e < 3; e++)
            r->cores[c].at[e] = img->cores[c].mem[TTFS_MEM_PROGRAM].words[e];
    }
}

static inline void run_close(RunImage *r) {
    ttfs_arena_free(&r->arena);
    ttfs_arena_free(&r->slot);
}

/* The element of the copy that a turn writes, in *element. A word of another turn's parity is a
 * word of zeros. */
static inline bool run_word(RunImage *r, uint32_t core, int32_t banks, uint32_t turn,
                            uint32_t *at) {
    RunCore *k = &r->cores[core];
    uint32_t bits = ttfs_chip_element_bits(&r->img->chip), parity = turn >> banks & 1;
    uint32_t copy = turn & ((1u << banks) - 1), all = ttfs_chip_bank_bits(&r->img->chip);
    uint32_t element = (*at & ((1u << bits) - 1)) ^ copy << (all - (uint32_t)banks);
    uint32_t word = element / TTFS_WORD_ELEMENTS;
    *at = element;
    if (element >= ttfs_chip_elements(&r->img->chip)) {
        run_fault(r, core, "ADDRESS: an element that is not there", element);
        return false;
    }
    for (uint32_t i = 0; k->parity[word] != parity && i < TTFS_WORD_ELEMENTS; i++)
        k->value[word * TTFS_WORD_ELEMENTS + i] = 0;
    k->parity[word] = (unsigned char)parity;
    return true;
}

static inline uint32_t run_read(RunImage *r, uint32_t core, const TtfsSegment *s, int64_t address) {
    uint32_t at = (uint32_t)address, turn = r->turn - (uint32_t)s->delay;
    return run_word(r, core, s->banks, turn, &at) ? r->cores[core].value[at] : 0;
}

/* The offset of a row or column; false: it is not held. */
static inline bool run_offset(RunImage *r, uint32_t core, TtfsMem m, uint32_t word, uint32_t *at) {
    const TtfsMemImage *mem = &r->img->cores[core].mem[m];
    uint32_t v = word < mem->rows ? mem->words[word] : 0;
    *at += v & ~(UINT32_C(1) << 31);
    return v >> 31;
}

static inline void run_put(RunImage *r, uint32_t core, const TtfsKeep *b, const RunFlit *f) {
    uint32_t at = f->c - (uint32_t)b->c;
    if (r->img->chip.conv) {
        bool row = run_offset(r, core, TTFS_MEM_ROWS, (uint32_t)b->row_base + f->y, &at);
        bool col = run_offset(r, core, TTFS_MEM_COLS, (uint32_t)b->col_base + f->x, &at);
        if (!row || !col) return;
    } else {
        at += (uint32_t)b->row_base | (uint32_t)b->col_base << 16;
    }
    if (at >> ttfs_chip_element_bits(&r->img->chip)) run_fault(r, core, "ADDRESS: no element", at);
    if (run_word(r, core, b->banks, r->turn, &at)) {
        if (r->cores[core].written[at] == r->turn + 1)
            run_fault(r, core, "a value lands on another", at);
        r->cores[core].written[at] = r->turn + 1;
        r->cores[core].value[at] = (uint16_t)f->value;
    }
}

static inline void run_receive(RunImage *r, uint32_t core, uint32_t buffer, const RunFlit *f) {
    const TtfsMemImage *mem = &r->img->cores[core].mem[TTFS_MEM_BUFFERS];
    TtfsKeep b;
    if (buffer >= mem->rows ||
        !ttfs_record_unpack(TTFS_RECORD_KEEP, mem->words + (size_t)buffer * 4, &b)) {
        run_fault(r, core, "FLOW: no buffer for a flow", f->flow);
        return;
    }
    bool held = f->c >= (uint32_t)b.c && f->c - (uint32_t)b.c < (uint32_t)b.channels;
    if (f->value == 0 || f->value > (uint32_t)b.top) run_fault(r, core, "VALUE", f->value);
    if (f->y >= (uint32_t)b.rows || f->x >= (uint32_t)b.cols || (!held && !b.part))
        run_fault(r, core, "PLACE", f->c);
    else if (held)
        run_put(r, core, &b, f);
}

/* Through the routers; `hops` ends a circle. */
static inline void run_route(RunImage *r, uint32_t core, const RunFlit *f, uint32_t hops) {
    static const int step_x[] = {0, 1, 0, -1}, step_y[] = {-1, 0, 1, 0};
    const TtfsMemImage *mem = &r->img->cores[core].mem[TTFS_MEM_FLOWS];
    uint32_t word = f->flow < mem->rows ? mem->words[f->flow] : 0;
    int width = (int)r->img->chip.cores_x, height = (int)r->img->chip.cores_y;
    if ((word & 31) == 0 || hops > 1024) {
        run_fault(r, core, "FLOW: no port for a flow", f->flow);
        return;
    }
    if (word >> 4 & 1) run_receive(r, core, word >> 5, f);
    for (int p = 0; p < 4; p++) {
        int x = (int)core % width + step_x[p], y = (int)core / width + step_y[p];
        if (!(word >> p & 1)) continue;
        if (core == 0 && p == 3)
            *TTFS_PUSH(&r->slot, r->host) = *f;
        else if (x < 0 || y < 0 || x >= width || y >= height)
            run_fault(r, core, "a flit leaves the mesh", f->flow);
        else
            run_route(r, (uint32_t)(y * width + x), f, hops + 1);
    }
}

static inline void run_deliver(RunImage *r, uint32_t core, const RunFlit *f) {
    if (ttfs_chip_cores(&r->img->chip) > 1)
        run_route(r, core, f, 0);
    else if (f->sum)
        *TTFS_PUSH(&r->slot, r->host) = *f;
    else
        run_receive(r, core, f->flow, f);
}

/* The trace of the sample that a population is computed for in this turn; NULL: it is none. */
static inline TtfsTrace *run_trace(const RunImage *r, const TtfsImagePop *p) {
    uint32_t sample = r->turn - r->first_turn - p->stage;
    return sample < r->samples ? &r->traces[sample] : NULL;
}

static inline void run_send(RunImage *r, uint32_t core, RunFlit f) {
    uint32_t pop = f.flow < r->img->flows ? r->img->flow_pop[f.flow] : 1;
    const TtfsImagePop *p = &r->img->pops.at[pop - 1];
    if (r->turn % 2)
        run_deliver(r, core, &f);
    else
        *TTFS_PUSH(&r->slot, r->sent[core]) = f;
    if (!f.sum && run_trace(r, p))
        ttfs_trace_add(run_trace(r, p), (TtfsPop){pop}, (f.c * p->h + f.y) * p->w + f.x,
                       p->ticks - f.value);
}

/* The next record of an engine. */
static inline void run_next(RunImage *r, uint32_t core, uint32_t engine, TtfsRecordKind kind,
                            void *record) {
    RunCore *k = &r->cores[core];
    const TtfsMemImage *mem = &r->img->cores[core].mem[TTFS_MEM_PROGRAM];
    uint32_t words[TTFS_RECORD_MOST] = {0};
    for (uint32_t i = 0; i < TTFS_RECORD_MOST && k->at[engine] + i < mem->rows; i++)
        words[i] = mem->words[k->at[engine] + i];
    if (k->at[engine] >= mem->rows) run_fault(r, core, "a program does not end", engine);
    ttfs_record_unpack(kind, words, record);
    k->at[engine] += ttfs_record_words(kind, words[0]);
}

/* At the end of a slot; behind that of the sample the program starts again. */
static inline void run_ended(RunImage *r, uint32_t core, uint32_t engine, bool sample) {
    RunCore *k = &r->cores[core];
    if (sample) k->at[engine] = r->img->cores[core].mem[TTFS_MEM_PROGRAM].words[engine];
    k->ended[engine] = sample;
}

static inline void run_patch(RunImage *r, uint32_t core, const TtfsSegment *s, int64_t row,
                             int64_t col, uint32_t *number, RunList *list) {
    for (int64_t i = 0; i < s->ny; i++)
        for (int64_t j = 0; j < s->nx; j++)
            for (int64_t e = 0; e < s->length; e++, ++*number) {
                uint32_t v = run_read(r, core, s,
                                      s->base + row * s->row_stride + col * s->col_stride +
                                          i * s->row_step + j * s->run_step + e);
                if (v) *TTFS_PUSH(&r->slot, list->events) = (RunEvent){*number, v};
            }
}

static inline void run_pool(RunImage *r, uint32_t core, const TtfsSegment *s, int64_t row,
                            int64_t col, bool smallest) {
    for (int64_t c = 0; c < s->length; c++) {
        uint32_t best = smallest ? UINT32_MAX : 0;
        for (int64_t i = 0; i < s->ny; i++)
            for (int64_t j = 0; j < s->nx; j++) {
                uint32_t v = run_read(r, core, s,
                                      s->base + row * s->row_stride + col * s->col_stride +
                                          i * s->row_step + j * s->run_step + c);
                if (smallest ? v < best : v > best) best = v;
            }
        *TTFS_PUSH(&r->slot, r->cores[core].pooled) = best;
    }
    if ((s->base | s->run_step | s->row_step | s->col_stride | s->row_stride) % TTFS_WORD_ELEMENTS)
        run_fault(r, core, "a pool's steps are not words", s->base);
}

static inline void run_scan(RunImage *r, uint32_t core) {
    RunCore *k = &r->cores[core];
    TtfsScan scan;
    TtfsSegment segment[16];
    for (run_next(r, core, 0, TTFS_RECORD_SCAN, &scan); scan.op;
         run_next(r, core, 0, TTFS_RECORD_SCAN, &scan)) {
        if ((uint32_t)scan.segments > r->img->chip.segments) run_fault(r, core, "segments", 0);
        for (int32_t i = 0; i < scan.segments; i++)
            run_next(r, core, 0, TTFS_RECORD_SEGMENT, &segment[i]);
        for (int64_t row = 0; row < scan.rows; row++)
            for (int64_t col = 0; col < scan.cols; col++) {
                RunList list = {0};
                uint32_t number = 0;
                if (scan.op > 1) run_pool(r, core, &segment[0], row, col, scan.op == 3);
                for (int32_t i = 0; scan.op == 1 && i < scan.segments; i++)
                    run_patch(r, core, &segment[i], row, col, &number, &list);
                if (list.events.len > r->img->chip.list_entries)
                    run_fault(r, core, "LIST: events of a list", list.events.len);
                if (scan.op == 1) *TTFS_PUSH(&r->slot, k->lists) = list;
            }
    }
    run_ended(r, core, 0, scan.sample_end);
}

static inline bool run_holds(uint32_t bits, int64_t v) {
    return v >= -(INT64_C(1) << (bits - 1)) && v < INT64_C(1) << (bits - 1);
}

/* Takes a value down to 1, adds the rows of its events to the slopes, and those to the potentials.
 */
static inline void run_group(RunImage *r, uint32_t core, const RunList *list, const TtfsWalk *w,
                             uint32_t group) {
    const TtfsChip *chip = &r->img->chip;
    int64_t slope[256] = {0};
    const TtfsMemImage *mem = &r->img->cores[core].mem[TTFS_MEM_WEIGHTS];
    uint32_t rows = chip->stream ? chip->weight_rows : mem->rows;
    uint32_t chunks = ttfs_chip_memory(chip, TTFS_MEM_WEIGHTS).chunks;
    for (int32_t tick = w->top; tick >= 1; tick--) {
        for (uint32_t e = 0; e < list->events.len; e++) {
            uint32_t row = (uint32_t)(w->weight_base + (int32_t)group * w->group_rows) +
                           list->events.at[e].number;
            if (list->events.at[e].value != (uint32_t)tick) continue;
            if (row >= rows) run_fault(r, core, "ADDRESS: weight row", row);
            for (uint32_t l = 0; row < rows && l < chip->lanes; l++) {
                slope[l] += ttfs_row_signed(r->cores[core].weights + (size_t)row * chunks,
                                            l * chip->weight_bits, chip->weight_bits);
                if (!run_holds(chip->slope_bits, slope[l])) run_fault(r, core, "a slope wraps", l);
            }
        }
        for (uint32_t l = 0; l < chip->lanes; l++) r->cores[core].v[l] += slope[l];
    }
}

static inline void run_walk(RunImage *r, uint32_t core) {
    RunCore *k = &r->cores[core];
    TtfsWalk w;
    for (run_next(r, core, 1, TTFS_RECORD_WALK, &w); w.op;
         run_next(r, core, 1, TTFS_RECORD_WALK, &w))
        for (int32_t i = 0; i < w.lists; i++, k->list++)
            for (int32_t g = 0; g < w.groups; g++) {
                if (k->list < k->lists.len)
                    run_group(r, core, &k->lists.at[k->list], &w, (uint32_t)g);
                else
                    run_fault(r, core, "a list too few", k->list);
                for (uint32_t l = 0; !w.more && l < r->img->chip.lanes; l++) {
                    *TTFS_PUSH(&r->slot, k->potentials) = k->v[l];
                    k->v[l] = 0;
                }
            }
    run_ended(r, core, 1, w.sample_end);
    if (k->list != k->lists.len) run_fault(r, core, "lists too many", k->lists.len - k->list);
}

static inline int32_t run_class(int32_t at, int32_t count, int32_t first, int32_t last) {
    int32_t inside = count - 1 - last;
    return (at < first ? at : first) + (at > inside ? at - inside : 0);
}

static inline int64_t run_floor(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

/* V + bias of a channel, and its ramp. */
static inline int64_t run_sum(RunImage *r, uint32_t core, const TtfsFire *f, int32_t row,
                              int32_t col, int32_t i, int64_t v, uint32_t *ramp) {
    const TtfsChip *chip = &r->img->chip;
    int32_t word = f->param_base + i +
                   run_class(row, f->rows, f->edge_top, f->edge_bottom) * f->class_row +
                   run_class(col, f->cols, f->edge_left, f->edge_right) * f->channels;
    if ((uint32_t)word >= r->img->cores[core].mem[TTFS_MEM_PARAMS].rows) {
        run_fault(r, core, "ADDRESS: parameter", word);
        return 0;
    }
    *ramp = ttfs_image_bits(r->img, core, TTFS_MEM_PARAMS, (uint32_t)word, 0, chip->ramp_bits);
    int64_t sum = v + ttfs_image_signed(r->img, core, TTFS_MEM_PARAMS, (uint32_t)word,
                                        chip->ramp_bits, chip->acc_bits);
    if (!run_holds(chip->acc_bits, v) || !run_holds(chip->acc_bits, sum))
        run_fault(r, core, "a potential wraps", sum);
    if (*ramp == 0) run_fault(r, core, "a ramp of 0", word);
    return sum;
}

static inline void run_channel(RunImage *r, uint32_t core, const TtfsFire *f, int32_t row,
                               int32_t col, int32_t i, int64_t v) {
    const TtfsChip *chip = &r->img->chip;
    uint32_t ramp = 1, bits = ttfs_chip_flit_value_bits(chip);
    RunFlit flit = {(uint32_t)f->flow,
                    (uint32_t)(f->y + row),
                    (uint32_t)(f->x + col),
                    (uint32_t)(f->c + i),
                    (uint32_t)v,
                    f->op == 2};
    int64_t sum = f->op == 3 ? v : run_sum(r, core, f, row, col, i, v, &ramp);
    int64_t y = f->op == 1 && ramp ? run_floor(sum, ramp) : sum;
    for (uint32_t part = 0; f->op == 2 && part < ttfs_chip_sum_flits(chip); part++) {
        flit.value = (uint32_t)((uint64_t)sum >> part * bits & ((UINT64_C(1) << bits) - 1));
        run_send(r, core, flit);
    }
    if (f->op == 2) return;
    flit.value = (uint32_t)(y < 0 ? 0 : y > f->top ? f->top : y);
    if (flit.value) run_send(r, core, flit);
}

/* What the lanes or the pool have for the next channel of a position. */
static inline int64_t run_take(RunImage *r, uint32_t core, const TtfsFire *f, int32_t i) {
    RunCore *k = &r->cores[core];
    uint32_t lanes = r->img->chip.lanes, lane = (uint32_t)i % lanes;
    if (f->op == 3 && k->pool < k->pooled.len) return k->pooled.at[k->pool++];
    if (f->op != 3 && k->potential + lane < k->potentials.len) {
        int64_t v = k->potentials.at[k->potential + lane];
        if (lane + 1 == lanes || i + 1 == f->channels) k->potential += lanes;
        return v;
    }
    run_fault(r, core, "nothing to fire with", i);
    return 0;
}

static inline void run_fire(RunImage *r, uint32_t core) {
    RunCore *k = &r->cores[core];
    TtfsFire f;
    for (run_next(r, core, 2, TTFS_RECORD_FIRE, &f); f.op;
         run_next(r, core, 2, TTFS_RECORD_FIRE, &f))
        for (int32_t row = 0; row < f.rows; row++)
            for (int32_t col = 0; col < f.cols; col++)
                for (int32_t i = 0; i < f.channels; i++)
                    run_channel(r, core, &f, row, col, i, run_take(r, core, &f, i));
    run_ended(r, core, 2, f.sample_end);
    if (k->potential != k->potentials.len || k->pool != k->pooled.len)
        run_fault(r, core, "potentials or pooled words are left", k->potential);
}

/* A sum's flits, one after the other, are one potential. */
static inline void run_host(RunImage *r) {
    uint32_t bits = ttfs_chip_flit_value_bits(&r->img->chip),
             n = ttfs_chip_sum_flits(&r->img->chip);
    for (uint32_t i = 0; i + n <= r->host.len; i += n) {
        RunFlit f = r->host.at[i];
        uint64_t sum = 0;
        for (uint32_t part = 0; part < n; part++)
            sum |= (uint64_t)r->host.at[i + part].value << part * bits;
        uint32_t acc = r->img->chip.acc_bits, pop = r->img->flow_pop[f.flow];
        const TtfsImagePop *p = &r->img->pops.at[pop - 1];
        int64_t v = (int64_t)(sum & ((UINT64_C(1) << acc) - 1));
        if (v >> (acc - 1)) v -= INT64_C(1) << acc;
        if (!f.sum) run_fault(r, 0, "a value comes to the host", f.flow);
        if (run_trace(r, p))
            ttfs_trace_potentials(run_trace(r, p),
                                  (TtfsPop){pop})[(f.c * p->h + f.y) * p->w + f.x] = (int32_t)v;
    }
    r->host.len = 0;
}

/* All cores up to the next end of slot, then what they sent. */
static inline void run_slot(RunImage *r) {
    uint32_t cores = ttfs_chip_cores(&r->img->chip);
    for (uint32_t c = 0; c < cores; c++) {
        RunCore *k = &r->cores[c];
        k->list = k->pool = k->potential = 0;
        run_scan(r, c);
        run_walk(r, c);
        run_fire(r, c);
    }
    for (uint32_t c = 0; c < cores; c++)
        for (uint32_t i = 0; i < r->sent[c].len; i++) run_deliver(r, c, &r->sent[c].at[i]);
    run_host(r);
    for (uint32_t c = 0; c < cores; c++) {
        memset(&r->sent[c], 0, sizeof r->sent[c]);
        memset(&r->cores[c].lists, 0, sizeof r->cores[c].lists);
        memset(&r->cores[c].pooled, 0, sizeof r->cores[c].pooled);
        memset(&r->cores[c].potentials, 0, sizeof r->cores[c].potentials);
    }
    memset(&r->host, 0, sizeof r->host);
    ttfs_arena_free(&r->slot);
}

/* What comes from outside in a slot. */
static inline void run_section(RunImage *r, uint32_t slot) {
    TtfsStreamAt s = {.img = r->img};
    TtfsStreamBlock b;
    uint32_t chunks = ttfs_chip_memory(&r->img->chip, TTFS_MEM_WEIGHTS).chunks;
    while (ttfs_stream_next(&s, &b))
        if (b.slot == slot)
            memcpy(r->cores[b.core].weights + (size_t)b.row * chunks, b.words,
                   (size_t)b.rows * chunks * sizeof *b.words);
    if (s.fault || s.sections != (r->img->chip.stream ? r->img->slots : 0))
        run_fault(r, 0, "the stream is no section a slot", s.sections);
}

static inline const TtfsImagePop *run_input(const TtfsImage *img) {
    return &img->pops.at[img->flow_pop[img->input_flow] - 1];
}

/* One turn; x: the values of its input, NULL: none. */
static inline void run_turn(RunImage *r, const uint16_t *x) {
    const TtfsImagePop *in = run_input(r->img);
    for (uint32_t n = 0; x && n < in->c * in->h * in->w; n++) {
        RunFlit f = {
            r->img->input_flow, n / in->w % in->h, n % in->w, n / in->w / in->h, x[n], false};
        if (x[n]) run_deliver(r, 0, &f);
    }
    for (uint32_t s = 0; s < r->img->slots; s++) {
        if (r->turn % 2) run_section(r, s);
        run_slot(r);
        if (r->turn % 2 == 0) run_section(r, s);
    }
    for (uint32_t c = 0; c < ttfs_chip_cores(&r->img->chip); c++)
        for (uint32_t e = 0; e < 3; e++)
            if (!r->cores[c].ended[e]) run_fault(r, c, "the sample does not end", e);
    r->turn++;
}

/* Samples one after the other, each of x as ttfs_spike_encode gives it; then turns without values
 * until the last one's results are there. */
static inline void run_samples(RunImage *r, const uint16_t *x, uint32_t n, TtfsTrace *out) {
    const TtfsImagePop *in = run_input(r->img);
    size_t size = (size_t)in->c * in->h * in->w;
    uint32_t latest = 0;
    for (uint32_t i = 0; i < r->img->pops.len; i++)
        if (r->img->pops.at[i].stage > latest) latest = r->img->pops.at[i].stage;
    r->traces = out;
    r->samples = n;
    r->first_turn = r->turn;
    for (uint32_t i = 0; i < n; i++) {
        ttfs_trace_clear(&out[i]);
        ttfs_trace_set_input(&out[i], x + i * size);
    }
    for (uint32_t i = 0; i < n + latest; i++) run_turn(r, i < n ? x + i * size : NULL);
}

#endif
