/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of the commands by themselves: faults by their names, words of options, the size of a block
 * of samples, folders that are replaced, also where a file system cannot exchange two names.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "asked.h"
#include "block.h"
#include "bounded.h"
#include "built_net.h"
#include "fast.h"
#include "fault.h"
#include "ir_to_spike.h"
#include "net.h"
#include "out_folder.h"
#include "out_tree.h"
#include "random_spike.h"
#include "synth_tools.h"

static void faults_have_names(void **state) {
    (void)state;
    static const struct {
        const char *text;
        TtfsFaultKind kind;
        uint64_t index;
    } sound[] = {
        {"image:3.7", TTFS_FAULT_IMAGE, 31},
        {"weight:12", TTFS_FAULT_WEIGHT, 12},
        {"bias:0", TTFS_FAULT_BIAS, 0},
        {"program:2.31", TTFS_FAULT_PROGRAM, 95},
        {"route:5", TTFS_FAULT_ROUTE, 5},
        {"spike:1125899906842624", TTFS_FAULT_SPIKE, UINT64_C(1) << 50},
        {NULL, TTFS_FAULT_NONE, 0},
    };
    static const char *const none[] = {
        "image:3",   "image:3.8", "image:.1",  "weight:1.0",
        "bias:1.0",  "bias:",     "program:2", "program:2.32",
        "route:5.0", "route:x",   "spike:1.0", "spike:1125899906842625",
        "spike:-1",  "spike:7 ",  "spikes:7",  ""};
    TtfsFault f;
    TtfsDiag diag = {0};
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        assert_true(ttfs_fault_parse(&f, sound[i].text, &diag));
        assert_int_equal(f.kind, sound[i].kind);
        assert_int_equal(f.index, sound[i].index);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        if (ttfs_fault_parse(&f, none[i], &diag)) fail_msg("'%s' is a fault", none[i]);
        assert_int_equal(diag.errors_of[TTFS_OPTION_VALUE], i + 1);
    }
    ttfs_diag_free(&diag);
}

static void words_of_options(void **state) {
    (void)state;
    static const char *const words[] = {"one", "other", NULL};
    TtfsDiag diag = {0};
    uint32_t index = 7;
    assert_true(ttfs_asked_word("--w", NULL, words, &index, &diag));
    assert_int_equal(index, 7);
    assert_true(ttfs_asked_word("--w", "other", words, &index, &diag));
    assert_int_equal(index, 1);
    assert_false(ttfs_asked_word("--w", "oth", words, &index, &diag));
    assert_int_equal(index, 1);
    assert_string_equal(diag.messages.at[0].where, "--w");
    assert_string_equal(diag.messages.at[0].what, "'oth' is none of one, other");
    ttfs_diag_free(&diag);
}

/* As many for each of three threads, in full vectors of the float network. */
static uint64_t even_room(uint64_t room) {
    uint64_t even = 3 * TTFS_FAST_SAMPLES;
    return room > even ? room - room % even : room;
}

/* As many samples as 24 MiB hold with values, integers and traces, in whole rows; not more than
 * asked for or there are, and a row a thread in any case. */
static void blocks(void **state) {
    (void)state;
    static const struct {
        uint64_t inputs, traces, most, row, count, room;
    } of[] = {
        {1 << 20, 0, 1000, 1, 1000, 4},   {1 << 18, 0, 1000, 4, 1000, 16},
        {1 << 19, 0, 6, 1, 1000, 6},      {1 << 19, 0, 1000, 1, 7, 7},
        {1 << 24, 0, 1000, 1, 1000, 3},   {1 << 24, 0, 1000, 2, 1000, 6},
        {1 << 10, 256, 1000, 1, 1000, 0}, {1 << 10, 1, 90000, 1, 90000, 0},
        {1 << 14, 0, 1000, 1, 1000, 240},
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        TtfsSession s = {.count = of[i].count, .threads = 3};
        TtfsArena a = {0};
        TtfsBlock b;
        random_spike(&s.out.spike, 3);
        s.input.elements = (uint32_t)of[i].inputs;
        uint64_t trace = 2 * ttfs_spike_neurons(&s.out.spike) + 256;
        uint64_t sample = of[i].inputs * 6 + of[i].traces * trace;
        uint64_t room = of[i].room ? of[i].room : even_room((UINT64_C(24) << 20) / sample);
        TtfsBlockSize size = {(uint32_t)of[i].traces, of[i].most, of[i].row};
        ttfs_block_init(&b, &s, &size, &a);
        if (b.room != room)
            fail_msg("case %zu: room of %u, not %u", i, (unsigned)b.room, (unsigned)room);
        ttfs_arena_free(&a);
        ttfs_spike_free(&s.out.spike);
    }
}

