/* alone.h: runs a scenario in its own process, because neither lwIP nor mbedTLS's heap can be started twice.
 * The scenario returns its results as plain data, and the parent checks them. */
#ifndef USPAN_TEST_ALONE_H
#define USPAN_TEST_ALONE_H

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cmocka_all.h"

/* Run scenario(in, out) in a child process. out has out_len bytes. The child must end with success,
 * sanitizers included. */
static inline void run_alone(void (*scenario)(const void *in, void *out), const void *in, void *out, size_t out_len)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)setenv("CMOCKA_TEST_ABORT", "1", 1); /* a failed assertion in here ends the child */
        scenario(in, out);
        exit(write(ends[1], out, out_len) == (ssize_t)out_len ? 0 : 1);
    }
    int status = -1;
    (void)close(ends[1]);
    ssize_t got = read(ends[0], out, out_len);
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(got, out_len);
}

#endif
