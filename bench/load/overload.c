/*
 * The load for one overload experiment: Lazy Pirate clients and workers, in one process.
 *
 *     overload PROTOCOL FRONTEND BACKEND NAME=VALUE...
 *
 *     seconds=N         how long it lasts
 *     clients=N         clients, each with one request at a time
 *     timeouts=MS,...   how long they wait for a reply, dealt out in turn
 *     think=MS          how long they pause between requests, on average (exponentially distributed); 0: not at all
 *     spread=MS         they start within this time; 0: all at once
 *     kill=S            at this second one client that waits ends for good
 *     workers=N         workers
 *     job=MS            how long each takes for a request
 *     absent=FROM-TO    seconds without workers: they end at the first and new ones start at the second
 *
 * When a client's time is over it closes the connection, opens a new one and sends the request again, as the Guide's
 * does. A worker says that it is free, and echoes. A reply that is not the client's own ends the process with exit code 1.
 *
 * Prints one JSON object. For each second: "answered": replies within the client's time; "gaveUp": times that were over;
 * "jobs": jobs done; "stale": requests that reached a worker after their client had left; "wasted": jobs done whose client
 * had left by their end; "presentMs": how long there were workers, summed over them; "busyMs": how long they worked;
 * "usefulMs": how long for replies in time. In all: "p50Ms" and "maxMs": from a request's first send to its reply, the
 * longest also of those without a reply at the end; "firstReplyMs": from the end of the workers' absence, or the start.
 */
#include "common.h"
#include "peer.h"

#include <math.h>
#include <poll.h>

#define MAX_SECONDS 3600
/* Of one worker: a job takes at least a millisecond. */
#define MAX_JOBS_PER_SECOND 1000
/* The longest route of a reply: that of ZMTP has an identity of 255 bytes and three headers. */
#define MAX_ROUTE 512

/* What is counted for each second. */
enum { ANSWERED, GAVE_UP, JOBS, STALE, WASTED, PRESENT_MS, BUSY_MS, USEFUL_MS, COUNTS };
static const char *const COUNT_NAMES[] = {"answered", "gaveUp",    "jobs",   "stale",
                                          "wasted",   "presentMs", "busyMs", "usefulMs"};

/* What a request says: who sent it, and which of all sends it is. A queue may still hold requests of an earlier load. */
typedef struct {
    uint64_t load;
    uint64_t client;
    uint64_t attempt;
} body_t;

typedef struct {
    peer_t peer;
    int is_open;
    uint64_t timeout_ns;
    /* While it waits for a reply: the number of this send, otherwise 0. */
    uint64_t attempt;
    int reached_worker;
    /* How long the worker took for it; that is a little more than was asked for. */
    uint64_t job_ns;
    uint64_t sent_ns;
    /* When the request was sent for the first time; 0: it has not been sent. */
    uint64_t asked_ns;
    /* When it has waited, or paused, long enough. */
    uint64_t due_ns;
} client_t;

/* A request that a worker has. */
typedef struct {
    unsigned char route[MAX_ROUTE];
    size_t route_size;
    body_t body;
} job_t;

typedef struct {
    peer_t peer;
    /* When its job began, and when it is done; NEVER while it has none. */
    uint64_t began_ns;
    uint64_t due_ns;
    /* From first to end: its job, and those that wait for it. NATS sends more than a worker can do at once. */
    job_t *jobs;
    size_t first_job;
    size_t end_job;
    size_t job_capacity;
} worker_t;

typedef struct {
    network_t network;
    uint64_t seconds;
    uint64_t client_count;
    uint64_t think_ns;
    uint64_t kill_ns;
    uint64_t worker_count;
    uint64_t job_ns;
    uint64_t absent_from_ns;
    uint64_t absent_to_ns;

    client_t *clients;
    worker_t *workers;
    int workers_present;
    /* Differs from that of every other load. */
    uint64_t start_ns;
    uint64_t now_ns;
    uint64_t attempts;
    uint64_t first_reply_ns;
    double by_second[MAX_SECONDS + 1][COUNTS];
    /* From the first send of a request to its reply. */
    uint64_t *latencies;
    uint64_t latency_count;
} load_t;

