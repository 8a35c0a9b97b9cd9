/* SPDX-License-Identifier: Apache-2.0
 *
 * Models of a family's cells, for simulations of a netlist.
 */
#ifndef TTFS_CELL_MODELS_H
#define TTFS_CELL_MODELS_H

#include "base.h"
#include "device.h"

/* Verilog of the cells of a family, in the arena: Yosys' own, and ours (sim_ecp5.v, sim_ice40.v) in
 * place of what are boxes there. NULL after an error. */
const char *ttfs_cell_models(TtfsFamily family, TtfsArena *a, TtfsDiag *diag);
/* Whether each cell of a netlist, as Yosys writes it, has a model in `models` that is no box, or is
 * a module of the netlist itself (one that somebody left in its hierarchy); the error names all
 * that have none. `path` is the netlist's, for messages. */
bool ttfs_cell_models_check(const char *netlist, const char *models, const char *path, TtfsArena *a,
                            TtfsDiag *diag);

#endif
