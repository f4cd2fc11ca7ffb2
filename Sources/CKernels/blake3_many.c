// BLAKE3 of many short inputs: the chunks of all of them share the lanes, and so do the parents of each level.
#include <string.h>

#include "blake3_internal.h"

enum {
    /// The chaining values that a round has room for.
    VALUES = 512,
    /// The inputs of more than one chunk that a round can have.
    TREES = VALUES / 2,
    /// How many chunks that are not whole are collected, so that those of like length go side by side.
    PARTIAL = 128,
};

/// Chunks that wait for others to fill the lanes.
typedef struct {
    const cairn_blake3_engine *engine;
    size_t full_count;
    size_t partial_count;
    cairn_blake3_job full[CAIRN_BLAKE3_MAX_LANES];
    /// With room for the full ones that are left over.
    cairn_blake3_job partial[PARTIAL + CAIRN_BLAKE3_MAX_LANES];
} queue;

/// An input of several chunks in the present round.
typedef struct {
    uint8_t *values;
    uint32_t count;
    uint8_t *digest;
} tree;

/// Runs the chunks that are not whole, longest first, so that the lanes of a batch have nearly as much to do.
static void run_partial(queue *queue) {
    enum { STEPS = CAIRN_BLAKE3_CHUNK / CAIRN_BLAKE3_BLOCK };
    cairn_blake3_job sorted[PARTIAL + CAIRN_BLAKE3_MAX_LANES];
    // places[s] is where the next job of the s-th rank goes; rank 0 has the most blocks.
    size_t places[STEPS + 2] = {0};
    for (size_t i = 0; i < queue->partial_count; i++) {
        places[STEPS - (queue->partial[i].length + CAIRN_BLAKE3_BLOCK - 1) / CAIRN_BLAKE3_BLOCK + 1]++;
    }
    for (size_t rank = 1; rank < STEPS + 2; rank++) places[rank] += places[rank - 1];
    for (size_t i = 0; i < queue->partial_count; i++) {
        const size_t rank = STEPS - (queue->partial[i].length + CAIRN_BLAKE3_BLOCK - 1) / CAIRN_BLAKE3_BLOCK;
        sorted[places[rank]++] = queue->partial[i];
    }
    cairn_blake3_run(queue->engine, sorted, queue->partial_count);
    queue->partial_count = 0;
}

static void flush(queue *queue) {
    memcpy(queue->partial + queue->partial_count, queue->full, queue->full_count * sizeof queue->full[0]);
    queue->partial_count += queue->full_count;
    queue->full_count = 0;
    run_partial(queue);
}

static void add(queue *queue, const cairn_blake3_job *job) {
    if (job->length == CAIRN_BLAKE3_CHUNK) {
        queue->full[queue->full_count++] = *job;
        if (queue->full_count == CAIRN_BLAKE3_MAX_LANES) {
            cairn_blake3_run(queue->engine, queue->full, queue->full_count);
            queue->full_count = 0;
        }
    } else {
        queue->partial[queue->partial_count++] = *job;
        if (queue->partial_count == PARTIAL) run_partial(queue);
    }
}

/// Adds the chunks of an input; chunk i's result goes to `out` + 32 i.
static void add_chunks(
    queue *queue, const cairn_blake3_input *input, size_t chunks, uint8_t last_flags, uint8_t *out) {
    size_t left = input->length;
    for (size_t i = 0; i < chunks; i++) {
        const size_t length = left < CAIRN_BLAKE3_CHUNK ? left : CAIRN_BLAKE3_CHUNK;
        const cairn_blake3_job job = {
            // No offset is added to the pointer of an empty input, which may be null.
            i == 0 ? input->data : input->data + CAIRN_BLAKE3_CHUNK * i,
            i,
            (uint32_t)length,
            CAIRN_BLAKE3_CHUNK_START,
            last_flags,
            out + CAIRN_BLAKE3_VALUE * i,
        };
        add(queue, &job);
        left -= length;
    }
}

/// Reduces every tree to its digest, level by level.
static void run_trees(const cairn_blake3_engine *engine, tree *trees, size_t count) {
    while (count > 0) {
        cairn_blake3_job jobs[CAIRN_BLAKE3_MAX_LANES];
        size_t job_count = 0;
        for (size_t t = 0; t < count; t++) {
            const bool is_root = trees[t].count == 2;
            for (size_t i = 0; i < trees[t].count / 2; i++) {
                jobs[job_count++] = (cairn_blake3_job){
                    trees[t].values + CAIRN_BLAKE3_BLOCK * i, 0, CAIRN_BLAKE3_BLOCK, CAIRN_BLAKE3_PARENT,
                    is_root ? CAIRN_BLAKE3_ROOT : 0,
                    is_root ? trees[t].digest : trees[t].values + CAIRN_BLAKE3_VALUE * i};
                if (job_count == CAIRN_BLAKE3_MAX_LANES) {
                    cairn_blake3_run(engine, jobs, job_count);
                    job_count = 0;
                }
            }
        }
        cairn_blake3_run(engine, jobs, job_count);
        size_t left = 0;
        for (size_t t = 0; t < count; t++) {
            const uint32_t values = trees[t].count, parents = values / 2;
            if (values == 2) continue;
            if (values % 2 != 0) {
                memcpy(
                    trees[t].values + CAIRN_BLAKE3_VALUE * parents,
                    trees[t].values + CAIRN_BLAKE3_VALUE * (values - 1), CAIRN_BLAKE3_VALUE);
            }
            trees[left] = trees[t];
            trees[left++].count = values - parents;
        }
        count = left;
    }
}

void cairn_blake3_run_short(
    const cairn_blake3_engine *engine, const cairn_blake3_input *inputs, size_t count, uint8_t *digests) {
    uint8_t values[VALUES * CAIRN_BLAKE3_VALUE];
    tree trees[TREES];
    queue waiting;  // its places are written before they are read
    waiting.engine = engine;
    waiting.full_count = 0;
    waiting.partial_count = 0;
    size_t used = 0, tree_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (inputs[i].length > CAIRN_BLAKE3_SHORT) continue;
        uint8_t *const digest = digests + CAIRN_BLAKE3_VALUE * i;
        const size_t chunks = (inputs[i].length + CAIRN_BLAKE3_CHUNK - 1) / CAIRN_BLAKE3_CHUNK;
        if (chunks <= 1) {
            add_chunks(&waiting, &inputs[i], 1, CAIRN_BLAKE3_CHUNK_END | CAIRN_BLAKE3_ROOT, digest);
            continue;
        }
        if (used + chunks > VALUES) {
            flush(&waiting);
            run_trees(engine, trees, tree_count);
            used = 0;
            tree_count = 0;
        }
        uint8_t *const first = values + CAIRN_BLAKE3_VALUE * used;
        add_chunks(&waiting, &inputs[i], chunks, CAIRN_BLAKE3_CHUNK_END, first);
        trees[tree_count++] = (tree){first, (uint32_t)chunks, digest};
        used += chunks;
    }
    flush(&waiting);
    run_trees(engine, trees, tree_count);
}
