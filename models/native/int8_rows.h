/* What surrounds the integer products of an int8 linear layer: quantized rows before, float outputs after.
 *
 * x = least + scale * q, so W x = scale * (W q) + least * (sum of W), where W q is a sum of integers.
 */
#pragma once

#include "int8_tiles.h"

typedef struct {
    float scale, least;
} range; /* of a row */

/* One row: q = round((x - least) / scale), 0 to LEVELS. A NaN or an infinity makes the range NaN. */
INLINE range quantize_row(const float *x, int64_t size, int64_t padded, uint8_t *q) {
    float least = x[0], most = x[0], total = 0;
    int64_t whole = size / 8 * 8;
    if (whole) {
        f32x8 low = load8(x), high = low, sum = splat8(0);
        for (int64_t i = 0; i < whole; i += 8) {
            f32x8 v = load8(x + i);
            low = min8(v, low), high = max8(v, high), sum += v - v;
        }
        least = -maximum8(-low), most = maximum8(high), total = sum8(sum);
    }
    for (int64_t i = whole; i < size; i++) {
        least = x[i] < least ? x[i] : least, most = x[i] > most ? x[i] : most, total += x[i] - x[i];
    }
    float span = most - least + total; /* `total` is 0, or NaN where an entry is not finite */
    float inverse = span > 0 ? LEVELS / span : 0.0f;
    memset(q, 0, padded);
    if (!isfinite(span)) return (range){NAN, NAN};
    inverse = isfinite(inverse) ? inverse : 0.0f; /* a span of denormal numbers is none */
    for (int64_t i = 0; i < size; i++) q[i] = (uint8_t)(int32_t)((x[i] - least) * inverse + 0.5f);
    return (range){span / LEVELS, least};
}

typedef struct {
    const float *scales, *sums, *bias; /* per output; bias may be NULL */
    int activation;
} epilogue;

enum { LINEAR, RELU, SILU, GELU_TANH };

INLINE f32x8 activate(f32x8 x, int kind) {
    switch (kind) {
        case RELU: return max8(splat8(0), x);
        case SILU: return x / (1.0f + exp8(-x));
        /* x / 2 (1 + tanh(u)) = x s(2u), u = sqrt(2 / pi) (x + 0.044715 x^3) */
        case GELU_TANH: return x / (1.0f + exp8(-1.5957691216057308f * (x + 0.044715f * x * x * x)));
        default: return x;
    }
}

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

INLINE int64_t panels_of(int64_t outputs) { return (outputs + PANEL - 1) / PANEL; }

INLINE weight_panel panel_at(const layer *w, int64_t i) {
    return (weight_panel){w->packed + i * PANEL * w->steps * STEP, w->orders + i * w->steps, w->joined[i], w->steps};
}
