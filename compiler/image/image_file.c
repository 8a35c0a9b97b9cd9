/* SPDX-License-Identifier: Apache-2.0
 *
 * The image's file. Layout, all numbers little-endian:
 *     0   "TTFSIMG" and a zero byte
 *     8   version, the chip's hash, number of sections
 *     20  per section: kind, core, rows, bytes, CRC-32
 *         CRC-32 of all bytes before
 *         the sections' bytes, one after the other, to the end of the file
 * Sections: chip, directory (core NO_CORE, rows 1), then for each core its memories that are not
 * empty, in order; their kind is MEMORY and the memory's number, their bytes the chunks of the
 * rows, four each, their CRC the chip's own; on a chip with stream at last its words (core NO_CORE,
 * rows their number). The reader trusts nothing: it allocates by numbers
 * only after it has found that many bytes in the file.
 */
#include "image_inside.h"

#include <string.h>

enum { VERSION = 6, ENTRY = 20, FIRST = 20, NO_CORE = 0xffff };
enum { KIND_CHIP = 1, KIND_DIRECTORY = 2, KIND_STREAM = 3, KIND_MEMORY = 16 };
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
    TtfsBuf table, body;
    uint32_t sections;
} Packer;

static void put_entry(Packer *p, uint32_t kind, uint32_t core, uint32_t rows, size_t bytes,
                      uint32_t crc) {
    const uint32_t entry[] = {kind, core, rows, (uint32_t)bytes, crc};
    for (int i = 0; i < 5; i++) put_u32(&p->table, entry[i]);
    p->sections++;
}

/* Ends the section of text that began at body byte `start`. */
static void put_text(Packer *p, uint32_t kind, size_t start) {
    size_t n = p->body.len - start;
    put_entry(p, kind, NO_CORE, 1, n, ttfs_crc32(0, ttfs_buf_text(&p->body) + start, n));
}

static void put_memory(Packer *p, const TtfsImage *img, uint32_t core, TtfsMem m) {
    const TtfsMemImage *mem = &img->cores[core].mem[m];
    size_t words = (size_t)mem->rows * mem->chunks;
    if (mem->rows == 0) return;
    for (size_t i = 0; i < words; i++) put_u32(&p->body, mem->words[i]);
    put_entry(p, KIND_MEMORY + ttfs_chip_memory(&img->chip, m).number, core, mem->rows, words * 4,
              ttfs_image_crc(img, core, m));
}

static void put_stream(Packer *p, const TtfsImage *img) {
    size_t start = p->body.len, n = img->stream.len;
    for (size_t i = 0; i < n; i++) put_u32(&p->body, img->stream.at[i]);
    if (n)
        put_entry(p, KIND_STREAM, NO_CORE, (uint32_t)n, n * 4,
                  ttfs_crc32(0, p->body.text + start, n * 4));
}

void ttfs_image_pack(const TtfsImage *img, TtfsBuf *out) {
    Packer p = {{0}, {0}, 0};
    ttfs_chip_print(&img->chip, &p.body);
    put_text(&p, KIND_CHIP, 0);
    size_t start = p.body.len;
    ttfs_image_print_directory(img, &p.body);
    put_text(&p, KIND_DIRECTORY, start);
    for (uint32_t c = 0; c < ttfs_chip_cores(&img->chip); c++)
        for (int m = 0; m < TTFS_MEMS; m++) put_memory(&p, img, c, (TtfsMem)m);
    put_stream(&p, img);
    TtfsBuf header = {0};
    ttfs_buf_bytes(&header, magic, sizeof magic);
    put_u32(&header, VERSION);
    put_u32(&header, ttfs_chip_hash(&img->chip));
    put_u32(&header, p.sections);
    ttfs_buf_bytes(&header, p.table.text, p.table.len);
    put_u32(&header, ttfs_crc32(0, header.text, header.len));
    ttfs_buf_bytes(out, header.text, header.len);
    ttfs_buf_bytes(out, p.body.text, p.body.len);
    ttfs_buf_free(&header);
    ttfs_buf_free(&p.table);
    ttfs_buf_free(&p.body);
}

/* Where the first memory begins in the file. */
static uint64_t memories_at(const TtfsImage *img) {
    TtfsBuf texts = {0};
    uint64_t sections = 2 + (img->stream.len > 0);
    ttfs_chip_print(&img->chip, &texts);
    ttfs_image_print_directory(img, &texts);
    for (uint32_t c = 0; c < ttfs_chip_cores(&img->chip); c++)
        for (int m = 0; m < TTFS_MEMS; m++) sections += img->cores[c].mem[m].rows != 0;
    uint64_t at = FIRST + sections * ENTRY + 4 + texts.len;
    ttfs_buf_free(&texts);
    return at;
}

