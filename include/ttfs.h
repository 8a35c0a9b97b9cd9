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
 *     r.session.folder = "out", r.session.input = "test.npz";
 *     TtfsResult *run = ttfs_run_samples(&r, m);           NULL: the messages say why
 *     ttfs_result_figures(run).accuracy ... ttfs_result_json(run) ...
 *     ttfs_result_free(run);
 *
 * Texts are UTF-8; what files gave is escaped in texts for people. Numbers have points, whatever
 * the program's locale; what a call calls back runs in the locale C. Paths are the system's. A text
 * that a function returns lives as long as what it was asked of. Calls on different objects may be
 * made by different threads at the same time; one list of messages belongs to one thread at a time.
 * Pointers in options need to live for the call alone. A call that does what a command does returns
 * a result, which the caller frees, or NULL after errors among the messages; only the messages may
 * not be NULL. A value of an option that is refused is the error OPTION_VALUE, and messages call
 * options as the command line does: --calib-count is calib_count.
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

/* "0.1.0" */
const char *ttfs_version(void);

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
/* All errors so far, whatever was kept; of one code. */
size_t ttfs_messages_errors(const TtfsMessages *m);
size_t ttfs_messages_errors_of(const TtfsMessages *m, const char *code);
/* Adds an error of the program's own. `where`, behind it `node`, may be NULL; `code` is one of the
 * library's; `advice` NULL: the code's. Takes copies; without memory for them the error is MEMORY.
 */
void ttfs_messages_error(TtfsMessages *m, const char *code, const char *where, const char *node,
                         const char *what, const char *advice);
/* Adds the error MEMORY for `wanted` bytes that the program did not get; takes none. */
void ttfs_messages_starved(TtfsMessages *m, size_t wanted);
/* As the command line prints them, a line each, escaped, what was left out in the last lines: those
 * that are at least as severe as `least`, `coloured` for a terminal. Lives until the next call or
 * change; NULL when there is no memory. */
const char *ttfs_messages_text(TtfsMessages *m, TtfsSaying least, bool coloured);

/* --- arrays in memory --- */

enum { TTFS_MOST_AXES = 8 };

/* An array as it lies in memory, without gaps: the last axis innermost, this machine's byte order.
 * What is given is read where it lies, never copied whole, and must stay as it is during the call.
 */
typedef struct {
    const char *name; /* of an output or a population; of samples, what messages and the manifest
                         call them (NULL: "memory") */
    const char *type; /* uint8, int8, uint16, int16, uint32, int32, uint64, int64, float16, float32
                         or float64 */
    uint32_t rank;
    uint64_t dim[TTFS_MOST_AXES]; /* samples along the first axis */
    const void *data;
} TtfsValues;

/* --- results --- */

/* What a command found. NAN and 0 where there is nothing to say. */
typedef struct {
    uint64_t samples;
    double accuracy, agreement; /* shares; of a run with labels, beside relu */
    double spikes_per_neuron;   /* hidden ones, a sample */
    double cycles;              /* clock cycles a sample in the mean, of a full chip: engine rtl */
    double latency_cycles;      /* the same from a sample's start to its results */
    double samples_per_second;
    uint32_t latency_ticks;
    uint64_t spikes, readouts, differences; /* of verify: compared, and found */
} TtfsFigures;

typedef struct TtfsResult TtfsResult;

/* True when the check passed: the model can be compiled, the engines agree, a chip has room; of
 * those that check nothing, true. */
bool ttfs_result_passed(const TtfsResult *r);
TtfsFigures ttfs_result_figures(const TtfsResult *r);
/* The document that the command prints with --json, and what it prints for people. */
const char *ttfs_result_json(const TtfsResult *r);
const char *ttfs_result_text(const TtfsResult *r);
/* The text of the form that dump asked for, else "". */
const char *ttfs_result_form(const TtfsResult *r);
/* What a run was asked to keep: outputs in order, float32 of samples x the output's shape in real
 * units, then populations, int32 of samples x channels x rows x columns: the tick of every neuron's
 * spike in its window, -1 of one that was silent. It lives as long as the result. */
