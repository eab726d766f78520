/*
 * Arguments of the form NAME=VALUE, and the limit of descriptors.
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "checked.h"

#include <sys/resource.h>

/* A number that can be given. */
typedef struct {
    const char *name;
    uint64_t *target;
    uint64_t max;
    /* What the number is multiplied with. */
    uint64_t unit;
} argument_t;

/* Splits NAME=VALUE: cuts the name off, and returns the value. */
static inline char *argument_value (char *argument) {
    char *value = strchr (argument, '=');
    if (value == NULL)
        fail ("an argument must be NAME=VALUE, not %s", argument);
    *value++ = '\0';
    return value;
}

static inline void read_number_argument (const argument_t *arguments, size_t count, const char *name, const char *value) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp (name, arguments[i].name) != 0)
            continue;
        *arguments[i].target = number (value, name, 0, arguments[i].max) * arguments[i].unit;
        return;
    }
    fail ("there is no argument %s", name);
}

/* Every connection takes a descriptor. */
static inline void raise_descriptor_limit (void) {
    struct rlimit limit;
    check (getrlimit (RLIMIT_NOFILE, &limit) == 0, "cannot read the limit of descriptors");
    limit.rlim_cur = limit.rlim_max;
    check (setrlimit (RLIMIT_NOFILE, &limit) == 0, "cannot raise the limit of descriptors");
}

#endif
