/*
 * What the load generators share: calls that end the process with one line on standard error when they fail, clocks,
 * percentiles, and arguments of the form NAME=VALUE. All are compiled with _GNU_SOURCE.
 */
#ifndef COMMON_H
#define COMMON_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MS 1000000ull
#define SECOND 1000000000ull
#define NEVER UINT64_MAX

__attribute__ ((noreturn, format (printf, 1, 2))) static inline void fail (const char *format, ...) {
    va_list arguments;
    va_start (arguments, format);
    fprintf (stderr, "%s: ", program_invocation_short_name);
    vfprintf (stderr, format, arguments);
    fputc ('\n', stderr);
    va_end (arguments);
    exit (1);
}

static inline void check (int ok, const char *what) {
    if (!ok)
        fail ("%s: %s", what, strerror (errno));
}

static inline void *reallocate (void *memory, size_t size) {
    memory = realloc (memory, size);
    check (memory != NULL, "cannot allocate memory");
    return memory;
}

static inline void *allocate (size_t count, size_t size) {
    /* Touched now, so that no page fault falls into the measurement. */
    return memset (reallocate (NULL, count * size), 0, count * size);
}

static inline uint64_t clock_ns (clockid_t clock) {
    struct timespec time;
    check (clock_gettime (clock, &time) == 0, "cannot read a clock");
    return (uint64_t) time.tv_sec * SECOND + (uint64_t) time.tv_nsec;
}

static inline int by_value (const void *a, const void *b) {
    uint64_t left = *(const uint64_t *) a, right = *(const uint64_t *) b;
    return (left > right) - (left < right);
}

/* Sorts the times; returns the smallest that `part` of them do not exceed, 0 if there are none. */
static inline uint64_t percentile_ns (uint64_t *times, uint64_t count, double part) {
    if (count == 0)
        return 0;
    qsort (times, count, sizeof *times, by_value);
    uint64_t rank = (uint64_t) (part * (double) count + 0.999999);
    return times[(rank < 1 ? 1 : rank > count ? count : rank) - 1];
}

/* A process's peak of resident memory (VmHWM) begins anew. */
static inline void reset_peak (uint64_t pid) {
    char path[64];
    snprintf (path, sizeof path, "/proc/%llu/clear_refs", (unsigned long long) pid);
    FILE *file = fopen (path, "w");
    check (file != NULL && fputs ("5", file) >= 0 && fclose (file) == 0, path);
}

/* Prints a member of a JSON object; the first one begins the object. */
static inline void print_figure (const char *name, double value) {
    static int is_begun;
    printf ("%c\"%s\":%.12g", is_begun ? ',' : '{', name, value);
    is_begun = 1;
}

/* The value of an argument NAME=VALUE, or NULL. */
static inline const char *text_argument (char **arguments, const char *name) {
    size_t size = strlen (name);
    for (; *arguments != NULL; arguments++)
        if (strncmp (*arguments, name, size) == 0 && (*arguments)[size] == '=')
            return *arguments + size + 1;
    return NULL;
}

/* The same as a whole number. */
static inline uint64_t argument (char **arguments, const char *name, uint64_t fallback) {
    const char *text = text_argument (arguments, name);
    return text == NULL ? fallback : strtoull (text, NULL, 10);
}

/* Every connection takes a descriptor. */
static inline void raise_descriptor_limit (void) {
    struct rlimit limit;
    check (getrlimit (RLIMIT_NOFILE, &limit) == 0, "cannot read the limit of descriptors");
    limit.rlim_cur = limit.rlim_max;
    check (setrlimit (RLIMIT_NOFILE, &limit) == 0, "cannot raise the limit of descriptors");
}

#endif
