/* SPDX-License-Identifier: Apache-2.0
 *
 * The disassembly: the chip, the directory, then per core its memories: programs by records and
 * field names, weight rows as bytes in hexadecimal, parameters, flows and buffers by name. What of
 * a program or a buffer is no record is shown as its words. Then the words of the stream, with what
 * they are beside them. Reading it gives the same image.
 */
#include "image_inside.h"

#include <string.h>

static const char *const record_word[TTFS_RECORDS] = {"scan", "segment", "walk", "fire", "buffer"};
static const char *const port_word[] = {"north", "east", "south", "west", "core"};
enum { PORTS = 5, STARTS = 3 };

/* Which words of a program begin a record, and of what kind (+ 1). */
typedef struct {
    const TtfsMemImage *mem;
    unsigned char *kind, *taken;
} Program;

/* Takes the record at *at and moves behind it; false when there is none. */
static bool take_record(Program *p, TtfsRecordKind kind, uint32_t *at, int32_t *members) {
    if (*at >= p->mem->rows) return false;
    uint32_t n = ttfs_record_words(kind, p->mem->words[*at]);
    if (n > p->mem->rows - *at) return false;
    for (uint32_t i = 0; i < n; i++)
        if (p->taken[*at + i]) return false;
    if (!ttfs_record_unpack(kind, p->mem->words + *at, members)) return false;
    p->kind[*at] = (unsigned char)(kind + 1);
    memset(p->taken + *at, 1, n);
    *at += n;
    return true;
}

/* Follows the program of one engine to the end of its sample. */
static void take_program(Program *p, TtfsRecordKind kind, uint32_t at) {
    union {
        TtfsScan scan; /* op and sample_end begin every record of an engine */
        int32_t all[32];
    } r, segment;
    while (take_record(p, kind, &at, r.all) && !(r.scan.op == 0 && r.scan.sample_end))
        for (int32_t k = 0; kind == TTFS_RECORD_SCAN && r.scan.op && k < r.scan.segments; k++)
            if (!take_record(p, TTFS_RECORD_SEGMENT, &at, segment.all)) return;
}

static void print_record(TtfsRecordKind kind, const uint32_t *words, uint32_t at, TtfsBuf *out) {
    int32_t members[32];
    ttfs_record_unpack(kind, words, members);
    ttfs_buf_printf(out, "%s %u", record_word[kind], at);
    ttfs_record_print(kind, members, out);
    ttfs_buf_puts(out, "\n");
}

static void print_program(const TtfsMemImage *mem, TtfsBuf *out) {
    static const TtfsRecordKind engine[] = {TTFS_RECORD_SCAN, TTFS_RECORD_WALK, TTFS_RECORD_FIRE};
    TtfsArena scratch = {0};
    Program p = {mem, TTFS_ARRAY(&scratch, unsigned char, mem->rows),
                 TTFS_ARRAY(&scratch, unsigned char, mem->rows)};
    for (uint32_t i = 0; i < STARTS && i < mem->rows; i++) p.taken[i] = 1;
    for (uint32_t i = 0; i < STARTS && i < mem->rows; i++)
        take_program(&p, engine[i], mem->words[i]);
    for (uint32_t i = 0; i < mem->rows; i++) {
        if (p.kind[i])
            print_record((TtfsRecordKind)(p.kind[i] - 1), mem->words + i, i, out);
        else if (i < STARTS)
            ttfs_buf_printf(out, "word %u %u # start of %s\n", i, mem->words[i],
                            record_word[engine[i]]);
        else if (!p.taken[i])
            ttfs_buf_printf(out, "word %u 0x%08x\n", i, mem->words[i]);
    }
    ttfs_arena_free(&scratch);
}

enum { ROW_BYTES = 1024 }; /* more than any row has */

/* The bytes of words, lowest first, to the end of the line. */
static void print_hex(const uint32_t *words, uint32_t n, TtfsBuf *out) {
    unsigned char bytes[ROW_BYTES];
    for (uint32_t i = 0; i < n; i++) bytes[i] = (unsigned char)(words[i / 4] >> (i % 4 * 8));
    ttfs_buf_hex(out, bytes, n);
}

