#include "table.h"

char *cairn_curl_url_resolve(const char *base, const char *reference) {
    char *result = NULL;
    CURLU *url = cairn_curl.url();
    if (url == NULL) return NULL;
    if (cairn_curl.url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK && cairn_curl.url_set(url, CURLUPART_URL, reference, CURLU_URLENCODE) == CURLUE_OK &&
        cairn_curl.url_set(url, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK &&
        cairn_curl.url_get(url, CURLUPART_URL, &result, 0) != CURLUE_OK) {
        result = NULL;
    }
    cairn_curl.url_cleanup(url);
    return result;
}

void cairn_curl_free(char *text) { cairn_curl.free(text); }