size_t ttfs_result_arrays(const TtfsResult *r);
TtfsValues ttfs_result_array(const TtfsResult *r, size_t i);
void ttfs_result_free(TtfsResult *r);

/* --- models --- */

/* Bounds of options. */
enum {
    TTFS_MOST_THREADS = 64,
    TTFS_MOST_SEEDS = 100,
    TTFS_MOST_TICKS = 65535,
    TTFS_LEAST_WEIGHT_BITS = 2,
    TTFS_MOST_WEIGHT_BITS = 16,
    TTFS_USUAL_CALIB = 1000, /* samples to calibrate with, when nothing is said */
    TTFS_MOST_CALIB = 1 << 30,
    TTFS_MOST_CHANNELS = 16,
    TTFS_MOST_LANES = 256,
    TTFS_MOST_SHAPE = 5 /* dimensions of one sample */
};
#define TTFS_LEAST_PERCENTILE 0.5
/* With it the quantiser may also choose windows by their error. */
#define TTFS_USUAL_PERCENTILE 0.999
#define TTFS_LEAST_AGREEMENT  1.0 /* percent */

typedef struct {
    const char *layer;           /* name of the population it is for */
    uint32_t ticks, weight_bits; /* 0: the network's */
    double percentile;           /* below 0: the network's */
} TtfsLayerOptions;

typedef struct {
    const char *model; /* ONNX (.onnx, .onnx.gz) or NIR: what it holds says which */
    const char *out;   /* folder to write; appears at once or not at all */
    const char *chip;  /* a name in hw/chips, or the path of a description; NULL: "one" */
    const char *fit;   /* a device (hw/devices.def) that the chip is made for; NULL: `chip` it is */
    uint32_t lanes;    /* of that chip; 0: the most that the device takes */
    const char *schedule; /* auto, latency, overlap or pipeline (docs/core.md); NULL: auto */
    const char *calib; /* samples to calibrate with, or a compiled folder, whose calibration of the
                          same network is taken (calib_count is not looked at); NULL: none */
    const TtfsValues *calib_values; /* samples from memory, in place of `calib`; NULL: none */
    uint32_t calib_count;
    /* Targets: ticks and weight bits, of the network and of layers, are found with which the last
     * fifth of the calibration samples, held back from all else, shows that share of classes in
     * agreement with the float network, or no larger drop of accuracy; `ticks` and `weight_bits`
     * are the most that are tried. */
    double target_agreement;  /* percent, 1 to 100; 0: none */
    double max_drop;          /* percentage points, 0 to 100; below 0: none */
    const char *optimise;     /* latency, memory, energy or spikes; NULL: latency */
    const char *calib_labels; /* of the calibration samples, for max_drop; NULL: those beside the
                                 samples in an .npz */
    const TtfsValues *calib_label_values; /* from memory, in place of these; NULL: none */
    uint32_t ticks;                       /* 1 to 65535 */
    uint32_t weight_bits;                 /* 2 to 16 */
    double mean_bits;  /* 2 to weight_bits: of all weights in the mean, whose layers get widths of
                          their own up to weight_bits; 0: none */
    double percentile; /* 0.5 to 1 */
    /* fitted: windows and weights are fitted to the calibration samples where that is better on a
     * part of them that is held back, with a window a layer, and the folder keeps up to 1,000 of
     * them; channels: the same, and a window of its own for every channel when the outputs are
     * better for it there; plain: weights are rounded by themselves; auto, NULL: channels, but
     * plain without samples and with a target */
    const char *quantiser;
    const char *ramps; /* any: whole numbers; pow2: powers of two alone; NULL: any */
    bool ranged;       /* the input's range is lo to hi */
    float lo, hi;
    uint32_t channels; /* else, when not 0: uint8 samples are (value / 255 - mean) / deviation, with
                          those of their channel; deviations are above 0 */
    float mean[TTFS_MOST_CHANNELS], deviation[TTFS_MOST_CHANNELS];
    uint32_t shape_rank; /* of NIR: the input's shape of one sample, each dimension 1 or more, */
    uint32_t shape[TTFS_MOST_SHAPE]; /* when the file does not say it; 0 dimensions: not given */
    const TtfsLayerOptions *layers;
    uint32_t n_layers;
    uint32_t seed;
    uint32_t threads;       /* 1 to 64; nothing written depends on it */
    uint64_t memory;        /* bytes that the model may ask for; 0: a bound by its files' size */
    const char *stop_after; /* a step: ir, canonical, spike, plan, image, verilog; NULL: none */
    const char *dump;       /* a step whose form the result shall have; NULL: none */
    bool times;             /* also write report/steps.json, which differs from run to run */
    bool ip_xact;           /* also write ip/: the chip behind a bus, as a block with IP-XACT */
    /* A compiled folder whose plan, chip and Verilog are kept while the model, which must be the
     * same graph, gives the numbers; NULL: none. Then `out` NULL is that folder, and what is 0
     * (`percentile`: below 0; `calib`: NULL) is what that folder was compiled with. */
    const char *weights_only;
    TtfsProgress progress; /* tells of calibration samples */
} TtfsCompileOptions;

