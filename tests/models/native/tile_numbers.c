/* Compares int8 products with plain loops, and the best outputs with all of them, over shapes that fill tiles and that
 * do not; made for AMX, on a CPU that has tiles or in an emulator of one (see CONTRIBUTING.md), and true of every
 * variant. A line tells of each check; the exit status is how many failed. Digests of what floats come to are the same
 * on AMX and AVX-512 VNNI. */
#include "activations.h"
#include "tile_products.h"

#define BEST 3

int highest_of_linear_int8(const matrix *m, const float *x, int64_t rows, int64_t count, int64_t threads, int64_t *ids,
                           float *log_probs);

/* Of a row's outputs y, the best of those behind the one before. */
static int64_t next_best(const float *y, int64_t size, int64_t before) {
    int64_t best = -1;
    for (int64_t n = 0; n < size; n++) {
        int is_behind = before < 0 || y[n] < y[before] || (y[n] == y[before] && n > before);
        if (is_behind && (best < 0 || y[n] > y[best])) best = n;
    }
    return best;
}

static int64_t wrong_best(const layer *l, int64_t rows, int64_t threads) {
    const matrix *m = &l->m;
    float *x = new_rows(m, rows), *y = zeros(sizeof *y, rows * m->outputs), *found = zeros(sizeof *found, rows * BEST);
    int64_t *ids = zeros(sizeof *ids, rows * BEST), wrong = 0;
    wrong += linear_int8(m, x, rows, 0, threads, y);
    wrong += highest_of_linear_int8(m, x, rows, BEST, threads, ids, found) || holds_tiles();
    for (int64_t r = 0; r < rows; r++) {
        const float *row = y + r * m->outputs;
        int64_t before = -1;
        for (int64_t k = 0; k < BEST && k < m->outputs; k++) {
            before = next_best(row, m->outputs, before);
            wrong += ids[r * BEST + k] != before;
        }
        double total = 0, highest = row[ids[r * BEST]];
        for (int64_t n = 0; n < m->outputs; n++) total += exp(row[n] - highest);
        wrong += !(fabs(found[r * BEST] + log(total)) < 1e-4);
    }
    free(x), free(y), free(found), free(ids);
    return wrong;
}

static uint64_t digest(const void *memory, int64_t bytes) {
    uint64_t all = 14695981039346656037ull;
    for (int64_t i = 0; i < bytes; i++) all = (all ^ ((const uint8_t *)memory)[i]) * 1099511628211ull;
    return all;
}

static int check_numbers(void) {
    static const int64_t inputs[] = {2, 5, 63, 64, 65, 133, 200}, outputs[] = {1, 15, 16, 17, 32, 33, 49};
    static const int64_t more[] = {47, 48, 63, 64, 65, 71, 127, 300};
    int64_t products[2] = {0}, best = 0, shared = 0;
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < 7; j++)
            for (int is_fine = 0; is_fine < 2; is_fine++) {
                layer l = new_layer(outputs[j], inputs[i], is_fine);
                for (int64_t rows = 1; rows <= 40; rows++) products[is_fine] += wrong_products(&l, rows, 1);
                for (int k = 0; k < 8; k++) products[is_fine] += wrong_products(&l, more[k], 1);
                for (int64_t rows = 1; rows <= 40; rows += 3) best += wrong_best(&l, rows, 1);
                free_layer(&l);
            }
    for (int is_fine = 0; is_fine < 2; is_fine++) {
        layer large = new_layer(1037, 333, is_fine);
        for (int64_t threads = 1; threads < 4; threads++)
            shared += wrong_products(&large, 33, threads) + wrong_products(&large, 7, threads) +
                      wrong_best(&large, 45, threads);
        free_layer(&large);
    }
    int failed = tell("products of one byte", products[0]) + tell("products of two bytes", products[1]);
    return failed + tell("the best of them", best) + tell("products that threads share", shared);
}

static float *new_floats(int64_t count) {
    float *x = zeros(sizeof *x, count);
    for (int64_t i = 0; i < count; i++) x[i] = (float)below(20001) / 1000 - 10;
    return x;
}

/* Of floats that are rounded to integers first, through each activation, and of attention. */
static void print_digests(void) {
    layer l = new_layer(520, 512, 1);
    float *x = new_floats(90 * 512), *y = zeros(sizeof *y, 90 * 520), *qkv = new_floats(199 * 9 * 48);
    for (int activation = LINEAR; activation <= GELU; activation++) {
        if (linear_int8(&l.m, x, 90, activation, 2, y)) abort();
        printf("digest %d %016llx\n", activation, (unsigned long long)digest(y, 90 * 520 * sizeof *y));
    }
    int64_t offsets[] = {0, 67, 70, 199};
    float *mixed = zeros(sizeof *mixed, 199 * 3 * 48);
    if (attend_packed(qkv, 1, offsets, 3, 3, 48, 0.01f, NULL, 0, 0, 2, mixed)) abort();
    printf("digest attention %016llx\n", (unsigned long long)digest(mixed, 199 * 3 * 48 * sizeof *mixed));
    free(x), free(y), free(qkv), free(mixed), free_layer(&l);
}

int main(void) {
    printf("best variant here: %s\n", best_isa());
    int failed = check_numbers();
    print_digests();
    return failed;
}
