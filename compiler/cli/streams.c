/* SPDX-License-Identifier: Apache-2.0
 *
 * stdio forgets why a write failed, so stdout becomes a stream over a write of our own. What may
 * run in the handler of SIGBUS is little: it reads the list of maps with read alone, into the
 * stack.
 */
#define _GNU_SOURCE /* fopencookie */
#include "streams.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- standard output --------------------------------------------------------------------- */

static int stdout_fault; /* errno of the first failure, 0: none */

/* After the first failure nothing is written: half of a line in the middle helps nobody. */
static ssize_t write_stdout(void *cookie, const char *bytes, size_t n) {
    (void)cookie;
    if (!stdout_fault && !ttfs_write_all(STDOUT_FILENO, bytes, n)) stdout_fault = errno;
    return (ssize_t)n;
}

bool ttfs_stdout_end(TtfsMessages *m) {
    if (fflush(stdout) != 0 && !stdout_fault) stdout_fault = errno;
    if (!stdout_fault && close(STDOUT_FILENO) != 0) stdout_fault = errno;
    if (stdout_fault)
        ttfs_messages_error(m, "FILE_WRITE", "standard output", NULL, strerror(stdout_fault),
                            "what was printed is not all there");
    return !stdout_fault;
}

bool ttfs_stderr_put(const char *text, size_t n) {
    return ttfs_write_all(STDERR_FILENO, text, n);
}

static void watch_stdout(void) {
    FILE *f = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_stdout});
    if (!f) return;
    setvbuf(f, NULL, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, 1 << 16);
    stdout = f;
}

/* ---- a file cut while it is mapped ------------------------------------------------------- */

typedef struct {
    char at[8192];
    size_t n;
} Line;

static bool read_line(int fd, Line *l) {
    char c;
    for (l->n = 0; read(fd, &c, 1) == 1 && c != '\n';)
        if (l->n + 1 < sizeof l->at) l->at[l->n++] = c;
    l->at[l->n] = 0;
    return l->n > 0;
}

/* The path in a line of /proc/self/maps when the address lies in its map, else NULL. */
static const char *path_of_map(const char *line, uintptr_t address) {
    char *end;
    uintptr_t from = (uintptr_t)strtoull(line, &end, 16);
    uintptr_t to = *end == '-' ? (uintptr_t)strtoull(end + 1, &end, 16) : 0;
    return address >= from && address < to ? strchr(end, '/') : NULL;
}

static void say(const char *text) {
    ttfs_write_all(STDERR_FILENO, text, strlen(text));
}

static const char *path_at(uintptr_t address, Line *line) {
    const char *path = NULL;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    while (!path && fd >= 0 && read_line(fd, line)) path = path_of_map(line->at, address);
    if (fd >= 0) close(fd);
    return path;
}

/* Maps come and go in other threads while they are read, so that one may be passed over. */
static void on_bus_error(int number, siginfo_t *info, void *context) {
    enum { TRIES = 8 };
    Line line;
    const char *path = NULL;
    (void)context;
    for (int i = 0; !path && i < TRIES; i++) path = path_at((uintptr_t)info->si_addr, &line);
    if (path) {
        say("ttfs: error: ");
        say(path);
        say(": it was cut while it was read: run again when nothing writes to it\n");
        _exit(1);
    }
    signal(number, SIG_DFL); /* no file: a fault of ours */
    raise(number);
}

uint32_t ttfs_stdout_columns(void) {
    enum { LEAST = 40 };
    struct winsize size = {0};
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col == 0 || size.ws_col >= LEAST ? size.ws_col : LEAST;
}

/* ---- at the start ------------------------------------------------------------------------ */

/* Reading, for 1 and 2 too: what is printed to a closed descriptor fails as it should. */
static void fill_standard_descriptors(void) {
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        while (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            if (open("/dev/null", O_RDONLY) < 0) return;
}

void ttfs_streams_open(void) {
    fill_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* who ignores it, as some that start programs do, cannot wait */
    struct sigaction bus = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&bus.sa_mask);
    sigaction(SIGBUS, &bus, NULL);
    watch_stdout();
}

static volatile int interrupted;

/* What asks a program to end: Ctrl-C, kill and batch systems, a terminal that goes. */
static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
enum { ENDINGS = sizeof endings / sizeof *endings };

/* The second ends the process, of whatever kind the first was; but not a second word of the
 * terminal's end: a shell passes it on, and the system says it again when the shell ends. */
static void on_interrupt(int number) {
    if (interrupted && number != SIGHUP) {
        signal(number, SIG_DFL);
        raise(number); /* comes when this returns */
    }
    interrupted = 1;
}

/* nohup has the end of the terminal ignored, which stays so. */
static bool is_ignored(int number) {
    struct sigaction now;
    return number == SIGHUP && sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

const volatile int *ttfs_interrupt_wanted(void) {
    struct sigaction told = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    sigemptyset(&told.sa_mask);
    for (int i = 0; i < ENDINGS; i++)
        if (!is_ignored(endings[i])) sigaction(endings[i], &told, NULL);
    return &interrupted;
}
