/*
 * The load for one measurement: workers that echo at once and clients that ask, in one process.
 *
 *     load PROTOCOL FRONTEND BACKEND NAME=VALUE...
 *
 *     process=PID       the queue's process
 *     workers=N         workers
 *     clients=N         connected clients; each asks once before anything is measured
 *     outstanding=N     requests under way, dealt out to as many clients as there are requests; the others idle
 *     bytes=N           the size of a request's body
 *     warmup=MS         how long that goes on at least before it counts: until as many were answered as are outstanding
 *     measure=MS        how long it counts; 0: only the connections are looked at
 *     depart=N          instead: the workers answer nothing, and once all requests wait in the queue so many clients
 *                       leave, the first ones; the requests that are not theirs are dealt out to the others
 *
 * Each reply must come back on the connection that asked, for a request that is under way there, with the body unchanged:
 * anything else, or no reply for 10 s, ends the process with exit code 1. Prints one line of JSON: "connectSeconds";
 * "residentBeforeBytes", "residentConnectedBytes" (all connected, each client answered once), "residentAfterBytes" and
 * "residentPeakBytes" of the queue; and unless measure is 0 "requests" (answered), "seconds", "requestsPerSecond",
 * "p50Us", "p99Us" and "maxUs" (from send to reply), "loadCpuSeconds" (of this process), "queueCpuSeconds" (of all
 * threads of the queue). With depart: "departures" and "departureCpuUs", the queue's CPU time for each.
 */
#include "arguments.h"
#include "checked.h"
#include "peer.h"

#define MS 1000000ull

/* No reply for so long means that a request was lost. */
#define STALLED_MS 10000
/* Connections that may be on their way at once: fewer than any queue's listen backlog. */
#define CONNECTING 24
/* What a body holds after its number. */
#define FILL 0x5a
/* A queue whose CPU time stands still for so long has nothing to do. */
#define STILL_MS 100

/* One of the requests that are under way. */
typedef struct {
    uint64_t sent_ns;
    uint32_t client;
    /* How often this place has been used; a body says its place and this. */
    uint32_t use;
    int is_under_way;
} request_t;

typedef struct {
    uint32_t place;
    uint32_t use;
} body_head_t;

typedef struct {
    network_t network;
    uint64_t pid;
    clockid_t queue_clock;
    uint64_t worker_count;
    uint64_t client_count;
    uint64_t outstanding;
    uint64_t body_size;
    uint64_t warmup_ns;
    uint64_t measure_ns;
    uint64_t departures;

    peer_t *workers;
    peer_t *clients;
    request_t *requests;
    uint64_t accepted;
    uint64_t answered;
    /* Clients that have asked; each asks once at first. */
    uint64_t introduced;
    int are_all_introduced;
    int workers_hold;
    int is_measuring;
    /* Of the requests answered while it counts, in ns. */
    uint64_t *latencies;
    uint64_t latency_count;
    uint64_t latency_capacity;
    /* What each body looks like, but for its head. */
    unsigned char *body;
} load_t;

/* The clocks at one moment: of the wall, of this process, of the queue's process. */
typedef struct {
    uint64_t wall_ns;
    uint64_t load_cpu_ns;
    uint64_t queue_cpu_ns;
    uint64_t answered;
} moment_t;

static moment_t moment (const load_t *load) {
    moment_t now = {
        .wall_ns = clock_ns (CLOCK_MONOTONIC),
        .load_cpu_ns = clock_ns (CLOCK_PROCESS_CPUTIME_ID),
        .queue_cpu_ns = clock_ns (load->queue_clock),
        .answered = load->answered,
    };
    return now;
}

/* A line of the queue's /proc/PID/status, in bytes. */
static uint64_t queue_memory (const load_t *load, const char *name) {
    char path[64], line[256];
    snprintf (path, sizeof path, "/proc/%llu/status", (unsigned long long) load->pid);
    FILE *status = fopen (path, "r");
    check (status != NULL, path);
    unsigned long long kib = 0;
    while (fgets (line, sizeof line, status) != NULL)
        if (strncmp (line, name, strlen (name)) == 0)
            kib = strtoull (line + strlen (name), NULL, 10);
    fclose (status);
    if (kib == 0)
        fail ("there is no %s in %s", name, path);
    return kib * 1024;
}

static void send_request (load_t *load, uint32_t place) {
    request_t *request = &load->requests[place];
    body_head_t head = {place, ++request->use};
    memcpy (load->body, &head, sizeof head);
    request->is_under_way = 1;
    request->sent_ns = clock_ns (CLOCK_MONOTONIC);
    peer_request (&load->clients[request->client], load->body, load->body_size);
}

static void add_latency (load_t *load, uint64_t ns) {
    if (load->latency_count == load->latency_capacity) {
        load->latency_capacity *= 2;
        load->latencies = realloc (load->latencies, load->latency_capacity * sizeof (uint64_t));
        if (load->latencies == NULL)
            fail ("out of memory");
    }
    load->latencies[load->latency_count++] = ns;
}

