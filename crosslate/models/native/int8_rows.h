/* Float outputs of the integer products of an int8 linear layer.
 *
 * x = least + scale * q, so W x = scale * (W q) + least * (sum of W), where W q is a sum of integers. A row's q has
 * one byte or two, which are multiplied as two rows: W q = RADIX * (W high) + W low.
 */
#pragma once

#include "activations.h"
#include "int8_quantize.h"

#define PARTS (PANEL / WIDE) /* of a panel */

/* What makes a panel's outputs of its sums, read once for all rows. */
typedef struct {
    f32xw sums[PARTS], scales[PARTS], bias[PARTS];
    int has_bias;
} panel_scales;

/* From output `n` on. */
INLINE panel_scales scales_at(const matrix *m, int64_t n) {
    panel_scales s;
    s.has_bias = m->bias != NULL;
    for (int i = 0; i < PARTS; i++, n += WIDE) {
        s.sums[i] = load_wide(m->sums + n), s.scales[i] = load_wide(m->scales + n);
        s.bias[i] = s.has_bias ? load_wide(m->bias + n) : (f32xw){0};
    }
    return s;
}

/* W q: a part of a panel's sums of a row, which has `planes` of them. */
INLINE f32xw joined(const panel_sums *sums, int part, int64_t planes) {
    f32xw all = __builtin_convertvector(sums[0].part[part], f32xw);
    if (planes == 1) return all;
    return fused_wide(all, splat_wide(RADIX), __builtin_convertvector(sums[1].part[part], f32xw));
}

/* A part of a row's outputs. */
INLINE f32xw finished(const panel_sums *sums, int part, int64_t planes, range row, const panel_scales *s) {
    f32xw y = fused_wide(joined(sums, part, planes), splat_wide(row.scale), s->sums[part] * row.least);
    y *= s->scales[part];
    return s->has_bias ? y + s->bias[part] : y;
}
