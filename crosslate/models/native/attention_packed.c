/* Attention of all tokens of a source over each other: see attention_scores.h. A source may be long, so a head's keys and
 * values are laid side by side first: where they come from, they are so far apart that few of them fit into a cache. */
#include "attention_integers.h"
#include "kernels.h"
#include "team.h"

#define SHORT 64 /* tokens whose values are read where they are */

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
#define HAS_FAST_INTEGERS 1
#else
#define HAS_FAST_INTEGERS 0
#endif

/* `parts` (a constant where they are inlined) registers for each query:
 *   score  scores[i][s] = sum over d of queries[i][d] * keys[d][s], keys `stride` apart in d
 *   mix    out[i][d] = sum over s of weights[i][s] * values[s][d], values `apart` in s, for `count` of the queries */
#define DEFINE_ATTENTION(score, mix, floats, load, store, splat, fused_all)                                             \
    INLINE void score(int parts, const float *const queries[QUERIES], const float *keys, int64_t stride, int64_t width, \
                      float *scores, int64_t padded) {                                                                  \
        const int64_t lanes = sizeof(floats) / sizeof(float);                                                           \
        floats sums[QUERIES][2] = {0};                                                                                  \
        for (int64_t d = 0; d < width; d++)                                                                             \
            for (int i = 0; i < QUERIES; i++)                                                                           \
                for (int j = 0; j < parts; j++)                                                                         \
                    sums[i][j] = fused_all(splat(queries[i][d]), load(keys + d * stride + j * lanes), sums[i][j]);      \
        for (int i = 0; i < QUERIES; i++)                                                                               \
            for (int j = 0; j < parts; j++) store(scores + i * padded + j * lanes, sums[i][j]);                         \
    }                                                                                                                   \
    INLINE void mix(int parts, const float *weights, int64_t padded, int64_t size, const float *values, int64_t apart,  \
                    int64_t count, int64_t stride, float *out) {                                                        \
        const int64_t lanes = sizeof(floats) / sizeof(float);                                                           \
        floats sums[QUERIES][2] = {0};                                                                                  \
        for (int64_t s = 0; s < size; s++)                                                                              \
            for (int i = 0; i < QUERIES; i++)                                                                           \
                for (int j = 0; j < parts; j++)                                                                         \
                    sums[i][j] =                                                                                        \
                        fused_all(splat(weights[i * padded + s]), load(values + s * apart + j * lanes), sums[i][j]);    \
        for (int i = 0; i < QUERIES && i < count; i++)                                                                  \
            for (int j = 0; j < parts; j++) store(out + i * stride + j * lanes, sums[i][j]);                            \
    }

DEFINE_ATTENTION(score_wide, mix_wide, f32xw, load_wide, store_wide, splat_wide, fused_wide)
#if WIDE == 16
DEFINE_ATTENTION(score_eight, mix_eight, f32x8, load8, store8, splat8, fused8)
#else
#define score_eight score_wide
#define mix_eight mix_wide
#endif

/* One head of one source: keys in panels of SEEN, the last one narrower, each (D, keys); values (S, D), `apart` in s;
 * the scores of QUERIES queries. */
typedef struct {
    float *scores, *keys;
    const float *values;
    int64_t size, padded, width, apart;
} head;

/* Each is `token` behind the one before. */
static void lay_out_keys(const head *h, const float *k, int64_t token) {
    for (int64_t first = 0; first < h->size; first += SEEN) {
        int64_t stride = h->padded - first < SEEN ? h->padded - first : SEEN;
        float *panel = h->keys + first * h->width;
        if (first + stride > h->size) memset(panel, 0, stride * h->width * sizeof *panel);
        for (int64_t s = 0; s < stride && first + s < h->size; s++)
            for (int64_t d = 0; d < h->width; d++) panel[d * stride + s] = k[(first + s) * token + d];
    }
}

static void lay_out_values(head *h, const float *v, int64_t token, float *to) {
    h->values = v, h->apart = token;
    if (h->size <= SHORT) return;
    for (int64_t s = 0; s < h->size; s++) memcpy(to + s * h->width, v + s * token, h->width * sizeof *to);
    h->values = to, h->apart = h->width;
}

static void score_all(const head *h, const float *const queries[QUERIES]) {
    int64_t s = 0, width = h->width;
    for (; s + SEEN <= h->padded; s += SEEN)
        score_wide(2, queries, h->keys + s * width, SEEN, width, h->scores + s, h->padded);
    const float *panel = h->keys + s * width;
    int64_t stride = h->padded - s;
    for (; s + 16 <= h->padded; s += 16, panel += 16)
        score_eight(2, queries, panel, stride, width, h->scores + s, h->padded);
    if (s < h->padded) score_eight(1, queries, panel, stride, width, h->scores + s, h->padded);
}

static void mix_all(const head *h, int64_t count, int64_t stride, float *out) {
    int64_t d = 0;
    for (; d + 2 * WIDE <= h->width; d += 2 * WIDE)
        mix_wide(2, h->scores, h->padded, h->size, h->values + d, h->apart, count, stride, out + d);
    for (; d + 16 <= h->width; d += 16)
        mix_eight(2, h->scores, h->padded, h->size, h->values + d, h->apart, count, stride, out + d);
    if (d < h->width) mix_eight(1, h->scores, h->padded, h->size, h->values + d, h->apart, count, stride, out + d);
}

