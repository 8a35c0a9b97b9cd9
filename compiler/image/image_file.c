/* SPDX-License-Identifier: Apache-2.0
 *
 * The image's file. Layout, all numbers little-endian:
 *     0   "TTFSIMG" and a zero byte
 *     8   version, number of sections
 *     16  per section: kind, core, bytes a word, words, CRC-32 of its bytes
 *         CRC-32 of all bytes before
 *         the sections' bytes, one after the other, to the end of the file
 * Sections: chip, directory, then for each core descriptors and weights. The reader trusts nothing:
 * it allocates by numbers only after it has found that many bytes in the file and their checksums
 * right.
 */
#include "image_inside.h"

#include <string.h>

enum { VERSION = 1, ENTRY = 20, FIRST = 16, MOST_SECTIONS = 2 + 2 * 64, NO_CORE = 0xff };
enum { KIND_CHIP = 1, KIND_DIRECTORY, KIND_DESCRIPTORS, KIND_WEIGHTS };
static const char magic[8] = "TTFSIMG";

static void put_u32(TtfsBuf *b, uint32_t v) {
    unsigned char bytes[4] = {(unsigned char)v, (unsigned char)(v >> 8), (unsigned char)(v >> 16),
                              (unsigned char)(v >> 24)};
    ttfs_buf_bytes(b, bytes, 4);
}

