/* SPDX-License-Identifier: Apache-2.0
 *
 * The face of the base floor: memory, strings, diagnostics, text, files, hashes, random numbers.
 * Depends on libc alone. Nothing here prints and nothing exits; when memory runs out, a call is
 * left for its guard.
 */
#ifndef TTFS_BASE_H
#define TTFS_BASE_H

#include "arena.h"
#include "budget.h"
#include "buf.h"
#include "diag.h"
#include "file.h"
#include "folder.h"
#include "guard.h"
#include "hash.h"
#include "json.h"
#include "lex.h"
#include "names.h"
#include "pieces.h"
#include "rng.h"
#include "shown.h"

#endif
