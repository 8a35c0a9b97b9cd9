/* SPDX-License-Identifier: Apache-2.0
 *
 * libttfs: the compiler and its engines for other programs. It never prints and never exits, has no
 * global state, and runs out of memory as any other error: what was begun is undone, the process
 * lives. Two things that are not its own can end a process all the same: LLVM aborts when it finds
 * no memory for itself while it makes code, and a file that somebody cuts while it is read in place
 * is a signal (SIGBUS).
 *
 *     TtfsMessages *m = ttfs_messages_new();
 *     TtfsCompileOptions o = ttfs_compile_defaults();
 *     o.model = "net.onnx", o.calib = "calib.npz", o.out = "out";
 *     if (!ttfs_compile(&o, m)) ...                        the messages say why
 *     TtfsRunOptions r = ttfs_run_defaults();
 *     r.folder = "out", r.input = "test.npz";
 *     TtfsResult *run = ttfs_run_samples(&r, m);           NULL: the messages say why
 *     ttfs_result_figures(run).accuracy ... ttfs_result_json(run) ...
 *     ttfs_result_free(run);
 *
 * Texts are UTF-8; what files gave is escaped in texts for people. Paths are the system's. A text
 * that a function returns lives as long as what it was asked of. Calls on different objects may be
 * made by different threads at the same time; one list of messages belongs to one thread at a time.
 * Pointers in options need to live for the call alone.
 */
#ifndef TTFS_H
#define TTFS_H

#include "progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- messages --- */

typedef enum { TTFS_SAYS_ERROR, TTFS_SAYS_WARNING, TTFS_SAYS_NOTE } TtfsSaying;

/* Texts are never NULL; "" where there is nothing to say. */
typedef struct {
    TtfsSaying severity;
    const char *code;  /* "SAMPLES_SHAPE": of errors and warnings */
    const char *where; /* "file:line:column: node", or what the option is called */
    const char *node, *op;
    const char *what;   /* what was found, what was expected */
    const char *advice; /* what to do */
} TtfsSaid;

typedef struct TtfsMessages TtfsMessages;

/* NULL when there is no memory. */
TtfsMessages *ttfs_messages_new(void);
void ttfs_messages_free(TtfsMessages *m);
void ttfs_messages_clear(TtfsMessages *m);
/* Messages kept, in order; at most 1000, errors before warnings before notes. */
size_t ttfs_messages_count(const TtfsMessages *m);
TtfsSaid ttfs_messages_at(const TtfsMessages *m, size_t i);
/* All errors so far, whatever was kept. */
size_t ttfs_messages_errors(const TtfsMessages *m);

/* --- results --- */

/* What a command found. NAN and 0 where there is nothing to say. */
typedef struct {
    uint64_t samples;
    double accuracy, agreement; /* shares; of a run with labels, beside relu */
    double spikes_per_neuron;   /* hidden ones, a sample */
    double cycles;              /* clock cycles a sample in the mean: engine rtl */
    double samples_per_second;
    uint32_t latency_ticks;
    uint64_t spikes, readouts, differences; /* of verify: compared, and found */
} TtfsFigures;

typedef struct TtfsResult TtfsResult;

/* True when the check passed: the model can be compiled, the engines agree; of others, true. */
bool ttfs_result_passed(const TtfsResult *r);
TtfsFigures ttfs_result_figures(const TtfsResult *r);
/* The document that the command prints with --json, and what it prints for people. */
const char *ttfs_result_json(const TtfsResult *r);
const char *ttfs_result_text(const TtfsResult *r);
/* Of a run whose options ask for traces: as ttfs run --trace writes them; else "". */
const char *ttfs_result_traces(const TtfsResult *r);
void ttfs_result_free(TtfsResult *r);

/* --- commands --- */

/* Whether a model can be compiled: the errors among the messages are all that stands in the way.
 * `memory`: bytes that the model may ask for; 0: a bound by the size of its files. */
TtfsResult *ttfs_check_model(const char *model, uint64_t memory, TtfsMessages *m);

