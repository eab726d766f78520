/*
 * The load for one overload experiment: Lazy Pirate clients and workers, in one process.
 *
 *     overload PROTOCOL FRONTEND BACKEND NAME=VALUE...
 *
 *     seconds=N         how long it lasts
 *     clients=N         clients, each with one request at a time
 *     timeouts=MS,...   how long they wait for a reply, dealt out in turn
 *     tries=N           so often they send a request before they give it up for the next; 0: for ever
 *     think=MS          how long they pause between requests, on average (exponentially distributed); 0: not at all
 *     spread=MS         over this time they start; 0: all at once
 *     kill=S            at this second one client that waits ends for good
 *     workers=N         workers
 *     job=MS            how long each takes for a request
 *     absent=FROM-TO    seconds during which there are no workers: they end at the one and new ones start at the other
 *
 * When a client's time is over it closes the connection, opens a new one and sends the request again, as the Guide's
 * does. A worker says that it is free, and echoes.
 *
 * Prints a line of JSON for each second, and one of totals at the end. What is counted: "answered": replies within the
 * client's time; "gaveUp": times that were over; "jobs": jobs done; "stale": requests that came to a worker when their
 * client had left already; "wasted": jobs done whose client had left by their end.
 * "presentMs": how long there were workers, summed over them; "busyMs": how long they worked; "usefulMs": how long for
 * replies in time.
 * In the totals: "retried": requests answered after a retry; "p50Ms" and "p99Ms": from a request's first send to its
 * reply; "maxMs": the longest of these times, or of those that had no reply at the end; "firstReplyMs": from the end of
 * the workers' absence, or from the start; "endedAtMs": the time of day at the end.
 * A reply that is not the client's own ends the process with exit code 1.
 */
#include "arguments.h"
#include "checked.h"
#include "peer.h"

#include <math.h>
#include <poll.h>

#define MS 1000000ull
#define SECOND 1000000000ull
#define NEVER UINT64_MAX

#define MAX_SECONDS 3600
#define MAX_TIMEOUTS 8
/* Of one worker: a job takes a millisecond at least. */
#define MAX_JOBS_PER_SECOND 1000
/* The longest way back of a reply: that of ZMTP has an identity of 255 bytes and three headers. */
#define MAX_ROUTE 512

typedef struct {
    uint64_t answered;
    uint64_t gave_up;
    uint64_t jobs;
    uint64_t stale;
    uint64_t wasted;
    /* How long workers were there, how long they worked, and how long for replies that came in time. */
    uint64_t present_ns;
    uint64_t busy_ns;
    uint64_t useful_ns;
} counts_t;

/* What a request says: who sent it, and which of all sends it is. A queue may still hold requests of an earlier load. */
typedef struct {
    uint64_t load;
    uint64_t client;
    uint64_t attempt;
} body_t;

typedef struct {
    peer_t peer;
    int is_open;
    size_t timeout;
    /* While it waits for a reply: the number of this send, else 0. */
    uint64_t attempt;
    int reached_worker;
    /* How long the worker took for it; that is a little more than was asked for. */
    uint64_t job_ns;
    uint64_t sent_ns;
    /* When the request was sent for the first time, and how often since. */
    uint64_t asked_ns;
    uint64_t tries;
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
    /* From first to end: the job that it does, and those that wait for it. NATS sends more than a worker can do at once. */
    job_t *jobs;
    size_t first_job;
    size_t end_job;
    size_t job_capacity;
} worker_t;

typedef struct {
    network_t network;
    uint64_t seconds;
    uint64_t client_count;
    uint64_t timeouts_ns[MAX_TIMEOUTS];
    size_t timeout_count;
    uint64_t tries;
    uint64_t think_ns;
    uint64_t spread_ns;
    uint64_t kill_ns;
    uint64_t worker_count;
    uint64_t job_ns;
    uint64_t absent_from_ns;
    uint64_t absent_to_ns;

    /* Differs from that of every other load. */
    uint64_t id;
    client_t *clients;
    worker_t *workers;
    int workers_present;
    uint64_t start_ns;
    uint64_t now_ns;
    uint64_t attempts;
    uint64_t requests;
    uint64_t abandoned;
    uint64_t retried;
    uint64_t most_tries;
    uint64_t lost_jobs;
    uint64_t first_reply_ns;
    uint64_t answered_by_timeout[MAX_TIMEOUTS];
    counts_t by_second[MAX_SECONDS + 1];
    /* From the first send of a request to its reply. */
    uint64_t *latencies;
    uint64_t latency_count;
} load_t;

