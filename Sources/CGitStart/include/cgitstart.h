#ifndef CGITSTART_H
#define CGITSTART_H

/// Takes the place of the function of the same name in Mbed TLS, for libgit2 alone; see certificates.c.
int mbedtls_x509_crt_parse_file(void *chain, const char *path);

#endif
