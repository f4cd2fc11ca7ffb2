// Programs in process groups of their own.
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// A program that is to run in a new process group.
typedef struct {
    /// The program's file.
    const char *program;
    /// Its arguments, beginning with its name and ending with NULL.
    char *const *arguments;
    /// All of its environment, ending with NULL.
    char *const *environment;
    /// The folder that it starts in.
    const char *folder;
    /// What becomes its descriptors 0, 1 and 2; -1 for one that reads nothing and drops everything.
    int streams[3];
    /// A terminal on which the group takes the foreground; -1 for none.
    int terminal;
} clinux_launch;

/// What could not be done before the program was there.
typedef enum { clinux_step_none, clinux_step_process, clinux_step_folder, clinux_step_streams, clinux_step_program } clinux_step;

/// Starts a program with all signals at their defaults (a SIGHUP that is ignored stays so) and no other descriptor open.
///
/// vfork(2): the caller's memory is not copied. Returns the number of the process, which is that of its group, or minus an errno.
pid_t clinux_start_group(const clinux_launch *launch, clinux_step *failed);

/// Starts the guard, a process that ends all groups that clinux_start_group() has started once this process is gone, however it ended.
///
/// To be called once. Returns 0 or an errno; without a guard everything else works.
int clinux_start_guard(void);

/// Tells the guard that a group is not its business any more.
void clinux_release_group(pid_t group);

/// True if no program of a group is left; those that have ended and that nobody has waited for do not count. Looks through /proc if there
/// are any, which takes milliseconds.
bool clinux_group_is_gone(pid_t group);

/// pidfd_open(2): a descriptor that can be read when the process has ended. Returns it, or minus an errno.
int clinux_process_descriptor(pid_t process);

/// Waits until a child stops or ends. Returns 1 when it stopped, 0 when it ended and is left for waitpid(2), or minus an errno.
int clinux_wait_for_change(pid_t child);

/// Makes a group the foreground group of a terminal, from the background too. Returns 0 or an errno.
int clinux_set_foreground(int terminal, pid_t group);

/// A descriptor that can be read from the moment on at which something was noted on it; see clinux_note(). Returns it, or minus an errno.
int clinux_note_descriptor(void);
/// Notes something. May be called from a signal handler.
void clinux_note(int descriptor);

/// A descriptor that can be read once clinux_interrupted() is not 0; -1 before clinux_watch_interrupts().
int clinux_interrupt_descriptor(void);
/// Does as if a signal had come, unless one has.
void clinux_interrupt(int number);

/// The bytes of memory in this machine; 0 if it does not tell.
int64_t clinux_physical_memory(void);

#endif
