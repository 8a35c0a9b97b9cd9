# SPDX-License-Identifier: Apache-2.0
"""The installed library: headers, archive and ttfs.pc are all that a program needs.

examples/library/compile.c is built against an installed tree, outside the source and build trees,
with pkg-config's flags alone; it compiles, runs and verifies a network. What is refused comes back
as messages, and the process lives. Arguments: build folder, source folder, C compiler
and the flags that everything is built with (sanitizers, counters).
"""
import glob
import os
import re
import subprocess
import sys

from e2e import DIGITS, Case, need

REFUSALS = r"""
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <ttfs.h>

static int said(TtfsMessages *m, const char *code) {
    int found = 0;
    for (size_t i = 0; i < ttfs_messages_count(m); i++) {
        TtfsSaid s = ttfs_messages_at(m, i);
        if (s.severity == TTFS_SAYS_ERROR && strcmp(s.code, code) == 0 && *s.what && *s.advice) found = 1;
    }
    if (!found || !ttfs_messages_errors(m)) printf("no error %s\n", code);
    ttfs_messages_clear(m);
    return found && !ttfs_messages_count(m) ? 0 : 1;
}

int main(int argc, char **argv) {
    TtfsMessages *m = ttfs_messages_new();
    TtfsCompileOptions c = ttfs_compile_defaults();
    TtfsRunOptions r = ttfs_run_defaults();
    TtfsVerifyOptions v = ttfs_verify_defaults();
    int faults = argc != 5;
    /* 1: a damaged model, 2: a sound one, 3: samples, 4: a compiled folder */
    c.model = argv[1], c.out = "nothing";
    faults += ttfs_compile(&c, m) != NULL, faults += said(m, "ONNX_PARSE");
    c.model = argv[2], c.ticks = 0;
    faults += ttfs_compile(&c, m) != NULL, faults += said(m, "OPTION_VALUE");
    c.ticks = 63, c.stop_after = "supper";
    faults += ttfs_compile(&c, m) != NULL, faults += said(m, "OPTION_VALUE");
    c.stop_after = NULL, c.chip = "twny";
    faults += ttfs_compile(&c, m) != NULL, faults += said(m, "CHIP_UNKNOWN");
    c.model = argv[1], c.chip = NULL;
    TtfsResult *check = ttfs_check_model(&c, m);
    faults += !check || ttfs_result_passed(check), faults += said(m, "ONNX_PARSE");
    ttfs_result_free(check);
    c.model = argv[2];
    check = ttfs_check_model(&c, m);
    faults += !check || !ttfs_result_passed(check) || !strstr(ttfs_result_json(check), "supported");
    ttfs_result_free(check);
    r.session.folder = "nowhere", r.session.input = argv[3];
    faults += ttfs_run_samples(&r, m) != NULL, faults += said(m, "OUT_FOLDER");
    r.session.folder = argv[4], r.engine = "steam";
    faults += ttfs_run_samples(&r, m) != NULL, faults += said(m, "OPTION_VALUE");
    r.engine = "exact", r.session.count = 5;
    TtfsResult *run = ttfs_run_samples(&r, m);
    faults += !run || !(ttfs_result_figures(run).agreement > 0.9);
    ttfs_result_free(run);
    r.engine = "golden", r.trace = "trace.txt";
    run = ttfs_run_samples(&r, m);
    char line[16] = "";
    FILE *trace = fopen("trace.txt", "r");
    faults += !run || !trace || !fgets(line, sizeof line, trace) || strcmp(line, "sample 0\n") != 0;
    if (trace) fclose(trace);
    ttfs_result_free(run);
    r.session.jit_path = "scenic";
    faults += ttfs_run_samples(&r, m) != NULL, faults += said(m, "OPTION_VALUE");
    r.engine = "exact", r.trace = NULL, r.session.jit_path = NULL, r.margin = -1;
    faults += ttfs_run_samples(&r, m) != NULL, faults += said(m, "OPTION_VALUE");
    v.session.folder = argv[4], v.session.input = argv[3], v.engines = "golden,jit", v.session.count = 5, v.fault = "spike:7";
    TtfsResult *verdict = ttfs_verify_samples(&v, m);
    faults += !verdict || ttfs_result_passed(verdict) || ttfs_result_figures(verdict).differences != 1;
    faults += said(m, "VERIFY_DIFFER");
    ttfs_result_free(verdict);
    TtfsResult *about = ttfs_describe(argv[4], 0, m);
    faults += !about || !strstr(ttfs_result_text(about), "latency");
    ttfs_result_free(about);
    TtfsResult *page = ttfs_write_page(argv[4], m);
    faults += !page || !strstr(ttfs_result_json(page), "index.html");
    ttfs_result_free(page);
    faults += ttfs_write_page("nowhere", m) != NULL, faults += said(m, "OUT_FOLDER");
    TtfsResult *form = ttfs_dump_form(argv[4], "ir", m);
    faults += !form || strncmp(ttfs_result_form(form), "ttfs-ir", 7) != 0;
    ttfs_result_free(form);
    faults += ttfs_dump_form(argv[4], "essay", m) != NULL, faults += said(m, "OPTION_VALUE");
    TtfsEmitOptions e = {.folder = argv[4], .file = "net.o"};
    TtfsResult *code = ttfs_emit_code(&e, m);
    FILE *object = fopen("net.o", "r");
    faults += !code || !strstr(ttfs_result_json(code), "digits_mlp") || !object;
    if (object) fclose(object);
    ttfs_result_free(code);
    e.file = NULL;
    faults += ttfs_emit_code(&e, m) != NULL, faults += said(m, "OPTION_VALUE");
    /* nothing is named: an error each, no crash */
    c = ttfs_compile_defaults(), r = ttfs_run_defaults(), v = ttfs_verify_defaults();
    faults += ttfs_compile(&c, m) != NULL, faults += said(m, "OPTION_VALUE");
    faults += ttfs_check_model(&c, m) != NULL, faults += said(m, "OPTION_VALUE");
    faults += ttfs_run_samples(&r, m) != NULL, faults += said(m, "OPTION_VALUE");
    faults += ttfs_verify_samples(&v, m) != NULL, faults += said(m, "OPTION_VALUE");
    faults += ttfs_describe(NULL, 0, m) != NULL, faults += said(m, "OPTION_VALUE");
    faults += ttfs_write_page(NULL, m) != NULL, faults += said(m, "OPTION_VALUE");
    faults += ttfs_dump_form(NULL, NULL, m) != NULL, faults += said(m, "OPTION_VALUE");
    faults += ttfs_emit_code(&(TtfsEmitOptions){0}, m) != NULL, faults += said(m, "OPTION_VALUE");
    /* what is the program's own joins the list, and is printed as the command line prints */
    ttfs_messages_error(m, "FILE_WRITE", "here", "there", "full", "make room");
    faults += ttfs_messages_errors_of(m, "FILE_WRITE") != 1 || ttfs_messages_errors_of(m, "MEMORY") != 0;
    const char *printed = ttfs_messages_text(m, TTFS_SAYS_ERROR, false);
    faults += !printed || strcmp(printed, "ttfs: error: here: there: full: make room\n") != 0;
    faults += said(m, "FILE_WRITE");
    ttfs_messages_starved(m, 5), faults += said(m, "MEMORY");
    faults += strlen(ttfs_version()) < 5;
#ifdef NO_MEMORY
    /* Not a byte more than now: the call fails, and the next one with memory does not. */
    struct rlimit all, none = {0};
    getrlimit(RLIMIT_AS, &all);
    none.rlim_max = all.rlim_max;
    setrlimit(RLIMIT_AS, &none);
    c = ttfs_compile_defaults();
    c.model = argv[2], c.out = "nothing", c.stop_after = "spike", c.threads = 1;
    faults += ttfs_compile(&c, m) != NULL, faults += said(m, "MEMORY");
    setrlimit(RLIMIT_AS, &all);
    TtfsResult *made = ttfs_compile(&c, m);
    faults += !made;
    ttfs_result_free(made);
#endif
    ttfs_messages_free(m);
    printf("%d faults\n", faults);
    return faults != 0;
}
"""


