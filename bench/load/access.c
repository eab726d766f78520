/*
 * Peers of a queue that has keys, permitted ones and strangers, over libzmq, which has CURVE as `load.c` has not.
 *
 *     access load FRONTEND BACKEND process=PID clients=N workers=N warmup=MS measure=MS [client-key=FILE worker-key=FILE]
 *     access connect FRONTEND BACKEND process=PID at-once=N workers=N warmup=MS measure=MS [client-key=FILE worker-key=FILE]
 *     access strangers FRONTEND BACKEND process=PID rate=N measure=MS client-key=FILE
 *     access half FRONTEND BACKEND process=PID count=N measure=MS
 *     access large FRONTEND BACKEND process=PID count=N bytes=N measure=MS
 *
 * `load`: each client has one request under way. `connect`: each connects, is answered once and closes. `strangers`: so many
 * a second begin a handshake with a key that the queue does not know. `half`: so many connections send a greeting and nothing
 * more; one that was closed comes again. `large`: so many connections send a greeting and a command of that size. Prints
 * one JSON object.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "common.h"

#define KEY_SIZE 41
#define BODY_SIZE 32
/* A connection that was closed at once comes again after this time. */
#define AGAIN_MS 1000
/* Strangers have this many keys in turn, and close their sockets after this time. */
#define STRANGERS_KEYS 16
#define STRANGER_MS 500
#define GREETING_SIZE 64

/* The keys of a peer; without them it has no CURVE. */
typedef struct {
    int is_set;
    char queue[KEY_SIZE], public[KEY_SIZE], secret[KEY_SIZE];
} keys_t;

typedef struct {
    const char *frontend, *backend;
    char **arguments;
    void *context;
    pid_t pid;
    clockid_t queue_clock;
    keys_t client_keys, worker_keys;
} bench_t;

static uint64_t now_ns (void) {
    return clock_ns (CLOCK_MONOTONIC);
}

/* A field of /proc/PID/status in MiB. */
static double queue_memory (const bench_t *bench, const char *field) {
    char path[64], line[256];
    snprintf (path, sizeof path, "/proc/%d/status", (int) bench->pid);
    FILE *file = fopen (path, "r");
    check (file != NULL, path);
    double kib = -1;
    while (fgets (line, sizeof line, file) != NULL)
        if (strncmp (line, field, strlen (field)) == 0)
            kib = strtod (line + strlen (field), NULL);
    fclose (file);
    return kib / 1024;
}

/* What the queue takes now; its peak is looked for from here on. */
static double idle_memory (const bench_t *bench) {
    reset_peak ((uint64_t) bench->pid);
    return queue_memory (bench, "VmRSS:");
}

/* Keys. */

static void read_key (const char *text, const char *name, char key[KEY_SIZE]) {
    const char *line = strstr (text, name);
    const char *quote = line == NULL ? NULL : strchr (line, '"');
    if (quote == NULL || strlen (quote) < KEY_SIZE)
        fail ("a key file has no %s", name);
    memcpy (key, quote + 1, KEY_SIZE - 1);
}

static keys_t read_keys (char **arguments, const char *name) {
    keys_t keys = {0};
    const char *path = text_argument (arguments, name);
    if (path == NULL)
        return keys;
    static char text[4096];
    FILE *file = fopen (path, "r");
    check (file != NULL, path);
    text[fread (text, 1, sizeof text - 1, file)] = '\0';
    fclose (file);
    read_key (text, "queue-key", keys.queue);
    read_key (text, "public-key", keys.public);
    read_key (text, "secret-key", keys.secret);
    keys.is_set = 1;
    return keys;
}

/* Sockets. */

static void *connect_socket (const bench_t *bench, int type, const char *endpoint, const keys_t *keys) {
    void *socket = zmq_socket (bench->context, type);
    check (socket != NULL, "cannot open a socket");
    int linger = 0;
    zmq_setsockopt (socket, ZMQ_LINGER, &linger, sizeof linger);
    if (keys->is_set) {
        zmq_setsockopt (socket, ZMQ_CURVE_SERVERKEY, keys->queue, KEY_SIZE);
        zmq_setsockopt (socket, ZMQ_CURVE_PUBLICKEY, keys->public, KEY_SIZE);
        check (zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, keys->secret, KEY_SIZE) == 0, "cannot set a key");
    }
    check (zmq_connect (socket, endpoint) == 0, "cannot connect");
    return socket;
}

