/* How the kernels for AMX get on with Linux: permission to use tiles, and its refusal, threads, children and signals.
 * To be run on a CPU that has tiles, or in an emulator of one (see CONTRIBUTING.md). A line tells of each check; the
 * exit status is how many failed. */
#include "team.h"
#include "tile_products.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Some products that take tiles; 0 where they are right. */
static int64_t multiply_some(int64_t threads) {
    layer l = new_layer(800, 700, 1);
    int64_t wrong = wrong_products(&l, 35, threads);
    free_layer(&l);
    return wrong;
}

static int is_lent(void) { return strcmp(best_isa(), "amx") == 0; }

static int64_t run_bare(void) { return multiply_some(1); }

static int64_t refuse_for_small_stack(void) {
    static char memory[MINSIGSTKSZ];
    stack_t small = {.ss_sp = memory, .ss_size = MINSIGSTKSZ}, none = {.ss_flags = SS_DISABLE};
    if (sigaltstack(&small, NULL)) return 0; /* systems may not take it at all */
    int64_t wrong = is_lent();
    return wrong + (sigaltstack(&none, NULL) != 0) + !is_lent() + multiply_some(1);
}

static int64_t refuse_in_sandbox(void) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* the call's number */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_arch_prctl, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof steps / sizeof *steps, steps};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 1;
    return is_lent();
}

static pthread_barrier_t asked;

static void *multiply_later(void *wrong) {
    pthread_barrier_wait(&asked);
    *(int64_t *)wrong = multiply_some(1);
    return NULL;
}

static void stand_by(void *context, int64_t part, int64_t parts) { (void)context, (void)part, (void)parts; }

/* Threads that were there before the process asked. */
static int64_t lend_to_older_threads(void) {
    int64_t wrong = 0;
    pthread_t thread;
    pthread_barrier_init(&asked, NULL, 2);
    if (pthread_create(&thread, NULL, multiply_later, &wrong)) return 1;
    share_work(3, stand_by, NULL);
    if (!is_lent()) return 1;
    pthread_barrier_wait(&asked);
    int64_t own = multiply_some(3);
    pthread_join(thread, NULL);
    return wrong + own;
}

static void look(void *held, int64_t part, int64_t parts) { (void)parts, ((int *)held)[part] = holds_tiles(); }

static int64_t hold_none_when_idle(void) {
    int held[3] = {0};
    if (!is_lent()) return 1;
    int64_t wrong = multiply_some(3);
    share_work(3, look, held);
    return wrong + held[0] + held[1] + held[2];
}

/* How a child that does `work` ends: 0, what is wrong, or the signal that ended it, below zero. */
static int64_t in_child(int64_t (*work)(void)) {
    int status;
    pid_t child = fork();
    if (child == 0) _exit(work() != 0);
    if (waitpid(child, &status, 0) != child) return 1;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int64_t lend_to_children(void) {
    if (!is_lent()) return 1;
    int64_t wrong = multiply_some(2);
    return wrong + in_child(run_bare) + in_child(hold_none_when_idle) + multiply_some(2);
}

static volatile sig_atomic_t signals;

static void count_signal(int number) { (void)number, signals++; }

/* Signals that interrupt products, and other processes that have their own tiles. */
static int64_t bear_interruptions(void) {
    struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    int64_t wrong = !is_lent();
    int status;
    pid_t others[2];
    for (int i = 0; i < 2; i++)
        if ((others[i] = fork()) == 0) {
            seed = 77 + i;
            for (int round = 0; round < 5; round++) wrong += multiply_some(1);
            _exit(wrong != 0);
        }
    sigaction(SIGALRM, &action, NULL), setitimer(ITIMER_REAL, &often, NULL);
    for (int round = 0; round < 5; round++) wrong += multiply_some(2);
    setitimer(ITIMER_REAL, &never, NULL);
    for (int i = 0; i < 2; i++) wrong += waitpid(others[i], &status, 0) != others[i] || status;
    return wrong + (signals == 0);
}

int main(void) {
    int failed = tell("without permission tiles end the process", in_child(run_bare) != -SIGILL);
    failed += tell("a small signal stack: VNNI, and AMX once it is gone", in_child(refuse_for_small_stack));
    failed += tell("a sandbox that refuses: VNNI", in_child(refuse_in_sandbox));
    failed += tell("threads from before the permission", in_child(lend_to_older_threads));
    failed += tell("no thread holds tiles when it is idle", in_child(hold_none_when_idle));
    failed += tell("children", in_child(lend_to_children));
    return failed + tell("signals, and other processes with tiles", in_child(bear_interruptions));
}
