// CRC-32C (Castagnoli, polynomial 0x1EDC6F41), the checksum of stored frames: it finds damage, not forgery.
#ifndef CAIRN_CRC32C_H
#define CAIRN_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How the checksum is computed. The order is that of preference, best last.
typedef enum {
    /// A table and one byte at a time, any machine.
    CAIRN_CRC32C_PORTABLE = 0,
    /// The instruction of SSE 4.2 in three streams, which PCLMULQDQ joins.
    CAIRN_CRC32C_SSE42 = 1,
} cairn_crc32c_path;

/// Returns whether this machine can run the path.
bool cairn_crc32c_can_run(cairn_crc32c_path path);
/// Returns the best path that this machine can run.
cairn_crc32c_path cairn_crc32c_best_path(void);
/// Continues the checksum `crc` (0 at the start) over `length` bytes; `data` may be null if `length` is 0.
///
/// The path must be one that this machine can run.
uint32_t cairn_crc32c(cairn_crc32c_path path, uint32_t crc, const uint8_t *data, size_t length);

#endif
