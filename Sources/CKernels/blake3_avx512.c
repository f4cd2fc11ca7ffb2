// Chunks and parents of BLAKE3 in vectors of 16 lanes with AVX-512.
#include "blake3_internal.h"

#if CAIRN_BLAKE3_HAS_X86_LANES
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512vl")))
#define AVX512_INLINE __attribute__((target("avx512f,avx512vl"), always_inline)) static inline

/// Turns 16 rows of 16 words into columns: vector i becomes word i of each row.
AVX512_INLINE void transpose(__m512i rows[16]) {
    __m512i pairs[16], fours[16];
    for (int i = 0; i < 8; i++) {
        pairs[2 * i] = _mm512_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
        pairs[2 * i + 1] = _mm512_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
    }
    for (int i = 0; i < 4; i++) {
        fours[4 * i] = _mm512_unpacklo_epi64(pairs[4 * i], pairs[4 * i + 2]);
        fours[4 * i + 1] = _mm512_unpackhi_epi64(pairs[4 * i], pairs[4 * i + 2]);
        fours[4 * i + 2] = _mm512_unpacklo_epi64(pairs[4 * i + 1], pairs[4 * i + 3]);
        fours[4 * i + 3] = _mm512_unpackhi_epi64(pairs[4 * i + 1], pairs[4 * i + 3]);
    }
    // Vector i of fours[4 g ...] has words i, 4 + i, 8 + i, 12 + i of rows 4 g ... 4 g + 3, one in each quarter.
    for (int i = 0; i < 4; i++) {
        const __m512i low_even = _mm512_shuffle_i32x4(fours[i], fours[4 + i], 0x88);
        const __m512i low_odd = _mm512_shuffle_i32x4(fours[i], fours[4 + i], 0xdd);
        const __m512i high_even = _mm512_shuffle_i32x4(fours[8 + i], fours[12 + i], 0x88);
        const __m512i high_odd = _mm512_shuffle_i32x4(fours[8 + i], fours[12 + i], 0xdd);
        rows[i] = _mm512_shuffle_i32x4(low_even, high_even, 0x88);
        rows[8 + i] = _mm512_shuffle_i32x4(low_even, high_even, 0xdd);
        rows[4 + i] = _mm512_shuffle_i32x4(low_odd, high_odd, 0x88);
        rows[12 + i] = _mm512_shuffle_i32x4(low_odd, high_odd, 0xdd);
    }
}

#define MIX(a, b, c, d, x, y) \
    (a) = _mm512_add_epi32(_mm512_add_epi32(a, x), b); \
    (d) = _mm512_ror_epi32(_mm512_xor_si512(d, a), 16); \
    (c) = _mm512_add_epi32(c, d); \
    (b) = _mm512_ror_epi32(_mm512_xor_si512(b, c), 12); \
    (a) = _mm512_add_epi32(_mm512_add_epi32(a, y), b); \
    (d) = _mm512_ror_epi32(_mm512_xor_si512(d, a), 8); \
    (c) = _mm512_add_epi32(c, d); \
    (b) = _mm512_ror_epi32(_mm512_xor_si512(b, c), 7);

AVX512 void cairn_blake3_avx512_lanes(const cairn_blake3_batch *batch, uint32_t steps) {
    const __m512i blocks = _mm512_load_si512(batch->blocks);
    __m512i flags = _mm512_load_si512(batch->first_flags);
    // The second half is idle until the end, where rows of 8 words are taken out of 16.
    __m512i value[16];
    for (int i = 0; i < 8; i++) value[i] = _mm512_set1_epi32((int)cairn_blake3_initial_words[i]);
    for (uint32_t step = 0; step < steps; step++) {
        __m512i m[16], v[16];
        for (int lane = 0; lane < 16; lane++) {
            const uint8_t *const block = batch->data[lane] + CAIRN_BLAKE3_BLOCK * (size_t)step;
            m[lane] = _mm512_loadu_si512(block);
            // The same block of the next batch of a long input. The hardware does not follow 16 streams: 8900 instead of 5600 MB/s on
            // 256 MiB. Past the end of the input this does nothing; the address is never used otherwise.
            _mm_prefetch((const char *)((uintptr_t)block + 16 * CAIRN_BLAKE3_CHUNK), _MM_HINT_T0);
        }
        transpose(m);
        const __mmask16 is_last = _mm512_cmpeq_epi32_mask(blocks, _mm512_set1_epi32((int)step + 1));
        for (int i = 0; i < 8; i++) v[i] = value[i];
        for (int i = 0; i < 4; i++) v[8 + i] = _mm512_set1_epi32((int)cairn_blake3_initial_words[i]);
        v[12] = _mm512_load_si512(batch->counter_low);
        v[13] = _mm512_load_si512(batch->counter_high);
        v[14] = _mm512_mask_loadu_epi32(_mm512_set1_epi32(CAIRN_BLAKE3_BLOCK), is_last, batch->last_length);
        v[15] = _mm512_or_si512(flags, _mm512_maskz_loadu_epi32(is_last, batch->last_flags));
        CAIRN_BLAKE3_ROUNDS(CAIRN_BLAKE3_ROUND)
        // A lane that is past its end keeps its value.
        const __mmask16 is_active = _mm512_cmpgt_epi32_mask(blocks, _mm512_set1_epi32((int)step));
        for (int i = 0; i < 8; i++) value[i] = _mm512_mask_xor_epi32(value[i], is_active, v[i], v[8 + i]);
        flags = _mm512_setzero_si512();
    }
    for (int i = 8; i < 16; i++) value[i] = _mm512_setzero_si512();
    transpose(value);
    for (int lane = 0; lane < 16; lane++) {
        _mm256_storeu_si256((__m256i *)batch->out[lane], _mm512_castsi512_si256(value[lane]));
    }
}
#endif
