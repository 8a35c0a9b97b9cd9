/* SPDX-License-Identifier: Apache-2.0
 *
 * What the panels of the page share: the folder, its documents, and how HTML is written. A panel is
 * one file; it says which command brings what it has no data for. Documents may come from anywhere:
 * what they hold is looked at before it is drawn, and every text is escaped.
 */
#ifndef TTFS_PAGE_INSIDE_H
#define TTFS_PAGE_INSIDE_H

#include "json_tree.h"
#include "out.h"

typedef struct {
    TtfsOut *out;
    /* NULL: the folder has no such document, or it is none */
    const cJSON *manifest, *accuracy, *energy, *agreement, *messages, *frontier, *tune;
    const cJSON *run;      /* of the engine whose run had the most samples */
    const cJSON *measured; /* of the chip, in cycles: the run on rtl */
    const cJSON *verdict;  /* the last, without damage on purpose */
    const cJSON *counted;  /* the last of these with cycles and cores: rtl was among the engines */
} TtfsPage;

/* --- documents (page_documents.c) --- */

/* All that are there; `trees` has room for TTFS_PAGE_TREES and is undone with the page. */
enum { TTFS_PAGE_TREES = 80, TTFS_PAGE_VERDICTS = 64 };
typedef struct {
    TtfsJsonTree *tree[TTFS_PAGE_TREES];
    uint32_t trees;
} TtfsPageTrees;
void ttfs_page_documents(TtfsPage *p, TtfsPageTrees *t);
void ttfs_page_undo(TtfsPageTrees *t);
/* The first names, in order, in OUT/verify that end in .json; how many. */
uint32_t ttfs_page_verdicts(TtfsOut *o, char *names[TTFS_PAGE_VERDICTS]);
TtfsJsonTree *ttfs_page_load(const char *path);

/* 0 where it is no number; "" where it is no text. */
double ttfs_page_number(const cJSON *j, const char *key);
const char *ttfs_page_text(const cJSON *j, const char *key);
bool ttfs_page_has_number(const cJSON *j, const char *key);
/* Of a list of objects the one whose `key` is that text; NULL: none. */
const cJSON *ttfs_page_named(const cJSON *list, const char *key, const char *name);

/* --- HTML (page_html.c) --- */

void ttfs_html(TtfsBuf *b, const char *text);
/* At most `most` bytes of it, "..." where it was longer. */
void ttfs_html_cut(TtfsBuf *b, const char *text, size_t most);
/* `share`: 0 to 1. */
void ttfs_html_bar(TtfsBuf *b, double share, const char *colour);
/* The SHA-256 of a text in base 64, as policies name scripts. */
void ttfs_html_sha256(TtfsBuf *b, const char *text);
/* With a comma every three digits. */
void ttfs_html_count(TtfsBuf *b, double n);
/* "1 sample", "450 samples". */
void ttfs_html_samples(TtfsBuf *b, double n);
/* Bars of counts, a unit wide each; `what` they count, no text of a file. */
void ttfs_html_histogram(TtfsBuf *b, const double *count, int n, const char *what);
/* A word of the glossary, `shown` as it stands there: pointed at, it is explained. */
void ttfs_html_word(TtfsBuf *b, const char *id, const char *shown);
/* An 8-bit picture of 1 or 3 planes one behind the other, as a PNG inside the page; `alt` is no
 * text of a file. */
void ttfs_html_picture(TtfsBuf *b, const uint8_t *pixel, uint32_t width, uint32_t height,
                       uint32_t channels, const char *alt);

/* --- panels --- */

void ttfs_page_answer(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_graph(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_samples(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_times(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_agreement(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_funnel(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_classes(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_plan(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_cores(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_weights(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_frontier(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_tune(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_reproduce(TtfsBuf *b, const TtfsPage *p);
void ttfs_page_words(TtfsBuf *b);

#endif
