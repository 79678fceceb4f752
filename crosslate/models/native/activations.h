#pragma once

#include "common.h"

enum { LINEAR, RELU, SILU, GELU_TANH, GELU };

/* x P(X < x) of a normal X. The tail of the error function: Abramowitz & Stegun 7.1.26, off by 1.5e-7 at most. */
INLINE f32x8 gelu8(f32x8 x) {
    f32x8 z = max8(x, -x) * 0.70710678118654752f, t = 1.0f / (1.0f + 0.3275911f * z);
    f32x8 p = t * 1.061405429f - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    f32x8 tail = 0.5f * p * t * exp8(-z * z);
    i32x8 is_low = x < splat8(0);
    f32x8 below = (f32x8)((is_low & (i32x8)tail) | (~is_low & (i32x8)(1.0f - tail)));
    return x * below;
}

INLINE f32x8 activate(f32x8 x, int kind) {
    switch (kind) {
        case RELU: return max8(splat8(0), x);
        case SILU: return x / (1.0f + exp8(-x));
        /* x / 2 (1 + tanh(u)) = x s(2u), u = sqrt(2 / pi) (x + 0.044715 x^3) */
        case GELU_TANH: return x / (1.0f + exp8(-1.5957691216057308f * (x + 0.044715f * x * x * x)));
        case GELU: return gelu8(x);
        default: return x;
    }
}

INLINE f32xw activate_wide(f32xw x, int kind) {
    if (kind == LINEAR) return x;
    if (kind == RELU) return max_wide((f32xw){0}, x);
    f32x8 parts[WIDE / 8];
    memcpy(parts, &x, sizeof x);
    for (int i = 0; i < WIDE / 8; i++) parts[i] = activate(parts[i], kind);
    memcpy(&x, parts, sizeof x);
    return x;
}