bool ttfs_image_flip(TtfsImage *img, uint64_t bit) {
    uint64_t start = memories_at(img) * 8;
    for (uint32_t c = 0; c < ttfs_chip_cores(&img->chip) && bit >= start; c++)
        for (int m = 0; m < TTFS_MEMS; m++) {
            const TtfsMemImage *mem = &img->cores[c].mem[m];
            uint64_t bits = (uint64_t)mem->rows * mem->chunks * 32, at = bit - start;
            if (bit >= start && at < bits) {
                if (at % (mem->chunks * 32) >= ttfs_chip_memory(&img->chip, (TtfsMem)m).bits)
                    return false;
                mem->words[at / 32] ^= UINT32_C(1) << at % 32;
                return true;
            }
            start += bits;
        }
    if (bit < start || (bit - start) / 32 >= img->stream.len) return false;
    img->stream.at[(bit - start) / 32] ^= UINT32_C(1) << (bit - start) % 32;
    return true;
}

typedef struct {
    uint32_t kind, core, rows, crc;
    const unsigned char *bytes;
    size_t size;
} Section;

typedef struct {
    TtfsLoc loc;
    TtfsDiag *diag;
    const unsigned char *bytes;
    size_t n, body; /* of the file; where its sections begin */
    uint32_t count;
} Reader;

static bool read_header(Reader *r) {
    if (r->n < FIRST || memcmp(r->bytes, magic, sizeof magic) != 0)
        return ttfs_error(r->diag, r->loc, TTFS_IMAGE_FORMAT, "this is not an image of ttfs");
    if (get_u32(r->bytes + 8) != VERSION)
        return ttfs_error(r->diag, r->loc, TTFS_IMAGE_FORMAT, "version %u, %d expected",
                          get_u32(r->bytes + 8), VERSION);
    r->count = get_u32(r->bytes + 16);
    uint64_t end = FIRST + (uint64_t)r->count * ENTRY;
    if (r->count < 2 || end + 4 > r->n)
        return ttfs_error(r->diag, r->loc, TTFS_IMAGE_FORMAT, "%u sections in %zu bytes", r->count,
                          r->n);
    if (get_u32(r->bytes + end) != ttfs_crc32(0, r->bytes, (size_t)end))
        return ttfs_error(r->diag, r->loc, TTFS_IMAGE_CHECKSUM, "the header's checksum is wrong");
    r->body = (size_t)end + 4;
    return true;
}

/* Section i, whose bytes begin at *at; *at moves behind them. */
static bool read_section(const Reader *r, uint32_t i, size_t *at, Section *s) {
    const unsigned char *e = r->bytes + FIRST + (size_t)i * ENTRY;
    *s = (Section){get_u32(e),      get_u32(e + 4), get_u32(e + 8),
                   get_u32(e + 16), r->bytes + *at, get_u32(e + 12)};
    if (s->size > r->n - *at)
        return ttfs_error(r->diag, r->loc, TTFS_IMAGE_FORMAT,
                          "section %u has %zu bytes, the file has %zu", i, s->size, r->n - *at);
    *at += s->size;
    return true;
}

static bool checksum_fault(const Reader *r, uint32_t i) {
    return ttfs_error(r->diag, r->loc, TTFS_IMAGE_CHECKSUM, "the checksum of section %u is wrong",
                      i);
}

static bool is_text(const Reader *r, uint32_t i, const Section *s, uint32_t kind) {
    if (s->kind != kind || s->core != NO_CORE || s->rows != 1)
        return ttfs_error(r->diag, r->loc, TTFS_IMAGE_FORMAT,
                          "section %u is of kind %u, core %u, %u rows; %u, %u, 1 expected", i,
                          s->kind, s->core, s->rows, kind, NO_CORE);
    return ttfs_crc32(0, s->bytes, s->size) == s->crc || checksum_fault(r, i);
}

static bool read_directory(TtfsImage *img, const Reader *r, const Section *s) {
    TtfsLex l;
    ttfs_lex_init(&l, r->loc.file, s->bytes, s->size, r->diag);
    if (!ttfs_image_lex_directory(img, &l)) return false;
    return l.kind == TTFS_TOK_END ||
           ttfs_lex_fail(&l, TTFS_TEXT_SYNTAX, "text follows the directory");
}

