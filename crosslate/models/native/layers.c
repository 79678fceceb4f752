/* All layers of an encoder, of what a decoder keeps of sources, or of its step, in one call: between the kernels there
 * is nothing to decide, and in a small network the way from one to the next through Python takes as long as they do. */
#include "activations.h"
#include "kept.h"
#include "kernels.h"
#include "sources.h"
#include "team.h"

typedef struct {
    const float *weight, *bias;
    float eps;
} norm;

typedef struct {
    matrix mixer_in, mixer_out; /* queries, keys and values, or gates; a recurrent mixer has no second one */
    norm mixer_norm;
    matrix query, cross_out; /* of decoders */
    norm cross_norm;
    matrix inner, outer;
    norm feed_norm;
} layer;

typedef struct {
    int64_t width, heads, head_width, hidden;
    float scale;
    int is_pre_norm, is_recurrent, is_gated, activation;
} shape;

/* What one layer reads besides. An encoder's has a bias only. */
typedef struct {
    char *keys, *values; /* shorts, see `attend_appended`; recurrent: the cells, floats, NULL */
    int64_t row_stride, head_stride;
    int32_t *origins;
    int64_t origins_row;
    char *cross_keys, *cross_values; /* shorts, see `attend_cached` */
    int64_t cross_row, cross_head;
    const float *bias; /* to the scores of self-attention; strides of row and head, or of head and query */
    int64_t bias_outer, bias_inner;
    float *told; /* NULL, or where the weights of cross-attention are wanted; strides of lane and head */
    int64_t told_lane, told_head;
} memory;

typedef struct {
    const shape *shape;
    int64_t rows, threads;
    float *x, *normed, *wide, *mixed, *out; /* rows of the residual stream, and scratch */
} stream;

static int apply(const matrix *m, const stream *s, const float *x, int activation, float *y) {
    return linear_int8(m, x, s->rows, activation, s->threads, y);
}

/* What a sublayer reads. */
static const float *enter(const stream *s, const norm *n) {
    if (!s->shape->is_pre_norm) return s->x;
    add_norm(s->x, NULL, n->weight, n->bias, n->eps, s->rows, s->shape->width, s->normed);
    return s->normed;
}

/* Takes a sublayer's result into the stream. */
static void leave(const stream *s, const norm *n, const float *result) {
    if (s->shape->is_pre_norm)
        add_rows(s->x, result, s->rows * s->shape->width);
    else
        add_norm(s->x, result, n->weight, n->bias, n->eps, s->rows, s->shape->width, s->x);
}

static int feed_forward(const stream *s, const layer *l) {
    const shape *h = s->shape;
    int failed = apply(&l->inner, s, enter(s, &l->feed_norm), h->is_gated ? 0 : h->activation, s->wide);
    if (h->is_gated) gate_rows(s->wide, s->rows, h->hidden, h->activation);
    failed |= apply(&l->outer, s, s->wide, 0, s->out);
    leave(s, &l->feed_norm, s->out);
    return failed;
}

/* What a mixer reads of each row, such as queries, keys and values: to `wide`. */
static int enter_mixer(const stream *s, const layer *l) {
    return apply(&l->mixer_in, s, enter(s, &l->mixer_norm), 0, s->wide);
}

/* What attention has mixed joins the stream. */
static int leave_mixer(const stream *s, const layer *l) {
    int failed = apply(&l->mixer_out, s, s->mixed, 0, s->out);
    leave(s, &l->mixer_norm, s->out);
    return failed;
}

static int recur(const stream *s, const layer *l, const memory *m) {
    int failed = enter_mixer(s, l);
    ssru_step(s->wide, s->rows, s->shape->width, (float *)m->keys, s->mixed);
    leave(s, &l->mixer_norm, s->mixed);
    return failed;
}

static int attend_to_target(const stream *s, const layer *l, const memory *m, const int64_t *lengths,
                            int64_t lanes) {
    const shape *h = s->shape;
    int failed = enter_mixer(s, l);
    failed |= attend_appended(s->wide, SHORTS, m->keys, m->values, lengths, m->origins, m->origins_row, s->rows, lanes,
                              h->heads, h->head_width, m->row_stride, m->head_stride, h->scale, m->bias,
                              m->bias_outer, m->bias_inner, s->threads, s->mixed);
    return failed | leave_mixer(s, l);
}

