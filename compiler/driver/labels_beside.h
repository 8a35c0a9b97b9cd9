/* SPDX-License-Identifier: Apache-2.0
 *
 * Labels that lie beside samples in an archive.
 */
#ifndef TTFS_LABELS_BESIDE_H
#define TTFS_LABELS_BESIDE_H

#include "samples.h"

/* Opens the labels of the samples `x` in the .npz that they came from: y of x, y_test of x_test,
 * arr_1 of arr_0. False, without a message, when there are none or `path` names an array of it;
 * with an error when the system does not read the file. */
bool ttfs_labels_beside(const char *path, const TtfsArray *x, TtfsArray *labels, TtfsArena *a,
                        TtfsDiag *diag);

#endif
