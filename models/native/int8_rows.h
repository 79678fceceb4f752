/* What surrounds the integer products of an int8 linear layer: quantized rows before, float outputs after.
 *
 * x = least + scale * q, so W x = scale * (W q) + least * (sum of W), where W q is a sum of integers.
 */
#pragma once

#include "activations.h"
#include "int8_tiles.h"

typedef struct {
    float scale, least;
} range; /* of a row */

/* Eight floats from 0 to 255, cut to integers. */
INLINE void store_bytes(uint8_t *q, f32x8 x) {
    i32x8 wide = __builtin_convertvector(x, i32x8);
#if defined(__AVX2__)
    __m256i words = _mm256_packus_epi32((__m256i)wide, (__m256i)wide);
    __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(words, words), _mm256_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4));
    _mm_storel_epi64((__m128i *)q, _mm256_castsi256_si128(bytes));
#else
    for (int i = 0; i < 8; i++) q[i] = (uint8_t)wide[i];
#endif
}

/* The bits of |x|: ordered as the numbers are, infinity and NaN above all others. */
INLINE int32_t magnitude(float x) {
    int32_t bits;
    memcpy(&bits, &x, 4);
    return bits & 0x7fffffff;
}

/* One row: q = round((x - least) / scale), 0 to LEVELS. A NaN or an infinity makes the range NaN. */
INLINE range quantize_row(const float *x, int64_t size, int64_t padded, uint8_t *q) {
    const int32_t infinity = 0x7f800000;
    float least = x[0], most = x[0];
    int is_finite = 1;
    int64_t whole = size / 8 * 8;
    if (whole) {
        f32x8 low = load8(x), high = low;
        i32x8 faults = {0};
        for (int64_t i = 0; i < whole; i += 8) {
            f32x8 v = load8(x + i);
            low = min8(v, low), high = max8(v, high);
            faults |= ((i32x8)v & 0x7fffffff) >= infinity;
        }
        least = -maximum8(-low), most = maximum8(high);
        for (int i = 0; i < 8; i++) is_finite &= !faults[i];
    }
    for (int64_t i = whole; i < size; i++) {
        least = x[i] < least ? x[i] : least, most = x[i] > most ? x[i] : most;
        is_finite &= magnitude(x[i]) < infinity;
    }
    float span = most - least, inverse = span > 0 ? LEVELS / span : 0.0f;
    if (!is_finite || !isfinite(span)) {
        memset(q, 0, padded);
        return (range){NAN, NAN};
    }
    inverse = isfinite(inverse) ? inverse : 0.0f; /* a span of denormal numbers is none */
    for (int64_t i = 0; i < whole; i += 8) store_bytes(q + i, (load8(x + i) - least) * inverse + 0.5f);
    for (int64_t i = whole; i < padded; i++)
        q[i] = i < size ? (uint8_t)(int32_t)((x[i] - least) * inverse + 0.5f) : 0;
    return (range){span / LEVELS, least};
}

typedef struct {
    const float *scales, *sums, *bias; /* per output; bias may be NULL */
    int activation;
} epilogue;

/* Eight outputs of one row, from output `n` on. */
INLINE f32x8 finished(i32x8 sums, range row, const epilogue *e, int64_t n) {
    f32x8 y = __builtin_convertvector(sums, f32x8) * row.scale + load8(e->sums + n) * row.least;
    y *= load8(e->scales + n);
    if (e->bias) y += load8(e->bias + n);
    return activate(y, e->activation);
}

typedef struct {
    const int8_t *packed;
    const uint16_t *orders;
    const int64_t *joined;
    int64_t steps, outputs;
    epilogue epilogue;
} layer;

INLINE int64_t steps_of(int64_t inputs) { return (inputs + STEP - 1) / STEP; }

INLINE int64_t tiles_of(int64_t rows) { return (rows + TILE - 1) / TILE; }

INLINE int64_t panels_of(int64_t outputs) { return (outputs + PANEL - 1) / PANEL; }

INLINE weight_panel panel_at(const layer *w, int64_t i) {
    return (weight_panel){w->packed + i * PANEL * w->steps * STEP, w->orders + i * w->steps, w->joined[i], w->steps};
}