/* Windows and ticks on the float network: rectifiers end, everything else is as it was. */
static void bounded_net(uint32_t outputs) {
    TtfsSpikeOptions o = {.ticks = 63, .weight_bits = 8, .percentile = 1, .input_hi = 1};
    Net n = start(DIMS(1, 6));
    TtfsDiag diag = {0};
    TtfsIr canonical, out;
    TtfsNet net;
    TtfsSpike spike;
    TtfsQuantReport report = {0};
    dense(&n, "fc1", 8, 6);
    relu(&n, "r1");
    TtfsTensor hidden = n.last;
    for (uint32_t i = 0; i < outputs; i++) {
        n.last = hidden;
        dense(&n, i ? "fc3" : "fc2", 3 + i, 8);
        if (outputs > 1) *TTFS_PUSH(&n.ir.arena, n.ir.outputs) = n.last;
    }
    if (outputs > 1) n.ir.output = n.ir.outputs.at[0];
    assert_true(ttfs_ir_canonical(&n.ir, &canonical, "net", &diag) &&
                ttfs_net_of(&canonical, "net", &net, &diag) &&
                ttfs_ir_to_spike(&canonical, NULL, &o, "net", &spike, &report, &diag));
    for (int ticks = 0; ticks < 2; ticks++) {
        ttfs_bounded_net(&canonical, &net, &spike, ticks, &out);
        assert_int_equal(out.outputs.len, canonical.outputs.len);
        assert_int_equal(out.output.i, canonical.output.i);
        for (uint32_t i = 0; i < out.outputs.len; i++)
            assert_int_equal(out.outputs.at[i].i, canonical.outputs.at[i].i);
        for (uint32_t i = 0; i < out.nodes.len; i++) {
            TtfsOp was = canonical.nodes.at[i].op, is = ticks ? TTFS_OP_QUANT : TTFS_OP_CLIP;
            assert_int_equal(out.nodes.at[i].op, was == TTFS_OP_RELU ? is : was);
        }
        ttfs_ir_free(&out);
    }
    ttfs_spike_free(&spike);
    ttfs_arena_free(&report.arena);
    ttfs_net_free(&net);
    ttfs_ir_free(&canonical);
    ttfs_ir_free(&n.ir);
    ttfs_diag_free(&diag);
}

static void rectifiers_end(void **state) {
    (void)state;
    bounded_net(1);
    bounded_net(2);
}

static void write_text(const char *folder, const char *name, const char *text) {
    TtfsArena a = {0};
    FILE *f = fopen(ttfs_path_join(&a, folder, name), "w");
    assert_true(f && fputs(text, f) >= 0 && fclose(f) == 0);
    ttfs_arena_free(&a);
}

/* A folder may be replaced when its manifest says that it is ttfs's, and nothing else is in it. */
static void folders_that_may_go(void **state) {
    (void)state;
    static const struct {
        const char *manifest;
        bool goes;
    } of[] = {
        {"{\"product\": \"ttfs\", \"format\": 1}", true},
        {"{\"ttfs\": \"0.1\", \"format\": 1, \"options\": {}}",
         true}, /* before products were named */
        {"{\"product\": \"npm\", \"ttfs\": \"0.1\", \"format\": 1, \"options\": {}}", false},
        {"{\"product\": 1, \"ttfs\": \"0.1\", \"format\": 1, \"options\": {}}", false},
        {"{\"product\": \"ttfs\"}", false},
        {"{\"format\": 1, \"options\": {}}", false},
        {"{\"ttfs\": \"0.1\", \"format\": 1}", false},
        {"{", false},
    };
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    char folder[] = "/tmp/ttfs-driver-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_null(ttfs_out_refusal(folder, &a));
    assert_null(ttfs_out_refusal(ttfs_path_join(&a, folder, "absent"), &a));
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        write_text(folder, "manifest.json", of[i].manifest);
        const char *why = ttfs_out_refusal(folder, &a);
        if ((why == NULL) != of[i].goes) fail_msg("%s: %s", of[i].manifest, why ? why : "goes");
        assert_true(of[i].goes || strstr(why, "its manifest does not say so"));
    }
    write_text(folder, "manifest.json", of[0].manifest);
    write_text(folder, "thesis.txt", "years of work");
    assert_non_null(strstr(ttfs_out_refusal(folder, &a), "'thesis.txt' in it"));
    assert_true(ttfs_remove_tree(folder, &diag));
    ttfs_arena_free(&a);
}

