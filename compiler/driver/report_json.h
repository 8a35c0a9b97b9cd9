/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON documents of a compilation: manifest, fit, timing, quantisation, energy. All but the
 * step times depend on the inputs alone.
 */
#ifndef TTFS_REPORT_JSON_H
#define TTFS_REPORT_JSON_H

#include "flow.h"

#include <cjson/cJSON.h>

cJSON *ttfs_json_manifest(const TtfsFlow *f, const TtfsJob *job, TtfsDiag *diag);
cJSON *ttfs_json_fit(const TtfsPlan *p, const TtfsSpike *s);
cJSON *ttfs_json_timing(const TtfsPlan *p, const TtfsSpike *s);
cJSON *ttfs_json_quant(const TtfsFlow *f, const TtfsJob *job);
cJSON *ttfs_json_energy(const TtfsPlan *p, const TtfsSpike *s);
cJSON *ttfs_json_steps(const TtfsFlow *f);
cJSON *ttfs_json_messages(const TtfsDiag *diag, const TtfsJob *job);
/* Indented text with a newline at its end. */
void ttfs_json_text(const cJSON *j, TtfsBuf *out);
const char *ttfs_pop_kind_name(TtfsPopKind k);
/* "28x28x1"-like shape of a population in `text`. */
const char *ttfs_pop_shape(const TtfsPopulation *p, char text[48]);

#endif
