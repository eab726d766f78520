/*
 * The load for one measurement: workers that echo at once and clients that ask, in one process.
 *
 *     load PROTOCOL FRONTEND BACKEND NAME=VALUE...
 *
 *     process=PID,...   the queue's process, or all whose CPU time and memory count; threads are those of the first
 *     workers=N         workers, each of which connects to every queue
 *     clients=N         connected clients; each asks once before anything is measured
 *     outstanding=N     requests under way, dealt out to as many clients as there are requests; the others idle
 *     bytes=N           the size of a request's body
 *     warmup=MS         what does not count at first, at least: until as many were answered as are outstanding
 *     measure=MS        what counts; 0: only connect
 *     threads=1         also look at the queue's threads, and at how many descriptors each of them waits for
 *     hold=1            instead: the workers hold all requests; what threads and processes do in a second without work, and
 *                       what threads do in each second that counts
 *     depart=N          instead: the workers hold all requests, and once the queue has nothing left to do the first N
 *                       clients leave, each with one request, and then N more, which count: until then V8 has compiled
 *                       what it will compile; the other requests belong to the other clients
 *
 * Each reply must arrive on the connection that asked, for a request that is under way there, with the body unchanged:
 * anything else, or no reply for 10 s, ends the process with exit code 1. Prints one JSON object; CPU times are those of
 * all threads of this process (load) and of the queue's.
 */
#include "common.h"
#include "peer.h"

#include <dirent.h>

#define STALLED_MS 10000
/* Connections that may be on their way at once: fewer than any queue's listen backlog. */
#define CONNECTING 24
/* What a body holds after its head. */
#define FILL 0x5a
/* A queue whose CPU time stands still for this long has nothing to do. */
#define STILL_MS 100
/* A queue that others ask or attack is never still. */
#define MOST_SETTLE_MS 2000
#define FOR_EVER UINT64_MAX
#define MAX_THREADS 256
#define MAX_PROCESSES 8

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

/* What a thread of the queue has done since its start. */
typedef struct {
    int id;
    char name[32];
    double cpu_us;
    /* How often another thread took over. */
    double switches;
} thread_t;

typedef struct {
    network_t network;
    uint64_t pids[MAX_PROCESSES];
    clockid_t clocks[MAX_PROCESSES];
    size_t process_count;
    uint64_t worker_count;
    uint64_t client_count;
    uint64_t outstanding;
    uint64_t body_size;
    uint64_t warmup_ns;
    uint64_t measure_ns;
    uint64_t looks_at_threads;
    uint64_t holds;
    uint64_t departures;

    peer_t *workers;
    peer_t *clients;
    request_t *requests;
    /* What clients do upon a reply; with HOLD workers keep the requests instead. */
    enum { INTRODUCE, ASK_AGAIN, HOLD } mode;
    uint64_t answered;
    /* Clients that have asked for the first time. */
    uint64_t introduced;
    /* Of the requests answered while it counts; none is kept while the capacity is 0. */
    uint64_t *latencies;
    uint64_t latency_count;
    uint64_t latency_capacity;
    /* What each body looks like, except for its head. */
    unsigned char *body;
} load_t;

static uint64_t now_ns (void) {
    return clock_ns (CLOCK_MONOTONIC);
}

/* A line of a process's /proc/PID/status, in MiB. */
static double process_memory (uint64_t pid, const char *name) {
    char path[64], line[256];
    snprintf (path, sizeof path, "/proc/%llu/status", (unsigned long long) pid);
    FILE *status = fopen (path, "r");
    check (status != NULL, path);
    double kib = 0;
    while (fgets (line, sizeof line, status) != NULL)
        if (strncmp (line, name, strlen (name)) == 0)
            kib = strtod (line + strlen (name), NULL);
    fclose (status);
    if (kib == 0)
        fail ("there is no %s in %s", name, path);
    return kib / 1024;
}

/* The same of all processes together. */
static double queue_memory (const load_t *load, const char *name) {
    double sum = 0;
    for (size_t i = 0; i < load->process_count; i++)
        sum += process_memory (load->pids[i], name);
    return sum;
}

