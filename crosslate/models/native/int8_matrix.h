/* How int8 matrices lie in memory, which each instruction set wants another way. */
#pragma once

#include "common.h"

#define PANEL 16 /* outputs */
#if defined(__ARM_FEATURE_MATMUL_INT8)
#define GROUP 8 /* inputs that stand together, as one multiply-add instruction reads them */
#else
#define GROUP 4
#endif
#define LINE (PANEL * GROUP)

/* STEP: inputs that a row is padded to; RADIX_BITS: by how many bits the two bytes of an activation are apart;
 * TILE_ROWS and TILE_PANELS: what is multiplied at once, at most. */
#if defined(__AMX_INT8__)
#define STEP 64
#define RADIX_BITS 8
#define TILE_ROWS 32
#define TILE_PANELS 2
#elif defined(__AVX512VNNI__) && !defined(NARROW_VNNI)
#define STEP 16
#define RADIX_BITS 8
#define TILE_ROWS 8
#define TILE_PANELS 2
#elif defined(__AVX512VNNI__) || defined(__AVXVNNI__)
#define STEP 16
#define RADIX_BITS 8
#define TILE_ROWS 6
#define TILE_PANELS 1
#elif defined(__AVX2__)
#define STEP 8
#define RADIX_BITS 7
#define TILE_ROWS 4
#define TILE_PANELS 1
#define HAS_PLACES 1
#else
#define STEP 16
#define RADIX_BITS 8
#define TILE_ROWS 4
#define TILE_PANELS 1
#endif

/* What is taken off activations before they are multiplied, where both factors have to be signed. */
#if defined(__ARM_FEATURE_DOTPROD) && !defined(__ARM_FEATURE_MATMUL_INT8)
#define SIGNED_OFFSET 128
#else
#define SIGNED_OFFSET 0
#endif

#define COARSE_LEVELS 255                     /* the largest activation of one byte */
#define RADIX (1 << RADIX_BITS)
#define FINE_LEVELS (RADIX * RADIX - 1)       /* and of two */

/* Where the steps of a panel are, with AVX2: see int8_tiles_avx2.h. */
typedef struct {
    int64_t first, joined, steps;
} panel_place;

/* As `pack_int8` leaves it. */
typedef struct {
    const int8_t *panels;
    const uint16_t *orders;
    const panel_place *places;
    const float *sums, *scales, *bias; /* per output, padded to whole panels; bias may be NULL */
    const float *centers;              /* per input, or NULL: see int8_quantize.h */
    int64_t outputs, inputs, levels;   /* levels: the largest activation that it is multiplied with */
} matrix;

typedef union {
    i32x8 half[2];
    i32xw part[PANEL / WIDE];
} panel_sums; /* of one row and panel */

/* Bytes of an activation. */
INLINE int64_t planes_of(const matrix *m) { return m->levels > COARSE_LEVELS ? 2 : 1; }

INLINE int64_t padded(int64_t inputs) { return (inputs + STEP - 1) / STEP * STEP; }

INLINE int64_t panels_of(int64_t outputs) { return (outputs + PANEL - 1) / PANEL; }
