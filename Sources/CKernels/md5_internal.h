// What the MD5 files share: the steps of RFC 1321 written once, and the contract between the lane scheduler and the vector kernels.
#ifndef CAIRN_MD5_INTERNAL_H
#define CAIRN_MD5_INTERNAL_H

#include "cairn_md5.h"

#if defined(__x86_64__)
#define CAIRN_MD5_HAS_X86_LANES 1
#else
#define CAIRN_MD5_HAS_X86_LANES 0
#endif

enum {
    CAIRN_MD5_BLOCK = 64,
    CAIRN_MD5_DIGEST = 16,
    /// The widest kernel: two vectors of 16 words.
    CAIRN_MD5_MAX_LANES = 32,
};

/// The 64 steps of RFC 1321, section 3.4, in order, as STEP(round, a, b, c, d, word, constant, shift):
///     a = b + rotate_left(a + round(b, c, d) + block[word] + constant, shift)
/// where round is F, G, H or I and the constant of step i (from 1) is floor(2^32 * abs(sin(i))).
#define CAIRN_MD5_STEPS(STEP) \
    STEP(F, a, b, c, d, 0, 0xd76aa478, 7) \
    STEP(F, d, a, b, c, 1, 0xe8c7b756, 12) \
    STEP(F, c, d, a, b, 2, 0x242070db, 17) \
    STEP(F, b, c, d, a, 3, 0xc1bdceee, 22) \
    STEP(F, a, b, c, d, 4, 0xf57c0faf, 7) \
    STEP(F, d, a, b, c, 5, 0x4787c62a, 12) \
    STEP(F, c, d, a, b, 6, 0xa8304613, 17) \
    STEP(F, b, c, d, a, 7, 0xfd469501, 22) \
    STEP(F, a, b, c, d, 8, 0x698098d8, 7) \
    STEP(F, d, a, b, c, 9, 0x8b44f7af, 12) \
    STEP(F, c, d, a, b, 10, 0xffff5bb1, 17) \
    STEP(F, b, c, d, a, 11, 0x895cd7be, 22) \
    STEP(F, a, b, c, d, 12, 0x6b901122, 7) \
    STEP(F, d, a, b, c, 13, 0xfd987193, 12) \
    STEP(F, c, d, a, b, 14, 0xa679438e, 17) \
    STEP(F, b, c, d, a, 15, 0x49b40821, 22) \
    STEP(G, a, b, c, d, 1, 0xf61e2562, 5) \
    STEP(G, d, a, b, c, 6, 0xc040b340, 9) \
    STEP(G, c, d, a, b, 11, 0x265e5a51, 14) \
    STEP(G, b, c, d, a, 0, 0xe9b6c7aa, 20) \
    STEP(G, a, b, c, d, 5, 0xd62f105d, 5) \
    STEP(G, d, a, b, c, 10, 0x02441453, 9) \
    STEP(G, c, d, a, b, 15, 0xd8a1e681, 14) \
    STEP(G, b, c, d, a, 4, 0xe7d3fbc8, 20) \
    STEP(G, a, b, c, d, 9, 0x21e1cde6, 5) \
    STEP(G, d, a, b, c, 14, 0xc33707d6, 9) \
    STEP(G, c, d, a, b, 3, 0xf4d50d87, 14) \
    STEP(G, b, c, d, a, 8, 0x455a14ed, 20) \
    STEP(G, a, b, c, d, 13, 0xa9e3e905, 5) \
    STEP(G, d, a, b, c, 2, 0xfcefa3f8, 9) \
    STEP(G, c, d, a, b, 7, 0x676f02d9, 14) \
    STEP(G, b, c, d, a, 12, 0x8d2a4c8a, 20) \
    STEP(H, a, b, c, d, 5, 0xfffa3942, 4) \
    STEP(H, d, a, b, c, 8, 0x8771f681, 11) \
    STEP(H, c, d, a, b, 11, 0x6d9d6122, 16) \
    STEP(H, b, c, d, a, 14, 0xfde5380c, 23) \
    STEP(H, a, b, c, d, 1, 0xa4beea44, 4) \
    STEP(H, d, a, b, c, 4, 0x4bdecfa9, 11) \
    STEP(H, c, d, a, b, 7, 0xf6bb4b60, 16) \
    STEP(H, b, c, d, a, 10, 0xbebfbc70, 23) \
    STEP(H, a, b, c, d, 13, 0x289b7ec6, 4) \
    STEP(H, d, a, b, c, 0, 0xeaa127fa, 11) \
    STEP(H, c, d, a, b, 3, 0xd4ef3085, 16) \
    STEP(H, b, c, d, a, 6, 0x04881d05, 23) \
    STEP(H, a, b, c, d, 9, 0xd9d4d039, 4) \
    STEP(H, d, a, b, c, 12, 0xe6db99e5, 11) \
    STEP(H, c, d, a, b, 15, 0x1fa27cf8, 16) \
    STEP(H, b, c, d, a, 2, 0xc4ac5665, 23) \
    STEP(I, a, b, c, d, 0, 0xf4292244, 6) \
    STEP(I, d, a, b, c, 7, 0x432aff97, 10) \
    STEP(I, c, d, a, b, 14, 0xab9423a7, 15) \
    STEP(I, b, c, d, a, 5, 0xfc93a039, 21) \
    STEP(I, a, b, c, d, 12, 0x655b59c3, 6) \
    STEP(I, d, a, b, c, 3, 0x8f0ccc92, 10) \
    STEP(I, c, d, a, b, 10, 0xffeff47d, 15) \
    STEP(I, b, c, d, a, 1, 0x85845dd1, 21) \
    STEP(I, a, b, c, d, 8, 0x6fa87e4f, 6) \
    STEP(I, d, a, b, c, 15, 0xfe2ce6e0, 10) \
    STEP(I, c, d, a, b, 6, 0xa3014314, 15) \
    STEP(I, b, c, d, a, 13, 0x4e0811a1, 21) \
    STEP(I, a, b, c, d, 4, 0xf7537e82, 6) \
    STEP(I, d, a, b, c, 11, 0xbd3af235, 10) \
    STEP(I, c, d, a, b, 2, 0x2ad7d2bb, 15) \
    STEP(I, b, c, d, a, 9, 0xeb86d391, 21)