static void print_bytes(const uint32_t *words, uint32_t row, uint32_t bits, TtfsBuf *out) {
    ttfs_buf_printf(out, "row %u ", row);
    print_hex(words, (bits + 7) / 8, out);
}

static void print_param(const TtfsImage *img, uint32_t core, uint32_t row, TtfsBuf *out) {
    uint32_t ramp = img->chip.ramp_bits, acc = img->chip.acc_bits;
    ttfs_buf_printf(out, "param %u ramp %u bias %d\n", row,
                    ttfs_image_bits(img, core, TTFS_MEM_PARAMS, row, 0, ramp),
                    ttfs_image_signed(img, core, TTFS_MEM_PARAMS, row, ramp, acc));
}

static void print_flow(uint32_t word, uint32_t row, TtfsBuf *out) {
    ttfs_buf_printf(out, "route %u", row);
    for (uint32_t p = 0; p < PORTS; p++)
        if (word >> p & 1) ttfs_buf_printf(out, " %s", port_word[p]);
    ttfs_buf_printf(out, " buffer %u\n", word >> PORTS);
}

static void print_row(const TtfsImage *img, uint32_t core, TtfsMem m, uint32_t row, TtfsBuf *out) {
    const TtfsMemImage *mem = &img->cores[core].mem[m];
    const uint32_t *words = mem->words + (size_t)row * mem->chunks;
    TtfsKeep keep;
    if (m == TTFS_MEM_PARAMS)
        print_param(img, core, row, out);
    else if (m == TTFS_MEM_FLOWS)
        print_flow(words[0], row, out);
    else if (m == TTFS_MEM_BUFFERS && ttfs_record_unpack(TTFS_RECORD_KEEP, words, &keep))
        print_record(TTFS_RECORD_KEEP, words, row, out);
    else if (mem->chunks == 1 && m != TTFS_MEM_WEIGHTS)
        ttfs_buf_printf(out, "word %u 0x%08x\n", row, words[0]);
    else
        print_bytes(words, row, ttfs_chip_memory(&img->chip, m).bits, out);
}

static void print_core(const TtfsImage *img, uint32_t core, TtfsBuf *out) {
    ttfs_buf_printf(out, "core %u\n", core);
    for (int m = 0; m < TTFS_MEMS; m++) {
        const TtfsMemImage *mem = &img->cores[core].mem[m];
        if (mem->rows == 0) continue;
        ttfs_buf_printf(out, "%s %u\n", ttfs_chip_memory(&img->chip, (TtfsMem)m).name, mem->rows);
        if (m == TTFS_MEM_PROGRAM) print_program(mem, out);
        for (uint32_t r = 0; m != TTFS_MEM_PROGRAM && r < mem->rows; r++)
            print_row(img, core, (TtfsMem)m, r, out);
    }
}

enum { LINE_WORDS = 16 };

static void print_words(const TtfsImage *img, uint32_t first, uint32_t end, TtfsBuf *out) {
    for (uint32_t at = first, n; at < end; at += n) {
        n = end - at < LINE_WORDS ? end - at : LINE_WORDS;
        ttfs_buf_printf(out, "words %u %u ", at, n);
        print_hex(img->stream.at + at, n * 4, out);
    }
}

/* Every section and block begins a line; what is none is shown as it is. */
static void print_stream(const TtfsImage *img, TtfsBuf *out) {
    TtfsStreamAt s = {.img = img};
    TtfsStreamBlock b;
    uint32_t shown = 0, sections = 0;
    if (img->stream.len == 0) return;
    ttfs_buf_printf(out, "stream %u\n", img->stream.len);
    while (ttfs_stream_next(&s, &b)) {
        uint32_t at = (uint32_t)(b.words - img->stream.at) - 2;
        print_words(img, shown, at, out);
        if (s.sections != sections) ttfs_buf_printf(out, "# slot %u\n", b.slot);
        sections = s.sections;
        ttfs_buf_printf(out, "# core %u, weight rows %u to %u\n", b.core, b.row,
                        b.row + b.rows - 1);
        print_words(img, at, s.at, out);
        shown = s.at;
    }
    print_words(img, shown, img->stream.len, out);
}

