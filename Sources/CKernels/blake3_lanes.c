// Puts chunks and parents of BLAKE3, of one input or of many, into vector lanes.
#include <string.h>

#include "blake3_internal.h"

static uint32_t blocks_of(const cairn_blake3_job *job) {
    return job->length <= CAIRN_BLAKE3_BLOCK ? 1 : (job->length + CAIRN_BLAKE3_BLOCK - 1) / CAIRN_BLAKE3_BLOCK;
}

/// Computes 2 ... `width` jobs side by side.
static void run_batch(
    cairn_blake3_lane_kernel kernel, size_t width, const cairn_blake3_job *jobs, size_t count) {
    cairn_blake3_batch batch;
    // What a lane reads if its job has fewer bytes than the longest. Not cleared as a whole: most batches need none of it.
    uint8_t padded[CAIRN_BLAKE3_MAX_LANES][CAIRN_BLAKE3_CHUNK];
    uint8_t nowhere[CAIRN_BLAKE3_VALUE];
    uint32_t steps = 1;
    for (size_t i = 0; i < count; i++) {
        const uint32_t blocks = blocks_of(&jobs[i]);
        if (blocks > steps) steps = blocks;
    }
    for (size_t lane = 0; lane < width; lane++) {
        // An idle lane does the first job once more.
        const cairn_blake3_job *job = &jobs[lane < count ? lane : 0];
        const uint32_t blocks = blocks_of(job);
        batch.counter_low[lane] = (uint32_t)job->counter;
        batch.counter_high[lane] = (uint32_t)(job->counter >> 32);
        batch.blocks[lane] = blocks;
        batch.last_length[lane] = job->length - CAIRN_BLAKE3_BLOCK * (blocks - 1);
        batch.first_flags[lane] = job->first_flags;
        batch.last_flags[lane] = job->last_flags;
        batch.out[lane] = lane < count ? job->out : nowhere;
        if (lane >= count) {
            batch.data[lane] = batch.data[0];
        } else if (job->length == CAIRN_BLAKE3_BLOCK * steps) {
            batch.data[lane] = job->data;
        } else {
            if (job->length > 0) memcpy(padded[lane], job->data, job->length);
            memset(padded[lane] + job->length, 0, CAIRN_BLAKE3_BLOCK * steps - job->length);
            batch.data[lane] = padded[lane];
        }
    }
    kernel(&batch, steps);
}

void cairn_blake3_run(const cairn_blake3_engine *engine, const cairn_blake3_job *jobs, size_t count) {
    while (count > 0) {
        size_t taken;
        if (count == 1 || engine->width == 1) {
            taken = 1;
            cairn_blake3_run_one(jobs);
        } else if (count <= engine->narrow_width) {
            taken = count;
            run_batch(engine->narrow_kernel, engine->narrow_width, jobs, taken);
        } else {
            taken = count < engine->width ? count : engine->width;
            run_batch(engine->kernel, engine->width, jobs, taken);
        }
        jobs += taken;
        count -= taken;
    }
}

size_t cairn_blake3_pair_values(const cairn_blake3_engine *engine, uint8_t *values, size_t count) {
    const size_t parents = count / 2;
    for (size_t first = 0; first < parents; first += CAIRN_BLAKE3_MAX_LANES) {
        cairn_blake3_job jobs[CAIRN_BLAKE3_MAX_LANES];
        const size_t rest = parents - first;
        const size_t taken = rest < CAIRN_BLAKE3_MAX_LANES ? rest : CAIRN_BLAKE3_MAX_LANES;
        for (size_t i = 0; i < taken; i++) {
            // In place: the result of a parent lies before the children of every later one.
            jobs[i] = (cairn_blake3_job){
                values + CAIRN_BLAKE3_BLOCK * (first + i), 0, CAIRN_BLAKE3_BLOCK, CAIRN_BLAKE3_PARENT, 0,
                values + CAIRN_BLAKE3_VALUE * (first + i)};
        }
        cairn_blake3_run(engine, jobs, taken);
    }
    // The odd one moves up as it is.
    if (count % 2 != 0) {
        memmove(values + CAIRN_BLAKE3_VALUE * parents, values + CAIRN_BLAKE3_VALUE * (count - 1), CAIRN_BLAKE3_VALUE);
    }
    return count - parents;
}

void cairn_blake3_reduce(const cairn_blake3_engine *engine, uint8_t *values, size_t count) {
    while (count > 2) count = cairn_blake3_pair_values(engine, values, count);
}