typedef struct {
    const float *qkv;
    form as;
    const int64_t *offsets;
    int64_t sources, heads, width, longest;
    float scale;
    const float *bias;
    int64_t bias_head, bias_query;
    float *out;
    atomic_llong taken; /* heads of sources, those of a source one after the other */
    atomic_int failed;
} packed;

/* What some queries of a head may look at, from token t on. */
INLINE const float *bias_of(const packed *p, int64_t number, int64_t t) {
    return p->bias ? p->bias + number * p->bias_head + t * p->bias_query : NULL;
}

static void attend_as_floats(const packed *p, int64_t source, int64_t number, float *memory) {
    int64_t first = p->offsets[source], size = p->offsets[source + 1] - first, padded = rounded_up(size);
    int64_t inner = p->heads * p->width, token = 3 * inner;
    const float *q = p->qkv + first * token + number * p->width;
    float *keys = memory + QUERIES * padded;
    head h = {memory, keys, NULL, size, padded, p->width, 0};
    lay_out_keys(&h, q + inner, token);
    lay_out_values(&h, q + 2 * inner, token, keys + padded * p->width);
    for (int64_t t = 0; t < size; t += QUERIES) {
        int64_t count = size - t < QUERIES ? size - t : QUERIES;
        const float *queries[QUERIES];
        for (int64_t i = 0; i < QUERIES; i++) queries[i] = q + (t + (i < count ? i : 0)) * token;
        score_all(&h, queries);
        const float *bias = bias_of(p, number, t);
        for (int64_t i = 0; i < count; i++)
            finish_scores(h.scores + i * padded, size, p->scale, bias ? bias + i * p->bias_query : NULL);
        mix_all(&h, count, inner, p->out + (first + t) * inner + number * p->width);
    }
}

/* Of few tokens the integers take longer to make than they save. */
INLINE int takes_integers(const packed *p, int64_t size) {
    return HAS_FAST_INTEGERS && p->as == SHORTS && size > SHORT && p->width % WIDE == 0;
}

static void attend_as_integers(const packed *p, int64_t source, int64_t number, void *memory) {
    int64_t first = p->offsets[source], size = p->offsets[source + 1] - first;
    int64_t inner = p->heads * p->width, token = 3 * inner, half = p->width / 2;
    const float *q = p->qkv + first * token + number * p->width;
    integer_head h = integer_head_in(memory, size, p->width);
    lay_out_integer_keys(&h, q + inner, token);
    lay_out_integer_values(&h, q + 2 * inner, token);
    for (int64_t t = 0; t < size; t += QUERIES) {
        int64_t count = size - t < QUERIES ? size - t : QUERIES;
        for (int64_t i = 0; i < QUERIES; i++)
            h.query_scales[i] = lay_out_entries(&h, q + (t + (i < count ? i : 0)) * token, h.queries + i * half);
        score_integers(&h);
        const float *bias = bias_of(p, number, t);
        for (int64_t i = 0; i < QUERIES; i++) {
            const float *own = bias && i < count ? bias + i * p->bias_query : bias;
            weigh_integers(&h, i, p->scale * h.query_scales[i], own);
        }
        mix_all_integers(&h, count, inner, p->out + (first + t) * inner + number * p->width);
    }
}

/* What the head of a source needs at the most. */
static int64_t scratch_bytes(const packed *p) {
    int64_t is_integer = takes_integers(p, p->longest), as_floats = is_integer ? SHORT : p->longest;
    int64_t bytes = rounded_up(as_floats) * (2 * p->width + QUERIES) * sizeof(float);
    return is_integer ? larger(bytes, integer_head_bytes(p->longest, p->width)) : bytes;
}

/* Takes heads until none is left. */
static void attend_part(void *context, int64_t part, int64_t parts) {
    (void)part, (void)parts;
    packed *p = context;
    float *memory = malloc(scratch_bytes(p));
    if (!memory) {
        p->failed = 1;
        return;
    }
    for (int64_t taken; (taken = atomic_fetch_add(&p->taken, 1)) < p->sources * p->heads;) {
        int64_t source = taken / p->heads, number = taken % p->heads;
        if (takes_integers(p, p->offsets[source + 1] - p->offsets[source]))
            attend_as_integers(p, source, number, memory);
        else
            attend_as_floats(p, source, number, memory);
    }
    free(memory);
}

/* Every token of a source over every other, sources one after the other without padding.
 *
 * qkv (N, 3, H, D), dense; as: FLOATS, or SHORTS where integers may be multiplied that approximate them, which is done
 * where it is faster; offsets (B + 1): where each source begins and the last one ends; bias NULL or
 * (H, S, S) for the longest source, with the strides of a head and of a query; out (N, H, D).
 * Returns 0, or 1 where memory ran out. */
EXPORT int attend_packed(const float *qkv, int as, const int64_t *offsets, int64_t sources, int64_t heads, int64_t width,
                         float scale, const float *bias, int64_t bias_head, int64_t bias_query,
                         int64_t threads, float *out) {
    packed p = {qkv, as, offsets, sources, heads, width, 0, scale, bias, bias_head, bias_query, out, 0, 0};
    int64_t pairs = 0;
    for (int64_t b = 0; b < sources; b++) {
        int64_t size = offsets[b + 1] - offsets[b];
        p.longest = size > p.longest ? size : p.longest;
        pairs += size * size;
    }
    share_work(threads_for(2 * pairs * heads * width, threads), attend_part, &p);
    return p.failed;
}
