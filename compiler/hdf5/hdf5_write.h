/* SPDX-License-Identifier: Apache-2.0
 *
 * HDF5 files, written: groups, datasets and attributes into a buffer, whose bytes are the file;
 * they may be moved out of it on the way (ttfs_hdf5_move). What is in a group is put before the
 * group; the root group ends the file. Superblock 0, object headers 1 with links in them, datasets
 * contiguous or in gzipped chunks: what every version of libhdf5 and h5py reads. Invariant: the
 * same calls give the same bytes, wherever they are moved; no times.
 */
#ifndef TTFS_HDF5_WRITE_H
#define TTFS_HDF5_WRITE_H

#include "base.h"

typedef struct {
    TtfsBuf file;   /* what has not been moved */
    uint64_t moved; /* bytes before it */
} TtfsHdf5Writer;

/* What an object's header holds: messages, one after the other. */
typedef struct {
    TtfsBuf messages;
    uint32_t n;
} TtfsHdf5Header;

typedef enum { TTFS_HDF5_WRITE_I64, TTFS_HDF5_WRITE_F32, TTFS_HDF5_WRITE_F64 } TtfsHdf5Number;

void ttfs_hdf5_begin(TtfsHdf5Writer *w);
/* Writes a header and frees it; its address. */
uint64_t ttfs_hdf5_put(TtfsHdf5Writer *w, TtfsHdf5Header *h);
/* The root group is the last; then the file is whole. */
void ttfs_hdf5_end(TtfsHdf5Writer *w, TtfsHdf5Header *root);
/* Moves what is in the buffer to the end of `out`. Between objects. */
void ttfs_hdf5_move(TtfsHdf5Writer *w, TtfsBuf *out);
/* As ttfs_hdf5_end for a file of which bytes were moved: appends to `head` those with which it
 * begins, in place of as many zeros that ttfs_hdf5_begin put there. */
void ttfs_hdf5_end_moved(TtfsHdf5Writer *w, TtfsHdf5Header *root, TtfsBuf *head);

/* Begins a group: links and attributes follow. */
TtfsHdf5Header ttfs_hdf5_group(void);
/* The name as a link's: where it is empty, too long or holds what a link may not ('/', what is not
 * UTF-8), or what shown.h escapes, it is changed and ends with `number`, so that it stays the only
 * one. */
const char *ttfs_hdf5_name(const char *name, uint32_t number, TtfsArena *a);
void ttfs_hdf5_link(TtfsHdf5Header *group, const char *name, uint64_t header);
void ttfs_hdf5_attribute_text(TtfsHdf5Writer *w, TtfsHdf5Header *h, const char *name,
                              const char *text);
void ttfs_hdf5_attribute_i64(TtfsHdf5Header *h, const char *name, int64_t value);
void ttfs_hdf5_attribute_f64(TtfsHdf5Header *h, const char *name, double value);

/* A dataset of numbers, row-major; `rank` 0: a single one. With `packed` it is gzipped. Its
 * address. */
uint64_t ttfs_hdf5_numbers(TtfsHdf5Writer *w, TtfsHdf5Number type, uint32_t rank,
                           const uint64_t *dim, const void *values, bool packed);

enum { TTFS_HDF5_CHUNK_RANK = 4 };

/* A chunk in the file, and the first of its elements. */
typedef struct {
    uint64_t at[TTFS_HDF5_CHUNK_RANK], address;
    uint32_t bytes;
} TtfsHdf5Chunk;

/* A dataset that comes chunk by chunk: `rank` axes, elements of a chunk along each, the bits of an
 * element that no chunk has (0: there is none such). */
typedef struct {
    TtfsHdf5Number type;
    uint32_t rank;
    uint64_t chunk[TTFS_HDF5_CHUNK_RANK], fill;
    TTFS_VEC(TtfsHdf5Chunk) chunks;
} TtfsHdf5Chunked;

/* Writes the chunk whose first element is `at`, a multiple of the chunk's lengths, and remembers in
 * the arena where it is. Chunks come in row-major order, each once or not at all; `values` are a
 * whole chunk's, also those beyond the dataset's end. */
void ttfs_hdf5_chunk(TtfsHdf5Writer *w, TtfsHdf5Chunked *c, const uint64_t *at, const void *values,
                     TtfsArena *a);
/* Ends the dataset, which has `dim` elements along each axis and may have `most`, at least a
 * chunk's; NULL: no more than `dim`. Its address. */
uint64_t ttfs_hdf5_chunked(TtfsHdf5Writer *w, const TtfsHdf5Chunked *c, const uint64_t *dim,
                           const uint64_t *most);
/* Texts, `rank` and `dim` as above, each of variable length. */
uint64_t ttfs_hdf5_strings(TtfsHdf5Writer *w, uint32_t rank, const uint64_t *dim,
                           const char *const *text);

#endif
