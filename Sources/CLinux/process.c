#define _GNU_SOURCE
#include "clinux_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// Our end of the socket to the guard, and the guard's number.
static atomic_int guard_socket = -1;
static atomic_int guard_process = 0;

static void close_from(unsigned first) {
#ifdef SYS_close_range
    syscall(SYS_close_range, first, ~0U, 0);  // where the kernel has no such call: ours are close-on-exec
#else
    (void)first;
#endif
}

/// What is left of a failure in the child, which shares the memory of its parent until it becomes another program.
typedef struct {
    const clinux_launch *launch;
    volatile int error;
    volatile clinux_step step;
} child_state;

__attribute__((noreturn)) static void fail(child_state *state, clinux_step step) {
    state->error = errno;
    state->step = step;
    _exit(127);
}

static void set_streams(child_state *state) {
    int streams[3];
    for (int number = 0; number < 3; number++) {
        int from = state->launch->streams[number];
        if (from < 0) from = open("/dev/null", number == 0 ? O_RDONLY : O_WRONLY);
        // Out of the way of those that come before it.
        if (from >= 0 && from < 3 && from != number) from = fcntl(from, F_DUPFD, 3);
        if (from < 0) fail(state, clinux_step_streams);
        streams[number] = from;
    }
    for (int number = 0; number < 3; number++) {
        int done = streams[number] == number ? fcntl(number, F_SETFD, 0) : dup2(streams[number], number);
        if (done < 0) fail(state, clinux_step_streams);
    }
}

/// Runs in the child. All signals are blocked: a handler of the parent's would run in the parent's memory.
__attribute__((noreturn)) static void become(child_state *state) {
    const clinux_launch *launch = state->launch;
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) != 0) continue;
        if (action.sa_handler == SIG_DFL || (number == SIGHUP && action.sa_handler == SIG_IGN)) continue;
        memset(&action, 0, sizeof action);
        action.sa_handler = SIG_DFL;
        sigaction(number, &action, NULL);
    }
    setpgid(0, 0);
    int32_t group = getpid();
    int guard = atomic_load(&guard_socket);
    if (guard >= 0) send(guard, &group, sizeof group, MSG_NOSIGNAL);
    if (launch->terminal >= 0) tcsetpgrp(launch->terminal, group);
    if (chdir(launch->folder) != 0) fail(state, clinux_step_folder);
    set_streams(state);
    close_from(3);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(launch->program, launch->arguments, launch->environment);
    fail(state, clinux_step_program);
}

pid_t clinux_start_group(const clinux_launch *launch, clinux_step *failed) {
    child_state state = {launch, 0, clinux_step_none};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = vfork();
    if (child == 0) become(&state);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    *failed = state.step;
    if (child < 0) {
        *failed = clinux_step_process;
        return -error;
    }
    if (state.step == clinux_step_none) return child;
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    clinux_release_group(child);
    return -state.error;
}

/// The groups that run, by number.
static int32_t groups[8192];
static int group_count = 0;

static void note_group(int32_t number) {
    if (number > 1) {  // -1 would be everybody
        if (group_count < (int)(sizeof groups / sizeof *groups)) groups[group_count++] = number;
        return;
    }
    for (int index = 0; index < group_count; index++) {
        if (groups[index] == -number) {
            groups[index] = groups[--group_count];
            return;
        }
    }
}

static int end_groups(int signal_number) {
    int alive = 0;
    for (int index = 0; index < group_count; index++) {
        if (kill(-groups[index], signal_number) == 0) alive++;
    }
    return alive;
}

