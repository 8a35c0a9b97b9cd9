/* SPDX-License-Identifier: Apache-2.0
 *
 * An output folder that came from anywhere, as parts of one input: what describes it, dumps its
 * forms, writes its page and asks whether it may be replaced must do so or say why not; the JSON
 * that comes out is JSON.
 */
#include "fuzz.h"
#include "info.h"
#include "json_tree.h"
#include "out.h"
#include "out_tree.h"
#include "page.h"

#include <string.h>
#include <sys/stat.h>

static const char *const folders[] = {"forms", "image", "report", "verify", "rtl"};
static const char *const parts[] = {
    "manifest.json",          "forms/ir.txt",         "forms/ir.blob",
    "forms/spike.txt",        "forms/spike.blob",     "forms/plan.txt",
    "image/chip.img",         "report/accuracy.json", "report/energy.json",
    "report/messages.json",   "report/foreign.txt",   "rtl/ttfs_top.v",
    "verify/golden-jit.json", "report/run-jit.json",  "report/agreement.json"};
enum { FOLDERS = sizeof folders / sizeof *folders, PARTS = sizeof parts / sizeof *parts };

/* What the input has parts for; the folders are always there. */
static void make_folder(const uint8_t *bytes, size_t n) {
    char path[64] = "out/";
    mkdir(fuzz_path("out"), 0700);
    for (int i = 0; i < FOLDERS; i++) {
        strcpy(path + 4, folders[i]);
        mkdir(fuzz_path(path), 0700);
    }
    for (int i = 0; i < PARTS; i++) fuzz_part_file(bytes, n, "out", parts[i]);
}

static void describe(const char *out) {
    TtfsDiag diag = {0};
    TtfsBuf json = {0}, text = {0};
    if (fuzz_said(ttfs_info(out, 0, &json, &text, &diag), &diag)) {
        TtfsJsonTree *tree = ttfs_json_parse(json.text, json.len, NULL);
        fuzz_expect(tree != NULL, "what describes a folder is no JSON");
        ttfs_undo(tree);
    }
    ttfs_buf_free(&json);
    ttfs_buf_free(&text);
}

static void dump(const char *out) {
    static const char *const forms[] = {"ir", "spike", "plan", "image"};
    for (int i = 0; i < 4; i++) {
        TtfsDiag diag = {0};
        TtfsBuf text = {0};
        fuzz_said(ttfs_dump(out, forms[i], &text, &diag), &diag);
        ttfs_buf_free(&text);
    }
}

static bool opens(const char *out, int more) {
    enum { FORMS = TTFS_OUT_NET | TTFS_OUT_SPIKE | TTFS_OUT_PLAN_IF_ANY | TTFS_OUT_IMAGE };
    TtfsOut o;
    TtfsDiag diag = {0};
    bool ok = ttfs_out_open(&o, out, FORMS | TTFS_OUT_RTL | more, &diag);
    bool whole = ok && !o.image_damaged; /* or else the reason is among the messages */
    ttfs_out_close(&o);
    return fuzz_said(whole, &diag);
}

bool fuzz_folder(const uint8_t *bytes, size_t n) {
    TtfsDiag diag = {0};
    TtfsArena a = {0};
    TtfsBuf page = {0};
    make_folder(bytes, n);
    const char *out = fuzz_path("out");
    bool ok = opens(out, TTFS_OUT_TRUST_RTL);
    if (ok) opens(out, 0);
    describe(out);
    dump(out);
    ok &= fuzz_said(ttfs_page_write(out, &page, &diag), &diag);
    ttfs_buf_free(&page);
    ttfs_out_refusal(out, &a);
    ttfs_arena_free(&a);
    return ok;
}