void ttfs_image_print(const TtfsImage *img, TtfsBuf *out) {
    ttfs_buf_puts(out, "ttfs-image 5\nchip ");
    ttfs_chip_print(&img->chip, out);
    ttfs_image_print_directory(img, out);
    for (uint32_t c = 0; c < ttfs_chip_cores(&img->chip); c++) print_core(img, c, out);
    print_stream(img, out);
    ttfs_buf_puts(out, "end\n");
}

/* The words of a record whose keyword and number were read, at most `room` of them; *n how many. */
static bool read_record(TtfsLex *l, TtfsRecordKind kind, uint32_t *words, uint32_t room,
                        uint32_t *n) {
    int32_t members[32];
    uint32_t packed[TTFS_RECORD_MOST];
    const char *bad = "";
    if (!ttfs_record_lex(kind, members, l)) return false;
    if (!ttfs_record_pack(kind, members, packed, &bad))
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "a record without an op has no %s", bad);
    *n = ttfs_record_words(kind, packed[0]);
    if (*n > room)
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "the record has %u words, %u are left", *n, room);
    memcpy(words, packed, *n * sizeof *words);
    return true;
}

static bool read_word(TtfsLex *l, uint32_t row, uint32_t *word) {
    return ttfs_image_lex_index(l, "word", row) && ttfs_lex_u32(l, UINT32_MAX, word) &&
           ttfs_lex_eol(l);
}

static bool read_program(const TtfsMemImage *mem, TtfsLex *l) {
    for (uint32_t at = 0, n; at < mem->rows; at += n) {
        int kind = 0;
        while (kind < TTFS_RECORD_KEEP && !ttfs_lex_is(l, record_word[kind])) kind++;
        n = 1;
        if (kind == TTFS_RECORD_KEEP
                ? !read_word(l, at, &mem->words[at])
                : !ttfs_image_lex_index(l, record_word[kind], at) ||
                      !read_record(l, (TtfsRecordKind)kind, &mem->words[at], mem->rows - at, &n))
            return false;
    }
    return true;
}

static bool read_param(TtfsImage *img, uint32_t core, uint32_t row, TtfsLex *l) {
    uint32_t ramp_bits = img->chip.ramp_bits, acc_bits = img->chip.acc_bits, ramp;
    int64_t half = INT64_C(1) << (acc_bits - 1), bias;
    if (!ttfs_image_lex_index(l, "param", row) ||
        !ttfs_lex_key_u32(l, "ramp", (1u << ramp_bits) - 1, &ramp) || !ttfs_lex_expect(l, "bias") ||
        !ttfs_lex_i64(l, -half, half - 1, &bias))
        return false;
    ttfs_image_set_bits(img, core, TTFS_MEM_PARAMS, row, 0, ramp_bits, ramp);
    ttfs_image_set_bits(img, core, TTFS_MEM_PARAMS, row, ramp_bits, acc_bits, (uint32_t)bias);
    return ttfs_lex_eol(l);
}

static bool read_flow(uint32_t row, uint32_t buffers, uint32_t *word, TtfsLex *l) {
    uint32_t buffer;
    if (!ttfs_image_lex_index(l, "route", row)) return false;
    for (uint32_t p = 0; p < PORTS; p++)
        if (ttfs_lex_accept(l, port_word[p])) *word |= 1u << p;
    if (!ttfs_lex_key_u32(l, "buffer", (1u << buffers) - 1, &buffer)) return false;
    *word |= buffer << PORTS;
    return ttfs_lex_eol(l);
}

/* `n` bytes to the end of the line, the lowest of each word first. */
static bool read_hex(TtfsLex *l, uint32_t *words, uint32_t n) {
    unsigned char bytes[ROW_BYTES];
    if (!ttfs_lex_hex_bytes(l, bytes, n)) return false;
    for (uint32_t i = 0; i < n; i++) words[i / 4] |= (uint32_t)bytes[i] << (i % 4 * 8);
    return ttfs_lex_eol(l);
}

