/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside ir_to_ir: the input of the result, as a value over the input of the source.
 */
#ifndef TTFS_INPUT_H
#define TTFS_INPUT_H

#include "affine.h"

const TtfsValue *ttfs_input_value(TtfsAffine *x);

#endif
