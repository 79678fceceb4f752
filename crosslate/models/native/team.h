/* Several threads for one call's work. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#define MIN_SHARED 500000 /* multiply-adds that are worth waking another thread for */

static inline int64_t threads_for(int64_t macs, int64_t threads) { return macs < MIN_SHARED ? 1 : threads; }

typedef void (*share)(void *context, int64_t part, int64_t parts);

/* Calls work(context, part, parts) for every part at once, part 0 on this thread, and returns when all are
 * done. Each calling thread keeps a team of its own, so engines do not wait for each other; `parts` may turn
 * out smaller where no threads are to be had. */
void share_work(int64_t parts, share work, void *context);

/* For works that have two phases: tells the other parts that this one has done the first, and waits for them. `done`
 * was 0 before. */
void meet(atomic_int *done, int64_t parts);
