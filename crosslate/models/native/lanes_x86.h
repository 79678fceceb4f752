/* See lanes.h. */
#pragma once

#include <immintrin.h>

INLINE f32x8 max8(f32x8 a, f32x8 b) { return (f32x8)_mm256_max_ps((__m256)a, (__m256)b); }

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
INLINE f32x8 added_halves(f32x8 sum, f32xw v) {
    sum += (f32x8)_mm512_castps512_ps256((__m512)v);
    return sum + (f32x8)_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd((__m512)v), 1));
}

INLINE f32xw max_wide(f32xw a, f32xw b) { return (f32xw)_mm512_max_ps((__m512)a, (__m512)b); }

INLINE int any_above(f32xw v, float x) {
    return _mm512_cmp_ps_mask((__m512)v, _mm512_set1_ps(x), _CMP_GT_OQ) != 0;
}

INLINE f32xw rounded(f32xw x) {
    __asm__("" : "+v"(x));
    return x;
}

INLINE i32xw max_signed(i32xw a, i32xw b) { return (i32xw)_mm512_max_epi32((__m512i)a, (__m512i)b); }

INLINE i32xw max_unsigned(i32xw a, i32xw b) { return (i32xw)_mm512_max_epu32((__m512i)a, (__m512i)b); }

INLINE int32_t highest_signed(i32xw v) { return _mm512_reduce_max_epi32((__m512i)v); }

INLINE void store_bytes(uint8_t *q, i32xw x) { _mm_storeu_si128((__m128i *)q, _mm512_cvtepi32_epi8((__m512i)x)); }
#else
INLINE f32x8 added_halves(f32x8 sum, f32xw v) { return sum + v; }

INLINE f32xw max_wide(f32xw a, f32xw b) { return max8(a, b); }

INLINE int any_above(f32xw v, float x) {
    return _mm256_movemask_ps(_mm256_cmp_ps((__m256)v, _mm256_set1_ps(x), _CMP_GT_OQ)) != 0;
}

INLINE f32xw rounded(f32xw x) {
    __asm__("" : "+x"(x));
    return x;
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
#endif
