/* SPDX-License-Identifier: Apache-2.0
 *
 * What is left after the passes must have the canonical form of ir_to_ir.h; every node that has not
 * is an error that says why, and what would have to change in the network.
 */
#include "pass.h"

static bool refuse(TtfsPass *p, const TtfsNode *n, const char *advice, const char *what) {
    return ttfs_error_advice(p->diag, TTFS_AT_NODE(p->file, n->name), TTFS_MODEL_FORM, advice,
                             "%s: %s", ttfs_op_name(n->op), what);
}

static TtfsOp op_of(const TtfsNode *n) {
    return n ? n->op : TTFS_OP_COUNT;
}

static bool is_linear(const TtfsNode *n) {
    return n && (n->op == TTFS_OP_CONV || n->op == TTFS_OP_GEMM);
}

/* The node that computes what `t` holds, reshapes left out; NULL: the input. */
static TtfsNode *source_of(TtfsPass *p, TtfsTensor t) {
    TtfsNode *n = ttfs_pass_maker(p, t);
    while (n && n->op == TTFS_OP_RESHAPE) n = ttfs_pass_maker(p, n->in[0]);
    return n;
}

static bool check_linear(TtfsPass *p, const TtfsNode *n) {
    const TtfsNode *source = source_of(p, n->in[0]);
    bool ok = true;
    if (n->op == TTFS_OP_CONV && n->attr.group != 1)
        ok = refuse(p, n, "use a convolution with group = 1", "grouped convolution");
    if (!ttfs_pass_normal(p, n))
        return refuse(p, n, "use constant weights, and one sample at a time",
                      "not a product of constant weights with one vector");
    if (is_linear(source))
        ok = refuse(p, n, "put a Relu between the two layers, or multiply their weights",
                    "its input is a linear layer without a relu");
    if (ttfs_pass_side(p, n->out)->uses != 1)
        ok = refuse(p, n, "give its output to one relu only",
                    "its values are used in several places");
    return ok;
}

static bool check_relu(TtfsPass *p, const TtfsNode *n) {
    TtfsOp source = op_of(ttfs_pass_maker(p, n->in[0]));
    bool ok = true;
    if (source == TTFS_OP_COUNT)
        ok = refuse(p, n, "put a linear layer in front of it", "a relu of the input itself");
    else if (source == TTFS_OP_RESHAPE || source == TTFS_OP_MAXPOOL)
        ok = refuse(p, n, "put the relu right behind the linear layer",
                    "the values before it are used in other places too");
    if (n->out.i == p->ir.output.i)
        ok = refuse(p, n, "end the network with a linear layer: its potentials are the result",
                    "the network ends with a relu");
    return ok;
}

static bool check_pool(TtfsPass *p, const TtfsNode *n) {
    const TtfsNode *source = ttfs_pass_maker(p, n->in[0]);
    bool ok = true;
    if (is_linear(source) || op_of(source) == TTFS_OP_RESHAPE)
        ok = refuse(p, n, "put a Relu in front of the pool or right behind it",
                    "it pools values that no relu makes");
    if (n->attr.dilation[0] != 1 || n->attr.dilation[1] != 1)
        ok = refuse(p, n, "use a pool without dilation", "dilated pool");
    if (n->out.i == p->ir.output.i)
        ok = refuse(p, n, "end the network with a linear layer", "the network ends with a pool");
    return ok;
}

static bool check_batchnorm(TtfsPass *p, const TtfsNode *n) {
    const char *advice = "put it between a linear layer and its relu, where it folds exactly";
    const TtfsNode *source = source_of(p, n->in[0]);
    if (!source) return refuse(p, n, advice, "a normalisation of the input itself");
    if (source->op == TTFS_OP_RELU || source->op == TTFS_OP_MAXPOOL)
        return refuse(p, n, advice, "a normalisation behind a relu or a pool");
    if (is_linear(source) && ttfs_pass_normal(p, source))
        return refuse(p, n, advice,
                      ttfs_pass_side(p, source->out)->uses != 1
                          ? "the layer before it is used in other places too"
                          : "its channels are not those of the layer before it, or a variance plus "
                            "epsilon is not positive");
    return refuse(p, n, advice, "it does not stand behind a linear layer");
}

static bool check_add(TtfsPass *p, const TtfsNode *n) {
    bool constant = ttfs_pass_is_const(p, n->in[0]) || ttfs_pass_is_const(p, n->in[1]);
    if (!constant)
        return refuse(p, n, "use a network that is one chain of layers",
                      "a sum of two activations (a residual connection) is not supported");
    return refuse(p, n, "add one constant a channel, right behind a linear layer",
                  "it adds a constant that cannot be a bias");
}

/* Only to flatten in front of gemms: those are the only users. */
static bool check_reshape(TtfsPass *p, const TtfsNode *n, const bool *read_by_other) {
    if (n->out.i != p->ir.output.i && !read_by_other[n->out.i - 1]) return true;
    return refuse(p, n, "use reshapes only to flatten in front of a fully connected layer",
                  "its result goes to something other than a fully connected layer");
}

static bool check_node(TtfsPass *p, const TtfsNode *n, const bool *read_by_other) {
    switch (n->op) {
    case TTFS_OP_CONV:
    case TTFS_OP_GEMM:
        return check_linear(p, n);
    case TTFS_OP_RELU:
        return check_relu(p, n);
    case TTFS_OP_MAXPOOL:
        return check_pool(p, n);
    case TTFS_OP_BATCHNORM:
        return check_batchnorm(p, n);
    case TTFS_OP_ADD:
        return check_add(p, n);
    case TTFS_OP_RESHAPE:
        return check_reshape(p, n, read_by_other);
    case TTFS_OP_MATMUL:
        return refuse(p, n, "use constant weights, and one sample at a time",
                      "not a product of constant weights with one vector");
    case TTFS_OP_TRANSPOSE:
        return refuse(p, n, "export the network with channels first",
                      "a transposition of activations is not supported");
    case TTFS_OP_SOFTMAX:
    case TTFS_OP_LOGSOFTMAX:
    case TTFS_OP_ARGMAX:
        return refuse(p, n, "use it only at the end of the network",
                      "inside a network it has no exact spiking form");
    case TTFS_OP_IDENTITY:
    case TTFS_OP_COUNT:
        break;
    }
    return true;
}

bool ttfs_canonical_check(TtfsPass *p) {
    ttfs_pass_index(p);
    TtfsArena scratch = {0};
    bool ok = true, *read_by_other = TTFS_ARRAY(&scratch, bool, p->ir.tensors.len);
    for (uint32_t i = 0; i < p->ir.nodes.len; i++) {
        const TtfsNode *n = &p->ir.nodes.at[i];
        for (uint32_t k = 0; n->op != TTFS_OP_COUNT && n->op != TTFS_OP_GEMM && k < n->n_in; k++)
            read_by_other[n->in[k].i - 1] = true;
    }
    for (uint32_t i = 0; i < p->ir.nodes.len; i++)
        if (p->ir.nodes.at[i].op != TTFS_OP_COUNT)
            ok = check_node(p, &p->ir.nodes.at[i], read_by_other) && ok;
    TtfsOp last = op_of(ttfs_pass_maker(p, p->ir.output));
    if (last == TTFS_OP_COUNT)
        ok =
            ttfs_error(p->diag, TTFS_AT_FILE(p->file), TTFS_MODEL_FORM, "the network has no layer");
    ttfs_arena_free(&scratch);
    return ok;
}
