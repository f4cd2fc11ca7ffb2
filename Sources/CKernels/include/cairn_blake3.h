// BLAKE3 (unkeyed): one input of any length, a subtree of a longer input, and many short inputs at a time.
//
// An input is cut into chunks of 1024 bytes, which are the leaves of a binary tree; every chunk and every parent node can be
// computed on its own. So vector lanes hold chunks (or parents) of one long input, or those of many short ones.
//
// Source: O'Connor, Aumasson, Neves, Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere", 2020.
#ifndef CAIRN_BLAKE3_H
#define CAIRN_BLAKE3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How the lanes are computed. The order is that of preference, best last.
typedef enum {
    /// One chunk after the other, any machine.
    CAIRN_BLAKE3_PORTABLE = 0,
    /// 8 chunks or parents at a time.
    CAIRN_BLAKE3_AVX2 = 1,
    /// 16 chunks or parents at a time.
    CAIRN_BLAKE3_AVX512 = 2,
} cairn_blake3_path;

/// One input of `cairn_blake3_many`; `data` may be null if `length` is 0.
typedef struct {
    const uint8_t *data;
    size_t length;
} cairn_blake3_input;

/// The state of a streamed input. A plain value: a copy continues on its own.
typedef struct {
    /// The bytes behind the last chunk that is on the stack: up to a whole chunk, because the last chunk of an input is special.
    uint64_t pending[128];
    /// The chaining values of subtrees whose right neighbour is not known yet, largest first.
    uint64_t stack[55][4];
    /// How many whole chunks the stack covers.
    uint64_t chunks;
    /// The index of the stream's first chunk within its input.
    uint64_t first_chunk;
    uint32_t pending_length;
    uint32_t stack_count;
    cairn_blake3_path path;
} cairn_blake3_state;

/// Returns whether this machine can run the path.
bool cairn_blake3_can_run(cairn_blake3_path path);
/// Returns the best path that this machine can run.
cairn_blake3_path cairn_blake3_best_path(void);

/// Makes `state` that of no bytes. `first_chunk` is 0 for a whole input, or the index of the chunk with which a subtree begins.
///
/// Returns false, and writes nothing, if this machine cannot run the path.
bool cairn_blake3_start(cairn_blake3_state *state, cairn_blake3_path path, uint64_t first_chunk);
/// Takes `length` bytes more; `data` may be null if `length` is 0. Long pieces are fastest.
void cairn_blake3_update(cairn_blake3_state *state, const uint8_t *data, size_t length);
/// Writes the digest of the bytes taken so far, as long as wanted (32 bytes are the usual digest). The state may take more afterwards.
void cairn_blake3_finish(const cairn_blake3_state *state, uint8_t *digest, size_t length);
/// Writes the 32 bytes of the chaining value of the bytes taken so far, as a subtree that is not the whole input.
void cairn_blake3_finish_subtree(const cairn_blake3_state *state, uint8_t *value);

/// Writes the 32 bytes of the digest of one input.
///
/// Returns false, and writes nothing, if this machine cannot run the path.
bool cairn_blake3_hash(cairn_blake3_path path, const uint8_t *data, size_t length, uint8_t *digest);
/// Hashes `count` inputs of any lengths; digest i goes to `digests[32 * i ...]`.
///
/// Returns false, and writes nothing, if this machine cannot run the path.
bool cairn_blake3_many(
    cairn_blake3_path path, const cairn_blake3_input *inputs, size_t count, uint8_t *digests);
/// Writes the digest of an input of which the chaining values of its equal, aligned parts of 2^k chunks (the last may be shorter) are
/// given: `count` of 32 bytes, at least 2. The values are overwritten.
///
/// Returns false, and writes nothing, if this machine cannot run the path or `count` is less than 2.
bool cairn_blake3_fold(cairn_blake3_path path, uint8_t *values, size_t count, uint8_t *digest);
/// Replaces `count` chaining values of neighbouring parts by those of parts of twice the size: (count + 1) / 2. None of them is the root.
///
/// Returns false, and writes nothing, if this machine cannot run the path.
bool cairn_blake3_pair(cairn_blake3_path path, uint8_t *values, size_t count);

#endif
