// libcurl, loaded when the first request is made: it brings some twenty libraries along, which commands without a network do not need.
#ifndef CLIBCURL_H
#define CLIBCURL_H

#include <stdbool.h>

/// Loads libcurl, once; the same answer for every caller. False if this machine has none.
bool cairn_curl_load(void);

#endif
