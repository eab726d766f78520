/*
 * A libzmq whose caller hangs while it waits for messages, as long as the file that SPQ_TEST_HANG names exists. It is linked
 * with the real libzmq, and has its own epoll_wait(), which the queue's relay calls. It reports on standard error that it hangs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

int epoll_wait(int epfd, struct epoll_event *events, int count, int timeout)
{
    const char *file = getenv("SPQ_TEST_HANG");
    if (file != NULL && access(file, F_OK) == 0) {
        static const char text[] = "wait hangs\n";
        if (write(STDERR_FILENO, text, sizeof text - 1) < 0) abort();
        while (access(file, F_OK) == 0) usleep(1000);
    }
    int (*real)(int, struct epoll_event *, int, int) = dlsym(RTLD_NEXT, "epoll_wait");
    return real(epfd, events, count, timeout);
}
