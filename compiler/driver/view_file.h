/* SPDX-License-Identifier: Apache-2.0
 *
 * Views of waveforms, written beside them: F.gtkw, F.sucl beside F.vcd or F.fst.
 */
#ifndef TTFS_VIEW_FILE_H
#define TTFS_VIEW_FILE_H

#include "base.h"

/* Writes `text` beside `dump`, with `ending` (".gtkw") in place of its last four bytes (".vcd").
 * A file that is there stays: it may be the user's own view. */
bool ttfs_view_file(const char *dump, const char *ending, const TtfsBuf *text, TtfsDiag *diag);
/* Whether both have the same views: in one folder, however it is spelt, and of one name but for
 * their last four bytes. */
bool ttfs_view_shared(const char *dump, const char *other);

#endif
