#include "table.h"

CURLM *cairn_curl_multi(void) { return cairn_curl.multi_init(); }

void cairn_curl_multi_end(CURLM *multi) { cairn_curl.multi_cleanup(multi); }

CURLMcode cairn_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) { return cairn_curl.multi_setopt(multi, option, value); }

CURLMcode cairn_curl_multi_add(CURLM *multi, CURL *easy) { return cairn_curl.multi_add_handle(multi, easy); }

CURLMcode cairn_curl_multi_remove(CURLM *multi, CURL *easy) { return cairn_curl.multi_remove_handle(multi, easy); }

CURLMcode cairn_curl_multi_perform(CURLM *multi) {
    int running;
    return cairn_curl.multi_perform(multi, &running);
}

CURLMcode cairn_curl_multi_poll(CURLM *multi, int milliseconds) { return cairn_curl.multi_poll(multi, NULL, 0, milliseconds, NULL); }

CURLMcode cairn_curl_multi_wakeup(CURLM *multi) { return cairn_curl.multi_wakeup(multi); }

CURL *cairn_curl_multi_next_done(CURLM *multi, CURLcode *result) {
    CURLMsg *message;
    int left;
    while ((message = cairn_curl.multi_info_read(multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}
