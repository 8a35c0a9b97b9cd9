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

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { FILE_LIMIT = 16 * 1024 * 1024, FILES_LIMIT = 1000 };

static const char *const verilate_flags[] = {
    "--cc",       "--top-module", "ttfs_top",    "--prefix", "Vttfs_top", "-O3",
    "--x-assign", "unique",       "--x-initial", "unique",   "-Wno-fatal"};
static const char apart[] = "`verilator_config\n"
                            "no_inline -module \"ttfs_node\"\n"
                            "public_flat_rd -module \"ttfs_node\" -var \"*_i\"\n";
static const char *const compile_flags[] = {"-std=c++17", "-fPIC", "-pthread", "-w", "-c"};
static const char often[] = "-O2", once[] = "-O0"; /* code of every cycle, code of the start */
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

static char *text(const char *s) {
    return (char *)(uintptr_t)s; /* argv is not written to */
}

/* A program must be told of a broken pipe as usual, though this one ignores it. */
static int set_signals(posix_spawnattr_t *attributes) {
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGXFSZ);
    return posix_spawnattr_setsigdefault(attributes, &usual) ||
           posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);
}

/* Starts a program without a shell; its output goes to the end of `log`. 0 when it cannot start. */
static pid_t start(char *const argv[], const char *log) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid = 0;
    if (posix_spawnattr_init(&attributes) != 0) return 0;
    if (posix_spawn_file_actions_init(&actions) != 0) return 0;
    int flags = O_WRONLY | O_CREAT | O_APPEND;
    int bad = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!bad) bad = posix_spawn_file_actions_addopen(&actions, 1, log, flags, 0666);
    if (!bad) bad = posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (!bad) bad = set_signals(&attributes);
    if (!bad) bad = posix_spawnp(&pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (bad == ENOMEM) ttfs_oom(0);
    return bad ? 0 : pid;
}

static bool finish(pid_t pid) {
    int status = -1;
    if (pid <= 0) return false;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What a program prints, its last blanks cut off; NULL when it fails. */
static const char *output_of(const Build *b, char *const argv[], const char *file) {
    unlink(file);
    TtfsFile f;
    if (!finish(start(argv, file)) || !ttfs_file_open(&f, file, FILE_LIMIT, b->diag)) {
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
    TtfsFileSet own = {0};
    bool ok = ttfs_file_set_read(&own, ttfs_path_dir(b->a, b->wrapper), sources, true, b->diag);
    ttfs_file_set_hash(&own, h);
    ttfs_file_set_free(&own);
    return ok;
}

bool ttfs_sim_key(const Build *b, char key[65]) {
    TtfsSha256 h;
    char *ask[] = {text("verilator"), text("--version"), NULL};
    const char *version = output_of(b, ask, ttfs_path_join(b->a, b->work, "version.txt"));
    if (!version) return false;
    ttfs_sha256_init(&h);
    hash_text(&h, version);
    for (int i = 0; i < VERILATE_FLAGS; i++) hash_text(&h, verilate_flags[i]);
    hash_text(&h, b->mesh ? apart : "");
    for (int i = 0; i < COMPILE_FLAGS; i++) hash_text(&h, compile_flags[i]);
    hash_text(&h, often);
    hash_text(&h, once);
    if (!hash_wrapper(b, &h)) return false;
    ttfs_file_set_hash(b->verilog, &h);
    ttfs_sha256_hex(&h, key);
    return true;
}

/* Verilog to C++ in WORK/obj. */
static bool verilate(const Build *b) {
    char *argv[VERILATE_FLAGS + 9] = {NULL}; /* the last stays */
    const char *config = ttfs_path_join(b->a, b->work, "apart.vlt");
    const char *rtl = ttfs_path_join(b->a, b->work, "rtl");
    int n = 0;
    if (!ttfs_file_fill(config, apart, sizeof apart - 1, b->diag)) return false;
    argv[n++] = text("verilator");
    for (int i = 0; i < VERILATE_FLAGS; i++) argv[n++] = text(verilate_flags[i]);
    argv[n++] = text("--Mdir");
    argv[n++] = ttfs_path_join(b->a, b->work, "obj");
    argv[n++] = text("-y");
    argv[n++] = text(rtl);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s", rtl);
    if (b->mesh) argv[n++] = text(config);
    argv[n++] = ttfs_path_join(b->a, rtl, "ttfs_top.v");
    return finish(start(argv, ttfs_path_join(b->a, b->work, "build.log")));
}

static pid_t compile(const Build *b, const char *source, const char *how, const char *include,
                     const char *object) {
    char *argv[COMPILE_FLAGS + 10] = {NULL}; /* the last stays */
    int n = 0;
    argv[n++] = text("g++");
    for (int i = 0; i < COMPILE_FLAGS; i++) argv[n++] = text(compile_flags[i]);
    argv[n++] = text(how);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s/obj", b->work);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s", include);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s/vltstd", include);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s", ttfs_path_dir(b->a, b->wrapper));
    argv[n++] = text(source);
    argv[n++] = text("-o");
    argv[n++] = ttfs_path_join(b->a, b->work, object);
    return start(argv, ttfs_path_join(b->a, b->work, "build.log"));
}

