// Chooses the BLAKE3 path at run time.
#include "blake3_internal.h"

bool cairn_blake3_can_run(cairn_blake3_path path) {
    switch (path) {
        case CAIRN_BLAKE3_PORTABLE: return true;
#if CAIRN_BLAKE3_HAS_X86_LANES
        // Both ask for the operating system's support of the wider registers too.
        case CAIRN_BLAKE3_AVX2: return __builtin_cpu_supports("avx2");
        case CAIRN_BLAKE3_AVX512:
            return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
#else
        case CAIRN_BLAKE3_AVX2:
        case CAIRN_BLAKE3_AVX512: return false;
#endif
    }
    return false;
}

cairn_blake3_path cairn_blake3_best_path(void) {
    if (cairn_blake3_can_run(CAIRN_BLAKE3_AVX512)) return CAIRN_BLAKE3_AVX512;
    if (cairn_blake3_can_run(CAIRN_BLAKE3_AVX2)) return CAIRN_BLAKE3_AVX2;
    return CAIRN_BLAKE3_PORTABLE;
}

const cairn_blake3_engine *cairn_blake3_engine_of(cairn_blake3_path path) {
    static const cairn_blake3_engine portable = {1, 0, 0, 0};
#if CAIRN_BLAKE3_HAS_X86_LANES
    static const cairn_blake3_engine avx2 = {8, cairn_blake3_avx2_lanes, 0, 0};
    static const cairn_blake3_engine avx512 = {16, cairn_blake3_avx512_lanes, 8, cairn_blake3_avx2_lanes};
    if (path == CAIRN_BLAKE3_AVX2) return &avx2;
    if (path == CAIRN_BLAKE3_AVX512) return &avx512;
#endif
    (void)path;
    return &portable;
}

bool cairn_blake3_hash(cairn_blake3_path path, const uint8_t *data, size_t length, uint8_t *digest) {
    if (!cairn_blake3_can_run(path)) return false;
    if (length <= CAIRN_BLAKE3_CHUNK) {
        const cairn_blake3_job job = {
            data, 0, (uint32_t)length, CAIRN_BLAKE3_CHUNK_START, CAIRN_BLAKE3_CHUNK_END | CAIRN_BLAKE3_ROOT, digest};
        cairn_blake3_run_one(&job);
    } else if (length <= CAIRN_BLAKE3_SHORT) {
        const cairn_blake3_input input = {data, length};
        cairn_blake3_run_short(cairn_blake3_engine_of(path), &input, 1, digest);
    } else {
        cairn_blake3_state state;
        cairn_blake3_start(&state, path, 0);
        cairn_blake3_update(&state, data, length);
        cairn_blake3_finish(&state, digest, CAIRN_BLAKE3_VALUE);
    }
    return true;
}

bool cairn_blake3_many(
    cairn_blake3_path path, const cairn_blake3_input *inputs, size_t count, uint8_t *digests) {
    if (!cairn_blake3_can_run(path)) return false;
    cairn_blake3_run_short(cairn_blake3_engine_of(path), inputs, count, digests);
    for (size_t i = 0; i < count; i++) {
        if (inputs[i].length <= CAIRN_BLAKE3_SHORT) continue;
        cairn_blake3_hash(path, inputs[i].data, inputs[i].length, digests + CAIRN_BLAKE3_VALUE * i);
    }
    return true;
}
