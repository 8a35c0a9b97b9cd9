/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON documents of a compilation: manifest, fit, timing, quantisation, energy. All but the
 * step times depend on the inputs alone.
 */
#ifndef TTFS_REPORT_JSON_H
#define TTFS_REPORT_JSON_H

#include "pipeline.h"
#include "json.h"

/* Each is one document; fit and timing may also be the value of a key. The manifest fails when an
 * input file cannot be read again. */
bool ttfs_json_manifest(TtfsJson *j, const TtfsPipeline *f, const TtfsJob *job, TtfsDiag *diag);
/* Adds `schedule`, and `turns`: from a sample's start to its results, so many samples are under
 * way. */
void ttfs_json_schedule(TtfsJson *j, const TtfsPlan *p, const TtfsSpike *s);
void ttfs_json_fit(TtfsJson *j, const char *key, const TtfsPlan *p, const TtfsSpike *s);
void ttfs_json_timing(TtfsJson *j, const char *key, const TtfsPlan *p, const TtfsSpike *s);
/* Adds `windows`, layer or channel, and where both were tried what the outputs are off by with
 * either on the samples held back, as a share. */
void ttfs_json_windows(TtfsJson *j, const TtfsWindows *w);
void ttfs_json_quant(TtfsJson *j, const TtfsPipeline *f, const TtfsJob *job);
void ttfs_json_energy(TtfsJson *j, const TtfsPlan *p, const TtfsSpike *s);
void ttfs_json_steps(TtfsJson *j, const TtfsPipeline *f);
void ttfs_json_messages(TtfsJson *j, const TtfsDiag *diag, const TtfsJob *job);
const char *ttfs_pop_kind_name(TtfsPopKind k);
/* "28x28x1"-like shape of a population in `text`. */
const char *ttfs_pop_shape(const TtfsPopulation *p, char text[48]);

#endif
