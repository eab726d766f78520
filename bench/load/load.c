/*
 * The load for one measurement: workers that echo at once and clients that ask, in one process, over libzmq.
 *
 *     load FRONTEND BACKEND WORKERS CLIENTS OUTSTANDING BYTES REQUESTS WARMUP QUEUE_PID
 *
 * Keeps OUTSTANDING requests under way, spread over CLIENTS connections, until WARMUP + REQUESTS have been answered; the
 * first WARMUP do not count. Each reply must come back on the connection that asked, for a request that is under way
 * there, with the body unchanged: anything else, or no reply for 10 s, ends the process with exit code 1. Prints one
 * line of JSON: requests, seconds, requestsPerSecond, p50Us, p99Us and maxUs (from send to reply), loadCpuSeconds (of
 * this process), queueCpuSeconds (of all threads of QUEUE_PID over the same time), libzmq.
 *
 * All peers are connections of one ROUTER socket: the queue sees the connections and the frames of as many REQ sockets,
 * while this process has one socket to wait for instead of one for each peer, and so costs no more than the queue.
 */
#define PROGRAM "load"
#include "checked.h"

/* No reply for so long means that a request was lost. */
#define STALLED_MS 10000

/* What a body holds after its sequence number. */
#define FILL 0x5a

/* The first byte of a connection's identity in this process; its number follows in four bytes, highest first. */
#define CLIENT 'C'
#define WORKER 'W'
#define IDENTITY_SIZE 5

/* One request, found by its sequence number. */
typedef struct {
    uint64_t sent_ns;
    uint32_t client;
    uint32_t answered;
} request_t;

typedef struct {
    void *peers;
    uint32_t client_count;
    uint32_t worker_count;
    uint64_t outstanding;
    size_t body_size;
    uint64_t warmup;
    /* Warm-up included. */
    uint64_t total;
    request_t *requests;
    uint64_t sent;
    uint64_t answered;
    /* Of the requests answered after the warm-up, in ns. */
    uint64_t *latencies;
    /* What each body looks like, but for its sequence number. */
    unsigned char *body;
} load_t;

/* The clocks at one moment: of the wall, of this process, of the queue's process. */
typedef struct {
    uint64_t wall_ns;
    uint64_t load_cpu_ns;
    uint64_t queue_cpu_ns;
} moment_t;

static moment_t moment (clockid_t queue_clock) {
    moment_t now = {
        .wall_ns = clock_ns (CLOCK_MONOTONIC),
        .load_cpu_ns = clock_ns (CLOCK_PROCESS_CPUTIME_ID),
        .queue_cpu_ns = clock_ns (queue_clock),
    };
    return now;
}

static void *make_peers (void *context) {
    void *socket = zmq_socket (context, ZMQ_ROUTER);
    check (socket != NULL, "cannot make a socket");
    int mandatory = 1, unlimited = 0, linger = 0, timeout_ms = STALLED_MS;
    check (zmq_setsockopt (socket, ZMQ_ROUTER_MANDATORY, &mandatory, sizeof mandatory) == 0, "cannot set mandatory");
    check (zmq_setsockopt (socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited) == 0, "cannot set the send limit");
    check (zmq_setsockopt (socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited) == 0, "cannot set the receive limit");
    check (zmq_setsockopt (socket, ZMQ_LINGER, &linger, sizeof linger) == 0, "cannot set linger");
    check (zmq_setsockopt (socket, ZMQ_RCVTIMEO, &timeout_ms, sizeof timeout_ms) == 0, "cannot set the timeout");
    return socket;
}

static void write_identity (unsigned char *identity, char role, uint32_t number) {
    identity[0] = (unsigned char) role;
    for (int i = 1; i < IDENTITY_SIZE; i++)
        identity[i] = (unsigned char) (number >> 8 * (IDENTITY_SIZE - 1 - i));
}

static uint32_t number_of (const unsigned char *identity) {
    uint32_t number = 0;
    for (int i = 1; i < IDENTITY_SIZE; i++)
        number = number << 8 | identity[i];
    return number;
}