/* Chip "one", schedule auto, 1000 samples, 255 ticks, 8 bits, percentile 0.999, seed 1, all cores,
 * all steps. */
TtfsCompileOptions ttfs_compile_defaults(void);
/* All that the folder was compiled with; all cores. */
TtfsCompileOptions ttfs_weights_only_defaults(const char *folder);
/* Whether that can be compiled, as far as the model says it: the errors among the messages are all
 * that stands in the way. The result also says whether the network fits the chip; whether it passed
 * depends on that, and what the chip does not take is among the messages, only when `chip` is
 * named. `out` and `calib` are not looked at. */
TtfsResult *ttfs_check_model(const TtfsCompileOptions *o, TtfsMessages *m);
/* Compiles a model to a folder; the result is its summary. */
TtfsResult *ttfs_compile(const TtfsCompileOptions *o, TtfsMessages *m);
/* Layers, outputs, memory and timing of a model or of a compiled folder. `memory`: bytes that a
 * model may ask for; 0: a bound by the size of its files. */
TtfsResult *ttfs_describe(const char *path, uint64_t memory, TtfsMessages *m);

/* --- compiled folders --- */

/* What run and verify share: samples, and how they are run. */
typedef struct {
    const char *folder; /* that was compiled */
    const char *input;  /* samples: .npy, .npz, IDX */
    const char *labels; /* of run; NULL: those beside the samples in an .npz, if there are any */
    const TtfsValues *input_values, *label_values; /* from memory, in place of these; NULL: none */
    uint32_t count;                                /* most samples to take, 1 or more */
    uint32_t threads;                              /* 1 to 64; no result depends on it */
    bool trust_rtl;        /* simulate what is in the folder though ttfs did not write it */
    bool keep_code;        /* jit: in the user's cache, for the next run; takes what is there */
    const char *cpu;       /* jit: LLVM's name of the processor to make code for; NULL: this one */
    const char *jit_path;  /* choose (layer by layer), dense or events; NULL: choose */
    const char *dump_llvm; /* jit: folder for the LLVM text; NULL: none */
    TtfsProgress progress; /* tells of samples, and of a simulator that is built */
} TtfsSessionOptions;

#define TTFS_MOST_MARGIN 1e6