static bool read_texts(TtfsImage *img, const Reader *r, size_t *at) {
    Section chip, directory;
    if (!read_section(r, 0, at, &chip) || !is_text(r, 0, &chip, KIND_CHIP) ||
        !read_section(r, 1, at, &directory) || !is_text(r, 1, &directory, KIND_DIRECTORY) ||
        !ttfs_chip_read(&img->chip, r->loc.file, chip.bytes, chip.size, &img->arena, r->diag))
        return false;
    uint32_t hash = ttfs_chip_hash(&img->chip);
    if (get_u32(r->bytes + 12) != hash)
        return ttfs_error(r->diag, r->loc, TTFS_IMAGE_FORMAT,
                          "it is for the chip %08x, its description is %08x",
                          get_u32(r->bytes + 12), hash);
    return read_directory(img, r, &directory);
}

/* The memory that a section is of; TTFS_MEMS: none. */
static TtfsMem memory_of(const TtfsChip *chip, const Section *s) {
    int m = 0;
    while (m < TTFS_MEMS && KIND_MEMORY + ttfs_chip_memory(chip, (TtfsMem)m).number != s->kind) m++;
    return (TtfsMem)m;
}

static bool read_memory(TtfsImage *img, const Reader *r, uint32_t i, const Section *s) {
    TtfsMem m = memory_of(&img->chip, s);
    TtfsMemShape shape = m < TTFS_MEMS ? ttfs_chip_memory(&img->chip, m) : (TtfsMemShape){0};
    if (m == TTFS_MEMS || s->core >= ttfs_chip_cores(&img->chip) || s->rows == 0 ||
        s->rows > shape.rows || s->size != (size_t)s->rows * shape.chunks * 4)
        return ttfs_error(r->diag, r->loc, TTFS_IMAGE_FORMAT,
                          "section %u: %u rows in %zu bytes for memory %u of core %u", i, s->rows,
                          s->size, s->kind - KIND_MEMORY, s->core);
    ttfs_image_make(img, s->core, m, s->rows);
    uint32_t *words = img->cores[s->core].mem[m].words;
    for (size_t w = 0; w < s->size / 4; w++) words[w] = get_u32(s->bytes + w * 4);
    return ttfs_image_crc(img, s->core, m) == s->crc || checksum_fault(r, i);
}

static bool read_stream(TtfsImage *img, const Reader *r, uint32_t i, const Section *s) {
    if (s->core != NO_CORE || !img->chip.stream || s->rows == 0 || s->size != (size_t)s->rows * 4)
        return ttfs_error(r->diag, r->loc, TTFS_IMAGE_FORMAT,
                          "section %u: %u words in %zu bytes of a stream", i, s->rows, s->size);
    img->stream.at = TTFS_ARRAY(&img->arena, uint32_t, s->rows);
    img->stream.len = img->stream.cap = s->rows;
    for (uint32_t w = 0; w < s->rows; w++) img->stream.at[w] = get_u32(s->bytes + (size_t)w * 4);
    return ttfs_crc32(0, s->bytes, s->size) == s->crc || checksum_fault(r, i);
}

/* Sections come by core, then memory, each once, the stream last: so a file is the one that its
 * image makes. */
static bool read_memories(TtfsImage *img, const Reader *r, size_t *at) {
    uint64_t before = 0;
    img->cores = TTFS_ARRAY(&img->arena, TtfsCoreImage, ttfs_chip_cores(&img->chip));
    for (uint32_t i = 2; i < r->count; i++) {
        Section s;
        if (!read_section(r, i, at, &s)) return false;
        uint64_t place = (uint64_t)s.core << 32 | s.kind;
        if (i > 2 && place <= before)
            return ttfs_error(r->diag, r->loc, TTFS_IMAGE_FORMAT, "section %u is out of order", i);
        before = place;
        if (s.kind == KIND_STREAM ? !read_stream(img, r, i, &s) : !read_memory(img, r, i, &s))
            return false;
    }
    return *at == r->n || ttfs_error(r->diag, r->loc, TTFS_IMAGE_FORMAT,
                                     "%zu bytes follow the last section", r->n - *at);
}

bool ttfs_image_unpack(TtfsImage *img, const char *file, const void *bytes, size_t n,
                       TtfsDiag *diag) {
    *img = (TtfsImage){0};
    Reader r = {.loc = TTFS_AT_FILE(file), .diag = diag, .bytes = bytes, .n = n};
    if (!read_header(&r)) return false;
    size_t at = r.body;
    return read_texts(img, &r, &at) && read_memories(img, &r, &at) &&
           ttfs_image_check(img, file, diag) && ttfs_image_check_stream(img, file, diag);
}
