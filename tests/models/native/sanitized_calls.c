/* Calls every kernel with buffers of exactly the size that it may touch, for a compiler that watches (see
 * test_sanitizers.py): over odd shapes, from teams of all sizes, from engines that come and go, and after a fork. What
 * comes out is looked at elsewhere. */
#include "candidates.c"
#include "layers.c"
#include "sources.c"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

void panel_format(int64_t *step, int64_t *has_places);
void plan_int8(const int8_t *weights, int64_t outputs, int64_t inputs, int is_fine, int64_t *levels, int64_t *steps);
void pack_int8(const int8_t *weights, int64_t outputs, int64_t inputs, int64_t levels, int8_t *packed, uint16_t *orders,
               panel_place *places, float *sums);
int highest_of_linear_int8(const matrix *m, const float *x, int64_t rows, int64_t count, int64_t threads, int64_t *ids,
                           float *log_probs);
void embed_rows(const int64_t *ids, int64_t count, const int8_t *values, const float *scales, float factor,
                int64_t width, const float *table, const int64_t *positions, float *x);
int64_t multiply_int8_registers(int64_t rounds, int64_t threads);
int64_t multiply_float32_registers(int64_t rounds, int64_t threads);

#define HEADS 3
#define MOST_KEPT 16384

static __thread struct {
    void *blocks[MOST_KEPT];
    int count;
    uint32_t seed;
} kept; /* of this thread's buffers, until `drop` */

static void *block(int64_t count, int64_t size) {
    void *memory = malloc(count * size);
    if (!memory || kept.count == MOST_KEPT) abort();
    return kept.blocks[kept.count++] = memory;
}

static void drop(void) {
    while (kept.count) free(kept.blocks[--kept.count]);
}

static int64_t below(int64_t end) {
    kept.seed = kept.seed * 1664525u + 1013904223u;
    return (kept.seed >> 8) % end;
}

static float *floats(int64_t count) {
    float *x = block(count, sizeof *x);
    for (int64_t i = 0; i < count; i++) x[i] = (float)below(2001) / 1000 - 1;
    return x;
}

/* Vectors of `width` as they are kept. */
static void *short_vectors(int64_t count, int64_t width, int is_value) {
    int64_t size = kept_bytes(SHORTS, width);
    char *vectors = block(count, size);
    for (int64_t i = 0; i < count; i++) keep(SHORTS, is_value, floats(width), width, vectors + i * size);
    return vectors;
}

static int64_t *integers(int64_t count, int64_t end) {
    int64_t *x = block(count, sizeof *x);
    for (int64_t i = 0; i < count; i++) x[i] = below(end);
    return x;
}

static int8_t *bytes(int64_t count) {
    int8_t *x = block(count, 1);
    for (int64_t i = 0; i < count; i++) x[i] = (int8_t)(below(255) - 127);
    return x;
}

static float *padded_floats(int64_t count) { return floats(panels_of(count) * PANEL); }

static void must(int failed) {
    if (failed) abort();
}

static matrix packed(const int8_t *weights, int64_t outputs, int64_t inputs, int is_fine, int has_centers) {
    int64_t step, has_places, levels, steps;
    panel_format(&step, &has_places);
    plan_int8(weights, outputs, inputs, is_fine, &levels, &steps);
    int8_t *panels = block(steps * step * PANEL, 1);
    uint16_t *orders = has_places ? block(steps, sizeof *orders) : NULL;
    panel_place *places = has_places ? block(panels_of(outputs), sizeof *places) : NULL;
    float *sums = padded_floats(outputs);
    pack_int8(weights, outputs, inputs, levels, panels, orders, places, sums);
    const float *centers = has_centers && levels <= COARSE_LEVELS ? floats(inputs) : NULL;
    float *scales = padded_floats(outputs), *bias = padded_floats(outputs);
    return (matrix){panels, orders, places, sums, scales, bias, centers, outputs, inputs, levels};
}

static matrix any_matrix(int64_t outputs, int64_t inputs) {
    return packed(bytes(outputs * inputs), outputs, inputs, (int)below(2), (int)below(2));
}

static void call_products(int64_t threads) {
    static const int64_t shapes[][2] = {{1, 1}, {16, 16}, {17, 5}, {33, 64}, {49, 200}};
    for (int i = 0; i < 5; i++, drop()) {
        matrix m = any_matrix(shapes[i][0], shapes[i][1]);
        for (int64_t rows = 0; rows < 36; rows += rows < 17 ? 1 : 6) {
            const float *x = floats(rows * m.inputs);
            must(linear_int8(&m, x, rows, (int)(rows % 5), threads, block(rows * m.outputs, 4)));
            must(highest_of_linear_int8(&m, x, rows, 2, threads, block(rows * 2, 8), block(rows * 2, 4)));
        }
    }
    matrix wide = any_matrix(800, 133); /* enough for threads to share */
    const float *x = floats(9 * wide.inputs);
    must(linear_int8(&wide, x, 9, GELU, threads, block(9 * wide.outputs, 4)));
    matrix vocabulary = any_matrix(5000, 101);
    must(highest_of_linear_int8(&vocabulary, floats(5 * 101), 5, 3, threads, block(15, 8), block(15, 4)));
    drop();
}