static void ask (void *socket) {
    static const char body[BODY_SIZE] = "request";
    check (zmq_send (socket, "", 0, ZMQ_SNDMORE) == 0 && zmq_send (socket, body, BODY_SIZE, 0) == BODY_SIZE, "cannot send");
}

/* Receives a message if there is one; returns whether there was. */
static int receive (void *socket) {
    zmq_msg_t frame;
    zmq_msg_init (&frame);
    if (zmq_msg_recv (&frame, socket, ZMQ_DONTWAIT) < 0)
        return 0;
    while (zmq_msg_more (&frame))
        check (zmq_msg_recv (&frame, socket, 0) >= 0, "cannot receive");
    zmq_msg_close (&frame);
    return 1;
}

/* A worker sends back all frames that it receives. */
static void echo (void *socket) {
    zmq_msg_t frame;
    zmq_msg_init (&frame);
    while (zmq_msg_recv (&frame, socket, ZMQ_DONTWAIT) >= 0) {
        int more;
        do {
            more = zmq_msg_more (&frame);
            check (zmq_msg_send (&frame, socket, more ? ZMQ_SNDMORE : 0) >= 0, "cannot send");
            zmq_msg_init (&frame);
            if (more)
                check (zmq_msg_recv (&frame, socket, 0) >= 0, "cannot receive");
        } while (more);
    }
    zmq_msg_close (&frame);
}

/* Workers are the last items: they have said READY. */
static void add_workers (const bench_t *bench, zmq_pollitem_t *items, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        items[i] = (zmq_pollitem_t) {connect_socket (bench, ZMQ_DEALER, bench->backend, &bench->worker_keys), 0, ZMQ_POLLIN, 0};
        check (zmq_send (items[i].socket, "", 0, ZMQ_SNDMORE) == 0 && zmq_send (items[i].socket, "\1", 1, 0) == 1, "cannot send");
    }
}

/* What the peers do. */

static void load (bench_t *bench) {
    uint64_t clients = argument (bench->arguments, "clients", 1), workers = argument (bench->arguments, "workers", 1);
    zmq_pollitem_t *items = allocate (clients + workers, sizeof *items);
    uint64_t *sent_ns = allocate (clients, sizeof *sent_ns);
    add_workers (bench, items + clients, workers);
    for (uint64_t i = 0; i < clients; i++) {
        items[i] = (zmq_pollitem_t) {connect_socket (bench, ZMQ_DEALER, bench->frontend, &bench->client_keys), 0, ZMQ_POLLIN, 0};
        sent_ns[i] = now_ns ();
        ask (items[i].socket);
    }
    uint64_t capacity = 1 << 22, count = 0, cpu_ns = 0;
    uint64_t *times = allocate (capacity, sizeof *times);
    uint64_t from_ns = now_ns () + argument (bench->arguments, "warmup", 0) * MS;
    uint64_t to_ns = from_ns + argument (bench->arguments, "measure", 1000) * MS;
    for (;;) {
        check (zmq_poll (items, (int) (clients + workers), 1) >= 0, "cannot poll");
        uint64_t now = now_ns ();
        if (cpu_ns == 0 && now >= from_ns) {
            cpu_ns = clock_ns (bench->queue_clock);
            from_ns = now;
        }
        if (now >= to_ns)
            break;
        for (uint64_t i = 0; i < clients + workers; i++) {
            if (!(items[i].revents & ZMQ_POLLIN))
                continue;
            if (i >= clients) {
                echo (items[i].socket);
            } else if (receive (items[i].socket)) {
                now = now_ns ();
                if (cpu_ns != 0 && count < capacity)
                    times[count++] = now - sent_ns[i];
                sent_ns[i] = now;
                ask (items[i].socket);
            }
        }
    }
    cpu_ns = clock_ns (bench->queue_clock) - cpu_ns;
    if (count == 0)
        fail ("no request was answered");
    print_figure ("requestsPerSecond", (double) count * 1e9 / (double) (now_ns () - from_ns));
    print_figure ("queueCpuUs", (double) cpu_ns / 1e3 / (double) count);
    print_figure ("p50Us", (double) percentile_ns (times, count, 0.5) / 1e3);
    print_figure ("p99Us", (double) percentile_ns (times, count, 0.99) / 1e3);
}

