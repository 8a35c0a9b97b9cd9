/* SPDX-License-Identifier: Apache-2.0
 *
 * From Verilog to a chip that can be called. What the cache holds of this key is taken, else the
 * Verilog is built in a folder beside it and what comes out is kept. Either way the code is loaded
 * from a copy of its own that nobody else knows and that has no name any more once it is loaded:
 * what was checked is what runs, and damage to the cache later harms nobody. When no folder is safe
 * enough to keep code in, all of this happens in a private one that is removed.
 */
#include "sim_inside.h"

#include "cache.h"
#include "cache_folder.h"
#include "guard.h"
#include "sim_build.h"
#include "temporary.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOG_LIMIT = 16 << 20, LOG_SHOWN = 700 };
#define CACHE_BYTES  ((uint64_t)512 << 20)
#define OBJECT_LIMIT ((size_t)1 << 30)

typedef struct {
    TtfsSimBuild build;
    const char *cache;  /* NULL: nothing is kept */
    const char *beside; /* temporaries' target: in the cache, or in a private place */
    const TtfsProgress *progress;
} Load;

static bool refuse(const Load *l, const char *path) {
    return ttfs_file_fault(l->build.diag, path, TTFS_FILE_WRITE);
}

/* ---- building ---------------------------------------------------------------------------- */

/* Reports the log's end; the log itself is kept as CACHE/KEY.log. */
static void report_failure(const Load *l, const char *key) {
    const TtfsSimBuild *b = &l->build;
    const char *log = ttfs_path_join(b->a, b->work, "build.log"), *where = "verilator and g++";
    const char *kept =
        l->cache ? ttfs_path_join(b->a, l->cache, ttfs_arena_printf(b->a, "%s.log", key)) : NULL;
    TtfsDiag ignored = {0};
    TtfsFile f = {0};
    if (kept && rename(log, kept) == 0) log = where = kept;
    bool read = ttfs_file_open(&f, log, LOG_LIMIT, &ignored);
    size_t shown = f.size < LOG_SHOWN ? f.size : LOG_SHOWN;
    const char *end =
        ttfs_arena_strndup(b->a, shown ? (const char *)f.bytes + (f.size - shown) : "", shown);
    ttfs_file_close(&f);
    ttfs_diag_free(&ignored);
    ttfs_error(b->diag, TTFS_AT_FILE(where), TTFS_SIM_BUILD,
               "the chip's simulation was not built%s%s", read ? "; the log ends:\n" : "", end);
}

static bool build(const Load *l, const char *key, TtfsBuf *so) {
    static const char told[] = "building the simulator (once for this chip)";
    const TtfsSimBuild *b = &l->build;
    uint32_t errors = b->diag->errors;
    const char *path = ttfs_path_join(b->a, b->work, "chip.so");
    TtfsFile f;
    ttfs_tell(l->progress, told, 0, 0);
    bool built = ttfs_sim_build(b);
    ttfs_tell(l->progress, told, 1, 0);
    if (!built) {
        if (b->diag->errors == errors) report_failure(l, key);
        return false;
    }
    if (!ttfs_file_open(&f, path, OBJECT_LIMIT, b->diag)) return false;
    ttfs_buf_bytes(so, f.bytes, f.size);
    ttfs_file_close(&f);
    return true;
}

/* The shared object: from the cache, or built and put there. */
static bool make_code(const Load *l, TtfsBuf *so) {
    char key[65];
    if (!ttfs_sim_key(&l->build, key)) return false;
    if (l->cache && ttfs_cache_get(l->cache, key, so)) return true;
    if (!build(l, key, so)) return false;
    if (l->cache && ttfs_cache_put(l->cache, key, so->text, so->len))
        ttfs_cache_trim(l->cache, CACHE_BYTES);
    return true;
}

/* ---- loading ----------------------------------------------------------------------------- */

/* dlsym gives data pointers; POSIX says they are functions all the same. */
static bool resolve(const TtfsSimChip *c, const char *name, void *function) {
    void *p = dlsym(c->so, name);
    memcpy(function, &p, sizeof p);
    return p != NULL;
}

