/* Gearman's binary protocol (http://gearman.org/protocol/): foreground jobs of one function, `work`. */
#include "common.h"
#include "peer.h"

#define HEADER_SIZE 12

/* Types of packets. */
enum {
    CAN_DO = 1,
    PRE_SLEEP = 4,
    NOOP = 6,
    SUBMIT_JOB = 7,
    JOB_CREATED = 8,
    GRAB_JOB = 9,
    NO_JOB = 10,
    JOB_ASSIGN = 11,
    WORK_COMPLETE = 13,
    ECHO_REQ = 16,
    ECHO_RES = 17,
};

/* The phases of a worker. Only one that sleeps grabs upon a NOOP: otherwise it would get a second job. */
enum { AWAKE, ASLEEP };

typedef void (*write_t) (peer_t *peer, const void *data, size_t size);

static void write_header_with (write_t write, peer_t *peer, uint32_t type, size_t size) {
    unsigned char header[HEADER_SIZE] = {0, 'R', 'E', 'Q'};
    for (int i = 0; i < 4; i++) {
        header[4 + i] = (unsigned char) (type >> 8 * (3 - i));
        header[8 + i] = (unsigned char) (size >> 8 * (3 - i));
    }
    write (peer, header, sizeof header);
}

static void write_header (peer_t *peer, uint32_t type, size_t size) {
    write_header_with (peer_write_held, peer, type, size);
}

static void greet (peer_t *peer) {
    if (peer->role == WORKER) {
        write_header (peer, CAN_DO, 4);
        peer_write_held (peer, "work", 4);
        write_header (peer, GRAB_JOB, 0);
    }
    /* There is no handshake, but an echo shows that the server has accepted the connection. */
    write_header_with (peer_write, peer, ECHO_REQ, 0);
}

static uint32_t read_number (const unsigned char *data) {
    return (uint32_t) data[0] << 24 | (uint32_t) data[1] << 16 | (uint32_t) data[2] << 8 | data[3];
}

/* Where the argument that begins here ends, and the next begins. */
static const unsigned char *next_argument (const unsigned char *argument, const unsigned char *end) {
    const unsigned char *terminator = memchr (argument, '\0', (size_t) (end - argument));
    if (terminator == NULL)
        fail ("a packet of the server has too few arguments");
    return terminator + 1;
}

static found_t find (peer_t *peer, const unsigned char *data, size_t size) {
    found_t found = {INCOMPLETE, HEADER_SIZE, {0}};
    if (size < HEADER_SIZE)
        return found;
    found.size = HEADER_SIZE + read_number (data + 8);
    if (size < found.size)
        return found;
    found.kind = CONTROL;
    uint32_t type = read_number (data + 4);
    if (type == ECHO_RES)
        peer_accepted (peer);
    if (type == ECHO_RES || type == JOB_CREATED)
        return found;
    if (type == NO_JOB) {
        peer->phase = ASLEEP;
        write_header (peer, PRE_SLEEP, 0);
        return found;
    }
    if (type == NOOP) {
        if (peer->phase == ASLEEP)
            write_header (peer, GRAB_JOB, 0);
        peer->phase = AWAKE;
        return found;
    }
    if (type != JOB_ASSIGN && type != WORK_COMPLETE)
        fail ("the server sent a packet of type %u", type);
    const unsigned char *handle = data + HEADER_SIZE, *end = data + found.size;
    const unsigned char *body = next_argument (handle, end);
    found.kind = MESSAGE;
    found.message.route = handle;
    /* With its terminator. */
    found.message.route_size = (size_t) (body - handle);
    if (type == JOB_ASSIGN)
        body = next_argument (body, end);
    found.message.body = body;
    found.message.body_size = (size_t) (end - body);
    return found;
}

static void begin_request (peer_t *peer, size_t body_size) {
    /* The function, and an empty unique id: no two jobs are the same. */
    static const unsigned char arguments[] = "work\0";
    write_header (peer, SUBMIT_JOB, sizeof arguments + body_size);
    peer_write_held (peer, arguments, sizeof arguments);
}

static void begin_reply (peer_t *peer, const message_t *message) {
    write_header (peer, WORK_COMPLETE, message->route_size + message->body_size);
    peer_write_held (peer, message->route, message->route_size);
}

static void end (peer_t *peer) {
    if (peer->role == WORKER)
        write_header (peer, GRAB_JOB, 0);
}

const protocol_t GEARMAN = {"gearman", greet, find, begin_request, begin_reply, end};
