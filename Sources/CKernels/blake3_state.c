// BLAKE3 of a stream: pieces of whole subtrees go through the lanes, their chaining values wait on a stack for their right neighbours.
#include <string.h>

#include "blake3_internal.h"

enum {
    /// The chunks of the largest subtree that is computed in one go: its chaining values stay in the first-level cache.
    PIECE = 256,
};

/// A node of the tree before it is known whether it is the root: the input of its last compression.
typedef struct {
    uint32_t value[16];
    uint8_t block[CAIRN_BLAKE3_BLOCK];
    uint32_t length;
    uint64_t counter;
    uint32_t flags;
} node;

static void make_parent(node *result, const void *left, const void *right) {
    memcpy(result->value, cairn_blake3_initial_words, sizeof cairn_blake3_initial_words);
    memcpy(result->block, left, CAIRN_BLAKE3_VALUE);
    memcpy(result->block + CAIRN_BLAKE3_VALUE, right, CAIRN_BLAKE3_VALUE);
    result->length = CAIRN_BLAKE3_BLOCK;
    result->counter = 0;
    result->flags = CAIRN_BLAKE3_PARENT;
}

static void make_chunk(node *result, const uint8_t *data, uint32_t length, uint64_t counter) {
    memcpy(result->value, cairn_blake3_initial_words, sizeof cairn_blake3_initial_words);
    result->flags = CAIRN_BLAKE3_CHUNK_START;
    for (; length > CAIRN_BLAKE3_BLOCK; length -= CAIRN_BLAKE3_BLOCK, data += CAIRN_BLAKE3_BLOCK) {
        cairn_blake3_compress(
            result->value, data, CAIRN_BLAKE3_BLOCK, counter, result->flags, result->value);
        result->flags = 0;
    }
    memset(result->block, 0, sizeof result->block);
    memcpy(result->block, data, length);
    result->length = length;
    result->counter = counter;
    result->flags |= CAIRN_BLAKE3_CHUNK_END;
}

static void write_value(const node *node, void *value) {
    uint32_t words[16];
    cairn_blake3_compress(node->value, node->block, node->length, node->counter, node->flags, words);
    cairn_blake3_store_value(value, words);
}

/// Puts the root through the compression function as often as the output is long.
static void write_root(const node *node, uint8_t *digest, size_t length) {
    for (uint64_t counter = 0; length > 0; counter++) {
        uint32_t words[16];
        uint8_t bytes[CAIRN_BLAKE3_BLOCK];
        cairn_blake3_compress(
            node->value, node->block, node->length, counter, node->flags | CAIRN_BLAKE3_ROOT, words);
        cairn_blake3_store_value(bytes, words);
        cairn_blake3_store_value(bytes + CAIRN_BLAKE3_VALUE, words + 8);
        const size_t count = length < sizeof bytes ? length : sizeof bytes;
        memcpy(digest, bytes, count);
        digest += count;
        length -= count;
    }
}

/// Merges the two last entries until there is one for each complete subtree, that is for each bit set in `chunks`.
///
/// A piece leaves its two halves on the stack: if nothing follows, their parent is the root. So this waits until something follows.
static uint32_t settle(uint64_t stack[][4], uint32_t count, uint64_t chunks) {
    while (count > (uint32_t)__builtin_popcountll(chunks)) {
        node parent;
        make_parent(&parent, stack[count - 2], stack[count - 1]);
        write_value(&parent, stack[count - 2]);
        count--;
    }
    return count;
}

bool cairn_blake3_start(cairn_blake3_state *state, cairn_blake3_path path, uint64_t first_chunk) {
    if (!cairn_blake3_can_run(path)) return false;
    state->chunks = 0;
    state->first_chunk = first_chunk;
    state->pending_length = 0;
    state->stack_count = 0;
    state->path = path;
    return true;
}

static void push_chunk(cairn_blake3_state *state, const uint8_t *data) {
    node chunk;
    make_chunk(&chunk, data, CAIRN_BLAKE3_CHUNK, state->first_chunk + state->chunks);
    state->stack_count = settle(state->stack, state->stack_count, state->chunks);
    write_value(&chunk, state->stack[state->stack_count++]);
    state->chunks++;
}

