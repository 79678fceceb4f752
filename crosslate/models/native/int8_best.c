/* Each row's best outputs of an int8 linear layer, without the outputs: greedy search needs no more of tens of
 * thousands of scores than the highest and its probability, beam search a handful, and to write and read them all
 * takes time. */
#include "int8_rows.h"
#include "int8_tiles.h"
#include "sorted.h"
#include "team.h"

#include <float.h>

#define MAX_PARTS 64

typedef struct {
    f32x8 total; /* of e^(score - highest), lane by lane */
    float *values; /* the highest so far, sorted; -FLT_MAX where there are none yet */
    int64_t *ids, count;
} peak; /* of a row's scores so far */

static void raise_peak(peak *p, const float scores[PANEL], int64_t first) {
    float before = p->values[0];
    for (int i = 0; i < PANEL; i++)
        if (scores[i] > p->values[p->count - 1]) insert(scores[i], first + i, p->count, p->values, p->ids);
    p->total *= exp8(splat8(before - p->values[0]));
}

typedef union {
    f32xw part[PARTS];
    f32x8 half[2];
    float entry[PANEL];
} panel_scores; /* of one row and panel */

/* The scores of outputs `first` to `first` + 16; those from `count` on are not there. */
INLINE void add_scores(peak *p, panel_scores scores, int64_t first, int64_t count) {
    for (int64_t i = count; i < PANEL; i++) scores.entry[i] = -INFINITY;
    int is_higher = 0;
    for (int i = 0; i < PARTS; i++) is_higher |= any_above(scores.part[i], p->values[p->count - 1]);
    if (is_higher) raise_peak(p, scores.entry, first);
    for (int i = 0; i < PARTS; i++) scores.part[i] = exp_wide(scores.part[i] - p->values[0]);
    p->total += scores.half[0] + scores.half[1];
}

/* (rows, 16) sums of the panel from output `first` on; planes are a constant where it is inlined. */
INLINE void add_panel(peak *peaks, int64_t rows, const panel_sums *sums, const range *ranges, const matrix *m,
                      const int64_t planes, int64_t first) {
    panel_scales scales = scales_at(m, first);
    for (int64_t r = 0; r < rows; r++, sums += planes) {
        panel_scores scores;
        for (int i = 0; i < PARTS; i++) scores.part[i] = finished(sums, i, planes, ranges[r], &scales);
        add_scores(&peaks[r], scores, first, m->outputs - first);
    }
}

typedef struct {
    const matrix *matrix;
    const uint8_t *q;
    const range *ranges;
    int64_t rows;
    peak *peaks; /* (parts, rows) */
} search;

/* A part of the panels, times all rows. */
static void look_through(void *context, int64_t part, int64_t parts) {
    const search *s = context;
    const matrix *m = s->matrix;
    int64_t planes = planes_of(m), rows = s->rows * planes, all = panels_of(m->outputs);
    int64_t end = all * (part + 1) / parts;
    peak *peaks = s->peaks + part * s->rows;
    panel_sums sums[TILE_PANELS * TILE_ROWS];
    begin_tiles(rows);
    for (int64_t i = all * part / parts, count; i < end; i += count) {
        weight_panels w = panels_at(m, i);
        count = end - i < TILE_PANELS ? end - i : TILE_PANELS;
        for (int64_t r = 0, done; r < rows; r += done) {
            done = multiply_tile(rows - r, count, look_beyond(&w, count, r, rows), s->q + r * w.width, &w, sums);
            for (int64_t n = 0; n < count; n++) {
                const panel_sums *own = sums + n * TILE_ROWS;
                int64_t first = (i + n) * PANEL, row = r / planes;
                if (planes > 1)
                    add_panel(peaks + row, done / 2, own, s->ranges + row, m, 2, first);
                else
                    add_panel(peaks + row, done, own, s->ranges + row, m, 1, first);
            }
        }
    }
    end_tiles(rows);
}

/* Into the first part's peak what the others found; of equal scores the first counts. */
static void join_peaks(peak *peaks, int64_t rows, int64_t parts) {
    for (int64_t i = rows; i < rows * parts; i++) {
        peak *into = &peaks[i % rows], *other = &peaks[i];
        float before = into->values[0];
        for (int64_t k = 0; k < other->count && other->values[k] > into->values[into->count - 1]; k++)
            insert(other->values[k], other->ids[k], into->count, into->values, into->ids);
        into->total *= exp8(splat8(before - into->values[0]));
        into->total += other->total * exp8(splat8(other->values[0] - into->values[0]));
    }
}

/* From what was found to natural log-probabilities. */
static void finish_peak(const peak *p, int64_t *ids, float *log_probs) {
    float highest = p->values[0], total = logf(sum8(p->total));
    for (int64_t k = 0; k < p->count; k++) {
        ids[k] = p->ids[k];
        log_probs[k] = p->values[k] == -FLT_MAX ? -INFINITY : p->values[k] - highest - total;
    }
    if (isnan(total)) log_probs[0] = total;
}

/* Of y = x W^T + b (see `linear_int8`) each row's `count` highest entries, best first, as natural logarithms of
 * their softmax (-inf and 0 where there are no more; the first is NaN where the row has a NaN). ids and log_probs
 * (R, count). Returns 0, or 1 where memory ran out. */
EXPORT int highest_of_linear_int8(const matrix *m, const float *x, int64_t rows, int64_t count, int64_t threads,
                                  int64_t *ids, float *log_probs) {
    int64_t width = padded(m->inputs), row_bytes = width * planes_of(m);
    /* as many for one row as for many: parts change the order of additions, and so the last bit */
    int64_t parts = m->inputs * m->outputs < MIN_SHARED || threads < 1 ? 1 : threads > MAX_PARTS ? MAX_PARTS : threads;
    uint8_t *q = malloc(rows * row_bytes);
    range *ranges = malloc(rows * sizeof *ranges);
    peak *peaks = aligned_alloc(_Alignof(peak), rows * parts * sizeof *peaks);
    float *values = malloc(rows * parts * count * sizeof *values);
    int64_t *places = calloc(rows * parts * count, sizeof *places);
    int failed = !q || !ranges || !peaks || !values || !places;
    if (!failed) {
        quantize_rows(x, m->centers, rows, m->inputs, width, m->levels, q, ranges);
        search s = {m, q, ranges, rows, peaks};
        for (int64_t i = 0; i < rows * parts * count; i++) values[i] = -FLT_MAX;
        for (int64_t i = 0; i < rows * parts; i++)
            peaks[i] = (peak){splat8(0), values + i * count, places + i * count, count};
        share_work(parts, look_through, &s);
        join_peaks(peaks, rows, parts);
        for (int64_t r = 0; r < rows; r++) finish_peak(&peaks[r], ids + r * count, log_probs + r * count);
    }
    free(q), free(ranges), free(peaks), free(values), free(places);
    return failed;
}