static int attend_to_source(const stream *s, const layer *l, const memory *m, const int64_t *lengths,
                            int64_t lanes) {
    const shape *h = s->shape;
    int failed = apply(&l->query, s, enter(s, &l->cross_norm), 0, s->wide);
    failed |= attend_cached(s->wide, SHORTS, m->cross_keys, m->cross_values, lengths, s->rows / lanes, lanes, h->heads,
                            h->head_width, m->cross_row, m->cross_head, h->scale, NULL, 0, 0, m->told, m->told_lane,
                            m->told_head, s->threads, s->mixed);
    failed |= apply(&l->cross_out, s, s->mixed, 0, s->out);
    leave(s, &l->cross_norm, s->out);
    return failed;
}

/* The rest of an encoder's layer, of what was mixed. */
static int finish_layer(const stream *s, const layer *l) {
    int failed = leave_mixer(s, l);
    return failed | feed_forward(s, l);
}

/* What is done to each row alone. */
typedef struct {
    const stream *stream;
    const layer *layer;
    int (*work)(const stream *s, const layer *l);
    int64_t wide; /* floats of a row that it has in `stream->wide` */
    atomic_int failed;
} row_work;

static void work_on_rows(void *context, int64_t part, int64_t parts) {
    row_work *w = context;
    stream s = *w->stream;
    int64_t first = s.rows * part / parts, width = s.shape->width;
    s.rows = s.rows * (part + 1) / parts - first, s.threads = 1;
    s.x += first * width, s.normed += first * width, s.out += first * width;
    s.mixed += first * s.shape->heads * s.shape->head_width, s.wide += first * w->wide;
    if (w->work(&s, w->layer)) w->failed = 1;
}

#define MIN_CHUNK 32 /* tokens for which it is worth reading all weights */

/* Threads take some of the tokens each, or share the products where those are few. */
static int share_rows(const stream *s, const layer *l, int (*work)(const stream *s, const layer *l), int64_t wide) {
    row_work w = {s, l, work, wide, 0};
    if (s->threads == 1 || s->rows < MIN_CHUNK * s->threads) return work(s, l);
    share_work(s->threads, work_on_rows, &w);
    return w.failed;
}

static int encode_layer(const stream *s, const layer *l, const memory *m, const int64_t *offsets, int64_t sources) {
    const shape *h = s->shape;
    int failed = share_rows(s, l, enter_mixer, 3 * h->heads * h->head_width);
    failed |= attend_packed(s->wide, SHORTS, offsets, sources, h->heads, h->head_width, h->scale, m->bias, m->bias_outer,
                            m->bias_inner, s->threads, s->mixed);
    return failed | share_rows(s, l, finish_layer, h->hidden * (h->is_gated ? 2 : 1));
}

/* A stream over x (rows, M) with scratch space; its memory, to be freed, is returned, or NULL. */
static float *open_stream(stream *s, const shape *h, float *x, int64_t rows, int64_t threads) {
    int64_t inner = larger(h->heads * h->head_width, h->width);
    int64_t wide = larger(3 * inner, h->hidden * (h->is_gated ? 2 : 1));
    float *space = malloc(rows * (2 * h->width + inner + wide) * sizeof *space);
    if (!space) return NULL;
    float *wide_at = space + rows * 2 * h->width;
    *s = (stream){h, rows, threads, x, space, wide_at, wide_at + rows * wide, space + rows * h->width};
    return space;
}

/* A stack's work. Sources, and rows of sequences, know nothing of each other: where there are enough of them each
 * thread takes some through all layers, and none waits for another. */
typedef struct {
    const layer *layers;
    const memory *memories;
    int64_t count;
    const shape *shape;
    float *x;
    int64_t items, lanes;     /* B sources, or R rows of W lanes */
    const int64_t *offsets;   /* of sources (B + 1); NULL in decoders */
    const int64_t *lane_lengths, *source_lengths;
    int64_t threads;          /* of each part */
    atomic_int failed;
} stack;

INLINE memory memory_from(const memory *m, const stack *k, int64_t row) {
    int64_t lane = row * k->lanes, cell = k->shape->width * sizeof(float), kept = sizeof(int16_t);
    memory part = *m;
    part.keys += lane * (k->shape->is_recurrent ? cell : m->row_stride * kept);
    if (part.values) part.values += lane * m->row_stride * kept;
    if (part.origins) part.origins += lane * part.origins_row;
    if (part.bias) part.bias += lane * part.bias_outer;
    if (part.told) part.told += lane * part.told_lane;
    part.cross_keys += row * m->cross_row * kept, part.cross_values += row * m->cross_row * kept;
    return part;
}