static request_t *answered_request (load_t *load, const peer_t *client, const message_t *reply) {
    if (reply->body_size != load->body_size)
        fail ("a reply has %zu bytes instead of %llu", reply->body_size, (unsigned long long) load->body_size);
    body_head_t head;
    memcpy (&head, reply->body, sizeof head);
    if (head.place >= load->outstanding)
        fail ("a reply answers no request");
    request_t *request = &load->requests[head.place];
    if (request->client != client->number)
        fail ("client %u got the reply of client %u", client->number, request->client);
    if (!request->is_under_way || request->use != head.use)
        fail ("client %u got a reply that it had before", client->number);
    if (memcmp (reply->body + sizeof head, load->body + sizeof head, load->body_size - sizeof head) != 0)
        fail ("a reply of client %u is not its request", client->number);
    return request;
}

static void take_reply (load_t *load, const peer_t *client, const message_t *reply) {
    request_t *request = answered_request (load, client, reply);
    request->is_under_way = 0;
    load->answered++;
    if (load->is_measuring)
        add_latency (load, clock_ns (CLOCK_MONOTONIC) - request->sent_ns);
    uint32_t place = (uint32_t) (request - load->requests);
    if (load->are_all_introduced) {
        send_request (load, place);
    } else if (load->introduced < load->client_count) {
        request->client = (uint32_t) load->introduced++;
        send_request (load, place);
        peer_flush (&load->clients[request->client]);
    }
}

static void on_message (void *owner, peer_t *peer, const message_t *message) {
    load_t *load = owner;
    if (peer->role == CLIENT)
        take_reply (load, peer, message);
    else if (!load->workers_hold)
        peer_reply (peer, message);
}

static void on_ready (void *owner, peer_t *peer) {
    (void) peer;
    ((load_t *) owner)->accepted++;
}

static void serve (load_t *load) {
    if (network_serve (&load->network, STALLED_MS) == 0)
        fail ("nothing has happened for %d ms: %llu connections were accepted, %llu requests answered", STALLED_MS,
              (unsigned long long) load->accepted, (unsigned long long) load->answered);
}

static void connect_peers (load_t *load, peer_t *peers, role_t role, uint64_t count) {
    uint64_t before = load->accepted;
    for (uint64_t opened = 0; load->accepted - before < count;) {
        while (opened < count && opened - (load->accepted - before) < CONNECTING) {
            peer_open (&peers[opened], &load->network, role, (uint32_t) opened);
            opened++;
        }
        if (load->accepted - before < count)
            serve (load);
    }
}

/* Each client asks once, a few at a time. */
static void introduce_clients (load_t *load) {
    uint64_t first = load->outstanding < CONNECTING ? load->outstanding : CONNECTING;
    while (load->introduced < first && load->introduced < load->client_count) {
        uint32_t client = (uint32_t) load->introduced++;
        load->requests[client].client = client;
        send_request (load, client);
        peer_flush (&load->clients[client]);
    }
    while (load->answered < load->client_count)
        serve (load);
    load->are_all_introduced = 1;
}

static void flush_clients (load_t *load) {
    for (uint64_t i = 0; i < load->client_count; i++)
        peer_flush (&load->clients[i]);
}

static void serve_until (load_t *load, uint64_t time_ns) {
    while (clock_ns (CLOCK_MONOTONIC) < time_ns)
        serve (load);
}

static void measure (load_t *load) {
    load->latency_capacity = 1 << 20;
    load->latencies = allocate (load->latency_capacity, sizeof (uint64_t));
    for (uint32_t place = 0; place < load->outstanding; place++) {
        load->requests[place].client = (uint32_t) (place % load->client_count);
        send_request (load, place);
    }
    flush_clients (load);
    uint64_t warm_ns = clock_ns (CLOCK_MONOTONIC) + load->warmup_ns;
    /* Until then a queue may still be busy with taking in what was sent at once. */
    for (uint64_t all = load->answered + load->outstanding; load->answered < all;)
        serve (load);
    serve_until (load, warm_ns);

    /* As many requests are under way at the one moment as at the other. */
    load->is_measuring = 1;
    moment_t before = moment (load);
    serve_until (load, before.wall_ns + load->measure_ns);
    moment_t after = moment (load);

    uint64_t count = load->latency_count;
    if (count == 0)
        fail ("no request was answered in the time that counts");
    qsort (load->latencies, count, sizeof (uint64_t), by_value);
    double seconds = (double) (after.wall_ns - before.wall_ns) / 1e9;
    printf (",\"requests\":%llu,\"seconds\":%.6f,\"requestsPerSecond\":%.1f,\"p50Us\":%.1f,\"p99Us\":%.1f,\"maxUs\":%.1f,"
            "\"loadCpuSeconds\":%.6f,\"queueCpuSeconds\":%.6f",
            (unsigned long long) (after.answered - before.answered), seconds,
            (double) (after.answered - before.answered) / seconds,
            (double) percentile_ns (load->latencies, count, 0.5) / 1e3,
            (double) percentile_ns (load->latencies, count, 0.99) / 1e3, (double) load->latencies[count - 1] / 1e3,
            (double) (after.load_cpu_ns - before.load_cpu_ns) / 1e9,
            (double) (after.queue_cpu_ns - before.queue_cpu_ns) / 1e9);
    free (load->latencies);
}

