/* env_under_test.h: an environment with the variables of a test, which uspan_posix_env() reads. */
#ifndef ENV_UNDER_TEST_H
#define ENV_UNDER_TEST_H

#include <stdio.h>
#include "cmocka_all.h"
#include "uspan/pairs.h"
#include "uspan_posix.h"

typedef struct var {
    const char *name, *value;
} var_t;

static const var_t *vars;
static char warnings[8][200];
static unsigned warned;
static uspan_posix_env_t env;

static const char *get(const char *name)
{
    for (const var_t *v = vars; v->name != NULL; v++) {
        if (strcmp(v->name, name) == 0) {
            return v->value;
        }
    }
    return NULL;
}

static void note(void *ctx, const char *text)
{
    assert_ptr_equal(ctx, &env);
    assert_true(warned < COUNT(warnings));
    assert_true(strlen(text) < sizeof(warnings[0]));
    strcpy(warnings[warned++], text);
}

static void read_all(const var_t *list)
{
    vars = list;
    warned = 0;
    memset(&env, 0xA5, sizeof(env));
    uspan_posix_env(&env, get, note, &env);
}
/* Read the variables, given as name, value, name, value. */
#define READ(...) read_all((const var_t[]){ __VA_ARGS__, { NULL, NULL } })

static __attribute__((unused)) void assert_warned(const char *name)
{
    assert_int_equal(warned, 1);
    assert_ptr_equal(strstr(warnings[0], name), warnings[0]);
}

#endif