static void decode_part(void *context, int64_t part, int64_t parts) {
    stack *k = context;
    int64_t first = k->items * part / parts, rows = k->items * (part + 1) / parts - first;
    stream s;
    float *space = open_stream(&s, k->shape, k->x + first * k->lanes * k->shape->width, rows * k->lanes, k->threads);
    int failed = !space;
    for (int64_t i = 0; i < k->count && !failed; i++) {
        const layer *l = &k->layers[i];
        memory m = memory_from(&k->memories[i], k, first);
        failed = k->shape->is_recurrent ? recur(&s, l, &m)
                                        : attend_to_target(&s, l, &m, k->lane_lengths + first * k->lanes, k->lanes);
        failed = failed || attend_to_source(&s, l, &m, k->source_lengths + first, k->lanes) || feed_forward(&s, l);
    }
    free(space);
    if (failed) k->failed = 1;
}

/* The first source of a part: parts have like numbers of tokens. */
static int64_t first_source(const stack *k, int64_t part, int64_t parts) {
    int64_t source = 0, wanted = k->offsets[k->items] * part / parts;
    while (source < k->items && k->offsets[source] < wanted) source++;
    return source;
}

static int encode_sources(stream *s, const stack *k, int64_t first, int64_t sources, int64_t *offsets) {
    int64_t start = k->offsets[first];
    int failed = 0;
    s->x = k->x + start * k->shape->width;
    s->rows = k->offsets[first + sources] - start;
    for (int64_t i = 0; i <= sources; i++) offsets[i] = k->offsets[first + i] - start;
    for (int64_t i = 0; i < k->count && !failed; i++)
        failed = encode_layer(s, &k->layers[i], &k->memories[i], offsets, sources);
    return failed;
}

static void encode_part(void *context, int64_t part, int64_t parts) {
    stack *k = context;
    int64_t first = first_source(k, part, parts), end = first_source(k, part + 1, parts);
    if (first == end) return;
    int64_t *offsets = malloc((end - first + 1) * sizeof *offsets), most = TOKENS_TOGETHER * k->threads;
    stream s;
    float *space = open_stream(&s, k->shape, NULL, most_tokens(k->offsets, first, end, most), k->threads);
    int failed = !offsets || !space;
    for (int64_t count; first < end && !failed; first += count) {
        count = sources_together(k->offsets, first, end, most);
        failed = encode_sources(&s, k, first, count, offsets);
    }
    free(offsets), free(space);
    if (failed) k->failed = 1;
}

#define MIN_PART_ROWS 8 /* with fewer, threads share each product instead: reading the weights then takes longest */
#define LARGE (1 << 21) /* weights of a product that no cache keeps for the next part */

/* In up to `most` parts. */
static int run_stack(stack *k, int64_t most, share work) {
    int64_t parts = k->threads < most ? k->threads : larger(1, most);
    parts = parts < k->items ? parts : k->items;
    if (parts < k->threads) parts = 1; /* shared products keep all of them busy */
    if (parts > 1) k->threads = 1;
    share_work(parts, work, k);
    return k->failed;
}

/* x (N, M), the tokens of B sources end to end, is renewed; offsets (B + 1); memories: one a layer. Returns 0, or
 * 1 where memory ran out. */
EXPORT int encode_layers(const layer *layers, const memory *memories, int64_t count, const shape *h, float *x,
                         const int64_t *offsets, int64_t sources, int64_t threads) {
    stack k = {layers, memories, count, h, x, sources, 1, offsets, NULL, NULL, threads, 0};
    return run_stack(&k, offsets[sources] / MIN_PART_ROWS, encode_part);
}

/* One token for each of R rows' lanes: x (R * W, M) is renewed; lane_lengths (R * W) keys that each lane sees, the
 * new one included; source_lengths (R). Returns 0, or 1 where memory ran out. */
EXPORT int decode_step(const layer *layers, const memory *memories, int64_t count, const shape *h, float *x,
                       int64_t rows, int64_t lanes, const int64_t *lane_lengths, const int64_t *source_lengths,
                       int64_t threads) {
    stack k = {layers, memories, count, h, x, rows, lanes, NULL, lane_lengths, source_lengths, threads, 0};
    int is_large = count > 0 && layers->inner.inputs * layers->inner.outputs >= LARGE;
    return run_stack(&k, is_large ? 1 : rows * lanes / MIN_PART_ROWS, decode_part);
}
