/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of the page: a list at its end, and a text at the foot of the window for each that is
 * pointed at, or that the keyboard reaches.
 */
#include "page_inside.h"

#include <string.h>

static const struct {
    const char *id, *word, *says;
} words[] = {
    {"window", "tick, window", "the unit of time; the T ticks in which a population may spike"},
    {"population", "population", "the neurons of one tensor"},
    {"silent", "silent", "a neuron without a spike: its value is 0"},
    {"saturated", "saturated",
     "fires in its window's first tick: its value is the window's end or beyond"},
    {"agreement", "agreement",
     "the share of samples of which relu and the chip name the same class"},
    {"accuracy", "accuracy", "the share of samples whose class is the label"},
    {"latency", "latency", "from the start of a sample to its results"},
    {"neuron", "spikes a neuron", "spikes of the hidden neurons by their number, in the mean"},
    {"energy", "energy",
     "from the chip description's energy per synaptic event, tick and spike; an estimate"},
    {"engine", "relu, exact, golden, jit, rtl, netlist, bitstream, asic, board",
     "the float network; spikes in continuous time; integers tick by tick; the same compiled; the "
     "simulated Verilog; what synthesis made of it: cells, bits of an FPGA, a foundry's cells; an "
     "FPGA on a board"},
    {"steps", "steps", "errors in units of a tick's value, the step of the layer's grid"},
    {"readout", "readout", "a population that does not spike: its potentials are the result"},
    {"slot", "slot, turn", "what all cores do between two barriers; all slots once"},
    {"slack", "slack", "the proven worst case less the most that was measured"},
    {"ramp", "ramp", "what a potential grows by a tick: the divisor of the weights' sum"}};

void ttfs_html_word(TtfsBuf *b, const char *id, const char *shown) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].id, id) == 0)
            ttfs_buf_printf(b,
                            "<dfn tabindex=\"0\" aria-describedby=\"word-%s\" data-says=\"%s: "
                            "%s\">%s</dfn>",
                            id, words[i].word, words[i].says, shown);
}

void ttfs_page_words(TtfsBuf *b) {
    ttfs_buf_puts(b, "<details><summary>Words</summary><dl>");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ttfs_buf_printf(b, "<dt><b>%s</b></dt><dd id=\"word-%s\">%s</dd>", words[i].word,
                        words[i].id, words[i].says);
    ttfs_buf_puts(b, "</dl></details>");
}
