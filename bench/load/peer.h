/*
 * Connections to a queue as its clients and its workers make them, over TCP and without a library: what a library costs
 * must not count as the queue's. Speaks ZMTP 3.0 (a REQ client, a worker that any ROUTER or DEALER accepts), the protocol
 * of NATS (request-reply with a queue group) and gearman's.
 *
 * One thread, one epoll descriptor: `network_serve` reads what has come and calls back. What is sent is collected for
 * each connection, and leaves when the callback is over or with `peer_flush`.
 */
#ifndef PEER_H
#define PEER_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { CLIENT, WORKER } role_t;

/* Bytes that wait, from start to end. */
typedef struct {
    unsigned char *data;
    size_t start;
    size_t end;
    size_t capacity;
} buffer_t;

/* A reply as a client gets it, or a request as a worker does. */
typedef struct {
    /* By what the worker's reply finds its way back; a client's has none of use. */
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
    /* Among its kind. */
    uint32_t number;
    /* Among all connections that this process ever opened. */
    uint32_t serial;
    /* How far the handshake is, as the protocol counts. */
    int phase;
    int is_ready;
    int waits_to_send;
    /* The part of a message that has come. */
    buffer_t in;
    /* What has to be sent, and what must wait until the handshake is over. */
    buffer_t out;
    buffer_t held;
} peer_t;

struct network {
    const protocol_t *protocol;
    int epoll;
    struct sockaddr_in frontend;
    struct sockaddr_in backend;
    /* Connections opened so far. */
    uint32_t opened;
    /* The queue has accepted the connection. */
    void (*on_ready) (void *owner, peer_t *peer);
    /* The message is good until the callback ends. */
    void (*on_message) (void *owner, peer_t *peer, const message_t *message);
    void *owner;
};

/* The endpoints are written as `tcp://127.0.0.1:5555`; the protocol is zmtp, nats or gearman. */
void network_open (network_t *network, const char *protocol, const char *frontend, const char *backend);

/* Serves what has come within so many ms (-1: for ever); returns how many connections had something. */
int network_serve (network_t *network, int timeout_ms);

/* Connects, and says that it is free if it is a worker. What is sent before the queue has accepted it is held back. */
void peer_open (peer_t *peer, network_t *network, role_t role, uint32_t number);
void peer_close (peer_t *peer);

/* A client asks. */
void peer_request (peer_t *peer, const void *body, size_t size);
/* A worker answers the message that it got, and is free. */
void peer_reply (peer_t *peer, const message_t *message);
/* Outside a callback: sends what was collected. */
void peer_flush (peer_t *peer);

#endif