static void count (load_t *load, int what, double value) {
    uint64_t second = load->now_ns / SECOND;
    load->by_second[second < load->seconds ? second : load->seconds - 1][what] += value;
}

static double ms (uint64_t ns) {
    return (double) ns / MS;
}

static void read_clock (load_t *load) {
    uint64_t before_ns = load->now_ns;
    load->now_ns = clock_ns (CLOCK_MONOTONIC) - load->start_ns;
    if (load->workers_present)
        count (load, PRESENT_MS, ms (load->now_ns - before_ns) * (double) load->worker_count);
}

static body_t read_body (const message_t *message) {
    body_t body;
    if (message->body_size != sizeof body)
        fail ("a body has changed");
    memcpy (&body, message->body, sizeof body);
    return body;
}

/* Clients. */

static void send_request (load_t *load, client_t *client) {
    uint64_t index = (uint64_t) (client - load->clients);
    if (!client->is_open)
        peer_open (&client->peer, &load->network, CLIENT, (uint32_t) index);
    client->is_open = 1;
    if (client->asked_ns == 0)
        client->asked_ns = load->now_ns;
    client->attempt = ++load->attempts;
    client->reached_worker = 0;
    client->sent_ns = load->now_ns;
    client->due_ns = load->now_ns + client->timeout_ns;
    body_t body = {.load = load->start_ns, .client = index, .attempt = client->attempt};
    peer_request (&client->peer, &body, sizeof body);
    peer_flush (&client->peer);
}

static void close_client (client_t *client) {
    peer_close (&client->peer);
    client->is_open = 0;
}

/* The client that still waits for the reply to this very send, or NULL. */
static client_t *waiting_client (load_t *load, const body_t *body) {
    if (body->load != load->start_ns)
        return NULL;
    if (body->client >= load->client_count)
        fail ("a request has changed");
    client_t *client = &load->clients[body->client];
    return client->attempt == body->attempt ? client : NULL;
}

static void take_reply (load_t *load, client_t *client, const message_t *message) {
    body_t body = read_body (message);
    if (waiting_client (load, &body) != client)
        fail ("client %td received a reply that is not its own", client - load->clients);
    count (load, ANSWERED, 1);
    count (load, USEFUL_MS, ms (client->job_ns));
    if (load->first_reply_ns == NEVER && load->now_ns >= load->absent_to_ns)
        load->first_reply_ns = load->now_ns;
    if (load->latency_count == load->seconds * MAX_JOBS_PER_SECOND * load->worker_count)
        fail ("there are more replies than jobs can have been done");
    load->latencies[load->latency_count++] = load->now_ns - client->asked_ns;
    client->attempt = 0;
    client->asked_ns = 0;
    if (load->think_ns == 0)
        send_request (load, client);
    else
        client->due_ns = load->now_ns + (uint64_t) (-log (1 - drand48 ()) * (double) load->think_ns);
}

/* The client has waited, or paused, long enough. */
static void client_due (load_t *load, client_t *client) {
    if (client->attempt != 0) {
        close_client (client);
        count (load, GAVE_UP, 1);
    }
    send_request (load, client);
}

/* Ends for good the first client that waits and whose request has certainly reached the queue, but no worker. */
static void kill_client (load_t *load) {
    for (uint64_t i = 0; i < load->client_count; i++) {
        client_t *client = &load->clients[i];
        if (client->attempt == 0 || client->reached_worker || load->now_ns - client->sent_ns < 10 * MS)
            continue;
        close_client (client);
        client->attempt = 0;
        client->due_ns = NEVER;
        load->kill_ns = NEVER;
        return;
    }
}

/* Workers. */

static void start_workers (load_t *load) {
    for (uint64_t i = 0; i < load->worker_count; i++)
        peer_open (&load->workers[i].peer, &load->network, WORKER, (uint32_t) i);
    load->workers_present = 1;
}

static void end_workers (load_t *load) {
    for (uint64_t i = 0; i < load->worker_count; i++) {
        worker_t *worker = &load->workers[i];
        worker->first_job = worker->end_job = 0;
        worker->due_ns = NEVER;
        peer_close (&worker->peer);
    }
    load->workers_present = 0;
}

