/* SPDX-License-Identifier: Apache-2.0
 *
 * What ttfs synth --liberty says in the end, for people.
 */
#ifndef TTFS_ASIC_REPORT_H
#define TTFS_ASIC_REPORT_H

#include "asic.h"

void ttfs_asic_text(const TtfsAsic *r, TtfsBuf *out);

#endif
