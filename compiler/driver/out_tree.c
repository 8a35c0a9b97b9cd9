/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of an output folder, in one table. A folder is ttfs's when its manifest names the
 * product and a format; manifests of the time before `product` name it by their key `ttfs`, the
 * version, beside `options`. A new kind of file in OUT is a new row here.
 */
#define _XOPEN_SOURCE 700 /* realpath */
#include "out_tree.h"

#include "base.h"
#include "json_tree.h"
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANIFEST_LIMIT = 1 << 20, SHOWN = 3 };

/* '#': digits; '*': letters, digits and _; '@': names of engines, joined by '-'. */
static const char *const names[] = {
    "forms/calib.blob",     "manifest.json",          "chip.json",
    "forms/ir.txt",         "forms/ir.blob",          "forms/spike.txt",
    "forms/spike.blob",     "forms/plan.txt",         "image/chip.img",
#define TTFS_MEMORY(NAME, name, number, rows, bits, doc) "image/core#_" #name ".hex",
#include "memories.def"
    "image/stream.hex",     "rtl/filelist.f",         "rtl/ttfs_*.v",
    "rtl/ttfs_*.vh",        "report/steps.json",      "report/accuracy.json",
    "report/fit.json",      "report/timing.json",     "report/energy.json",
    "report/messages.json", "report/sweep.json",      "report/index.html",
    "model.onnx",           "report/tune.json",       "report/agreement.json",
    "report/frontier.json", "report/run-@.json",      "verify/@.json",
    "fpga/*.log",           "asic/netlist.v",         "asic/cells.v",
    "asic/macros.v",        "asic/ttfs.sdc",          "asic/synth.ys",
    "asic/abc.constr",      "asic/sta.tcl",           "asic/config.json",
    "asic/config.mk",       "asic/asic.json",         "asic/README.md",
    "asic/*.log",           "asic/macros/ttfs_*.lib", "asic/rtl/ttfs_*.v",
    "asic/rtl/ttfs_*.vh",
#define TTFS_VIVADO(DEVICE, name, part, pins)                                                      \
    "fpga/" name "/project.tcl", "fpga/" name "/ttfs.xdc", "fpga/" name "/synth.ys",               \
        "fpga/" name "/synth.json", "fpga/" name "/*.log", "fpga/" name "/core#_*.hex",            \
        "fpga/" name "/board.tcl", "fpga/" name "/board.xdc", "fpga/" name "/board.v",             \
        "fpga/" name "/ttfs_*.v",
#define TTFS_FLOW(DEVICE, name, yosys, nextpnr, timing, package, board, monitor)                   \
    "fpga/" name "/board.pcf", "fpga/" name "/board.lpf", "fpga/" name "/board.bin",               \
        "fpga/" name "/board.bit", "fpga/" name "/network.bin", "fpga/" name "/netlist.v",         \
        "fpga/" name "/synth.ys", "fpga/" name "/synth.json", "fpga/" name "/*.log",
#include "devices.def"
    "ip/ttfs_axi.v",        "ip/ttfs_axi.xml",        "ip/ttfs_axil.v",
    "ip/ttfs_axis.v",       "ip/ttfs_axis_raw.v",     "ip/ttfs_registers.h",
    "ip/ttfs_registers.vh", "ip/ttfs_registers.rdl",  "ip/ttfs_regs.v",
    "ip/ttfs_wb.v",         "ip/ttfs_wishbone.v",     "ip/ttfs_wishbone.xml",
    "ip/package.tcl",       "forms/channels.blob"};
enum { NAMES = sizeof names / sizeof *names };

/* How long the engines' names at the start of s are, "-fault" behind them included; 0: none. */
static size_t engines(const char *s) {
    static const char *const words[] = {"golden",    "jit",  "rtl",   "netlist",
                                        "bitstream", "asic", "board", "fault"};
    enum { WORDS = sizeof words / sizeof *words };
    for (size_t at = 0;;) {
        size_t n = strcspn(s + at, "-."), w = 0;
        while (w < WORDS && (strlen(words[w]) != n || strncmp(words[w], s + at, n) != 0)) w++;
        if (w == WORDS) return 0;
        at += n;
        if (s[at] != '-') return at;
        at++;
    }
}

