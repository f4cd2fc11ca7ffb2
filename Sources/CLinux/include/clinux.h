// Linux calls that Swift's importer does not show (they need _GNU_SOURCE) or that are variadic.
#ifndef CLINUX_H
#define CLINUX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "clinux_process.h"

/// What statx(2) tells of a file, times in nanoseconds since the epoch.
typedef struct {
    uint64_t inode;
    uint64_t device;
    int64_t size;
    int64_t mtime;
    int64_t ctime;
    uint32_t mode;
    uint32_t links;
    uint32_t owner;
} clinux_status;

/// statx(2) of `name` in the open folder `folder` (or of `folder` itself when `name` is empty). Returns 0 or an errno.
int clinux_status_at(int folder, const char *name, bool follow, clinux_status *status);

/// openat2-free open: openat(2) with O_CLOEXEC. Returns a descriptor, or minus an errno.
int clinux_open_at(int folder, const char *name, int flags, mode_t mode);

/// Reads the next entries of an open folder, as `struct linux_dirent64` one after the other.
///
/// Returns how many bytes were filled in, 0 at the end, or a negative error number.
int64_t clinux_read_entries(int folder, void *buffer, size_t size);

/// O_TMPFILE: makes a file without a name, for reading and writing, on the file system of a folder. Returns a descriptor, or minus an
/// errno.
int clinux_open_unnamed(int folder, mode_t mode);

/// pipe2(2) with O_CLOEXEC: both ends stay in this process. Returns 0 or an errno.
int clinux_pipe(int *reading, int *writing);

/// Gives a file without a name its first one; a name that is taken stays. Returns 0 or an errno.
int clinux_name(int descriptor, int folder, const char *name);

/// syncfs(2) of the file system of an open file. Returns 0 or an errno.
int clinux_sync_file_system(int descriptor);

/// FICLONE: makes `to` share all blocks of `from`. Returns 0 or an errno.
int clinux_clone(int from, int to);

/// renameat2(2) with RENAME_NOREPLACE. Returns 0 or an errno.
int clinux_rename_exclusively(int from_folder, const char *from, int to_folder, const char *to);

/// Starts writing back a range of a file without waiting. Returns 0 or an errno.
int clinux_start_writeback(int descriptor, int64_t offset, int64_t count);

/// Bytes that an unprivileged user may still write on the file system of `path`; -1 with errno on failure.
int64_t clinux_free_space(const char *path);

/// How many characters fit into a line of the terminal that a descriptor is open on; 0 if it is none or does not tell.
int clinux_terminal_width(int descriptor);

/// How many processors this process may run on, at least 1.
int clinux_processors(void);

/// Installs a handler for SIGINT, SIGTERM and SIGHUP that counts, and leaves with 130 at the second SIGINT; ignores SIGPIPE.
void clinux_watch_interrupts(void);
/// The first of the signals that arrived, or 0.
int clinux_interrupted(void);

#endif