static uint32_t get_u32(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

typedef struct {
    TtfsBuf header, body;
} Packer;

/* Ends the section that began at body byte `start`. */
static void end_section(Packer *p, uint32_t kind, uint32_t core, uint32_t word_bytes,
                        size_t start) {
    size_t n = p->body.len - start;
    put_u32(&p->header, kind);
    put_u32(&p->header, core);
    put_u32(&p->header, word_bytes);
    put_u32(&p->header, (uint32_t)(n / word_bytes));
    put_u32(&p->header, ttfs_crc32(0, ttfs_buf_text(&p->body) + start, n));
}

void ttfs_image_pack(const TtfsImage *img, TtfsBuf *out) {
    Packer p = {{0}, {0}};
    ttfs_buf_bytes(&p.header, magic, sizeof magic);
    put_u32(&p.header, VERSION);
    put_u32(&p.header, 2 + 2 * img->chip.cores);
    ttfs_chip_print(&img->chip, &p.body);
    end_section(&p, KIND_CHIP, NO_CORE, 1, 0);
    size_t start = p.body.len;
    ttfs_image_print_directory(img, &p.body);
    end_section(&p, KIND_DIRECTORY, NO_CORE, 1, start);
    for (uint32_t c = 0; c < img->chip.cores; c++) {
        const TtfsCoreImage *core = &img->cores[c];
        start = p.body.len;
        for (size_t i = 0; i < (size_t)core->slots * TTFS_DESC_WORDS; i++)
            put_u32(&p.body, core->descriptors[i]);
        end_section(&p, KIND_DESCRIPTORS, c, 4, start);
        start = p.body.len;
        ttfs_buf_bytes(&p.body, core->weights, (size_t)core->rows * core->row_bytes);
        end_section(&p, KIND_WEIGHTS, c, core->row_bytes, start);
    }
    put_u32(&p.header, ttfs_crc32(0, p.header.text, p.header.len));
    ttfs_buf_bytes(out, p.header.text, p.header.len);
    ttfs_buf_bytes(out, p.body.text, p.body.len);
    ttfs_buf_free(&p.header);
    ttfs_buf_free(&p.body);
}

/* Where the first core's descriptors begin in the file. */
static uint64_t cores_at(const TtfsImage *img) {
    TtfsBuf texts = {0};
    ttfs_chip_print(&img->chip, &texts);
    ttfs_image_print_directory(img, &texts);
    uint64_t at = FIRST + (2 + 2 * (uint64_t)img->chip.cores) * ENTRY + 4 + texts.len;
    ttfs_buf_free(&texts);
    return at;
}

bool ttfs_image_flip(TtfsImage *img, uint64_t bit) {
    uint64_t start = cores_at(img) * 8;
    for (uint32_t c = 0; c < img->chip.cores && bit >= start; c++) {
        TtfsCoreImage *core = &img->cores[c];
        uint64_t descriptors = (uint64_t)core->slots * TTFS_DESC_WORDS * 32,
                 weights = (uint64_t)core->rows * core->row_bytes * 8, at = bit - start;
        if (at < descriptors) {
            core->descriptors[at / 32] ^= UINT32_C(1) << at % 32;
            return true;
        }
        at -= descriptors;
        if (at < weights) {
            core->weights[at / 8] ^= (unsigned char)(1u << at % 8);
            return true;
        }
        start += descriptors + weights;
    }
    return false;
}

typedef struct {
    uint32_t kind, core, word_bytes, words;
    const unsigned char *bytes;
    size_t size;
} Section;

typedef struct {
    TtfsLoc loc;
    TtfsDiag *diag;
    Section at[MOST_SECTIONS];
    uint32_t count;
} Sections;

static bool read_header(Sections *s, const unsigned char *bytes, size_t n) {
    if (n < FIRST || memcmp(bytes, magic, sizeof magic) != 0)
        return ttfs_error(s->diag, s->loc, TTFS_IMAGE_FORMAT, "this is not an image of ttfs");
    if (get_u32(bytes + 8) != VERSION)
        return ttfs_error(s->diag, s->loc, TTFS_IMAGE_FORMAT, "version %u, %d expected",
                          get_u32(bytes + 8), VERSION);
    s->count = get_u32(bytes + 12);
    size_t end = FIRST + (size_t)s->count * ENTRY;
    if (s->count < 4 || s->count > MOST_SECTIONS || n < end + 4)
        return ttfs_error(s->diag, s->loc, TTFS_IMAGE_FORMAT, "%u sections in %zu bytes", s->count,
                          n);
    if (get_u32(bytes + end) != ttfs_crc32(0, bytes, end))
        return ttfs_error(s->diag, s->loc, TTFS_IMAGE_CHECKSUM, "the header's checksum is wrong");
    return true;
}

static bool read_sections(Sections *s, const unsigned char *bytes, size_t n) {
    size_t at = FIRST + (size_t)s->count * ENTRY + 4;
    for (uint32_t i = 0; i < s->count; i++) {
        const unsigned char *e = bytes + FIRST + (size_t)i * ENTRY;
        Section *t = &s->at[i];
        *t = (Section){get_u32(e), get_u32(e + 4), get_u32(e + 8), get_u32(e + 12), bytes + at, 0};
        uint64_t size = (uint64_t)t->word_bytes * t->words;
        if (t->word_bytes == 0 || size > n - at)
            return ttfs_error(s->diag, s->loc, TTFS_IMAGE_FORMAT,
                              "section %u has %u words of %u bytes, the file ends before", i,
                              t->words, t->word_bytes);
        t->size = (size_t)size;
        at += t->size;
        if (ttfs_crc32(0, t->bytes, t->size) != get_u32(e + 16))
            return ttfs_error(s->diag, s->loc, TTFS_IMAGE_CHECKSUM,
                              "the checksum of section %u is wrong", i);
    }
    return at == n || ttfs_error(s->diag, s->loc, TTFS_IMAGE_FORMAT,
                                 "%zu bytes follow the last section", n - at);
}

static bool is_section(const Sections *s, uint32_t i, uint32_t kind, uint32_t core,
                       uint32_t word_bytes) {
    const Section *t = &s->at[i];
    if (t->kind == kind && t->core == core && t->word_bytes == word_bytes) return true;
    return ttfs_error(s->diag, s->loc, TTFS_IMAGE_FORMAT,
                      "section %u is of kind %u, core %u, %u bytes a word; %u, %u, %u expected", i,
                      t->kind, t->core, t->word_bytes, kind, core, word_bytes);
}

static bool read_core(TtfsImage *img, const Sections *s, uint32_t c) {
    uint32_t row_bytes = (img->chip.lanes * img->chip.weight_bits + 7) / 8;
    const Section *d = &s->at[2 + 2 * c], *w = &s->at[3 + 2 * c];
    if (!is_section(s, 2 + 2 * c, KIND_DESCRIPTORS, c, 4) ||
        !is_section(s, 3 + 2 * c, KIND_WEIGHTS, c, row_bytes))
        return false;
    if (d->words != img->slots * TTFS_DESC_WORDS)
        return ttfs_error(s->diag, s->loc, TTFS_IMAGE_FORMAT,
                          "core %u has %u descriptor words, %u expected", c, d->words,
                          img->slots * TTFS_DESC_WORDS);
    TtfsCoreImage *core = &img->cores[c];
    *core = (TtfsCoreImage){.slots = img->slots, .rows = w->words, .row_bytes = row_bytes};
    core->descriptors = TTFS_ARRAY(&img->arena, uint32_t, d->words);
    core->weights = TTFS_ARRAY(&img->arena, unsigned char, w->size);
    for (uint32_t i = 0; i < d->words; i++)
        core->descriptors[i] = get_u32(d->bytes + (size_t)i * 4);
    if (w->size) memcpy(core->weights, w->bytes, w->size);
    return true;
}

static bool read_image(TtfsImage *img, const char *file, const Sections *s) {
    if (!is_section(s, 0, KIND_CHIP, NO_CORE, 1) || !is_section(s, 1, KIND_DIRECTORY, NO_CORE, 1))
        return false;
    if (!ttfs_chip_read(&img->chip, file, s->at[0].bytes, s->at[0].size, &img->arena, s->diag))
        return false;
    if (s->count != 2 + 2 * img->chip.cores)
        return ttfs_error(s->diag, s->loc, TTFS_IMAGE_FORMAT, "%u sections for %u cores", s->count,
                          img->chip.cores);
    TtfsLex l;
    ttfs_lex_init(&l, file, s->at[1].bytes, s->at[1].size, s->diag);
    if (!ttfs_image_lex_directory(img, &l)) return false;
    if (l.kind != TTFS_TOK_END)
        return ttfs_lex_fail(&l, TTFS_TEXT_SYNTAX, "text follows the directory");
    img->cores = TTFS_ARRAY(&img->arena, TtfsCoreImage, img->chip.cores);
    for (uint32_t c = 0; c < img->chip.cores; c++)
        if (!read_core(img, s, c)) return false;
    return ttfs_image_check(img, file, s->diag);
}

bool ttfs_image_unpack(TtfsImage *img, const char *file, const void *bytes, size_t n,
                       TtfsDiag *diag) {
    *img = (TtfsImage){0};
    Sections s = {.loc = TTFS_AT_FILE(file), .diag = diag};
    return read_header(&s, bytes, n) && read_sections(&s, bytes, n) && read_image(img, file, &s);
}