static bool resolve_all(TtfsSimChip *c, bool watched) {
    return (!watched || resolve(c, "ttfs_sim_waves", &c->waves)) &&
           resolve(c, "ttfs_sim_abi", &c->abi) && resolve(c, "ttfs_sim_create", &c->create) &&
           resolve(c, "ttfs_sim_destroy", &c->destroy) && resolve(c, "ttfs_sim_write", &c->write) &&
           resolve(c, "ttfs_sim_read", &c->read) && resolve(c, "ttfs_sim_reset", &c->reset) &&
           resolve(c, "ttfs_sim_turn", &c->turn) && c->abi() == TTFS_SIM_ABI;
}

static bool load(TtfsSimChip *c, const Load *l, const TtfsBuf *so) {
    TtfsDiag *diag = l->build.diag;
    TtfsTemporary *t = ttfs_temporary_file(l->beside);
    if (!t) return refuse(l, l->beside);
    bool ok = (fchmod(t->fd, 0700) == 0 && ttfs_write_all(t->fd, so->text, so->len)) ||
              refuse(l, t->path);
    errno = 0;
    if (ok && !(c->so = dlopen(t->path, RTLD_NOW | RTLD_LOCAL))) {
        if (errno == ENOMEM) ttfs_oom(0);
        ok = ttfs_error(diag, TTFS_AT_FILE(t->path), TTFS_SIM_RUN, "the chip does not load: %s",
                        dlerror());
    }
    ttfs_undo(t); /* what is loaded needs no name */
    return ok && (resolve_all(c, l->build.waves) ||
                  ttfs_error(diag, TTFS_AT_FILE("rtl"), TTFS_SIM_RUN,
                             "the chip's interface is not that of this program"));
}

static void remove_left(void *context, const char *path, bool folder) {
    (void)folder;
    ttfs_remove_tree(path, context);
}

/* Everything happens in `work`, which is removed. */
static bool open_in(TtfsSimChip *c, Load *l) {
    TtfsBuf so = {0};
    ttfs_temporary_left(l->beside, remove_left, l->build.diag);
    TtfsTemporary *work = ttfs_temporary_folder(l->beside);
    if (!work) return refuse(l, l->beside);
    l->build.work = work->path;
    bool ok = make_code(l, &so) && load(c, l, &so);
    ttfs_buf_free(&so);
    ttfs_undo(work);
    return ok;
}

static void unload(void *held) {
    TtfsSimChip *c = held;
    if (c->so) dlclose(c->so);
}

/* `l` but for what is of this call's own. */
static TtfsSimChip *open_chip(Load l) {
    TtfsSimChip *c = ttfs_hold(sizeof *c, unload);
    *c = (TtfsSimChip){0};
    TtfsArena a = {0};
    TtfsDiag *diag = l.build.diag;
    l.build.a = &a;
    l.cache = ttfs_cache_folder(ttfs_cache_named(&a, "sim"), &a, diag);
    l.beside = l.cache ? ttfs_path_join(&a, l.cache, "build")
                       : ttfs_private_base(&a, "ttfs-build", diag);
    bool ok = l.beside && open_in(c, &l);
    ttfs_arena_free(&a);
    if (ok) return c;
    ttfs_sim_chip_close(c);
    return NULL;
}

TtfsSimChip *ttfs_sim_chip_open(const TtfsFileSet *verilog, const char *wrapper, TtfsSimKind kind,
                                const TtfsProgress *progress, TtfsDiag *diag) {
    return open_chip(
        (Load){.build = {.verilog = verilog, .wrapper = wrapper, .kind = kind, .diag = diag},
               .progress = progress});
}

TtfsSimChip *ttfs_sim_chip_watched(const TtfsFileSet *verilog, const char *wrapper,
                                   TtfsSimKind kind, const TtfsProgress *progress, TtfsDiag *diag) {
    return open_chip((Load){
        .build =
            {.verilog = verilog, .wrapper = wrapper, .kind = kind, .waves = true, .diag = diag},
        .progress = progress});
}

void ttfs_sim_chip_close(TtfsSimChip *c) {
    ttfs_undo(c);
}
