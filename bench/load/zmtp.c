/* ZMTP 3.0 with the NULL mechanism (https://rfc.zeromq.org/spec/23/), as a REQ socket uses it. */
#include "common.h"
#include "peer.h"

#define GREETING_SIZE 64
#define MORE 1
#define LONG 2
#define COMMAND 4

/* The phases of the handshake. */
enum { EXPECTS_GREETING, EXPECTS_READY, ACCEPTED };

static const unsigned char DELIMITER[] = {MORE, 0};

static void greet (peer_t *peer) {
    unsigned char greeting[GREETING_SIZE] = {0xff, [9] = 0x7f, [10] = 3, [12] = 'N', 'U', 'L', 'L'};
    /* A worker is no REQ here, which a DEALER (that of zmq_proxy) would refuse; a ROUTER makes no difference. */
    static const unsigned char client[] = "\4\x19\5READY\x0bSocket-Type\0\0\0\3REQ";
    static const unsigned char worker[] = "\4\x1c\5READY\x0bSocket-Type\0\0\0\6DEALER";
    peer_write (peer, greeting, sizeof greeting);
    if (peer->role == CLIENT)
        peer_write (peer, client, sizeof client - 1);
    else {
        peer_write (peer, worker, sizeof worker - 1);
        peer_write_held (peer, DELIMITER, sizeof DELIMITER);
        peer_write_held (peer, "\0\1\1", 3);
    }
}

/* The first frame: its flags, and where its payload begins and how long it is; 0 when there is too little to tell. */
static size_t read_frame (const unsigned char *data, size_t size, size_t *payload_size) {
    if (size < 2)
        return 0;
    if (!(data[0] & LONG)) {
        *payload_size = data[1];
        return 2;
    }
    if (size < 9)
        return 0;
    *payload_size = 0;
    for (int i = 1; i < 9; i++)
        *payload_size = *payload_size << 8 | data[i];
    return 9;
}

static found_t find_command (peer_t *peer, const unsigned char *data, size_t size) {
    size_t payload_size;
    size_t start = read_frame (data, size, &payload_size);
    found_t found = {INCOMPLETE, start + payload_size, {0}};
    if (start == 0 || size < found.size)
        return found;
    found.kind = CONTROL;
    const unsigned char *payload = data + start;
    if (payload_size < 6 || memcmp (payload, "\5READY", 6) != 0)
        fail ("the queue refuses a connection: %.*s", (int) payload_size, (const char *) payload);
    peer->phase = ACCEPTED;
    peer_accepted (peer);
    return found;
}

static found_t find (peer_t *peer, const unsigned char *data, size_t size) {
    if (peer->phase == EXPECTS_GREETING) {
        found_t greeting = {size < GREETING_SIZE ? INCOMPLETE : CONTROL, GREETING_SIZE, {0}};
        if (greeting.kind == CONTROL)
            peer->phase = EXPECTS_READY;
        return greeting;
    }
    if (peer->phase == EXPECTS_READY)
        return find_command (peer, data, size);
    found_t found = {INCOMPLETE, 0, {0}};
    for (size_t frames = 1, offset = 0; offset < size; frames++) {
        size_t payload_size;
        size_t start = read_frame (data + offset, size - offset, &payload_size);
        if (start == 0)
            break;
        found.size = offset + start + payload_size;
        if (found.size > size)
            break;
        if (data[offset] & COMMAND)
            fail ("the queue sent a command: %.*s", (int) payload_size, (const char *) data + offset + start);
        if (!(data[offset] & MORE)) {
            if (peer->role == CLIENT && (frames != 2 || memcmp (data, DELIMITER, sizeof DELIMITER) != 0))
                fail ("a reply has not a delimiter and one more frame, but %zu frames", frames);
            found.kind = MESSAGE;
            found.message.route = data;
            found.message.route_size = offset + start;
            found.message.body = data + offset + start;
            found.message.body_size = payload_size;
            break;
        }
        offset = found.size;
    }
    return found;
}

static void begin_request (peer_t *peer, size_t body_size) {
    unsigned char header[9] = {LONG};
    peer_write_held (peer, DELIMITER, sizeof DELIMITER);
    if (body_size < 256) {
        header[0] = 0;
        header[1] = (unsigned char) body_size;
        peer_write_held (peer, header, 2);
        return;
    }
    for (int i = 1; i < 9; i++)
        header[i] = (unsigned char) (body_size >> 8 * (8 - i));
    peer_write_held (peer, header, sizeof header);
}

/* A reply has the frames of its request: all that came before the body. */
static void begin_reply (peer_t *peer, const message_t *message) {
    peer_write_held (peer, message->route, message->route_size);
}

static void end (peer_t *peer) {
    (void) peer;
}

const protocol_t ZMTP = {"zmtp", greet, find, begin_request, begin_reply, end};
