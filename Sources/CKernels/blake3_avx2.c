// Chunks and parents of BLAKE3 in vectors of 8 lanes with AVX2.
#include "blake3_internal.h"

#if CAIRN_BLAKE3_HAS_X86_LANES
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE __attribute__((target("avx2"), always_inline)) static inline

#define ADD(x, y) _mm256_add_epi32(x, y)
#define XOR(x, y) _mm256_xor_si256(x, y)
#define LOAD(array) _mm256_load_si256((const __m256i *)(array))

/// Turns 8 rows of 8 words into columns: vector i becomes word i of each row.
AVX2_INLINE void transpose(__m256i rows[8]) {
    __m256i pairs[8], fours[8];
    for (int i = 0; i < 4; i++) {
        pairs[2 * i] = _mm256_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
        pairs[2 * i + 1] = _mm256_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        fours[4 * i] = _mm256_unpacklo_epi64(pairs[4 * i], pairs[4 * i + 2]);
        fours[4 * i + 1] = _mm256_unpackhi_epi64(pairs[4 * i], pairs[4 * i + 2]);
        fours[4 * i + 2] = _mm256_unpacklo_epi64(pairs[4 * i + 1], pairs[4 * i + 3]);
        fours[4 * i + 3] = _mm256_unpackhi_epi64(pairs[4 * i + 1], pairs[4 * i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        rows[i] = _mm256_permute2x128_si256(fours[i], fours[4 + i], 0x20);
        rows[4 + i] = _mm256_permute2x128_si256(fours[i], fours[4 + i], 0x31);
    }
}

AVX2_INLINE __m256i rotate_right_16(__m256i x) {
    return _mm256_shuffle_epi8(
        x, _mm256_set_epi8(
               13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2, 13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1,
               0, 3, 2));
}

AVX2_INLINE __m256i rotate_right_8(__m256i x) {
    return _mm256_shuffle_epi8(
        x, _mm256_set_epi8(
               12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1, 12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0,
               3, 2, 1));
}

#define ROTATE_RIGHT(x, shift) _mm256_or_si256(_mm256_srli_epi32(x, shift), _mm256_slli_epi32(x, 32 - (shift)))
#define MIX(a, b, c, d, x, y) \
    (a) = ADD(ADD(a, x), b); \
    (d) = rotate_right_16(XOR(d, a)); \
    (c) = ADD(c, d); \
    (b) = XOR(b, c); \
    (b) = ROTATE_RIGHT(b, 12); \
    (a) = ADD(ADD(a, y), b); \
    (d) = rotate_right_8(XOR(d, a)); \
    (c) = ADD(c, d); \
    (b) = XOR(b, c); \
    (b) = ROTATE_RIGHT(b, 7);

AVX2 void cairn_blake3_avx2_lanes(const cairn_blake3_batch *batch, uint32_t steps) {
    const __m256i counter_low = LOAD(batch->counter_low), counter_high = LOAD(batch->counter_high);
    const __m256i blocks = LOAD(batch->blocks), last_length = LOAD(batch->last_length);
    const __m256i last_flags = LOAD(batch->last_flags);
    __m256i flags = LOAD(batch->first_flags);
    __m256i value[8];
    for (int i = 0; i < 8; i++) value[i] = _mm256_set1_epi32((int)cairn_blake3_initial_words[i]);
    for (uint32_t step = 0; step < steps; step++) {
        __m256i m[16], v[16];
        for (int half = 0; half < 2; half++) {
            for (int lane = 0; lane < 8; lane++) {
                const uint8_t *const row = batch->data[lane] + CAIRN_BLAKE3_BLOCK * (size_t)step + 32 * half;
                m[8 * half + lane] = _mm256_loadu_si256((const __m256i *)row);
                // The same block of the next batch of a long input: see the kernel of 16 lanes.
                if (half == 0) _mm_prefetch((const char *)((uintptr_t)row + 8 * CAIRN_BLAKE3_CHUNK), _MM_HINT_T0);
            }
            transpose(m + 8 * half);
        }
        const __m256i is_last = _mm256_cmpeq_epi32(blocks, _mm256_set1_epi32((int)step + 1));
        for (int i = 0; i < 8; i++) v[i] = value[i];
        for (int i = 0; i < 4; i++) v[8 + i] = _mm256_set1_epi32((int)cairn_blake3_initial_words[i]);
        v[12] = counter_low;
        v[13] = counter_high;
        v[14] = _mm256_blendv_epi8(_mm256_set1_epi32(CAIRN_BLAKE3_BLOCK), last_length, is_last);
        v[15] = _mm256_or_si256(flags, _mm256_and_si256(last_flags, is_last));
        CAIRN_BLAKE3_ROUNDS(CAIRN_BLAKE3_ROUND)
        // A lane that is past its end keeps its value.
        const __m256i is_active = _mm256_cmpgt_epi32(blocks, _mm256_set1_epi32((int)step));
        for (int i = 0; i < 8; i++) value[i] = _mm256_blendv_epi8(value[i], XOR(v[i], v[8 + i]), is_active);
        flags = _mm256_setzero_si256();
    }
    transpose(value);
    for (int lane = 0; lane < 8; lane++) _mm256_storeu_si256((__m256i *)batch->out[lane], value[lane]);
}
#endif
