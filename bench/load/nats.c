/*
 * The protocol of NATS (https://docs.nats.io/reference/reference-protocols/nats-protocol): request-reply over the subject
 * `work`, whose subscribers are one queue group. A connection has one inbox for all its replies, which is no other's.
 */
#include "common.h"
#include "peer.h"

#include <unistd.h>

/* What a line may have; the server's INFO has some hundreds. */
#define MAX_LINE 4096
/* Of a process and one of its connections. */
#define INBOX "_INBOX.%d.%u"

static void greet (peer_t *peer) {
    char text[128];
    static const char connect[] = "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"c\",\"version\":\"1\"}\r\n";
    peer_write (peer, connect, sizeof connect - 1);
    int size = peer->role == WORKER ? snprintf (text, sizeof text, "SUB work workers 1\r\nPING\r\n")
                                    : snprintf (text, sizeof text, "SUB " INBOX " 1\r\nPING\r\n", getpid (), peer->serial);
    peer_write (peer, text, (size_t) size);
}

static int begins (const unsigned char *line, size_t size, const char *word) {
    return size >= strlen (word) && memcmp (line, word, strlen (word)) == 0;
}

/* MSG <subject> <sid> [reply-to] <size>: the size, and the reply-to where there is one. */
static size_t read_msg (const unsigned char *line, size_t size, message_t *message) {
    const unsigned char *words[5];
    size_t sizes[5], count = 0;
    for (size_t i = 0; i < size && count < 5; count++) {
        words[count] = line + i;
        const unsigned char *space = memchr (line + i, ' ', size - i);
        sizes[count] = space == NULL ? size - i : (size_t) (space - line) - i;
        i += sizes[count] + 1;
    }
    if (count < 4)
        fail ("a message of the server is not understood: %.*s", (int) size, (const char *) line);
    if (count == 5) {
        message->route = words[3];
        message->route_size = sizes[3];
    }
    size_t body_size = 0;
    for (size_t i = 0; i < sizes[count - 1]; i++)
        body_size = body_size * 10 + (words[count - 1][i] - '0');
    return body_size;
}

static found_t find (peer_t *peer, const unsigned char *data, size_t size) {
    found_t found = {INCOMPLETE, 0, {0}};
    const unsigned char *feed = memchr (data, '\n', size);
    if (feed == NULL) {
        if (size > MAX_LINE)
            fail ("the server sent a line of %zu bytes", size);
        return found;
    }
    found.size = (size_t) (feed - data) + 1;
    size_t line_size = found.size - 2;
    if (begins (data, line_size, "MSG ")) {
        found.message.body_size = read_msg (data, line_size, &found.message);
        found.message.body = data + found.size;
        found.size += found.message.body_size + 2;
        found.kind = found.size <= size ? MESSAGE : INCOMPLETE;
        return found;
    }
    found.kind = CONTROL;
    if (begins (data, line_size, "PING"))
        peer_write (peer, "PONG\r\n", 6);
    else if (begins (data, line_size, "PONG"))
        peer_accepted (peer);
    else if (begins (data, line_size, "-ERR"))
        fail ("the server says: %.*s", (int) line_size, (const char *) data);
    return found;
}

static void begin_request (peer_t *peer, size_t body_size) {
    char text[64];
    int size = snprintf (text, sizeof text, "PUB work " INBOX " %zu\r\n", getpid (), peer->serial, body_size);
    peer_write_held (peer, text, (size_t) size);
}

static void begin_reply (peer_t *peer, const message_t *message) {
    char text[32];
    peer_write_held (peer, "PUB ", 4);
    peer_write_held (peer, message->route, message->route_size);
    peer_write_held (peer, text, (size_t) snprintf (text, sizeof text, " %zu\r\n", message->body_size));
}

static void end (peer_t *peer) {
    peer_write_held (peer, "\r\n", 2);
}

const protocol_t NATS = {"nats", greet, find, begin_request, begin_reply, end};