/// Pushes the two halves of a subtree of 2^k whole chunks, k > 0.
static void push_piece(cairn_blake3_state *state, const uint8_t *data, size_t chunks) {
    const cairn_blake3_engine *engine = cairn_blake3_engine_of(state->path);
    uint8_t values[PIECE * CAIRN_BLAKE3_VALUE];
    cairn_blake3_job jobs[CAIRN_BLAKE3_MAX_LANES];
    for (size_t first = 0; first < chunks; first += CAIRN_BLAKE3_MAX_LANES) {
        const size_t rest = chunks - first;
        const size_t count = rest < CAIRN_BLAKE3_MAX_LANES ? rest : CAIRN_BLAKE3_MAX_LANES;
        for (size_t i = 0; i < count; i++) {
            jobs[i] = (cairn_blake3_job){
                data + CAIRN_BLAKE3_CHUNK * (first + i),
                state->first_chunk + state->chunks + first + i,
                CAIRN_BLAKE3_CHUNK,
                CAIRN_BLAKE3_CHUNK_START,
                CAIRN_BLAKE3_CHUNK_END,
                values + CAIRN_BLAKE3_VALUE * (first + i),
            };
        }
        cairn_blake3_run(engine, jobs, count);
    }
    cairn_blake3_reduce(engine, values, chunks);
    state->stack_count = settle(state->stack, state->stack_count, state->chunks);
    memcpy(state->stack[state->stack_count], values, 2 * CAIRN_BLAKE3_VALUE);
    state->stack_count += 2;
    state->chunks += chunks;
}

void cairn_blake3_update(cairn_blake3_state *state, const uint8_t *data, size_t length) {
    uint8_t *const pending = (uint8_t *)state->pending;
    while (length > 0) {
        size_t taken;
        if (state->pending_length == CAIRN_BLAKE3_CHUNK) {
            push_chunk(state, pending);  // it is not the last chunk: more has come
            state->pending_length = 0;
        }
        if (state->pending_length > 0 || length <= CAIRN_BLAKE3_CHUNK) {
            const size_t room = CAIRN_BLAKE3_CHUNK - state->pending_length;
            taken = length < room ? length : room;
            memcpy(pending + state->pending_length, data, taken);
            state->pending_length += (uint32_t)taken;
        } else {
            // The largest subtree that begins here and is complete.
            size_t chunks = PIECE;
            while (chunks > length / CAIRN_BLAKE3_CHUNK || state->chunks % chunks != 0) chunks /= 2;
            taken = CAIRN_BLAKE3_CHUNK * chunks;
            if (chunks == 1) {
                push_chunk(state, data);
            } else {
                push_piece(state, data, chunks);
            }
        }
        data += taken;
        length -= taken;
    }
}

/// Makes the topmost node of the bytes taken so far.
static void make_top(node *top, const cairn_blake3_state *state) {
    uint64_t stack[sizeof state->stack / sizeof state->stack[0]][4];
    uint32_t count = state->stack_count;
    memcpy(stack, state->stack, count * sizeof stack[0]);
    if (state->pending_length > 0 || count == 0) {
        count = settle(stack, count, state->chunks);
        make_chunk(
            top, (const uint8_t *)state->pending, state->pending_length, state->first_chunk + state->chunks);
    } else {
        // Only a piece leaves nothing pending, and it leaves two entries.
        make_parent(top, stack[count - 2], stack[count - 1]);
        count -= 2;
    }
    while (count > 0) {
        uint8_t right[CAIRN_BLAKE3_VALUE];
        write_value(top, right);
        make_parent(top, stack[--count], right);
    }
}

void cairn_blake3_finish(const cairn_blake3_state *state, uint8_t *digest, size_t length) {
    node top;
    make_top(&top, state);
    write_root(&top, digest, length);
}

void cairn_blake3_finish_subtree(const cairn_blake3_state *state, uint8_t *value) {
    node top;
    make_top(&top, state);
    write_value(&top, value);
}

bool cairn_blake3_fold(cairn_blake3_path path, uint8_t *values, size_t count, uint8_t *digest) {
    if (!cairn_blake3_can_run(path) || count < 2) return false;
    cairn_blake3_reduce(cairn_blake3_engine_of(path), values, count);
    node root;
    make_parent(&root, values, values + CAIRN_BLAKE3_VALUE);
    write_root(&root, digest, CAIRN_BLAKE3_VALUE);
    return true;
}

bool cairn_blake3_pair(cairn_blake3_path path, uint8_t *values, size_t count) {
    if (!cairn_blake3_can_run(path)) return false;
    cairn_blake3_pair_values(cairn_blake3_engine_of(path), values, count);
    return true;
}