/* Files that a folder may hold, and near misses. */
static void names_of_files(void **state) {
    (void)state;
    static const char *const ours[] = {"forms/ir.txt",
                                       "image/core0_program.hex",
                                       "image/core12_weights.hex",
                                       "rtl/ttfs_core.v",
                                       "rtl/ttfs_x.vh",
                                       "ip/ttfs_axi.v",
                                       "report/index.html",
                                       "verify/golden.json",
                                       "verify/golden-rtl.json",
                                       "verify/jit-rtl.json",
                                       "verify/golden-jit-rtl-fault.json"};
    static const char *const foreign[] = {"ir.txt",
                                          "forms/ir.text",
                                          "image/core_program.hex",
                                          "image/core1x_program.hex",
                                          "rtl/ttfs_.v",
                                          "rtl/ttfs_core.vhd",
                                          "rtl/mine.v",
                                          "ip/ttfs_mine.v",
                                          "ip/ttfs_axi.vh",
                                          "verify/gold.json",
                                          "verify/goldenrtl.json",
                                          "verify/golden-.json",
                                          "verify/golden-xyz.json",
                                          "verify/rtl.txt",
                                          "verify/abc.json",
                                          "verify/golden-mine.json",
                                          "report/index.html2"};
    enum { OURS = sizeof ours / sizeof *ours, ALL = OURS + sizeof foreign / sizeof *foreign };
    for (int i = 0; i < ALL; i++) {
        TtfsArena a = {0};
        TtfsDiag diag = {0};
        const char *name = i < OURS ? ours[i] : foreign[i - OURS];
        char folder[] = "/tmp/ttfs-driver-XXXXXX";
        assert_non_null(mkdtemp(folder));
        assert_true(ttfs_make_folders(ttfs_path_join(&a, folder, ttfs_path_dir(&a, name)), &diag));
        write_text(folder, name, "");
        const char *found = ttfs_out_foreign(folder, "", &a);
        if ((found == NULL) != (i < OURS)) fail_msg("%s: %s", name, found ? found : "is ours");
        assert_true(!found || strstr(found, name));
        assert_true(ttfs_remove_tree(folder, &diag));
        ttfs_arena_free(&a);
    }
}

/* Some of what is foreign is named, by its order, the rest counted. */
static void names_of_the_foreign(void **state) {
    (void)state;
    static const char *const of[] = {"d", "b", "c", "a", "f", "e"};
    static const char *const says[] = {"'d'",
                                       "'b', 'd'",
                                       "'b', 'c', 'd'",
                                       "'a', 'b', 'c' and 1 more",
                                       "'a', 'b', 'c' and 2 more",
                                       "'a', 'b', 'c' and 3 more"};
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    char folder[] = "/tmp/ttfs-driver-XXXXXX";
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < 6; i++) {
        write_text(folder, of[i], "");
        assert_string_equal(ttfs_out_foreign(folder, "", &a), says[i]);
    }
    assert_true(ttfs_remove_tree(folder, &diag));
    ttfs_arena_free(&a);
}

/* What a dead run left beside a new folder goes when it holds a new and an old one and no more. */
static void leftovers_of_the_dead(void **state) {
    (void)state;
    static const struct {
        const char *inside;
        bool goes;
    } of[] = {{"new", true}, {"old", true}, {"other", false}};
    for (int i = 0; i < 3; i++) {
        TtfsArena a = {0};
        TtfsDiag diag = {0};
        TtfsOutFolder f;
        char folder[] = "/tmp/ttfs-driver-XXXXXX";
        assert_non_null(mkdtemp(folder));
        const char *out = ttfs_path_join(&a, folder, "out");
        const char *left = ttfs_path_join(&a, folder, "out.0123abcd.ttfs-tmp");
        assert_true(mkdir(out, 0777) == 0 && mkdir(left, 0777) == 0);
        assert_true(mkdir(ttfs_path_join(&a, left, of[i].inside), 0777) == 0);
        assert_true(ttfs_out_begin(&f, out, &a, &diag));
        write_text(f.made, "manifest.json", "{}");
        assert_true(ttfs_out_commit(&f, &diag));
        assert_int_equal(access(left, F_OK) != 0, of[i].goes);
        assert_int_equal(access(ttfs_path_join(&a, out, "manifest.json"), F_OK), 0);
        assert_true(ttfs_remove_tree(folder, &diag));
        ttfs_arena_free(&a);
    }
}

