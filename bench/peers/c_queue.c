/*
 * The Simple Pirate queue as the ZeroMQ Guide describes it, in C over libzmq: what our queue is compared with.
 *
 *     c_queue FRONTEND BACKEND [DRAIN|proxy]
 *     c_queue --version
 *
 * Binds a ROUTER to each endpoint, prints "listening FRONTEND BACKEND" with the real ports, and ends on SIGTERM. As in
 * the Guide the frontend is polled only while a worker is free, each turn takes at most one message from each socket, the
 * least recently used worker comes first, and a worker that died stays in the list. Frames are passed on by handle, never
 * copied, so this is about as fast as the Guide's queue can be. With DRAIN it departs from the Guide: each turn takes up to
 * this many messages from each socket.
 *
 * With `proxy` it is libzmq's own zmq_proxy between a ROUTER and a DEALER instead: the limit for anything that is made
 * with libzmq, but no queue in the Guide's sense, as requests go to the workers in turn, whether they are free or not.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

/* Ends the process when a call of libzmq failed that cannot fail in a working queue. */
static void check (int ok, const char *what) {
    if (ok)
        return;
    fprintf (stderr, "c_queue: %s: %s\n", what, zmq_strerror (zmq_errno ()));
    exit (1);
}

/* The identities of the free workers, oldest first: a ring that grows. */
typedef struct {
    zmq_msg_t *identities;
    size_t capacity;
    size_t first;
    size_t count;
} workers_t;

static void workers_grow (workers_t *workers) {
    size_t capacity = workers->capacity == 0 ? 64 : workers->capacity * 2;
    zmq_msg_t *identities = malloc (capacity * sizeof (zmq_msg_t));
    check (identities != NULL, "cannot remember a worker");
    for (size_t i = 0; i < capacity; i++) {
        zmq_msg_init (&identities[i]);
        if (i < workers->count)
            zmq_msg_move (&identities[i], &workers->identities[(workers->first + i) % workers->capacity]);
    }
    free (workers->identities);
    *workers = (workers_t){identities, capacity, 0, workers->count};
}

/* Takes the identity over: the given message is empty afterwards. */
static void workers_append (workers_t *workers, zmq_msg_t *identity) {
    if (workers->count == workers->capacity)
        workers_grow (workers);
    zmq_msg_move (&workers->identities[(workers->first + workers->count) % workers->capacity], identity);
    workers->count++;
}

/* Sends the identity of the least recently used worker as the first frame of a message, and forgets it. */
static void workers_send_first (workers_t *workers, void *socket) {
    check (zmq_msg_send (&workers->identities[workers->first], socket, ZMQ_SNDMORE) != -1, "cannot send to a worker");
    workers->first = (workers->first + 1) % workers->capacity;
    workers->count--;
}

static void receive (zmq_msg_t *frame, void *socket) {
    check (zmq_msg_recv (frame, socket, 0) != -1, "cannot receive");
}

/* Sends this frame and all that follow it in the message that is being received. */
static void forward (zmq_msg_t *frame, void *from, void *to) {
    for (;;) {
        int more = zmq_msg_more (frame);
        check (zmq_msg_send (frame, to, more ? ZMQ_SNDMORE : 0) != -1, "cannot send");
        if (!more)
            return;
        receive (frame, from);
    }
}

/* READY is the byte 0x01 (C, Python, Java, Go, ...) or the text READY (C++, Lua, PHP, ...), alone in its message. */
static int is_ready (zmq_msg_t *frame) {
    size_t size = zmq_msg_size (frame);
    const char *data = zmq_msg_data (frame);
    return !zmq_msg_more (frame) && ((size == 1 && data[0] == 1) || (size == 5 && memcmp (data, "READY", 5) == 0));
}

