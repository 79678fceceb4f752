/* Linear layers with int8 weights (a scale per output) and 7-bit activations (a range per row):
 * x = least + scale * q, so W x = scale * (W q) + least * (sum of W), where W q is a sum of integers. */
#include "int8_tiles.h"
#include "team.h"

#define MAX_ROWS 256
#define MIN_SHARED 500000 /* multiply-adds that are worth waking another thread for */
#define CACHED_BYTES 65536 /* quantized activations that stay in the cache while the weights pass by */

INLINE int64_t steps_of(int64_t inputs) { return (inputs + STEP - 1) / STEP; }

/* Bytes of `pack_int8`'s panels. */
EXPORT int64_t packed_int8_bytes(int64_t outputs, int64_t inputs) {
    return (outputs + PANEL - 1) / PANEL * PANEL * steps_of(inputs) * STEP;
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
    memset(sums, 0, (outputs + PANEL - 1) / PANEL * PANEL * sizeof *sums);
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

typedef struct {
    float scale, least;
} range; /* of a row */

/* One row: q = round((x - least) / scale), 0 to LEVELS. A NaN or an infinity makes the range NaN. */
INLINE range quantize_row(const float *x, int64_t size, int64_t padded, uint8_t *q) {
    float least = x[0], most = x[0], total = 0;
    int64_t whole = size / 8 * 8;
    if (whole) {
        f32x8 low = load8(x), high = low, sum = splat8(0);
        for (int64_t i = 0; i < whole; i += 8) {
            f32x8 v = load8(x + i);
            low = min8(v, low), high = max8(v, high), sum += v - v;
        }
        least = -maximum8(-low), most = maximum8(high), total = sum8(sum);
    }
    for (int64_t i = whole; i < size; i++) {
        least = x[i] < least ? x[i] : least, most = x[i] > most ? x[i] : most, total += x[i] - x[i];
    }
    float span = most - least + total; /* `total` is 0, or NaN where an entry is not finite */
    float inverse = span > 0 ? LEVELS / span : 0.0f;
    memset(q, 0, padded);
    if (!isfinite(span)) return (range){NAN, NAN};
    inverse = isfinite(inverse) ? inverse : 0.0f; /* a span of denormal numbers is none */
    for (int64_t i = 0; i < size; i++) q[i] = (uint8_t)(int32_t)((x[i] - least) * inverse + 0.5f);
    return (range){span / LEVELS, least};
}

typedef struct {
    const float *scales, *sums, *bias; /* per output; bias may be NULL */
    int activation;
} epilogue;

enum { LINEAR, RELU, SILU, GELU_TANH };

INLINE f32x8 activate(f32x8 x, int kind) {
    switch (kind) {
        case RELU: return max8(splat8(0), x);
        case SILU: return x / (1.0f + exp8(-x));
        /* x / 2 (1 + tanh(u)) = x s(2u), u = sqrt(2 / pi) (x + 0.044715 x^3) */
        case GELU_TANH: return x / (1.0f + exp8(-1.5957691216057308f * (x + 0.044715f * x * x * x)));
        default: return x;
    }
}

INLINE void finish(i32x8 sums, range row, const epilogue *e, int64_t n, float *out) {
    f32x8 y = __builtin_convertvector(sums, f32x8) * row.scale + load8(e->sums + n) * row.least;
    y *= load8(e->scales + n);
    if (e->bias) y += load8(e->bias + n);
    store8(out, activate(y, e->activation));
}

/* (rows, 16) finished outputs from column `n` on; the last panel may have fewer. */
static void write_panel(int64_t rows, const panel_sums *sums, const range *ranges, const epilogue *e, int64_t n,
                        int64_t outputs, float *out) {
    for (int64_t r = 0; r < rows; r++) {
        float line[PANEL], *to = n + PANEL <= outputs ? out + r * outputs + n : line;
        finish(sums[r].half[0], ranges[r], e, n, to);
        finish(sums[r].half[1], ranges[r], e, n + PANEL / 2, to + PANEL / 2);
        if (to == line) memcpy(out + r * outputs + n, line, (outputs - n) * sizeof(float));
    }
}

typedef struct {
    const uint8_t *q;
    const range *ranges;
    int64_t rows, steps, outputs;
    const int8_t *packed;
    const uint16_t *orders;
    const int64_t *joined;
    epilogue epilogue;
    float *y;
} product;

/* A part of the panels, times all rows. */
static void multiply(void *context, int64_t part, int64_t parts) {
    const product *p = context;
    int64_t panels = (p->outputs + PANEL - 1) / PANEL, width = p->steps * STEP;
    panel_sums sums[TILE];
    for (int64_t i = panels * part / parts; i < panels * (part + 1) / parts; i++) {
        weight_panel panel = {p->packed + i * PANEL * width, p->orders + i * p->steps, p->joined[i], p->steps};
        for (int64_t r = 0, done; r < p->rows; r += done) {
            done = multiply_tile(p->rows - r, r == 0, p->q + r * width, &panel, sums);
            write_panel(done, sums, p->ranges + r, &p->epilogue, i * PANEL, p->outputs, p->y + r * p->outputs);
        }
    }
}

/* y = activate(x W^T + b): x (R, K); packed, orders, joined and sums from `pack_int8`; scales and bias padded
 * to whole panels; y (R, N). Returns 0, or 1 where memory ran out. */
EXPORT int linear_int8(const float *x, int64_t rows, int64_t inputs, const int8_t *packed,
                       const uint16_t *orders, const int64_t *joined, const float *sums, const float *scales,
                       const float *bias, int64_t outputs, int activation, int64_t threads, float *y) {
    int64_t steps = steps_of(inputs), padded = steps * STEP, at_once = CACHED_BYTES / padded / TILE * TILE;
    at_once = at_once < TILE ? TILE : at_once > MAX_ROWS ? MAX_ROWS : at_once;
    uint8_t *q = malloc((rows < at_once ? rows : at_once) * padded);
    if (!q) return 1;
    range ranges[MAX_ROWS];
    for (int64_t first = 0; first < rows; first += at_once) {
        int64_t count = rows - first < at_once ? rows - first : at_once;
        for (int64_t r = 0; r < count; r++)
            ranges[r] = quantize_row(x + (first + r) * inputs, inputs, padded, q + r * padded);
        product p = {q, ranges, count, steps, outputs, packed, orders, joined, {scales, sums, bias, activation},
                     y + first * outputs};
        share_work(count * inputs * outputs < MIN_SHARED ? 1 : threads, multiply, &p);
    }
    free(q);
    return 0;
}