static void begin_job (load_t *load, worker_t *worker) {
    worker->began_ns = load->now_ns;
    worker->due_ns = load->now_ns + load->job_ns;
    client_t *client = waiting_client (load, &worker->jobs[worker->first_job].body);
    if (client == NULL)
        count (load, STALE, 1);
    else
        client->reached_worker = 1;
}

static void take_request (load_t *load, worker_t *worker, const message_t *message) {
    if (message->route_size > MAX_ROUTE)
        fail ("a reply's route has %zu bytes", message->route_size);
    if (worker->end_job == worker->job_capacity) {
        worker->job_capacity = worker->job_capacity == 0 ? 16 : 2 * worker->job_capacity;
        worker->jobs = reallocate (worker->jobs, worker->job_capacity * sizeof (job_t));
    }
    job_t *job = &worker->jobs[worker->end_job++];
    memcpy (job->route, message->route, message->route_size);
    job->route_size = message->route_size;
    job->body = read_body (message);
    if (worker->due_ns == NEVER)
        begin_job (load, worker);
}

static void finish_job (load_t *load, worker_t *worker) {
    const job_t *job = &worker->jobs[worker->first_job++];
    uint64_t job_ns = load->now_ns - worker->began_ns;
    count (load, JOBS, 1);
    count (load, BUSY_MS, ms (job_ns));
    client_t *client = waiting_client (load, &job->body);
    if (client == NULL)
        count (load, WASTED, 1);
    else
        client->job_ns = job_ns;
    message_t reply = {job->route, job->route_size, (const unsigned char *) &job->body, sizeof job->body};
    peer_reply (&worker->peer, &reply);
    peer_flush (&worker->peer);
    worker->due_ns = NEVER;
    if (worker->first_job < worker->end_job)
        begin_job (load, worker);
    else
        worker->first_job = worker->end_job = 0;
}

/* Both. */

static void fire_timers (load_t *load) {
    int wanted = load->now_ns < load->absent_from_ns || load->now_ns >= load->absent_to_ns;
    if (load->workers_present && !wanted)
        end_workers (load);
    if (!load->workers_present && wanted)
        start_workers (load);
    for (uint64_t i = 0; i < load->worker_count; i++)
        if (load->workers[i].due_ns <= load->now_ns)
            finish_job (load, &load->workers[i]);
    /* One at a time: a hundred clients that open connections at once must not hold up a worker. */
    for (uint64_t i = 0; i < load->client_count; i++) {
        if (load->clients[i].due_ns > load->now_ns)
            continue;
        client_due (load, &load->clients[i]);
        break;
    }
    if (load->kill_ns <= load->now_ns)
        kill_client (load);
}

static uint64_t next_timer (const load_t *load) {
    uint64_t next = load->seconds * SECOND;
    const uint64_t once[] = {load->absent_from_ns, load->absent_to_ns, load->kill_ns};
    for (size_t i = 0; i < sizeof once / sizeof *once; i++)
        if (once[i] > load->now_ns && once[i] < next)
            next = once[i];
    for (uint64_t i = 0; i < load->worker_count; i++)
        next = load->workers[i].due_ns < next ? load->workers[i].due_ns : next;
    for (uint64_t i = 0; i < load->client_count; i++)
        next = load->clients[i].due_ns < next ? load->clients[i].due_ns : next;
    return next;
}

static void on_message (void *owner, peer_t *peer, const message_t *message) {
    load_t *load = owner;
    if (peer->role == CLIENT)
        take_reply (load, &load->clients[peer->number], message);
    else
        take_request (load, &load->workers[peer->number], message);
}

/* Waits until a connection has news or the time has come; epoll itself knows only milliseconds. */
static void wait_until (load_t *load, uint64_t time_ns) {
    uint64_t wait_ns = time_ns > load->now_ns ? time_ns - load->now_ns : 0;
    struct timespec timeout = {.tv_sec = (time_t) (wait_ns / SECOND), .tv_nsec = (long) (wait_ns % SECOND)};
    struct pollfd item = {.fd = load->network.epoll, .events = POLLIN};
    check (ppoll (&item, 1, &timeout, NULL) != -1, "cannot wait");
}

