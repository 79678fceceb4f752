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
    f32xw total;   /* of e^(score - highest), lane by lane */
    float *values; /* the highest so far, sorted; -FLT_MAX where there are none yet */
    int64_t *ids, count;
} peak; /* of a row's scores so far */

INLINE f32xw shrinking(float before, float now) { return exp_wide((f32xw){0} + (before - now)); }

static void raise_peak(peak *p, const float *scores, int64_t size, int64_t first) {
    float before = p->values[0];
    for (int64_t i = 0; i < size; i++)
        if (scores[i] > p->values[p->count - 1]) insert(scores[i], first + i, p->count, p->values, p->ids);
    p->total *= shrinking(before, p->values[0]);
}

#define BLOCK_PARTS (TILE_PANELS * PARTS)

typedef union {
    f32xw part[BLOCK_PARTS];
    float entry[TILE_PANELS * PANEL];
} block_scores; /* of one row */

/* The scores of outputs from `first` on, of which `count` are there; `panels` is a constant where it is inlined. */
INLINE void add_scores(peak *p, block_scores *scores, const int64_t panels, int64_t first, int64_t count) {
    for (int64_t i = count; i < panels * PANEL; i++) scores->entry[i] = -INFINITY;
    f32xw most = scores->part[0], sum = {0};
    for (int i = 1; i < panels * PARTS; i++) most = max_wide(most, scores->part[i]);
    if (any_above(most, p->values[p->count - 1])) raise_peak(p, scores->entry, panels * PANEL, first);
    for (int i = 0; i < panels * PARTS; i++) sum += exp_wide(scores->part[i] - p->values[0]);
    p->total += sum;
}

/* Some rows of a block; planes and panels are constants where it is inlined. */
INLINE void add_rows_of(peak *peaks, int64_t rows, const panel_sums *sums, const range *ranges, const matrix *m,
                        const int64_t planes, const int64_t panels, int64_t first) {
    panel_scales scales[TILE_PANELS];
    for (int n = 0; n < panels; n++) scales[n] = scales_at(m, first + n * PANEL);
    for (int64_t r = 0; r < rows; r++, sums += planes) {
        block_scores scores;
        for (int n = 0; n < panels; n++)
            for (int i = 0; i < PARTS; i++)
                scores.part[n * PARTS + i] = finished(sums + n * TILE_ROWS, i, planes, ranges[r], &scales[n]);
        add_scores(&peaks[r], &scores, panels, first, m->outputs - first);
    }
}

typedef struct {
    const matrix *matrix;
    const uint8_t *q;
    const range *ranges;
    int64_t rows;
    peak *peaks; /* (parts, rows) */
} search;

/* A part of a search, for its own peaks (rows). */
typedef struct {
    const search *search;
    peak *peaks;
} own_part;

static void add_block(void *context, const block *b, int64_t first, int64_t count) {
    const own_part *own = context;
    const matrix *m = own->search->matrix;
    int64_t planes = planes_of(m), row = b->row + first, n = b->panel * PANEL;
    const panel_sums *sums = b->sums + first * planes;
    const range *ranges = own->search->ranges + row;
    peak *peaks = own->peaks + row;
    if (planes > 1 && b->panels > 1)
        add_rows_of(peaks, count, sums, ranges, m, 2, TILE_PANELS, n);
    else if (planes > 1)
        add_rows_of(peaks, count, sums, ranges, m, 2, 1, n);
    else if (b->panels > 1)
        add_rows_of(peaks, count, sums, ranges, m, 1, TILE_PANELS, n);
    else
        add_rows_of(peaks, count, sums, ranges, m, 1, 1, n);
}

/* A part of the panels, times all rows. */
static void look_through(void *context, int64_t part, int64_t parts) {
    const search *s = context;
    own_part own = {s, s->peaks + part * s->rows};
    int64_t all = panels_of(s->matrix->outputs);
    multiply_panels(s->matrix, s->q, s->rows, all * part / parts, all * (part + 1) / parts, add_block, &own);
}

/* Into the first part's peak what the others found; of equal scores the first counts. */
static void join_peaks(peak *peaks, int64_t rows, int64_t parts) {
    for (int64_t i = rows; i < rows * parts; i++) {
        peak *into = &peaks[i % rows], *other = &peaks[i];
        float before = into->values[0];
        for (int64_t k = 0; k < other->count && other->values[k] > into->values[into->count - 1]; k++)
            insert(other->values[k], other->ids[k], into->count, into->values, into->ids);
        into->total *= shrinking(before, into->values[0]);
        into->total += other->total * shrinking(other->values[0], into->values[0]);
    }
}

/* From what was found to natural log-probabilities. */
static void finish_peak(const peak *p, int64_t *ids, float *log_probs) {
    float highest = p->values[0], total = logf(sum8(added_halves(splat8(0), p->total)));
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
            peaks[i] = (peak){{0}, values + i * count, places + i * count, count};
        share_work(parts, look_through, &s);
        join_peaks(peaks, rows, parts);
        for (int64_t r = 0; r < rows; r++) finish_peak(&peaks[r], ids + r * count, log_probs + r * count);
    }
    free(q), free(ranges), free(peaks), free(values), free(places);
    return failed;
}
