/* SPDX-License-Identifier: Apache-2.0
 *
 * The stream of an image (docs/core.md, Streaming): sections {words, blocks, CRC}, a block
 * {address, words, weights}. In: whole rows of weights, or words that may be anything; out: words,
 * or blocks that lie in the image and are rows of its chip's cores.
 */
#include "image_inside.h"

static uint32_t crc_of(const TtfsImage *img, uint32_t begin, uint32_t end) {
    uint32_t crc = 0;
    for (uint32_t i = begin; i < end; i++) crc = ttfs_crc_word(crc, img->stream.at[i]);
    return crc;
}

void ttfs_stream_begin(TtfsImage *img, TtfsStreamAt *s) {
    *s = (TtfsStreamAt){.img = img, .begin = img->stream.len};
    *TTFS_PUSH(&img->arena, img->stream) = 0;
}

void ttfs_stream_add(TtfsImage *img, const TtfsStreamBlock *b) {
    uint32_t words = b->rows * ttfs_chip_memory(&img->chip, TTFS_MEM_WEIGHTS).chunks;
    *TTFS_PUSH(&img->arena, img->stream) =
        ttfs_image_address(img, b->core, TTFS_MEM_WEIGHTS, b->row, 0);
    *TTFS_PUSH(&img->arena, img->stream) = words;
    for (uint32_t i = 0; i < words; i++) *TTFS_PUSH(&img->arena, img->stream) = b->words[i];
}

void ttfs_stream_end(TtfsImage *img, const TtfsStreamAt *s) {
    img->stream.at[s->begin] = img->stream.len - s->begin - 1;
    uint32_t crc = crc_of(img, s->begin, img->stream.len);
    *TTFS_PUSH(&img->arena, img->stream) = crc;
}

static bool fault(TtfsStreamAt *s, const char *what) {
    s->fault = what;
    return false;
}

/* The next section begins behind the last one's CRC; false: there is none. */
static bool enter_section(TtfsStreamAt *s) {
    const TtfsImage *img = s->img;
    uint32_t left;
    if (s->sections) s->at = s->end + 1;
    left = img->stream.len - s->at;
    if (left == 0) return false;
    if (left < 2 || img->stream.at[s->at] > left - 2)
        return fault(s, "a section that ends beyond the memory");
    s->begin = s->at;
    s->end = s->at + 1 + img->stream.at[s->at];
    if (crc_of(img, s->begin, s->end) != img->stream.at[s->end])
        return fault(s, "a section whose checksum is wrong");
    s->sections++;
    s->at++;
    return true;
}

static bool is_clean(const TtfsMemShape *m, const TtfsStreamBlock *b) {
    uint32_t used = m->bits % 32;
    for (uint32_t r = 0; used && r < b->rows; r++)
        if (b->words[(size_t)(r + 1) * m->chunks - 1] >> used) return false;
    return true;
}

bool ttfs_stream_next(TtfsStreamAt *s, TtfsStreamBlock *b) {
    const uint32_t *words = s->img->stream.at;
    TtfsMemShape m = ttfs_chip_memory(&s->img->chip, TTFS_MEM_WEIGHTS);
    while (s->at == s->end)
        if (!enter_section(s)) return false;
    if (s->end - s->at < 2 || words[s->at + 1] > s->end - s->at - 2)
        return fault(s, "a block that ends beyond its section");
    uint32_t address = words[s->at], n = words[s->at + 1],
             word = address & ((1u << TTFS_CONFIG_WORD_BITS) - 1);
    *b = (TtfsStreamBlock){s->sections - 1, address >> 22, word >> m.chunk_bits, n / m.chunks,
                           words + s->at + 2};
    bool whole = n && n % m.chunks == 0 && (word & ((1u << m.chunk_bits) - 1)) == 0 &&
                 (m.chunks == 1u << m.chunk_bits || b->rows == 1);
    if (address != ttfs_image_address(s->img, b->core, TTFS_MEM_WEIGHTS, b->row, 0) || !whole ||
        b->core >= ttfs_chip_cores(&s->img->chip) || b->row >= m.rows ||
        b->rows > m.rows - b->row || !is_clean(&m, b))
        return fault(s, "a block of what are no weight rows of a core");
    s->at += 2 + n;
    return true;
}

bool ttfs_image_check_stream(const TtfsImage *img, const char *file, TtfsDiag *diag) {
    TtfsLoc loc = TTFS_AT_FILE(file);
    TtfsStreamAt s = {.img = img};
    TtfsStreamBlock b;
    while (ttfs_stream_next(&s, &b)) {
    }
    if (s.fault)
        return ttfs_error(diag, loc, TTFS_IMAGE_FORMAT, "the stream has %s, at word %u", s.fault,
                          s.at);
    uint32_t want = img->chip.stream ? img->slots : 0;
    return s.sections == want ||
           ttfs_error(diag, loc, TTFS_IMAGE_FORMAT, "%u sections are streamed, %u expected",
                      s.sections, want);
}
