/* What tiles leave: sums of some rows and panels, and who is to have them. */
#pragma once

#include "int8_matrix.h"

typedef struct {
    int64_t panel, panels; /* the first of them, and how many */
    int64_t row, rows;     /* of activations, from that row on */
    const panel_sums *sums; /* (panels, TILE_ROWS): of each row as many as its activations have bytes */
} block;

/* Takes `count` rows of a block, from its row `first` on. */
typedef void (*block_user)(void *context, const block *b, int64_t first, int64_t count);

/* A block that is not used up yet. */
typedef struct {
    block of;
    block_user use;
    void *context;
    int64_t used; /* rows */
} pending;

INLINE void use_some(pending *p, int64_t count) {
    int64_t left = p->of.rows - p->used;
    count = count < left ? count : left;
    if (count <= 0) return;
    p->use(p->context, &p->of, p->used, count);
    p->used += count;
}

INLINE void use_rest(pending *p) { use_some(p, p->of.rows); }