static void call_candidates(void) {
    for (int64_t inputs = 5; inputs < 90; inputs += 27, drop()) {
        const int8_t *weights = bytes(33 * inputs);
        matrix m = packed(weights, 33, inputs, 0, 0);
        candidates sources[3];
        for (int64_t i = 0; i < 3; i++) {
            int64_t count = 1 + 7 * i, size = (count + 7) / 8 * 8, *ids = integers(size, 33);
            int8_t *own = block(size * inputs, 1);
            float *sums = block(size, 4), *scales = block(size, 4), *bias = block(size, 4);
            gather_candidates(weights, m.sums, m.scales, m.bias, inputs, ids, count, size, own, sums, scales, bias);
            sources[i] = (candidates){own, sums, scales, bias, ids, size};
        }
        const float *x = floats(6 * inputs);
        must(candidate_scores(x, 3, 2, inputs, sources, 16, block(6 * 16, 4)));
        must(best_candidates(x, 3, 2, inputs, sources, 16, block(6, 8), block(6, 4)));
    }
}

static void call_rows(void) {
    for (int64_t width = 8; width <= 40; width += 16, drop()) {
        const float *x = floats(3 * width), *added = floats(3 * width);
        add_norm(x, added, floats(width), floats(width), 1e-6f, 3, width, block(3 * width, 4));
        embed_rows(integers(4, 9), 4, bytes(9 * width), floats(9), 2, width, floats(5 * width), integers(4, 5),
                   block(4 * width, 4));
        ssru_step(floats(6 * width), 3, width, floats(3 * width), block(3 * width, 4));
        for (int64_t odd = 1; odd < width; odd += 3)
            highest_scores(floats(2 * odd), 2, odd, odd < 4 ? odd : 4, block(8, 8), block(8, 4));
    }
}

static void call_attention(void) {
    for (int64_t width = 8; width <= 40; width += 16, drop()) {
        int64_t lengths[] = {1, 8, 17, 3, 3, 3}, offsets[] = {0, 1, 1, 18, 27}, head = 17 * width, row = HEADS * head;
        float *keys = floats(6 * row), *values = floats(6 * row), *out = block(27 * HEADS * width, 4);
        int64_t short_head = 17 * kept_size(SHORTS, width), short_row = HEADS * short_head;
        void *short_keys = short_vectors(6 * HEADS * 17, width, 0), *short_values = short_vectors(6 * HEADS * 17, width, 1);
        int32_t *origins = block(6 * 17, sizeof *origins);
        for (int i = 0; i < 6 * 17; i++) origins[i] = (int32_t)below(2);
        must(attend_cached(floats(12 * HEADS * width), 0, keys, values, lengths, 6, 2, HEADS, width, row, head, 0.3f,
                           floats(HEADS * 17), 0, 17, NULL, 0, 0, 2, out));
        must(attend_cached(floats(12 * HEADS * width), 1, short_keys, short_values, lengths, 6, 2, HEADS, width, short_row,
                           short_head, 0.3f, floats(HEADS * 17), 0, 17, block(12 * HEADS * 17, 4), HEADS * 17, 17, 2, out));
        must(attend_appended(floats(6 * 3 * HEADS * width), 0, keys, values, lengths, origins, 17, 6, 2, HEADS, width, row,
                             head, 0.3f, NULL, 0, 0, 2, out));
        must(attend_appended(floats(6 * 3 * HEADS * width), 1, short_keys, short_values, lengths, origins, 17, 6, 2, HEADS,
                             width, short_row, short_head, 0.3f, NULL, 0, 0, 2, out));
        must(attend_packed(floats(27 * 3 * HEADS * width), 0, offsets, 4, HEADS, width, 0.3f, floats(HEADS * 17 * 17),
                           17 * 17, 17, 2, out));
    }
    int64_t long_offsets[] = {0, 67, 70, 199};
    must(attend_packed(floats(199 * 3 * HEADS * 48), 1, long_offsets, 3, HEADS, 48, 0.3f, floats(HEADS * 129 * 129),
                       129 * 129, 129, 2, block(199 * HEADS * 48, 4)));
    drop();
}

#define WIDTH 24
#define HIDDEN 40
#define LAYERS 2

static layer any_layer(int is_gated, int is_recurrent) {
    norm n = {floats(WIDTH), is_gated ? NULL : floats(WIDTH), 1e-6f};
    return (layer){any_matrix((is_recurrent ? 2 : 3) * WIDTH, WIDTH), any_matrix(WIDTH, WIDTH), n,
                   any_matrix(WIDTH, WIDTH), any_matrix(WIDTH, WIDTH), n,
                   any_matrix(HIDDEN * (1 + is_gated), WIDTH), any_matrix(WIDTH, HIDDEN), n};
}

