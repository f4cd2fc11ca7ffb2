// libcurl, loaded when the first request is made: it brings some thirty libraries along, which commands without a network do not need.
//
// Its functions are in no table of symbols of ours: those below go by pointers that `cairn_curl_load` found, and must not be called before
// it said yes. https://curl.se/libcurl/c/ describes what they do.
#ifndef CLIBCURL_H
#define CLIBCURL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Loads libcurl and prepares it, once; the same answer for every caller. False if this machine has none that has all that is needed.
bool cairn_curl_load(void);

/// The library's name with its release, and those that it works with.
const char *cairn_curl_version(void);

/// A handle for one transfer at a time; NULL if there is no memory.
CURL *cairn_curl_easy(void);
void cairn_curl_easy_end(CURL *easy);
/// Puts all settings back; connections and the names of hosts stay known.
void cairn_curl_easy_reset(CURL *easy);
/// What a result means.
const char *cairn_curl_easy_words(CURLcode code);
/// Lets a paused transfer go on, both ways.
CURLcode cairn_curl_easy_resume(CURL *easy);

CURLcode cairn_curl_set_long(CURL *easy, CURLoption option, long value);
CURLcode cairn_curl_set_offset(CURL *easy, CURLoption option, int64_t value);
/// libcurl copies the text.
CURLcode cairn_curl_set_text(CURL *easy, CURLoption option, const char *value);
CURLcode cairn_curl_set_pointer(CURL *easy, CURLoption option, void *value);
CURLcode cairn_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *list);
/// What takes the answer's body (`CURLOPT_WRITEFUNCTION`) or its headers (`CURLOPT_HEADERFUNCTION`).
CURLcode cairn_curl_set_sink(CURL *easy, CURLoption option, curl_write_callback function);
/// What gives the request's body.
CURLcode cairn_curl_set_source(CURL *easy, curl_read_callback read, curl_seek_callback seek);
/// Keeps a handle to http and https, and its sockets out of programs that this one starts.
CURLcode cairn_curl_fence(CURL *easy);
/// A number of what is known of a transfer; 0 if it is not known.
int64_t cairn_curl_number(CURL *easy, CURLINFO info);

/// A list with one more line; NULL if there is no memory, and the list is as it was then.
struct curl_slist *cairn_curl_list_add(struct curl_slist *list, const char *line);
void cairn_curl_list_end(struct curl_slist *list);

CURLM *cairn_curl_multi(void);
void cairn_curl_multi_end(CURLM *multi);
CURLMcode cairn_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);
CURLMcode cairn_curl_multi_add(CURLM *multi, CURL *easy);
CURLMcode cairn_curl_multi_remove(CURLM *multi, CURL *easy);
CURLMcode cairn_curl_multi_perform(CURLM *multi);
/// Waits for something to do, for so long at most.
CURLMcode cairn_curl_multi_poll(CURLM *multi, int milliseconds);
/// Ends the wait of another thread.
CURLMcode cairn_curl_multi_wakeup(CURLM *multi);
/// A transfer that is over, with its result; NULL if there is no more.
CURL *cairn_curl_multi_next_done(CURLM *multi, CURLcode *result);

/// What a reference means that stands in a page of this URL: a URL with no fragment, which the caller frees. NULL if it is none.
char *cairn_curl_url_resolve(const char *base, const char *reference);
void cairn_curl_free(char *text);

#endif
