// The functions of libcurl that were found when it was loaded.
#ifndef CAIRN_CURL_TABLE_H
#define CAIRN_CURL_TABLE_H

#define CURL_DISABLE_DEPRECATION
#define CURL_DISABLE_TYPECHECK
#include "clibcurl.h"

/// All that are needed, without `curl_` before them. The youngest, multi_wakeup, came with libcurl 7.68.
#define CAIRN_CURL_FUNCTIONS(each)                                                                                                         \
    each(global_init) each(version) each(free) each(easy_init) each(easy_cleanup) each(easy_reset) each(easy_strerror)                    \
    each(easy_pause) each(easy_setopt) each(easy_getinfo) each(slist_append) each(slist_free_all) each(multi_init) each(multi_cleanup)    \
    each(multi_setopt) each(multi_add_handle) each(multi_remove_handle) each(multi_perform) each(multi_poll) each(multi_wakeup)           \
    each(multi_info_read) each(url) each(url_set) each(url_get) each(url_cleanup)

struct cairn_curl_table {
#define CAIRN_CURL_MEMBER(name) __typeof__(curl_##name) *name;
    CAIRN_CURL_FUNCTIONS(CAIRN_CURL_MEMBER)
#undef CAIRN_CURL_MEMBER
};

/// Filled in by `cairn_curl_load`, and constant from then on.
extern struct cairn_curl_table cairn_curl;

#endif
