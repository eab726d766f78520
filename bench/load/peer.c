#include "common.h"
#include "peer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Read at once from a connection that has no part of a message yet. */
#define READ_SIZE (64 * 1024)
/* A body of this size or more is sent from where it lies instead of being collected. */
#define LARGE_BODY (16 * 1024)
#define EVENTS 256

static void buffer_reserve (buffer_t *buffer, size_t size) {
    size_t used = buffer->end - buffer->start;
    if (buffer->start > 0)
        memmove (buffer->data, buffer->data + buffer->start, used);
    buffer->start = 0;
    buffer->end = used;
    if (used + size <= buffer->capacity)
        return;
    buffer->capacity = used + size > 2 * buffer->capacity ? used + size : 2 * buffer->capacity;
    buffer->data = reallocate (buffer->data, buffer->capacity);
}

static void buffer_append (buffer_t *buffer, const void *data, size_t size) {
    if (buffer->end + size > buffer->capacity)
        buffer_reserve (buffer, size);
    if (size > 0)
        memcpy (buffer->data + buffer->end, data, size);
    buffer->end += size;
}

static void buffer_take (buffer_t *buffer, size_t size) {
    buffer->start += size;
    if (buffer->start == buffer->end)
        buffer->start = buffer->end = 0;
}

static void buffer_free (buffer_t *buffer) {
    free (buffer->data);
    memset (buffer, 0, sizeof *buffer);
}

static struct sockaddr_in read_endpoint (const char *endpoint) {
    char host[64];
    unsigned port;
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (sscanf (endpoint, "tcp://%63[0-9.]:%u", host, &port) != 2 || port > 65535 ||
        inet_pton (AF_INET, host, &address.sin_addr) != 1)
        fail ("an endpoint must be tcp://ADDRESS:PORT, not %s", endpoint);
    address.sin_port = htons ((uint16_t) port);
    return address;
}

/* Endpoints with commas between them; returns how many. */
static uint32_t read_endpoints (char *list, struct sockaddr_in *addresses) {
    uint32_t count = 0;
    for (char *rest, *endpoint = strtok_r (list, ",", &rest); endpoint != NULL; endpoint = strtok_r (NULL, ",", &rest)) {
        if (count == MAX_QUEUES)
            fail ("there are more than %d queues", MAX_QUEUES);
        addresses[count++] = read_endpoint (endpoint);
    }
    return count;
}

void network_open (network_t *network, char **arguments) {
    const protocol_t *protocols[] = {&ZMTP, &NATS, &GEARMAN};
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (strcmp (protocols[i]->name, arguments[0]) == 0)
            network->protocol = protocols[i];
    if (network->protocol == NULL)
        fail ("there is no protocol %s", arguments[0]);
    network->queue_count = read_endpoints (arguments[1], network->frontends);
    if (read_endpoints (arguments[2], network->backends) != network->queue_count || network->queue_count == 0)
        fail ("each queue needs a frontend and a backend");
    raise_descriptor_limit ();
    network->epoll = epoll_create1 (EPOLL_CLOEXEC);
    check (network->epoll != -1, "cannot watch connections");
}

static void watch (peer_t *peer, int operation) {
    struct epoll_event event = {.events = EPOLLIN | (peer->waits_to_send ? EPOLLOUT : 0u), .data.ptr = peer};
    check (epoll_ctl (peer->network->epoll, operation, peer->fd, &event) == 0, "cannot watch a connection");
}

static void set_waits_to_send (peer_t *peer, int waits) {
    if (peer->waits_to_send == waits)
        return;
    peer->waits_to_send = waits;
    watch (peer, EPOLL_CTL_MOD);
}

