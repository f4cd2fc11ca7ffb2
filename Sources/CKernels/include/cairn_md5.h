// MD5 (RFC 1321): one long input in portable C, and many inputs at a time in SIMD lanes.
//
// MD5 cannot be made parallel inside one input: every step needs the one before. But the steps are the same for every input, so
// a vector register can hold the same state word of 8 or 16 inputs ("lanes"), and one vector instruction does one step of all.
#ifndef CAIRN_MD5_H
#define CAIRN_MD5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How the lanes are computed. The order is that of preference, best last.
typedef enum {
    /// One input after the other, any machine.
    CAIRN_MD5_PORTABLE = 0,
    /// Up to 16 inputs at a time, as two interleaved vectors of 8.
    CAIRN_MD5_AVX2 = 1,
    /// Up to 32 inputs at a time, as two interleaved vectors of 16.
    CAIRN_MD5_AVX512 = 2,
} cairn_md5_path;

/// One input of `cairn_md5_many`; `data` may be null if `length` is 0.
typedef struct {
    const uint8_t *data;
    size_t length;
} cairn_md5_input;

/// The state of a streamed MD5. A plain value: a copy continues on its own.
typedef struct {
    /// The chaining words A, B, C, D after the last whole block.
    uint32_t words[4];
    /// The bytes taken so far.
    uint64_t length;
    /// The `length % 64` bytes that do not fill a block yet.
    uint8_t pending[64];
} cairn_md5_state;

/// Makes `state` that of no bytes.
void cairn_md5_start(cairn_md5_state *state);
/// Takes `length` bytes more; `data` may be null if `length` is 0.
void cairn_md5_update(cairn_md5_state *state, const uint8_t *data, size_t length);
/// Writes the 16 bytes of the digest; `state` must be started again before it takes more.
void cairn_md5_finish(cairn_md5_state *state, uint8_t *digest);

/// Takes `blocks` blocks of 64 bytes more of each of `count` streams, stream i at `data[i]`, in the lanes of the best path of this machine.
/// Each stream must have taken whole blocks so far.
void cairn_md5_update_many(cairn_md5_state *states, const uint8_t *const *data, size_t count, size_t blocks);

/// Returns whether this machine can run the path.
bool cairn_md5_can_run(cairn_md5_path path);
/// Returns the best path that this machine can run.
cairn_md5_path cairn_md5_best_path(void);
/// Hashes `count` inputs of any lengths; digest i goes to `digests[16 * i ...]`.
///
/// A lane whose input ends takes the next input at once, so a mix of lengths keeps the lanes busy. Only the end of the list leaves
/// lanes empty: a caller who has one input much longer than the others gains by putting it first.
///
/// Returns false, and writes nothing, if this machine cannot run the path.
bool cairn_md5_many(cairn_md5_path path, const cairn_md5_input *inputs, size_t count, uint8_t *digests);

#endif
