// The module as Swift sees it. A new header is named here: builds that are there already would not find it otherwise.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "cairn_blake3.h"
#include "cairn_crc32c.h"
#include "cairn_gear.h"
#include "cairn_md5.h"

#endif
