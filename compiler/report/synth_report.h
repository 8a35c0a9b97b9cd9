/* SPDX-License-Identifier: Apache-2.0
 *
 * What ttfs synth says in the end, for people.
 */
#ifndef TTFS_SYNTH_REPORT_H
#define TTFS_SYNTH_REPORT_H

#include "synth.h"

void ttfs_synth_text(const TtfsSynthesis *s, TtfsBuf *out);

#endif
