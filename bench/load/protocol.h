/*
 * What peer.c and the protocols have in common.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include "peer.h"

/* What a protocol found at the start of the bytes that have come. */
typedef enum {
    /* Nothing whole. */
    INCOMPLETE,
    /* Something that concerns the connection alone. */
    CONTROL,
    /* A message. */
    MESSAGE,
} kind_t;

typedef struct {
    kind_t kind;
    /* All bytes of what was found; when it is incomplete, how many it will have, as far as is known. */
    size_t size;
    message_t message;
} found_t;

struct protocol {
    const char *name;
    /* Writes what a new connection has to say first. */
    void (*greet) (peer_t *peer);
    found_t (*find) (peer_t *peer, const unsigned char *data, size_t size);
    /* Writes what comes before and after a body. */
    void (*begin_request) (peer_t *peer, size_t body_size);
    void (*begin_reply) (peer_t *peer, const message_t *message);
    void (*end_request) (peer_t *peer);
    void (*end_reply) (peer_t *peer);
};

extern const protocol_t ZMTP, NATS, GEARMAN;

/* The handshake is over. */
void peer_accepted (peer_t *peer);
/* Sends these bytes: at once while the handshake lasts, and behind those that wait afterwards. */
void peer_write (peer_t *peer, const void *data, size_t size);
/* The same, held back until the handshake is over. */
void peer_write_held (peer_t *peer, const void *data, size_t size);

#endif