/* ---- where two names are not exchanged ----------------------------------------------------- */

static int no_exchange;   /* errno of an exchange; 0: as the system does */
static int exchanges;     /* that are made before the first with that errno */
static unsigned renaming; /* the renames that fail, a bit each, the next one lowest */
static int once;          /* errno of the next exchange or rename, of it alone */

static bool fails_once(void) {
    bool fails = once != 0;
    if (fails) errno = once;
    once = 0;
    return fails;
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
    va_list ap;
    va_start(ap, number);
    int at = va_arg(ap, int);
    const char *from = va_arg(ap, const char *);
    int to_at = va_arg(ap, int);
    const char *to = va_arg(ap, const char *);
    unsigned flags = va_arg(ap, unsigned);
    va_end(ap);
    assert_int_equal(number, SYS_renameat2);
    if (fails_once()) return -1;
    if (!no_exchange || exchanges-- > 0) return __real_syscall(number, at, from, to_at, to, flags);
    errno = no_exchange;
    return -1;
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to) {
    if (fails_once()) return -1;
    bool fails = renaming & 1;
    renaming >>= 1;
    if (!fails) return __real_rename(from, to);
    errno = EIO;
    return -1;
}

/* A folder with the file `old` and a new one with the file `new`, that is to take its place. */
typedef struct {
    TtfsArena arena;
    TtfsDiag diag;
    TtfsOutFolder folder;
    char at[32];
    const char *out;
} Swap;

static void open_swap(Swap *s) {
    *s = (Swap){.at = "/tmp/ttfs-driver-XXXXXX"};
    assert_non_null(mkdtemp(s->at));
    s->out = ttfs_path_join(&s->arena, s->at, "out");
    assert_int_equal(mkdir(s->out, 0777), 0);
    write_text(s->out, "manifest.json", "{\"product\": \"ttfs\", \"format\": 1}");
    assert_true(ttfs_out_begin(&s->folder, s->out, &s->arena, &s->diag));
    write_text(s->folder.made, "chip.json", "{}");
}

/* Ends it: whether the new folder has to be there; how many others beside it. */
static void close_swap(Swap *s, bool fresh, int beside) {
    struct dirent *e;
    int n = 0;
    DIR *d = opendir(s->at);
    no_exchange = exchanges = 0, renaming = 0;
    assert_int_equal(access(ttfs_path_join(&s->arena, s->out, "chip.json"), F_OK) == 0, fresh);
    assert_int_equal(access(ttfs_path_join(&s->arena, s->out, "manifest.json"), F_OK) == 0, !fresh);
    for (; d && (e = readdir(d)) != NULL;) n += *e->d_name != '.';
    assert_int_equal(closedir(d), 0);
    assert_int_equal(n, 1 + beside);
    assert_true(ttfs_remove_tree(s->at, &s->diag));
    ttfs_diag_free(&s->diag);
    ttfs_arena_free(&s->arena);
}

/* No name is gone in between where the system can exchange them. */
static void swaps_at_once(void **state) {
    (void)state;
    Swap s;
    open_swap(&s);
    renaming = ~0u;
    assert_true(ttfs_out_commit(&s.folder, &s.diag));
    close_swap(&s, true, 0);
}

/* Who made OUT, or removed it, since it was looked at: it is looked at again, not for ever. */
static void came_or_went(void **state) {
    (void)state;
    static const int busy[] = {ENOTEMPTY, EEXIST, ENOENT};
    Swap s;
    for (int there = 0; there < 2; there++)
        for (int i = 0; i < 2 + there; i++) {
            open_swap(&s);
            if (!there) assert_true(ttfs_remove_tree(s.out, &s.diag));
            once = busy[i];
            assert_true(ttfs_out_commit(&s.folder, &s.diag));
            close_swap(&s, true, 0);
        }
    for (int i = 0; i < 3; i++) {
        open_swap(&s);
        no_exchange = busy[i];
        assert_false(ttfs_out_commit(&s.folder, &s.diag));
        close_swap(&s, false, 0);
    }
}

