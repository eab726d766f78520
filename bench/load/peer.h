/*
 * Connections to a queue as its clients and workers make them, over TCP and without a library: what a library costs must
 * not count as the queue's. Speaks ZMTP 3.0 (a REQ client, and a worker that any ROUTER or DEALER accepts), the protocol
 * of NATS (request-reply with a queue group) and gearman's.
 *
 * One thread, one epoll descriptor: `network_serve` reads what has arrived and calls back. What is sent is collected for
 * each connection, and leaves when the callback returns or with `peer_flush`.
 */
#ifndef PEER_H
#define PEER_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_QUEUES 8

typedef enum { CLIENT, WORKER } role_t;

/* Bytes that wait, from start to end. */
typedef struct {
    unsigned char *data;
    size_t start;
    size_t end;
    size_t capacity;
} buffer_t;

/* A reply as a client receives it, or a request as a worker does. */
typedef struct {
    /* By this the worker's reply finds its way back; unused in a client's. */
    const unsigned char *route;
    size_t route_size;
    const unsigned char *body;
    size_t body_size;
} message_t;

typedef struct protocol protocol_t;
typedef struct network network_t;

typedef struct {
    network_t *network;
    /* -1: closed. */
    int fd;
    role_t role;
    /* Among the clients, or the workers. */
    uint32_t number;
    /* Among all connections that this process ever opened. */
    uint32_t serial;
    /* How far the handshake is, as the protocol counts. */
    int phase;
    int is_ready;
    int waits_to_send;
    /* The part of a message that has arrived. */
    buffer_t in;
    /* What has to be sent, and what must wait until the handshake is over. */
    buffer_t out;
    buffer_t held;
} peer_t;

struct network {
    const protocol_t *protocol;
    int epoll;
    struct sockaddr_in frontends[MAX_QUEUES];
    struct sockaddr_in backends[MAX_QUEUES];
    uint32_t queue_count;
    /* Connections opened so far, and those that the queue has accepted. */
    uint32_t opened;
    uint32_t accepted;
    /* The message is valid until the callback returns. */
    void (*on_message) (void *owner, peer_t *peer, const message_t *message);
    void *owner;
};

/*
 * Endpoints look like `tcp://127.0.0.1:5555`; the protocol is zmtp, nats or gearman. Of several queues the endpoints have commas
 * between them; peers are dealt out to them in the order of their numbers.
 */
void network_open (network_t *network, char **protocol_frontend_backend);

/* Waits up to this long (-1: for ever) and serves what has arrived; returns how many connections had something. */
int network_serve (network_t *network, int timeout_ms);

/* Connects; a worker also says that it is free. What is sent before the queue has accepted the connection is held back. */
void peer_open (peer_t *peer, network_t *network, role_t role, uint32_t number);
void peer_close (peer_t *peer);

/* A client asks. */
void peer_request (peer_t *peer, const void *body, size_t size);
/* A worker answers the message that it received, and is free. */
void peer_reply (peer_t *peer, const message_t *message);
/* Outside a callback: sends what was collected. */
void peer_flush (peer_t *peer);

/* The rest is between peer.c and the protocols. */

typedef enum {
    /* The message has not arrived in full. */
    INCOMPLETE,
    /* Something that concerns the connection alone. */
    CONTROL,
    MESSAGE,
} kind_t;

/* What a protocol finds at the start of the bytes that have arrived. */
typedef struct {
    kind_t kind;
    /* All its bytes; of an incomplete one, how many it will have, as far as is known. */
    size_t size;
    message_t message;
} found_t;

struct protocol {
    const char *name;
    /* Writes what a new connection has to say first. */
    void (*greet) (peer_t *peer);
    found_t (*find) (peer_t *peer, const unsigned char *data, size_t size);
    /* Write what comes before and after a body. */
    void (*begin_request) (peer_t *peer, size_t body_size);
    void (*begin_reply) (peer_t *peer, const message_t *message);
    void (*end) (peer_t *peer);
};

extern const protocol_t ZMTP, NATS, GEARMAN;

/* The handshake is over. */
void peer_accepted (peer_t *peer);
/* Sends these bytes: at once while the handshake lasts, and behind those that wait afterwards. */
void peer_write (peer_t *peer, const void *data, size_t size);
/* The same, held back until the handshake is over. */
void peer_write_held (peer_t *peer, const void *data, size_t size);

#endif