def install(case, build):
    """An installed tree in the case's folder; its prefix."""
    where = case.path("root")
    p = subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", where],
                       capture_output=True, check=False)
    case.equal(p.returncode, 0, "meson install: %s" % p.stdout.decode()[-2000:])
    found = glob.glob(os.path.join(where, "**", "pkgconfig", "ttfs.pc"), recursive=True)
    case.equal(len(found), 1, "ttfs.pc")
    with open(found[0], encoding="utf-8") as f:
        prefix = next(line.split("=", 1)[1].strip() for line in f if line.startswith("prefix="))
    return where + prefix, os.path.dirname(found[0])


def build_program(case, cc, source, name, prefix, pc, static=False):
    """With the shared library, or the archive and all that it needs."""
    if not any("sanitize" in flag for flag in cc): # sanitizers need address space
        cc = [*cc, "-DNO_MEMORY"]
    flags = subprocess.run(["pkg-config", "--define-variable=prefix=" + prefix, "--cflags", "--libs",
                            *(["--static"] if static else []), "ttfs"],
                           env={**os.environ, "PKG_CONFIG_PATH": pc}, capture_output=True, check=False)
    case.equal(flags.returncode, 0, "pkg-config: %s" % flags.stderr.decode())
    program = case.path(name)
    linked = ["-l:libttfs.a" if static and f == "-lttfs" else f for f in flags.stdout.decode().split()]
    p = subprocess.run([*cc, "-std=gnu11", "-Wall", "-Wextra", "-Werror", source, *linked,
                        "-o", program], capture_output=True, check=False)
    case.equal(p.returncode, 0, "building %s: %s" % (name, p.stderr.decode()[-2000:]))
    return program