static void connect_again (bench_t *bench) {
    uint64_t at_once = argument (bench->arguments, "at-once", 1), workers = argument (bench->arguments, "workers", 1);
    zmq_pollitem_t *items = allocate (at_once + workers, sizeof *items);
    add_workers (bench, items + at_once, workers);
    uint64_t count = 0, cpu_ns = 0, from_ns = now_ns () + argument (bench->arguments, "warmup", 0) * MS;
    uint64_t to_ns = from_ns + argument (bench->arguments, "measure", 1000) * MS;
    for (uint64_t now; (now = now_ns ()) < to_ns;) {
        if (cpu_ns == 0 && now >= from_ns) {
            cpu_ns = clock_ns (bench->queue_clock);
            from_ns = now;
            count = 0;
        }
        for (uint64_t i = 0; i < at_once; i++) {
            if (items[i].socket != NULL)
                continue;
            items[i] = (zmq_pollitem_t) {connect_socket (bench, ZMQ_DEALER, bench->frontend, &bench->client_keys), 0, ZMQ_POLLIN, 0};
            ask (items[i].socket);
        }
        check (zmq_poll (items, (int) (at_once + workers), 1) >= 0, "cannot poll");
        for (uint64_t i = 0; i < at_once + workers; i++) {
            if (!(items[i].revents & ZMQ_POLLIN))
                continue;
            if (i >= at_once) {
                echo (items[i].socket);
            } else if (receive (items[i].socket)) {
                zmq_close (items[i].socket);
                items[i].socket = NULL;
                count++;
            }
        }
    }
    cpu_ns = clock_ns (bench->queue_clock) - cpu_ns;
    if (count == 0)
        fail ("no client was answered");
    print_figure ("connectionsPerSecond", (double) count * 1e9 / (double) (now_ns () - from_ns));
    print_figure ("queueCpuUs", (double) cpu_ns / 1e3 / (double) count);
}

/* What the queue took while something went on that it cannot prevent. */
static void print_cost (const bench_t *bench, uint64_t cpu_ns, uint64_t from_ns, double idle_mib) {
    print_figure ("cpuPart", (double) (clock_ns (bench->queue_clock) - cpu_ns) / (double) (now_ns () - from_ns));
    print_figure ("peakMiB", queue_memory (bench, "VmHWM:") - idle_mib);
}

static void strangers (bench_t *bench) {
    uint64_t rate = argument (bench->arguments, "rate", 100), open = rate * STRANGER_MS / 1000 + 1, count = 0;
    void **sockets = allocate (open, sizeof *sockets);
    keys_t keys[STRANGERS_KEYS];
    for (int i = 0; i < STRANGERS_KEYS; i++) {
        keys[i] = bench->client_keys;
        check (zmq_curve_keypair (keys[i].public, keys[i].secret) == 0, "cannot make a key");
    }
    double idle_mib = idle_memory (bench);
    uint64_t cpu_ns = clock_ns (bench->queue_clock), from_ns = now_ns ();
    uint64_t to_ns = from_ns + argument (bench->arguments, "measure", 1000) * MS;
    for (; now_ns () < to_ns; count++) {
        uint64_t due_ns = from_ns + count * SECOND / rate;
        while (now_ns () < due_ns)
            poll (NULL, 0, 1);
        void **place = &sockets[count % open];
        if (*place != NULL)
            zmq_close (*place);
        *place = connect_socket (bench, ZMQ_DEALER, bench->frontend, &keys[count % STRANGERS_KEYS]);
    }
    print_figure ("strangersPerSecond", (double) count * 1e9 / (double) (now_ns () - from_ns));
    print_cost (bench, cpu_ns, from_ns, idle_mib);
}

/* Raw connections, of which libzmq would not leave a handshake half done. */

static int dial (const char *endpoint) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    char host[64];
    unsigned port;
    if (sscanf (endpoint, "tcp://%63[^:]:%u", host, &port) != 2 || inet_pton (AF_INET, host, &address.sin_addr) != 1)
        fail ("%s is no tcp endpoint", endpoint);
    address.sin_port = htons ((uint16_t) port);
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check (fd >= 0, "cannot open a socket");
    check (connect (fd, (struct sockaddr *) &address, sizeof address) == 0, "cannot connect");
    unsigned char greeting[GREETING_SIZE] = {0xff, [9] = 0x7f, [10] = 3, [12] = 'C', 'U', 'R', 'V', 'E'};
    if (write (fd, greeting, sizeof greeting) != GREETING_SIZE) {
        /* It was closed already: seen when it is read. */
    }
    check (fcntl (fd, F_SETFL, O_NONBLOCK) == 0, "cannot set a flag");
    return fd;
}

