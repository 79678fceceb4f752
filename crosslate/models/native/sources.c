/* What a decoder keeps of sources. */
#include "sources.h"

#include "int8_rows.h"
#include "kept.h"
#include "kernels.h"
#include "team.h"

/* One source's keys or values, wide (S, 2, H, D), to (H, longest, D). */
static void keep_heads(const float *wide, int is_value, int64_t tokens, int64_t longest, int64_t heads, int64_t width,
                       char *kept) {
    int64_t size = kept_bytes(SHORTS, width);
    for (int64_t h = 0; h < heads; h++, wide += width, kept += longest * size) {
        for (int64_t s = 0; s < tokens; s++)
            keep_shorts(is_value, wide + s * 2 * heads * width, width, SHORT_LEVELS, kept + s * size);
        memset(kept + tokens * size, 0, (longest - tokens) * size);
    }
}

typedef struct {
    const matrix *layers;
    const float *x;
    const int64_t *offsets;
    int64_t count, sources, longest, heads, width, threads;
    char *kept;
    atomic_llong taken; /* layers */
    atomic_int failed;
} projection;

/* Sources of one layer, some at a time; wide is scratch space. */
static int project_layer(const projection *p, int64_t number, int64_t threads, float *wide) {
    const matrix *m = &p->layers[number];
    int64_t inner = p->heads * p->width, size = p->heads * p->longest * kept_bytes(SHORTS, p->width);
    char *kept = p->kept + 2 * number * p->sources * size;
    int failed = 0;
    for (int64_t first = 0, together; first < p->sources && !failed; first += together) {
        together = sources_together(p->offsets, first, p->sources, TOKENS_TOGETHER * threads);
        int64_t start = p->offsets[first];
        failed = linear_int8(m, p->x + start * m->inputs, p->offsets[first + together] - start, LINEAR, threads, wide);
        for (int64_t b = first; b < first + together; b++)
            for (int64_t part = 0; part < 2; part++)
                keep_heads(wide + (p->offsets[b] - start) * 2 * inner + part * inner, part == 1,
                           p->offsets[b + 1] - p->offsets[b], p->longest, p->heads, p->width,
                           kept + (part * p->sources + b) * size);
    }
    return failed;
}

/* Takes layers until none is left. */
static void project_some(void *context, int64_t part, int64_t parts) {
    (void)part;
    projection *p = context;
    int64_t threads = parts > 1 ? 1 : p->threads;
    int64_t most = most_tokens(p->offsets, 0, p->sources, TOKENS_TOGETHER * threads);
    float *wide = malloc(most * 2 * p->heads * p->width * sizeof *wide);
    if (!wide) p->failed = 1;
    for (int64_t i; wide && (i = atomic_fetch_add(&p->taken, 1)) < p->count;)
        if (project_layer(p, i, threads, wide)) p->failed = 1;
    free(wide);
}

/* What `count` decoder layers read of B sources: x (N, M), the encoder's states of their tokens end to end, to each
 * layer's keys and values as shorts, kept (count, 2, B, H, S, D) for the longest source, zeros behind the others. Threads take
 * some of the layers each, or share the products where those are fewer. Returns 0, or 1 where memory ran out. */
EXPORT int project_sources(const matrix *layers, int64_t count, const float *x, const int64_t *offsets,
                           int64_t sources, int64_t longest, int64_t heads, int64_t width, int64_t threads,
                           void *kept) {
    projection p = {layers, x, offsets, count, sources, longest, heads, width, threads, kept, 0, 0};
    int64_t macs = count * offsets[sources] * layers->inputs * layers->outputs;
    share_work(count < threads ? 1 : threads_for(macs, threads), project_some, &p);
    return p.failed;
}
