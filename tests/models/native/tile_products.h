/* Products of which it is known what they come to, for tile_numbers.c and tile_system.c. */
#pragma once

#include "int8_matrix.h"
#include "kernels.h"

#include <cpuid.h>
#include <stdio.h>

const char *best_isa(void);
void plan_int8(const int8_t *weights, int64_t outputs, int64_t inputs, int is_fine, int64_t *levels, int64_t *steps);
void pack_int8(const int8_t *weights, int64_t outputs, int64_t inputs, int64_t levels, int8_t *packed, uint16_t *orders,
               panel_place *places, float *sums);

static __thread uint32_t seed = 1;

static int64_t below(int64_t end) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % end;
}

static void *zeros(int64_t size, int64_t count) {
    void *memory = calloc(count + 1, size);
    if (!memory) abort();
    return memory;
}

/* Whether this thread has a configuration or data of tiles: XINUSE, as XGETBV tells it. */
static int holds_tiles(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d >> 24 & 1)) return 0;
    __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(1));
    return a >> 17 & 3;
}

/* A layer, with its weights as they were. */
typedef struct {
    matrix m;
    int8_t *weights;
} layer;

/* Scales are powers of two, so that outputs are sums, rounded once. */
static layer new_layer(int64_t outputs, int64_t inputs, int is_fine) {
    int64_t levels, steps, all = panels_of(outputs) * PANEL;
    int8_t *weights = zeros(1, outputs * inputs);
    for (int64_t i = 0; i < outputs * inputs; i++) weights[i] = (int8_t)(below(255) - 127);
    plan_int8(weights, outputs, inputs, is_fine, &levels, &steps);
    if (!is_fine && levels > COARSE_LEVELS) levels = COARSE_LEVELS; /* AMX plans for two bytes everywhere */
    uint16_t *orders = zeros(sizeof *orders, steps);
    panel_place *places = zeros(sizeof *places, panels_of(outputs));
    float *sums = zeros(sizeof *sums, all), *scales = zeros(sizeof *scales, all);
    int8_t *packed = zeros(STEP * PANEL, steps);
    for (int64_t i = 0; i < all; i++) scales[i] = i % 2 ? 0.5f : 1;
    pack_int8(weights, outputs, inputs, levels, packed, orders, places, sums);
    return (layer){{packed, orders, places, sums, scales, NULL, NULL, outputs, inputs, levels}, weights};
}

static void free_layer(layer *l) {
    free((void *)l->m.panels), free((void *)l->m.orders), free((void *)l->m.places), free((void *)l->m.sums);
    free((void *)l->m.scales), free(l->weights);
}

/* Rows of whole numbers, the least and the most of them in each, so that they are quantized to themselves. */
static float *new_rows(const matrix *m, int64_t rows) {
    float *x = zeros(sizeof *x, rows * m->inputs);
    for (int64_t i = 0; i < rows * m->inputs; i++) x[i] = (float)below(m->levels + 1);
    for (int64_t r = 0; r < rows; r++) {
        int64_t most = below(m->inputs), least = (most + 1) % m->inputs;
        x[r * m->inputs + most] = (float)m->levels, x[r * m->inputs + least] = 0;
    }
    return x;
}

static float expected(const layer *l, const float *x, int64_t n) {
    const matrix *m = &l->m;
    int32_t high = 0, low = 0;
    for (int64_t k = 0; k < m->inputs; k++) {
        int32_t whole = (int32_t)x[k], w = l->weights[n * m->inputs + k];
        if (planes_of(m) > 1) high += w * (whole >> RADIX_BITS), whole &= RADIX - 1;
        low += w * whole;
    }
    return ((float)high * RADIX + (float)low) * m->scales[n];
}

/* How many outputs are wrong, of `rows` rows. */
static int64_t wrong_products(const layer *l, int64_t rows, int64_t threads) {
    const matrix *m = &l->m;
    float *x = new_rows(m, rows), *y = zeros(sizeof *y, rows * m->outputs);
    int64_t wrong = linear_int8(m, x, rows, 0, threads, y) || holds_tiles();
    for (int64_t r = 0; r < rows; r++)
        for (int64_t n = 0; n < m->outputs; n++)
            wrong += y[r * m->outputs + n] != expected(l, x + r * m->inputs, n);
    free(x), free(y);
    return wrong;
}

static int tell(const char *name, int64_t wrong) {
    printf("%s %s", wrong ? "FAILED" : "ok", name);
    printf(wrong ? ": %lld\n" : "\n", (long long)wrong);
    fflush(stdout);
    return wrong != 0;
}