typedef struct {
    TtfsSessionOptions session;
    const char *engine; /* relu, golden, jit, rtl, exact, board:DEVICE (serial or SPI) */
    bool classes_only;  /* neither relu beside the engine nor spikes */
    bool layers;        /* of golden, jit, rtl: also hold every layer against relu, in the folder's
                           report/agreement.json */
    const char
        *trace; /* file for the spike traces: text (of relu, values), .vcd, .fst or .nird; NULL:
                  none. Beside waveforms views for GTKWave, .gtkw, and Surfer, .sucl, where there
                  are none. Written while samples come; there is none before all have */
    const char *signals; /* of rtl: file for all signals of the chip, cycle by cycle, .vcd; NULL:
                            none. The simulator is built apart, and runs on one thread */
    const char *outputs; /* file for the values of the outputs, .npy or .npz; NULL: none */
    const char *shard;   /* "I/N": part I of N of the samples; not of exact; NULL: all */
    const char *out;     /* file for what is counted, without times, which ttfs_merge_shards takes;
                            not of exact; NULL: none */
    bool keep_outputs;   /* the result has the values of the outputs */
    bool keep_spikes;    /* and the spikes of all populations; not of relu and exact */
    /* of the engine exact: */
    const char *model; /* a (constant slope, all fire) or b (switched slope) */
    double margin; /* windows of neurons are 1 + margin times what they hold; above -1, to 1e6 */
    const char *windows;   /* what they hold: the largest activation of the samples (samples), or
                              what calibration made of the folder (calibration); NULL: samples */
    double time_noise;     /* standard deviation of spike times in `unit`; 0 to 1 */
    const char *unit;      /* window, a spike's own, or input, the input's; NULL: window */
    double slope_noise;    /* standard deviation of every neuron's own slope, relative; 0 to 1 */
    const char *slope_per; /* drawn a neuron or a channel; NULL: neuron */
    uint32_t seed;
} TtfsRunOptions;

/* Engine jit, all samples, all cores, code is kept; model b without margin and noise, seed 1. */
TtfsRunOptions ttfs_run_defaults(void);
TtfsResult *ttfs_run_samples(const TtfsRunOptions *o, TtfsMessages *m);

typedef struct {
    TtfsSessionOptions session;
    /* "golden,jit,..", of golden, jit, rtl, what synth made (netlist, bitstream, asic) and
     * board:DEVICE; the first is the reference; NULL: golden, jit, and rtl when there is an
     * image. */
    const char *engines;
    const char *fault;       /* to put in on purpose; NULL: none */
    const char *shard, *out; /* as of a run; the verdict of a shard is not kept in the folder */
} TtfsVerifyOptions;

/* All engines, all samples, all cores, code is kept. */
TtfsVerifyOptions ttfs_verify_defaults(void);
/* Compares spike for spike and keeps the verdict in the folder. Differences are errors among the
 * messages, and the result has not passed; NULL when it did not come to a verdict. */
TtfsResult *ttfs_verify_samples(const TtfsVerifyOptions *o, TtfsMessages *m);

typedef struct {
    TtfsSessionOptions session;
    const char *engine; /* fast (closed forms), exact (search for crossings) or jit (the integers
                           that are compiled); NULL: fast or jit, whichever has the axes */
    const char *const *vary; /* "AXIS=v,v,..", "AXIS=LO:HI:STEPS" or "AXIS=LO:HI:STEPS:log"; axes
                                of fast: margin, time-noise, slope-noise, weight-noise, early; of
                                jit: weight-noise, ticks, weight-bits, percentile, jitter, drop,
                                stuck, flip, early */
    uint32_t n_vary;
    bool grid;               /* all combinations, else each axis alone */
    const char *preset;      /* exact-mapping: the axes of arXiv 2212.12522; NULL: none */
    const char *model;       /* a or b */
    const char *unit;        /* of time noise: window, its own, or input; NULL: window */
    const char *slope_per;   /* neuron or channel; NULL: neuron */
    const char *weight_kind; /* relative (to the weight) or added (relative to the layer's largest);
                                NULL: relative */
    uint32_t trials, seed;
    const char *shard; /* "I/N": part I of N of the work; NULL: all */
    const char *out;   /* file to write; NULL: report/sweep.json of the folder */
    const char *csv;   /* file for a line a trial; NULL: none */
} TtfsSweepOptions;