/* The CPU time of each process so far; returns that of all together. */
static uint64_t queue_cpu_ns (const load_t *load, uint64_t *each_ns) {
    uint64_t sum_ns = 0;
    for (size_t i = 0; i < load->process_count; i++)
        sum_ns += each_ns[i] = clock_ns (load->clocks[i]);
    return sum_ns;
}

/* Prints what each process took for each of so many requests, or seconds; returns the CPU time of all so far. */
static uint64_t print_processes (const load_t *load, const uint64_t *before_ns, double parts) {
    uint64_t now_ns[MAX_PROCESSES];
    uint64_t sum_ns = queue_cpu_ns (load, now_ns);
    for (size_t i = 0; i < load->process_count; i++)
        printf ("%s%.12g", i == 0 ? ",\"processCpuUs\":[" : ",", (double) (now_ns[i] - before_ns[i]) / 1e3 / parts);
    printf ("]");
    return sum_ns;
}

static int read_thread_file (const load_t *load, int id, const char *name, char *text, size_t size) {
    char path[64];
    snprintf (path, sizeof path, "/proc/%llu/task/%d/%s", (unsigned long long) load->pids[0], id, name);
    FILE *file = fopen (path, "r");
    size_t count = file == NULL ? 0 : fread (text, 1, size - 1, file);
    text[count] = '\0';
    if (file != NULL)
        fclose (file);
    return count > 0;
}

/* Looks at the queue's threads; leaves out one that ends meanwhile. */
static size_t read_threads (const load_t *load, thread_t *threads) {
    char path[64], text[4096];
    snprintf (path, sizeof path, "/proc/%llu/task", (unsigned long long) load->pids[0]);
    DIR *tasks = opendir (path);
    check (tasks != NULL, path);
    size_t count = 0;
    for (struct dirent *entry; count < MAX_THREADS && (entry = readdir (tasks)) != NULL;) {
        thread_t *thread = &threads[count];
        thread->id = atoi (entry->d_name);
        if (thread->id == 0 || !read_thread_file (load, thread->id, "comm", thread->name, sizeof thread->name))
            continue;
        thread->name[strcspn (thread->name, "\n")] = '\0';
        /* Its time on a processor comes first, in ns. */
        read_thread_file (load, thread->id, "schedstat", text, sizeof text);
        thread->cpu_us = strtod (text, NULL) / 1e3;
        read_thread_file (load, thread->id, "status", text, sizeof text);
        thread->switches = 0;
        for (const char *at = text; (at = strstr (at, "_switches:")) != NULL;)
            thread->switches += strtod (at += strlen ("_switches:"), NULL);
        count++;
    }
    closedir (tasks);
    return count;
}

/* Prints for how many descriptors each epoll descriptor of the queue waits: each of libzmq's I/O threads has one. */
static void print_polled (const load_t *load) {
    char path[64], line[256];
    snprintf (path, sizeof path, "/proc/%llu/fdinfo", (unsigned long long) load->pids[0]);
    DIR *descriptors = opendir (path);
    check (descriptors != NULL, path);
    int is_first = 1;
    printf (",\"polled\":[");
    for (struct dirent *entry; (entry = readdir (descriptors)) != NULL;) {
        snprintf (path, sizeof path, "/proc/%llu/fdinfo/%.16s", (unsigned long long) load->pids[0], entry->d_name);
        FILE *info = fopen (path, "r");
        int count = 0;
        while (info != NULL && fgets (line, sizeof line, info) != NULL)
            count += strncmp (line, "tfd:", 4) == 0;
        if (info != NULL)
            fclose (info);
        if (count > 0)
            printf (is_first ? "%d" : ",%d", count);
        is_first = is_first && count == 0;
    }
    closedir (descriptors);
    printf ("]");
}

