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
#include "sim_build.h"
#include "temporary.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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
} Load;

static bool refuse(const Load *l, const char *path, TtfsCode code, int why) {
    return ttfs_error(l->build.diag, TTFS_AT_FILE(path), code, "%s", strerror(why));
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
    const TtfsSimBuild *b = &l->build;
    uint32_t errors = b->diag->errors;
    const char *path = ttfs_path_join(b->a, b->work, "chip.so");
    TtfsFile f;
    if (!ttfs_sim_build(b)) {
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

static bool resolve_all(TtfsSimChip *c) {
    return resolve(c, "ttfs_sim_abi", &c->abi) && resolve(c, "ttfs_sim_create", &c->create) &&
           resolve(c, "ttfs_sim_destroy", &c->destroy) &&
           resolve(c, "ttfs_sim_configure", &c->configure) &&
           resolve(c, "ttfs_sim_sample", &c->sample) && c->abi() == TTFS_SIM_ABI;
}

static bool load(TtfsSimChip *c, const Load *l, const TtfsBuf *so) {
    TtfsDiag *diag = l->build.diag;
    TtfsTemporary t;
    if (!ttfs_temporary_file(&t, l->beside)) return refuse(l, l->beside, TTFS_FILE_WRITE, errno);
    bool ok = (fchmod(t.fd, 0700) == 0 && ttfs_write_all(t.fd, so->text, so->len)) ||
              refuse(l, t.path, TTFS_FILE_WRITE, errno);
    if (ok && !(c->so = dlopen(t.path, RTLD_NOW | RTLD_LOCAL)))
        ok = ttfs_error(diag, TTFS_AT_FILE(t.path), TTFS_SIM_RUN, "the chip does not load: %s",
                        dlerror());
    unlink(t.path);
    close(t.fd);
    return ok && (resolve_all(c) || ttfs_error(diag, TTFS_AT_FILE("rtl"), TTFS_SIM_RUN,
                                               "the chip's interface is not that of this program"));
}

static void remove_left(void *context, const char *path, bool folder) {
    (void)folder;
    ttfs_remove_tree(path, context);
}

/* Everything happens in `work`, which is removed. */
static bool open_in(TtfsSimChip *c, Load *l) {
    TtfsTemporary work;
    TtfsBuf so = {0};
    ttfs_temporary_left(l->beside, remove_left, l->build.diag);
    if (!ttfs_temporary_folder(&work, l->beside))
        return refuse(l, l->beside, TTFS_FILE_WRITE, errno);
    l->build.work = work.path;
    bool ok = make_code(l, &so) && load(c, l, &so);
    ttfs_buf_free(&so);
    ok = ttfs_remove_tree(work.path, l->build.diag) && ok;
    close(work.fd);
    return ok;
}

TtfsSimChip *ttfs_sim_chip_open(const TtfsFileSet *verilog, const char *wrapper, TtfsDiag *diag) {
    TtfsSimChip *c = calloc(1, sizeof *c);
    if (!c) ttfs_oom(sizeof *c);
    TtfsArena a = {0};
    Load l = {.build = {.verilog = verilog, .wrapper = wrapper, .a = &a, .diag = diag}};
    l.cache = ttfs_cache_folder(ttfs_cache_named(&a, "sim"), &a, diag);
    l.beside = l.cache ? ttfs_path_join(&a, l.cache, "build")
                       : ttfs_private_base(&a, "ttfs-build", diag);
    bool ok = l.beside && open_in(c, &l);
    ttfs_arena_free(&a);
    if (ok) return c;
    ttfs_sim_chip_close(c);
    return NULL;
}

void ttfs_sim_chip_close(TtfsSimChip *c) {
    if (!c) return;
    if (c->so) dlclose(c->so);
    free(c);
}
