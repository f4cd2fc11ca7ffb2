#define _GNU_SOURCE
#include "clinux.h"
#include "clinux_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/// Nanoseconds since the epoch; times that do not fit (before 1678, after 2262) become the nearest that does.
static int64_t nanoseconds(struct statx_timestamp time) {
    int64_t result;
    if (__builtin_mul_overflow(time.tv_sec, INT64_C(1000000000), &result) ||
        __builtin_add_overflow(result, (int64_t)time.tv_nsec, &result))
        return time.tv_sec < 0 ? INT64_MIN : INT64_MAX;
    return result;
}

int clinux_status_at(int folder, const char *name, bool follow, clinux_status *status) {
    struct statx found;
    int flags = (follow ? 0 : AT_SYMLINK_NOFOLLOW) | (name[0] == 0 ? AT_EMPTY_PATH : 0) | AT_NO_AUTOMOUNT;
    if (statx(folder, name, flags, STATX_BASIC_STATS, &found) != 0) return errno;
    status->inode = found.stx_ino;
    status->device = makedev(found.stx_dev_major, found.stx_dev_minor);
    status->size = (int64_t)found.stx_size;
    status->mtime = nanoseconds(found.stx_mtime);
    status->ctime = nanoseconds(found.stx_ctime);
    status->mode = found.stx_mode;
    status->links = found.stx_nlink;
    status->owner = found.stx_uid;
    return 0;
}

int clinux_open_at(int folder, const char *name, int flags, mode_t mode) {
    int descriptor;
    do {
        descriptor = openat(folder, name, flags | O_CLOEXEC, mode);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor < 0 ? -errno : descriptor;
}

int64_t clinux_read_entries(int folder, void *buffer, size_t size) {
    ssize_t count = getdents64(folder, buffer, size);
    return count < 0 ? -errno : count;
}

int clinux_open_unnamed(int folder, mode_t mode) { return clinux_open_at(folder, ".", O_TMPFILE | O_RDWR, mode); }

int clinux_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}

int clinux_name(int descriptor, int folder, const char *name) {
    // The way that needs no privilege.
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    return linkat(AT_FDCWD, link, folder, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

int clinux_sync_file_system(int descriptor) { return syncfs(descriptor) == 0 ? 0 : errno; }

int clinux_clone(int from, int to) { return ioctl(to, FICLONE, from) == 0 ? 0 : errno; }

int clinux_rename_exclusively(int from_folder, const char *from, int to_folder, const char *to) {
    return renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0 ? 0 : errno;
}

int clinux_start_writeback(int descriptor, int64_t offset, int64_t count) {
    return sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE) == 0 ? 0 : errno;
}

int64_t clinux_free_space(const char *path) {
    struct statvfs found;
    if (statvfs(path, &found) != 0) return -1;
    return (int64_t)found.f_bavail * (int64_t)found.f_frsize;
}

int clinux_terminal_width(int descriptor) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

int clinux_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

// Atomic: a signal arrives on any thread, and all of them ask.
static atomic_int first_signal = 0;
static atomic_int interrupt_descriptor = -1;

static void note_signal(int number) {
    int none = 0;
    if (!atomic_compare_exchange_strong(&first_signal, &none, number)) {
        if (number == SIGINT) _exit(130);
        return;
    }
    int descriptor = atomic_load(&interrupt_descriptor);
    if (descriptor >= 0) clinux_note(descriptor);
}

void clinux_watch_interrupts(void) {
    if (atomic_load(&interrupt_descriptor) < 0) atomic_store(&interrupt_descriptor, clinux_note_descriptor());
    struct sigaction action = {0};
    action.sa_handler = note_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    // nohup(1) starts programs that are to outlive their terminal with SIGHUP ignored.
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) != 0 || before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int clinux_interrupted(void) { return atomic_load_explicit(&first_signal, memory_order_relaxed); }

int clinux_interrupt_descriptor(void) { return atomic_load(&interrupt_descriptor); }

void clinux_interrupt(int number) {
    int none = 0;
    if (!atomic_compare_exchange_strong(&first_signal, &none, number)) return;
    int descriptor = atomic_load(&interrupt_descriptor);
    if (descriptor >= 0) clinux_note(descriptor);
}
