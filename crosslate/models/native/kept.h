/* Keys and values as they are kept for later tokens, which read them from memory at each step: floats, or half as wide,
 * integers of 16 bits behind the scale of their vector, two in 32 bits: of each sixteen, the first eight are the upper
 * halves.
 *
 * Queries become such integers, too, and products with keys are theirs. Values are added up as floats, and how fast they
 * are made of integers counts: so the upper of two is rounded with regard to the lower, and need not be parted from it. */
#pragma once

#include "common.h"

typedef enum { FLOATS, SHORTS } form; /* a constant where it is inlined */

#define GROUP_SIZE 16   /* integers; a vector's last ones are filled up with zeros */
#define SCALE_PLACES 2  /* of integers, which a scale takes */
#define SHORT_LEVELS 32767
#define UPPER 65536.0f

INLINE int64_t in_groups(int64_t width) { return (width + GROUP_SIZE - 1) / GROUP_SIZE * GROUP_SIZE; }

/* Entries of a kept vector, in its own type, that has `width` ones for others. */
INLINE int64_t kept_size(form f, int64_t width) { return f == FLOATS ? width : SCALE_PLACES + in_groups(width); }

INLINE int64_t kept_bytes(form f, int64_t width) { return kept_size(f, width) * (f == FLOATS ? 4 : 2); }

INLINE float scale_of(const char *kept) {
    float scale;
    memcpy(&scale, kept, sizeof scale);
    return scale;
}

/* Sixteen integers, entries from `d` on. */
INLINE i32x8 halves_at(const char *kept, int64_t d) {
    i32x8 halves;
    memcpy(&halves, kept + kept_bytes(SHORTS, d), sizeof halves);
    return halves;
}

/* Of a value, times UPPER: entries d to d + 7, and the eight behind. */
INLINE f32x8 upper_floats(i32x8 halves) { return __builtin_convertvector(halves, f32x8); }

INLINE f32x8 lower_floats(i32x8 halves) { return __builtin_convertvector(halves << 16, f32x8); }

/* The largest magnitude; infinite or NaN where one entry is. Floats are ordered as their bits are. */
INLINE float largest_of(const float *x, int64_t width) {
    int64_t whole = width / WIDE * WIDE;
    i32xw most = {0};
    for (int64_t d = 0; d < whole; d += WIDE) most = max_signed(most, (i32xw)load_wide(x + d) & INT32_MAX);
    int32_t bits = highest_signed(most);
    if (whole < width) {
        i32x8 last = (i32x8)load8(x + whole) & INT32_MAX;
        for (int i = 0; i < 8; i++) bits = last[i] > bits ? last[i] : bits;
    }
    return float_of(bits);
}

/* What entries are multiplied with to be integers up to `levels`, and what these are to be multiplied with. That is NaN
 * where an entry is not finite, so that whatever reads the vector is NaN. */
typedef struct {
    float factor, scale;
} shortening;

INLINE shortening shortening_for(const float *x, int64_t width, int64_t levels) {
    float largest = largest_of(x, width), factor = levels / largest;
    if (!isfinite(largest)) return (shortening){0, NAN};
    return (shortening){isfinite(factor * UPPER) ? factor : 0, largest / levels}; /* of the tiniest none */
}

/* The upper one of two: of values with regard to the lower, which adds to it what its own bits say. */
INLINE i32x8 upper_shorts(const int is_value, f32x8 x, i32x8 lower) {
    return is_value ? (nearest8(x * UPPER) - lower + (1 << 15)) >> 16 : nearest8(x);
}

/* Queries (of so many levels), keys and values as integers; is_value is a constant where it is inlined. */
INLINE void keep_shorts(const int is_value, const float *x, int64_t width, int64_t levels, char *kept) {
    shortening by = shortening_for(x, width, levels);
    float scale = is_value ? by.scale / UPPER : by.scale;
    memcpy(kept, &scale, sizeof scale);
    if (by.factor == 0) memset(kept + sizeof scale, 0, kept_bytes(SHORTS, width) - sizeof scale);
    for (int64_t d = 0; d < width && by.factor != 0; d += GROUP_SIZE) {
        i32x8 lower = d + 8 < width ? nearest8(load8(x + d + 8) * by.factor) & 0xffff : (i32x8){0};
        i32x8 halves = upper_shorts(is_value, load8(x + d) * by.factor, lower) << 16 | lower;
        memcpy(kept + kept_bytes(SHORTS, d), &halves, sizeof halves);
    }
}

INLINE void keep(form f, const int is_value, const float *x, int64_t width, char *kept) {
    if (f == FLOATS)
        memcpy(kept, x, width * sizeof *x);
    else
        keep_shorts(is_value, x, width, SHORT_LEVELS, kept);
}
