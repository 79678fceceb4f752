/* Rows of unsigned activations times panels of 16 outputs' signed 8-bit weights, in integers:
 *   AMX    tdpbusd: 16 rows times a panel, 64 inputs at once (int8_tiles_amx.h)
 *   VNNI   vpdpbusd: 4 activations times 4 weights, added to 32 bits (int8_tiles_vnni.h)
 *   AVX2   vpmaddubsw: 2 times 2, added to 16 bits (int8_tiles_avx2.h)
 *   I8MM   usmmla: 8 times 8, of two rows and two outputs (int8_tiles_i8mm.h)
 *   DotProd sdot: 4 times 4, both signed (int8_tiles_dotprod.h)
 *   else   plain C that the compiler may vectorise
 * Each has a `multiply_tile` for as many rows and panels as registers hold. Sums are exact on all of them. They have
 * names or constant indices after unrolling: in memory they would cost half the speed.
 */
#pragma once

#include "int8_block.h"

/* One panel or, where they have no places, several that follow each other. */
typedef struct {
    const int8_t *weights;
    const uint16_t *order; /* AVX2: which inputs a step takes, in steps */
    int64_t joined, steps; /* AVX2 */
    int64_t width;         /* bytes of a row of activations */
    const float *sums;     /* of each output's weights */
} weight_panels;

#define ASKING 4 /* tiles */
#define PRESSED 2 /* tiles: with so few, more lines are on their way at once than the nearest cache can await */

/* What a tile asks memory for while it multiplies: so many bytes a line, of the panels that come next. */
typedef struct {
    const int8_t *at;
    int64_t stride;
    int is_pressed;
} lookahead;

/* The first tiles ask for a share each: one alone would ask faster than memory answers. */
INLINE lookahead look_ahead(const int8_t *next, int64_t lines, int64_t panels, int64_t row, int64_t rows) {
    int64_t tile = row / TILE_ROWS, tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
    int64_t asking = tiles < ASKING ? tiles : ASKING, stride = panels * LINE / asking;
    if (tile >= asking) return (lookahead){next, 0, 0};
    return (lookahead){next + lines * tile * stride, stride, tiles <= PRESSED && rows > PRESSED};
}

INLINE void ask(lookahead *next) {
    if (next->stride == 0) return;
    if (next->is_pressed) {
        __builtin_prefetch(next->at, 0, 2); /* into the second cache */
        if (next->stride > 64) __builtin_prefetch(next->at + 64, 0, 2);
    } else {
        __builtin_prefetch(next->at);
        if (next->stride > 64) __builtin_prefetch(next->at + 64);
    }
    next->at += next->stride;
}

/* From panel `i` on. */
INLINE weight_panels panels_at(const matrix *m, int64_t i) {
    int64_t width = padded(m->inputs);
#if defined(HAS_PLACES)
    panel_place place = m->places[i];
    return (weight_panels){m->panels + place.first * STEP * PANEL, m->orders + place.first, place.joined, place.steps,
                           width, m->sums + i * PANEL};
#else
    return (weight_panels){m->panels + i * PANEL * width, NULL, 0, 0, width, m->sums + i * PANEL};
#endif
}

/* What comes after `panels` of them. */
INLINE lookahead look_beyond(const weight_panels *p, int64_t panels, int64_t row, int64_t rows) {
#if defined(HAS_PLACES)
    int64_t size = p->steps * STEP * PANEL, lines = p->steps; /* a step asks once for its two lines */
    panels = 2;
#else
    int64_t size = panels * PANEL * p->width, lines = p->width / GROUP;
#endif
    return look_ahead(p->weights + size, lines, panels, row, rows);
}

INLINE int32_t four_at(const uint8_t *a) {
    int32_t four;
    memcpy(&four, a, sizeof four);
    return four;
}

#if defined(__AMX_INT8__)
#include "int8_tiles_amx.h"
#elif defined(__AVX512VNNI__) || defined(__AVXVNNI__)
#include "int8_tiles_vnni.h"
#elif defined(__AVX2__)
#include "int8_tiles_avx2.h"
#elif defined(__ARM_FEATURE_MATMUL_INT8)
#include "int8_tiles_i8mm.h"
#elif defined(__ARM_FEATURE_DOTPROD)
#include "int8_tiles_dotprod.h"
#else
#include "int8_tiles_plain.h"
#endif

#if !defined(__AMX_INT8__)
/* What a thread does before and after it multiplies so many rows. */
INLINE void begin_tiles(int64_t rows) { (void)rows; }
INLINE void end_tiles(int64_t rows) { (void)rows; }

/* Products and what becomes of them share the units: nothing is held back. */
INLINE int64_t multiply_beside(pending *before, int64_t rows, int64_t panels, lookahead next, const uint8_t *a,
                               const weight_panels *p, panel_sums *sums) {
    (void)before;
    return multiply_tile(rows, panels, next, a, p, sums);
}

INLINE void hand_on(pending *before, block b, const block_user use, void *context) {
    (void)before;
    use(context, &b, 0, b.rows);
}
#endif

/* Panels from `first` to `end` times all rows of q (R, planes, width); `use` has the blocks, one after the other. */
INLINE void multiply_panels(const matrix *m, const uint8_t *q, int64_t rows, int64_t first, int64_t end,
                            const block_user use, void *context) {
    int64_t planes = planes_of(m), all = rows * planes;
    panel_sums sums[2][TILE_PANELS * TILE_ROWS];
    pending before = {0};
    int turn = 0;
    begin_tiles(all);
    for (int64_t i = first, count; i < end; i += count) {
        weight_panels w = panels_at(m, i);
        count = end - i < TILE_PANELS ? end - i : TILE_PANELS;
        for (int64_t r = 0, done; r < all; r += done, turn = !turn) {
            lookahead next = look_beyond(&w, count, r, all);
            done = multiply_beside(&before, all - r, count, next, q + r * w.width, &w, sums[turn]);
            hand_on(&before, (block){i, count, r / planes, done / planes, sums[turn]}, use, context);
        }
    }
    use_rest(&before);
    end_tiles(all);
}
