/*
 * What the queues in C have in common: bound sockets, the line that says where they listen, an end on SIGTERM.
 * A program defines PROGRAM, its name, before it includes this.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

/* Ends the process with one line when a call of libzmq failed that cannot fail in a working queue. */
static inline void check (int ok, const char *what) {
    if (ok)
        return;
    fprintf (stderr, PROGRAM ": %s: %s\n", what, zmq_strerror (zmq_errno ()));
    exit (1);
}

static inline void *bind_socket (void *context, int type, const char *endpoint) {
    void *socket = zmq_socket (context, type);
    check (socket != NULL, "cannot make a socket");
    check (zmq_bind (socket, endpoint) == 0, endpoint);
    return socket;
}

/* Prints "listening FRONTEND BACKEND" with the real ports. */
static inline void announce (void *frontend, void *backend) {
    char frontend_endpoint[256], backend_endpoint[256];
    size_t size = sizeof frontend_endpoint;
    check (zmq_getsockopt (frontend, ZMQ_LAST_ENDPOINT, frontend_endpoint, &size) == 0, "cannot read the endpoint");
    size = sizeof backend_endpoint;
    check (zmq_getsockopt (backend, ZMQ_LAST_ENDPOINT, backend_endpoint, &size) == 0, "cannot read the endpoint");
    printf ("listening %s %s\n", frontend_endpoint, backend_endpoint);
    fflush (stdout);
}

static inline void end_process (int signal_number) {
    (void) signal_number;
    _exit (0);
}

/* Prints the version of libzmq. */
static inline void print_version (void) {
    int major, minor, patch;
    zmq_version (&major, &minor, &patch);
    printf ("%d.%d.%d\n", major, minor, patch);
}

#endif