def check_engine(case, cc, source, prefix, pc):
    """The example of the fast engine alone sees all that its headers include."""
    flags = subprocess.run(["pkg-config", "--define-variable=prefix=" + prefix, "--cflags", "ttfs-jit"], env={**os.environ, "PKG_CONFIG_PATH": pc},
                           capture_output=True, check=False)
    p = subprocess.run([*cc, "-std=gnu11", "-c", os.path.join(source, "examples", "library", "classify.c"), *flags.stdout.decode().split(), "-o", case.path("classify.o")],
                       capture_output=True, check=False)
    case.equal((flags.returncode, p.returncode), (0, 0), "classify.c with installed headers: %s" % (flags.stderr + p.stderr).decode()[-2000:])


def check_symbols(case, archive):
    """What an archive defines for others has its prefix, so that it fits beside anything."""
    nm = subprocess.run([need("nm"), "-g", "--defined-only", archive], capture_output=True, check=False)
    symbols = [line.split()[2] for line in nm.stdout.decode().splitlines() if len(line.split()) == 3]
    foreign = sorted(s for s in symbols if not s.startswith("ttfs_"))
    case.equal((len(symbols) > 100, foreign[:10]), (True, []), "symbols of " + os.path.basename(archive))


def check_shown(case, library, source):
    """The shared library shows what the header declares: what one lacks the other has too much."""
    nm = subprocess.run([need("nm"), "-D", "--defined-only", library], capture_output=True, check=False)
    symbols = {line.split()[2].split("@")[0] for line in nm.stdout.decode().splitlines() if len(line.split()) == 3}
    with open(os.path.join(source, "include", "ttfs.h"), encoding="utf-8") as f:
        declared = set(re.findall(r"\b(ttfs_\w+)\(", re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)))
    shown = {s for s in symbols if s != "TTFS_0"}
    case.equal((sorted(declared - shown), sorted(shown - declared)), ([], []), "symbols that one of both lacks")


def check_manual(case, prefix):
    """Pages and completions lie where man and the shells look."""
    share = os.path.join(prefix, "share")
    for path in ("man/man1/ttfs.1", "man/man1/ttfs-compile.1", "bash-completion/completions/ttfs",
                 "zsh/site-functions/_ttfs", "fish/vendor_completions.d/ttfs.fish"):
        case.check(os.path.getsize(os.path.join(share, path)) > 500, "installed: " + path)


def main(build, source, *cc):
    need("pkg-config")
    case = Case()
    prefix, pc = install(case, build)
    if case.failures:
        return case.done()
    for name in ("libttfs.a", "libttfsjit.a") if len(cc) == 1 else ():
        check_symbols(case, os.path.join(os.path.dirname(pc), name))
    with open(os.path.join(pc, "ttfs.pc"), encoding="utf-8") as f:
        case.check(source not in f.read(), "ttfs.pc names the source tree")
    check_manual(case, prefix)
    check_engine(case, cc, source, prefix, pc)
    if len(cc) == 1: # sanitizers and counters show symbols of their own
        check_shown(case, os.path.join(os.path.dirname(pc), "libttfs.so"), source)
    env = {**os.environ, "TTFS_DATA": os.path.join(prefix, "share/ttfs"),
           "LD_LIBRARY_PATH": os.path.dirname(pc)}
    example = os.path.join(source, "examples/library/compile.c")
    program = build_program(case, cc, example, "compile", prefix, pc)
    calib = os.path.join(DIGITS, "calib.npz")
    model, samples, out = os.path.join(DIGITS, "digits_mlp.onnx"), os.path.join(DIGITS, "test.npz"), case.path("out")
    good = subprocess.run([program, model, calib, samples, out], env=env, capture_output=True, check=False)
    text = good.stdout.decode()
    case.equal(good.returncode, 0, "exit of the example: %s" % good.stderr.decode())
    told = re.search(r"\nequal\ntold of (\d+) calibration samples and 100 samples\n$", text)
    case.equal(bool(told) and 0 < int(told[1]) <= 256, True, "what it prints: %s" % text)
    accuracy = [float(line.split()[1]) for line in text.splitlines() if line.startswith("accuracy")]
    case.equal(len(accuracy) == 1 and accuracy[0] > 0.9, True, "its accuracy: %s" % accuracy)
    bad = case.path("bad.onnx")
    with open(bad, "wb") as f:
        f.write(b"\xff" * 100)
    refused = subprocess.run([program, bad, calib, samples, case.path("no")], env=env, capture_output=True, check=False)
    case.equal((refused.returncode, b"error ONNX_PARSE" in refused.stderr), (1, True),
               "a damaged model: %s" % refused.stderr.decode())
    with open(case.path("refusals.c"), "w", encoding="utf-8") as f:
        f.write(REFUSALS)
    program = build_program(case, cc, case.path("refusals.c"), "refusals", prefix, pc, static=True)
    p = subprocess.run([program, bad, model, samples, out], cwd=case.path("."), env=env, capture_output=True, check=False)
    case.equal((p.returncode, p.stdout.decode(), p.stderr.decode()), (0, "0 faults\n", ""), "refusals")
    return case.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
