// Chooses the MD5 path at run time.
#include "md5_internal.h"

bool cairn_md5_can_run(cairn_md5_path path) {
    switch (path) {
        case CAIRN_MD5_PORTABLE: return true;
#if CAIRN_MD5_HAS_X86_LANES
        // Both ask for the operating system's support of the wider registers too.
        case CAIRN_MD5_AVX2: return __builtin_cpu_supports("avx2");
        case CAIRN_MD5_AVX512: return __builtin_cpu_supports("avx512f");
#else
        case CAIRN_MD5_AVX2:
        case CAIRN_MD5_AVX512: return false;
#endif
    }
    return false;
}

cairn_md5_path cairn_md5_best_path(void) {
    if (cairn_md5_can_run(CAIRN_MD5_AVX512)) return CAIRN_MD5_AVX512;
    if (cairn_md5_can_run(CAIRN_MD5_AVX2)) return CAIRN_MD5_AVX2;
    return CAIRN_MD5_PORTABLE;
}

static void one_after_the_other(const cairn_md5_input *inputs, size_t count, uint8_t *digests) {
    for (size_t i = 0; i < count; i++) {
        cairn_md5_state state;
        cairn_md5_start(&state);
        cairn_md5_update(&state, inputs[i].data, inputs[i].length);
        cairn_md5_finish(&state, digests + CAIRN_MD5_DIGEST * i);
    }
}

bool cairn_md5_many(cairn_md5_path path, const cairn_md5_input *inputs, size_t count, uint8_t *digests) {
    if (!cairn_md5_can_run(path)) return false;
    switch (path) {
#if CAIRN_MD5_HAS_X86_LANES
        case CAIRN_MD5_AVX2: cairn_md5_schedule(&cairn_md5_avx2_engine, inputs, count, digests); break;
        case CAIRN_MD5_AVX512: cairn_md5_schedule(&cairn_md5_avx512_engine, inputs, count, digests); break;
#endif
        default: one_after_the_other(inputs, count, digests); break;
    }
    return true;
}

void cairn_md5_update_many(cairn_md5_state *states, const uint8_t *const *data, size_t count, size_t blocks) {
    switch (cairn_md5_best_path()) {
#if CAIRN_MD5_HAS_X86_LANES
        case CAIRN_MD5_AVX2: cairn_md5_update_lanes(&cairn_md5_avx2_engine, states, data, count, blocks); break;
        case CAIRN_MD5_AVX512: cairn_md5_update_lanes(&cairn_md5_avx512_engine, states, data, count, blocks); break;
#endif
        default:
            for (size_t i = 0; i < count; i++) cairn_md5_update(&states[i], data[i], CAIRN_MD5_BLOCK * blocks);
            break;
    }
}