/* Prints what the threads did for each of so many requests, or seconds. */
static void print_threads (const load_t *load, const thread_t *before, size_t before_count, double parts) {
    static thread_t after[MAX_THREADS];
    static const thread_t new_thread;
    size_t count = read_threads (load, after);
    printf ("[");
    for (size_t i = 0; i < count; i++) {
        const thread_t *old = &new_thread;
        for (size_t j = 0; j < before_count; j++)
            old = before[j].id == after[i].id ? &before[j] : old;
        printf ("%s{\"name\":\"%s\",\"cpuUs\":%.6f,\"switches\":%.6f}", i == 0 ? "" : ",", after[i].name,
                (after[i].cpu_us - old->cpu_us) / parts, (after[i].switches - old->switches) / parts);
    }
    printf ("]");
}

/* Requests. */

static void send_request (load_t *load, uint32_t place, uint32_t client) {
    request_t *request = &load->requests[place];
    body_head_t head = {place, ++request->use};
    memcpy (load->body, &head, sizeof head);
    request->client = client;
    request->is_under_way = 1;
    request->sent_ns = now_ns ();
    peer_request (&load->clients[client], load->body, load->body_size);
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
        fail ("client %u received the reply of client %u", client->number, request->client);
    if (!request->is_under_way || request->use != head.use)
        fail ("client %u received a reply twice", client->number);
    if (memcmp (reply->body + sizeof head, load->body + sizeof head, load->body_size - sizeof head) != 0)
        fail ("a reply of client %u is not its request", client->number);
    return request;
}

static void add_latency (load_t *load, uint64_t ns) {
    if (load->latency_count == load->latency_capacity) {
        load->latency_capacity *= 2;
        load->latencies = reallocate (load->latencies, load->latency_capacity * sizeof (uint64_t));
    }
    load->latencies[load->latency_count++] = ns;
}

static void introduce_client (load_t *load, uint32_t place) {
    uint32_t client = (uint32_t) load->introduced++;
    send_request (load, place, client);
    peer_flush (&load->clients[client]);
}

static void take_reply (load_t *load, const peer_t *client, const message_t *reply) {
    request_t *request = answered_request (load, client, reply);
    uint32_t place = (uint32_t) (request - load->requests);
    request->is_under_way = 0;
    load->answered++;
    if (load->latency_capacity > 0)
        add_latency (load, now_ns () - request->sent_ns);
    if (load->mode == ASK_AGAIN)
        send_request (load, place, request->client);
    else if (load->mode == INTRODUCE && load->introduced < load->client_count)
        introduce_client (load, place);
}

static void on_message (void *owner, peer_t *peer, const message_t *message) {
    load_t *load = owner;
    if (peer->role == CLIENT)
        take_reply (load, peer, message);
    else if (load->mode != HOLD)
        peer_reply (peer, message);
}

/* Serving. */

static void serve (load_t *load) {
    if (network_serve (&load->network, STALLED_MS) == 0)
        fail ("nothing has happened for %d ms: %u connections were accepted, %llu requests answered", STALLED_MS,
              load->network.accepted, (unsigned long long) load->answered);
}

static void serve_until (load_t *load, uint64_t time_ns) {
    while (now_ns () < time_ns)
        serve (load);
}

static void connect_peers (load_t *load, peer_t *peers, role_t role, uint64_t count) {
    uint32_t before = load->network.accepted;
    for (uint64_t opened = 0; load->network.accepted - before < count;) {
        for (; opened < count && opened - (load->network.accepted - before) < CONNECTING; opened++)
            peer_open (&peers[opened], &load->network, role, (uint32_t) opened);
        serve (load);
    }
}

/* Each client asks once, a few at a time. */
static void introduce_clients (load_t *load) {
    for (uint32_t place = 0; place < CONNECTING && place < load->outstanding && place < load->client_count; place++)
        introduce_client (load, place);
    while (load->answered < load->client_count)
        serve (load);
}

/* All requests set out: the first `leaving` ones from a client each, the others from the other clients in turn. */
static void send_all (load_t *load, uint64_t leaving) {
    for (uint64_t place = 0; place < load->outstanding; place++) {
        uint64_t client = place < leaving ? place : leaving + place % (load->client_count - leaving);
        send_request (load, (uint32_t) place, (uint32_t) client);
    }
    for (uint64_t i = 0; i < load->client_count; i++)
        peer_flush (&load->clients[i]);
}

/* What is measured. */