/* The one moves away and the other into its place; when that fails all is as before. */
static void swaps_by_renames(void **state) {
    (void)state;
    static const int unable[] = {EINVAL, ENOSYS, EOPNOTSUPP};
    static const unsigned failing[] = {1, 2};
    Swap s;
    for (int i = 0; i < 3; i++) {
        open_swap(&s);
        no_exchange = unable[i];
        assert_true(ttfs_out_commit(&s.folder, &s.diag));
        close_swap(&s, true, 0);
    }
    for (int i = 0; i < 2; i++) {
        open_swap(&s);
        no_exchange = EINVAL, renaming = failing[i];
        assert_false(ttfs_out_commit(&s.folder, &s.diag));
        assert_non_null(strstr(s.diag.messages.at[0].what, strerror(EIO)));
        close_swap(&s, false, 0);
    }
    open_swap(&s);
    no_exchange = EACCES;
    assert_false(ttfs_out_commit(&s.folder, &s.diag));
    close_swap(&s, false, 0);
}

/* Neither is in its place, and both are kept: the next look for it puts it back. */
static void stopped_between_renames(void **state) {
    (void)state;
    Swap s;
    open_swap(&s);
    no_exchange = EINVAL, renaming = 6;
    assert_false(ttfs_out_commit(&s.folder, &s.diag));
    assert_int_not_equal(access(s.out, F_OK), 0);
    ttfs_out_recover(s.out);
    close_swap(&s, false, 0);
}

/* What somebody put into the old folder meanwhile comes back; where that cannot be, it is kept. */
static void something_came_meanwhile(void **state) {
    (void)state;
    static const char *const where[] = {"old", "new", NULL};
    for (int i = 0; i < 3; i++) {
        Swap s;
        open_swap(&s);
        const char *temporary = ttfs_path_dir(&s.arena, s.folder.made);
        write_text(s.out, "thesis.txt", "years of work");
        no_exchange = EINVAL, exchanges = i;
        assert_false(ttfs_out_commit(&s.folder, &s.diag));
        const char *kept = where[i] ? ttfs_path_join(&s.arena, temporary, where[i]) : s.out;
        const TtfsMessage *m = &s.diag.messages.at[s.diag.messages.len - 1];
        assert_non_null(strstr(m->what, "'thesis.txt' came into it meanwhile"));
        assert_int_equal(s.diag.messages.len, where[i] ? 2 : 1);
        assert_int_equal(access(ttfs_path_join(&s.arena, kept, "thesis.txt"), F_OK), 0);
        close_swap(&s, where[i] != NULL, where[i] != NULL);
    }
}

/* Memory runs out while a tool is at work that has started another program. */
static void run_out(void *context) {
    const TtfsTools *t = context;
    const TtfsTool tool = {.log = "log",
                           .argv = {"sh", "-c", "exec 3>open; : >ready; sleep 60; :", NULL}};
    TtfsToolRun run = ttfs_tool_start(t, &tool);
    assert_true(run.pid > 0);
    const char *ready = ttfs_path_join(t->arena, t->work, "ready");
    while (access(ready, F_OK) != 0) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    ttfs_oom(0);
}

/* Both have ended then: nobody holds the pipe. */
static void tools_end_without_memory(void **state) {
    (void)state;
    static const char *const names[] = {"open", "ready", "log"};
    char folder[] = "/tmp/ttfs-driver-XXXXXX";
    assert_non_null(mkdtemp(folder));
    TtfsGuard guard = TTFS_GUARD;
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsTools t = {.work = folder, .arena = &a, .diag = &diag};
    const char *path = ttfs_path_join(&a, folder, names[0]);
    assert_int_equal(mkfifo(path, 0600), 0);
    struct pollfd end = {.fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), .events = POLLIN};
    assert_true(end.fd >= 0);
    assert_false(ttfs_guard(&guard, run_out, &t));
    assert_int_equal(poll(&end, 1, 2000), 1);
    close(end.fd);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(unlink(ttfs_path_join(&a, folder, names[i])), 0);
    assert_int_equal(rmdir(folder), 0);
    ttfs_arena_free(&a);
    ttfs_diag_free(&diag);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_have_names),
        cmocka_unit_test(words_of_options),
        cmocka_unit_test(blocks),
        cmocka_unit_test(rectifiers_end),
        cmocka_unit_test(folders_that_may_go),
        cmocka_unit_test(names_of_files),
        cmocka_unit_test(names_of_the_foreign),
        cmocka_unit_test(leftovers_of_the_dead),
        cmocka_unit_test(swaps_at_once),
        cmocka_unit_test(came_or_went),
        cmocka_unit_test(swaps_by_renames),
        cmocka_unit_test(stopped_between_renames),
        cmocka_unit_test(something_came_meanwhile),
        cmocka_unit_test(tools_end_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
