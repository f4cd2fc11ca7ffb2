#include "table.h"

#include <dlfcn.h>
#include <pthread.h>

struct cairn_curl_table cairn_curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_loaded;

static bool find_functions(void *library) {
#define CAIRN_CURL_FIND(name)                                                                                                              \
    *(void **)&cairn_curl.name = dlsym(library, "curl_" #name);                                                                           \
    if (cairn_curl.name == NULL) return false;
    CAIRN_CURL_FUNCTIONS(CAIRN_CURL_FIND)
#undef CAIRN_CURL_FIND
    return true;
}

static void load(void) {
    // The same library with another one for TLS, which git and apt bring along on Debian, is as good.
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        void *library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) continue;
        if (find_functions(library) && cairn_curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
            is_loaded = true;
            return;
        }
        dlclose(library);
    }
}

bool cairn_curl_load(void) {
    pthread_once(&once, load);
    return is_loaded;
}
