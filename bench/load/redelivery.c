/*
 * How long a request takes from the death of its worker to the next one.
 *
 *     redelivery FRONTEND BACKEND KILLS
 *
 * Starts a process for each worker. Again and again it sends a request, waits until a worker has it, kills that worker
 * with SIGKILL, and notes when the request comes to another one. Prints one line of JSON: kills, redelivered, lost (no
 * other worker had it within a second), medianMs and maxMs (from just before the signal to the arrival).
 */
#include <zmq.h>

#include "checked.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* No other worker for so long means that the request is lost. */
#define LOST_MS 1000
/* So long a worker works before it is killed: one that ends as soon as it gets a request may have been about to. */
#define WORKED_MS 100
#define MAX_IDENTITY 255
/* What a request says that is only to be answered; the others say how many kills there were before. */
#define ECHO UINT64_MAX

/* What became of one request; in memory that all processes share. */
typedef struct {
    /* The process that has it, and is to be killed. */
    _Atomic pid_t first_worker;
    /* When it came to another worker; 0: it did not. */
    _Atomic uint64_t arrived_ns;
} request_t;

static void *open_req (void *context, const char *endpoint) {
    void *socket = zmq_socket (context, ZMQ_REQ);
    check (socket != NULL, "cannot make a socket");
    int linger = 0;
    check (zmq_setsockopt (socket, ZMQ_LINGER, &linger, sizeof linger) == 0, "cannot set linger");
    check (zmq_connect (socket, endpoint) == 0, endpoint);
    return socket;
}

/* Says READY and answers; the first worker that has a request which is not to be echoed keeps it until it is killed. */
__attribute__ ((noreturn)) static void work (const char *backend, request_t *requests) {
    /* Whatever ends the parent ends this one too. */
    check (prctl (PR_SET_PDEATHSIG, SIGKILL) == 0, "cannot follow the parent");
    void *context = zmq_ctx_new ();
    check (context != NULL, "cannot make a context");
    void *socket = open_req (context, backend);
    check (zmq_send (socket, "\x01", 1, 0) != -1, "cannot say READY");
    for (;;) {
        unsigned char identity[MAX_IDENTITY];
        uint64_t round;
        int identity_size = zmq_recv (socket, identity, sizeof identity, 0);
        check (identity_size != -1, "a worker cannot receive");
        check (zmq_recv (socket, NULL, 0, 0) != -1, "a worker cannot receive");
        check (zmq_recv (socket, &round, sizeof round, 0) != -1, "a worker cannot receive");
        if (round != ECHO) {
            pid_t nobody = 0;
            if (atomic_compare_exchange_strong (&requests[round].first_worker, &nobody, getpid ()))
                for (;;)
                    pause ();
            atomic_store (&requests[round].arrived_ns, clock_ns (CLOCK_MONOTONIC));
        }
        check (zmq_send (socket, identity, (size_t) identity_size, ZMQ_SNDMORE) != -1, "a worker cannot reply");
        check (zmq_send (socket, NULL, 0, ZMQ_SNDMORE) != -1, "a worker cannot reply");
        check (zmq_send (socket, &round, sizeof round, 0) != -1, "a worker cannot reply");
    }
}

static void sleep_us (unsigned us) {
    struct timespec time = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000l};
    nanosleep (&time, NULL);
}

/* Sends a request over a connection of its own. */
static void *ask (void *context, const char *frontend, uint64_t round) {
    void *client = open_req (context, frontend);
    int timeout_ms = LOST_MS;
    check (zmq_setsockopt (client, ZMQ_RCVTIMEO, &timeout_ms, sizeof timeout_ms) == 0, "cannot set the timeout");
    check (zmq_send (client, &round, sizeof round, 0) != -1, "cannot send a request");
    return client;
}

/* Whether there was a reply in time. */
static int take_reply (void *client) {
    uint64_t round;
    int received = zmq_recv (client, &round, sizeof round, 0);
    check (received != -1 || zmq_errno () == EAGAIN, "cannot receive a reply");
    zmq_close (client);
    return received != -1;
}

/* Kills the worker that has the request, and waits until another has it; returns how long that took, 0 for ever. */
static uint64_t kill_worker (void *client, request_t *request) {
    uint64_t asked_ns = clock_ns (CLOCK_MONOTONIC);
    while (atomic_load (&request->first_worker) == 0) {
        if (clock_ns (CLOCK_MONOTONIC) - asked_ns > LOST_MS * 1000000ull)
            fail ("a request came to no worker");
        sleep_us (100);
    }
    sleep_us (WORKED_MS * 1000);
    pid_t worker = atomic_load (&request->first_worker);
    uint64_t killed_ns = clock_ns (CLOCK_MONOTONIC);
    check (kill (worker, SIGKILL) == 0, "cannot kill a worker");
    check (waitpid (worker, NULL, 0) == worker, "cannot wait for a worker");
    return take_reply (client) ? atomic_load (&request->arrived_ns) - killed_ns : 0;
}

int main (int argc, char **argv) {
    if (argc != 4) {
        fprintf (stderr, "usage: redelivery FRONTEND BACKEND KILLS\n");
        return 2;
    }
    uint64_t kills = number (argv[3], "KILLS", 1, 1000);
    uint64_t workers = kills + 1;
    request_t *requests =
        mmap (NULL, kills * sizeof (request_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check (requests != MAP_FAILED, "cannot share memory");
    /* Before this process has threads. */
    for (uint64_t i = 0; i < workers; i++) {
        pid_t worker = fork ();
        check (worker != -1, "cannot start a worker");
        if (worker == 0)
            work (argv[2], requests);
    }

    void *context = zmq_ctx_new ();
    check (context != NULL, "cannot make a context");
    /* The worker idle longest comes first, so when as many as there are have answered all have said READY. */
    for (uint64_t i = 0; i < workers; i++)
        if (!take_reply (ask (context, argv[1], ECHO)))
            fail ("no worker answers");
    uint64_t *times = allocate (kills, sizeof (uint64_t));
    uint64_t redelivered = 0;
    for (uint64_t round = 0; round < kills; round++) {
        uint64_t took_ns = kill_worker (ask (context, argv[1], round), &requests[round]);
        if (took_ns > 0)
            times[redelivered++] = took_ns;
    }
    zmq_ctx_term (context);

    qsort (times, redelivered, sizeof (uint64_t), by_value);
    printf ("{\"kills\":%llu,\"redelivered\":%llu,\"lost\":%llu,\"medianMs\":%.3f,\"maxMs\":%.3f}\n",
            (unsigned long long) kills, (unsigned long long) redelivered, (unsigned long long) (kills - redelivered),
            (double) percentile_ns (times, redelivered, 0.5) / 1e6, (double) percentile_ns (times, redelivered, 1) / 1e6);
    return 0;
}
