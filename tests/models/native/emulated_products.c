/* Multiplies on a CPU that is emulated: a layer and rows come on standard input, what the kernels make of them goes to
 * standard output. In: rows, inputs, outputs, is_fine (int64), weights (int8), scales, bias and rows (float32). Out: the
 * variant that this CPU should have (16 bytes), the largest activation (int64), the outputs, each row's best three
 * (int64) and their log-probabilities, and the scores of every other output as candidates. */
#include "int8_matrix.h"
#include "kernels.h"

#include <stdio.h>

#define BEST 3

typedef struct {
    const int8_t *weights;
    const float *sums, *scales, *bias;
    const int64_t *ids;
    int64_t count;
} candidates; /* as in candidates.c */

const char *best_isa(void);
void plan_int8(const int8_t *weights, int64_t outputs, int64_t inputs, int is_fine, int64_t *levels, int64_t *steps);
void pack_int8(const int8_t *weights, int64_t outputs, int64_t inputs, int64_t levels, int8_t *packed, uint16_t *orders,
               panel_place *places, float *sums);
int highest_of_linear_int8(const matrix *m, const float *x, int64_t rows, int64_t count, int64_t threads, int64_t *ids,
                           float *log_probs);
void gather_candidates(const int8_t *weights, const float *sums, const float *scales, const float *bias, int64_t inputs,
                       const int64_t *ids, int64_t count, int64_t size, int8_t *own_weights, float *own_sums,
                       float *own_scales, float *own_bias);
int candidate_scores(const float *x, int64_t rows, int64_t lanes, int64_t inputs, const candidates *sources,
                     int64_t width, float *y);

static void *zeros(int64_t size, int64_t count) {
    void *memory = calloc(count, size);
    if (!memory) abort();
    return memory;
}

static void *take(int64_t size, int64_t count, int64_t room) {
    void *memory = zeros(size, room);
    if (fread(memory, size, count, stdin) != (size_t)count) abort();
    return memory;
}

static void give(const void *memory, int64_t size, int64_t count) {
    if (fwrite(memory, size, count, stdout) != (size_t)count) abort();
}

static void give_candidates(const matrix *m, const int8_t *weights, const float *x, int64_t rows) {
    int64_t count = (m->outputs + 1) / 2, size = (count + 7) / 8 * 8, *ids = zeros(sizeof *ids, size);
    for (int64_t i = 0; i < count; i++) ids[i] = 2 * i;
    int8_t *own_weights = zeros(1, size * m->inputs);
    float *own = zeros(sizeof *own, 3 * size), *y = zeros(sizeof *y, rows * size);
    gather_candidates(weights, m->sums, m->scales, m->bias, m->inputs, ids, count, size, own_weights, own, own + size,
                      own + 2 * size);
    candidates source = {own_weights, own, own + size, own + 2 * size, ids, size};
    if (candidate_scores(x, 1, rows, m->inputs, &source, size, y)) abort();
    for (int64_t r = 0; r < rows; r++) give(y + r * size, sizeof *y, count);
}

int main(void) {
    int64_t *sizes = take(sizeof *sizes, 4, 4), rows = sizes[0], inputs = sizes[1], outputs = sizes[2], levels, steps;
    int64_t padded_outputs = panels_of(outputs) * PANEL;
    int8_t *weights = take(1, outputs * inputs, outputs * inputs);
    float *scales = take(sizeof *scales, outputs, padded_outputs), *bias = take(sizeof *bias, outputs, padded_outputs);
    float *x = take(sizeof *x, rows * inputs, rows * inputs), *sums = zeros(sizeof *sums, padded_outputs);
    plan_int8(weights, outputs, inputs, sizes[3], &levels, &steps);
    int8_t *packed = zeros(1, steps * STEP * PANEL);
    pack_int8(weights, outputs, inputs, levels, packed, NULL, NULL, sums);
    matrix m = {packed, NULL, NULL, sums, scales, bias, NULL, outputs, inputs, levels};

    char isa[16] = {0};
    strncpy(isa, best_isa(), sizeof isa - 1);
    give(isa, 1, sizeof isa), give(&levels, sizeof levels, 1);
    float *y = zeros(sizeof *y, rows * outputs), *log_probs = zeros(sizeof *log_probs, rows * BEST);
    int64_t *ids = zeros(sizeof *ids, rows * BEST);
    if (linear_int8(&m, x, rows, 0, 1, y)) abort();
    give(y, sizeof *y, rows * outputs);
    if (highest_of_linear_int8(&m, x, rows, BEST, 1, ids, log_probs)) abort();
    give(ids, sizeof *ids, rows * BEST), give(log_probs, sizeof *log_probs, rows * BEST);
    give_candidates(&m, weights, x, rows);
    return 0;
}
