/* What the files of this library call of each other. */
#pragma once

#include "int8_matrix.h"

int linear_int8(const matrix *m, const float *x, int64_t rows, int activation, int64_t threads, float *y);
int attend_cached(const float *q, int kept_as, void *keys, void *values, const int64_t *lengths, int64_t rows,
                  int64_t lanes, int64_t heads, int64_t width, int64_t row_stride, int64_t head_stride, float scale,
                  const float *bias, int64_t bias_row, int64_t bias_head, float *told, int64_t told_lane,
                  int64_t told_head, int64_t threads, float *out);
int attend_appended(const float *qkv, int kept_as, void *keys, void *values, const int64_t *lengths, int32_t *origins,
                    int64_t origins_row, int64_t rows, int64_t lanes, int64_t heads, int64_t width,
                    int64_t row_stride, int64_t head_stride, float scale, const float *bias, int64_t bias_row,
                    int64_t bias_head, int64_t threads, float *out);
int attend_packed(const float *qkv, int as, const int64_t *offsets, int64_t sources, int64_t heads, int64_t width,
                  float scale, const float *bias, int64_t bias_head, int64_t bias_query, int64_t threads, float *out);
void add_norm(const float *x, const float *added, const float *weight, const float *bias, float eps, int64_t rows,
              int64_t width, float *y);
void ssru_step(const float *gates, int64_t rows, int64_t width, float *cells, float *out);
void gate_rows(float *x, int64_t rows, int64_t width, int activation);
void add_rows(float *x, const float *added, int64_t size);
void highest_scores(const float *scores, int64_t rows, int64_t width, int64_t count, int64_t *ids, float *log_probs);