/* Model b, 16 trials, seed 1. */
TtfsSweepOptions ttfs_sweep_defaults(void);
/* How robust the network is: accuracy, agreement, spikes at every point. What `out` holds of the
 * same sweep is kept, so that an interrupted one goes on. */
TtfsResult *ttfs_sweep_samples(const TtfsSweepOptions *o, TtfsMessages *m);

typedef struct {
    const char *const *files; /* shards of one sweep, run or verification */
    uint32_t n_files;
    const char *out, *csv; /* as of a sweep; csv of a sweep alone */
} TtfsMergeOptions;

/* Puts shards together: writes what one run would have written. Differences that a verification
 * found are errors among the messages, and the result has not passed. */
TtfsResult *ttfs_merge_shards(const TtfsMergeOptions *o, TtfsMessages *m);

enum { TTFS_MOST_EPOCHS = 100000, TTFS_MOST_BATCH = 4096, TTFS_MOST_SHIFT = 1024 };
#define TTFS_MOST_SPARSITY 1000.0
#define TTFS_MOST_PACE     100.0
#define TTFS_MOST_MINUTES  1e6

typedef struct {
    TtfsSessionOptions session;  /* the folder; `input` are training samples, with their labels when
                                    there are any (`labels` "none": not even those beside them) */
    const char *out;             /* folder to write; appears at once or not at all */
    uint32_t ticks, weight_bits; /* 0: the folder's */
    uint32_t epochs, batch;      /* 1 or more; samples of a step, 1 to 4096 */
    double rate;                 /* learning rate at the beginning; above 0, to 1 */
    double sparsity;   /* weight of the mean share of neurons that spike, in the loss; 0 to 1000 */
    double time_noise; /* what is trained for: standard deviation of spike times, in windows; */
    double drop;       /* probability that a spike is lost; */
    double weight_noise; /* standard deviation of weights, relative; each 0 to 1 */
    double validate;     /* share of the samples that is held back; above 0, to 0.5 */
    double minutes;      /* no epoch begins after; 0: no limit */
    uint32_t seed;
    /* a model, of the same samples and classes, whose outputs are learnt, beside labels when there
     * are any; "float": the folder's float network, with its activations; "none": labels alone;
     * NULL: "none" with labels, else "float" */
    const char *teacher;
    const char *const *layers; /* "NAME=freeze": the integers of that population stay */
    uint32_t n_layers;
    /* above 0: after a training the ticks of layers are halved, one after the other, as long as
     * that costs less than this share of right samples for every tick of the network's latency;
     * each time it is trained anew; to 1 */
    double latency;
    /* samples of rows and columns are mirrored, and shifted by up to so many pixels (0 to
     * TTFS_MOST_SHIFT), another way in every epoch; not with another model as `teacher` */
    bool flip;
    uint32_t shift;
    double pace; /* logarithms of windows and of grids of weights move at so many times `rate`;
                    above 0, to TTFS_MOST_PACE */
} TtfsTuneOptions;

/* All samples, 6 epochs, batches of 128, rate 1e-3, pace 10, a tenth held back, seed 1, all cores.
 */
TtfsTuneOptions ttfs_tune_defaults(void);
/* Trains the folder's network on its grids and compiles what it became to another folder, which
 * also holds it as model.onnx. It has passed when the folder's chip takes that; if not, that is an
 * error among the messages, and the new folder has no plan. A stop that is asked for ends the
 * training with the best epoch so far; before the first it is the error STOPPED. */
TtfsResult *ttfs_tune_network(const TtfsTuneOptions *o, TtfsMessages *m);

