#pragma once

#include "common.h"

/* Takes a score among the `count` highest so far, which are sorted; of equal ones the first stay in front. */
INLINE void insert(float score, int64_t at, int64_t count, float *values, int64_t *ids) {
    int64_t i = count - 1;
    for (; i > 0 && score > values[i - 1]; i--) values[i] = values[i - 1], ids[i] = ids[i - 1];
    values[i] = score, ids[i] = at;
}
