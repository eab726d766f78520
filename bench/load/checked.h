/*
 * What the load generators share: calls that end the process with one line on standard error when they fail, and clocks.
 * All are compiled with _GNU_SOURCE.
 */
#ifndef CHECKED_H
#define CHECKED_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

__attribute__ ((noreturn, format (printf, 1, 2))) static inline void fail (const char *format, ...) {
    va_list arguments;
    va_start (arguments, format);
    fprintf (stderr, "%s: ", program_invocation_short_name);
    vfprintf (stderr, format, arguments);
    fputc ('\n', stderr);
    va_end (arguments);
    exit (1);
}

/* For calls that set errno; those of libzmq have errors of their own, which a program that has included zmq.h can name. */
static inline void check (int ok, const char *what) {
#ifdef ZMQ_VERSION
    if (!ok)
        fail ("%s: %s", what, zmq_strerror (errno));
#else
    if (!ok)
        fail ("%s: %s", what, strerror (errno));
#endif
}

static inline void *allocate (size_t count, size_t size) {
    void *memory = malloc (count * size);
    if (memory == NULL)
        fail ("out of memory");
    /* Touched now, so that no page fault falls into the measurement. */
    memset (memory, 0, count * size);
    return memory;
}

static inline uint64_t clock_ns (clockid_t clock) {
    struct timespec time;
    if (clock_gettime (clock, &time) != 0)
        fail ("cannot read a clock: %s", strerror (errno));
    return (uint64_t) time.tv_sec * 1000000000u + (uint64_t) time.tv_nsec;
}

/* Reads an argument. */
static inline uint64_t number (const char *text, const char *name, uint64_t min, uint64_t max) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull (text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max)
        fail ("%s must be a whole number from %llu to %llu, not %s", name, (unsigned long long) min,
              (unsigned long long) max, text);
    return value;
}

static inline int by_value (const void *a, const void *b) {
    uint64_t left = *(const uint64_t *) a, right = *(const uint64_t *) b;
    return (left > right) - (left < right);
}

/* The smallest time that `part` of all do not exceed; the times are sorted, and 0 stands for those of none. */
static inline uint64_t percentile_ns (const uint64_t *times, uint64_t count, double part) {
    if (count == 0)
        return 0;
    uint64_t rank = (uint64_t) (part * (double) count + 0.999999);
    return times[(rank < 1 ? 1 : rank > count ? count : rank) - 1];
}

#endif
