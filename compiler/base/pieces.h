/* SPDX-License-Identifier: Apache-2.0
 *
 * Outputs: a network's output as pieces of readouts. A piece says of a block of elements which
 * neurons they are, with a size and two strides a loop, so that transposed, sliced and concatenated
 * readouts stay a few numbers. Moves of a tensor are moves of its pieces; nothing is computed.
 */
#ifndef TTFS_PIECES_H
#define TTFS_PIECES_H

#include "arena.h"

enum { TTFS_PIECE_LOOPS = 8, TTFS_OUTPUT_RANK = 6, TTFS_PIECES_MOST = 1 << 20 };

typedef struct {
    uint32_t size; /* turns */
    int32_t from;  /* neurons a turn; negative: backwards */
    uint32_t to;   /* elements a turn */
} TtfsLoop;

/* Element at + sum i * to (row-major) is neuron first + sum i * from, for all i below the sizes. */
typedef struct {
    uint32_t pop; /* id of the readout's population */
    uint32_t first, at;
    uint32_t loops;
    TtfsLoop loop[TTFS_PIECE_LOOPS]; /* outermost first */
} TtfsPiece;

typedef TTFS_VEC(TtfsPiece) TtfsPieces;

typedef struct {
    const char *name; /* as in the model */
    uint32_t rank, dim[TTFS_OUTPUT_RANK];
    TtfsPieces pieces; /* every element is in exactly one */
} TtfsOutput;

/* Elements of an output; 0 when there are none or more than 31 bits count. */
uint64_t ttfs_output_count(const TtfsOutput *o);
/* True when one dimension at most is above 1: a vector. */
bool ttfs_output_is_vector(const TtfsOutput *o);
/* All of `count` neurons in order. */
TtfsPiece ttfs_piece_whole(uint32_t pop, uint32_t count);
uint64_t ttfs_piece_size(const TtfsPiece *p);
/* Number i of the piece's pairs of neuron and element. */
void ttfs_piece_at(const TtfsPiece *p, uint64_t i, uint32_t *neuron, uint32_t *element);

/* Moves, of a tensor with these dimensions. Each appends to *out; false when that would be more
 * than TTFS_PIECES_MOST pieces. place: the element with coordinates x becomes element base + sum x
 * * stride. slice: the coordinates first + j * apart of each axis, j < count. */
bool ttfs_pieces_place(TtfsArena *a, const TtfsPieces *in, uint32_t rank, const uint32_t *dim,
                       uint32_t base, const uint32_t *stride, TtfsPieces *out);
bool ttfs_pieces_slice(TtfsArena *a, const TtfsPieces *in, uint32_t rank, const uint32_t *dim,
                       const uint32_t *first, const uint32_t *count, const int32_t *apart,
                       TtfsPieces *out);

#endif
