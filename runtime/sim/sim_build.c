/* SPDX-License-Identifier: Apache-2.0
 *
 * Verilog to a shared object, in a folder of this build's own that the caller made and removes:
 * WORK/rtl is what goes in, WORK/chip.so what comes out. The cores of a mesh are one module, whose
 * code they share: it is kept apart, and its inputs are kept from being replaced by what drives
 * them outside, which differs from core to core. So a mesh of 64 cores builds in little more than
 * the time of one of four. (One core alone runs faster without.) The key of what is built is
 * SHA-256 over the names and contents of all Verilog, the wrapper, the interface, the flags and the
 * simulator's version. No shell is involved.
 */
#include "sim_build.h"

#include "process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_LIMIT = 16 * 1024 * 1024, FILES_LIMIT = 1000 };

static const char *const verilate_flags[] = {
    "--cc",       "--top-module", "ttfs_top",    "--prefix", "Vttfs_top", "-O3",
    "--x-assign", "unique",       "--x-initial", "unique",   "-Wno-fatal"};
static const char apart[] = "`verilator_config\n"
                            "no_inline -module \"ttfs_node\"\n"
                            "public_flat_rd -module \"ttfs_node\" -var \"*_i\"\n";
static const char *const compile_flags[] = {"-std=c++17", "-fPIC", "-pthread", "-w", "-c"};
static const char once[] = "-O0"; /* code of the start, and the simulator's own */
/* Of a chip whose signals are watched. */
static const char watch_verilate[] = "--trace", watch_compile[] = "-DVM_TRACE=1";
enum {
    VERILATE_FLAGS = sizeof verilate_flags / sizeof *verilate_flags,
    COMPILE_FLAGS = sizeof compile_flags / sizeof *compile_flags
};

typedef TtfsSimBuild Build;

