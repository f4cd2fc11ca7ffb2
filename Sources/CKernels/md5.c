#include "cairn_md5.h"
