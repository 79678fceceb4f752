/* Which of the compiled variants this CPU runs best; only the generic one is asked. */
#include "common.h"

EXPORT const char *best_isa(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return "generic";
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
        return "vnni";
    return "avx2";
#else
    return "generic";
#endif
}
