/* SPDX-License-Identifier: Apache-2.0
 *
 * The spike graph as SVG: a row a layer (the longest way from the input), boxes side by side, the
 * way from box to box drawn straight to the next row and along the right side further on. A box
 * leads to the population's row in the table.
 */
#include "page_inside.h"

#include "report_json.h"

#include <inttypes.h>

enum { MOST = 400, NARROWEST = 264, HEIGHT = 40, APART = 20, DOWN = 62, EDGE = 8, LANES = 6 };

typedef struct {
    const TtfsPage *page;
    const TtfsSpike *spike;
    uint32_t pops, rows, cols;
    uint32_t *row, *col; /* by population */
    uint32_t *filled;    /* by row: boxes in it */
    uint32_t width;      /* of a box */
} Graph;

static void place(Graph *g, TtfsArena *a) {
    const TtfsSpike *s = g->spike;
    g->row = TTFS_ARRAY(a, uint32_t, g->pops);
    g->col = TTFS_ARRAY(a, uint32_t, g->pops);
    g->filled = TTFS_ARRAY(a, uint32_t, g->pops);
    for (uint32_t i = 0; i < g->pops; i++) {
        const TtfsPopulation *p = &s->pops.at[i];
        for (uint32_t k = 0; k < p->conn_count; k++) {
            uint32_t above = g->row[s->conns.at[p->conn_first + k].src.i - 1];
            if (above + 1 > g->row[i]) g->row[i] = above + 1;
        }
        g->col[i] = g->filled[g->row[i]]++;
        if (g->row[i] + 1 > g->rows) g->rows = g->row[i] + 1;
        if (g->col[i] + 1 > g->cols) g->cols = g->col[i] + 1;
    }
}

static uint32_t left_of(const Graph *g, uint32_t pop) {
    return EDGE + g->col[pop] * (g->width + APART);
}

static uint32_t top_of(const Graph *g, uint32_t pop) {
    return EDGE + g->row[pop] * DOWN;
}

static void edge(TtfsBuf *b, const Graph *g, uint32_t from, uint32_t to) {
    uint32_t x1 = left_of(g, from) + g->width / 2, y1 = top_of(g, from) + HEIGHT;
    uint32_t x2 = left_of(g, to) + g->width / 2, y2 = top_of(g, to), middle = (DOWN - HEIGHT) / 2;
    uint32_t side = g->cols * (g->width + APART) + EDGE + 4 + 6 * (from % LANES);
    if (g->row[to] == g->row[from] + 1)
        ttfs_buf_printf(b, "<path d=\"M%u %uC%u %u %u %u %u %u\"/>", x1, y1, x1, y1 + middle, x2,
                        y2 - middle, x2, y2);
    else
        ttfs_buf_printf(b, "<path d=\"M%u %uv%uH%uV%uH%uV%u\"/>", x1, y1, middle, side, y2 - middle,
                        x2, y2);
}

static void edges(TtfsBuf *b, const Graph *g) {
    for (uint32_t i = 0; i < g->pops; i++) {
        const TtfsPopulation *p = &g->spike->pops.at[i];
        for (uint32_t k = 0; k < p->conn_count; k++)
            edge(b, g, g->spike->conns.at[p->conn_first + k].src.i - 1, i);
    }
}

/* Spikes a sample: of a run, else those that calibration leads to expect. */
static void spikes(TtfsBuf *b, const Graph *g, const TtfsPopulation *p) {
    const cJSON *list = cJSON_GetObjectItem(g->page->run, "populations");
    const cJSON *seen = ttfs_page_named(list, "population", p->name);
    double n = seen ? ttfs_page_number(seen, "spikes_per_sample")
                    : ttfs_pop_size(p) * (p->rate_ppm * 1e-6);
    ttfs_html_count(b, n);
    ttfs_buf_puts(b, " spikes");
}

