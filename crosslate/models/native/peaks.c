/* What each instruction set multiplies when nothing has to be loaded: the least time that products can take is set
 * against this, and not against our own products. */
#include "int8_matrix.h"
#include "team.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define SUMS 12 /* independent ones, so that none waits for another */
#if defined(__aarch64__)
#define KEEP(x) __asm__ volatile("" : "+w"(x))
#else
#define KEEP(x) __asm__ volatile("" : "+v"(x))
#endif

#if defined(__AMX_INT8__)
#include "amx_state.h"

static int64_t int8_round(int64_t rounds) {
    begin_tiles(TILE_ROWS);
    _tile_zero(4);
    _tile_zero(5);
    _tile_zero(6);
    _tile_zero(7);
    for (int64_t i = 0; i < rounds; i++) {
        _tile_dpbusd(0, 4, 6);
        _tile_dpbusd(1, 4, 7);
        _tile_dpbusd(2, 5, 6);
        _tile_dpbusd(3, 5, 7);
    }
    end_tiles(TILE_ROWS);
    return 4 * 16 * 16 * 64;
}
#elif defined(__AVX512VNNI__) && !defined(NARROW_VNNI)
static int64_t int8_round(int64_t rounds) {
    __m512i sums[SUMS] = {0}, a = _mm512_set1_epi8(3), w = _mm512_set1_epi8(-5);
    for (int64_t i = 0; i < rounds; i++)
#pragma GCC unroll 12
        for (int k = 0; k < SUMS; k++) {
            sums[k] = _mm512_dpbusd_epi32(sums[k], a, w);
            KEEP(sums[k]);
        }
    return SUMS * 64;
}
#elif defined(__AVX512VNNI__) || defined(__AVXVNNI__)
static int64_t int8_round(int64_t rounds) {
    __m256i sums[SUMS] = {0}, a = _mm256_set1_epi8(3), w = _mm256_set1_epi8(-5);
    for (int64_t i = 0; i < rounds; i++)
#pragma GCC unroll 12
        for (int k = 0; k < SUMS; k++)
#if defined(__AVXVNNI__)
            __asm__ volatile("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sums[k]) : "x"(a), "x"(w));
#else
            __asm__ volatile("vpdpbusd %2, %1, %0" : "+v"(sums[k]) : "v"(a), "v"(w));
#endif
    return SUMS * 32;
}
#elif defined(__AVX2__)
#define JOINED_SUMS 6

/* Twice two products, joined in 16 bits before they are widened. */
static int64_t int8_round(int64_t rounds) {
    __m256i sums[JOINED_SUMS] = {0}, a = _mm256_set1_epi8(3), w = _mm256_set1_epi8(-5), ones = _mm256_set1_epi16(1);
    for (int64_t i = 0; i < rounds; i++)
#pragma GCC unroll 6
        for (int k = 0; k < JOINED_SUMS; k++) {
            __m256i first, second;
            __asm__ volatile("vpmaddubsw %4, %3, %1\n\t"
                             "vpmaddubsw %4, %3, %2\n\t"
                             "vpaddw %2, %1, %1\n\t"
                             "vpmaddwd %5, %1, %1\n\t"
                             "vpaddd %1, %0, %0"
                             : "+x"(sums[k]), "=&x"(first), "=&x"(second)
                             : "x"(a), "x"(w), "x"(ones));
        }
    return JOINED_SUMS * 64;
}
#elif defined(__ARM_FEATURE_DOTPROD)
#if defined(__ARM_FEATURE_MATMUL_INT8)
#define MULTIPLY(sum, a, w) vusmmlaq_s32(sum, vreinterpretq_u8_s8(a), w)
#define MACS 32
#else
#define MULTIPLY(sum, a, w) vdotq_s32(sum, a, w)
#define MACS 16
#endif

static int64_t int8_round(int64_t rounds) {
    int32x4_t sums[SUMS];
    int8x16_t a = vdupq_n_s8(3), w = vdupq_n_s8(-5);
    for (int k = 0; k < SUMS; k++) sums[k] = vdupq_n_s32(0);
    for (int64_t i = 0; i < rounds; i++)
#pragma GCC unroll 12
        for (int k = 0; k < SUMS; k++) {
            sums[k] = MULTIPLY(sums[k], a, w);
            KEEP(sums[k]);
        }
    return SUMS * MACS;
}
#else
static int64_t int8_round(int64_t rounds) { return 0 * rounds; }
#endif

#if defined(__AVX512F__)
static int64_t float_round(int64_t rounds) {
    __m512 sums[SUMS] = {0}, a = _mm512_set1_ps(0.5f), w = _mm512_set1_ps(0.25f);
    for (int64_t i = 0; i < rounds; i++)
#pragma GCC unroll 12
        for (int k = 0; k < SUMS; k++) {
            sums[k] = _mm512_fmadd_ps(a, w, sums[k]);
            KEEP(sums[k]);
        }
    return SUMS * 16;
}
#elif defined(__FMA__)
static int64_t float_round(int64_t rounds) {
    __m256 sums[SUMS] = {0}, a = _mm256_set1_ps(0.5f), w = _mm256_set1_ps(0.25f);
    for (int64_t i = 0; i < rounds; i++)
#pragma GCC unroll 12
        for (int k = 0; k < SUMS; k++) {
            sums[k] = _mm256_fmadd_ps(a, w, sums[k]);
            __asm__ volatile("" : "+x"(sums[k]));
        }
    return SUMS * 8;
}
#elif defined(__aarch64__)
static int64_t float_round(int64_t rounds) {
    float32x4_t sums[SUMS], a = vdupq_n_f32(0.5f), w = vdupq_n_f32(0.25f);
    for (int k = 0; k < SUMS; k++) sums[k] = vdupq_n_f32(0);
    for (int64_t i = 0; i < rounds; i++)
#pragma GCC unroll 12
        for (int k = 0; k < SUMS; k++) {
            sums[k] = vfmaq_f32(sums[k], a, w);
            KEEP(sums[k]);
        }
    return SUMS * 4;
}
#else
static int64_t float_round(int64_t rounds) { return 0 * rounds; }
#endif

typedef struct {
    int64_t (*run)(int64_t rounds);
    int64_t rounds, parts;
} burst;

static void run_part(void *context, int64_t part, int64_t parts) {
    burst *b = context;
    if (part == 0) b->parts = parts;
    b->run(b->rounds);
}

static int64_t run_burst(int64_t (*run)(int64_t rounds), int64_t rounds, int64_t threads) {
    burst b = {run, rounds, 0};
    int64_t each = run(0) * rounds;
    if (each) share_work(threads, run_part, &b);
    return each * b.parts;
}

/* Multiplies 8-bit integers in registers on each thread. Returns how many multiply-adds those were; 0 where there are
 * no instructions for it. */
EXPORT int64_t multiply_int8_registers(int64_t rounds, int64_t threads) {
    return run_burst(int8_round, rounds, threads);
}

/* And floats. */
EXPORT int64_t multiply_float32_registers(int64_t rounds, int64_t threads) {
    return run_burst(float_round, rounds, threads);
}
