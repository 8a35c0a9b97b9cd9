/* SPDX-License-Identifier: Apache-2.0
 *
 * Which classes are taken for which: of relu and of the chip beside the labels with the difference,
 * or, without labels, of the chip beside relu. In: the run's document. Few classes are a table of
 * counts, many a picture.
 */
#include "page_inside.h"

#include "watch.h"

#include <math.h>

enum { AS_TABLE = 16, LEVELS = 5 };

typedef struct {
    uint32_t n;
    double *cell; /* [n][n] */
} Matrix;

/* False: it is no matrix of that size. */
static bool read_matrix(Matrix *m, const cJSON *j, const char *key, TtfsArena *a) {
    const cJSON *rows = cJSON_GetObjectItem(j, key), *row, *e;
    double classes = ttfs_page_number(j, "classes");
    uint64_t at = 0;
    if (!(classes >= 1 && classes <= TTFS_WATCH_CLASSES)) return false;
    *m = (Matrix){(uint32_t)classes, TTFS_ARRAY(a, double, (uint64_t)classes *(uint64_t)classes)};
    cJSON_ArrayForEach(row, rows) cJSON_ArrayForEach(e, row) {
        if (at == (uint64_t)m->n * m->n) return false;
        m->cell[at++] = cJSON_IsNumber(e) ? e->valuedouble : 0;
    }
    return at == (uint64_t)m->n * m->n;
}

static Matrix less(const Matrix *a, const Matrix *b, TtfsArena *arena) {
    uint32_t n = a->n * a->n;
    Matrix m = {a->n, TTFS_ARRAY(arena, double, n)};
    for (uint32_t i = 0; i < n; i++) m.cell[i] = a->cell[i] - b->cell[i];
    return m;
}

static void cell(TtfsBuf *b, const Matrix *m, uint32_t i, bool change) {
    double v = m->cell[i];
    bool right = i / m->n == i % m->n;
    const char *class = v == 0 ? "none" : (v > 0) == right ? "good" : "poor";
    ttfs_buf_printf(b,
                    change && v > 0 ? "<td class=\"%s\">+%.0f</td>" : "<td class=\"%s\">%.0f</td>",
                    class, v);
}

static void table(TtfsBuf *b, const Matrix *m, bool change) {
    ttfs_buf_puts(b, "<table class=\"matrix\"><tr><th></th>");
    for (uint32_t i = 0; i < m->n; i++) ttfs_buf_printf(b, "<th>%u</th>", i);
    ttfs_buf_puts(b, "</tr>");
    for (uint32_t y = 0; y < m->n; y++) {
        ttfs_buf_printf(b, "<tr><th>%u</th>", y);
        for (uint32_t x = 0; x < m->n; x++) cell(b, m, y * m->n + x, change);
        ttfs_buf_puts(b, "</tr>");
    }
    ttfs_buf_puts(b, "</table>");
}

/* Cells of one darkness: 1 to LEVELS. */
static void cells(TtfsBuf *b, const Matrix *m, double most, int dark) {
    ttfs_buf_printf(b, "<path opacity=\"%.1f\" d=\"", (double)dark / LEVELS);
    for (uint32_t i = 0; i < m->n * m->n; i++)
        if (m->cell[i] != 0 && ceil(LEVELS * (fabs(m->cell[i]) / most)) == dark)
            ttfs_buf_printf(b, "M%u %u.5h1", i % m->n, i / m->n);
    ttfs_buf_puts(b, "\"/>");
}

static void picture(TtfsBuf *b, const Matrix *m) {
    double most = 1;
    for (uint32_t i = 0; i < m->n * m->n; i++) most = fmax(most, fabs(m->cell[i]));
    ttfs_buf_printf(b,
                    "<svg class=\"matrix\" viewBox=\"0 0 %u %u\" role=\"img\" aria-label=\"%u by "
                    "%u classes, at most %.0f samples in a cell\">",
                    m->n, m->n, m->n, m->n, most);
    for (int dark = 1; dark <= LEVELS; dark++) cells(b, m, most, dark);
    ttfs_buf_puts(b, "</svg>");
}

static void figure(TtfsBuf *b, const Matrix *m, const char *what, bool change) {
    ttfs_buf_printf(b, "<figure class=\"wide\"><figcaption>%s</figcaption>", what);
    if (m->n <= AS_TABLE)
        table(b, m, change);
    else
        picture(b, m);
    ttfs_buf_puts(b, "</figure>");
}

static bool figures(TtfsBuf *b, const cJSON *confusion, TtfsArena *a) {
    Matrix chip, relu, apart;
    if (read_matrix(&chip, confusion, "chip", a) && read_matrix(&relu, confusion, "relu", a)) {
        Matrix change = less(&chip, &relu, a);
        figure(b, &relu, "Relu: rows are labels, columns what it says", false);
        figure(b, &chip, "Chip: rows are labels, columns what it says", false);
        figure(b, &change, "Chip less relu", true);
        return true;
    }
    if (!read_matrix(&apart, confusion, "chip_beside_relu", a)) return false;
    figure(b, &apart, "Rows are what relu says, columns what the chip says", false);
    return true;
}

void ttfs_page_classes(TtfsBuf *b, const TtfsPage *p) {
    const cJSON *confusion = cJSON_GetObjectItem(p->run, "confusion");
    TtfsArena a = {0};
    ttfs_buf_puts(b, "<h2>Classes</h2><div class=\"matrices\">");
    bool any = figures(b, confusion, &a);
    ttfs_buf_puts(b, "</div>");
    if (!p->run)
        ttfs_buf_puts(b, "<p>Nothing ran yet: <code>ttfs run OUT --input X --labels Y</code> "
                         "counts which classes are taken for which.</p>");
    else if (!any)
        ttfs_buf_printf(b, "<p>The outputs name no class, or more than %d.</p>",
                        TTFS_WATCH_CLASSES);
    ttfs_arena_free(&a);
}