static void measure (load_t *load) {
    load->mode = ASK_AGAIN;
    send_all (load, 0);
    uint64_t warm_ns = now_ns () + load->warmup_ns;
    /* Until then a queue may still be busy with taking in what was sent at once. */
    for (uint64_t all = load->answered + load->outstanding; load->answered < all;)
        serve (load);
    serve_until (load, warm_ns);

    /* As many requests are under way at the beginning as at the end. */
    load->latency_capacity = 1 << 20;
    load->latencies = allocate (load->latency_capacity, sizeof (uint64_t));
    static thread_t threads[MAX_THREADS];
    size_t thread_count = load->looks_at_threads ? read_threads (load, threads) : 0;
    uint64_t from_ns = now_ns ();
    uint64_t load_cpu_ns = clock_ns (CLOCK_PROCESS_CPUTIME_ID);
    uint64_t before_ns[MAX_PROCESSES];
    uint64_t cpu_ns = queue_cpu_ns (load, before_ns);
    serve_until (load, from_ns + load->measure_ns);
    /* On a busy machine a short time may pass without a reply. */
    while (load->latency_count == 0)
        serve (load);
    uint64_t passed_ns = now_ns () - from_ns;
    load_cpu_ns = clock_ns (CLOCK_PROCESS_CPUTIME_ID) - load_cpu_ns;
    cpu_ns = print_processes (load, before_ns, (double) load->latency_count) - cpu_ns;

    uint64_t count = load->latency_count;
    if (load->looks_at_threads) {
        printf (",\"threads\":");
        print_threads (load, threads, thread_count, (double) count);
        print_polled (load);
    }
    print_figure ("requestsPerSecond", (double) count * 1e9 / (double) passed_ns);
    print_figure ("queueCpuUs", (double) cpu_ns / 1e3 / (double) count);
    print_figure ("loadCpuUs", (double) load_cpu_ns / 1e3 / (double) count);
    print_figure ("p50Us", (double) percentile_ns (load->latencies, count, 0.5) / 1e3);
    print_figure ("p99Us", (double) percentile_ns (load->latencies, count, 0.99) / 1e3);
}

/* Waits until the queue has nothing left to do, for so long at most; returns its CPU time. */
static uint64_t settle (load_t *load, uint64_t most_ms) {
    uint64_t each_ns[MAX_PROCESSES];
    uint64_t cpu_ns = queue_cpu_ns (load, each_ns);
    uint64_t until_ns = most_ms == FOR_EVER ? UINT64_MAX : now_ns () + most_ms * MS;
    for (uint64_t since_ns = now_ns (); now_ns () - since_ns < STILL_MS * MS && now_ns () < until_ns;) {
        network_serve (&load->network, STILL_MS / 10);
        uint64_t now_cpu_ns = queue_cpu_ns (load, each_ns);
        /* A timer here and there is no work. */
        if (now_cpu_ns - cpu_ns > MS / 10) {
            cpu_ns = now_cpu_ns;
            since_ns = now_ns ();
        }
    }
    return queue_cpu_ns (load, each_ns);
}

static void rest (load_t *load, uint64_t for_ns) {
    uint64_t from_ns = now_ns ();
    for (uint64_t passed_ns = 0; passed_ns < for_ns; passed_ns = now_ns () - from_ns)
        network_serve (&load->network, (int) ((for_ns - passed_ns) / MS) + 1);
}

static void hold (load_t *load) {
    load->mode = HOLD;
    send_all (load, 0);
    settle (load, FOR_EVER);
    rest (load, load->warmup_ns);
    static thread_t threads[MAX_THREADS], second[MAX_THREADS];
    uint64_t before_ns[MAX_PROCESSES];
    size_t thread_count = read_threads (load, threads);
    queue_cpu_ns (load, before_ns);
    uint64_t from_ns = now_ns ();
    printf (",\"seconds\":[");
    for (uint64_t left_ns = load->measure_ns; left_ns > 0; left_ns -= left_ns < SECOND ? left_ns : SECOND) {
        size_t second_count = read_threads (load, second);
        rest (load, left_ns < SECOND ? left_ns : SECOND);
        printf (left_ns == load->measure_ns ? "" : ",");
        print_threads (load, second, second_count, 1);
    }
    double seconds = (double) (now_ns () - from_ns) / 1e9;
    printf ("],\"threads\":");
    print_threads (load, threads, thread_count, seconds);
    print_processes (load, before_ns, seconds);
}