/* The identity has a meaning in this process only: the queue gives the connection one of its own. */
static void connect_peer (load_t *load, const char *endpoint, char role, uint32_t number) {
    unsigned char identity[IDENTITY_SIZE];
    write_identity (identity, role, number);
    int result = zmq_setsockopt (load->peers, ZMQ_CONNECT_ROUTING_ID, identity, sizeof identity);
    check (result == 0, "cannot set an identity");
    check (zmq_connect (load->peers, endpoint) == 0, endpoint);
}

/* Sends what a REQ socket sends, over one connection: `[""][body]`. */
static void send_body (load_t *load, char role, uint32_t number, const void *body, size_t size) {
    unsigned char identity[IDENTITY_SIZE];
    write_identity (identity, role, number);
    check (zmq_send (load->peers, identity, sizeof identity, ZMQ_SNDMORE) != -1, "cannot send an identity");
    check (zmq_send (load->peers, NULL, 0, ZMQ_SNDMORE) != -1, "cannot send a delimiter");
    check (zmq_send (load->peers, body, size, 0) != -1, "cannot send a body");
}

static void receive_next (load_t *load, zmq_msg_t *frame) {
    if (!zmq_msg_more (frame))
        fail ("a message ends too early");
    check (zmq_msg_recv (frame, load->peers, 0) != -1, "cannot receive");
}

/* A worker sends back what it got, frame by frame and without copying; the first frame is given. */
static void echo (load_t *load, zmq_msg_t *frame) {
    for (;;) {
        int more = zmq_msg_more (frame);
        check (zmq_msg_send (frame, load->peers, more ? ZMQ_SNDMORE : 0) != -1, "a worker cannot send");
        if (!more)
            return;
        check (zmq_msg_recv (frame, load->peers, 0) != -1, "a worker cannot receive");
    }
}

static void send_request (load_t *load, uint32_t client) {
    uint64_t sequence = load->sent++;
    memcpy (load->body, &sequence, sizeof sequence);
    load->requests[sequence].client = client;
    load->requests[sequence].sent_ns = clock_ns (CLOCK_MONOTONIC);
    send_body (load, CLIENT, client, load->body, load->body_size);
}

/* Takes the reply that came to a client, whose first frame is given, and checks it. */
static void take_reply (load_t *load, uint32_t client, zmq_msg_t *frame) {
    receive_next (load, frame);
    if (zmq_msg_size (frame) != 0)
        fail ("a reply has no delimiter");
    receive_next (load, frame);
    if (zmq_msg_more (frame))
        fail ("a reply has too many frames");
    if (zmq_msg_size (frame) != load->body_size)
        fail ("a reply has %zu bytes instead of %zu", zmq_msg_size (frame), load->body_size);

    const unsigned char *body = zmq_msg_data (frame);
    uint64_t sequence;
    memcpy (&sequence, body, sizeof sequence);
    if (sequence >= load->sent)
        fail ("a reply answers request %llu, which was not sent", (unsigned long long) sequence);
    request_t *request = &load->requests[sequence];
    if (request->client != client)
        fail ("client %u got the reply of client %u", client, request->client);
    if (request->answered)
        fail ("request %llu was answered twice", (unsigned long long) sequence);
    if (memcmp (body + sizeof sequence, load->body + sizeof sequence, load->body_size - sizeof sequence) != 0)
        fail ("the reply of request %llu is not its body", (unsigned long long) sequence);

    request->answered = 1;
    if (load->answered >= load->warmup)
        load->latencies[load->answered - load->warmup] = clock_ns (CLOCK_MONOTONIC) - request->sent_ns;
    load->answered++;
}

