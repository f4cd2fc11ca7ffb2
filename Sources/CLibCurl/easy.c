// For SOCK_CLOEXEC.
#define _GNU_SOURCE
#include "table.h"

#include <sys/socket.h>

const char *cairn_curl_version(void) { return cairn_curl.version(); }

CURL *cairn_curl_easy(void) { return cairn_curl.easy_init(); }

void cairn_curl_easy_end(CURL *easy) { cairn_curl.easy_cleanup(easy); }

void cairn_curl_easy_reset(CURL *easy) { cairn_curl.easy_reset(easy); }

const char *cairn_curl_easy_words(CURLcode code) { return cairn_curl.easy_strerror(code); }

CURLcode cairn_curl_easy_resume(CURL *easy) { return cairn_curl.easy_pause(easy, CURLPAUSE_CONT); }

CURLcode cairn_curl_set_long(CURL *easy, CURLoption option, long value) { return cairn_curl.easy_setopt(easy, option, value); }

CURLcode cairn_curl_set_offset(CURL *easy, CURLoption option, int64_t value) {
    return cairn_curl.easy_setopt(easy, option, (curl_off_t)value);
}

CURLcode cairn_curl_set_text(CURL *easy, CURLoption option, const char *value) { return cairn_curl.easy_setopt(easy, option, value); }

CURLcode cairn_curl_set_pointer(CURL *easy, CURLoption option, void *value) { return cairn_curl.easy_setopt(easy, option, value); }

CURLcode cairn_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *list) {
    return cairn_curl.easy_setopt(easy, option, list);
}

CURLcode cairn_curl_set_sink(CURL *easy, CURLoption option, curl_write_callback function) {
    return cairn_curl.easy_setopt(easy, option, function);
}

CURLcode cairn_curl_set_source(CURL *easy, curl_read_callback read, curl_seek_callback seek) {
    CURLcode code = cairn_curl.easy_setopt(easy, CURLOPT_READFUNCTION, read);
    return code == CURLE_OK ? cairn_curl.easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek) : code;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

CURLcode cairn_curl_fence(CURL *easy) {
    CURLcode code = cairn_curl.easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    if (code != CURLE_OK) return code;
#if LIBCURL_VERSION_NUM >= 0x075500
    code = cairn_curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (code == CURLE_OK) return code;
#endif
    // A library from before 7.85 knows this one only.
    return cairn_curl.easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
}

int64_t cairn_curl_number(CURL *easy, CURLINFO info) {
    if ((info & CURLINFO_TYPEMASK) == CURLINFO_OFF_T) {
        curl_off_t value = 0;
        return cairn_curl.easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
    }
    if ((info & CURLINFO_TYPEMASK) == CURLINFO_LONG) {
        long value = 0;
        return cairn_curl.easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
    }
    return 0;
}

struct curl_slist *cairn_curl_list_add(struct curl_slist *list, const char *line) { return cairn_curl.slist_append(list, line); }

void cairn_curl_list_end(struct curl_slist *list) { cairn_curl.slist_free_all(list); }
