/* What is done to one row at a time beside products and attention. */
#include "common.h"

/* y = norm(x + added) over the last axis of (R, M), M a multiple of 8. bias NULL makes it
 * an RMS norm (Zhang & Sennrich 2019), else a layer norm (Ba et al. 2016). y may be x. */
EXPORT void add_norm(const float *x, const float *added, const float *weight, const float *bias, float eps,
                     int64_t rows, int64_t width, float *y) {
    for (int64_t r = 0; r < rows; r++) {
        const float *in = x + r * width, *plus = added + r * width;
        float *out = y + r * width;
        f32x8 sum = splat8(0), squares = splat8(0);
        for (int64_t i = 0; i < width; i += 8) {
            f32x8 v = load8(in + i) + load8(plus + i);
            store8(out + i, v);
            sum += v;
        }
        float mean = bias ? sum8(sum) / (float)width : 0;
        for (int64_t i = 0; i < width; i += 8) {
            f32x8 v = load8(out + i) - mean;
            squares += v * v;
        }
        float factor = 1.0f / sqrtf(sum8(squares) / (float)width + eps);
        for (int64_t i = 0; i < width; i += 8) {
            f32x8 v = (load8(out + i) - mean) * factor * load8(weight + i);
            store8(out + i, bias ? v + load8(bias + i) : v);
        }
    }
}

/* Each row's first highest score and its natural log-probability (NaN where the row has a NaN).
 * scores (R, width). */
EXPORT void best_scores(const float *scores, int64_t rows, int64_t width, int64_t *best,
                        float *log_probs) {
    for (int64_t r = 0; r < rows; r++) {
        const float *row = scores + r * width;
        int64_t whole = width / 8 * 8;
        f32x8 max = splat8(-INFINITY);
        for (int64_t i = 0; i < whole; i += 8) max = max8(max, load8(row + i));
        float largest = maximum8(max);
        for (int64_t i = whole; i < width; i++) largest = row[i] > largest || isnan(row[i]) ? row[i] : largest;
        f32x8 sum = splat8(0);
        for (int64_t i = 0; i < whole; i += 8) sum += exp8(load8(row + i) - largest);
        float total = sum8(sum);
        for (int64_t i = whole; i < width; i++) total += expf(row[i] - largest);
        int64_t at = 0;
        while (at < width - 1 && row[at] != largest) at++;
        best[r] = at;
        log_probs[r] = -logf(total);
    }
}

/* One step of the SSRU (Kim et al. 2019): gates (R, 2, M) hold W_f x + b_f, then W x; cells (R, M) are
 * renewed, c = s(f) c + (1 - s(f)) w, and out = max(c, 0). M is a multiple of 8. */
EXPORT void ssru_step(const float *gates, int64_t rows, int64_t width, float *cells, float *out) {
    for (int64_t r = 0; r < rows; r++) {
        const float *forget = gates + r * 2 * width, *candidate = forget + width;
        float *cell = cells + r * width;
        for (int64_t i = 0; i < width; i += 8) {
            f32x8 f = 1.0f / (1.0f + exp8(-load8(forget + i)));
            f32x8 w = load8(candidate + i), c = w + f * (load8(cell + i) - w);
            store8(cell + i, c);
            store8(out + r * width + i, max8(splat8(0), c));
        }
    }
}
