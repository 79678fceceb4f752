/* Several threads for one call's work. */
#pragma once

#include <stdint.h>

typedef void (*share)(void *context, int64_t part, int64_t parts);

/* Calls work(context, part, parts) for every part at once, part 0 on this thread, and returns when all are
 * done. Each calling thread keeps a team of its own, so engines do not wait for each other; `parts` may turn
 * out smaller where no threads are to be had. */
void share_work(int64_t parts, share work, void *context);
