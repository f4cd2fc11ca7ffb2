// Debian's libgit2 speaks TLS by Mbed TLS, and `git_libgit2_init` makes it parse every certificate of the system: 4.7 of the
// 15 ms of processor time of a `status` in a small repository, for connections that this program never lets libgit2 make
// (networks are the business of the `git` program and of libcurl, which brings a TLS library of its own). The dynamic linker
// takes a function that the program itself has before the library's; this one answers that there is no such file, upon which
// libgit2 starts without certificates: a connection made all the same would be refused, not trusted.
#include "cgitstart.h"

/// MBEDTLS_ERR_X509_FILE_IO_ERROR of mbedtls/x509.h.
enum { no_such_file = -0x2900 };

__attribute__((visibility("default"), used)) int mbedtls_x509_crt_parse_file(void *chain, const char *path) {
    (void)chain;
    (void)path;
    return no_such_file;
}
