/* SPDX-License-Identifier: Apache-2.0
 *
 * The face of the base floor: memory, strings, diagnostics, text, files, hashes, random numbers.
 * Depends on libc alone. Nothing here prints and nothing exits, except through the out-of-memory
 * hook, which main sets.
 */
#ifndef TTFS_BASE_H
#define TTFS_BASE_H

#include "arena.h"
#include "budget.h"
#include "buf.h"
#include "diag.h"
#include "file.h"
#include "hash.h"
#include "lex.h"
#include "pieces.h"
#include "rng.h"
#include "shown.h"

#endif
