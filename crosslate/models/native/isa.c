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

#if defined(__aarch64__)
#if defined(__linux__)
#include <sys/auxv.h>

#define HAS_DOTPROD (1ul << 20) /* HWCAP_ASIMDDP and HWCAP2_I8MM: headers of older systems have neither name */
#define HAS_I8MM (1ul << 13)

static int has_dotprod(void) { return (getauxval(AT_HWCAP) & HAS_DOTPROD) != 0; }

static int has_i8mm(void) { return (getauxval(AT_HWCAP2) & HAS_I8MM) != 0; }
#elif defined(__APPLE__)
#include <sys/sysctl.h>

static int has_feature(const char *name) {
    int value = 0;
    size_t size = sizeof value;
    return sysctlbyname(name, &value, &size, NULL, 0) == 0 && value;
}

static int has_dotprod(void) { return has_feature("hw.optional.arm.FEAT_DotProd"); }

static int has_i8mm(void) { return has_feature("hw.optional.arm.FEAT_I8MM"); }
#else
static int has_dotprod(void) { return 0; }

static int has_i8mm(void) { return 0; }
#endif
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
#elif defined(__aarch64__)
    return !has_dotprod() ? "generic" : has_i8mm() ? "i8mm" : "dotprod";
#else
    return "generic";
#endif
}