/* The counts of the second that is now. */
static counts_t *counts (load_t *load) {
    uint64_t second = load->now_ns / SECOND;
    return &load->by_second[second < load->seconds ? second : load->seconds - 1];
}

static void read_clock (load_t *load) {
    uint64_t before_ns = load->now_ns;
    load->now_ns = clock_ns (CLOCK_MONOTONIC) - load->start_ns;
    if (load->workers_present)
        counts (load)->present_ns += (load->now_ns - before_ns) * load->worker_count;
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
    if (client->tries++ == 0) {
        client->asked_ns = load->now_ns;
        load->requests++;
    }
    if (client->tries > load->most_tries)
        load->most_tries = client->tries;
    client->attempt = ++load->attempts;
    client->reached_worker = 0;
    client->sent_ns = load->now_ns;
    client->due_ns = load->now_ns + load->timeouts_ns[client->timeout];
    body_t body = {.load = load->id, .client = index, .attempt = client->attempt};
    peer_request (&client->peer, &body, sizeof body);
    peer_flush (&client->peer);
}

static void close_client (client_t *client) {
    peer_close (&client->peer);
    client->is_open = 0;
}

/* Whether the client still waits for the reply to this very send. */
static client_t *waiting_client (load_t *load, const body_t *body) {
    if (body->load != load->id)
        return NULL;
    if (body->client >= load->client_count)
        fail ("a request has changed");
    client_t *client = &load->clients[body->client];
    return client->attempt == body->attempt ? client : NULL;
}

/* The client is done with its request: it asks the next when it has thought. */
static void think (load_t *load, client_t *client) {
    client->attempt = 0;
    client->tries = 0;
    double pause_ns = load->think_ns == 0 ? 0 : -log (1 - drand48 ()) * (double) load->think_ns;
    client->due_ns = load->now_ns + (uint64_t) pause_ns;
    if (load->think_ns == 0)
        send_request (load, client);
}

static void take_reply (load_t *load, client_t *client, const message_t *message) {
    body_t body = read_body (message);
    if (waiting_client (load, &body) != client)
        fail ("client %td got a reply that is not its own", client - load->clients);
    counts (load)->answered++;
    counts (load)->useful_ns += client->job_ns;
    load->answered_by_timeout[client->timeout]++;
    if (client->tries > 1)
        load->retried++;
    if (load->first_reply_ns == NEVER && load->now_ns >= load->absent_to_ns)
        load->first_reply_ns = load->now_ns;
    if (load->latency_count == load->seconds * MAX_JOBS_PER_SECOND * load->worker_count)
        fail ("there are more replies than jobs can have been done");
    load->latencies[load->latency_count++] = load->now_ns - client->asked_ns;
    think (load, client);
}

