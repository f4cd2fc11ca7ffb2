#include <git2.h>
#include <git2/sys/repository.h>

// git_libgit2_opts is variadic, which Swift does not import: one wrapper with fixed types for each option in use.

/// GIT_OPT_SET_EXTENSIONS: names of repository extensions that may be opened besides those that libgit2 knows.
static inline int cairn_git_allow_extensions(const char **names, size_t count) {
    return git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, names, count);
}

/// GIT_OPT_SET_OWNER_VALIDATION: whether opening a repository looks at who owns it.
static inline int cairn_git_set_owner_validation(int is_enabled) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, is_enabled);
}