static void about(TtfsBuf *b, const Graph *g, const TtfsPopulation *p) {
    char shape[48];
    uint32_t bits = p->conn_count ? g->spike->conns.at[p->conn_first].weight_bits : 0;
    ttfs_buf_puts(b, ttfs_pop_shape(p, shape));
    if (p->ticks) ttfs_buf_printf(b, " &#183; T %u", p->ticks);
    if (bits) ttfs_buf_printf(b, " &#183; %u bit", bits);
    ttfs_buf_puts(b, " &#183; ");
    if (p->ticks)
        spikes(b, g, p);
    else
        ttfs_buf_puts(b, "potentials");
}

/* A box is as wide as the longest text of one, at six and a half pixels a letter. */
static void choose_width(Graph *g) {
    enum { DOT = 5 /* letters of its name that are not seen */ };
    g->width = NARROWEST;
    for (uint32_t i = 0; i < g->pops; i++) {
        TtfsBuf b = {0};
        about(&b, g, &g->spike->pops.at[i]);
        uint32_t letters = (uint32_t)b.len;
        for (const char *c = ttfs_buf_text(&b); *c; c++) letters -= *c == '&' ? DOT : 0;
        uint32_t width = letters * 13 / 2 + 16;
        if (width > g->width) g->width = width;
        ttfs_buf_free(&b);
    }
}

static void box(TtfsBuf *b, const Graph *g, uint32_t pop) {
    const TtfsPopulation *p = &g->spike->pops.at[pop];
    uint32_t x = left_of(g, pop), y = top_of(g, pop);
    ttfs_buf_printf(b, "<a href=\"#pop-%u\" class=\"%s\"><title>", pop + 1,
                    ttfs_pop_kind_name(p->kind));
    ttfs_html(b, p->name);
    ttfs_buf_printf(b, " (%s): ", ttfs_pop_kind_name(p->kind));
    about(b, g, p);
    ttfs_buf_printf(b,
                    "</title><rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%d\" rx=\"5\"/><text "
                    "x=\"%u\" y=\"%u\" font-weight=\"600\">",
                    x, y, g->width, HEIGHT, x + 8, y + 16);
    ttfs_html_cut(b, p->name, 34);
    ttfs_buf_printf(b, "</text><text class=\"quiet\" x=\"%u\" y=\"%u\">", x + 8, y + 32);
    about(b, g, p);
    ttfs_buf_puts(b, "</text></a>");
}

static void draw(TtfsBuf *b, const Graph *g) {
    ttfs_buf_printf(b,
                    "<div class=\"wide\"><svg class=\"graph\" width=\"%u\" height=\"%u\" "
                    "font-size=\"12\" role=\"group\" aria-label=\"The spike graph: the table of "
                    "populations says the same\">",
                    g->cols * (g->width + APART) + 2 * EDGE + 6 * LANES, g->rows * DOWN + EDGE);
    edges(b, g);
    for (uint32_t i = 0; i < g->pops; i++) box(b, g, i);
    ttfs_buf_puts(b, "</svg></div>");
}

void ttfs_page_graph(TtfsBuf *b, const TtfsPage *p) {
    TtfsArena a = {0};
    Graph g = {.page = p, .spike = &p->out->spike, .pops = p->out->spike.pops.len};
    if (g.pops > MOST) g.pops = MOST;
    place(&g, &a);
    choose_width(&g);
    ttfs_buf_puts(b, "<h2>Graph</h2><p class=\"key\">Shape, window of T ticks, weight bits, spikes "
                     "a sample ");
    ttfs_buf_puts(b, p->run ? "as the run counted them" : "as calibration leads to expect");
    ttfs_buf_puts(b, ". A box leads to its row below.");
    if (g.pops < g.spike->pops.len)
        ttfs_buf_printf(b, " The first %" PRIu32 " of %" PRIu32 " populations.", g.pops,
                        g.spike->pops.len);
    ttfs_buf_puts(b, "</p>");
    draw(b, &g);
    ttfs_arena_free(&a);
}