static void call_encoder(const layer *layers, const shape *h, int64_t threads) {
    int64_t offsets[] = {0, 9, 10, 27, 27, 60, 110};
    memory memories[LAYERS] = {{.bias = floats(HEADS * 50 * 50), .bias_outer = 50 * 50, .bias_inner = 50}};
    must(encode_layers(layers, memories, LAYERS, h, floats(110 * WIDTH), offsets, 6, threads));
    int64_t one[] = {0, 110};
    memory without[LAYERS] = {{0}};
    must(encode_layers(layers, without, LAYERS, h, floats(110 * WIDTH), one, 1, threads));
    matrix kept_of[LAYERS] = {any_matrix(2 * WIDTH, WIDTH), any_matrix(2 * WIDTH, WIDTH)};
    must(project_sources(kept_of, LAYERS, floats(110 * WIDTH), offsets, 6, 50, HEADS, 8, threads,
                         block(LAYERS * 2 * 6 * 50 * HEADS, kept_bytes(SHORTS, 8))));
}

static void call_decoder(const layer *layers, const shape *h, int64_t rows, int64_t lanes, int64_t threads) {
    int64_t count = rows * lanes, *lengths = integers(count, 9), *sources = integers(rows, 5);
    memory memories[LAYERS];
    for (int64_t i = 0; i < count; i++) lengths[i]++;
    for (int64_t i = 0; i < rows; i++) sources[i]++;
    for (int i = 0; i < LAYERS; i++) {
        int32_t *origins = block(count * 9, sizeof *origins);
        for (int64_t j = 0; j < count * 9; j++) origins[j] = (int32_t)below(lanes);
        int64_t size = kept_size(SHORTS, 8);
        memories[i] = (memory){.keys = h->is_recurrent ? (void *)floats(count * WIDTH) : short_vectors(count * HEADS * 9, 8, 0),
                               .values = h->is_recurrent ? NULL : short_vectors(count * HEADS * 9, 8, 1),
                               .row_stride = HEADS * 9 * size, .head_stride = 9 * size,
                               .origins = lanes > 1 ? origins : NULL, .origins_row = 9,
                               .cross_keys = short_vectors(rows * HEADS * 5, 8, 0),
                               .cross_values = short_vectors(rows * HEADS * 5, 8, 1),
                               .cross_row = HEADS * 5 * size, .cross_head = 5 * size,
                               .told = floats(count * HEADS * 5), .told_lane = HEADS * 5, .told_head = 5};
    }
    must(decode_step(layers, memories, LAYERS, h, floats(count * WIDTH), rows, lanes, lengths, sources, threads));
}

static void call_layers(int64_t threads) {
    for (int kind = 0; kind < 3; kind++, drop()) {
        int is_gated = kind == 1, is_recurrent = kind == 2;
        shape h = {WIDTH, HEADS, 8, HIDDEN, 0.3f, is_gated, is_recurrent, is_gated, kind + 1};
        layer layers[LAYERS] = {any_layer(is_gated, is_recurrent), any_layer(is_gated, is_recurrent)};
        if (!is_recurrent) call_encoder(layers, &h, threads);
        call_decoder(layers, &h, 1, 1, threads);
        call_decoder(layers, &h, 35, 1, threads);
        call_decoder(layers, &h, 9, 4, threads);
    }
}

/* An engine's life: its team grows, and has less to do and more by turns. */
static void *engine(void *seed) {
    static const int64_t sizes[] = {3, 1, 4, 2};
    kept.seed = *(const uint32_t *)seed;
    for (int i = 0; i < 4; i++) {
        call_products(sizes[i]);
        call_layers(sizes[i]);
        multiply_int8_registers(10, sizes[i]), multiply_float32_registers(10, sizes[i]);
    }
    call_candidates(), call_rows(), call_attention();
    return NULL;
}

static void engines_beside(void) {
    pthread_t threads[2];
    uint32_t seeds[] = {1, 2};
    for (int i = 0; i < 2; i++) must(pthread_create(&threads[i], NULL, engine, &seeds[i]));
    for (int i = 0; i < 2; i++) must(pthread_join(threads[i], NULL));
}

/* ThreadSanitizer takes the child's threads for the parent's. The child leaves without a look for leaks: what its
 * parent's other threads had it cannot give back. */
static void fork_after(void) {
#if !defined(__SANITIZE_THREAD__)
    int status;
    pid_t child = fork();
    if (child == 0) {
        call_products(3);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status) abort();
#endif
}

/* A row more than there is room for, by two threads at once. */
static void *write_beside(void *room) {
    static const float x[16], weight[8];
    add_norm(x, NULL, weight, NULL, 1, 2, 8, room);
    return NULL;
}

static void go_wrong(void) {
    pthread_t thread;
    float *room = floats(15);
    must(pthread_create(&thread, NULL, write_beside, room));
    write_beside(room);
    pthread_join(thread, NULL);
    drop();
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        go_wrong();
        return 0; /* what is reported changes that */
    }
    uint32_t seed = 3;
    engine(&seed);
    engines_beside();
    fork_after();
    call_products(4);
    return 0;
}
