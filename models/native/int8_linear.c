/* Linear layers with int8 weights (a scale per output) and 7-bit activations (a range per row). */
#include "int8_rows.h"
#include "kernels.h"
#include "team.h"

#define MAX_ROWS 256
#define MIN_SHARED 500000 /* multiply-adds that are worth waking another thread for */
#define CACHED_BYTES 65536 /* quantized activations that stay in the cache while the weights pass by */

/* Bytes of `pack_int8`'s panels. */
EXPORT int64_t packed_int8_bytes(int64_t outputs, int64_t inputs) {
    return panels_of(outputs) * PANEL * steps_of(inputs) * STEP;
}

/* One step's weights of a panel, as a tile reads them, from row-major ones. */
INLINE void pack_step(const int8_t *weights, int64_t outputs, int64_t inputs, int64_t step, int8_t *packed) {
    int64_t left = inputs - step * STEP;
    memset(packed, 0, STEP * PANEL);
    for (int64_t n = 0; n < outputs; n++) {
        int8_t eight[STEP] = {0};
        memcpy(eight, weights + n * inputs + step * STEP, left < STEP ? left : STEP);
        memcpy(packed + n * GROUP, eight, GROUP);
        memcpy(packed + (PANEL + n) * GROUP, eight + GROUP, GROUP);
    }
}

/* Whether LEVELS times four weights that are added in 16 bits fits there, whatever the activations are. */
INLINE int may_be_joined(const int8_t *step) {
    int exceeds = 0;
    for (int i = 0; i < PANEL * GROUP; i += 2) {
        int32_t positive = 0, negative = 0;
        for (int j = 0; j < 4; j++) {
            int32_t w = step[i + j / 2 * PANEL * GROUP + j % 2];
            positive += w > 0 ? w : 0, negative += w < 0 ? w : 0;
        }
        exceeds |= LEVELS * positive > INT16_MAX || LEVELS * negative < INT16_MIN;
    }
    return !exceeds;
}

/* weights (N, K) row-major -> panels, an order of steps each (16-bit, so K is at most 524,288), and how many of
 * them may be joined; sums (N rounded up to 16): each output's sum of weights. */
EXPORT void pack_int8(const int8_t *weights, int64_t outputs, int64_t inputs, int8_t *packed, uint16_t *orders,
                      int64_t *joined, float *sums) {
    int64_t steps = steps_of(inputs);
    memset(sums, 0, panels_of(outputs) * PANEL * sizeof *sums);
    for (int64_t first = 0; first < outputs; first += PANEL, weights += PANEL * inputs) {
        int64_t count = outputs - first < PANEL ? outputs - first : PANEL, front = 0, back = steps;
        for (int64_t step = 0; step < steps; step++) {
            int8_t line[STEP * PANEL];
            pack_step(weights, count, inputs, step, line);
            int64_t place = may_be_joined(line) ? front++ : --back;
            memcpy(packed + place * STEP * PANEL, line, sizeof line);
            orders[place] = (uint16_t)step;
        }
        for (int64_t n = 0; n < count; n++) {
            int32_t sum = 0;
            for (int64_t k = 0; k < inputs; k++) sum += weights[n * inputs + k];
            sums[first + n] = (float)sum;
        }
        joined[first / PANEL] = front;
        packed += steps * STEP * PANEL, orders += steps;
    }
}

/* (rows, 16) finished outputs from column `n` on; the last panel may have fewer. */
static void write_panel(int64_t rows, const panel_sums *sums, const range *ranges, const epilogue *e, int64_t n,
                        int64_t outputs, float *out) {
    for (int64_t r = 0; r < rows; r++) {
        float line[PANEL], *to = n + PANEL <= outputs ? out + r * outputs + n : line;
        store8(to, finished(sums[r].half[0], ranges[r], e, n));
        store8(to + PANEL / 2, finished(sums[r].half[1], ranges[r], e, n + PANEL / 2));
        if (to == line) memcpy(out + r * outputs + n, line, (outputs - n) * sizeof(float));
    }
}

typedef struct {
    const uint8_t *q;
    const range *ranges;
    int64_t rows;
    const layer *layer;
    float *y;
} product;

/* A part of the panels, times all rows. */
static void multiply(void *context, int64_t part, int64_t parts) {
    const product *p = context;
    const layer *w = p->layer;
    int64_t panels = panels_of(w->outputs), width = w->steps * STEP;
    panel_sums sums[TILE];
    for (int64_t i = panels * part / parts; i < panels * (part + 1) / parts; i++) {
        weight_panel panel = panel_at(w, i);
        for (int64_t r = 0, done; r < p->rows; r += done) {
            lookahead next = look_ahead(&panel, r / TILE, tiles_of(p->rows));
            done = multiply_tile(p->rows - r, next, p->q + r * width, &panel, sums);
            write_panel(done, sums, p->ranges + r, &w->epilogue, i * PANEL, w->outputs, p->y + r * w->outputs);
        }
    }
}

/* y = activate(x W^T + b): x (R, K); packed, orders, joined and sums from `pack_int8`; scales and bias padded
 * to whole panels; y (R, N). Returns 0, or 1 where memory ran out. */
EXPORT int linear_int8(const float *x, int64_t rows, int64_t inputs, const int8_t *packed,
                       const uint16_t *orders, const int64_t *joined, const float *sums, const float *scales,
                       const float *bias, int64_t outputs, int activation, int64_t threads, float *y) {
    layer w = {packed, orders, joined, steps_of(inputs), outputs, {scales, sums, bias, activation}};
    int64_t padded = w.steps * STEP, at_once = CACHED_BYTES / padded / TILE * TILE;
    at_once = at_once < TILE ? TILE : at_once > MAX_ROWS ? MAX_ROWS : at_once;
    uint8_t *q = malloc((rows < at_once ? rows : at_once) * padded);
    if (!q) return 1;
    range ranges[MAX_ROWS];
    for (int64_t first = 0; first < rows; first += at_once) {
        int64_t count = rows - first < at_once ? rows - first : at_once;
        for (int64_t r = 0; r < count; r++)
            ranges[r] = quantize_row(x + (first + r) * inputs, inputs, padded, q + r * padded);
        product p = {q, ranges, count, &w, y + first * outputs};
        share_work(count * inputs * outputs < MIN_SHARED ? 1 : threads, multiply, &p);
    }
    free(q);
    return 0;
}