/* One source that includes the generated ones of a kind, and the wrapper among those of every
 * cycle: the headers are read once, and the compiler sees the clock loop and the chip together. */
static const char *write_source(const Build *b, bool slow) {
    Names names;
    const char *path = ttfs_path_join(b->a, b->work, slow ? "slow.cpp" : "fast.cpp");
    if (!list_sources(b, ttfs_path_join(b->a, b->work, "obj"), &names)) return NULL;
    TtfsBuf out = {0};
    for (uint32_t i = 0; i < names.count; i++)
        if (is_slow(names.at[i]) == slow) ttfs_buf_printf(&out, "#include \"%s\"\n", names.at[i]);
    if (!slow) ttfs_buf_printf(&out, "#include \"%s\"\n", ttfs_path_base(b->wrapper));
    bool ok = ttfs_file_fill(path, ttfs_buf_text(&out), out.len, b->diag);
    ttfs_buf_free(&out);
    return ok ? path : NULL;
}

/* C++ to WORK/chip.so, the chip and the simulator's own sources side by side. */
static bool compile_all(const Build *b, const char *include) {
    const char *fast = write_source(b, false), *slow = write_source(b, true);
    const char *own = ttfs_path_dir(b->a, b->wrapper);
    if (!fast || !slow) return false;
    const struct {
        const char *source, *how, *object;
    } part[] = {
        {fast, often, "fast.o"},
        {slow, once, "slow.o"},
        {ttfs_path_join(b->a, own, "sim_verilated.cpp"), often, "verilated.o"},
        {ttfs_path_join(b->a, include, "verilated_threads.cpp"), often, "threads.o"},
    };
    enum { PARTS = sizeof part / sizeof *part };
    pid_t pid[PARTS];
    char *argv[PARTS + 6] = {text("g++"), text("-shared"), text("-pthread"), text("-o"),
                             ttfs_path_join(b->a, b->work, "chip.so")};
    for (int i = 0; i < PARTS; i++) {
        argv[5 + i] = ttfs_path_join(b->a, b->work, part[i].object);
        pid[i] = compile(b, part[i].source, part[i].how, include, part[i].object);
    }
    bool ok = true;
    for (int i = 0; i < PARTS; i++) ok = finish(pid[i]) && ok;
    return ok && finish(start(argv, ttfs_path_join(b->a, b->work, "build.log")));
}

bool ttfs_sim_build(const Build *b) {
    char *ask[] = {text("verilator"), text("--getenv"), text("VERILATOR_ROOT"), NULL};
    const char *root = output_of(b, ask, ttfs_path_join(b->a, b->work, "root.txt"));
    return root && ttfs_file_set_fill(b->verilog, ttfs_path_join(b->a, b->work, "rtl"), b->diag) &&
           verilate(b) && compile_all(b, ttfs_path_join(b->a, root, "include"));
}