/* [worker][""][0x01] or [worker][""][client][""][reply...]: the worker is free, and a reply goes to its client. */
static void on_backend (workers_t *workers, void *frontend, void *backend, zmq_msg_t *frame) {
    receive (frame, backend);
    int more = zmq_msg_more (frame);
    workers_append (workers, frame);
    while (more) {
        receive (frame, backend);
        more = zmq_msg_more (frame);
        if (zmq_msg_size (frame) > 0) {
            if (!is_ready (frame))
                forward (frame, backend, frontend);
            return;
        }
    }
}

/* [client][""][body...] goes to the worker that has been free for longest, as [worker][""][client][""][body...]. */
static void on_frontend (workers_t *workers, void *frontend, void *backend, zmq_msg_t *frame) {
    workers_send_first (workers, backend);
    zmq_msg_t delimiter;
    zmq_msg_init (&delimiter);
    check (zmq_msg_send (&delimiter, backend, ZMQ_SNDMORE) != -1, "cannot send to a worker");
    receive (frame, frontend);
    forward (frame, frontend, backend);
}

/* Whether a message has arrived. */
static int is_readable (void *socket) {
    int events;
    size_t size = sizeof events;
    check (zmq_getsockopt (socket, ZMQ_EVENTS, &events, &size) == 0, "cannot read a socket's events");
    return (events & ZMQ_POLLIN) != 0;
}

static void run_queue (void *frontend, void *backend, int drain) {
    zmq_pollitem_t items[] = {{backend, 0, ZMQ_POLLIN, 0}, {frontend, 0, ZMQ_POLLIN, 0}};
    workers_t workers = {0};
    zmq_msg_t frame;
    zmq_msg_init (&frame);
    for (;;) {
        /* What was polled counts below, not whether a worker has become free just now. */
        int frontend_polled = workers.count > 0;
        check (zmq_poll (items, frontend_polled ? 2 : 1, -1) != -1, "cannot poll");
        if (items[0].revents & ZMQ_POLLIN) {
            on_backend (&workers, frontend, backend, &frame);
            for (int i = 1; i < drain && is_readable (backend); i++)
                on_backend (&workers, frontend, backend, &frame);
        }
        if (frontend_polled && (items[1].revents & ZMQ_POLLIN)) {
            on_frontend (&workers, frontend, backend, &frame);
            for (int i = 1; i < drain && workers.count > 0 && is_readable (frontend); i++)
                on_frontend (&workers, frontend, backend, &frame);
        }
    }
}

/* Prints the socket's endpoint with its real port. */
static void *bind_socket (void *context, int type, const char *endpoint) {
    void *socket = zmq_socket (context, type);
    check (socket != NULL, "cannot make a socket");
    check (zmq_bind (socket, endpoint) == 0, endpoint);
    char bound[256];
    size_t size = sizeof bound;
    check (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, bound, &size) == 0, "cannot read the endpoint");
    printf (" %s", bound);
    return socket;
}

static void end_process (int signal_number) {
    (void) signal_number;
    _exit (0);
}

int main (int argc, char **argv) {
    if (argc == 2 && strcmp (argv[1], "--version") == 0) {
        int major, minor, patch;
        zmq_version (&major, &minor, &patch);
        printf ("%d.%d.%d\n", major, minor, patch);
        return 0;
    }
    int is_proxy = argc == 4 && strcmp (argv[3], "proxy") == 0;
    int drain = argc == 4 && !is_proxy ? atoi (argv[3]) : 1;
    if (argc < 3 || argc > 4 || drain < 1) {
        fprintf (stderr, "usage: c_queue FRONTEND BACKEND [DRAIN|proxy]\n       c_queue --version\n");
        return 2;
    }
    signal (SIGTERM, end_process);
    void *context = zmq_ctx_new ();
    check (context != NULL, "cannot make a context");
    printf ("listening");
    void *frontend = bind_socket (context, ZMQ_ROUTER, argv[1]);
    void *backend = bind_socket (context, is_proxy ? ZMQ_DEALER : ZMQ_ROUTER, argv[2]);
    printf ("\n");
    fflush (stdout);
    if (is_proxy)
        check (zmq_proxy (frontend, backend, NULL) == 0, "the proxy ended");
    run_queue (frontend, backend, drain);
}