/// The guard's whole life. Other threads of the parent are not here, so nothing that takes a lock is called.
__attribute__((noreturn)) static void guard(int socket) {
    setsid();
    prctl(PR_SET_NAME, "cairn-guard");
    if (chdir("/") != 0) _exit(1);
    // Nobody is to wait for us: pipes, locks and terminals that the parent has open are let go.
    if (socket != 0 && dup2(socket, 0) < 0) _exit(1);
    for (int number = 1; number < 3; number++) close(number);
    close_from(3);
#ifndef SYS_close_range
    for (int number = 3; number < 65536; number++) close(number);
#endif
    for (;;) {
        int32_t number;
        ssize_t count = recv(0, &number, sizeof number, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count != sizeof number) break;
        note_group(number);
    }
    end_groups(SIGTERM);
    end_groups(SIGCONT);
    struct timespec pause = {0, 10 * 1000 * 1000};
    for (int round = 0; round < 100 && end_groups(0) > 0; round++) nanosleep(&pause, NULL);
    end_groups(SIGKILL);
    _exit(0);
}

int clinux_start_guard(void) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return errno;
    // A guard that somebody has stopped must not stop us.
    struct timeval patience = {1, 0};
    setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = fork();
    if (child == 0) guard(ends[1]);
    int error = child < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (error != 0) {
        close(ends[0]);
        return error;
    }
    atomic_store(&guard_process, child);
    atomic_store(&guard_socket, ends[0]);
    return 0;
}

void clinux_release_group(pid_t group) {
    int socket = atomic_load(&guard_socket);
    int32_t message = -group;
    if (socket < 0 || send(socket, &message, sizeof message, MSG_NOSIGNAL) == sizeof message) return;
    // It would end whoever gets this number next.
    int process = atomic_exchange(&guard_process, 0);
    if (process > 0) {
        kill(process, SIGKILL);
        while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

/// Whether a process of this number is of the group and has not ended. proc_pid_stat(5).
static bool lives_in_group(const char *number, pid_t group) {
    char text[512];
    int length = snprintf(text, sizeof text, "/proc/%s/stat", number);
    if (length >= (int)sizeof text) return false;
    int file = open(text, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return false;
    text[count] = 0;
    // The name, in parentheses, may hold anything.
    const char *rest = strrchr(text, ')');
    char state;
    int parent, its_group;
    if (rest == NULL || sscanf(rest + 1, " %c %d %d", &state, &parent, &its_group) != 3) return false;
    return its_group == group && state != 'Z' && state != 'X';
}

bool clinux_group_is_gone(pid_t group) {
    if (kill(-group, 0) != 0) return errno == ESRCH;
    // Those that have ended count until their parent asks for them, and there are machines where nobody does.
    DIR *processes = opendir("/proc");
    if (processes == NULL) return false;
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(processes)) != NULL;) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') found = lives_in_group(entry->d_name, group);
    }
    closedir(processes);
    return !found;
}

int clinux_process_descriptor(pid_t process) {
#ifdef SYS_pidfd_open
    long descriptor = syscall(SYS_pidfd_open, process, 0);
    return descriptor < 0 ? -errno : (int)descriptor;
#else
    (void)process;
    return -ENOSYS;
#endif
}

int clinux_wait_for_change(pid_t child) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    while (waitid(P_PID, (id_t)child, &info, WEXITED | WSTOPPED | WNOWAIT) != 0) {
        if (errno != EINTR) return -errno;
    }
    if (info.si_code != CLD_STOPPED) return 0;
    waitid(P_PID, (id_t)child, &info, WSTOPPED | WNOHANG);
    return 1;
}

int clinux_set_foreground(int terminal, pid_t group) {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    int error = tcsetpgrp(terminal, group) == 0 ? 0 : errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

int clinux_note_descriptor(void) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

void clinux_note(int descriptor) {
    int error = errno;
    uint64_t one = 1;
    ssize_t count = write(descriptor, &one, sizeof one);  // full is as good as noted
    (void)count;
    errno = error;
}

int64_t clinux_physical_memory(void) {
    long pages = sysconf(_SC_PHYS_PAGES);
    long size = sysconf(_SC_PAGE_SIZE);
    return pages > 0 && size > 0 ? (int64_t)pages * size : 0;
}
