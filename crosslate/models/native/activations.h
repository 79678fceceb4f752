#pragma once

#include "common.h"

enum { LINEAR, RELU, SILU, GELU_TANH, GELU };

/* x P(X < x) of a normal X. The tail of the error function: Abramowitz & Stegun 7.1.26, off by 1.5e-7 at most. */
INLINE f32xw gelu(f32xw x) {
    f32xw z = max_wide(x, -x) * 0.70710678118654752f, t = 1.0f / (1.0f + 0.3275911f * z);
    f32xw p = fused_wide(t, splat_wide(1.061405429f), splat_wide(-1.453152027f));
    p = fused_wide(p, t, splat_wide(1.421413741f));
    p = fused_wide(p, t, splat_wide(-0.284496736f));
    p = fused_wide(p, t, splat_wide(0.254829592f));
    f32xw tail = 0.5f * p * t * exp_wide(-z * z);
    i32xw is_low = x < (f32xw){0};
    f32xw below = (f32xw)((is_low & (i32xw)tail) | (~is_low & (i32xw)(1.0f - tail)));
    return x * below;
}

/* 1 / (1 + e^-x) */
INLINE f32xw sigmoid(f32xw x) { return 1.0f / (1.0f + exp_wide(-max_wide((f32xw){0} - 88.0f, x))); }

INLINE f32xw activate(f32xw x, int kind) {
    switch (kind) {
        case RELU: return max_wide((f32xw){0}, x);
        case SILU: return x * sigmoid(x);
        /* x / 2 (1 + tanh(u)) = x s(2u), u = sqrt(2 / pi) (x + 0.044715 x^3) */
        case GELU_TANH: return x * sigmoid(1.5957691216057308f * (x + 0.044715f * x * x * x));
        case GELU: return gelu(x);
        default: return x;
    }
}
