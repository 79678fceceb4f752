/* A CPU that has what PRETEND_HAS names, under a Linux that lends tiles where PRETEND_LENDS: to be included before
 * anything else. What is asked of it is counted. */
#pragma once

#include <cpuid.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>

static int permissions_asked;

/* Names as __builtin_cpu_supports has them, between blanks. */
static int pretends(const char *feature) { return strstr(" " PRETEND_HAS " ", feature) != NULL; }

static int pretended_leaf(unsigned leaf, unsigned subleaf, unsigned *a, unsigned *b, unsigned *c, unsigned *d) {
    *a = *b = *c = *d = 0;
    if (leaf == 7 && subleaf == 0) *d = pretends(" amx-tile ") << 24 | pretends(" amx-int8 ") << 25;
    if (leaf == 7 && subleaf == 1) *a = pretends(" avxvnni ") << 4;
    return 1;
}

/* arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILE_DATA), as the kernel documents it (Documentation/arch/x86/xstate). */
static long pretended_call(long number, long code, long feature) {
    if (number != SYS_arch_prctl || code != 0x1023 || feature != 18) return -1;
    permissions_asked++;
    return PRETEND_LENDS ? 0 : -1;
}

__attribute__((visibility("default"))) int times_asked(void) { return permissions_asked; }

#define __builtin_cpu_init() ((void)0)
#define __builtin_cpu_supports(feature) pretends(" " feature " ")
#define __get_cpuid_count pretended_leaf
#define syscall pretended_call
