// What the BLAKE3 files share: the rounds written once, and the contract between the tree and the lane kernels.
#ifndef CAIRN_BLAKE3_INTERNAL_H
#define CAIRN_BLAKE3_INTERNAL_H

#include "cairn_blake3.h"

#if defined(__x86_64__)
#define CAIRN_BLAKE3_HAS_X86_LANES 1
#else
#define CAIRN_BLAKE3_HAS_X86_LANES 0
#endif

enum {
    CAIRN_BLAKE3_BLOCK = 64,
    CAIRN_BLAKE3_CHUNK = 1024,
    /// The bytes of a digest and of a chaining value.
    CAIRN_BLAKE3_VALUE = 32,
    CAIRN_BLAKE3_MAX_LANES = 16,
};

/// The domain flags of the specification.
enum {
    CAIRN_BLAKE3_CHUNK_START = 1,
    CAIRN_BLAKE3_CHUNK_END = 2,
    CAIRN_BLAKE3_PARENT = 4,
    CAIRN_BLAKE3_ROOT = 8,
};

/// The 7 rounds, each as ROUND(indexes of the 16 message words in the order in which its 8 mixing steps take them).
///
/// The first takes them as they are; each further one applies the specification's permutation 2 6 3 10 7 0 4 13 1 11 12 5 9 14 15 8 to
/// the order of the one before.
#define CAIRN_BLAKE3_ROUNDS(ROUND) \
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) \
    ROUND(2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8) \
    ROUND(3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1) \
    ROUND(10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6) \
    ROUND(12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4) \
    ROUND(9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7) \
    ROUND(11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13)

/// One round over the 16 words v of the state and the 16 words m of the message: four mixing steps on the columns, four on the
/// diagonals. A kernel defines MIX(a, b, c, d, x, y).
#define CAIRN_BLAKE3_ROUND(i0, i1, i2, i3, i4, i5, i6, i7, i8, i9, i10, i11, i12, i13, i14, i15) \
    MIX(v[0], v[4], v[8], v[12], m[i0], m[i1]) \
    MIX(v[1], v[5], v[9], v[13], m[i2], m[i3]) \
    MIX(v[2], v[6], v[10], v[14], m[i4], m[i5]) \
    MIX(v[3], v[7], v[11], v[15], m[i6], m[i7]) \
    MIX(v[0], v[5], v[10], v[15], m[i8], m[i9]) \
    MIX(v[1], v[6], v[11], v[12], m[i10], m[i11]) \
    MIX(v[2], v[7], v[8], v[13], m[i12], m[i13]) \
    MIX(v[3], v[4], v[9], v[14], m[i14], m[i15])

/// The words with which every chunk and every parent begins.
extern const uint32_t cairn_blake3_initial_words[8];

/// Puts one block of 64 bytes through the compression function and writes all 16 words: the first 8 are the new chaining value.
void cairn_blake3_compress(
    const uint32_t value[8], const uint8_t block[CAIRN_BLAKE3_BLOCK], uint32_t length, uint64_t counter,
    uint32_t flags, uint32_t out[16]);
uint32_t cairn_blake3_load(const uint8_t *bytes);
/// Writes 8 words as bytes, least significant first.
void cairn_blake3_store_value(uint8_t *bytes, const uint32_t words[8]);

/// A chunk or a parent to be computed: `length` bytes in blocks of 64.
typedef struct {
    /// May be null if `length` is 0.
    const uint8_t *data;
    /// The chunk's index; 0 for a parent.
    uint64_t counter;
    /// 0 ... 1024 for a chunk, 64 for a parent.
    uint32_t length;
    /// The flags of the first and of the last block. With a single block it has both.
    uint8_t first_flags;
    uint8_t last_flags;
    /// Where the 32 bytes of the result go.
    uint8_t *out;
} cairn_blake3_job;

/// Computes one job in scalar code.
void cairn_blake3_run_one(const cairn_blake3_job *job);

/// Jobs side by side. Lane i has blocks[i] blocks (at least 1) at data[i], where as many bytes may be read as the longest lane has.
typedef struct {
    _Alignas(64) uint32_t counter_low[CAIRN_BLAKE3_MAX_LANES];
    _Alignas(64) uint32_t counter_high[CAIRN_BLAKE3_MAX_LANES];
    _Alignas(64) uint32_t blocks[CAIRN_BLAKE3_MAX_LANES];
    /// How many bytes of the last block count; the others are zero.
    _Alignas(64) uint32_t last_length[CAIRN_BLAKE3_MAX_LANES];
    _Alignas(64) uint32_t first_flags[CAIRN_BLAKE3_MAX_LANES];
    _Alignas(64) uint32_t last_flags[CAIRN_BLAKE3_MAX_LANES];
    const uint8_t *data[CAIRN_BLAKE3_MAX_LANES];
    uint8_t *out[CAIRN_BLAKE3_MAX_LANES];
} cairn_blake3_batch;

/// Puts `steps` blocks, the number of the longest lane, through all lanes and writes every lane's result. All blocks of the last step
/// are read before anything is written.
typedef void (*cairn_blake3_lane_kernel)(const cairn_blake3_batch *batch, uint32_t steps);

/// A vector implementation.
typedef struct {
    /// The lanes of the kernel; 1 if there is none and everything is scalar.
    size_t width;
    cairn_blake3_lane_kernel kernel;
    /// A kernel for what does not fill half of the wide one; null if there is none.
    size_t narrow_width;
    cairn_blake3_lane_kernel narrow_kernel;
} cairn_blake3_engine;

/// The engine of a path that this machine can run.
const cairn_blake3_engine *cairn_blake3_engine_of(cairn_blake3_path path);

/// Computes jobs in their order. The result of one may lie where it or an earlier one has its input.
///
/// Neighbours should have like lengths: a batch takes as many steps as its longest job.
void cairn_blake3_run(const cairn_blake3_engine *engine, const cairn_blake3_job *jobs, size_t count);
/// Replaces `count` neighbouring chaining values by those of their parents and returns how many these are.
size_t cairn_blake3_pair_values(const cairn_blake3_engine *engine, uint8_t *values, size_t count);
/// Reduces `count` neighbouring chaining values to 2 (or leaves 1), level by level.
void cairn_blake3_reduce(const cairn_blake3_engine *engine, uint8_t *values, size_t count);
/// Writes the digests of those inputs that are not longer than `CAIRN_BLAKE3_SHORT`; the places of the others are left alone.
void cairn_blake3_run_short(
    const cairn_blake3_engine *engine, const cairn_blake3_input *inputs, size_t count, uint8_t *digests);

enum {
    /// Up to this length inputs share lanes.
    CAIRN_BLAKE3_SHORT = 128 * CAIRN_BLAKE3_CHUNK,
};

#if CAIRN_BLAKE3_HAS_X86_LANES
void cairn_blake3_avx2_lanes(const cairn_blake3_batch *batch, uint32_t steps);
void cairn_blake3_avx512_lanes(const cairn_blake3_batch *batch, uint32_t steps);
#endif

#endif
