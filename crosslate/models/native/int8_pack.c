/* From row-major int8 weights to what the products read. */
#include "int8_rows.h"

#if defined(HAS_PLACES)

/* One step's weights of a panel, as a tile reads them. */
INLINE void gather_step(const int8_t *weights, int64_t outputs, int64_t inputs, int64_t step, int8_t *line) {
    int64_t left = inputs - step * STEP;
    memset(line, 0, STEP * PANEL);
    for (int64_t n = 0; n < outputs; n++) {
        int8_t eight[STEP] = {0};
        memcpy(eight, weights + n * inputs + step * STEP, left < STEP ? left : STEP);
        memcpy(line + n * GROUP, eight, GROUP);
        memcpy(line + (PANEL + n) * GROUP, eight + GROUP, GROUP);
    }
}

/* Whether `levels` times two weights that are added in 16 bits fits there, or four, whatever the activations are. */
INLINE int fits(const int8_t *line, int64_t levels, int pairs) {
    int exceeds = 0;
    for (int i = 0; i < STEP * PANEL / pairs; i += 2) {
        int32_t positive = 0, negative = 0;
        for (int j = 0; j < 2 * pairs; j++) {
            int32_t w = line[i + j / 2 * PANEL * GROUP + j % 2];
            positive += w > 0 ? w : 0, negative += w < 0 ? w : 0;
        }
        exceeds |= levels * positive > INT16_MAX || levels * negative < INT16_MIN;
    }
    return !exceeds;
}

typedef struct {
    int64_t joined, apart;
} step_counts;

typedef struct {
    int8_t *packed;
    uint16_t *orders;
    int64_t front, back;
} step_writer;

INLINE void add_step(const int8_t *line, int64_t levels, int64_t step, step_counts *counts, step_writer *to) {
    int joined = fits(line, levels, 2);
    if (joined)
        counts->joined++;
    else
        counts->apart++;
    if (!to) return;
    int64_t place = joined ? to->front++ : --to->back;
    memcpy(to->packed + place * STEP * PANEL, line, STEP * PANEL);
    to->orders[place] = (uint16_t)step;
}

/* The steps of a panel, counted and, if there is where to, written. */
static step_counts add_steps(const int8_t *weights, int64_t outputs, int64_t inputs, int64_t levels, step_writer *to) {
    step_counts counts = {0, 0};
    for (int64_t step = 0; step < padded(inputs) / STEP; step++) {
        int8_t line[STEP * PANEL], half[STEP * PANEL];
        gather_step(weights, outputs, inputs, step, line);
        if (!fits(line, levels, 1)) {
            for (int i = 0; i < STEP * PANEL; i++) half[i] = (int8_t)(line[i] >> 1), line[i] -= half[i];
            add_step(half, levels, step, &counts, to);
        }
        add_step(line, levels, step, &counts, to);
    }
    return counts;
}

static step_counts count_steps(const int8_t *weights, int64_t outputs, int64_t inputs, int64_t levels) {
    step_counts all = {0, 0};
    for (int64_t n = 0; n < outputs; n += PANEL) {
        int64_t count = outputs - n < PANEL ? outputs - n : PANEL;
        step_counts own = add_steps(weights + n * inputs, count, inputs, levels, NULL);
        all.joined += own.joined, all.apart += own.apart;
    }
    return all;
}

#define PLAIN_LEVELS 127 /* of which every pair fits */
#define JOINED_COST 5    /* instructions */
#define APART_COST 6

/* Whether all 8 bits take at most a quarter longer than 7. */
INLINE int is_cheap(step_counts counts, step_counts plain) {
    int64_t cost = counts.joined * JOINED_COST + counts.apart * APART_COST;
    return 4 * cost <= 5 * (plain.joined * JOINED_COST + plain.apart * APART_COST);
}

/* How many levels a matrix' activations should have, and how many steps it then takes. Two bytes would double the
 * time: here `is_fine` changes nothing. */
EXPORT void plan_int8(const int8_t *weights, int64_t outputs, int64_t inputs, int is_fine, int64_t *levels,
                      int64_t *steps) {
    step_counts counts = count_steps(weights, outputs, inputs, COARSE_LEVELS);
    step_counts plain = count_steps(weights, outputs, inputs, PLAIN_LEVELS);
    (void)is_fine;
    *levels = is_cheap(counts, plain) ? COARSE_LEVELS : PLAIN_LEVELS;
    counts = *levels == COARSE_LEVELS ? counts : plain;
    *steps = counts.joined + counts.apart;
}

static void pack_panels(const int8_t *weights, int64_t outputs, int64_t inputs, int64_t levels, int8_t *packed,
                        uint16_t *orders, panel_place *places) {
    int64_t first = 0;
    for (int64_t n = 0; n < outputs; n += PANEL, places++) {
        int64_t count = outputs - n < PANEL ? outputs - n : PANEL;
        step_counts own = add_steps(weights + n * inputs, count, inputs, levels, NULL);
        int64_t steps = own.joined + own.apart;
        step_writer to = {packed + first * STEP * PANEL, orders + first, 0, steps};
        add_steps(weights + n * inputs, count, inputs, levels, &to);
        *places = (panel_place){first, own.joined, steps};
        first += steps;
    }
}
#else

/* See above. AMX multiplies fast enough for two bytes everywhere. */
EXPORT void plan_int8(const int8_t *weights, int64_t outputs, int64_t inputs, int is_fine, int64_t *levels,
                      int64_t *steps) {
    (void)weights;
#if defined(__AMX_INT8__)
    is_fine = 1;
#endif
    *levels = is_fine ? FINE_LEVELS : COARSE_LEVELS;
    *steps = panels_of(outputs) * (padded(inputs) / STEP);
}

static void pack_panels(const int8_t *weights, int64_t outputs, int64_t inputs, int64_t levels, int8_t *packed,
                        uint16_t *orders, panel_place *places) {
    (void)levels, (void)orders, (void)places;
    int64_t width = padded(inputs), whole = inputs / GROUP * GROUP;
    memset(packed, 0, panels_of(outputs) * PANEL * width);
    for (int64_t n = 0; n < outputs; n++) {
        int8_t *to = packed + n / PANEL * PANEL * width + n % PANEL * GROUP;
        const int8_t *from = weights + n * inputs;
        for (int64_t k = 0; k < whole; k += GROUP) memcpy(to + k * PANEL, from + k, GROUP);
        memcpy(to + whole * PANEL, from + whole, inputs - whole);
    }
}
#endif

/* How the panels are laid out. */
EXPORT void panel_format(int64_t *step, int64_t *has_places) {
    *step = STEP;
#if defined(HAS_PLACES)
    *has_places = 1;
#else
    *has_places = 0;
#endif
}

/* weights (N, K) row-major -> packed, (`plan_int8`'s steps, STEP, PANEL); orders (steps) and places (panels) where
 * `panel_format` has them; sums (N rounded up to 16): each output's sum of weights. */
EXPORT void pack_int8(const int8_t *weights, int64_t outputs, int64_t inputs, int64_t levels, int8_t *packed,
                      uint16_t *orders, panel_place *places, float *sums) {
    pack_panels(weights, outputs, inputs, levels, packed, orders, places);
    memset(sums, 0, panels_of(outputs) * PANEL * sizeof *sums);
    for (int64_t n = 0; n < outputs; n++) {
        int32_t sum = 0;
        for (int64_t k = 0; k < inputs; k++) sum += weights[n * inputs + k];
        sums[n] = (float)sum;
    }
}