static int by_name(const void *x, const void *y) {
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool ends_with(const char *name, const char *end) {
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

/* Verilator's name for what runs at the start alone. */
static bool is_slow(const char *name) {
    return ends_with(name, "Slow.cpp");
}

typedef struct {
    const char *at[FILES_LIMIT];
    uint32_t count;
} Names;

/* How code of every cycle is compiled: -O1 builds in half the time and takes a ninth more for a
 * cycle (LeNet-5 on chip one); gates are so many that -O2 takes minutes. */
static const char *often(const Build *b) {
    return b->kind == TTFS_SIM_GATES || b->waves ? "-O1" : "-O2";
}

/* Sorted names of the C++ sources in a folder. */
static bool list_sources(const Build *b, const char *path, Names *names) {
    TtfsFolder f;
    names->count = 0;
    bool ok = ttfs_folder_open(&f, AT_FDCWD, path) ||
              ttfs_file_fault(b->diag, path, TTFS_FILE_OPEN);
    for (const char *name; ok && (name = ttfs_folder_next(&f)) != NULL;) {
        if (!ends_with(name, ".cpp")) continue;
        ok = names->count < FILES_LIMIT ||
             ttfs_error(b->diag, TTFS_AT_FILE(path), TTFS_LIMIT, "more than %d files", FILES_LIMIT);
        if (ok) names->at[names->count++] = ttfs_arena_strdup(b->a, name);
    }
    ttfs_folder_close(&f);
    qsort(names->at, names->count, sizeof *names->at, by_name);
    return ok;
}

/* What a program prints, its last blanks cut off; NULL when it fails. */
static const char *output_of(const Build *b, const char *const argv[], const char *file) {
    unlink(file);
    TtfsFile f;
    if (!ttfs_process_finish(ttfs_process_start(argv, NULL, file)) ||
        !ttfs_file_open(&f, file, FILE_LIMIT, b->diag)) {
        ttfs_error_advice(b->diag, TTFS_AT_FILE(NULL), TTFS_SIM_BUILD,
                          "install verilator and g++; tools/setup.sh does", "%s does not run",
                          argv[0]);
        return NULL;
    }
    size_t n = f.size;
    while (n > 0 && (f.bytes[n - 1] == '\n' || f.bytes[n - 1] == ' ')) n--;
    const char *text = ttfs_arena_strndup(b->a, n ? (const char *)f.bytes : "", n);
    ttfs_file_close(&f);
    return text;
}

static void hash_text(TtfsSha256 *h, const char *s) {
    ttfs_sha256_add(h, s, strlen(s) + 1);
}

/* The wrapper and its interface. */
static bool hash_wrapper(const Build *b, TtfsSha256 *h) {
    static const char *const sources[] = {"sim_chip.cpp", "sim_verilated.cpp", "sim_abi.h", NULL};
    static const char *const watched[] = {"sim_chip.cpp",  "sim_verilated.cpp", "sim_abi.h",
                                          "sim_waves.cpp", "sim_waves.h",       NULL};
    TtfsFileSet own = {0};
    bool ok = ttfs_file_set_read(&own, ttfs_path_dir(b->a, b->wrapper),
                                 b->waves ? watched : sources, true, b->diag);
    ttfs_file_set_hash(&own, h);
    ttfs_file_set_free(&own);
    return ok;
}

bool ttfs_sim_key(const Build *b, char key[65]) {
    TtfsSha256 h;
    const char *const ask[] = {"verilator", "--version", NULL};
    const char *version = output_of(b, ask, ttfs_path_join(b->a, b->work, "version.txt"));
    if (!version) return false;
    ttfs_sha256_init(&h);
    hash_text(&h, version);
    for (int i = 0; i < VERILATE_FLAGS; i++) hash_text(&h, verilate_flags[i]);
    hash_text(&h, b->kind == TTFS_SIM_MESH ? apart : "");
    for (int i = 0; i < COMPILE_FLAGS; i++) hash_text(&h, compile_flags[i]);
    hash_text(&h, often(b));
    hash_text(&h, once);
    if (b->waves) hash_text(&h, watch_verilate), hash_text(&h, watch_compile);
    if (!hash_wrapper(b, &h)) return false;
    ttfs_file_set_hash(b->verilog, &h);
    ttfs_sha256_hex(&h, key);
    return true;
}

static const char *log_of(const Build *b) {
    return ttfs_path_join(b->a, b->work, "build.log");
}

/* Verilog to C++ in WORK/obj. */
static bool verilate(const Build *b) {
    const char *argv[VERILATE_FLAGS + 10] = {NULL}; /* the last stays */
    const char *config = ttfs_path_join(b->a, b->work, "apart.vlt");
    const char *rtl = ttfs_path_join(b->a, b->work, "rtl");
    int n = 0;
    if (!ttfs_file_fill(config, apart, sizeof apart - 1, b->diag)) return false;
    argv[n++] = "verilator";
    for (int i = 0; i < VERILATE_FLAGS; i++) argv[n++] = verilate_flags[i];
    if (b->waves) argv[n++] = watch_verilate;
    argv[n++] = "--Mdir";
    argv[n++] = ttfs_path_join(b->a, b->work, "obj");
    argv[n++] = "-y";
    argv[n++] = rtl;
    argv[n++] = ttfs_arena_printf(b->a, "-I%s", rtl);
    if (b->kind == TTFS_SIM_MESH) argv[n++] = config;
    argv[n++] = ttfs_path_join(b->a, rtl, "ttfs_top.v");
    return ttfs_process_finish(ttfs_process_start(argv, NULL, log_of(b)));
}

static pid_t compile(const Build *b, const char *source, const char *how, const char *include,
                     const char *object) {
    const char *argv[COMPILE_FLAGS + 11] = {NULL}; /* the last stays */
    int n = 0;
    argv[n++] = "g++";
    for (int i = 0; i < COMPILE_FLAGS; i++) argv[n++] = compile_flags[i];
    argv[n++] = how;
    if (b->waves) argv[n++] = watch_compile;
    argv[n++] = ttfs_arena_printf(b->a, "-I%s/obj", b->work);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s", include);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s/vltstd", include);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s", ttfs_path_dir(b->a, b->wrapper));
    argv[n++] = source;
    argv[n++] = "-o";
    argv[n++] = ttfs_path_join(b->a, b->work, object);
    return ttfs_process_start(argv, NULL, log_of(b));
}

/* One source that includes the generated ones of a kind: the headers are read once. The wrapper is
 * among those of every cycle, so that the compiler sees the clock loop and the chip together; the
 * simulator's own are among those of the start, the one that changes a name for itself the last,
 * the writer of a dump, whose templates others use, the first. */
static const char *write_source(const Build *b, bool slow) {
    Names names;
    const char *path = ttfs_path_join(b->a, b->work, slow ? "slow.cpp" : "fast.cpp");
    if (!list_sources(b, ttfs_path_join(b->a, b->work, "obj"), &names)) return NULL;
    TtfsBuf out = {0};
    ttfs_buf_puts(&out, slow && b->waves ? "#include \"verilated_vcd_c.cpp\"\n" : "");
    for (uint32_t i = 0; i < names.count; i++)
        if (is_slow(names.at[i]) == slow) ttfs_buf_printf(&out, "#include \"%s\"\n", names.at[i]);
    ttfs_buf_puts(&out, slow ? "#include \"verilated_threads.cpp\"\n" : "");
    ttfs_buf_printf(&out, "#include \"%s\"\n",
                    slow       ? "sim_verilated.cpp"
                    : b->waves ? "sim_waves.cpp"
                               : ttfs_path_base(b->wrapper));
    bool ok = ttfs_file_fill(path, ttfs_buf_text(&out), out.len, b->diag);
    ttfs_buf_free(&out);
    return ok ? path : NULL;
}

/* C++ to WORK/chip.so: the code of every cycle and of the start, side by side. */
static bool compile_all(const Build *b, const char *include) {
    const char *fast = write_source(b, false), *slow = write_source(b, true);
    if (!fast || !slow) return false;
    const char *out = ttfs_path_join(b->a, b->work, "chip.so");
    const char *argv[] = {"g++",
                          "-shared",
                          "-pthread",
                          ttfs_path_join(b->a, b->work, "fast.o"),
                          ttfs_path_join(b->a, b->work, "slow.o"),
                          "-o",
                          out,
                          NULL};
    pid_t one = compile(b, fast, often(b), include, "fast.o");
    pid_t other = compile(b, slow, once, include, "slow.o");
    bool ok = ttfs_process_finish(one);
    return ttfs_process_finish(other) && ok &&
           ttfs_process_finish(ttfs_process_start(argv, NULL, log_of(b)));
}

bool ttfs_sim_build(const Build *b) {
    const char *const ask[] = {"verilator", "--getenv", "VERILATOR_ROOT", NULL};
    const char *root = output_of(b, ask, ttfs_path_join(b->a, b->work, "root.txt"));
    return root && ttfs_file_set_fill(b->verilog, ttfs_path_join(b->a, b->work, "rtl"), b->diag) &&
           verilate(b) && compile_all(b, ttfs_path_join(b->a, root, "include"));
}
