/* See int8_tiles.h. */
#pragma once

static int64_t multiply_tile(int64_t rows, int64_t panels, lookahead next, const uint8_t *a, const weight_panels *p,
                             panel_sums *sums) {
    (void)panels, (void)next;
    rows = rows < TILE_ROWS ? rows : TILE_ROWS;
    for (int64_t r = 0; r < rows; r++) {
        int32_t line[PANEL] = {0};
        for (int64_t k = 0; k < p->width; k += GROUP) {
            const uint8_t *x = a + r * p->width + k;
            const int8_t *w = p->weights + k * PANEL;
            for (int n = 0; n < PANEL; n++)
                for (int i = 0; i < GROUP; i++) line[n] += x[i] * w[n * GROUP + i];
        }
        memcpy(&sums[r], line, sizeof line);
    }
    return rows;
}