static void leave (load_t *load, uint64_t from, uint64_t to) {
    for (uint64_t i = from; i < to; i++)
        peer_close (&load->clients[i]);
}

static void depart (load_t *load) {
    uint64_t half = load->departures / 2;
    load->mode = HOLD;
    send_all (load, load->departures);
    settle (load, FOR_EVER);
    leave (load, 0, half);
    uint64_t before_ns = settle (load, FOR_EVER);
    static thread_t threads[MAX_THREADS];
    size_t thread_count = read_threads (load, threads);
    leave (load, half, load->departures);
    print_figure ("departureCpuUs", (double) (settle (load, FOR_EVER) - before_ns) / 1e3 / (double) half);
    printf (",\"threads\":");
    print_threads (load, threads, thread_count, (double) half);
}

static void set_up (load_t *load, char **arguments) {
    load->network.on_message = on_message;
    load->network.owner = load;
    const char *pids = text_argument (arguments, "process");
    for (char *rest; pids != NULL && load->process_count < MAX_PROCESSES; pids = *rest == ',' ? rest + 1 : NULL) {
        uint64_t pid = load->pids[load->process_count] = strtoull (pids, &rest, 10);
        errno = clock_getcpuclockid ((pid_t) pid, &load->clocks[load->process_count++]);
        check (errno == 0, "cannot find the clock of the queue's process");
    }
    load->worker_count = argument (arguments, "workers", 1) * load->network.queue_count;
    load->client_count = argument (arguments, "clients", 1);
    load->outstanding = argument (arguments, "outstanding", 1);
    load->body_size = argument (arguments, "bytes", 32);
    load->warmup_ns = argument (arguments, "warmup", 0) * MS;
    load->measure_ns = argument (arguments, "measure", 0) * MS;
    load->looks_at_threads = argument (arguments, "threads", 0);
    load->holds = argument (arguments, "hold", 0);
    load->departures = 2 * argument (arguments, "depart", 0);
    if (load->client_count <= load->departures || load->outstanding < load->departures)
        fail ("each departure needs a client and a request, and there must be one more client");
    if (load->body_size < sizeof (body_head_t))
        fail ("bytes must be %zu or more", sizeof (body_head_t));
    load->workers = allocate (load->worker_count, sizeof (peer_t));
    load->clients = allocate (load->client_count, sizeof (peer_t));
    load->requests = allocate (load->outstanding, sizeof (request_t));
    load->body = allocate (load->body_size, 1);
    memset (load->body, FILL, load->body_size);
}

int main (int argc, char **argv) {
    if (argc < 4)
        fail ("usage: load PROTOCOL FRONTEND BACKEND NAME=VALUE...");
    static load_t load;
    network_open (&load.network, argv + 1);
    set_up (&load, argv + 4);
    /* Our queue has just started, and gives back what only that took. */
    settle (&load, MOST_SETTLE_MS);
    for (size_t i = 0; i < load.process_count; i++)
        reset_peak (load.pids[i]);
    double idle = queue_memory (&load, "VmRSS:");
    uint64_t start_ns = now_ns ();
    connect_peers (&load, load.workers, WORKER, load.worker_count);
    connect_peers (&load, load.clients, CLIENT, load.client_count);
    introduce_clients (&load);
    print_figure ("connectSeconds", (double) (now_ns () - start_ns) / 1e9);
    print_figure ("idleMiB", idle);
    print_figure ("connectedMiB", queue_memory (&load, "VmRSS:"));
    if (load.departures > 0)
        depart (&load);
    else if (load.holds)
        hold (&load);
    else if (load.measure_ns > 0)
        measure (&load);
    print_figure ("peakMiB", queue_memory (&load, "VmHWM:") - idle);
    printf ("}\n");
    return 0;
}
