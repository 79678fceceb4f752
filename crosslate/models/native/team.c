#include "team.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define SPINS 4000 /* some 20 microseconds: longer than Python takes from one layer's call to the next */
#define MAX_PARTS 64
#define CACHE_LINE 64

struct team;

/* One thread. Each has a round of its own, so that a call with few parts wakes as many and no more. */
typedef struct {
    struct team *team;
    int64_t part;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    _Alignas(CACHE_LINE) atomic_uint round; /* a new one is work */
    atomic_int sleeps;
} member;

typedef struct team {
    int64_t size;  /* with the calling thread; only grows */
    int64_t parts; /* of this call */
    share work;
    void *context;
    int is_over;
    _Alignas(CACHE_LINE) atomic_int unfinished;
    member *members[MAX_PARTS]; /* from 1: part 0 is the calling thread's */
} team;

static pthread_key_t team_of_thread;
static int can_keep_teams;
static pthread_once_t is_prepared = PTHREAD_ONCE_INIT;

static inline void pause_briefly(int spin) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb"); /* waits as long as x86's pause; `yield` does nothing on most of these CPUs */
#endif
    if (spin % 256 == 255) sched_yield(); /* there may be more threads than cores */
}

static unsigned next_round(member *m, unsigned seen) {
    for (int spin = 0; spin < SPINS; spin++) {
        unsigned round = atomic_load_explicit(&m->round, memory_order_acquire);
        if (round != seen) return round;
        pause_briefly(spin);
    }
    pthread_mutex_lock(&m->lock);
    atomic_store(&m->sleeps, 1); /* before the round is read again: `wake` writes and reads in the other order */
    while (atomic_load(&m->round) == seen) pthread_cond_wait(&m->woken, &m->lock);
    atomic_store(&m->sleeps, 0);
    pthread_mutex_unlock(&m->lock);
    return atomic_load(&m->round);
}

static void wake(member *m) {
    atomic_fetch_add(&m->round, 1);
    if (!atomic_load(&m->sleeps)) return;
    pthread_mutex_lock(&m->lock);
    pthread_cond_signal(&m->woken);
    pthread_mutex_unlock(&m->lock);
}

static void *serve(void *argument) {
    member *me = argument;
    team *t = me->team;
    unsigned round = 0;
    for (;;) {
        round = next_round(me, round);
        if (t->is_over) return NULL;
        t->work(t->context, me->part, t->parts);
        atomic_fetch_sub_explicit(&t->unfinished, 1, memory_order_release);
    }
}

static void dismiss(member *m) {
    pthread_mutex_destroy(&m->lock);
    pthread_cond_destroy(&m->woken);
    free(m);
}

static void disband(void *argument) {
    team *t = argument;
    t->is_over = 1;
    for (int64_t part = 1; part < t->size; part++) wake(t->members[part]);
    for (int64_t part = 1; part < t->size; part++) {
        pthread_join(t->members[part]->thread, NULL);
        dismiss(t->members[part]);
    }
    free(t);
}

/* Threads do not survive a fork: a child that waited for them would wait for ever. */
static void forget(void) { pthread_setspecific(team_of_thread, NULL); }

static void prepare(void) {
    if (pthread_key_create(&team_of_thread, disband)) return; /* a process has 1024 */
    can_keep_teams = pthread_atfork(NULL, NULL, forget) == 0;
}

static int is_ready(void) {
    pthread_once(&is_prepared, prepare);
    return can_keep_teams;
}

/* A thread's end disbands its team, but the end of the process is not the main thread's. */
__attribute__((destructor)) static void disband_at_exit(void) {
    team *t = is_ready() ? pthread_getspecific(team_of_thread) : NULL;
    if (!t) return;
    forget();
    disband(t);
}

static void *aligned_zeros(size_t bytes) {
    void *memory = aligned_alloc(CACHE_LINE, (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    return memory ? __builtin_memset(memory, 0, bytes) : NULL;
}

static member *enlist(team *t, int64_t part) {
    member *m = aligned_zeros(sizeof *m);
    if (!m) return NULL;
    m->team = t;
    m->part = part;
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->woken, NULL);
    if (pthread_create(&m->thread, NULL, serve, m) == 0) return m;
    dismiss(m);
    return NULL;
}

/* Of this thread alone; NULL where there is no memory for it, or nowhere to keep it. */
static team *new_team(void) {
    team *t = aligned_zeros(sizeof *t);
    if (!t) return NULL;
    t->size = 1;
    if (pthread_setspecific(team_of_thread, t) == 0) return t;
    free(t);
    return NULL;
}

/* This thread's team, of at least so many unless no more threads are to be had. */
static team *team_of(int64_t parts) {
    team *t = is_ready() ? pthread_getspecific(team_of_thread) : NULL;
    if (!t && can_keep_teams) t = new_team();
    while (t && t->size < parts) {
        member *m = enlist(t, t->size);
        if (!m) break;
        t->members[t->size++] = m;
    }
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
    t->parts = parts < t->size ? parts : t->size;
    atomic_store(&t->unfinished, (int)t->parts - 1);
    for (int64_t part = 1; part < t->parts; part++) wake(t->members[part]);
    work(context, 0, t->parts);
    for (int spin = 0; atomic_load_explicit(&t->unfinished, memory_order_acquire); spin++) pause_briefly(spin);
}

void meet(atomic_int *done, int64_t parts) {
    atomic_fetch_add_explicit(done, 1, memory_order_acq_rel);
    for (int spin = 0; atomic_load_explicit(done, memory_order_acquire) < parts; spin++) pause_briefly(spin);
}