/* Layers, outputs, memory and timing of a model or of a compiled folder. */
TtfsResult *ttfs_describe(const char *path, uint64_t memory, TtfsMessages *m);

typedef struct {
    const char *layer;
    uint32_t ticks, weight_bits; /* 0: the network's */
    double percentile;           /* below 0: the network's */
} TtfsLayerChoice;

typedef struct {
    const char *model; /* .onnx or .onnx.gz */
    const char *out;   /* folder to write; appears at once or not at all */
    const char *chip;  /* a name in hw/chips, or the path of a description */
    const char *calib; /* samples to calibrate with; NULL: none */
    uint32_t calib_count;
    uint32_t ticks;       /* 1 to 65535 */
    uint32_t weight_bits; /* 2 to 16 */
    double percentile;    /* 0.5 to 1 */
    bool ranged;          /* the input's range is lo to hi */
    float lo, hi;
    uint32_t
        channels; /* > 0: uint8 samples are (value / 255 - mean) / deviation, channel by channel */
    float mean[16], deviation[16];
    const TtfsLayerChoice *layers;
    uint32_t n_layers;
    uint32_t seed;
    uint32_t threads;       /* 1 to 64; nothing written depends on it */
    uint64_t memory;        /* bytes that the model may ask for; 0: a bound by its files' size */
    const char *stop_after; /* a step: ir, canonical, spike, plan, image, verilog */
    TtfsProgress progress;  /* tells of calibration samples */
} TtfsCompileOptions;

/* Chip "one", 1000 samples, 255 ticks, 8 bits, percentile 0.999, seed 1, all cores, all steps. */
TtfsCompileOptions ttfs_compile_defaults(void);
/* Compiles a model to a folder; the result is its summary. */
TtfsResult *ttfs_compile(const TtfsCompileOptions *o, TtfsMessages *m);

typedef struct {
    const char *folder;  /* that was compiled */
    const char *input;   /* samples: .npy, .npz, IDX */
    const char *labels;  /* NULL: those beside the samples in an .npz, if there are any */
    const char *engine;  /* relu, golden, jit, rtl, exact */
    uint32_t count;      /* most samples to take */
    uint32_t threads;    /* 1 to 64; no result depends on it */
    bool classes_only;   /* neither relu beside the engine nor spikes */
    bool traces;         /* keep the spike traces */
    const char *outputs; /* file for the values of the outputs, .npy or .npz; NULL: none */
    bool keep_code;      /* in the user's cache, for the next run; takes what is there */
    bool trust_rtl;      /* simulate the folder's Verilog though it is not what ttfs writes */
    char model;          /* exact: 'a' or 'b' */
    double margin, time_noise, slope_noise; /* exact */
    uint32_t seed;                          /* exact */
    TtfsProgress progress;                  /* tells of samples */
} TtfsRunOptions;

/* Engine jit, all samples, all cores, code is kept; model b without margin and noise, seed 1. */
TtfsRunOptions ttfs_run_defaults(void);
TtfsResult *ttfs_run_samples(const TtfsRunOptions *o, TtfsMessages *m);

typedef struct {
    const char *folder, *input;
    const char *engines; /* "golden,jit,..": the first is the reference; NULL: golden, jit, and rtl
                            when there is an image */
    const char *fault;   /* to put in on purpose; NULL: none */
    uint32_t count, threads;
    bool keep_code, trust_rtl;
    TtfsProgress progress;
} TtfsVerifyOptions;

/* All engines, all samples, all cores, code is kept. */
TtfsVerifyOptions ttfs_verify_defaults(void);
/* Compares spike for spike and keeps the verdict in the folder. Differences are errors among the
 * messages, and the result has not passed; NULL when it did not come to a verdict. */
TtfsResult *ttfs_verify_samples(const TtfsVerifyOptions *o, TtfsMessages *m);

/* Writes the folder's report/index.html. */
bool ttfs_write_page(const char *folder, TtfsMessages *m);

#ifdef __cplusplus
}
#endif
#endif