static bool matches(const char *pattern, const char *s) {
    static const char word[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    for (; *pattern; pattern++) {
        size_t n = *pattern == '#'   ? strspn(s, "0123456789")
                   : *pattern == '*' ? strspn(s, word)
                   : *pattern == '@' ? engines(s)
                                     : *s == *pattern;
        if (n == 0) return false;
        s += n;
    }
    return *s == 0;
}

/* Of a temporary name, which a run that died left: what it was to become. */
static const char *becomes(const char *path, TtfsArena *a) {
    if (!ttfs_is_temporary(ttfs_path_base(path), NULL)) return path;
    return ttfs_arena_strndup(a, path, (size_t)(strrchr(path, '.') - path) - 9);
}

static bool is_file_of_ours(const char *path, TtfsArena *a) {
    path = becomes(path, a);
    for (int i = 0; i < NAMES; i++)
        if (matches(names[i], path)) return true;
    return false;
}

static bool is_folder_of_ours(const char *path) {
    size_t n = strlen(path);
    for (int i = 0; i < NAMES; i++)
        if (strncmp(names[i], path, n) == 0 && names[i][n] == '/') return true;
    return false;
}

bool ttfs_out_has(const char *folder, const char *path, TtfsArena *a) {
    char out[PATH_MAX], in[PATH_MAX];
    if (!realpath(folder, out) || !realpath(ttfs_path_dir(a, path), in)) return false;
    size_t n = strlen(out);
    if (strncmp(in, out, n) != 0 || (in[n] != '/' && in[n] != 0)) return false;
    const char *name = ttfs_path_base(path);
    return is_file_of_ours(in[n] ? ttfs_path_join(a, in + n + 1, name) : name, a);
}

typedef struct {
    TtfsArena *arena;
    TTFS_VEC(const char *) foreign;
} Search;

static bool is_made_of(const char *name) {
    return strcmp(name, "new") == 0 || strcmp(name, "old") == 0;
}

/* Where in OUT the folder `name` below `at` belongs; what out_folder.c makes a part of OUT in is
 * where that part is. NULL: nowhere. */
static const char *place_of(Search *s, const char *at, const char *name) {
    const char *target = becomes(at, s->arena);
    const char *path = ttfs_path_join(s->arena, at, name);
    if (target != at) return is_made_of(name) ? target : NULL;
    return is_folder_of_ours(becomes(path, s->arena)) ? path : NULL;
}

/* Looks at what lies in the open folder `f`, whose path in OUT is `at`. */
static void search(Search *s, TtfsFolder *f, const char *at) {
    for (const char *name; (name = ttfs_folder_next(f)) != NULL;) {
        struct stat st;
        const char *path = ttfs_path_join(s->arena, at, name);
        if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) continue;
        bool folder = S_ISDIR(st.st_mode);
        const char *place = folder ? place_of(s, at, name) : NULL;
        if (place) {
            TtfsFolder below;
            if (ttfs_folder_open(&below, f->fd, name)) search(s, &below, place);
            ttfs_folder_close(&below);
        } else if (folder || !S_ISREG(st.st_mode) || !is_file_of_ours(path, s->arena)) {
            *TTFS_PUSH(s->arena, s->foreign) =
                ttfs_arena_printf(s->arena, "%s%s", path, folder ? "/" : "");
        }
    }
}

static int by_name(const void *x, const void *y) {
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

const char *ttfs_out_foreign(const char *folder, const char *at, TtfsArena *a) {
    Search s = {.arena = a};
    TtfsFolder f;
    if (!ttfs_folder_open(&f, AT_FDCWD, folder)) return strerror(errno);
    search(&s, &f, at);
    ttfs_folder_close(&f);
    uint32_t n = s.foreign.len;
    if (n == 0) return NULL;
    qsort(s.foreign.at, n, sizeof *s.foreign.at, by_name);
    const char *text = "";
    for (uint32_t i = 0; i < n && i < SHOWN; i++)
        text = ttfs_arena_printf(a, "%s%s'%s'", text, i ? ", " : "", s.foreign.at[i]);
    return n > SHOWN ? ttfs_arena_printf(a, "%s and %u more", text, n - SHOWN) : text;
}

static bool says_ttfs(const cJSON *j) {
    const cJSON *product = cJSON_GetObjectItemCaseSensitive(j, "product");
    if (!cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(j, "format"))) return false;
    if (product) return cJSON_IsString(product) && strcmp(product->valuestring, "ttfs") == 0;
    return cJSON_IsString(cJSON_GetObjectItemCaseSensitive(j, "ttfs")) &&
           cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(j, "options"));
}

/* A model.onnx is ours where tune wrote it, and as it wrote it: the manifest has its hash. */
static bool is_model_of_ours(const char *path, const cJSON *manifest, TtfsArena *a) {
    const char *model = ttfs_path_join(a, path, "model.onnx");
    const cJSON *of = cJSON_GetObjectItemCaseSensitive(manifest, "model");
    const char *hash = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(of, "sha256"));
    char found[65];
    TtfsDiag ignored = {0};
    if (!ttfs_file_exists(model)) return true;
    bool ours = hash && ttfs_file_exists(ttfs_path_join(a, path, "report/tune.json")) &&
                ttfs_file_sha256(model, found, &ignored) && strcmp(found, hash) == 0;
    ttfs_diag_free(&ignored);
    return ours;
}

/* What speaks against a folder that holds nothing foreign; NULL: it is ours. */
static const char *refusal_by_manifest(const char *path, TtfsArena *a) {
    TtfsDiag ignored = {0};
    TtfsFile f;
    const char *why = "its manifest does not say so";
    if (ttfs_file_open(&f, ttfs_path_join(a, path, "manifest.json"), MANIFEST_LIMIT, &ignored)) {
        TtfsJsonTree *tree = ttfs_json_parse(f.bytes, f.size, NULL);
        if (tree && says_ttfs(tree->root))
            why = is_model_of_ours(path, tree->root, a) ? NULL : "'model.onnx' in it is not tune's";
        ttfs_undo(tree);
        ttfs_file_close(&f);
    }
    ttfs_diag_free(&ignored);
    return why;
}

static bool is_empty(const char *path) {
    TtfsFolder f;
    bool empty = ttfs_folder_open(&f, AT_FDCWD, path) && !ttfs_folder_next(&f);
    ttfs_folder_close(&f);
    return empty;
}

const char *ttfs_out_refusal(const char *path, TtfsArena *a) {
    struct stat st, here;
    if (lstat(path, &st) != 0) return errno == ENOENT ? NULL : strerror(errno);
    if (!S_ISDIR(st.st_mode)) return "exists and is not a folder that ttfs wrote";
    if (stat(".", &here) == 0 && here.st_dev == st.st_dev && here.st_ino == st.st_ino)
        return "is the current folder, which cannot be replaced";
    if (is_empty(path)) return NULL;
    const char *foreign = ttfs_out_foreign(path, "", a);
    const char *why = foreign ? ttfs_arena_printf(a, "%s in it", foreign)
                              : refusal_by_manifest(path, a);
    return why ? ttfs_arena_printf(a, "exists and is not a folder that ttfs wrote: %s", why) : NULL;
}
