// MD5 (RFC 1321): one long input in portable C, and many inputs at a time in SIMD lanes.
#ifndef CAIRN_MD5_H
#define CAIRN_MD5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How the lanes are computed. The order is that of preference, best last.
typedef enum {
    CAIRN_MD5_PORTABLE = 0,
    CAIRN_MD5_AVX2 = 1,
    CAIRN_MD5_AVX512 = 2,
} cairn_md5_path;

/// One input of `cairn_md5_many`.
typedef struct {
    const uint8_t *data;
    size_t length;
} cairn_md5_input;

/// The state of a streamed MD5.
typedef struct {
    uint32_t words[4];
    uint64_t length;
    uint8_t pending[64];
} cairn_md5_state;

void cairn_md5_start(cairn_md5_state *state);
void cairn_md5_update(cairn_md5_state *state, const uint8_t *data, size_t length);
/// Writes 16 bytes; the state is used up.
void cairn_md5_finish(cairn_md5_state *state, uint8_t *digest);

/// True if this machine can run the path.
bool cairn_md5_can_run(cairn_md5_path path);
/// The best path of this machine.
cairn_md5_path cairn_md5_best_path(void);
/// Hashes `count` inputs of any lengths; digest i goes to digests[16 * i ...]. Inputs are scheduled over the lanes, so any mix of
/// lengths keeps them busy.
void cairn_md5_many(cairn_md5_path path, const cairn_md5_input *inputs, size_t count, uint8_t *digests);

#endif