void peer_open (peer_t *peer, network_t *network, role_t role, uint32_t number) {
    memset (peer, 0, sizeof *peer);
    peer->network = network;
    peer->role = role;
    peer->number = number;
    peer->serial = network->opened++;
    peer->fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    check (peer->fd != -1, "cannot make a socket");
    int on = 1;
    check (setsockopt (peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "cannot set TCP_NODELAY");
    const struct sockaddr_in *address = role == CLIENT ? network->frontends : network->backends;
    address += number % network->queue_count;
    int connected = connect (peer->fd, (const struct sockaddr *) address, sizeof *address) == 0;
    check (connected || errno == EINPROGRESS, "cannot connect");
    /* It can be written to as soon as it is connected. */
    peer->waits_to_send = 1;
    watch (peer, EPOLL_CTL_ADD);
    network->protocol->greet (peer);
}

void peer_close (peer_t *peer) {
    close (peer->fd);
    peer->fd = -1;
    buffer_free (&peer->in);
    buffer_free (&peer->out);
    buffer_free (&peer->held);
}

void peer_accepted (peer_t *peer) {
    peer->is_ready = 1;
    buffer_append (&peer->out, peer->held.data, peer->held.end);
    buffer_free (&peer->held);
    peer->network->accepted++;
}

void peer_write (peer_t *peer, const void *data, size_t size) {
    buffer_append (&peer->out, data, size);
}

void peer_write_held (peer_t *peer, const void *data, size_t size) {
    buffer_append (peer->is_ready ? &peer->out : &peer->held, data, size);
}

static void fail_connection (const peer_t *peer, const char *reason) {
    fail ("the connection of %s %u failed: %s", peer->role == CLIENT ? "client" : "worker", peer->number, reason);
}

/* Sends what waits, and then this body; what the connection does not take now, waits. */
static void send_out (peer_t *peer, const void *body, size_t body_size) {
    size_t waiting = peer->out.end - peer->out.start;
    struct iovec parts[] = {
        {peer->out.data + peer->out.start, waiting},
        {(void *) (uintptr_t) body, body_size},
    };
    struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t result = sendmsg (peer->fd, &header, MSG_NOSIGNAL);
    if (result == -1 && errno != EAGAIN && errno != ENOTCONN)
        fail_connection (peer, strerror (errno));
    size_t sent = result == -1 ? 0 : (size_t) result;
    buffer_take (&peer->out, sent < waiting ? sent : waiting);
    size_t sent_of_body = sent < waiting ? 0 : sent - waiting;
    if (sent_of_body < body_size)
        buffer_append (&peer->out, (const unsigned char *) body + sent_of_body, body_size - sent_of_body);
    set_waits_to_send (peer, peer->out.end > peer->out.start);
}

void peer_flush (peer_t *peer) {
    if (peer->out.end > peer->out.start && !peer->waits_to_send)
        send_out (peer, NULL, 0);
}

static void write_body (peer_t *peer, const void *body, size_t size) {
    if (size >= LARGE_BODY && peer->is_ready && !peer->waits_to_send)
        send_out (peer, body, size);
    else
        peer_write_held (peer, body, size);
}

void peer_request (peer_t *peer, const void *body, size_t size) {
    const protocol_t *protocol = peer->network->protocol;
    protocol->begin_request (peer, size);
    write_body (peer, body, size);
    protocol->end (peer);
}

void peer_reply (peer_t *peer, const message_t *message) {
    const protocol_t *protocol = peer->network->protocol;
    protocol->begin_reply (peer, message);
    write_body (peer, message->body, message->body_size);
    protocol->end (peer);
}

/* Handles all that is complete; returns how many bytes that was, and in `missing` how many more the rest needs. */
static size_t handle (peer_t *peer, const unsigned char *data, size_t size, size_t *missing) {
    const network_t *network = peer->network;
    size_t handled = 0;
    while (handled < size) {
        found_t found = network->protocol->find (peer, data + handled, size - handled);
        if (found.kind == INCOMPLETE) {
            *missing = found.size > size - handled ? found.size - (size - handled) : 1;
            break;
        }
        if (found.kind == MESSAGE)
            network->on_message (network->owner, peer, &found.message);
        handled += found.size;
    }
    return handled;
}

static ssize_t receive (peer_t *peer, void *data, size_t size) {
    ssize_t received = recv (peer->fd, data, size, 0);
    if (received == 0)
        fail_connection (peer, "the queue has closed it");
    if (received == -1 && errno != EAGAIN)
        fail_connection (peer, strerror (errno));
    return received;
}

static void read_peer (peer_t *peer) {
    /* Most messages arrive complete, and need no buffer of their own. */
    static unsigned char scratch[READ_SIZE];
    size_t missing = 0;
    buffer_t *in = &peer->in;
    if (in->end == 0) {
        ssize_t received = receive (peer, scratch, sizeof scratch);
        if (received == -1)
            return;
        size_t handled = handle (peer, scratch, (size_t) received, &missing);
        if (handled == (size_t) received)
            return;
        buffer_append (in, scratch + handled, (size_t) received - handled);
        buffer_reserve (in, missing);
        return;
    }
    if (in->end == in->capacity)
        buffer_reserve (in, READ_SIZE);
    ssize_t received = receive (peer, in->data + in->end, in->capacity - in->end);
    if (received == -1)
        return;
    in->end += (size_t) received;
    buffer_take (in, handle (peer, in->data + in->start, in->end - in->start, &missing));
    if (missing > 0)
        buffer_reserve (in, missing);
}

int network_serve (network_t *network, int timeout_ms) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait (network->epoll, events, EVENTS, timeout_ms);
    check (count != -1 || errno == EINTR, "cannot wait");
    for (int i = 0; i < count; i++) {
        peer_t *peer = events[i].data.ptr;
        if (events[i].events & EPOLLOUT)
            send_out (peer, NULL, 0);
        if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
            read_peer (peer);
        peer_flush (peer);
    }
    return count;
}
