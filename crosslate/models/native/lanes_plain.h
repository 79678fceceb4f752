/* See lanes.h. */
#pragma once

INLINE f32x8 max8(f32x8 a, f32x8 b) {
    i32x8 first = a > b;
    return (f32x8)((first & (i32x8)a) | (~first & (i32x8)b));
}

INLINE f32x8 added_halves(f32x8 sum, f32xw v) { return sum + v; }

INLINE f32xw max_wide(f32xw a, f32xw b) { return max8(a, b); }

INLINE int any_above(f32xw v, float x) {
    for (int i = 0; i < WIDE; i++)
        if (v[i] > x) return 1;
    return 0;
}

INLINE f32x8 fused8(f32x8 a, f32x8 b, f32x8 c) { return a * b + c; }

INLINE i32x8 nearest8(f32x8 x) {
    i32x8 whole;
    for (int i = 0; i < 8; i++) whole[i] = (int32_t)rintf(x[i]);
    return whole;
}

INLINE i32x8 max_signed8(i32x8 a, i32x8 b) {
    i32x8 first = a > b;
    return (first & a) | (~first & b);
}

INLINE i32xw max_signed(i32xw a, i32xw b) { return max_signed8(a, b); }

INLINE i32xw max_unsigned(i32xw a, i32xw b) {
    i32xw first = (a ^ INT32_MIN) > (b ^ INT32_MIN);
    return (first & a) | (~first & b);
}

INLINE int32_t highest_signed(i32xw v) {
    int32_t highest = v[0];
    for (int i = 1; i < WIDE; i++) highest = v[i] > highest ? v[i] : highest;
    return highest;
}

INLINE void store_bytes(uint8_t *q, i32xw x) {
    for (int i = 0; i < WIDE; i++) q[i] = (uint8_t)x[i];
}

INLINE i32x8 add_products(i32x8 sum, i32x8 a, i32x8 b) {
    return sum + (a >> 16) * (b >> 16) + (a << 16 >> 16) * (b << 16 >> 16);
}
