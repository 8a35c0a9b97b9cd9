/* SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded into ttfs: counts allocations and makes one of them, or all from one on, fail.
 * TTFS_FAIL_ALLOC=list:FILE writes for every place that allocates (the hash of the frames above)
 * the numbers of its first and last allocation; once:K and from:K fail the K-th, counted from 1.
 * Only the process itself is meant: the variable is gone for those that it starts.
 *
 * What fails is what a machine can refuse: malloc and its kin (operator new goes through malloc)
 * and mmap. Frees work always.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PLACES = 1 << 16, FRAMES = 10, EARLY = 1 << 16 };

typedef struct {
    uint64_t hash, first, last;
} Place;

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void *(*real_aligned)(size_t, size_t);
static int (*real_posix)(void **, size_t, size_t);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);

static enum { OFF, LIST, ONCE, FROM } mode;
static uint64_t wanted;
static atomic_uint_least64_t count;
static Place place[PLACES];
static const char *list;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool inside; /* backtrace allocates */

/* dlsym may allocate before malloc is known. */
static char early[EARLY];
static size_t early_used;

static bool is_early(const void *p) {
    return (const char *)p >= early && (const char *)p < early + EARLY;
}

static void *early_alloc(size_t n) {
    size_t at = (early_used + 63) & ~(size_t)63;
    if (n > EARLY - at) return NULL;
    early_used = at + n;
    return early + at;
}

static void find(void *function, const char *name) {
    void *p = dlsym(RTLD_NEXT, name);
    memcpy(function, &p, sizeof p);
}

static void note_place(uint64_t k) {
    void *frame[FRAMES];
    uint64_t hash = 14695981039346656037u;
    int n = backtrace(frame, FRAMES);
    for (int i = 2; i < n; i++) hash = (hash ^ (uint64_t)(uintptr_t)frame[i]) * 1099511628211u;
    hash |= 1;
    pthread_mutex_lock(&lock);
    size_t at = hash % PLACES;
    for (size_t tries = 0; place[at].hash && place[at].hash != hash && tries < PLACES; tries++)
        at = (at + 1) % PLACES;
    if (!place[at].hash) place[at] = (Place){hash, k, k};
    place[at].last = k;
    pthread_mutex_unlock(&lock);
}

/* Counts an allocation; true when it shall fail. */
static bool fails(void) {
    if (mode == OFF || inside) return false;
    uint64_t k = atomic_fetch_add(&count, 1) + 1;
    if (mode == LIST) {
        inside = true;
        note_place(k);
        inside = false;
        return false;
    }
    if (mode == ONCE ? k != wanted : k < wanted) return false;
    errno = ENOMEM;
    return true;
}

static void write_list(void) {
    mode = OFF;
    FILE *f = fopen(list, "w");
    if (!f) return;
    fprintf(f, "%llu\n", (unsigned long long)atomic_load(&count));
    for (size_t i = 0; i < PLACES; i++)
        if (place[i].hash)
            fprintf(f, "%llu %llu\n", (unsigned long long)place[i].first,
                    (unsigned long long)place[i].last);
    fclose(f);
}

static void set_up(void) {
    static bool done;
    if (done) return;
    done = true;
    find(&real_calloc, "calloc");
    find(&real_realloc, "realloc");
    find(&real_aligned, "aligned_alloc");
    find(&real_posix, "posix_memalign");
    find(&real_mmap, "mmap");
    find(&real_malloc, "malloc");
}

/* From here on nothing fails: the rest is not the program's (tests/coverage/write_counts.c). */
void stop_failing(void);
void stop_failing(void) {
    mode = OFF;
}

/* When the libraries are loaded, before main. */
__attribute__((constructor)) static void start(void) {
    const char *what = getenv("TTFS_FAIL_ALLOC");
    set_up();
    if (!what) return;
    const char *value = strchr(what, ':');
    if (!value) return;
    wanted = strtoull(value + 1, NULL, 10);
    if (strncmp(what, "list", 4) == 0) {
        void *warm[2];
        list = strdup(value + 1);
        backtrace(warm, 2); /* loads what it needs */
        atexit(write_list);
        mode = LIST;
    } else {
        mode = strncmp(what, "once", 4) == 0 ? ONCE : FROM;
    }
    unsetenv("TTFS_FAIL_ALLOC");
}

void *malloc(size_t n) {
    if (!real_malloc) set_up();
    if (!real_malloc) return early_alloc(n);
    return fails() ? NULL : real_malloc(n);
}

void *calloc(size_t n, size_t size) {
    if (!real_malloc) set_up();
    if (!real_malloc) return early_alloc(n * size); /* zero as it is never used twice */
    return fails() ? NULL : real_calloc(n, size);
}

void *realloc(void *p, size_t n) {
    if (!real_malloc) set_up();
    if (is_early(p)) {
        void *again = malloc(n);
        size_t most = (size_t)(early + EARLY - (char *)p);
        return again ? memcpy(again, p, n < most ? n : most) : NULL;
    }
    return fails() ? NULL : real_realloc(p, n);
}

void free(void *p) {
    static void (*real_free)(void *);
    if (!p || is_early(p)) return;
    if (!real_free) find(&real_free, "free");
    real_free(p);
}

void *aligned_alloc(size_t alignment, size_t n) {
    if (!real_malloc) set_up();
    return fails() ? NULL : real_aligned(alignment, n);
}

int posix_memalign(void **p, size_t alignment, size_t n) {
    if (!real_malloc) set_up();
    return fails() ? ENOMEM : real_posix(p, alignment, n);
}

void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset) {
    if (!real_malloc) set_up();
    return fails() ? MAP_FAILED : real_mmap(at, n, protection, flags, fd, offset);
}
