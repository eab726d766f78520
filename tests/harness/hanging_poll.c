/*
 * A libzmq whose user hangs when it waits for messages, as long as the file exists that SPQ_TEST_HANG names: linked with the
 * real libzmq, it has a poll() of its own, which the queue's relay calls. It says so on standard error when it begins to hang.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    const char *file = getenv("SPQ_TEST_HANG");
    if (file != NULL && access(file, F_OK) == 0) {
        static const char text[] = "poll hangs\n";
        if (write(STDERR_FILENO, text, sizeof text - 1) < 0) abort();
        while (access(file, F_OK) == 0) usleep(1000);
    }
    int (*real)(struct pollfd *, nfds_t, int) = dlsym(RTLD_NEXT, "poll");
    return real(fds, count, timeout);
}