/* Reads what has come; returns whether the connection is open. */
static int is_open (int fd) {
    static char bytes[65536];
    ssize_t size;
    while ((size = read (fd, bytes, sizeof bytes)) > 0)
        ;
    return size < 0 && errno == EAGAIN;
}

/* Keeps as many connections open as the queue allows; `write_more` may send more on them. */
static void park (bench_t *bench, uint64_t command_bytes) {
    uint64_t count = argument (bench->arguments, "count", 1), dials = 0, open = 0;
    struct pollfd *items = allocate (count, sizeof *items);
    uint64_t *begun_ns = allocate (count, sizeof *begun_ns), *left = allocate (count, sizeof *left);
    char *filler = allocate (1, 1 << 20);
    double idle_mib = idle_memory (bench);
    uint64_t cpu_ns = clock_ns (bench->queue_clock), from_ns = now_ns ();
    uint64_t to_ns = from_ns + argument (bench->arguments, "measure", 1000) * MS;
    for (uint64_t i = 0; i < count; i++)
        items[i].fd = -1;
    while (now_ns () < to_ns) {
        open = 0;
        for (uint64_t i = 0; i < count; i++) {
            if (items[i].fd >= 0 && !is_open (items[i].fd)) {
                close (items[i].fd);
                items[i].fd = -1;
            }
            if (items[i].fd < 0 && (begun_ns[i] == 0 || now_ns () - begun_ns[i] > AGAIN_MS * MS)) {
                items[i].fd = dial (bench->frontend);
                begun_ns[i] = now_ns ();
                left[i] = command_bytes;
                dials++;
                if (command_bytes > 0) {
                    /* A long command: its flags, its size in eight bytes, and the size and name at its start. */
                    unsigned char head[16] = {6, 0, 0, 0, 0, 0, 0, 0, 0, 5, 'H', 'E', 'L', 'L', 'O'};
                    for (int byte = 0; byte < 8; byte++)
                        head[1 + byte] = (unsigned char) (command_bytes >> (56 - 8 * byte));
                    if (write (items[i].fd, head, 15) < 0)
                        left[i] = 0;
                }
            }
            if (items[i].fd < 0)
                continue;
            open++;
            while (left[i] > 0) {
                ssize_t size = send (items[i].fd, filler, left[i] < 1 << 20 ? left[i] : 1 << 20, MSG_NOSIGNAL);
                if (size <= 0)
                    break;
                left[i] -= (uint64_t) size;
            }
        }
        poll (NULL, 0, 10);
    }
    print_figure ("dialsPerSecond", (double) dials * 1e9 / (double) (now_ns () - from_ns));
    print_figure ("open", (double) open);
    print_cost (bench, cpu_ns, from_ns, idle_mib);
}

int main (int argc, char **argv) {
    if (argc < 4)
        fail ("usage: access load|connect|strangers|half|large FRONTEND BACKEND NAME=VALUE...");
    raise_descriptor_limit ();
    bench_t bench = {.frontend = argv[2], .backend = argv[3], .arguments = argv + 4, .context = zmq_ctx_new ()};
    zmq_ctx_set (bench.context, ZMQ_MAX_SOCKETS, 4096);
    bench.pid = (pid_t) argument (bench.arguments, "process", 0);
    errno = clock_getcpuclockid (bench.pid, &bench.queue_clock);
    check (errno == 0, "cannot find the clock of the queue's process");
    bench.client_keys = read_keys (bench.arguments, "client-key");
    bench.worker_keys = read_keys (bench.arguments, "worker-key");
    if (strcmp (argv[1], "load") == 0)
        load (&bench);
    else if (strcmp (argv[1], "connect") == 0)
        connect_again (&bench);
    else if (strcmp (argv[1], "strangers") == 0)
        strangers (&bench);
    else if (strcmp (argv[1], "half") == 0)
        park (&bench, 0);
    else if (strcmp (argv[1], "large") == 0)
        park (&bench, argument (bench.arguments, "bytes", 1 << 20));
    else
        fail ("no mode %s", argv[1]);
    printf ("}\n");
    fflush (stdout);
    /* The sockets need not be closed one by one. */
    _exit (0);
}
