/* A thread holds tiles only while it multiplies: whoever does not is switched without them. */
#pragma once

#include <immintrin.h>

#include "int8_matrix.h"

#define HALF_TILE 16

typedef struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_shapes;

#define EIGHT(x) {x, x, x, x, x, x, x, x}

/* Constant: compilers do not know that the instruction reads all of it, and may leave out what is written before. */
static const tile_shapes all_tiles __attribute__((aligned(64))) = {
    .palette = 1, .row_bytes = EIGHT(LINE), .rows = EIGHT(HALF_TILE)};

INLINE void begin_tiles(int64_t rows) {
    if (rows >= HALF_TILE) _tile_loadconfig(&all_tiles);
}

INLINE void end_tiles(int64_t rows) {
    if (rows >= HALF_TILE) _tile_release();
}
