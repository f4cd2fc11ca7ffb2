// The compression function of BLAKE3 in portable C, and one chunk or parent at a time.
#include <string.h>

#include "blake3_internal.h"

const uint32_t cairn_blake3_initial_words[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

uint32_t cairn_blake3_load(const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

void cairn_blake3_store_value(uint8_t *bytes, const uint32_t words[8]) {
    for (int i = 0; i < CAIRN_BLAKE3_VALUE; i++) bytes[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
}

static inline uint32_t rotate_right(uint32_t word, int shift) {
    return word >> shift | word << (32 - shift);
}

#define MIX(a, b, c, d, x, y) \
    (a) += (b) + (x); \
    (d) = rotate_right((d) ^ (a), 16); \
    (c) += (d); \
    (b) = rotate_right((b) ^ (c), 12); \
    (a) += (b) + (y); \
    (d) = rotate_right((d) ^ (a), 8); \
    (c) += (d); \
    (b) = rotate_right((b) ^ (c), 7);

void cairn_blake3_compress(
    const uint32_t value[8], const uint8_t block[CAIRN_BLAKE3_BLOCK], uint32_t length, uint64_t counter,
    uint32_t flags, uint32_t out[16]) {
    uint32_t v[16], m[16];
    for (int i = 0; i < 16; i++) m[i] = cairn_blake3_load(block + 4 * i);
    for (int i = 0; i < 8; i++) v[i] = value[i];
    for (int i = 0; i < 4; i++) v[8 + i] = cairn_blake3_initial_words[i];
    v[12] = (uint32_t)counter;
    v[13] = (uint32_t)(counter >> 32);
    v[14] = length;
    v[15] = flags;
    CAIRN_BLAKE3_ROUNDS(CAIRN_BLAKE3_ROUND)
    // The second half first: `out` may be where `value` is.
    for (int i = 0; i < 8; i++) out[8 + i] = v[8 + i] ^ value[i];
    for (int i = 0; i < 8; i++) out[i] = v[i] ^ v[8 + i];
}

void cairn_blake3_run_one(const cairn_blake3_job *job) {
    uint32_t value[16];
    memcpy(value, cairn_blake3_initial_words, sizeof cairn_blake3_initial_words);
    const uint8_t *data = job->data;
    uint32_t left = job->length, flags = job->first_flags;
    for (; left > CAIRN_BLAKE3_BLOCK; left -= CAIRN_BLAKE3_BLOCK, data += CAIRN_BLAKE3_BLOCK) {
        cairn_blake3_compress(value, data, CAIRN_BLAKE3_BLOCK, job->counter, flags, value);
        flags = 0;
    }
    uint8_t last[CAIRN_BLAKE3_BLOCK];
    if (left < CAIRN_BLAKE3_BLOCK) {
        memset(last, 0, sizeof last);
        if (left > 0) memcpy(last, data, left);  // the data of an empty input may be null
        data = last;
    }
    cairn_blake3_compress(value, data, left, job->counter, flags | job->last_flags, value);
    cairn_blake3_store_value(job->out, value);
}
