/* See int8_tiles.h. Two tiles of 16 rows times two panels: four products for four loads. Fewer than 16 rows stay on
 * VNNI. Products have a unit of their own, which takes 64 cycles for the four: meanwhile the vector units make results
 * of the block before, a few rows at each step. */
#pragma once

#include "amx_state.h"
#include "int8_block.h"
#include "int8_tiles_vnni.h"

/* 16 rows, or 32, times one panel, or two: sums in tiles 0 to 3, activations in 4 and 5, weights in 6 and 7. */
INLINE void amx_tile(const int more_rows, const int more_panels, lookahead next, const uint8_t *a,
                     const weight_panels *p, panel_sums *sums, pending *before) {
    const int8_t *w = p->weights, *beside = w + p->width * PANEL;
    const uint8_t *below = a + HALF_TILE * p->width;
    int64_t steps = p->width / STEP, at_once = (before->of.rows + steps - 1) / steps;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int64_t k = 0; k < p->width; k += STEP) {
        for (int i = 0; i < STEP / GROUP; i++) ask(&next);
        _tile_loadd(6, w + k * PANEL, LINE);
        _tile_loadd(4, a + k, p->width);
        _tile_dpbusd(0, 4, 6);
        if (more_panels) {
            _tile_loadd(7, beside + k * PANEL, LINE);
            _tile_dpbusd(1, 4, 7);
        }
        if (more_rows) {
            _tile_loadd(5, below + k, p->width);
            _tile_dpbusd(2, 5, 6);
            if (more_panels) _tile_dpbusd(3, 5, 7);
        }
        use_some(before, at_once);
    }
    _tile_stored(0, sums, sizeof *sums);
    if (more_panels) _tile_stored(1, sums + TILE_ROWS, sizeof *sums);
    if (more_rows) _tile_stored(2, sums + HALF_TILE, sizeof *sums);
    if (more_rows && more_panels) _tile_stored(3, sums + TILE_ROWS + HALF_TILE, sizeof *sums);
}

/* A panel after the other, where the remaining instructions take one only. */
INLINE int64_t few_rows(int64_t rows, int64_t panels, lookahead next, const uint8_t *a, const weight_panels *p,
                        panel_sums *sums) {
    if (VNNI_PANELS > 1 && panels > 1) return vnni_rows(rows, VNNI_PANELS, next, a, p, sums, TILE_ROWS);
    if (panels > 1) {
        weight_panels beside = *p;
        beside.weights += p->width * PANEL;
        vnni_rows(rows, 1, (lookahead){next.at, 0, 0}, a, &beside, sums + TILE_ROWS, TILE_ROWS);
    }
    return vnni_rows(rows, 1, next, a, p, sums, TILE_ROWS);
}

static __attribute__((noinline)) int64_t multiply_beside(pending *before, int64_t rows, int64_t panels, lookahead next,
                                                         const uint8_t *a, const weight_panels *p, panel_sums *sums) {
    if (rows < HALF_TILE) return few_rows(rows, panels, next, a, p, sums);
    if (rows >= TILE_ROWS && panels > 1)
        amx_tile(1, 1, next, a, p, sums, before);
    else if (rows >= TILE_ROWS)
        amx_tile(1, 0, next, a, p, sums, before);
    else if (panels > 1)
        amx_tile(0, 1, next, a, p, sums, before);
    else
        amx_tile(0, 0, next, a, p, sums, before);
    return rows >= TILE_ROWS ? TILE_ROWS : HALF_TILE;
}

/* What is left of the block before, which the products did not last for; the new one waits for the next. */
INLINE void hand_on(pending *before, block b, const block_user use, void *context) {
    use_rest(before);
    *before = (pending){b, use, context, 0};
}
