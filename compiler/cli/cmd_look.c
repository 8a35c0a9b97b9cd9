/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs info, ttfs dump and ttfs report: looking at models and output folders.
 */
#include "commands.h"
#include "info.h"
#include "page.h"

int ttfs_cmd_info(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    (void)a;
    TtfsBuf b = {0};
    uint64_t memory;
    bool ok = ttfs_option_size(o, TTFS_OPT_MEMORY, &memory, diag) &&
              ttfs_info(o->operand, memory, o->value[TTFS_OPT_JSON] != NULL, &b, diag);
    if (ok) ttfs_print_result(&b, o);
    ttfs_buf_free(&b);
    return ok ? 0 : 1;
}

int ttfs_cmd_dump(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    (void)a;
    uint32_t form;
    TtfsBuf text = {0};
    bool ok = ttfs_option_word(o, TTFS_OPT_FORM, ttfs_form_names, UINT32_MAX, &form, diag) &&
              ttfs_dump(o->operand, form, &text, diag);
    if (ok && o->value[TTFS_OPT_JSON]) {
        TtfsBuf document = {0};
        TtfsJson j = {.out = &document};
        ttfs_json_object(&j, NULL);
        ttfs_json_string(&j, "text", ttfs_buf_text(&text));
        ttfs_json_end(&j);
        ttfs_json_emit(&document);
    } else if (ok) {
        ttfs_print_buf(&text);
    }
    ttfs_buf_free(&text);
    return ok ? 0 : 1;
}

int ttfs_cmd_report(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    (void)a;
    TtfsBuf path = {0}, b = {0};
    bool ok = ttfs_page_write(o->operand, &path, diag);
    if (ok && o->value[TTFS_OPT_JSON]) {
        TtfsBuf document = {0};
        TtfsJson j = {.out = &document};
        ttfs_json_object(&j, NULL);
        ttfs_json_string(&j, "page", ttfs_buf_text(&path));
        ttfs_json_end(&j);
        ttfs_json_emit(&document);
    } else if (ok) {
        ttfs_buf_printf(&b, "written: %s\n", ttfs_buf_text(&path));
        ttfs_print_result(&b, o);
    }
    ttfs_buf_free(&b);
    ttfs_buf_free(&path);
    return ok ? 0 : 1;
}
