/* See int8_tiles.h. With AVX-512 a register holds a panel's sums of one row; with AVX-VNNI two do, and there are half
 * as many. Few rows take several sums of each: one alone would wait for itself. */
#pragma once

#include <immintrin.h>

#if defined(__AVX512VNNI__) && !defined(NARROW_VNNI)
#define VNNI_ROWS 8
#define VNNI_PANELS 2

INLINE void vnni_tile(const int rows, const int panels, const int splits, lookahead next, const uint8_t *a,
                      const weight_panels *p, panel_sums *sums, int64_t sums_apart) {
    __m512i total[VNNI_ROWS][VNNI_PANELS * 4];
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int i = 0; i < panels * splits; i++) total[r][i] = _mm512_setzero_si512();
    const int8_t *w = p->weights;
    for (int64_t k = 0; k < p->width; k += GROUP * splits)
#pragma GCC unroll 4
        for (int i = 0; i < splits; i++, w += LINE) {
            ask(&next);
            __m512i first = _mm512_loadu_si512(w), second = first;
            if (panels > 1) second = _mm512_loadu_si512(w + p->width * PANEL);
#pragma GCC unroll 8
            for (int r = 0; r < rows; r++) {
                __m512i x = _mm512_set1_epi32(four_at(a + r * p->width + k + GROUP * i));
                total[r][i * panels] = _mm512_dpbusd_epi32(total[r][i * panels], x, first);
                if (panels > 1) total[r][i * panels + 1] = _mm512_dpbusd_epi32(total[r][i * panels + 1], x, second);
            }
        }
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int n = 0; n < panels; n++) {
            __m512i sum = total[r][n];
#pragma GCC unroll 4
            for (int i = 1; i < splits; i++) sum = _mm512_add_epi32(sum, total[r][i * panels + n]);
            _mm512_storeu_si512(&sums[n * sums_apart + r], sum);
        }
}

/* The first of `rows` times the first of `panels`. Returns how many rows. */
INLINE int64_t vnni_rows(int64_t rows, const int panels, lookahead next, const uint8_t *a, const weight_panels *p,
                         panel_sums *sums, int64_t apart) {
    if (rows >= 8) {
        /* Both ways of asking, each without a question at every step. */
        lookahead calm = {next.at, next.stride, 0}, pressed = {next.at, next.stride, 1};
        if (next.is_pressed)
            vnni_tile(8, panels, 1, pressed, a, p, sums, apart);
        else
            vnni_tile(8, panels, 1, calm, a, p, sums, apart);
        return 8;
    }
    if (rows == 7) return vnni_tile(7, panels, 1, next, a, p, sums, apart), 7;
    if (rows == 6) return vnni_tile(6, panels, 1, next, a, p, sums, apart), 6;
    if (rows == 5) return vnni_tile(5, panels, 1, next, a, p, sums, apart), 5;
    if (rows == 4) return vnni_tile(4, panels, 1, next, a, p, sums, apart), 4;
    /* With so few rows memory is the limit, and it answers best where one panel is read after the other. */
    weight_panels one = *p;
    next.stride /= panels;
    for (int n = 0; n < panels; n++, one.weights += p->width * PANEL, sums += apart) {
        if (rows == 3)
            vnni_tile(3, 1, 4, next, a, &one, sums, apart);
        else if (rows == 2)
            vnni_tile(2, 1, 4, next, a, &one, sums, apart);
        else
            vnni_tile(1, 1, 4, next, a, &one, sums, apart);
        next.at += p->width / GROUP * next.stride;
    }
    return rows;
}
#else
#define VNNI_ROWS 6
#define VNNI_PANELS 1

#if defined(NARROW_VNNI) /* the same instruction with a longer name, for machines without the short one */
#define DPBUSD _mm256_dpbusd_epi32
#else
#define DPBUSD _mm256_dpbusd_avx_epi32
#endif

INLINE void vnni_tile(const int rows, const int splits, lookahead next, const uint8_t *a, const weight_panels *p,
                      panel_sums *sums) {
    __m256i low[VNNI_ROWS][2], high[VNNI_ROWS][2];
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int i = 0; i < splits; i++) low[r][i] = high[r][i] = _mm256_setzero_si256();
    const int8_t *w = p->weights;
    for (int64_t k = 0; k < p->width; k += GROUP * splits)
#pragma GCC unroll 2
        for (int i = 0; i < splits; i++, w += LINE) {
            ask(&next);
            __m256i first = _mm256_loadu_si256((const __m256i *)w);
            __m256i second = _mm256_loadu_si256((const __m256i *)(w + LINE / 2));
#pragma GCC unroll 6
            for (int r = 0; r < rows; r++) {
                __m256i x = _mm256_set1_epi32(four_at(a + r * p->width + k + GROUP * i));
                low[r][i] = DPBUSD(low[r][i], x, first);
                high[r][i] = DPBUSD(high[r][i], x, second);
            }
        }
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++) {
        if (splits > 1) low[r][0] = _mm256_add_epi32(low[r][0], low[r][1]);
        if (splits > 1) high[r][0] = _mm256_add_epi32(high[r][0], high[r][1]);
        sums[r].half[0] = (i32x8)low[r][0], sums[r].half[1] = (i32x8)high[r][0];
    }
}

INLINE int64_t vnni_rows(int64_t rows, const int panels, lookahead next, const uint8_t *a, const weight_panels *p,
                         panel_sums *sums, int64_t apart) {
    (void)panels, (void)apart;
    if (rows >= 6) return vnni_tile(6, 1, next, a, p, sums), 6;
    if (rows == 5) return vnni_tile(5, 1, next, a, p, sums), 5;
    if (rows == 4) return vnni_tile(4, 1, next, a, p, sums), 4;
    if (rows == 3) return vnni_tile(3, 2, next, a, p, sums), 3;
    if (rows == 2) return vnni_tile(2, 2, next, a, p, sums), 2;
    return vnni_tile(1, 2, next, a, p, sums), 1;
}
#endif

#if !defined(__AMX_INT8__)

static __attribute__((noinline)) int64_t multiply_tile(int64_t rows, int64_t panels, lookahead next, const uint8_t *a,
                                                       const weight_panels *p, panel_sums *sums) {
    if (VNNI_PANELS > 1 && panels > 1) return vnni_rows(rows, VNNI_PANELS, next, a, p, sums, TILE_ROWS);
    return vnni_rows(rows, 1, next, a, p, sums, TILE_ROWS);
}
#endif
