/* Which of the compiled variants this CPU runs best; only the generic one is asked. */
#include "common.h"

#if defined(__x86_64__)
#include <cpuid.h>

/* Bit `bit` of register `part` (EAX, EBX, ECX, EDX) of CPUID leaf 7. */
static int has_feature(int subleaf, int part, int bit) {
    unsigned parts[4];
    if (!__get_cpuid_count(7, subleaf, &parts[0], &parts[1], &parts[2], &parts[3])) return 0;
    return parts[part] >> bit & 1;
}

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

#define ARCH_REQ_XCOMP_PERM 0x1023
#define TILE_DATA 18

/* Linux lends tiles to a process that asks; its threads have them too. */
static int may_use_tiles(void) { return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0; }
#else
static int may_use_tiles(void) { return 0; }
#endif

static int has_amx_int8(void) { return has_feature(0, 3, 24) && has_feature(0, 3, 25); }

static int has_avx_vnni(void) { return has_feature(1, 0, 4); }
#endif

/* Where it answers "amx" the process may use tiles from now on. */
EXPORT const char *best_isa(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return "generic";
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
        return has_amx_int8() && may_use_tiles() ? "amx" : "vnni";
    return has_avx_vnni() ? "avxvnni" : "avx2";
#else
    return "generic";
#endif
}
