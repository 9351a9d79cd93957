/* wire_exchange.h: one exchange with a model, and what its span contains. */
#ifndef WIRE_EXCHANGE_H
#define WIRE_EXCHANGE_H

#include "uspan/wire.h"
#include "uspan/read.h"
#include "cmocka_all.h"
#include "world.h"
#include <stdio.h>

#define CHAT "https://api.openai.com/v1/chat/completions"
#define HI "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"

static uspan_wire_t w;
static uspan_t span;

static inline void begin(world_t *world, const char *url)
{
    world_reset_with_collector(world);
    span = uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, url);
}

static inline void answer(const char *text)
{
    uspan_wire_response(&w, text, strlen(text));
}

/* Pass one exchange to the wire reader: the request and the response. */
static inline void exchange(world_t *world, const char *request, const char *response, int status)
{
    begin(world, CHAT);
    uspan_wire_request(&w, request, strlen(request));
    answer(response);
    assert_int_equal(uspan_wire_end(&w, status, NULL), USPAN_OK);
}

/* Returns a text attribute, or the first element of a list, or "" if there is none. */
static inline const char *text_of(world_t *world, const char *key)
{
    static char text[16384];
    uspan_value_t v, element;
    unsigned index;
    size_t len = 0;
    if (uspan_find_attr(&world->tracer, span, USPAN_OF_SPAN, key, &v, &index) == USPAN_OK) {
        if (v.type == USPAN_TYPE_TEXTS) {
            assert_int_equal(uspan_read_element(&world->tracer, span, USPAN_OF_SPAN, index, 0, &element, text,
                                                sizeof text),
                             USPAN_OK);
            len = element.len;
        } else {
            assert_int_equal(v.type, USPAN_TYPE_TEXT);
            len = uspan_read_text(&world->tracer, span, USPAN_OF_SPAN, index, 0, text, sizeof text - 1u);
        }
    }
    text[len] = '\0';
    return text;
}

/* Returns an integer attribute, or -1 if there is none. */
static inline int64_t int_of(world_t *world, const char *key)
{
    uspan_value_t v;
    if (uspan_find_attr(&world->tracer, span, USPAN_OF_SPAN, key, &v, NULL) != USPAN_OK) {
        return -1;
    }
    assert_int_equal(v.type, USPAN_TYPE_INT);
    return v.i;
}

static inline uspan_status_t status_of(world_t *world)
{
    uspan_view_t view;
    assert_int_equal(uspan_read(&world->tracer, span, &view), USPAN_OK);
    return view.status;
}

#endif
