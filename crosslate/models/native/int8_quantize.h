/* Rows of floats as the integers that products take: q = round((x - least) / scale), of one byte or two, with a range
 * for each row. What an input mostly is may be taken off before (`centers`, else NULL), and W times that is in the bias
 * then: the range becomes narrower where some inputs are far from zero in every row. */
#pragma once

#include "int8_matrix.h"

typedef struct {
    float scale, least;
} range; /* of a row */

#define SIGN INT32_MIN
#define INFINITE 0x7f800000 /* the bits of infinity; those of NaN are above */

/* Entries of a row from `i` on, their bits, and one of them. */
INLINE f32xw entries_at(const float *x, const float *centers, int64_t i) {
    return centers ? load_wide(x + i) - load_wide(centers + i) : load_wide(x + i);
}

INLINE i32xw bits_at(const float *x, const float *centers, int64_t i) { return (i32xw)entries_at(x, centers, i); }

INLINE float entry_at(const float *x, const float *centers, int64_t i) { return centers ? x[i] - centers[i] : x[i]; }

INLINE int32_t bits_of(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

INLINE int32_t highest_unsigned(i32xw v) { return highest_signed(v ^ SIGN) ^ SIGN; }

/* The last of a row, fewer than a register holds, and its first entry again. */
INLINE i32xw last_bits(const float *x, const float *centers, int64_t whole, int64_t size) {
    float last[WIDE];
    for (int i = 0; i < WIDE; i++) last[i] = entry_at(x, centers, whole + i < size ? whole + i : 0);
    return bits_at(last, NULL, 0);
}

/* The least magnitude of entries of one sign. */
static __attribute__((noinline)) int32_t least_bits(const float *x, const float *centers, int64_t size) {
    int64_t whole = size / WIDE * WIDE;
    i32xw complement = ~last_bits(x, centers, whole, size);
    for (int64_t i = 0; i < whole; i += WIDE) complement = max_unsigned(complement, ~bits_at(x, centers, i));
    return ~highest_unsigned(complement);
}

/* A row's least and most entry. Returns whether all are finite.
 *
 * Floats are ordered as their bits are: signed integers if one is positive, and unsigned ones, the other way round,
 * below zero. So the highest as either are the most and the least of a row with entries of both signs, and tell of
 * infinities and NaN too, for half of what comparing floats takes. */
INLINE int bounds(const float *x, const float *centers, int64_t size, float *least, float *most) {
    int64_t whole = size / WIDE * WIDE;
    i32xw above = whole < size ? last_bits(x, centers, whole, size) : bits_at(x, centers, 0), below = above;
    for (int64_t i = 0; i < whole; i += WIDE) {
        i32xw v = bits_at(x, centers, i);
        above = max_signed(above, v), below = max_unsigned(below, v);
    }
    int32_t high = highest_signed(above), low = highest_unsigned(below);
    if (high >= INFINITE || (low & INT32_MAX) >= INFINITE) return 0;
    if (low >= 0)
        low = least_bits(x, centers, size);
    else if (high < 0)
        high = least_bits(x, centers, size);
    *least = float_of(low), *most = float_of(high);
    return isfinite(*most - *least);
}

/* What makes integers of a row. */
typedef struct {
    float least, inverse;
} rounding;

/* The range of a row, for integers up to `levels`; NaN, and no integers, where one entry is not finite. */
INLINE range range_of(const float *x, const float *centers, int64_t size, int64_t levels, rounding *to) {
    float least, most;
    *to = (rounding){0, 0};
    if (!bounds(x, centers, size, &least, &most)) return (range){NAN, NAN};
    float span = most - least, inverse = span > 0 ? (float)levels / span : 0.0f;
    *to = (rounding){least, isfinite(inverse) ? inverse : 0.0f}; /* a span of denormal numbers is none */
    return (range){span / (float)levels, least};
}

INLINE i32xw integers_at(const float *x, const float *centers, int64_t i, rounding by) {
    f32xw above = entries_at(x, centers, i) - by.least;
    return __builtin_convertvector(fused_wide(above, splat_wide(by.inverse), splat_wide(0.5f)), i32xw);
}

/* (width) bytes or, if they are two each, the high ones and then the low ones. */
INLINE void round_row(const float *x, const float *centers, int64_t size, int64_t width, const int is_fine, rounding by,
                      uint8_t *q) {
    int64_t whole = size / (4 * WIDE) * (4 * WIDE);
    uint8_t *low = is_fine ? q + width : q;
    for (int64_t i = 0; i < whole; i += 4 * WIDE) {
        i32xw wide[4];
        for (int k = 0; k < 4; k++) wide[k] = integers_at(x, centers, i + k * WIDE, by);
        if (is_fine)
            store_planes(q + i, low + i, wide, RADIX_BITS);
        else
            store_more_bytes(q + i, wide);
    }
    for (; whole + WIDE <= size; whole += WIDE) {
        i32xw wide = integers_at(x, centers, whole, by);
        if (is_fine) store_bytes(q + whole, wide >> RADIX_BITS), wide &= RADIX - 1;
        store_bytes(low + whole, wide);
    }
    for (int64_t i = whole; i < width; i++) {
        int32_t wide = i < size ? (int32_t)fused(entry_at(x, centers, i) - by.least, by.inverse, 0.5f) : 0;
        if (is_fine) q[i] = (uint8_t)(wide >> RADIX_BITS), wide &= RADIX - 1;
        low[i] = (uint8_t)wide;
    }
}

/* One row; see below. */
INLINE range quantize_row(const float *x, const float *centers, int64_t size, int64_t width, const int is_fine,
                          int64_t levels, uint8_t *q) {
    rounding by;
    range row = range_of(x, centers, size, levels, &by);
    if (isnan(row.scale))
        memset(q, 0, width * (1 + is_fine));
    else
        round_row(x, centers, size, width, is_fine, by, q);
    return row;
}

/* x (R, size), dense, to q (R, width), or (R, 2, width) if their bytes are two, which take no centers. */
INLINE void quantize_rows(const float *x, const float *centers, int64_t rows, int64_t size, int64_t width,
                          int64_t levels, uint8_t *q, range *ranges) {
    int is_fine = levels > COARSE_LEVELS;
    int64_t row_bytes = width * (1 + is_fine);
    for (int64_t r = 0; r < rows; r++, x += size, q += row_bytes)
        if (is_fine)
            ranges[r] = quantize_row(x, NULL, size, width, 1, levels, q);
        else if (centers)
            ranges[r] = quantize_row(x, centers, size, width, 0, levels, q);
        else
            ranges[r] = quantize_row(x, NULL, size, width, 0, levels, q);
}
