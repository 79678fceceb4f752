/* See lanes.h. A register holds four of the eight lanes. */
#pragma once

#include <arm_neon.h>

INLINE float32x4_t low_floats(f32x8 v) { return (float32x4_t)__builtin_shufflevector(v, v, 0, 1, 2, 3); }

INLINE float32x4_t high_floats(f32x8 v) { return (float32x4_t)__builtin_shufflevector(v, v, 4, 5, 6, 7); }

INLINE f32x8 both_floats(float32x4_t low, float32x4_t high) {
    return (f32x8)__builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
}

INLINE int32x4_t low_ints(i32x8 v) { return (int32x4_t)__builtin_shufflevector(v, v, 0, 1, 2, 3); }

INLINE int32x4_t high_ints(i32x8 v) { return (int32x4_t)__builtin_shufflevector(v, v, 4, 5, 6, 7); }

INLINE i32x8 both_ints(int32x4_t low, int32x4_t high) {
    return (i32x8)__builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
}

/* The instruction for a maximum has NaN where either is. */
INLINE float32x4_t max4(float32x4_t a, float32x4_t b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }

INLINE f32x8 max8(f32x8 a, f32x8 b) {
    return both_floats(max4(low_floats(a), low_floats(b)), max4(high_floats(a), high_floats(b)));
}

INLINE f32x8 fused8(f32x8 a, f32x8 b, f32x8 c) {
    return both_floats(vfmaq_f32(low_floats(c), low_floats(a), low_floats(b)),
                       vfmaq_f32(high_floats(c), high_floats(a), high_floats(b)));
}

INLINE f32x8 added_halves(f32x8 sum, f32xw v) { return sum + v; }

INLINE f32xw max_wide(f32xw a, f32xw b) { return max8(a, b); }

INLINE int any_above(f32xw v, float x) {
    float32x4_t most = vdupq_n_f32(x);
    return vmaxvq_u32(vorrq_u32(vcgtq_f32(low_floats(v), most), vcgtq_f32(high_floats(v), most))) != 0;
}

INLINE i32x8 nearest8(f32x8 x) { return both_ints(vcvtnq_s32_f32(low_floats(x)), vcvtnq_s32_f32(high_floats(x))); }

INLINE i32x8 max_signed8(i32x8 a, i32x8 b) {
    return both_ints(vmaxq_s32(low_ints(a), low_ints(b)), vmaxq_s32(high_ints(a), high_ints(b)));
}

INLINE i32xw max_signed(i32xw a, i32xw b) { return max_signed8(a, b); }

INLINE uint32x4_t max_unsigned4(int32x4_t a, int32x4_t b) {
    return vmaxq_u32(vreinterpretq_u32_s32(a), vreinterpretq_u32_s32(b));
}

INLINE i32xw max_unsigned(i32xw a, i32xw b) {
    return both_ints(vreinterpretq_s32_u32(max_unsigned4(low_ints(a), low_ints(b))),
                     vreinterpretq_s32_u32(max_unsigned4(high_ints(a), high_ints(b))));
}

INLINE int32_t highest_signed(i32xw v) { return vmaxvq_s32(vmaxq_s32(low_ints(v), high_ints(v))); }

INLINE void store_bytes(uint8_t *q, i32xw x) {
    vst1_s8((int8_t *)q, vmovn_s16(vcombine_s16(vmovn_s32(low_ints(x)), vmovn_s32(high_ints(x)))));
}

INLINE int32x4_t products_of_two(int32x4_t a, int32x4_t b) {
    int16x8_t first = vreinterpretq_s16_s32(a), second = vreinterpretq_s16_s32(b);
    return vpaddq_s32(vmull_s16(vget_low_s16(first), vget_low_s16(second)), vmull_high_s16(first, second));
}

INLINE i32x8 add_products(i32x8 sum, i32x8 a, i32x8 b) {
    return sum + both_ints(products_of_two(low_ints(a), low_ints(b)), products_of_two(high_ints(a), high_ints(b)));
}
