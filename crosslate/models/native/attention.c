/* Attention of new tokens over what is kept of others: see attention_scores.h. */
#include "attention_head.h"
#include "kernels.h"
#include "team.h"

/* One head of all lanes of a row, some at a time: what is read serves all of them. */
INLINE void attend_lanes(const form f, const cache *c, const queries *n, int64_t r, int64_t h, scratch space) {
    const float *bias = n->bias ? n->bias + r * n->bias_row : NULL;
    for (int64_t lane = 0, left; (left = n->lanes - lane) > 0; lane += LANES) {
        int64_t first = r * n->lanes + lane, size = n->lengths[r];
        if (left >= 4)
            attend_head(f, 4, c, n, first, r, size, NULL, bias, h, space);
        else if (left == 3)
            attend_head(f, 3, c, n, first, r, size, NULL, bias, h, space);
        else if (left == 2)
            attend_head(f, 2, c, n, first, r, size, NULL, bias, h, space);
        else
            attend_head(f, 1, c, n, first, r, size, NULL, bias, h, space);
    }
}

/* For one head of so many lanes of the longest row; its scores, to be freed, are NULL where memory ran out. */
static scratch space_for(const cache *c, const queries *n, int64_t lanes) {
    int64_t longest = 8;
    for (int64_t r = 0; r < n->rows; r++) longest = n->lengths[r] > longest ? n->lengths[r] : longest;
    int64_t size = rounded_up(longest) * sizeof(float);
    float *scores = malloc(lanes * (size + kept_bytes(SHORTS, c->width)));
    return (scratch){scores, (char *)scores + lanes * size};
}

/* How many of the threads are worth waking where `lanes` queries look at each row. */
static int64_t worth(const cache *c, const queries *n, int64_t lanes, int64_t threads) {
    int64_t size = 0;
    for (int64_t r = 0; r < n->rows; r++) size += n->lengths[r];
    return threads_for(2 * size * lanes * c->heads * c->width, threads);
}

typedef struct {
    const cache *cache;
    const queries *queries;
    atomic_int failed;
} looking;

/* A part of all rows' heads. */
INLINE void look(const form f, void *context, int64_t part, int64_t parts) {
    looking *k = context;
    const queries *n = k->queries;
    int64_t heads = k->cache->heads, all = n->rows * heads;
    scratch space = space_for(k->cache, n, n->lanes < LANES ? n->lanes : LANES);
    if (!space.scores) {
        k->failed = 1;
        return;
    }
    for (int64_t i = all * part / parts; i < all * (part + 1) / parts; i++)
        attend_lanes(f, k->cache, n, i / heads, i % heads, space);
    free(space.scores);
}

static void look_at_floats(void *context, int64_t part, int64_t parts) { look(FLOATS, context, part, parts); }

static void look_at_shorts(void *context, int64_t part, int64_t parts) { look(SHORTS, context, part, parts); }

/* Queries of each lane over the keys that its row's lanes share.
 *
 * q and out (R, W, H, D), dense; keys and values (R, H, S, D) of this form, dense in (S, D), with the strides of a row
 * and of a head; lengths (R): how many of a row's keys count; bias NULL or (R, H, S) with its strides (0: shared);
 * told NULL or (R, W, H, S) with the strides of a lane and of a head, for the weights.
 * Returns 0, or 1 where memory ran out. */
EXPORT int attend_cached(const float *q, int kept_as, void *keys, void *values, const int64_t *lengths, int64_t rows,
                         int64_t lanes, int64_t heads, int64_t width, int64_t row_stride, int64_t head_stride,
                         float scale, const float *bias, int64_t bias_row, int64_t bias_head, float *told,
                         int64_t told_lane, int64_t told_head, int64_t threads, float *out) {
    cache c = cache_of(kept_as, keys, values, row_stride, head_stride, heads, width);
    queries n = {q,    heads * width, lengths,   rows, lanes, scale,
                 bias, bias_row,      bias_head, told, told_lane, told_head, out};
    looking k = {&c, &n, 0};
    share_work(worth(&c, &n, lanes, threads), kept_as == SHORTS ? look_at_shorts : look_at_floats, &k);
    return k.failed;
}

typedef struct {
    const cache *cache;
    const queries *queries;
    int32_t *origins;
    int64_t origins_row;
    atomic_int failed;
} appending;

/* The key and the value of row r's new token join its cache. */
INLINE void append(const form f, const cache *c, const queries *n, int64_t r) {
    const float *new = n->q + r * n->q_lane + c->heads * c->width;
    for (int64_t h = 0; h < c->heads; h++) {
        int64_t place = r * c->row_stride + h * c->head_stride + (n->lengths[r] - 1) * kept_bytes(f, c->width);
        keep(f, 0, new + h * c->width, c->width, c->keys + place);
        keep(f, 1, new + (c->heads + h) * c->width, c->width, c->values + place);
    }
}

/* A part of the rows. */
INLINE void append_and_look(const form f, void *context, int64_t part, int64_t parts) {
    appending *k = context;
    const queries *n = k->queries;
    scratch space = space_for(k->cache, n, 1);
    if (!space.scores) {
        k->failed = 1;
        return;
    }
    for (int64_t r = n->rows * part / parts; r < n->rows * (part + 1) / parts; r++) {
        int32_t *origin = k->origins ? k->origins + r * k->origins_row : NULL;
        int64_t lane = origin ? r % n->lanes : 0;
        append(f, k->cache, n, r);
        if (origin) origin[n->lengths[r] - 1] = (int32_t)lane;
        const float *bias = n->bias ? n->bias + r * n->bias_row : NULL;
        for (int64_t h = 0; h < k->cache->heads; h++)
            attend_head(f, 1, k->cache, n, r, r - lane, n->lengths[r], origin, bias, h, space);
    }
    free(space.scores);
}

static void append_floats(void *context, int64_t part, int64_t parts) { append_and_look(FLOATS, context, part, parts); }

static void append_shorts(void *context, int64_t part, int64_t parts) { append_and_look(SHORTS, context, part, parts); }

/* One new token per row: its key and value join the row's cache as the last of `lengths`, then its query looks
 * at them all. qkv (R, 3, H, D), dense; out (R, H, D); the rest as above.
 * Rows are lanes here, `lanes` of them to a sequence; origins NULL or (R, S) with the stride of a row: the lane
 * of the same sequence that wrote each position, which is the lane itself for the new one. */
EXPORT int attend_appended(const float *qkv, int kept_as, void *keys, void *values, const int64_t *lengths,
                           int32_t *origins, int64_t origins_row, int64_t rows, int64_t lanes,
                           int64_t heads, int64_t width, int64_t row_stride, int64_t head_stride, float scale,
                           const float *bias, int64_t bias_row, int64_t bias_head, int64_t threads, float *out) {
    cache c = cache_of(kept_as, keys, values, row_stride, head_stride, heads, width);
    queries n = {qkv, 3 * heads * width, lengths, rows, lanes, scale, bias, bias_row, bias_head, NULL, 0, 0, out};
    appending k = {&c, &n, origins, origins_row, 0};
    share_work(worth(&c, &n, 1, threads), kept_as == SHORTS ? append_shorts : append_floats, &k);
    return k.failed;
}
