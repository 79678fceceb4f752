/* See lanes.h. */
#pragma once

#include <immintrin.h>

INLINE f32x8 max8(f32x8 a, f32x8 b) { return (f32x8)_mm256_max_ps((__m256)a, (__m256)b); }

INLINE f32x8 fused8(f32x8 a, f32x8 b, f32x8 c) { return (f32x8)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }

INLINE i32x8 nearest8(f32x8 x) { return (i32x8)_mm256_cvtps_epi32((__m256)x); }

INLINE i32x8 max_signed8(i32x8 a, i32x8 b) { return (i32x8)_mm256_max_epi32((__m256i)a, (__m256i)b); }

INLINE i32x8 add_products(i32x8 sum, i32x8 a, i32x8 b) {
#if defined(__AVX512VNNI__)
    return (i32x8)_mm256_dpwssd_epi32((__m256i)sum, (__m256i)a, (__m256i)b);
#elif defined(__AVXVNNI__)
    return (i32x8)_mm256_dpwssd_avx_epi32((__m256i)sum, (__m256i)a, (__m256i)b);
#else
    return sum + (i32x8)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#endif
}

#if WIDE == 16
INLINE f32xw fused_wide(f32xw a, f32xw b, f32xw c) { return (f32xw)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }

INLINE i32xw nearest_wide(f32xw x) { return (i32xw)_mm512_cvtps_epi32((__m512)x); }

INLINE void store_halves(int16_t *to, i32xw x) { _mm256_storeu_si256((__m256i *)to, _mm512_cvtepi32_epi16((__m512i)x)); }

INLINE i32xw add_wide_products(i32xw sum, i32xw a, i32xw b) {
    return (i32xw)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
}

INLINE f32x8 added_halves(f32x8 sum, f32xw v) {
    sum += (f32x8)_mm512_castps512_ps256((__m512)v);
    return sum + (f32x8)_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd((__m512)v), 1));
}

INLINE f32xw max_wide(f32xw a, f32xw b) { return (f32xw)_mm512_max_ps((__m512)a, (__m512)b); }

INLINE int any_above(f32xw v, float x) {
    return _mm512_cmp_ps_mask((__m512)v, _mm512_set1_ps(x), _CMP_GT_OQ) != 0;
}

INLINE i32xw max_signed(i32xw a, i32xw b) { return (i32xw)_mm512_max_epi32((__m512i)a, (__m512i)b); }

INLINE i32xw max_unsigned(i32xw a, i32xw b) { return (i32xw)_mm512_max_epu32((__m512i)a, (__m512i)b); }

INLINE int32_t highest_signed(i32xw v) { return _mm512_reduce_max_epi32((__m512i)v); }

INLINE void store_bytes(uint8_t *q, i32xw x) { _mm_storeu_si128((__m128i *)q, _mm512_cvtepi32_epi8((__m512i)x)); }

typedef __m512i bits_wide;

/* Two registers' numbers, up to 2^16, as halves: four of each in turns, as instructions for packing leave them. */
INLINE bits_wide halves_of(i32xw a, i32xw b) { return _mm512_packus_epi32((__m512i)a, (__m512i)b); }

INLINE bits_wide high_bits(bits_wide halves, int bits) { return _mm512_srli_epi16(halves, bits); }

INLINE bits_wide low_bits(bits_wide halves, int bits) {
    return _mm512_and_si512(halves, _mm512_set1_epi16((int16_t)((1 << bits) - 1)));
}

/* The bytes of two such registers, in order again. */
INLINE void store_packed(uint8_t *q, bits_wide first, bits_wide second) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_storeu_si512(q, _mm512_permutexvar_epi32(order, _mm512_packus_epi16(first, second)));
}
#else
INLINE void store_halves(int16_t *to, i32xw x) {
    __m256i halves = _mm256_permute4x64_epi64(_mm256_packs_epi32((__m256i)x, (__m256i)x), 0x08);
    _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(halves));
}

INLINE f32x8 added_halves(f32x8 sum, f32xw v) { return sum + v; }

INLINE f32xw max_wide(f32xw a, f32xw b) { return max8(a, b); }

INLINE int any_above(f32xw v, float x) {
    return _mm256_movemask_ps(_mm256_cmp_ps((__m256)v, _mm256_set1_ps(x), _CMP_GT_OQ)) != 0;
}

INLINE i32xw max_signed(i32xw a, i32xw b) { return max_signed8(a, b); }

INLINE i32xw max_unsigned(i32xw a, i32xw b) { return (i32xw)_mm256_max_epu32((__m256i)a, (__m256i)b); }

INLINE int32_t highest_signed(i32xw v) {
    v = max_signed(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3));
    v = max_signed(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5));
    return max_signed(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6))[0];
}

INLINE void store_bytes(uint8_t *q, i32xw x) {
    __m256i words = _mm256_packus_epi32((__m256i)x, (__m256i)x);
    __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(words, words), _mm256_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4));
    _mm_storel_epi64((__m128i *)q, _mm256_castsi256_si128(bytes));
}

typedef __m256i bits_wide;

INLINE bits_wide halves_of(i32xw a, i32xw b) { return _mm256_packus_epi32((__m256i)a, (__m256i)b); }

INLINE bits_wide high_bits(bits_wide halves, int bits) { return _mm256_srli_epi16(halves, bits); }

INLINE bits_wide low_bits(bits_wide halves, int bits) {
    return _mm256_and_si256(halves, _mm256_set1_epi16((int16_t)((1 << bits) - 1)));
}

INLINE void store_packed(uint8_t *q, bits_wide first, bits_wide second) {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    _mm256_storeu_si256((__m256i *)q, _mm256_permutevar8x32_epi32(_mm256_packus_epi16(first, second), order));
}
#endif

INLINE void store_more_bytes(uint8_t *q, const i32xw x[4]) {
    store_packed(q, halves_of(x[0], x[1]), halves_of(x[2], x[3]));
}

INLINE void store_planes(uint8_t *high, uint8_t *low, const i32xw x[4], const int bits) {
    bits_wide first = halves_of(x[0], x[1]), second = halves_of(x[2], x[3]);
    store_packed(high, high_bits(first, bits), high_bits(second, bits));
    store_packed(low, low_bits(first, bits), low_bits(second, bits));
}