/// The chaining words before the first block.
extern const uint32_t cairn_md5_initial_words[4];

/// Puts `blocks` blocks of 64 bytes through the compression function.
void cairn_md5_compress(uint32_t words[4], const uint8_t *data, size_t blocks);
/// Writes the padded end of an input of `length` bytes, whose last `length % 64` bytes are at `rest`: 1 or 2 blocks, returned.
size_t cairn_md5_pad(uint8_t tail[2 * CAIRN_MD5_BLOCK], const uint8_t *rest, uint64_t length);
/// Writes the chaining words as the digest, least significant byte first.
void cairn_md5_write_digest(const uint32_t words[4], uint8_t *digest);

/// The chaining words of all lanes, so that a vector load takes one word of neighbouring lanes.
typedef struct {
    _Alignas(64) uint32_t words[4][CAIRN_MD5_MAX_LANES];
} cairn_md5_lane_words;

/// Puts `blocks` blocks through lanes 0 ..< n, lane i reading them at `data[i]`.
typedef void (*cairn_md5_lane_kernel)(
    cairn_md5_lane_words *lanes, const uint8_t *const data[CAIRN_MD5_MAX_LANES], size_t blocks);

/// A vector implementation: a kernel for one vector of lanes, and one for two vectors whose steps are interleaved. A single vector
/// spends its time waiting for its own results; the second fills the gaps.
typedef struct {
    /// How many lanes one vector has; `pair` does twice as many.
    size_t width;
    /// So few active lanes are done sooner one after the other in scalar code, whose steps have the shorter latency.
    size_t scalar_lanes;
    cairn_md5_lane_kernel single;
    cairn_md5_lane_kernel pair;
} cairn_md5_engine;

/// `cairn_md5_many` on the lanes of an engine that this machine can run.
void cairn_md5_schedule(
    const cairn_md5_engine *engine, const cairn_md5_input *inputs, size_t count, uint8_t *digests);

/// `cairn_md5_update_many` on the lanes of an engine that this machine can run.
void cairn_md5_update_lanes(
    const cairn_md5_engine *engine, cairn_md5_state *states, const uint8_t *const *data, size_t count,
    size_t blocks);

#if CAIRN_MD5_HAS_X86_LANES
extern const cairn_md5_engine cairn_md5_avx2_engine;
extern const cairn_md5_engine cairn_md5_avx512_engine;
#endif

#endif
