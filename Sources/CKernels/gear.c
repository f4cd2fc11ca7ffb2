// Looks for the places where the gear hash is small.
#include "cairn_gear.h"

#include <string.h>

enum {
    STRIPES = 4,
    /// The bytes of a stripe in the search for the first place: what lies behind the place has been read in vain.
    STRIPE = 2048,
    /// What has to be read in front of a stripe, whose first byte completes the window.
    WARM_UP = CAIRN_GEAR_WINDOW - 1,
};

#define NEXT(hash, byte) (((hash) << 1) + table[byte])
#define RARELY(condition) __builtin_expect(condition, 0)

uint64_t cairn_gear_roll(const uint64_t table[256], uint64_t hash, const uint8_t *data, size_t length) {
    for (size_t i = 0; i < length; i++) hash = NEXT(hash, data[i]);
    return hash;
}

/// Sets up the hashes of stripes of `length` bytes; the first goes on with `hash`.
static void warm_up(
    const uint64_t table[256], uint64_t hash, const uint8_t *data, size_t length, uint64_t hashes[STRIPES]) {
    hashes[0] = hash;
    for (size_t s = 1; s < STRIPES; s++) {
        hashes[s] = cairn_gear_roll(table, 0, data + length * s - WARM_UP, WARM_UP);
    }
}

/// Reads four stripes and returns the bytes up to the first place in them, or 0 if there is none; then `hash` is that after the last byte.
static size_t first_in_stripes(
    const uint64_t table[256], uint64_t *hash, const uint8_t *data, uint64_t threshold) {
    uint64_t h[STRIPES];
    size_t found[STRIPES] = {0};
    warm_up(table, *hash, data, STRIPE, h);
    uint64_t h0 = h[0], h1 = h[1], h2 = h[2], h3 = h[3];
    for (size_t i = 0; i < STRIPE; i++) {
        h0 = NEXT(h0, data[i]);
        h1 = NEXT(h1, data[STRIPE + i]);
        h2 = NEXT(h2, data[2 * STRIPE + i]);
        h3 = NEXT(h3, data[3 * STRIPE + i]);
        if (RARELY(h0 < threshold)) return i + 1;
        if (RARELY(h1 < threshold) && found[1] == 0) found[1] = STRIPE + i + 1;
        if (RARELY(h2 < threshold) && found[2] == 0) found[2] = 2 * STRIPE + i + 1;
        if (RARELY(h3 < threshold) && found[3] == 0) found[3] = 3 * STRIPE + i + 1;
    }
    *hash = h3;
    for (size_t s = 1; s < STRIPES; s++) {
        if (found[s] != 0) return found[s];
    }
    return 0;
}

/// Returns the bytes up to the first place, or 0 if there is none; then `hash` is that after the last byte.
static size_t first_place(
    cairn_gear_path path, const uint64_t table[256], uint64_t *hash, const uint8_t *data, size_t length,
    uint64_t threshold) {
    size_t i = 0;
    if (path == CAIRN_GEAR_STRIPES) {
        for (; length - i >= STRIPES * STRIPE; i += STRIPES * STRIPE) {
            const size_t found = first_in_stripes(table, hash, data + i, threshold);
            if (found != 0) return i + found;
        }
    }
    uint64_t h = *hash;
    for (; i < length; i++) {
        h = NEXT(h, data[i]);
        if (RARELY(h < threshold)) return i + 1;
    }
    *hash = h;
    return 0;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

size_t cairn_gear_scan(
    cairn_gear_path path, const uint64_t table[256], const cairn_gear_limits *limits, cairn_gear_state *state,
    const uint8_t *data, size_t length, bool *is_end) {
    const size_t start = limits->minimum - CAIRN_GEAR_WINDOW;
    size_t done = 0;
    *is_end = false;
    // Nothing before the minimum is looked at but what the first value depends on.
    if (state->taken < start) {
        done = least(start - state->taken, length);
        state->taken += done;
        state->hash = 0;
    }
    if (state->taken >= start && state->taken < limits->minimum - 1) {
        const size_t count = least(limits->minimum - 1 - state->taken, length - done);
        state->hash = cairn_gear_roll(table, state->hash, data + done, count);
        state->taken += count;
        done += count;
    }
    while (done < length) {
        const bool is_strict = state->taken < limits->normal;
        const size_t end = is_strict ? limits->normal : limits->maximum;
        const size_t count = least(end - state->taken, length - done);
        const size_t found = first_place(
            path, table, &state->hash, data + done, count, is_strict ? limits->strict : limits->loose);
        const size_t taken = found != 0 ? found : count;
        state->taken += taken;
        done += taken;
        if (found != 0 || state->taken == limits->maximum) {
            *is_end = true;
            *state = (cairn_gear_state){0, 0};
            break;
        }
    }
    return done;
}

/// A list of places that counts on when it is full.
typedef struct {
    uint64_t *places;
    size_t capacity;
    size_t count;
} list;

static inline void note(list *list, size_t bytes, uint64_t hash, uint64_t strict) {
    if (list->count < list->capacity) list->places[list->count] = (uint64_t)bytes << 1 | (hash < strict);
    list->count++;
}

bool cairn_gear_places(
    cairn_gear_path path, const uint64_t table[256], const cairn_gear_limits *limits, uint64_t hash,
    const uint8_t *data, size_t length, uint64_t *places, size_t capacity, size_t *count) {
    const uint64_t loose = limits->loose, strict = limits->strict;
    size_t done = 0;
    *count = 0;
    if (path == CAIRN_GEAR_STRIPES && length >= STRIPES * STRIPE) {
        const size_t stripe = length / STRIPES;
        list lists[STRIPES];
        for (size_t s = 0; s < STRIPES; s++) {
            lists[s] = (list){places + capacity / STRIPES * s, capacity / STRIPES, 0};
        }
        uint64_t h[STRIPES];
        warm_up(table, hash, data, stripe, h);
        uint64_t h0 = h[0], h1 = h[1], h2 = h[2], h3 = h[3];
        const uint8_t *const data1 = data + stripe, *const data2 = data1 + stripe, *const data3 = data2 + stripe;
        for (size_t i = 0; i < stripe; i++) {
            h0 = NEXT(h0, data[i]);
            h1 = NEXT(h1, data1[i]);
            h2 = NEXT(h2, data2[i]);
            h3 = NEXT(h3, data3[i]);
            if (RARELY(h0 < loose)) note(&lists[0], i + 1, h0, strict);
            if (RARELY(h1 < loose)) note(&lists[1], stripe + i + 1, h1, strict);
            if (RARELY(h2 < loose)) note(&lists[2], 2 * stripe + i + 1, h2, strict);
            if (RARELY(h3 < loose)) note(&lists[3], 3 * stripe + i + 1, h3, strict);
        }
        for (size_t s = 0; s < STRIPES; s++) {
            if (lists[s].count > lists[s].capacity) return false;
            // An empty capacity has no memory.
            if (lists[s].count > 0) memmove(places + *count, lists[s].places, lists[s].count * sizeof places[0]);
            *count += lists[s].count;
        }
        done = STRIPES * stripe;
        hash = h3;
    }
    list rest = {places, capacity, *count};
    for (; done < length; done++) {
        hash = NEXT(hash, data[done]);
        if (RARELY(hash < loose)) note(&rest, done + 1, hash, strict);
    }
    *count = rest.count;
    return rest.count <= capacity;
}