/* Writes the folder's report/index.html. */
TtfsResult *ttfs_write_page(const char *folder, TtfsMessages *m);
/* Writes the schedule of the folder's chip as a timeline, Chrome's trace events, to `file`. */
TtfsResult *ttfs_write_timeline(const char *folder, const char *file, TtfsMessages *m);

/* The text of a form. `path`: a compiled folder, of which `form` (ir, spike, plan, image; NULL:
 * spike) is taken, or a file that holds one (NULL: whichever it holds). */
TtfsResult *ttfs_dump_form(const char *path, const char *form, TtfsMessages *m);

/* What differs between two compiled folders, line by line of the text of `form` (plan, image; NULL:
 * both). It has passed when nothing does. */
TtfsResult *ttfs_diff_folders(const char *before, const char *after, const char *form,
                              TtfsMessages *m);

typedef struct {
    const char *folder; /* that was compiled */
    const char *file;   /* to write */
} TtfsConvertOptions;

/* Writes the network as NIR (HDF5), for a rate simulation elsewhere: weights of the integer grid as
 * real numbers, a neuron an IF whose threshold is its window's top. What NIR has no node for is an
 * error each. */
TtfsResult *ttfs_convert(const TtfsConvertOptions *o, TtfsMessages *m);

/* All NULL and false but folder and file is what one wants. */
typedef struct {
    const char *folder; /* that was compiled */
    const char *file;   /* to write */
    const char *format; /* obj, ll (LLVM text) or header; NULL: obj */
    const char *triple; /* x86_64-*, aarch64-*, riscv32-*, riscv64-*; NULL: this machine's */
    const char *name;   /* begin of the names in the object; NULL: the model's file name */
    const char *cpu;    /* LLVM's name of the processor; NULL: any of its family */
    bool share_memory;  /* layers that are not needed at the same time share memory */
} TtfsEmitOptions;

/* Writes the network as code for a processor, an object file, or its C header. */
TtfsResult *ttfs_emit_code(const TtfsEmitOptions *o, TtfsMessages *m);

typedef struct {
    const char *folder;    /* that was compiled */
    const char *device;    /* hw/devices.def; bitstreams: iCE40, ECP5; Vivado projects: 7 series */
    const char *liberty;   /* instead of a device: standard cells, for a netlist of a chip */
    const char *lef;       /* of the cells, for sizes and rows; NULL: not known */
    const char *sdc;       /* constraints; NULL: one clock of 100 MHz */
    double sram_ns;        /* stated access time of the memories' macros, 0.01 to 1000; 0: 2.5 */
    double clock_mhz;      /* of a device: what its PLL is to make; 0: the board's oscillator */
    bool estimate;         /* say what the chip takes, by a formula and at once; write nothing */
    bool encoder;          /* of a board: it takes samples of bytes, too */
    bool boot;             /* of a board: it loads the network from its flash */
    uint32_t seeds;        /* iCE40, ECP5: place by seeds 1..seeds, keep the fastest; 0: seed 1 */
    uint32_t threads;      /* with it: so many at a time; 0: the machine's cores */
    TtfsProgress progress; /* tells of the tools */
} TtfsSynthOptions;

/* Makes a bitstream of the folder's chip behind the board top (rtl/README.md) and writes it, with
 * logs and figures, to the folder's fpga/DEVICE. Runs yosys, nextpnr and icestorm or ecppack,
 * which take minutes. It has passed when the chip meets the device's clock; if not, that is an
 * error among the messages. With `liberty` it makes what a chip team takes over, of the chip alone,
 * in the folder's asic: Yosys maps it to the cells, OpenSTA times it, memories are macros. */
TtfsResult *ttfs_synthesise(const TtfsSynthOptions *o, TtfsMessages *m);

/* --- the process --- */

/* LLVM aborts the process when it finds no memory for itself. A program that wants another end says
 * so here, for all of the process: `end` ends it, and takes no memory. */
void ttfs_when_llvm_starves(void (*end)(void));

#ifdef __cplusplus
}
#endif
#endif
