/* Linear layers with int8 weights (a scale per output) and activations of one byte or two (a range per row). */
#include "int8_rows.h"
#include "int8_tiles.h"
#include "kernels.h"
#include "team.h"

#define MAX_ROWS 256
#define CACHED_BYTES 131072 /* quantized activations that stay in the cache while the weights pass by */

/* (rows, 16) finished outputs, `stride` apart; planes and activation are constants where it is inlined. */
INLINE void finish_panel(int64_t rows, const panel_sums *sums, const range *ranges, const panel_scales *scales,
                         const int64_t planes, const int activation, float *out, int64_t stride) {
    for (int64_t r = 0; r < rows; r++, sums += planes, out += stride)
        for (int i = 0; i < PARTS; i++)
            store_wide(out + i * WIDE, activate(finished(sums, i, planes, ranges[r], scales), activation));
}

/* From column `n` on; the last panel may have fewer than 16. */
static void write_panel(int64_t rows, const panel_sums *sums, const range *ranges, const matrix *m, int64_t planes,
                        int64_t n, int activation, float *out) {
    panel_scales scales = scales_at(m, n);
    float block[TILE_ROWS * PANEL], *to = out + n;
    int64_t stride = m->outputs, there = m->outputs - n;
    if (there < PANEL) to = block, stride = PANEL;
    if (activation == SILU)
        finish_panel(rows, sums, ranges, &scales, planes, SILU, to, stride);
    else if (activation != LINEAR)
        finish_panel(rows, sums, ranges, &scales, planes, activation, to, stride);
    else if (planes > 1)
        finish_panel(rows, sums, ranges, &scales, 2, LINEAR, to, stride);
    else
        finish_panel(rows, sums, ranges, &scales, 1, LINEAR, to, stride);
    if (there < PANEL)
        for (int64_t r = 0; r < rows; r++)
            memcpy(out + r * m->outputs + n, block + r * PANEL, there * sizeof *out);
}

typedef struct {
    const matrix *matrix;
    const float *x;
    uint8_t *q;
    range *ranges;
    int64_t rows;
    int activation;
    float *y;
    atomic_int quantized; /* parts of x */
} product;

/* A part of the rows. */
static void quantize(const product *p, int64_t part, int64_t parts) {
    const matrix *m = p->matrix;
    int64_t first = p->rows * part / parts, rows = p->rows * (part + 1) / parts - first, width = padded(m->inputs);
    quantize_rows(p->x + first * m->inputs, m->centers, rows, m->inputs, width, m->levels,
                  p->q + first * width * planes_of(m), p->ranges + first);
}

static void write_block(void *context, const block *b, int64_t first, int64_t count) {
    const product *p = context;
    const matrix *m = p->matrix;
    int64_t planes = planes_of(m), row = b->row + first;
    for (int64_t n = 0; n < b->panels; n++)
        write_panel(count, b->sums + n * TILE_ROWS + first * planes, p->ranges + row, m, planes, (b->panel + n) * PANEL,
                    p->activation, p->y + row * m->outputs);
}

/* A part of the panels, times all rows. */
static void multiply(void *context, int64_t part, int64_t parts) {
    product *p = context;
    quantize(p, part, parts);
    meet(&p->quantized, parts);
    int64_t all = panels_of(p->matrix->outputs);
    multiply_panels(p->matrix, p->q, p->rows, all * part / parts, all * (part + 1) / parts, write_block, p);
}

/* y = activate(x W^T + b): x (R, K), y (R, N). Returns 0, or 1 where memory ran out. */
EXPORT int linear_int8(const matrix *m, const float *x, int64_t rows, int activation, int64_t threads, float *y) {
    int64_t width = padded(m->inputs), row_bytes = width * planes_of(m);
    int64_t at_once = CACHED_BYTES / row_bytes / TILE_ROWS * TILE_ROWS;
    at_once = at_once < TILE_ROWS ? TILE_ROWS : at_once > MAX_ROWS ? MAX_ROWS : at_once;
    uint8_t *q = malloc((rows < at_once ? rows : at_once) * row_bytes);
    if (!q) return 1;
    range ranges[MAX_ROWS];
    for (int64_t first = 0; first < rows; first += at_once) {
        int64_t count = rows - first < at_once ? rows - first : at_once;
        product p = {m, x + first * m->inputs, q, ranges, count, activation, y + first * m->outputs, 0};
        share_work(threads_for(count * m->inputs * m->outputs, threads), multiply, &p);
    }
    free(q);
    return 0;
}
