// The gear hash, whose small values mark the places where a stream may be cut into chunks.
//
// After each byte b the hash is h = 2 h + table[b] modulo 2^64. A byte is shifted out after 64 more, so h says something about the last 64
// bytes alone: places can be looked for from anywhere, in several lanes, and by several threads.
//
// Source: Xia et al., "FastCDC", USENIX ATC 2016. What the numbers are is said in docs/formats/chunking.md.
#ifndef CAIRN_GEAR_H
#define CAIRN_GEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /// The bytes that a value of the hash depends on.
    CAIRN_GEAR_WINDOW = 64,
};

/// Where chunks may end. `minimum` is at least `CAIRN_GEAR_WINDOW`, and minimum <= normal <= maximum.
typedef struct {
    size_t minimum;
    size_t normal;
    size_t maximum;
    /// A chunk of minimum ... normal bytes ends where the hash is below this.
    uint64_t strict;
    /// A longer one ends where it is below this, which is not less than `strict`.
    uint64_t loose;
} cairn_gear_limits;

/// How a stretch is searched. All find the same places.
typedef enum {
    /// One byte after the other.
    CAIRN_GEAR_SERIAL = 0,
    /// Four stripes at the same time, whose steps do not wait for each other.
    CAIRN_GEAR_STRIPES = 1,
} cairn_gear_path;

/// A chunk whose end has not been found. Zero at the start of a chunk.
typedef struct {
    /// The bytes of the chunk so far.
    size_t taken;
    /// The hash after them, if they are more than `minimum` less the window.
    uint64_t hash;
} cairn_gear_state;

/// Returns the hash after `length` bytes more.
uint64_t cairn_gear_roll(const uint64_t table[256], uint64_t hash, const uint8_t *data, size_t length);

/// Goes on with a chunk and returns how many of the bytes belong to it: all of them, unless the chunk ends sooner.
///
/// Sets `is_end` to whether the chunk ends there, and if so, makes `state` that of a new one. The end of the stream is not an end here.
size_t cairn_gear_scan(
    cairn_gear_path path, const uint64_t table[256], const cairn_gear_limits *limits, cairn_gear_state *state,
    const uint8_t *data, size_t length, bool *is_end);

/// Finds every place of a stretch where the hash is below `loose`, whatever chunks there are.
///
/// `hash` is the hash after the 63 bytes (or more) in front of the stretch. For each place, 2 n + s is written in order, where n is the
/// number of bytes up to it (1 ... length) and s is 1 if the hash is below `strict` too; `count` becomes their number.
///
/// Returns false, with nothing of meaning written, if there may be more than `capacity`: every stripe has a quarter of it.
bool cairn_gear_places(
    cairn_gear_path path, const uint64_t table[256], const cairn_gear_limits *limits, uint64_t hash,
    const uint8_t *data, size_t length, uint64_t *places, size_t capacity, size_t *count);

#endif
