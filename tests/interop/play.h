/* play.h: the common code of the programs that play the oracles' conversations. A run plays one conversation,
 * exported to the collector in the OTEL_* variables. The exit status is 0 only if all spans were delivered.
 * JSON(...) is the text of its arguments, which are written as JSON. Macros in them are expanded first.
 * JSON_AS_IS(...) does not expand them: true is such a macro. */
#ifndef PLAY_H
#define PLAY_H

#include <stdio.h>
#include <string.h>
#include "uspan/message.h"
#include "uspan_posix_tls.h"

#define JSON_AS_IS(...) #__VA_ARGS__
#define JSON(...) JSON_AS_IS(__VA_ARGS__)
#define QUESTION "Is bed 3 dry?"
#define ANSWER "Bed 3 is dry: 12 % moisture. The valve is stuck."

typedef struct conversation {
    const char *name;
    void (*play)(void);
} conversation_t;

static uspan_tracer_t tracer;
static uspan_tracer_t *const t = &tracer;

static inline int play(int argc, char **argv, const conversation_t *conversations, size_t count)
{
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (argc != 2 || uspan_posix_start(t, &options) != USPAN_OK) {
        return 2;
    }
    size_t n = 0;
    while (n < count && strcmp(conversations[n].name, argv[1]) != 0) {
        n++;
    }
    if (n == count) {
        fprintf(stderr, "no conversation %s\n", argv[1]);
        return 2;
    }
    conversations[n].play();
    return uspan_posix_stop(t, 20000) == USPAN_OK ? 0 : 1;
}

#endif
