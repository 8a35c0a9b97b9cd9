/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds a Verilated chip once. The key is SHA-256 over the names and contents of all Verilog, the
 * wrapper, the interface, the flags and the simulator's version; the result is CACHE/KEY/chip.so.
 * A build happens in a folder of its own beside it and ends with one rename, so that processes that
 * build the same thing at once do not disturb each other. No shell is involved. What is left behind
 * when a build fails is its log.
 */
#include "sim_build.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { FILE_LIMIT = 16 * 1024 * 1024, FILES_LIMIT = 1000, LOG_SHOWN = 700, MOST_TRIES = 1000 };

static const char *const verilate_flags[] = {
    "--cc",       "--top-module", "ttfs_top",    "--prefix", "Vttfs_top", "-O3",
    "--x-assign", "unique",       "--x-initial", "unique",   "-Wno-fatal"};
static const char *const compile_flags[] = {"-std=c++17", "-O2", "-fPIC", "-pthread", "-w", "-c"};
enum {
    VERILATE_FLAGS = sizeof verilate_flags / sizeof *verilate_flags,
    COMPILE_FLAGS = sizeof compile_flags / sizeof *compile_flags
};

typedef struct {
    const char *rtl, *wrapper, *work; /* Verilog, sim_chip.cpp, folder of this build */
    TtfsArena *a;
    TtfsDiag *diag;
} Build;