/* Serves workers and clients until so many requests have been answered. */
static void run (load_t *load, uint64_t until) {
    zmq_msg_t frame;
    zmq_msg_init (&frame);
    while (load->answered < until) {
        if (zmq_msg_recv (&frame, load->peers, 0) == -1) {
            check (zmq_errno () == EAGAIN, "cannot receive");
            fail ("no reply for %d ms: %llu requests are under way, %llu were answered", STALLED_MS,
                  (unsigned long long) (load->sent - load->answered), (unsigned long long) load->answered);
        }
        const unsigned char *identity = zmq_msg_data (&frame);
        if (identity[0] == WORKER) {
            echo (load, &frame);
            continue;
        }
        uint32_t client = number_of (identity);
        take_reply (load, client, &frame);
        if (load->sent < load->total)
            send_request (load, client);
    }
    zmq_msg_close (&frame);
}

int main (int argc, char **argv) {
    if (argc != 10) {
        fprintf (stderr, "usage: load FRONTEND BACKEND WORKERS CLIENTS OUTSTANDING BYTES REQUESTS WARMUP QUEUE_PID\n");
        return 2;
    }
    uint64_t measured = number (argv[7], "REQUESTS", 1, 100000000);
    load_t load = {
        .worker_count = (uint32_t) number (argv[3], "WORKERS", 1, 10000),
        .client_count = (uint32_t) number (argv[4], "CLIENTS", 1, 10000),
        .outstanding = number (argv[5], "OUTSTANDING", 1, 1000000),
        .body_size = number (argv[6], "BYTES", sizeof (uint64_t), 1u << 30),
        .warmup = number (argv[8], "WARMUP", 0, 100000000),
    };
    load.total = load.warmup + measured;
    load.requests = allocate (load.total, sizeof (request_t));
    load.latencies = allocate (measured, sizeof (uint64_t));
    load.body = allocate (load.body_size, 1);
    memset (load.body, FILL, load.body_size);
    clockid_t queue_clock;
    int error = clock_getcpuclockid ((pid_t) number (argv[9], "QUEUE_PID", 1, INT32_MAX), &queue_clock);
    if (error != 0)
        fail ("cannot find the clock of process %s: %s", argv[9], strerror (error));

    void *context = zmq_ctx_new ();
    check (context != NULL, "cannot make a context");
    load.peers = make_peers (context);
    for (uint32_t worker = 0; worker < load.worker_count; worker++) {
        connect_peer (&load, argv[2], WORKER, worker);
        send_body (&load, WORKER, worker, "\x01", 1);
    }
    for (uint32_t client = 0; client < load.client_count; client++)
        connect_peer (&load, argv[1], CLIENT, client);
    while (load.sent < load.outstanding && load.sent < load.total)
        send_request (&load, (uint32_t) (load.sent % load.client_count));

    run (&load, load.warmup);
    /* Requests are under way at both moments, as many at the one as at the other but for the end of the last few. */
    moment_t before = moment (queue_clock);
    run (&load, load.total);
    moment_t after = moment (queue_clock);

    qsort (load.latencies, measured, sizeof (uint64_t), by_value);
    double seconds = (double) (after.wall_ns - before.wall_ns) / 1e9;
    int major, minor, patch;
    zmq_version (&major, &minor, &patch);
    const uint64_t *latencies = load.latencies;
    printf ("{\"requests\":%llu,\"seconds\":%.6f,\"requestsPerSecond\":%.1f,"
            "\"p50Us\":%.1f,\"p99Us\":%.1f,\"maxUs\":%.1f,"
            "\"loadCpuSeconds\":%.6f,\"queueCpuSeconds\":%.6f,\"libzmq\":\"%d.%d.%d\"}\n",
            (unsigned long long) measured, seconds, (double) measured / seconds,
            (double) percentile_ns (latencies, measured, 0.5) / 1e3,
            (double) percentile_ns (latencies, measured, 0.99) / 1e3, (double) latencies[measured - 1] / 1e3,
            (double) (after.load_cpu_ns - before.load_cpu_ns) / 1e9,
            (double) (after.queue_cpu_ns - before.queue_cpu_ns) / 1e9, major, minor, patch);
    zmq_close (load.peers);
    zmq_ctx_term (context);
    free (load.body);
    free (load.latencies);
    free (load.requests);
    return 0;
}
