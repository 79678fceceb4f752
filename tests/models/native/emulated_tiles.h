/* The tile instructions of AMX in plain C, for machines without them: to be included before anything else. Written
 * from Intel's description of LDTILECFG, TILELOADD, TILESTORED, TILEZERO and TDPBUSD. What is undefined there (tiles
 * without a configuration, or larger than it says) ends the process. */
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ROWS 16
#define MOST_BYTES 64

static __thread struct {
    int is_configured;
    uint16_t row_bytes[8];
    uint8_t rows[8];
    uint8_t data[8][MOST_ROWS][MOST_BYTES];
} emulated;

static inline void emulated_config(const void *memory) {
    const uint8_t *bytes = memory;
    if (bytes[0] != 1 || bytes[1] != 0) abort(); /* palette, and the row to start from */
    memcpy(emulated.row_bytes, bytes + 16, 16);
    memcpy(emulated.rows, bytes + 48, 8);
    memset(emulated.data, 0, sizeof emulated.data);
    for (int t = 0; t < 8; t++)
        if (emulated.rows[t] > MOST_ROWS || emulated.row_bytes[t] > MOST_BYTES) abort();
    emulated.is_configured = 1;
}

static inline void emulated_use(int t) {
    if (!emulated.is_configured || !emulated.rows[t] || !emulated.row_bytes[t]) abort();
}

static inline void emulated_zero(int t) {
    emulated_use(t);
    memset(emulated.data[t], 0, sizeof emulated.data[t]);
}

static inline void emulated_load(int t, const void *base, int64_t stride) {
    emulated_zero(t);
    for (int r = 0; r < emulated.rows[t]; r++)
        memcpy(emulated.data[t][r], (const uint8_t *)base + r * stride, emulated.row_bytes[t]);
}

static inline void emulated_store(int t, void *base, int64_t stride) {
    emulated_use(t);
    for (int r = 0; r < emulated.rows[t]; r++)
        memcpy((uint8_t *)base + r * stride, emulated.data[t][r], emulated.row_bytes[t]);
}

/* c (M, N) += a (M, K) unsigned times b (K, N) signed, four of K at once: row k of b has those of column n side by
 * side. */
static inline void emulated_dpbusd(int c, int a, int b) {
    emulated_use(c), emulated_use(a), emulated_use(b);
    if (emulated.row_bytes[a] / 4 != emulated.rows[b] || emulated.row_bytes[c] != emulated.row_bytes[b]) abort();
    for (int m = 0; m < emulated.rows[c]; m++)
        for (int k = 0; k < emulated.row_bytes[a] / 4; k++)
            for (int n = 0; n < emulated.row_bytes[c] / 4; n++) {
                int32_t sum;
                memcpy(&sum, &emulated.data[c][m][4 * n], 4);
                for (int i = 0; i < 4; i++)
                    sum += (int32_t)emulated.data[a][m][4 * k + i] * (int8_t)emulated.data[b][k][4 * n + i];
                memcpy(&emulated.data[c][m][4 * n], &sum, 4);
            }
}

#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbusd
#define _tile_loadconfig(memory) emulated_config(memory)
#define _tile_release() (emulated.is_configured = 0)
#define _tile_zero(t) emulated_zero(t)
#define _tile_loadd(t, base, stride) emulated_load(t, base, stride)
#define _tile_stored(t, base, stride) emulated_store(t, base, stride)
#define _tile_dpbusd(c, a, b) emulated_dpbusd(c, a, b)
