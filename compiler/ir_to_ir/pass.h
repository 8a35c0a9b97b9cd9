/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside ir_to_ir: a working copy of the IR and what passes do with it. Nodes stay in topological
 * order; a removed node has op TTFS_OP_COUNT; a tensor that another took the place of is an alias.
 * Constants that a pass makes are float64 and belong to one node; they are rounded once, when the
 * result is built. A pass returns true when it changed something.
 */
#ifndef TTFS_PASS_H
#define TTFS_PASS_H

#include "ir.h"

typedef struct {
    double *wide;     /* values of a constant that a pass made, else NULL */
    TtfsTensor alias; /* the tensor to use in place of this one; itself when alive */
    uint32_t maker;   /* index + 1 of the node that makes it; 0: input or constant */
    uint32_t uses;    /* by live nodes, plus 1 for the output */
} TtfsPassTensor;

typedef struct {
    TtfsIr ir; /* the working copy; names and float constants belong to the source */
    TTFS_VEC(TtfsPassTensor) side; /* one a tensor */
    const char *file;
    TtfsDiag *diag;
    bool quiet; /* pass_tail writes no notes */
} TtfsPass;

/* pass.c */
void ttfs_pass_open(TtfsPass *p, const TtfsIr *in, const char *file, TtfsDiag *diag);
void ttfs_pass_close(TtfsPass *p);
/* Resolves aliases in all nodes and counts makers and uses afresh; passes begin with it. */
void ttfs_pass_index(TtfsPass *p);
TtfsTensor ttfs_pass_resolve(TtfsPass *p, TtfsTensor t);
TtfsTensorInfo *ttfs_pass_info(const TtfsPass *p, TtfsTensor t);
TtfsPassTensor *ttfs_pass_side(const TtfsPass *p, TtfsTensor t);
bool ttfs_pass_is_const(const TtfsPass *p, TtfsTensor t);
/* The node that makes `t`, NULL for the input and constants. */
TtfsNode *ttfs_pass_maker(TtfsPass *p, TtfsTensor t);
/* Removes a node with one activation: who read its output reads `source` from now on. */
void ttfs_pass_bypass(TtfsPass *p, TtfsNode *n, TtfsTensor source);
/* Element i of a constant. */
double ttfs_pass_value(const TtfsPass *p, TtfsTensor t, uint64_t i);
TtfsTensor ttfs_pass_add_tensor(TtfsPass *p, const TtfsTensorInfo *info, double *wide);
/* The float64 values of input k of `n`, made this node's own. */
double *ttfs_pass_own(TtfsPass *p, TtfsNode *n, uint32_t k);
/* Follows reshapes with one user each up from `t` to a CONV or GEMM in normal form with one user;
 * NULL when there is none. */
TtfsNode *ttfs_pass_linear_behind(TtfsPass *p, TtfsTensor t);
/* Output positions a channel of such a node, and the number of channels. */
uint64_t ttfs_pass_positions(TtfsPass *p, const TtfsNode *n);
uint64_t ttfs_pass_channels(TtfsPass *p, const TtfsNode *n);
bool ttfs_pass_normal(const TtfsPass *p, const TtfsNode *n);
/* Copies what the output depends on; fails when a folded weight leaves float32. */
bool ttfs_pass_build(TtfsPass *p, TtfsIr *out);

/* The passes, one a file. */
bool ttfs_pass_tail(TtfsPass *p);    /* drops what follows the logits */
bool ttfs_pass_trivial(TtfsPass *p); /* drops identities, merges reshapes */
bool ttfs_pass_linear(TtfsPass *p);  /* matmul, gemm and conv to their normal forms */
bool ttfs_pass_affine(TtfsPass *p);  /* constant additions and normalisations into linear nodes */
bool ttfs_pass_relu_up(TtfsPass *p); /* relu before maxpool and reshape */
bool ttfs_pass_input(TtfsPass *p);   /* a reshape of the input becomes the input's shape */
/* Of pass_affine, a file each: folds one ADD or BATCHNORM, if its form allows it. */
bool ttfs_pass_fold_bias(TtfsPass *p, TtfsNode *n);
bool ttfs_pass_fold_batchnorm(TtfsPass *p, TtfsNode *n);
/* canonical_check.c: every node that has no canonical form is an error. */
bool ttfs_canonical_check(TtfsPass *p);

#endif
