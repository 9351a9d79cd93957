/* diagnosis.h: what uspan_diagnose() says of a world. Each text is one paragraph without a secret. */
#ifndef USPAN_TESTS_DIAGNOSIS_H
#define USPAN_TESTS_DIAGNOSIS_H

#include <string.h>
#include "world.h"

#define SECRET "s3cr3t-token"

static char text[1024];

static const char *diagnose(world_t *w)
{
    memset(text, '#', sizeof text);
    size_t n = uspan_diagnose(&w->tracer, 0, text, sizeof text);
    assert_true(n > 0u && n < sizeof text);
    assert_int_equal(strlen(text), n);
    assert_null(strstr(text, SECRET));
    assert_int_equal(text[n - 1u], '.');
    for (const char *c = text; *c != '\0'; c++) {
        assert_true(*c >= ' ' && *c <= '~'); /* the text is one paragraph */
    }
    return text;
}

static void assert_says(world_t *w, const char *words)
{
    if (strstr(diagnose(w), words) == NULL) {
        fail_msg("\"%s\" is not in: %s", words, text);
    }
}

#endif