static void run (load_t *load) {
    for (;;) {
        read_clock (load);
        if (load->now_ns >= load->seconds * SECOND)
            return;
        fire_timers (load);
        wait_until (load, next_timer (load));
        read_clock (load);
        network_serve (&load->network, 0);
    }
}

static void print_results (load_t *load) {
    uint64_t longest_ns = percentile_ns (load->latencies, load->latency_count, 1);
    for (uint64_t i = 0; i < load->client_count; i++)
        if (load->clients[i].attempt != 0 && load->now_ns - load->clients[i].asked_ns > longest_ns)
            longest_ns = load->now_ns - load->clients[i].asked_ns;
    print_figure ("p50Ms", ms (percentile_ns (load->latencies, load->latency_count, 0.5)));
    print_figure ("maxMs", ms (longest_ns));
    if (load->first_reply_ns != NEVER)
        print_figure ("firstReplyMs", ms (load->first_reply_ns - load->absent_to_ns));
    for (int what = 0; what < COUNTS; what++)
        for (uint64_t second = 0; second < load->seconds; second++) {
            if (second == 0)
                printf (",\"%s\":[", COUNT_NAMES[what]);
            printf ("%.12g%c", load->by_second[second][what], second == load->seconds - 1 ? ']' : ',');
        }
    printf ("}\n");
}

static void set_up (load_t *load, char **arguments) {
    load->network.on_message = on_message;
    load->network.owner = load;
    load->first_reply_ns = NEVER;
    load->seconds = argument (arguments, "seconds", 10);
    load->client_count = argument (arguments, "clients", 1);
    load->worker_count = argument (arguments, "workers", 1);
    load->job_ns = argument (arguments, "job", 0) * MS;
    load->think_ns = argument (arguments, "think", 0) * MS;
    uint64_t spread_ns = argument (arguments, "spread", 0) * MS;
    uint64_t kill = argument (arguments, "kill", 0);
    load->kill_ns = kill == 0 ? NEVER : kill * SECOND;
    const char *absence = text_argument (arguments, "absent");
    if (absence != NULL) {
        char *to;
        load->absent_from_ns = strtoull (absence, &to, 10) * SECOND;
        load->absent_to_ns = *to == '-' ? strtoull (to + 1, NULL, 10) * SECOND : 0;
    }
    const char *timeouts = text_argument (arguments, "timeouts");
    if (timeouts == NULL || load->seconds == 0 || load->seconds > MAX_SECONDS || load->job_ns == 0)
        fail ("timeouts, up to %d seconds, and job are needed", MAX_SECONDS);
    load->clients = allocate (load->client_count, sizeof (client_t));
    load->workers = allocate (load->worker_count, sizeof (worker_t));
    load->latencies = allocate (load->seconds * MAX_JOBS_PER_SECOND * load->worker_count, sizeof (uint64_t));
    for (uint64_t i = 0; i < load->worker_count; i++)
        load->workers[i].due_ns = NEVER;
    const char *next = timeouts;
    for (uint64_t i = 0; i < load->client_count; i++) {
        char *end;
        load->clients[i].timeout_ns = strtoull (next, &end, 10) * MS;
        load->clients[i].due_ns = spread_ns * i / load->client_count;
        next = *end == ',' ? end + 1 : timeouts;
    }
}

int main (int argc, char **argv) {
    if (argc < 4)
        fail ("usage: overload PROTOCOL FRONTEND BACKEND NAME=VALUE...");
    static load_t load;
    set_up (&load, argv + 4);
    network_open (&load.network, argv + 1);
    load.start_ns = clock_ns (CLOCK_MONOTONIC);
    run (&load);
    for (uint64_t i = 0; i < load.client_count; i++)
        if (load.clients[i].is_open)
            close_client (&load.clients[i]);
    if (load.workers_present)
        end_workers (&load);
    print_results (&load);
    return 0;
}