/* Waits until the queue has nothing to do any more; returns its CPU time. */
static uint64_t settle (load_t *load) {
    uint64_t cpu_ns = clock_ns (load->queue_clock);
    uint64_t since_ns = clock_ns (CLOCK_MONOTONIC);
    for (;;) {
        network_serve (&load->network, STILL_MS / 10);
        uint64_t now_ns = clock_ns (CLOCK_MONOTONIC);
        uint64_t now_cpu_ns = clock_ns (load->queue_clock);
        /* A timer here and there is no work. */
        if (now_cpu_ns - cpu_ns > MS / 10) {
            cpu_ns = now_cpu_ns;
            since_ns = now_ns;
        }
        if (now_ns - since_ns > STILL_MS * MS)
            return now_cpu_ns;
    }
}

static void depart (load_t *load) {
    load->workers_hold = 1;
    uint64_t staying = load->client_count - load->departures;
    for (uint32_t place = 0; place < load->outstanding; place++) {
        uint64_t client = place < load->departures ? place : load->departures + place % staying;
        load->requests[place].client = (uint32_t) client;
        send_request (load, place);
    }
    flush_clients (load);
    uint64_t before_ns = settle (load);
    for (uint64_t i = 0; i < load->departures; i++)
        peer_close (&load->clients[i]);
    uint64_t after_ns = settle (load);
    printf (",\"departures\":%llu,\"departureCpuUs\":%.3f", (unsigned long long) load->departures,
            (double) (after_ns - before_ns) / 1e3 / (double) load->departures);
}

static void read_arguments (load_t *load, int count, char **arguments) {
    const argument_t numbers[] = {
        {"process", &load->pid, INT32_MAX, 1},          {"workers", &load->worker_count, 100000, 1},
        {"clients", &load->client_count, 100000, 1},    {"outstanding", &load->outstanding, 10000000, 1},
        {"bytes", &load->body_size, 1u << 30, 1},       {"warmup", &load->warmup_ns, 1000000, MS},
        {"measure", &load->measure_ns, 1000000000, MS}, {"depart", &load->departures, 100000, 1},
    };
    for (int i = 0; i < count; i++) {
        char *value = argument_value (arguments[i]);
        read_number_argument (numbers, sizeof numbers / sizeof *numbers, arguments[i], value);
    }
    if (load->pid == 0)
        fail ("process is needed");
    if (load->worker_count == 0 || load->client_count == 0 || load->outstanding == 0)
        fail ("there must be a worker, a client and an outstanding request");
    if (load->body_size < sizeof (body_head_t))
        fail ("bytes must be %zu or more", sizeof (body_head_t));
    if (load->departures > 0 && (load->departures >= load->client_count || load->departures > load->outstanding))
        fail ("fewer clients must depart than there are, each with a request");
}

int main (int argc, char **argv) {
    if (argc < 4) {
        fprintf (stderr, "usage: load PROTOCOL FRONTEND BACKEND NAME=VALUE...\n");
        return 2;
    }
    static load_t load = {
        .network = {.on_ready = on_ready, .on_message = on_message},
        .worker_count = 1,
        .client_count = 1,
        .outstanding = 1,
        .body_size = 32,
    };
    load.network.owner = &load;
    read_arguments (&load, argc - 4, argv + 4);
    raise_descriptor_limit ();
    network_open (&load.network, argv[1], argv[2], argv[3]);
    int error = clock_getcpuclockid ((pid_t) load.pid, &load.queue_clock);
    if (error != 0)
        fail ("cannot find the clock of process %llu: %s", (unsigned long long) load.pid, strerror (error));
    load.workers = allocate (load.worker_count, sizeof (peer_t));
    load.clients = allocate (load.client_count, sizeof (peer_t));
    load.requests = allocate (load.outstanding, sizeof (request_t));
    load.body = allocate (load.body_size, 1);
    memset (load.body, FILL, load.body_size);

    uint64_t resident_before = queue_memory (&load, "VmRSS:");
    uint64_t start_ns = clock_ns (CLOCK_MONOTONIC);
    connect_peers (&load, load.workers, WORKER, load.worker_count);
    connect_peers (&load, load.clients, CLIENT, load.client_count);
    introduce_clients (&load);
    printf ("{\"connectSeconds\":%.6f,\"residentBeforeBytes\":%llu,\"residentConnectedBytes\":%llu",
            (double) (clock_ns (CLOCK_MONOTONIC) - start_ns) / 1e9, (unsigned long long) resident_before,
            (unsigned long long) queue_memory (&load, "VmRSS:"));
    if (load.departures > 0)
        depart (&load);
    else if (load.measure_ns > 0)
        measure (&load);
    printf (",\"residentAfterBytes\":%llu,\"residentPeakBytes\":%llu}\n",
            (unsigned long long) queue_memory (&load, "VmRSS:"), (unsigned long long) queue_memory (&load, "VmHWM:"));
    return 0;
}
