/* What is done to one row at a time beside products and attention. */
#include "activations.h"
#include "kernels.h"
#include "sorted.h"

/* y = norm(x + added) over the last axis of (R, M), M a multiple of 8; added NULL: of x. bias NULL makes it
 * an RMS norm (Zhang & Sennrich 2019), else a layer norm (Ba et al. 2016). y may be x. */
EXPORT void add_norm(const float *x, const float *added, const float *weight, const float *bias, float eps,
                     int64_t rows, int64_t width, float *y) {
    for (int64_t r = 0; r < rows; r++) {
        const float *in = x + r * width, *plus = added ? added + r * width : NULL;
        float *out = y + r * width;
        f32x8 sum = splat8(0), squares = splat8(0);
        for (int64_t i = 0; i < width; i += 8) {
            f32x8 v = plus ? load8(in + i) + load8(plus + i) : load8(in + i);
            store8(out + i, v);
            sum += v;
        }
        float mean = bias ? sum8(sum) / (float)width : 0;
        for (int64_t i = 0; i < width; i += 8) {
            f32x8 v = load8(out + i) - mean;
            squares = fused8(v, v, squares);
        }
        float factor = 1.0f / sqrtf(sum8(squares) / (float)width + eps);
        for (int64_t i = 0; i < width; i += 8) {
            f32x8 v = (load8(out + i) - mean) * factor, w = load8(weight + i);
            store8(out + i, bias ? fused8(v, w, load8(bias + i)) : v * w);
        }
    }
}

typedef int8_t i8x8 __attribute__((vector_size(8)));

/* Vectors of N tokens: the rows `ids` (N) of values (V, M) and scales (V), times a factor; zeros where an id is
 * negative. Rows `positions` (N) of a float table (P, M) are added if there is one. M is a multiple of 8. */
EXPORT void embed_rows(const int64_t *ids, int64_t count, const int8_t *values, const float *scales, float factor,
                       int64_t width, const float *table, const int64_t *positions, float *x) {
    for (int64_t n = 0; n < count; n++, x += width) {
        int64_t id = ids[n] < 0 ? 0 : ids[n];
        const int8_t *row = values + id * width;
        const float *added = table ? table + positions[n] * width : NULL;
        float scale = ids[n] < 0 ? 0 : scales[id];
        for (int64_t i = 0; i < width; i += 8) {
            i8x8 v;
            memcpy(&v, row + i, sizeof v);
            f32x8 y = __builtin_convertvector(v, f32x8) * scale * factor;
            store8(x + i, added ? y + load8(added + i) : y);
        }
    }
}

/* The logarithm of the sum of e^(row - largest); NaN where the row has a NaN. */
INLINE float log_total(const float *row, int64_t width, float largest) {
    int64_t whole = width / 8 * 8;
    f32x8 sum = splat8(0);
    for (int64_t i = 0; i < whole; i += 8) sum += exp8(load8(row + i) - largest);
    float total = sum8(sum);
    for (int64_t i = whole; i < width; i++) total += expf(row[i] - largest);
    return logf(total);
}

/* Each row's `count` highest scores, best first, as natural log-probabilities (all NaN where the row has a
 * NaN), and where they stand; -inf and 0 where there are no more. scores (R, width); ids, log_probs (R, count). */
EXPORT void highest_scores(const float *scores, int64_t rows, int64_t width, int64_t count, int64_t *ids,
                           float *log_probs) {
    int64_t whole = width / 8 * 8;
    for (int64_t r = 0; r < rows; r++, ids += count, log_probs += count) {
        const float *row = scores + r * width;
        for (int64_t i = 0; i < count; i++) ids[i] = 0, log_probs[i] = -INFINITY;
        float *last = log_probs + count - 1;
        for (int64_t i = 0; i < whole; i += 8) {
            i32x8 above = load8(row + i) > splat8(*last);
            int64_t any[4];
            memcpy(any, &above, sizeof any);
            if (!((any[0] | any[1]) | (any[2] | any[3]))) continue;
            for (int64_t j = i; j < i + 8; j++)
                if (row[j] > *last) insert(row[j], j, count, log_probs, ids);
        }
        for (int64_t i = whole; i < width; i++)
            if (row[i] > *last) insert(row[i], i, count, log_probs, ids);
        float largest = log_probs[0], total = log_total(row, width, largest);
        for (int64_t i = 0; i < count; i++) log_probs[i] = log_probs[i] - largest - total;
    }
}

/* One step of the SSRU (Kim et al. 2019): gates (R, 2, M) hold W_f x + b_f, then W x; cells (R, M) are
 * renewed, c = s(f) c + (1 - s(f)) w, and out = max(c, 0). M is a multiple of 8. */
EXPORT void ssru_step(const float *gates, int64_t rows, int64_t width, float *cells, float *out) {
    for (int64_t r = 0; r < rows; r++) {
        const float *forget = gates + r * 2 * width, *candidate = forget + width;
        float *cell = cells + r * width;
        for (int64_t i = 0; i < width; i += 8) {
            f32x8 f = 1.0f / (1.0f + exp8(-max8(splat8(-88), load8(forget + i))));
            f32x8 w = load8(candidate + i), c = fused8(f, load8(cell + i) - w, w);
            store8(cell + i, c);
            store8(out + r * width + i, max8(splat8(0), c));
        }
    }
}

/* Gated feed-forward (Shazeer 2020): x (R, 2, M) -> (R, M), activate(first) * second, in the place of x. M is a
 * multiple of 8. */
void gate_rows(float *x, int64_t rows, int64_t width, int activation) {
    int64_t whole = width / WIDE * WIDE;
    for (int64_t r = 0; r < rows; r++) {
        const float *gate = x + r * 2 * width, *up = gate + width;
        float *out = x + r * width, rest[WIDE] = {0};
        for (int64_t i = 0; i < whole; i += WIDE)
            store_wide(out + i, activate(load_wide(gate + i), activation) * load_wide(up + i));
        if (whole == width) continue;
        store8(rest, load8(gate + whole));
        store_wide(rest, activate(load_wide(rest), activation));
        store8(out + whole, load8(rest) * load8(up + whole));
    }
}

/* x += added, (size), a multiple of 8. */
void add_rows(float *x, const float *added, int64_t size) {
    for (int64_t i = 0; i < size; i += 8) store8(x + i, load8(x + i) + load8(added + i));
}