static int by_name(const void *x, const void *y) {
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool ends_with(const char *name, const char *end) {
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

typedef struct {
    const char *at[FILES_LIMIT];
    uint32_t count;
} Names;

/* Sorted names in a folder that end in one of two ways. */
static bool list_folder(const Build *b, const char *path, const char *end, const char *other,
                        Names *names) {
    DIR *dir = opendir(path);
    names->count = 0;
    if (!dir) return ttfs_error(b->diag, TTFS_AT_FILE(path), TTFS_FILE_OPEN, "%s", strerror(errno));
    bool ok = true;
    for (struct dirent *e; ok && (e = readdir(dir)) != NULL;) {
        if (!ends_with(e->d_name, end) && !ends_with(e->d_name, other)) continue;
        ok = names->count < FILES_LIMIT ||
             ttfs_error(b->diag, TTFS_AT_FILE(path), TTFS_LIMIT, "more than %d files", FILES_LIMIT);
        if (ok) names->at[names->count++] = ttfs_arena_strdup(b->a, e->d_name);
    }
    closedir(dir);
    qsort(names->at, names->count, sizeof *names->at, by_name);
    return ok;
}

/* Starts a program without a shell; its output goes to the end of `log`. 0 when it cannot start. */
static pid_t start(char *const argv[], const char *log) {
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;
    if (posix_spawn_file_actions_init(&actions) != 0) return 0;
    int flags = O_WRONLY | O_CREAT | O_APPEND;
    int bad = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) ||
              posix_spawn_file_actions_addopen(&actions, 1, log, flags, 0666) ||
              posix_spawn_file_actions_adddup2(&actions, 1, 2) ||
              posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
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

static bool hash_file(const Build *b, TtfsSha256 *h, const char *folder, const char *name) {
    TtfsFile f;
    if (!ttfs_file_open(&f, ttfs_path_join(b->a, folder, name), FILE_LIMIT, b->diag)) return false;
    char size[32];
    snprintf(size, sizeof size, "%zu", f.size);
    hash_text(h, name);
    hash_text(h, size);
    ttfs_sha256_add(h, f.bytes, f.size);
    ttfs_file_close(&f);
    return true;
}

static bool hash_inputs(const Build *b, const char *version, char key[65]) {
    TtfsSha256 h;
    Names names;
    ttfs_sha256_init(&h);
    hash_text(&h, version);
    for (int i = 0; i < VERILATE_FLAGS; i++) hash_text(&h, verilate_flags[i]);
    for (int i = 0; i < COMPILE_FLAGS; i++) hash_text(&h, compile_flags[i]);
    const char *folder = ttfs_path_dir(b->a, b->wrapper);
    if (!hash_file(b, &h, folder, ttfs_path_base(b->wrapper)) ||
        !hash_file(b, &h, folder, "sim_abi.h") || !list_folder(b, b->rtl, ".v", ".vh", &names))
        return false;
    for (uint32_t i = 0; i < names.count; i++)
        if (!hash_file(b, &h, b->rtl, names.at[i])) return false;
    ttfs_sha256_hex(&h, key);
    return true;
}

static const char *cache_folder(TtfsArena *a) {
    const char *own = getenv("TTFS_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (own && *own) return ttfs_arena_strdup(a, own);
    if (xdg && *xdg) return ttfs_path_join(a, xdg, "ttfs");
    return ttfs_path_join(a, home && *home ? home : "/tmp", ".cache/ttfs");
}

static char *text(const char *s) {
    return (char *)(uintptr_t)s; /* argv is not written to */
}

/* Verilog to C++ in WORK/obj. */
static bool verilate(const Build *b) {
    char *argv[VERILATE_FLAGS + 9];
    int n = 0;
    argv[n++] = text("verilator");
    for (int i = 0; i < VERILATE_FLAGS; i++) argv[n++] = text(verilate_flags[i]);
    argv[n++] = text("--Mdir");
    argv[n++] = ttfs_path_join(b->a, b->work, "obj");
    argv[n++] = text("-y");
    argv[n++] = text(b->rtl);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s", b->rtl);
    argv[n++] = ttfs_path_join(b->a, b->rtl, "ttfs_top.v");
    argv[n] = NULL;
    return finish(start(argv, ttfs_path_join(b->a, b->work, "build.log")));
}

static pid_t compile(const Build *b, const char *source, const char *include, const char *object) {
    char *argv[COMPILE_FLAGS + 10];
    int n = 0;
    argv[n++] = text("g++");
    for (int i = 0; i < COMPILE_FLAGS; i++) argv[n++] = text(compile_flags[i]);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s/obj", b->work);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s", include);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s/vltstd", include);
    argv[n++] = ttfs_arena_printf(b->a, "-I%s", ttfs_path_dir(b->a, b->wrapper));
    argv[n++] = text(source);
    argv[n++] = text("-o");
    argv[n++] = ttfs_path_join(b->a, b->work, object);
    argv[n] = NULL;
    return start(argv, ttfs_path_join(b->a, b->work, "build.log"));
}

/* One source that includes the generated ones and the wrapper: the headers are read once, and the
 * compiler sees the clock loop and the chip together. */
static bool write_all_in_one(const Build *b, const char *path) {
    Names names;
    const char *obj = ttfs_path_join(b->a, b->work, "obj");
    if (!list_folder(b, obj, ".cpp", ".cpp", &names)) return false;
    TtfsBuf out = {0};
    for (uint32_t i = 0; i < names.count; i++)
        ttfs_buf_printf(&out, "#include \"%s\"\n", names.at[i]);
    ttfs_buf_printf(&out, "#include \"%s\"\n", ttfs_path_base(b->wrapper));
    bool ok = ttfs_file_write(path, out.text, out.len, b->diag);
    ttfs_buf_free(&out);
    return ok;
}

/* C++ to WORK/chip.so, the chip and the simulator's own sources side by side. */
static bool compile_all(const Build *b, const char *include) {
    static const char *const own[] = {"verilated.cpp", "verilated_threads.cpp"};
    const char *all = ttfs_path_join(b->a, b->work, "all.cpp");
    pid_t pid[3];
    if (!write_all_in_one(b, all)) return false;
    pid[0] = compile(b, all, include, "all.o");
    pid[1] = compile(b, ttfs_path_join(b->a, include, own[0]), include, "verilated.o");
    pid[2] = compile(b, ttfs_path_join(b->a, include, own[1]), include, "threads.o");
    bool ok = true;
    for (int i = 0; i < 3; i++) ok = finish(pid[i]) && ok;
    if (!ok) return false;
    char *argv[] = {text("g++"),
                    text("-shared"),
                    text("-pthread"),
                    ttfs_path_join(b->a, b->work, "all.o"),
                    ttfs_path_join(b->a, b->work, "verilated.o"),
                    ttfs_path_join(b->a, b->work, "threads.o"),
                    text("-o"),
                    ttfs_path_join(b->a, b->work, "chip.so"),
                    NULL};
    return finish(start(argv, ttfs_path_join(b->a, b->work, "build.log")));
}

/* Keeps the log as CACHE/KEY.log and reports its end. */
static void report_failure(const Build *b, const char *kept) {
    const char *log = ttfs_path_join(b->a, b->work, "build.log");
    TtfsFile f;
    if (rename(log, kept) != 0 || !ttfs_file_open(&f, kept, FILE_LIMIT, b->diag)) {
        ttfs_error(b->diag, TTFS_AT_FILE(kept), TTFS_SIM_BUILD,
                   "the chip's simulation was not built");
        return;
    }
    size_t shown = f.size < LOG_SHOWN ? f.size : LOG_SHOWN;
    const char *end =
        ttfs_arena_strndup(b->a, shown ? (const char *)f.bytes + (f.size - shown) : "", shown);
    ttfs_file_close(&f);
    ttfs_error(b->diag, TTFS_AT_FILE(kept), TTFS_SIM_BUILD,
               "the chip's simulation was not built; the log ends:\n%s", end);
}

static bool build_into(const Build *b, const char *folder, const char *so) {
    char *ask[] = {text("verilator"), text("--getenv"), text("VERILATOR_ROOT"), NULL};
    const char *root = output_of(b, ask, ttfs_path_join(b->a, b->work, "root.txt"));
    if (!root) return false;
    if (!verilate(b) || !compile_all(b, ttfs_path_join(b->a, root, "include"))) {
        report_failure(b, ttfs_arena_printf(b->a, "%s.log", folder));
        return false;
    }
    if (!ttfs_make_folders(folder, b->diag)) return false;
    return rename(ttfs_path_join(b->a, b->work, "chip.so"), so) == 0 ||
           ttfs_error(b->diag, TTFS_AT_FILE(so), TTFS_FILE_WRITE, "%s", strerror(errno));
}

/* A new folder for this build: named after the process, numbered past what others left behind. */
static const char *make_work(const char *cache, TtfsArena *a, TtfsDiag *diag) {
    for (int i = 0; i < MOST_TRIES; i++) {
        const char *work = ttfs_arena_printf(a, "%s/build.%ld.%d", cache, (long)getpid(), i);
        if (mkdir(work, 0777) == 0) return work;
        if (errno == EEXIST) continue;
        ttfs_error(diag, TTFS_AT_FILE(work), TTFS_FILE_WRITE, "%s", strerror(errno));
        return NULL;
    }
    ttfs_error(diag, TTFS_AT_FILE(cache), TTFS_FILE_WRITE, "%d folders of this process are left",
               MOST_TRIES);
    return NULL;
}

const char *ttfs_sim_build(const char *rtl_folder, const char *wrapper, TtfsArena *a,
                           TtfsDiag *diag) {
    const char *cache = cache_folder(a);
    if (!ttfs_make_folders(cache, diag)) return NULL;
    const char *work = make_work(cache, a, diag);
    if (!work) return NULL;
    Build b = {.rtl = rtl_folder, .wrapper = wrapper, .work = work, .a = a, .diag = diag};
    char *ask[] = {text("verilator"), text("--version"), NULL};
    const char *version = output_of(&b, ask, ttfs_path_join(a, work, "version.txt")), *so = NULL;
    char key[65];
    bool ok = version && hash_inputs(&b, version, key);
    if (ok) {
        const char *folder = ttfs_path_join(a, cache, key);
        so = ttfs_path_join(a, folder, "chip.so");
        ok = ttfs_file_exists(so) || build_into(&b, folder, so);
    }
    ttfs_remove_tree(work, diag);
    return ok ? so : NULL;
}