static bool read_row(TtfsImage *img, uint32_t core, TtfsMem m, uint32_t row, TtfsLex *l) {
    const TtfsMemImage *mem = &img->cores[core].mem[m];
    uint32_t *words = mem->words + (size_t)row * mem->chunks, n;
    if (m == TTFS_MEM_PARAMS) return read_param(img, core, row, l);
    if (m == TTFS_MEM_FLOWS) return read_flow(row, TTFS_BUFFER_BITS(&img->chip), words, l);
    if (m == TTFS_MEM_BUFFERS && ttfs_lex_is(l, record_word[TTFS_RECORD_KEEP]))
        return ttfs_image_lex_index(l, record_word[TTFS_RECORD_KEEP], row) &&
               read_record(l, TTFS_RECORD_KEEP, words, mem->chunks, &n);
    if (mem->chunks == 1 && m != TTFS_MEM_WEIGHTS) return read_word(l, row, words);
    return ttfs_image_lex_index(l, "row", row) &&
           read_hex(l, words, (ttfs_chip_memory(&img->chip, m).bits + 7) / 8);
}

/* The rows of a memory whose name was read. Their text has more bytes than they have words. */
static bool read_memory(TtfsImage *img, uint32_t core, TtfsMem m, TtfsLex *l) {
    TtfsMemShape shape = ttfs_chip_memory(&img->chip, m);
    uint32_t rows;
    if (!ttfs_lex_u32(l, shape.rows, &rows) || !ttfs_lex_eol(l)) return false;
    if ((uint64_t)rows * shape.chunks > (size_t)(l->end - l->at))
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%u rows do not stand in this text", rows);
    ttfs_image_make(img, core, m, rows);
    if (m == TTFS_MEM_PROGRAM) return read_program(&img->cores[core].mem[m], l);
    for (uint32_t r = 0; r < rows; r++)
        if (!read_row(img, core, m, r, l)) return false;
    return true;
}

static bool read_core(TtfsImage *img, uint32_t core, TtfsLex *l) {
    if (!ttfs_image_lex_index(l, "core", core) || !ttfs_lex_eol(l)) return false;
    for (int m = 0; m < TTFS_MEMS; m++)
        if (ttfs_lex_accept(l, ttfs_chip_memory(&img->chip, (TtfsMem)m).name) &&
            !read_memory(img, core, (TtfsMem)m, l))
            return false;
    return !l->failed;
}

static bool read_stream(TtfsImage *img, TtfsLex *l) {
    uint32_t n;
    if (!ttfs_lex_accept(l, "stream")) return true;
    if (!ttfs_lex_u32(l, UINT32_MAX, &n) || !ttfs_lex_eol(l)) return false;
    if (n > (size_t)(l->end - l->at))
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%u words do not stand in this text", n);
    img->stream.at = TTFS_ARRAY(&img->arena, uint32_t, n);
    img->stream.len = img->stream.cap = n;
    for (uint32_t at = 0, words; at < n; at += words) {
        uint32_t most = n - at < LINE_WORDS ? n - at : LINE_WORDS;
        if (!ttfs_image_lex_index(l, "words", at) || !ttfs_lex_u32(l, most, &words)) return false;
        if (words == 0) return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "a line has at least one word");
        if (!read_hex(l, img->stream.at + at, words * 4)) return false;
    }
    return true;
}

bool ttfs_image_read(TtfsImage *img, const char *file, const void *text, size_t n, TtfsDiag *diag) {
    *img = (TtfsImage){0};
    TtfsLex l;
    ttfs_lex_init(&l, file, text, n, diag);
    if (!ttfs_image_lex_index(&l, "ttfs-image", 5) || !ttfs_lex_eol(&l) ||
        !ttfs_lex_expect(&l, "chip") || !ttfs_chip_lex(&img->chip, &l, &img->arena) ||
        !ttfs_image_lex_directory(img, &l))
        return false;
    img->cores = TTFS_ARRAY(&img->arena, TtfsCoreImage, ttfs_chip_cores(&img->chip));
    for (uint32_t c = 0; c < ttfs_chip_cores(&img->chip); c++)
        if (!read_core(img, c, &l)) return false;
    if (!read_stream(img, &l)) return false;
    if (!ttfs_lex_expect(&l, "end") || !ttfs_lex_eol(&l)) return false;
    if (l.kind != TTFS_TOK_END) return ttfs_lex_fail(&l, TTFS_TEXT_SYNTAX, "text follows the end");
    return ttfs_image_check(img, file, diag) && ttfs_image_check_stream(img, file, diag);
}
