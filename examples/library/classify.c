/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast engine in a program of one's own: classifies samples with a compiled network.
 * In: the folder that ttfs compile wrote, and samples as raw float32 on standard input, as the
 * network was trained on them. Out: a line a sample, its class and the spikes it took.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "jit.h"
#include "spike.h"

enum { BATCH = 64 };

/* The graph of FOLDER/forms/spike.txt; freed with ttfs_spike_free. */
static bool read_graph(TtfsSpike *s, const char *folder, TtfsDiag *diag) {
    char path[4096];
    TtfsFile file;
    snprintf(path, sizeof path, "%s/forms/spike.txt", folder);
    if (!ttfs_file_open(&file, path, (size_t)1 << 30, diag)) return false;
    bool ok = ttfs_spike_read(s, path, file.bytes, file.size, diag);
    ttfs_file_close(&file);
    return ok;
}

static void print_sample(const int32_t *potential, uint32_t readouts, const uint16_t *tick,
                         uint64_t neurons) {
    uint32_t class = 0;
    uint64_t spikes = 0;
    for (uint32_t i = 1; i < readouts; i++)
        if (potential[i] > potential[class]) class = i;
    for (uint64_t i = 0; i < neurons; i++) spikes += tick[i] != 0xffff;
    printf("class %" PRIu32 ", %" PRIu64 " spikes\n", class, spikes);
}

static void classify(TtfsJit *jit) {
    uint32_t inputs = ttfs_jit_inputs(jit), readouts = ttfs_jit_readouts(jit);
    uint64_t neurons = ttfs_jit_neurons(jit);
    float *values = calloc((size_t)BATCH * inputs, sizeof *values);
    int32_t *potentials = calloc((size_t)BATCH * readouts, sizeof *potentials);
    uint16_t *ticks = calloc((size_t)BATCH * neurons, sizeof *ticks);
    size_t n = values && potentials && ticks ? BATCH : 0;
    while (n && (n = fread(values, inputs * sizeof *values, BATCH, stdin)) > 0) {
        ttfs_jit_run_real(jit, n, values, potentials, ticks);
        for (size_t i = 0; i < n; i++)
            print_sample(potentials + i * readouts, readouts, ticks + i * neurons, neurons);
    }
    free(ticks);
    free(potentials);
    free(values);
}

int main(int argc, char **argv) {
    TtfsSpike spike = {0};
    TtfsDiag diag = {0};
    TtfsJit *jit = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: classify OUT < samples.f32\n");
        return 2;
    }
    if (read_graph(&spike, argv[1], &diag)) jit = ttfs_jit_open(&spike, NULL, &diag);
    if (jit) classify(jit);
    TtfsBuf text = {0};
    ttfs_diag_print(&diag, TTFS_NOTE, false, &text);
    fputs(ttfs_buf_text(&text), stderr);
    ttfs_buf_free(&text);
    ttfs_jit_close(jit);
    ttfs_spike_free(&spike);
    ttfs_diag_free(&diag);
    return jit ? 0 : 1;
}
