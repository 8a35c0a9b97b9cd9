/* SPDX-License-Identifier: Apache-2.0
 *
 * The chip as a grid of cores, each with how full its memories are and what its lanes did, and the
 * slots of a turn one after the other: proven worst case, expected, the most that was measured.
 */
#include "page_inside.h"

#include "lanes.h"

#include <inttypes.h>
#include <math.h>

enum { MOST_CORES = 1024, MOST_SLOTS = 400 };

/* --- cores --- */

static void memory(TtfsBuf *b, const char *name, uint64_t used, uint64_t there) {
    double share = there ? (double)used / (double)there : 0;
    ttfs_buf_printf(b,
                    "<tr><td>%s</td><td><meter min=\"0\" max=\"1\" value=\"%.3f\"></meter></td>"
                    "<td>%.0f %%</td></tr>",
                    name, share, 100 * share);
}

/* Cycles with an event of those of the samples that ran; NULL: no core counted. */
static void lanes(TtfsBuf *b, const cJSON *counts, uint32_t core) {
    const cJSON *c = cJSON_GetArrayItem(counts, (int)core);
    double cycles = ttfs_page_number(c, "lane_cycles"), events = ttfs_page_number(c, "events");
    if (!c) return;
    ttfs_buf_printf(b,
                    "<tr><td>lanes</td><td colspan=\"2\">%.0f events in %.0f busy cycles</td></tr>",
                    events, cycles);
}

static void core(TtfsBuf *b, const TtfsPage *p, uint32_t c, const cJSON *counts) {
    const TtfsUse *u = &p->out->plan.use[c];
    const TtfsChip *chip = &p->out->plan.chip;
    ttfs_buf_printf(b, "<table class=\"core\"><caption>core %u</caption>", c);
    memory(b, "activations", u->act_words, chip->act_words);
    memory(b, "weights", u->weight_rows, chip->weight_rows);
    memory(b, "parameters", u->param_words, chip->param_words);
    memory(b, "program", u->program_words, chip->program_words);
    lanes(b, counts, c);
    ttfs_buf_puts(b, "</table>");
}

static void cores(TtfsBuf *b, const TtfsPage *p) {
    const TtfsChip *chip = &p->out->plan.chip;
    uint32_t n = ttfs_chip_cores(chip);
    const cJSON *counts = cJSON_GetObjectItem(p->counted, "cores");
    ttfs_buf_puts(b, "<h2>Cores</h2><p class=\"key\">As they lie on the chip; memory used of what "
                     "there is");
    if (counts)
        ttfs_buf_printf(b,
                        "; what the lanes did while %.0f samples were verified, in use %.1f %% "
                        "of the time",
                        ttfs_page_number(p->counted, "samples"),
                        100 * ttfs_page_number(p->counted, "lane_use"));
    else
        ttfs_buf_puts(b, ". What lanes do counts <code>ttfs verify OUT --input X</code> with "
                         "<code>rtl</code> among the engines");
    ttfs_buf_printf(b,
                    ".</p><div class=\"wide\"><div class=\"cores\" "
                    "style=\"grid-template-columns:repeat(%" PRIu32 ",minmax(12rem,1fr))\">",
                    chip->cores_x);
    for (uint32_t c = 0; c < n && c < MOST_CORES; c++) core(b, p, c, counts);
    ttfs_buf_puts(b, "</div></div>");
    if (n > MOST_CORES) ttfs_buf_printf(b, "<p>The first %d of %u cores.</p>", MOST_CORES, n);
}

/* --- slots --- */

static void slot(TtfsBuf *b, const TtfsPlan *plan, uint32_t i, uint64_t before, const cJSON *seen) {
    const TtfsSlot *s = &plan->slots.at[i];
    double all = plan->worst_cycles ? (double)plan->worst_cycles : 1;
    double x = 100 * (double)before / all, worst = 100 * (double)s->worst_cycles / all;
    double most = ttfs_page_number(seen, "most_cycles");
    double slack = (double)s->worst_cycles - most;
    ttfs_buf_printf(b,
                    "<tr><td>%u</td><td class=\"gantt\"><svg role=\"img\" aria-label=\"slot %u "
                    "from cycle %.0f\"><rect class=\"worst\" x=\"%.2f%%\" width=\"%.2f%%\" "
                    "height=\"100%%\"/><rect class=\"took\" x=\"%.2f%%\" y=\"25%%\" "
                    "width=\"%.2f%%\" height=\"50%%\"/></svg></td>",
                    i, i, (double)before, x, worst, x,
                    100 * (seen ? most : (double)s->expected_cycles) / all);
    ttfs_buf_puts(b, "<td>");
    ttfs_html_count(b, (double)s->worst_cycles);
    ttfs_buf_puts(b, "</td><td>");
    ttfs_html_count(b, (double)s->expected_cycles);
    if (seen) {
        ttfs_buf_puts(b, "</td><td>");
        ttfs_html_count(b, most);
        ttfs_buf_printf(b, "</td><td class=\"%s\">", slack < 0 ? "bad" : "");
        ttfs_html_count(b, slack);
    } else {
        ttfs_buf_puts(b, "</td><td></td><td>");
    }
    ttfs_buf_puts(b, "</td></tr>");
}

static void slots(TtfsBuf *b, const TtfsPage *p) {
    const TtfsPlan *plan = &p->out->plan;
    const cJSON *seen = cJSON_GetObjectItem(p->counted, "slots");
    uint64_t before = 0;
    ttfs_buf_puts(b, "<h2>Slots</h2><p class=\"key\">One after the other in a turn: the proven "
                     "worst case, inside it ");
    ttfs_buf_puts(b, seen ? "the most that any verified sample took"
                          : "what is expected; <code>ttfs verify OUT --input X</code> on "
                            "<code>rtl</code> measures");
    ttfs_buf_puts(b, ".</p><div class=\"wide\"><table><tr><th>");
    ttfs_html_word(b, "slot", "slot");
    ttfs_buf_puts(b, "</th><th class=\"gantt\">cycles of the turn</th><th>at most</th><th>expected"
                     "</th><th>measured</th><th>");
    ttfs_html_word(b, "slack", "slack");
    ttfs_buf_puts(b, "</th></tr>");
    seen = seen ? seen->child : NULL;
    for (uint32_t i = 0; i < plan->slots.len && i < MOST_SLOTS; i++) {
        slot(b, plan, i, before, seen);
        before += plan->slots.at[i].worst_cycles;
        seen = seen ? seen->next : NULL;
    }
    ttfs_buf_puts(b, "</table></div>");
    if (plan->slots.len > MOST_SLOTS)
        ttfs_buf_printf(b, "<p>The first %d of %u slots.</p>", MOST_SLOTS, plan->slots.len);
}

void ttfs_page_cores(TtfsBuf *b, const TtfsPage *p) {
    if (!p->out->has_plan) return;
    cores(b, p);
    slots(b, p);
}
