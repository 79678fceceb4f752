/* How many sources go through a network together. */
#pragma once

#include "common.h"

#define TOKENS_TOGETHER 96 /* more would push each other's rows out of the cache between two layers */

/* How many sources from `first` on, before `end`, have so many tokens at most; at least one. */
INLINE int64_t sources_together(const int64_t *offsets, int64_t first, int64_t end, int64_t tokens) {
    int64_t next = first + 1;
    while (next < end && offsets[next + 1] - offsets[first] <= tokens) next++;
    return next - first;
}

/* Of those that are together. */
INLINE int64_t most_tokens(const int64_t *offsets, int64_t first, int64_t end, int64_t tokens) {
    int64_t most = 0;
    for (int64_t count; first < end; first += count) {
        count = sources_together(offsets, first, end, tokens);
        most = larger(most, offsets[first + count] - offsets[first]);
    }
    return most;
}
