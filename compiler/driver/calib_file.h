/* SPDX-License-Identifier: Apache-2.0
 *
 * A calibration as a file, OUT/forms/calib.blob (and OUT/forms/channels.blob): what was seen of
 * every tensor of the canonical network and of its logits, with what the network was, so that it is
 * taken for no other one, and the samples that weights were fitted to.
 *
 * Little-endian. "ttfscal" and the version, a byte; a body; its SHA-256, 32 bytes. Numbers of the
 * body are LEB128, floats their bits, texts a length and bytes. Counters are runs of zeros, each
 * with the value behind it; those of places, which fall from bin to bin, as differences. Samples:
 * their number, how many different values they have where those are at most 256, else 0, these
 * values in the order of their bits, and a byte a value; without them four bytes a value.
 */
#ifndef TTFS_CALIB_FILE_H
#define TTFS_CALIB_FILE_H

#include "ir.h"
#include "margin.h"
#include "samples.h"

#define TTFS_CALIB_LIMIT ((size_t)1 << 30)

/* Where a calibration is from. */
typedef struct {
    const char *file; /* of samples, without its folder */
    char sha256[65];  /* its */
    bool u8;          /* samples of uint8, real through the map; else the map is zeros */
    TtfsInputMap map;
    float lo, hi; /* of uint8: the input's range then */
} TtfsCalibSource;

/* Samples as the encoder takes them, [count][elements of the input]. */
typedef struct {
    uint32_t count; /* 0: none were kept */
    const float *values;
} TtfsKeptSamples;

enum { TTFS_MOST_KEPT_SAMPLES = 1000 };

typedef struct {
    TtfsCalib calib;
    TtfsMargins margins; /* lie in calib's arena */
    TtfsCalibSource source;
    TtfsKeptSamples kept;
} TtfsCalibration;

void ttfs_calibration_free(TtfsCalibration *c);
void ttfs_calibration_pack(const TtfsCalibration *c, const TtfsIr *ir, TtfsBuf *out);
/* Reads what pack wrote for the same network; texts lie in calib's arena. CALIB_KEPT with the layer
 * where the network is another, and where the bytes are not sound; then *c is empty. `file` is for
 * messages. */
bool ttfs_calibration_unpack(TtfsCalibration *c, const TtfsIr *ir, const char *file,
                             const void *bytes, size_t n, TtfsDiag *diag);
/* That which a compiled folder keeps of its model's canonical network, as unpack; CALIB_KEPT where
 * there is none. */
bool ttfs_calibration_load(TtfsCalibration *c, const TtfsIr *ir, const char *folder, TtfsArena *a,
                           TtfsDiag *diag);
/* That which it keeps of forms/ir.txt's: with windows of channels that is another network. */
bool ttfs_calibration_load_own(TtfsCalibration *c, const TtfsIr *ir, const char *folder,
                               TtfsArena *a, TtfsDiag *diag);

#endif