/* The client has waited, or thought, long enough. */
static void client_due (load_t *load, client_t *client) {
    if (client->attempt != 0) {
        close_client (client);
        counts (load)->gave_up++;
        if (client->tries == load->tries) {
            load->abandoned++;
            think (load, client);
            return;
        }
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
    for (uint64_t i = 0; i < load->worker_count; i++) {
        worker_t *worker = &load->workers[i];
        peer_open (&worker->peer, &load->network, WORKER, (uint32_t) i);
        worker->due_ns = NEVER;
    }
    load->workers_present = 1;
}

static void end_workers (load_t *load) {
    for (uint64_t i = 0; i < load->worker_count; i++) {
        worker_t *worker = &load->workers[i];
        load->lost_jobs += worker->end_job - worker->first_job;
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
        counts (load)->stale++;
    else
        client->reached_worker = 1;
}

static job_t *append_job (worker_t *worker) {
    if (worker->end_job == worker->job_capacity) {
        worker->job_capacity = worker->job_capacity == 0 ? 16 : 2 * worker->job_capacity;
        worker->jobs = realloc (worker->jobs, worker->job_capacity * sizeof (job_t));
        if (worker->jobs == NULL)
            fail ("out of memory");
    }
    return &worker->jobs[worker->end_job++];
}

static void take_request (load_t *load, worker_t *worker, const message_t *message) {
    if (message->route_size > MAX_ROUTE)
        fail ("a reply's way back has %zu bytes", message->route_size);
    job_t *job = append_job (worker);
    memcpy (job->route, message->route, message->route_size);
    job->route_size = message->route_size;
    job->body = read_body (message);
    if (worker->due_ns == NEVER)
        begin_job (load, worker);
}

static void finish_job (load_t *load, worker_t *worker) {
    const job_t *job = &worker->jobs[worker->first_job++];
    uint64_t job_ns = load->now_ns - worker->began_ns;
    counts (load)->jobs++;
    counts (load)->busy_ns += job_ns;
    client_t *client = waiting_client (load, &job->body);
    if (client == NULL)
        counts (load)->wasted++;
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
    if (load->workers_present && load->now_ns >= load->absent_from_ns && load->now_ns < load->absent_to_ns)
        end_workers (load);
    if (!load->workers_present && (load->now_ns < load->absent_from_ns || load->now_ns >= load->absent_to_ns))
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

static uint64_t earlier (uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t next_timer (const load_t *load) {
    uint64_t next = load->seconds * SECOND;
    if (load->absent_from_ns > load->now_ns)
        next = earlier (next, load->absent_from_ns);
    if (load->absent_to_ns > load->now_ns)
        next = earlier (next, load->absent_to_ns);
    for (uint64_t i = 0; i < load->worker_count; i++)
        next = earlier (next, load->workers[i].due_ns);
    for (uint64_t i = 0; i < load->client_count; i++)
        next = earlier (next, load->clients[i].due_ns);
    if (load->kill_ns > load->now_ns)
        next = earlier (next, load->kill_ns);
    return next;
}

static void on_message (void *owner, peer_t *peer, const message_t *message) {
    load_t *load = owner;
    if (peer->role == CLIENT)
        take_reply (load, &load->clients[peer->number], message);
    else
        take_request (load, &load->workers[peer->number], message);
}

/* Waits until a connection has news or the time has come; epoll itself knows milliseconds only. */
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

/* Arguments. */

static void read_timeouts (load_t *load, char *list) {
    for (char *text = strtok (list, ","); text != NULL; text = strtok (NULL, ",")) {
        if (load->timeout_count == MAX_TIMEOUTS)
            fail ("there are more than %d timeouts", MAX_TIMEOUTS);
        load->timeouts_ns[load->timeout_count++] = number (text, "timeouts", 1, 1000000) * MS;
    }
}

static void read_absence (load_t *load, char *range) {
    char *to = strchr (range, '-');
    if (to == NULL)
        fail ("absent must be FROM-TO, not %s", range);
    *to = '\0';
    load->absent_from_ns = number (range, "absent", 0, MAX_SECONDS) * SECOND;
    load->absent_to_ns = number (to + 1, "absent", 1, MAX_SECONDS) * SECOND;
}

static void read_argument (load_t *load, char *argument) {
    char *value = argument_value (argument);
    const argument_t numbers[] = {
        {"seconds", &load->seconds, MAX_SECONDS, 1}, {"clients", &load->client_count, 10000, 1},
        {"tries", &load->tries, 1000, 1},            {"think", &load->think_ns, 1000000, MS},
        {"spread", &load->spread_ns, 1000000, MS},   {"kill", &load->kill_ns, MAX_SECONDS, SECOND},
        {"workers", &load->worker_count, 1000, 1},   {"job", &load->job_ns, 1000000, MS},
    };
    if (strcmp (argument, "timeouts") == 0)
        read_timeouts (load, value);
    else if (strcmp (argument, "absent") == 0)
        read_absence (load, value);
    else
        read_number_argument (numbers, sizeof numbers / sizeof *numbers, argument, value);
}

static void print_results (const load_t *load, uint64_t ended_ms) {
    for (uint64_t second = 0; second < load->seconds; second++) {
        const counts_t *at = &load->by_second[second];
        printf ("{\"second\":%llu,\"answered\":%llu,\"gaveUp\":%llu,\"jobs\":%llu,\"stale\":%llu,\"wasted\":%llu,"
                "\"presentMs\":%.3f,\"busyMs\":%.3f,\"usefulMs\":%.3f}\n",
                (unsigned long long) second, (unsigned long long) at->answered, (unsigned long long) at->gave_up,
                (unsigned long long) at->jobs, (unsigned long long) at->stale, (unsigned long long) at->wasted,
                (double) at->present_ns / 1e6, (double) at->busy_ns / 1e6, (double) at->useful_ns / 1e6);
    }
    qsort (load->latencies, load->latency_count, sizeof (uint64_t), by_value);
    uint64_t longest_ns = percentile_ns (load->latencies, load->latency_count, 1);
    for (uint64_t i = 0; i < load->client_count; i++)
        if (load->clients[i].attempt != 0 && load->now_ns - load->clients[i].asked_ns > longest_ns)
            longest_ns = load->now_ns - load->clients[i].asked_ns;
    printf ("{\"requests\":%llu,\"attempts\":%llu,\"retried\":%llu,\"abandoned\":%llu,\"mostTries\":%llu,"
            "\"lostJobs\":%llu,\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"maxMs\":%.3f,",
            (unsigned long long) load->requests, (unsigned long long) load->attempts,
            (unsigned long long) load->retried, (unsigned long long) load->abandoned,
            (unsigned long long) load->most_tries, (unsigned long long) load->lost_jobs,
            (double) percentile_ns (load->latencies, load->latency_count, 0.5) / 1e6,
            (double) percentile_ns (load->latencies, load->latency_count, 0.99) / 1e6, (double) longest_ns / 1e6);
    if (load->first_reply_ns != NEVER)
        printf ("\"firstReplyMs\":%.3f,", (double) (load->first_reply_ns - load->absent_to_ns) / 1e6);
    printf ("\"answeredByTimeout\":[");
    for (size_t i = 0; i < load->timeout_count; i++)
        printf ("%s%llu", i == 0 ? "" : ",", (unsigned long long) load->answered_by_timeout[i]);
    printf ("],\"endedAtMs\":%llu}\n", (unsigned long long) ended_ms);
}

int main (int argc, char **argv) {
    if (argc < 4) {
        fprintf (stderr, "usage: overload PROTOCOL FRONTEND BACKEND NAME=VALUE...\n");
        return 2;
    }
    static load_t load = {
        .network = {.on_message = on_message},
        .seconds = 10,
        .client_count = 1,
        .kill_ns = NEVER,
        .worker_count = 1,
        .first_reply_ns = NEVER,
    };
    load.network.owner = &load;
    for (int i = 4; i < argc; i++)
        read_argument (&load, argv[i]);
    if (load.timeout_count == 0 || load.seconds == 0 || load.job_ns == 0)
        fail ("timeouts, seconds and job are needed");

    raise_descriptor_limit ();
    network_open (&load.network, argv[1], argv[2], argv[3]);
    load.clients = allocate (load.client_count, sizeof (client_t));
    load.workers = allocate (load.worker_count, sizeof (worker_t));
    load.latencies = allocate (load.seconds * MAX_JOBS_PER_SECOND * load.worker_count, sizeof (uint64_t));
    for (uint64_t i = 0; i < load.worker_count; i++)
        load.workers[i].due_ns = NEVER;
    for (uint64_t i = 0; i < load.client_count; i++) {
        load.clients[i].timeout = i % load.timeout_count;
        load.clients[i].due_ns = load.spread_ns * i / load.client_count;
    }

    load.start_ns = clock_ns (CLOCK_MONOTONIC);
    load.id = load.start_ns;
    run (&load);
    uint64_t ended_ms = clock_ns (CLOCK_REALTIME) / MS;
    for (uint64_t i = 0; i < load.client_count; i++)
        if (load.clients[i].is_open)
            close_client (&load.clients[i]);
    if (load.workers_present)
        end_workers (&load);
    print_results (&load, ended_ms);
    return 0;
}
