#include "team.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SPINS 4000 /* some 20 microseconds: longer than Python takes from one layer's call to the next */
#define MAX_PARTS 64

typedef struct {
    int64_t parts;
    share work;
    void *context;
    atomic_uint round;   /* a new one is work for everyone */
    atomic_int unfinished;
    int is_over;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t threads[MAX_PARTS];
} team;

typedef struct {
    team *team;
    int64_t part;
} member;

static pthread_key_t team_of_thread;
static pthread_once_t is_prepared = PTHREAD_ONCE_INIT;

static inline void pause_briefly(int spin) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
    if (spin % 256 == 255) sched_yield(); /* there may be more threads than cores */
}

static unsigned next_round(team *t, unsigned seen) {
    for (int spin = 0; spin < SPINS; spin++) {
        unsigned round = atomic_load_explicit(&t->round, memory_order_acquire);
        if (round != seen) return round;
        pause_briefly(spin);
    }
    pthread_mutex_lock(&t->lock);
    while (atomic_load(&t->round) == seen) pthread_cond_wait(&t->changed, &t->lock);
    unsigned round = atomic_load(&t->round);
    pthread_mutex_unlock(&t->lock);
    return round;
}

static void *serve(void *argument) {
    member me = *(member *)argument;
    free(argument);
    unsigned round = 0;
    for (;;) {
        round = next_round(me.team, round);
        if (me.team->is_over) return NULL;
        me.team->work(me.team->context, me.part, me.team->parts);
        atomic_fetch_sub_explicit(&me.team->unfinished, 1, memory_order_release);
    }
}

static void begin_round(team *t) {
    atomic_store(&t->unfinished, (int)t->parts - 1);
    pthread_mutex_lock(&t->lock);
    atomic_fetch_add(&t->round, 1);
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static void disband(void *argument) {
    team *t = argument;
    t->is_over = 1;
    begin_round(t);
    for (int64_t part = 1; part < t->parts; part++) pthread_join(t->threads[part], NULL);
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->changed);
    free(t);
}

/* Threads do not survive a fork: a child that waited for them would wait for ever. */
static void forget(void) { pthread_setspecific(team_of_thread, NULL); }

static void prepare(void) {
    pthread_key_create(&team_of_thread, disband);
    pthread_atfork(NULL, NULL, forget);
}

static team *assemble(int64_t parts) {
    team *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
    t->parts = 1;
    while (t->parts < parts) {
        member *m = malloc(sizeof *m);
        if (!m) break;
        *m = (member){t, t->parts};
        if (pthread_create(&t->threads[t->parts], NULL, serve, m)) {
            free(m);
            break;
        }
        t->parts++;
    }
    return t;
}

static team *team_of(int64_t parts) {
    pthread_once(&is_prepared, prepare);
    team *t = pthread_getspecific(team_of_thread);
    if (t && t->parts == parts) return t;
    if (t) disband(t);
    t = assemble(parts);
    pthread_setspecific(team_of_thread, t);
    return t;
}

void share_work(int64_t parts, share work, void *context) {
    team *t = parts > 1 ? team_of(parts < MAX_PARTS ? parts : MAX_PARTS) : NULL;
    if (!t) {
        work(context, 0, 1);
        return;
    }
    t->work = work;
    t->context = context;
    begin_round(t);
    work(context, 0, t->parts);
    for (int spin = 0; atomic_load_explicit(&t->unfinished, memory_order_acquire); spin++) pause_briefly(spin);
}
