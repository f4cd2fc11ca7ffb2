#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int clinux_status_at(int folder, const char *name, bool follow, clinux_status *status) {
    struct statx found;
    int flags = (follow ? 0 : AT_SYMLINK_NOFOLLOW) | (name[0] == 0 ? AT_EMPTY_PATH : 0) | AT_NO_AUTOMOUNT;
    if (statx(folder, name, flags, STATX_BASIC_STATS, &found) != 0) return errno;
    status->inode = found.stx_ino;
    status->device = makedev(found.stx_dev_major, found.stx_dev_minor);
    status->size = (int64_t)found.stx_size;
    status->mtime = found.stx_mtime.tv_sec * 1000000000LL + found.stx_mtime.tv_nsec;
    status->ctime = found.stx_ctime.tv_sec * 1000000000LL + found.stx_ctime.tv_nsec;
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

static volatile sig_atomic_t first_signal = 0;

static void note_signal(int number) {
    if (first_signal != 0 && number == SIGINT) _exit(130);
    if (first_signal == 0) first_signal = number;
}

void clinux_watch_interrupts(void) {
    struct sigaction action = {0};
    action.sa_handler = note_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int clinux_interrupted(void) { return first_signal; }
