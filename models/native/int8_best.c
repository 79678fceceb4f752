/* Each row's best output of an int8 linear layer, without the outputs: greedy search needs no more of tens of
 * thousands of scores than the highest and its probability, and to write and read them takes time. */
#include "int8_rows.h"
#include "team.h"

#include <float.h>

#define MIN_SHARED 500000 /* multiply-adds of one row that are worth waking another thread for */
#define MAX_PARTS 64

typedef struct {
    f32x8 total; /* of e^(score - highest), lane by lane */
    float highest;
    int64_t best;
} peak; /* of a row's scores so far */

static void raise_peak(peak *p, const float scores[PANEL], int64_t first) {
    float before = p->highest;
    for (int i = 0; i < PANEL; i++)
        if (scores[i] > p->highest) p->highest = scores[i], p->best = first + i;
    p->total *= exp8(splat8(before - p->highest));
}

/* The scores of outputs `first` to `first` + 16; those from `count` on are not there. */
INLINE void add_scores(peak *p, f32x8 low, f32x8 high, int64_t first, int64_t count) {
    if (count < PANEL) {
        i32x8 place = {0, 1, 2, 3, 4, 5, 6, 7}, in_low = place < (int32_t)count, in_high = place + 8 < (int32_t)count;
        low = (f32x8)((in_low & (i32x8)low) | (~in_low & (i32x8)splat8(-INFINITY)));
        high = (f32x8)((in_high & (i32x8)high) | (~in_high & (i32x8)splat8(-INFINITY)));
    }
    i32x8 above = (low > splat8(p->highest)) | (high > splat8(p->highest));
    int64_t any[4];
    memcpy(any, &above, sizeof any);
    if ((any[0] | any[1]) | (any[2] | any[3])) {
        float scores[PANEL];
        store8(scores, low), store8(scores + 8, high);
        raise_peak(p, scores, first);
    }
    p->total += exp8(low - p->highest) + exp8(high - p->highest);
}

typedef struct {
    const uint8_t *q;
    const range *ranges;
    int64_t rows;
    const layer *layer;
    peak *peaks; /* (parts, rows) */
} search;

/* A part of the panels, times all rows. */
static void look_through(void *context, int64_t part, int64_t parts) {
    const search *s = context;
    const layer *w = s->layer;
    int64_t panels = panels_of(w->outputs), width = w->steps * STEP;
    peak *peaks = s->peaks + part * s->rows;
    panel_sums sums[TILE];
    for (int64_t i = panels * part / parts; i < panels * (part + 1) / parts; i++) {
        weight_panel panel = panel_at(w, i);
        for (int64_t r = 0, done; r < s->rows; r += done) {
            lookahead next = look_ahead(&panel, r / TILE, tiles_of(s->rows));
            done = multiply_tile(s->rows - r, next, s->q + r * width, &panel, sums);
            for (int64_t t = 0; t < done; t++) {
                f32x8 low = finished(sums[t].half[0], s->ranges[r + t], &w->epilogue, i * PANEL);
                f32x8 high = finished(sums[t].half[1], s->ranges[r + t], &w->epilogue, i * PANEL + PANEL / 2);
                add_scores(&peaks[r + t], low, high, i * PANEL, w->outputs - i * PANEL);
            }
        }
    }
}

/* Into the first part's peak what the others found; of equal scores the first counts. */
static void join_peaks(peak *peaks, int64_t rows, int64_t parts) {
    for (int64_t i = rows; i < rows * parts; i++) {
        peak *into = &peaks[i % rows], *other = &peaks[i];
        float highest = other->highest > into->highest ? other->highest : into->highest;
        into->total *= exp8(splat8(into->highest - highest));
        into->total += other->total * exp8(splat8(other->highest - highest));
        if (other->highest > into->highest) into->best = other->best;
        into->highest = highest;
    }
}

/* Of y = x W^T + b (see `linear_int8`) each row's first highest entry and the logarithm of its softmax (NaN
 * where the row has a NaN). best and log_probs (R). Returns 0, or 1 where memory ran out. */
EXPORT int best_of_linear_int8(const float *x, int64_t rows, int64_t inputs, const int8_t *packed,
                               const uint16_t *orders, const int64_t *joined, const float *sums,
                               const float *scales, const float *bias, int64_t outputs, int64_t threads,
                               int64_t *best, float *log_probs) {
    layer w = {packed, orders, joined, steps_of(inputs), outputs, {scales, sums, bias, LINEAR}};
    int64_t width = w.steps * STEP;
    /* as many for one row as for many: parts change the order of additions, and so the last bit */
    int64_t parts = inputs * outputs < MIN_SHARED || threads < 1 ? 1 : threads > MAX_PARTS ? MAX_PARTS : threads;
    uint8_t *q = malloc(rows * width);
    range *ranges = malloc(rows * sizeof *ranges);
    peak *peaks = aligned_alloc(_Alignof(peak), rows * parts * sizeof *peaks);
    int failed = !q || !ranges || !peaks;
    if (!failed) {
        for (int64_t r = 0; r < rows; r++) ranges[r] = quantize_row(x + r * inputs, inputs, width, q + r * width);
        search s = {q, ranges, rows, &w, peaks};
        for (int64_t i = 0; i < rows * parts; i++) peaks[i] = (peak){splat8(0), -FLT_MAX, 0};
        share_work(parts, look_through, &s);
        join_peaks(peaks, rows, parts);
        for (int64_t r = 0; r < rows; r++) best[r] = peaks[r].best, log_probs[r] = -logf(sum8(peaks[r].total));
    }
    free(q), free(ranges), free(peaks);
    return failed;
}
