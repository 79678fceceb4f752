/* Memory and threads of which there are only so many more, to be included before anything else: what is asked for after
 * that is refused. What is given holds no zeros, but NaN, so that nobody computes with what was left there. */
#pragma once

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SHARED __attribute__((weak, visibility("default")))

SHARED atomic_long pieces_left = 1000000000; /* to give away */
SHARED atomic_long pieces_held;              /* given, and not yet given back */

static inline int is_one_left(void) { return atomic_fetch_sub(&pieces_left, 1) > 0; }

static inline void *held(void *memory) {
    if (memory) atomic_fetch_add(&pieces_held, 1);
    return memory;
}

static inline void *filled(void *memory, size_t size) { return memory ? memset(memory, 0xFF, size) : NULL; }

static inline void give_back(void *memory) {
    if (memory) atomic_fetch_sub(&pieces_held, 1);
    free(memory);
}

#define malloc(size) (is_one_left() ? held(filled(malloc(size), size)) : NULL)
#define calloc(count, size) (is_one_left() ? held(calloc(count, size)) : NULL)
#define aligned_alloc(to, size) (is_one_left() ? held(filled(aligned_alloc(to, size), size)) : NULL)
#define free(memory) give_back(memory)
#define pthread_create(...) (is_one_left() ? pthread_create(__VA_ARGS__) : EAGAIN)
#define pthread_setspecific(key, value) \
    ((value) == NULL || is_one_left() ? pthread_setspecific(key, value) : ENOMEM)
