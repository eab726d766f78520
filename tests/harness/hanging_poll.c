/*
 * A libzmq whose user hangs when it waits for messages, as long as the file exists that SPQ_TEST_HANG names: linked with the
 * real libzmq, it has a poll() of its own, which the queue's relay calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    const char *file = getenv("SPQ_TEST_HANG");
    while (file != NULL && access(file, F_OK) == 0) usleep(1000);
    int (*real)(struct pollfd *, nfds_t, int) = dlsym(RTLD_NEXT, "poll");
    return real(fds, count, timeout);
}
