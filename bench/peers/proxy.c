/*
 * libzmq's own zmq_proxy between a ROUTER and a DEALER: the limit for anything that is made with libzmq. It is no queue
 * in the sense of the Guide: requests go to the workers in turn, whether they are free or not.
 *
 *     proxy FRONTEND BACKEND
 *
 * Binds both endpoints, prints "listening FRONTEND BACKEND" with the real ports, and ends on SIGTERM.
 */
#define PROGRAM "proxy"
#include "sockets.h"

int main (int argc, char **argv) {
    if (argc != 3) {
        fprintf (stderr, "usage: proxy FRONTEND BACKEND\n");
        return 2;
    }
    signal (SIGTERM, end_process);
    void *context = zmq_ctx_new ();
    check (context != NULL, "cannot make a context");
    void *frontend = bind_socket (context, ZMQ_ROUTER, argv[1]);
    void *backend = bind_socket (context, ZMQ_DEALER, argv[2]);
    announce (frontend, backend);
    check (zmq_proxy (frontend, backend, NULL) == 0, "the proxy ended");
    return 0;
}
