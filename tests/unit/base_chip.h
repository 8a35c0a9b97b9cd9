/* SPDX-License-Identifier: Apache-2.0
 *
 * The chip of tests/chips/base.json, from which the tests derive theirs by naming the keys they
 * change: a key that no test is about stands in no test.
 */
#ifndef BASE_CHIP_H
#define BASE_CHIP_H

#include "chip.h"
#include "json_tree.h"

/* Takes the keys of `changes` into `base` in place of its own; null leaves a key out. What stands
 * twice in `changes` stands twice in the result. */
static inline void change_keys(cJSON *base, cJSON *changes) {
    for (const cJSON *item = changes->child; item; item = item->next)
        cJSON_DeleteItemFromObjectCaseSensitive(base, item->string);
    while (changes->child) {
        cJSON *item = cJSON_DetachItemViaPointer(changes, changes->child);
        if (cJSON_IsNull(item))
            cJSON_Delete(item);
        else
            assert_true(cJSON_AddItemToArray(base, item));
    }
}

/* The description with the keys of a JSON object of `n` bytes changed, on one line. */
static inline void base_chip_text(const char *changes, size_t n, TtfsBuf *out) {
    TtfsDiag diag = {0};
    TtfsFile f;
    assert_true(ttfs_file_open(&f, TTFS_SOURCE_DIR "/tests/chips/base.json", 65536, &diag));
    TtfsJsonTree *base = ttfs_json_parse(f.bytes, f.size, NULL);
    TtfsJsonTree *own = ttfs_json_parse(changes, n, NULL);
    assert_non_null(base);
    if (!own) fail_msg("no JSON object: %.*s", (int)n, changes);
    change_keys(base->root, own->root);
    char *text = cJSON_PrintUnformatted(base->root);
    ttfs_buf_puts(out, text);
    cJSON_free(text);
    ttfs_undo(own);
    ttfs_undo(base);
    ttfs_file_close(&f);
    ttfs_diag_free(&diag);
}

static inline TtfsChip base_chip(void) {
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsBuf text = {0};
    TtfsChip chip;
    base_chip_text("{}", 2, &text);
    assert_true(ttfs_chip_read(&chip, "base.json", text.text, text.len, &a, &diag));
    chip.name = "small";
    chip.doc = "";
    ttfs_buf_free(&text);
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
    return chip;
}

#endif
