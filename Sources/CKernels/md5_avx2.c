// MD5 in vectors of 8 lanes with AVX2.
#include "md5_internal.h"

#if CAIRN_MD5_HAS_X86_LANES
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE __attribute__((target("avx2"), always_inline)) static inline

enum { WIDTH = 8 };

/// Loads 16 bytes each of lanes `low` and `low + 4`, the first into the low half.
AVX2_INLINE __m256i load_halves(const uint8_t *const *data, size_t low, size_t offset) {
    const __m128i first = _mm_loadu_si128((const __m128i *)(data[low] + offset));
    const __m128i second = _mm_loadu_si128((const __m128i *)(data[low + 4] + offset));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}

/// Turns one block of 8 lanes into 16 vectors, vector i with word i of each lane in lane order.
///
/// The halves are put together while loading, which leaves a 4x4 transposition inside each half.
AVX2_INLINE void transpose(__m256i block[16], const uint8_t *const *data, size_t offset) {
    for (int group = 0; group < 4; group++) {
        const size_t at = offset + 16 * (size_t)group;
        const __m256i lane0 = load_halves(data, 0, at), lane1 = load_halves(data, 1, at);
        const __m256i lane2 = load_halves(data, 2, at), lane3 = load_halves(data, 3, at);
        const __m256i low01 = _mm256_unpacklo_epi32(lane0, lane1), low23 = _mm256_unpacklo_epi32(lane2, lane3);
        const __m256i high01 = _mm256_unpackhi_epi32(lane0, lane1), high23 = _mm256_unpackhi_epi32(lane2, lane3);
        block[4 * group] = _mm256_unpacklo_epi64(low01, low23);
        block[4 * group + 1] = _mm256_unpackhi_epi64(low01, low23);
        block[4 * group + 2] = _mm256_unpacklo_epi64(high01, high23);
        block[4 * group + 3] = _mm256_unpackhi_epi64(high01, high23);
    }
}

// The forms are those of the scalar code: as little as possible between one step's b and the next one's.
#define ADD(x, y) _mm256_add_epi32(x, y)
#define F(a, b, c, d) (a) = ADD(a, _mm256_xor_si256(d, _mm256_and_si256(b, _mm256_xor_si256(c, d))))
#define G(a, b, c, d) (a) = ADD(ADD(a, _mm256_andnot_si256(d, c)), _mm256_and_si256(d, b))
#define H(a, b, c, d) (a) = ADD(a, _mm256_xor_si256(b, _mm256_xor_si256(c, d)))
#define I(a, b, c, d) \
    (a) = ADD(a, _mm256_xor_si256(c, _mm256_or_si256(b, _mm256_xor_si256(d, _mm256_set1_epi32(-1)))))
#define STEP(round, a, b, c, d, word, constant, shift) \
    for (int v = 0; v < vectors; v++) { \
        a[v] = ADD(a[v], ADD(block[v][word], _mm256_set1_epi32((int)(constant)))); \
        round(a[v], b[v], c[v], d[v]); \
        a[v] = ADD(b[v], _mm256_or_si256(_mm256_slli_epi32(a[v], shift), _mm256_srli_epi32(a[v], 32 - (shift)))); \
    }

AVX2_INLINE void compress(
    cairn_md5_lane_words *lanes, const uint8_t *const *data, size_t blocks, const int vectors) {
    __m256i a[2], b[2], c[2], d[2];
    for (int v = 0; v < vectors; v++) {
        a[v] = _mm256_load_si256((const __m256i *)&lanes->words[0][WIDTH * v]);
        b[v] = _mm256_load_si256((const __m256i *)&lanes->words[1][WIDTH * v]);
        c[v] = _mm256_load_si256((const __m256i *)&lanes->words[2][WIDTH * v]);
        d[v] = _mm256_load_si256((const __m256i *)&lanes->words[3][WIDTH * v]);
    }
    for (size_t offset = 0; offset < CAIRN_MD5_BLOCK * blocks; offset += CAIRN_MD5_BLOCK) {
        __m256i block[2][16], first[4][2];
        for (int v = 0; v < vectors; v++) {
            transpose(block[v], data + WIDTH * v, offset);
            first[0][v] = a[v];
            first[1][v] = b[v];
            first[2][v] = c[v];
            first[3][v] = d[v];
        }
        CAIRN_MD5_STEPS(STEP)
        for (int v = 0; v < vectors; v++) {
            a[v] = ADD(a[v], first[0][v]);
            b[v] = ADD(b[v], first[1][v]);
            c[v] = ADD(c[v], first[2][v]);
            d[v] = ADD(d[v], first[3][v]);
        }
    }
    for (int v = 0; v < vectors; v++) {
        _mm256_store_si256((__m256i *)&lanes->words[0][WIDTH * v], a[v]);
        _mm256_store_si256((__m256i *)&lanes->words[1][WIDTH * v], b[v]);
        _mm256_store_si256((__m256i *)&lanes->words[2][WIDTH * v], c[v]);
        _mm256_store_si256((__m256i *)&lanes->words[3][WIDTH * v], d[v]);
    }
}

AVX2 static void compress_single(
    cairn_md5_lane_words *lanes, const uint8_t *const data[CAIRN_MD5_MAX_LANES], size_t blocks) {
    compress(lanes, data, blocks, 1);
}

AVX2 static void compress_pair(
    cairn_md5_lane_words *lanes, const uint8_t *const data[CAIRN_MD5_MAX_LANES], size_t blocks) {
    compress(lanes, data, blocks, 2);
}

const cairn_md5_engine cairn_md5_avx2_engine = {WIDTH, 2, compress_single, compress_pair};
#endif
